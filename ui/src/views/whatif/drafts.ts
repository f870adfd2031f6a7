// Scenarios under way, each of a store. They outlive the view, so that one can look elsewhere and come back; they are kept in files, not here.
import { useSyncExternalStore } from 'react';
import type { WhatIfScenario } from '../../platform/wire';

/** Drafts that are kept; the one unused for longest goes first. */
const KEPT = 12;

const drafts = new Map<string, WhatIfScenario>();
const listeners = new Set<() => void>();

function keep(key: string, scenario: WhatIfScenario): void {
  drafts.delete(key);
  drafts.set(key, scenario);
  for (const oldest of [...drafts.keys()].slice(0, Math.max(0, drafts.size - KEPT))) drafts.delete(oldest);
  for (const listener of listeners) listener();
}

/** The draft of a place; before anything is changed, what the place begins with. */
export function useDraft(key: string, begin: WhatIfScenario): [WhatIfScenario, (next: WhatIfScenario) => void] {
  const draft = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => drafts.get(key) ?? null,
  );
  return [draft ?? begin, (next) => keep(key, next)];
}

/** Puts a scenario in place of what is kept for a place. */
export const putDraft = keep;

/** For tests. */
export function forgetDrafts(): void {
  drafts.clear();
  for (const listener of listeners) listener();
}
