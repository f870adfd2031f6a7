// Amounts as people type them, turned into exact minor units, digit by digit.
import { t } from '../../i18n';
import { decimal, decimalSign } from '../../i18n/numbers';

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

/** An amount as written: its digits before and after the decimal sign. */
interface Written {
  whole: string;
  fraction: string;
}

/**
 * What the signs in an amount mean. Two kinds of them: the last is the decimal sign, the other separates thousands. One
 * kind, several times: thousands. A single one in front of three digits could be either, and is what the language says;
 * in front of fewer or more digits it is the decimal sign. Thousands always stand in groups of three.
 */
function written(digits: string): Written | null {
  const signs = [...digits.matchAll(/[.,]/g)].map(([sign]) => sign);
  const last = signs.at(-1);
  const mixed = new Set(signs).size === 2;
  const single = signs.length === 1;
  const asWritten = single && !(/[.,]\d{3}$/.test(digits) && last !== decimalSign());
  const isDecimal = mixed || asWritten;
  const cut = isDecimal && last !== undefined ? digits.lastIndexOf(last) : digits.length;
  const [whole, fraction] = [digits.slice(0, cut), digits.slice(cut + 1)];
  if (last !== undefined && isDecimal && whole.includes(last)) return null;
  if (!/^(?:\d+|\d{1,3}(?:([ .,])\d{3})(?:\1\d{3})*)$/.test(whole) || !/^\d*$/.test(fraction)) return null;
  return { whole: whole.replace(/[., ]/g, ''), fraction };
}

/**
 * `1,234.5`, `1.234,5` or `1 234.50` in EUR → `123450`, in every language. Only `1.234` and `1,234` mean what they mean in the
 * language that is shown; how an amount was understood is shown beneath it.
 */
export function toMinor(text: string, currency: string): MinorUnits {
  const digits = exponentOf(currency);
  const trimmed = text
    .trim()
    .replace(/\u2212/g, '-')
    .replace(/[\u00a0\u202f ']/g, ' ');
  if (trimmed === '') return { ok: false, problem: t('shared.typeAnAmount') };
  const [, sign = '', rest = ''] = /^(-?)(.*)$/.exec(trimmed) ?? [];
  const read = written(rest);
  if (read === null) return { ok: false, problem: t('shared.notAnAmount') };
  const significant = read.fraction.replace(/0+$/, '');
  if (significant.length > digits) {
    return {
      ok: false,
      problem:
        digits === 0
          ? t('shared.currencyHasNoDecimals', { currency })
          : t('shared.currencyHasDecimals', { currency, count: digits }),
    };
  }
  const minor = BigInt(read.whole + significant.padEnd(digits, '0'));
  return { ok: true, minor: String(sign === '-' ? -minor : minor) };
}

/** `123450` in EUR → `1234.50`, with the decimal sign of the language; anything that is no integer stays as it is. */
export function fromMinor(minor: string, currency: string): string {
  const match = /^(-?)(\d+)$/.exec(minor);
  if (match === null) return minor;
  const digits = exponentOf(currency);
  const [, sign = '', all = ''] = match;
  if (digits === 0) return sign + all;
  const padded = all.padStart(digits + 1, '0');
  return decimal(`${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`);
}

/** How an amount that somebody typed was understood: `1.234,50 EUR`; nothing while it is none. */
export function understood(text: string, currency: string): string | null {
  const read = toMinor(text, currency);
  if (!read.ok) return null;
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(.*)$/.exec(fromMinor(read.minor, currency)) ?? [];
  const between = decimalSign() === ',' ? '.' : ',';
  return `${sign === '' ? '' : '\u2212'}${whole.replace(/\B(?=(\d{3})+(?!\d))/g, between)}${rest} ${currency}`;
}
