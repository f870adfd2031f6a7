import { describe, expect, it } from 'vitest';
import { addDays, dayOf, dayText } from './days';

describe('a day', () => {
  it('is one that the calendar has', () => {
    expect(dayOf('2028-02-29')).toBe('2028-02-29');
    expect(dayOf('2031-05-04T23:59:59Z')).toBe('2031-05-04');
    for (const none of ['', '2027-02-29', '2031-13-01', '2031-5-4', '2031-05-04x', 'today']) {
      expect(dayOf(none), none).toBeNull();
    }
  });

  it('is followed by another one, over the ends of months and years', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2027-12-31', 1)).toBe('2028-01-01');
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
    expect(addDays('2026-03-29', 7)).toBe('2026-04-05');
  });

  it('has a name', () => {
    expect(dayText('2026-03-02')).toBe('Monday');
  });
});
