import { type AnchorHTMLAttributes, type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { clockIn, formatPlace, type Place, parsePlace, unknownPath, withClock } from './place';

// The address is kept here and written into the window's history at a bounded rate: WebKit refuses more than a hundred
// changes of history within some seconds, and a held key or a dragged slider makes more.
let address = window.location.hash;
let pendingWrite: number | undefined;
let lastWrite = 0;
const WRITE_MILLISECONDS = 250;
/** Back and forward, and an address that was typed or set. */
const MOVES = ['popstate', 'hashchange'] as const;

const listeners = new Set<() => void>();

function announce(): void {
  for (const listener of listeners) listener();
}

function onMoved(): void {
  window.clearTimeout(pendingWrite);
  pendingWrite = undefined;
  if (address === window.location.hash) return;
  address = window.location.hash;
  announce();
}

// For as long as the window lives: nobody is there to be told while another language is drawn, and one moves then all the same.
for (const name of MOVES) window.addEventListener(name, onMoved);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function write(): void {
  window.clearTimeout(pendingWrite);
  pendingWrite = undefined;
  if (window.location.hash === address) return;
  lastWrite = Date.now();
  window.history.replaceState(null, '', address);
}

/** What the address names. Read once, however many parts of the window and links ask for it. */
let named: { address: string; place: Place; at: string | null } | null = null;

function readAddressNow(): { place: Place; at: string | null } {
  if (named?.address !== address) named = { address, place: parsePlace(address), at: clockIn(address) };
  return named;
}

/** The place that the address names, now. */
export function currentPlace(): Place {
  return readAddressNow().place;
}

/** The path that the address has and no view has; nothing as a rule. */
export function useUnknownPath(): string | null {
  return useSyncExternalStore(subscribe, () => unknownPath(address));
}

/** The moment that the address names, now: a position of the log, or nothing for now. */
export function currentClock(): string | null {
  return readAddressNow().at;
}

/**
 * Goes somewhere, and stays at the moment that is shown unless another one is named. `replace` is for changes that should not be
 * a step on the way back: a selection, a filter being typed.
 */
export function go(place: Place, how: 'push' | 'replace' = 'push', at: string | null = currentClock()): void {
  const next = withClock(formatPlace(place), at);
  if (next === address) return;
  if (how === 'push') {
    if (pendingWrite !== undefined) write();
    address = next;
    window.history.pushState(null, '', next);
  } else {
    address = next;
    pendingWrite ??= window.setTimeout(write, Math.max(0, lastWrite + WRITE_MILLISECONDS - Date.now()));
  }
  announce();
}

/** Shows this place at another moment; nothing means now. */
export function setClock(at: string | null, how: 'push' | 'replace' = 'push'): void {
  go(currentPlace(), how, at);
}

/** The moment that is asked for: a position of the log, or nothing for now. */
export function useClock(): string | null {
  return useSyncExternalStore(subscribe, currentClock);
}

export function usePlace(): Place {
  return useSyncExternalStore(subscribe, currentPlace);
}

/** One part of the current place: whoever needs no more is not drawn again when something else of it changes. */
export function usePartOfPlace<T extends string | undefined>(part: (place: Place) => T): T {
  return useSyncExternalStore(subscribe, () => part(currentPlace()));
}

/** The current place if it is of this view; views are only mounted where it is. */
export function usePlaceOf<V extends Place['view']>(view: V): Extract<Place, { view: V }> {
  const place = usePlace();
  const last = useMemo(() => (place.view === view ? (place as Extract<Place, { view: V }>) : null), [place, view]);
  if (last === null) throw new Error(`the view ${view} is shown at another place`);
  return last;
}

interface PlaceLinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  to: Place;
  children: ReactNode;
  'data-testid'?: string;
}

/** A link to a place: a real anchor, so that it can be focused, copied and read aloud. */
export function PlaceLink({ to, children, className, onClick, ...rest }: PlaceLinkProps) {
  const at = useClock();
  return (
    <a
      {...rest}
      href={withClock(formatPlace(to), at)}
      className={className ?? 'link'}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        onClick?.(event);
        go(to);
      }}
    >
      {children}
    </a>
  );
}
