// A scenario as it is edited: pure steps from one to the next. Positions and versions stay texts.
import { t } from '../../i18n';
import type { WhatIfEdit, WhatIfEventRef, WhatIfLaneStep, WhatIfScenario, WhatIfStep } from '../../platform/wire';

/** A fork of a stream behind one of its versions, with nothing changed yet. */
export function forkOf(stream: string, version: string, along: boolean): WhatIfScenario {
  return {
    title: t('whatif.title', { version, stream }),
    streams: [stream],
    correlated: false,
    fork: { kind: 'stream', name: stream, version },
    through: along ? { kind: 'head' } : { kind: 'fork' },
    clock: null,
    edits: [],
    steps: [],
  };
}

const byId = (id: string): WhatIfEventRef => ({ kind: 'id', id });

/** Whether an edit names an event as the one that it changes. */
function isAbout(edit: WhatIfEdit, step: WhatIfLaneStep): boolean {
  if (edit.kind === 'insert') return false;
  const { event } = edit;
  return event.kind === 'id' ? event.id === step.eventId : event.position === step.row.position;
}

const without = (scenario: WhatIfScenario, gone: (edit: WhatIfEdit) => boolean): WhatIfScenario => ({
  ...scenario,
  edits: scenario.edits.filter((edit) => !gone(edit)),
});

const plus = (scenario: WhatIfScenario, edit: WhatIfEdit): WhatIfScenario => ({
  ...scenario,
  edits: [...scenario.edits, edit],
});

/** Leaves an event out, or takes it back in; what was inserted goes for good. */
export function turnSkip(scenario: WhatIfScenario, step: WhatIfLaneStep): WhatIfScenario {
  if (step.provenance === 'inserted') {
    return { ...scenario, edits: scenario.edits.filter((_, index) => index !== step.edit) };
  }
  if (step.provenance === 'skipped') return without(scenario, (edit) => edit.kind === 'skip' && isAbout(edit, step));
  return plus(scenario, { kind: 'skip', event: byId(step.eventId) });
}

/** What can be changed of an event; nothing for what stays. */
export interface EventChange {
  payload: string | null;
  recordedAt: string | null;
}

/** Gives an event another payload or another time. What was changed of it before stays, unless it is moved since: then its time is gone. */
export function withChange(scenario: WhatIfScenario, step: WhatIfLaneStep, change: EventChange): WhatIfScenario {
  const { payload, recordedAt } = change;
  if (payload === null && recordedAt === null) return scenario;
  if (step.provenance === 'inserted') {
    const edits = scenario.edits.map((edit, index) =>
      index === step.edit && edit.kind === 'insert'
        ? { ...edit, payload: payload ?? edit.payload, recordedAt: recordedAt ?? edit.recordedAt }
        : edit,
    );
    return { ...scenario, edits };
  }
  const { edits } = scenario;
  const moved = edits.findLastIndex((edit) => edit.kind === 'move' && isAbout(edit, step));
  let former: EventChange = { payload: null, recordedAt: null };
  edits.forEach((edit, index) => {
    if (edit.kind !== 'replace' || !isAbout(edit, step)) return;
    former = {
      payload: edit.payload ?? former.payload,
      recordedAt: index > moved ? (edit.recordedAt ?? former.recordedAt) : null,
    };
  });
  const rest = without(scenario, (edit) => edit.kind === 'replace' && isAbout(edit, step));
  return plus(rest, {
    kind: 'replace',
    event: byId(step.eventId),
    payload: payload ?? former.payload,
    recordedAt: recordedAt ?? former.recordedAt,
  });
}

/** Undoes everything that was changed of an event. */
export const asRecorded = (scenario: WhatIfScenario, step: WhatIfLaneStep): WhatIfScenario =>
  without(scenario, (edit) => isAbout(edit, step));

/** Something else that has happened, behind an event or right after the fork. */
export interface Inserted {
  stream: string;
  eventType: string;
  schemaVersion: number;
  payload: string;
  /** Its time; nothing: that of its place. */
  recordedAt: string | null;
}

export function withInserted(
  scenario: WhatIfScenario,
  after: WhatIfLaneStep | null,
  inserted: Inserted,
): WhatIfScenario {
  const anchor = after === null ? null : byId(after.eventId);
  return plus(scenario, { kind: 'insert', after: anchor, ...inserted, metadata: null });
}

/** What can be named as a place: an event that was recorded. */
const isRecorded = (step: WhatIfLaneStep): boolean => step.provenance !== 'inserted' && step.provenance !== 'fromStep';

/** Moves an event past its neighbour; nothing if there is none on that side. */
export function moved(
  scenario: WhatIfScenario,
  lane: readonly WhatIfLaneStep[],
  step: WhatIfLaneStep,
  by: -1 | 1,
): WhatIfScenario | null {
  if (step.provenance === 'inserted') {
    const all = lane.filter((fact) => fact.provenance !== 'fromStep');
    return movedInsertion(scenario, all, step, by);
  }
  const facts = lane.filter(isRecorded);
  const at = facts.findIndex((fact) => fact.eventId === step.eventId);
  if (at < 0 || step.provenance === 'skipped') return null;
  const neighbour = facts[at + by];
  if (neighbour === undefined) return null;
  const anchor = by === 1 ? neighbour : (facts[at - 2] ?? null);
  const former = without(scenario, (edit) => edit.kind === 'move' && isAbout(edit, step));
  return plus(former, {
    kind: 'move',
    event: byId(step.eventId),
    after: anchor === null ? null : byId(anchor.eventId),
  });
}

/** Moves what was inserted past its neighbour. It goes behind another recorded event, and to the time of that place. */
function movedInsertion(
  scenario: WhatIfScenario,
  facts: readonly WhatIfLaneStep[],
  step: WhatIfLaneStep,
  by: -1 | 1,
): WhatIfScenario | null {
  const at = facts.findIndex((fact) => fact.eventId === step.eventId);
  const neighbour = at < 0 ? undefined : facts[at + by];
  const { edits } = scenario;
  const own = step.edit === null ? undefined : edits[step.edit];
  if (neighbour === undefined || own?.kind !== 'insert') return null;
  if (neighbour.provenance === 'inserted') {
    const other = neighbour.edit === null ? undefined : edits[neighbour.edit];
    if (other?.kind !== 'insert') return null;
    const swapped = edits.map((edit) => {
      if (edit === own) return { ...other, after: own.after, recordedAt: null };
      return edit === other ? { ...own, after: other.after, recordedAt: null } : edit;
    });
    return { ...scenario, edits: swapped };
  }
  const anchor = by === 1 ? neighbour : facts.slice(0, at - 1).findLast(isRecorded);
  const moved: WhatIfEdit = { ...own, after: anchor === undefined ? null : byId(anchor.eventId), recordedAt: null };
  const rest = edits.filter((edit) => edit !== own);
  // What is inserted behind the same event stays in the order of the edits: it comes to stand right beside its neighbour.
  const first = rest.findIndex((edit) => edit.kind === 'insert' && isSame(edit.after, moved.after));
  const place = by === 1 && first >= 0 ? first : rest.length;
  return { ...scenario, edits: [...rest.slice(0, place), moved, ...rest.slice(place)] };
}

const isSame = (one: WhatIfEventRef | null, other: WhatIfEventRef | null): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** The event behind which something is inserted when this row is chosen: itself, or the recorded one in front of it. */
export function anchorOf(lane: readonly WhatIfLaneStep[], index: number | null): WhatIfLaneStep | null {
  if (index === null) return null;
  for (let at = index; at >= 0; at -= 1) {
    const step = lane[at];
    if (step !== undefined && isRecorded(step)) return step;
  }
  return null;
}

export const withStep = (scenario: WhatIfScenario, step: WhatIfStep, at: number | null): WhatIfScenario => ({
  ...scenario,
  steps: at === null ? [...scenario.steps, step] : scenario.steps.map((old, index) => (index === at ? step : old)),
});

export const withoutStep = (scenario: WhatIfScenario, at: number): WhatIfScenario => ({
  ...scenario,
  steps: scenario.steps.filter((_, index) => index !== at),
});

export function withStepMoved(scenario: WhatIfScenario, at: number, by: -1 | 1): WhatIfScenario {
  const steps = [...scenario.steps];
  const [step, other] = [steps[at], steps[at + by]];
  if (step === undefined || other === undefined) return scenario;
  [steps[at], steps[at + by]] = [other, step];
  return { ...scenario, steps };
}
