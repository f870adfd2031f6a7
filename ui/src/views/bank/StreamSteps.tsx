import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { StateView } from '../../platform/wire';
import { Bones, categoryColour, ErrorState, Time } from '../../shared/bits';
import { categoryOf } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from './BankView.module.css';

const STEPS = 200;

/** A stream's recorded steps and its state after them. */
export function useSteps(stream: string) {
  const steps = useAsk('timeline', [stream, '0', STEPS], (platform) => platform.timeline(stream, '0', STEPS), {
    keep: true,
  });
  const last = steps.data?.at(-1)?.version ?? null;
  const state = useAsk('stateAt', [stream, last, null], (platform) => platform.stateAt(stream, last ?? '0', null), {
    enabled: last !== null,
    keep: true,
  });
  return { steps, state: state.data as StateView | undefined };
}

/** The steps that a stream recorded, and its state. */
export function StreamSteps({ stream, stateLabel }: { stream: string; stateLabel: string }) {
  const { steps, state } = useSteps(stream);
  return (
    <>
      <h3 className={s.section}>{t('bank.steps')}</h3>
      {steps.isError ? (
        <ErrorState error={toAppError(steps.error)} onRetry={() => void steps.refetch()} />
      ) : steps.data === undefined ? (
        <Bones lines={6} />
      ) : (
        <ol className={s.steps}>
          {steps.data.map((step) => (
            <li key={step.version}>
              <PlaceLink to={places.time(stream, step.version)} className={s.step ?? ''}>
                <span
                  className={s.stepDot}
                  style={{ background: categoryColour(categoryOf(stream)) }}
                  aria-hidden="true"
                />
                <span className="cut">{step.eventType}</span>
                <Time value={step.recordedAt} />
              </PlaceLink>
            </li>
          ))}
        </ol>
      )}
      {state !== undefined && (
        <>
          <h3 className={s.section}>{t('bank.state')}</h3>
          <div className={s.flush}>
            <JsonTree nodes={state.nodes} label={stateLabel} />
          </div>
        </>
      )}
    </>
  );
}
