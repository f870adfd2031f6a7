// What is done between stores, and what a store stands on, on the invented platform.
import { type OnProgress, PlatformError } from '../../platform/platform';
import type {
  ConnectionRow,
  CopyRequest,
  CopyResult,
  CopyRun,
  IndexView,
  ParityAnswer,
  ParityRequest,
  ParityResult,
  ParityRun,
  ParityStepRow,
  Progress,
  ServerOverview,
  ServerProjections,
  ServerStreamReport,
  ServerStreams,
  StoreChoice,
  SubscriptionRow,
} from '../../platform/wire';
import type { FakeBank } from './bank';
import type { FakeConnections } from './connections';

function refuse(code: string, message: string, hint: string): never {
  throw new PlatformError({ code, message, hint, retryable: false });
}

/** Work with progress; false if it was stopped. */
type Work = (taskId: string, total: number, phase: string, onProgress: OnProgress) => Promise<boolean>;

const NOTHING_YET: Progress = {
  phase: '',
  done: '0',
  total: null,
  rate: null,
  etaSeconds: null,
  finished: false,
};

/** Where the open store is, if no connection leads there. */
const OWN = '/home/anna/.local/share/ledgerscope/bank.ledger';

export class FakeServers {
  copy: CopyRun | null = null;
  parity: ParityRun | null = null;
  /** Events that each connection's store holds as a copy of the open store. */
  readonly copied = new Map<string, number>();
  /** Whether the source has events that no target keeps. */
  losses = false;
  /** Whether one of the stores answers otherwise than the others. */
  differs = false;
  /** Whether the open store is kept by a server with streams of its own. */
  hasServer = false;
  index: IndexView | null = null;
  /** Streams that are not simply there, by name. */
  readonly gone = new Map<string, Pick<ServerStreamReport, 'standing' | 'told'>>([
    ['account-deleted', { standing: 'deleted_softly', told: 'It was deleted, and can come back: an append goes on.' }],
    ['account-ended', { standing: 'tombstoned', told: 'It was deleted for good (tombstoned).' }],
    ['account-old', { standing: 'hidden', told: 'All 9 events are hidden: everything before version 10 ($tb).' }],
    ['payroll-1', { standing: 'not_allowed', told: 'This user may not read it. Have the right granted.' }],
  ]);

  constructor(
    private readonly bank: () => FakeBank,
    private readonly connections: FakeConnections,
    private readonly work: Work,
  ) {}

  private row(choice: StoreChoice): ConnectionRow | null {
    if (choice.connection === null) return this.connections.open;
    const row = this.connections.rows.find((one) => one.id === choice.connection);
    if (row === undefined) refuse('no_such_connection', 'There is no such connection (any more).', 'Look at the list.');
    if (row.password !== 'askEachTime' || row.id === this.connections.open?.id) return row;
    if (choice.passwords.login == null)
      refuse('password_needed', `The password of ${row.user} is needed for the connection ${row.name}.`, 'Type it.');
    if (choice.passwords.login !== this.connections.password)
      refuse('login_refused', `The server refuses the login of ${row.user}.`, 'Correct user name and password.');
    return row;
  }

  private writable(command: string, rows: readonly (ConnectionRow | null)[]): void {
    for (const row of rows) {
      if (row === null || row.id === this.connections.open?.id)
        refuse('store_is_open', `${row?.name ?? OWN} is open here.`, 'Open another store, then try again.');
      if (row.marks.readOnly) refuse('read_only', `${row.name} is marked as read-only.`, 'Remove the mark.');
      this.connections.guardOther(command, row);
    }
  }

  private result(request: CopyRequest, outcome: string, from: ConnectionRow | null, to: ConnectionRow): CopyResult {
    const events = this.bank().log.events.length;
    const already = Math.min(events, this.copied.get(to.id) ?? 0);
    const notes: CopyResult['notes'] = request.withKeys
      ? []
      : [
          {
            kind: 'sealed_without_key',
            told: 'sealed personal data whose keys are not copied',
            loss: false,
            count: '12',
            examples: [
              {
                position: '3',
                stream: 'customer-100001',
                version: '1',
                detail: 'CustomerRegistered, key of customer-100001',
              },
            ],
          },
        ];
    if (this.losses)
      notes.unshift({
        kind: 'scavenged',
        told: 'left out: scavenged, and the archive is not there',
        loss: true,
        count: '7',
        examples: [{ position: '40', stream: 'account-100234', version: '2', detail: '7 events' }],
      });
    return {
      outcome,
      from: from?.name ?? OWN,
      to: to.name,
      until: String(events),
      events: String(events),
      bytes: String(events * 367),
      streams: String(this.bank().log.byStream.size),
      already: String(already),
      copied: '0',
      seconds: 0.4,
      notes,
      keys: request.withKeys ? { subjects: '4', copied: '4', already: '0', erased: '0', other: '0' } : null,
      comparison: null,
    };
  }

  private equal(): NonNullable<CopyResult['comparison']> {
    return {
      equal: true,
      identical: true,
      events: String(this.bank().log.events.length),
      streams: String(this.bank().log.byStream.size),
      keys: '0',
      differences: [],
      totalDifferences: '0',
      endedEarly: false,
      sourceChainHash: 'ab'.repeat(32),
      targetChainHash: 'ab'.repeat(32),
    };
  }

  async examine(request: CopyRequest): Promise<CopyResult> {
    const [from, to] = [this.row(request.from), this.row(request.to)];
    if (to === null || from?.id === to.id)
      refuse('same_store', `${to?.name ?? OWN} would be copied into itself.`, 'Name two different stores.');
    const result = this.result(request, 'planned', from, to);
    this.copy = {
      taskId: '',
      title: `Examining ${result.from} into ${to.name}`,
      progress: NOTHING_YET,
      result,
      error: null,
    };
    return result;
  }

  async copyStore(request: CopyRequest, taskId: string, onProgress: OnProgress): Promise<CopyResult> {
    const [from, to] = [this.row(request.from), this.row(request.to)];
    this.writable('copyStore', [to]);
    if (to === null) return refuse('same_store', 'It would be copied into itself.', 'Name two different stores.');
    const result = this.result(request, 'copied', from, to);
    if (this.losses && !request.leaveOut) return { ...result, outcome: 'would_leave_out' };
    const title = `Copying ${result.from} into ${to.name}`;
    const already = Number(result.already);
    this.copy = { taskId, title, progress: NOTHING_YET, result: null, error: null };
    let done = 0;
    const told: OnProgress = (progress) => {
      done = Number(progress.done);
      if (this.copy !== null) this.copy = { ...this.copy, progress };
      onProgress(progress);
    };
    const finished = await this.work(taskId, Number(result.events), 'Copying', told);
    const there = Math.max(already, done);
    this.copied.set(to.id, there);
    const copied = String(there - already);
    const ended: CopyResult = finished
      ? { ...result, copied, comparison: this.equal() }
      : { ...result, outcome: 'cancelled', copied, keys: null };
    this.copy = { ...this.copy, result: ended };
    return ended;
  }

  async compare(request: CopyRequest): Promise<CopyResult> {
    const [from, to] = [this.row(request.from), this.row(request.to)];
    if (to === null) return refuse('same_store', 'It would be compared with itself.', 'Name two different stores.');
    const result = this.result(request, 'compared', from, to);
    const missing = Number(result.events) - Number(result.already);
    const comparison = this.equal();
    if (missing === 0) return { ...result, comparison };
    const event = this.bank().log.events[Number(result.already)];
    return {
      ...result,
      comparison: {
        ...comparison,
        equal: false,
        identical: false,
        totalDifferences: String(missing),
        differences: [
          {
            kind: 'missing',
            stream: event?.stream ?? 'account-1',
            eventId: null,
            sourcePosition: String(event?.position ?? 1),
            targetPosition: null,
            message: 'the target lacks the event',
          },
        ],
      },
    };
  }

  async runParity(request: ParityRequest, taskId: string, onProgress: OnProgress): Promise<ParityResult> {
    const rows = request.stores.map((choice) => this.row(choice));
    this.writable('runParity', rows);
    const names = ['memory', ...rows.map((row) => row?.name ?? ''), ...(request.scratchFile ? ['temporary file'] : [])];
    this.parity = {
      taskId,
      title: `The parity run on ${names.slice(1).join(', ')}`,
      progress: NOTHING_YET,
      result: null,
      error: null,
    };
    const finished = await this.work(taskId, 240, 'Steps', onProgress);
    const step = (label: string, action: string, more: Partial<ParityStepRow> = {}): ParityStepRow => ({
      label,
      action,
      verdict: 'same',
      place: null,
      lacking: null,
      milliseconds: names.map((_, at) => 0.2 + at * 1.4),
      ...more,
    });
    const steps = [
      step('RegisterCustomer {"customerId":"C-1"}', 'command'),
      step('a deposit', 'command'),
      step('a version that is past is a conflict', 'command'),
      step('the whole log', 'log', this.differs ? { verdict: 'different', place: '/events/3/version' } : {}),
      step('bytes', 'append', {
        verdict: 'notOffered',
        lacking: 'memory does not offer payloads that are not JSON',
        milliseconds: names.map(() => null),
      }),
    ];
    const different = steps.filter((one) => one.verdict === 'different').length;
    const result: ParityResult = {
      agrees: different === 0,
      cancelled: !finished,
      scenario: 'bank',
      same: String(steps.length - 1 - different),
      different: String(different),
      notOffered: '1',
      backends: names.map((name, at) => ({
        name,
        totalMilliseconds: 84 + at * 612,
        timings: [
          { action: 'command', count: '120', medianMilliseconds: 0.11 + at * 1.9, p99Milliseconds: 0.6 + at * 6.4 },
          { action: 'log', count: '1', medianMilliseconds: 1.2 + at, p99Milliseconds: 1.2 + at },
        ],
      })),
      steps,
    };
    this.parity = { ...this.parity, result };
    return result;
  }

  answers(index: number): ParityAnswer[] {
    const result = this.parity?.result;
    const step = result?.steps[index];
    if (result == null || step === undefined) refuse('not_found', `There is no step ${index}.`, 'Look at the steps.');
    const last = result.backends.length - 1;
    return result.backends.map(({ name }, at) => {
      const version = step.verdict === 'different' && at === last ? '5' : '4';
      return {
        backend: name,
        json: JSON.stringify({ label: step.label, version }, null, 2),
        cut: false,
        atPlace: step.verdict === 'different' ? JSON.stringify(version) : null,
      };
    });
  }

  overview(backend: string): ServerOverview {
    return {
      backend: this.hasServer ? 'EventStoreDB' : backend,
      hasServer: this.hasServer,
      whyNone: this.hasServer
        ? null
        : 'The store is a file: there is no server that would keep links or subscriptions.',
      facts: this.hasServer
        ? [
            { name: 'Server', value: 'events.bank.example:2113' },
            { name: 'User', value: 'anna' },
            { name: 'Encryption', value: 'yes; the server proves its name' },
          ]
        : [
            { name: 'File', value: OWN },
            { name: 'Schema version', value: '3; this program writes 3' },
          ],
      capabilities: [
        {
          name: 'hash_chain',
          offered: !this.hasServer,
          told: this.hasServer ? 'No hash chain.' : 'A hash chain runs.',
        },
        { name: 'binary_payloads', offered: true, told: 'Payloads may be bytes that are not JSON.' },
      ],
      index: this.index,
    };
  }

  streams(search: string | null, system: boolean): ServerStreams {
    const has = (name: string) => search === null || name.toLowerCase().includes(search.toLowerCase());
    const own =
      system && this.hasServer
        ? [
            { stream: '$ce-account', version: '412', told: 'links to the events of a category', system: true },
            { stream: '$settings', version: null, told: 'default rights; this user may not read it', system: true },
            { stream: '$streams', version: '97', told: 'the first event of every stream', system: true },
          ]
        : [];
    const rows = [...this.bank().log.byStream.entries()].map(([stream, events]) => ({
      stream,
      version: String(events.length),
      told: '',
      system: false,
    }));
    const found = rows.filter((row) => has(row.stream));
    return { streams: [...own.filter((row) => has(row.stream)), ...found.slice(0, 200)], total: String(found.length) };
  }

  stream(name: string): ServerStreamReport {
    const events = this.bank().log.byStream.get(name) ?? [];
    const isLinks = this.hasServer && name === '$ce-account';
    const first = this.bank().log.events.find((event) => event.stream.startsWith('account-'));
    const similar = [...this.bank().log.byStream.keys()].filter((one) => one.includes(name.split('-')[1] ?? name));
    const gone = this.gone.get(name);
    const present = events.length > 0 || isLinks;
    const rights = ['read', 'write', 'delete'].map((action) => ({
      action,
      roles: action === 'delete' ? ['$admins'] : ['ops', 'audit'],
      source: 'the stream’s metadata',
    }));
    const links: ServerStreamReport['entries'] =
      first === undefined
        ? []
        : [
            {
              version: '2',
              eventType: '$>',
              recordedAt: first.recordedAt,
              link: {
                stream: first.stream,
                version: '1',
                eventType: first.type,
                position: String(first.position),
                unresolved: null,
              },
            },
            {
              version: '1',
              eventType: '$>',
              recordedAt: first.recordedAt,
              link: {
                stream: 'account-ended',
                version: '1',
                eventType: null,
                position: null,
                unresolved: 'The event is hidden, deleted or scavenged, or this user may not read it.',
              },
            },
          ];
    return {
      stream: name,
      standing: gone?.standing ?? (present ? 'present' : 'missing'),
      told:
        gone?.told ??
        (present
          ? `It is there, with versions up to ${events.length}.`
          : `There is no stream ${name}. Check the name.`),
      version: present ? String(events.length) : null,
      metadata: this.hasServer && present ? '{"$maxCount":500,"$acl":{"$r":["ops","audit"]}}' : null,
      metadataVersion: this.hasServer && present ? '2' : null,
      rights: this.hasServer ? rights : [],
      similar: present || gone !== undefined ? [] : similar.slice(0, 5),
      entries: isLinks
        ? links
        : [...events].reverse().map((event) => ({
            version: String(event.version),
            eventType: event.type,
            recordedAt: event.recordedAt,
            link: null,
          })),
      end: true,
    };
  }

  subscriptions(): SubscriptionRow[] {
    if (!this.hasServer)
      refuse('unsupported', 'This store does not offer persistent subscriptions.', 'Use a store that offers it.');
    return [
      {
        stream: '$ce-account',
        group: 'billing',
        status: 'Live',
        consumers: '2',
        inFlight: '4',
        parked: '3',
        total: '18204',
        rate: 12.5,
        begins: 'the beginning',
      },
    ];
  }

  projections(): ServerProjections {
    if (!this.hasServer)
      refuse('unsupported', 'This store does not offer projections of the server.', 'Use a store that offers it.');
    return {
      system: [
        { name: '$by_category', writes: '$ce-<category>', hasWritten: true },
        { name: '$by_correlation_id', writes: '$bc-<correlation id>', hasWritten: false },
      ],
      listed: [
        {
          name: 'totals',
          status: 'Faulted',
          reason: 'The projection’s code failed at 120@account-100234.',
          mode: 'Continuous',
          position: 'C:120/P:120',
          progress: 61.5,
          lastCheckpoint: 'C:100/P:100',
          events: '120',
        },
      ],
      problem: null,
    };
  }
}
