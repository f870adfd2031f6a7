// Amounts as people type them, turned into exact minor units, digit by digit.

const EXPONENTS: Record<string, number> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
};

/** Digits after the decimal point of a currency (ISO 4217). */
export function exponentOf(currency: string): number {
  return EXPONENTS[currency] ?? 2;
}

export type MinorUnits = { ok: true; minor: string } | { ok: false; problem: string };

/**
 * `1,234.5` or `1 234.50` in EUR → `123450`. The decimal sign is a point; a comma only separates thousands, in groups of
 * three, so that `12,5` is never read as 125.
 */
export function toMinor(text: string, currency: string): MinorUnits {
  const digits = exponentOf(currency);
  const trimmed = text
    .trim()
    .replace(/\u2212/g, '-')
    .replace(/[\u00a0\u202f ']/g, ' ');
  if (trimmed === '') return { ok: false, problem: 'Type an amount' };
  const match = /^(-?)(\d+|\d{1,3}(?:[, ]\d{3})+)(?:\.(\d*))?$/.exec(trimmed);
  if (match === null) return { ok: false, problem: 'Not an amount: digits with a decimal point, such as 1250.00' };
  const [, sign = '', whole = '', fraction = ''] = match;
  const significant = fraction.replace(/0+$/, '');
  if (significant.length > digits) {
    const places = digits === 0 ? 'no decimals' : `${digits} decimals`;
    return { ok: false, problem: `${currency} has ${places}` };
  }
  const minor = BigInt(whole.replace(/[, ]/g, '') + significant.padEnd(digits, '0'));
  return { ok: true, minor: String(sign === '-' ? -minor : minor) };
}

/** `123450` in EUR → `1234.50`; anything that is no integer stays as it is. */
export function fromMinor(minor: string, currency: string): string {
  const match = /^(-?)(\d+)$/.exec(minor);
  if (match === null) return minor;
  const digits = exponentOf(currency);
  const [, sign = '', all = ''] = match;
  if (digits === 0) return sign + all;
  const padded = all.padStart(digits + 1, '0');
  return `${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}
