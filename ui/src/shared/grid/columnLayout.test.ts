import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AS_DESIGNED,
  changeLayout,
  inOrder,
  laidOut,
  layoutOf,
  moved,
  positionWidth,
  readLayout,
} from './columnLayout';

const columns = ['a', 'b', 'c', 'd'].map((id) => ({ id, width: '1fr' }));
const names = (list: readonly { id: string }[]) => list.map((column) => column.id).join('');

describe('the layout of columns', () => {
  it('keeps every column once, whatever order was stored', () => {
    const order = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'gone'));
    fc.assert(
      fc.property(order, (stored) => {
        const placed = inOrder(columns, stored);
        expect([...placed].sort((x, y) => x.id.localeCompare(y.id))).toEqual(columns);
        const known = stored.filter((id) => id !== 'gone');
        expect(placed.map(({ id }) => id).filter((id) => known.some((one) => one === id))).toEqual(known);
      }),
    );
  });

  it('moves a column by one place, and not beyond the ends', () => {
    expect(moved(columns, 'b', 1).join('')).toBe('acbd');
    expect(moved(columns, 'a', -1).join('')).toBe('abcd');
    expect(moved(columns, 'd', 1).join('')).toBe('abcd');
  });

  it('makes a column as wide as it was dragged, and lets it give way', () => {
    const shown = laidOut(columns, { order: ['d', 'b'], widths: { d: 120 } });
    expect(names(shown)).toBe('adcb');
    expect(shown[1]?.width).toBe('minmax(0, 120px)');
    expect(shown[0]?.width).toBe('1fr');
  });

  it('takes from the storage only what can be a layout', () => {
    expect(readLayout(null)).toEqual(AS_DESIGNED);
    expect(readLayout({ order: 'abc', widths: { a: 120, b: -4, c: 'wide' } })).toEqual({
      order: [],
      widths: { a: 120 },
    });
    changeLayout('one', { order: ['b', 'a'] });
    expect(layoutOf('one').order).toEqual(['b', 'a']);
    expect(layoutOf('other')).toEqual(AS_DESIGNED);
    expect(JSON.parse(window.localStorage.getItem('ledgerscope.columns') ?? '')).toHaveProperty('one');
  });
});

describe('a column of positions', () => {
  it('has room for every digit of a log that is far from its beginning, and is no wider than that for others', () => {
    expect(positionWidth(6)).toBe('92px');
    // 9 007 199 254 740 993: twenty-one characters.
    expect(Number.parseInt(positionWidth(16), 10)).toBeGreaterThanOrEqual(21 * 7.5 + 32);
    expect(Number.parseInt(positionWidth(19), 10)).toBeGreaterThan(Number.parseInt(positionWidth(16), 10));
  });
});
