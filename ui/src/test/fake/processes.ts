import type {
  CommandResult,
  InstanceRow,
  OperatorDecision,
  OperatorOffer,
  ProcessRow,
  StuckInstance,
  TimerRow,
} from '../../platform/wire';
import type { FakeBank } from './bank';

export class FakeProcesses {
  /** Streams that a person has had looked at again. */
  readonly retried: string[] = [];
  /** What operators have decided. */
  readonly decided: OperatorDecision[] = [];

  constructor(private readonly bank: () => FakeBank) {}

  private transfers(): string[] {
    const streams = [...this.bank().log.byStream.keys()];
    return streams.filter((stream) => stream.startsWith('transfer-')).reverse();
  }

  stuck(): StuckInstance[] {
    const last = this.transfers()[0];
    if (last === undefined || this.retried.includes(last)) return [];
    return [
      {
        process: 'transfer',
        stream: last,
        reason: 'command CreditFromTransfer is refused by account-100240: its event at #21 does not decode',
        event: '21',
        since: '2026-11-25T08:12:00.000000Z',
      },
    ];
  }

  status(head: number): ProcessRow[] {
    const row = (name: string, category: string, more: Partial<ProcessRow>): ProcessRow => ({
      name,
      category,
      state: 'waiting',
      position: String(head),
      head: String(head),
      lagEvents: '0',
      unfinished: 0,
      timers: 0,
      nextTimer: null,
      stuck: [],
      commands: '0',
      problem: null,
      ...more,
    });
    const timers = this.timers('transfer');
    return [
      row('transfer', 'transfer', {
        unfinished: 2,
        timers: timers.length,
        nextTimer: timers[0]?.dueAt ?? null,
        stuck: this.stuck(),
        commands: '1204',
      }),
      row('hold_expiry', 'account', { state: 'working', position: String(Math.max(0, head - 3)), lagEvents: '3' }),
      row('kyc_review', 'customer', {}),
    ];
  }

  instances(process: string): InstanceRow[] {
    if (process !== 'transfer') return [];
    const stuck = this.stuck()[0];
    return this.transfers().map((stream, index) => {
      const events = this.bank().log.byStream.get(stream) ?? [];
      const last = events.at(-1);
      const waiting = index === 1;
      const reason = stuck?.stream === stream ? stuck.reason : null;
      return {
        process,
        stream,
        version: String(last?.version ?? 0),
        lastEventType: last?.type ?? '',
        changedAt: last?.recordedAt ?? '',
        ageSeconds: 90 * (index + 1),
        pending: reason === null ? [] : ['CreditFromTransfer'],
        timers: waiting
          ? [{ name: 'deadline', dueAt: '2030-01-01T09:00:00.000000Z', commandType: 'FailTransfer' }]
          : [],
        finished: reason === null && !waiting,
        awaitsPerson: false,
        stuck: reason,
      };
    });
  }

  offers(stream: string): OperatorOffer[] {
    const id = stream.replace(/^transfer-/, '');
    const stuck = this.stuck().some((one) => one.stream === stream);
    const over = `Transfer ${id} is completed; `;
    return [
      { action: 'retry', refusal: null },
      {
        action: 'cancel',
        refusal: `Transfer ${id} is ${stuck ? 'sourceDebited' : 'completed'}; it can be cancelled only before the source account is debited.`,
      },
      { action: 'compensate', refusal: stuck ? null : `${over}the amount cannot be sent back.` },
      { action: 'park', refusal: stuck ? null : `${over}only an amount that is in flight can be parked.` },
    ];
  }

  decide(decision: OperatorDecision): CommandResult {
    const refusal = this.offers(decision.stream).find((offer) => offer.action === decision.action)?.refusal ?? null;
    if (refusal !== null) return { outcome: 'rejected', code: 'not_now', message: refusal, details: [] };
    this.decided.push(decision);
    this.retried.push(decision.stream);
    return { outcome: 'executed', stream: decision.stream, events: [], position: '0', refused: null };
  }

  timers(process: string | null): TimerRow[] {
    if (process !== null && process !== 'transfer') return [];
    return this.transfers()
      .slice(1, 4)
      .map((stream, index) => ({
        process: 'transfer',
        stream,
        name: 'deadline',
        dueAt: index === 0 ? '2026-01-01T09:00:00.000000Z' : `2030-01-0${index}T09:00:00.000000Z`,
      }));
  }
}
