// What somebody wants of a view that is not on the screen yet: the view does it once it is there.
import { useEffect, useSyncExternalStore } from 'react';

export type Intent = { kind: 'verify' } | { kind: 'examine' | 'rebuild'; projection: string };

let pending: Intent | null = null;
const listeners = new Set<() => void>();

function set(next: Intent | null): void {
  pending = next;
  for (const listener of listeners) listener();
}

export const intend = (next: Intent): void => set(next);

/** Gives a view what is wanted of it, once; nothing is given while it is not ready. */
export function useIntent<K extends Intent['kind']>(
  kinds: readonly K[],
  ready: boolean,
  run: (intent: Extract<Intent, { kind: K }>) => void,
): void {
  const intent = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => pending,
  );
  useEffect(() => {
    if (intent === null || !ready || intent !== pending || !(kinds as readonly string[]).includes(intent.kind)) return;
    set(null);
    run(intent as Extract<Intent, { kind: K }>);
  });
}
