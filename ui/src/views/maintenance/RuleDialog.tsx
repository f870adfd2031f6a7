import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { settle } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { changeSettings, useSettings } from '../../app/settings';
import { toAppError } from '../../platform/platform';
import type { AppError, RetentionRuleRow } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import s from './MaintenanceView.module.css';
import { daysOf, secondsOf, wholeNumber } from './rules';

type Part = 'maxAge' | 'maxCount' | 'beforeVersion' | 'minAge';

const PARTS: readonly { part: Part; label: string; about: string; streamOnly?: boolean }[] = [
  { part: 'maxAge', label: 'Older than (days) may go', about: 'Empty: age lets nothing go.' },
  { part: 'maxCount', label: 'All but the last (events) may go', about: 'Empty: their number lets nothing go.' },
  { part: 'beforeVersion', label: 'Before version may go', about: 'For one stream.', streamOnly: true },
  { part: 'minAge', label: 'Younger than (days) stay in any case', about: 'Wins over all of the above.' },
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
      title={row === null ? 'A rule of retention' : `The rule for ${row.scope.name}`}
      size={480}
    >
      <form className={s.form} onSubmit={(event) => void submit(event)}>
        <div className={s.pair}>
          <Select
            label="For"
            data={[
              { value: 'category', label: 'A category' },
              { value: 'stream', label: 'One stream' },
            ]}
            value={kind}
            allowDeselect={false}
            disabled={row !== null}
            onChange={(value) => setKind(value === 'stream' ? 'stream' : 'category')}
          />
          <TextInput
            label={kind === 'stream' ? 'Stream' : 'Category'}
            placeholder={kind === 'stream' ? 'account-100234' : 'account'}
            value={name}
            disabled={row !== null}
            onChange={(event) => setName(event.currentTarget.value)}
            required
            data-autofocus
            data-testid="rule-name"
          />
        </div>
        {PARTS.filter(({ streamOnly }) => streamOnly !== true || kind === 'stream').map(({ part, label, about }) => (
          <TextInput
            key={part}
            label={label}
            description={about}
            value={typed[part]}
            inputMode="numeric"
            error={bad(part) ? 'A whole number, or nothing' : null}
            onChange={(event) => setTyped({ ...typed, [part]: event.currentTarget.value })}
            data-testid={`rule-${part}`}
          />
        ))}
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
          data-testid="rule-reason"
        />
        {error !== null && <ErrorState error={error} />}
        <div className={s.answers}>
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" variant="filled" loading={busy} disabled={!complete} data-testid="save-rule">
            Set the rule
          </Button>
        </div>
      </form>
    </Modal>
  );
}
