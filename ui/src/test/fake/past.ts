// The invented bank as it was at a position of its log.
import { PlatformError } from '../../platform/platform';
import type { ClockView, FlightsPage, ModelAt } from '../../platform/wire';
import { FakeBank, type FakeEvent } from './bank';
import { moneyView } from './lists';
import { eventRow } from './state';

/** Where the moment stands among the arguments of what can be asked about one. */
export const AT_ARGUMENT: Readonly<Record<string, number>> = {
  accounts: 3,
  statement: 3,
  transfers: 4,
  transfersInFlight: 1,
  trialBalance: 0,
  customers: 3,
  customer: 1,
  holds: 4,
  orders: 2,
  activity: 5,
  limits: 3,
  actors: 2,
  audit: 3,
  streams: 1,
  categories: 0,
  processInstances: 4,
  processTimers: 2,
  causeGraph: 1,
  transferStory: 1,
};

/** Everything up to a position, and nothing later. */
export function bankAt(bank: FakeBank, at: number): FakeBank {
  const past = new FakeBank(1);
  for (const event of bank.log.events.slice(0, at)) {
    past.log.events.push(event);
    past.log.versions.set(event.stream, event.version);
    const of = past.log.byStream.get(event.stream);
    if (of === undefined) past.log.byStream.set(event.stream, [event]);
    else of.push(event);
  }
  for (const account of bank.accounts.values()) {
    if (!past.log.byStream.has(`account-${account.id}`)) continue;
    const lines = (bank.lines.get(account.id) ?? []).filter((line) => line.event.position <= at);
    past.lines.set(account.id, lines);
    past.accounts.set(account.id, { ...account, balance: lines.at(-1)?.balance ?? 0n });
  }
  for (const transfer of bank.transfers) {
    if (transfer.first > at) continue;
    const over = transfer.last <= at;
    const last = past.log.byStream.get(`transfer-${transfer.id}`)?.at(-1);
    past.transfers.push({
      ...transfer,
      status: over ? transfer.status : last?.type === 'TransferRequested' ? 'requested' : 'sourceDebited',
      reason: over ? transfer.reason : null,
      last: over ? transfer.last : (last?.position ?? transfer.first),
    });
  }
  return past;
}

const badMoment = (text: string) =>
  new PlatformError({
    code: 'bad_argument',
    message: `Position “${text}” is not a whole number from 0 on.`,
    hint: 'Correct it and try again.',
    retryable: false,
  });

export function clockView(events: readonly FakeEvent[], at: string | null, time: string | null): ClockView {
  if (at !== null && !/^\d+$/.test(at)) throw badMoment(at);
  const head = events.length;
  // Times of the invented log never go back, and are all written alike.
  const wanted = time === null ? null : new Date(time).toISOString().replace('Z', '999Z');
  const asked =
    at !== null ? BigInt(at) : BigInt(events.filter((one) => wanted === null || one.recordedAt <= wanted).length);
  const position = asked > BigInt(head) ? head : Number(asked);
  const event = events[position - 1];
  const following = events[position];
  return {
    position: String(position),
    recordedAt: event?.recordedAt ?? null,
    event: event === undefined ? null : eventRow(event),
    previous: position === 0 ? null : String(position - 1),
    next: following === undefined ? null : String(position + 1),
    following: following === undefined ? null : eventRow(following),
    head: String(head),
  };
}

export function modelAt(bank: FakeBank, name: string, at: string): ModelAt {
  const rows: Record<string, number> = {
    accounts: bank.accounts.size,
    transfers: bank.transfers.length,
    streams: bank.log.byStream.size,
  };
  return {
    name,
    position: at,
    tables: [{ table: name, rows: String(rows[name] ?? bank.accounts.size) }],
    halted: null,
    streamsAside: '0',
    truncatedStreams: '0',
  };
}

export function flights(bank: FakeBank, limit: number): FlightsPage {
  const under = bank.transfers.filter((one) => one.status === 'sourceDebited');
  return {
    flights: under.slice(0, limit).map((one) => ({
      transferId: one.id,
      stream: `transfer-${one.id}`,
      source: one.source,
      target: one.target,
      status: one.status,
      amount: moneyView(one.minor, bank.account(one.source).currency),
      debitedAt: bank.log.events[one.last - 1]?.recordedAt ?? '',
      position: String(one.last),
    })),
    total: String(under.length),
  };
}
