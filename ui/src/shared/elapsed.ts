// Times between events: microseconds as text, exact; told to people in the two largest units that matter.

import { decimal } from '../i18n/numbers';

const UNITS: readonly { name: string; micros: bigint }[] = [
  { name: 'd', micros: 86_400_000_000n },
  { name: 'h', micros: 3_600_000_000n },
  { name: 'min', micros: 60_000_000n },
  { name: 's', micros: 1_000_000n },
];

/** `11520000000` → `3 h 12 min`; below a minute with one decimal, below a second in milliseconds or microseconds. */
export function elapsed(micros: string): string {
  const whole = BigInt(micros);
  if (whole < 0n) return `\u2212${elapsed(String(-whole))}`;
  if (whole === 0n) return '0 s';
  if (whole < 1000n) return `${whole} µs`;
  if (whole < 1_000_000n) return `${whole / 1000n} ms`;
  if (whole < 60_000_000n) {
    const tenths = whole / 100_000n;
    return tenths % 10n === 0n ? `${tenths / 10n} s` : `${decimal(`${tenths / 10n}.${tenths % 10n}`)} s`;
  }
  const at = UNITS.findIndex((unit) => whole >= unit.micros);
  const [large, small] = [UNITS[at], UNITS[at + 1]];
  if (large === undefined || small === undefined) return `${whole} µs`;
  const rest = (whole % large.micros) / small.micros;
  return rest === 0n
    ? `${whole / large.micros} ${large.name}`
    : `${whole / large.micros} ${large.name} ${rest} ${small.name}`;
}
