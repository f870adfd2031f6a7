/** A key of the time toolbar and of what stands beneath it; pressed anywhere in the view but in a field. */
export interface TimeKey {
  id: string;
  title: string;
  keys: readonly string[];
  /** The key as the browser names it. */
  press: string;
  /** A word or two for a line of hints. */
  hint?: string;
}

export const TIME_KEYS: readonly TimeKey[] = [
  {
    id: 'time-back',
    title: 'Time travel: one version back',
    keys: ['ArrowLeft'],
    press: 'ArrowLeft',
    hint: 'step back',
  },
  { id: 'time-on', title: 'Time travel: one version on', keys: ['ArrowRight'], press: 'ArrowRight', hint: 'step on' },
  { id: 'time-play', title: 'Time travel: play or pause', keys: ['Space'], press: ' ', hint: 'play' },
  { id: 'time-first', title: 'Time travel: before the first event', keys: ['Home'], press: 'Home' },
  { id: 'time-last', title: 'Time travel: last version', keys: ['End'], press: 'End' },
  { id: 'time-slower', title: 'Time travel: play slower', keys: ['<'], press: '<' },
  { id: 'time-faster', title: 'Time travel: play faster', keys: ['>'], press: '>' },
  { id: 'time-version', title: 'Time travel: jump to a version', keys: ['V'], press: 'v' },
  { id: 'time-date', title: 'Time travel: as of a date', keys: ['A'], press: 'a' },
  {
    id: 'time-mark',
    title: 'Time travel: compare what follows with this version',
    keys: ['M'],
    press: 'm',
    hint: 'mark',
  },
  { id: 'time-swap', title: 'Time travel: swap the two versions', keys: ['S'], press: 's' },
  { id: 'time-clear', title: 'Time travel: compare with the version before again', keys: ['C'], press: 'c' },
  { id: 'time-diff', title: 'Time travel: only what differs, or all', keys: ['D'], press: 'd', hint: 'differences' },
  { id: 'time-blame', title: 'Time travel: who set each value', keys: ['B'], press: 'b', hint: 'blame' },
  { id: 'time-field', title: 'Time travel: history of the field', keys: ['H'], press: 'h', hint: 'history' },
  { id: 'time-watch', title: 'Time travel: watch expressions', keys: ['W'], press: 'w', hint: 'watch' },
  { id: 'time-bisect', title: 'Time travel: first version where …', keys: ['F'], press: 'f', hint: 'first where' },
  { id: 'time-lanes', title: 'Time travel: streams side by side', keys: ['L'], press: 'l' },
];
