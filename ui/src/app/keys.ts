import { useEffect, useRef } from 'react';
import { named, perLanguage, t } from '../i18n';
import { ACTIONS, type Action, type ActionContext, whereOf, wheresHere } from './actions';
import { isTyping } from './focus';
import { showReason } from './notify';

export { isTyping } from './focus';

const CHORD_MILLISECONDS = 1200;

const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

const ON_MAC = /Mac/.test(globalThis.navigator?.platform ?? '');

/** What stands on the key that most others are pressed with. */
export const modifier = (): string => (ON_MAC ? '⌘' : t('app.key.Control'));

/** What stands on the keys: `Mod+K` → `Ctrl`, `K`, on a German keyboard `Strg`, `K`; `G E` → `G`, `E`. */
export function keyCaps(keys: string): string[] {
  return keys.split(/[ +]/).map((key) => (key === 'Mod' ? modifier() : (SIGNS[key] ?? named('app.key.', key))));
}

/** The name of what was pressed, as actions write it. */
export function pressedKey(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return `${event.ctrlKey || event.metaKey ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${key}`;
}

const byKeys = perLanguage(() => {
  const found = new Map<string, Action[]>();
  for (const action of ACTIONS())
    for (const keys of action.keys ?? []) found.set(keys, [...(found.get(keys) ?? []), action]);
  return found;
});

/** What keys mean in a place: something of its own view before what is meant everywhere, and that before other views. */
function meantBy(keys: string, { place }: ActionContext): Action | undefined {
  const taken = (byKeys().get(keys) ?? []).filter(({ takenBy }) => takenBy === undefined);
  return (
    taken.find(({ where }) => where === place.view) ?? taken.find(({ where }) => where === 'everywhere') ?? taken[0]
  );
}

/** Keys that mean something to whatever has the focus. */
const OF_THE_FOCUS = /^(?:Enter|Space|Home|End|Page\w+|Arrow\w+)$/;

/** What keys mean to a part of the view that does not have the focus: what is hinted works from everywhere in the view. */
function meantByPart(keys: string, target: EventTarget | null, { place }: ActionContext): Action | undefined {
  const focused = target instanceof Element && target !== document.body ? target : null;
  if (chords().has(keys) || isTyping(target) || (focused !== null && OF_THE_FOCUS.test(keys))) return undefined;
  const wheres = wheresHere(place, whereOf(target));
  return byKeys()
    .get(keys)
    ?.find(({ takenBy, where }) => {
      if (takenBy === undefined || !wheres.includes(where) || focused?.closest(takenBy) != null) return false;
      return document.querySelector(takenBy) !== null;
    });
}

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
      const action =
        (begun === null ? undefined : meantBy(`${begun} ${key}`, latest.current)) ??
        meantByPart(key, event.target, latest.current) ??
        meantBy(key, latest.current);
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
