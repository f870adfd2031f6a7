// The arithmetic of a grid with up to 10^9 rows. Browsers clamp the height of an element near 33 million pixels, so the grid
// does not scroll an element: it keeps an exact offset, in whole pixels, as a BigInt, and shows the few rows that fall into it.

export interface Metrics {
  rows: bigint;
  rowHeight: number;
  /** Height of the part that shows rows. */
  viewport: number;
}

export interface Window {
  first: bigint;
  /** Exclusive. */
  end: bigint;
  /** Pixels of the first row that are above the edge. */
  cut: number;
}

export interface Thumb {
  top: number;
  size: number;
}

const MIN_THUMB = 28;
/** Resolution of the thumb's place, finer than any screen. */
const STEPS = 1n << 32n;

export function totalHeight(m: Metrics): bigint {
  return m.rows * BigInt(m.rowHeight);
}

export function maxOffset(m: Metrics): bigint {
  const rest = totalHeight(m) - BigInt(Math.max(0, Math.floor(m.viewport)));
  return rest > 0n ? rest : 0n;
}

export function clampOffset(offset: bigint, m: Metrics): bigint {
  if (offset < 0n) return 0n;
  const max = maxOffset(m);
  return offset > max ? max : offset;
}

export function scrollBy(offset: bigint, pixels: number, m: Metrics): bigint {
  return clampOffset(offset + BigInt(Math.trunc(pixels)), m);
}

/** What a wheel reports: how far, and in which unit (0 pixels, 1 rows, 2 pages). */
export interface Turn {
  delta: number;
  unit: number;
}

/** A turn of the wheel in whole pixels; the fraction that remains is for the next turn, so that slow turns add up. */
export function wheelPixels(turn: Turn, remainder: number, m: Metrics): { pixels: number; remainder: number } {
  const unit = turn.unit === 1 ? m.rowHeight : turn.unit === 2 ? m.viewport : 1;
  const exact = remainder + turn.delta * unit;
  // Adding zero makes a plain zero of the negative one.
  const pixels = Math.trunc(exact) + 0;
  return { pixels, remainder: exact - pixels };
}

/** The row that a key leads to from a row; nothing if it is no key of the grid. */
export function rowForKey(key: string, row: bigint, m: Metrics): bigint | null {
  if (m.rows === 0n) return null;
  const last = m.rows - 1n;
  const page = BigInt(Math.max(1, Math.floor(m.viewport / m.rowHeight) - 1));
  const to = {
    ArrowDown: row + 1n,
    j: row + 1n,
    ArrowUp: row - 1n,
    k: row - 1n,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0n,
    End: last,
  }[key];
  if (to === undefined) return null;
  return to < 0n ? 0n : min(to, last);
}

/** The rows that are at least partly visible. */
export function visibleRows(offset: bigint, m: Metrics): Window {
  const height = BigInt(m.rowHeight);
  const first = offset / height;
  const end = (offset + BigInt(Math.max(0, Math.ceil(m.viewport))) + height - 1n) / height;
  return { first: min(first, m.rows), end: min(end, m.rows), cut: Number(offset % height) };
}

/** The least movement that shows a row whole. */
export function reveal(row: bigint, offset: bigint, m: Metrics): bigint {
  const height = BigInt(m.rowHeight);
  const top = row * height;
  const bottom = top + height - BigInt(Math.floor(m.viewport));
  if (top < offset) return clampOffset(top, m);
  if (bottom > offset) return clampOffset(bottom, m);
  return clampOffset(offset, m);
}

/** Puts a row into the middle. */
export function centre(row: bigint, m: Metrics): bigint {
  const height = BigInt(m.rowHeight);
  return clampOffset(row * height - (BigInt(Math.floor(m.viewport)) - height) / 2n, m);
}

export function needsThumb(m: Metrics): boolean {
  return maxOffset(m) > 0n;
}

/** Where the thumb is on a track, in pixels. */
export function thumbAt(offset: bigint, m: Metrics, track: number): Thumb {
  const total = totalHeight(m);
  const share = total === 0n ? 1 : Number((BigInt(Math.floor(m.viewport)) * STEPS) / total) / Number(STEPS);
  const size = Math.min(track, Math.max(MIN_THUMB, Math.round(track * Math.min(1, share))));
  const max = maxOffset(m);
  const place = max === 0n ? 0 : Number((clampOffset(offset, m) * STEPS) / max) / Number(STEPS);
  return { top: place * (track - size), size };
}

/** The offset that puts the thumb at `top`. */
export function offsetForThumb(top: number, m: Metrics, track: number): bigint {
  const { size } = thumbAt(0n, m, track);
  const free = track - size;
  if (free <= 0) return 0n;
  const share = Math.min(1, Math.max(0, top / free));
  return clampOffset((maxOffset(m) * BigInt(Math.round(share * Number(STEPS)))) / STEPS, m);
}

/**
 * The offset after the number of rows has changed, so that what is being read stays where it is.
 * `top`: rows were added before the first one. `bottom`: after the last one.
 */
export function afterGrowth(
  offset: bigint,
  before: Metrics,
  after: Metrics,
  side: 'top' | 'bottom',
  follow: boolean,
): bigint {
  if (side === 'top') {
    if (follow) return 0n;
    return clampOffset(offset + (after.rows - before.rows) * BigInt(after.rowHeight), after);
  }
  return follow ? maxOffset(after) : clampOffset(offset, after);
}

/** Blocks of rows that cover a window. */
export function blocksOf(window: { first: bigint; end: bigint }, blockSize: number): bigint[] {
  const blocks: bigint[] = [];
  if (window.end <= window.first) return blocks;
  const size = BigInt(blockSize);
  for (let block = window.first / size; block <= (window.end - 1n) / size; block += 1n) blocks.push(block);
  return blocks;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
