// Every view at a place where it has something to show.
import { type Place, places } from '../app/place';
import type { Platform } from '../platform/platform';

export const EVERY_VIEW: readonly {
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
