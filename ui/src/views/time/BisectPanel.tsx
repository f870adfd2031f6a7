import { Button, Checkbox } from '@mantine/core';
import { useAsk, useLongAsk } from '../../app/cache';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { Bisected, EventRow } from '../../platform/wire';
import { ErrorState, ProgressLine, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { scalarText } from '../../shared/tree/treeRows';
import { ExpressionInput } from './ExpressionInput';
import { namesIn } from './examples';
import s from './Tools.module.css';
import { useWatches } from './useWatches';
import { type ToolProps, Undecided } from './WatchPanel';

/** The first version on which a condition holds. */
export function BisectPanel({ stream, version, max, open, examples, onOpen, onVersion }: ToolProps) {
  const { condition, halving } = open;
  const { add } = useWatches(stream, open, onOpen);
  const until = String(max);
  const search = halving ? 'halving' : 'everyVersion';
  const { result, progress, stop, stopped } = useLongAsk(
    'bisect',
    [stream, condition, search, until],
    (platform, taskId, onProgress) => platform.bisect(stream, condition ?? '', search, until, taskId, onProgress),
    { enabled: condition !== null },
  );
  return (
    <div className={s.question}>
      <div>
        <ExpressionInput
          label={t('time.firstVersionWhere')}
          placeholder="available < 0"
          act={t('time.find')}
          initial={condition ?? ''}
          examples={examples}
          onTake={(text) => {
            if (text === condition) void result.refetch();
            else onOpen({ condition: text });
          }}
          testId="bisect"
        />
        <Checkbox
          className={s.option ?? ''}
          label={t('time.byHalvingOnceItHoldsItGoesOnToHold')}
          checked={halving}
          onChange={(event) => onOpen({ halving: event.currentTarget.checked })}
          data-testid="bisect-halving"
        />
      </div>
      <div>
        {condition === null ? (
          <p className={s.note}>{t('time.everyVersionIsLookedAtInTurnUpTo')}</p>
        ) : result.isError ? (
          <ErrorState error={toAppError(result.error)} onRetry={() => void result.refetch()} />
        ) : result.data === undefined ? (
          stopped ? (
            <p className={s.note}>
              {t('time.stopped')}
              <button type="button" className={`link ${s.plain}`} onClick={() => void result.refetch()}>
                {t('time.searchAgain')}
              </button>
            </p>
          ) : (
            <ProgressLine progress={progress} fallback={t('time.folding')} onCancel={stop} />
          )
        ) : (
          <Found
            found={result.data}
            condition={condition}
            version={version}
            onVersion={onVersion}
            onWatch={() => add(condition)}
          />
        )}
      </div>
    </div>
  );
}

interface FoundProps extends Pick<ToolProps, 'version' | 'onVersion'> {
  onWatch: () => void;
  found: Bisected;
  condition: string;
}

function Found({ found, condition, version, onVersion, onWatch }: FoundProps) {
  const { first, tally, until } = found;
  const looked = t('time.looked', { count: until, evaluated: grouped(tally.evaluated) });
  return (
    <div className={s.found} data-testid="bisected" aria-live="polite">
      {first === null ? (
        <p>
          {rich(found.search === 'halving' ? 'time.onNoVersionHalving' : 'time.onNoVersion', {
            never: <strong>{t('time.onNoVersionStrong')}</strong>,
            until: grouped(until),
            condition: <code className="mono">{condition}</code>,
            looked,
          })}
        </p>
      ) : (
        <>
          <p className="selectable">
            {rich(first.actor === null ? 'time.foundAt' : 'time.foundAtOf', {
              version: <strong>{t('time.versionStrong', { version: grouped(first.version) })}</strong>,
              eventType: first.eventType,
              actor: first.actor,
              time: <Time value={first.recordedAt} />,
              sides: <Sides stream={found.stream} first={first} condition={condition} />,
              looked,
            })}
          </p>
          {first.sentence !== null && <p className="dim selectable">{first.sentence}</p>}
          <p className={s.ways}>
            <Button
              size="compact-sm"
              variant="filled"
              disabled={String(version) === first.version}
              onClick={() => onVersion(BigInt(first.version))}
              data-testid="bisect-go"
            >
              {String(version) === first.version ? t('time.shown') : t('time.goThere')}
            </Button>
            <Button size="compact-sm" onClick={onWatch} data-testid="bisect-watch">
              {t('time.watchIt')}
            </Button>
            <PlaceLink to={places.events({ stream: found.stream }, first.position)}>
              {t('time.event', { position: grouped(first.position) })}
            </PlaceLink>
          </p>
        </>
      )}
      <Undecided tally={tally} />
      {found.problem !== null && (
        <p className={s.wrong}>{t('time.nothingWasEvaluatedFurtherOn', { problem: found.problem })}</p>
      )}
    </div>
  );
}

/** The fields that the condition names, before and after its event. */
function Sides({ stream, first, condition }: { stream: string; first: EventRow; condition: string }) {
  const state = useAsk('stateAt', [stream, first.version, null], (platform) =>
    platform.stateAt(stream, first.version, null),
  );
  const names = namesIn(condition);
  const named = (state.data?.nodes ?? []).filter((node) => node.depth === 1 && names.has(node.key));
  return named.map((node) => {
    const after = node.change === 'removed' ? t('time.nothingThere') : (node.display ?? scalarText(node));
    const before = node.change === 'added' ? t('time.nothingThere') : (node.before ?? after);
    const container = node.children > 0 && node.display === null;
    if (container) return null;
    return <span key={node.path}>{t('time.beforeAndAfter', { key: node.key, before, after })}</span>;
  });
}
