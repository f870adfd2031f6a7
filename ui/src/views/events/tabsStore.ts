// The open queries of each store and where each list was scrolled to, kept in the window's own storage, so that they are there
// after another view, and after a restart. Another cache is another window.
import type { QueryClient } from '@tanstack/react-query';
import { useMemo, useSyncExternalStore } from 'react';
import { formatPlace, readAddress } from '../../app/place';
import { type EventsPlace, MOST_TABS, NO_TABS, placeOfTabs, type QueryTab, type Tabs } from './tabs';

/** Where a list was scrolled to: the event at its top, and the one that was chosen then. */
export interface Top {
  position: string;
  event: string | null;
}

const KEY = 'ledgerscope.tabs';
/** Most stores that tabs are kept of; the one that was not open for longest goes first. */
const STORES = 20;
/** Scrolling is written down once it rests, in milliseconds. */
const REST = 400;

/** As it is stored: tabs by their addresses, which are read as carefully as links are. */
interface StoredTab {
  address: string;
  saved: { id: string; name: string; address: string } | null;
  top: Top | null;
}

interface Stored {
  active: string;
  tabs: readonly StoredTab[];
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isPosition = (value: unknown): value is string => isText(value) && /^\d{1,20}$/.test(value);
const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function eventsAt(address: unknown): EventsPlace | null {
  const place = isText(address) ? readAddress(address) : null;
  return place?.view === 'events' ? place : null;
}

function readTop(value: unknown): Top | null {
  const { position, event } = record(value);
  return isPosition(position) && (event === null || isPosition(event)) ? { position, event } : null;
}

function readSaved(value: unknown): QueryTab['saved'] {
  const { id, name, address } = record(value);
  const place = eventsAt(address);
  return isText(id) && isText(name) && place !== null ? { id, name, filter: place.filter } : null;
}

/** Tabs from what was stored; what cannot be one is left out. */
export function readTabs(stored: unknown): { state: Tabs; tops: Map<string, Top> } {
  const { active, tabs: listed } = record(stored);
  const tops = new Map<string, Top>();
  const tabs: QueryTab[] = [];
  for (const one of Array.isArray(listed) ? listed.slice(0, MOST_TABS) : []) {
    const { address, saved, top } = record(one);
    const place = eventsAt(address);
    if (place === null || place.tab === null || tabs.some(({ id }) => id === place.tab)) continue;
    const { filter, order, event } = place;
    tabs.push({ id: place.tab, filter, order, event, saved: readSaved(saved) });
    const sound = readTop(top);
    if (sound !== null) tops.set(place.tab, sound);
  }
  const [first] = tabs;
  if (first === undefined) return { state: NO_TABS, tops: new Map() };
  const shown = tabs.find(({ id }) => id === active) ?? first;
  return { state: { tabs, active: shown.id }, tops };
}

function written(state: Tabs, tops: ReadonlyMap<string, Top>): Stored {
  const tabs = state.tabs.map((tab): StoredTab => {
    const place = placeOfTabs({ tabs: [tab], active: tab.id });
    const saved = tab.saved === null ? null : { ...place, filter: tab.saved.filter, event: null };
    return {
      address: formatPlace({ ...place, tab: tab.id }),
      saved:
        tab.saved === null || saved === null
          ? null
          : { id: tab.saved.id, name: tab.saved.name, address: formatPlace(saved) },
      top: tops.get(tab.id) ?? null,
    };
  });
  return { active: state.active, tabs };
}

function load(): Record<string, unknown> {
  try {
    return record(JSON.parse(window.localStorage.getItem(KEY) ?? '{}'));
  } catch {
    return {};
  }
}

export class TabsStore {
  private state: Tabs;
  private readonly tops: Map<string, Top>;
  private readonly listeners = new Set<() => void>();
  private resting: number | undefined;

  constructor(private readonly location: string) {
    const { state, tops } = readTabs(load()[location]);
    this.state = state;
    this.tops = tops;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly read = (): Tabs => this.state;

  set(next: Tabs): void {
    if (next === this.state) return;
    this.state = next;
    this.keepSoon();
    for (const listener of this.listeners) listener();
  }

  /** Where the list of a tab was scrolled to; nothing if it stayed with the newest event. */
  top(tab: string): Top | null {
    return this.tops.get(tab) ?? null;
  }

  setTop(tab: string, top: Top | null): void {
    if (top === null) this.tops.delete(tab);
    else this.tops.set(tab, top);
    this.keepSoon();
  }

  private keepSoon(): void {
    this.resting ??= window.setTimeout(() => this.keep(), REST);
  }

  /** Writes down what is open now. */
  readonly keep = (): void => {
    window.clearTimeout(this.resting);
    this.resting = undefined;
    for (const tab of this.tops.keys()) if (!this.state.tabs.some(({ id }) => id === tab)) this.tops.delete(tab);
    const { [this.location]: _former, ...others } = load();
    const stores = [[this.location, written(this.state, this.tops)], ...Object.entries(others)].slice(0, STORES);
    try {
      window.localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(stores)));
    } catch {
      // A full or forbidden storage only means that tabs last as long as the window.
    }
  };
}

const stores = new WeakMap<QueryClient, Map<string, TabsStore>>();

function tabsStoreOf(cache: QueryClient, location: string): TabsStore {
  const ofWindow = stores.get(cache) ?? new Map<string, TabsStore>();
  stores.set(cache, ofWindow);
  const store = ofWindow.get(location) ?? new TabsStore(location);
  ofWindow.set(location, store);
  return store;
}

export function useTabsStore(cache: QueryClient, location: string): { store: TabsStore; state: Tabs } {
  const store = useMemo(() => tabsStoreOf(cache, location), [cache, location]);
  return { store, state: useSyncExternalStore(store.subscribe, store.read) };
}
