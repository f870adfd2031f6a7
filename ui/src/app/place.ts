// Every view with its selection and filters is a place, and every place has an address.

import { t } from '../i18n';
import type { CommandOutcome } from '../platform/wire';
import { lanePairs, NOTHING_OPEN, openPairs, readOpen, type TimeLanes, type TimeOpen } from './timePlace';

export type EventOrder = 'newest' | 'oldest';
export type StreamSort = 'name' | 'lastChange' | 'length';

/** What the event grid is narrowed to. */
export interface EventFilter {
  stream: string | null;
  /** Any of these. */
  streams: string[];
  prefix: string | null;
  categories: string[];
  types: string[];
  correlation: string | null;
  actor: string | null;
  contains: string | null;
  from: string | null;
  until: string | null;
  /** At positions after this one, up to and including that one. */
  after: string | null;
  through: string | null;
  /** The subject of this stream: it and the streams that it names as its own. */
  about: string | null;
  /** A condition (CEL). */
  condition: string | null;
  /** Paths into payload or metadata whose values are shown as columns; they narrow nothing. */
  columns: string[];
}

export const INSTANCE_LISTS = ['stuck', 'unfinished', 'all', 'timers'] as const;
export type InstanceList = (typeof INSTANCE_LISTS)[number];
export const OUTCOMES = [
  'executed',
  'alreadyDone',
  'rejected',
  'conflict',
  'unavailable',
  'invalid',
  'failed',
  'unknown',
] as const satisfies readonly CommandOutcome[];
export const MAINTENANCE_TABS = ['snapshots', 'retention', 'legal-holds'] as const;
export type MaintenanceTab = (typeof MAINTENANCE_TABS)[number];

/** What the detail of an event shows. */
export const DETAIL_TABS = ['data', 'metadata', 'state', 'diff', 'causes', 'raw'] as const;
export type DetailTab = (typeof DETAIL_TABS)[number];

/** What may be open within a place. */
export interface Within {
  /** The tab of the event's detail; without one it is the tab that was looked at last. */
  panel?: DetailTab;
}

export type Place = Within & ViewPlace;

type ViewPlace =
  | { view: 'welcome' }
  | { view: 'bank'; tab: 'accounts'; search: string | null; account: string | null }
  | { view: 'bank'; tab: 'account'; account: string; event: string | null }
  | { view: 'bank'; tab: 'transfers'; status: string | null; account: string | null; transfer: string | null }
  | { view: 'bank'; tab: 'trial-balance' }
  | { view: 'bank'; tab: 'customers'; search: string | null; customer: string | null }
  // A hold is chosen by the position of the event that placed it: its id is its account's own.
  | { view: 'bank'; tab: 'holds'; status: string | null; account: string | null; hold: string | null }
  | { view: 'bank'; tab: 'orders'; order: string | null }
  | {
      view: 'bank';
      tab: 'activity';
      from: string | null;
      through: string | null;
      currency: string | null;
      event: string | null;
    }
  | { view: 'bank'; tab: 'limits'; day: string | null; account: string | null }
  | { view: 'bank'; tab: 'audit'; actor: string | null; event: string | null }
  | { view: 'events'; filter: EventFilter; order: EventOrder; event: string | null; tab: string | null }
  | { view: 'streams'; category: string | null; search: string | null; order: StreamSort; stream: string | null }
  | {
      view: 'time';
      stream: string | null;
      version: string | null;
      compare: string | null;
      open: TimeOpen;
      lanes: TimeLanes | null;
    }
  | { view: 'commands'; tab: 'form'; command: string | null; prefill: string | null; search: string | null }
  | { view: 'commands'; tab: 'history'; search: string | null; outcomes: CommandOutcome[]; attempt: string | null }
  // What two actors do to one stream; a prefill goes to the forms of both.
  | { view: 'commands'; tab: 'theatre'; first: string | null; second: string | null; prefill: string | null }
  // A fork of a stream behind a version; with what was recorded afterwards or without.
  | { view: 'whatIf'; stream: string | null; version: string | null; along: boolean }
  | { view: 'projections'; projection: string | null }
  | { view: 'processes'; process: string | null; show: InstanceList; instance: string | null }
  | { view: 'maintenance'; tab: MaintenanceTab; purpose: 'truncate' | 'scavenge' }
  // The connection whose dialog is open: its id, or `new`.
  | { view: 'connections'; tab: 'list'; edit: string | null }
  | { view: 'connections'; tab: 'parity' }
  // A stream of the open store's server, whether it is there or not.
  | { view: 'connections'; tab: 'server'; stream: string | null }
  // Connections by id; nothing from means the open store.
  | { view: 'connections'; tab: 'copy'; from: string | null; to: string | null }
  // An event by its position, or what a command by its id wrote; stretches that are unfolded by their first event.
  | { view: 'causes'; event: string | null; command: string | null; unfolded: string[] }
  | { view: 'story'; transfer: string | null }
  // A notebook by its id, and the cell that is looked at; without one the notebook that was open last.
  | { view: 'notebook'; notebook: string | null; cell: string | null }
  // A scene of the list by its id; a step of the scene on the stage by its number, from 1.
  | { view: 'stage'; tab: 'scenes'; scene: string | null }
  | { view: 'stage'; tab: 'steps'; step: string | null }
  | { view: 'evidence' };

export type ViewName = Place['view'];

export const NO_FILTER: EventFilter = {
  stream: null,
  streams: [],
  prefix: null,
  categories: [],
  types: [],
  correlation: null,
  actor: null,
  contains: null,
  from: null,
  until: null,
  after: null,
  through: null,
  about: null,
  condition: null,
  columns: [],
};

export const places = {
  welcome: (): Place => ({ view: 'welcome' }),
  accounts: (search: string | null = null, account: string | null = null): Place => ({
    view: 'bank',
    tab: 'accounts',
    search,
    account,
  }),
  account: (account: string, event: string | null = null): Place => ({ view: 'bank', tab: 'account', account, event }),
  transfers: (status: string | null = null, transfer: string | null = null, account: string | null = null): Place => ({
    view: 'bank',
    tab: 'transfers',
    status,
    account,
    transfer,
  }),
  trialBalance: (): Place => ({ view: 'bank', tab: 'trial-balance' }),
  customers: (search: string | null = null, customer: string | null = null): Place => ({
    view: 'bank',
    tab: 'customers',
    search,
    customer,
  }),
  holds: (status: string | null = null, account: string | null = null, hold: string | null = null): Place => ({
    view: 'bank',
    tab: 'holds',
    status,
    account,
    hold,
  }),
  orders: (order: string | null = null): Place => ({ view: 'bank', tab: 'orders', order }),
  activity: (from: string | null = null, through: string | null = null, currency: string | null = null): Place => ({
    view: 'bank',
    tab: 'activity',
    from,
    through,
    currency,
    event: null,
  }),
  limits: (day: string | null = null, account: string | null = null): Place => ({
    view: 'bank',
    tab: 'limits',
    day,
    account,
  }),
  audit: (actor: string | null = null, event: string | null = null): Place => ({
    view: 'bank',
    tab: 'audit',
    actor,
    event,
  }),
  events: (filter: Partial<EventFilter> = {}, event: string | null = null, order: EventOrder = 'newest'): Place => ({
    view: 'events',
    filter: { ...NO_FILTER, ...filter },
    order,
    event,
    tab: null,
  }),
  streams: (category: string | null = null, search: string | null = null): Place => ({
    view: 'streams',
    category,
    search,
    order: 'lastChange',
    stream: null,
  }),
  time: (
    stream: string | null = null,
    version: string | null = null,
    compare: string | null = null,
    open: Partial<TimeOpen> = {},
  ): Place => ({ view: 'time', stream, version, compare, open: { ...NOTHING_OPEN, ...open }, lanes: null }),
  lanes: (streams: string[], order: TimeLanes['order'] = 'recorded', event: string | null = null): Place => ({
    view: 'time',
    stream: null,
    version: null,
    compare: null,
    open: NOTHING_OPEN,
    lanes: { streams, order, event },
  }),
  whatIf: (stream: string | null = null, version: string | null = null, along = false): Place => ({
    view: 'whatIf',
    stream,
    version,
    along,
  }),
  commands: (command: string | null = null, prefill: string | null = null, search: string | null = null): Place => ({
    view: 'commands',
    tab: 'form',
    command,
    prefill,
    search,
  }),
  commandHistory: (
    search: string | null = null,
    outcomes: CommandOutcome[] = [],
    attempt: string | null = null,
  ): Place => ({ view: 'commands', tab: 'history', search, outcomes, attempt }),
  theatre: (first: string | null = null, second: string | null = null, prefill: string | null = null): Place => ({
    view: 'commands',
    tab: 'theatre',
    first,
    second,
    prefill,
  }),
  projections: (projection: string | null = null): Place => ({ view: 'projections', projection }),
  processes: (process: string | null = null, show: InstanceList = 'stuck', instance: string | null = null): Place => ({
    view: 'processes',
    process,
    show,
    instance,
  }),
  maintenance: (tab: MaintenanceTab = 'snapshots', purpose: 'truncate' | 'scavenge' = 'truncate'): Place => ({
    view: 'maintenance',
    tab,
    purpose,
  }),
  connections: (edit: string | null = null): Place => ({ view: 'connections', tab: 'list', edit }),
  parity: (): Place => ({ view: 'connections', tab: 'parity' }),
  server: (stream: string | null = null): Place => ({ view: 'connections', tab: 'server', stream }),
  copying: ({ from = null, to = null }: { from?: string | null; to?: string | null } = {}): Place => ({
    view: 'connections',
    tab: 'copy',
    from,
    to,
  }),
  causes: (event: string | null = null, command: string | null = null, unfolded: string[] = []): Place => ({
    view: 'causes',
    event,
    command,
    unfolded,
  }),
  story: (transfer: string | null = null): Place => ({ view: 'story', transfer }),
  notebook: (notebook: string | null = null, cell: string | null = null): Place => ({
    view: 'notebook',
    notebook,
    cell,
  }),
  scenes: (scene: string | null = null): Place => ({ view: 'stage', tab: 'scenes', scene }),
  stageSteps: (step: string | null = null): Place => ({ view: 'stage', tab: 'steps', step }),
  evidence: (): Place => ({ view: 'evidence' }),
};

export type Pairs = [string, string | null | string[]][];

function address(path: string, pairs: Pairs): string {
  const query = new URLSearchParams();
  for (const [key, value] of pairs) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== '') query.append(key, one);
    }
  }
  const text = query.toString();
  return `#/${path}${text === '' ? '' : `?${text}`}`;
}

/** The address of a place, beginning with `#/`. */
export function formatPlace(place: Place): string {
  const view = formatView(place);
  return place.panel === undefined ? view : `${view}${view.includes('?') ? '&' : '?'}panel=${place.panel}`;
}

function formatView(place: Place): string {
  switch (place.view) {
    case 'bank':
      return formatBank(place);
    case 'events':
      return address('events', [
        ['tab', place.tab],
        ['stream', place.filter.stream],
        ['streams', place.filter.streams],
        ['prefix', place.filter.prefix],
        ['category', place.filter.categories],
        ['type', place.filter.types],
        ['correlation', place.filter.correlation],
        ['actor', place.filter.actor],
        ['contains', place.filter.contains],
        ['from', place.filter.from],
        ['until', place.filter.until],
        ['after', place.filter.after],
        ['through', place.filter.through],
        ['about', place.filter.about],
        ['condition', place.filter.condition],
        ['column', place.filter.columns],
        ['order', place.order === 'newest' ? null : place.order],
        ['event', place.event],
      ]);
    case 'streams':
      return address('streams', [
        ['category', place.category],
        ['search', place.search],
        ['order', place.order === 'lastChange' ? null : place.order],
        ['stream', place.stream],
      ]);
    case 'time':
      return place.lanes === null
        ? address('time', [
            ['stream', place.stream],
            ['version', place.version],
            ['compare', place.compare],
            ...openPairs(place.open),
          ])
        : address('time/lanes', lanePairs(place.lanes));
    case 'whatIf':
      return address('what-if', [
        ['stream', place.stream],
        ['version', place.version],
        ['along', place.along ? '1' : null],
      ]);
    case 'commands':
      return formatCommands(place);
    case 'projections':
      return address('projections', [['projection', place.projection]]);
    case 'processes':
      return address('processes', [
        ['process', place.process],
        ['show', place.show === 'stuck' ? null : place.show],
        ['instance', place.instance],
      ]);
    case 'maintenance':
      return address(`maintenance/${place.tab}`, [['purpose', place.purpose === 'truncate' ? null : place.purpose]]);
    case 'connections':
      return formatConnections(place);
    case 'causes':
      return address('causes', [
        ['event', place.event],
        ['command', place.command],
        ['unfolded', place.unfolded],
      ]);
    case 'story':
      return address('story', [['transfer', place.transfer]]);
    case 'notebook':
      return address('notebook', [
        ['notebook', place.notebook],
        ['cell', place.cell],
      ]);
    case 'stage':
      return place.tab === 'scenes'
        ? address('stage', [['scene', place.scene]])
        : address('stage/steps', [['step', place.step]]);
    case 'welcome':
    case 'evidence':
      return address(place.view, []);
  }
}

function formatCommands(place: Extract<Place, { view: 'commands' }>): string {
  switch (place.tab) {
    case 'form':
      return address('commands', [
        ['command', place.command],
        ['prefill', place.prefill],
        ['search', place.search],
      ]);
    case 'history':
      return address('commands/history', [
        ['search', place.search],
        ['outcome', place.outcomes],
        ['attempt', place.attempt],
      ]);
    case 'theatre':
      return address('commands/theatre', [
        ['first', place.first],
        ['second', place.second],
        ['prefill', place.prefill],
      ]);
  }
}

function formatConnections(place: Extract<Place, { view: 'connections' }>): string {
  switch (place.tab) {
    case 'list':
      return address('connections', [['edit', place.edit]]);
    case 'parity':
      return address('connections/parity', []);
    case 'server':
      return address('connections/server', [['stream', place.stream]]);
    case 'copy':
      return address('connections/copy', [
        ['from', place.from],
        ['to', place.to],
      ]);
  }
}

function formatBank(place: Extract<Place, { view: 'bank' }>): string {
  switch (place.tab) {
    case 'accounts':
      return address('bank/accounts', [
        ['search', place.search],
        ['account', place.account],
      ]);
    case 'account':
      return address('bank/account', [
        ['account', place.account],
        ['event', place.event],
      ]);
    case 'transfers':
      return address('bank/transfers', [
        ['status', place.status],
        ['account', place.account],
        ['transfer', place.transfer],
      ]);
    case 'trial-balance':
      return address('bank/trial-balance', []);
    case 'customers':
      return address('bank/customers', [
        ['search', place.search],
        ['customer', place.customer],
      ]);
    case 'holds':
      return address('bank/holds', [
        ['status', place.status],
        ['account', place.account],
        ['hold', place.hold],
      ]);
    case 'orders':
      return address('bank/orders', [['order', place.order]]);
    case 'activity':
      return address('bank/activity', [
        ['from', place.from],
        ['through', place.through],
        ['currency', place.currency],
        ['event', place.event],
      ]);
    case 'limits':
      return address('bank/limits', [
        ['day', place.day],
        ['account', place.account],
      ]);
    case 'audit':
      return address('bank/audit', [
        ['actor', place.actor],
        ['event', place.event],
      ]);
  }
}

/** The place at an address; an unknown address leads to the bank. */
export function parsePlace(hash: string): Place {
  const { path, query } = split(hash);
  const panel = oneOf(DETAIL_TABS, query.get('panel'));
  const place = parseView(path, query);
  return panel === null ? place : { ...place, panel };
}

/**
 * The place at an address that came from outside; nothing unless all of it is understood. An address that names no place
 * must not lead to another one, and what cannot be honoured must not be dropped in silence.
 */
export function readAddress(hash: string): Place | null {
  const place = parsePlace(hash);
  const [asked, understood] = [split(hash), split(withClock(formatPlace(place), clockIn(hash)))];
  const pairs = ({ query }: typeof asked) => [...query].map(([key, value]) => `${key}=${value}`).sort();
  return asked.path === understood.path && pairs(asked).join('&') === pairs(understood).join('&') ? place : null;
}

/** The path of an address that is none of a view; nothing if it names one, or nothing at all. */
export function unknownPath(hash: string): string | null {
  const { path } = split(hash);
  return path === '' || path === split(formatPlace(parsePlace(hash))).path ? null : path;
}

function split(hash: string): { path: string; query: URLSearchParams } {
  const text = hash.replace(/^#?\/?/, '');
  const cut = text.indexOf('?');
  const path = cut < 0 ? text : text.slice(0, cut);
  return { path, query: new URLSearchParams(cut < 0 ? '' : text.slice(cut + 1)) };
}

function parseView(path: string, query: URLSearchParams): Place {
  const one = (key: string): string | null => query.get(key) || null;
  const number = (key: string): string | null => (/^\d{1,20}$/.test(query.get(key) ?? '') ? query.get(key) : null);
  switch (path) {
    case 'welcome':
      return places.welcome();
    case 'bank/account': {
      const account = one('account');
      return account === null ? places.accounts() : places.account(account, number('event'));
    }
    case 'bank/transfers':
      return places.transfers(one('status'), one('transfer'), one('account'));
    case 'bank/trial-balance':
      return places.trialBalance();
    case 'bank/customers':
      return places.customers(one('search'), one('customer'));
    case 'bank/holds':
      return places.holds(one('status'), one('account'), number('hold'));
    case 'bank/orders':
      return places.orders(one('order'));
    case 'bank/activity':
      return {
        view: 'bank',
        tab: 'activity',
        from: one('from'),
        through: one('through'),
        currency: one('currency'),
        event: number('event'),
      };
    case 'bank/limits':
      return places.limits(one('day'), one('account'));
    case 'bank/audit':
      return places.audit(one('actor'), number('event'));
    case 'events':
      return {
        view: 'events',
        filter: {
          stream: one('stream'),
          streams: query.getAll('streams'),
          prefix: one('prefix'),
          categories: query.getAll('category'),
          types: query.getAll('type'),
          correlation: one('correlation'),
          actor: one('actor'),
          contains: one('contains'),
          from: one('from'),
          until: one('until'),
          after: number('after'),
          through: number('through'),
          about: one('about'),
          condition: one('condition'),
          columns: query.getAll('column').filter((path) => path !== ''),
        },
        tab: number('tab'),
        order: one('order') === 'oldest' ? 'oldest' : 'newest',
        event: number('event'),
      };
    case 'streams':
      return {
        view: 'streams',
        category: one('category'),
        search: one('search'),
        order: streamSort(one('order')),
        stream: one('stream'),
      };
    case 'time':
      return places.time(one('stream'), number('version'), number('compare'), readOpen(query));
    case 'time/lanes':
      return places.lanes(
        query.getAll('stream').filter((name) => name !== ''),
        one('order') === 'valueDate' ? 'valueDate' : 'recorded',
        number('event'),
      );
    case 'what-if':
      return places.whatIf(one('stream'), number('version'), one('along') === '1');
    case 'commands':
      return places.commands(one('command'), one('prefill'), one('search'));
    case 'commands/history':
      return places.commandHistory(
        one('search'),
        OUTCOMES.filter((outcome) => query.getAll('outcome').includes(outcome)),
        one('attempt'),
      );
    case 'commands/theatre':
      return places.theatre(one('first'), one('second'), one('prefill'));
    case 'projections':
      return places.projections(one('projection'));
    case 'processes':
      return places.processes(one('process'), oneOf(INSTANCE_LISTS, one('show')) ?? 'stuck', one('instance'));
    case 'maintenance':
    case 'maintenance/snapshots':
    case 'maintenance/retention':
    case 'maintenance/legal-holds':
      return places.maintenance(
        oneOf(MAINTENANCE_TABS, path.slice('maintenance/'.length)) ?? 'snapshots',
        one('purpose') === 'scavenge' ? 'scavenge' : 'truncate',
      );
    case 'connections':
      return places.connections(one('edit'));
    case 'connections/parity':
      return places.parity();
    case 'connections/server':
      return places.server(one('stream'));
    case 'connections/copy':
      return places.copying({ from: one('from'), to: one('to') });
    case 'causes':
      return places.causes(
        number('event'),
        one('command'),
        query.getAll('unfolded').filter((position) => /^\d{1,20}$/.test(position)),
      );
    case 'story':
      return places.story(one('transfer'));
    case 'notebook':
      return places.notebook(one('notebook'), one('cell'));
    case 'stage':
      return places.scenes(one('scene'));
    case 'stage/steps':
      return places.stageSteps(number('step'));
    case 'evidence':
      return places.evidence();
    default:
      return places.accounts(one('search'), one('account'));
  }
}

function oneOf<T extends string>(known: readonly T[], text: string | null): T | null {
  return known.find((one) => one === text) ?? null;
}

function streamSort(text: string | null): StreamSort {
  return text === 'name' || text === 'length' ? text : 'lastChange';
}

const bankTitles = (): Record<Extract<Place, { view: 'bank' }>['tab'], string> => ({
  accounts: t('app.accounts'),
  account: t('app.account'),
  transfers: t('app.transfers'),
  'trial-balance': t('app.trialBalance'),
  customers: t('app.customers'),
  holds: t('app.holds'),
  orders: t('app.orders'),
  activity: t('app.activity'),
  limits: t('app.limits'),
  audit: t('app.audit'),
});

/** The moment that an address is about: a position of the log, or nothing for now. */
export function clockIn(hash: string): string | null {
  const cut = hash.indexOf('?');
  const at = cut < 0 ? null : new URLSearchParams(hash.slice(cut + 1)).get('at');
  return at !== null && /^\d{1,19}$/.test(at) ? String(BigInt(at)) : null;
}

/** The address of a place at a moment. */
export function withClock(address: string, at: string | null): string {
  if (at === null) return address;
  return `${address}${address.includes('?') ? '&' : '?'}at=${at}`;
}

/** What a place is called. */
export function titleOf(place: Place): string {
  switch (place.view) {
    case 'welcome':
      return t('app.welcome');
    case 'bank':
      return bankTitles()[place.tab];
    case 'events':
      return t('app.events');
    case 'streams':
      return t('app.streams');
    case 'time':
      return t('app.timeTravel');
    case 'whatIf':
      return t('app.whatIf');
    case 'commands':
      return { form: t('app.commands'), history: t('app.commandHistory'), theatre: t('app.concurrencyTheatre') }[
        place.tab
      ];
    case 'projections':
      return t('app.projections');
    case 'processes':
      return t('app.processes');
    case 'maintenance':
      return { snapshots: t('app.snapshots'), retention: t('app.retention'), 'legal-holds': t('app.legalHolds') }[
        place.tab
      ];
    case 'connections':
      return {
        list: t('app.connections2'),
        server: t('app.server'),
        copy: t('app.copyAStore'),
        parity: t('app.parityRun'),
      }[place.tab];
    case 'causes':
      return t('app.causes');
    case 'story':
      return t('app.storyOfATransfer');
    case 'notebook':
      return t('notebook.title');
    case 'stage':
      return t('stage.title');
    case 'evidence':
      return t('app.evidence');
  }
}
