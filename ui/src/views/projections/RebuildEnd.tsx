import { Button } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconCheck } from '@tabler/icons-react';
import type { ProjectionTask, RebuildEnd, RebuildReport } from '../../platform/wire';
import { ProgressLine } from '../../shared/bits';
import { plural, seconds } from '../../shared/format';
import s from './ProjectionsView.module.css';
import type { Upkeep } from './useUpkeep';
import { differing } from './words';

const DOING: Record<ProjectionTask['kind'], string> = {
  rebuild: 'Rebuilding',
  reset: 'Building anew',
  doctor: 'Examining',
};

/** Long work on a read model, wherever it was begun. */
export function TaskLine({ task, upkeep }: { task: ProjectionTask; upkeep: Upkeep }) {
  return (
    <div className={s.task}>
      <ProgressLine
        progress={task.progress}
        fallback={DOING[task.kind]}
        onCancel={() => upkeep.stop(task.taskId)}
        {...(task.keeps ? { cancel: 'Stop and keep' } : {})}
      />
      {task.keeps && <p className="faint">Stopped, it keeps what is built; the rebuild can be resumed later.</p>}
    </div>
  );
}

interface RebuildEndLineProps {
  name: string;
  end: RebuildEnd;
  onOpen: () => void;
  onDismiss: () => void;
}

/** How the last rebuild ended, in a line. */
export function RebuildEndLine({ name, end, onOpen, onDismiss }: RebuildEndLineProps) {
  const outcome = end.report?.outcome ?? 'failed';
  const look = {
    swapped: { style: s.swapped, icon: <IconCheck size={16} aria-hidden="true" /> },
    cancelled: { style: s.cancelled, icon: <IconBan size={16} aria-hidden="true" /> },
    refused: { style: s.refused, icon: <IconAlertTriangle size={16} aria-hidden="true" /> },
    failed: { style: s.refused, icon: <IconAlertTriangle size={16} aria-hidden="true" /> },
  }[outcome];
  return (
    <div
      className={`${s.report} ${look.style}`}
      role="status"
      data-testid={`rebuild-report-${name}`}
      data-outcome={outcome}
    >
      {look.icon}
      <span>{end.report === null ? (end.error?.message ?? 'It failed.') : <Ended report={end.report} />}</span>
      {outcome === 'refused' && (
        <Button size="compact-xs" onClick={onOpen} data-testid={`report-details-${name}`}>
          Differences
        </Button>
      )}
      <Button size="compact-xs" variant="subtle" onClick={onDismiss} data-testid={`dismiss-${name}`}>
        OK
      </Button>
    </div>
  );
}

export function Ended({ report }: { report: RebuildReport }) {
  const kept = report.kept ? ' What was built is kept.' : '';
  switch (report.outcome) {
    case 'cancelled':
      return (
        <>
          Stopped after {plural(report.events, 'event')}; the former tables are untouched.{kept}
        </>
      );
    case 'refused':
      return (
        <>
          Not swapped in: <strong>{plural(report.differingRows ?? '0', 'row')}</strong>{' '}
          {report.differingRows === '1' ? 'differs' : 'differ'} from those in use
          {report.violationCount === '0' ? '' : `, ${plural(report.violationCount, 'violation')} of invariants`}.
        </>
      );
    case 'swapped':
      return (
        <>
          Rebuilt from {plural(report.events, 'event')} in {seconds(report.seconds)}: {plural(report.rows, 'row')},{' '}
          <strong>{differing(report.differingRows)}</strong>.
        </>
      );
  }
}
