import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, DETAIL_WIDTH, RAIL_WIDTH, readSettings } from './settings';

describe('what is remembered', () => {
  it('comes back as it was', () => {
    const settings = {
      ...DEFAULTS,
      language: 'de' as const,
      zone: 'Asia/Tokyo',
      detailWidths: { events: 512 },
      railWidth: 300,
      railCollapsed: true,
      hiddenColumns: { events: ['actor'] },
      detailTab: 'raw' as const,
    };
    expect(readSettings(JSON.stringify(settings))).toEqual(settings);
  });

  it('is taken field by field, and only as far as it can be', () => {
    const stored = {
      language: 'tlh',
      zone: 'Middle/Earth',
      detailWidths: { events: 99_999, bank: 400, time: '400' },
      railWidth: -3,
      railCollapsed: 'yes',
      hiddenColumns: { events: 'actor', streams: ['length'] },
      detailTab: 'secrets',
      actor: 'ruth',
      unknown: 1,
    };
    expect(readSettings(JSON.stringify(stored))).toEqual({
      ...DEFAULTS,
      detailWidths: { bank: 400 },
      hiddenColumns: { streams: ['length'] },
      actor: 'ruth',
    });
  });

  it.each([null, '', '{', '[]', '3', 'null'])('that is %s is forgotten', (stored) => {
    expect(readSettings(stored)).toEqual(DEFAULTS);
  });

  it('never makes anything out of bounds, whatever was stored', () => {
    const any = fc.oneof(fc.anything(), fc.dictionary(fc.string(), fc.anything()));
    const stored = fc.record(
      {
        zone: any,
        detailWidths: any,
        railWidth: any,
        railCollapsed: any,
        hiddenColumns: any,
        detailTab: any,
        actor: any,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(stored, (given) => {
        let text: string;
        try {
          text = JSON.stringify(given);
        } catch {
          return;
        }
        const read = readSettings(text);
        expect(read.railWidth).toBeGreaterThanOrEqual(RAIL_WIDTH.least);
        expect(read.railWidth).toBeLessThanOrEqual(RAIL_WIDTH.most);
        for (const width of Object.values(read.detailWidths)) {
          expect(width).toBeGreaterThanOrEqual(DETAIL_WIDTH.least);
          expect(width).toBeLessThanOrEqual(DETAIL_WIDTH.most);
        }
        expect(typeof read.railCollapsed).toBe('boolean');
        expect(() => timeIn(read.zone)).not.toThrow();
      }),
    );
  });
});

const timeIn = (zone: string) =>
  new Intl.DateTimeFormat('en', { timeZone: zone === 'local' ? 'UTC' : zone }).format(new Date());
