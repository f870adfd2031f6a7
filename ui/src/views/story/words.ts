// The words of a transfer's story, for the drawing and the table alike.
import { perLanguage, t } from '../../i18n';
import type { MoneyView, StoryLane, StoryMark, StoryStep, StoryWaits } from '../../platform/wire';
import type { Tone } from '../../shared/bits';
import { elapsed } from '../../shared/elapsed';
import { amount } from '../../shared/format';
import { hasWaited } from './layout';

export const laneTitles = perLanguage(
  (): Record<StoryLane['kind'], string> => ({
    order: t('story.order'),
    source: t('story.source'),
    process: t('story.process'),
    target: t('story.target'),
    beneficiary: t('story.beneficiary'),
  }),
);

export const marks = perLanguage(
  (): Record<StoryMark, { title: string; sign: string; tone: Tone } | null> => ({
    plain: null,
    failure: { title: t('story.failure'), sign: '✕', tone: 'bad' },
    compensation: { title: t('story.compensation'), sign: '↩', tone: 'warn' },
    parked: { title: t('story.inSuspense'), sign: '‖', tone: 'warn' },
    overdue: { title: t('story.overdue'), sign: '!', tone: 'warn' },
    completed: { title: t('story.completed'), sign: '✓', tone: 'good' },
  }),
);

export const moneyText = (value: MoneyView): string =>
  `${amount(value.text).replace(/^-/, '\u2212')} ${value.currency}`;

/** What is in flight after a step; nothing if nothing is. */
export function inFlight(step: StoryStep): string | null {
  return step.inFlight.length === 0 ? null : step.inFlight.map(moneyText).join(', ');
}

export function waited(micros: string): string | null {
  return hasWaited(micros) ? t('story.waited', { micros: elapsed(micros) }) : null;
}

/** What the transfer waits for, in a sentence. */
export function waitsFor(waits: StoryWaits): string {
  if (waits.stuck !== null) return t('story.stuck', { stuck: waits.stuck });
  if (waits.pending !== null) return t('story.theNextStepIs', { pending: waits.pending });
  if (waits.timer !== null) return t('story.itWaitsForAnAnswerOrItsTimer', { timer: waits.timer });
  return t('story.itWaitsForAPersonToDecide');
}
