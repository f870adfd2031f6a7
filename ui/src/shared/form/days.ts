// Days of the calendar as payloads write them: `2031-05-04`.
import { t } from '../../i18n';

/** RFC 3339 in UTC. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z$/;

const DAY = /^\d{4}-\d\d-\d\d/;
const DAY_MILLISECONDS = 86_400_000;

const noon = (day: string): Date => new Date(`${day}T12:00:00Z`);

/** The day that a text begins with; nothing if the calendar has no such day. */
export function dayOf(text: string): string | null {
  const day = DAY.exec(text)?.[0] ?? '';
  if (text.length !== day.length && text.charAt(day.length) !== 'T') return null;
  const date = noon(day);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day) && day !== '' ? day : null;
}

/** So many days later. */
export function addDays(day: string, days: number): string {
  const date = noon(day);
  return Number.isNaN(date.getTime())
    ? day
    : new Date(date.getTime() + days * DAY_MILLISECONDS).toISOString().slice(0, 10);
}

/** What day of the week a day is. */
export function dayText(day: string): string {
  const number = noon(day).getUTCDay();
  return Number.isNaN(number) ? '' : t(`shared.weekday.${number as 0 | 1 | 2 | 3 | 4 | 5 | 6}`);
}
