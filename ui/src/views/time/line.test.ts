import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WatchPoint } from '../../platform/wire';
import { across, HEIGHT, lineOf, nextChange, pointAt, stretchesOf, versionAt, WIDTH, whole } from './line';

const point = (version: string, number: string | null): WatchPoint => ({
  version,
  position: version,
  recordedAt: '2026-11-02T08:00:00.000000Z',
  kind: 'number',
  value: number ?? 'text',
  display: null,
  number,
});

const until = fc.bigInt({ min: 2n, max: 2n ** 63n });

describe('a line of values', () => {
  it('keeps whole numbers beyond what a JavaScript number holds apart', () => {
    expect(whole(['9223372036854775807', '9223372036854775806.5', '-0.25'])).toEqual([
      922337203685477580700n,
      922337203685477580650n,
      -25n,
    ]);
  });

  it('has its first version at the left end and its last at the right end, however many there are', () => {
    fc.assert(
      fc.property(until, (last) => {
        expect(across(1n, last)).toBe(0);
        expect(across(last + 1n, last)).toBe(WIDTH);
        expect(versionAt(0, last)).toBe(1n);
        expect(versionAt(1, last)).toBe(last);
      }),
    );
  });

  it('is broken where a version came to nothing, and not where values were left out', () => {
    const points = [point('1', '0'), point('2', '5'), point('4', '5')];
    expect(lineOf(points, 4n, false)?.path.match(/M/g)).toHaveLength(2);
    expect(lineOf(points, 4n, true)?.path.match(/M/g)).toHaveLength(1);
  });

  it('shows zero only between values on both sides of it', () => {
    expect(lineOf([point('1', '-5'), point('2', '5')], 2n, false)?.zero).toBeCloseTo(HEIGHT / 2);
    expect(lineOf([point('1', '1'), point('2', '5')], 2n, false)?.zero).toBeNull();
  });

  it('draws nothing for what has no height', () => {
    expect(lineOf([point('1', null)], 1n, false)).toBeNull();
  });

  it('has stretches of one value where values have no height', () => {
    const points = ['a', 'a', 'b'].map((value, index) => ({ ...point(String(index + 1), null), value }));
    expect(stretchesOf([...points, { ...point('5', null), value: 'b' }])).toEqual([
      { from: 1n, until: 2n, text: 'a' },
      { from: 3n, until: 3n, text: 'b' },
      { from: 5n, until: 5n, text: 'b' },
    ]);
  });

  it('knows the value at a version, and where it is another', () => {
    const points = ['1', '1', '7', '7', '2'].map((number, index) => point(String(index + 1), number));
    expect(pointAt(points, 4n)?.number).toBe('7');
    expect(pointAt(points, 0n)).toBeNull();
    expect(nextChange(points, 1n, true)?.version).toBe('3');
    expect(nextChange(points, 5n, false)?.version).toBe('3');
    expect(nextChange(points, 5n, true)).toBeNull();
  });
});
