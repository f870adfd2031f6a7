import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitting } from './TabBar';

describe('tabs', () => {
  it('are all shown where there is room for all', () => {
    expect(fitting([80, 80, 80], 240)).toBe(3);
    expect(fitting([], 0)).toBe(0);
  });

  it('leave room for the button that holds the rest', () => {
    expect(fitting([80, 80, 80], 239)).toBe(2);
    expect(fitting([80, 80, 80], 200)).toBe(1);
  });

  it('never overflow with more than one of them, and one is always there', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 30, max: 160 }), { minLength: 1 }),
        fc.integer({ min: 0, max: 2000 }),
        (widths, room) => {
          const count = fitting(widths, room);
          const used = widths.slice(0, count).reduce((sum, width) => sum + width, 0);
          expect(count).toBeGreaterThan(0);
          if (count === widths.length && count > 1) expect(used).toBeLessThanOrEqual(room);
          else if (count > 1) expect(used + 78).toBeLessThanOrEqual(room);
        },
      ),
    );
  });
});
