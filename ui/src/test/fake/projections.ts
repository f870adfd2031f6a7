import type { ProjectionState, ProjectionStatus } from '../../platform/wire';

const ALL = [
  ['accounts', 'Balance, holds, available amount, status and holder of every account.'],
  ['statement', "Every posting to a customer's account with booking date, value date and the balance after it."],
  ['transfers', 'State, amount, reason and times of every transfer, in all and by account.'],
  ['trial_balance', 'Debits and credits of every ledger account and currency, and the transfers in flight.'],
  ['customers', 'Name and status of every customer.'],
  ['holds', 'Every hold with amount, purpose and expiry, and what became of it.'],
  ['daily_activity', 'How many entries of which kind were booked on each day, over how much, in each currency.'],
  ['limits', 'What each customer may spend at once, a day and a month, and what was spent on which day.'],
  ['open_transfers', 'Transfers that are not at an end, with their deadlines.'],
  ['audit', 'Who did what, when and why, by actor.'],
] as const;

export class FakeProjections {
  private readonly states = new Map<string, ProjectionState>();

  set(name: string, state: ProjectionState): void {
    this.states.set(name, state);
  }

  status(head: number): ProjectionStatus[] {
    return ALL.map(([name, description], index) => {
      const state = this.states.get(name) ?? (index === 2 ? 'catchingUp' : 'running');
      const lag = state === 'catchingUp' ? Math.floor(head / 3) : 0;
      return {
        name,
        description,
        version: 1,
        activeVersion: 1,
        state,
        position: String(head - lag),
        head: String(head),
        lagEvents: String(lag),
        lagSeconds: lag === 0 ? 0 : 4.2,
        rate: lag === 0 ? 0 : 18_340,
        problem: null,
        rows: String(40 * (index + 1)),
      };
    });
  }
}
