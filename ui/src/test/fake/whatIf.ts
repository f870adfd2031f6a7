import { type OnProgress, PlatformError } from '../../platform/platform';
import type {
  Detail,
  RefusedLater,
  WhatIf,
  WhatIfEdit,
  WhatIfEventRef,
  WhatIfFile,
  WhatIfLaneStep,
  WhatIfOutcome,
  WhatIfRow,
  WhatIfScenario,
  WhatIfStep,
  WhatIfTest,
  WhatIfTimes,
} from '../../platform/wire';
import { type FakeBank, type FakeEvent, type Json, type JsonObject, moneyText } from './bank';
import { eventIdOf } from './links';
import { eventRow, foldFake, treeOf } from './state';

type Pace = (taskId: string, total: number, phase: string, onProgress: OnProgress) => Promise<boolean>;

/** An event at its place in the imitated what-if. */
interface Fact {
  event: FakeEvent;
  id: string;
  provenance: WhatIfLaneStep['provenance'];
  step: number | null;
  edit: number | null;
}

const balanceOf = (state: Json, name: string): bigint => {
  const amount = (state as JsonObject)[name] as JsonObject | undefined;
  return BigInt(String(amount?.minor ?? '0'));
};

/** An imitation of what-ifs on one stream: edits are done, deposits and withdrawals are decided, and nothing else. */
export class FakeWhatIf {
  /** The file that the next dialog answers with. */
  file: WhatIfFile | null = null;
  /** The code with which every run is refused; nothing: none is. */
  impossible: string | null = null;
  /** The rule that refuses after all what every command has asked for. */
  refused: RefusedLater | null = null;
  /** Instances that every command leaves stuck. */
  stuck: Detail[] = [];
  readonly saved: WhatIfScenario[] = [];
  readonly savedTests: string[] = [];

  constructor(
    private readonly bank: () => FakeBank,
    private readonly pace: Pace,
  ) {}

  open(): WhatIfFile | null {
    return this.file;
  }

  save(scenario: WhatIfScenario, path: string | null): string {
    this.saved.push(scenario);
    return path ?? '/home/anna/what-if.whatif.json';
  }

  saveTest(name: string, source: string, path: string | null): string {
    this.savedTests.push(source);
    return path ?? `/home/anna/${name}.rs`;
  }

  async test(
    scenario: WhatIfScenario,
    name: string | null,
    anonymous: boolean,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<WhatIfTest> {
    await this.paced(taskId, onProgress);
    const title = (name ?? (anonymous ? 'what if' : scenario.title)).toLowerCase().replace(/[^a-z0-9]+/g, '_');
    const stream = anonymous ? 'account-900001' : (scenario.streams[0] ?? '');
    return {
      name: title,
      source: `#[test]\nfn ${title}() {\n    given(&[\n        event("${stream}", …),\n    ])\n    .ends();\n}\n`,
      notes: [],
    };
  }

  async run(scenario: WhatIfScenario, taskId: string, onProgress: OnProgress): Promise<WhatIf> {
    await this.paced(taskId, onProgress);
    if (this.impossible !== null) throw failure(this.impossible, 'Edit 1 cannot be done.', 'Choose another one.');
    const stream = scenario.streams[0] ?? '';
    const all = this.bank().log.byStream.get(stream);
    if (all === undefined) {
      throw failure('unknown_stream', `There is no stream ${stream}.`, 'Choose one from the list of streams.');
    }
    const fork = scenario.fork.kind === 'stream' ? Number(scenario.fork.version) : 0;
    const [before, tail] = [all.slice(0, fork), all.slice(fork)];
    const recorded = tail.map(
      (event): Fact => ({ event, id: eventIdOf(event.position), provenance: 'recorded', step: null, edit: null }),
    );
    let facts = scenario.through.kind === 'fork' ? [] : recorded;
    scenario.edits.forEach((edit, index) => {
      facts = edited(facts, edit, index);
    });
    const begun = before.at(-1)?.recordedAt ?? tail[0]?.recordedAt ?? '2026-10-01T08:00:00.000000Z';
    const earliest = kept(facts).at(-1)?.event.recordedAt ?? begun;
    const begins = scenario.clock ?? earliest;
    const times = (from: number, to: number): WhatIfTimes => ({
      earliest: kept(facts.slice(0, from)).at(-1)?.event.recordedAt ?? begun,
      latest: kept(facts.slice(to))[0]?.event.recordedAt ?? scenario.clock,
    });
    const ofFacts = facts.map((fact, at) => ({
      times: fact.provenance === 'skipped' ? null : times(at, at + 1),
      timesBehind: fact.provenance === 'inserted' ? null : times(at + 1, at + 1),
    }));
    const timesAfterFork = times(0, 0);
    const steps = scenario.steps.map((step, index) => {
      const state = foldOf(before, facts);
      const { outcome, led } = decided(step, state, stream, begins, index);
      facts = [...facts, ...led];
      const told = outcome.kind === 'executed' ? { ...outcome, refused: this.refused, stuck: this.stuck } : outcome;
      return { clock: begins, events: led.length, outcome: told };
    });
    const original = lane(before, recorded);
    const whatIf = lane(before, facts).map((step, at) => ({ ...step, ...ofFacts[at] }));
    const [end, other] = [foldOf(before, recorded), foldOf(before, facts)];
    const nodes = treeOf(other, end);
    const changedPaths = nodes.filter((node) => !['same', 'within'].includes(node.change)).map((node) => node.path);
    return {
      fork: String(before.at(-1)?.position ?? 0),
      through: String(tail.at(-1)?.position ?? before.at(-1)?.position ?? 0),
      end: String(tail.at(-1)?.position ?? before.at(-1)?.position ?? 0),
      beginsAt: begins,
      beginsAtEarliest: earliest,
      timesAfterFork,
      streams: [{ stream, because: 'named' }],
      correlationsLeftOut: false,
      original: { steps: original, total: String(original.length) },
      whatIf: { steps: whatIf, total: String(whatIf.length) },
      rows: rows(original, whatIf),
      steps,
      ends: [
        {
          stream,
          originalVersion: String(all.length),
          whatIfVersion: String(fork + whatIf.filter((step) => step.provenance !== 'skipped').length),
          nodes: changedPaths.length === 0 ? [] : nodes,
          changedPaths,
          problem: null,
        },
      ],
    };
  }

  private async paced(taskId: string, onProgress: OnProgress): Promise<void> {
    if (await this.pace(taskId, 4, 'Running the what-if', onProgress)) return;
    throw failure('cancelled', 'It was stopped.', 'Start it again if you still need it.');
  }
}

const failure = (code: string, message: string, hint: string) =>
  new PlatformError({ code, message, hint, retryable: false });

const kept = (facts: readonly Fact[]) => facts.filter((fact) => fact.provenance !== 'skipped');

/** The state behind some facts, with versions counted anew. */
function foldOf(before: readonly FakeEvent[], facts: readonly Fact[]): Json {
  const events = [...before, ...kept(facts).map((fact) => fact.event)];
  return foldFake(
    events.map((event, index) => ({ ...event, version: index + 1 })),
    events.length,
  );
}

const isNamed = (fact: Fact, wanted: WhatIfEventRef) =>
  wanted.kind === 'id' ? fact.id === wanted.id : String(fact.event.position) === wanted.position;

function edited(facts: readonly Fact[], edit: WhatIfEdit, index: number): Fact[] {
  const changed = (wanted: WhatIfEventRef, change: (fact: Fact) => Partial<Fact>) =>
    facts.map((fact) => (isNamed(fact, wanted) ? { ...fact, edit: index, ...change(fact) } : fact));
  const behind = (list: readonly Fact[], anchor: WhatIfEventRef | null) =>
    anchor === null ? 0 : list.findIndex((fact) => isNamed(fact, anchor)) + 1;
  switch (edit.kind) {
    case 'skip':
      return changed(edit.event, () => ({ provenance: 'skipped' }));
    case 'replace':
      return changed(edit.event, ({ event }) => ({
        provenance: 'replaced',
        event: {
          ...event,
          payload: edit.payload === null ? event.payload : (JSON.parse(edit.payload) as JsonObject),
          recordedAt: edit.recordedAt ?? event.recordedAt,
        },
      }));
    case 'move': {
      const fact = facts.find((one) => isNamed(one, edit.event));
      if (fact === undefined) return [...facts];
      const rest = facts.filter((one) => one !== fact);
      const at = behind(rest, edit.after);
      return [...rest.slice(0, at), { ...fact, provenance: 'moved', edit: index }, ...rest.slice(at)];
    }
    case 'insert': {
      const like = invented(edit.stream, edit.eventType, JSON.parse(edit.payload) as JsonObject, facts[0]?.event);
      const event = { ...like, recordedAt: edit.recordedAt ?? like.recordedAt };
      const fact: Fact = { event, id: `inserted-${index}`, provenance: 'inserted', step: null, edit: index };
      const at = behind(facts, edit.after);
      return [...facts.slice(0, at), fact, ...facts.slice(at)];
    }
  }
}

function invented(stream: string, type: string, payload: JsonObject, like: FakeEvent | undefined): FakeEvent {
  return {
    position: 0,
    stream,
    version: 0,
    type,
    schema: 1,
    recordedAt: like?.recordedAt ?? '2026-10-01T08:00:00.000000Z',
    actor: 'teller:anna',
    sentence: type,
    correlationId: '',
    cause: null,
    payload,
  };
}

/** Deposits and withdrawals as the engine would decide them; everything else leads to nothing. */
function decided(
  step: WhatIfStep,
  state: Json,
  stream: string,
  now: string,
  index: number,
): { outcome: WhatIfOutcome; led: Fact[] } {
  if (step.kind !== 'command') return { outcome: { kind: 'ran', commands: '0', timers: '0', stuck: [] }, led: [] };
  const payload = JSON.parse(step.payload) as JsonObject;
  const amount = payload.amount as JsonObject | undefined;
  const type = { Deposit: 'MoneyDeposited', Withdraw: 'MoneyWithdrawn' }[step.commandType];
  if (type === undefined || amount === undefined) {
    return {
      outcome: { kind: 'invalid', code: 'bad_shape', message: 'The command does not fit its schema.' },
      led: [],
    };
  }
  const [available, wanted] = [balanceOf(state, 'available'), BigInt(String(amount.minor))];
  if (step.commandType === 'Withdraw' && available < wanted) {
    const details = [
      { name: 'available', value: `${moneyText(available)} EUR` },
      { name: 'requested', value: `${moneyText(wanted)} EUR` },
    ];
    const message = `Only ${moneyText(available)} EUR are available; ${moneyText(wanted)} EUR were asked for.`;
    return { outcome: { kind: 'rejected', code: 'insufficient_funds', message, details }, led: [] };
  }
  const event = { ...invented(stream, type, payload, undefined), recordedAt: now };
  const fact: Fact = { event, id: `step-${index}`, provenance: 'fromStep', step: index, edit: null };
  return { outcome: { kind: 'executed', refused: null, stuck: [], stream, events: 1, consequences: 0 }, led: [fact] };
}

function lane(before: readonly FakeEvent[], facts: readonly Fact[]): WhatIfLaneStep[] {
  return facts.map((fact, index): WhatIfLaneStep => {
    const [former, now] = [foldOf(before, facts.slice(0, index)), foldOf(before, facts.slice(0, index + 1))];
    const changes = treeOf(now, former).filter((node) => !['same', 'within'].includes(node.change));
    const version = before.length + kept(facts.slice(0, index + 1)).length;
    return {
      row: { ...eventRow(fact.event), version: String(version) },
      eventId: fact.id,
      payload: JSON.stringify(fact.event.payload, null, 2),
      provenance: fact.provenance,
      step: fact.step,
      edit: fact.edit,
      changes,
      changed: changes.length,
      error: null,
      times: null,
      timesBehind: null,
    };
  });
}

function rows(original: readonly WhatIfLaneStep[], whatIf: readonly WhatIfLaneStep[]): WhatIfRow[] {
  const rows: WhatIfRow[] = [];
  let [left, right] = [0, 0];
  while (left < original.length || right < whatIf.length) {
    const [a, b] = [original[left], whatIf[right]];
    if (a !== undefined && b !== undefined && a.eventId === b.eventId) {
      const same = b.provenance === 'recorded' && JSON.stringify(a.changes) === JSON.stringify(b.changes);
      rows.push({ original: left, whatIf: right, same });
      left += 1;
      right += 1;
    } else if (b !== undefined && !original.slice(left).some((step) => step.eventId === b.eventId)) {
      rows.push({ original: null, whatIf: right, same: false });
      right += 1;
    } else {
      rows.push({ original: left, whatIf: null, same: false });
      left += 1;
    }
  }
  return rows;
}
