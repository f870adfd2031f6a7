import { type AnchorHTMLAttributes, type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { formatPlace, type Place, parsePlace } from './place';

const listeners = new Set<() => void>();

function announce(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener('popstate', announce);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener('popstate', announce);
  };
}

/** The place that the address names, now. */
export function currentPlace(): Place {
  return parsePlace(window.location.hash);
}

/** Goes somewhere. `replace` is for changes that should not be a step on the way back: a selection, a filter being typed. */
export function go(place: Place, how: 'push' | 'replace' = 'push'): void {
  const address = formatPlace(place);
  if (address === window.location.hash) return;
  if (how === 'push') window.history.pushState(null, '', address);
  else window.history.replaceState(null, '', address);
  announce();
}

export function usePlace(): Place {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return useMemo(() => parsePlace(hash), [hash]);
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
  return (
    <a
      {...rest}
      href={formatPlace(to)}
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
