import { useEffect, useState } from 'react';
import { rich, t } from '../i18n';
import type { StoreStatus } from '../platform/wire';
import { grouped, share } from '../shared/format';
import { useAsk } from './cache';
import s from './Indexing.module.css';

const LOOK_MILLISECONDS = 700;

/** How far the local index is while a server's log is read for the first time: until then lists and searches wait for it. */
export function Indexing({ store }: { store: StoreStatus | null }) {
  const [following, setFollowing] = useState(false);
  const index = useAsk('indexProgress', [], (ask) => ask.indexProgress(), {
    enabled: store !== null,
    refetchMilliseconds: following && LOOK_MILLISECONDS,
  });
  const view = index.data ?? null;
  const behind = view !== null && !view.complete;
  useEffect(() => setFollowing(behind), [behind]);
  if (!behind) return null;
  const part = share(view.position, view.head);
  return (
    <aside className={s.line} aria-label={t('app.localIndex')} data-testid="indexing">
      <span>
        {rich('app.theLogIsBeingIndexedEventsSoFar', {
          part: <strong className="tabular">{Math.floor(part * 100)} %</strong>,
          events: <span className="tabular">{grouped(view.events)}</span>,
        })}
      </span>
      <span
        className={s.bar}
        role="progressbar"
        aria-label={t('app.indexingTheLog')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(part * 100)}
      >
        <span style={{ transform: `scaleX(${part})` }} />
      </span>
    </aside>
  );
}
