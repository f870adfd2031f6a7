import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { t } from '../../i18n';
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
      label={t('events.dataOfTheEvent')}
      testId="event-data"
      empty={t('events.thisEventCarriesNoData')}
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
        label={t('events.metadataOfTheEvent')}
        testId="event-metadata"
        onFollow={follow}
        onPath={onPath}
      />
      <div className={s.about}>
        <h3>{t('events.identity')}</h3>
        <Pairs>
          <Pair name={t('events.eventId')}>
            <IdText id={detail.eventId} label={t('events.theEventsId')} />
          </Pair>
          <Pair name={t('events.actor')}>
            {row.actor === null ? (
              <span className="faint">{t('events.unknown')}</span>
            ) : (
              <PlaceLink to={places.audit(row.actor)}>{row.actor}</PlaceLink>
            )}
          </Pair>
          <Pair name={t('events.correlation')}>
            {row.correlationId === null ? (
              <span className="faint">{t('events.none')}</span>
            ) : (
              <IdText id={row.correlationId} label={t('events.theCorrelationId')} />
            )}
          </Pair>
          <Pair name={t('events.contentHash')}>
            <IdText id={detail.contentHash} label={t('events.theContentHash')} />
          </Pair>
          <Pair name={t('events.chainHash')}>
            {detail.chainHash === null ? (
              <span className="faint">{t('events.none')}</span>
            ) : (
              <IdText id={detail.chainHash} label={t('events.theChainHash')} />
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
        {t('events.fromVersionToOnlyWhatDiffers', {
          comparedWith: grouped(state.comparedWith),
          version: grouped(state.version),
        })}
      </p>
      <JsonTree
        nodes={onlyChanges(state.nodes)}
        label={t('events.whatTheEventChanged')}
        testId="event-diff"
        empty={t('events.thisEventChangedNothingOfTheState')}
        onFollow={follow}
        onPath={onPath}
      />
    </>
  );
}

function NoState() {
  return <p className={s.note}>{t('events.noAggregateIsKnownForThisCategory')}</p>;
}

function FoldProblem({ problem }: { problem: string | null }) {
  if (problem === null) return null;
  return (
    <div className={s.problem} role="alert">
      {problem}
    </div>
  );
}
