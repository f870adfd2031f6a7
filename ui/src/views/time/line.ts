// Where the points of a watched expression stand on the screen. Values and versions are exact texts; only shares of the
// picture become numbers.
import type { WatchPoint } from '../../platform/wire';

export const WIDTH = 1000;
export const HEIGHT = 100;
/** Finer than any screen. */
const STEPS = 100_000n;

/** Exact decimals as whole numbers of one common unit. */
export function whole(texts: readonly string[]): bigint[] {
  const places = Math.max(0, ...texts.map((text) => (text.split('.')[1] ?? '').length));
  return texts.map((text) => {
    const negative = text.startsWith('-');
    const [digits = '0', fraction = ''] = text.replace(/^[-+]/, '').split('.');
    const value = BigInt(digits + fraction.padEnd(places, '0'));
    return negative ? -value : value;
  });
}

const ratio = (part: bigint, all: bigint, size: number): number =>
  all <= 0n ? 0 : (Number((part * STEPS) / all) / Number(STEPS)) * size;

/** Where a version begins from left to right, of those from 1 to the last; each has as much room as the others. */
export function across(version: bigint, until: bigint): number {
  return ratio(version - 1n, until, WIDTH);
}

/** The version at a share of the width. */
export function versionAt(share: number, until: bigint): bigint {
  const steps = BigInt(Math.round(Math.min(1, Math.max(0, share)) * Number(STEPS)));
  const version = 1n + (until * steps) / STEPS;
  return version > until ? until : version;
}

/** The lowest and the highest of some values. */
function ends(values: readonly bigint[]): [bigint, bigint] {
  let [low, high] = [values[0] ?? 0n, values[0] ?? 0n];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

export interface Line {
  path: string;
  /** Height of zero, if it lies between the values. */
  zero: number | null;
}

/** A line that keeps its height until the next value; it is broken where versions came to nothing. */
export function lineOf(points: readonly WatchPoint[], until: bigint, thinned: boolean): Line | null {
  const drawn = points.filter((point) => point.number !== null);
  if (drawn.length === 0) return null;
  const values = whole(drawn.map((point) => point.number ?? '0'));
  const [low, high] = ends(values);
  const up = (value: bigint) => (high === low ? HEIGHT / 2 : HEIGHT - ratio(value - low, high - low, HEIGHT));
  const end = (version: bigint | null) => (version === null ? '' : `H${across(version + 1n, until).toFixed(2)}`);
  const parts: string[] = [];
  let former: bigint | null = null;
  drawn.forEach((point, index) => {
    const version = BigInt(point.version);
    const [x, y] = [across(version, until).toFixed(2), up(values[index] ?? 0n).toFixed(2)];
    const follows = former !== null && (thinned || version === former + 1n);
    parts.push(follows ? `H${x}V${y}` : `${end(former)}M${x} ${y}`);
    former = version;
  });
  parts.push(end(former));
  return { path: parts.join(''), zero: low < 0n && high > 0n ? up(0n) : null };
}

/** The last point at or before a version. */
export function pointAt(points: readonly WatchPoint[], version: bigint): WatchPoint | null {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (BigInt(points[middle]?.version ?? '0') <= version) low = middle + 1;
    else high = middle;
  }
  return points[low - 1] ?? null;
}

/** The nearest version before or after one at which the value is another; nothing if there is none. */
export function nextChange(points: readonly WatchPoint[], version: bigint, forward: boolean): WatchPoint | null {
  const changes = points.filter((point, index) => index === 0 || points[index - 1]?.value !== point.value);
  return forward
    ? (changes.find((point) => BigInt(point.version) > version) ?? null)
    : (changes.findLast((point) => BigInt(point.version) < version) ?? null);
}

export interface Stretch {
  from: bigint;
  until: bigint;
  text: string;
}

/** More than this cannot be told apart. */
const STRETCHES = 200;

/** Stretches of versions with one value, for what has no height; nothing if there are too many. */
export function stretchesOf(points: readonly WatchPoint[]): Stretch[] | null {
  const stretches: Stretch[] = [];
  for (const point of points) {
    const [version, former] = [BigInt(point.version), stretches.at(-1)];
    if (former?.text === point.value && former.until + 1n === version) former.until = version;
    else stretches.push({ from: version, until: version, text: point.value });
  }
  return stretches.length > STRETCHES ? null : stretches;
}
