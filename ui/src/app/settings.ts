import { useSyncExternalStore } from 'react';

/** What this person prefers; kept in the window's own storage. */
export interface Settings {
  zone: 'local' | 'utc';
  actor: string;
  detailWidth: number;
  railCollapsed: boolean;
  skipWelcome: string | null;
}

const KEY = 'ledgerscope.settings';
const DEFAULTS: Settings = {
  zone: 'local',
  actor: 'teller',
  detailWidth: 420,
  railCollapsed: false,
  skipWelcome: null,
};

function load(): Settings {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '{}');
    return typeof stored === 'object' && stored !== null ? { ...DEFAULTS, ...stored } : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

let settings = load();
const listeners = new Set<() => void>();

export function currentSettings(): Settings {
  return settings;
}

export function changeSettings(change: Partial<Settings>): void {
  settings = { ...settings, ...change };
  try {
    window.localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A full or forbidden storage only means that the preference lasts as long as the window.
  }
  for (const listener of listeners) listener();
}

export function useSettings(): Settings {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => settings,
  );
}
