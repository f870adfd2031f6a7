import { useEffect, useRef } from 'react';
import { perLanguage } from '../i18n';
import { ACTIONS, type Action, type ActionContext } from './actions';
import { isTyping } from './focus';
import { showReason } from './notify';

export { isTyping } from './focus';

const CHORD_MILLISECONDS = 1200;

const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  PageDown: 'PgDn',
  PageUp: 'PgUp',
};

export const MODIFIER = /Mac/.test(globalThis.navigator?.platform ?? '') ? '⌘' : 'Ctrl';

/** What stands on the keys: `Mod+K` → `Ctrl`, `K`; `G E` → `G`, `E`. */
export function keyCaps(keys: string): string[] {
  return keys.split(/[ +]/).map((key) => (key === 'Mod' ? MODIFIER : (NAMES[key] ?? key)));
}

/** The name of what was pressed, as actions write it. */
export function pressedKey(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return `${event.ctrlKey || event.metaKey ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${key}`;
}

const byKeys = perLanguage(() => {
  const takenHere = ACTIONS().filter((action) => action.takenBy === undefined);
  return new Map(takenHere.flatMap((action) => (action.keys ?? []).map((keys) => [keys, action] as const)));
});
const chords = perLanguage(
  () => new Set([...byKeys().keys()].filter((keys) => keys.includes(' ')).map((keys) => keys.split(' ')[0])),
);

/** Does an action, or says why it cannot be done. */
export function perform(action: Action, context: ActionContext): void {
  const reason = action.refusal?.(context) ?? null;
  if (reason === null) void action.run(context);
  else showReason(`${action.title}: ${reason}`);
}

/** Keys that the window takes itself; parts of it take theirs before. */
export function useGlobalKeys(context: ActionContext): void {
  const latest = useRef(context);
  latest.current = context;
  useEffect(() => {
    let chord: { first: string; until: number } | null = null;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
      const key = pressedKey(event);
      const plain = !/^(?:Mod|Alt)\+/.test(key);
      // A dialog asks for something: letters are not for what is behind it.
      if (plain && event.target instanceof Element && event.target.closest('[role="dialog"]') !== null) return;
      if (plain && isTyping(event.target)) {
        if (event.key === 'Escape') (event.target as HTMLElement).blur();
        return;
      }
      const begun = plain && chord !== null && Date.now() < chord.until ? chord.first : null;
      chord = null;
      // A key that does not go on with what was begun begins anew.
      const action = (begun === null ? undefined : byKeys().get(`${begun} ${key}`)) ?? byKeys().get(key);
      if (action !== undefined) {
        event.preventDefault();
        perform(action, latest.current);
      } else if (plain && chords().has(key)) {
        chord = { first: key, until: Date.now() + CHORD_MILLISECONDS };
      }
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
