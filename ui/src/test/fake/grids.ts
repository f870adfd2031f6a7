// Grids, saved queries and files of the invented platform.
import { PlatformError } from '../../platform/platform';
import type {
  EventBlock,
  EventDensity,
  EventPlace,
  EventQuery,
  EventsOpened,
  EventsProgress,
  ExportReport,
  ExportRequest,
  ImportReport,
  SavedFolderDraft,
  SavedQueries,
  SavedQueryDraft,
} from '../../platform/wire';
import type { FakeBank, FakeEvent } from './bank';
import { BadExpression, compile, NotEvaluable, yes } from './conditions';
import { eventRow } from './state';

/** A search that looks into texts takes so many questions; every other one is over at once. */
const STEPS = 4;

interface Grid {
  query: EventQuery;
  /** Parts of the log that have been looked at, of STEPS. */
  looked: number;
  stopped: boolean;
}

/** Whether a condition holds on an event; a text says why it has no answer. Nothing is known here of states. */
function judge(condition: string, event: FakeEvent): boolean | string {
  const { position, version, type, stream, actor, recordedAt } = event;
  try {
    return yes(
      compile(condition)({ event: { position, version, type, stream, actor, recordedAt }, payload: event.payload }),
    );
  } catch (thrown) {
    if (thrown instanceof NotEvaluable) return thrown.message;
    throw thrown;
  }
}

/** The value at a path with plain fields. */
function valueAt(event: FakeEvent, path: string): string | null {
  const steps = path.replace(/^\$\.?/, '').split('.');
  const metadata = { actor: event.actor, correlationId: event.correlationId };
  const root: unknown = path.startsWith('metadata.') ? { metadata } : event.payload;
  const value = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], root);
  return value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);
}

const refused = (code: string, message: string, hint: string) =>
  new PlatformError({ code, message, hint, retryable: false });

export class FakeGrids {
  private readonly grids = new Map<string, Grid>();
  private next = 1;
  private saved: SavedQueries = { folders: [], queries: [] };

  constructor(private readonly bank: () => FakeBank) {}

  private get events(): FakeEvent[] {
    return this.bank().log.events;
  }

  matching(query: EventQuery): FakeEvent[] {
    const { condition } = query;
    const events = this.filtered(query);
    return condition == null ? events : events.filter((event) => judge(condition, event) === true);
  }

  private filtered(query: EventQuery): FakeEvent[] {
    const any = (list: readonly string[] | undefined, value: string) =>
      list === undefined || list.length === 0 || list.includes(value);
    const at = (event: FakeEvent) => Date.parse(event.recordedAt);
    return this.events.filter(
      (event) =>
        (query.stream == null || event.stream === query.stream) &&
        any(query.streams, event.stream) &&
        (query.about == null || event.stream === query.about) &&
        (query.streamPrefix == null || event.stream.startsWith(query.streamPrefix)) &&
        any(query.categories, event.stream.split('-')[0] ?? '') &&
        any(query.eventTypes, event.type) &&
        (query.correlationId == null || event.correlationId === query.correlationId) &&
        (query.actor == null || event.actor === query.actor) &&
        (query.after == null || BigInt(event.position) > BigInt(query.after)) &&
        (query.through == null || BigInt(event.position) <= BigInt(query.through)) &&
        (query.recordedFrom == null || at(event) >= Date.parse(query.recordedFrom)) &&
        (query.recordedUntil == null || at(event) < Date.parse(query.recordedUntil)) &&
        (query.contains == null || JSON.stringify(event.payload).includes(query.contains)),
    );
  }

  private grid(queryId: string): Grid {
    const grid = this.grids.get(queryId);
    if (grid === undefined)
      throw refused('unknown_query', 'This list of events is not open any more.', 'Open it again.');
    return grid;
  }

  private through(grid: Grid): number {
    return Math.floor((this.events.length * grid.looked) / STEPS);
  }

  private found(grid: Grid): FakeEvent[] {
    const through = this.through(grid);
    return this.matching(grid.query).filter((event) => event.position <= through);
  }

  /** The events that the condition has no answer on, and why. */
  private undecided({ query, ...grid }: Grid): { position: string; problem: string }[] {
    const { condition } = query;
    if (condition == null) return [];
    const through = this.through({ query, ...grid });
    return this.filtered(query).flatMap((event) => {
      const answer = judge(condition, event);
      if (typeof answer !== 'string' || event.position > through) return [];
      return [{ position: String(event.position), problem: answer }];
    });
  }

  private state(grid: Grid): EventsProgress {
    const through = this.through(grid);
    const undecided = this.undecided(grid);
    const head = this.events.length;
    const total = this.found(grid).length;
    return {
      phase: grid.looked === STEPS ? 'complete' : grid.stopped ? 'stopped' : 'scanning',
      total: String(total),
      scanned: String(through),
      of: String(head),
      scannedThrough: String(through),
      head: String(head),
      share: grid.looked / STEPS,
      matchRate: through === 0 ? null : total / through,
      seconds: grid.looked * 0.4,
      undecided: String(undecided.length),
      firstUndecided: undecided[0] ?? null,
      error: null,
    };
  }

  open(query: EventQuery): EventsOpened {
    const { condition } = query;
    try {
      if (condition != null) compile(condition);
    } catch (thrown) {
      if (!(thrown instanceof BadExpression)) throw thrown;
      throw refused('bad_condition', `The condition cannot be read: ${thrown.message}.`, 'Correct it there.');
    }
    const queryId = `q${this.next++}`;
    const searched = query.contains != null || condition != null;
    const grid = { query, looked: searched ? 0 : STEPS, stopped: false };
    this.grids.set(queryId, grid);
    return { queryId, progress: this.state(grid) };
  }

  progress(queryId: string): EventsProgress {
    const grid = this.grid(queryId);
    if (!grid.stopped && grid.looked < STEPS) grid.looked += 1;
    return this.state(grid);
  }

  stop(queryId: string): void {
    this.grid(queryId).stopped = true;
  }

  goOn(queryId: string): void {
    this.grid(queryId).stopped = false;
  }

  close(queryId: string): void {
    this.grids.delete(queryId);
  }

  block(queryId: string, firstRow: string, count: number, columns: readonly string[]): EventBlock {
    const events = this.found(this.grid(queryId));
    const first = Number(firstRow);
    const shown = events.slice(first, first + count);
    const values = columns.length === 0 ? [] : shown.map((event) => columns.map((path) => valueAt(event, path)));
    return { firstRow, events: shown.map(eventRow), values, total: String(events.length) };
  }

  private place(
    queryId: string,
    reached: (event: FakeEvent) => boolean,
    exact: (event: FakeEvent) => boolean,
  ): EventPlace {
    const grid = this.grid(queryId);
    const events = this.found(grid);
    const row = events.findIndex(reached);
    const event = events[row];
    return {
      row: event === undefined ? null : String(row),
      position: event === undefined ? null : String(event.position),
      exact: event !== undefined && exact(event),
      settled: event !== undefined || grid.looked === STEPS,
      lookedAt: '0',
    };
  }

  rowOfPosition(queryId: string, position: string): EventPlace {
    const wanted = BigInt(position);
    const at = (event: FakeEvent) => BigInt(event.position);
    return this.place(
      queryId,
      (event) => at(event) >= wanted,
      (event) => at(event) === wanted,
    );
  }

  rowAtTime(queryId: string, time: string): EventPlace {
    const wanted = Date.parse(time);
    const at = (event: FakeEvent) => Date.parse(event.recordedAt);
    return this.place(
      queryId,
      (event) => at(event) >= wanted,
      (event) => at(event) === wanted,
    );
  }

  density(queryId: string, from: string | null, until: string | null, bins: number): EventDensity {
    const grid = this.grid(queryId);
    const found = this.found(grid);
    const times = found.map((event) => Date.parse(event.recordedAt));
    const complete = grid.looked === STEPS;
    const first = from === null ? times[0] : Date.parse(from);
    const last = until === null ? (times.at(-1) ?? 0) + 1 : Date.parse(until);
    if (first === undefined || first >= last)
      return {
        from: null,
        until: null,
        bins: [],
        total: '0',
        most: '0',
        complete,
        byCategory: { state: 'counted', categories: [] },
      };
    const begin = (bin: number) => first + ((last - first) * bin) / bins;
    const counted = (among: readonly number[]) =>
      Array.from(
        { length: bins },
        (_, bin) => among.filter((time) => time >= begin(bin) && time < begin(bin + 1)).length,
      );
    const counts = counted(times);
    const byName = new Map<string, FakeEvent[]>();
    for (const event of found) {
      const name = event.stream.split('-')[0] ?? '';
      byName.set(name, [...(byName.get(name) ?? []), event]);
    }
    const largest = [...byName].sort(([, a], [, b]) => b.length - a.length);
    const part = (category: string | null, events: readonly FakeEvent[]) => {
      const of = counted(events.map((event) => Date.parse(event.recordedAt)));
      return { category, events: of.map(String), total: String(of.reduce((sum, count) => sum + count, 0)) };
    };
    const categories = largest.slice(0, 6).map(([category, events]) => part(category, events));
    const others = largest.slice(6).flatMap(([, events]) => events);
    if (others.length > 0) categories.push(part(null, others));
    return {
      from: new Date(first).toISOString(),
      until: new Date(last).toISOString(),
      bins: counts.map((count, bin) => ({ from: new Date(begin(bin)).toISOString(), events: String(count) })),
      total: String(counts.reduce((sum, count) => sum + count, 0)),
      most: String(Math.max(...counts)),
      complete,
      byCategory: complete ? { state: 'counted', categories } : { state: 'counting' },
    };
  }

  queries(): SavedQueries {
    return structuredClone(this.saved);
  }

  saveQuery({ id, name, folder, query }: SavedQueryDraft): SavedQueries {
    const taken = this.saved.queries.some(
      (kept) => kept.folder === folder && kept.name === name.trim() && kept.id !== id,
    );
    if (taken)
      throw refused('name_taken', `There is something named "${name}" in this folder already.`, 'Choose another name.');
    const kept = { id: id ?? crypto.randomUUID(), name: name.trim(), folder, query, problem: null };
    const others = this.saved.queries.filter((other) => other.id !== kept.id);
    this.saved.queries = [...others, kept].sort((a, b) => a.name.localeCompare(b.name));
    return this.queries();
  }

  saveFolder({ id, name, parent }: SavedFolderDraft): SavedQueries {
    const kept = { id: id ?? crypto.randomUUID(), name: name.trim(), parent };
    this.saved.folders = [...this.saved.folders.filter((other) => other.id !== kept.id), kept];
    return this.queries();
  }

  removeSaved(id: string): SavedQueries {
    const gone = new Set([id]);
    for (const folder of this.saved.folders) if (folder.parent !== null && gone.has(folder.parent)) gone.add(folder.id);
    this.saved.folders = this.saved.folders.filter((folder) => !gone.has(folder.id));
    this.saved.queries = this.saved.queries.filter(
      (query) => !gone.has(query.id) && (query.folder === null || !gone.has(query.folder)),
    );
    return this.queries();
  }

  exported({ query, format, path }: ExportRequest): ExportReport {
    const events = this.matching(query).length;
    return {
      path: path ?? `/home/ada/events.${format}`,
      events: String(events),
      bytes: String(events * 612),
      sha256: '5f1c'.repeat(16),
      through: String(this.events.length),
      partialStreams: '0',
      undecided: '0',
    };
  }

  imported(path: string | null): ImportReport {
    const events = String(this.events.length);
    return {
      path: path ?? '/home/ada/events.ndjson',
      events,
      already: events,
      imported: '0',
      equal: true,
      identical: true,
      notes: [],
      differences: [],
      cancelled: false,
    };
  }
}
