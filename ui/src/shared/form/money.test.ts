import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeSettings } from '../../app/settings';
import { exponentOf, fromMinor, toMinor, understood } from './money';

describe('money as typed', () => {
  it.each([
    ['1,234.5', 'EUR', '123450'],
    ['1234', 'EUR', '123400'],
    ['0.07', 'EUR', '7'],
    ['.5', 'EUR', null],
    ['1 234.50', 'EUR', '123450'],
    ['1\u202f234.50', 'EUR', '123450'],
    ['12.340', 'EUR', '1234'],
    ['12.345', 'EUR', null],
    ['12.345', 'BHD', '12345'],
    ['500', 'JPY', '500'],
    ['500.5', 'JPY', null],
    ['1.2345', 'CLF', '12345'],
    ['-3.00', 'EUR', '-300'],
    ['−3.00', 'EUR', '-300'],
    ['12,5', 'EUR', '1250'],
    ['12,50', 'EUR', '1250'],
    ['1.234,50', 'EUR', '123450'],
    ['1.234.567', 'EUR', '123456700'],
    ['1,234,567', 'EUR', '123456700'],
    ['1,234', 'EUR', '123400'],
    ['1.234', 'EUR', null],
    ['1.23,456', 'EUR', null],
    ['1,234.567,89', 'EUR', null],
    ['1.234,56.7', 'EUR', null],
    ['1 234,50', 'EUR', '123450'],
    ['1 234.567,50', 'EUR', null],
    ['1,23,456', 'EUR', null],
    ['1e3', 'EUR', null],
    ['0x10', 'EUR', null],
    ['', 'EUR', null],
    ['9007199254740993.01', 'EUR', '900719925474099301'],
  ])('reads %j in %s as %j', (text, currency, minor) => {
    const read = toMinor(text, currency);
    expect(read.ok ? read.minor : null).toBe(minor);
  });

  it.each([
    ['1.234', 'EUR', '123400', '1.234,00 EUR'],
    ['1,234', 'EUR', null, null],
    ['1,234', 'BHD', '1234', '1,234 BHD'],
    ['1,234.50', 'EUR', '123450', '1.234,50 EUR'],
    ['1.234,50', 'EUR', '123450', '1.234,50 EUR'],
    ['-1234567,8', 'EUR', '-123456780', '\u22121.234.567,80 EUR'],
    ['12.5', 'EUR', '1250', '12,50 EUR'],
    ['500', 'JPY', '500', '500 JPY'],
  ])('reads %j in %s as %j in German, and says so', (text, currency, minor, said) => {
    changeSettings({ language: 'de' });
    const read = toMinor(text, currency);
    expect(read.ok ? read.minor : null).toBe(minor);
    expect(understood(text, currency)).toBe(said);
  });

  it.each(['en', 'de'] as const)('is exact both ways in %s, for any amount of any currency', (language) => {
    changeSettings({ language });
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
        fc.constantFrom('EUR', 'JPY', 'BHD', 'CLF', 'USD'),
        (minor, currency) => {
          const text = fromMinor(String(minor), currency);
          expect(toMinor(text, currency)).toEqual({ ok: true, minor: String(minor) });
          const decimals = text.split(/[.,]/)[1]?.length ?? 0;
          expect(decimals).toBe(exponentOf(currency));
        },
      ),
    );
  });
});
