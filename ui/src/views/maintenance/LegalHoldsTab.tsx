import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { IconGavel, IconLockOpen, IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { changeSettings, useSettings } from '../../app/settings';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError, LegalHoldRow, RetentionScope } from '../../platform/wire';
import { Bones, EmptyState, ErrorState, Time } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';

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
  if (overview.data === undefined) return <Bones lines={8} label={t('maintenance.loadingHolds')} />;
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
      {t('maintenance.placeHoldAsk')}
    </Button>
  );
  return (
    <>
      {holds.length === 0 ? (
        <EmptyState icon={<IconGavel size={28} stroke={1.4} />} title={t('maintenance.noHold')} action={place}>
          {t('maintenance.holdMeans')}
        </EmptyState>
      ) : (
        <div className={s.page}>
          <section className={s.section} aria-labelledby="holds">
            <header className={s.sectionHead}>
              <h2 id="holds">{t('maintenance.nHolds', { count: holds.length })}</h2>
              {place}
            </header>
            <table className={s.table} data-testid="legal-holds">
              <thead>
                <tr>
                  <th scope="col">{t('maintenance.hold')}</th>
                  <th scope="col">{t('maintenance.covers')}</th>
                  <th scope="col">{t('maintenance.why')}</th>
                  <th scope="col">{t('maintenance.placed')}</th>
                  <th scope="col">
                    <span className="visually-hidden">{t('maintenance.change')}</span>
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
                      <Time value={row.placedAt} short />{' '}
                      <span className="dim">{t('maintenance.placedBy', { actor: row.actor })}</span>
                    </td>
                    <td className={s.rowActions}>
                      <Button
                        size="compact-xs"
                        leftSection={<IconLockOpen size={13} />}
                        onClick={() => setLifting(row)}
                        disabled={readOnly}
                        aria-label={t('maintenance.liftNamed', { hold: row.hold })}
                        data-testid={`lift-${row.hold}`}
                      >
                        {t('maintenance.liftAsk')}
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
          title={t('maintenance.liftQuestion', { hold: lifting.hold })}
          confirm={t('maintenance.lift')}
          icon={<IconLockOpen size={14} />}
          danger
          asksReason
          onConfirm={async (by) => {
            await platform.liftLegalHold(lifting.hold, by);
            await settle(cache, 'liftLegalHold');
          }}
          testId="confirm-lift-hold"
        >
          <p>{rich(`maintenance.liftMeans_${lifting.scope.kind}`, { name: <strong>{lifting.scope.name}</strong> })}</p>
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
    <Modal opened onClose={onClose} title={t('maintenance.placeHoldTitle')} size={480}>
      <form className={s.form} onSubmit={(event) => void submit(event)}>
        <TextInput
          label={t('maintenance.name')}
          description={t('maintenance.holdNameHelp')}
          value={hold}
          onChange={(event) => setHold(event.currentTarget.value)}
          required
          data-autofocus
          data-testid="hold-name"
        />
        <div className={s.pair}>
          <Select
            label={t('maintenance.covers')}
            data={[
              { value: 'stream', label: t('maintenance.oneStream') },
              { value: 'category', label: t('maintenance.aCategory') },
              { value: 'prefix', label: t('maintenance.scope_prefix') },
            ]}
            value={kind}
            allowDeselect={false}
            onChange={(value) => setKind(value === 'category' || value === 'prefix' ? value : 'stream')}
          />
          <TextInput
            label={
              kind === 'category'
                ? t('maintenance.scope_category')
                : kind === 'stream'
                  ? t('maintenance.scope_stream')
                  : t('maintenance.beginning')
            }
            placeholder={kind === 'category' ? t('maintenance.categoryExample') : t('maintenance.streamExample')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            data-testid="hold-scope"
          />
        </div>
        <TextInput
          label={t('maintenance.whoDecides')}
          value={actor}
          onChange={(event) => changeSettings({ actor: event.currentTarget.value })}
          required
        />
        <Textarea
          label={t('maintenance.why')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          autosize
          minRows={2}
          required
          data-testid="hold-reason"
        />
        {error !== null && <ErrorState error={error} />}
        <div className={s.answers}>
          <Button onClick={onClose}>{t('maintenance.leaveIt')}</Button>
          <Button type="submit" variant="filled" loading={busy} disabled={!complete} data-testid="save-hold">
            {t('maintenance.placeHold')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
