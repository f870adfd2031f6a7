import { useCallback, useEffect, useRef, useState } from 'react';
import { useShownAt } from '../app/clock/ClockContext';
import { usePlatform } from '../app/PlatformContext';
import { type Platform, toAppError } from '../platform/platform';
import type { AppError } from '../platform/wire';

interface Part<T, C> {
  rows: readonly T[];
  next: C | null;
}

export interface Pages<T> {
  rows: readonly T[];
  /** Whether the first part is there. */
  ready: boolean;
  loading: boolean;
  /** Whether there is more to ask for. */
  more: boolean;
  error: AppError | null;
  /** Asks for the next part. */
  further: () => void;
  /** Begins anew. */
  again: () => void;
}

/**
 * A list that is read part by part, each from where the one before ended. It begins anew when `name`, beat or the moment change; the former
 * rows stay on the screen until the first part has come.
 */
export function usePages<T, C>(
  name: string,
  beatOfNow: number,
  load: (platform: Platform, from: C | null) => Promise<Part<T, C>>,
): Pages<T> {
  const platform = usePlatform();
  const at = useShownAt();
  // What is shown of an earlier moment stays what it is.
  const [key, beat] = at === null ? [name, beatOfNow] : [`${name} @${at}`, 0];
  const loader = useRef(load);
  loader.current = load;
  const round = useRef(0);
  const [rows, setRows] = useState<readonly T[]>([]);
  const [next, setNext] = useState<C | null>(null);
  const [ready, setReady] = useState(false);
  const [loading, setLoading] = useState(false);
  const [error, setError] = useState<AppError | null>(null);

  const ask = useCallback(
    async (from: C | null) => {
      round.current += 1;
      const mine = round.current;
      setLoading(true);
      try {
        const part = await loader.current(platform, from);
        if (mine !== round.current) return;
        setRows((former) => (from === null ? part.rows : [...former, ...part.rows]));
        setNext(part.next);
        setReady(true);
        setError(null);
      } catch (thrown) {
        if (mine === round.current) setError(toAppError(thrown));
      } finally {
        if (mine === round.current) setLoading(false);
      }
    },
    [platform],
  );

  const shownKey = useRef(key);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a key or a beat is the reason to begin anew
  useEffect(() => {
    if (shownKey.current !== key) {
      shownKey.current = key;
      setReady(false);
      setRows([]);
    }
    void ask(null);
    return () => {
      round.current += 1;
    };
  }, [key, beat, ask]);

  return {
    rows,
    ready,
    loading,
    more: next !== null,
    error,
    further: () => void ask(next),
    again: () => void ask(null),
  };
}
