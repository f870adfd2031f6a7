import { useMemo } from 'react';
import { useLongAsk } from '../../app/cache';
import { toAppError } from '../../platform/platform';
import type { AppError, EventRow, Progress } from '../../platform/wire';

export interface Blamed {
  /** The event that last set each value. Values that no event set are not in it. */
  byPath: ReadonlyMap<string, EventRow>;
  /** Values that the state begins with. */
  initial: ReadonlySet<string>;
  /** Whether the answer is still that of another version. */
  busy: boolean;
  progress: Progress | null;
  /** Events before this version are gone: a value blamed on it may be older. Nothing if none are. */
  begins: string | null;
  leftOut: number;
  error: AppError | null;
  retry: () => void;
}

const NONE: ReadonlyMap<string, EventRow> = new Map();

/** Which event last set each value of a state. */
export function useBlame(stream: string, version: string, wanted: boolean): Blamed {
  const enabled = wanted && version !== '0';
  const { result, progress } = useLongAsk(
    'blame',
    [stream, version],
    (platform, taskId, onProgress) => platform.blame(stream, version, taskId, onProgress),
    { enabled, keep: true },
  );
  const { data } = result;
  const byPath = useMemo(() => {
    if (data === undefined) return NONE;
    const events = new Map(data.events.map((event) => [event.version, event]));
    const pairs = data.paths.flatMap(({ path, version: by }): [string, EventRow][] => {
      const event = events.get(by);
      return event === undefined ? [] : [[path, event]];
    });
    return new Map(pairs);
  }, [data]);
  const initial = useMemo(
    () => new Set((data?.paths ?? []).filter((path) => path.version === '0').map((path) => path.path)),
    [data],
  );
  return {
    byPath: version === '0' ? NONE : byPath,
    initial,
    busy: enabled && (data === undefined || data.version !== version),
    progress,
    begins: data === undefined || BigInt(data.beginsAt) <= 1n ? null : data.beginsAt,
    leftOut: data?.leftOut ?? 0,
    error: enabled && result.isError ? toAppError(result.error) : null,
    retry: () => void result.refetch(),
  };
}
