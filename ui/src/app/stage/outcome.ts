import { t } from '../../i18n';
import type { StageReport } from '../../platform/wire';
import type { Tone } from '../../shared/bits';
import { exactTime } from '../../shared/format';
import type { Zone } from '../../shared/zones';

export interface OutcomeWords {
  text: string;
  tone: Tone;
}

/** What came of a step, in one sentence. */
export function outcomeOf({ outcome, eventCount, clock, kept }: StageReport, zone: Zone): OutcomeWords {
  const words = (): OutcomeWords => {
    switch (outcome.outcome) {
      case 'nothing':
        return { text: t('stage.shown'), tone: 'neutral' };
      case 'passed': {
        const values = { time: exactTime(clock, zone), count: outcome.timers };
        const text = outcome.timers === '0' ? t('stage.passed', values) : t('stage.passedTimers', values);
        return { text, tone: 'info' };
      }
      case 'executed':
        return {
          text: eventCount === '0' ? t('stage.nothingWritten') : t('stage.executed', { count: eventCount }),
          tone: 'good',
        };
      case 'rejected':
        return { text: t('stage.refused', { message: outcome.message }), tone: 'warn' };
      case 'failed':
        return { text: t('stage.failed', { message: outcome.message }), tone: 'bad' };
    }
  };
  const { text, tone } = words();
  if (kept === false) return { text: `${text} ${t('stage.broken')}`, tone: 'bad' };
  const stuck = 'stuck' in outcome ? outcome.stuck[0] : undefined;
  if (stuck !== undefined) {
    return { text: `${text} ${t('stage.stuck', { stream: stuck.name, reason: stuck.value })}`, tone: 'bad' };
  }
  return { text, tone };
}
