import { useLongAsk } from '../../app/cache';
import { rich, t } from '../../i18n';
import { displayed } from '../../i18n/numbers';
import { toAppError } from '../../platform/platform';
import type { FieldChange, FieldValue } from '../../platform/wire';
import { ErrorState, ProgressLine, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { type Step, StepList } from './StepList';
import s from './Tools.module.css';
import type { ToolProps } from './WatchPanel';

/** Every change of one field, with the events that made them. */
export function FieldPanel({ stream, version, max, open, onOpen, onVersion }: ToolProps) {
  const { field } = open;
  const at = open.fieldAt ?? String(max);
  const { result, progress, stop } = useLongAsk(
    'fieldHistory',
    [stream, field, at],
    (platform, taskId, onProgress) => platform.fieldHistory(stream, field ?? '', at, taskId, onProgress),
    { enabled: field !== null },
  );
  if (field === null) {
    return <p className={s.note}>{t('time.moveToAFieldOfTheStateAndPressHOr')}</p>;
  }
  if (result.isError) return <ErrorState error={toAppError(result.error)} onRetry={() => void result.refetch()} />;
  const history = result.data;
  if (history === undefined) return <ProgressLine progress={progress} fallback={t('time.folding')} onCancel={stop} />;
  const last = history.changes.findLast((change) => BigInt(change.event.version) <= version);
  const total = BigInt(history.leftOut) + BigInt(history.changes.length);
  const steps = history.changes.map(
    (change): Step => ({
      id: change.event.version,
      title: t('time.goToVersion2', {
        sentence: change.event.sentence ?? change.event.eventType,
        version: change.event.version,
      }),
      current: change === last,
      onGo: () => onVersion(BigInt(change.event.version)),
      content: <Change change={change} />,
    }),
  );
  return (
    <>
      <p className={s.note} data-testid="field-head">
        {rich('time.fieldChanged', {
          field: (
            <code className="mono selectable">
              {history.followed === '' ? t('time.theWholeState') : history.followed}
            </code>
          ),
          count: total,
          at: grouped(at),
        })}
        {BigInt(at) < max && (
          <>
            {' · '}
            <button
              type="button"
              className={`link ${s.plain}`}
              onClick={() => onOpen({ fieldAt: null })}
              data-testid="field-all"
            >
              {t('time.upToTheLastVersion')}
            </button>
          </>
        )}
      </p>
      {history.leftOut !== '0' && <p className={s.note}>{t('time.earlierChanges', { count: history.leftOut })}</p>}
      {history.problem !== null && (
        <p className={s.wrong}>{t('time.nothingWasFoldedFurtherOn', { problem: history.problem })}</p>
      )}
      <StepList label={t('time.changesOf', { followed: history.followed })} steps={steps} testId="field-changes" />
    </>
  );
}

function Change({ change: { event, before, after } }: { change: FieldChange }) {
  return (
    <>
      <span className={s.stepHead}>
        <span className="mono">{grouped(event.version)}</span>
        <strong className="cut">{event.eventType}</strong>
        <span className={s.spacer} />
        <Time value={event.recordedAt} short />
      </span>
      <span className={s.stepBody}>
        <Value value={before} none={t('time.notThere')} struck />
        <span className="faint" aria-hidden="true">
          →
        </span>
        <Value value={after} none={t('time.gone')} />
        <span className={s.spacer} />
        <span className={`faint cut ${s.stepActor}`} title={event.actor ?? ''}>
          {event.actor ?? ''}
        </span>
      </span>
    </>
  );
}

function Value({ value, none, struck = false }: { value: FieldValue | null; none: string; struck?: boolean }) {
  if (value === null) return <span className="faint">{none}</span>;
  return <span className={`${struck ? s.struck : ''} mono cut`}>{displayed(value.display ?? value.text)}</span>;
}
