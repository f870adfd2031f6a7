import { useCallback, useEffect, useRef, useState } from 'react';
import { useThrottledBeat } from '../../app/head';
import { usePlatform } from '../../app/PlatformContext';
import type { EventFilter } from '../../app/place';
import { toAppError } from '../../platform/platform';
import type { AppError, EventBlock, EventRow, EventsProgress } from '../../platform/wire';
import type { RowSource } from '../../shared/grid/RowSource';
import { useRowSource } from '../../shared/grid/useRowSource';
import { toQuery } from './query';

/** How often a search that goes on is asked how far it is, in milliseconds: often at first, then as a person reads. */
const ASK_EVERY = [120, 120, 250, 400] as const;

interface Opened {
  queryId: string;
  progress: EventsProgress;
}

/** An event with the values of the columns that are paths into it, by path. */
export interface ListedEvent extends EventRow {
  values?: Readonly<Record<string, string | null>>;
}

export interface EventQueryView {
  /** The open query; nothing before it is open. */
  queryId: string | null;
  source: RowSource<ListedEvent>;
  total: bigint | null;
  progress: EventsProgress | null;
  scanning: boolean;
  error: AppError | null;
  stop: () => void;
  goOn: () => void;
  reopen: () => void;
}

/**
 * Opens the filtered log on the other side, where the filter is evaluated in the background, and closes it when it is no longer
 * looked at. One that is not `awake` stays open as it is and does not follow the log.
 */
export function useEventQuery(filter: EventFilter, awake = true): EventQueryView {
  const platform = usePlatform();
  // Columns are asked for with the rows: another one is no reason to search anew.
  const { columns } = filter;
  const key = JSON.stringify({ ...filter, columns: [] });
  const [attempt, setAttempt] = useState(0);
  const [opened, setOpened] = useState<Opened | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const [opening, setOpening] = useState(true);
  const ask = useRef<() => void>(() => undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the filter, an attempt is a reason to ask again
  useEffect(() => {
    let current = true;
    let queryId: string | null = null;
    let timer = 0;
    let asked = 0;
    setOpening(true);
    setError(null);
    const failed = (thrown: unknown) => {
      if (!current) return;
      setError(toAppError(thrown));
      setOpening(false);
    };
    const told = (id: string, progress: EventsProgress) => {
      setOpened({ queryId: id, progress });
      setOpening(false);
      if (progress.phase !== 'scanning') return;
      timer = window.setTimeout(ask.current, ASK_EVERY[Math.min(asked, ASK_EVERY.length - 1)]);
      asked += 1;
    };
    ask.current = () => {
      window.clearTimeout(timer);
      if (queryId === null) return;
      const id = queryId;
      platform.eventsProgress(id).then((progress) => current && told(id, progress), failed);
    };
    const taskId = crypto.randomUUID();
    platform.eventsOpen(toQuery(filter), taskId).then((answer) => {
      if (!current) return void platform.eventsClose(answer.queryId).catch(ignore);
      queryId = answer.queryId;
      told(queryId, answer.progress);
    }, failed);
    return () => {
      current = false;
      window.clearTimeout(timer);
      ask.current = ignore;
      // What nobody waits for any more ends on the other side too, whether it is open yet or not.
      if (queryId !== null) void platform.eventsClose(queryId).catch(ignore);
      else void platform.cancelTask(taskId).catch(ignore);
    };
  }, [platform, key, attempt]);

  const queryId = opened?.queryId ?? null;
  const progress = opened?.progress ?? null;
  const scanning = opening || progress?.phase === 'scanning';
  const found = progress === null ? null : BigInt(progress.total);

  const beat = useThrottledBeat();
  const heard = useRef(beat);
  if (awake) heard.current = beat;
  // While a search goes on, what it has found is a reason to ask again as well.
  const reason = progress?.phase === 'scanning' ? `${heard.current} ${found}` : String(heard.current);
  const source = useRowSource<ListedEvent>(
    JSON.stringify([queryId ?? '', ...columns]),
    async (first, count) => {
      if (queryId === null) return await new Promise<never>(() => undefined);
      const block = await platform.eventsBlock(queryId, String(first), count, columns);
      return { rows: withValues(block, columns), total: BigInt(block.total) };
    },
    reason,
    { appendOnly: true, extentOnly: true, of: queryId },
  );

  // A condition may come to no answer on new events, too: they are counted beside the rows.
  const judged = filter.condition !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was heard of the log is the reason to ask
  useEffect(() => {
    if (judged) ask.current();
  }, [judged, heard.current]);

  const reopen = useCallback(() => setAttempt((count) => count + 1), []);
  // The other side keeps only so many queries open and has let this one go.
  const forgotten = source.error?.code === 'unknown_query';
  useEffect(() => {
    if (forgotten && awake) reopen();
  }, [forgotten, awake, reopen]);

  const steer = useCallback(
    (how: 'eventsStop' | 'eventsContinue') => {
      if (queryId === null) return;
      platform[how](queryId).then(
        () => ask.current(),
        (thrown: unknown) => setError(toAppError(thrown)),
      );
    },
    [platform, queryId],
  );
  const stop = useCallback(() => steer('eventsStop'), [steer]);
  const goOn = useCallback(() => steer('eventsContinue'), [steer]);

  const failure = error ?? (forgotten ? null : source.error);
  return { queryId, source, total: source.total ?? found, progress, scanning, error: failure, stop, goOn, reopen };
}

function withValues({ events, values }: EventBlock, columns: readonly string[]): readonly ListedEvent[] {
  if (columns.length === 0) return events;
  return events.map((event, row) => {
    const of = columns.map((path, column) => [path, values[row]?.[column] ?? null]);
    return { ...event, values: Object.fromEntries(of) };
  });
}

/** Closing what is gone already is no failure worth telling. */
function ignore(): void {}
