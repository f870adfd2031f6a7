import { describe, expect, it } from 'vitest';
import { hexRows } from './hexDump';
import { jsonProblem } from './RawTab';

describe('bytes that are no JSON', () => {
  it('stand in rows of sixteen, with what can be read of them', () => {
    const digits = [...'Ledgerscope \u0000\u007f~!'].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
    expect(hexRows(`${digits}ff`)).toEqual([
      { offset: '00000000', hex: '4c 65 64 67 65 72 73 63  6f 70 65 20 00 7f 7e 21', ascii: 'Ledgerscope ..~!' },
      { offset: '00000010', hex: `ff${' '.repeat(46)}`, ascii: '.' },
    ]);
    expect(hexRows('')).toEqual([]);
  });
});

describe('text that should be JSON', () => {
  it('is told where it breaks off', () => {
    expect(jsonProblem('{"a": 1,\n "b" 2}')).toBe('Line 2, column 6: “2” does not belong here');
    expect(jsonProblem('{"a": 123456789012345678901234567890}')).toBeNull();
  });
});
