import { useEffect, useState } from 'react';
import { t } from '../i18n';
import { Kbd } from '../shared/bits';
import { ACTIONS, type Action, hasSearch, whereOf, wheresHere } from './actions';
import { keyCaps } from './keys';
import { useOffers } from './offers';
import type { Place } from './place';
import s from './Shell.module.css';

/** As many hints as fit a narrow window. */
const MOST = 7;

/** The keys that matter most in a place, with the focus where it is. */
export function hintsFor(place: Place, focus: ReturnType<typeof whereOf>): Action[] {
  const wheres = wheresHere(place, focus);
  const hinted = ACTIONS().filter((action) => action.hint !== undefined);
  const near = wheres.flatMap((where) => hinted.filter((action) => action.where === where));
  const everywhere = hinted.filter(({ id, where }) => where === 'everywhere' && (id !== 'search' || hasSearch(place)));
  return [...near.slice(0, MOST - everywhere.length), ...everywhere];
}

/** One line of keys at the bottom of the window: those of the view and of where the focus is. */
export function HintLine({ place }: { place: Place }) {
  const [focus, setFocus] = useState<ReturnType<typeof whereOf>>(null);
  useOffers();
  useEffect(() => {
    const onFocus = () => setFocus(whereOf(document.activeElement));
    const onBlur = (event: FocusEvent) => event.relatedTarget === null && setFocus(null);
    document.addEventListener('focusin', onFocus);
    document.addEventListener('focusout', onBlur);
    return () => {
      document.removeEventListener('focusin', onFocus);
      document.removeEventListener('focusout', onBlur);
    };
  }, []);
  return (
    <footer className={s.foot} data-testid="hint-line">
      {focus === 'field' && <Hint caps={['Esc']} text={t('app.leaveTheField')} />}
      {hintsFor(place, focus).map((action) => (
        <Hint key={action.id} caps={keyCaps(action.keys?.[0] ?? '')} text={action.hint ?? ''} />
      ))}
      <Hint caps={['G', '…']} text={t('app.goTo')} />
      <Hint caps={keyCaps('Mod+K')} text={t('app.doAnything')} />
    </footer>
  );
}

function Hint({ caps, text }: { caps: readonly string[]; text: string }) {
  return (
    <span className={s.hint}>
      {caps.map((cap) => (
        <Kbd key={cap}>{cap}</Kbd>
      ))}
      {text}
    </span>
  );
}
