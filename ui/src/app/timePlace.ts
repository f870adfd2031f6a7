// What an address of time travel says beside the stream and its versions.
import type { Pairs } from './place';

export const TIME_TOOLS = ['watch', 'bisect', 'field'] as const;
export type TimeTool = (typeof TIME_TOOLS)[number];

/** What is open beside a stream's state. */
export interface TimeOpen {
  /** Whether each value shows which event last set it. */
  blame: boolean;
  tool: TimeTool | null;
  /** Watched expressions; none means those that are kept for the category. */
  watch: string[];
  /** The condition whose first version is searched. */
  condition: string | null;
  /** Whether it is searched by halving. */
  halving: boolean;
  /** JSON pointer of the field whose history is open. */
  field: string | null;
  /** The version at which that path is meant, and up to which its changes are listed; the last one if nothing. */
  fieldAt: string | null;
}

/** Several streams side by side. */
export interface TimeLanes {
  streams: string[];
  order: 'recorded' | 'valueDate';
  /** Position of the chosen event. */
  event: string | null;
}

export const NOTHING_OPEN: TimeOpen = {
  blame: false,
  tool: null,
  watch: [],
  condition: null,
  halving: false,
  field: null,
  fieldAt: null,
};

export function openPairs(open: TimeOpen): Pairs {
  return [
    ['blame', open.blame ? 'on' : null],
    ['tool', open.tool],
    ['watch', open.watch],
    ['condition', open.condition],
    ['search', open.halving ? 'halving' : null],
    // The pointer of the whole state is empty.
    ['field', open.field === null ? null : `#${open.field}`],
    ['fieldAt', open.fieldAt],
  ];
}

export function readOpen(query: URLSearchParams): TimeOpen {
  const text = (name: string) => query.get(name) || null;
  const fieldAt = query.get('fieldAt') ?? '';
  return {
    blame: text('blame') === 'on',
    tool: TIME_TOOLS.find((tool) => tool === text('tool')) ?? null,
    watch: query.getAll('watch').filter((one) => one !== ''),
    condition: text('condition'),
    halving: text('search') === 'halving',
    field: text('field')?.replace(/^#/, '') ?? null,
    fieldAt: /^\d{1,20}$/.test(fieldAt) ? fieldAt : null,
  };
}

export function lanePairs({ streams, order, event }: TimeLanes): Pairs {
  return [
    ['stream', streams],
    ['order', order === 'recorded' ? null : order],
    ['event', event],
  ];
}
