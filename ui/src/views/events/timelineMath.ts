// The arithmetic of the density timeline. Ends of ranges are the texts that came from the store wherever it is possible, so that
// a filter by what was dragged is exact; only zooming makes new times, to the millisecond.
import { t } from '../../i18n';
import type { EventDensity } from '../../platform/wire';

export interface TimeRange {
  from: string;
  /** Exclusive. */
  until: string;
}

export const milliseconds = (time: string): number => Date.parse(time);
const text = (time: number): string => new Date(Math.round(time)).toISOString();

/** The bin under a place on the chart; `share` is 0 at its left edge and 1 at its right one. */
export function binAt(share: number, bins: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(share * bins)));
}

/** From the beginning of one bin to the end of another, whichever comes first. */
export function rangeOfBins(density: EventDensity, a: number, b: number): TimeRange | null {
  const first = density.bins[Math.min(a, b)];
  if (first === undefined || density.until === null) return null;
  return { from: first.from, until: density.bins[Math.max(a, b) + 1]?.from ?? density.until };
}

/** Where a time is on the chart, from 0 to 1. */
export function shareOf(time: string, density: EventDensity): number {
  if (density.from === null || density.until === null) return 0;
  const [from, until] = [milliseconds(density.from), milliseconds(density.until)];
  if (until <= from) return 0;
  return Math.min(1, Math.max(0, (milliseconds(time) - from) / (until - from)));
}

/** Shortest range that one can zoom to, in milliseconds. */
const SHORTEST = 1000;

/** A range about a place within it, which stays where it is. `factor` below 1 zooms in. */
export function zoomed(range: TimeRange, share: number, factor: number): TimeRange {
  const [from, until] = [milliseconds(range.from), milliseconds(range.until)];
  const length = Math.max(SHORTEST, (until - from) * factor);
  const pivot = from + (until - from) * share;
  const begin = pivot - length * share;
  return { from: text(begin), until: text(begin + length) };
}

/** A range moved by a part of its length. */
export function panned(range: TimeRange, by: number): TimeRange {
  const step = (milliseconds(range.until) - milliseconds(range.from)) * by;
  return { from: text(milliseconds(range.from) + step), until: text(milliseconds(range.until) + step) };
}

/** Whether a range holds another one whole. */
export function holds(range: TimeRange, other: TimeRange): boolean {
  return milliseconds(range.from) <= milliseconds(other.from) && milliseconds(range.until) >= milliseconds(other.until);
}

/** Height of a bar from 0 to 1: the root of the share, so that one event beside a million can still be seen. */
export function barHeight(events: string, most: string): number {
  const whole = BigInt(most);
  if (whole <= 0n) return 0;
  return Math.sqrt(Number((BigInt(events) * 1_000_000n) / whole) / 1_000_000);
}

/** What a layer of the bars is of: a category, all others together, or, where they are not told apart, everything. */
export interface Layer {
  category: string | null;
  path: string;
}

/**
 * The bars as one path for each category, stacked from the ground, in a box of `bins` by 1. A category takes the share of its
 * bar's height that it has of the bar's events.
 */
export function layers(density: EventDensity): Layer[] {
  const { byCategory, bins, most } = density;
  const parts =
    byCategory.state === 'counted'
      ? byCategory.categories
      : [{ category: null, events: bins.map(({ events }) => events) }];
  const ground = bins.map(() => 0n);
  return parts.map(({ category, events }) => {
    const path = bins.map(({ events: whole }, bin) => {
      const [all, own] = [BigInt(whole), BigInt(events[bin] ?? '0')];
      if (all === 0n || own === 0n) return '';
      const below = ground[bin] ?? 0n;
      ground[bin] = below + own;
      const height = Math.max(0.04, barHeight(whole, most));
      const at = (count: bigint) => (1 - (height * Number((count * 10_000n) / all)) / 10_000).toFixed(4);
      return `M${bin + 0.08} ${at(below)}V${at(below + own)}H${bin + 0.92}V${at(below)}Z`;
    });
    return { category, path: path.join('') };
  });
}

/** How many events each category has in some bins, in words, those with most first; nothing where they are not told apart. */
export function categoriesIn(
  { byCategory }: EventDensity,
  low: number,
  high: number,
): { name: string; events: bigint }[] {
  if (byCategory.state !== 'counted') return [];
  return byCategory.categories
    .map(({ category, events }) => ({
      name: category ?? t('events.otherCategory'),
      events: events.slice(low, high + 1).reduce((sum, count) => sum + BigInt(count), 0n),
    }))
    .filter(({ events }) => events > 0n)
    .sort((a, b) => (a.events < b.events ? 1 : a.events > b.events ? -1 : 0));
}

export interface Tick {
  share: number;
  time: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 91, 182, 365, 730, 1826, 3652].map((n) => n * DAY),
];

/** Round times along the range, no more than `most` of them. `offset` is that of the zone from UTC, in milliseconds. */
export function ticks(range: TimeRange, most: number, offset: number): { step: number; at: Tick[] } {
  const [from, until] = [milliseconds(range.from), milliseconds(range.until)];
  const length = until - from;
  const step =
    STEPS.find((one) => length / one <= most) ?? (STEPS.at(-1) as number) * Math.ceil(length / DAY / 3652 / most);
  const at: Tick[] = [];
  for (let time = Math.ceil((from + offset) / step) * step - offset; time < until && at.length < most; time += step) {
    at.push({ share: (time - from) / length, time: text(time) });
  }
  return { step, at };
}
