// Several queries open at once. The address says what the tab that is shown looks for; the others are remembered here.
import { type EventFilter, type EventOrder, NO_FILTER, type Place, places } from '../../app/place';
import { isFiltered, sameFilter } from './query';

export type EventsPlace = Extract<Place, { view: 'events' }>;

/** Every tab holds an open query on the other side, where no more than sixteen may be open. */
export const MOST_TABS = 12;

export interface QueryTab {
  id: string;
  filter: EventFilter;
  order: EventOrder;
  event: string | null;
  /** The saved query that it was opened from. */
  saved: { id: string; name: string; filter: EventFilter } | null;
}

export interface Tabs {
  tabs: readonly QueryTab[];
  /** The one that is shown. */
  active: string;
}

const blank = (id: string): QueryTab => ({ id, filter: NO_FILTER, order: 'newest', event: null, saved: null });

export const NO_TABS: Tabs = { tabs: [blank('1')], active: '1' };

const freeId = ({ tabs }: Tabs): string =>
  String(tabs.reduce((most, tab) => Math.max(most, Number.parseInt(tab.id, 10) || 0), 0) + 1);

export function activeTab({ tabs, active }: Tabs): QueryTab {
  return tabs.find((tab) => tab.id === active) ?? tabs[0] ?? blank('1');
}

/** The address of the tab that is shown. While there is only one, it need not be named. */
export function placeOfTabs(state: Tabs): EventsPlace {
  const { id, filter, order, event } = activeTab(state);
  const place = places.events(filter, event, order) as EventsPlace;
  return { ...place, tab: state.tabs.length === 1 ? null : id };
}

function filled(state: Tabs, id: string, place: EventsPlace): Tabs {
  const { filter, order, event } = place;
  const now = state.tabs.find((tab) => tab.id === id);
  const same = now !== undefined && now.order === order && now.event === event && sameFilter(now.filter, filter);
  // What is the same stays the very same: it is how one knows that nothing has to be drawn again.
  if (same) return state.active === id ? state : { ...state, active: id };
  return { tabs: state.tabs.map((tab) => (tab.id === id ? { ...tab, filter, order, event } : tab)), active: id };
}

function added(state: Tabs, tab: QueryTab): Tabs {
  if (state.tabs.length < MOST_TABS) return { tabs: [...state.tabs, tab], active: tab.id };
  return filled(state, state.active, { ...(places.events() as EventsPlace), ...tab, tab: null });
}

const isBlank = (tab: QueryTab): boolean => !isFiltered(tab.filter) && tab.saved === null && tab.event === null;

/**
 * The tabs at a place. A place that names no tab was meant by somebody outside: it goes to the tab that looks for the same, to
 * the only one, to one that looks for nothing yet, or to a new one, so that nobody loses a query by following a link.
 * `returning`: the view has just come back on the screen; a place that says nothing means the tab that was shown last.
 */
export function tabsAt(state: Tabs, place: EventsPlace, returning: boolean): Tabs {
  const shown = activeTab(state);
  const { tab } = place;
  if (tab !== null) {
    if (state.tabs.some(({ id }) => id === tab)) return filled(state, tab, place);
    const { filter, order, event } = place;
    const other: QueryTab = { id: tab, filter, order, event, saved: null };
    if (state.tabs.length === 1 && isBlank(shown)) return { tabs: [other], active: tab };
    return added(state, other);
  }
  if (state.tabs.length === 1) return filled(state, shown.id, place);
  if (returning && !isFiltered(place.filter) && place.event === null) return state;
  const same = state.tabs.find(({ filter }) => sameFilter(filter, place.filter));
  if (same !== undefined) return filled(state, same.id, place);
  if (isBlank(shown)) return filled(state, shown.id, place);
  return filled(opened(state, NO_FILTER), freeId(state), place);
}

/** With a further tab, which is shown. */
export function opened(state: Tabs, filter: EventFilter, saved: QueryTab['saved'] = null): Tabs {
  return added(state, { ...blank(freeId(state)), filter, saved });
}

/** Without a tab; its neighbour is shown in its place. The last one becomes blank instead. */
export function closed(state: Tabs, id: string): Tabs {
  const at = state.tabs.findIndex((tab) => tab.id === id);
  const rest = state.tabs.filter((tab) => tab.id !== id);
  if (rest.length === 0) return NO_TABS;
  const neighbour = rest[Math.min(Math.max(0, at), rest.length - 1)] ?? rest[0];
  return { tabs: rest, active: state.active === id ? (neighbour?.id ?? '1') : state.active };
}

export function shownTab(state: Tabs, id: string): Tabs {
  return state.tabs.some((tab) => tab.id === id) ? { ...state, active: id } : state;
}

/** The next or the previous tab, round and round. */
export function neighbourTab(state: Tabs, by: 1 | -1): Tabs {
  const at = state.tabs.findIndex(({ id }) => id === state.active);
  const next = state.tabs[(at + by + state.tabs.length) % state.tabs.length];
  return next === undefined ? state : { ...state, active: next.id };
}

/** Marks the tab that is shown as one of a saved query. */
export function markedSaved(state: Tabs, saved: QueryTab['saved']): Tabs {
  return { ...state, tabs: state.tabs.map((tab) => (tab.id === state.active ? { ...tab, saved } : tab)) };
}
