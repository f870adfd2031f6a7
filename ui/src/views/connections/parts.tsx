// The parts of a connection's form that belong to one kind of store, and the password.
import { Checkbox, NumberInput, PasswordInput, SegmentedControl, Select, TextInput } from '@mantine/core';
import type { ClusterNode, EventStoreDbEncryption, PostgresEncryption, PostgresFields } from '../../platform/wire';
import s from './ConnectionsView.module.css';
import type { Form, PasswordChoice } from './draft';

const POSTGRES_TLS: { value: PostgresEncryption; label: string }[] = [
  { value: 'verifyFull', label: 'Encrypted, the server proves its name' },
  { value: 'verifyCa', label: 'Encrypted, any server of the authority' },
  { value: 'require', label: 'Encrypted, nothing is proven' },
  { value: 'prefer', label: 'Encrypted if the server offers it' },
  { value: 'disable', label: 'Not encrypted' },
];

const EVENTSTOREDB_TLS: { value: EventStoreDbEncryption; label: string }[] = [
  { value: 'verify', label: 'Encrypted, the server proves its name' },
  { value: 'unverified', label: 'Encrypted, nothing is proven' },
  { value: 'disable', label: 'Not encrypted' },
];

const NODES: { value: ClusterNode; label: string }[] = [
  { value: 'leader', label: 'Leader (takes writes)' },
  { value: 'follower', label: 'Follower' },
  { value: 'readOnlyReplica', label: 'Read-only replica' },
  { value: 'random', label: 'Any' },
];

function pick<T extends string>(options: { value: T }[], value: string | null, otherwise: T): T {
  return options.find((option) => option.value === value)?.value ?? otherwise;
}

interface PostgresPartProps {
  fields: PostgresFields;
  onChange: (fields: PostgresFields) => void;
  prefix: string;
}

export function PostgresPart({ fields, onChange, prefix }: PostgresPartProps) {
  const change = (part: Partial<PostgresFields>) => onChange({ ...fields, ...part });
  return (
    <>
      <div className={s.hostAndPort}>
        <TextInput
          label="Host"
          description="A name, an address, or the folder of a socket."
          value={fields.host}
          onChange={(event) => change({ host: event.currentTarget.value })}
          spellCheck={false}
          required
          data-testid={`${prefix}-host`}
        />
        <NumberInput
          label="Port"
          value={fields.port}
          onChange={(value) => change({ port: typeof value === 'number' ? value : 0 })}
          min={1}
          max={65_535}
          allowDecimal={false}
          hideControls
          required
          data-testid={`${prefix}-port`}
        />
      </div>
      <div className={s.pair}>
        <TextInput
          label="Database"
          value={fields.database}
          onChange={(event) => change({ database: event.currentTarget.value })}
          spellCheck={false}
          required
          data-testid={`${prefix}-database`}
        />
        <TextInput
          label="Schema"
          placeholder="ledgerscope"
          value={fields.schema}
          onChange={(event) => change({ schema: event.currentTarget.value })}
          spellCheck={false}
          data-testid={`${prefix}-schema`}
        />
      </div>
      <TextInput
        label="User"
        value={fields.user}
        onChange={(event) => change({ user: event.currentTarget.value })}
        spellCheck={false}
        required
        data-testid={`${prefix}-user`}
      />
      <div className={s.pair}>
        <Select
          label="Encryption"
          data={POSTGRES_TLS}
          value={fields.tls}
          allowDeselect={false}
          onChange={(value) => change({ tls: pick(POSTGRES_TLS, value, 'verifyFull') })}
        />
        <TextInput
          label="Certificate authority (PEM file)"
          placeholder="those that the system trusts"
          value={fields.caFile}
          onChange={(event) => change({ caFile: event.currentTarget.value })}
          spellCheck={false}
        />
      </div>
    </>
  );
}

export function EventStoreDbPart({ form, onChange }: { form: Form; onChange: (part: Partial<Form>) => void }) {
  const fields = form.eventStoreDb;
  const change = (part: Partial<Form['eventStoreDb']>) => onChange({ eventStoreDb: { ...fields, ...part } });
  return (
    <>
      <TextInput
        label="Nodes"
        description="host:port, or several, separated by commas."
        value={fields.nodes}
        onChange={(event) => change({ nodes: event.currentTarget.value })}
        spellCheck={false}
        required
        data-testid="connection-nodes"
      />
      <Checkbox
        label="One DNS name stands for all nodes of the cluster (+discover)"
        checked={fields.discover}
        onChange={(event) => change({ discover: event.currentTarget.checked })}
      />
      <div className={s.pair}>
        <TextInput
          label="User"
          description="Empty where the server is open to everybody."
          value={fields.user}
          onChange={(event) => change({ user: event.currentTarget.value })}
          spellCheck={false}
          data-testid="connection-user"
        />
        <Select
          label="Node to ask"
          data={NODES}
          value={fields.preference}
          allowDeselect={false}
          onChange={(value) => change({ preference: pick(NODES, value, 'leader') })}
        />
      </div>
      <div className={s.pair}>
        <Select
          label="Encryption"
          data={EVENTSTOREDB_TLS}
          value={fields.tls}
          allowDeselect={false}
          onChange={(value) => change({ tls: pick(EVENTSTOREDB_TLS, value, 'verify') })}
        />
        <TextInput
          label="Certificate authority (PEM file)"
          placeholder="those that the system trusts"
          value={fields.caFile}
          onChange={(event) => change({ caFile: event.currentTarget.value })}
          spellCheck={false}
        />
      </div>
      <fieldset className={s.group}>
        <legend>Views, snapshots and keys, for which the server has no place</legend>
        <SegmentedControl
          aria-label="Where views, snapshots and keys are kept"
          value={form.sideKind}
          onChange={(value) => onChange({ sideKind: value === 'postgres' ? 'postgres' : 'file' })}
          data={[
            { value: 'file', label: 'In a file' },
            { value: 'postgres', label: 'In PostgreSQL' },
          ]}
        />
        {form.sideKind === 'file' ? (
          <TextInput
            label="File"
            placeholder="in the program’s data folder"
            value={fields.sideFile}
            onChange={(event) => change({ sideFile: event.currentTarget.value })}
            spellCheck={false}
          />
        ) : (
          <PostgresPart fields={form.side} onChange={(side) => onChange({ side })} prefix="side" />
        )}
      </fieldset>
    </>
  );
}

interface PasswordPartProps {
  form: Form;
  login: boolean;
  side: boolean;
  /** There is a password already. */
  existing: boolean;
  noKeyring: boolean;
  onChange: (part: Partial<Form>) => void;
}

export function PasswordPart({ form, login, side, existing, noKeyring, onChange }: PasswordPartProps) {
  const choices: { value: PasswordChoice; label: string }[] = [
    ...(existing ? [{ value: 'leave' as const, label: 'Leave as it is' }] : []),
    { value: 'keep', label: noKeyring ? 'Type it now' : 'Keep in the keyring' },
    { value: 'askEachTime', label: 'Ask each time' },
    { value: 'none', label: 'None' },
  ];
  return (
    <fieldset className={s.group}>
      <legend>Password</legend>
      <SegmentedControl
        aria-label="Password"
        value={form.password}
        onChange={(value) => onChange({ password: pick(choices, value, 'none') })}
        data={choices}
      />
      {form.password === 'keep' && noKeyring && (
        <p className="dim" style={{ margin: 0 }} data-testid="password-not-kept">
          No keyring runs: what is typed here serves for the test, and is asked for at each opening.
        </p>
      )}
      {form.password === 'keep' && login && (
        <PasswordInput
          label="Password of the user"
          value={form.login}
          onChange={(event) => onChange({ login: event.currentTarget.value })}
          autoComplete="off"
          data-testid="connection-password"
        />
      )}
      {form.password === 'keep' && side && (
        <PasswordInput
          label="Password of the database’s user"
          value={form.sideLogin}
          onChange={(event) => onChange({ sideLogin: event.currentTarget.value })}
          autoComplete="off"
          data-testid="side-password"
        />
      )}
    </fieldset>
  );
}
