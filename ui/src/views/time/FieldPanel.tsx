import { useLongAsk } from '../../app/cache';
import { toAppError } from '../../platform/platform';
import type { FieldChange, FieldValue } from '../../platform/wire';
import { ErrorState, ProgressLine, Time } from '../../shared/bits';
import { grouped, plural } from '../../shared/format';
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
    return (
      <p className={s.note}>
        Move to a field of the state and press H, or use “history” beneath the state, to see everything that changed it.
      </p>
    );
  }
  if (result.isError) return <ErrorState error={toAppError(result.error)} onRetry={() => void result.refetch()} />;
  const history = result.data;
  if (history === undefined) return <ProgressLine progress={progress} fallback="Folding" onCancel={stop} />;
  const last = history.changes.findLast((change) => BigInt(change.event.version) <= version);
  const total = BigInt(history.leftOut) + BigInt(history.changes.length);
  const steps = history.changes.map(
    (change): Step => ({
      id: change.event.version,
      title: `${change.event.sentence ?? change.event.eventType}. Go to version ${change.event.version}`,
      current: change === last,
      onGo: () => onVersion(BigInt(change.event.version)),
      content: <Change change={change} />,
    }),
  );
  return (
    <>
      <p className={s.note} data-testid="field-head">
        <code className="mono selectable">{history.followed === '' ? 'the whole state' : history.followed}</code>{' '}
        changed {total === 1n ? 'once' : `${grouped(String(total))} times`} up to version {grouped(at)}
        {BigInt(at) < max && (
          <>
            {' · '}
            <button
              type="button"
              className={`link ${s.plain}`}
              onClick={() => onOpen({ fieldAt: null })}
              data-testid="field-all"
            >
              up to the last version
            </button>
          </>
        )}
      </p>
      {history.leftOut !== '0' && <p className={s.note}>{plural(history.leftOut, 'earlier change')} not listed.</p>}
      {history.problem !== null && <p className={s.wrong}>Nothing was folded further on: {history.problem}</p>}
      <StepList label={`Changes of ${history.followed}`} steps={steps} testId="field-changes" />
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
        <Value value={before} none="not there" struck />
        <span className="faint" aria-hidden="true">
          →
        </span>
        <Value value={after} none="gone" />
        <span className={s.spacer} />
        <span className="faint cut">{event.actor ?? ''}</span>
      </span>
    </>
  );
}

function Value({ value, none, struck = false }: { value: FieldValue | null; none: string; struck?: boolean }) {
  if (value === null) return <span className="faint">{none}</span>;
  return <span className={`${struck ? s.struck : ''} mono cut`}>{value.display ?? value.text}</span>;
}
