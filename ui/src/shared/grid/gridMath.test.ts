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
  scrollBy,
  thumbAt,
  totalHeight,
  visibleRows,
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
});
