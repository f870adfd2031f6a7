// What a grid of events is narrowed to: as the address has it, as the store is asked, and in words.

import { type EventFilter, NO_FILTER } from '../../app/place';
import { midSentence, t } from '../../i18n';
import type { EventQuery } from '../../platform/wire';
import { decimal, grouped, timeParts } from '../../shared/format';
import type { Zone } from '../../shared/zones';

/** Whether anything narrows the log. */
export function isFiltered(filter: EventFilter): boolean {
  return !sameFilter({ ...filter, columns: [] }, NO_FILTER);
}

export function sameFilter(one: EventFilter, other: EventFilter): boolean {
  const keys = Object.keys(NO_FILTER) as (keyof EventFilter)[];
  return keys.every((key) => JSON.stringify(one[key]) === JSON.stringify(other[key]));
}

export function toQuery(filter: EventFilter): EventQuery {
  return {
    stream: filter.stream,
    streams: filter.streams,
    streamPrefix: filter.prefix,
    categories: filter.categories,
    eventTypes: filter.types,
    correlationId: filter.correlation,
    actor: filter.actor,
    after: filter.after,
    through: filter.through,
    recordedFrom: filter.from,
    recordedUntil: filter.until,
    contains: filter.contains,
    about: filter.about,
    condition: filter.condition,
    columns: filter.columns,
  };
}

export function toFilter(query: EventQuery): EventFilter {
  return {
    stream: query.stream ?? null,
    streams: query.streams ?? [],
    prefix: query.streamPrefix ?? null,
    categories: query.categories ?? [],
    types: query.eventTypes ?? [],
    correlation: query.correlationId ?? null,
    actor: query.actor ?? null,
    after: query.after ?? null,
    through: query.through ?? null,
    from: query.recordedFrom ?? null,
    until: query.recordedUntil ?? null,
    contains: query.contains ?? null,
    about: query.about ?? null,
    condition: query.condition ?? null,
    columns: query.columns ?? [],
  };
}

/** One part of a filter that can be taken away by itself. */
export interface FilterPart {
  key: keyof EventFilter;
  label: string;
  value: string;
  without: Partial<EventFilter>;
}

const moment = (utc: string, zone: Zone): string => {
  const { date, time } = timeParts(utc, zone);
  return time === '' ? date : `${date} ${time.endsWith(':00') ? time.slice(0, -3) : time}`;
};

/** The parts of a filter, each in words. */
export function partsOf(filter: EventFilter, zone: Zone): FilterPart[] {
  const parts: FilterPart[] = [];
  const one = (key: keyof EventFilter, label: string, show: (value: string) => string = (value) => value) => {
    const value = filter[key];
    if (typeof value === 'string') parts.push({ key, label, value: show(value), without: { [key]: null } });
  };
  const many = (key: keyof EventFilter, label: string) => {
    const value = filter[key];
    if (!Array.isArray(value) || value.length === 0) return;
    const first = String(value[0]);
    const text = value.length === 1 ? first : `${first} +${value.length - 1}`;
    parts.push({ key, label, value: text, without: { [key]: [] } });
  };
  one('stream', t('events.stream'));
  many('streams', t('events.streams'));
  one('about', t('events.about'));
  one('prefix', t('events.beginsWith'));
  many('categories', t('events.category'));
  many('types', t('events.type'));
  one('contains', t('events.contains'));
  one('actor', t('events.actor'));
  one('correlation', t('events.story'));
  one('from', t('events.from'), (utc) => moment(utc, zone));
  one('until', t('events.until'), (utc) => moment(utc, zone));
  one('after', t('events.after'), (position) => `#${grouped(position)}`);
  one('through', t('events.upTo'), (position) => `#${grouped(position)}`);
  one('condition', t('events.condition'));
  return parts;
}

/** A short name for what is looked for. */
export function nameOf(filter: EventFilter, zone: Zone): string {
  const parts = partsOf(filter, zone);
  const [first, second] = parts;
  if (first === undefined) return t('events.allEvents');
  const text = (part: FilterPart) =>
    ['stream', 'streams', 'types', 'categories', 'actor', 'condition'].includes(part.key)
      ? part.value
      : `${midSentence(part.label)} ${part.value}`;
  const name = second === undefined ? text(first) : `${text(first)}, ${text(second)}`;
  return parts.length > 2 ? `${name}, …` : name;
}

/** A count for people, short: `1.2 M`. The exact one belongs beside it or in its title. */
export function short(count: string): string {
  const value = BigInt(count);
  if (value < 100_000n) return grouped(count);
  const [unit, sign] =
    value < 1_000_000n ? [1000n, 'k'] : value < 1_000_000_000n ? [1_000_000n, 'M'] : [10n ** 9n, 'G'];
  const tenths = (value * 10n) / unit;
  const whole = grouped(String(tenths / 10n));
  return tenths >= 1000n || tenths % 10n === 0n ? `${whole} ${sign}` : `${decimal(`${whole}.${tenths % 10n}`)} ${sign}`;
}
