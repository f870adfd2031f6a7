// Rules of retention as people say them. A day is the unit that they are written in; seconds are kept.
import type { RetentionRule, RetentionScope } from '../../platform/wire';
import { grouped, plural } from '../../shared/format';

const DAY = 86_400n;

/** `864000` seconds → `10 days`; what is no whole number of days stays in seconds. */
export function duration(seconds: string): string {
  const value = BigInt(seconds);
  if (value % DAY !== 0n) return plural(seconds, 'second');
  const days = value / DAY;
  if (days !== 0n && days % 365n === 0n) return plural(String(days / 365n), 'year');
  return plural(String(days), 'day');
}

export function daysOf(seconds: string | null): string {
  return seconds === null ? '' : String(BigInt(seconds) / DAY);
}

/** Days as typed, in seconds; nothing for an empty field, `undefined` for what is no whole number. */
export function secondsOf(days: string): string | null | undefined {
  const whole = wholeNumber(days);
  return whole == null ? whole : String(BigInt(whole) * DAY);
}

export function wholeNumber(text: string): string | null | undefined {
  const digits = text.replace(/[\s\u202f]/g, '');
  if (digits === '') return null;
  return /^\d{1,12}$/.test(digits) ? String(BigInt(digits)) : undefined;
}

/** What a rule lets go, and what it keeps in any case. */
export function tell(rule: RetentionRule): string {
  const goes = [];
  if (rule.maxAgeSeconds !== null) goes.push(`events older than ${duration(rule.maxAgeSeconds)}`);
  if (rule.maxCount !== null) goes.push(`all but the last ${grouped(rule.maxCount)}`);
  if (rule.beforeVersion !== null) goes.push(`those before version ${grouped(rule.beforeVersion)}`);
  const keeps = rule.minAgeSeconds === null ? '' : `; never those younger than ${duration(rule.minAgeSeconds)}`;
  if (goes.length === 0)
    return rule.minAgeSeconds === null ? 'lets nothing go' : `keeps${keeps.slice('; never'.length)}`;
  return `${goes.join(', or ')} may go${keeps}`;
}

const KINDS = { stream: 'Stream', category: 'Category', prefix: 'Names that begin with' } as const;

export function scopeKind(scope: RetentionScope): string {
  return KINDS[scope.kind];
}

export function scopeKey(scope: RetentionScope): string {
  return `${scope.kind} ${scope.name}`;
}
