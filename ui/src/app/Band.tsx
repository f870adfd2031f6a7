import { IconAlertTriangle, IconLock } from '@tabler/icons-react';
import { t } from '../i18n';
import type { StoreStatus } from '../platform/wire';
import s from './Band.module.css';

/** What must not be overlooked of the open store: its environment, in its colour and in words. */
export function Band({ store }: { store: StoreStatus | null }) {
  if (store === null) return null;
  const { marks } = store;
  if (marks.colour === 'none' && marks.environment === '' && !marks.production && !marks.readOnly) return null;
  const colour = marks.colour === 'none' ? (marks.production ? 'red' : 'grey') : marks.colour;
  return (
    <aside
      className={`${s.band} ${s[colour]}`}
      aria-label={t('app.environment')}
      data-testid="environment-band"
      data-colour={colour}
    >
      <strong>{marks.environment || store.connection?.name}</strong>
      {marks.environment !== '' && store.connection !== null && <span>{store.connection.name}</span>}
      {marks.production && (
        <span className={s.mark}>
          <IconAlertTriangle size={13} aria-hidden="true" /> {t('app.productionEveryWriteIsConfirmedBy')}
        </span>
      )}
      {store.readOnly && (
        <span className={s.mark} title={store.readOnlyReason ?? undefined}>
          <IconLock size={13} aria-hidden="true" /> {t('app.readOnlyNothingIsWritten')}
        </span>
      )}
    </aside>
  );
}
