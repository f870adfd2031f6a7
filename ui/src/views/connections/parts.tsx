// The parts of a connection's form that belong to one kind of store, and the password.

import { Checkbox, NumberInput, PasswordInput, SegmentedControl, Select, TextInput } from '@mantine/core';
import { perLanguage, t } from '../../i18n';
import type { ClusterNode, EventStoreDbEncryption, PostgresEncryption, PostgresFields } from '../../platform/wire';
import s from './ConnectionsView.module.css';
import type { Form, PasswordChoice } from './draft';

const postgresTls = perLanguage((): { value: PostgresEncryption; label: string }[] => [
  { value: 'verifyFull', label: t('connections.tlsVerifyName') },
  { value: 'verifyCa', label: t('connections.tlsVerifyAuthority') },
  { value: 'require', label: t('connections.tlsUnverified') },
  { value: 'prefer', label: t('connections.tlsPrefer') },
  { value: 'disable', label: t('connections.tlsDisabled') },
]);

const eventStoreDbTls = perLanguage((): { value: EventStoreDbEncryption; label: string }[] => [
  { value: 'verify', label: t('connections.tlsVerifyName') },
  { value: 'unverified', label: t('connections.tlsUnverified') },
  { value: 'disable', label: t('connections.tlsDisabled') },
]);

const nodes = perLanguage((): { value: ClusterNode; label: string }[] => [
  { value: 'leader', label: t('connections.nodeLeader') },
  { value: 'follower', label: t('connections.nodeFollower') },
  { value: 'readOnlyReplica', label: t('connections.nodeReplica') },
  { value: 'random', label: t('connections.nodeAny') },
]);

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
          label={t('connections.host')}
          description={t('connections.hostHelp')}
          value={fields.host}
          onChange={(event) => change({ host: event.currentTarget.value })}
          spellCheck={false}
          required
          data-testid={`${prefix}-host`}
        />
        <NumberInput
          label={t('connections.port')}
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
          label={t('connections.database')}
          value={fields.database}
          onChange={(event) => change({ database: event.currentTarget.value })}
          spellCheck={false}
          required
          data-testid={`${prefix}-database`}
        />
        <TextInput
          label={t('connections.schema')}
          placeholder={t('connections.defaultSchema')}
          value={fields.schema}
          onChange={(event) => change({ schema: event.currentTarget.value })}
          spellCheck={false}
          data-testid={`${prefix}-schema`}
        />
      </div>
      <TextInput
        label={t('connections.user')}
        value={fields.user}
        onChange={(event) => change({ user: event.currentTarget.value })}
        spellCheck={false}
        required
        data-testid={`${prefix}-user`}
      />
      <div className={s.pair}>
        <Select
          label={t('connections.encryption')}
          data={postgresTls()}
          value={fields.tls}
          allowDeselect={false}
          onChange={(value) => change({ tls: pick(postgresTls(), value, 'verifyFull') })}
        />
        <TextInput
          label={t('connections.authority')}
          placeholder={t('connections.systemAuthorities')}
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
        label={t('connections.nodes')}
        description={t('connections.nodesHelp')}
        value={fields.nodes}
        onChange={(event) => change({ nodes: event.currentTarget.value })}
        spellCheck={false}
        required
        data-testid="connection-nodes"
      />
      <Checkbox
        label={t('connections.discover')}
        checked={fields.discover}
        onChange={(event) => change({ discover: event.currentTarget.checked })}
      />
      <div className={s.pair}>
        <TextInput
          label={t('connections.user')}
          description={t('connections.userHelp')}
          value={fields.user}
          onChange={(event) => change({ user: event.currentTarget.value })}
          spellCheck={false}
          data-testid="connection-user"
        />
        <Select
          label={t('connections.nodeToAsk')}
          data={nodes()}
          value={fields.preference}
          allowDeselect={false}
          onChange={(value) => change({ preference: pick(nodes(), value, 'leader') })}
        />
      </div>
      <div className={s.pair}>
        <Select
          label={t('connections.encryption')}
          data={eventStoreDbTls()}
          value={fields.tls}
          allowDeselect={false}
          onChange={(value) => change({ tls: pick(eventStoreDbTls(), value, 'verify') })}
        />
        <TextInput
          label={t('connections.authority')}
          placeholder={t('connections.systemAuthorities')}
          value={fields.caFile}
          onChange={(event) => change({ caFile: event.currentTarget.value })}
          spellCheck={false}
        />
      </div>
      <fieldset className={s.group}>
        <legend>{t('connections.sideLegend')}</legend>
        <SegmentedControl
          aria-label={t('connections.sideWhere')}
          value={form.sideKind}
          onChange={(value) => onChange({ sideKind: value === 'postgres' ? 'postgres' : 'file' })}
          data={[
            { value: 'file', label: t('connections.inFile') },
            { value: 'postgres', label: t('connections.inPostgres') },
          ]}
        />
        {form.sideKind === 'file' ? (
          <TextInput
            label={t('connections.file')}
            placeholder={t('connections.dataFolder')}
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
    ...(existing ? [{ value: 'leave' as const, label: t('connections.passwordLeave') }] : []),
    { value: 'keep', label: noKeyring ? t('connections.passwordTypeNow') : t('connections.passwordKeep') },
    { value: 'askEachTime', label: t('connections.passwordAsk') },
    { value: 'none', label: t('connections.passwordNone') },
  ];
  return (
    <fieldset className={s.group}>
      <legend>{t('connections.password')}</legend>
      <SegmentedControl
        aria-label={t('connections.password')}
        value={form.password}
        onChange={(value) => onChange({ password: pick(choices, value, 'none') })}
        data={choices}
      />
      {form.password === 'keep' && noKeyring && (
        <p className="dim" style={{ margin: 0 }} data-testid="password-not-kept">
          {t('connections.passwordNotKept')}
        </p>
      )}
      {form.password === 'keep' && login && (
        <PasswordInput
          label={t('connections.passwordOfUser')}
          value={form.login}
          onChange={(event) => onChange({ login: event.currentTarget.value })}
          autoComplete="off"
          data-testid="connection-password"
        />
      )}
      {form.password === 'keep' && side && (
        <PasswordInput
          label={t('connections.passwordOfSideUser')}
          value={form.sideLogin}
          onChange={(event) => onChange({ sideLogin: event.currentTarget.value })}
          autoComplete="off"
          data-testid="side-password"
        />
      )}
    </fieldset>
  );
}
