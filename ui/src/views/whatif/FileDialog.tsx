import { Button, Modal } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import { FileField, typedPath } from '../../shared/FileField';
import s from './WhatIfView.module.css';

interface FileDialogProps {
  /** What is done with the file; the dialog is closed while there is nothing to be done. */
  asked: FileAsked | null;
  onClose: () => void;
}

export interface FileAsked {
  title: string;
  action: string;
  /** Does it with a path, or with what is chosen in the system's dialog; whether it was done, and not dismissed. */
  run: (path: string | null) => Promise<boolean>;
}

/** Asks for a file: by its whole path, or in the system's dialog. */
export function FileDialog({ asked, onClose }: FileDialogProps) {
  return (
    <Modal opened={asked !== null} onClose={onClose} title={asked?.title} size={480}>
      {asked !== null && <Asking asked={asked} onClose={onClose} />}
    </Modal>
  );
}

function Asking({ asked, onClose }: { asked: FileAsked; onClose: () => void }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const path = typedPath(text);
  const run = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      if (await asked.run(path)) onClose();
    } catch (thrown) {
      setError(toAppError(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className={s.form} onSubmit={(event) => void run(event)}>
      <FileField path={text} onPath={setText} description={t('whatif.fileDescription')} />
      {error !== null && <ErrorState error={error} />}
      <div className={s.buttons}>
        <Button onClick={onClose}>{t('whatif.cancel')}</Button>
        <Button type="submit" variant="filled" loading={busy} data-testid="file-run" data-autofocus>
          {path === null ? t('whatif.chooseFile') : asked.action}
        </Button>
      </div>
    </form>
  );
}
