// The open queries of each store, for as long as the window is there. Another cache is another window.
import type { QueryClient } from '@tanstack/react-query';
import { useMemo, useSyncExternalStore } from 'react';
import { NO_TABS, type Tabs } from './tabs';

export class TabsStore {
  private state = NO_TABS;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly read = (): Tabs => this.state;

  set(next: Tabs): void {
    if (next === this.state) return;
    this.state = next;
    for (const listener of this.listeners) listener();
  }
}

const stores = new WeakMap<QueryClient, Map<string, TabsStore>>();

function tabsStoreOf(cache: QueryClient, location: string): TabsStore {
  const ofWindow = stores.get(cache) ?? new Map<string, TabsStore>();
  stores.set(cache, ofWindow);
  const store = ofWindow.get(location) ?? new TabsStore();
  ofWindow.set(location, store);
  return store;
}

export function useTabsStore(cache: QueryClient, location: string): { store: TabsStore; state: Tabs } {
  const store = useMemo(() => tabsStoreOf(cache, location), [cache, location]);
  return { store, state: useSyncExternalStore(store.subscribe, store.read) };
}
