import { describe, expect, it } from 'vitest';
import { daysOf, duration, secondsOf, tell, wholeNumber } from './rules';

const NOTHING = { maxAgeSeconds: null, maxCount: null, beforeVersion: null, minAgeSeconds: null };

describe('a rule of retention', () => {
  it('is told in days and years, exactly', () => {
    expect(duration('86400')).toBe('1 day');
    expect(duration(String(86_400 * 3650))).toBe('10 years');
    expect(duration(String(86_400 * 400))).toBe('400 days');
    expect(duration('90')).toBe('90 seconds');
  });

  it('says what goes and what stays', () => {
    expect(tell({ ...NOTHING, maxAgeSeconds: '864000', maxCount: '1000', minAgeSeconds: '86400' })).toBe(
      'events older than 10 days, or all but the last 1\u202f000 may go; never those younger than 1 day',
    );
    expect(tell({ ...NOTHING, minAgeSeconds: '86400' })).toBe('keeps those younger than 1 day');
    expect(tell(NOTHING)).toBe('lets nothing go');
  });

  it('is read from what a person types, or refused', () => {
    expect(secondsOf('')).toBeNull();
    expect(secondsOf('10')).toBe('864000');
    expect(daysOf(secondsOf('3 650') ?? null)).toBe('3650');
    for (const bad of ['-1', '1.5', 'ten', '1e3', '9999999999999']) expect(wholeNumber(bad)).toBeUndefined();
  });
});
