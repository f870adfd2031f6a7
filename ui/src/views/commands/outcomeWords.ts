// How commands end, in words.
import { t } from '../../i18n';
import type { CommandHistoryEntry, CommandOutcome } from '../../platform/wire';
import type { Tone } from '../../shared/bits';

const OUTCOME_TONES: Readonly<Record<CommandOutcome, Tone>> = {
  executed: 'good',
  alreadyDone: 'info',
  rejected: 'bad',
  conflict: 'warn',
  unavailable: 'warn',
  invalid: 'bad',
  failed: 'bad',
  unknown: 'neutral',
};

/** What was executed and refused by a rule all the same is no success. */
const refusedLater = ({ outcome, code }: CommandHistoryEntry): boolean => outcome === 'executed' && code !== null;

export const toneOf = (entry: CommandHistoryEntry): Tone =>
  refusedLater(entry) ? 'warn' : OUTCOME_TONES[entry.outcome];

/** How a command ended, in a word or two. */
export const endedAs = (entry: CommandHistoryEntry): string =>
  refusedLater(entry) ? t('commands.executedAndRejected') : outcomeWord(entry.outcome);

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
