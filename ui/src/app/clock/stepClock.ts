// Moving the clock from anywhere: keys and the palette have no platform of their own.
import type { Platform } from '../../platform/platform';
import { currentClock, setClock } from '../router';

let platform: Platform | null = null;

/** Says which platform is asked; answers with the way to take it back. */
export function provideClock(provided: Platform): () => void {
  platform = provided;
  return () => {
    if (platform === provided) platform = null;
  };
}

/** One event earlier or later than what is shown; from now, the first step back stays at the last event. */
export function stepClock(direction: 'previous' | 'next'): void {
  const at = currentClock();
  void platform
    ?.clock(at, null)
    .then((moment) => {
      if (currentClock() !== at) return;
      const next = at === null ? (direction === 'previous' ? moment.position : null) : moment[direction];
      if (next !== null) setClock(next, at === null ? 'push' : 'replace');
    })
    .catch(() => undefined);
}

/** Shows everything as of a position, or what the log has before it. */
export function showMoment(position: string): void {
  void platform
    ?.clock(position, null)
    .then((moment) => setClock(moment.position))
    .catch(() => undefined);
}
