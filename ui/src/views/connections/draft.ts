// A connection as the form holds it.
import { perLanguage, t } from '../../i18n';
import type {
  ConnectionColour,
  ConnectionDraft,
  ConnectionRow,
  ConnectionTarget,
  EventStoreDbFields,
  PasswordEntry,
  PostgresFields,
} from '../../platform/wire';

export type Kind = ConnectionTarget['kind'];

export const colours = perLanguage((): readonly { value: ConnectionColour; label: string }[] => [
  { value: 'none', label: t('connections.noColour') },
  { value: 'grey', label: t('connections.grey') },
  { value: 'blue', label: t('connections.blue') },
  { value: 'green', label: t('connections.green') },
  { value: 'amber', label: t('connections.amber') },
  { value: 'red', label: t('connections.red') },
  { value: 'violet', label: t('connections.violet') },
]);

export const kinds = perLanguage((): readonly { value: Kind; label: string }[] => [
  { value: 'sqlite', label: t('connections.sqliteFile') },
  { value: 'postgres', label: t('connections.postgres') },
  { value: 'eventStoreDb', label: t('connections.eventStoreDb') },
]);

/** What becomes of the password, as it is chosen in the form. */
export type PasswordChoice = 'leave' | 'keep' | 'askEachTime' | 'none';

/** Everything that stands in the form; what belongs to another kind is kept while one looks around. */
export interface Form {
  name: string;
  kind: Kind;
  path: string;
  postgres: PostgresFields;
  eventStoreDb: Omit<EventStoreDbFields, 'side'>;
  /** Where an EventStoreDB connection keeps its views: in a database or in a file. */
  sideKind: 'file' | 'postgres';
  side: PostgresFields;
  environment: string;
  colour: ConnectionColour;
  production: boolean;
  readOnly: boolean;
  password: PasswordChoice;
  login: string;
  sideLogin: string;
}

const NO_POSTGRES: PostgresFields = {
  host: '',
  port: 5432,
  database: '',
  user: '',
  schema: '',
  tls: 'verifyFull',
  caFile: '',
};

const EMPTY: Form = {
  name: '',
  kind: 'sqlite',
  path: '',
  postgres: NO_POSTGRES,
  eventStoreDb: { nodes: '', discover: false, user: '', tls: 'verify', caFile: '', preference: 'leader', sideFile: '' },
  sideKind: 'file',
  side: NO_POSTGRES,
  environment: '',
  colour: 'none',
  production: false,
  readOnly: false,
  password: 'none',
  login: '',
  sideLogin: '',
};

/** The form with a target's fields in it. */
export function withTarget(form: Form, target: ConnectionTarget): Form {
  switch (target.kind) {
    case 'sqlite':
      return { ...form, kind: 'sqlite', path: target.path };
    case 'postgres': {
      const { kind, ...postgres } = target;
      return { ...form, kind, postgres };
    }
    case 'eventStoreDb': {
      const { kind, side, ...eventStoreDb } = target;
      return {
        ...form,
        kind,
        eventStoreDb,
        sideKind: side === null ? 'file' : 'postgres',
        side: side ?? form.side,
      };
    }
  }
}

/** The form for a connection, or for a new one. */
export function formOf(row: ConnectionRow | null): Form {
  if (row === null) return EMPTY;
  const { environment, colour, production, readOnly } = row.marks;
  const filled = withTarget({ ...EMPTY, name: row.name, environment, colour, production, readOnly }, row.target);
  return { ...filled, password: row.password === 'none' ? 'none' : 'leave' };
}

export function targetOf(form: Form): ConnectionTarget {
  switch (form.kind) {
    case 'sqlite':
      return { kind: 'sqlite', path: form.path };
    case 'postgres':
      return { kind: 'postgres', ...form.postgres };
    case 'eventStoreDb':
      return {
        kind: 'eventStoreDb',
        ...form.eventStoreDb,
        side: form.sideKind === 'postgres' ? form.side : null,
      };
  }
}

/** Whether anybody logs in anywhere: only then is there a password. */
export function logsIn(form: Form): { login: boolean; side: boolean } {
  return {
    login: form.kind === 'postgres' || (form.kind === 'eventStoreDb' && form.eventStoreDb.user.trim() !== ''),
    side: form.kind === 'eventStoreDb' && form.sideKind === 'postgres',
  };
}

function passwordOf(form: Form): PasswordEntry {
  const { login, side } = logsIn(form);
  if (!login && !side) return { kind: 'none' };
  const typed = {
    login: login && form.login !== '' ? form.login : null,
    side: side && form.sideLogin !== '' ? form.sideLogin : null,
  };
  if (form.password === 'keep')
    return typed.login === null && typed.side === null ? { kind: 'none' } : { kind: 'keep', ...typed };
  return { kind: form.password };
}

export function draftOf(form: Form, id: string | null): ConnectionDraft {
  const { name, environment, colour, production, readOnly } = form;
  return {
    id,
    name,
    target: targetOf(form),
    marks: { environment, colour, production, readOnly },
    password: passwordOf(form),
  };
}

/** Whether enough is there to try it. */
export function isComplete(form: Form): boolean {
  const there = (...texts: string[]) => texts.every((text) => text.trim() !== '');
  const database = (fields: PostgresFields) => there(fields.host, fields.database, fields.user) && fields.port > 0;
  switch (form.kind) {
    case 'sqlite':
      return there(form.path);
    case 'postgres':
      return database(form.postgres);
    case 'eventStoreDb':
      return there(form.eventStoreDb.nodes) && (form.sideKind === 'file' || database(form.side));
  }
}
