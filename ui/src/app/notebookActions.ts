// What can be done with notebooks, and what can be pinned into them.
import { t } from '../i18n';
import type { Action } from './actions';
import { isOffered, take } from './offers';

/** What can be pinned, the nearest to what somebody looks at first: `P` takes the first that is on the screen. */
const PINS = ['pin-event', 'pin-diff', 'pin-state', 'pin-what-if', 'pin-query'] as const;

const pinTitle = (pin: (typeof PINS)[number]): string =>
  ({
    'pin-event': t('notebook.pinEvent'),
    'pin-diff': t('notebook.pinDiff'),
    'pin-state': t('notebook.pinState'),
    'pin-what-if': t('notebook.pinWhatIf'),
    'pin-query': t('notebook.pinQuery'),
  })[pin];

const pinnable = () => PINS.find(isOffered);

export const PIN_ACTIONS: readonly Action[] = [
  {
    id: 'pin',
    get title() {
      return t('notebook.pinAny');
    },
    get about() {
      return t('notebook.pinAnyAbout');
    },
    group: 'here',
    where: 'everywhere',
    keys: ['P'],
    refusal: () => (pinnable() === undefined ? t('notebook.pinRefused') : null),
    run: () => {
      const pin = pinnable();
      if (pin !== undefined) take(pin);
    },
  },
  ...PINS.map(
    (pin): Action => ({
      id: pin,
      get title() {
        return pinTitle(pin);
      },
      group: 'here',
      where: 'everywhere',
      refusal: () => (isOffered(pin) ? null : t('notebook.pinRefused')),
      run: () => take(pin),
    }),
  ),
];

const NOTEBOOK = '[data-notebook]';

/** Presses a key on the cell that has the focus, or on the notebook if there is none. */
function pressed(key: string, alt: boolean): void {
  const notebook = document.querySelector<HTMLElement>(NOTEBOOK);
  const target = notebook?.querySelector<HTMLElement>('[data-cell][tabindex="0"]') ?? notebook;
  target?.focus();
  target?.dispatchEvent(new KeyboardEvent('keydown', { key, altKey: alt, bubbles: true, cancelable: true }));
}

function key(id: string, title: () => string, keys: readonly string[], press: string, hint?: () => string): Action {
  const action: Action = {
    id,
    get title() {
      return title();
    },
    group: 'move',
    where: 'notebook',
    keys,
    takenBy: NOTEBOOK,
    refusal: () => (document.querySelector(NOTEBOOK) === null ? t('notebook.goFirst') : null),
    run: () => pressed(press.replace('Alt+', ''), press.startsWith('Alt+')),
  };
  // Spread into the action, it would be read once, in the language of that moment.
  return hint === undefined ? action : Object.defineProperty(action, 'hint', { get: hint, enumerable: true });
}

function offer(id: string, title: () => string, reason: () => string = () => t('notebook.goFirst')): Action {
  return {
    id,
    get title() {
      return title();
    },
    group: 'here',
    where: 'notebook',
    refusal: () => (isOffered(id) ? null : reason()),
    run: () => take(id),
  };
}

/** Every key of a notebook is taken by the notebook itself, so that it means something else elsewhere. */
export const NOTEBOOK_ACTIONS: readonly Action[] = [
  key(
    'notebook-note',
    () => t('notebook.noteAction'),
    ['E'],
    'e',
    () => t('notebook.hintNote'),
  ),
  key(
    'notebook-go',
    () => t('notebook.goAction'),
    ['Enter'],
    'Enter',
    () => t('notebook.hintGo'),
  ),
  key(
    'notebook-text',
    () => t('notebook.textAction'),
    ['I'],
    'i',
    () => t('notebook.hintText'),
  ),
  key(
    'notebook-check',
    () => t('notebook.checkActionTitle'),
    ['C'],
    'c',
    () => t('notebook.hintCheck'),
  ),
  key('notebook-next', () => t('notebook.nextAction'), ['J', 'ArrowDown'], 'j'),
  key('notebook-previous', () => t('notebook.previousAction'), ['K', 'ArrowUp'], 'k'),
  key(
    'notebook-up',
    () => t('notebook.upAction'),
    ['Alt+ArrowUp'],
    'Alt+ArrowUp',
    () => t('notebook.hintMove'),
  ),
  key('notebook-down', () => t('notebook.downAction'), ['Alt+ArrowDown'], 'Alt+ArrowDown'),
  key('notebook-title', () => t('notebook.titleAction'), ['R'], 'r'),
  key('notebook-remove', () => t('notebook.removeAction'), ['Delete'], 'Delete'),
  key('notebook-undo', () => t('notebook.undoActionTitle'), ['U'], 'u'),
  offer('notebook-export', () => t('notebook.exportActionTitle')),
  offer('notebook-open', () => t('notebook.openActionTitle')),
  offer('notebook-new', () => t('notebook.newActionTitle')),
];
