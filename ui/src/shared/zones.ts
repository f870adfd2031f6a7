// Time zones: what a moment is called in one, and which moment somebody means who writes a time. The rules are the
// system's own (IANA); nothing is known here of any zone.
import { t } from '../i18n';

/** `local`, `utc`, or the name of an IANA zone. */
export type Zone = string;

/** The system is asked anew this often: it may be set to another zone while the window is open. */
const LOCAL_ZONE_MILLISECONDS = 60_000;
let local: { name: string; until: number } | null = null;

/** The zone that the system is set to. Making a format only to ask it costs a browser more than all else that a row shows. */
export function localZone(): string {
  const now = performance.now();
  if (local === null || now >= local.until) {
    local = { name: Intl.DateTimeFormat().resolvedOptions().timeZone, until: now + LOCAL_ZONE_MILLISECONDS };
  }
  return local.name;
}

const formats = new Map<string, Intl.DateTimeFormat | null>();

function formatIn(name: string): Intl.DateTimeFormat | null {
  const known = formats.get(name);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat | null = null;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch {
    // There is no such zone.
  }
  formats.set(name, format);
  return format;
}

/** The IANA name of a zone. */
export function ianaOf(zone: Zone): string {
  if (zone === 'utc') return 'UTC';
  return zone === 'local' ? localZone() : zone;
}

/** Whether this names a zone. An offset such as `+02:00` is none: it has no rules. */
export function isZone(zone: string): boolean {
  return zone === 'local' || zone === 'utc' || (/^[A-Za-z]/.test(zone) && formatIn(zone) !== null);
}

/** The names of all zones. */
export function allZones(): string[] {
  return Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC');
}

/** What a zone is called. */
export function zoneTitle(zone: Zone): string {
  if (zone === 'utc') return 'UTC';
  return zone === 'local' ? `Local (${localZone()})` : zone;
}

/** What clocks on the wall show. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const asUtc = (wall: WallTime): number =>
  new Date(0).setUTCFullYear(wall.year, wall.month - 1, wall.day) +
  ((wall.hour * 60 + wall.minute) * 60 + wall.second) * 1000;

/** What clocks in a zone show at a moment. */
export function wallTime(milliseconds: number, zone: Zone): WallTime {
  const wall: Record<string, number> = {};
  for (const { type, value } of formatIn(ianaOf(zone))?.formatToParts(milliseconds) ?? []) wall[type] = Number(value);
  return wall as unknown as WallTime;
}

/** How far clocks that show this are ahead of UTC at a moment, in seconds. Offsets of old are not whole minutes. */
export function aheadSeconds(wall: WallTime, milliseconds: number): number {
  return (asUtc(wall) - Math.floor(milliseconds / 1000) * 1000) / 1000;
}

/** How far a zone's clocks are ahead of UTC at a moment, in seconds. */
export function offsetSeconds(milliseconds: number, zone: Zone): number {
  return aheadSeconds(wallTime(milliseconds, zone), milliseconds);
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `+02:00`; seconds only where there are any. */
export function offsetText(seconds: number): string {
  const size = Math.abs(seconds);
  const rest = size % 60 === 0 ? '' : `:${pad(size % 60)}`;
  return `${seconds < 0 ? '\u2212' : '+'}${pad(Math.floor(size / 3600))}:${pad(Math.floor(size / 60) % 60)}${rest}`;
}

export const wallDate = (wall: WallTime): string => `${pad(wall.year, 4)}-${pad(wall.month)}-${pad(wall.day)}`;
export const wallClock = (wall: WallTime): string => `${pad(wall.hour)}:${pad(wall.minute)}:${pad(wall.second)}`;

/** The moment that somebody means, as RFC 3339 in UTC, or why it cannot be told. */
export type ReadTime = { utc: string; problem: null } | { utc: null; problem: string };

const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?(?:\s*(Z|UTC|[+\u2212-]\d{2}:\d{2}))?$/i;
const DAY_MILLISECONDS = 86_400_000;
/** `26.11.2026`, which can be nothing else, in any language. */
export const GERMAN_DAY = /^(\d{2})\.(\d{2})\.(\d{4})$/;

/** A day that is written the German way, as it is stored; anything else as it is. */
export const isoDay = (text: string): string => text.replace(/^(\d{2})\.(\d{2})\.(\d{4})(?!\d)/, '$3-$2-$1');

/**
 * Reads what somebody types as a time: `2026-11-02`, `02.11.2026`, `2026-11-02 09:30`, `2026-11-02 09:30:15.250`, in a zone or with an
 * offset behind it (`Z`, `+01:00`). Where clocks are put forward some times do not exist, where they are put back some come
 * twice: both are said, never guessed.
 */
export function readTime(text: string, zone: Zone): ReadTime {
  const match = FORM.exec(isoDay(text.trim()));
  if (match === null) return refused(t('shared.typeADateSuchAs20261102Or20261102'));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? '0'));
  const wall: WallTime = { year, month, day, hour, minute, second };
  const written = asUtc(wall);
  if (
    wallDate(wallTime(written, 'utc')) !== `${match[1]}-${match[2]}-${match[3]}` ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  )
    return refused(t('shared.thereIsNoInTheCalendar', { match: match[0] }));
  const fraction = (match[7] ?? '').padEnd(6, '0');
  const offset = match[8];
  if (offset !== undefined) {
    const seconds = secondsOf(offset);
    if (seconds === null) return refused(t('shared.isNoOffsetFromUtc', { offset }));
    return moment(written - seconds * 1000, fraction);
  }
  const around = [-DAY_MILLISECONDS, 0, DAY_MILLISECONDS].map((step) => offsetSeconds(written + step, zone));
  const fitting = [...new Set(around)].filter((seconds) => offsetSeconds(written - seconds * 1000, zone) === seconds);
  const [first, second_] = fitting;
  const shown = `${wallDate(wall)} ${wallClock(wall)}`;
  if (first === undefined)
    return refused(t('shared.doesNotExistInClocksWerePutForward', { shown, zone: ianaOf(zone) }));
  if (second_ !== undefined) {
    const ways = fitting.map(offsetText).join(' or ').replaceAll('\u2212', '-');
    return refused(t('shared.cameTwiceInWhenClocksWerePutBack', { shown, zone: ianaOf(zone), ways }));
  }
  return moment(written - first * 1000, fraction);
}

const refused = (problem: string): ReadTime => ({ utc: null, problem });

function moment(milliseconds: number, fraction: string): ReadTime {
  return { utc: new Date(milliseconds).toISOString().replace(/\.\d+Z$/, `.${fraction}Z`), problem: null };
}

function secondsOf(offset: string): number | null {
  if (/^(?:Z|UTC)$/i.test(offset)) return 0;
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
  if (hours > 18 || minutes > 59) return null;
  return (offset.startsWith('+') ? 1 : -1) * (hours * 60 + minutes) * 60;
}
