import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import type { DoctorReport, RowFault } from '../../platform/wire';
import { StreamName } from '../../shared/bits';
import { grouped, plural, seconds } from '../../shared/format';
import s from './ProjectionPanel.module.css';
import { RowCells, Violations } from './RebuildFindings';

/** Which stored rows are not what the events make of them, and the event where each parts. */
export function DoctorFindings({ report }: { report: DoctorReport }) {
  const rows = plural(report.differingRows, 'row');
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
            ? `Stopped; ${rows} found to drift until then.`
            : report.clean
              ? 'Every row is what the events make of it.'
              : `${rows} ${report.differingRows === '1' ? 'drifts' : 'drift'} from what the events make.`}
        </span>
      </p>
      <p className="faint">
        {plural(report.rowsChecked, 'row')} of {report.tables} against a replay of {plural(report.events, 'event')} up
        to position <span className="mono">{grouped(report.position)}</span>, {seconds(report.seconds)}.
        {report.quarantined === '0' ? '' : ` ${plural(report.quarantined, 'stream')} set aside on both sides.`}
        {report.outlivedRows === '0'
          ? ''
          : ` ${plural(report.outlivedRows, 'row')} of events that were hidden since: a rebuild would leave them out.`}
      </p>
      {report.violationCount !== '0' && <Violations count={report.violationCount} violations={report.violations} />}
      {report.faults.map((fault) => (
        <div key={`${fault.difference.table} ${fault.difference.key}`} className={s.fault} data-testid="row-fault">
          <RowCells difference={fault.difference} before="Stored" after="Replayed" />
          <Parting fault={fault} />
        </div>
      ))}
      {!report.clean && !report.cancelled && (
        <p className="dim">The events are not at fault. A rebuild makes the rows anew from them.</p>
      )}
    </div>
  );
}

function Parting({ fault: { parting } }: { fault: RowFault }) {
  if (parting === null) return <p className="faint">No event up to here ever wrote such a row.</p>;
  return (
    <p className={s.parting}>
      {parting.missed ? 'It missed ' : 'No event made it so; the last to write it was '}
      <PlaceLink to={places.events({ stream: parting.stream }, parting.position, 'oldest')} className="link">
        <span className="mono">#{grouped(parting.position)}</span> {parting.eventType}
      </PlaceLink>{' '}
      <StreamName stream={parting.stream} />
    </p>
  );
}
