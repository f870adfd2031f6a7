import { ActionIcon, Tooltip } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconX } from '@tabler/icons-react';
import { useLongAsk } from '../../app/cache';
import type { TimeOpen } from '../../app/timePlace';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { Watched, WatchPoint, WatchTally } from '../../platform/wire';
import { Chip, ErrorState, ProgressLine } from '../../shared/bits';
import { categoryOf, grouped } from '../../shared/format';
import { ExpressionInput } from './ExpressionInput';
import { pointAt } from './line';
import { Sparkline } from './Sparkline';
import s from './Tools.module.css';
import { useWatches, WATCHES } from './useWatches';

export interface ToolProps {
  stream: string;
  version: bigint;
  max: bigint;
  open: TimeOpen;
  examples: readonly string[];
  onOpen: (change: Partial<TimeOpen>) => void;
  onVersion: (version: bigint) => void;
}

/** Expressions over every version of the stream. They are kept for its category. */
export function WatchPanel({ stream, version, max, open, examples, onOpen, onVersion }: ToolProps) {
  const { expressions, add, remove } = useWatches(stream, open, onOpen);
  return (
    <>
      {expressions.length < WATCHES ? (
        <ExpressionInput
          label={t('time.expressionToWatch')}
          placeholder={t('time.availableOrAvailable0')}
          act={t('time.watch')}
          clears
          examples={examples.filter((example) => !expressions.includes(example))}
          onTake={add}
          testId="watch"
        />
      ) : (
        <p className={s.note}>{t('time.manyWatched', { number: WATCHES })}</p>
      )}
      {expressions.length === 0 ? (
        <p className={s.note}>{t('time.nothingIsWatchedYetAValueDrawsA', { stream: categoryOf(stream) })}</p>
      ) : (
        <ul className={s.watches} aria-label={t('time.watchedExpressions')}>
          {expressions.map((expression) => (
            <li key={expression} className={s.watch} data-testid="watched" data-expression={expression}>
              <WatchedExpression
                stream={stream}
                expression={expression}
                version={version}
                max={max}
                onVersion={onVersion}
                onRemove={() => remove(expression)}
              />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface WatchedProps extends Pick<ToolProps, 'stream' | 'version' | 'max' | 'onVersion'> {
  expression: string;
  onRemove: () => void;
}

function WatchedExpression({ stream, expression, version, max, onVersion, onRemove }: WatchedProps) {
  const until = String(max);
  const { result, progress, stop, stopped } = useLongAsk(
    'watch',
    [stream, expression, until],
    (platform, taskId, onProgress) => platform.watch(stream, expression, until, taskId, onProgress),
    { keep: true },
  );
  const watched = result.data;
  return (
    <>
      <div className={s.watchHead}>
        <code className={`${s.watchText} mono cut selectable`} title={expression}>
          {expression}
        </code>
        <span className={s.spacer} />
        {watched !== undefined && <Current watched={watched} version={version} />}
        <ActionIcon
          size={20}
          aria-label={t('time.stopWatching', { expression })}
          onClick={onRemove}
          data-testid="unwatch"
        >
          <IconX size={13} />
        </ActionIcon>
      </div>
      {result.isError ? (
        <ErrorState error={toAppError(result.error)} onRetry={() => void result.refetch()} />
      ) : watched === undefined ? (
        stopped ? (
          <p className={s.note}>
            {t('time.stopped')}
            <button type="button" className={`link ${s.plain}`} onClick={() => void result.refetch()}>
              {t('time.evaluateAgain')}
            </button>
          </p>
        ) : (
          <ProgressLine progress={progress} fallback={t('time.folding')} onCancel={stop} />
        )
      ) : (
        <>
          <Sparkline expression={expression} watched={watched} version={version} onVersion={onVersion} />
          <Ends watched={watched} onVersion={onVersion} />
          <Hits watched={watched} version={version} onVersion={onVersion} />
          <Undecided tally={watched.tally} />
          {watched.problem !== null && (
            <p className={s.wrong}>{t('time.nothingWasEvaluatedFurtherOn', { problem: watched.problem })}</p>
          )}
        </>
      )}
    </>
  );
}

/** Where the value is lowest and highest. */
function Ends({ watched: { lowest, highest }, onVersion }: { watched: Watched } & Pick<WatchedProps, 'onVersion'>) {
  if (lowest === null || highest === null || lowest.kind === 'boolean') return null;
  if (lowest.value === highest.value)
    return <p className={s.undecided}>{t('time.always', { lowest: valueText(lowest) })}</p>;
  return (
    <p className={s.ends}>
      {[lowest, highest].map((point) => (
        <span key={point === lowest ? 'lowest' : 'highest'}>
          {t(point === lowest ? 'time.lowestAt' : 'time.highestAt', { value: valueText(point) })}{' '}
          <button type="button" className={`link ${s.plain}`} onClick={() => onVersion(BigInt(point.version))}>
            {t('time.version', { version: grouped(point.version) })}
          </button>
        </span>
      ))}
    </p>
  );
}

function valueText(point: WatchPoint): string {
  return point.display ?? (point.kind === 'number' && /^-?\d+$/.test(point.value) ? grouped(point.value) : point.value);
}

/** What the expression comes to at the version that is shown; of a line that was thinned, the value drawn there. */
function Current({ watched, version }: { watched: Watched; version: bigint }) {
  const point = pointAt(watched.points, version);
  const exact = point !== null && BigInt(point.version) === version;
  if (point === null || (!exact && !watched.thinned)) {
    return <span className="faint">{t('time.noValue')}</span>;
  }
  const text = valueText(point);
  return (
    <span className={s.current} data-testid="watched-now">
      {point.kind === 'boolean' ? <Chip tone={point.value === 'true' ? 'warn' : 'neutral'}>{text}</Chip> : text}
      {!exact && <span className="faint"> {t('time.atVersion', { version: grouped(point.version) })}</span>}
    </span>
  );
}

function Hits({ watched, version, onVersion }: Pick<WatchedProps, 'version' | 'onVersion'> & { watched: Watched }) {
  const { hits, tally } = watched;
  if (!watched.points.some((point) => point.kind === 'boolean')) return null;
  const before = hits.findLast((run) => BigInt(run.from.version) < version);
  const after = hits.find((run) => BigInt(run.from.version) > version);
  const all = BigInt(watched.hitsLeftOut) + BigInt(hits.length);
  return (
    <div className={s.hitLine} data-testid="hits">
      <span className="dim">
        {tally.matched === '0'
          ? t('time.holdsOnNoVersion')
          : t('time.holdsOn', {
              matched: grouped(tally.matched),
              versions: t('time.versions', { count: tally.evaluated }),
              stretches: t('time.stretches', { count: all }),
            })}
      </span>
      <span className={s.spacer} />
      <Tooltip label={t('time.whereItBeganToHoldBeforeThis')}>
        <ActionIcon
          size={22}
          aria-label={t('time.whereItBeganToHoldBeforeThis')}
          disabled={before === undefined}
          onClick={() => before !== undefined && onVersion(BigInt(before.from.version))}
          data-testid="hit-before"
        >
          <IconChevronLeft size={14} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t('time.whereItBeginsToHoldAfterThis')}>
        <ActionIcon
          size={22}
          aria-label={t('time.whereItBeginsToHoldAfterThis')}
          disabled={after === undefined}
          onClick={() => after !== undefined && onVersion(BigInt(after.from.version))}
          data-testid="hit-after"
        >
          <IconChevronRight size={14} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

/** An evaluation that came to nothing is neither a yes nor a no. */
export function Undecided({ tally }: { tally: WatchTally }) {
  if (tally.notEvaluable === '0') return null;
  return (
    <p className={s.undecided} data-testid="undecided">
      {t('time.undecided', { count: tally.notEvaluable })}
      {tally.firstNotEvaluable !== null &&
        `: ${t('time.undecidedFirst', {
          position: grouped(tally.firstNotEvaluable.position),
          message: tally.firstNotEvaluable.message,
        })}`}
    </p>
  );
}
