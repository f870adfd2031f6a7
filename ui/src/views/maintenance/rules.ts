// Rules of retention as people say them. A day is the unit that they are written in; seconds are kept.
import { t } from '../../i18n';
import type { RetentionRule, RetentionScope } from '../../platform/wire';
import { grouped } from '../../shared/format';

const DAY = 86_400n;

/** `864000` seconds → `10 days`; what is no whole number of days stays in seconds. */
export function duration(seconds: string): string {
  const value = BigInt(seconds);
  if (value % DAY !== 0n) return t('maintenance.seconds', { count: seconds });
  const days = value / DAY;
  if (days !== 0n && days % 365n === 0n) return t('maintenance.years', { count: String(days / 365n) });
  return t('maintenance.days', { count: String(days) });
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
  const goes: string[] = [];
  if (rule.maxAgeSeconds !== null) goes.push(t('maintenance.olderThan', { age: duration(rule.maxAgeSeconds) }));
  if (rule.maxCount !== null) goes.push(t('maintenance.allButLast', { last: grouped(rule.maxCount) }));
  if (rule.beforeVersion !== null) goes.push(t('maintenance.beforeVersion', { version: grouped(rule.beforeVersion) }));
  const age = rule.minAgeSeconds === null ? null : duration(rule.minAgeSeconds);
  if (goes.length === 0) return age === null ? t('maintenance.letsNothingGo') : t('maintenance.keepsYounger', { age });
  const events = goes.reduce((first, second) => t('maintenance.either', { first, second }));
  return age === null ? t('maintenance.mayGo', { events }) : t('maintenance.mayGoButYounger', { events, age });
}

export function scopeKind(scope: RetentionScope): string {
  return t(`maintenance.scope_${scope.kind}`);
}

export function scopeKey(scope: RetentionScope): string {
  return `${scope.kind} ${scope.name}`;
}
