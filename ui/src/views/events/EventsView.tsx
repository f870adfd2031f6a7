import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useAsk } from '../../app/cache';
import { useOffer } from '../../app/offers';
import { formatPlace, NO_FILTER } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { changeSettings, useSettings } from '../../app/settings';
import { t } from '../../i18n';
import type { SavedQuery } from '../../platform/wire';
import { useSteady } from '../../shared/useSteady';
import { EventDetailPanel } from './EventDetail';
import s from './EventsView.module.css';
import { type PaneHandle, QueryPane } from './QueryPane';
import { QueryTabs } from './QueryTabs';
import { nameOf, sameFilter, toFilter, toQuery } from './query';
import { type Draft, DraftDialog, SavedPanel } from './SavedPanel';
import {
  activeTab,
  closed,
  type EventsPlace,
  markedSaved,
  neighbourTab,
  opened,
  placeOfTabs,
  type Tabs,
  tabsAt,
} from './tabs';
import { useTabsStore } from './tabsStore';

/** The log and what one looks for in it: saved queries at the left, open ones as tabs, each with its timeline and its rows. */
export function EventsView() {
  const place = usePlaceOf('events');
  const info = useAsk('appInfo', [], (platform) => platform.appInfo());
  const opening = info.data?.store ?? null;
  const cache = useQueryClient();
  const { store, state: kept } = useTabsStore(cache, opening?.location ?? '');
  const { zone, savedShown: savedOpen, timelineShown: timeline } = useSettings();
  const setSavedOpen = (savedShown: boolean) => changeSettings({ savedShown });
  const [draft, setDraft] = useState<Draft | null>(null);
  const returning = useRef(true);
  const pane = useRef<PaneHandle | null>(null);

  // What is shown follows from the address; the tabs only remember the others. Both are settled before anything is drawn.
  const state = useMemo(() => tabsAt(kept, place, returning.current), [kept, place]);
  useEffect(() => {
    // A window that is closed gives no time for anything later.
    window.addEventListener('pagehide', store.keep);
    return () => {
      window.removeEventListener('pagehide', store.keep);
      store.keep();
    };
  }, [store]);
  useLayoutEffect(() => {
    returning.current = false;
    store.set(state);
    const own = addressed(state, place);
    if (formatPlace(own) !== formatPlace(place)) go(own, 'replace');
  }, [store, state, place]);

  const tab = activeTab(state);
  const move = (next: Tabs, how: 'push' | 'replace' = 'push') => {
    store.set(next);
    go(addressed(next, place), how);
  };
  const change = useSteady((part: Partial<EventsPlace>) => go({ ...addressed(state, place), ...part }, 'replace'));
  const openSaved = (query: SavedQuery, { further }: { further: boolean }) => {
    const filter = toFilter(query.query);
    const saved = { id: query.id, name: query.name, filter };
    const there = state.tabs.find((other) => other.saved?.id === query.id && sameFilter(other.filter, filter));
    if (there !== undefined) move({ ...state, active: there.id });
    else if (further) move(opened(state, filter, saved));
    else {
      const tabs = state.tabs.map((other) => (other.id === tab.id ? { ...other, filter, event: null, saved } : other));
      move({ ...state, tabs });
    }
  };
  const save = useSteady(() => {
    const query = toQuery(tab.filter);
    setDraft(
      tab.saved === null
        ? { kind: 'query', id: null, name: nameOf(tab.filter, zone), folder: null, query }
        : { kind: 'query', id: tab.saved.id, name: tab.saved.name, folder: folderOf(tab.saved.id), query },
    );
  });
  const saved = useAsk('savedQueries', [], (platform) => platform.savedQueries(), { keep: true });
  const folderOf = (id: string) => saved.data?.queries.find((query) => query.id === id)?.folder ?? null;

  const several = state.tabs.length > 1;
  useOffer('query-new', () => move(opened(state, NO_FILTER)));
  useOffer('query-close', () => move(closed(state, state.active)));
  useOffer('query-next', several ? () => move(neighbourTab(state, 1)) : null);
  useOffer('query-previous', several ? () => move(neighbourTab(state, -1)) : null);
  useOffer('query-save', save);
  useOffer('query-saved', () => setSavedOpen(!savedOpen));
  useOffer('list-jump', () => pane.current?.jump());

  // Only tabs that were looked at have opened their query.
  const visited = useRef(new Set<string>());
  visited.current.add(tab.id);
  const setPane = useRef((handle: PaneHandle | null) => {
    pane.current = handle;
  });

  const { event } = tab;
  const unselect = useSteady(() => {
    change({ event: null });
    pane.current?.focus();
  });
  const turnTimeline = useSteady(() => changeSettings({ timelineShown: !timeline }));

  return (
    <SplitView
      label={t('events.event2')}
      detail={event === null ? null : <EventDetailPanel position={event} onClose={unselect} />}
    >
      <QueryTabs
        state={state}
        savedOpen={savedOpen}
        onSavedOpen={setSavedOpen}
        onNew={() => move(opened(state, NO_FILTER))}
        onClose={(id) => move(closed(state, id))}
      />
      <div className={s.beside}>
        {savedOpen && (
          <SavedPanel current={tab.saved?.id ?? null} onOpen={openSaved} onSave={save} onDraft={setDraft} />
        )}
        <div className={s.panes}>
          {state.tabs
            .filter((one) => visited.current.has(one.id))
            .map((one) => (
              <QueryPane
                key={one.id}
                tab={one}
                shown={one.id === tab.id}
                timeline={timeline}
                onTimeline={turnTimeline}
                canImport={opening !== null && !opening.readOnly && opening.capabilities.import}
                onChange={change}
                onSave={save}
                tops={store}
                reach={setPane.current}
              />
            ))}
        </div>
      </div>
      <DraftDialog
        draft={draft}
        onClose={() => setDraft(null)}
        onSaved={({ id, name }) => {
          // A query that was renamed from the list need not be the one that is shown.
          if (draft?.kind !== 'query' || (draft.id !== null && draft.id !== tab.saved?.id)) return;
          store.set(markedSaved(state, { id, name, filter: toFilter(draft.query) }));
          setSavedOpen(true);
        }}
      />
    </SplitView>
  );
}

/** The address of what is shown, with whatever else it says. */
function addressed(state: Tabs, place: EventsPlace): EventsPlace {
  return { ...place, ...placeOfTabs(state) };
}
