import { places } from '../../app/place';
import { usePlaceOf } from '../../app/router';
import { type Tab, TabBar } from '../../shared/TabBar';
import { LegalHoldsTab } from './LegalHoldsTab';
import { RetentionTab } from './RetentionTab';
import { SnapshotsTab } from './SnapshotsTab';

const TABS: readonly Tab[] = [
  { id: 'snapshots', title: 'Snapshots', to: () => places.maintenance('snapshots') },
  { id: 'retention', title: 'Retention', to: () => places.maintenance('retention') },
  { id: 'legal-holds', title: 'Legal holds', to: () => places.maintenance('legal-holds') },
];

export function MaintenanceView({ readOnly }: { readOnly: boolean }) {
  const place = usePlaceOf('maintenance');
  return (
    <>
      <TabBar label="Parts of maintenance" tabs={TABS} current={place.tab} prefix="maintenance" />
      {place.tab === 'snapshots' && <SnapshotsTab />}
      {place.tab === 'retention' && <RetentionTab purpose={place.purpose} readOnly={readOnly} />}
      {place.tab === 'legal-holds' && <LegalHoldsTab readOnly={readOnly} />}
    </>
  );
}
