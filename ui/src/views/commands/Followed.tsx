import { Button } from '@mantine/core';
import { IconCheck, IconClock, IconLoader2 } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useAsk } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { NO_FILTER, places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { EventRow } from '../../platform/wire';
import { grouped, modelWords } from '../../shared/format';
import { useEventQuery } from '../events/useEventQuery';
import { EventLine } from './Outcome';
import s from './Outcome.module.css';

interface FollowedProps {
  own: readonly EventRow[];
  correlation: string | null;
  position: string;
  stream: string;
}

const SHOWN = 24n;

/** What the command wrote, and what processes made of it since: arriving as it happens. */
export function Followed({ own, correlation, position }: FollowedProps) {
  return (
    <>
      <ReadModels position={position} />
      <h3 className={s.section}>{t('commands.events')}</h3>
      {correlation === null ? (
        <ol className={s.lines}>
          {own.map((row) => (
            <EventLine
              key={row.position}
              position={row.position}
              stream={row.stream}
              type={row.eventType}
              note={row.sentence}
            />
          ))}
        </ol>
      ) : (
        <Story own={own} correlation={correlation} />
      )}
    </>
  );
}

function Story({ own, correlation }: { own: readonly EventRow[]; correlation: string }) {
  const query = useEventQuery({ ...NO_FILTER, correlation });
  const total = query.total ?? 0n;
  const rows: EventRow[] = [];
  for (let index = 0n; index < total && index < SHOWN; index += 1n) {
    const row = query.source.row(index);
    if (row !== undefined) rows.push(row);
  }
  const shown = rows.length >= own.length ? rows : own;
  const streams = new Set(shown.map((row) => row.stream)).size;
  return (
    <>
      <ol className={s.lines} data-testid="story">
        {shown.map((row) => (
          <EventLine
            key={row.position}
            position={row.position}
            stream={row.stream}
            type={row.eventType}
            note={row.sentence}
          />
        ))}
      </ol>
      <p className="faint" data-testid="story-count">
        {t('commands.storySoFar', {
          events: t('commands.nEvents', { count: String(total > BigInt(shown.length) ? total : shown.length) }),
          streams: t('commands.nStreams', { count: streams }),
        })}
      </p>
    </>
  );
}

type Wait = { state: 'waiting' } | { state: 'there' } | { state: 'late' } | { state: 'failed'; message: string };

const LOOK_MILLISECONDS = 250;

/** Every read model on its way to a position: where each stands, for how long the program waits, and how it ended. */
export function ReadModels({ position }: { position: string }) {
  const platform = usePlatform();
  const [wait, setWait] = useState<Wait>({ state: 'waiting' });
  const waiting = wait.state === 'waiting';
  const reach = useAsk('readModelsReach', [position], (ask) => ask.readModelsReach(position), {
    keep: true,
    refetchMilliseconds: waiting ? LOOK_MILLISECONDS : false,
  });
  const refetch = reach.refetch;
  useEffect(() => {
    if (!waiting) {
      // The last look may be older than the end of the wait.
      void refetch();
      return;
    }
    let current = true;
    platform.waitUntil(position).then(
      (there) => current && setWait({ state: there ? 'there' : 'late' }),
      (thrown: unknown) => current && setWait({ state: 'failed', message: toAppError(thrown).message }),
    );
    return () => {
      current = false;
    };
  }, [platform, position, waiting, refetch]);
  const limit = reach.data?.limitSeconds;
  const text = {
    waiting: limit === undefined ? t('commands.waiting') : t('commands.waitingAtMost', { seconds: limit }),
    there: t('commands.caughtUp', { position: grouped(position) }),
    late: t('commands.stillBehind'),
    failed: wait.state === 'failed' ? wait.message : '',
  }[wait.state];
  return (
    <div className={s.follow}>
      <p className={s.models} data-testid="read-models" data-state={wait.state}>
        {wait.state === 'there' ? <IconCheck size={14} /> : <IconLoader2 size={14} className={waiting ? s.spin : ''} />}
        {text}
        {wait.state === 'late' && (
          <Button size="compact-xs" onClick={() => setWait({ state: 'waiting' })} data-testid="wait-on">
            {t('commands.waitOn')}
          </Button>
        )}
      </p>
      <ul className={s.reach} aria-label={t('commands.readModels')} data-testid="read-models-reach">
        {(reach.data?.models ?? []).map((model) => (
          <li key={model.name} data-reached={model.reached}>
            {model.reached ? <IconCheck size={12} aria-hidden="true" /> : <IconClock size={12} aria-hidden="true" />}
            <PlaceLink to={places.projections(model.name)}>{modelWords(model.name)}</PlaceLink>
            <span className="faint tabular">
              {model.position === null ? t('commands.notBuilt') : `#${grouped(model.position)}`}
              {model.state !== null && model.state !== 'running' && ` · ${t(`commands.model_${model.state}`)}`}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
