// The position of the log's last event, as the program announces it, and what follows from its moving.
import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Platform } from '../platform/platform';
import { invalidate } from './cache';

interface Head {
  position: string;
  /** Counts announcements; a view that cannot use the cache refreshes when it changes. */
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

export function useHeadBeat(): number {
  return useSyncExternalStore(subscribe, () => head.beat);
}

/** Read models come a moment after the log: they are asked again when the log has been quiet for this long. */
const SETTLE_MILLISECONDS = 900;
/** The cache is told at most this often. */
const BATCH_MILLISECONDS = 300;

/** Follows the log: sets the head and refreshes what is shown, in batches. Answers with the way to stop. */
export async function followHead(platform: Platform, cache: QueryClient): Promise<() => void> {
  let batch: number | undefined;
  let settle: number | undefined;
  const stop = await platform.onHeadMoved((position) => {
    setHead(position);
    batch ??= window.setTimeout(() => {
      batch = undefined;
      void invalidate(cache, ['log', 'readModels']);
    }, BATCH_MILLISECONDS);
    window.clearTimeout(settle);
    settle = window.setTimeout(() => void invalidate(cache, ['readModels', 'projections']), SETTLE_MILLISECONDS);
  });
  return () => {
    window.clearTimeout(batch);
    window.clearTimeout(settle);
    stop();
  };
}

/** A number that changes after the log has moved, at most four times a second. */
export function useThrottledBeat(milliseconds = 250): number {
  const beat = useHeadBeat();
  const [shown, setShown] = useState(beat);
  const last = useRef(0);
  useEffect(() => {
    if (beat === shown) return;
    const wait = Math.max(0, last.current + milliseconds - performance.now());
    const timer = window.setTimeout(() => {
      last.current = performance.now();
      setShown(beat);
    }, wait);
    return () => window.clearTimeout(timer);
  }, [beat, shown, milliseconds]);
  return shown;
}
