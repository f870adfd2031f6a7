import { afterEach, describe, expect, it } from 'vitest';
import { changeSettings, DEFAULTS } from '../../app/settings';
import { daysOf, duration, scopeKind, secondsOf, tell, wholeNumber } from './rules';

const NOTHING = { maxAgeSeconds: null, maxCount: null, beforeVersion: null, minAgeSeconds: null };

afterEach(() => changeSettings(DEFAULTS));

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

  it('says it in German', () => {
    changeSettings({ language: 'de' });
    expect(tell({ ...NOTHING, maxAgeSeconds: '864000', maxCount: '1000', minAgeSeconds: '86400' })).toBe(
      'Ereignisse älter als 10 Tage oder alle bis auf die letzten 1\u202f000 dürfen entfallen; nie solche jünger als 1 Tag',
    );
    expect(tell({ ...NOTHING, beforeVersion: '5' })).toBe('die vor Version 5 dürfen entfallen');
    expect(scopeKind({ kind: 'category', name: 'account' })).toBe('Kategorie');
  });

  it('is read from what a person types, or refused', () => {
    expect(secondsOf('')).toBeNull();
    expect(secondsOf('10')).toBe('864000');
    expect(daysOf(secondsOf('3 650') ?? null)).toBe('3650');
    for (const bad of ['-1', '1.5', 'ten', '1e3', '9999999999999']) expect(wholeNumber(bad)).toBeUndefined();
  });
});
