// The long work that this window has begun, so that it can be stopped from anywhere.
const running = new Map<string, () => void>();

/** Tells that work runs and how it is stopped; answers with what to call when it has ended. */
export function began(taskId: string, stop: () => void): () => void {
  running.set(taskId, stop);
  return () => running.delete(taskId);
}

export const isAnythingRunning = (): boolean => running.size > 0;

export function stopEverything(): void {
  for (const stop of running.values()) stop();
}
