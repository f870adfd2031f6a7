import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError, StageView } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import { showDone } from '../notify';
import { usePlatform } from '../PlatformContext';
import s from './StageBar.module.css';
import { useStageActions } from './useStage';
import { said, spoken } from './words';

interface SaveSceneDialogProps {
  stage: StageView;
  opened: boolean;
  onClose: () => void;
}

/** Asks for the title under which a recorded scene is kept. */
export function SaveSceneDialog({ stage, opened, onClose }: SaveSceneDialogProps) {
  const platform = usePlatform();
  const { changed } = useStageActions();
  return (
    <TitleDialog
      heading={t('stage.saveTitle')}
      text={t('stage.saveText')}
      action={t('stage.saveIt')}
      initial={said(stage.title)}
      opened={opened}
      onClose={onClose}
      onTitle={async (title) => {
        await changed(await platform.saveStage(spoken(title)));
        showDone(t('stage.saved', { title }));
      }}
    />
  );
}

interface TitleDialogProps {
  heading: string;
  text?: string;
  action: string;
  initial: string;
  opened: boolean;
  onClose: () => void;
  onTitle: (title: string) => Promise<void>;
}

/** Asks for a title. */
export function TitleDialog({ heading, opened, onClose, ...rest }: TitleDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={heading} size={480}>
      <Asking {...rest} onClose={onClose} />
    </Modal>
  );
}

function Asking({ text, action, initial, onClose, onTitle }: Omit<TitleDialogProps, 'heading' | 'opened'>) {
  const [title, setTitle] = useState(initial);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (title.trim() === '' || busy) return;
    setBusy(true);
    setError(null);
    try {
      await onTitle(title.trim());
      onClose();
    } catch (thrown) {
      setError(toAppError(thrown));
      setBusy(false);
    }
  };
  return (
    <form className={s.form} onSubmit={(event) => void submit(event)}>
      {text !== undefined && <p className="dim">{text}</p>}
      <TextInput
        label={t('stage.name')}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        maxLength={200}
        required
        data-autofocus
        data-testid="scene-title"
      />
      {error !== null && <ErrorState error={error} />}
      <div className={s.answers}>
        <Button onClick={onClose}>{t('stage.leaveIt')}</Button>
        <Button
          type="submit"
          variant="filled"
          loading={busy}
          disabled={title.trim() === ''}
          data-testid="scene-title-save"
        >
          {action}
        </Button>
      </div>
    </form>
  );
}
