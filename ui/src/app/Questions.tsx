import { Button, Modal, PasswordInput, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconDatabasePlus, IconLockOpen, IconPlugConnected } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { rich, t } from '../i18n';
import { toAppError } from '../platform/platform';
import type { AppError } from '../platform/wire';
import { ErrorState } from '../shared/bits';
import s from './Questions.module.css';
import { type Question, useQuestion } from './questions';

type Of<K extends Question['kind']> = Extract<Question, { kind: K }>;

/** Shows what the program has to ask before it can go on, above whatever is open. */
export function Questions() {
  const question = useQuestion();
  if (question === null) return null;
  switch (question.kind) {
    case 'password':
      return <AskForPasswords key={question.name} question={question} />;
    case 'production':
      return <AskForProduction question={question} />;
    case 'create':
      return <AskToCreate question={question} />;
    case 'switch':
      return <AskToSwitch question={question} />;
  }
}

const ABOVE = 400;

function AskForPasswords({ question }: { question: Of<'password'> }) {
  const [login, setLogin] = useState('');
  const [side, setSide] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    question.answer({ login: login === '' ? null : login, side: side === '' ? null : side });
  };
  return (
    <Modal
      opened
      onClose={() => question.answer(null)}
      title={t('app.passwordFor', { name: question.name })}
      size={440}
      zIndex={ABOVE}
    >
      <form className={s.form} onSubmit={submit} data-testid="ask-password">
        <p className={s.because}>{question.because.message}</p>
        {question.user !== null && (
          <PasswordInput
            label={t('app.passwordOf', { user: question.user })}
            description={t('app.usedForThisOpeningOnlyItIsNot')}
            value={login}
            onChange={(event) => setLogin(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
            data-testid="typed-password"
          />
        )}
        {question.sideUser !== null && (
          <PasswordInput
            label={t('app.passwordOfForTheDatabaseBesideIt', { sideUser: question.sideUser })}
            value={side}
            onChange={(event) => setSide(event.currentTarget.value)}
            autoComplete="off"
            data-testid="typed-side-password"
          />
        )}
        <div className={s.answers}>
          <Button onClick={() => question.answer(null)}>{t('app.leaveIt')}</Button>
          <Button
            type="submit"
            variant="filled"
            leftSection={<IconLockOpen size={14} />}
            disabled={login === '' && side === ''}
            data-testid="open-with-password"
          >
            {t('app.open')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function AskForProduction({ question }: { question: Of<'production'> }) {
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || name.trim() === '') return;
    setBusy(true);
    try {
      await question.confirm(name);
      question.answer(true);
    } catch (thrown) {
      setError(toAppError(thrown));
      setBusy(false);
    }
  };
  return (
    <Modal
      opened
      onClose={() => question.answer(false)}
      title={t('app.thisWritesToProduction')}
      size={440}
      zIndex={ABOVE}
    >
      <form className={s.form} onSubmit={(event) => void submit(event)} data-testid="ask-production">
        <p className={s.because}>{question.because.message}</p>
        <TextInput
          label={t('app.theConnectionsName')}
          description={t('app.typedExactlyItConfirmsThisOneWrite')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
          data-testid="production-name"
        />
        {error !== null && <ErrorState error={error} />}
        <div className={s.answers}>
          <Button onClick={() => question.answer(false)}>{t('app.leaveIt')}</Button>
          <Button
            type="submit"
            variant="filled"
            color="red"
            leftSection={<IconAlertTriangle size={14} />}
            loading={busy}
            disabled={name.trim() === ''}
            data-testid="confirm-production"
          >
            {t('app.write')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function AskToCreate({ question }: { question: Of<'create'> }) {
  return (
    <Modal opened onClose={() => question.answer(false)} title={t('app.noStoreIsThereYet')} size={440} zIndex={ABOVE}>
      <div className={s.form} data-testid="ask-create">
        <p className={s.because}>{question.because.message}</p>
        <p className={s.because}>
          {rich('app.anEmptyStoreCanBeCreatedWhereLeads', { name: <strong>{question.name}</strong> })}
        </p>
        <div className={s.answers}>
          <Button onClick={() => question.answer(false)}>{t('app.leaveIt')}</Button>
          <Button
            variant="filled"
            leftSection={<IconDatabasePlus size={14} />}
            onClick={() => question.answer(true)}
            data-autofocus
            data-testid="create-store"
          >
            {t('app.createTheStore')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function AskToSwitch({ question }: { question: Of<'switch'> }) {
  return (
    <Modal
      opened
      onClose={() => question.answer(false)}
      title={t('app.theLinkIsAboutAnotherStore')}
      size={440}
      zIndex={ABOVE}
    >
      <div className={s.form} data-testid="ask-switch">
        <p className={s.because}>
          {rich('app.itLeadsToWhatIsOpenNowWillBeClosed', { name: <strong>{question.name}</strong> })}
        </p>
        <div className={s.answers}>
          <Button onClick={() => question.answer(false)}>{t('app.stayHere')}</Button>
          <Button
            variant="filled"
            leftSection={<IconPlugConnected size={14} />}
            onClick={() => question.answer(true)}
            data-autofocus
            data-testid="switch-store"
          >
            {t('app.openIt')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
