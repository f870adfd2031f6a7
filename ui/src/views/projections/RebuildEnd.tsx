import { Button } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconCheck } from '@tabler/icons-react';
import { rich, t } from '../../i18n';
import type { ProjectionTask, RebuildEnd, RebuildReport } from '../../platform/wire';
import { ProgressLine } from '../../shared/bits';
import { seconds } from '../../shared/format';
import s from './ProjectionsView.module.css';
import type { Upkeep } from './useUpkeep';
import { differing } from './words';

/** Long work on a read model, wherever it was begun. */
export function TaskLine({ task, upkeep }: { task: ProjectionTask; upkeep: Upkeep }) {
  return (
    <div className={s.task}>
      <ProgressLine
        progress={task.progress}
        fallback={t(`projections.doing_${task.kind}`)}
        onCancel={() => upkeep.stop(task.taskId)}
        {...(task.keeps ? { cancel: t('projections.stopAndKeep') } : {})}
      />
      {task.keeps && <p className="faint">{t('projections.stopKeeps')}</p>}
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
      <span>
        {end.report === null ? (end.error?.message ?? t('projections.failed')) : <Ended report={end.report} />}
      </span>
      {outcome === 'refused' && (
        <Button size="compact-xs" onClick={onOpen} data-testid={`report-details-${name}`}>
          {t('projections.differences')}
        </Button>
      )}
      <Button size="compact-xs" variant="subtle" onClick={onDismiss} data-testid={`dismiss-${name}`}>
        {t('projections.ok')}
      </Button>
    </div>
  );
}

export function Ended({ report }: { report: RebuildReport }) {
  switch (report.outcome) {
    case 'cancelled':
      return (
        <>
          {t('projections.stoppedAfter', { count: report.events })}
          {report.kept ? ` ${t('projections.builtIsKept')}` : ''}
        </>
      );
    case 'refused': {
      const count = report.differingRows ?? '0';
      const rows = <strong>{t('projections.nRows', { count })}</strong>;
      if (report.violationCount === '0') return rich('projections.notSwapped', { count, rows });
      const violations = t('projections.nViolations', { count: report.violationCount });
      return rich('projections.notSwappedViolating', { count, rows, violations });
    }
    case 'swapped':
      return rich('projections.rebuilt', {
        events: t('projections.nEvents', { count: report.events }),
        time: seconds(report.seconds),
        rows: t('projections.nRows', { count: report.rows }),
        differing: <strong>{differing(report.differingRows)}</strong>,
      });
  }
}
