// Causes of the invented log, drawn without folding: its stories are short.
import { PlatformError } from '../../platform/platform';
import type { CauseGraph, CauseNode, CausesRequest } from '../../platform/wire';
import type { FakeBank, FakeEvent } from './bank';
import { eventRow } from './state';

const COMMANDS: Readonly<Record<string, string>> = {
  TransferRequested: 'RequestTransfer',
  MoneyDeposited: 'Deposit',
  AccountOpened: 'OpenAccount',
};

const commandOf = (event: FakeEvent) => ({
  commandType: COMMANDS[event.type] ?? `Record${event.type}`,
  commandId: event.correlationId,
  actor: event.actor,
  channel: event.actor.startsWith('process:') ? 'process' : 'desktop',
  reason: null,
});

function focusOf(bank: FakeBank, { position, commandId }: Omit<CausesRequest, 'at'>): FakeEvent {
  const { events } = bank.log;
  const found =
    position !== null ? events[Number(position) - 1] : events.find((event) => event.correlationId === commandId);
  if (found !== undefined) return found;
  const message =
    position !== null ? `There is no event at position ${position}.` : 'There is no event of this command.';
  throw new PlatformError({ code: 'no_such_event', message, hint: 'Choose another one.', retryable: false });
}

export function causeGraph(bank: FakeBank, request: Omit<CausesRequest, 'at'>): CauseGraph {
  const focus = focusOf(bank, request);
  const story = bank.log.events.filter((event) => event.correlationId === focus.correlationId);
  const nodes: CauseNode[] = [];
  let rows = 0;
  const draw = (event: FakeEvent | null, parent: number | null, layer: number, first: boolean) => {
    const cause = parent === null ? undefined : nodes[parent];
    const row = first && cause !== undefined ? cause.row : rows;
    rows = Math.max(rows, row + 1);
    const index = nodes.length;
    const before = cause?.first;
    const latency =
      event === null || before == null ? null : Date.parse(event.recordedAt) - Date.parse(before.recordedAt);
    const head = event ?? story[0];
    nodes.push({
      kind: event === null ? 'outside' : 'event',
      parent,
      layer,
      row,
      count: event === null ? 0 : 1,
      first: event === null ? null : eventRow(event),
      last: event === null ? null : String(event.position),
      latencyMicros: latency === null ? null : String(BigInt(latency) * 1000n),
      spanMicros: event === null ? null : '0',
      command: head === undefined ? null : commandOf(head),
      types: event === null ? [] : [{ eventType: event.type, count: 1 }],
    });
    const effects = story.filter((one) => (event === null ? one.cause === null : one.cause === event.position));
    effects.forEach((effect, at) => {
      draw(effect, index, layer + 1, at === 0);
    });
  };
  draw(null, null, 0, false);
  const below = new Set([focus.position]);
  const effects = story.filter((event) => event.cause !== null && below.has(event.cause) && below.add(event.position));
  const types = new Map<string, number>();
  for (const { type } of effects) types.set(type, (types.get(type) ?? 0) + 1);
  const lasted = Date.parse(effects.at(-1)?.recordedAt ?? focus.recordedAt) - Date.parse(focus.recordedAt);
  const at = nodes.findIndex((node) => node.first?.position === String(focus.position));
  return {
    nodes,
    layers: Math.max(...nodes.map((node) => node.layer)) + 1,
    rows,
    focus: at < 0 ? null : at,
    position: String(focus.position),
    effects: {
      events: effects.length,
      direct: effects.filter((event) => event.cause === focus.position).length,
      steps: Math.max(0, ...nodes.map((node) => node.layer)) - (nodes[at]?.layer ?? 0),
      streams: new Set(effects.map((event) => event.stream)).size,
      spanMicros: effects.length === 0 ? null : String(BigInt(lasted) * 1000n),
      types: [...types].map(([eventType, count]) => ({ eventType, count })).sort((a, b) => b.count - a.count),
      furtherTypes: 0,
    },
    correlationId: focus.correlationId,
    events: String(story.length),
    complete: true,
    outOfOrder: 0,
  };
}
