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
import type { ProjectionStatus } from '../../platform/wire';
import { Chip } from '../../shared/bits';
import { grouped, perSecond, plural, seconds, share, words } from '../../shared/format';
import { Halted } from './Halted';
import type { Question } from './ProjectionDialogs';
import s from './ProjectionsView.module.css';
import { RebuildEndLine, TaskLine } from './RebuildEnd';
import type { Upkeep } from './useUpkeep';
import { exceptions, ORDERS, POLICIES, STATES } from './words';

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
            {words(name)}
          </PlaceLink>
        </h2>
        <Chip tone={STATES[state].tone} dot>
          {STATES[state].title}
        </Chip>
        <span className="faint cut" title="The tables in use: version of the code and number of the build">
          {projection.activeTables ?? `v${projection.version}, not built yet`}
          {projection.activeVersion !== null && projection.activeVersion !== projection.version
            ? ` (v${projection.version} is due)`
            : ''}
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
          Rebuild
        </Button>
        <CardMenu projection={projection} busy={busy} ask={ask} examine={examine} />
      </header>
      <p className="dim">{projection.description}</p>
      <Position projection={projection} />
      <dl className={s.facts}>
        <Fact name="Lag" value={projection.lagEvents === '0' ? 'none' : plural(projection.lagEvents, 'event')} />
        <Fact name="Oldest unseen" value={projection.lagEvents === '0' ? '–' : seconds(projection.lagSeconds)} />
        <Fact name="Rate" value={perSecond(projection.rate)} />
        <Fact name="Rows" value={grouped(projection.rows)} />
      </dl>
      <p className={s.traits}>
        <span title={ORDERS[projection.order].about}>{ORDERS[projection.order].title}</span>
        <span aria-hidden="true">·</span>
        <span title={POLICIES[projection.failurePolicy].about}>{POLICIES[projection.failurePolicy].title}</span>
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
      {paused ? 'Resume' : 'Pause'}
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
        <ActionIcon size={22} aria-label={`More for ${words(name)}`} data-testid={`menu-${name}`}>
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
          Examine against a replay
        </Menu.Item>
        <Menu.Item
          leftSection={<IconPlayerTrackNext size={15} />}
          onClick={() => ask('resume')}
          disabled={busy || halfBuiltTables === null}
          data-testid="menu-resume"
        >
          {halfBuiltTables === null ? 'Nothing half-built to resume' : `Resume the rebuild (${halfBuiltTables})`}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconArrowBackUp size={15} />}
          onClick={() => ask('rollBack')}
          disabled={busy || previousTables === null}
          data-testid="menu-roll-back"
        >
          {previousTables === null ? 'No former tables to roll back to' : `Roll back to ${previousTables}…`}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          c="var(--bad)"
          leftSection={<IconTrash size={15} />}
          onClick={() => ask('reset')}
          disabled={busy}
          data-testid="menu-reset"
        >
          Reset…
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
