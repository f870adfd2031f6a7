import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactTime, timeParts } from './format';
import { allZones, isZone, offsetSeconds, offsetText, readTime, wallClock, wallDate, wallTime } from './zones';

const BERLIN = 'Europe/Berlin';

describe('a time in a zone', () => {
  it('follows the clocks when they are put forward and back', () => {
    expect(timeParts('2026-03-29T00:59:59.500000Z', BERLIN)).toEqual({
      date: '2026-03-29',
      time: '01:59:59',
      fraction: '.500',
      zone: '+01:00',
    });
    expect(timeParts('2026-03-29T01:00:00Z', BERLIN)).toMatchObject({ time: '03:00:00', zone: '+02:00' });
    expect(timeParts('2026-10-25T00:30:00Z', BERLIN)).toMatchObject({ time: '02:30:00', zone: '+02:00' });
    expect(timeParts('2026-10-25T01:30:00Z', BERLIN)).toMatchObject({ time: '02:30:00', zone: '+01:00' });
  });

  it('is told thousands of times without asking the system for its zone as often', () => {
    const real = Intl.DateTimeFormat;
    let made = 0;
    const make = (...args: ConstructorParameters<typeof real>) => {
      made += 1;
      return new real(...args);
    };
    Intl.DateTimeFormat = new Proxy(real, {
      apply: (_, __, args) => make(...(args as Parameters<typeof make>)),
      construct: (_, args) => make(...(args as Parameters<typeof make>)),
    });
    try {
      for (let second = 0; second < 2000; second += 1) {
        exactTime(new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(), 'local');
      }
    } finally {
      Intl.DateTimeFormat = real;
    }
    expect(made, 'formats are slow to make').toBeLessThanOrEqual(2);
  });

  it('crosses the date line and knows halves and quarters of hours', () => {
    expect(timeParts('2026-01-01T12:00:00Z', 'Pacific/Kiritimati')).toMatchObject({
      date: '2026-01-02',
      zone: '+14:00',
    });
    expect(timeParts('2026-01-01T12:00:00Z', 'Asia/Kathmandu')).toMatchObject({ time: '17:45:00', zone: '+05:45' });
    expect(timeParts('2026-01-01T00:00:00Z', 'America/St_Johns')).toMatchObject({
      date: '2025-12-31',
      time: '20:30:00',
    });
  });

  it('is always told in UTC too, with every digit', () => {
    expect(exactTime('2026-10-25T01:30:00.123456Z', BERLIN)).toBe(
      '2026-10-25 01:30:00.123456 UTC\n2026-10-25 02:30:00.123 +01:00 Europe/Berlin',
    );
    expect(exactTime('2026-10-25T01:30:00Z', 'utc')).toBe('2026-10-25 01:30:00 UTC');
  });

  it('that is none is shown as it is', () => {
    expect(timeParts('soon', BERLIN).date).toBe('soon');
  });
});

describe('a typed time', () => {
  it.each([
    ['2026-07-01 12:00', BERLIN, '2026-07-01T10:00:00.000000Z'],
    ['2026-01-01 12:00', BERLIN, '2026-01-01T11:00:00.000000Z'],
    ['2026-01-01', 'America/New_York', '2026-01-01T05:00:00.000000Z'],
    ['2026-01-01T12:00:15.25', 'utc', '2026-01-01T12:00:15.250000Z'],
    ['2026-10-25 02:30 +02:00', BERLIN, '2026-10-25T00:30:00.000000Z'],
    ['2026-10-25 02:30 +01:00', BERLIN, '2026-10-25T01:30:00.000000Z'],
    ['2026-01-01 12:00Z', BERLIN, '2026-01-01T12:00:00.000000Z'],
    ['2026-01-01 12:00 -05:30', BERLIN, '2026-01-01T17:30:00.000000Z'],
  ])('%s in %s is %s', (text, zone, utc) => {
    expect(readTime(text, zone)).toEqual({ utc, problem: null });
  });

  it('that the clocks skip is said not to exist', () => {
    expect(readTime('2026-03-29 02:30', BERLIN).problem).toContain('does not exist in Europe/Berlin');
    expect(readTime('2026-03-29 03:00', BERLIN).utc).toBe('2026-03-29T01:00:00.000000Z');
    // Samoa left out a whole day.
    expect(readTime('2011-12-30 12:00', 'Pacific/Apia').problem).toContain('does not exist');
  });

  it('that comes twice is not guessed', () => {
    const { utc, problem } = readTime('2026-10-25 02:30', BERLIN);
    expect(utc).toBeNull();
    expect(problem).toContain('came twice in Europe/Berlin');
    expect(problem).toContain('+02:00 or +01:00');
    expect(readTime('2026-10-25 03:00', BERLIN).utc).toBe('2026-10-25T02:00:00.000000Z');
    // Half an hour back, on Lord Howe Island.
    expect(readTime('2026-04-05 01:45', 'Australia/Lord_Howe').problem).toContain('came twice');
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-01-01 24:00',
    '2026-01-01 12:60',
    '2026-01-01 12:00 +99:00',
  ])('%s is refused with a reason', (text) => {
    const { utc, problem } = readTime(text, BERLIN);
    expect(utc).toBeNull();
    expect(problem).not.toBe('');
  });

  it('means the moment that is shown like it, in every zone', () => {
    const zones = allZones();
    expect(zones.length).toBeGreaterThan(300);
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        // Whole seconds from 1971 on: zones of before have offsets that no one types.
        fc.integer({ min: 31_536_000, max: 2_500_000_000 }),
        (zone, second) => {
          const wall = wallTime(second * 1000, zone);
          const offset = offsetSeconds(second * 1000, zone);
          const text = `${wallDate(wall)} ${wallClock(wall)}`;
          const exact = readTime(`${text} ${offsetText(offset)}`, zone);
          const bare = readTime(text, zone);
          const utc = new Date(second * 1000).toISOString().replace('.000Z', '.000000Z');
          if (offset % 60 === 0) expect(exact.utc).toBe(utc);
          // Without its offset it is the same moment, unless that time came twice.
          if (bare.utc !== null) expect(bare.utc).toBe(utc);
          else expect(bare.problem).toContain('came twice');
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('a zone', () => {
  it.each(['local', 'utc', BERLIN, 'Asia/Kolkata'])('%s is one', (zone) => expect(isZone(zone)).toBe(true));
  it.each(['', '+02:00', 'Middle/Earth', '__proto__'])('%s is none', (zone) => expect(isZone(zone)).toBe(false));
});
