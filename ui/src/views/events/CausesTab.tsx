import { Button } from '@mantine/core';
import { IconTopologyRing2 } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { type Place, places } from '../../app/place';
import { go, PlaceLink, usePlace } from '../../app/router';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { EventDetail, EventRow } from '../../platform/wire';
import { Bones, ErrorState, IdText, StreamName } from '../../shared/bits';
import { grouped } from '../../shared/format';
import s from './EventDetail.module.css';

/** Where another event is shown: in the same list, if it is of the log, else in the log. */
export function placeOfEvent(here: Place, position: string): Place {
  if (here.view === 'events' && here.filter.correlation !== null) return { ...here, event: position };
  return { ...places.events({}, position), panel: 'causes' };
}

/** What led to an event, and what it led to. */
export function CausesTab({ detail }: { detail: EventDetail }) {
  const { position, correlationId } = detail.row;
  const causes = useAsk('eventCauses', [position], (platform) => platform.eventCauses(position));
  if (causes.isError) return <ErrorState error={toAppError(causes.error)} onRetry={() => void causes.refetch()} />;
  if (causes.data === undefined) return <Bones lines={6} label={t('events.lookingForCauses')} />;
  const { cause, effects, siblings, complete } = causes.data;
  return (
    <div className={s.causes} data-testid="event-causes">
      <div className={s.causesBar}>
        <Button
          leftSection={<IconTopologyRing2 size={14} />}
          onClick={() => go(places.causes(position))}
          data-testid="open-as-graph"
        >
          {t('events.openAsGraph')}
        </Button>
      </div>
      <h3>{t('events.whatLedToIt')}</h3>
      {cause !== null ? (
        <Events label={t('events.whatLedToIt')} events={[cause]} />
      ) : detail.causationId === null ? (
        <p className={s.plain}>{t('events.nothingIsRecorded')}</p>
      ) : (
        <div className={s.plain}>
          {t('events.aCommandFromOutside')}
          <IdText id={detail.causationId} label={t('events.theCommandsId')} />
        </div>
      )}
      <h3>{t('events.whatItLedTo')}</h3>
      {effects.length === 0 ? (
        <p className={s.plain}>{t('events.noEventNamesItAsItsCause')}</p>
      ) : (
        <Events label={t('events.whatItLedTo')} events={effects} />
      )}
      {siblings.length > 0 && (
        <>
          <h3>{t('events.writtenForTheSameCause')}</h3>
          <Events label={t('events.writtenForTheSameCause')} events={siblings} />
        </>
      )}
      {!complete && <p className={s.plain}>{t('events.theStoryIsLongOnlyEventsNearThis')}</p>}
      {correlationId !== null && (
        <p className={s.plain}>
          {rich('events.wholeStoryLink', {
            link: (
              <PlaceLink to={places.events({ correlation: correlationId }, position, 'oldest')}>
                {t('events.theWholeStory')}
              </PlaceLink>
            ),
          })}
        </p>
      )}
    </div>
  );
}

function Events({ label, events }: { label: string; events: readonly EventRow[] }) {
  const here = usePlace();
  return (
    <ul className={s.eventList} aria-label={label}>
      {events.map((event) => (
        <li key={event.position}>
          <button
            type="button"
            className={s.eventLine}
            onClick={() => go(placeOfEvent(here, event.position))}
            data-testid="related-event"
            data-position={event.position}
          >
            <span className={s.eventHead}>
              <span className="mono faint">#{grouped(event.position)}</span>
              <strong>{event.eventType}</strong>
              <StreamName stream={event.stream} />
            </span>
            <span className="dim">{event.sentence ?? event.problem}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
