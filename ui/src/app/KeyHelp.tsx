import { Modal } from '@mantine/core';
import { t } from '../i18n';
import { Kbd } from '../shared/bits';
import { ACTIONS, type Action, hasList, type Where } from './actions';
import s from './KeyHelp.module.css';
import { keyCaps } from './keys';
import type { Place } from './place';
import { VIEWS } from './views';

/** What a part of the window is called where its keys are listed. */
function titleOfWhere(where: Where): string {
  if (where === 'everywhere') return t('app.everywhere');
  if (where === 'event') return t('app.withAnEvent');
  if (where === 'list') return t('app.inAList');
  if (where === 'tree') return t('app.inATreeOfFields');
  if (where === 'causes') return t('app.causes');
  if (where === 'story') return t('app.storyOfATransfer');
  const name = where === 'onStage' ? 'stage' : where;
  return VIEWS.find((view) => view.name === name)?.title ?? name;
}

export interface KeyGroup {
  title: string;
  /** Whether they belong to the view that is shown. */
  here: boolean;
  actions: Action[];
}

/** All keys: those that work everywhere, those of the present view, then those of others. */
export function keyGroups(place: Place): KeyGroup[] {
  const keyed = ACTIONS().filter((action) => (action.keys ?? []).length > 0);
  const wheres = [...new Set(keyed.map((action) => action.where))];
  const here = (where: Where) =>
    where === place.view || where === 'event' || where === 'tree' || (where === 'list' && hasList(place));
  const rank = (where: Where) => (where === 'everywhere' ? 0 : here(where) ? 1 : 2);
  return wheres
    .sort((a, b) => rank(a) - rank(b))
    .map((where) => ({
      title: titleOfWhere(where),
      here: here(where),
      actions: keyed.filter((action) => action.where === where),
    }));
}

/** The sheet of all keys. */
export function KeyHelp({ place, opened, onClose }: { place: Place; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('app.keys')} size={860}>
      <div className={s.sheet} data-testid="key-help">
        {keyGroups(place).map(({ title, here, actions }) => (
          <section key={title} className={s.group} aria-label={title}>
            <h3>
              {title}
              {here && <span className={s.here}>{t('app.thisView')}</span>}
            </h3>
            <dl>
              {actions.map((action) => (
                <div key={action.id} data-testid={`keys-of-${action.id}`}>
                  <dt>
                    {(action.keys ?? []).map((keys, index) => (
                      <span key={keys} className={s.caps}>
                        {index > 0 && <span className="faint">{t('app.or')}</span>}
                        {keyCaps(keys).map((cap) => (
                          <Kbd key={cap}>{cap}</Kbd>
                        ))}
                      </span>
                    ))}
                  </dt>
                  <dd>{action.title}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
