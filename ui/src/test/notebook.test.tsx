import { notifications } from '@mantine/notifications';
import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePlace, places, readAddress } from '../app/place';
import { go } from '../app/router';
import { changeSettings, currentSettings } from '../app/settings';
import { accessibilityProblems, renderAt } from './render';

const ACCOUNT = 'account-100234';
const cells = () => screen.getAllByTestId('notebook-cell');
const titles = () => cells().map((cell) => within(cell).queryByRole('heading', { level: 2 })?.textContent ?? 'text');
const pinCalls = (fake: ReturnType<typeof renderAt>['fake']) => fake.calls.filter(({ name }) => name === 'pin');

/** A notebook with two pins, open at the second. */
async function pinned(options = {}) {
  const rendered = renderAt(places.maintenance(), options);
  await screen.findByTestId('nav-notebook');
  const { notebooks } = rendered.fake;
  const request = { notebookTitle: 'Findings', address: `#/events?stream=${ACCOUNT}&event=3`, at: null };
  const first = notebooks.pin({ ...request, notebook: null, what: { kind: 'event', position: '3' }, title: 'First' });
  const { notebook } = first;
  notebooks.pin({ ...request, notebook, what: { kind: 'state', stream: ACCOUNT, version: '2' }, title: 'Second' });
  act(() => go(places.notebook(notebook, first.pin)));
  return { ...rendered, notebook, notebooks };
}

// What was told in one test is none of the next one's.
afterEach(() => act(() => notifications.clean()));

describe('pinning', () => {
  it('an event by one key keeps it in a new notebook, which a toast leads to', async () => {
    const { fake, user } = renderAt(places.events({ stream: ACCOUNT }, '3'));
    await screen.findByTestId('detail-type');
    await user.keyboard('p');
    await screen.findByTestId('open-pinned');
    const [{ args } = { args: [] }] = pinCalls(fake);
    expect(args[0]).toMatchObject({ notebook: null, what: { kind: 'event', position: '3' }, at: null });
    const { address } = args[0] as { address: string };
    expect(readAddress(address)).toMatchObject({ view: 'events', event: '3', tab: null });
    await user.click(screen.getByTestId('open-pinned'));
    await screen.findByTestId('notebook-cells');
    expect(cells()).toHaveLength(1);
    expect(currentSettings().notebook).toBe(
      parsePlace(window.location.hash).view === 'notebook' ? fake.notebooks.list()[0]?.id : null,
    );
  });

  it('takes what is nearest: a state, what differs once a version is marked, a query, a what-if', async () => {
    const { fake, user } = renderAt(places.time(ACCOUNT, '2'));
    await screen.findByTestId('state-tree');
    await user.keyboard('p');
    await waitFor(() => expect(pinCalls(fake)).toHaveLength(1));
    await user.keyboard('m');
    await user.keyboard('{ArrowRight}p');
    await waitFor(() => expect(pinCalls(fake)).toHaveLength(2));
    await user.keyboard('ge');
    await screen.findAllByTestId('event-row');
    await user.keyboard('p');
    await waitFor(() => expect(pinCalls(fake)).toHaveLength(3));
    const kinds = pinCalls(fake).map(({ args }) => (args[0] as { what: { kind: string } }).what);
    expect(kinds).toMatchObject([
      { kind: 'state', stream: ACCOUNT, version: '2' },
      { kind: 'diff', stream: ACCOUNT, from: '2', to: '3' },
      { kind: 'query', newestFirst: true },
    ]);
    expect(fake.notebooks.list(), 'all of them in one notebook').toHaveLength(1);
  });

  it('tells of a what-if how its steps ended, in words', async () => {
    const { user } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await screen.findByTestId('what-if-no-difference');
    await user.keyboard('p');
    await user.click(await screen.findByTestId('open-pinned'));
    expect((await screen.findByText(/rejected by a rule/)).textContent).toContain('insufficient_funds');
  });

  it('at an earlier moment names the moment', async () => {
    const { fake, user } = renderAt(places.events({ stream: ACCOUNT }, '3'), {}, '120');
    await screen.findByTestId('detail-type');
    await user.keyboard('p');
    await waitFor(() => expect(pinCalls(fake)).toHaveLength(1));
    expect(pinCalls(fake)[0]?.args[0]).toMatchObject({ at: '120', address: expect.stringContaining('at=120') });
  });

  it('goes on in a new notebook when the one that was open last was deleted', async () => {
    changeSettings({ notebook: '00000000-0000-7000-8000-00000000dead' });
    const { fake, user } = renderAt(places.events({ stream: ACCOUNT }, '3'));
    await screen.findByTestId('detail-type');
    await user.keyboard('p');
    await screen.findByTestId('open-pinned');
    expect(pinCalls(fake)).toHaveLength(2);
    expect(fake.notebooks.list()).toHaveLength(1);
  });

  it('is refused with a reason where there is nothing to pin', async () => {
    const { fake, user } = renderAt(places.maintenance());
    await screen.findByTestId('nav-maintenance');
    await user.keyboard('p');
    await screen.findByText(/Go to an event, a state/);
    expect(pinCalls(fake)).toEqual([]);
  });
});

describe('a notebook', () => {
  it('shows its pins with what was seen and what the check says, and has no accessibility problem', async () => {
    const { container } = await pinned();
    await screen.findByText('All 2 pins are as they were pinned.');
    expect(titles()).toEqual(['First', 'Second']);
    expect(cells().map((cell) => cell.dataset.verdict)).toEqual(['holds', 'holds']);
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('says of a pin that no longer matches what differs, and what to do', async () => {
    const { fake, user, container } = await pinned();
    await screen.findByTestId('notebook-result');
    fake.notebooks.broken.add('First');
    act(() => cells()[0]?.focus());
    await user.keyboard('c');
    const outcome = await screen.findByTestId('pin-outcome');
    expect(outcome.textContent).toMatch(/one thing differs.*content hash/);
    expect(screen.getByTestId('notebook-result').dataset.broken).toBe('1');
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('is gone through, noted, reordered, cut and mended by keys', async () => {
    const { fake, user, notebook } = await pinned();
    await screen.findByTestId('notebook-result');
    await waitFor(() => expect(document.activeElement).toBe(cells()[0]));
    await user.keyboard('j');
    expect(document.activeElement).toBe(cells()[1]);
    await user.keyboard('e');
    const field = await screen.findByTestId('cell-text');
    await waitFor(() => expect(document.activeElement).toBe(field));
    await user.keyboard('Odd:{Enter}too early{Escape}');
    await waitFor(() =>
      expect(within(cells()[1] as HTMLElement).getByTestId('cell-note').textContent).toBe('Odd:\ntoo early'),
    );
    await waitFor(() => expect(document.activeElement).toBe(cells()[1]));
    await user.keyboard('{Alt>}{ArrowUp}{/Alt}');
    await waitFor(() => expect(titles()).toEqual(['Second', 'First']));
    await waitFor(() => expect(document.activeElement).toBe(cells()[0]));
    await user.keyboard('{Delete}');
    await waitFor(() => expect(titles()).toEqual(['First']));
    await waitFor(() => expect(document.activeElement).toBe(cells()[0]));
    await user.keyboard('u');
    await waitFor(() => expect(titles()).toEqual(['Second', 'First']));
    await user.keyboard('i');
    await user.type(await screen.findByTestId('cell-text'), 'In between');
    await user.keyboard('{Control>}{Enter}{/Control}');
    await waitFor(() => expect(titles()).toEqual(['Second', 'text', 'First']));
    expect(fake.notebooks.load(notebook).cells[1]).toMatchObject({ kind: 'text', text: 'In between' });
  });

  it('leads back to the place of a pin', async () => {
    const { user } = await pinned();
    await screen.findByTestId('notebook-result');
    act(() => cells()[0]?.focus());
    await user.keyboard('{Enter}');
    await waitFor(() => expect(parsePlace(window.location.hash)).toMatchObject({ view: 'events', event: '3' }));
  });

  it('is exported into a file that is named, in a language', async () => {
    const { fake, user, notebook } = await pinned();
    await screen.findByTestId('notebook-result');
    await user.click(screen.getByTestId('notebook-export'));
    await user.click(await screen.findByTestId('report-de'));
    await user.type(screen.getByTestId('file-path'), '/tmp/findings.html');
    expect(await accessibilityProblems(document.body)).toEqual([]);
    await user.keyboard('{Enter}');
    await screen.findByTestId('report-written');
    expect(fake.notebooks.exported).toEqual([{ notebook, path: '/tmp/findings.html', language: 'de' }]);
  });

  it('is made of a report, and says so if the text of the report was changed', async () => {
    const { fake, user } = await pinned();
    await screen.findByTestId('notebook-result');
    fake.notebooks.textIntact = false;
    await user.click(screen.getByTestId('notebook-more'));
    await user.click(await screen.findByRole('menuitem', { name: 'Open a report…' }));
    await user.type(await screen.findByTestId('file-path'), '/tmp/theirs.html');
    await user.keyboard('{Enter}');
    const warned = await screen.findByTestId('report-text-altered');
    await user.click(within(warned).getByRole('button'));
    await screen.findByText('From a colleague.');
  });

  it('is renamed and deleted, which is asked first', async () => {
    const { fake, user, notebook } = await pinned();
    await screen.findByTestId('notebook-result');
    await user.click(screen.getByTestId('notebook-more'));
    await user.click(await screen.findByRole('menuitem', { name: 'Rename…' }));
    const field = await screen.findByTestId('title-field');
    await user.clear(field);
    await user.type(field, 'Case 7{Enter}');
    await waitFor(() => expect(fake.notebooks.load(notebook).title).toBe('Case 7'));
    await user.click(screen.getByTestId('notebook-more'));
    await user.click(await screen.findByTestId('notebook-delete'));
    await screen.findByText(/“Case 7” goes for good with its 2 pins/);
    await user.click(screen.getByTestId('notebook-delete-confirm'));
    await screen.findByText('Nothing is pinned yet');
    expect(fake.notebooks.list()).toEqual([]);
  });

  it('is stopped while it is checked, and says that nothing is said', async () => {
    const { user } = await pinned({ latency: 300 });
    await user.click(await screen.findByTestId('cancel-task'));
    await screen.findByText(/The check was stopped/);
  });

  it('speaks German', async () => {
    const { container } = await pinned();
    act(() => changeSettings({ language: 'de' }));
    await screen.findByText('Alle 2 Pins sind, wie sie angeheftet wurden.');
    expect(container.textContent).not.toMatch(/Pinned at|Go to it/);
  });

  it('begins with what to do', async () => {
    const { container } = renderAt(places.notebook());
    await screen.findByText('Nothing is pinned yet');
    expect(await accessibilityProblems(container)).toEqual([]);
  });
});
