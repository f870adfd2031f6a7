import type { ProjectionState, ProjectionStatus } from '../../platform/wire';

const ALL = [
  ['accounts', 'Balances, holds and status of every account.'],
  ['statement', 'Booked entries of every account with the running balance.'],
  ['transfers', 'Every transfer and where it stands.'],
  ['ledger', 'Debits and credits of every ledger account, for the trial balance.'],
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
