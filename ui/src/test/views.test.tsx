import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { type Place, places } from '../app/place';
import type { Platform } from '../platform/platform';
import { accessibilityProblems, renderAt } from './render';

const FAILURE = {
  code: 'store_unavailable',
  message: 'The store could not be read.',
  hint: 'Check that the file is still there.',
  retryable: true,
};

const VIEWS: readonly {
  name: string;
  place: Place;
  /** What is there when the view has its data. */
  ready: string;
  /** The platform's command whose failure the view shows. */
  source: keyof Platform | null;
}[] = [
  { name: 'welcome', place: places.welcome(), ready: 'choose-store', source: null },
  { name: 'accounts', place: places.accounts(null, '100234'), ready: 'account-row-100234', source: 'accounts' },
  { name: 'account', place: places.account('100234'), ready: 'closing-balance', source: 'statement' },
  { name: 'transfers', place: places.transfers(), ready: 'transfers-all', source: 'transfers' },
  { name: 'trial balance', place: places.trialBalance(), ready: 'trial-balance', source: 'trialBalance' },
  { name: 'events', place: places.events({}, '12'), ready: 'detail-type', source: 'eventsOpen' },
  { name: 'streams', place: places.streams(), ready: 'category-account', source: 'streams' },
  { name: 'time travel', place: places.time('account-100234', '1'), ready: 'state-tree', source: 'stateAt' },
  {
    name: 'blame and a watched expression',
    place: places.time('account-100234', '3', '1', { blame: true, tool: 'watch', watch: ['held > 0', 'available'] }),
    ready: 'hits',
    source: 'watch',
  },
  {
    name: 'the first version where something holds',
    place: places.time('account-100234', '3', null, { tool: 'bisect', condition: 'size(holds) > 0' }),
    ready: 'bisected',
    source: 'bisect',
  },
  {
    name: 'the history of a field',
    place: places.time('account-100234', '3', null, { tool: 'field', field: '/settled' }),
    ready: 'field-changes',
    source: 'fieldHistory',
  },
  {
    name: 'streams side by side',
    place: places.lanes(['transfer-T-5001', 'account-100234'], 'recorded', '12'),
    ready: 'lane-event',
    source: 'lanes',
  },
  { name: 'choosing a stream', place: places.time(), ready: 'stream-picker', source: null },
  { name: 'commands', place: places.commands('RequestTransfer'), ready: 'field-amount', source: 'commands' },
  { name: 'command history', place: places.commandHistory(), ready: 'empty-state', source: 'commandHistory' },
  { name: 'theatre', place: places.theatre('Withdraw', 'Deposit'), ready: 'seat-first', source: null },
  { name: 'projections', place: places.projections(), ready: 'projection-accounts', source: 'projections' },
  { name: 'evidence', place: places.evidence(), ready: 'verify', source: 'verify' },
  { name: 'a read model', place: places.projections('holds'), ready: 'quarantined', source: 'projections' },
  { name: 'customers', place: places.customers(null, 'C-1001'), ready: 'customer-totals', source: 'customers' },
  { name: 'holds', place: places.holds(), ready: 'holds-open', source: 'holds' },
  { name: 'orders', place: places.orders('O-1001'), ready: 'order-row-O-1001', source: 'orders' },
  { name: 'activity', place: places.activity(), ready: 'activity-from', source: 'activity' },
  { name: 'limits', place: places.limits(null, '100234'), ready: 'account-available', source: 'limits' },
  { name: 'audit', place: places.audit('teller:anna', '12'), ready: 'detail-type', source: 'actors' },
  { name: 'causes', place: places.causes('12'), ready: 'causes-tree', source: 'causeGraph' },
  { name: 'causes of nothing yet', place: places.causes(), ready: 'empty-state', source: null },
  { name: 'the story of a transfer', place: places.story('T-5001'), ready: 'story-table', source: 'transferStory' },
  { name: 'choosing a story', place: places.story(), ready: 'story-transfer', source: null },
  {
    name: 'an instance of a process',
    place: places.processes('transfer', 'all', 'transfer-T-5002'),
    ready: 'before-after',
    source: 'processOffers',
  },
  { name: 'stuck instances', place: places.processes('transfer'), ready: 'stuck-row', source: 'processes' },
  {
    name: 'unfinished instances',
    place: places.processes('transfer', 'unfinished'),
    ready: 'instance-row',
    source: 'processInstances',
  },
  { name: 'all instances', place: places.processes('transfer', 'all'), ready: 'show-all', source: 'processInstances' },
  { name: 'timers', place: places.processes('transfer', 'timers'), ready: 'timer-row', source: 'processTimers' },
  { name: 'snapshots', place: places.maintenance('snapshots'), ready: 'snapshot-row', source: 'snapshots' },
  { name: 'retention', place: places.maintenance('retention'), ready: 'preview-retention', source: 'retention' },
  { name: 'connections', place: places.connections(), ready: 'connection-Live', source: 'connections' },
  { name: 'legal holds', place: places.maintenance('legal-holds'), ready: 'place-hold', source: 'retention' },
];

const SCHEMES = ['light', 'dark'] as const;

describe.each(VIEWS)('$name', ({ place, ready }) => {
  it.each(SCHEMES)('can be used with a screen reader in %s colours', async (scheme) => {
    window.localStorage.setItem('mantine-color-scheme-value', scheme);
    const { container } = renderAt(place);
    await screen.findAllByTestId(ready, {}, { timeout: 10_000 });
    expect(document.documentElement.dataset.mantineColorScheme).toBe(scheme);
    expect(await accessibilityProblems(container)).toEqual([]);
  });
});

describe.each(VIEWS.filter(({ source }) => source !== null))('$name', ({ place, ready, source, name }) => {
  it('tells of a failure and lets one try again', async () => {
    const { fake, user } = renderAt(place, { failures: source === null ? {} : { [source]: FAILURE } });
    if (name === 'evidence') await user.click(await screen.findByTestId('verify'));
    const main = screen.getByRole('main');
    const error = (await within(main).findAllByTestId('error-state', {}, { timeout: 10_000 }))[0];
    if (error === undefined) throw new Error('no error is shown');
    expect(error.textContent).toContain(FAILURE.message);
    expect(error.textContent).toContain(FAILURE.code);
    expect(error.textContent).toContain(FAILURE.hint);
    fake.failures = {};
    await user.click(within(error).getByTestId('retry'));
    if (name !== 'evidence') await screen.findAllByTestId(ready, {}, { timeout: 10_000 });
    else await screen.findByTestId('verify-report', {}, { timeout: 10_000 });
  });
});

describe('a store that cannot do everything', () => {
  it('says so where it is missed', async () => {
    renderAt(places.evidence(), { capabilities: { hashChain: false } });
    expect((await screen.findByTestId('no-chain', {}, { timeout: 10_000 })).textContent).toContain('no hash chain');
  });

  it('offers no demo bank where none can be made', async () => {
    renderAt(places.welcome(), { events: 0, capabilities: { import: false } });
    await screen.findByTestId('no-import', {}, { timeout: 10_000 });
    expect(screen.queryByTestId('demo-create')).toBeNull();
  });
});

describe('an empty store', () => {
  it('is met with the demo bank, and filled', async () => {
    const { user } = renderAt(places.accounts(), { events: 0 });
    await user.click(await screen.findByTestId('demo-size-1000'));
    await user.click(screen.getByTestId('demo-create'));
    expect(await screen.findByTestId('account-row-100234', {}, { timeout: 10_000 })).toBeTruthy();
  });

  it.each([
    ['events', places.events()],
    ['streams', places.streams()],
  ] as const)('says in %s what to do next', async (_, place) => {
    const { user } = renderAt(places.welcome(), { events: 0 });
    await screen.findByTestId('demo-create');
    await user.click(screen.getByTestId(place.view === 'events' ? 'nav-events' : 'nav-streams'));
    const empty = await screen.findByTestId('empty-state');
    expect(within(empty).getAllByRole('button').length).toBeGreaterThan(0);
  });
});
