import { useCallback, useEffect, useRef, useState } from 'react';
import { useThrottledBeat } from '../../app/head';
import { usePlatform } from '../../app/PlatformContext';
import type { EventFilter } from '../../app/place';
import { toAppError } from '../../platform/platform';
import type { AppError, EventQuery, EventRow, Progress } from '../../platform/wire';
import type { RowSource } from '../../shared/grid/RowSource';
import { useRowSource } from '../../shared/grid/useRowSource';

interface Opened {
  queryId: string;
  total: bigint;
  scanned: string;
}

export interface EventQueryView {
  source: RowSource<EventRow>;
  total: bigint | null;
  scanned: string | null;
  scanning: boolean;
  progress: Progress | null;
  error: AppError | null;
  stop: () => void;
  reopen: () => void;
}

export function toQuery(filter: EventFilter): EventQuery {
  return {
    stream: filter.stream,
    streamPrefix: filter.prefix,
    categories: filter.categories,
    eventTypes: filter.types,
    correlationId: filter.correlation,
    recordedFrom: filter.from,
    recordedUntil: filter.until,
    contains: filter.contains,
  };
}

/** Opens the filtered log on the other side, where the filter is evaluated, and closes it when it is no longer looked at. */
export function useEventQuery(filter: EventFilter): EventQueryView {
  const platform = usePlatform();
  const key = JSON.stringify(filter);
  const [attempt, setAttempt] = useState(0);
  const [opened, setOpened] = useState<Opened | null>(null);
  const [scanning, setScanning] = useState(true);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const task = useRef<string | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the filter, an attempt is a reason to ask again
  useEffect(() => {
    let current = true;
    let queryId: string | null = null;
    const taskId = crypto.randomUUID();
    task.current = taskId;
    setScanning(true);
    setProgress(null);
    setError(null);
    platform
      .eventsOpen(toQuery(filter), taskId, (step) => {
        if (current) setProgress(step);
      })
      .then((answer) => {
        if (!current) return void platform.eventsClose(answer.queryId).catch(ignore);
        queryId = answer.queryId;
        setOpened({ queryId, total: BigInt(answer.total), scanned: answer.scanned });
      })
      .catch((thrown: unknown) => {
        if (current) setError(toAppError(thrown));
      })
      .finally(() => {
        if (!current) return;
        task.current = null;
        setScanning(false);
      });
    return () => {
      current = false;
      if (queryId === null) void platform.cancelTask(taskId).catch(ignore);
      else void platform.eventsClose(queryId).catch(ignore);
    };
  }, [platform, key, attempt]);

  const queryId = opened?.queryId ?? null;
  const source = useRowSource<EventRow>(
    queryId ?? '',
    async (first, count) => {
      if (queryId === null) return await new Promise<never>(() => undefined);
      const block = await platform.eventsBlock(queryId, String(first), count);
      return { rows: block.events, total: BigInt(block.total) };
    },
    useThrottledBeat(),
    { appendOnly: true },
  );

  const stop = useCallback(() => {
    if (task.current !== null) void platform.cancelTask(task.current).catch(ignore);
  }, [platform]);
  const reopen = useCallback(() => setAttempt((count) => count + 1), []);

  return {
    source,
    total: source.total ?? opened?.total ?? null,
    scanned: opened?.scanned ?? null,
    scanning,
    progress,
    error: error ?? source.error,
    stop,
    reopen,
  };
}

/** Closing what is gone already is no failure worth telling. */
function ignore(): void {}
