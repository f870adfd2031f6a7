// The platform of tests and of looks at the UI in a browser. It is never part of the application.
import { type OnProgress, type Platform, PlatformError } from '../../platform/platform';
import type {
  AccountRow,
  AppError,
  CommandInfo,
  CommandResult,
  DryRun,
  RebuildOptions,
  RebuildReport,
  RefusedLater,
  StoreCapabilities,
  StoreStatus,
} from '../../platform/wire';
import { FakeBank, type FakeEvent, inventBank, moneyText } from './bank';
import { causeGraph } from './causes';
import catalogue from './commands.json';
import { FakeConnections } from './connections';
import { FakeDesk, streamOf, violations } from './desk';
import { FakeGrids } from './grids';
import { FakeHistory } from './history';
import { causesOf, eventIdOf, FakeLinks } from './links';
import { FakeLists, moneyView } from './lists';
import { FakeMaintenance } from './maintenance';
import { FakeNotebooks } from './notebooks';
import { AT_ARGUMENT, bankAt, clockView, flights, modelAt } from './past';
import { FakeProcesses } from './processes';
import { FakeProjections } from './projections';
import { FakeServers } from './servers';
import { FakeStage } from './stage';
import { eventRow, stateView, treeOf } from './state';
import { transferStory } from './story';
import { trialBalance } from './trialBalance';
import { FakeWhatIf } from './whatIf';

const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Calls that change something in a store. */
const WRITES = new Set([
  'execute',
  'theatreWrite',
  'retryStuck',
  'decideInstance',
  'skipEvent',
  'deleteSnapshots',
  'applyRetention',
]);

export interface FakeOptions {
  seed?: number;
  events?: number;
  readOnly?: boolean;
  capabilities?: Partial<StoreCapabilities>;
  /** Why passwords have to be typed each time. */
  noKeyring?: string;
  /** Milliseconds that every answer takes. */
  latency?: number;
  /** Commands of the platform that fail, and how. */
  failures?: Partial<Record<keyof Platform, AppError>>;
}

export class FakePlatform {
  bank: FakeBank;
  /** The rule that refuses every transfer after its command was accepted. */
  refusedLater: RefusedLater | null = null;
  /** When it has been told the window's language. */
  languageSet: Promise<void> = Promise.resolve();
  readonly calls: { name: string; args: unknown[] }[] = [];
  private readonly heads = new Set<(head: string) => void>();
  private readonly grids = new FakeGrids(() => this.bank);
  private readonly cancelled = new Set<string>();
  private readonly projections = new FakeProjections();
  readonly connections = new FakeConnections();
  readonly links = new FakeLinks(() => this.connections);
  readonly servers = new FakeServers(
    () => this.bank,
    this.connections,
    (taskId, total, phase, onProgress) => this.progress(taskId, total, phase, onProgress),
  );
  readonly processes = new FakeProcesses(() => this.bank);
  readonly desk = new FakeDesk({
    dryRun: (request) => this.answers().dryRun(request) as DryRun,
    execute: ({ commandType, payload, commandId }) => this.command(commandType, payload, commandId),
    version: (stream) => this.bank.log.byStream.get(stream)?.length ?? 0,
    events: (stream, after) => (this.bank.log.byStream.get(stream) ?? []).slice(after).map(eventRow),
    state: (stream, version, comparedWith) => stateView(this.bank, stream, version, comparedWith),
    now: () => new Date(1_900_000_000_000).toISOString(),
  });
  private readonly history = new FakeHistory(
    () => this.bank,
    (taskId, total, phase, onProgress) => this.progress(taskId, total, phase, onProgress),
  );
  readonly whatIf = new FakeWhatIf(
    () => this.bank,
    (taskId, total, phase, onProgress) => this.progress(taskId, total, phase, onProgress),
  );
  readonly notebooks = new FakeNotebooks(
    () => this.bank,
    (taskId, total, phase, onProgress) => this.progress(taskId, total, phase, onProgress),
  );
  /** The bank that was open before a scene took its place. */
  private offStage: FakeBank | null = null;
  readonly stage = new FakeStage({
    head: () => this.head,
    raise: () => {
      this.offStage ??= this.bank;
      this.bank = inventBank(this.options.seed ?? 7, this.options.events ?? 600);
      this.runs += 1;
    },
    leave: () => {
      this.bank = this.offStage ?? this.bank;
      this.offStage = null;
    },
    append: () => {
      const events = this.bank.cash('100234', -100n, Date.now());
      this.announce();
      return events.map(eventRow);
    },
  });
  /** How often a scene has begun: each time on files of its own. */
  private runs = 0;
  private readonly maintenance = new FakeMaintenance(() => this.bank);
  private readonly lists = new FakeLists(
    () => this.bank,
    (id) => this.accountRow(id),
  );
  private readonly done = new Map<string, CommandResult>();
  /** How many commands the store does not answer from now on. */
  unanswered = 0;
  failures: Partial<Record<keyof Platform, AppError>>;

  constructor(private readonly options: FakeOptions = {}) {
    const size = options.events ?? 600;
    this.bank = size === 0 ? new FakeBank(options.seed ?? 7) : inventBank(options.seed ?? 7, size);
    this.failures = options.failures ?? {};
    this.connections.noKeyring = options.noKeyring ?? null;
  }

  /** A platform whose every call is recorded, delayed and, if told so, fails. */
  platform(): Platform {
    const answers = this.answers();
    const wrapped: Record<string, unknown> = {};
    for (const [name, answer] of Object.entries(answers)) {
      wrapped[name] = async (...args: unknown[]) => {
        this.calls.push({ name, args });
        if (this.options.latency !== undefined) await sleep(this.options.latency);
        const failure = this.failures[name as keyof Platform];
        if (failure !== undefined) throw new PlatformError(failure);
        if (WRITES.has(name)) this.connections.guard(name);
        const at = args[AT_ARGUMENT[name] ?? args.length];
        const then = typeof at === 'string' ? this.at(Number(at)).answers()[name as keyof Platform] : answer;
        return await (then as (...args: unknown[]) => unknown)(...args);
      };
    }
    return wrapped as unknown as Platform;
  }

  /** The same platform when its log ended at a position. */
  private at(position: number): FakePlatform {
    const past = new FakePlatform({ ...this.options, events: 0 });
    past.bank = bankAt(this.bank, position);
    return past;
  }

  get head(): number {
    return this.bank.log.events.length;
  }

  announce(): void {
    for (const listener of this.heads) listener(String(this.head));
  }

  private status(): StoreStatus {
    return {
      kind: 'sqlite',
      location:
        this.offStage !== null
          ? `/home/anna/.local/share/ledgerscope/stage/run-${this.runs}/stage.ledgerscope`
          : (this.connections.open?.location ?? '/home/anna/.local/share/ledgerscope/bank.ledger'),
      link: this.links.name(),
      ...this.connections.status(this.options.readOnly ?? false),
      capabilities: {
        densePositions: true,
        multiStreamAppend: true,
        hashChain: true,
        import: true,
        retention: true,
        ...this.options.capabilities,
      },
      head: String(this.head),
      lastRecordedAt: this.bank.log.events.at(-1)?.recordedAt ?? null,
    };
  }

  private async progress(taskId: string, total: number, phase: string, onProgress: OnProgress): Promise<boolean> {
    for (let step = 1; step <= 10; step += 1) {
      if (this.cancelled.has(taskId)) return false;
      onProgress({
        phase,
        done: String(Math.floor((total * step) / 10)),
        total: String(total),
        rate: 41_200,
        etaSeconds: (10 - step) * 0.3,
        finished: step === 10,
      });
      await sleep(this.options.latency === undefined ? 0 : 250);
    }
    return true;
  }

  private build(
    name: string,
    options: RebuildOptions,
    kind: 'rebuild' | 'reset',
    taskId: string,
    onProgress: OnProgress,
  ): Promise<RebuildReport> {
    return this.projections.rebuild(name, taskId, this.head, options, kind, (show) =>
      this.progress(taskId, this.head, `Rebuilding ${name}`, (progress) => {
        show(progress);
        onProgress(progress);
      }),
    );
  }

  private event(position: string): FakeEvent {
    const event = this.bank.log.events[Number(position) - 1];
    if (event === undefined) {
      throw new PlatformError({
        code: 'no_such_event',
        message: `There is no event at position ${position}.`,
        hint: `The last position is ${this.head}.`,
        retryable: false,
      });
    }
    return event;
  }

  private accountRow(id: string): AccountRow {
    const account = this.bank.account(id);
    return {
      accountId: id,
      stream: `account-${id}`,
      customerId: account.customer,
      customerName: account.name,
      product: account.product,
      status: account.status,
      balance: moneyView(account.balance, account.currency),
      held: moneyView(account.held, account.currency),
      available: moneyView(account.balance - account.held + account.overdraft, account.currency),
    };
  }

  private command(commandType: string, payload: string, commandId: string): CommandResult {
    if (this.unanswered > 0) {
      this.unanswered -= 1;
      return {
        outcome: 'unavailable',
        code: 'store_locked',
        message: 'Another program holds the store’s lock.',
        hint: 'Close it, or wait a moment.',
        outcomeUnknown: true,
        retryable: true,
      };
    }
    const known = this.done.get(commandId);
    if (known !== undefined && known.outcome === 'executed') return { ...known, outcome: 'alreadyDone' };
    const data = JSON.parse(payload) as Record<string, unknown>;
    const amount = data.amount as { minor: string; currency: string } | undefined;
    if (commandType === 'RequestTransfer' && amount !== undefined) {
      const source = String(data.source);
      const account = this.bank.accounts.get(source);
      if (account === undefined) {
        return {
          outcome: 'rejected',
          code: 'unknown_account',
          message: `There is no account ${source}.`,
          details: [{ name: 'account', value: source }],
        };
      }
      const events = this.bank.transfer(
        source,
        String(data.target),
        BigInt(amount.minor),
        String(data.reference ?? ''),
        Date.now(),
      );
      const result: CommandResult = {
        outcome: 'executed',
        stream: events[0]?.stream ?? '',
        events: events.slice(0, 1).map(eventRow),
        position: String(events[0]?.position ?? 0),
        refused: commandType === 'RequestTransfer' ? this.refusedLater : null,
      };
      this.done.set(commandId, result);
      this.announce();
      return result;
    }
    if (commandType === 'Withdraw' && amount !== undefined) {
      const account = this.bank.account(String(data.accountId));
      const available = account.balance + account.overdraft - account.held;
      if (available < BigInt(amount.minor)) {
        return {
          outcome: 'rejected',
          code: 'insufficient_funds',
          message: `Account ${account.id} has ${moneyText(available)} ${account.currency} available; ${moneyText(BigInt(amount.minor))} ${amount.currency} were asked for.`,
          details: [
            { name: 'available', value: `${moneyText(available)} ${account.currency}` },
            { name: 'requested', value: `${moneyText(BigInt(amount.minor))} ${amount.currency}` },
          ],
        };
      }
    }
    if ((commandType === 'Deposit' || commandType === 'Withdraw') && amount !== undefined) {
      const minor = BigInt(amount.minor);
      const events = this.bank.cash(String(data.accountId), commandType === 'Deposit' ? minor : -minor, Date.now());
      this.announce();
      return {
        outcome: 'executed',
        stream: events[0]?.stream ?? '',
        events: events.map(eventRow),
        position: String(events[0]?.position ?? 0),
        refused: null,
      };
    }
    return {
      outcome: 'invalid',
      code: 'bad_shape',
      message: 'The payload does not fit the schema of the command.',
      violations: [{ path: '/accountId', message: 'is missing' }],
    };
  }

  private answers(): {
    [K in keyof Platform]: (
      ...args: Parameters<Platform[K]>
    ) => Awaited<ReturnType<Platform[K]>> | ReturnType<Platform[K]>;
  } {
    const page = <T>(rows: readonly T[], offset: number, limit: number) => rows.slice(offset, offset + limit);
    return {
      appInfo: () => ({
        version: '0.1.0',
        store: this.status(),
        openError: null,
        opening: null,
        openingConnection: null,
      }),
      // The invented bank speaks English only; what is asked of it is kept, as every call is.
      setLanguage: () => this.languageSet,
      connections: () => this.connections.list(),
      parseConnection: (text) => this.connections.parse(text),
      saveConnection: (draft) => this.connections.save(draft),
      removeConnection: (id) => this.connections.remove(id),
      openConnection: (id, passwords, create) => {
        this.connections.enter(id, passwords, create);
        return this.status();
      },
      testConnection: (draft, _taskId, _onProgress, onStep) => this.connections.test(draft, onStep),
      confirmProduction: (command, name) => this.connections.confirm(command, name),
      openStore: () => {
        this.connections.open = null;
        return this.status();
      },
      examineCopy: (request) => this.servers.examine(request),
      copyStore: (request, taskId, onProgress) => this.servers.copyStore(request, taskId, onProgress),
      compareCopy: (request) => this.servers.compare(request),
      lastCopy: () => this.servers.copy,
      runParity: (request, taskId, onProgress) => this.servers.runParity(request, taskId, onProgress),
      lastParity: () => this.servers.parity,
      parityAnswers: (step) => this.servers.answers(step),
      serverOverview: () => this.servers.overview(this.status().backend),
      indexProgress: () => this.servers.index,
      serverStreams: (search, system) => this.servers.streams(search, system),
      serverStream: (stream) => this.servers.stream(stream),
      serverSubscriptions: () => this.servers.subscriptions(),
      serverProjections: () => this.servers.projections(),
      chooseStore: () => null,
      createDemo: async (seed, events, taskId, onProgress) => {
        if (await this.progress(taskId, events, 'Making a bank with a past', onProgress))
          this.bank = inventBank(seed, Math.min(events, 5000));
        return this.status();
      },
      storeStatus: () => this.status(),
      cancelTask: (taskId) => {
        this.cancelled.add(taskId);
        return true;
      },
      streams: ({ category, search, order, offset, limit }) => {
        const rows = [...this.bank.log.byStream.entries()]
          .map(([stream, events]) => {
            const last = events.at(-1) as FakeEvent;
            return {
              stream,
              category: stream.split('-')[0] ?? stream,
              version: String(last.version),
              lastPosition: String(last.position),
              lastRecordedAt: last.recordedAt,
              lastEventType: last.type,
            };
          })
          .filter(
            (row) =>
              (category === null || row.category === category) && (search === null || row.stream.includes(search)),
          )
          .sort((a, b) =>
            order === 'name'
              ? a.stream.localeCompare(b.stream)
              : order === 'length'
                ? Number(b.version) - Number(a.version)
                : Number(b.lastPosition) - Number(a.lastPosition),
          );
        return { streams: page(rows, offset, limit), total: String(rows.length) };
      },
      categories: () => {
        const counts = new Map<string, { streams: number; events: number }>();
        for (const [stream, events] of this.bank.log.byStream) {
          const category = stream.split('-')[0] ?? stream;
          const count = counts.get(category) ?? { streams: 0, events: 0 };
          counts.set(category, { streams: count.streams + 1, events: count.events + events.length });
        }
        return [...counts].map(([category, count]) => ({
          category,
          streams: String(count.streams),
          events: String(count.events),
        }));
      },
      eventsOpen: (query, _taskId) => this.grids.open(query),
      eventsProgress: (queryId) => this.grids.progress(queryId),
      eventsStop: (queryId) => this.grids.stop(queryId),
      eventsContinue: (queryId) => this.grids.goOn(queryId),
      eventsBlock: (queryId, firstRow, count, columns) => this.grids.block(queryId, firstRow, count, columns),
      eventsClose: (queryId) => this.grids.close(queryId),
      rowOfPosition: (queryId, position) => this.grids.rowOfPosition(queryId, position),
      rowAtTime: (queryId, time) => this.grids.rowAtTime(queryId, time),
      eventsDensity: (queryId, from, until, bins) => this.grids.density(queryId, from, until, bins),
      savedQueries: () => this.grids.queries(),
      saveQuery: (draft) => this.grids.saveQuery(draft),
      saveQueryFolder: (draft) => this.grids.saveFolder(draft),
      removeSavedQuery: (id) => this.grids.removeSaved(id),
      exportEvents: async (request, taskId, onProgress) => {
        await this.progress(taskId, this.head, 'Exporting events', onProgress);
        return this.grids.exported(request);
      },
      importEvents: async (request, taskId, onProgress) => {
        await this.progress(taskId, this.head, 'Importing events', onProgress);
        return this.grids.imported(request.path);
      },
      eventTypes: () => [...new Set(this.bank.log.events.map((event) => event.type))].sort(),
      eventExample: (eventType, stream) => {
        const last = this.bank.log.events.findLast((event) => event.type === eventType);
        if (last === undefined) return null;
        const payload = { ...last.payload, accountId: stream.slice(stream.indexOf('-') + 1) };
        return { schemaVersion: 3, payload: JSON.stringify(payload, null, 2) };
      },
      eventDetail: (position) => {
        const event = this.event(position);
        const raw = JSON.stringify(event.payload);
        const type = { eventType: event.type, payload: JSON.stringify(event.payload, null, 2) };
        return {
          row: eventRow(event),
          eventId: eventIdOf(event.position),
          causationId: event.cause === null ? null : eventIdOf(event.cause),
          causationPosition: event.cause === null ? null : String(event.cause),
          contentHash: '5f1c'.repeat(16),
          chainHash: 'a7e2'.repeat(16),
          data: treeOf(event.payload),
          metadata: treeOf({ actor: event.actor, channel: 'counter', correlationId: event.correlationId }),
          raw,
          binary: false,
          rawBytes: String(raw.length),
          upcast: [
            { description: null, events: [{ ...type, schemaVersion: event.schema }], dropped: null },
            ...(event.type === 'MoneyDeposited' && event.schema === 1
              ? [
                  {
                    description: 'v1 → v2: decimal amount to minor units, balanced postings added',
                    events: [{ ...type, schemaVersion: 2 }],
                    dropped: null,
                  },
                ]
              : []),
          ],
          state: stateView(this.bank, event.stream, event.version, null),
        };
      },
      eventCauses: (position) => causesOf(this.bank, this.event(position)),
      causeGraph: (request) => causeGraph(this.bank, request),
      transferStory: (transfer) => transferStory(this.bank, transfer, this.processes.stuck()),
      eventPosition: (id) =>
        this.bank.log.events.find((one) => eventIdOf(one.position) === id)?.position.toString() ?? null,
      takeLink: () => this.links.take(),
      readLink: (text) => this.links.read(text),
      timeline: (stream, afterVersion, limit) =>
        page(this.bank.log.byStream.get(stream) ?? [], Number(afterVersion), limit).map((event) => ({
          version: String(event.version),
          eventType: event.type,
          recordedAt: event.recordedAt,
        })),
      stateAt: (stream, version, comparedWith) => {
        if (!this.bank.log.byStream.has(stream)) {
          throw new PlatformError({
            code: 'unknown_stream',
            message: `There is no stream ${stream}.`,
            hint: 'Choose one from the list of streams.',
            retryable: false,
          });
        }
        return stateView(this.bank, stream, Number(version), comparedWith === null ? null : Number(comparedWith));
      },
      versionAt: (stream, time) =>
        String((this.bank.log.byStream.get(stream) ?? []).filter((event) => event.recordedAt <= time).length),
      checkExpression: (text, about) => this.history.check(text, about),
      blame: (...args) => this.history.blame(...args),
      fieldHistory: (...args) => this.history.fieldHistory(...args),
      watch: (...args) => this.history.watch(...args),
      bisect: (...args) => this.history.bisect(...args),
      lanes: (...args) => this.history.lanes(...args),
      runWhatIf: (...args) => this.whatIf.run(...args),
      notebooks: () => this.notebooks.list(),
      notebook: (id) => this.notebooks.load(id),
      createNotebook: (title) => this.notebooks.create(title),
      changeNotebook: (id, edit) => this.notebooks.change(id, edit),
      deleteNotebook: (id) => this.notebooks.delete(id),
      pin: (request) => this.notebooks.pin(request),
      checkNotebook: (id, _language, taskId, onProgress) => this.notebooks.check(id, taskId, onProgress),
      exportNotebook: async (request) => this.notebooks.export(request),
      openReport: async (path) => this.notebooks.open(path),
      whatIfTest: (...args) => this.whatIf.test(...args),
      openWhatIf: async () => this.whatIf.open(),
      saveWhatIf: async (scenario, path) => this.whatIf.save(scenario, path),
      saveWhatIfTest: async (name, source, path) => this.whatIf.saveTest(name, source, path),
      commands: () =>
        catalogue.map(
          (command): CommandInfo => ({
            commandType: command.commandType,
            category: command.category,
            title: command.title,
            description: command.description,
            schema: JSON.stringify(command.schema),
            example: JSON.stringify(command.example, null, 2),
          }),
        ),
      dryRun: ({ commandType, payload, expectedVersion }) => {
        const trial = new FakePlatform({ ...this.options, events: 0 });
        trial.bank = this.bank;
        const data = JSON.parse(payload) as Record<string, unknown>;
        const account = String(data.source ?? data.accountId ?? '');
        const amount = data.amount as { minor: string } | undefined;
        const known = this.bank.accounts.get(account);
        if (
          commandType === 'Withdraw' &&
          known !== undefined &&
          amount !== undefined &&
          known.balance < BigInt(amount.minor)
        ) {
          return this.command(commandType, payload, 'dry') as never;
        }
        if (!streamOf({ commandType, payload }).startsWith('account-') && commandType !== 'RequestTransfer') {
          // Of other streams than those of accounts it is known that they are there, and no more.
          const stream = streamOf({ commandType, payload });
          const version = this.bank.log.byStream.get(stream)?.length ?? 0;
          const events = [
            { eventType: `${commandType}Done`, schemaVersion: 1, payload: JSON.stringify(data, null, 2) },
          ];
          const state = stateView(this.bank, `account-${[...this.bank.accounts.keys()][0]}`, 1, null);
          return { outcome: 'accepted', stream, version: String(version), events, state, follows: null, refused: null };
        }
        if (known === undefined) {
          return {
            outcome: 'invalid',
            code: 'bad_shape',
            message: `${commandType} does not fit its schema in 2 places.`,
            violations: [
              { path: '/accountId', message: 'is missing' },
              { path: '/amount', message: 'is missing' },
            ],
          };
        }
        const stream = `account-${account}`;
        const events = this.bank.log.byStream.get(stream) ?? [];
        if (expectedVersion !== null && expectedVersion !== String(events.length)) {
          return { outcome: 'conflict', stream, expected: expectedVersion, actual: String(events.length) };
        }
        return {
          outcome: 'accepted',
          stream,
          version: String(events.length),
          events: [
            {
              eventType: { Deposit: 'MoneyDeposited', Withdraw: 'MoneyWithdrawn' }[commandType] ?? 'TransferRequested',
              schemaVersion: 2,
              payload: JSON.stringify(data, null, 2),
            },
          ],
          state: stateView(this.bank, stream, events.length, null),
          follows: commandType === 'RequestTransfer' ? [] : null,
          refused: commandType === 'RequestTransfer' ? this.refusedLater : null,
        };
      },
      execute: (request) => {
        const result = this.command(request.commandType, request.payload, request.commandId);
        this.desk.record(request, result);
        return result;
      },
      checkCommand: violations,
      waitUntil: () => true,
      readModelsReach: (position) => ({
        limitSeconds: 10,
        models: this.projections.status(this.head).map(({ name }) => ({ name, position, reached: true, state: null })),
      }),
      commandHistory: (query) => this.desk.page(query),
      clearCommandHistory: (through) => this.desk.clear(through),
      theatreOpen: (request) => this.desk.open(request),
      theatreClose: (id) => this.desk.close(id),
      theatreRehearse: (id, actor, what) => this.desk.play(id, actor, what, true),
      theatreWrite: (id, actor, what) => this.desk.play(id, actor, what, false),
      projections: () => this.projections.status(this.head),
      rebuildProjection: (name, options, taskId, onProgress) =>
        this.build(name, options, 'rebuild', taskId, onProgress),
      resetProjection: (name, taskId, onProgress) =>
        this.build(name, { acceptDifferences: false, resume: false, keep: false }, 'reset', taskId, onProgress),
      dismissRebuild: (name) => this.projections.dismiss(name),
      rollBackProjection: (name) => this.projections.rollBack(name),
      examineProjection: async (name, taskId, onProgress) =>
        this.projections.doctor(
          name,
          this.head,
          !(await this.progress(taskId, this.head, 'Replaying the log', onProgress)),
        ),
      retryProjection: () => undefined,
      skipEvent: (request) => this.projections.skip(request),
      releaseStream: (_, stream) => this.projections.release(stream),
      processes: () => this.processes.status(this.head),
      processInstances: (process, filter, offset, limit) => {
        const all = this.processes.instances(process);
        const looked = page(all, offset, limit);
        const next = offset + looked.length < all.length ? offset + looked.length : null;
        const instances = filter === 'all' ? looked : looked.filter((row) => !row.finished);
        return { instances, next, total: String(all.length) };
      },
      processTimers: (process, limit) => page(this.processes.timers(process), 0, limit),
      processOffers: (stream) => this.processes.offers(stream),
      decideInstance: (decision) => this.processes.decide(decision),
      retryStuck: () => {
        const stuck = this.processes.stuck().map((one) => one.stream);
        this.processes.retried.push(...stuck);
        return stuck.length;
      },
      snapshots: (after, limit) => this.maintenance.snapshots(after, limit),
      verifySnapshots: async (taskId, onProgress) => {
        const finished = await this.progress(taskId, this.bank.accounts.size, 'Comparing with replays', onProgress);
        const kept = String(this.bank.accounts.size);
        return { kept, checked: kept, ofOtherCode: '1', differing: [], cancelled: !finished };
      },
      deleteSnapshots: () => this.maintenance.deleteSnapshots(),
      retention: () => this.maintenance.overview(),
      setRetentionRule: (scope, rule) => this.maintenance.setRule(scope, rule),
      placeLegalHold: (hold, scope, by) => this.maintenance.placeHold(hold, scope, by),
      liftLegalHold: (hold) => this.maintenance.liftHold(hold),
      previewRetention: async (purpose, taskId, onProgress) => {
        await this.progress(taskId, this.bank.log.byStream.size, 'Looking at streams', onProgress);
        return this.maintenance.preview(purpose);
      },
      applyRetention: async (purpose, expected, _, taskId, onProgress) => {
        const finished = await this.progress(taskId, Number(expected), 'Moving events', onProgress);
        return this.maintenance.apply(purpose, expected, !finished);
      },
      verifyArchive: async (taskId, onProgress) => {
        const finished = await this.progress(taskId, 42, 'Verifying the archive', onProgress);
        return { intact: true, events: '42', findings: [], cancelled: !finished };
      },
      pauseProjection: (name) => this.projections.set(name, 'paused'),
      resumeProjection: (name) => this.projections.set(name, 'running'),
      accounts: (search, offset, limit) => {
        const text = search?.toLowerCase() ?? '';
        const ids = [...this.bank.accounts.values()]
          .filter((account) => `${account.id} ${account.name} ${account.customer}`.toLowerCase().includes(text))
          .map((account) => account.id);
        return { accounts: page(ids, offset, limit).map((id) => this.accountRow(id)), total: String(ids.length) };
      },
      statement: (accountId, offset, limit) => {
        if (!this.bank.accounts.has(accountId)) {
          throw new PlatformError({
            code: 'unknown_account',
            message: `There is no account ${accountId}.`,
            hint: 'Search for it in the list of accounts.',
            retryable: false,
          });
        }
        const account = this.bank.account(accountId);
        const lines = this.bank.lines.get(accountId) ?? [];
        const shown = page(lines, offset, limit);
        const first = shown[0];
        return {
          account: this.accountRow(accountId),
          opening: moneyView(first === undefined ? account.balance : first.balance - first.minor, account.currency),
          closing: moneyView(shown.at(-1)?.balance ?? account.balance, account.currency),
          entries: shown.map((line) => ({
            position: String(line.event.position),
            version: String(line.event.version),
            bookingDate: line.event.recordedAt.slice(0, 10),
            valueDate: line.event.recordedAt.slice(0, 10),
            text: line.text,
            amount: moneyView(line.minor, account.currency),
            balance: moneyView(line.balance, account.currency),
          })),
          total: String(lines.length),
          position: String(this.head),
          projectionVersion: 1,
        };
      },
      transfers: (status, accountId, offset, limit) => {
        const rows = this.bank.transfers
          .filter(
            (one) =>
              (status === null || one.status === status) &&
              (accountId === null || [one.source, one.target].includes(accountId)),
          )
          .reverse();
        return {
          transfers: page(rows, offset, limit).map((one) => ({
            transferId: one.id,
            stream: `transfer-${one.id}`,
            source: one.source,
            target: one.target,
            amount: moneyView(one.minor, this.bank.account(one.source).currency),
            fee: one.minor > 80_000n ? moneyView(150n, this.bank.account(one.source).currency) : null,
            arriving: null,
            rate: null,
            requestedBy: 'teller:anna',
            approvedBy: one.minor > 80_000n ? 'officer:ruth' : null,
            dueAt: null,
            overdue: false,
            orderId: null,
            status: one.status,
            finished: true,
            reason: one.reason,
            requestedAt: this.bank.log.events[one.first - 1]?.recordedAt ?? '',
            changedAt: this.bank.log.events[one.last - 1]?.recordedAt ?? '',
          })),
          total: String(rows.length),
        };
      },
      trialBalance: () => trialBalance(this.bank),
      customers: (search, offset, limit) => {
        const rows = this.lists.customers(search);
        return { customers: page(rows, offset, limit), total: String(rows.length) };
      },
      customer: (id) => this.lists.customer(id),
      holds: (account, status, offset, limit) => {
        const rows = this.lists.holds(account, status);
        return { holds: page(rows, offset, limit), total: String(rows.length) };
      },
      orders: (offset, limit) => {
        const rows = this.lists.orders();
        return { orders: page(rows, offset, limit), total: String(rows.length) };
      },
      activity: (from, through, currency, offset, limit) => {
        const rows = this.lists.activity(from, through, currency);
        return { rows: page(rows, offset, limit), total: String(rows.length) };
      },
      limits: (day, offset, limit) => {
        const rows = this.lists.limits(day);
        return { limits: page(rows, offset, limit), total: String(rows.length) };
      },
      actors: (offset, limit) => {
        const rows = this.lists.actors();
        return { actors: page(rows, offset, limit), total: String(rows.length) };
      },
      audit: (actor, offset, limit) => {
        const rows = this.lists.audit(actor);
        return { rows: page(rows, offset, limit), total: String(rows.length) };
      },
      clock: (at, time) => clockView(this.bank.log.events, at, time),
      asOfPrepare: async (models, at, taskId, onProgress) => {
        for (const model of models) {
          if (await this.progress(taskId, Number(at), `Folding ${model} to position ${at}`, onProgress)) continue;
          throw new PlatformError({ code: 'cancelled', message: 'Cancelled.', hint: '', retryable: false });
        }
        const past = bankAt(this.bank, Number(at));
        return models.map((name) => modelAt(past, name, at));
      },
      versionAtPosition: (stream, at) =>
        String((this.bank.log.byStream.get(stream) ?? []).filter((one) => one.position <= Number(at)).length),
      transfersInFlight: (limit) => flights(this.bank, limit),
      verify: async (taskId, onProgress) => {
        const finished = await this.progress(taskId, this.head, 'Recomputing hashes', onProgress);
        return {
          intact: true,
          events: String(this.head),
          chainHash: 'a7e2'.repeat(16),
          findings: [],
          cancelled: !finished,
        };
      },
      scenes: () => this.stage.list(),
      stage: () => this.stage.view(),
      enterStage: (scene) => ({ stage: this.stage.enter(scene), store: this.status() }),
      resetStage: () => ({ stage: this.stage.reset(), store: this.status() }),
      leaveStage: () => {
        this.stage.leave();
        return this.status();
      },
      stageStep: () => this.stage.step(),
      stageGo: (done) => ({ stage: this.stage.goTo(done), store: this.status() }),
      recordStage: (on) => this.stage.record(on),
      recordPlace: (address, title) => this.stage.addPlace(address, title),
      changeStageStep: (index, change) => this.stage.change(index, change),
      removeStageStep: (index) => this.stage.remove(index),
      saveStage: (title) => this.stage.save(title),
      renameScene: async (scene, title) => this.stage.rename(scene, title),
      removeScene: async (scene) => this.stage.delete(scene),
      exportScene: (_scene, path) => Promise.resolve(path ?? '/home/anna/scene.scene.json'),
      importScene: () => this.stage.import(),
      setZoom: () => Promise.resolve(),
      onHeadMoved: (listener) => {
        this.heads.add(listener);
        return Promise.resolve(() => void this.heads.delete(listener));
      },
      onStoreChanged: () => Promise.resolve(() => undefined),
      onLinkArrived: (listener) => Promise.resolve(this.links.onArrived(listener)),
    };
  }
}
