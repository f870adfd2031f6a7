// Stories of the invented transfers.
import { PlatformError } from '../../platform/platform';
import type { StoryMark, StoryStep, StuckInstance, TransferStory } from '../../platform/wire';
import type { FakeBank, FakeEvent } from './bank';
import { moneyView } from './lists';
import { eventRow } from './state';

const STATUS: Readonly<Record<string, string>> = {
  TransferRequested: 'requested',
  TransferValidated: 'validated',
  SourceReserved: 'sourceReserved',
  SourceDebited: 'sourceDebited',
  TransferCompleted: 'completed',
  TransferRejected: 'rejected',
};
const MARK: Readonly<Record<string, StoryMark>> = { TransferCompleted: 'completed', TransferRejected: 'failure' };

export function transferStory(bank: FakeBank, id: string, stuck: readonly StuckInstance[]): TransferStory {
  const transfer = bank.transfers.find((one) => one.id === id);
  const stream = `transfer-${id}`;
  const first = bank.log.byStream.get(stream)?.[0];
  if (transfer === undefined || first === undefined) {
    const message = `There is no transfer ${id}.`;
    throw new PlatformError({ code: 'not_found', message, hint: 'Search the list of transfers.', retryable: false });
  }
  const { currency } = bank.account(transfer.source);
  const held = stuck.find((one) => one.stream === stream)?.reason ?? null;
  const own = bank.log.events.filter((event) => event.correlationId === first.correlationId);
  // One that is stuck has not been credited.
  const told =
    held === null ? own : own.filter((event) => !['TransferCredited', 'TransferCompleted'].includes(event.type));
  const lanes = [`account-${transfer.source}`, stream, `account-${transfer.target}`];
  let status = 'requested';
  let flying = false;
  const steps = told.map((event, index): StoryStep => {
    status = STATUS[event.type] ?? status;
    if (event.type === 'TransferDebited') flying = true;
    if (event.type === 'TransferCredited') flying = false;
    return step(event, told[index - 1], { lanes, status, index, currency, minor: flying ? transfer.minor : null });
  });
  return {
    transferId: id,
    stream,
    status,
    amount: moneyView(transfer.minor, currency),
    fee: null,
    arriving: null,
    reference: String(first.payload.reference ?? ''),
    requestedBy: first.actor,
    problem: transfer.reason,
    over: held === null,
    lanes: [
      { kind: 'source', stream: lanes[0] ?? '' },
      { kind: 'process', stream },
      { kind: 'target', stream: lanes[2] ?? '' },
    ],
    steps,
    waits:
      held === null
        ? null
        : {
            pending: 'credit',
            timer: 'overdue',
            dueAt: '2026-11-25T08:28:00.000000Z',
            stuck: held,
            waitedMicros: '11520000000',
          },
    toldAt: '2026-11-25T11:24:00.000000Z',
  };
}

interface Standing {
  lanes: readonly string[];
  status: string;
  index: number;
  currency: string;
  minor: bigint | null;
}

function step(event: FakeEvent, before: FakeEvent | undefined, standing: Standing): StoryStep {
  const { lanes, status, index, currency, minor } = standing;
  const lane = lanes.indexOf(event.stream);
  const other = before !== undefined && before.stream !== event.stream;
  const available = { settled: '10000', held: '0', available: '10000' };
  const view = (text: string) => moneyView(BigInt(text), currency);
  const gap = before === undefined ? 0 : Date.parse(event.recordedAt) - Date.parse(before.recordedAt);
  return {
    event: eventRow(event),
    lane: lane < 0 ? 1 : lane,
    mark: MARK[event.type] ?? 'plain',
    byPerson: !event.actor.startsWith('process:'),
    commandType: null,
    reason: null,
    from: other ? index - 1 : null,
    waitedMicros: String(BigInt(gap) * 1000n),
    status,
    hold: status === 'sourceReserved' ? 'held' : 'none',
    debit: 'none',
    inFlight: minor === null ? [] : [moneyView(minor, currency)],
    balances: [],
    account: event.stream.startsWith('account-')
      ? { settled: view(available.settled), held: view(available.held), available: view(available.available) }
      : null,
  };
}
