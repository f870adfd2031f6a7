import { useCallback, useEffect, useRef, useState } from 'react';
import { usePlatform } from '../../app/PlatformContext';
import { toAppError } from '../../platform/platform';
import type { AppError, EventDensity } from '../../platform/wire';

/** Counting by category has mostly ended when it is asked for again so soon, in milliseconds; else it takes its time. */
const SOON = 200;
/** While a search goes on or the log grows, the counts are asked again no more often than this, in milliseconds. */
const AGAIN = 1500;

export interface DensityView {
  density: EventDensity | null;
  error: AppError | null;
  retry: () => void;
}

/** How many rows of an open query were recorded when. The former answer stays until the next one is there. */
export function useDensity(
  queryId: string | null,
  from: string | null,
  until: string | null,
  bins: number,
  total: string,
): DensityView {
  const platform = usePlatform();
  const [density, setDensity] = useState<EventDensity | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [counting, setCounting] = useState(0);
  const last = useRef<{ key: string; at: number }>({ key: '', at: 0 });

  // biome-ignore lint/correctness/useExhaustiveDependencies: another total, another attempt and categories that are being counted are reasons to ask again
  useEffect(() => {
    if (queryId === null || bins === 0) return;
    const key = `${queryId} ${from} ${until} ${bins} ${attempt}`;
    const pause = counting === 0 ? AGAIN : Math.min(AGAIN, SOON * 2 ** counting);
    const wait = key === last.current.key ? Math.max(0, last.current.at + pause - performance.now()) : 0;
    const timer = window.setTimeout(() => {
      last.current = { key, at: performance.now() };
      // An answer counts as long as nothing else was asked: a growing total does not make it worthless.
      const current = () => last.current.key === key;
      platform.eventsDensity(queryId, from, until, bins).then(
        (answer) => {
          if (!current()) return;
          setDensity(answer);
          setError(null);
          setCounting((times) => (answer.complete && answer.byCategory.state === 'counting' ? times + 1 : 0));
        },
        (thrown: unknown) => {
          const failure = toAppError(thrown);
          if (current() && failure.code !== 'cancelled') setError(failure);
        },
      );
    }, wait);
    return () => window.clearTimeout(timer);
  }, [platform, queryId, from, until, bins, total, attempt, counting]);

  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  return { density, error, retry };
}
