import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterGrowth,
  blocksOf,
  centre,
  clampOffset,
  type Metrics,
  maxOffset,
  offsetForThumb,
  reveal,
  rowForKey,
  scrollBy,
  thumbAt,
  totalHeight,
  visibleRows,
  wheelPixels,
} from './gridMath';

const BILLION = 1_000_000_000n;
const metrics: fc.Arbitrary<Metrics> = fc.record({
  rows: fc.bigInt({ min: 0n, max: BILLION }),
  rowHeight: fc.integer({ min: 16, max: 64 }),
  viewport: fc.integer({ min: 0, max: 4000 }),
});
const withOffset = metrics.chain((m) =>
  fc.record({ m: fc.constant(m), offset: fc.bigInt({ min: 0n, max: maxOffset(m) }) }),
);
const nonEmpty = metrics.filter((m) => m.rows > 0n && m.viewport >= m.rowHeight);

describe('grid arithmetic', () => {
  it('never leaves the rows, however far one scrolls', () => {
    fc.assert(
      fc.property(withOffset, fc.integer(), ({ m, offset }, pixels) => {
        const next = scrollBy(offset, pixels, m);
        expect(next >= 0n && next <= maxOffset(m)).toBe(true);
      }),
    );
  });

  it('undoes a scroll exactly where no edge was met', () => {
    fc.assert(
      fc.property(withOffset, fc.integer({ min: -5000, max: 5000 }), ({ m, offset }, pixels) => {
        const there = offset + BigInt(pixels);
        fc.pre(there >= 0n && there <= maxOffset(m));
        expect(scrollBy(scrollBy(offset, pixels, m), -pixels, m)).toBe(offset);
      }),
    );
  });

  it('shows exactly the rows that cover the viewport', () => {
    fc.assert(
      fc.property(withOffset, ({ m, offset }) => {
        const { first, end, cut } = visibleRows(offset, m);
        const height = BigInt(m.rowHeight);
        expect(cut).toBeGreaterThanOrEqual(0);
        expect(cut).toBeLessThan(m.rowHeight);
        expect(first * height + BigInt(cut)).toBe(offset);
        const bottom = offset + BigInt(m.viewport);
        const total = totalHeight(m);
        expect(end * height >= (bottom < total ? bottom : total)).toBe(true);
        expect(end - first <= BigInt(Math.ceil(m.viewport / m.rowHeight) + 1)).toBe(true);
      }),
    );
  });

  it('reveals a row whole and moves no further than needed', () => {
    fc.assert(
      fc.property(nonEmpty, fc.bigInt({ min: 0n, max: BILLION }), fc.bigInt({ min: 0n, max: BILLION }), (m, a, b) => {
        const row = a % m.rows;
        const offset = clampOffset(b * BigInt(m.rowHeight), m);
        const next = reveal(row, offset, m);
        const top = row * BigInt(m.rowHeight);
        expect(next <= top && top + BigInt(m.rowHeight) <= next + BigInt(m.viewport)).toBe(true);
        expect(reveal(row, next, m)).toBe(next);
      }),
    );
  });

  it('centres a row so that it is seen', () => {
    fc.assert(
      fc.property(nonEmpty, fc.bigInt({ min: 0n, max: BILLION }), (m, a) => {
        const row = a % m.rows;
        const offset = centre(row, m);
        expect(reveal(row, offset, m)).toBe(offset);
      }),
    );
  });

  it('keeps the thumb on its track, and both ends reach both ends', () => {
    fc.assert(
      fc.property(withOffset, fc.integer({ min: 60, max: 3000 }), ({ m, offset }, track) => {
        const { top, size } = thumbAt(offset, m, track);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(top + size).toBeLessThanOrEqual(track + 0.001);
        expect(offsetForThumb(0, m, track)).toBe(0n);
        const bottom = offsetForThumb(track - thumbAt(0n, m, track).size, m, track);
        const max = maxOffset(m);
        if (track > size) expect(bottom).toBe(max);
      }),
    );
  });

  it('brings the thumb back to where it was put, within a pixel', () => {
    fc.assert(
      fc.property(
        metrics,
        fc.integer({ min: 100, max: 3000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (m, track, share) => {
          fc.pre(maxOffset(m) > BigInt(track));
          const { size } = thumbAt(0n, m, track);
          const top = share * (track - size);
          expect(Math.abs(thumbAt(offsetForThumb(top, m, track), m, track).top - top)).toBeLessThan(1);
        },
      ),
    );
  });

  it('keeps what is read in its place when rows come at the top', () => {
    fc.assert(
      fc.property(withOffset, fc.bigInt({ min: 1n, max: 10_000n }), ({ m, offset }, more) => {
        const after = { ...m, rows: m.rows + more };
        const next = afterGrowth(offset, m, after, 'top', false);
        const seen = visibleRows(offset, m);
        fc.pre(maxOffset(m) > 0n);
        expect(visibleRows(next, after).first).toBe(seen.first + more);
        expect(visibleRows(next, after).cut).toBe(seen.cut);
        expect(afterGrowth(offset, m, after, 'top', true)).toBe(0n);
        expect(afterGrowth(offset, m, after, 'bottom', true)).toBe(maxOffset(after));
        expect(afterGrowth(offset, m, after, 'bottom', false)).toBe(offset);
      }),
    );
  });

  it('covers a window with the fewest blocks', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: BILLION }),
        fc.bigInt({ min: 0n, max: 2000n }),
        fc.integer({ min: 1, max: 500 }),
        (first, length, size) => {
          const end = first + length;
          const blocks = blocksOf({ first, end }, size);
          if (length === 0n) expect(blocks).toEqual([]);
          else {
            const low = blocks[0] ?? -1n;
            const high = blocks.at(-1) ?? -1n;
            expect(low * BigInt(size) <= first && first < (low + 1n) * BigInt(size)).toBe(true);
            expect(high * BigInt(size) < end && end <= (high + 1n) * BigInt(size)).toBe(true);
            expect(BigInt(blocks.length)).toBe(high - low + 1n);
          }
        },
      ),
    );
  });

  it('adds slow turns of a wheel up, so that no part of a pixel is lost or won', () => {
    const turns = fc.array(fc.record({ delta: fc.double({ min: -300, max: 300, noNaN: true }), unit: fc.constant(0) }));
    fc.assert(
      fc.property(metrics, turns, (m, all) => {
        let remainder = 0;
        let moved = 0;
        for (const turn of all) {
          const step = wheelPixels(turn, remainder, m);
          expect(Number.isInteger(step.pixels)).toBe(true);
          expect(Math.abs(step.remainder)).toBeLessThan(1);
          moved += step.pixels;
          remainder = step.remainder;
        }
        const turned = all.reduce((sum, turn) => sum + turn.delta, 0);
        expect(Math.abs(moved + remainder - turned)).toBeLessThan(1e-6 * (1 + all.length));
      }),
    );
  });

  it('takes a turn by rows and by pages for as many rows and pages', () => {
    fc.assert(
      fc.property(withOffset, fc.integer({ min: -40, max: 40 }), ({ m, offset }, turns) => {
        expect(wheelPixels({ delta: turns, unit: 1 }, 0, m).pixels).toBe(turns * m.rowHeight + 0);
        expect(wheelPixels({ delta: turns, unit: 2 }, 0, m).pixels).toBe(turns * m.viewport + 0);
        const there = offset + BigInt(turns * m.rowHeight);
        fc.pre(there >= 0n && there <= maxOffset(m));
        const rows = visibleRows(scrollBy(offset, turns * m.rowHeight, m), m).first - visibleRows(offset, m).first;
        expect(rows).toBe(BigInt(turns));
      }),
    );
  });

  const keys = fc.constantFrom('ArrowDown', 'ArrowUp', 'j', 'k', 'PageDown', 'PageUp', 'Home', 'End');

  it('stays on a row whatever keys are pressed, and shows it whole', () => {
    fc.assert(
      fc.property(
        nonEmpty,
        fc.bigInt({ min: 0n, max: BILLION }),
        fc.array(keys, { maxLength: 30 }),
        (m, a, pressed) => {
          let row = a % m.rows;
          let offset = centre(row, m);
          for (const key of pressed) {
            row = rowForKey(key, row, m) ?? -1n;
            expect(row >= 0n && row < m.rows).toBe(true);
            offset = reveal(row, offset, m);
            const { first, end } = visibleRows(offset, m);
            expect(first <= row && row < end).toBe(true);
          }
          expect(rowForKey('Home', row, m)).toBe(0n);
          expect(rowForKey('End', row, m)).toBe(m.rows - 1n);
          expect(rowForKey('x', row, m)).toBeNull();
        },
      ),
    );
  });

  it('comes back with the opposite key where no end was met', () => {
    const pairs = fc.constantFrom(['ArrowDown', 'ArrowUp'], ['k', 'j'], ['PageDown', 'PageUp']);
    fc.assert(
      fc.property(nonEmpty, fc.bigInt({ min: 0n, max: BILLION }), pairs, (m, a, [there, back]) => {
        const row = a % m.rows;
        const next = rowForKey(String(there), row, m) ?? row;
        fc.pre(next !== 0n && next !== m.rows - 1n);
        expect(rowForKey(String(back), next, m)).toBe(row);
      }),
    );
  });

  it('moves the thumb the way one scrolls, and scrolls the way one drags', () => {
    fc.assert(
      fc.property(
        withOffset,
        fc.bigInt({ min: 0n, max: BILLION * 64n }),
        fc.integer({ min: 60, max: 3000 }),
        fc.tuple(fc.double({ min: 0, max: 3000, noNaN: true }), fc.double({ min: 0, max: 3000, noNaN: true })),
        ({ m, offset }, more, track, [a, b]) => {
          const further = clampOffset(offset + more, m);
          expect(thumbAt(further, m, track).top).toBeGreaterThanOrEqual(thumbAt(offset, m, track).top);
          const [high, low] = [Math.min(a, b), Math.max(a, b)];
          expect(offsetForThumb(low, m, track) >= offsetForThumb(high, m, track)).toBe(true);
        },
      ),
    );
  });

  it('keeps the first row where it is when the window changes its height, as long as there are rows below', () => {
    fc.assert(
      fc.property(withOffset, fc.integer({ min: 0, max: 4000 }), ({ m, offset }, viewport) => {
        const after = { ...m, viewport };
        for (const side of ['top', 'bottom'] as const) {
          const next = afterGrowth(offset, m, after, side, false);
          expect(next).toBe(clampOffset(offset, after));
          expect(next <= maxOffset(after)).toBe(true);
        }
      }),
    );
  });

  it('keeps what is read in its place through any number of appends at either end', () => {
    const appends = fc.array(fc.bigInt({ min: 1n, max: 100_000n }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        withOffset,
        appends,
        fc.constantFrom('top' as const, 'bottom' as const),
        ({ m, offset }, all, side) => {
          fc.pre(maxOffset(m) > 0n);
          let [now, at] = [m, offset];
          for (const more of all) {
            const after = { ...now, rows: now.rows + more };
            at = afterGrowth(at, now, after, side, false);
            now = after;
          }
          const added = all.reduce((sum, more) => sum + more, 0n);
          const first = visibleRows(offset, m).first;
          expect(visibleRows(at, now)).toMatchObject({
            first: side === 'top' ? first + added : first,
            cut: visibleRows(offset, m).cut,
          });
        },
      ),
    );
  });

  it('is exact far above what a floating-point number holds', () => {
    const m = { rows: 1n << 70n, rowHeight: 30, viewport: 600 };
    const row = (1n << 69n) + 1n;
    const offset = centre(row, m);
    expect(visibleRows(offset, m).first).toBe(row - 10n);
    expect(scrollBy(offset, 1, m) - offset).toBe(1n);
    expect(rowForKey('ArrowDown', row, m)).toBe(row + 1n);
    expect(visibleRows(offsetForThumb(572, m, 600), m).end).toBe(m.rows);
  });
});
