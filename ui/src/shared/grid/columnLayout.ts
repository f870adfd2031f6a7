// How a person has laid out the columns of a grid: in which order, how wide. Kept in the window's own storage.
import { useSyncExternalStore } from 'react';

export interface ColumnLayout {
  /** Ids in their order; columns that are not named come where they stand by default. */
  order: readonly string[];
  /** Widths in pixels, by id. */
  widths: Readonly<Record<string, number>>;
}

export const AS_DESIGNED: ColumnLayout = { order: [], widths: {} };
export const COLUMN_WIDTH = { least: 40, most: 900 } as const;
const KEY = 'ledgerscope.columns';
/** Far more columns than any grid has; what is longer was not written here. */
const MOST = 100;

const isId = (value: unknown): value is string => typeof value === 'string' && value.length <= 100;
const ids = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isId).slice(0, MOST) : []);

/** A layout from what was stored; what cannot be one is left out. */
export function readLayout(stored: unknown): ColumnLayout {
  if (typeof stored !== 'object' || stored === null) return AS_DESIGNED;
  const { order, widths } = stored as Record<string, unknown>;
  const given = typeof widths === 'object' && widths !== null ? Object.entries(widths) : [];
  const sound = given.filter(
    (entry): entry is [string, number] =>
      isId(entry[0]) && typeof entry[1] === 'number' && entry[1] >= COLUMN_WIDTH.least && entry[1] <= COLUMN_WIDTH.most,
  );
  return { order: ids(order), widths: Object.fromEntries(sound.slice(0, MOST)) };
}

function load(): Record<string, ColumnLayout> {
  try {
    const stored: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return {};
    return Object.fromEntries(Object.entries(stored).map(([grid, layout]) => [grid, readLayout(layout)]));
  } catch {
    return {};
  }
}

let layouts: Record<string, ColumnLayout> | null = null;
const listeners = new Set<() => void>();

/** Least width of a column of positions, what a character of one takes, and what a cell adds, in pixels. */
const POSITION = { least: 92, character: 7.7, padding: 34 } as const;

/** Room for grouped positions of so many digits: one that is cut could be any other. */
export function positionWidth(digits: number): string {
  const characters = digits + Math.floor((digits - 1) / 3);
  return `${Math.max(POSITION.least, Math.ceil(characters * POSITION.character) + POSITION.padding)}px`;
}

export function layoutOf(grid: string): ColumnLayout {
  layouts ??= load();
  return layouts[grid] ?? AS_DESIGNED;
}

export function changeLayout(grid: string, change: Partial<ColumnLayout>): void {
  layouts = { ...layouts, [grid]: { ...layoutOf(grid), ...change } };
  try {
    window.localStorage.setItem(KEY, JSON.stringify(layouts));
  } catch {
    // A full or forbidden storage only means that the layout lasts as long as the window.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useColumnLayout(grid: string): ColumnLayout {
  return useSyncExternalStore(subscribe, () => layoutOf(grid));
}

/** Columns in the order of a layout; those that it does not know stay behind their neighbour. */
export function inOrder<C extends { id: string }>(columns: readonly C[], order: readonly string[]): C[] {
  const placed = [...columns];
  const wanted = order.filter((id) => columns.some((column) => column.id === id));
  const places = placed.flatMap((column, place) => (wanted.includes(column.id) ? [place] : []));
  const byId = new Map(columns.map((column) => [column.id, column]));
  places.forEach((place, index) => {
    const column = byId.get(wanted[index] ?? '');
    if (column !== undefined) placed[place] = column;
  });
  return placed;
}

/** Columns in their order, as wide as they were made; where there is less room they give way. */
export function laidOut<C extends { id: string; width: string }>(columns: readonly C[], layout: ColumnLayout): C[] {
  return inOrder(columns, layout.order).map((column) => {
    const width = layout.widths[column.id];
    return width === undefined ? column : { ...column, width: `minmax(0, ${width}px)` };
  });
}

/** The order after a column has changed places with its neighbour. */
export function moved(columns: readonly { id: string }[], id: string, by: 1 | -1): string[] {
  const order = columns.map((column) => column.id);
  const from = order.indexOf(id);
  const to = from + by;
  const [one, other] = [order[from], order[to]];
  if (one === undefined || other === undefined) return order;
  order[from] = other;
  order[to] = one;
  return order;
}
