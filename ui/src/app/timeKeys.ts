import { t } from '../i18n';

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

export const TIME_KEYS = (): readonly TimeKey[] => [
  {
    id: 'time-back',
    title: t('app.timeTravelOneVersionBack'),
    keys: ['ArrowLeft'],
    press: 'ArrowLeft',
    hint: t('app.stepBack'),
  },
  {
    id: 'time-on',
    title: t('app.timeTravelOneVersionOn'),
    keys: ['ArrowRight'],
    press: 'ArrowRight',
    hint: t('app.stepOn'),
  },
  { id: 'time-play', title: t('app.timeTravelPlayOrPause'), keys: ['Space'], press: ' ', hint: t('app.play') },
  { id: 'time-first', title: t('app.timeTravelBeforeTheFirstEvent'), keys: ['Home'], press: 'Home' },
  { id: 'time-last', title: t('app.timeTravelLastVersion'), keys: ['End'], press: 'End' },
  { id: 'time-slower', title: t('app.timeTravelPlaySlower'), keys: ['<'], press: '<' },
  { id: 'time-faster', title: t('app.timeTravelPlayFaster'), keys: ['>'], press: '>' },
  { id: 'time-version', title: t('app.timeTravelJumpToAVersion'), keys: ['V'], press: 'v' },
  { id: 'time-date', title: t('app.timeTravelAsOfADate'), keys: ['A'], press: 'a' },
  {
    id: 'time-mark',
    title: t('app.timeTravelCompareWhatFollowsWith'),
    keys: ['M'],
    press: 'm',
    hint: t('app.mark'),
  },
  { id: 'time-swap', title: t('app.timeTravelSwapTheTwoVersions'), keys: ['S'], press: 's' },
  { id: 'time-clear', title: t('app.timeTravelCompareWithTheVersion'), keys: ['C'], press: 'c' },
  {
    id: 'time-diff',
    title: t('app.timeTravelOnlyWhatDiffersOrAll'),
    keys: ['D'],
    press: 'd',
    hint: t('app.differences'),
  },
  { id: 'time-blame', title: t('app.timeTravelWhoSetEachValue'), keys: ['B'], press: 'b', hint: t('app.blame') },
  { id: 'time-field', title: t('app.timeTravelHistoryOfTheField'), keys: ['H'], press: 'h', hint: t('app.history') },
  { id: 'time-watch', title: t('app.timeTravelWatchExpressions'), keys: ['W'], press: 'w', hint: t('app.watch') },
  {
    id: 'time-bisect',
    title: t('app.timeTravelFirstVersionWhere'),
    keys: ['F'],
    press: 'f',
    hint: t('app.firstWhere2'),
  },
  { id: 'time-lanes', title: t('app.timeTravelStreamsSideBySide'), keys: ['L'], press: 'l' },
];
