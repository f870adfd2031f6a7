// Texts for people. Positions, versions and amounts stay strings; only times become dates, and only to show them in a zone.

import { currentLanguage, named } from '../i18n';
import { amount, decimal, grouped } from '../i18n/numbers';
import { aheadSeconds, ianaOf, offsetText, readTime, wallClock, wallDate, wallTime, type Zone } from './zones';

export { amount, decimal, grouped };

export interface TimeParts {
  date: string;
  time: string;
  /** `.123`; microseconds only in the title. */
  fraction: string;
  zone: string;
}

/** An RFC 3339 time in UTC, taken apart in the chosen zone. The fraction is cut from the text: dates have no microseconds. */
export function timeParts(utc: string, zone: Zone): TimeParts {
  const fraction = /\.(\d+)/.exec(utc)?.[1] ?? '';
  const millis = fraction === '' ? '' : `.${fraction.padEnd(3, '0').slice(0, 3)}`;
  const date = new Date(utc);
  if (Number.isNaN(date.getTime())) return { date: utc, time: '', fraction: '', zone: '' };
  const wall = wallTime(date.getTime(), zone);
  const offset = ianaOf(zone) === 'UTC' ? 'UTC' : offsetText(aheadSeconds(wall, date.getTime()));
  return { date: wallDate(wall), time: wallClock(wall), fraction: millis, zone: offset };
}

/** `2026-11-26` in prose: `26.11.2026` in German. Columns and fields show days as they are stored. */
export function proseDate(day: string): string {
  return currentLanguage() === 'de' ? day.replace(/^(\d{4})-(\d{2})-(\d{2})$/, '$3.$2.$1') : day;
}

export function exactUtc(utc: string): string {
  return `${utc.replace('T', ' ').replace(/Z$|\+00:00$/, '')} UTC`;
}

/** A time with all its digits in UTC, and what it is called in the chosen zone. */
export function exactTime(utc: string, zone: Zone): string {
  const parts = timeParts(utc, zone);
  if (parts.zone === '' || parts.zone === 'UTC') return exactUtc(utc);
  return `${exactUtc(utc)}\n${parts.date} ${parts.time}${parts.fraction} ${parts.zone} ${ianaOf(zone)}`;
}

export function seconds(value: number | null): string {
  if (value === null) return '–';
  if (value < 0.05) return '0 s';
  if (value < 1) return `${decimal(value.toFixed(1))} s`;
  if (value < 10) return `${decimal(value.toFixed(1))} s`;
  if (value < 120) return `${Math.round(value)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  if (value < 172_800) return `${Math.round(value / 3600)} h`;
  return `${Math.round(value / 86_400)} d`;
}

export function perSecond(rate: number | null): string {
  if (rate === null) return '–';
  if (rate < 0.05) return '0/s';
  if (rate < 10) return `${decimal(rate.toFixed(1))}/s`;
  return `${grouped(String(Math.round(rate)))}/s`;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A size in bytes for people: `1.2 MB`. */
export function size(bytes: string): string {
  let scale = 0;
  let value = Number(bytes);
  while (value >= 1000 && scale < SIZES.length - 1) {
    value /= 1000;
    scale += 1;
  }
  const digits = scale === 0 || value >= 100 ? 0 : 1;
  return `${decimal(value.toFixed(digits))} ${SIZES[scale]}`;
}

/** Share of a whole, from 0 to 1, for a bar on the screen. */
export function share(done: string, total: string | null): number {
  if (total === null) return 0;
  const whole = BigInt(total);
  if (whole <= 0n) return 1;
  const part = (BigInt(done) * 10_000n) / whole;
  return Math.min(1, Math.max(0, Number(part) / 10_000));
}

/** `RequestTransfer` → `Request transfer`. */
export function words(name: string): string {
  const spaced = name
    .replace(/[-_]/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** A name from elsewhere as a heading: in the language if it is a known one, otherwise `sourceDebited` → `Source debited`. */
export function heading(prefix: Parameters<typeof named>[0], name: string): string {
  const said = named(prefix, name);
  return said === name ? words(name) : said.charAt(0).toUpperCase() + said.slice(1);
}

/** A state of an account, a customer, a hold, an order or a transfer as a heading. */
export const stateWords = (state: string): string => heading('shared.status.', state);

/** A type of events in prose: `TransferDebited` → `Transfer debited`; in German its name, as code and lists have it. */
export const eventWords = (type: string): string => (currentLanguage() === 'en' ? words(type) : type);

/** What a read model, a process or a category of streams is called. */
export const modelWords = (name: string): string => heading('shared.model.', name);
export const processWords = (name: string): string => heading('shared.process.', name);
export const categoryWords = (name: string): string => heading('shared.category.', name);

const LONG_ID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b/g;

/** A sentence for a narrow cell: of ids that machines have made only the beginning, so that there is room for what happened. */
export const withShortIds = (sentence: string): string => sentence.replace(LONG_ID, (id) => `${id.slice(0, 8)}…`);

/** `account-100234` → `account`. */
export function categoryOf(stream: string): string {
  const cut = stream.indexOf('-');
  return cut < 0 ? stream : stream.slice(0, cut);
}

/** What a person types as a time, in the chosen zone, as RFC 3339 in UTC; nothing if it is none, or not one moment. */
export function parseTime(text: string, zone: Zone): string | null {
  return readTime(text, zone).utc;
}
