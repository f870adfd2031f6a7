import { describe, expect, it } from 'vitest';
import { elapsed } from './elapsed';

describe('a time between two events', () => {
  it.each([
    ['0', '0 s'],
    ['1', '1 µs'],
    ['999', '999 µs'],
    ['12999', '12 ms'],
    ['1000000', '1 s'],
    ['1500000', '1.5 s'],
    ['59999999', '59.9 s'],
    ['60000000', '1 min'],
    ['61000000', '1 min 1 s'],
    ['11520000000', '3 h 12 min'],
    ['86400000000', '1 d'],
    ['97200000000', '1 d 3 h'],
    ['-61000000', '\u22121 min 1 s'],
    // More than a JavaScript number holds exactly.
    ['9007199254740993000000', '104249991374 d 7 h'],
  ])('%s µs is told as %s', (micros, told) => {
    expect(elapsed(micros)).toBe(told);
  });
});
