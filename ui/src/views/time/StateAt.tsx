import { Switch } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { toAppError } from '../../platform/platform';
import type { StateView } from '../../platform/wire';
import { Bones, Chip, ErrorState, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import { onlyChanges } from '../../shared/tree/treeRows';
import { SchemaBadge } from '../events/EventDetail';
import s from './TimeView.module.css';

interface StateAtProps {
  stream: string;
  version: bigint;
  compare: string | null;
  onCompare: (version: string | null) => void;
}

/** While the scrubber is dragged, only where it rests for a moment is asked for. */
const REST_MILLISECONDS = 30;

export function StateAt({ stream, version, compare, onCompare }: StateAtProps) {
  const [rested] = useDebouncedValue(String(version), REST_MILLISECONDS);
  const state = useAsk('stateAt', [stream, rested, compare], (platform) => platform.stateAt(stream, rested, compare), {
    keep: true,
  });
  return (
    <section className={s.state} aria-label="State" aria-busy={state.isFetching}>
      {state.isError ? (
        <ErrorState error={toAppError(state.error)} onRetry={() => void state.refetch()} />
      ) : state.data === undefined ? (
        <Bones lines={10} label="Folding the state" />
      ) : (
        <Folded view={state.data} onCompare={onCompare} />
      )}
    </section>
  );
}

function Folded({ view, onCompare }: { view: StateView; onCompare: (version: string | null) => void }) {
  const { event } = view;
  const leaves = view.nodes.filter((node) => !['same', 'within'].includes(node.change) && node.children === 0);
  const [changesOnly, setChangesOnly] = useState(false);
  const previous = BigInt(view.version) - 1n === BigInt(view.comparedWith);
  return (
    <>
      <div className={s.cause}>
        {event === null ? (
          <>
            <h2>Before the first event</h2>
            <p className="dim">Nothing has happened in {view.stream} yet.</p>
          </>
        ) : (
          <>
            <div className={s.causeHead}>
              <h2 data-testid="state-event-type">{event.eventType}</h2>
              <SchemaBadge version={event.schemaVersion} />
              <span className={s.spacer} />
              <Time value={event.recordedAt} />
            </div>
            <p className={`${s.sentence} selectable`} data-testid="state-sentence">
              {event.sentence ?? event.problem}
            </p>
            <p className={s.causeFoot}>
              <PlaceLink to={places.events({ stream: view.stream }, event.position)}>
                event #{grouped(event.position)}
              </PlaceLink>
              {event.actor !== null && <span className="faint">by {event.actor}</span>}
            </p>
          </>
        )}
      </div>
      {view.problem !== null && (
        <div className={s.problem} role="alert">
          {view.problem}
        </div>
      )}
      <div className={s.diffLine}>
        <strong>State</strong>
        <span className="dim">
          {leaves.length === 0
            ? 'nothing differs'
            : `${leaves.length} ${leaves.length === 1 ? 'value differs' : 'values differ'}`}
          {' from '}
          {previous ? 'the version before' : `version ${grouped(view.comparedWith)}`}
        </span>
        {!previous && view.version !== '0' && (
          <button type="button" className={`link ${s.plain}`} onClick={() => onCompare(null)}>
            compare with the version before
          </button>
        )}
        <span className={s.spacer} />
        <Switch
          label="Only what differs"
          checked={changesOnly}
          onChange={(change) => setChangesOnly(change.currentTarget.checked)}
          data-testid="changes-only"
        />
        <span className={s.legend} aria-hidden="true">
          <Chip tone="good">added</Chip>
          <Chip tone="warn">changed</Chip>
          <Chip tone="bad">removed</Chip>
        </span>
      </div>
      <div className={s.tree}>
        <JsonTree
          nodes={changesOnly ? onlyChanges(view.nodes) : view.nodes}
          label={`State of ${view.stream} at version ${view.version}`}
          testId="state-tree"
          empty={changesOnly ? 'Nothing differs.' : 'The state is empty.'}
        />
      </div>
    </>
  );
}
