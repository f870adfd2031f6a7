import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Component, type ReactNode, useEffect, useRef } from 'react';
import { t } from '../i18n';
import { toAppError } from '../platform/platform';
import type { AppInfo, StoreStatus } from '../platform/wire';
import { Bones, EmptyState, ErrorState } from '../shared/bits';
import { BankView } from '../views/bank/BankView';
import { CausesView } from '../views/causes/CausesView';
import { CommandsView } from '../views/commands/CommandsView';
import { ConnectionsView } from '../views/connections/ConnectionsView';
import { EventsView } from '../views/events/EventsView';
import { EvidenceView } from '../views/evidence/EvidenceView';
import { MaintenanceView } from '../views/maintenance/MaintenanceView';
import { NotebookView } from '../views/notebook/NotebookView';
import { ProcessesView } from '../views/processes/ProcessesView';
import { ProjectionsView } from '../views/projections/ProjectionsView';
import { StageView } from '../views/stage/StageView';
import { StoryView } from '../views/story/StoryView';
import { StreamsView } from '../views/streams/StreamsView';
import { TimeView } from '../views/time/TimeView';
import { WelcomeView } from '../views/welcome/WelcomeView';
import { WhatIfView } from '../views/whatif/WhatIfView';
import { invalidate, useAsk } from './cache';
import { useShownAt } from './clock/ClockContext';
import { ClockGate } from './clock/ClockGate';
import { provideClock } from './clock/stepClock';
import { followHead, setHead, watchReadModels } from './head';
import { useLinks } from './links';
import { usePlatform } from './PlatformContext';
import { type Place, places } from './place';
import { go, usePlace, useUnknownPath } from './router';
import { Shell } from './Shell';
import { StoreLocation } from './StoreContext';
import { useStoreActions } from './storeActions';

export function App() {
  const platform = usePlatform();
  const cache = useQueryClient();
  const info = useAsk('appInfo', [], (ask) => ask.appInfo());

  useEffect(() => {
    const stops = [
      followHead(platform, cache),
      platform.onStoreChanged(
        () =>
          void invalidate(cache, [
            'store',
            'connections',
            'log',
            'readModels',
            'projections',
            'processes',
            'maintenance',
          ]),
      ),
    ];
    return () => {
      for (const stop of stops) void stop.then((end) => end());
    };
  }, [platform, cache]);

  useEffect(() => provideClock(platform), [platform]);

  const store = info.data?.store ?? null;
  useLinks(info.data !== undefined && info.data.opening === null);
  useEffect(() => {
    if (store === null) return;
    setHead(store.head);
    watchReadModels();
  }, [store]);

  return (
    <Shell store={store}>
      {info.isError ? (
        <ErrorState error={toAppError(info.error)} onRetry={() => void info.refetch()} />
      ) : info.data === undefined ? (
        <Bones lines={12} label={t('app.openingTheStore')} />
      ) : (
        <Opened info={info.data} />
      )}
    </Shell>
  );
}

function Opened({ info }: { info: AppInfo }) {
  const place = usePlace();
  const unknown = useUnknownPath();
  const actions = useStoreActions();
  // An empty store is met at the door, once; later one may look at its empty views.
  const greeted = useRef<string | null>(null);
  useEffect(() => {
    const location = info.store?.location ?? null;
    if (greeted.current === location) return;
    greeted.current = location;
    if (info.store !== null && info.store.head === '0') go(places.welcome(), 'replace');
  }, [info.store]);

  if (info.store === null) {
    if (place.view === 'connections') return <ConnectionsView store={null} />;
    if (place.view === 'notebook') return <NotebookView store={null} />;
    if (place.view === 'stage') return <StageView />;
    if (info.opening !== null) return <Bones lines={12} label={t('app.opening', { opening: info.opening })} />;
    if (info.openError === null) return <WelcomeView store={null} />;
    const { openingConnection } = info;
    const again = openingConnection === null ? actions.openDefault : () => actions.connect(openingConnection);
    return (
      <>
        <ErrorState error={info.openError} onRetry={() => void again()} />
        <div style={{ display: 'flex', gap: 8, padding: '0 16px' }}>
          {openingConnection !== null && (
            <Button onClick={() => void actions.openDefault()}>{t('app.openMyOwnStore')}</Button>
          )}
          <Button onClick={() => void actions.choose()}>{t('app.openAnotherFile')}</Button>
          <Button onClick={() => go(places.connections())}>{t('app.connections')}</Button>
        </div>
      </>
    );
  }
  return (
    <ClockGate>
      {/* Another store, also another run of a scene, is looked at from the beginning. */}
      <Boundary key={`${info.store.location} ${place.view}`}>
        <StoreLocation value={info.store.location}>
          {unknown === null ? <View place={place} store={info.store} /> : <NoSuchPlace path={unknown} />}
        </StoreLocation>
      </Boundary>
    </ClockGate>
  );
}

/** An address that names no place leads to none: it says so, and where to go on. */
function NoSuchPlace({ path }: { path: string }) {
  return (
    <EmptyState
      title={t('app.noSuchPlace', { path })}
      action={
        <Button onClick={() => go(places.accounts())} data-testid="to-accounts">
          {t('app.goToAccounts')}
        </Button>
      }
    >
      {t('app.noSuchPlaceHint')}
    </EmptyState>
  );
}

function View({ place, store }: { place: Place; store: StoreStatus }) {
  // What is shown of the past can be looked at, and nothing else.
  const past = useShownAt() !== null;
  const readOnly = past || store.readOnly;
  switch (place.view) {
    case 'welcome':
      return <WelcomeView store={store} />;
    case 'bank':
      return <BankView />;
    case 'events':
      return <EventsView />;
    case 'streams':
      return <StreamsView />;
    case 'time':
      return <TimeView />;
    case 'whatIf':
      return <WhatIfView />;
    case 'commands':
      return <CommandsView readOnly={readOnly} />;
    case 'projections':
      return <ProjectionsView readOnly={readOnly} />;
    case 'processes':
      return <ProcessesView readOnly={readOnly} />;
    case 'maintenance':
      return <MaintenanceView readOnly={readOnly} />;
    case 'connections':
      return <ConnectionsView store={store} />;
    case 'causes':
      return <CausesView />;
    case 'story':
      return <StoryView />;
    case 'notebook':
      return <NotebookView store={store} />;
    case 'stage':
      return <StageView />;
    case 'evidence':
      return <EvidenceView store={store} />;
  }
}

/** A view that fails to draw says so in its own place; the rest of the window goes on. */
class Boundary extends Component<{ children: ReactNode }, { thrown: unknown }> {
  override state: { thrown: unknown } = { thrown: null };

  static getDerivedStateFromError(thrown: unknown): { thrown: unknown } {
    return { thrown };
  }

  override render(): ReactNode {
    if (this.state.thrown === null) return this.props.children;
    return <ErrorState error={toAppError(this.state.thrown)} onRetry={() => this.setState({ thrown: null })} />;
  }
}
