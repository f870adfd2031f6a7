import { PlatformError } from '../../platform/platform';
import type {
  DoctorReport,
  Progress,
  ProjectionState,
  ProjectionStatus,
  ProjectionTask,
  QuarantinedStream,
  RebuildEnd,
  RebuildOptions,
  RebuildReport,
  RowDifference,
  SkippedEvent,
  SkipRequest,
} from '../../platform/wire';

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

/** The one that is halted in every invented bank, and the event that it cannot apply. */
export const HALTED = { name: 'audit', at: '12' };
/** The one whose rebuild is refused until the differences are accepted. */
export const DRIFTING = 'statement';

const DIFFERENCE: RowDifference = {
  table: 'statement',
  key: '100234 / 7',
  kind: 'changed',
  cells: [
    { column: 'balance', before: '125000', after: '124500' },
    { column: 'text', before: null, after: 'Card payment' },
  ],
};

type Work = (onProgress: (progress: Progress) => void) => Promise<boolean>;

export class FakeProjections {
  private readonly states = new Map<string, ProjectionState>([[HALTED.name, 'halted']]);
  private readonly tasks = new Map<string, ProjectionTask>();
  private readonly ends = new Map<string, RebuildEnd>();
  private readonly tables = new Map<string, { active: number; previous: number | null; half: number | null }>();
  private readonly skips = new Map<string, SkippedEvent[]>();
  private aside: QuarantinedStream[] = [
    {
      stream: 'account-100240',
      position: '21',
      eventType: 'HoldCaptured',
      reason: 'hold H-77 is captured and was never placed',
    },
  ];

  set(name: string, state: ProjectionState): void {
    this.states.set(name, state);
  }

  private of(name: string): { active: number; previous: number | null; half: number | null } {
    const known = this.tables.get(name) ?? { active: 1, previous: name === 'transfers' ? 0 : null, half: null };
    this.tables.set(name, known);
    return known;
  }

  skip({ name, position, actor, reason }: SkipRequest): SkippedEvent {
    if (name !== HALTED.name || position !== HALTED.at) throw notHalted(name, position);
    const skip: SkippedEvent = {
      position,
      stream: 'account-100236',
      eventType: 'MoneyDeposited',
      problem: 'the amount has no currency',
      actor,
      reason,
      decidedAt: '2026-11-25T09:00:00.000000Z',
      decision: '401',
    };
    this.skips.set(name, [...(this.skips.get(name) ?? []), skip]);
    this.states.set(name, 'running');
    return skip;
  }

  release(stream: string): string {
    this.aside = this.aside.filter((one) => one.stream !== stream);
    return '3';
  }

  rollBack(name: string): string {
    const tables = this.of(name);
    const { active } = tables;
    tables.active = tables.previous ?? active;
    tables.previous = active;
    return `v1.${tables.active}`;
  }

  dismiss(name: string): void {
    this.ends.delete(name);
  }

  async rebuild(
    name: string,
    taskId: string,
    head: number,
    options: RebuildOptions,
    kind: 'rebuild' | 'reset',
    work: Work,
  ): Promise<RebuildReport> {
    const tables = this.of(name);
    this.ends.delete(name);
    const { keep } = options;
    const show = (progress: Progress) => this.tasks.set(name, { taskId, kind, keeps: keep, progress });
    show({ phase: '', done: '0', total: null, rate: null, etaSeconds: null, finished: false });
    const finished = await work(show);
    this.tasks.delete(name);
    const drifts = name === DRIFTING && kind === 'rebuild';
    const outcome = !finished ? 'cancelled' : drifts && !options.acceptDifferences ? 'refused' : 'swapped';
    const next = tables.half ?? tables.active + 1;
    const report: RebuildReport = {
      name,
      outcome,
      kept: outcome !== 'swapped' && keep,
      from: kind === 'reset' ? null : `v1.${tables.active}`,
      to: `v1.${next}`,
      resumedAt: tables.half !== null && options.resume ? '200' : null,
      events: String(finished ? head : Math.floor(head / 2)),
      rows: '128',
      position: String(head),
      seconds: 2.4,
      tables: finished
        ? [
            {
              table: name,
              rowsBefore: '128',
              rowsAfter: '128',
              checksumBefore: drifts ? '91be'.repeat(16) : '5f1c'.repeat(16),
              checksumAfter: '5f1c'.repeat(16),
            },
          ]
        : [],
      violationCount: drifts ? '1' : '0',
      violations: drifts
        ? [
            {
              invariant: 'each balance follows from the one before',
              row: 'statement 100234 / 7',
              message: '125000 after 124000 and 500',
            },
          ]
        : [],
      differingRows: kind === 'reset' || !finished ? null : drifts ? '1' : '0',
      differences: drifts && finished ? [DIFFERENCE] : [],
    };
    if (outcome === 'swapped') {
      tables.previous = kind === 'reset' ? null : tables.active;
      tables.active = next;
      tables.half = null;
      this.states.set(name, 'running');
    } else {
      tables.half = keep ? next : null;
    }
    this.ends.set(name, { report, error: null });
    return report;
  }

  doctor(name: string, head: number, cancelled: boolean): DoctorReport {
    const drifts = name === DRIFTING && !cancelled;
    return {
      name,
      clean: !drifts && !cancelled,
      cancelled,
      tables: `v1.${this.of(name).active}`,
      position: String(head),
      events: String(head),
      rowsChecked: '128',
      outlivedRows: '0',
      differingRows: drifts ? '1' : '0',
      faults: drifts
        ? [
            {
              difference: DIFFERENCE,
              parting: { position: '17', stream: 'account-100234', eventType: 'MoneyWithdrawn', missed: true },
            },
          ]
        : [],
      violationCount: '0',
      violations: [],
      quarantined: '0',
      seconds: 0.4,
    };
  }

  status(head: number): ProjectionStatus[] {
    return ALL.map(([name, description], index) => {
      const state = this.states.get(name) ?? (index === 2 ? 'catchingUp' : 'running');
      const lag = state === 'catchingUp' ? Math.floor(head / 3) : state === 'halted' ? Math.max(0, head - 11) : 0;
      const tables = this.of(name);
      return {
        name,
        description,
        version: 1,
        activeVersion: 1,
        activeTables: `v1.${tables.active}`,
        state: this.tasks.get(name)?.kind === 'rebuild' ? 'rebuilding' : state,
        order: name === 'trial_balance' || name === 'transfers' ? 'global' : 'perStream',
        failurePolicy: name === 'holds' ? 'quarantineStream' : 'halt',
        position: String(head - lag),
        head: String(head),
        lagEvents: String(lag),
        lagSeconds: lag === 0 ? 0 : 4.2,
        rate: lag === 0 ? 0 : 18_340,
        problem: state === 'halted' ? 'the amount has no currency' : null,
        haltedAt: state === 'halted' ? HALTED.at : null,
        quarantined: name === 'holds' ? this.aside : [],
        skipped: this.skips.get(name) ?? [],
        previousTables: tables.previous === null ? null : `v1.${tables.previous}`,
        halfBuiltTables: tables.half === null ? null : `v1.${tables.half}`,
        task: this.tasks.get(name) ?? null,
        lastRebuild: this.ends.get(name) ?? null,
        rows: String(40 * (index + 1)),
      };
    });
  }
}

function notHalted(name: string, position: string): PlatformError {
  return new PlatformError({
    code: 'not_halted_at',
    message: `${name} is not halted at position ${position}.`,
    hint: 'Only the event that it is halted at can be skipped.',
    retryable: false,
  });
}
