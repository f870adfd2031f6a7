import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { rich, t } from '../../i18n';
import type { DoctorReport, RowFault } from '../../platform/wire';
import { StreamName } from '../../shared/bits';
import { grouped, seconds } from '../../shared/format';
import s from './ProjectionPanel.module.css';
import { RowCells, Violations } from './RebuildFindings';

/** Which stored rows are not what the events make of them, and the event where each parts. */
export function DoctorFindings({ report }: { report: DoctorReport }) {
  const count = report.differingRows;
  return (
    <div className={s.findings} role="status" data-testid="doctor-report" data-clean={report.clean}>
      <p className={report.clean ? s.clean : s.drifting}>
        {report.clean ? (
          <IconCircleCheck size={16} aria-hidden="true" />
        ) : (
          <IconAlertTriangle size={16} aria-hidden="true" />
        )}
        <span>
          {report.cancelled
            ? t('projections.driftUntilStopped', { count })
            : report.clean
              ? t('projections.noDrift')
              : t('projections.drift', { count })}
        </span>
      </p>
      <p className="faint">
        {rich('projections.examined', {
          rows: t('projections.nRows', { count: report.rowsChecked }),
          tables: report.tables,
          events: t('projections.nEvents', { count: report.events }),
          position: <span className="mono">{grouped(report.position)}</span>,
          time: seconds(report.seconds),
        })}
        {report.quarantined === '0' ? '' : ` ${t('projections.asideOnBoth', { count: report.quarantined })}`}
        {report.outlivedRows === '0' ? '' : ` ${t('projections.outlived', { count: report.outlivedRows })}`}
      </p>
      {report.violationCount !== '0' && <Violations count={report.violationCount} violations={report.violations} />}
      {report.faults.map((fault) => (
        <div key={`${fault.difference.table} ${fault.difference.key}`} className={s.fault} data-testid="row-fault">
          <RowCells difference={fault.difference} sides="replay" />
          <Parting fault={fault} />
        </div>
      ))}
      {!report.clean && !report.cancelled && <p className="dim">{t('projections.rebuildHeals')}</p>}
    </div>
  );
}

function Parting({ fault: { parting } }: { fault: RowFault }) {
  if (parting === null) return <p className="faint">{t('projections.neverWritten')}</p>;
  const event = (
    <PlaceLink to={places.events({ stream: parting.stream }, parting.position, 'oldest')} className="link">
      <span className="mono">#{grouped(parting.position)}</span> {parting.eventType}
    </PlaceLink>
  );
  const stream = <StreamName stream={parting.stream} />;
  return (
    <p className={s.parting}>
      {parting.missed
        ? rich('projections.missed', { event, stream })
        : rich('projections.lastWriter', { event, stream })}
    </p>
  );
}
