import { useEffect } from 'react';
import { go } from './router';
import { VIEWS } from './views';

export interface KeyActions {
  palette: () => void;
  help: () => void;
}

export const KEY_HELP: readonly { keys: readonly string[]; what: string }[] = [
  { keys: ['J', 'K'], what: 'Next, previous row (also ↓ ↑)' },
  { keys: ['Enter'], what: 'Open the row' },
  { keys: ['Home', 'End'], what: 'First, last row' },
  { keys: ['/'], what: 'Search or filter in this view' },
  { keys: ['Esc'], what: 'Close the panel or leave the field' },
  { keys: ['Alt ←', 'Alt →'], what: 'Back, forward' },
  { keys: ['←', '→'], what: 'Time travel: step back, step on' },
  { keys: ['Space'], what: 'Time travel: play or pause' },
  { keys: ['Ctrl/⌘ K'], what: 'Go to anything, do anything' },
  { keys: ['Ctrl/⌘ Enter'], what: 'Execute the command that is filled in' },
  { keys: ['?'], what: 'This list' },
  ...VIEWS.map((view) => ({ keys: ['G', view.letter.toUpperCase()], what: `Go to ${view.title}` })),
];

/** Whether keys go into a field now. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

const CHORD_MILLISECONDS = 1200;

/** Keys that work everywhere. */
export function useGlobalKeys({ palette, help }: KeyActions): void {
  useEffect(() => {
    let chordUntil = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        palette();
        return;
      }
      if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
        event.preventDefault();
        if (event.key === 'ArrowLeft') window.history.back();
        else window.history.forward();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target)) {
        if (event.key === 'Escape') (event.target as HTMLElement).blur();
        return;
      }
      if (Date.now() < chordUntil) {
        chordUntil = 0;
        const view = VIEWS.find((entry) => entry.letter === event.key.toLowerCase());
        if (view !== undefined) {
          event.preventDefault();
          go(view.place());
        }
        return;
      }
      if (event.key === 'g') {
        chordUntil = Date.now() + CHORD_MILLISECONDS;
      } else if (event.key === '?') {
        event.preventDefault();
        help();
      } else if (event.key === '/') {
        const field = document.querySelector<HTMLInputElement>('[data-search-field]');
        if (field !== null) {
          event.preventDefault();
          field.focus();
          field.select();
        }
      }
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [palette, help]);
}
