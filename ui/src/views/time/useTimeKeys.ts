import { useEffect, useRef } from 'react';
import type { TimeOpen } from '../../app/timePlace';
import { faster, type Player, slower } from './usePlayer';

interface TimeKeyActions {
  version: bigint;
  max: bigint;
  open: TimeOpen;
  player: Player;
  onVersion: (version: bigint) => void;
  onCompare: (version: string | null) => void;
  onSwap: () => void;
  onOpen: (change: Partial<TimeOpen>) => void;
  turnChanges: () => void;
  /** The field that had the focus last. */
  path: () => string | null;
  lanes: () => void;
}

/** Begins keys of two letters, whose second one is not for this view. */
const FIRST_OF_TWO = ['g', 'y', 't'];
const CHORD_MILLISECONDS = 1200;

/** Keys of the time view, wherever the focus is but in a field. They are listed in `timeKeys`. */
export function useTimeKeys(actions: TimeKeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let chordUntil = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
      const { target } = event;
      if (target instanceof HTMLElement) {
        if (['INPUT', 'TEXTAREA'].includes(target.tagName)) return;
        if (target.closest('[role="dialog"]') !== null) return;
        if (event.key === ' ' && target.tagName === 'BUTTON') return;
      }
      if (Date.now() < chordUntil) {
        chordUntil = 0;
        return;
      }
      if (FIRST_OF_TWO.includes(event.key)) {
        chordUntil = Date.now() + CHORD_MILLISECONDS;
        return;
      }
      const action = keys(latest.current)[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}

/** How long something that is opened by a key may take to be there, and how often it is looked for. */
const FOCUS_MILLISECONDS = { within: 10_000, every: 50 };

/** What is opened by a key takes the focus once it is there, unless the focus has gone elsewhere meanwhile. */
function focusOn(selector: string): void {
  const [from, until] = [document.activeElement, Date.now() + FOCUS_MILLISECONDS.within];
  const look = () => {
    const found = document.querySelector<HTMLElement>(selector);
    if (found !== null) found.focus();
    else if (document.activeElement === from && Date.now() < until) window.setTimeout(look, FOCUS_MILLISECONDS.every);
  };
  window.setTimeout(look);
}

function keys(at: TimeKeyActions): Readonly<Record<string, (() => void) | undefined>> {
  const { version, max, open, player, onVersion, onOpen } = at;
  const tool = (name: 'watch' | 'bisect') => () => {
    onOpen({ tool: name });
    focusOn(`[data-testid="tool-${name}"] [data-tool-field]`);
  };
  return {
    ' ': player.toggle,
    ArrowLeft: () => onVersion(version - 1n),
    ArrowRight: () => onVersion(version + 1n),
    Home: () => onVersion(0n),
    End: () => onVersion(max),
    '<': () => player.setSpeed(slower(player.speed)),
    '>': () => player.setSpeed(faster(player.speed)),
    v: () => document.querySelector<HTMLElement>('[data-testid="version-jump"]')?.click(),
    a: () => focusOn('[data-time-date]'),
    m: () => at.onCompare(String(version)),
    s: at.onSwap,
    c: () => at.onCompare(null),
    d: at.turnChanges,
    b: () => onOpen({ blame: !open.blame }),
    h: () => {
      const field = at.path();
      onOpen(field === null ? { tool: 'field' } : { tool: 'field', field, fieldAt: String(version) });
      focusOn('[data-testid="field-changes"] [tabindex="0"]');
    },
    w: tool('watch'),
    f: tool('bisect'),
    l: at.lanes,
    Escape: open.tool === null ? undefined : () => onOpen({ tool: null }),
  };
}
