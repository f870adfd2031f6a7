import { ActionIcon, Button } from '@mantine/core';
import { IconReplace, IconStethoscope, IconX } from '@tabler/icons-react';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import type { Task } from '../../app/useTask';
import { rich, t } from '../../i18n';
import type { DoctorReport, ProjectionStatus, QuarantinedStream, SkippedEvent } from '../../platform/wire';
import { Chip, ErrorState, Pair, Pairs, ProgressLine, StreamName, Time } from '../../shared/bits';
import { grouped, modelWords } from '../../shared/format';
import { AtMoment } from './AtMoment';
import { DoctorFindings } from './DoctorFindings';
import { Halted } from './Halted';
import type { Question } from './ProjectionDialogs';
import s from './ProjectionPanel.module.css';
import { TaskLine } from './RebuildEnd';
import { RebuildFindings } from './RebuildFindings';
import type { Upkeep } from './useUpkeep';
import { STATE_TONES } from './words';

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
        <h2>{modelWords(name)}</h2>
        <Chip tone={STATE_TONES[state]} dot>
          {t(`projections.state_${state}`)}
        </Chip>
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('projections.closePanel')} onClick={props.onClose}>
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
        <h3>{t('projections.examination')}</h3>
        <Examination {...props} />
        <h3>{t('projections.streamsAside')}</h3>
        <Aside projection={projection} ask={ask} />
        <h3>{t('projections.eventsSkipped')}</h3>
        <Skipped skipped={projection.skipped} />
        <h3>{t('projections.howItWorks')}</h3>
        <Pairs>
          <Pair name={t('projections.order')}>
            <span>
              {t(`projections.order_${projection.order}`)}:{' '}
              <span className="dim">{t(`projections.orderMeans_${projection.order}`)}</span>
            </span>
          </Pair>
          <Pair name={t('projections.onFailure')}>
            <span>
              {t(`projections.policy_${projection.failurePolicy}`)}:{' '}
              <span className="dim">{t(`projections.policyMeans_${projection.failurePolicy}`)}</span>
            </span>
          </Pair>
          <Pair name={t('projections.inUse')}>{projection.activeTables ?? t('projections.notBuiltYet')}</Pair>
          <Pair name={t('projections.keptForRollback')}>{projection.previousTables ?? t('projections.noTables')}</Pair>
          <Pair name={t('projections.halfBuilt')}>{projection.halfBuiltTables ?? t('projections.noTables')}</Pair>
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
      <h3>{t('projections.lastRebuild')}</h3>
      {lastRebuild.error !== null && <ErrorState error={lastRebuild.error} onRetry={() => ask('rebuild')} />}
      {lastRebuild.report !== null && <RebuildFindings report={lastRebuild.report} />}
      {lastRebuild.report?.outcome === 'refused' && (
        <div className={s.actions}>
          <Button leftSection={<IconReplace size={14} />} onClick={() => ask('swap')} data-testid="swap-anyway">
            {t('projections.swapAnywayAsk')}
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
        <ProgressLine progress={doctor.progress} fallback={t('projections.replaying')} onCancel={doctor.cancel} />
      ) : (
        <div className={s.actions}>
          <Button
            leftSection={<IconStethoscope size={14} />}
            onClick={examine}
            disabled={examining || projection.task !== null}
            data-testid="examine"
          >
            {doctor?.result == null ? t('projections.examine') : t('projections.examineAgain')}
          </Button>
          {doctor?.result == null && <span className="faint">{t('projections.examineMeans')}</span>}
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
      <p className="faint">{failurePolicy === 'halt' ? t('projections.neverAside') : t('projections.noneAside')}</p>
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
              title={order === 'perStream' ? undefined : t('projections.onlyRebuildReleases')}
            >
              {order === 'perStream' ? t('projections.release') : t('projections.rebuildAsk')}
            </Button>
          </div>
          <p>
            {rich('projections.notAppliedFrom', {
              event: (
                <PlaceLink to={places.events({ stream: one.stream }, one.position, 'oldest')} className="link">
                  <span className="mono">#{grouped(one.position)}</span> {one.eventType}
                </PlaceLink>
              ),
              reason: <span className="selectable">{one.reason}</span>,
            })}
          </p>
        </li>
      ))}
    </ul>
  );
}

function Skipped({ skipped }: { skipped: readonly SkippedEvent[] }) {
  if (skipped.length === 0) return <p className="faint">{t('projections.noneSkipped')}</p>;
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
            {rich('projections.skippedBy', {
              reason: one.reason,
              actor: one.actor,
              time: <Time value={one.decidedAt} short />,
              decision: (
                <PlaceLink to={places.events({}, one.decision)} className="link">
                  {rich('projections.decision', {
                    position: <span className="mono">#{grouped(one.decision)}</span>,
                  })}
                </PlaceLink>
              ),
            })}
          </p>
          <p className="faint">{t('projections.couldNotApply', { problem: one.problem })}</p>
        </li>
      ))}
    </ul>
  );
}
