import { useSyncExternalStore } from 'react';
import { LANGUAGES, type LanguageChoice, speak } from '../i18n/language';
import { isZone, type Zone } from '../shared/zones';
import { DETAIL_TABS, type DetailTab } from './place';

/** Narrowest and widest of what can be moved, in pixels. */
export const DETAIL_WIDTH = { least: 320, most: 860 } as const;
export const DEFAULT_DETAIL_WIDTH = 440;
export const RAIL_WIDTH = { least: 160, most: 320 } as const;

/** What this person prefers; kept in the window's own storage. */
export interface Settings {
  language: LanguageChoice;
  zone: Zone;
  actor: string;
  /** Width of the detail panel, by view. */
  detailWidths: Readonly<Record<string, number>>;
  railWidth: number;
  railCollapsed: boolean;
  /** Columns that are not shown, by grid. */
  hiddenColumns: Readonly<Record<string, readonly string[]>>;
  /** The tab of an event's detail that was looked at last. */
  detailTab: DetailTab;
  /** Watched expressions, by category. */
  watches: Readonly<Record<string, readonly string[]>>;
  /** Whether the timeline over the events, and the saved queries beside them, are shown. */
  timelineShown: boolean;
  savedShown: boolean;
  skipWelcome: string | null;
  /** The notebook that is pinned into: the one that was open last. */
  notebook: string | null;
}

const KEY = 'ledgerscope.settings';
/** Most views and grids that anything is remembered of; there are a dozen of each. */
const REMEMBERED = 60;
export const DEFAULTS: Settings = {
  language: 'system',
  zone: 'local',
  actor: 'teller',
  detailWidths: {},
  railWidth: 212,
  railCollapsed: false,
  hiddenColumns: {},
  detailTab: 'data',
  watches: {},
  timelineShown: true,
  savedShown: false,
  skipWelcome: null,
  notebook: null,
};

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 400;
const isWidth = (value: unknown, { least, most }: { least: number; most: number }): value is number =>
  typeof value === 'number' && value >= least && value <= most;

function records<T>(value: unknown, fits: (one: unknown) => one is T): Record<string, T> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const kept = Object.entries(value).filter((entry): entry is [string, T] => isText(entry[0]) && fits(entry[1]));
  return Object.fromEntries(kept.slice(0, REMEMBERED));
}

const isDetailWidth = (one: unknown): one is number => isWidth(one, DETAIL_WIDTH);
const isNames = (one: unknown): one is readonly string[] =>
  Array.isArray(one) && one.length <= REMEMBERED && one.every(isText);

/** What each setting may be; whatever else is stored was written by another version, or by nobody, and is forgotten. */
const READ: { [K in keyof Settings]: (value: unknown) => Settings[K] | undefined } = {
  language: (value) => (['system', ...LANGUAGES] as const).find((choice) => choice === value),
  zone: (value) => (isText(value) && isZone(value) ? value : undefined),
  actor: (value) => (isText(value) ? value : undefined),
  detailWidths: (value) => records(value, isDetailWidth),
  railWidth: (value) => (isWidth(value, RAIL_WIDTH) ? value : undefined),
  railCollapsed: (value) => (typeof value === 'boolean' ? value : undefined),
  hiddenColumns: (value) => records(value, isNames),
  watches: (value) => records(value, isNames),
  timelineShown: (value) => (typeof value === 'boolean' ? value : undefined),
  savedShown: (value) => (typeof value === 'boolean' ? value : undefined),
  detailTab: (value) => DETAIL_TABS.find((tab) => tab === value),
  notebook: (value) => (isText(value) || value === null ? value : undefined),
  skipWelcome: (value) => (isText(value) || value === null ? value : undefined),
};

/** Settings from what was stored: each one is taken only if it can be. */
export function readSettings(stored: string | null): Settings {
  let given: unknown;
  try {
    given = JSON.parse(stored ?? '{}');
  } catch {
    return DEFAULTS;
  }
  if (typeof given !== 'object' || given === null) return DEFAULTS;
  const read: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, of] of Object.entries(READ)) {
    const value = of((given as Record<string, unknown>)[name]);
    if (value !== undefined) read[name] = value;
  }
  return read as unknown as Settings;
}

let settings = readSettings(window.localStorage.getItem(KEY));
speak(settings.language);
const listeners = new Set<() => void>();

export function currentSettings(): Settings {
  return settings;
}

export function changeSettings(change: Partial<Settings>): void {
  settings = { ...settings, ...change };
  speak(settings.language);
  try {
    window.localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A full or forbidden storage only means that the preference lasts as long as the window.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, currentSettings);
}
