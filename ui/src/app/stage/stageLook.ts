// How the stage looks to its audience; lasts as long as the window.
import { useSyncExternalStore } from 'react';
import type { Platform } from '../../platform/platform';
import { showError } from '../notify';

/** How much bigger everything is, as the zoom of a browser. */
const BIG = 1.4;

/** How many times as fast as the scene says. */
export const SPEEDS = [1, 2, 4, 0.5] as const;
export type Speed = (typeof SPEEDS)[number];

interface StageLook {
  bigType: boolean;
  notes: boolean;
  playing: boolean;
  speed: Speed;
}

let look: StageLook = { bigType: false, notes: true, playing: false, speed: 1 };
const listeners = new Set<() => void>();

function change(next: Partial<StageLook>): void {
  look = { ...look, ...next };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useStageLook(): StageLook {
  return useSyncExternalStore(subscribe, () => look);
}

export const setPlaying = (playing: boolean): void => change({ playing });
export const toggleNotes = (): void => change({ notes: !look.notes });
export const nextSpeed = (): void => change({ speed: SPEEDS[(SPEEDS.indexOf(look.speed) + 1) % SPEEDS.length] ?? 1 });

/** Everything of the window bigger, or back to its usual size. */
export async function toggleBigType(platform: Platform): Promise<void> {
  const bigType = !look.bigType;
  try {
    await platform.setZoom(bigType ? BIG : 1);
    document.documentElement.toggleAttribute('data-big-type', bigType);
    change({ bigType });
  } catch (thrown) {
    showError(thrown);
  }
}
