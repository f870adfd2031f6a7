import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconArrowDown, IconArrowUp, IconEyeOff, IconPencil, IconPlus } from '@tabler/icons-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import { displayed } from '../../i18n/numbers';
import type { WhatIf, WhatIfLaneStep, WhatIfScenario } from '../../platform/wire';
import { StreamName, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { scalarText } from '../../shared/tree/treeRows';
import { type Editing, EventDialog } from './EventDialog';
import { anchorOf, asRecorded, moved, turnSkip, withChange, withInserted } from './scenario';
import s from './WhatIfView.module.css';

interface LanesProps {
  scenario: WhatIfScenario;
  answer: WhatIf;
  onChange: (next: WhatIfScenario) => void;
}

/** What happened and what would have happened, side by side, and what can be changed of it. */
export function Lanes({ scenario, answer, onChange }: LanesProps) {
  const { original, whatIf, rows } = answer;
  const [chosen, setChosen] = useState(0);
  const [editing, setEditing] = useState<Editing | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const at = Math.min(chosen, Math.max(0, rows.length - 1));
  const refocus = useRef(false);
  useEffect(() => {
    if (!refocus.current) return;
    refocus.current = false;
    grid.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]')?.focus();
  });

  const stepOf = (row: number): WhatIfLaneStep | null => {
    const index = rows[row]?.whatIf ?? null;
    return index === null ? null : (whatIf.steps[index] ?? null);
  };
  const take = (next: WhatIfScenario | null) => {
    if (next === null) return;
    refocus.current = true;
    onChange(next);
  };
  const insertAt = (row: number | null) => {
    const after = anchorOf(whatIf.steps, row === null ? null : (rows[row]?.whatIf ?? null));
    setEditing({ kind: 'insert', after, times: after?.timesBehind ?? answer.timesAfterFork });
  };
  const actions = {
    skip: (step: WhatIfLaneStep) => take(turnSkip(scenario, step)),
    edit: (step: WhatIfLaneStep) => step.times !== null && setEditing({ kind: 'edit', step, times: step.times }),
    undo: (step: WhatIfLaneStep) => take(asRecorded(scenario, step)),
    move: (step: WhatIfLaneStep, by: -1 | 1) => take(moved(scenario, whatIf.steps, step, by)),
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.getAttribute('role') !== 'row' || event.ctrlKey || event.metaKey) return;
    const step = stepOf(at);
    const changeable = step !== null && step.provenance !== 'fromStep';
    const goTo = (row: number) => {
      refocus.current = true;
      setChosen(Math.max(0, Math.min(rows.length - 1, row)));
    };
    const deeds: Record<string, (() => void) | null> = {
      ArrowDown: () => goTo(at + 1),
      j: () => goTo(at + 1),
      ArrowUp: () => goTo(at - 1),
      k: () => goTo(at - 1),
      Home: () => goTo(0),
      End: () => goTo(rows.length - 1),
      x: changeable ? () => actions.skip(step) : null,
      e: changeable ? () => actions.edit(step) : null,
      u: changeable ? () => actions.undo(step) : null,
      i: () => insertAt(at),
      '<': changeable ? () => actions.move(step, -1) : null,
      '>': changeable ? () => actions.move(step, 1) : null,
    };
    const deed = event.altKey ? undefined : deeds[event.key];
    if (deed === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    deed?.();
  };

  return (
    <div className={s.lanes}>
      <div className={s.lanesHead} aria-hidden="true">
        <span />
        <span>{t('whatif.whatHappened')}</span>
        <span>{t('whatif.wouldHaveHappened')}</span>
      </div>
      {scenario.edits.length > 0 && scenario.through.kind !== 'fork' && (
        <p className={s.note} role="note" data-testid="what-if-not-decided-again">
          {t('whatif.notDecidedAgain')}
        </p>
      )}
      {rows.length === 0 ? (
        <div className={s.nothing} data-testid="what-if-nothing">
          <p>{t('whatif.nothingAfterFork')}</p>
          <p className="dim">{t('whatif.addSomething')}</p>
          <Button leftSection={<IconPlus size={14} />} onClick={() => insertAt(null)}>
            {t('whatif.insertEventAsk')}
          </Button>
        </div>
      ) : (
        <div
          ref={grid}
          role="grid"
          aria-label={t('whatif.bothLanes')}
          aria-rowcount={rows.length}
          className={s.rows}
          onKeyDown={onKeyDown}
          data-what-if-lanes
        >
          {rows.map((row, index) => {
            const left = row.original === null ? null : (original.steps[row.original] ?? null);
            const right = row.whatIf === null ? null : (whatIf.steps[row.whatIf] ?? null);
            const mark = markOf(left, right, row.same);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys for all of its rows
              <div
                key={`${left?.eventId ?? ''} ${right?.eventId ?? ''}`}
                role="row"
                aria-rowindex={index + 1}
                aria-selected={index === at}
                tabIndex={index === at ? 0 : -1}
                className={`${s.row} ${s[mark.tint] ?? ''}`}
                onFocus={() => setChosen(index)}
                onClick={() => setChosen(index)}
                data-testid={`what-if-row-${index}`}
              >
                {/* biome-ignore lint/a11y/useFocusableInteractive: the row takes the focus */}
                <span role="gridcell" className={s.mark} title={mark.word}>
                  <span aria-hidden="true">{mark.sign}</span>
                  <span className="visually-hidden">{mark.word}</span>
                </span>
                <LaneCell step={left} brief={row.same && index !== at} />
                <LaneCell
                  step={right}
                  brief={row.same && index !== at}
                  controls={
                    index === at && right !== null && right.provenance !== 'fromStep' ? (
                      <Controls step={right} actions={actions} onInsert={() => insertAt(index)} />
                    ) : null
                  }
                />
              </div>
            );
          })}
        </div>
      )}
      <Left lane="original" total={original.total} shown={original.steps.length} />
      <Left lane="whatIf" total={whatIf.total} shown={whatIf.steps.length} />
      <EventDialog
        editing={editing}
        streams={answer.streams.map(({ stream }) => stream)}
        onClose={() => setEditing(null)}
        onEdit={(step, change) => take(withChange(scenario, step, change))}
        onInsert={(after, inserted) => take(withInserted(scenario, after, inserted))}
      />
    </div>
  );
}

function Left({ lane, total, shown }: { lane: 'original' | 'whatIf'; total: string; shown: number }) {
  const left = BigInt(total) - BigInt(shown);
  return left === 0n ? null : <p className={s.note}>{t(`whatif.left_${lane}`, { left: grouped(String(left)) })}</p>;
}

interface Mark {
  sign: string;
  word: string;
  tint: 'same' | 'gone' | 'new' | 'other' | 'wrong';
}

/** How the two sides of a row differ, in a sign, a word and a colour. */
function markOf(left: WhatIfLaneStep | null, right: WhatIfLaneStep | null, same: boolean): Mark {
  if (right?.error != null) return { sign: '!', word: t('whatif.cannotFold'), tint: 'wrong' };
  if (right?.provenance === 'skipped') return { sign: '−', word: t('whatif.leftOut'), tint: 'gone' };
  if (right === null) return { sign: '−', word: t('whatif.onlyOriginal'), tint: 'gone' };
  if (left === null) return { sign: '+', word: t('whatif.onlyWhatIf'), tint: 'new' };
  return same
    ? { sign: '', word: t('whatif.same'), tint: 'same' }
    : { sign: '~', word: t('whatif.different'), tint: 'other' };
}

/** Where a step comes from, in a word; nothing for what was recorded so. */
function origin({ step, provenance }: WhatIfLaneStep): string | null {
  if (step !== null) return t('whatif.stepAt', { number: step + 1 });
  return provenance === 'recorded' || provenance === 'fromStep' ? null : t(`whatif.provenance_${provenance}`);
}

interface LaneCellProps {
  step: WhatIfLaneStep | null;
  /** Without what it changed: both sides say the same. */
  brief: boolean;
  controls?: ReactNode;
}

function LaneCell({ step, brief, controls = null }: LaneCellProps) {
  if (step === null) {
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the row takes the focus
      <span role="gridcell" className={s.cell}>
        <span className="visually-hidden">{t('whatif.nothing')}</span>
      </span>
    );
  }
  const { row } = step;
  const word = origin(step);
  const skipped = step.provenance === 'skipped';
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the row takes the focus
    <span role="gridcell" className={`${s.cell} ${skipped ? s.skipped : ''}`}>
      <span className={s.what}>
        <StreamName stream={row.stream} />
        <span className="faint tabular">{t('whatif.version', { version: grouped(row.version) })}</span>
        <strong>{row.eventType}</strong>
        {word !== null && <span className={s.chip}>{word}</span>}
        {row.position !== '0' && step.provenance !== 'inserted' && (
          <PlaceLink
            to={places.events({ stream: row.stream }, row.position)}
            className={s.position ?? ''}
            tabIndex={-1}
          >
            #{grouped(row.position)}
          </PlaceLink>
        )}
      </span>
      {!skipped && <span className={`${s.sentence} selectable`}>{step.error ?? row.sentence ?? row.problem}</span>}
      {!skipped && !brief && step.error === null && <Changes step={step} />}
      <span className="faint">
        <Time value={row.recordedAt} short />
      </span>
      {controls}
    </span>
  );
}

/** Changes told in a row; the others are counted. */
const TOLD = 3;

function Changes({ step }: { step: WhatIfLaneStep }) {
  const shown = step.changes.filter((node) => node.children === 0 || node.display !== null).slice(0, TOLD);
  if (shown.length === 0) return null;
  const left = step.changed - shown.length;
  return (
    <span className={s.changes}>
      {shown.map((node) => (
        <span key={node.path} className={s.change}>
          <span className="mono faint">{node.path}</span>{' '}
          {node.change === 'removed' ? t('whatif.gone') : displayed(node.display ?? scalarText(node))}
          {node.change !== 'added' && node.before !== null && (
            <span className="faint"> {t('whatif.was', { before: displayed(node.before) })}</span>
          )}
        </span>
      ))}
      {left > 0 && <span className="faint">{t('whatif.moreValues', { count: left })}</span>}
    </span>
  );
}

interface ControlsProps {
  step: WhatIfLaneStep;
  actions: {
    skip: (step: WhatIfLaneStep) => void;
    edit: (step: WhatIfLaneStep) => void;
    undo: (step: WhatIfLaneStep) => void;
    move: (step: WhatIfLaneStep, by: -1 | 1) => void;
  };
  onInsert: () => void;
}

/** What can be done with the event that is chosen; each has its key. */
function Controls({ step, actions, onInsert }: ControlsProps) {
  const { provenance } = step;
  const inserted = provenance === 'inserted';
  const skip = inserted
    ? t('whatif.takeInsertionBack')
    : provenance === 'skipped'
      ? t('whatif.takeBackIn')
      : t('whatif.leaveOut');
  const deeds = [
    { name: skip, key: 'X', icon: IconEyeOff, run: () => actions.skip(step), off: false },
    {
      name: t('whatif.editEventAsk'),
      key: 'E',
      icon: IconPencil,
      run: () => actions.edit(step),
      off: provenance === 'skipped',
    },
    { name: t('whatif.insertBehind'), key: 'I', icon: IconPlus, run: onInsert, off: false },
    { name: t('whatif.moveEarlier'), key: '<', icon: IconArrowUp, run: () => actions.move(step, -1), off: false },
    { name: t('whatif.moveLater'), key: '>', icon: IconArrowDown, run: () => actions.move(step, 1), off: false },
    {
      name: t('whatif.asRecorded'),
      key: 'U',
      icon: IconArrowBackUp,
      run: () => actions.undo(step),
      off: inserted || provenance === 'recorded',
    },
  ];
  return (
    <span className={s.controls}>
      {deeds.map(({ name, key, icon: Icon, run, off }) => (
        <Tooltip key={key} label={`${name}  ${key}`}>
          <ActionIcon
            size={24}
            aria-label={name}
            disabled={off}
            onClick={(event) => {
              event.stopPropagation();
              run();
            }}
          >
            <Icon size={15} />
          </ActionIcon>
        </Tooltip>
      ))}
    </span>
  );
}
