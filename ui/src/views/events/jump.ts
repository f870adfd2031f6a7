// Where somebody wants to go within a list of events, from what they type.
import { parseTime } from '../../shared/format';
import type { Zone } from '../../shared/zones';

export type Target =
  | { kind: 'position'; position: string }
  | { kind: 'version'; version: string }
  | { kind: 'time'; time: string };

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** `48210` or `#48 210` is a position, `v12` a version, `2026-10-03 14:00` a time in the chosen zone. Nothing if it is none. */
export function readTarget(text: string, zone: Zone): Target | null {
  const typed = text.trim();
  const number = /^(#|v|V)?\s*(\d[\d\s\u202f_,]*)$/.exec(typed);
  if (number !== null) {
    const digits = (number[2] ?? '').replace(/\D/g, '').replace(/^0+(?=\d)/, '');
    if (digits.length > 20) return null;
    return number[1]?.toLowerCase() === 'v'
      ? { kind: 'version', version: digits }
      : { kind: 'position', position: digits };
  }
  if (RFC3339.test(typed) && !Number.isNaN(Date.parse(typed))) return { kind: 'time', time: typed };
  const time = parseTime(typed, zone);
  return time === null ? null : { kind: 'time', time };
}
