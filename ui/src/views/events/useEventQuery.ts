import { useCallback, useEffect, useState } from 'react';
import { useThrottledBeat } from '../../app/head';
import { usePlatform } from '../../app/PlatformContext';
import type { EventFilter } from '../../app/place';
import { toAppError } from '../../platform/platform';
import type { AppError, EventQuery, EventRow, EventsProgress, Progress } from '../../platform/wire';
import type { RowSource } from '../../shared/grid/RowSource';
import { useRowSource } from '../../shared/grid/useRowSource';

/** How often a search that goes on is asked how far it is, in milliseconds. */
const ASK_EVERY = 150;

interface Opened {
  queryId: string;
  progress: EventsProgress;
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
  const [error, setError] = useState<AppError | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the filter, an attempt is a reason to ask again
  useEffect(() => {
    let current = true;
    let queryId: string | null = null;
    let timer = 0;
    setScanning(true);
    setError(null);
    const failed = (thrown: unknown) => {
      if (!current) return;
      setError(toAppError(thrown));
      setScanning(false);
    };
    const told = (id: string, progress: EventsProgress) => {
      setOpened({ queryId: id, progress });
      setScanning(progress.phase === 'scanning');
      setError(progress.error);
      if (progress.phase === 'scanning') timer = window.setTimeout(() => ask(id), ASK_EVERY);
    };
    const ask = (id: string) => {
      platform.eventsProgress(id).then((progress) => {
        if (current) told(id, progress);
      }, failed);
    };
    platform.eventsOpen(toQuery(filter)).then((answer) => {
      if (!current) return void platform.eventsClose(answer.queryId).catch(ignore);
      queryId = answer.queryId;
      told(queryId, answer.progress);
    }, failed);
    return () => {
      current = false;
      window.clearTimeout(timer);
      if (queryId !== null) void platform.eventsClose(queryId).catch(ignore);
    };
  }, [platform, key, attempt]);

  const queryId = opened?.queryId ?? null;
  const progress = opened?.progress ?? null;
  const found = progress === null ? null : BigInt(progress.total);
  const beat = useThrottledBeat();
  const source = useRowSource<EventRow>(
    queryId ?? '',
    async (first, count) => {
      if (queryId === null) return await new Promise<never>(() => undefined);
      const block = await platform.eventsBlock(queryId, String(first), count);
      return { rows: block.events, total: BigInt(block.total) };
    },
    // While a search goes on, what it has found is a reason to ask again as well.
    scanning ? `${beat} ${found}` : String(beat),
    { appendOnly: true },
  );

  const stop = useCallback(() => {
    if (queryId !== null) void platform.eventsStop(queryId).catch(ignore);
  }, [platform, queryId]);
  const reopen = useCallback(() => setAttempt((count) => count + 1), []);

  return {
    source,
    total: source.total ?? found,
    scanned: progress?.scanned ?? null,
    scanning,
    progress: progress === null ? null : asProgress(progress),
    error: error ?? source.error,
    stop,
    reopen,
  };
}

function asProgress({ phase, scanned, of, seconds }: EventsProgress): Progress {
  const rate = scanned === null || seconds === null || seconds < 0.2 ? null : Number(scanned) / seconds;
  const left = rate === null || of === null || scanned === null ? null : Number(BigInt(of) - BigInt(scanned)) / rate;
  return {
    phase: 'Looking through the log',
    done: scanned ?? '0',
    total: of,
    rate,
    etaSeconds: left,
    finished: phase !== 'scanning',
  };
}

/** Closing what is gone already is no failure worth telling. */
function ignore(): void {}
