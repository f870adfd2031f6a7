import { Button } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { toAppError } from '../../platform/platform';
import { Bones, EmptyState, ErrorState } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { ProjectionCard } from './ProjectionCard';
import s from './ProjectionsView.module.css';

/** Lag and rate change without any event: they are asked once a second while one looks. */
const REFRESH_MILLISECONDS = 1000;

export function ProjectionsView() {
  const projections = useAsk('projections', [], (platform) => platform.projections(), {
    refetchMilliseconds: REFRESH_MILLISECONDS,
  });
  if (projections.isError) {
    return <ErrorState error={toAppError(projections.error)} onRetry={() => void projections.refetch()} />;
  }
  if (projections.data === undefined) return <Bones lines={14} label="Asking the read models" />;
  if (projections.data.length === 0) {
    return (
      <EmptyState
        icon={<IconStack2 size={28} stroke={1.4} />}
        title="No read models"
        action={<Button onClick={() => void projections.refetch()}>Look again</Button>}
      >
        This store is open without read models.
      </EmptyState>
    );
  }
  const behind = projections.data.filter((one) => one.lagEvents !== '0').length;
  const halted = projections.data.filter((one) => one.state === 'halted').length;
  return (
    <div className={s.page}>
      <p className={s.summary} aria-live="polite">
        <strong>{grouped(String(projections.data.length))} read models</strong>
        <span className="dim">
          {halted > 0
            ? `${halted} halted`
            : behind === 0
              ? 'all of them have seen every event'
              : `${behind} catching up`}
        </span>
      </p>
      <div className={s.cards}>
        {projections.data.map((projection) => (
          <ProjectionCard key={projection.name} projection={projection} />
        ))}
      </div>
    </div>
  );
}
