import type { EventRow } from '../../platform/wire';
import s from './EventDetail.module.css';

export function SchemaBadge({ version }: { version: EventRow['schemaVersion'] }) {
  return (
    <span className={s.schema} title={`Schema version ${version}, as stored`}>
      v{version}
    </span>
  );
}
