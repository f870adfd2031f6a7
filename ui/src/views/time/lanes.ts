// Events of several streams in one column of time: what stands between them, and how one moves among them.
import { t } from '../../i18n';
import type { JsonNode, LaneEntry } from '../../platform/wire';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A pause is longer than this many usual ones. */
const UNUSUAL = 12;

export type LaneRow =
  | { kind: 'event'; index: number; entry: LaneEntry }
  /** Time in which nothing happened, collapsed. */
  | { kind: 'gap'; text: string; before: string }
  /** A new day, where days make the order. */
  | { kind: 'day'; day: string };

/** Height of a row, in pixels; as in the style. */
export const LANE_ROW = 26;
/** Rows that are on the page beyond both edges of the screen, so that a turn of the wheel finds them there. */
const BEYOND = 12;

export interface RowWindow {
  first: number;
  /** Exclusive. */
  end: number;
}

/** The rows on the screen and those near it. */
export function rowsNear(scrolled: number, height: number): RowWindow {
  return {
    first: Math.max(0, Math.floor(scrolled / LANE_ROW) - BEYOND),
    end: Math.ceil((scrolled + height) / LANE_ROW) + BEYOND,
  };
}

/** The day from which an event counts. */
export function dayOf(entry: LaneEntry): string {
  return entry.valueDate ?? entry.event.recordedAt.slice(0, 10);
}

/** A span of time in two of its units. */
export function span(milliseconds: number): string {
  const units: readonly [string, number][] = [
    ['d', DAY],
    ['h', HOUR],
    ['min', 60_000],
    ['s', 1000],
  ];
  const at = units.findIndex(([, size]) => milliseconds >= size);
  if (at < 0) return t('time.lessThanASecond');
  const [unit, size] = units[at] ?? ['s', 1000];
  const whole = Math.floor(milliseconds / size);
  const [next, small] = units[at + 1] ?? ['', 0];
  const rest = small === 0 ? 0 : Math.floor((milliseconds % size) / small);
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${next}`;
}

/** Events with what stands between them: gaps much longer than usual, or the days. */
export function laneRows(entries: readonly LaneEntry[], byDay: boolean): LaneRow[] {
  return byDay ? withDays(entries) : withGaps(entries);
}

function withDays(entries: readonly LaneEntry[]): LaneRow[] {
  const rows: LaneRow[] = [];
  entries.forEach((entry, index) => {
    const [day, former] = [dayOf(entry), entries[index - 1]];
    const earlier = former === undefined ? null : dayOf(former);
    if (day !== earlier) {
      const empty = earlier === null ? 0 : Math.round((Date.parse(day) - Date.parse(earlier)) / DAY) - 1;
      if (empty > 0) rows.push({ kind: 'gap', text: t('time.daysWithoutEvents', { count: empty }), before: day });
      rows.push({ kind: 'day', day });
    }
    rows.push({ kind: 'event', index, entry });
  });
  return rows;
}

function withGaps(entries: readonly LaneEntry[]): LaneRow[] {
  const times = entries.map((entry) => Date.parse(entry.event.recordedAt));
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const usual = [...pauses].sort((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const long = Math.max(HOUR, usual * UNUSUAL);
  return entries.flatMap((entry, index): LaneRow[] => {
    const event: LaneRow = { kind: 'event', index, entry };
    const pause = index === 0 ? 0 : (pauses[index - 1] ?? 0);
    return pause >= long
      ? [{ kind: 'gap', text: `${span(pause)} later`, before: entry.event.position }, event]
      : [event];
  });
}

/** Where an arrow leads: up and down along time, left and right to the nearest event of the lane beside it. */
export function moved(entries: readonly LaneEntry[], at: number, key: string, lanes: number): number {
  const here = entries[at];
  if (here === undefined) return 0;
  if (key === 'ArrowDown') return Math.min(entries.length - 1, at + 1);
  if (key === 'ArrowUp') return Math.max(0, at - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return entries.length - 1;
  const step = key === 'ArrowRight' ? 1 : -1;
  for (let lane = here.lane + step; lane >= 0 && lane < lanes; lane += step) {
    const found = nearest(entries, at, lane);
    if (found !== null) return found;
  }
  return at;
}

function nearest(entries: readonly LaneEntry[], at: number, lane: number): number | null {
  for (let distance = 1; distance < entries.length; distance += 1) {
    for (const index of [at - distance, at + distance]) if (entries[index]?.lane === lane) return index;
  }
  return null;
}

/** Where the state of a transfer names its two sides: in what was ordered. */
const SIDES = ['/order/source', '/order/target'];

/** Streams of the accounts that the state of a transfer names. */
export function accountsOf(nodes: readonly JsonNode[]): string[] {
  return nodes.filter((node) => SIDES.includes(node.path) && node.text !== null).map((node) => `account-${node.text}`);
}
