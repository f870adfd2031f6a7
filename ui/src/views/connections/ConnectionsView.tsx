import { places } from '../../app/place';
import { usePlaceOf } from '../../app/router';
import { perLanguage, t } from '../../i18n';
import type { StoreStatus } from '../../platform/wire';
import { type Tab, TabBar } from '../../shared/TabBar';
import { ConnectionList } from './ConnectionList';
import { CopyTab } from './copy/CopyTab';
import { ParityTab } from './parity/ParityTab';
import { ServerTab } from './server/ServerTab';

const TABS = perLanguage((): readonly Tab[] => [
  { id: 'list', title: t('connections.connections'), to: () => places.connections() },
  { id: 'server', title: t('connections.server'), to: () => places.server() },
  { id: 'copy', title: t('connections.copyTab'), to: () => places.copying() },
  { id: 'parity', title: t('connections.parityTab'), to: () => places.parity() },
]);

/** The stores that one works with: where they are, what they stand on, and what is done between them. */
export function ConnectionsView({ store }: { store: StoreStatus | null }) {
  const place = usePlaceOf('connections');
  return (
    <>
      <TabBar label={t('connections.parts')} tabs={TABS()} current={place.tab} prefix="connections" />
      {place.tab === 'list' && <ConnectionList edit={place.edit} />}
      {place.tab === 'server' && <ServerTab store={store} stream={place.stream} />}
      {place.tab === 'copy' && <CopyTab store={store} from={place.from} to={place.to} />}
      {place.tab === 'parity' && <ParityTab />}
    </>
  );
}
