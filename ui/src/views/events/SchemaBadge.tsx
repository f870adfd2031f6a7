import { t } from '../../i18n';
import type { EventRow } from '../../platform/wire';
import s from './EventDetail.module.css';

export function SchemaBadge({ version }: { version: EventRow['schemaVersion'] }) {
  return (
    <span className={s.schema} title={t('events.schemaVersionAsStored', { version })}>
      {t('events.v', { version })}
    </span>
  );
}
