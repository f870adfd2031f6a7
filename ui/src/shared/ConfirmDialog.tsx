import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { changeSettings, useSettings } from '../app/settings';
import { t } from '../i18n';
import { toAppError } from '../platform/platform';
import type { AppError } from '../platform/wire';
import { ErrorState } from './bits';
import s from './ConfirmDialog.module.css';
import { reasonProblem } from './limits';

/** Who decides, and why. */
export interface By {
  actor: string;
  reason: string;
}

interface ConfirmDialogProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, to what. */
  children: ReactNode;
  confirm: string;
  dismiss?: string;
  icon?: ReactNode;
  /** It takes something away. */
  danger?: boolean;
  /** Asks who and why; both are recorded. */
  asksReason?: boolean;
  /** What has to be typed before it can be confirmed. */
  typed?: { text: string; label: string } | undefined;
  onConfirm: (by: By) => Promise<void> | void;
  testId: string;
}

/** A question that names what it is about; where it matters it asks for a reason, or for the number that is at stake. */
export function ConfirmDialog({ opened, onClose, title, ...rest }: ConfirmDialogProps) {
  const [busy, setBusy] = useState(false);
  // While it is carried out, another question may stand above this one: what dismisses that one must not dismiss this one, too.
  const dismissible = { closeOnEscape: !busy, closeOnClickOutside: !busy };
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={480} {...dismissible}>
      <Question {...rest} onClose={onClose} busy={busy} setBusy={setBusy} />
    </Modal>
  );
}

const digits = (text: string): string => text.replace(/[\s\u202f.,]/g, '');

interface QuestionProps extends Omit<ConfirmDialogProps, 'opened' | 'title'> {
  busy: boolean;
  setBusy: (busy: boolean) => void;
}

function Question({ busy, setBusy, ...props }: QuestionProps) {
  const { actor } = useSettings();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<AppError | null>(null);
  const reasoned =
    props.asksReason !== true || (reason.trim() !== '' && reasonProblem(reason) === null && actor.trim() !== '');
  const matches = props.typed === undefined || digits(typed) === digits(props.typed.text);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!reasoned || !matches || busy) return;
    setBusy(true);
    setError(null);
    try {
      await props.onConfirm({ actor: actor.trim(), reason: reason.trim() });
      props.onClose();
    } catch (thrown) {
      setError(toAppError(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} className={s.form}>
      <div className={s.text}>{props.children}</div>
      {props.asksReason === true && (
        <>
          <TextInput
            label={t('shared.whoDecides')}
            value={actor}
            onChange={(event) => changeSettings({ actor: event.currentTarget.value })}
            required
            data-testid={`${props.testId}-actor`}
          />
          <Textarea
            label={t('shared.why')}
            description={t('shared.recordedWithTheDecisionForWhoever')}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            autosize
            minRows={2}
            maxRows={6}
            error={reasonProblem(reason)}
            required
            data-autofocus
            data-testid={`${props.testId}-reason`}
          />
        </>
      )}
      {props.typed !== undefined && (
        <TextInput
          label={props.typed.label}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          required
          {...(props.asksReason === true ? {} : { 'data-autofocus': true })}
          data-testid={`${props.testId}-typed`}
        />
      )}
      {error !== null && <ErrorState error={error} />}
      <div className={s.answers}>
        <Button onClick={props.onClose}>{props.dismiss ?? t('shared.leaveIt')}</Button>
        <Button
          type="submit"
          variant="filled"
          {...(props.danger === true ? { color: 'red' } : {})}
          leftSection={props.icon}
          loading={busy}
          disabled={!reasoned || !matches}
          {...(props.asksReason === true || props.typed !== undefined ? {} : { 'data-autofocus': true })}
          data-testid={props.testId}
        >
          {props.confirm}
        </Button>
      </div>
    </form>
  );
}
