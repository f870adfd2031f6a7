import { useCallback, useEffect, useRef, useState } from 'react';

export interface Player {
  playing: boolean;
  toggle: () => void;
  stop: () => void;
}

const STEP_MILLISECONDS = 700;

/** Steps through the versions by itself until the last one; started at the end, it begins anew. */
export function usePlayer(version: bigint | null, max: bigint | null, goTo: (version: bigint) => void): Player {
  const [playing, setPlaying] = useState(false);
  const latest = useRef({ version, max, goTo });
  latest.current = { version, max, goTo };

  useEffect(() => {
    if (!playing) return;
    const timer = window.setInterval(() => {
      const { version: at, max: end, goTo: move } = latest.current;
      if (at === null || end === null || at >= end) setPlaying(false);
      else move(at + 1n);
    }, STEP_MILLISECONDS);
    return () => window.clearInterval(timer);
  }, [playing]);

  const toggle = useCallback(() => {
    const { version: at, max: end, goTo: move } = latest.current;
    setPlaying((now) => {
      if (!now && at !== null && at === end) move(0n);
      return !now;
    });
  }, []);
  const stop = useCallback(() => setPlaying(false), []);
  return { playing, toggle, stop };
}
