// The words of a transfer's story, for the drawing and the table alike.
import type { MoneyView, StoryLane, StoryMark, StoryStep, StoryWaits } from '../../platform/wire';
import type { Tone } from '../../shared/bits';
import { elapsed } from '../../shared/elapsed';
import { words } from '../../shared/format';
import { hasWaited } from './layout';

export const LANE_TITLES: Record<StoryLane['kind'], string> = {
  order: 'Order',
  source: 'Source',
  process: 'Process',
  target: 'Target',
  beneficiary: 'Beneficiary',
};

export const MARKS: Record<StoryMark, { title: string; sign: string; tone: Tone } | null> = {
  plain: null,
  failure: { title: 'Failure', sign: '✕', tone: 'bad' },
  compensation: { title: 'Compensation', sign: '↩', tone: 'warn' },
  parked: { title: 'In suspense', sign: '‖', tone: 'warn' },
  overdue: { title: 'Overdue', sign: '!', tone: 'warn' },
  completed: { title: 'Completed', sign: '✓', tone: 'good' },
};

export const moneyText = (value: MoneyView): string => `${value.text.replace(/^-/, '\u2212')} ${value.currency}`;

/** What is in flight after a step; nothing if nothing is. */
export function inFlight(step: StoryStep): string | null {
  return step.inFlight.length === 0 ? null : step.inFlight.map(moneyText).join(', ');
}

export function waited(micros: string): string | null {
  return hasWaited(micros) ? `waited ${elapsed(micros)}` : null;
}

/** What the transfer waits for, in a sentence. */
export function waitsFor(waits: StoryWaits): string {
  if (waits.stuck !== null) return `Stuck: ${waits.stuck}`;
  if (waits.pending !== null) return `The next step is: ${waits.pending}.`;
  if (waits.timer !== null) return `It waits for an answer, or its ${waits.timer} timer.`;
  return 'It waits for a person to decide.';
}

export const statusWords = (status: string): string => words(status);
