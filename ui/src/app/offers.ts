// What the parts of a view that are on the screen can do, so that palette and keys can ask them for it.
import { useEffect, useRef, useSyncExternalStore } from 'react';

const offers = new Map<string, () => void>();
const listeners = new Set<() => void>();
let count = 0;

function announce(): void {
  count += 1;
  for (const listener of listeners) listener();
}

/** Offers to do something as long as this is on the screen; nothing is offered while `run` is nothing. */
export function useOffer(id: string, run: (() => void) | null): void {
  const latest = useRef(run);
  latest.current = run;
  const offered = run !== null;
  useEffect(() => {
    if (!offered) return;
    const offer = () => latest.current?.();
    offers.set(id, offer);
    announce();
    return () => {
      // A later part may have taken its place meanwhile.
      if (offers.get(id) === offer) offers.delete(id);
      announce();
    };
  }, [id, offered]);
}

export const isOffered = (id: string): boolean => offers.has(id);

export function take(id: string): void {
  offers.get(id)?.();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Changes whenever something else is offered. */
export function useOffers(): number {
  return useSyncExternalStore(subscribe, () => count);
}
