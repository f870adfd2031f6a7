import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import type { EventDetail } from '../../platform/wire';
import { IdText, Pair, Pairs } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import { onlyChanges } from '../../shared/tree/treeRows';
import { StateAround } from '../time/StateAround';
import s from './EventDetail.module.css';
import { useFollowId } from './useFollowId';

interface TabProps {
  detail: EventDetail;
  /** Is told the JSON pointer of the field that has the focus. */
  onPath: (path: string | null) => void;
}

export function DataTab({ detail, onPath }: TabProps) {
  const follow = useFollowId();
  return (
    <JsonTree
      nodes={detail.data}
      label="Data of the event"
      testId="event-data"
      empty="This event carries no data."
      onFollow={follow}
      onPath={onPath}
    />
  );
}

/** Metadata as stored, and what the store itself knows of the event. */
export function MetadataTab({ detail, onPath }: TabProps) {
  const follow = useFollowId();
  const { row } = detail;
  return (
    <>
      <JsonTree
        nodes={detail.metadata}
        label="Metadata of the event"
        testId="event-metadata"
        onFollow={follow}
        onPath={onPath}
      />
      <div className={s.about}>
        <h3>Identity</h3>
        <Pairs>
          <Pair name="Event id">
            <IdText id={detail.eventId} label="the event’s id" />
          </Pair>
          <Pair name="Actor">
            {row.actor === null ? (
              <span className="faint">unknown</span>
            ) : (
              <PlaceLink to={places.audit(row.actor)}>{row.actor}</PlaceLink>
            )}
          </Pair>
          <Pair name="Correlation">
            {row.correlationId === null ? (
              <span className="faint">none</span>
            ) : (
              <IdText id={row.correlationId} label="the correlation id" />
            )}
          </Pair>
          <Pair name="Content hash">
            <IdText id={detail.contentHash} label="the content hash" />
          </Pair>
          <Pair name="Chain hash">
            {detail.chainHash === null ? (
              <span className="faint">none</span>
            ) : (
              <IdText id={detail.chainHash} label="the chain hash" />
            )}
          </Pair>
        </Pairs>
      </div>
    </>
  );
}

export function StateTab({ detail, onPath }: TabProps) {
  const follow = useFollowId();
  const { state } = detail;
  if (state === null) return <NoState />;
  return <StateAround key={detail.row.position} state={state} onFollow={follow} onPath={onPath} />;
}

export function DiffTab({ detail, onPath }: TabProps) {
  const follow = useFollowId();
  const { state } = detail;
  if (state === null) return <NoState />;
  return (
    <>
      <FoldProblem problem={state.problem} />
      <p className={s.note}>
        From version {grouped(state.comparedWith)} to {grouped(state.version)}: only what differs.
      </p>
      <JsonTree
        nodes={onlyChanges(state.nodes)}
        label="What the event changed"
        testId="event-diff"
        empty="This event changed nothing of the state."
        onFollow={follow}
        onPath={onPath}
      />
    </>
  );
}

function NoState() {
  return <p className={s.note}>No aggregate is known for this category, so there is no state.</p>;
}

function FoldProblem({ problem }: { problem: string | null }) {
  if (problem === null) return null;
  return (
    <div className={s.problem} role="alert">
      {problem}
    </div>
  );
}
