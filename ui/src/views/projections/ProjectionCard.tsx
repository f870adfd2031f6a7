import { Button, Modal } from '@mantine/core';
import { IconCheck, IconHammer, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle } from '../../app/cache';
import { showError } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import type { ProjectionState, ProjectionStatus, RebuildReport } from '../../platform/wire';
import { Chip, ErrorState, ProgressLine, type Tone } from '../../shared/bits';
import { grouped, perSecond, plural, seconds, share, words } from '../../shared/format';
import s from './ProjectionsView.module.css';

const STATES: Record<ProjectionState, { title: string; tone: Tone }> = {
  running: { title: 'Running', tone: 'good' },
  catchingUp: { title: 'Catching up', tone: 'info' },
  rebuilding: { title: 'Rebuilding', tone: 'accent' },
  paused: { title: 'Paused', tone: 'warn' },
  halted: { title: 'Halted', tone: 'bad' },
  heldElsewhere: { title: 'Kept elsewhere', tone: 'neutral' },
  retrying: { title: 'Retrying', tone: 'warn' },
};

export function ProjectionCard({ projection }: { projection: ProjectionStatus }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const task = useTask<RebuildReport>();
  const [asking, setAsking] = useState(false);
  const { name, state } = projection;
  const stopped = state === 'paused' || state === 'halted';

  const rebuild = async () => {
    setAsking(false);
    await task.run((id, onProgress) => platform.rebuildProjection(name, id, onProgress));
    await settle(cache, 'rebuildProjection');
  };
  const toggle = async () => {
    try {
      await (stopped ? platform.resumeProjection(name) : platform.pauseProjection(name));
      await settle(cache, stopped ? 'resumeProjection' : 'pauseProjection');
    } catch (thrown) {
      showError(thrown);
    }
  };

  return (
    <article className={s.card} data-testid={`projection-${name}`} data-state={state} aria-labelledby={`title-${name}`}>
      <header className={s.cardHead}>
        <h2 id={`title-${name}`}>{words(name)}</h2>
        <Chip tone={STATES[state].tone} dot>
          {STATES[state].title}
        </Chip>
        <span className="faint" title="Version of the code and of the tables in use">
          v{projection.version}
          {projection.activeVersion !== null && projection.activeVersion !== projection.version
            ? ` (tables v${projection.activeVersion})`
            : ''}
        </span>
        <span className={s.spacer} />
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={stopped ? <IconPlayerPlay size={13} /> : <IconPlayerPause size={13} />}
          onClick={() => void toggle()}
          disabled={task.running || state === 'rebuilding'}
          data-testid={`${stopped ? 'resume' : 'pause'}-${name}`}
        >
          {stopped ? 'Resume' : 'Pause'}
        </Button>
        <Button
          size="compact-xs"
          leftSection={<IconHammer size={13} />}
          onClick={() => setAsking(true)}
          disabled={task.running || state === 'rebuilding'}
          data-testid={`rebuild-${name}`}
        >
          Rebuild
        </Button>
      </header>
      <p className="dim">{projection.description}</p>
      <Position projection={projection} />
      <dl className={s.facts}>
        <Fact name="Lag" value={projection.lagEvents === '0' ? 'none' : plural(projection.lagEvents, 'event')} />
        <Fact name="Oldest unseen" value={projection.lagEvents === '0' ? '–' : seconds(projection.lagSeconds)} />
        <Fact name="Rate" value={perSecond(projection.rate)} />
        <Fact name="Rows" value={grouped(projection.rows)} />
      </dl>
      {projection.problem !== null && (
        <p className={s.problem} role="alert">
          {projection.problem}
        </p>
      )}
      {task.running && <ProgressLine progress={task.progress} fallback="Rebuilding" onCancel={task.cancel} />}
      {task.error !== null && <ErrorState error={task.error} onRetry={() => void rebuild()} />}
      {task.result !== null && !task.running && <Report report={task.result} onClose={task.clear} />}
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Rebuild “${words(name)}”?`} size={460}>
        <p className={s.question}>
          All <strong>{plural(projection.head, 'event')}</strong> are read again into new tables beside the present
          ones. The present <strong>{plural(projection.rows, 'row')}</strong> stay in use until the new tables are
          complete; then they are swapped. No command is executed and no event is written.
        </p>
        <div className={s.answers}>
          <Button onClick={() => setAsking(false)}>Leave it</Button>
          <Button
            variant="filled"
            leftSection={<IconHammer size={14} />}
            onClick={() => void rebuild()}
            data-testid="confirm-rebuild"
            data-autofocus
          >
            Rebuild from {plural(projection.head, 'event')}
          </Button>
        </div>
      </Modal>
    </article>
  );
}

function Position({ projection }: { projection: ProjectionStatus }) {
  const part = share(projection.position, projection.head);
  return (
    <div className={s.position}>
      <div className={s.positionText}>
        <span>
          Position <span className="mono">{grouped(projection.position)}</span>
        </span>
        <span className="faint">
          of <span className="mono">{grouped(projection.head)}</span>
        </span>
      </div>
      <div
        className={s.bar}
        role="meter"
        aria-label={`Share of the log that ${projection.name} has seen`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(part * 100)}
      >
        <div className={part === 1 ? s.barDone : s.barPart} style={{ transform: `scaleX(${part})` }} />
      </div>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="tabular">{value}</dd>
    </div>
  );
}

function Report({ report, onClose }: { report: RebuildReport; onClose: () => void }) {
  return (
    <div
      className={`${s.report} ${report.cancelled ? s.cancelled : ''}`}
      role="status"
      data-testid={`rebuild-report-${report.name}`}
      data-cancelled={report.cancelled}
    >
      <IconCheck size={16} aria-hidden="true" />
      <span>
        {report.cancelled ? (
          'Stopped; the former tables are untouched.'
        ) : (
          <>
            Rebuilt from {plural(report.events, 'event')} in {seconds(report.seconds)}: {plural(report.rows, 'row')},{' '}
            <strong>{differing(report.differingRows)}</strong>.
          </>
        )}
      </span>
      <Button size="compact-xs" variant="subtle" onClick={onClose}>
        OK
      </Button>
    </div>
  );
}

function differing(rows: string | null): string {
  if (rows === null) return 'there were none to compare with';
  return rows === '0' ? 'none differs from before' : `${grouped(rows)} differ from before`;
}
