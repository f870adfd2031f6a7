import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { settle } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { changeSettings, useSettings } from '../../app/settings';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError, RetentionRuleRow } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import s from './MaintenanceView.module.css';
import { daysOf, secondsOf, wholeNumber } from './rules';

type Part = 'maxAge' | 'maxCount' | 'beforeVersion' | 'minAge';

const PARTS: readonly { part: Part; streamOnly?: boolean }[] = [
  { part: 'maxAge' },
  { part: 'maxCount' },
  { part: 'beforeVersion', streamOnly: true },
  { part: 'minAge' },
];

/** A rule for a stream or a category: what may go, and what stays in any case. */
export function RuleDialog({ row, onClose }: { row: RetentionRuleRow | null; onClose: () => void }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const { actor } = useSettings();
  const [kind, setKind] = useState<'category' | 'stream'>(row?.scope.kind === 'stream' ? 'stream' : 'category');
  const [name, setName] = useState(row?.scope.name ?? '');
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState<Record<Part, string>>({
    maxAge: daysOf(row?.rule.maxAgeSeconds ?? null),
    maxCount: row?.rule.maxCount ?? '',
    beforeVersion: row?.rule.beforeVersion ?? '',
    minAge: daysOf(row?.rule.minAgeSeconds ?? null),
  });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const bad = (part: Part) => wholeNumber(typed[part]) === undefined;
  const complete =
    name.trim() !== '' && reason.trim() !== '' && actor.trim() !== '' && !PARTS.some(({ part }) => bad(part));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!complete || busy) return;
    setBusy(true);
    setError(null);
    try {
      const rule = {
        maxAgeSeconds: secondsOf(typed.maxAge) ?? null,
        maxCount: wholeNumber(typed.maxCount) ?? null,
        beforeVersion: kind === 'stream' ? (wholeNumber(typed.beforeVersion) ?? null) : null,
        minAgeSeconds: secondsOf(typed.minAge) ?? null,
      };
      const by = { actor: actor.trim(), reason: reason.trim() };
      await platform.setRetentionRule({ kind, name: name.trim() }, rule, by);
      await settle(cache, 'setRetentionRule');
      onClose();
    } catch (thrown) {
      setError(toAppError(thrown));
      setBusy(false);
    }
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={row === null ? t('maintenance.aRule') : t('maintenance.theRule', { name: row.scope.name })}
      size={480}
    >
      <form className={s.form} onSubmit={(event) => void submit(event)}>
        <div className={s.pair}>
          <Select
            label={t('maintenance.forScope')}
            data={[
              { value: 'category', label: t('maintenance.aCategory') },
              { value: 'stream', label: t('maintenance.oneStream') },
            ]}
            value={kind}
            allowDeselect={false}
            disabled={row !== null}
            onChange={(value) => setKind(value === 'stream' ? 'stream' : 'category')}
          />
          <TextInput
            label={kind === 'stream' ? t('maintenance.scope_stream') : t('maintenance.scope_category')}
            placeholder={kind === 'stream' ? t('maintenance.streamExample') : t('maintenance.categoryExample')}
            value={name}
            disabled={row !== null}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            data-autofocus
            data-testid="rule-name"
          />
        </div>
        {PARTS.filter(({ streamOnly }) => streamOnly !== true || kind === 'stream').map(({ part }) => (
          <TextInput
            key={part}
            label={t(`maintenance.part_${part}`)}
            description={t(`maintenance.partMeans_${part}`)}
            value={typed[part]}
            inputMode="numeric"
            error={bad(part) ? t('maintenance.wholeNumber') : null}
            onChange={(event) => setTyped({ ...typed, [part]: event.currentTarget.value })}
            data-testid={`rule-${part}`}
          />
        ))}
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
          data-testid="rule-reason"
        />
        {error !== null && <ErrorState error={error} />}
        <div className={s.answers}>
          <Button onClick={onClose}>{t('maintenance.leaveIt')}</Button>
          <Button type="submit" variant="filled" loading={busy} disabled={!complete} data-testid="save-rule">
            {t('maintenance.setRule')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
