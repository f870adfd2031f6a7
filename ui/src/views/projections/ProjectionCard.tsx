import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconArrowBackUp,
  IconDots,
  IconHammer,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerTrackNext,
  IconStethoscope,
  IconTrash,
} from '@tabler/icons-react';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { rich, t } from '../../i18n';
import type { ProjectionStatus } from '../../platform/wire';
import { Chip } from '../../shared/bits';
import { grouped, modelWords, perSecond, seconds, share } from '../../shared/format';
import { Halted } from './Halted';
import type { Question } from './ProjectionDialogs';
import s from './ProjectionsView.module.css';
import { RebuildEndLine, TaskLine } from './RebuildEnd';
import type { Upkeep } from './useUpkeep';
import { exceptions, STATE_TONES } from './words';

interface ProjectionCardProps {
  projection: ProjectionStatus;
  selected: boolean;
  readOnly: boolean;
  upkeep: Upkeep;
  ask: (kind: Question) => void;
  examine: () => void;
}

export function ProjectionCard({ projection, selected, readOnly, upkeep, ask, examine }: ProjectionCardProps) {
  const { name, state, task } = projection;
  const busy = task !== null || state === 'rebuilding';
  const left = exceptions(projection);
  return (
    <article
      className={`${s.card} ${selected ? s.selected : ''}`}
      data-testid={`projection-${name}`}
      data-state={state}
      aria-labelledby={`title-${name}`}
    >
      <header className={s.cardHead}>
        <h2 id={`title-${name}`}>
          <PlaceLink
            to={places.projections(name)}
            className={s.title ?? ''}
            data-testid={`open-${name}`}
            aria-current={selected ? 'true' : undefined}
          >
            {modelWords(name)}
          </PlaceLink>
        </h2>
        <Chip tone={STATE_TONES[state]} dot>
          {t(`projections.state_${state}`)}
        </Chip>
        <span className="faint cut" title={t('projections.tablesInUse')}>
          {tablesOf(projection)}
        </span>
        <span className={s.spacer} />
        {state !== 'halted' && <PauseButton projection={projection} upkeep={upkeep} disabled={busy} />}
        <Button
          size="compact-xs"
          leftSection={<IconHammer size={13} />}
          onClick={() => ask('rebuild')}
          disabled={busy}
          data-testid={`rebuild-${name}`}
        >
          {t('projections.rebuild')}
        </Button>
        <CardMenu projection={projection} busy={busy} ask={ask} examine={examine} />
      </header>
      <p className="dim">{projection.description}</p>
      <Position projection={projection} />
      <dl className={s.facts}>
        <Fact
          name={t('projections.lag')}
          value={
            projection.lagEvents === '0'
              ? t('projections.noLag')
              : t('projections.nEvents', { count: projection.lagEvents })
          }
        />
        <Fact
          name={t('projections.oldestUnseen')}
          value={projection.lagEvents === '0' ? '–' : seconds(projection.lagSeconds)}
        />
        <Fact name={t('projections.rate')} value={perSecond(projection.rate)} />
        <Fact name={t('projections.rows')} value={grouped(projection.rows)} />
      </dl>
      <p className={s.traits}>
        <span title={t(`projections.orderMeans_${projection.order}`)}>
          {t(`projections.order_${projection.order}`)}
        </span>
        <span aria-hidden="true">·</span>
        <span title={t(`projections.policyMeans_${projection.failurePolicy}`)}>
          {t(`projections.policy_${projection.failurePolicy}`)}
        </span>
        {left !== null && (
          <>
            <span aria-hidden="true">·</span>
            <PlaceLink to={places.projections(name)} className={s.exceptions ?? ''} data-testid={`exceptions-${name}`}>
              {left}
            </PlaceLink>
          </>
        )}
      </p>
      {state === 'halted' ? (
        <Halted projection={projection} readOnly={readOnly} upkeep={upkeep} onSkip={() => ask('skip')} />
      ) : (
        projection.problem !== null && (
          <p className={s.problem} role="alert">
            {projection.problem}
          </p>
        )
      )}
      {task !== null && <TaskLine task={task} upkeep={upkeep} />}
      {task === null && projection.lastRebuild !== null && (
        <RebuildEndLine
          name={name}
          end={projection.lastRebuild}
          onOpen={() => go(places.projections(name))}
          onDismiss={() => void upkeep.now('dismissRebuild', (platform) => platform.dismissRebuild(name))}
        />
      )}
    </article>
  );
}

function tablesOf({ activeTables, activeVersion, version }: ProjectionStatus): string {
  if (activeTables === null) return t('projections.versionNotBuilt', { version });
  if (activeVersion === null || activeVersion === version) return activeTables;
  return t('projections.versionDue', { tables: activeTables, version });
}

function PauseButton({
  projection: { name, state },
  upkeep,
  disabled,
}: {
  projection: ProjectionStatus;
  upkeep: Upkeep;
  disabled: boolean;
}) {
  const paused = state === 'paused';
  const toggle = () =>
    paused
      ? upkeep.now('resumeProjection', (platform) => platform.resumeProjection(name))
      : upkeep.now('pauseProjection', (platform) => platform.pauseProjection(name));
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      color="gray"
      leftSection={paused ? <IconPlayerPlay size={13} /> : <IconPlayerPause size={13} />}
      onClick={() => void toggle()}
      disabled={disabled}
      data-testid={`${paused ? 'resume' : 'pause'}-${name}`}
    >
      {paused ? t('projections.resume') : t('projections.pause')}
    </Button>
  );
}

interface CardMenuProps {
  projection: ProjectionStatus;
  busy: boolean;
  ask: (kind: Question) => void;
  examine: () => void;
}

function CardMenu({ projection: { name, halfBuiltTables, previousTables }, busy, ask, examine }: CardMenuProps) {
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon
          size={22}
          aria-label={t('projections.moreFor', { name: modelWords(name) })}
          data-testid={`menu-${name}`}
        >
          <IconDots size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconStethoscope size={15} />}
          onClick={examine}
          disabled={busy}
          data-testid="menu-doctor"
        >
          {t('projections.examineAgainst')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconPlayerTrackNext size={15} />}
          onClick={() => ask('resume')}
          disabled={busy || halfBuiltTables === null}
          data-testid="menu-resume"
        >
          {halfBuiltTables === null
            ? t('projections.nothingHalfBuilt')
            : t('projections.resumeRebuild', { tables: halfBuiltTables })}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconArrowBackUp size={15} />}
          onClick={() => ask('rollBack')}
          disabled={busy || previousTables === null}
          data-testid="menu-roll-back"
        >
          {previousTables === null
            ? t('projections.noFormerTables')
            : t('projections.rollBackToAsk', { tables: previousTables })}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          c="var(--bad)"
          leftSection={<IconTrash size={15} />}
          onClick={() => ask('reset')}
          disabled={busy}
          data-testid="menu-reset"
        >
          {t('projections.reset')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Position({ projection }: { projection: ProjectionStatus }) {
  const part = share(projection.position, projection.head);
  return (
    <div className={s.position}>
      <div className={s.positionText}>
        <span>
          {rich('projections.position', { position: <span className="mono">{grouped(projection.position)}</span> })}
        </span>
        <span className="faint">
          {rich('projections.ofHead', { head: <span className="mono">{grouped(projection.head)}</span> })}
        </span>
      </div>
      <div
        className={s.bar}
        role="meter"
        aria-label={t('projections.shareSeen', { name: projection.name })}
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
