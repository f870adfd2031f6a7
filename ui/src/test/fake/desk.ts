// The command desk of the invented bank: what does not fit a schema, what was issued, and two actors on one version.
import { PlatformError } from '../../platform/platform';
import type {
  CommandHistoryEntry,
  CommandHistoryPage,
  CommandHistoryQuery,
  CommandRequest,
  CommandResult,
  DryRun,
  EventRow,
  StateView,
  TheatreActor,
  TheatreMove,
  TheatreRequest,
  TheatreStage,
  TheatreTurn,
  Violation,
} from '../../platform/wire';
import catalogue from './commands.json';

type Schema = {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  items?: Schema;
  minItems?: number;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  format?: string;
  personal?: boolean;
};

const schemaOf = (commandType: string): Schema | undefined =>
  catalogue.find((command) => command.commandType === commandType)?.schema as Schema | undefined;

/** The part of JSON Schema that commands use, checked as Rust does it. */
function faults(schema: Schema, value: unknown, path: string): Violation[] {
  if (schema.type === 'object') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ path, message: 'is no object' }];
    const fields = value as Record<string, unknown>;
    const missing = (schema.required ?? []).filter((name) => !(name in fields));
    return [
      ...missing.map((name) => ({ path: `${path}/${name}`, message: 'is missing' })),
      ...Object.entries(fields).flatMap(([name, field]) => {
        const property = schema.properties?.[name];
        return property === undefined
          ? [{ path: `${path}/${name}`, message: 'is not a field of this command' }]
          : faults(property, field, `${path}/${name}`);
      }),
    ];
  }
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [{ path, message: 'is no list' }];
    if (value.length < (schema.minItems ?? 0)) return [{ path, message: `needs ${schema.minItems} items` }];
    return value.flatMap((item, index) => faults(schema.items ?? {}, item, `${path}/${index}`));
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return [{ path, message: `${JSON.stringify(value)} is not one of ${schema.enum.join(', ')}` }];
  }
  if (schema.type === 'string') {
    if (typeof value !== 'string') return [{ path, message: 'is no text' }];
    if (schema.format === 'date' && !/^\d{4}-\d\d-\d\d$/.test(value)) {
      return [{ path, message: `"${value}" is not a date (YYYY-MM-DD)` }];
    }
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
      return [{ path, message: `"${value}" does not match ${schema.pattern}` }];
    }
    if (value.length < (schema.minLength ?? 0)) return [{ path, message: 'is too short' }];
    if (value.length > (schema.maxLength ?? value.length)) return [{ path, message: 'is too long' }];
  }
  return [];
}

export function violations(commandType: string, payload: string): Violation[] {
  const schema = schemaOf(commandType);
  if (schema === undefined) return [{ path: '', message: `There is no command ${commandType}.` }];
  try {
    return faults(schema, JSON.parse(payload), '');
  } catch {
    return [{ path: '', message: 'The payload is not JSON.' }];
  }
}

interface Bank {
  dryRun: (request: CommandRequest) => DryRun;
  execute: (request: CommandRequest) => CommandResult;
  version: (stream: string) => number;
  events: (stream: string, after: number) => EventRow[];
  state: (stream: string, version: number, comparedWith: number) => StateView;
  now: () => string;
}

interface Stage extends TheatreRequest {
  view: TheatreStage;
  /** Versions that were rehearsed. */
  rehearsed: EventRow[];
  /** What a rehearsal has taken from the account, in minor units. */
  taken: bigint;
}

const amountOf = (request: CommandRequest): bigint =>
  BigInt((JSON.parse(request.payload) as { amount?: { minor: string } }).amount?.minor ?? '0');

export class FakeDesk {
  readonly history: CommandHistoryEntry[] = [];
  private stage: Stage | null = null;
  private attempts = 0;

  constructor(private readonly bank: Bank) {}

  /** Keeps what came of a command, as Rust does it: without what is personal. */
  record(request: CommandRequest, result: CommandResult): void {
    const personal = Object.entries(schemaOf(request.commandType)?.properties ?? {}).filter(([, one]) => one.personal);
    const payload = JSON.parse(request.payload) as Record<string, unknown>;
    const withheld = personal.map(([name]) => name).filter((name) => name in payload);
    for (const name of withheld) delete payload[name];
    const refused = result.outcome === 'executed' ? result.refused : null;
    this.attempts += 1;
    this.history.unshift({
      attempt: `attempt-${this.attempts}`,
      commandId: request.commandId,
      commandType: request.commandType,
      sentAt: this.bank.now(),
      actor: request.actor,
      origin: 'window',
      reason: request.reason,
      expectedVersion: request.expectedVersion,
      payload: withheld.length === 0 ? request.payload : JSON.stringify(payload),
      withheld,
      outcome: result.outcome,
      stream: 'stream' in result ? result.stream : null,
      events: 'events' in result ? result.events.length : null,
      position: 'events' in result ? (result.events[0]?.position ?? null) : null,
      code: 'code' in result ? result.code : (refused?.code ?? null),
      message:
        result.outcome === 'rejected' || result.outcome === 'unavailable' ? result.message : (refused?.message ?? null),
      details:
        result.outcome === 'rejected'
          ? result.details
          : result.outcome === 'conflict'
            ? [
                { name: 'expected', value: result.expected },
                { name: 'actual', value: result.actual },
              ]
            : [],
    });
  }

  page({ text, outcomes, offset, limit }: CommandHistoryQuery): CommandHistoryPage {
    const wanted = text?.toLowerCase() ?? '';
    const found = this.history.filter(
      (entry) =>
        (outcomes.length === 0 || outcomes.includes(entry.outcome)) &&
        JSON.stringify(entry).toLowerCase().includes(wanted),
    );
    return { entries: found.slice(offset, offset + limit), total: found.length, keptAtMost: 1000 };
  }

  /** Forgets an attempt and what is older. */
  clear(through: string): number {
    const at = this.history.findIndex((entry) => entry.attempt === through);
    return this.history.splice(at, at < 0 ? 0 : this.history.length - at).length;
  }

  open(request: TheatreRequest): TheatreStage {
    const [first, second] = [this.bank.dryRun(request.first), this.bank.dryRun(request.second)];
    const [stream, other] = [streamOf(request.first), streamOf(request.second)];
    if (stream !== other) {
      throw new PlatformError({
        code: 'different_streams',
        message: `The first command is about ${stream}, the second one about ${other}: they cannot meet.`,
        hint: 'Let both be about the same one, for example the same account.',
        retryable: false,
      });
    }
    const version = String(this.bank.version(stream));
    const view = { id: crypto.randomUUID(), stream, version, rehearsal: request.rehearsal, first, second };
    this.stage = { ...request, view, rehearsed: [], taken: 0n };
    return view;
  }

  close(id: string): void {
    if (this.stage?.view.id === id) this.stage = null;
  }

  play(id: string, actor: TheatreActor, what: TheatreMove, rehearsal: boolean): TheatreTurn {
    const stage = this.stage;
    if (stage === null || stage.view.id !== id || stage.rehearsal !== rehearsal) {
      throw new PlatformError({ code: 'not_found', message: 'There is no stage.', hint: '', retryable: false });
    }
    const { stream } = stage.view;
    const seen = Number(stage.view.version);
    const present = rehearsal ? seen + stage.rehearsed.length : this.bank.version(stream);
    if (what === 'append' && present !== seen) {
      const result: CommandResult = {
        outcome: 'conflict',
        stream,
        expected: String(seen),
        actual: String(present),
        attempts: 1,
      };
      if (!rehearsal) this.record(stage[actor], result);
      const events = rehearsal ? stage.rehearsed : this.bank.events(stream, seen);
      const state = this.bank.state(stream, rehearsal ? seen : present, Math.max(0, seen - 1));
      return { decision: null, result, between: { events, count: String(present - seen), state } };
    }
    const asked = stage[actor];
    const decision = this.bank.dryRun(withMore(asked, stage.taken));
    const told = what === 'retry' ? decision : null;
    if (decision.outcome === 'rejected') return { decision: told, result: decision, between: null };
    if (!rehearsal) {
      const result = this.bank.execute(asked);
      this.record(asked, result);
      return { decision: told, result, between: null };
    }
    const event: EventRow = {
      position: String(9_000_000 + stage.rehearsed.length),
      stream,
      version: String(present + 1),
      eventType: decision.outcome === 'accepted' ? (decision.events[0]?.eventType ?? '') : '',
      schemaVersion: 2,
      recordedAt: this.bank.now(),
      actor: asked.actor,
      sentence: `${asked.actor} rehearsed it`,
      problem: null,
      correlationId: asked.commandId,
    };
    stage.rehearsed.push(event);
    stage.taken += asked.commandType === 'Withdraw' ? amountOf(asked) : 0n;
    const result: CommandResult = {
      outcome: 'executed',
      stream,
      events: [event],
      position: event.position,
      refused: null,
    };
    return { decision: told, result, between: null };
  }
}

/** The stream that a command is decided on: that of its category, by the id that it names. */
export function streamOf({ commandType, payload }: Pick<CommandRequest, 'commandType' | 'payload'>): string {
  const category = catalogue.find((one) => one.commandType === commandType)?.category ?? 'account';
  const data = JSON.parse(payload) as Record<string, unknown>;
  return `${category}-${String(data[category === 'ledger' ? 'ledger' : `${category}Id`] ?? '')}`;
}

/** The same request on an account from which so much was taken already. */
function withMore(request: CommandRequest, taken: bigint): CommandRequest {
  if (request.commandType !== 'Withdraw' || taken === 0n) return request;
  const payload = JSON.parse(request.payload) as { amount: { minor: string } };
  payload.amount.minor = String(BigInt(payload.amount.minor) + taken);
  return { ...request, payload: JSON.stringify(payload) };
}
