import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { formatPlace, parsePlace, places, readAddress } from '../app/place';
import { currentPlace } from '../app/router';
import type { CauseGraph, CauseNode } from '../platform/wire';
import { neighbour } from '../views/causes/nodes';
import { byNeed, stateOf } from '../views/processes/due';
import { renderAt } from './render';

const PATIENCE = { timeout: 10_000 };

/** The first event of a transfer that went its whole way. */
async function completed(fake: ReturnType<typeof renderAt>['fake']) {
  const transfer = fake.bank.transfers.find((one) => one.status === 'completed');
  if (transfer === undefined) throw new Error('the invented bank has a completed transfer');
  return transfer;
}

/** An answer of the palette by what it says; its letters are marked one by one, so that its text is not one piece. */
async function answer(says: string): Promise<HTMLElement> {
  return await waitFor(() => {
    const all = [...document.querySelectorAll<HTMLElement>('[role="dialog"] [data-action]')];
    const found = all.find((one) => one.textContent?.includes(says));
    if (found === undefined) throw new Error(`the palette answers “${says}”`);
    return found;
  }, PATIENCE);
}

describe('causes', () => {
  it('are the same in the drawing and in the tree', async () => {
    const { fake } = renderAt(places.causes('12'));
    await screen.findByTestId('causes-tree', {}, PATIENCE);
    const nodes = screen.getAllByTestId('cause-node').map((node) => node.dataset.kind);
    const items = screen.getAllByTestId('cause-item').map((item) => item.dataset.kind);
    expect(items).toEqual(nodes);
    expect(nodes[0]).toBe('outside');
    const asked = fake.calls.find((call) => call.name === 'causeGraph');
    expect(asked?.args[0]).toEqual({ position: '12', commandId: null, unfolded: [] });
  });

  it('are walked through along their edges by arrow keys, in the drawing as in the tree', async () => {
    const { fake, user } = renderAt(places.welcome());
    const transfer = await completed(fake);
    window.location.hash = formatPlace(places.causes(String(transfer.first)));
    const drawing = await screen.findByTestId('causes-drawing', {}, PATIENCE);
    const chosen = () => within(screen.getByTestId('cause-chosen')).getByRole('heading').textContent;
    drawing.focus();
    expect(chosen()).toBe('TransferRequested');
    await user.keyboard('{ArrowRight}');
    expect(chosen()).toBe('TransferValidated');
    await user.keyboard('{ArrowLeft}{ArrowLeft}');
    expect(chosen()).toBe('RequestTransfer');
    const tree = screen.getByRole('tree');
    within(tree).getAllByRole('treeitem')[0]?.focus();
    await user.keyboard('{ArrowRight}{ArrowRight}');
    expect(chosen()).toBe('TransferValidated');
    expect(document.activeElement?.textContent).toContain('TransferValidated');
    const all = within(tree).getAllByRole('treeitem').length;
    await user.keyboard('{Home}{ArrowLeft}');
    expect(within(tree).getAllByRole('treeitem')).toHaveLength(1);
    await user.keyboard('{ArrowRight}');
    expect(within(tree).getAllByRole('treeitem')).toHaveLength(all);
    await user.keyboard('{End}{Enter}');
    expect(currentPlace()).toMatchObject({ view: 'events', panel: 'causes' });
  });

  it('tell at a glance what the event led to, with its types as lists', async () => {
    const { fake, user } = renderAt(places.welcome());
    const transfer = await completed(fake);
    window.location.hash = formatPlace(places.causes(String(transfer.first)));
    const effects = await screen.findByTestId('causes-effects', {}, PATIENCE);
    const { events } = fake.bank.log;
    const story = events.filter((event) => event.correlationId === events[transfer.first - 1]?.correlationId);
    expect(effects.textContent).toContain(`led to ${story.length - 1} events`);
    await user.click(within(effects).getByRole('link', { name: /TransferValidated/ }));
    await waitFor(() =>
      expect(currentPlace()).toMatchObject({ view: 'events', filter: { types: ['TransferValidated'] } }),
    );
  });

  it('are opened from an event’s detail, and from the palette', async () => {
    const { user } = renderAt({ ...places.events({}, '12'), panel: 'causes' });
    await user.click(await screen.findByTestId('open-as-graph', {}, PATIENCE));
    await screen.findByTestId('causes-tree', {}, PATIENCE);
    expect(currentPlace()).toEqual(places.causes('12'));
    await user.keyboard('{Control>}k{/Control}');
    await user.type(await screen.findByLabelText('Go to or do', { selector: 'input' }), '14');
    await user.click(await answer('Causes of the event at position 14'));
    await waitFor(() => expect(currentPlace()).toEqual(places.causes('14')));
  });

  it('end at the moment of the clock', async () => {
    const { fake } = renderAt(places.causes('12'), {}, '14');
    await screen.findByTestId('causes-tree', {}, PATIENCE);
    expect(fake.calls.find((call) => call.name === 'causeGraph')?.args[1]).toBe('14');
  });

  it('have an address that says what is unfolded', () => {
    const place = places.causes('12', null, ['13', '40']);
    expect(parsePlace(formatPlace(place))).toEqual(place);
    expect(readAddress('#/causes?event=x')).toBeNull();
    const story = places.story('T-1 a');
    expect(readAddress(formatPlace(story))).toEqual(story);
  });

  it('lead an arrow key nowhere where there is no edge', () => {
    const node = (parent: number | null, layer: number, row: number) => ({ parent, layer, row }) as CauseNode;
    const graph = { nodes: [node(null, 0, 0), node(0, 1, 0), node(0, 1, 1)] } as CauseGraph;
    expect(neighbour(graph, 0, 'cause')).toBe(0);
    expect(neighbour(graph, 0, 'effect')).toBe(1);
    expect(neighbour(graph, 1, 'effect')).toBe(1);
    expect(neighbour(graph, 1, 'next')).toBe(2);
    expect(neighbour(graph, 2, 'next')).toBe(2);
    expect(neighbour(graph, 2, 'previous')).toBe(1);
  });
});

describe('the story of a transfer', () => {
  it('says in its table what it draws, and prints', async () => {
    const print = vi.spyOn(window, 'print').mockImplementation(() => undefined);
    const { user } = renderAt(places.story('T-5001'));
    await screen.findByTestId('story-table', {}, PATIENCE);
    const marks = (id: string) => screen.getAllByTestId(id).map((one) => one.dataset.mark);
    expect(marks('story-row')).toEqual(marks('story-step'));
    await user.click(screen.getByTestId('story-print'));
    expect(print).toHaveBeenCalledTimes(1);
    await user.keyboard('{Control>}p{/Control}');
    expect(print).toHaveBeenCalledTimes(2);
    print.mockRestore();
  });

  it('of one that is stuck says why, and since when', async () => {
    const { fake } = renderAt(places.welcome());
    const stuck = fake.processes.stuck()[0]?.stream.replace('transfer-', '') ?? '';
    window.location.hash = formatPlace(places.story(stuck));
    const waits = await screen.findByTestId('story-waits', {}, PATIENCE);
    expect(waits.textContent).toContain('Stuck');
    expect(waits.textContent).toContain('3 h 12 min');
  });

  it('is opened from the transfer’s panel, from its process and by its id', async () => {
    const { user } = renderAt(places.transfers(null, 'T-5001'));
    await user.click(await screen.findByTestId('transfer-drawn', {}, PATIENCE));
    await screen.findByTestId('story', {}, PATIENCE);
    expect(currentPlace()).toEqual(places.story('T-5001'));
    await user.click(screen.getByTestId('story-process'));
    await user.click(await screen.findByTestId('instance-story', {}, PATIENCE));
    expect(currentPlace()).toEqual(places.story('T-5001'));
    await user.keyboard('{Control>}k{/Control}');
    await user.type(await screen.findByLabelText('Go to or do', { selector: 'input' }), 'T-5002');
    await user.click(await answer('Story of transfer T-5002'));
    await waitFor(() => expect(currentPlace()).toEqual(places.story('T-5002')));
  });

  it('that nobody knows is told as such', async () => {
    renderAt(places.story('T-0'));
    expect((await screen.findByTestId('error-state', {}, PATIENCE)).textContent).toContain('There is no transfer T-0');
  });
});

describe('instances', () => {
  it('are sorted by who needs somebody most, the longest first', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    const row = (stream: string, more: object) => ({
      process: 'transfer',
      stream,
      version: '1',
      lastEventType: '',
      changedAt: '',
      ageSeconds: 1,
      pending: [],
      timers: [],
      finished: false,
      awaitsPerson: false,
      stuck: null,
      ...more,
    });
    const timer = (dueAt: string) => [{ name: 'deadline', dueAt, commandType: 'X' }];
    const rows = [
      row('finished', { finished: true }),
      row('waiting', { timers: timer('2026-01-01T00:01:00Z') }),
      row('acting', { pending: ['X'] }),
      row('parked', { finished: true, awaitsPerson: true }),
      row('overdue', { timers: timer('2025-12-31T00:00:00Z') }),
      row('stuck', { stuck: 'why' }),
      row('stuck for long', { stuck: 'why', ageSeconds: 90 }),
    ];
    expect(byNeed(rows, now).map((one) => one.stream)).toEqual([
      'stuck for long',
      'stuck',
      'overdue',
      'parked',
      'acting',
      'waiting',
      'finished',
    ]);
    expect(stateOf(rows[3] as (typeof rows)[number], now)).toBe('person');
  });
});
