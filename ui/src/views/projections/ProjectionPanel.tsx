import { ActionIcon, Button } from '@mantine/core';
import { IconReplace, IconStethoscope, IconX } from '@tabler/icons-react';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import type { Task } from '../../app/useTask';
import type { DoctorReport, ProjectionStatus, QuarantinedStream, SkippedEvent } from '../../platform/wire';
import { Chip, ErrorState, Pair, Pairs, ProgressLine, StreamName, Time } from '../../shared/bits';
import { grouped, words } from '../../shared/format';
import { AtMoment } from './AtMoment';
import { DoctorFindings } from './DoctorFindings';
import { Halted } from './Halted';
import type { Question } from './ProjectionDialogs';
import s from './ProjectionPanel.module.css';
import { TaskLine } from './RebuildEnd';
import { RebuildFindings } from './RebuildFindings';
import type { Upkeep } from './useUpkeep';
import { ORDERS, POLICIES, STATES } from './words';

interface ProjectionPanelProps {
  projection: ProjectionStatus;
  readOnly: boolean;
  upkeep: Upkeep;
  ask: (kind: Question, more?: { stream?: string }) => void;
  /** The examination of this read model, if one was asked for. */
  doctor: Task<DoctorReport> | null;
  examining: boolean;
  examine: () => void;
  onClose: () => void;
}

/** Everything about one read model: what it leaves out and why, how its last rebuild ended, whether it drifts. */
export function ProjectionPanel(props: ProjectionPanelProps) {
  const { projection, upkeep, ask } = props;
  const { name, state } = projection;
  return (
    <div className={s.panel} data-testid={`panel-${name}`}>
      <div className={s.bar}>
        <h2>{words(name)}</h2>
        <Chip tone={STATES[state].tone} dot>
          {STATES[state].title}
        </Chip>
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label="Close the panel" onClick={props.onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.body}>
        {state === 'halted' && (
          <Halted projection={projection} readOnly={props.readOnly} upkeep={upkeep} onSkip={() => ask('skip')} />
        )}
        {projection.task !== null && <TaskLine task={projection.task} upkeep={upkeep} />}
        <AtMoment name={name} />
        <LastRebuild projection={projection} ask={ask} />
        <h3>Examination</h3>
        <Examination {...props} />
        <h3>Streams set aside</h3>
        <Aside projection={projection} ask={ask} />
        <h3>Events skipped</h3>
        <Skipped skipped={projection.skipped} />
        <h3>How it works</h3>
        <Pairs>
          <Pair name="Order">
            <span>
              {ORDERS[projection.order].title}: <span className="dim">{ORDERS[projection.order].about}</span>
            </span>
          </Pair>
          <Pair name="On failure">
            <span>
              {POLICIES[projection.failurePolicy].title}:{' '}
              <span className="dim">{POLICIES[projection.failurePolicy].about}</span>
            </span>
          </Pair>
          <Pair name="In use">{projection.activeTables ?? 'not built yet'}</Pair>
          <Pair name="Kept for rollback">{projection.previousTables ?? 'none'}</Pair>
          <Pair name="Half-built">{projection.halfBuiltTables ?? 'none'}</Pair>
        </Pairs>
      </div>
    </div>
  );
}

function LastRebuild({ projection, ask }: Pick<ProjectionPanelProps, 'projection' | 'ask'>) {
  const { lastRebuild, task } = projection;
  if (lastRebuild === null || task !== null) return null;
  return (
    <>
      <h3>Last rebuild</h3>
      {lastRebuild.error !== null && <ErrorState error={lastRebuild.error} onRetry={() => ask('rebuild')} />}
      {lastRebuild.report !== null && <RebuildFindings report={lastRebuild.report} />}
      {lastRebuild.report?.outcome === 'refused' && (
        <div className={s.actions}>
          <Button leftSection={<IconReplace size={14} />} onClick={() => ask('swap')} data-testid="swap-anyway">
            Swap in anyway…
          </Button>
        </div>
      )}
    </>
  );
}

function Examination({ projection, doctor, examining, examine }: ProjectionPanelProps) {
  return (
    <>
      {doctor?.running === true ? (
        <ProgressLine progress={doctor.progress} fallback="Replaying the log" onCancel={doctor.cancel} />
      ) : (
        <div className={s.actions}>
          <Button
            leftSection={<IconStethoscope size={14} />}
            onClick={examine}
            disabled={examining || projection.task !== null}
            data-testid="examine"
          >
            {doctor?.result == null ? 'Examine' : 'Examine again'}
          </Button>
          {doctor?.result == null && (
            <span className="faint">Compares each row with a fresh replay; changes nothing.</span>
          )}
        </div>
      )}
      {doctor?.error != null && <ErrorState error={doctor.error} />}
      {doctor?.result != null && <DoctorFindings report={doctor.result} />}
    </>
  );
}

function Aside({ projection, ask }: Pick<ProjectionPanelProps, 'projection' | 'ask'>) {
  const { quarantined, failurePolicy, order } = projection;
  if (quarantined.length === 0) {
    return (
      <p className="faint">
        {failurePolicy === 'halt' ? 'It never sets streams aside: it halts.' : 'None. Every stream is applied.'}
      </p>
    );
  }
  return (
    <ul className={s.list} data-testid="quarantined">
      {quarantined.map((one: QuarantinedStream) => (
        <li key={one.stream}>
          <div className={s.line}>
            <StreamName stream={one.stream} link />
            <span className={s.spacer} />
            <Button
              size="compact-xs"
              onClick={() => (order === 'perStream' ? ask('release', { stream: one.stream }) : ask('rebuild'))}
              data-testid={`release-${one.stream}`}
              title={
                order === 'perStream' ? undefined : 'Its rows may depend on several streams: only a rebuild releases it'
              }
            >
              {order === 'perStream' ? 'Release' : 'Rebuild…'}
            </Button>
          </div>
          <p>
            Not applied from{' '}
            <PlaceLink to={places.events({ stream: one.stream }, one.position, 'oldest')} className="link">
              <span className="mono">#{grouped(one.position)}</span> {one.eventType}
            </PlaceLink>{' '}
            on: <span className="selectable">{one.reason}</span>
          </p>
        </li>
      ))}
    </ul>
  );
}

function Skipped({ skipped }: { skipped: readonly SkippedEvent[] }) {
  if (skipped.length === 0) return <p className="faint">None. It has left out nothing by decision.</p>;
  return (
    <ul className={s.list} data-testid="skipped">
      {skipped.map((one) => (
        <li key={one.position}>
          <div className={s.line}>
            <PlaceLink to={places.events({}, one.position)} className="link">
              <span className="mono">#{grouped(one.position)}</span> {one.eventType}
            </PlaceLink>
            <StreamName stream={one.stream} />
          </div>
          <p>
            “{one.reason}” – {one.actor}, <Time value={one.decidedAt} short />,{' '}
            <PlaceLink to={places.events({}, one.decision)} className="link">
              decision <span className="mono">#{grouped(one.decision)}</span>
            </PlaceLink>
          </p>
          <p className="faint">It could not be applied: {one.problem}</p>
        </li>
      ))}
    </ul>
  );
}
