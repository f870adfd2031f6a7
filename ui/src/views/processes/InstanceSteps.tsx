import { UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import { Bones, ErrorState, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from '../bank/BankView.module.css';
import { useSteps } from '../bank/StreamSteps';
import p from './ProcessesView.module.css';

/** What an instance's stream recorded, message by message, each with its state before and after. */
export function InstanceSteps({ stream }: { stream: string }) {
  const { steps } = useSteps(stream);
  const [chosen, setChosen] = useState<string | null>(null);
  if (steps.isError) return <ErrorState error={toAppError(steps.error)} onRetry={() => void steps.refetch()} />;
  if (steps.data === undefined) return <Bones lines={6} label={t('processes.loadingMessages')} />;
  const shown = chosen ?? steps.data.at(-1)?.version ?? null;
  return (
    <>
      <h3 className={s.section}>{t('processes.messages')}</h3>
      <ol className={p.messages} data-testid="messages">
        {steps.data.map((step) => (
          <li key={step.version}>
            <UnstyledButton
              className={`${p.message} ${step.version === shown ? p.messageOn : ''}`}
              aria-pressed={step.version === shown}
              onClick={() => setChosen(step.version)}
              data-testid="message"
            >
              <span className="faint tabular">{grouped(step.version)}</span>
              <span className="cut">{step.eventType}</span>
              <Time value={step.recordedAt} short />
            </UnstyledButton>
          </li>
        ))}
      </ol>
      {shown !== null && <Difference key={shown} stream={stream} version={shown} />}
    </>
  );
}

/** The state after a message, marked with how it differs from the state before. */
function Difference({ stream, version }: { stream: string; version: string }) {
  const before = String(BigInt(version) - 1n);
  const state = useAsk('stateAt', [stream, version, before], (ask) => ask.stateAt(stream, version, before));
  return (
    <>
      <h3 className={s.section}>{t('processes.beforeAndAfter', { version: grouped(version) })}</h3>
      {state.isError ? (
        <ErrorState error={toAppError(state.error)} onRetry={() => void state.refetch()} />
      ) : state.data === undefined ? (
        <Bones lines={6} label={t('processes.loadingState')} />
      ) : (
        <>
          <p className={p.changed}>
            {t('processes.nChanged', { count: state.data.changedPaths.length })}{' '}
            <PlaceLink to={places.time(stream, version)}>{t('processes.timeTravelTo')}</PlaceLink>
          </p>
          <div className={s.flush} data-testid="before-after">
            <JsonTree nodes={state.data.nodes} label={t('processes.stateAfter', { version })} />
          </div>
        </>
      )}
    </>
  );
}
