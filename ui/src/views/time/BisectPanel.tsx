import { Button, Checkbox } from '@mantine/core';
import { useAsk, useLongAsk } from '../../app/cache';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
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
          label="First version where"
          placeholder="available < 0"
          act="Find"
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
          label="By halving: once it holds, it goes on to hold"
          checked={halving}
          onChange={(event) => onOpen({ halving: event.currentTarget.checked })}
          data-testid="bisect-halving"
        />
      </div>
      <div>
        {condition === null ? (
          <p className={s.note}>
            Every version is looked at in turn, up to the first on which the condition holds. By halving it takes only a
            handful of looks, but it is right only for what never goes back.
          </p>
        ) : result.isError ? (
          <ErrorState error={toAppError(result.error)} onRetry={() => void result.refetch()} />
        ) : result.data === undefined ? (
          stopped ? (
            <p className={s.note}>
              Stopped.{' '}
              <button type="button" className={`link ${s.plain}`} onClick={() => void result.refetch()}>
                Search again
              </button>
            </p>
          ) : (
            <ProgressLine progress={progress} fallback="Folding" onCancel={stop} />
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
  const looked = `${grouped(tally.evaluated)} of ${grouped(until)} ${until === '1' ? 'version was' : 'versions were'} evaluated`;
  return (
    <div className={s.found} data-testid="bisected" aria-live="polite">
      {first === null ? (
        <p>
          <strong>On no version</strong> up to {grouped(until)} does <code className="mono">{condition}</code> hold
          {found.search === 'halving' && ', if it goes on to hold once it does'}; {looked}.
        </p>
      ) : (
        <>
          <p className="selectable">
            <strong>Version {grouped(first.version)}</strong>, by {first.eventType}
            {first.actor !== null && ` of ${first.actor}`} at <Time value={first.recordedAt} />
            <Sides stream={found.stream} first={first} condition={condition} />; {looked}.
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
              {String(version) === first.version ? 'Shown' : 'Go there'}
            </Button>
            <Button size="compact-sm" onClick={onWatch} data-testid="bisect-watch">
              Watch it
            </Button>
            <PlaceLink to={places.events({ stream: found.stream }, first.position)}>
              event #{grouped(first.position)}
            </PlaceLink>
          </p>
        </>
      )}
      <Undecided tally={tally} />
      {found.problem !== null && <p className={s.wrong}>Nothing was evaluated further on: {found.problem}</p>}
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
    const after = node.change === 'removed' ? 'nothing' : (node.display ?? scalarText(node));
    const before = node.change === 'added' ? 'nothing' : (node.before ?? after);
    const container = node.children > 0 && node.display === null;
    if (container) return null;
    return (
      <span key={node.path}>
        ; before: {node.key} {before}, after: {after}
      </span>
    );
  });
}
