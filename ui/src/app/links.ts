// Links to places: what is copied, and what happens when one is opened.

import { useCallback, useEffect, useRef } from 'react';
import { t } from '../i18n';
import type { AppError, LinkedStore, OpenedLink, StoreStatus } from '../platform/wire';
import { copyText } from '../shared/bits';
import { compactJson } from '../shared/form/layoutJson';
import { showDone, showError } from './notify';
import { usePlatform } from './PlatformContext';
import { clockIn, formatPlace, type Place, readAddress, withClock } from './place';
import { askToSwitch } from './questions';
import { currentClock, currentPlace, go } from './router';
import { currentSettings } from './settings';
import { type StoreActions, useStoreActions } from './storeActions';

const ABOUT_THE_PROGRAM: readonly Place['view'][] = ['welcome', 'connections', 'notebook'];

/** The link to a place in a store. Nothing secret is in it. */
export function linkTo(place: Place, store: Pick<StoreStatus, 'link'> | null, at: string | null = null): string {
  const name = store === null || ABOUT_THE_PROGRAM.includes(place.view) ? '' : store.link;
  return `ledgerscope://${name}/${withClock(formatPlace(asLinked(place)), at).slice('#/'.length)}`;
}

/** A link holds no line breaks, and says itself which tab of an event is shown. */
function asLinked(place: Place): Place {
  const whole = place.view === 'commands' && 'prefill' in place && place.prefill !== null;
  const compact = whole ? { ...place, prefill: compactJson(place.prefill ?? '') } : place;
  return showsEvent(compact) && compact.panel === undefined
    ? { ...compact, panel: currentSettings().detailTab }
    : compact;
}

/** Whether the detail of an event is open there. */
export function showsEvent(place: Place): boolean {
  return ('event' in place && place.event !== null) || ('hold' in place && place.hold !== null);
}

export async function copyLink(store: StoreStatus | null): Promise<void> {
  await copyText(linkTo(currentPlace(), store, currentClock()));
  showDone(t('app.theLinkIsCopied'));
}

/** Who has followed a link may look at the window a while later. */
const STAYS = { stays: true };

const NO_SUCH_PLACE = (): AppError => ({
  code: 'no_such_place',
  message: t('app.theLinkNamesNoPlaceThatThisVersion'),
  hint: t('app.nothingWasChangedCopyTheLinkAgain'),
  retryable: false,
});

const UNKNOWN_STORE = (): AppError => ({
  code: 'unknown_store',
  message: t('app.theLinkIsAboutAStoreThatIsNotKnown'),
  hint: t('app.nothingWasChangedAddAConnectionTo'),
  retryable: false,
});

/** Goes where a link leads. What is malformed, unknown or declined changes nothing. */
export async function follow(link: OpenedLink, stores: StoreActions): Promise<void> {
  if (link.outcome === 'refused') return showError(link.error, STAYS);
  const place = readAddress(link.address);
  if (place === null) return showError(NO_SUCH_PLACE(), STAYS);
  if (await open(link.store, stores)) go(place, 'push', clockIn(link.address));
}

/** Whether the store that a link is about is open now. */
async function open(store: LinkedStore, stores: StoreActions): Promise<boolean> {
  switch (store.kind) {
    case 'any':
    case 'open':
      return true;
    case 'unknown':
      showError(UNKNOWN_STORE(), STAYS);
      return false;
    case 'own':
      return (await askToSwitch({ kind: 'switch', name: t('app.myOwnStore') })) && (await stores.openDefault());
    case 'connection':
      return (await askToSwitch({ kind: 'switch', name: store.name })) && (await stores.connect(store.id));
  }
}

/** Opens the links that the program is asked to open, as soon as it is known what is open. */
export function useLinks(ready: boolean): void {
  const platform = usePlatform();
  const stores = useStoreActions();
  const latest = useRef(stores);
  latest.current = stores;
  const take = useCallback(async () => {
    const link = await platform.takeLink().catch(() => null);
    if (link !== null) await follow(link, latest.current);
  }, [platform]);
  useEffect(() => {
    if (!ready) return;
    void take();
    const stop = platform.onLinkArrived(() => void take());
    return () => void stop.then((end) => end());
  }, [platform, ready, take]);
}
