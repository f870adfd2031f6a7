import { IconClockCog, IconInfoCircle } from '@tabler/icons-react';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { midSentence, rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError, ModelAt, Progress } from '../../platform/wire';
import { ErrorState, ProgressLine } from '../../shared/bits';
import { grouped, modelWords } from '../../shared/format';
import { PlatformContext, usePlatform } from '../PlatformContext';
import { places } from '../place';
import { PlaceLink, setClock, useClock, usePlace } from '../router';
import s from './Clock.module.css';
import { ClockBand } from './ClockBand';
import { ShownAt } from './ClockContext';
import { clockedPlatform } from './clockedPlatform';
import { modelsOf, whyNow } from './models';

/** Folding that takes less is not worth a word. */
const PATIENCE_MILLISECONDS = 250;

interface Prepared {
  at: string;
  models: ReadonlyMap<string, ModelAt>;
}

/**
 * Shows its children at the moment that the clock is set to, once what they are made of was folded to it. Until then the band
 * says what is going on, and nothing of another moment is on the screen.
 */
export function ClockGate({ children }: { children: ReactNode }) {
  const platform = usePlatform();
  const at = useClock();
  const place = usePlace();
  const needed = modelsOf(place);
  const { prepared, progress, error, slow, cancel, again } = usePrepared(at, needed);
  const ready = at === null || (prepared?.at === at && needed.every((name) => prepared.models.has(name)));
  const clocked = useMemo(() => (at === null ? platform : clockedPlatform(platform, at)), [platform, at]);
  if (at === null) return children;
  return (
    <PlatformContext value={clocked}>
      <ShownAt value={at}>
        <ClockBand at={at} />
        {whyNow(place) !== null && (
          <p className={s.now} role="note" data-testid="shows-now">
            <IconInfoCircle size={14} aria-hidden="true" /> {whyNow(place)}
          </p>
        )}
        {error !== null ? (
          <ErrorState error={error} onRetry={again} />
        ) : ready ? (
          <>
            {needed.map((name) => {
              const model = prepared?.models.get(name);
              return model === undefined ? null : <Caveats key={name} model={model} />;
            })}
            {children}
          </>
        ) : (
          <div className={s.folding} role="status" aria-label={t('app.foldingToTheMoment')}>
            {slow && (
              <>
                <IconClockCog size={28} stroke={1.4} aria-hidden="true" />
                <h2>{t('app.goingToPosition', { at: grouped(at) })}</h2>
                <ProgressLine progress={progress} fallback={t('app.foldingTheLogUpToThere')} onCancel={cancel} />
                <p className="dim">{t('app.theLogIsFoldedOnceAfterwardsThe')}</p>
              </>
            )}
          </div>
        )}
      </ShownAt>
    </PlatformContext>
  );
}

/** Folds what is needed to the moment, and lets go of what is not waited for any more. */
function usePrepared(at: string | null, needed: readonly string[]) {
  const platform = usePlatform();
  const [prepared, setPrepared] = useState<Prepared | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const [slow, setSlow] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const task = useRef<string | null>(null);
  const former = useRef<string | null>(null);
  const key = needed.join(' ');

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what is needed, an attempt is a reason to ask again
  useEffect(() => {
    setError(null);
    if (at === null) {
      former.current = null;
      setPrepared(null);
      return;
    }
    const known = prepared?.at === at ? prepared.models : new Map<string, ModelAt>();
    const missing = needed.filter((name) => !known.has(name));
    if (missing.length === 0) {
      setPrepared({ at, models: known });
      former.current = at;
      return;
    }
    let current = true;
    const taskId = crypto.randomUUID();
    task.current = taskId;
    setProgress(null);
    setSlow(false);
    const timer = window.setTimeout(() => setSlow(true), PATIENCE_MILLISECONDS);
    platform
      .asOfPrepare([...missing], at, taskId, (step) => {
        if (current) setProgress(step);
      })
      .then((models) => {
        if (!current) return;
        former.current = at;
        setPrepared({ at, models: new Map([...known, ...models.map((model) => [model.name, model] as const)]) });
      })
      .catch((thrown: unknown) => {
        if (current) setError(toAppError(thrown));
      })
      .finally(() => {
        window.clearTimeout(timer);
        if (current) task.current = null;
      });
    return () => {
      current = false;
      window.clearTimeout(timer);
      if (task.current === taskId) void platform.cancelTask(taskId).catch(() => undefined);
    };
  }, [platform, at, key, attempt]);

  // Whoever stops it is back where it began.
  const cancel = useCallback(() => {
    if (task.current !== null) void platform.cancelTask(task.current).catch(() => undefined);
    setClock(former.current === at ? null : former.current, 'replace');
  }, [platform, at]);
  const again = useCallback(() => setAttempt((count) => count + 1), []);
  return { prepared, progress, error, slow, cancel, again };
}

/** What is not as it should be of a read model at the moment. */
function Caveats({ model }: { model: ModelAt }) {
  const { halted, streamsAside, truncatedStreams } = model;
  return (
    <>
      {halted !== null && (
        <p className={`${s.now} ${s.halted}`} role="alert" data-testid="halted-at">
          {rich('app.cannotApplyTheEventAtOfWhatIsShown', {
            name: modelWords(model.name),
            position: (
              <PlaceLink to={places.events({}, halted.position)}>
                {t('app.positionLink', { position: grouped(halted.position) })}
              </PlaceLink>
            ),
            eventType: halted.eventType,
            stream: halted.stream,
            reason: halted.reason,
          })}
        </p>
      )}
      {streamsAside !== '0' && (
        <p className={s.now} role="note">
          {t('app.leavesOutWithAnEventThatCannotBe', {
            name: modelWords(model.name),
            streams: t('shared.nStreams', { count: streamsAside }),
          })}
        </p>
      )}
      {truncatedStreams !== '0' && (
        <p className={s.now} role="note">
          {t('app.streamsTruncated', { count: truncatedStreams, name: midSentence(modelWords(model.name)) })}
        </p>
      )}
    </>
  );
}
