// The position of the log's last event, as the program announces it, and what follows from its moving.
import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Platform } from '../platform/platform';
import { invalidate } from './cache';

interface Head {
  position: string;
  /** Counts announcements: a view that cannot use the cache refreshes when it changes. */
  beat: number;
}

let head: Head = { position: '0', beat: 0 };
const listeners = new Set<() => void>();

export function setHead(position: string): void {
  if (position === head.position) return;
  head = { position, beat: head.beat + 1 };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function currentHead(): string {
  return head.position;
}

export function useHead(): string {
  return useSyncExternalStore(subscribe, () => head.position);
}

/** How many digits positions have by now; seldom another number. */
export function useHeadDigits(): number {
  return useSyncExternalStore(subscribe, () => head.position.length);
}

/** The cache is told this long after the log has moved. */
const BATCH_MILLISECONDS = 300;
/** While the log goes on moving, the cache is told this often: each time everything on the screen that reads it is asked again. */
const STEADY_MILLISECONDS = 1000;
/** While read models catch up, what they show is asked again this often. */
const CATCH_UP_MILLISECONDS = 1000;

/** Follows the log: sets the head and refreshes what is shown, in batches. Answers with the way to stop. */
export async function followHead(platform: Platform, cache: QueryClient): Promise<() => void> {
  let batch: number | undefined;
  let told = Number.NEGATIVE_INFINITY;
  const readModels = followReadModels(platform, cache);
  const stop = await platform.onHeadMoved((position) => {
    setHead(position);
    const wait = Math.max(BATCH_MILLISECONDS, told + STEADY_MILLISECONDS - performance.now());
    batch ??= window.setTimeout(() => {
      batch = undefined;
      told = performance.now();
      void invalidate(cache, ['log', 'readModels']);
    }, wait);
    readModels.catchUp();
  });
  wake = readModels.catchUp;
  readModels.catchUp();
  return () => {
    window.clearTimeout(batch);
    readModels.stop();
    stop();
  };
}

interface ReadModels {
  catchUp: () => void;
  stop: () => void;
}

/** Read models follow the log on their own time and do not announce it: while they are behind, the screen keeps up with them. */
function followReadModels(platform: Platform, cache: QueryClient): ReadModels {
  let stopped = false;
  let running = false;
  const refresh = () => void invalidate(cache, ['readModels', 'projections']);
  const pause = (milliseconds: number) => new Promise((done) => window.setTimeout(done, milliseconds));

  const run = async () => {
    let reached: string | null = null;
    while (!stopped && reached !== head.position) {
      const target: string = head.position;
      const ticking = window.setInterval(refresh, CATCH_UP_MILLISECONDS);
      const [there] = await Promise.all([platform.waitUntil(target).catch(() => null), pause(BATCH_MILLISECONDS)]);
      window.clearInterval(ticking);
      if (stopped) return;
      refresh();
      // Without a store there is nothing to wait for; the next announcement begins anew.
      if (there === null) return;
      if (there) reached = target;
      else await pause(CATCH_UP_MILLISECONDS);
    }
  };

  return {
    catchUp: () => {
      if (running || stopped) return;
      running = true;
      void run().finally(() => {
        running = false;
      });
    },
    stop: () => {
      stopped = true;
    },
  };
}

let wake: () => void = () => undefined;

/** A store was opened: its read models may have to be built first. */
export function watchReadModels(): void {
  wake();
}

/** A number that changes after the log has moved, at most four times a second; in between nobody is drawn again. */
export function useThrottledBeat(milliseconds = 250): number {
  const [shown, setShown] = useState(head.beat);
  useEffect(() => {
    let timer: number | undefined;
    let last = Number.NEGATIVE_INFINITY;
    const onBeat = () => {
      timer ??= window.setTimeout(
        () => {
          timer = undefined;
          last = performance.now();
          setShown(head.beat);
        },
        Math.max(0, last + milliseconds - performance.now()),
      );
    };
    // It may have moved since this was first drawn.
    onBeat();
    const stop = subscribe(onBeat);
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [milliseconds]);
  return shown;
}
