import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventFilter, NO_FILTER, places } from '../../app/place';
import type { EventDensity, EventDetail, EventRow } from '../../platform/wire';
import { problemOfPath } from './columnPath';
import { asIds, asJsonLines, asTsv } from './copyRows';
import { readTarget } from './jump';
import { isFiltered, nameOf, partsOf, short, toFilter, toQuery } from './query';
import {
  activeTab,
  closed,
  type EventsPlace,
  MOST_TABS,
  NO_TABS,
  neighbourTab,
  opened,
  placeOfTabs,
  tabsAt,
} from './tabs';
import { readTabs, TabsStore } from './tabsStore';
import {
  barHeight,
  binAt,
  categoriesIn,
  holds,
  layers,
  milliseconds,
  panned,
  rangeOfBins,
  shareOf,
  ticks,
  zoomed,
} from './timelineMath';

const maybe = fc.option(fc.string({ minLength: 1, maxLength: 12 }), { nil: null });
const many = fc.array(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 3 });
const filters: fc.Arbitrary<EventFilter> = fc.record({
  stream: maybe,
  streams: many,
  prefix: maybe,
  categories: many,
  types: many,
  correlation: maybe,
  actor: maybe,
  contains: maybe,
  from: fc.constantFrom(null, '2026-10-03T10:00:00.000000Z'),
  until: fc.constantFrom(null, '2026-10-04T10:00:00.000001Z'),
  after: fc.constantFrom(null, '18446744073709551614'),
  through: fc.constantFrom(null, '18446744073709551615'),
  about: maybe,
  condition: maybe,
  columns: fc.array(fc.constantFrom('amount.minor', '$.owner.name'), { maxLength: 2 }),
});
const at = (filter: Partial<EventFilter> = {}, more: Partial<EventsPlace> = {}): EventsPlace => ({
  ...(places.events(filter) as EventsPlace),
  ...more,
});

describe('the path of a column', () => {
  it('is fields and indexes, and nothing else', () => {
    for (const path of ['amount.minor', '$.owner.name', '$["odd name"][3].x', 'lines[0].text', 'metadata.actor', '$'])
      expect(path === '$' ? null : problemOfPath(path), path).toBeNull();
    for (const bad of ['', 'a..b', 'a[', 'a[x]', 'a b', 'a.', 'x'.repeat(300)])
      expect(problemOfPath(bad), bad).not.toBeNull();
  });
});

describe('tabs that were kept', () => {
  it('are the same after a restart, with what was chosen and where they were scrolled to', () => {
    const store = new TabsStore('/bank');
    const filter = { ...NO_FILTER, types: ['MoneyDeposited'], columns: ['amount.minor'] };
    const saved = { id: 'q1', name: 'Deposits', filter };
    const tabs = opened(opened(NO_TABS, filter, saved), { ...NO_FILTER, contains: 'rent & more' });
    store.set({ ...tabs, active: tabs.tabs[1]?.id ?? '' });
    store.setTop(tabs.active, { position: '18446744073709551615', event: null });
    store.keep();
    const again = new TabsStore('/bank');
    expect(again.read()).toEqual(store.read());
    expect(again.top(tabs.active)).toEqual({ position: '18446744073709551615', event: null });
    expect(new TabsStore('/other').read(), 'another store has its own').toEqual(NO_TABS);
  });

  it('are left out where they cannot be read, and none means a blank one', () => {
    for (const bad of [null, 7, 'x', {}, { tabs: 'no' }, { tabs: [{ address: '#/nowhere' }, { address: '#/events' }] }])
      expect(readTabs(bad).state).toEqual(NO_TABS);
    const kept = readTabs({ active: '9', tabs: [{ address: '#/events?tab=2&type=X', top: { position: 'x' } }, 3] });
    expect(kept.state.active).toBe('2');
    expect(kept.tops.size).toBe(0);
    window.localStorage.setItem('ledgerscope.tabs', '{');
    expect(new TabsStore('/bank').read()).toEqual(NO_TABS);
    window.localStorage.clear();
  });
});

describe('a filter', () => {
  it('is the same after it was saved and opened again', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(toFilter(toQuery(filter))).toEqual(filter);
      }),
    );
  });

  it('is nothing once each of its parts was taken away', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        let rest = filter;
        const parts = partsOf(filter, 'utc');
        for (const part of parts) rest = { ...rest, ...part.without };
        expect(isFiltered(rest), 'columns narrow nothing').toBe(false);
        expect(rest.columns, 'and stay').toEqual(filter.columns);
        expect(isFiltered(filter)).toBe(parts.length > 0);
      }),
    );
  });

  it('is named after what it looks for', () => {
    expect(nameOf(NO_FILTER, 'utc')).toBe('All events');
    expect(nameOf({ ...NO_FILTER, stream: 'account-1' }, 'utc')).toBe('account-1');
    const filter = { ...NO_FILTER, types: ['HoldPlaced', 'HoldReleased'], from: '2026-10-03T10:00:00.000000Z' };
    expect(nameOf(filter, 'utc')).toBe('HoldPlaced +1, from 2026-10-03 10:00');
  });

  it('counts in short words', () => {
    const cases = ['0', '99999', '123456', '1000000', '1234567', '10000000', '2000000000'].map(short);
    expect(cases).toEqual(['0', '99\u202f999', '123 k', '1 M', '1.2 M', '10 M', '2 G']);
  });
});

describe('query tabs', () => {
  const three = opened(opened(tabsAt(NO_TABS, at({ types: ['A'] }), true), { ...NO_FILTER, types: ['B'] }), {
    ...NO_FILTER,
    types: ['C'],
  });

  it('are where their address says, and their address says where they are', () => {
    expect(activeTab(three).filter.types).toEqual(['C']);
    const elsewhere = tabsAt(three, at({ types: ['A'] }, { tab: '1', event: '9' }), false);
    expect(activeTab(elsewhere)).toMatchObject({ id: '1', event: '9' });
    expect(placeOfTabs(elsewhere)).toEqual(at({ types: ['A'] }, { tab: '1', event: '9' }));
    expect(tabsAt(elsewhere, placeOfTabs(elsewhere), false)).toBe(elsewhere);
  });

  it('leave the address alone while there is one', () => {
    const one = tabsAt(NO_TABS, at({ stream: 'account-1' }), true);
    expect(one.tabs).toHaveLength(1);
    expect(placeOfTabs(one).tab).toBeNull();
    expect(activeTab(tabsAt(one, at(), true)).filter).toEqual(NO_FILTER);
  });

  it('do not lose a query to a link from elsewhere', () => {
    const linked = tabsAt(three, at({ stream: 'account-7' }), true);
    expect(linked.tabs.map((tab) => tab.filter.types[0] ?? tab.filter.stream)).toEqual(['A', 'B', 'C', 'account-7']);
    expect(tabsAt(three, at({ types: ['B'] }), false)).toMatchObject({ active: '2' });
    expect(tabsAt(three, at(), true), 'coming back without a wish shows what was shown').toEqual(three);
  });

  it('are replaced by their neighbour when closed, and the last one by a blank one', () => {
    const two = closed(three, '3');
    expect(two.active).toBe('2');
    expect(closed(two, '1').active).toBe('2');
    expect(closed(closed(two, '1'), '2')).toEqual(NO_TABS);
    expect(neighbourTab(three, 1).active).toBe('1');
    expect(neighbourTab(three, -1).active).toBe('2');
  });

  it('are bounded and always show one of their own', () => {
    const step = fc.oneof(
      filters.map((filter) => ({ do: 'open' as const, filter })),
      fc.constantFrom('1', '2', '5').map((id) => ({ do: 'close' as const, id })),
      fc.tuple(filters, fc.constantFrom(null, '2', '7'), fc.boolean()).map((parts) => ({ do: 'go' as const, parts })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state = NO_TABS;
        for (const one of steps) {
          if (one.do === 'open') state = opened(state, one.filter);
          else if (one.do === 'close') state = closed(state, one.id);
          else state = tabsAt(state, at(one.parts[0], { tab: one.parts[1] }), one.parts[2]);
          const ids = state.tabs.map((tab) => tab.id);
          expect(ids).toContain(state.active);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.length >= 1 && ids.length <= MOST_TABS).toBe(true);
          expect(tabsAt(state, placeOfTabs(state), false)).toBe(state);
        }
      }),
    );
  });
});

describe('what somebody types to go somewhere', () => {
  it('is a position, a version or a time, exactly', () => {
    expect(readTarget('48 210', 'utc')).toEqual({ kind: 'position', position: '48210' });
    expect(readTarget('#18446744073709551615', 'utc')).toEqual({ kind: 'position', position: '18446744073709551615' });
    expect(readTarget('v0012', 'utc')).toEqual({ kind: 'version', version: '12' });
    expect(readTarget('2026-10-03 14:00', 'utc')).toEqual({ kind: 'time', time: '2026-10-03T14:00:00.000000Z' });
    const exact = '2026-10-03T14:00:00.123456Z';
    expect(readTarget(exact, 'utc')).toEqual({ kind: 'time', time: exact });
    for (const text of ['', 'soon', '2026-13-40', 'v', '-5']) expect(readTarget(text, 'utc'), text).toBeNull();
  });
});

describe('copied rows', () => {
  const row: EventRow = {
    position: '9007199254740993',
    stream: 'account-1',
    version: '2',
    eventType: 'MoneyDeposited',
    schemaVersion: 2,
    recordedAt: '2026-10-03T14:00:00.123456Z',
    actor: null,
    sentence: 'a\tb\nc',
    problem: null,
    correlationId: 'c',
  };
  const detail = {
    row,
    eventId: 'e-1',
    causationId: null,
    contentHash: 'ff',
    raw: '{"minor": 9007199254740993,\n "x":1}',
  };

  it('keep every number as it is stored', () => {
    const line = asJsonLines([detail as EventDetail]);
    expect(line).toContain('"payload":{"minor": 9007199254740993,');
    expect(line.split('\n')).toHaveLength(1);
    expect(JSON.parse(line)).toMatchObject({ position: '9007199254740993', eventId: 'e-1', payload: { x: 1 } });
    expect(asIds([detail as EventDetail, detail as EventDetail])).toBe('e-1\ne-1');
    const hex = asJsonLines([{ ...detail, raw: '00ff', binary: true } as EventDetail]);
    expect(JSON.parse(hex)).toMatchObject({ payloadHex: '00ff' });
  });

  it('stay one line each in a table', () => {
    const lines = asTsv([row]).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]?.split('\t')).toHaveLength(lines[0]?.split('\t').length ?? 0);
    expect(lines[1]).toContain('a b c');
  });
});

const start = Date.UTC(2026, 9, 1);
const density = (counts: readonly number[], step = 60_000): EventDensity => ({
  from: new Date(start).toISOString(),
  until: new Date(start + counts.length * step).toISOString(),
  bins: counts.map((events, bin) => ({ from: new Date(start + bin * step).toISOString(), events: String(events) })),
  total: String(counts.reduce((sum, one) => sum + one, 0)),
  most: String(Math.max(...counts)),
  complete: true,
  byCategory: { state: 'counting' },
});
const counts = fc.array(fc.integer({ min: 0, max: 1_000_000_000 }), { minLength: 1, maxLength: 200 });

describe('the timeline', () => {
  it('covers exactly the bins that were dragged over, in either direction', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(counts, share, share, (all, a, b) => {
        const shown = density(all);
        const [x, y] = [binAt(a, all.length), binAt(b, all.length)];
        const range = rangeOfBins(shown, x, y);
        expect(range).toEqual(rangeOfBins(shown, y, x));
        expect(range?.from).toBe(shown.bins[Math.min(x, y)]?.from);
        expect(milliseconds(range?.until ?? '') - milliseconds(range?.from ?? '')).toBe((Math.abs(x - y) + 1) * 60_000);
        expect(Math.abs(shareOf(range?.from ?? '', shown) - Math.min(x, y) / all.length)).toBeLessThan(1e-9);
      }),
    );
  });

  it('zooms about a place that stays where it is, and back', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, fc.double({ min: 0.2, max: 0.9, noNaN: true }), (pivot, factor) => {
        const range = { from: new Date(start).toISOString(), until: new Date(start + 86_400_000).toISOString() };
        const near = zoomed(range, pivot, factor);
        expect(holds(range, near)).toBe(true);
        const back = zoomed(near, pivot, 1 / factor);
        expect(Math.abs(milliseconds(back.from) - milliseconds(range.from))).toBeLessThan(50);
        const there = panned(range, 0.25);
        expect(milliseconds(there.from) - milliseconds(range.from)).toBe(21_600_000);
        expect(panned(there, -0.25)).toEqual(range);
      }),
    );
  });

  it('shows a single event beside a million, and nothing where there is none', () => {
    expect(barHeight('1', '1000000')).toBeGreaterThan(0);
    expect(barHeight('1000000', '1000000')).toBe(1);
    const [only] = layers(density([0, 3, 0]));
    expect(only?.path.match(/M/g)).toHaveLength(1);
    expect(layers(density([0, 0])).map(({ path }) => path)).toEqual(['']);
  });

  it('stacks categories without a gap, up to the height of the whole bar', () => {
    const counts = fc.array(fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counts, (bins) => {
        const whole = density(bins.map((parts) => parts.reduce((sum, part) => sum + part, 0)));
        const categories = ['account', 'transfer', null].map((category, part) => {
          const events = bins.map((parts) => String(parts[part]));
          return { category, events, total: String(bins.reduce((sum, parts) => sum + (parts[part] ?? 0), 0)) };
        });
        const stacked = layers({ ...whole, byCategory: { state: 'counted', categories } });
        const [bars] = layers(whole);
        const spans = (path: string) =>
          new Map(
            [...path.matchAll(/M([\d.]+) ([\d.]+)V([\d.]+)/g)].map(([, at, low, high]) => [at, [low, high] as const]),
          );
        const parts = stacked.map(({ path }) => spans(path));
        for (const [at, [, top]] of spans(bars?.path ?? '')) {
          let ground: string | undefined = '1.0000';
          for (const part of parts) {
            const span = part.get(at);
            if (span === undefined) continue;
            expect(span[0], 'each stands on the one below').toBe(ground);
            ground = span[1];
          }
          expect(ground, 'together they are the bar').toBe(top);
        }
      }),
    );
  });

  it('tells how many of each category there are', () => {
    const categories = [
      { category: 'account', events: ['1', '4'], total: '5' },
      { category: null, events: ['2', '0'], total: '2' },
    ];
    const shown = { ...density([3, 4]), byCategory: { state: 'counted' as const, categories } };
    expect(categoriesIn(shown, 0, 0)).toEqual([
      { name: 'other', events: 2n },
      { name: 'account', events: 1n },
    ]);
    expect(categoriesIn(shown, 1, 1)).toEqual([{ name: 'account', events: 4n }]);
    expect(categoriesIn({ ...shown, byCategory: { state: 'counting' } }, 0, 1)).toEqual([]);
  });

  it('marks round times within the range, never more than there is room for', () => {
    const length = fc.integer({ min: 1000, max: 1_000_000_000 });
    fc.assert(
      fc.property(
        length,
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0, 3_600_000, -19_800_000),
        (ms, most, offset) => {
          const range = { from: new Date(start + 777).toISOString(), until: new Date(start + 777 + ms).toISOString() };
          const { step, at: marks } = ticks(range, most, offset);
          expect(marks.length).toBeLessThanOrEqual(most);
          for (const tick of marks) {
            expect(tick.share >= 0 && tick.share < 1).toBe(true);
            expect((milliseconds(tick.time) + offset) % step).toBe(0);
          }
        },
      ),
    );
  });
});
