import { describe, expect, it } from 'vitest';
import type { LaneEntry } from '../../platform/wire';
import { treeOf } from '../../test/fake/state';
import { accountsOf, laneRows, moved, span } from './lanes';

const entry = (position: number, lane: number, recordedAt: string, valueDate: string | null = null): LaneEntry => ({
  lane,
  valueDate,
  event: {
    position: String(position),
    stream: `account-${lane}`,
    version: '1',
    eventType: 'MoneyDeposited',
    schemaVersion: 1,
    recordedAt,
    actor: null,
    sentence: null,
    problem: null,
    correlationId: null,
  },
});

const told = (entries: LaneEntry[], byDay: boolean) =>
  laneRows(entries, byDay).map((row) =>
    row.kind === 'event' ? row.entry.event.position : row.kind === 'gap' ? row.text : row.day,
  );

describe('lanes', () => {
  it('collapse a time in which nothing happened, and say how long it was', () => {
    const entries = [
      entry(1, 0, '2026-11-02T08:00:00Z'),
      entry(2, 1, '2026-11-02T08:00:30Z'),
      entry(3, 0, '2026-11-02T08:01:00Z'),
      entry(4, 0, '2026-11-05T10:01:00Z'),
    ];
    expect(told(entries, false)).toEqual(['1', '2', '3', '3 d 2 h later', '4']);
  });

  it('leave gaps alone that are usual', () => {
    const entries = [1, 2, 3, 4].map((day) => entry(day, 0, `2026-11-0${day}T08:00:00Z`));
    expect(told(entries, false)).toEqual(['1', '2', '3', '4']);
  });

  it('have a heading for each day where days make the order, and count the days without events', () => {
    const entries = [
      entry(1, 0, '2026-11-02T08:00:00Z'),
      entry(2, 0, '2026-11-09T08:00:00Z', '2026-11-02'),
      entry(3, 1, '2026-11-04T08:00:00Z'),
    ];
    expect(told(entries, true)).toEqual(['2026-11-02', '1', '2', '1 day without events', '2026-11-04', '3']);
  });

  it('are moved through along time and across', () => {
    const time = '2026-11-02T08:00:00Z';
    const entries = [entry(1, 0, time), entry(2, 2, time), entry(3, 0, time), entry(4, 0, time), entry(5, 1, time)];
    expect(moved(entries, 0, 'ArrowDown', 3)).toBe(1);
    expect(moved(entries, 0, 'ArrowUp', 3)).toBe(0);
    expect(moved(entries, 2, 'ArrowRight', 3)).toBe(4);
    expect(moved(entries, 4, 'ArrowRight', 3)).toBe(1);
    expect(moved(entries, 1, 'ArrowLeft', 3)).toBe(4);
    expect(moved(entries, 0, 'ArrowLeft', 3)).toBe(0);
    expect(moved(entries, 0, 'End', 3)).toBe(4);
  });

  it('tell a span in two of its units', () => {
    expect(span(26 * 3_600_000)).toBe('1 d 2 h');
    expect(span(60_000)).toBe('1 min');
    expect(span(3)).toBe('less than a second');
  });
});

describe('the accounts of a transfer', () => {
  it('are those that its order names', () => {
    const state = {
      status: 'requested',
      order: { transferId: 'T-1', source: '100234', target: '100245' },
      problem: null,
    };
    expect(accountsOf(treeOf(state))).toEqual(['account-100234', 'account-100245']);
    expect(accountsOf(treeOf({ status: 'none', order: null }))).toEqual([]);
  });
});
