import type { JsonNode, StateView } from '../../platform/wire';
import { type FakeBank, type FakeEvent, type Json, type JsonObject, money, moneyText } from './bank';

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function kindOf(value: Json): JsonNode['kind'] {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonNode['kind'];
}

const entriesOf = (value: Json | undefined): [string, Json][] =>
  Array.isArray(value)
    ? value.map((child, index) => [String(index), child])
    : isObject(value)
      ? Object.entries(value)
      : [];

/** A tree of `after`, marked with how it differs from `before`; `undefined` for `before` means: mark nothing. */
export function treeOf(after: Json, before?: Json): JsonNode[] {
  const nodes: JsonNode[] = [];
  walk(nodes, '', '', 0, after, before === undefined ? after : before);
  return nodes;
}

function walk(nodes: JsonNode[], path: string, key: string, depth: number, after?: Json, before?: Json): void {
  const value = after === undefined ? (before as Json) : after;
  const kind = kindOf(value);
  const container = kind === 'object' || kind === 'array';
  const same = JSON.stringify(after) === JSON.stringify(before);
  const node: JsonNode = {
    path,
    key,
    depth,
    kind,
    text: container ? null : String(value),
    children: entriesOf(value).length,
    change: same
      ? 'same'
      : after === undefined
        ? 'removed'
        : before === undefined
          ? 'added'
          : container
            ? 'within'
            : 'changed',
    before: same || before === undefined ? null : container ? amount(before) : String(before),
    display: amount(value),
  };
  nodes.push(node);
  if (!container) return;
  const keys = new Set([...entriesOf(after), ...entriesOf(before)].map(([name]) => name));
  const of = (whole: Json | undefined, name: string) => entriesOf(whole).find(([one]) => one === name)?.[1];
  for (const name of keys) walk(nodes, `${path}/${name}`, name, depth + 1, of(after, name), of(before, name));
}

/** `{"minor":"10050","currency":"EUR"}` is told to people as `100.50 EUR`. */
function amount(value: Json | undefined): string | null {
  if (!isObject(value) || typeof value.minor !== 'string') return null;
  return `${moneyText(BigInt(value.minor))} ${String(value.currency)}`;
}

/** The state of a stream at a version: an imitation that moves the figures that people look at. */
export function foldFake(events: readonly FakeEvent[], version: number): Json {
  let state: JsonObject = { status: 'notOpened' };
  let settled = 0n;
  let held = 0n;
  let overdraft = 0n;
  let folded = 0;
  for (const event of events.slice(0, version)) {
    if (event.broken !== undefined) break;
    folded = event.version;
    const { payload } = event;
    const amount = isObject(payload.amount) ? BigInt(String(payload.amount.minor)) : 0n;
    if (event.type === 'AccountOpened') {
      overdraft = BigInt(String((payload.overdraftLimit as JsonObject).minor));
      state = {
        status: 'open',
        accountId: payload.accountId ?? null,
        customerId: payload.customerId ?? null,
        currency: payload.currency ?? null,
        product: payload.product ?? null,
        openedOn: payload.openedOn ?? null,
        holds: {},
        transfers: {},
      };
    } else if (event.stream.startsWith('account-')) {
      if (event.type === 'MoneyDeposited' || event.type === 'TransferCredited') settled += amount;
      if (event.type === 'MoneyWithdrawn' || event.type === 'TransferDebited') settled -= amount;
      const holdId = String(payload.holdId ?? '');
      const holds = state.holds as JsonObject;
      if (event.type === 'HoldPlaced') {
        held += amount;
        state = { ...state, holds: { ...holds, [holdId]: { amount: payload.amount ?? null, status: 'open' } } };
      }
      if (event.type === 'TransferDebited') {
        held -= amount;
        const { [holdId]: _used, ...rest } = holds;
        state = { ...state, holds: rest };
      }
    } else {
      const told = event.type === 'TransferRequested' ? { order: payload } : payload;
      state = { ...state, ...told, status: event.type };
    }
  }
  if (!events[0]?.stream.startsWith('account-') || folded === 0) return folded === 0 ? { status: 'notOpened' } : state;
  const currency = String(state.currency);
  return {
    ...state,
    settled: money(settled, currency),
    held: money(held, currency),
    overdraftLimit: money(overdraft, currency),
    available: money(settled - held + overdraft, currency),
    changes: folded,
  };
}

/** Why a stream cannot be folded to its end, as the engine words it. */
export function foldProblem(events: readonly FakeEvent[]): string | null {
  const event = events.find((one) => one.broken !== undefined);
  if (event === undefined) return null;
  return `version ${event.version} (position ${event.position}) cannot be folded: ${event.broken}`;
}

export function stateView(bank: FakeBank, stream: string, version: number, comparedWith: number | null): StateView {
  const events = bank.log.byStream.get(stream) ?? [];
  const other = comparedWith ?? Math.max(0, version - 1);
  const nodes = treeOf(foldFake(events, version), foldFake(events, other));
  const event = events[version - 1];
  return {
    stream,
    version: String(version),
    comparedWith: String(other),
    lastVersion: String(events.length),
    nodes,
    changedPaths: nodes.filter((node) => !['same', 'within'].includes(node.change)).map((node) => node.path),
    event: event === undefined ? null : eventRow(event),
    problem: foldProblem(events.slice(0, version)),
  };
}

export function eventRow(event: FakeEvent) {
  return {
    position: String(event.position),
    stream: event.stream,
    version: String(event.version),
    eventType: event.type,
    schemaVersion: event.schema,
    recordedAt: event.recordedAt,
    actor: event.actor,
    sentence: event.sentence,
    problem: null,
    correlationId: event.correlationId,
  };
}
