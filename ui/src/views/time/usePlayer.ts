import { useCallback, useEffect, useRef, useState } from 'react';

/** Versions in a second. */
export const SPEEDS = [1, 4, 16, 64] as const;
export type Speed = (typeof SPEEDS)[number];

export interface Player {
  playing: boolean;
  speed: Speed;
  toggle: () => void;
  stop: () => void;
  setSpeed: (speed: Speed) => void;
}

/** No more often than this is another state shown; beyond it, several versions are passed at once. */
const TICKS_PER_SECOND = 16;

/** How long a version is shown, and how many are passed with it. */
export function pace(speed: Speed): { milliseconds: number; versions: bigint } {
  const ticks = Math.min(speed, TICKS_PER_SECOND);
  return { milliseconds: 1000 / ticks, versions: BigInt(speed / ticks) };
}

export function faster(speed: Speed): Speed {
  return SPEEDS[SPEEDS.indexOf(speed) + 1] ?? speed;
}

export function slower(speed: Speed): Speed {
  return SPEEDS[SPEEDS.indexOf(speed) - 1] ?? speed;
}

/**
 * Steps through the versions by itself until the last one; started at the end, it begins anew. `goTo` does not pass the end. While `busy` it waits: what has
 * not been shown is not passed.
 */
export function usePlayer(
  version: bigint | null,
  max: bigint | null,
  goTo: (version: bigint) => void,
  busy: boolean,
): Player {
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>(4);
  const latest = useRef({ version, max, goTo, busy });
  latest.current = { version, max, goTo, busy };

  useEffect(() => {
    if (!playing) return;
    const { milliseconds, versions } = pace(speed);
    const timer = window.setInterval(() => {
      const { version: at, max: end, goTo: move, busy: waiting } = latest.current;
      if (at === null || end === null || at >= end) setPlaying(false);
      else if (!waiting) move(at + versions);
    }, milliseconds);
    return () => window.clearInterval(timer);
  }, [playing, speed]);

  const toggle = useCallback(() => {
    const { version: at, max: end, goTo: move } = latest.current;
    setPlaying((now) => {
      if (!now && at !== null && at === end) move(0n);
      return !now;
    });
  }, []);
  const stop = useCallback(() => setPlaying(false), []);
  return { playing, speed, toggle, stop, setSpeed };
}
