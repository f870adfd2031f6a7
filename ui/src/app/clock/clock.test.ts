import { describe, expect, it } from 'vitest';
import { FakePlatform } from '../../test/fake/fakePlatform';
import { toQuery } from '../../views/events/query';
import { clockIn, formatPlace, NO_FILTER, parsePlace, places, withClock } from '../place';
import { clockedPlatform } from './clockedPlatform';
import { modelsOf, whyNow } from './models';
import { asTyped, typedMoment } from './moment';

describe('the address of a moment', () => {
  it('is kept beside every place and read back without a rounding', () => {
    for (const place of [places.trialBalance(), places.accounts('ada', 'A-1'), places.events({ stream: 'a-1' })]) {
      const address = withClock(formatPlace(place), '9007199254740993');
      expect(clockIn(address)).toBe('9007199254740993');
      expect(parsePlace(address)).toEqual(place);
      expect(clockIn(withClock(formatPlace(place), null))).toBeNull();
    }
  });

  it('is nothing where it is no position', () => {
    for (const bad of ['#/events?at=noon', '#/events?at=-1', '#/events?at=', '#/events', '#/events?at=1.5']) {
      expect(clockIn(bad), bad).toBeNull();
    }
  });
});

describe('what is typed to set the clock', () => {
  it('is a position or a time', () => {
    expect(typedMoment('48,210', 'utc')).toEqual({ position: '48210' });
    expect(typedMoment(' #48 210 ', 'utc')).toEqual({ position: '48210' });
    expect(typedMoment('9223372036854775807', 'utc')).toEqual({ position: '9223372036854775807' });
    expect(typedMoment('2026-03-01 12:00', 'utc')).toEqual({ time: '2026-03-01T12:00:00.000000Z' });
    expect(typedMoment('01.03.2026', 'utc')).toEqual({ time: '2026-03-01T00:00:00.000000Z' });
    expect(typedMoment('1.234.567', 'utc')).toEqual({ position: '1234567' });
    expect(typedMoment('2026-03-01', 'utc')).toEqual({ time: '2026-03-01T00:00:00.000000Z' });
    expect(typedMoment('2026-03-01T13:00:00+01:00', 'utc')).toEqual({ time: '2026-03-01T13:00:00+01:00' });
  });

  it('is refused where it is neither', () => {
    for (const bad of ['', 'noon', '2026-13-01', '9223372036854775808', '2026-03-01 25:00:00x', '-5']) {
      expect(typedMoment(bad, 'utc'), bad).toBeNull();
    }
  });

  it('is offered as it would be typed', () => {
    const time = '2026-03-01T12:00:00.000000Z';
    expect(typedMoment(asTyped(time, 'utc'), 'utc')).toEqual({ time });
  });
});

describe('the platform at a moment', () => {
  it('names the moment in every question about one', async () => {
    const fake = new FakePlatform({ events: 300 });
    const past = clockedPlatform(fake.platform(), '120');
    const now = await fake.platform().accounts(null, 0, 100);
    const then = await past.accounts(null, 0, 100);
    expect(then.accounts).not.toEqual(now.accounts);
    const events = await past.timeline('account-100234', '0', 500).catch(() => []);
    const page = await past.streams({ category: null, search: null, order: 'lastChange', offset: 0, limit: 50 });
    expect(page.streams.every((row) => BigInt(row.lastPosition) <= 120n)).toBe(true);
    for (const row of page.streams.slice(0, 5)) {
      const entries = await past.timeline(row.stream, '0', 500);
      expect(entries.at(-1)?.version).toBe(row.version);
      expect(await past.versionAt(row.stream, '9999-12-31T23:59:59Z')).toBe(row.version);
    }
    expect(events.length).toBeLessThan(300);
    expect((await past.trialBalance()).position).toBe('120');
  });

  it('reads no history, no lane and no export beyond it, whatever is asked for', async () => {
    const fake = new FakePlatform({ events: 300 });
    const past = clockedPlatform(fake.platform(), '120');
    const stream = 'account-100234';
    const end = await fake.platform().versionAtPosition(stream, '120');
    const whole = await fake.platform().versionAt(stream, '9999-12-31T23:59:59Z');
    expect(BigInt(whole), 'there is something beyond').toBeGreaterThan(BigInt(end));
    const quiet = () => undefined;
    expect((await past.blame(stream, whole, 't', quiet)).version).toBe(end);
    expect((await past.blame(stream, whole, 't', quiet)).lastVersion).toBe(end);
    expect((await past.watch(stream, 'available', null, 't', quiet)).until).toBe(end);
    expect((await past.bisect(stream, 'available > 0', 'everyVersion', whole, 't', quiet)).until).toBe(end);
    expect((await past.fieldHistory(stream, '/settled', whole, 't', quiet)).version).toBe(end);
    const state = await past.stateAt(stream, whole, null);
    expect([state.version, state.lastVersion]).toEqual([end, end]);
    for (const order of ['recorded', 'valueDate'] as const) {
      const page = await past.lanes([stream, 'account-100235'], order, null, 300, 't', quiet);
      expect(page.entries.length).toBeGreaterThan(0);
      expect(page.entries.every(({ event }) => BigInt(event.position) <= 120n)).toBe(true);
      expect(page.lanes[0]?.version).toBe(end);
    }
    for (const [through, wanted] of [
      [null, '120'],
      ['500', '120'],
      ['7', '7'],
    ] as const) {
      await past.exportEvents({ query: toQuery({ ...NO_FILTER, through }), format: 'csv', path: 'x' }, 't', quiet);
      expect(fake.calls.filter(({ name }) => name === 'exportEvents').at(-1)?.args[0]).toMatchObject({
        query: { through: wanted },
      });
    }
  });

  it('refuses every write and sends none', async () => {
    const fake = new FakePlatform({ events: 50 });
    const past = clockedPlatform(fake.platform(), '20');
    const writes = [
      past.execute({} as never),
      past.dryRun({} as never),
      past.rebuildProjection('accounts', {} as never, 't', () => undefined),
      past.skipEvent({} as never),
      past.retryStuck('olga', 'x'),
      past.decideInstance({} as never),
      past.deleteSnapshots(null),
      past.applyRetention({} as never, '1', {} as never, 't', () => undefined),
    ];
    for (const write of writes) await expect(write).rejects.toMatchObject({ code: 'clock_in_the_past' });
    expect(fake.calls).toEqual([]);
  });
});

describe('what places show of the past', () => {
  it('is said of each: it is made of read models, or it says that it shows now', () => {
    for (const place of [
      places.accounts(),
      places.transfers(),
      places.trialBalance(),
      places.customers(),
      places.holds(),
      places.orders(),
      places.activity(),
      places.limits(),
      places.audit(),
      places.streams(),
    ]) {
      expect(modelsOf(place).length, formatPlace(place)).toBeGreaterThan(0);
      expect(whyNow(place), formatPlace(place)).toBeNull();
    }
    for (const place of [places.connections(), places.maintenance(), places.commands(), places.evidence()]) {
      expect(whyNow(place), formatPlace(place)).not.toBeNull();
    }
  });
});
