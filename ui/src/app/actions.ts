// Everything that can be done without a pointer, in one list: the palette, the keys, the sheet of keys and the line of hints
// all come from it.
import { perLanguage, t } from '../i18n';
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
  'here',
  'recent',
  'goTo',
  'look',
  'store',
  'upkeep',
  'commands',
  'connections',
  'zones',
  'move',
] as const;
export type Group = (typeof GROUPS)[number];

export const groupTitle = (group: Group): string => t(`app.group.${group}`);

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
    group: 'move',
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
    group: 'here',
    where: 'event',
    refusal: () => (isOffered(id) ? null : reason),
    run: () => take(id),
    ...more,
  };
}

/** Something that the view of events does with its queries. */
function query(id: string, title: string, keys: readonly string[], reason = NO_EVENTS(), hint?: string): Action[] {
  return [offered(id, title, reason, { where: 'events', keys, ...(hint === undefined ? {} : { hint }) })];
}

/** Something that a what-if offers. */
function whatIf(id: string, title: string, keys: readonly string[], hint?: string, reason = NO_FORK()): Action {
  return offered(id, title, reason, { where: 'whatIf', keys, ...(hint === undefined ? {} : { hint }) });
}

const NO_FORK = () => t('app.forkAStreamInTheWhatIfViewFirst');
const NO_EVENTS = () => t('app.goToTheEventsFirst');
const NO_EVENT = () => t('app.selectAnEventFirst');
const NO_LIST = () => t('app.thereIsNoListInThisView');
const NO_TREE = () => t('app.thereIsNoTreeOfFieldsInThisView');
const NO_TIME = () => t('app.goToTimeTravelThroughAStreamFirst');
const NO_FORM = () => t('app.chooseACommandFirst');
const NO_STORE = () => t('app.openAStoreFirst');

/** Parts of views that people look for by their own name. */
const PARTS = (): readonly { id: string; title: string; about: string; to: () => Place }[] => [
  {
    id: 'accounts',
    title: t('app.accounts'),
    about: t('app.balancesAndWhatEachAccountHolds'),
    to: () => places.accounts(),
  },
  {
    id: 'customers',
    title: t('app.customers'),
    about: t('app.whoTheyAreAndWhatTheyHold'),
    to: () => places.customers(),
  },
  {
    id: 'transfers',
    title: t('app.transfers'),
    about: t('app.everyTransferAndWhereItStands'),
    to: () => places.transfers(),
  },
  {
    id: 'stuck-transfers',
    title: t('app.stuckTransfers'),
    about: t('app.thoseThatShouldHaveGoneOnByNow'),
    to: () => places.transfers('stuck'),
  },
  {
    id: 'story',
    title: t('app.storyOfATransfer'),
    about: t('app.itsStepsAndTheMoneyInFlightDrawn'),
    to: () => places.story(),
  },
  {
    id: 'causes',
    title: t('app.causes'),
    about: t('app.whatLedToAnEventAndWhatItLedToAsA'),
    to: () => places.causes(),
  },
  { id: 'orders', title: t('app.orders'), about: t('app.scheduledAndStandingOrders'), to: () => places.orders() },
  { id: 'holds', title: t('app.holds'), about: t('app.moneyThatIsSetAside'), to: () => places.holds() },
  { id: 'limits', title: t('app.limits'), about: t('app.whatMayBeSpentAndWhatIs'), to: () => places.limits() },
  { id: 'activity', title: t('app.activity'), about: t('app.whatEachDayBrought'), to: () => places.activity() },
  { id: 'audit', title: t('app.audit'), about: t('app.whoDidWhatWhenAndWhy'), to: () => places.audit() },
  {
    id: 'trial-balance',
    title: t('app.trialBalance'),
    about: t('app.isMoneyConserved'),
    to: () => places.trialBalance(),
  },
  {
    id: 'command-history',
    title: t('app.commandHistory'),
    about: t('app.whatWasIssuedHereExecutedRefusedIn'),
    to: () => places.commandHistory(),
  },
  {
    id: 'theatre',
    title: t('app.concurrencyTheatre'),
    about: t('app.twoActorsOnOneVersionOneWinsOne'),
    to: () => places.theatre(),
  },
  {
    id: 'snapshots',
    title: t('app.snapshots'),
    about: t('app.cachedStatesVerifyDelete'),
    to: () => places.maintenance('snapshots'),
  },
  {
    id: 'retention',
    title: t('app.retention'),
    about: t('app.whatMayGoAndWhatStaysAndWhy'),
    to: () => places.maintenance('retention'),
  },
  {
    id: 'legal-holds',
    title: t('app.legalHolds'),
    about: t('app.whatMustStayWhateverTheRulesSay'),
    to: () => places.maintenance('legal-holds'),
  },
  {
    id: 'server',
    title: t('app.server'),
    about: t('app.whatTheStoreStandsOnAndWhatIts'),
    to: () => places.server(),
  },
  { id: 'copy', title: t('app.copyAStore'), about: t('app.intoAnotherOneOfWhateverKind'), to: () => places.copying() },
  {
    id: 'parity',
    title: t('app.parityRun'),
    about: t('app.theSameBankOnSeveralStoresTheSame'),
    to: () => places.connections('parity'),
  },
  { id: 'timers', title: t('app.timers'), about: t('app.whatIsDueWhen'), to: () => places.processes(null, 'timers') },
  { id: 'welcome', title: t('app.welcomePage'), about: t('app.aDemoBankAnotherStore'), to: () => places.welcome() },
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

const HERE = (): readonly Action[] => [
  ...PIN_ACTIONS,
  {
    id: 'copy-link',
    title: t('app.copyLinkToThisPlace'),
    group: 'here',
    about: 'ledgerscope://…',
    where: 'everywhere',
    keys: ['Y L'],
    run: ({ store }) => copyLink(store),
  },
  {
    id: 'search',
    title: t('app.searchOrFilterInThisView'),
    group: 'here',
    where: 'everywhere',
    keys: ['/'],
    hint: t('app.search'),
    refusal: lacking('[data-search-field]', t('app.thereIsNothingToSearchInThisView')),
    run: focusSearch,
  },
  offered('event-copy-id', t('app.copyTheEventsId'), NO_EVENT(), { keys: ['Y I'] }),
  offered('event-copy-stored', t('app.copyTheEventsJsonAsStored'), NO_EVENT(), {
    keys: ['Y S'],
    hint: t('app.copyJson'),
  }),
  offered('event-copy-pretty', t('app.copyTheEventsJsonLaidOut'), NO_EVENT(), { keys: ['Y F'] }),
  offered('event-copy-path', t('app.copyThePathOfTheFocusedField'), t('app.putTheFocusOnAFieldOfTheEventFirst'), {
    keys: ['Y P'],
    about: t('app.aJsonPointer'),
    hint: t('app.copyPath'),
  }),
  offered('event-time', t('app.timeTravelToThisEvent'), NO_EVENT(), {}),
  offered('event-what-if', t('app.whatIfFromHereForkInFrontOfThis'), NO_EVENT(), { keys: ['T W'] }),
  offered('event-moment', t('app.showEverythingAsOfThisEvent'), NO_EVENT(), { keys: ['T E'] }),
  offered('event-story', t('app.theEventsWholeStory'), t('app.selectAnEventWithACorrelationId'), {}),
  offered('event-graph', t('app.theEventsCausesAsAGraph'), NO_EVENT(), { keys: ['G U'], hint: t('app.graphOfCauses') }),
  offered('event-cause', t('app.goToWhatLedToTheEvent'), t('app.selectAnEventThatAnotherEventLedTo'), {}),
  ...DETAIL_TABS.map((tab, index) =>
    offered(`event-${tab}`, t(`app.eventTab.${tab}`), NO_EVENT(), { keys: [String(index + 1)] }),
  ),
  ...query('query-new', t('app.lookForSomethingElseInAFurtherTab'), ['Mod+T']),
  ...query('query-close', t('app.closeThisQuery'), ['Mod+W']),
  ...query('query-next', t('app.nextOpenQuery'), ['Mod+PageDown'], t('app.thereIsNoOtherOpenQuery')),
  ...query('query-previous', t('app.previousOpenQuery'), ['Mod+PageUp'], t('app.thereIsNoOtherOpenQuery')),
  ...query('query-save', t('app.saveThisQuery'), ['Mod+S']),
  ...query('query-saved', t('app.showOrHideSavedQueries'), []),
  ...query('list-condition', t('app.narrowByAConditionCel'), []),
  ...query('list-filters', t('app.moreFilters'), []),
  ...query('list-export', t('app.exportTheWholeMatch'), []),
  ...query('list-import', t('app.importEventsFromAFile'), [], t('app.goToTheEventsOfAStoreThatCanBe')),
  ...query('list-jump', t('app.goToAPositionVersionOrDate'), [':', 'Mod+G'], NO_EVENTS(), t('app.toPosition')),
  offered('history-clear', t('app.clearTheCommandHistory'), t('app.thereIsNoCommandHistoryHere'), {
    where: 'commands',
  }),
  offered('time-what-if', t('app.whatIfFromThisVersion'), NO_TIME(), { where: 'time' }),
  whatIf('what-if-run', t('app.whatIfRunItAgain'), ['Mod+Enter'], t('app.hintRun')),
  whatIf('what-if-command', t('app.whatIfSendACommand'), ['N C'], t('app.hintCommand')),
  whatIf('what-if-clock', t('app.whatIfLetTimePass'), ['N T']),
  whatIf('what-if-begin', t('app.whatIfClockBegins'), ['N B']),
  whatIf('what-if-processes', t('app.whatIfLetProcessesWork'), ['N P']),
  whatIf('what-if-save', t('app.whatIfSaveItInAFile'), []),
  whatIf('what-if-open', t('app.whatIfOpenAFile'), [], undefined, t('app.goToTheWhatIfViewFirst')),
  whatIf('what-if-test', t('app.whatIfMakeATestOfIt'), [], undefined, t('app.addAStepToTheWhatIfFirst')),
  {
    id: 'close-panel',
    title: t('app.closeThePanelOrLeaveTheField'),
    group: 'here',
    where: 'everywhere',
    keys: ['Escape'],
    takenBy: '[data-close-panel]',
    refusal: lacking('[data-close-panel]', t('app.noPanelIsOpen')),
    run: () => document.querySelector<HTMLElement>('[data-close-panel]')?.click(),
  },
];

const LOOK = (): readonly Action[] => [
  {
    id: 'palette',
    title: t('app.goToAnythingDoAnything'),
    group: 'look',
    where: 'everywhere',
    keys: ['Mod+K'],
    run: ({ openPalette }) => openPalette(),
  },
  {
    id: 'help',
    title: t('app.showAllKeys'),
    group: 'look',
    where: 'everywhere',
    keys: ['?'],
    hint: t('app.allKeys'),
    run: ({ openHelp }) => openHelp(),
  },
  {
    id: 'colours',
    title: t('app.switchBetweenLightAndDark'),
    group: 'look',
    where: 'everywhere',
    keys: ['T C'],
    run: ({ dark, setColours }) => setColours(dark ? 'light' : 'dark'),
  },
  {
    id: 'colours-auto',
    title: t('app.letTheColoursFollowTheSystem'),
    group: 'look',
    where: 'everywhere',
    run: ({ setColours }) => setColours('auto'),
  },
  {
    id: 'zone',
    title: t('app.switchBetweenUtcAndTheChosenTime'),
    group: 'look',
    where: 'everywhere',
    keys: ['T Z'],
    run: turnZone,
  },
  ...(['system', 'en', 'de'] as const).map(
    (language): Action => ({
      id: `language-${language}`,
      title: t('app.languageIs', { language: t(`app.language.${language}`) }),
      about: t('app.languageAbout'),
      group: 'look',
      where: 'everywhere',
      refusal: () => (currentSettings().language === language ? t('app.languageIsSpokenNow') : null),
      run: () => changeSettings({ language }),
    }),
  ),
  {
    id: 'rail',
    title: t('app.narrowOrWidenTheRail'),
    group: 'look',
    where: 'everywhere',
    keys: ['T R'],
    run: () => changeSettings({ railCollapsed: !currentSettings().railCollapsed }),
  },
  {
    id: 'back',
    title: t('app.back'),
    group: 'look',
    where: 'everywhere',
    keys: ['Alt+ArrowLeft'],
    run: () => window.history.back(),
  },
  {
    id: 'forward',
    title: t('app.forward'),
    group: 'look',
    where: 'everywhere',
    keys: ['Alt+ArrowRight'],
    run: () => window.history.forward(),
  },
];

const STORE = (): readonly Action[] => [
  {
    id: 'open-file',
    title: t('app.openAnotherFile'),
    group: 'store',
    where: 'everywhere',
    run: ({ stores }) => stores.choose(),
  },
  {
    id: 'open-own',
    title: t('app.openMyOwnStore'),
    group: 'store',
    where: 'everywhere',
    run: ({ stores }) => stores.openDefault(),
  },
  {
    id: 'add-connection',
    title: t('app.addAConnection'),
    group: 'store',
    where: 'everywhere',
    run: () => go(places.connections('new')),
  },
  {
    id: 'verify',
    title: t('app.verifyTheChain'),
    group: 'upkeep',
    about: t('app.recomputesEveryHashOfTheStore'),
    where: 'everywhere',
    refusal: ({ store }) => (store === null ? NO_STORE() : null),
    run: () => {
      intend({ kind: 'verify' });
      go(places.evidence());
    },
  },
  {
    id: 'stop',
    title: t('app.stopTheRunningTask'),
    group: 'upkeep',
    where: 'everywhere',
    refusal: () => (isAnythingRunning() ? null : t('app.nothingRunsNow')),
    run: stopEverything,
  },
];

const CAUSES = '[data-causes-drawing]';
const NO_CAUSES = () => t('app.drawTheCausesOfAnEventFirst');

const MOVE = (): readonly Action[] => [
  ...part('list', LIST, NO_LIST(), [
    { id: 'list-next', title: t('app.nextRow'), keys: ['J', 'ArrowDown'], press: 'j', hint: t('app.next') },
    { id: 'list-previous', title: t('app.previousRow'), keys: ['K', 'ArrowUp'], press: 'k', hint: t('app.previous') },
    { id: 'list-open', title: t('app.openTheRow'), keys: ['Enter'], press: 'Enter', hint: t('app.open2') },
    { id: 'list-select', title: t('app.selectTheRow'), keys: ['Space'], press: ' ' },
    { id: 'list-first', title: t('app.firstRow'), keys: ['Home'], press: 'Home' },
    { id: 'list-last', title: t('app.lastRow'), keys: ['End'], press: 'End' },
    { id: 'list-page-down', title: t('app.rowsFurtherDown'), keys: ['PageDown'], press: 'PageDown' },
    { id: 'list-page-up', title: t('app.rowsFurtherUp'), keys: ['PageUp'], press: 'PageUp' },
  ]),
  ...part('tree', TREE, NO_TREE(), [
    { id: 'tree-next', title: t('app.nextField'), keys: ['J', 'ArrowDown'], press: 'j', hint: t('app.nextField2') },
    { id: 'tree-previous', title: t('app.previousField'), keys: ['K', 'ArrowUp'], press: 'k' },
    {
      id: 'tree-unfold',
      title: t('app.unfoldTheField'),
      keys: ['ArrowRight'],
      press: 'ArrowRight',
      hint: t('app.unfold'),
    },
    { id: 'tree-fold', title: t('app.foldTheField'), keys: ['ArrowLeft'], press: 'ArrowLeft', hint: t('app.fold') },
    {
      id: 'tree-turn',
      title: t('app.foldOrUnfoldTheFieldFollowItsLink'),
      keys: ['Enter'],
      press: 'Enter',
      hint: t('app.follow'),
    },
    { id: 'tree-first', title: t('app.firstField'), keys: ['Home'], press: 'Home' },
    { id: 'tree-last', title: t('app.lastField'), keys: ['End'], press: 'End' },
  ]),
  {
    id: 'tree-copy',
    title: t('app.copyTheFieldsValue'),
    group: 'move',
    where: 'tree',
    keys: ['Mod+C'],
    takenBy: TREE,
    refusal: lacking(TREE, NO_TREE()),
    run: pressed(TREE, 'c', { ctrlKey: true }),
  },
  ...part('causes', CAUSES, NO_CAUSES(), [
    {
      id: 'causes-cause',
      title: t('app.causesToWhatLedToIt'),
      keys: ['ArrowLeft'],
      press: 'ArrowLeft',
      hint: t('app.cause'),
    },
    {
      id: 'causes-effect',
      title: t('app.causesToWhatItLedTo'),
      keys: ['ArrowRight'],
      press: 'ArrowRight',
      hint: t('app.effect'),
    },
    { id: 'causes-up', title: t('app.causesUpInTheColumn'), keys: ['ArrowUp'], press: 'ArrowUp' },
    { id: 'causes-down', title: t('app.causesDownInTheColumn'), keys: ['ArrowDown'], press: 'ArrowDown' },
  ]),
  ...(
    [
      ['causes-open', t('app.causesOpenUnfoldOrShowTheChosenOne'), 'O', t('app.open2')],
      ['causes-in', t('app.causesZoomIn'), '=', t('app.zoom')],
      ['causes-out', t('app.causesZoomOut'), '-', undefined],
      ['causes-fit', t('app.causesShowTheWhole'), '0', t('app.whole')],
      ['causes-centre', t('app.causesGoToTheChosenOne'), '.', undefined],
    ] as const
  ).map(([id, title, key, hint]) =>
    offered(id, title, NO_CAUSES(), { where: 'causes', keys: [key], ...(hint === undefined ? {} : { hint }) }),
  ),
  ...(
    [
      ['operator-retry', t('app.instanceRetry'), 'Y R'],
      ['operator-cancel', t('app.instanceCancel'), 'Y X'],
      ['operator-compensate', t('app.instanceCompensate'), 'Y C'],
      ['operator-park', t('app.instancePark'), 'Y K'],
    ] as const
  ).map(([id, title, key]) =>
    offered(id, title, t('app.openAnInstanceOfAProcessWhoseState'), {
      where: 'processes',
      keys: [key],
    }),
  ),
  offered('story-print', t('app.printTheStory'), t('app.openTheStoryOfATransferFirst'), {
    where: 'story',
    keys: ['Mod+P'],
    hint: t('app.print'),
  }),
  ...part('time', TIME, NO_TIME(), TIME_KEYS()),
  ...NOTEBOOK_ACTIONS,
  ...part('whatIf', LANES, NO_FORK(), [
    {
      id: 'what-if-skip',
      title: t('app.whatIfLeaveTheEventOutOrTakeItBack'),
      keys: ['X'],
      press: 'x',
      hint: t('app.leaveOut'),
    },
    { id: 'what-if-edit', title: t('app.whatIfEditTheEvent'), keys: ['E'], press: 'e', hint: t('app.edit') },
    {
      id: 'what-if-insert',
      title: t('app.whatIfInsertAnEventBehindIt'),
      keys: ['I'],
      press: 'i',
      hint: t('app.insert'),
    },
    { id: 'what-if-up', title: t('app.whatIfMoveTheEventEarlier'), keys: ['<'], press: '<' },
    { id: 'what-if-down', title: t('app.whatIfMoveTheEventLater'), keys: ['>'], press: '>' },
    { id: 'what-if-undo', title: t('app.whatIfTheEventAsItWasRecorded'), keys: ['U'], press: 'u' },
  ]),
  {
    id: 'execute',
    title: t('app.executeTheCommandThatIsFilledIn'),
    group: 'here',
    where: 'commands',
    keys: ['Mod+Enter'],
    hint: t('app.execute'),
    takenBy: FORM,
    refusal: lacking(FORM, NO_FORM()),
    run: pressed(FORM, 'Enter', { ctrlKey: true }),
  },
  {
    id: 'dry-run',
    title: t('app.dryRunOfTheCommandThatIsFilledIn'),
    group: 'here',
    where: 'commands',
    keys: ['Alt+Enter'],
    hint: t('app.dryRun'),
    takenBy: FORM,
    refusal: lacking(FORM, NO_FORM()),
    run: pressed(FORM, 'Enter', { altKey: true }),
  },
];

const CLOCK = (): readonly Action[] => [
  {
    id: 'clock',
    title: t('app.setTheClock'),
    about: t('app.showEverythingAsOfATimeOrAPosition'),
    group: 'look',
    where: 'everywhere',
    keys: ['T A'],
    refusal: ({ store }) => (store === null ? NO_STORE() : null),
    run: openClock,
  },
  {
    id: 'clock-back',
    title: t('app.clockOneEventEarlier'),
    group: 'look',
    where: 'everywhere',
    keys: ['['],
    refusal: ({ store }) => (store === null ? NO_STORE() : null),
    run: () => stepClock('previous'),
  },
  {
    id: 'clock-on',
    title: t('app.clockOneEventLater'),
    group: 'look',
    where: 'everywhere',
    keys: [']'],
    refusal: () => (currentClock() === null ? t('app.theClockShowsNow') : null),
    run: () => stepClock('next'),
  },
  {
    id: 'clock-now',
    title: t('app.clockBackToNow'),
    group: 'look',
    where: 'everywhere',
    keys: ['T N'],
    refusal: () => (currentClock() === null ? t('app.theClockShowsNow') : null),
    run: () => setClock(null),
  },
];

/** Every action that does not depend on what is in the store. */
export const ACTIONS = perLanguage((): readonly Action[] => [
  ...HERE(),
  ...VIEWS.map(
    (view): Action => ({
      id: `view-${view.name}`,
      title: view.title,
      group: 'goTo',
      about: view.about,
      where: 'everywhere',
      keys: [`G ${view.letter.toUpperCase()}`],
      run: () => go(view.place()),
    }),
  ),
  ...PARTS().map(
    ({ id, title, about, to }): Action => ({
      id,
      title,
      group: 'goTo',
      about,
      where: 'everywhere',
      run: () => go(to()),
    }),
  ),
  ...CLOCK(),
  ...LOOK(),
  ...STORE(),
  ...MOVE(),
  ...STAGE_ACTIONS,
]);

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
