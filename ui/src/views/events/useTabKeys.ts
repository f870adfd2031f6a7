import { useEffect, useRef } from 'react';
import { isTyping } from '../../app/keys';

export interface TabKeys {
  newTab: () => void;
  closeTab: () => void;
  next: () => void;
  previous: () => void;
  jump: () => void;
  save: () => void;
}

/** Keys of the events view, wherever in it the focus is: Ctrl+T, Ctrl+W, Ctrl+Page Down and Up, Ctrl+S, Ctrl+G or a colon. */
export function useTabKeys(keys: TabKeys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      // A dialog, a menu or a list asks for something: keys are not for what is behind it.
      if (document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null) return;
      const { newTab, closeTab, next, previous, jump, save } = latest.current;
      const held: Record<string, () => void> = {
        t: newTab,
        w: closeTab,
        PageDown: next,
        PageUp: previous,
        g: jump,
        s: save,
      };
      const act =
        event.ctrlKey || event.metaKey
          ? held[event.key]
          : event.key === ':' && !isTyping(event.target)
            ? jump
            : undefined;
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    // Before the grid, for which Page Down means a page of rows.
    window.addEventListener('keydown', onKeyDown, true);
    return () => window.removeEventListener('keydown', onKeyDown, true);
  }, []);
}
