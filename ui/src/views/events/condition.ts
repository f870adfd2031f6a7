// Conditions (CEL) that narrow the event grid.
import type { ExpressionProblem } from '../../platform/wire';

export interface Example {
  condition: string;
  about: string;
}

/** To begin with: each can be read as it is. */
export const EXAMPLES: readonly Example[] = [
  { condition: 'payload.amount > 100000', about: 'Amounts over 1,000.00, in minor units' },
  { condition: 'event.type == "HoldPlaced" && state.available < 0', about: 'Holds after which nothing was available' },
  { condition: 'has(payload.amount) && payload.amount.currency != "EUR"', about: 'Amounts in other currencies' },
  { condition: 'event.version == 1', about: 'What each stream begins with' },
  { condition: 'event.actor.startsWith("process:")', about: 'What processes have done' },
  { condition: 'has(event.problem)', about: 'What no longer decodes' },
];

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
