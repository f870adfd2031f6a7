import { type OnProgress, PlatformError } from '../../platform/platform';
import type {
  Bisected,
  BisectSearch,
  Blame,
  ExpressionAbout,
  ExpressionCheck,
  FieldHistory,
  FieldValue,
  JsonNode,
  LaneEntry,
  LaneOrder,
  LanePage,
  LanePlace,
  Watched,
  WatchPoint,
  WatchTally,
} from '../../platform/wire';
import { type FakeBank, type FakeEvent, type Json, moneyText } from './bank';
import { BadExpression, compile, type FakeValue, NotEvaluable, textOf, yes } from './conditions';
import { eventRow, foldFake, foldProblem, treeOf } from './state';

/** Reports that something is under way; answers whether it was not cancelled. */
type Pace = (taskId: string, total: number, phase: string, onProgress: OnProgress) => Promise<boolean>;

/** Questions about the history of invented streams. */
export class FakeHistory {
  constructor(
    private readonly bank: () => FakeBank,
    private readonly pace: Pace,
  ) {}

  private events(stream: string): readonly FakeEvent[] {
    const events = this.bank().log.byStream.get(stream);
    if (events === undefined) {
      throw failure('unknown_stream', `There is no stream ${stream}.`, 'Choose one from the list of streams.');
    }
    return events;
  }

  private async paced(taskId: string, total: number, phase: string, onProgress: OnProgress): Promise<void> {
    if (await this.pace(taskId, total, phase, onProgress)) return;
    throw failure('cancelled', 'It was stopped.', 'Start it again if you still need it.');
  }

  /** The events that can be folded, and why there are no more. */
  private sound(stream: string, until: number): { events: readonly FakeEvent[]; problem: string | null } {
    const all = this.events(stream).slice(0, until);
    const broken = all.findIndex((event) => event.broken !== undefined);
    return { events: broken < 0 ? all : all.slice(0, broken), problem: foldProblem(all) };
  }

  check(text: string, about: ExpressionAbout): ExpressionCheck {
    try {
      compile(text);
      return { problem: null, needsState: about === 'state' || /\bstate\b/.test(text) };
    } catch (thrown) {
      if (thrown instanceof BadExpression) return { problem: thrown.problem, needsState: false };
      throw thrown;
    }
  }

  async blame(stream: string, version: string, taskId: string, onProgress: OnProgress): Promise<Blame> {
    const { events, problem } = this.sound(stream, Number(version));
    await this.paced(taskId, events.length, 'Folding', onProgress);
    const set = new Map<string, number>();
    let before: Json = foldFake(events, 0);
    for (let at = 1; at <= events.length; at += 1) {
      const after = foldFake(events, at);
      for (const node of treeOf(after, before)) {
        if (node.change === 'removed') set.delete(node.path);
        else if (node.change !== 'same') set.set(node.path, at);
      }
      before = after;
    }
    const paths = treeOf(before).map(({ path }) => ({ path, version: String(set.get(path) ?? 0) }));
    const named = new Set(paths.map((path) => path.version));
    return {
      stream,
      version,
      lastVersion: String(this.events(stream).length),
      beginsAt: '1',
      paths,
      leftOut: 0,
      events: events.filter((event) => named.has(String(event.version))).map(eventRow),
      problem,
    };
  }

  async fieldHistory(
    stream: string,
    path: string,
    version: string,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<FieldHistory> {
    const { events, problem } = this.sound(stream, Number(version));
    await this.paced(taskId, events.length, 'Folding', onProgress);
    if (valueAt(foldFake(events, events.length), path) === null) {
      throw failure('no_such_field', `The state has nothing at ${path}.`, 'Choose a field of the tree.');
    }
    const changes = events.flatMap((event, index) => {
      const [before, after] = [valueAt(foldFake(events, index), path), valueAt(foldFake(events, index + 1), path)];
      return before?.text === after?.text ? [] : [{ event: eventRow(event), before, after }];
    });
    return { stream, version, path, followed: path, changes, leftOut: '0', problem };
  }

  private evaluated(stream: string, text: string, until: string | null) {
    const last = until === null ? this.events(stream).length : Number(until);
    const { events, problem } = this.sound(stream, last);
    let expression: ReturnType<typeof compile>;
    try {
      expression = compile(text);
    } catch (thrown) {
      if (!(thrown instanceof BadExpression)) throw thrown;
      throw failure('bad_expression', thrown.message, 'Correct it at that place.');
    }
    const at = (index: number): FakeValue | NotEvaluable => {
      const event = events[index] as FakeEvent;
      const state = foldFake(events, index + 1) as Record<string, Json>;
      const about = { type: event.type, version: event.version, actor: event.actor, stream: event.stream };
      try {
        return expression({ ...state, state, payload: event.payload, event: about });
      } catch (thrown) {
        if (thrown instanceof NotEvaluable) return thrown;
        throw thrown;
      }
    };
    return { events, problem, last, at };
  }

  async watch(
    stream: string,
    text: string,
    until: string | null,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<Watched> {
    const { events, problem, last, at } = this.evaluated(stream, text, until);
    await this.paced(taskId, events.length, 'Folding', onProgress);
    const points: WatchPoint[] = [];
    const hits: Watched['hits'] = [];
    const tally: WatchTally = { evaluated: '0', matched: '0', notEvaluable: '0', firstNotEvaluable: null };
    let open = false;
    events.forEach((event, index) => {
      const value = at(index);
      count(tally, event, value, false);
      const hit = !(value instanceof NotEvaluable) && 'json' in value && value.json === true;
      if (!(value instanceof NotEvaluable)) points.push(pointOf(event, value));
      const run = hits.at(-1);
      if (hit && open && run !== undefined) run.until = String(event.version);
      else if (hit) hits.push({ from: pointOf(event, { json: true }), until: String(event.version) });
      open = hit;
    });
    const ordered = points.filter((point) => point.number !== null);
    const extreme = (beyond: (a: bigint, b: bigint) => boolean) =>
      ordered.reduce<WatchPoint | null>(
        (kept, point) => (kept === null || beyond(BigInt(point.number ?? 0), BigInt(kept.number ?? 0)) ? point : kept),
        null,
      );
    return {
      stream,
      until: String(last),
      points,
      thinned: false,
      lowest: extreme((a, b) => a < b),
      highest: extreme((a, b) => a > b),
      hits,
      hitsLeftOut: '0',
      tally,
      problem,
    };
  }

  async bisect(
    stream: string,
    text: string,
    search: BisectSearch,
    until: string | null,
    taskId: string,
    onProgress: OnProgress,
  ): Promise<Bisected> {
    const { events, problem, last, at } = this.evaluated(stream, text, until);
    await this.paced(taskId, events.length, 'Folding', onProgress);
    const tally: WatchTally = { evaluated: '0', matched: '0', notEvaluable: '0', firstNotEvaluable: null };
    const holds = (index: number) => count(tally, events[index] as FakeEvent, at(index), true);
    let first = -1;
    if (search === 'everyVersion') {
      for (let index = 0; index < events.length && first < 0; index += 1) if (holds(index)) first = index;
    } else if (events.length > 0 && holds(events.length - 1)) {
      let [low, high] = [0, events.length - 1];
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (holds(middle)) high = middle;
        else low = middle + 1;
      }
      first = high;
    }
    const event = events[first];
    return { stream, search, first: event === undefined ? null : eventRow(event), until: String(last), tally, problem };
  }

  async lanes(
    streams: readonly string[],
    order: LaneOrder,
    after: LanePlace | null,
    limit: number,
    taskId: string,
    onProgress: OnProgress,
    at: string | null = null,
  ): Promise<LanePage> {
    const then = (event: FakeEvent) => at === null || BigInt(event.position) <= BigInt(at);
    const of = streams.map((stream) => this.events(stream).filter(then));
    await this.paced(taskId, limit, 'Reading events', onProgress);
    const day = (event: FakeEvent) => valueDate(event) ?? event.recordedAt.slice(0, 10);
    const key = (one: { day: string | null; position: string }) =>
      `${order === 'valueDate' ? one.day : ''} ${one.position.padStart(20, '0')}`;
    const place = (event: FakeEvent): LanePlace => ({
      day: order === 'valueDate' ? day(event) : null,
      position: String(event.position),
    });
    const merged = of
      .flatMap((events, lane) => events.map((event) => ({ lane, event, place: place(event) })))
      .sort((a, b) => (key(a.place) < key(b.place) ? -1 : 1))
      .filter((one) => after === null || key(one.place) > key(after));
    const page = merged.slice(0, limit);
    return {
      lanes: streams.map((stream, lane) => ({ stream, version: String(of[lane]?.length ?? 0), beginsAt: '1' })),
      entries: page.map(
        ({ lane, event }): LaneEntry => ({ lane, event: eventRow(event), valueDate: valueDate(event) }),
      ),
      next: page.length < merged.length ? (page.at(-1)?.place ?? null) : null,
    };
  }
}

function failure(code: string, message: string, hint: string): PlatformError {
  return new PlatformError({ code, message, hint, retryable: false });
}

function valueDate(event: FakeEvent): string | null {
  return typeof event.payload.valueDate === 'string' ? event.payload.valueDate : null;
}

/** Counts an evaluation and says whether the condition holds. */
function count(tally: WatchTally, event: FakeEvent, value: FakeValue | NotEvaluable, condition: boolean): boolean {
  let problem = value instanceof NotEvaluable ? value : null;
  let holds = false;
  try {
    if (!(value instanceof NotEvaluable) && (condition || ('json' in value && typeof value.json === 'boolean'))) {
      holds = yes(value);
    }
  } catch (thrown) {
    if (thrown instanceof NotEvaluable) problem = thrown;
  }
  tally.evaluated = String(BigInt(tally.evaluated) + 1n);
  if (holds) tally.matched = String(BigInt(tally.matched) + 1n);
  if (problem !== null) {
    tally.notEvaluable = String(BigInt(tally.notEvaluable) + 1n);
    tally.firstNotEvaluable ??= { position: String(event.position), message: problem.message };
  }
  return holds;
}

function pointOf(event: FakeEvent, value: FakeValue): WatchPoint {
  const about = {
    version: String(event.version),
    position: String(event.position),
    recordedAt: event.recordedAt,
    value: textOf(value),
  };
  if ('money' in value) {
    const display = `${moneyText(value.money)} ${value.currency}`;
    return {
      ...about,
      kind: 'money',
      value: `${value.money} ${value.currency}`,
      display,
      number: String(value.money),
    };
  }
  if ('whole' in value) return { ...about, kind: 'number', display: null, number: String(value.whole) };
  if (typeof value.json === 'boolean') {
    return { ...about, kind: 'boolean', display: null, number: value.json ? '1' : '0' };
  }
  const kind = value.json === null ? 'null' : typeof value.json === 'string' ? 'text' : 'json';
  return { ...about, kind, display: null, number: null };
}

function valueAt(state: Json, path: string): FieldValue | null {
  const node: JsonNode | undefined = treeOf(state).find((one) => one.path === path);
  if (node === undefined) return null;
  const inner = path
    .split('/')
    .slice(1)
    .reduce<Json>((at, key) => (at as Record<string, Json>)[key] as Json, state);
  return { kind: node.kind, text: node.text ?? JSON.stringify(inner), display: node.display };
}
