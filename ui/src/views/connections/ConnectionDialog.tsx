import { Button, Checkbox, Modal, SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconClipboardText, IconPlugConnected } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { settle } from '../../app/cache';
import { showDone } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError, ConnectionRow, ConnectionTestStep } from '../../platform/wire';
import { ErrorState, ProgressLine } from '../../shared/bits';
import { ColourDot } from '../../shared/ColourDot';
import s from './ConnectionsView.module.css';
import { ConnectionTest } from './ConnectionTest';
import { colours, draftOf, type Form, formOf, isComplete, type Kind, kinds, logsIn, withTarget } from './draft';
import { EventStoreDbPart, PasswordPart, PostgresPart } from './parts';

/** Adds a connection or changes one; either can be tried before it is saved. */
export function ConnectionDialog({
  row,
  noKeyring,
  onClose,
}: {
  row: ConnectionRow | null;
  noKeyring: boolean;
  onClose: () => void;
}) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const test = useTask<boolean>();
  const [form, setForm] = useState<Form>(() => formOf(row));
  const [pasted, setPasted] = useState('');
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [steps, setSteps] = useState<readonly ConnectionTestStep[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const change = (part: Partial<Form>) => setForm((now) => ({ ...now, ...part }));
  const complete = form.name.trim() !== '' && isComplete(form);

  const fill = async (text: string) => {
    if (text.trim() === '') return;
    setError(null);
    try {
      const parsed = await platform.parseConnection(text);
      setForm((now) => {
        const filled = withTarget(now, parsed.target);
        return parsed.password === null ? filled : { ...filled, password: 'keep', login: parsed.password };
      });
      setNotes(
        parsed.ignored.length === 0 ? [] : [t('connections.ignoredOptions', { options: parsed.ignored.join(', ') })],
      );
      // The string holds the password; what was understood stands in the fields.
      setPasted('');
    } catch (thrown) {
      setError(toAppError(thrown));
    }
  };

  const tryIt = async () => {
    setSteps([]);
    await test.run((id, onProgress) =>
      platform.testConnection(draftOf(form, row?.id ?? null), id, onProgress, (step) =>
        setSteps((made) => [...made, step]),
      ),
    );
  };

  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!complete || busy) return;
    setBusy(true);
    setError(null);
    try {
      const saved = await platform.saveConnection(draftOf(form, row?.id ?? null));
      await settle(cache, 'saveConnection');
      showDone([t('connections.saved', { name: form.name.trim() }), ...saved.notes].join(' '));
      onClose();
    } catch (thrown) {
      setError(toAppError(thrown));
      setBusy(false);
    }
  };

  const { login, side } = logsIn(form);
  return (
    <Modal
      opened
      onClose={onClose}
      title={row === null ? t('connections.newConnection') : t('connections.theConnection', { name: row.name })}
      size={620}
    >
      <form className={s.form} onSubmit={(event) => void save(event)} data-testid="connection-form">
        <TextInput
          label={t('connections.pasteString')}
          description={t('connections.pasteHelp')}
          leftSection={<IconClipboardText size={15} />}
          value={pasted}
          onChange={(event) => setPasted(event.currentTarget.value)}
          onPaste={(event) => {
            const text = event.clipboardData.getData('text');
            event.preventDefault();
            void fill(text);
          }}
          onBlur={() => void fill(pasted)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            void fill(pasted);
          }}
          autoComplete="off"
          spellCheck={false}
          {...(row === null ? { 'data-autofocus': true } : {})}
          data-testid="paste-connection"
        />
        <TextInput
          label={t('connections.name')}
          value={form.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          maxLength={60}
          required
          data-testid="connection-name"
        />
        <SegmentedControl
          aria-label={t('connections.kindOfStore')}
          value={form.kind}
          onChange={(value) => change({ kind: value as Kind })}
          data={[...kinds()]}
        />
        {form.kind === 'sqlite' && (
          <TextInput
            label={t('connections.file')}
            value={form.path}
            onChange={(event) => change({ path: event.currentTarget.value })}
            spellCheck={false}
            required
            data-testid="connection-path"
          />
        )}
        {form.kind === 'postgres' && (
          <PostgresPart fields={form.postgres} onChange={(postgres) => change({ postgres })} prefix="connection" />
        )}
        {form.kind === 'eventStoreDb' && <EventStoreDbPart form={form} onChange={change} />}
        {(login || side) && (
          <PasswordPart
            form={form}
            login={login}
            side={side}
            existing={row !== null && row.password !== 'none'}
            noKeyring={noKeyring}
            onChange={change}
          />
        )}
        <fieldset className={s.group}>
          <legend>{t('connections.environment')}</legend>
          <div className={s.pair}>
            <TextInput
              label={t('connections.environmentName')}
              placeholder={t('connections.environmentExample')}
              value={form.environment}
              onChange={(event) => change({ environment: event.currentTarget.value })}
              maxLength={24}
              data-testid="connection-environment"
            />
            <Select
              label={t('connections.bandColour')}
              data={[...colours()]}
              value={form.colour}
              allowDeselect={false}
              leftSection={<ColourDot colour={form.colour} />}
              onChange={(value) => change({ colour: colours().find((one) => one.value === value)?.value ?? 'none' })}
              data-testid="connection-colour"
            />
          </div>
          <Checkbox
            label={t('connections.productionMark')}
            checked={form.production}
            onChange={(event) => change({ production: event.currentTarget.checked })}
            data-testid="connection-production"
          />
          <Checkbox
            label={t('connections.readOnlyMark')}
            checked={form.readOnly}
            onChange={(event) => change({ readOnly: event.currentTarget.checked })}
            data-testid="connection-read-only"
          />
        </fieldset>
        {notes.length > 0 && (
          <ul className={s.notes} data-testid="connection-notes">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {steps.length > 0 && <ConnectionTest steps={steps} />}
        {test.running && (
          <ProgressLine progress={test.progress} fallback={t('connections.tryingTheWay')} onCancel={test.cancel} />
        )}
        {test.error !== null && <ErrorState error={test.error} />}
        {error !== null && <ErrorState error={error} />}
        <div className={s.answers}>
          <Button
            leftSection={<IconPlugConnected size={14} />}
            onClick={() => void tryIt()}
            disabled={!isComplete(form) || test.running}
            data-testid="test-connection"
          >
            {t('connections.test')}
          </Button>
          <Button onClick={onClose}>{t('connections.leaveIt')}</Button>
          <Button type="submit" variant="filled" loading={busy} disabled={!complete} data-testid="save-connection">
            {t('connections.save')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
