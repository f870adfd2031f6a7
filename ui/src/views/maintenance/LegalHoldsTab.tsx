import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { IconGavel, IconLockOpen, IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { changeSettings, useSettings } from '../../app/settings';
import { toAppError } from '../../platform/platform';
import type { AppError, LegalHoldRow, RetentionScope } from '../../platform/wire';
import { Bones, EmptyState, ErrorState, Time } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { plural } from '../../shared/format';
import s from './MaintenanceView.module.css';
import { NoRetention } from './RetentionTab';
import { scopeKind } from './rules';

/** What must stay whatever the rules say: who placed it, when, on what and why. */
export function LegalHoldsTab({ readOnly }: { readOnly: boolean }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const [placing, setPlacing] = useState(false);
  const [lifting, setLifting] = useState<LegalHoldRow | null>(null);
  const overview = useAsk('retention', [], (ask) => ask.retention(), { keep: true });
  if (overview.isError) {
    return <ErrorState error={toAppError(overview.error)} onRetry={() => void overview.refetch()} />;
  }
  if (overview.data === undefined) return <Bones lines={8} label="Loading the legal holds" />;
  if (!overview.data.supported) return <NoRetention />;
  const { holds } = overview.data;
  const place = (
    <Button
      variant="filled"
      leftSection={<IconPlus size={14} />}
      onClick={() => setPlacing(true)}
      disabled={readOnly}
      data-testid="place-hold"
    >
      Place a hold…
    </Button>
  );
  return (
    <>
      {holds.length === 0 ? (
        <EmptyState icon={<IconGavel size={28} stroke={1.4} />} title="No legal hold is in force" action={place}>
          A hold keeps every event of the streams that it covers until it is lifted. It beats every rule of retention.
        </EmptyState>
      ) : (
        <div className={s.page}>
          <section className={s.section} aria-labelledby="holds">
            <header className={s.sectionHead}>
              <h2 id="holds">{plural(String(holds.length), 'legal hold')} in force</h2>
              {place}
            </header>
            <table className={s.table} data-testid="legal-holds">
              <thead>
                <tr>
                  <th scope="col">Hold</th>
                  <th scope="col">Covers</th>
                  <th scope="col">Why</th>
                  <th scope="col">Placed</th>
                  <th scope="col">
                    <span className="visually-hidden">Change</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {holds.map((row) => (
                  <tr key={row.hold}>
                    <th scope="row" className="selectable">
                      {row.hold}
                    </th>
                    <td>
                      <span className="dim">{scopeKind(row.scope)}</span> <span className="mono">{row.scope.name}</span>
                    </td>
                    <td className="selectable">{row.reason}</td>
                    <td>
                      <Time value={row.placedAt} short /> <span className="dim">by {row.actor}</span>
                    </td>
                    <td className={s.rowActions}>
                      <Button
                        size="compact-xs"
                        leftSection={<IconLockOpen size={13} />}
                        onClick={() => setLifting(row)}
                        disabled={readOnly}
                        aria-label={`Lift ${row.hold}`}
                        data-testid={`lift-${row.hold}`}
                      >
                        Lift…
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </div>
      )}
      {placing && <HoldDialog onClose={() => setPlacing(false)} />}
      {lifting !== null && (
        <ConfirmDialog
          opened
          onClose={() => setLifting(null)}
          title={`Lift the hold ${lifting.hold}?`}
          confirm="Lift it"
          icon={<IconLockOpen size={14} />}
          danger
          asksReason
          onConfirm={async (by) => {
            await platform.liftLegalHold(lifting.hold, by);
            await settle(cache, 'liftLegalHold');
          }}
          testId="confirm-lift-hold"
        >
          <p>
            From then on the rules decide again what may go of {scopeKind(lifting.scope).toLowerCase()}{' '}
            <strong>{lifting.scope.name}</strong>. Nothing goes by itself.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

function HoldDialog({ onClose }: { onClose: () => void }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const { actor } = useSettings();
  const [hold, setHold] = useState('');
  const [kind, setKind] = useState<RetentionScope['kind']>('stream');
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const complete = [hold, name, reason, actor].every((text) => text.trim() !== '');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!complete || busy) return;
    setBusy(true);
    setError(null);
    try {
      const by = { actor: actor.trim(), reason: reason.trim() };
      await platform.placeLegalHold(hold.trim(), { kind, name: name.trim() }, by);
      await settle(cache, 'placeLegalHold');
      onClose();
    } catch (thrown) {
      setError(toAppError(thrown));
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title="Place a legal hold" size={480}>
      <form className={s.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label="Name"
          description="For example the case number. It is named wherever something stays because of it."
          value={hold}
          onChange={(event) => setHold(event.currentTarget.value)}
          required
          data-autofocus
          data-testid="hold-name"
        />
        <div className={s.pair}>
          <Select
            label="Covers"
            data={[
              { value: 'stream', label: 'One stream' },
              { value: 'category', label: 'A category' },
              { value: 'prefix', label: 'Names that begin with' },
            ]}
            value={kind}
            allowDeselect={false}
            onChange={(value) => setKind(value === 'category' || value === 'prefix' ? value : 'stream')}
          />
          <TextInput
            label={kind === 'category' ? 'Category' : kind === 'stream' ? 'Stream' : 'Beginning'}
            placeholder={kind === 'category' ? 'account' : 'account-100234'}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            data-testid="hold-scope"
          />
        </div>
        <TextInput
          label="Who decides"
          value={actor}
          onChange={(event) => changeSettings({ actor: event.currentTarget.value })}
          required
        />
        <Textarea
          label="Why"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          autosize
          minRows={2}
          required
          data-testid="hold-reason"
        />
        {error !== null && <ErrorState error={error} />}
        <div className={s.answers}>
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" variant="filled" loading={busy} disabled={!complete} data-testid="save-hold">
            Place the hold
          </Button>
        </div>
      </form>
    </Modal>
  );
}
