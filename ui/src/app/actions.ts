// Everything that can be done without a pointer, in one list: the palette, the keys, the sheet of keys and the line of hints
// all come from it.
import type { StoreStatus } from '../platform/wire';
import { openClock } from './clock/ClockControl';
import { stepClock } from './clock/stepClock';
import { isTyping } from './focus';
import { intend } from './intent';
import { copyLink } from './links';
import { NOTEBOOK_ACTIONS, PIN_ACTIONS } from './notebookActions';
import { isOffered, take } from './offers';
import { DETAIL_TABS, type Place, places, type ViewName } from './place';
import { currentClock, go, setClock } from './router';
import { isAnythingRunning, stopEverything } from './running';
import { changeSettings, currentSettings } from './settings';
import { STAGE_ACTIONS } from './stage/stageActions';
import type { StoreActions } from './storeActions';
import { TIME_KEYS } from './timeKeys';
import { VIEWS } from './views';

/** Headings of the palette, in their order there. */
export const GROUPS = [
  'Here',
  'Recent',
  'Go to',
  'Look',
  'Store',
  'Upkeep',
  'Commands',
  'Connections',
  'Time zones',
  'Move',
] as const;
export type Group = (typeof GROUPS)[number];

/** Where a key works: everywhere, with an event in the detail panel, where the focus is, or in one view. */
export type Where = 'everywhere' | 'event' | 'list' | 'tree' | 'onStage' | ViewName;

export interface ActionContext {
  place: Place;
  store: StoreStatus | null;
  stores: StoreActions;
  /** Whether the colours are dark now. */
  dark: boolean;
  setColours: (scheme: 'light' | 'dark' | 'auto') => void;
  openPalette: () => void;
  openHelp: () => void;
}

export interface Action {
  id: string;
  title: string;
  group: Group;
  about?: string;
  where: Where;
  /** Each is a key or two of them, one after the other: `Mod+K`, `G E`, `?`. */
  keys?: readonly string[];
  /** A word or two for the line of hints; without them it is not there. */
  hint?: string;
  /** What takes the key by itself, as a selector; the others are taken by the window. */
  takenBy?: string;
  /** Why it cannot be done now; nothing if it can. */
  refusal?: (context: ActionContext) => string | null;
  run: (context: ActionContext) => unknown;
}

/** Keys of a part of the view: pressed on it, it does as it does for everybody. */
function pressed(selector: string, key: string, modifiers: KeyboardEventInit = {}): () => void {
  return () => {
    const target = stopOf(selector);
    target?.focus();
    target?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...modifiers }));
  };
}

/** The row that has the focus in a list or a tree when one comes to it; of other parts, themselves. */
function stopOf(selector: string): HTMLElement | null {
  const part = document.querySelector<HTMLElement>(selector);
  if (selector !== LIST && selector !== TREE && selector !== LANES) return part;
  return part?.querySelector<HTMLElement>('[role="row"][tabindex="0"], [role="treeitem"][tabindex="0"]') ?? part;
}

const LIST = '[role="grid"]';
const TREE = '[role="tree"]';
const FORM = '[data-command-form]';
const TIME = '[data-time-view]';
const LANES = '[data-what-if-lanes]';

const lacking = (selector: string, reason: string) => () => (document.querySelector(selector) === null ? reason : null);

function part(
  where: Where,
  takenBy: string,
  reason: string,
  list: readonly { id: string; title: string; keys: readonly string[]; press: string; hint?: string }[],
): Action[] {
  return list.map(({ id, title, keys, press, hint }) => ({
    id,
    title,
    group: 'Move',
    where,
    keys,
    ...(hint === undefined ? {} : { hint }),
    takenBy,
    refusal: lacking(takenBy, reason),
    run: pressed(takenBy, press),
  }));
}

function offered(id: string, title: string, reason: string, more: Partial<Action>): Action {
  return {
    id,
    title,
    group: 'Here',
    where: 'event',
    refusal: () => (isOffered(id) ? null : reason),
    run: () => take(id),
    ...more,
  };
}

/** Something that the view of events does with its queries. */
function query(id: string, title: string, keys: readonly string[], reason = NO_EVENTS, hint?: string): Action[] {
  return [offered(id, title, reason, { where: 'events', keys, ...(hint === undefined ? {} : { hint }) })];
}

/** Something that a what-if offers. */
function whatIf(id: string, title: string, keys: readonly string[], hint?: string, reason = NO_FORK): Action {
  return offered(id, title, reason, { where: 'whatIf', keys, ...(hint === undefined ? {} : { hint }) });
}

const NO_FORK = 'Fork a stream in the what-if view first.';
const NO_EVENTS = 'Go to the events first.';
const NO_EVENT = 'Select an event first.';
const NO_LIST = 'There is no list in this view.';
const NO_TREE = 'There is no tree of fields in this view.';
const NO_TIME = 'Go to time travel through a stream first.';
const NO_FORM = 'Choose a command first.';
const NO_STORE = 'Open a store first.';

const TAB_TITLES = { data: 'data', metadata: 'metadata', state: 'state', diff: 'diff', causes: 'causes', raw: 'raw' };

/** Parts of views that people look for by their own name. */
const PARTS: readonly { id: string; title: string; about: string; to: () => Place }[] = [
  { id: 'accounts', title: 'Accounts', about: 'Balances, and what each account holds', to: () => places.accounts() },
  { id: 'customers', title: 'Customers', about: 'Who they are and what they hold', to: () => places.customers() },
  { id: 'transfers', title: 'Transfers', about: 'Every transfer and where it stands', to: () => places.transfers() },
  {
    id: 'stuck-transfers',
    title: 'Stuck transfers',
    about: 'Those that should have gone on by now',
    to: () => places.transfers('stuck'),
  },
  {
    id: 'story',
    title: 'Story of a transfer',
    about: 'Its steps and the money in flight, drawn once; to print',
    to: () => places.story(),
  },
  {
    id: 'causes',
    title: 'Causes',
    about: 'What led to an event and what it led to, as a graph and a tree',
    to: () => places.causes(),
  },
  { id: 'orders', title: 'Orders', about: 'Scheduled and standing orders', to: () => places.orders() },
  { id: 'holds', title: 'Holds', about: 'Money that is set aside', to: () => places.holds() },
  { id: 'limits', title: 'Limits', about: 'What may be spent and what is', to: () => places.limits() },
  { id: 'activity', title: 'Activity', about: 'What each day brought', to: () => places.activity() },
  { id: 'audit', title: 'Audit', about: 'Who did what, when and why', to: () => places.audit() },
  { id: 'trial-balance', title: 'Trial balance', about: 'Is money conserved?', to: () => places.trialBalance() },
  {
    id: 'command-history',
    title: 'Command history',
    about: 'What was issued here: executed, refused, in conflict',
    to: () => places.commandHistory(),
  },
  {
    id: 'theatre',
    title: 'Concurrency theatre',
    about: 'Two actors on one version: one wins, one conflicts and tries again',
    to: () => places.theatre(),
  },
  {
    id: 'snapshots',
    title: 'Snapshots',
    about: 'Cached states: verify, delete',
    to: () => places.maintenance('snapshots'),
  },
  {
    id: 'retention',
    title: 'Retention',
    about: 'What may go, and what stays and why',
    to: () => places.maintenance('retention'),
  },
  {
    id: 'legal-holds',
    title: 'Legal holds',
    about: 'What must stay whatever the rules say',
    to: () => places.maintenance('legal-holds'),
  },
  {
    id: 'server',
    title: 'Server',
    about: 'What the store stands on, and what its server keeps',
    to: () => places.server(),
  },
  { id: 'copy', title: 'Copy a store', about: 'Into another one, of whatever kind', to: () => places.copying() },
  {
    id: 'parity',
    title: 'Parity run',
    about: 'The same bank on several stores: the same answers, how fast?',
    to: () => places.connections('parity'),
  },
  { id: 'timers', title: 'Timers', about: 'What is due when', to: () => places.processes(null, 'timers') },
  { id: 'welcome', title: 'Welcome page', about: 'A demo bank, another store', to: () => places.welcome() },
];

/** The zone that one goes back to from UTC. */
let otherZone = currentSettings().zone === 'utc' ? 'local' : currentSettings().zone;

function turnZone(): void {
  const { zone } = currentSettings();
  if (zone !== 'utc') otherZone = zone;
  changeSettings({ zone: zone === 'utc' ? otherZone : 'utc' });
}

function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>('[data-search-field]');
  field?.focus();
  field?.select();
}

const HERE: readonly Action[] = [
  ...PIN_ACTIONS,
  {
    id: 'copy-link',
    title: 'Copy link to this place',
    group: 'Here',
    about: 'ledgerscope://…',
    where: 'everywhere',
    keys: ['Y L'],
    run: ({ store }) => copyLink(store),
  },
  {
    id: 'search',
    title: 'Search or filter in this view',
    group: 'Here',
    where: 'everywhere',
    keys: ['/'],
    hint: 'search',
    refusal: lacking('[data-search-field]', 'There is nothing to search in this view.'),
    run: focusSearch,
  },
  offered('event-copy-id', 'Copy the event’s id', NO_EVENT, { keys: ['Y I'] }),
  offered('event-copy-stored', 'Copy the event’s JSON, as stored', NO_EVENT, { keys: ['Y S'], hint: 'copy JSON' }),
  offered('event-copy-pretty', 'Copy the event’s JSON, laid out', NO_EVENT, { keys: ['Y F'] }),
  offered('event-copy-path', 'Copy the path of the focused field', 'Put the focus on a field of the event first.', {
    keys: ['Y P'],
    about: 'A JSON pointer',
    hint: 'copy path',
  }),
  offered('event-time', 'Time travel to this event', NO_EVENT, {}),
  offered('event-what-if', 'What if from here: fork in front of this event', NO_EVENT, { keys: ['T W'] }),
  offered('event-moment', 'Show everything as of this event', NO_EVENT, { keys: ['T E'] }),
  offered('event-story', 'The event’s whole story', 'Select an event with a correlation id first.', {}),
  offered('event-graph', 'The event’s causes as a graph', NO_EVENT, { keys: ['G U'], hint: 'graph of causes' }),
  offered('event-cause', 'Go to what led to the event', 'Select an event that another event led to first.', {}),
  ...DETAIL_TABS.map((tab, index) =>
    offered(`event-${tab}`, `Show the event’s ${TAB_TITLES[tab]}`, NO_EVENT, { keys: [String(index + 1)] }),
  ),
  ...query('query-new', 'Look for something else in a further tab', ['Mod+T']),
  ...query('query-close', 'Close this query', ['Mod+W']),
  ...query('query-next', 'Next open query', ['Mod+PageDown'], 'There is no other open query.'),
  ...query('query-previous', 'Previous open query', ['Mod+PageUp'], 'There is no other open query.'),
  ...query('query-save', 'Save this query…', ['Mod+S']),
  ...query('query-saved', 'Show or hide saved queries', []),
  ...query('list-condition', 'Narrow by a condition (CEL)…', []),
  ...query('list-filters', 'More filters…', []),
  ...query('list-export', 'Export the whole match…', []),
  ...query('list-import', 'Import events from a file…', [], 'Go to the events of a store that can be written first.'),
  ...query('list-jump', 'Go to a position, version or date…', [':', 'Mod+G'], NO_EVENTS, 'go to'),
  offered('time-what-if', 'What if from this version', NO_TIME, { where: 'time' }),
  whatIf('what-if-run', 'What-if: run it again', ['Mod+Enter'], 'run'),
  whatIf('what-if-command', 'What-if: send a command…', ['N C'], 'command'),
  whatIf('what-if-clock', 'What-if: let time pass…', ['N T']),
  whatIf('what-if-processes', 'What-if: let processes work', ['N P']),
  whatIf('what-if-save', 'What-if: save it in a file…', []),
  whatIf('what-if-open', 'What-if: open a file…', [], undefined, 'Go to the what-if view first.'),
  whatIf('what-if-test', 'What-if: make a test of it…', [], undefined, 'Add a step to the what-if first.'),
  {
    id: 'close-panel',
    title: 'Close the panel, or leave the field',
    group: 'Here',
    where: 'everywhere',
    keys: ['Escape'],
    takenBy: '[aria-label="Close the panel"]',
    refusal: lacking('[aria-label="Close the panel"]', 'No panel is open.'),
    run: () => document.querySelector<HTMLElement>('[aria-label="Close the panel"]')?.click(),
  },
];

const LOOK: readonly Action[] = [
  {
    id: 'palette',
    title: 'Go to anything, do anything',
    group: 'Look',
    where: 'everywhere',
    keys: ['Mod+K'],
    run: ({ openPalette }) => openPalette(),
  },
  {
    id: 'help',
    title: 'Show all keys',
    group: 'Look',
    where: 'everywhere',
    keys: ['?'],
    hint: 'all keys',
    run: ({ openHelp }) => openHelp(),
  },
  {
    id: 'colours',
    title: 'Switch between light and dark',
    group: 'Look',
    where: 'everywhere',
    keys: ['T C'],
    run: ({ dark, setColours }) => setColours(dark ? 'light' : 'dark'),
  },
  {
    id: 'colours-auto',
    title: 'Let the colours follow the system',
    group: 'Look',
    where: 'everywhere',
    run: ({ setColours }) => setColours('auto'),
  },
  {
    id: 'zone',
    title: 'Switch between UTC and the chosen time zone',
    group: 'Look',
    where: 'everywhere',
    keys: ['T Z'],
    run: turnZone,
  },
  {
    id: 'rail',
    title: 'Narrow or widen the rail',
    group: 'Look',
    where: 'everywhere',
    keys: ['T R'],
    run: () => changeSettings({ railCollapsed: !currentSettings().railCollapsed }),
  },
  {
    id: 'back',
    title: 'Back',
    group: 'Look',
    where: 'everywhere',
    keys: ['Alt+ArrowLeft'],
    run: () => window.history.back(),
  },
  {
    id: 'forward',
    title: 'Forward',
    group: 'Look',
    where: 'everywhere',
    keys: ['Alt+ArrowRight'],
    run: () => window.history.forward(),
  },
];

const STORE: readonly Action[] = [
  {
    id: 'open-file',
    title: 'Open another file…',
    group: 'Store',
    where: 'everywhere',
    run: ({ stores }) => stores.choose(),
  },
  {
    id: 'open-own',
    title: 'Open my own store',
    group: 'Store',
    where: 'everywhere',
    run: ({ stores }) => stores.openDefault(),
  },
  {
    id: 'add-connection',
    title: 'Add a connection…',
    group: 'Store',
    where: 'everywhere',
    run: () => go(places.connections('new')),
  },
  {
    id: 'verify',
    title: 'Verify the chain',
    group: 'Upkeep',
    about: 'Recomputes every hash of the store',
    where: 'everywhere',
    refusal: ({ store }) => (store === null ? NO_STORE : null),
    run: () => {
      intend({ kind: 'verify' });
      go(places.evidence());
    },
  },
  {
    id: 'stop',
    title: 'Stop the running task',
    group: 'Upkeep',
    where: 'everywhere',
    refusal: () => (isAnythingRunning() ? null : 'Nothing runs now.'),
    run: stopEverything,
  },
];

const CAUSES = '[data-causes-drawing]';
const NO_CAUSES = 'Draw the causes of an event first.';

const MOVE: readonly Action[] = [
  ...part('list', LIST, NO_LIST, [
    { id: 'list-next', title: 'Next row', keys: ['J', 'ArrowDown'], press: 'j', hint: 'next' },
    { id: 'list-previous', title: 'Previous row', keys: ['K', 'ArrowUp'], press: 'k', hint: 'previous' },
    { id: 'list-open', title: 'Open the row', keys: ['Enter'], press: 'Enter', hint: 'open' },
    { id: 'list-select', title: 'Select the row', keys: ['Space'], press: ' ' },
    { id: 'list-first', title: 'First row', keys: ['Home'], press: 'Home' },
    { id: 'list-last', title: 'Last row', keys: ['End'], press: 'End' },
    { id: 'list-page-down', title: 'Rows further down', keys: ['PageDown'], press: 'PageDown' },
    { id: 'list-page-up', title: 'Rows further up', keys: ['PageUp'], press: 'PageUp' },
  ]),
  ...part('tree', TREE, NO_TREE, [
    { id: 'tree-next', title: 'Next field', keys: ['J', 'ArrowDown'], press: 'j', hint: 'next field' },
    { id: 'tree-previous', title: 'Previous field', keys: ['K', 'ArrowUp'], press: 'k' },
    { id: 'tree-unfold', title: 'Unfold the field', keys: ['ArrowRight'], press: 'ArrowRight', hint: 'unfold' },
    { id: 'tree-fold', title: 'Fold the field', keys: ['ArrowLeft'], press: 'ArrowLeft', hint: 'fold' },
    {
      id: 'tree-turn',
      title: 'Fold or unfold the field, follow its link',
      keys: ['Enter'],
      press: 'Enter',
      hint: 'follow',
    },
    { id: 'tree-first', title: 'First field', keys: ['Home'], press: 'Home' },
    { id: 'tree-last', title: 'Last field', keys: ['End'], press: 'End' },
  ]),
  {
    id: 'tree-copy',
    title: 'Copy the field’s value',
    group: 'Move',
    where: 'tree',
    keys: ['Mod+C'],
    takenBy: TREE,
    refusal: lacking(TREE, NO_TREE),
    run: pressed(TREE, 'c', { ctrlKey: true }),
  },
  ...part('causes', CAUSES, NO_CAUSES, [
    { id: 'causes-cause', title: 'Causes: to what led to it', keys: ['ArrowLeft'], press: 'ArrowLeft', hint: 'cause' },
    {
      id: 'causes-effect',
      title: 'Causes: to what it led to',
      keys: ['ArrowRight'],
      press: 'ArrowRight',
      hint: 'effect',
    },
    { id: 'causes-up', title: 'Causes: up in the column', keys: ['ArrowUp'], press: 'ArrowUp' },
    { id: 'causes-down', title: 'Causes: down in the column', keys: ['ArrowDown'], press: 'ArrowDown' },
  ]),
  ...(
    [
      ['causes-open', 'Causes: open, unfold or show the chosen one', 'O', 'open'],
      ['causes-in', 'Causes: zoom in', '=', 'zoom'],
      ['causes-out', 'Causes: zoom out', '-', undefined],
      ['causes-fit', 'Causes: show the whole', '0', 'whole'],
      ['causes-centre', 'Causes: go to the chosen one', '.', undefined],
    ] as const
  ).map(([id, title, key, hint]) =>
    offered(id, title, NO_CAUSES, { where: 'causes', keys: [key], ...(hint === undefined ? {} : { hint }) }),
  ),
  ...(
    [
      ['operator-retry', 'Instance: retry…', 'Y R'],
      ['operator-cancel', 'Instance: cancel…', 'Y X'],
      ['operator-compensate', 'Instance: compensate…', 'Y C'],
      ['operator-park', 'Instance: park…', 'Y K'],
    ] as const
  ).map(([id, title, key]) =>
    offered(id, title, 'Open an instance of a process whose state allows it first.', {
      where: 'processes',
      keys: [key],
    }),
  ),
  offered('story-print', 'Print the story', 'Open the story of a transfer first.', {
    where: 'story',
    keys: ['Mod+P'],
    hint: 'print',
  }),
  ...part('time', TIME, NO_TIME, TIME_KEYS),
  ...NOTEBOOK_ACTIONS,
  ...part('whatIf', LANES, NO_FORK, [
    {
      id: 'what-if-skip',
      title: 'What-if: leave the event out, or take it back in',
      keys: ['X'],
      press: 'x',
      hint: 'leave out',
    },
    { id: 'what-if-edit', title: 'What-if: edit the event’s payload…', keys: ['E'], press: 'e', hint: 'edit' },
    { id: 'what-if-insert', title: 'What-if: insert an event behind it…', keys: ['I'], press: 'i', hint: 'insert' },
    { id: 'what-if-up', title: 'What-if: move the event earlier', keys: ['<'], press: '<' },
    { id: 'what-if-down', title: 'What-if: move the event later', keys: ['>'], press: '>' },
    { id: 'what-if-undo', title: 'What-if: the event as it was recorded', keys: ['U'], press: 'u' },
  ]),
  {
    id: 'execute',
    title: 'Execute the command that is filled in',
    group: 'Here',
    where: 'commands',
    keys: ['Mod+Enter'],
    hint: 'execute',
    takenBy: FORM,
    refusal: lacking(FORM, NO_FORM),
    run: pressed(FORM, 'Enter', { ctrlKey: true }),
  },
  {
    id: 'dry-run',
    title: 'Dry run of the command that is filled in',
    group: 'Here',
    where: 'commands',
    keys: ['Alt+Enter'],
    hint: 'dry run',
    takenBy: FORM,
    refusal: lacking(FORM, NO_FORM),
    run: pressed(FORM, 'Enter', { altKey: true }),
  },
];

const CLOCK: readonly Action[] = [
  {
    id: 'clock',
    title: 'Set the clock…',
    about: 'Show everything as of a time or a position',
    group: 'Look',
    where: 'everywhere',
    keys: ['T A'],
    refusal: ({ store }) => (store === null ? NO_STORE : null),
    run: openClock,
  },
  {
    id: 'clock-back',
    title: 'Clock: one event earlier',
    group: 'Look',
    where: 'everywhere',
    keys: ['['],
    refusal: ({ store }) => (store === null ? NO_STORE : null),
    run: () => stepClock('previous'),
  },
  {
    id: 'clock-on',
    title: 'Clock: one event later',
    group: 'Look',
    where: 'everywhere',
    keys: [']'],
    refusal: () => (currentClock() === null ? 'The clock shows now.' : null),
    run: () => stepClock('next'),
  },
  {
    id: 'clock-now',
    title: 'Clock: back to now',
    group: 'Look',
    where: 'everywhere',
    keys: ['T N'],
    refusal: () => (currentClock() === null ? 'The clock shows now.' : null),
    run: () => setClock(null),
  },
];

/** Every action that does not depend on what is in the store. */
export const ACTIONS: readonly Action[] = [
  ...HERE,
  ...VIEWS.map(
    (view): Action => ({
      id: `view-${view.name}`,
      title: view.title,
      group: 'Go to',
      about: view.about,
      where: 'everywhere',
      keys: [`G ${view.letter.toUpperCase()}`],
      run: () => go(view.place()),
    }),
  ),
  ...PARTS.map(
    ({ id, title, about, to }): Action => ({
      id,
      title,
      group: 'Go to',
      about,
      where: 'everywhere',
      run: () => go(to()),
    }),
  ),
  ...CLOCK,
  ...LOOK,
  ...STORE,
  ...MOVE,
  ...STAGE_ACTIONS,
];

/** Where the focus is, as far as keys are concerned. */
export function whereOf(target: EventTarget | null): 'list' | 'tree' | 'field' | null {
  if (!(target instanceof HTMLElement)) return null;
  if (isTyping(target)) return 'field';
  if (target.closest(TREE) !== null) return 'tree';
  return target.closest(LIST) === null ? null : 'list';
}

/** Where keys work now that would not work somewhere else. */
export function wheresHere(place: Place, focus: ReturnType<typeof whereOf>): Where[] {
  const wheres: Where[] = [];
  if (focus === 'tree') wheres.push('tree');
  else if (focus === 'list' || (focus === null && hasList(place))) wheres.push('list');
  if (isOffered('event-copy-id')) wheres.push('event');
  if (isOffered('stage-step')) wheres.unshift('onStage');
  // Without one stream there is no way through its versions, and without a form nothing to execute.
  const idle = (place.view === 'time' && place.stream === null) || (place.view === 'commands' && place.tab !== 'form');
  if (!idle) wheres.push(place.view);
  return wheres;
}

/** Whether a view begins with a list. */
export function hasList(place: Place): boolean {
  if (place.view === 'commands') return place.tab === 'history';
  return ['events', 'streams'].includes(place.view) || (place.view === 'bank' && place.tab !== 'trial-balance');
}

/** Whether there is something to search in a view. */
export function hasSearch(place: Place): boolean {
  if (place.view === 'commands') return place.tab !== 'theatre';
  return ['events', 'streams'].includes(place.view) || (place.view === 'bank' && 'search' in place);
}
