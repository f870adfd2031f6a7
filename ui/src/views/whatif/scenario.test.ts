import { describe, expect, it } from 'vitest';
import type { WhatIfLaneStep } from '../../platform/wire';
import { anchorOf, asRecorded, forkOf, moved, turnSkip, withChange, withInserted, withStepMoved } from './scenario';

const step = (
  id: string,
  provenance: WhatIfLaneStep['provenance'] = 'recorded',
  edit: number | null = null,
): WhatIfLaneStep => ({
  row: {
    position: '9',
    stream: 'account-1',
    version: '2',
    eventType: 'MoneyDeposited',
    schemaVersion: 1,
    recordedAt: '2026-01-01T00:00:00Z',
    actor: null,
    sentence: null,
    problem: null,
    correlationId: null,
  },
  eventId: id,
  payload: '{}',
  provenance,
  step: null,
  edit,
  changes: [],
  changed: 0,
  error: null,
  times: null,
  timesBehind: null,
});

const withPayload = (scenario: typeof begin, one: WhatIfLaneStep, payload: string) =>
  withChange(scenario, one, { payload, recordedAt: null });
const withTime = (scenario: typeof begin, one: WhatIfLaneStep, recordedAt: string) =>
  withChange(scenario, one, { payload: null, recordedAt });

const begin = forkOf('account-1', '7', true);
const inserted = { stream: 'account-1', eventType: 'X', schemaVersion: 1, payload: '{}', recordedAt: null };

describe('a scenario', () => {
  it('begins at a version without differences', () => {
    expect(begin).toMatchObject({ fork: { kind: 'stream', version: '7' }, through: { kind: 'head' }, edits: [] });
    expect(forkOf('account-1', '7', false).through).toEqual({ kind: 'fork' });
  });

  it('leaves an event out and takes it back in', () => {
    const skipped = turnSkip(begin, step('a'));
    expect(skipped.edits).toEqual([{ kind: 'skip', event: { kind: 'id', id: 'a' } }]);
    expect(turnSkip(skipped, step('a', 'skipped')).edits).toEqual([]);
  });

  it('keeps one payload for each event, also where a file names it by its position', () => {
    const once = withPayload(begin, step('a'), '{"n":1}');
    const twice = withPayload(once, step('a', 'replaced'), '{"n":12345678901234567890}');
    expect(twice.edits).toHaveLength(1);
    expect(twice.edits[0]).toMatchObject({ kind: 'replace', payload: '{"n":12345678901234567890}' });
    const byPosition = {
      ...begin,
      edits: [{ kind: 'skip' as const, event: { kind: 'position' as const, position: '9' } }],
    };
    expect(asRecorded(byPosition, step('a', 'skipped')).edits).toEqual([]);
  });

  it('keeps a payload when the time is changed and the other way round, and a time until the event is moved', () => {
    const [day, later] = ['2026-01-01T10:00:00.000000Z', '2026-01-01T11:00:00.000001Z'];
    const timed = withTime(withPayload(begin, step('a'), '{"n":1}'), step('a', 'replaced'), day);
    expect(timed.edits).toMatchObject([{ kind: 'replace', payload: '{"n":1}', recordedAt: day }]);
    expect(withPayload(timed, step('a', 'replaced'), '{"n":2}').edits).toMatchObject([
      { payload: '{"n":2}', recordedAt: day },
    ]);
    expect(withTime(begin, step('a'), day).edits, 'the payload stays as it was recorded').toMatchObject([
      { payload: null, recordedAt: day },
    ]);
    const lane = [step('a'), step('b')];
    const away = moved(timed, lane, lane[0] as WhatIfLaneStep, 1);
    if (away === null) throw new Error('it moves');
    const again = withPayload(away, step('a', 'moved'), '{"n":3}').edits;
    expect(again).toMatchObject([{ kind: 'move' }, { kind: 'replace', payload: '{"n":3}', recordedAt: null }]);
    const two = withInserted(begin, null, inserted);
    expect(withTime(two, step('x', 'inserted', 0), later).edits).toMatchObject([{ payload: '{}', recordedAt: later }]);
    expect(withChange(timed, step('a', 'replaced'), { payload: null, recordedAt: null }), 'nothing changed').toBe(
      timed,
    );
  });

  it('takes an insertion back by its place among the edits, and edits it there', () => {
    const two = withInserted(withInserted(begin, null, inserted), step('a'), { ...inserted, payload: '{"n":2}' });
    expect(two.edits).toMatchObject([{ after: null }, { after: { id: 'a' } }]);
    expect(withPayload(two, step('x', 'inserted', 1), '{"n":3}').edits[1]).toMatchObject({ payload: '{"n":3}' });
    expect(turnSkip(two, step('x', 'inserted', 0)).edits).toMatchObject([{ payload: '{"n":2}' }]);
  });

  it('moves an event past its recorded neighbours and no further', () => {
    const lane = [step('a'), step('i', 'inserted', 0), step('b'), step('c')];
    const at = (id: string) => lane.find((one) => one.eventId === id) as WhatIfLaneStep;
    expect(moved(begin, lane, at('c'), -1)?.edits).toMatchObject([{ event: { id: 'c' }, after: { id: 'a' } }]);
    expect(moved(begin, lane, at('b'), -1)?.edits).toMatchObject([{ event: { id: 'b' }, after: null }]);
    expect(moved(begin, lane, at('a'), 1)?.edits).toMatchObject([{ event: { id: 'a' }, after: { id: 'b' } }]);
    expect(moved(begin, lane, at('a'), -1)).toBeNull();
    expect(moved(begin, lane, at('c'), 1)).toBeNull();
    const again = moved(begin, lane, at('c'), -1);
    if (again === null) throw new Error('it moves');
    expect(moved(again, lane, at('c'), -1)?.edits, 'one move for each event').toHaveLength(1);
  });

  it('moves what was inserted past recorded events and past other insertions, to the time of its place', () => {
    const timed = { ...inserted, recordedAt: '2026-01-01T00:00:00Z' };
    const two = withInserted(withInserted(begin, step('a'), timed), step('a'), { ...inserted, eventType: 'Y' });
    const [x, y] = [step('x', 'inserted', 0), step('y', 'inserted', 1)];
    const lane = [step('a'), x, y, step('b'), step('s', 'fromStep')];
    const kinds = (to: ReturnType<typeof moved>) =>
      to?.edits.map((edit) => edit.kind === 'insert' && [edit.eventType, edit.after?.kind === 'id' && edit.after.id]);
    expect(kinds(moved(two, lane, y, 1)), 'behind the next recorded one').toEqual([
      ['X', 'a'],
      ['Y', 'b'],
    ]);
    expect(kinds(moved(two, lane, x, -1)), 'right after the fork').toEqual([
      ['Y', 'a'],
      ['X', false],
    ]);
    expect(kinds(moved(two, lane, x, 1)), 'past the other one').toEqual([
      ['Y', 'a'],
      ['X', 'a'],
    ]);
    expect(moved(two, lane, x, 1)?.edits[1]).toMatchObject({ recordedAt: null });
    const third = withInserted(two, step('b'), { ...inserted, eventType: 'Z' });
    const longer = [step('a'), x, y, step('b'), step('z', 'inserted', 2)];
    expect(kinds(moved(third, longer, y, 1)), 'in front of what stands there').toEqual([
      ['X', 'a'],
      ['Y', 'b'],
      ['Z', 'b'],
    ]);
    expect(moved(two, [step('a'), x, y], y, 1), 'there is nothing to go past').toBeNull();
  });

  it('inserts behind what can be named', () => {
    const lane = [step('a'), step('i', 'inserted', 0), step('s', 'fromStep')];
    expect(anchorOf(lane, 2)?.eventId).toBe('a');
    expect(anchorOf(lane, null)).toBeNull();
  });

  it('changes the order of steps within their bounds', () => {
    const steps = { ...begin, steps: [{ kind: 'processes' as const }, { kind: 'clockBy' as const, seconds: 5 }] };
    expect(withStepMoved(steps, 0, 1).steps.map(({ kind }) => kind)).toEqual(['clockBy', 'processes']);
    expect(withStepMoved(steps, 0, -1)).toBe(steps);
  });
});
