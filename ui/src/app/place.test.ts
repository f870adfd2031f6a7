import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DETAIL_TABS,
  formatPlace,
  INSTANCE_LISTS,
  MAINTENANCE_TABS,
  OUTCOMES,
  type Place,
  parsePlace,
  places,
  readAddress,
} from './place';
import { TIME_TOOLS } from './timePlace';

const text = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });
const maybe = fc.option(text, { nil: null });
const digits = fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String);
const maybeDigits = fc.option(digits, { nil: null });

const view: fc.Arbitrary<Place> = fc.oneof(
  fc.constantFrom(places.welcome(), places.trialBalance(), places.evidence()),
  maybe.map((projection) => places.projections(projection)),
  fc.tuple(maybe, fc.constantFrom(...INSTANCE_LISTS), maybe).map((parts) => places.processes(...parts)),
  fc
    .tuple(fc.constantFrom(...MAINTENANCE_TABS), fc.constantFrom('truncate' as const, 'scavenge' as const))
    .map((parts) => places.maintenance(...parts)),
  fc.tuple(maybe, maybe).map((parts) => places.customers(...parts)),
  fc.tuple(maybe, maybe, maybeDigits).map((parts) => places.holds(...parts)),
  maybe.map((order) => places.orders(order)),
  fc.record({
    view: fc.constant('bank' as const),
    tab: fc.constant('activity' as const),
    from: maybe,
    through: maybe,
    currency: maybe,
    event: maybeDigits,
  }),
  fc.tuple(maybe, maybe).map((parts) => places.limits(...parts)),
  fc.tuple(maybe, maybeDigits).map((parts) => places.audit(...parts)),
  fc.record({
    view: fc.constant('bank' as const),
    tab: fc.constant('accounts' as const),
    search: maybe,
    account: maybe,
  }),
  fc.record({
    view: fc.constant('bank' as const),
    tab: fc.constant('account' as const),
    account: text,
    event: maybeDigits,
  }),
  fc.record({
    view: fc.constant('bank' as const),
    tab: fc.constant('transfers' as const),
    status: maybe,
    account: maybe,
    transfer: maybe,
  }),
  fc.record({
    view: fc.constant('events' as const),
    filter: fc.record({
      stream: maybe,
      streams: fc.array(text, { maxLength: 4 }),
      prefix: maybe,
      categories: fc.array(text, { maxLength: 4 }),
      types: fc.array(text, { maxLength: 4 }),
      correlation: maybe,
      actor: maybe,
      contains: maybe,
      from: maybe,
      until: maybe,
      after: maybeDigits,
      through: maybeDigits,
      about: maybe,
      condition: maybe,
      columns: fc.array(fc.string({ minLength: 1 }), { maxLength: 4 }),
    }),
    tab: maybeDigits,
    order: fc.constantFrom('newest' as const, 'oldest' as const),
    event: maybeDigits,
  }),
  fc.record({
    view: fc.constant('streams' as const),
    category: maybe,
    search: maybe,
    order: fc.constantFrom('name' as const, 'lastChange' as const, 'length' as const),
    stream: maybe,
  }),
  fc
    .tuple(
      maybe,
      maybeDigits,
      maybeDigits,
      fc.record({
        blame: fc.boolean(),
        tool: fc.option(fc.constantFrom(...TIME_TOOLS), { nil: null }),
        watch: fc.array(text, { maxLength: 3 }),
        condition: maybe,
        halving: fc.boolean(),
        field: fc.option(fc.string({ unit: 'grapheme' }), { nil: null }),
        fieldAt: maybeDigits,
      }),
    )
    .map((parts) => places.time(...parts)),
  fc
    .tuple(fc.array(text, { maxLength: 3 }), fc.constantFrom('recorded' as const, 'valueDate' as const), maybeDigits)
    .map((parts) => places.lanes(...parts)),
  fc.tuple(maybe, maybe, maybe).map((parts) => places.commands(...parts)),
  fc.tuple(maybe, maybe, maybe).map((parts) => places.theatre(...parts)),
  fc.tuple(maybe, fc.subarray([...OUTCOMES]), maybe).map((parts) => places.commandHistory(...parts)),
  maybe.map((edit) => places.connections(edit)),
);

/** Any place, with or without a tab of an event's detail. */
const place: fc.Arbitrary<Place> = fc
  .tuple(view, fc.option(fc.constantFrom(...DETAIL_TABS), { nil: null }))
  .map(([one, panel]) => (panel === null ? one : { ...one, panel }));

describe('addresses', () => {
  it('lead back to the place that they name', () => {
    fc.assert(
      fc.property(place, (one) => {
        expect(parsePlace(formatPlace(one))).toEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  it('are understood whole when they come from outside', () => {
    fc.assert(
      fc.property(place, (one) => {
        expect(readAddress(formatPlace(one))).toEqual(one);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    '#/nowhere',
    '#/nowhere?x=1',
    '#/',
    '#/events?event=twelve',
    '#/events?event=-1',
    '#/events?event=1&event=2',
    '#/events?since=yesterday',
    '#/events?panel=secrets',
    '#/time?stream=account-1&version=1e3',
    '#/streams?order=random',
    '#/bank',
    '#/bank/account',
    '#/maintenance/everything',
    '#/processes?show=none',
  ])('that name no place, such as %s, lead nowhere when they come from outside', (address) => {
    expect(readAddress(address)).toBeNull();
  });

  it('that are unknown lead to the bank', () => {
    expect(parsePlace('#/nowhere?x=1')).toEqual(places.accounts());
    expect(parsePlace('')).toEqual(places.accounts());
  });
});
