import { places } from '../../app/place';
import { usePlaceOf } from '../../app/router';
import { perLanguage, t } from '../../i18n';
import { type Tab, TabBar } from '../../shared/TabBar';
import { LegalHoldsTab } from './LegalHoldsTab';
import { RetentionTab } from './RetentionTab';
import { SnapshotsTab } from './SnapshotsTab';

const tabs = perLanguage((): readonly Tab[] => [
  { id: 'snapshots', title: t('maintenance.snapshots'), to: () => places.maintenance('snapshots') },
  { id: 'retention', title: t('maintenance.retention'), to: () => places.maintenance('retention') },
  { id: 'legal-holds', title: t('maintenance.legalHolds'), to: () => places.maintenance('legal-holds') },
]);

export function MaintenanceView({ readOnly }: { readOnly: boolean }) {
  const place = usePlaceOf('maintenance');
  return (
    <>
      <TabBar label={t('maintenance.parts')} tabs={tabs()} current={place.tab} prefix="maintenance" />
      {place.tab === 'snapshots' && <SnapshotsTab />}
      {place.tab === 'retention' && <RetentionTab purpose={place.purpose} readOnly={readOnly} />}
      {place.tab === 'legal-holds' && <LegalHoldsTab readOnly={readOnly} />}
    </>
  );
}
