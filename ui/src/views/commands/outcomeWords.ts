// How commands end, in words.
import { t } from '../../i18n';
import type { CommandHistoryEntry, CommandOutcome } from '../../platform/wire';
import type { Tone } from '../../shared/bits';
export const OUTCOME_TONES: Readonly<Record<CommandOutcome, Tone>> = {
  executed: 'good',
  alreadyDone: 'info',
  rejected: 'bad',
  conflict: 'warn',
  unavailable: 'warn',
  invalid: 'bad',
  failed: 'bad',
  unknown: 'neutral',
};

export const outcomeWord = (outcome: CommandOutcome): string => t(`commands.outcome_${outcome}`);

/** What a row says of how it ended. */
export function gist(entry: CommandHistoryEntry): string {
  if (entry.outcome === 'conflict') {
    const of = (name: string) => entry.details.find((detail) => detail.name === name)?.value ?? '?';
    return t('commands.versionsDiffer', { expected: of('expected'), actual: of('actual') });
  }
  if (entry.message !== null) return entry.message;
  if (entry.events !== null)
    return entry.events === 0 ? t('commands.nothingToDo') : t('commands.nEvents', { count: entry.events });
  return t(`commands.outcomeMeans_${entry.outcome}`);
}
