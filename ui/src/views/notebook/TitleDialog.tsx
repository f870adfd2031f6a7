import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import d from '../events/dialogs.module.css';

/** Longest title; the store of notebooks says the same. */
const LONGEST = 200;

interface TitleDialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  confirm: string;
  value: string;
  onTitle: (title: string) => Promise<unknown>;
}

/** Asks what something is called. */
export function TitleDialog({ opened, onClose, title, ...rest }: TitleDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={440}>
      <Title {...rest} onClose={onClose} />
    </Modal>
  );
}

function Title({ confirm, value, onTitle, onClose }: Omit<TitleDialogProps, 'opened' | 'title'>) {
  const [text, setText] = useState(value);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '' || busy) return;
    setBusy(true);
    try {
      await onTitle(text.trim());
      onClose();
    } catch (thrown) {
      setError(toAppError(thrown));
      setBusy(false);
    }
  };
  return (
    <form className={d.form} onSubmit={(event) => void submit(event)}>
      <TextInput
        label={t('notebook.name')}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        maxLength={LONGEST}
        data-autofocus
        data-testid="title-field"
      />
      {error !== null && <ErrorState error={error} />}
      <div className={d.answers}>
        <Button onClick={onClose}>{t('notebook.dismiss')}</Button>
        <Button type="submit" variant="filled" loading={busy} disabled={text.trim() === ''} data-testid="title-save">
          {confirm}
        </Button>
      </div>
    </form>
  );
}
