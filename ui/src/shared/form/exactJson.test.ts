import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber, formatExact, parseExact } from './exactJson';

describe('exact JSON', () => {
  it('keeps every number as it was written', () => {
    const text = '[\n  18446744073709551615,\n  0.1000,\n  1E400,\n  -0\n]';
    expect(formatExact(parseExact(text))).toBe(text);
    expect(parseExact('18446744073709551615')).toEqual(new ExactNumber('18446744073709551615'));
  });

  it('reads what JSON is, and writes it so that it means the same', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(formatExact(parseExact(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['', '{', '{"a":1,}', '[1 2]', "{'a':1}", '01', '"\n"', 'nul', '{"a" 1}', '1 2'])('refuses %j', (text) => {
    expect(() => parseExact(text)).toThrow();
    expect(() => JSON.parse(text)).toThrow();
  });

  it('names the line and the column', () => {
    expect(() => parseExact('{\n  "a": ?\n}')).toThrow(/Line 2, column 8/);
  });
});
