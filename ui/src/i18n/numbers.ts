// Numbers as each language writes them; digit by digit, so that no digit is lost.
import { currentLanguage } from './language';

const MINUS = '\u2212';

/** `1234567` → `1 234 567` with thin no-break spaces, in both languages. */
export function grouped(integer: string): string {
  const negative = integer.startsWith('-');
  const digits = negative ? integer.slice(1) : integer;
  const text = digits.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  return negative ? `${MINUS}${text}` : text;
}

/** The decimal sign of the language. */
export const decimalSign = (): '.' | ',' => (currentLanguage() === 'de' ? ',' : '.');

/** `1234.5`, which is written with a point and ungrouped, with the decimal sign of the language. */
export const decimal = (plain: string): string => (decimalSign() === '.' ? plain : plain.replace('.', ','));

/** `1,234.50` → `1.234,50` in German: money has points between its thousands there (DIN 5008), so that no digit fits in. */
export const amount = (english: string): string =>
  decimalSign() === '.' ? english : english.replace(/[.,]/g, (sign) => (sign === '.' ? ',' : '.'));

/** A value as a tree shows it: an amount as the language writes it, everything else as it stands in the payload. */
export const displayed = (text: string): string => (/^-?[\d,]+(?:\.\d+)? [A-Z]{3}$/.test(text) ? amount(text) : text);
