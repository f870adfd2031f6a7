// The list of connections of the invented platform.
import { PlatformError } from '../../platform/platform';
import type {
  ConnectionDraft,
  ConnectionList,
  ConnectionMarks,
  ConnectionRow,
  ConnectionSaved,
  ConnectionTestStep,
  ParsedConnection,
  StoreStatus,
  TypedPasswords,
} from '../../platform/wire';

export const NO_MARKS: ConnectionMarks = { environment: '', colour: 'none', production: false, readOnly: false };

const BACKENDS = { sqlite: 'SQLite file', postgres: 'PostgreSQL', eventStoreDb: 'EventStoreDB' } as const;

const FILE: ConnectionRow = {
  id: 'c-1',
  name: 'Branch',
  backend: BACKENDS.sqlite,
  location: '/home/anna/branch.ledgerscope',
  marks: { ...NO_MARKS, environment: 'test', colour: 'amber' },
  password: 'none',
  user: null,
  sideUser: null,
  insecurity: null,
  open: false,
  target: { kind: 'sqlite', path: '/home/anna/branch.ledgerscope' },
};

const LIVE: ConnectionRow = {
  id: 'c-2',
  name: 'Live',
  backend: BACKENDS.postgres,
  location: 'postgres://anna@db.bank.example:5432/ledger',
  marks: { environment: 'production', colour: 'red', production: true, readOnly: false },
  password: 'askEachTime',
  user: 'anna',
  sideUser: null,
  insecurity: null,
  open: false,
  target: {
    kind: 'postgres',
    host: 'db.bank.example',
    port: 5432,
    database: 'ledger',
    user: 'anna',
    schema: '',
    tls: 'verifyFull',
    caFile: '',
  },
};

function refuse(code: string, message: string, hint: string): never {
  throw new PlatformError({ code, message, hint, retryable: false });
}

export class FakeConnections {
  rows: ConnectionRow[] = [FILE, LIVE];
  open: ConnectionRow | null = null;
  noKeyring: string | null = null;
  /** The password that opens any server. */
  password = 'sesame';
  /** Whether there is a store where connections lead. */
  created = true;
  private confirmed: string | null = null;
  /** The name that a call wants typed which writes to a store that is not open, and those that were typed. */
  private wanted: { command: string; name: string } | null = null;
  private readonly others = new Set<string>();
  private next = 3;

  list(): ConnectionList {
    const connections = this.rows.map((row) => ({ ...row, open: row.id === this.open?.id }));
    return { connections, problem: null, noKeyring: this.noKeyring };
  }

  parse(text: string): ParsedConnection {
    const found = /^postgres:\/\/(\w+)(?::(\w+))?@([\w.]+)\/(\w+)$/.exec(text);
    if (found === null) {
      refuse(
        'bad_connection_string',
        'The host of the connection string cannot be read.',
        'Type postgres://user@host/db.',
      );
    }
    const [, user = '', password, host = '', database = ''] = found;
    const target = {
      kind: 'postgres',
      host,
      port: 5432,
      database,
      user,
      schema: '',
      tls: 'prefer',
      caFile: '',
    } as const;
    return { target, password: password ?? null, ignored: [] };
  }

  save(draft: ConnectionDraft): ConnectionSaved {
    if (this.rows.some((row) => row.id !== draft.id && row.name === draft.name)) {
      refuse('name_taken', `There is a connection ${draft.name} already.`, 'Choose another name. Nothing was changed.');
    }
    const former = this.rows.find((row) => row.id === draft.id);
    const { target } = draft;
    const row: ConnectionRow = {
      id: former?.id ?? `c-${this.next++}`,
      name: draft.name,
      backend: BACKENDS[target.kind],
      location: target.kind === 'sqlite' ? target.path : target.kind === 'postgres' ? target.host : target.nodes,
      marks: draft.marks,
      password: draft.password.kind === 'keep' ? 'keyring' : 'none',
      user: target.kind === 'sqlite' ? null : target.user,
      sideUser: null,
      insecurity: null,
      open: false,
      target,
    };
    this.rows = [...this.rows.filter((one) => one.id !== row.id), row].sort((a, b) => a.name.localeCompare(b.name));
    if (this.open?.id === row.id) this.open = row;
    return { id: row.id, notes: [] };
  }

  remove(id: string): ConnectionSaved {
    this.rows = this.rows.filter((row) => row.id !== id);
    return { id, notes: [] };
  }

  enter(id: string, passwords: TypedPasswords, create: boolean): void {
    const row = this.rows.find((one) => one.id === id);
    if (row === undefined) refuse('no_such_connection', 'There is no such connection (any more).', 'Look at the list.');
    if (row.password === 'askEachTime' && passwords.login == null) {
      refuse('password_needed', `The password of ${row.user} is needed for the connection ${row.name}.`, 'Type it.');
    }
    if (row.password === 'askEachTime' && passwords.login !== this.password) {
      refuse('login_refused', `The server refuses the login of ${row.user}.`, 'Correct user name and password.');
    }
    if (!this.created && !create)
      refuse('missing_schema', 'The database lacks the schema.', 'Create the store there first.');
    this.created = true;
    this.open = row;
  }

  test(draft: ConnectionDraft, onStep: (step: ConnectionTestStep) => void): boolean {
    const step = (title: string, message: string) =>
      onStep({ title, outcome: 'passed', message, hint: null, milliseconds: '3' });
    if (draft.target.kind === 'sqlite') {
      step('Rights', 'The file can be read and written.');
      step('Schema', 'It is a store of a version that is known.');
      return true;
    }
    step('Name (DNS)', '10.0.0.7');
    onStep({
      title: 'Network (TCP)',
      outcome: 'failed',
      message: 'The server db.bank.example:5432 cannot be reached: connecting failed.',
      hint: 'Check host, port and network, and that the server runs; then try again.',
      milliseconds: '5000',
    });
    return false;
  }

  confirm(command: string, name: string): void {
    const wanted = this.wanted;
    if (wanted?.command === command) {
      if (name.trim() !== wanted.name) this.unconfirmed(wanted.name);
      this.others.add(`${command} ${wanted.name}`);
      this.wanted = null;
      return;
    }
    if (name.trim() !== this.open?.name) this.unconfirmed();
    this.confirmed = command;
  }

  /** The same for a write to a store that is not the open one. */
  guardOther(command: string, row: ConnectionRow): void {
    if (!row.marks.production || this.others.delete(`${command} ${row.name}`)) return;
    this.wanted = { command, name: row.name };
    this.unconfirmed(row.name);
  }

  /** Refuses a write to production that was not confirmed; each confirmation is for one. */
  guard(command: string): void {
    if (this.open?.marks.production !== true) return;
    const was = this.confirmed;
    this.confirmed = null;
    if (was !== command) this.unconfirmed();
  }

  private unconfirmed(name = this.open?.name): never {
    refuse(
      'production_not_confirmed',
      `${name} is marked as production. Nothing was written.`,
      'Type the connection’s name to confirm this one write.',
    );
  }

  /** What of a store's status comes from its connection. */
  status(readOnly: boolean): Pick<StoreStatus, 'backend' | 'connection' | 'marks' | 'readOnly' | 'readOnlyReason'> {
    const row = this.open;
    const marks = row?.marks ?? NO_MARKS;
    return {
      backend: row?.backend ?? BACKENDS.sqlite,
      connection: row === null ? null : { id: row.id, name: row.name },
      marks,
      readOnly: readOnly || marks.readOnly,
      readOnlyReason: marks.readOnly ? `The connection ${row?.name} is marked as read-only.` : null,
    };
  }
}
