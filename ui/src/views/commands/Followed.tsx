import { IconCheck, IconLoader2 } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { usePlatform } from '../../app/PlatformContext';
import { NO_FILTER } from '../../app/place';
import { toAppError } from '../../platform/platform';
import type { EventRow } from '../../platform/wire';
import { plural } from '../../shared/format';
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
      <h3 className={s.section}>Events</h3>
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
        {plural(String(total > BigInt(shown.length) ? total : BigInt(shown.length)), 'event')} in{' '}
        {plural(String(streams), 'stream')} so far
      </p>
    </>
  );
}

type Wait = { state: 'waiting' } | { state: 'there' } | { state: 'late' } | { state: 'failed'; message: string };

function ReadModels({ position }: { position: string }) {
  const platform = usePlatform();
  const [wait, setWait] = useState<Wait>({ state: 'waiting' });
  useEffect(() => {
    let current = true;
    platform.waitUntil(position).then(
      (there) => current && setWait({ state: there ? 'there' : 'late' }),
      (thrown: unknown) => current && setWait({ state: 'failed', message: toAppError(thrown).message }),
    );
    return () => {
      current = false;
    };
  }, [platform, position]);
  const text = {
    waiting: 'Waiting for the read models…',
    there: 'The read models have caught up',
    late: 'The read models are still catching up; they will follow',
    failed: wait.state === 'failed' ? wait.message : '',
  }[wait.state];
  return (
    <p className={s.models} data-testid="read-models" data-state={wait.state}>
      {wait.state === 'there' ? <IconCheck size={14} /> : <IconLoader2 size={14} className={s.spin} />}
      {text}
    </p>
  );
}
