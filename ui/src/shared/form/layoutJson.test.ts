import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactJson, prettyJson } from './layoutJson';

describe('another layout of JSON', () => {
  it('changes no number, no escape, no order and no doubled field', () => {
    const stored = '{"b":18446744073709551615,"2":1.10,"1":-0.0e-7,"b":"\\u00fc \\"{,}\\" ","list":[],"o":{}}';
    expect(prettyJson(stored)).toBe(
      '{\n  "b": 18446744073709551615,\n  "2": 1.10,\n  "1": -0.0e-7,\n  "b": "\\u00fc \\"{,}\\" ",\n  "list": [],\n  "o": {}\n}',
    );
    expect(compactJson(prettyJson(stored))).toBe(stored);
  });

  it('means the same, whatever the value', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(compactJson(prettyJson(json))).toBe(compactJson(json));
        expect(JSON.parse(prettyJson(json))).toEqual(JSON.parse(json));
        expect(compactJson(json)).not.toMatch(/[\n\t]/);
      }),
    );
  });
});
