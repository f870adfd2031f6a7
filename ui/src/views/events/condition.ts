// Conditions (CEL) that narrow the event grid.
import { perLanguage, t } from '../../i18n';
import type { ExpressionProblem } from '../../platform/wire';

export interface Example {
  condition: string;
  about: string;
}

/** To begin with: each can be read as it is. */
export const EXAMPLES = perLanguage((): readonly Example[] => [
  { condition: 'payload.amount > 100000', about: t('events.amountsOver100000InMinorUnits') },
  {
    condition: 'event.type == "HoldPlaced" && state.available < 0',
    about: t('events.holdsAfterWhichNothingWasAvailable'),
  },
  { condition: 'has(payload.amount) && payload.amount.currency != "EUR"', about: t('events.amountsInOtherCurrencies') },
  { condition: 'event.version == 1', about: t('events.whatEachStreamBeginsWith') },
  { condition: 'event.actor.startsWith("process:")', about: t('events.whatProcessesHaveDone') },
  { condition: 'has(event.problem)', about: t('events.whatNoLongerDecodes') },
]);

/** A text taken apart at the place of a problem, which counts lines and characters from one. */
export function aroundProblem(
  text: string,
  { line, column }: ExpressionProblem,
): { before: string; at: string; after: string } {
  const characters = [...(text.split('\n')[line - 1] ?? '')];
  const place = Math.min(Math.max(0, column - 1), characters.length);
  return {
    before: characters.slice(0, place).join(''),
    at: characters[place] ?? '',
    after: characters.slice(place + 1).join(''),
  };
}
