// What a person types to set the clock.
import { parseTime, proseDate, timeParts } from '../../shared/format';
import { GERMAN_DAY, type Zone } from '../../shared/zones';

export type TypedMoment = { position: string } | { time: string };

/** The last position that there can be. */
const LAST_POSITION = 9_223_372_036_854_775_807n;

/** A position such as `48 210` or `#48,210`, or a time in the chosen zone or with its own; nothing if it is neither. */
export function typedMoment(text: string, zone: Zone): TypedMoment | null {
  const trimmed = text.trim();
  // A day of a German calendar, not a position with points between its thousands.
  const day = GERMAN_DAY.test(trimmed) ? parseTime(trimmed, zone) : null;
  if (day !== null) return { time: day };
  const digits = trimmed.replace(/^#/, '').replace(/[\s,.\u202f]/g, '');
  if (/^#?[\d\s,.\u202f]+$/.test(trimmed) && /^\d+$/.test(digits)) {
    const position = BigInt(digits);
    return position > LAST_POSITION ? null : { position: String(position) };
  }
  if (/^\d{4}-\d{2}-\d{2}T\S+(Z|[+-]\d{2}:\d{2})$/.test(trimmed)) {
    return Number.isNaN(new Date(trimmed).getTime()) ? null : { time: trimmed };
  }
  const time = parseTime(trimmed, zone);
  return time === null ? null : { time };
}

/** A time as one would type it. */
export function asTyped(time: string, zone: Zone): string {
  const parts = timeParts(time, zone);
  return `${parts.date} ${parts.time}`;
}

/** A time for people, with its zone. */
export function momentText(time: string, zone: Zone): string {
  const parts = timeParts(time, zone);
  return `${proseDate(parts.date)} ${parts.time} ${parts.zone}`.trim();
}
