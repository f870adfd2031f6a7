// How commands end, in words.
import type { CommandHistoryEntry, CommandOutcome } from '../../platform/wire';
import type { Tone } from '../../shared/bits';
import { plural } from '../../shared/format';

export const OUTCOME_WORDS: Readonly<Record<CommandOutcome, { word: string; tone: Tone; about: string }>> = {
  executed: { word: 'executed', tone: 'good', about: 'Its events are stored' },
  alreadyDone: { word: 'already done', tone: 'info', about: 'It had been carried out before' },
  rejected: { word: 'rejected', tone: 'bad', about: 'A rule refused it' },
  conflict: { word: 'conflict', tone: 'warn', about: 'Others had written first' },
  unavailable: { word: 'no answer', tone: 'warn', about: 'The store could not answer' },
  invalid: { word: 'invalid', tone: 'bad', about: 'It did not fit its schema' },
  failed: { word: 'failed', tone: 'bad', about: 'Something else went wrong' },
  unknown: { word: 'unknown', tone: 'neutral', about: 'The program ended before it had an answer' },
};

/** What a row says of how it ended. */
export function gist(entry: CommandHistoryEntry): string {
  if (entry.outcome === 'conflict') {
    const of = (name: string) => entry.details.find((detail) => detail.name === name)?.value ?? '?';
    return `expected version ${of('expected')}, found ${of('actual')}`;
  }
  if (entry.message !== null) return entry.message;
  if (entry.events !== null) return entry.events === 0 ? 'nothing to do' : plural(String(entry.events), 'event');
  return OUTCOME_WORDS[entry.outcome].about;
}
