// Where one was lately, for each store: addresses, newest first.
import { useEffect } from 'react';
import { formatPlace, type Place, readAddress } from './place';
import { usePlace } from './router';

const KEY = 'ledgerscope.recent';
export const RECENT_PLACES = 20;
/** Most stores that places are remembered of. */
const STORES = 20;
/** Longest address that is worth keeping: a command that is filled in is not. */
const ADDRESS_LENGTH = 2000;
/** Who rushes through a list was at none of its rows. */
export const DWELL_MILLISECONDS = 1000;

type Remembered = Readonly<Record<string, readonly string[]>>;

function load(): Remembered {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '{}');
    if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return {};
    const lists = Object.entries(stored).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
    const good = (address: unknown): address is string => typeof address === 'string' && readAddress(address) !== null;
    return Object.fromEntries(
      lists.slice(0, STORES).map(([store, list]) => [store, list.filter(good).slice(0, RECENT_PLACES)]),
    );
  } catch {
    return {};
  }
}

/** The places where one was lately in a store, newest first; the present one is not among them. */
export function recentPlaces(store: string, present: Place): Place[] {
  const here = formatPlace(present);
  return (load()[store] ?? []).filter((address) => address !== here).flatMap((address) => readAddress(address) ?? []);
}

export function rememberPlace(store: string, place: Place): void {
  const address = formatPlace(place);
  if (address.length > ADDRESS_LENGTH) return;
  const all = load();
  const list = [address, ...(all[store] ?? []).filter((one) => one !== address)].slice(0, RECENT_PLACES);
  // The store comes first, so that those that nobody opens any more fall off the end.
  const { [store]: _former, ...others } = all;
  try {
    window.localStorage.setItem(KEY, JSON.stringify({ [store]: list, ...others }));
  } catch {
    // A full or forbidden storage: nothing is remembered.
  }
}

/** Remembers where one stays. */
export function useRecentPlaces(store: string | null): void {
  const place = usePlace();
  useEffect(() => {
    if (store === null) return;
    const timer = window.setTimeout(() => rememberPlace(store, place), DWELL_MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [store, place]);
}
