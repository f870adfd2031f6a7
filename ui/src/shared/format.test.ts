import { describe, expect, it } from 'vitest';
import { grouped, parseTime, share, timeParts, withShortIds } from './format';

describe('texts', () => {
  it('groups digits beyond what a JavaScript number holds', () => {
    expect(grouped('18446744073709551615')).toBe('18 446 744 073 709 551 615'.replaceAll(' ', '\u202f'));
    expect(grouped('-1234')).toBe('−1\u202f234');
    expect(grouped('7')).toBe('7');
  });

  it('shows times in UTC as they were recorded', () => {
    expect(timeParts('2026-11-02T23:59:59.123456Z', 'utc')).toEqual({
      date: '2026-11-02',
      time: '23:59:59',
      fraction: '.123',
      zone: 'UTC',
    });
  });

  it('shortens ids that machines have made and leaves those of people', () => {
    const told =
      'Transfer fd50df4dd2b55f6dbc2d4f1da02afa45 of T-5001, caused by 8a0d374d-e759-4ce6-9365-21a935bcae07: done';
    expect(withShortIds(told)).toBe('Transfer fd50df4d… of T-5001, caused by 8a0d374d…: done');
    expect(withShortIds('account 12345678, case ffffffffffffffff')).toBe('account 12345678, case ffffffffffffffff');
  });

  it('reads a typed time and refuses what is none', () => {
    expect(parseTime('2026-11-02 09:30', 'utc')).toBe('2026-11-02T09:30:00.000000Z');
    expect(parseTime('2026-11-02', 'utc')).toBe('2026-11-02T00:00:00.000000Z');
    expect(parseTime('02.11.2026 09:30', 'utc')).toBe('2026-11-02T09:30:00.000000Z');
    expect(parseTime('31.02.2026', 'utc')).toBeNull();
    expect(parseTime('2026-02-31', 'utc')).toBeNull();
    expect(parseTime('yesterday', 'utc')).toBeNull();
  });

  it('tells a share without rounding it up to the whole', () => {
    expect(share('999999999', '1000000000')).toBeLessThan(1);
    expect(share('5', null)).toBe(0);
    expect(share('0', '0')).toBe(1);
  });
});
