// What can be done on the stage without a pointer. Its titles are read when they are shown, in the language of then.
import { t } from '../../i18n';
import type { Action } from '../actions';
import { isOffered, take } from '../offers';
import { places } from '../place';
import { go } from '../router';

/** Something that the bar of the stage does, as long as a scene is on it. */
function onStage(id: string, title: () => string, keys: readonly string[], hint?: () => string): Action {
  const action: Action = {
    id,
    group: 'here',
    where: 'onStage',
    keys,
    get title() {
      return title();
    },
    refusal: () => {
      if (isOffered(id)) return null;
      return id === 'stage-place' || id === 'stage-save' ? t('stage.recordReason') : t('stage.actionReason');
    },
    run: () => take(id),
  };
  return hint === undefined ? action : Object.defineProperty(action, 'hint', { get: hint, enumerable: true });
}

export const STAGE_ACTIONS: readonly Action[] = [
  onStage(
    'stage-step',
    () => t('stage.actionStep'),
    ['F9'],
    () => t('stage.hintStep'),
  ),
  onStage(
    'stage-play',
    () => t('stage.actionPlay'),
    ['F8'],
    () => t('stage.hintPlay'),
  ),
  onStage(
    'stage-back',
    () => t('stage.actionBack'),
    ['F7'],
    () => t('stage.hintBack'),
  ),
  onStage(
    'stage-reset',
    () => t('stage.actionReset'),
    ['F6'],
    () => t('stage.hintReset'),
  ),
  onStage(
    'stage-notes',
    () => t('stage.actionNotes'),
    ['F4'],
    () => t('stage.hintNotes'),
  ),
  onStage('stage-record', () => t('stage.actionRecord'), []),
  onStage('stage-place', () => t('stage.actionPlace'), ['F10']),
  onStage('stage-save', () => t('stage.actionSave'), []),
  onStage('stage-leave', () => t('stage.actionLeave'), []),
  {
    id: 'stage-steps',
    group: 'goTo',
    where: 'everywhere',
    get title() {
      return t('stage.actionSteps');
    },
    run: () => go(places.stageSteps()),
  },
  {
    id: 'big-type',
    group: 'look',
    where: 'everywhere',
    keys: ['F2'],
    get title() {
      return t('stage.actionBig');
    },
    run: () => take('big-type'),
  },
];
