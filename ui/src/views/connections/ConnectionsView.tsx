import { places } from '../../app/place';
import { usePlaceOf } from '../../app/router';
import type { StoreStatus } from '../../platform/wire';
import { type Tab, TabBar } from '../../shared/TabBar';
import { ConnectionList } from './ConnectionList';
import { CopyTab } from './copy/CopyTab';
import { ParityTab } from './parity/ParityTab';
import { ServerTab } from './server/ServerTab';

const TABS: readonly Tab[] = [
  { id: 'list', title: 'Connections', to: () => places.connections() },
  { id: 'server', title: 'Server', to: () => places.server() },
  { id: 'copy', title: 'Copy…', to: () => places.copying() },
  { id: 'parity', title: 'Parity run…', to: () => places.parity() },
];

/** The stores that one works with: where they are, what they stand on, and what is done between them. */
export function ConnectionsView({ store }: { store: StoreStatus | null }) {
  const place = usePlaceOf('connections');
  return (
    <>
      <TabBar label="Parts of connections" tabs={TABS} current={place.tab} prefix="connections" />
      {place.tab === 'list' && <ConnectionList edit={place.edit} />}
      {place.tab === 'server' && <ServerTab store={store} stream={place.stream} />}
      {place.tab === 'copy' && <CopyTab store={store} from={place.from} to={place.to} />}
      {place.tab === 'parity' && <ParityTab />}
    </>
  );
}
