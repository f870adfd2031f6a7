import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { places } from '../app/place';
import { currentPlace, go } from '../app/router';
import { accessibilityProblems, renderAt } from './render';

// Whole journeys through the window, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const rows = async () => await screen.findAllByTestId('event-row');
const digits = (text: string | null | undefined) => (text ?? '').replace(/\D/g, '');
const filterNow = () => {
  const place = currentPlace();
  if (place.view !== 'events') throw new Error('another view is shown');
  return place.filter;
};

/** A chart of a thousand pixels: jsdom lays nothing out. */
function laidOut(chart: HTMLElement): void {
  chart.getBoundingClientRect = () => ({
    left: 0,
    top: 0,
    width: 1000,
    height: 40,
    right: 1000,
    bottom: 40,
    x: 0,
    y: 0,
    toJSON: () => '',
  });
}

describe('a condition', () => {
  it('is checked while it is typed, and its mistake is named with its place', async () => {
    const { user } = renderAt(places.events());
    await rows();
    await user.click(screen.getByTestId('condition-toggle'));
    await user.type(screen.getByTestId('condition'), 'payload.amount > )');
    const problem = await screen.findByTestId('condition-problem');
    expect(problem.textContent).toContain('Line 1, character 18');
    expect(screen.getByTestId<HTMLButtonElement>('condition-apply').disabled).toBe(true);
    await user.keyboard('{Enter}');
    expect(filterNow().condition, 'what cannot be read is not asked').toBeNull();
  });

  it('searches the log, tells how far it is, stops and goes on, and counts what it cannot decide', async () => {
    const { fake, user } = renderAt(places.events());
    await rows();
    await user.click(screen.getByTestId('condition-toggle'));
    await user.type(screen.getByTestId('condition'), 'payload.amount > 100000');
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('condition-apply').disabled).toBe(false));
    await user.keyboard('{Enter}');
    await user.click(await screen.findByTestId('search-stop'));
    await waitFor(() => expect(screen.getByTestId('search-progress').dataset.phase).toBe('stopped'));
    expect(screen.getByTestId('search-text').textContent).toMatch(/^Stopped: Scanned .* found/);
    await user.click(screen.getByTestId('search-continue'));
    const first = await screen.findByTestId('first-undecided');
    await waitFor(() => expect(screen.queryByTestId('search-text')).toBeNull());
    const without = fake.bank.log.events.find((event) => event.payload.amount === undefined);
    expect(digits(first.textContent)).toBe(String(without?.position));
    await user.click(first);
    expect(currentPlace()).toMatchObject({ event: String(without?.position) });
    const asked = fake.calls.filter((call) => call.name === 'eventsOpen').at(-1)?.args[0];
    expect(asked).toMatchObject({ condition: 'payload.amount > 100000' });
  });

  it('is offered by examples', async () => {
    const { user } = renderAt(places.events());
    await rows();
    await user.click(screen.getByTestId('condition-toggle'));
    await user.click(screen.getByTestId('condition-examples'));
    await user.click(await screen.findByText('event.type == "HoldPlaced" && state.available < 0'));
    await waitFor(() => expect(screen.getByTestId('condition-help').textContent).toContain('has to be folded'));
  });
});

describe('filters', () => {
  it('are set in a form, shown as chips and taken away one by one', async () => {
    const { user } = renderAt(places.events());
    await rows();
    await user.click(screen.getByTestId('filter-more'));
    await user.type(await screen.findByTestId('filter-actor'), 'teller:anna');
    await user.type(screen.getByTestId('filter-after'), '18446744073709551614');
    await user.type(screen.getByTestId('filter-through'), '7');
    await user.click(screen.getByTestId('filter-apply'));
    expect(await screen.findByText('Higher than “after”')).toBeTruthy();
    await user.clear(screen.getByTestId('filter-through'));
    await user.click(screen.getByTestId('filter-apply'));
    await waitFor(() =>
      expect(filterNow()).toMatchObject({ actor: 'teller:anna', after: '18446744073709551614', through: null }),
    );
    await screen.findByTestId('empty-state');
    await user.click(screen.getByRole('button', { name: 'Clear after' }));
    await rows();
    expect(filterNow()).toMatchObject({ actor: 'teller:anna', after: null });
  });
});

describe('columns', () => {
  it('are paths that are typed, shown exactly, kept in the address, and removed again', async () => {
    const { fake, user } = renderAt(places.events({ types: ['MoneyDeposited'] }));
    await rows();
    const opens = () => fake.calls.filter(({ name }) => name === 'eventsOpen').length;
    const before = opens();
    await user.click(screen.getByTestId('list-menu'));
    await user.click(await screen.findByTestId('columns'));
    const path = await screen.findByTestId('column-path');
    await user.type(path, 'amount..minor{Enter}');
    expect(await screen.findByText(/That is no path/)).toBeTruthy();
    expect(filterNow().columns).toEqual([]);
    await user.clear(path);
    await user.type(path, 'amount.minor{Enter}');
    await waitFor(() => expect(filterNow().columns).toEqual(['amount.minor']));
    await user.type(path, 'nothing.here{Enter}');
    await user.keyboard('{Escape}');
    await screen.findByRole('columnheader', { name: 'amount.minor' });
    const newest = fake.bank.log.events.filter(({ type }) => type === 'MoneyDeposited').at(-1);
    const { minor } = (newest?.payload.amount ?? {}) as { minor?: string };
    await waitFor(() => {
      const cells = [
        ...(document.querySelector('[data-testid="event-row"]')?.querySelectorAll('[role="gridcell"]') ?? []),
      ];
      expect(cells.slice(-2).map((cell) => cell.textContent)).toEqual([String(minor), '']);
    });
    expect(opens(), 'another column is no reason to search anew').toBe(before);
    await user.click(screen.getByTestId('clear-filters'));
    await waitFor(() => expect(filterNow().types).toEqual([]));
    expect(filterNow().columns, 'they are no part of what is looked for').toHaveLength(2);
    await user.click(screen.getByTestId('list-menu'));
    await user.click(await screen.findByTestId('columns'));
    await user.click(await screen.findByRole('button', { name: 'Remove the column nothing.here' }));
    await waitFor(() => expect(filterNow().columns).toEqual(['amount.minor']));
    expect(await accessibilityProblems(document.body)).toEqual([]);
  });
});

describe('a query that nobody waits for any more', () => {
  it('is given up on the other side, whether it is open yet or not', async () => {
    // Longer than a busy machine takes for the steps of this test: the second query must still be under way.
    const { fake, user } = renderAt(places.events(), { latency: 300 });
    await rows();
    const named = (name: string) => fake.calls.filter((call) => call.name === name);
    const closes = named('eventsClose').length;
    act(() => go(places.events({ types: ['AccountOpened'] })));
    await waitFor(() => expect(named('eventsClose').length).toBe(closes + 1));
    const task = named('eventsOpen').at(-1)?.args[1];
    act(() => go(places.events({ types: ['TransferRequested'] })));
    await waitFor(() => expect(named('cancelTask').map(({ args }) => args[0])).toContain(task));
    await user.keyboard('{Escape}');
  });
});

describe('a list that was scrolled', () => {
  it('stands where it stood when one comes back to it', async () => {
    const { user } = renderAt(places.events());
    await rows();
    const body = () => screen.getByRole('grid', { name: 'Events' }).querySelector('[tabindex="-1"][role="rowgroup"]');
    act(() => void body()?.dispatchEvent(new WheelEvent('wheel', { deltaY: 3000, bubbles: true, cancelable: true })));
    const top = () => screen.getAllByTestId('event-row')[0]?.dataset.position;
    await waitFor(() => expect(top()).toBe('300'));
    await user.keyboard('gv');
    await waitFor(() => expect(screen.queryByTestId('event-row')).toBeNull());
    await user.keyboard('ge');
    await waitFor(() => expect(top()).toBe('300'));
    expect(screen.getByTestId('live-tail').textContent).toBe('Paused');
  });
});

describe('query tabs', () => {
  it('keep what each looks for, its rows and its selection, by keyboard alone', async () => {
    const { fake, user } = renderAt(places.events({ types: ['AccountOpened'] }));
    await user.click((await rows())[0] as HTMLElement);
    const chosen = currentPlace();
    await user.keyboard('{Control>}t{/Control}');
    await waitFor(() => expect(filterNow().types).toEqual([]));
    expect(screen.getAllByTestId(/^query-tab-\d+$/)).toHaveLength(2);
    const opened = fake.calls.filter((call) => call.name === 'eventsOpen').length;
    await user.keyboard('{Control>}{PageUp}{/Control}');
    await waitFor(() => expect(currentPlace()).toMatchObject({ ...chosen, tab: '1' }));
    expect(
      fake.calls.filter((call) => call.name === 'eventsOpen'),
      'its query has stayed open',
    ).toHaveLength(opened);
    await user.keyboard('{Control>}w{/Control}');
    await waitFor(() => expect(screen.getAllByTestId(/^query-tab-\d+$/)).toHaveLength(1));
    expect(filterNow().types).toEqual([]);
    expect(fake.calls.some((call) => call.name === 'eventsClose')).toBe(true);
  });
});

describe('jumps', () => {
  it('lead to a position, say so where it is not in the list, and lead to a date', async () => {
    const { user } = renderAt(places.events());
    await user.click((await rows())[0] as HTMLElement);
    await user.keyboard(':');
    await user.type(await screen.findByTestId('jump-text'), '17{Enter}');
    await waitFor(() => expect(document.activeElement?.getAttribute('data-position')).toBe('17'));
    expect(currentPlace()).toMatchObject({ event: '17' });
    await user.keyboard('{Control>}g{/Control}');
    await user.type(await screen.findByTestId('jump-text'), '2026-10-01T09:00:00Z{Enter}');
    await waitFor(() => {
      const row = document.activeElement as HTMLElement | null;
      expect(row?.querySelector('time')?.getAttribute('datetime') ?? '').toMatch(/^2026-10-01T09:0/);
    });
    await user.keyboard(':');
    await user.type(await screen.findByTestId('jump-text'), '99999999999999999999{Enter}');
    expect(await screen.findByText(/last event of the list/)).toBeTruthy();
  });

  it('lead to a version of the stream that is shown', async () => {
    const { fake, user } = renderAt(places.events({ stream: 'account-100234' }));
    await rows();
    await user.click(screen.getByTestId('jump'));
    await user.type(await screen.findByTestId('jump-text'), 'v2{Enter}');
    const wanted = fake.bank.log.events.find((event) => event.stream === 'account-100234' && event.version === 2);
    await waitFor(() => expect(currentPlace()).toMatchObject({ event: String(wanted?.position) }));
  });
});

describe('the timeline', () => {
  it('narrows the time by dragging, to the exact ends of bars, and is freed again', async () => {
    const { fake, user } = renderAt(places.events());
    await rows();
    const chart = await screen.findByTestId('timeline-chart');
    laidOut(chart);
    await waitFor(() => expect(chart.getAttribute('aria-valuemax')).toBe('159'));
    // jsdom has no pointer events of its own; those of a mouse go by the same names.
    for (const [name, clientX] of [
      ['pointerdown', 250],
      ['pointermove', 500],
      ['pointerup', 500],
    ] as const) {
      fireEvent(chart, new MouseEvent(name, { bubbles: true, clientX }));
    }
    await waitFor(() => expect(filterNow().from).not.toBeNull());
    const { from, until } = filterNow();
    const within = fake.bank.log.events.filter(
      ({ recordedAt }) =>
        Date.parse(recordedAt) >= Date.parse(from ?? '') && Date.parse(recordedAt) < Date.parse(until ?? ''),
    );
    await waitFor(() => expect(digits(screen.getByTestId('event-count').textContent)).toBe(String(within.length)));
    await user.click(screen.getByTestId('timeline-reset'));
    await waitFor(() => expect(filterNow()).toMatchObject({ from: null, until: null }));
  });

  it('is stacked by category, with a legend, and tells the numbers', async () => {
    renderAt(places.events());
    await rows();
    const chart = await screen.findByTestId('timeline-chart');
    const legend = await screen.findByTestId('timeline-legend');
    const names = ['account', 'transfer', 'customer'];
    for (const name of names) {
      expect(legend.textContent).toContain(name);
      expect(chart.querySelector(`path[data-category="${name}"]`)?.getAttribute('d')).toMatch(/^M/);
    }
    act(() => chart.focus());
    expect(chart.getAttribute('aria-valuetext')).toMatch(/· \d+ events?: \w+ \d+/);
    expect(screen.getByTestId('timeline').textContent).toMatch(/account: \d+/);
  });

  it('is read, selected and zoomed by keyboard', async () => {
    const { user } = renderAt(places.events());
    await rows();
    const chart = await screen.findByTestId('timeline-chart');
    await waitFor(() => expect(chart.getAttribute('aria-valuetext')).toMatch(/· \d+ events?/));
    act(() => chart.focus());
    await user.keyboard('{Home}{ArrowRight}');
    expect(chart.getAttribute('aria-valuenow')).toBe('1');
    await user.keyboard('{Shift>}{ArrowRight}{ArrowRight}{/Shift}{Enter}');
    await waitFor(() => expect(filterNow().from).not.toBeNull());
    await user.keyboard('{Escape}');
    await waitFor(() => expect(filterNow().from).toBeNull());
    await user.keyboard('+');
    await waitFor(() => expect(filterNow().from).not.toBeNull());
  });
});

describe('saved queries', () => {
  it('are saved into folders, opened, renamed and deleted by keyboard', async () => {
    const { user } = renderAt(places.events({ types: ['AccountOpened'] }));
    await rows();
    await user.click(screen.getByTestId('saved-toggle'));
    await screen.findByTestId('saved-none');
    await user.click(screen.getByTestId('saved-new-folder'));
    await user.type(await screen.findByTestId('saved-name'), 'Audits{Enter}');
    await screen.findByTestId('saved-Audits');
    await user.keyboard('{Control>}s{/Control}');
    const name = await screen.findByTestId('saved-name');
    await user.clear(name);
    await user.type(name, 'Openings');
    await user.click(screen.getByTestId('saved-folder'));
    await user.click(await screen.findByRole('option', { name: 'Audits' }));
    await user.click(screen.getByTestId('saved-save'));
    const saved = await screen.findByTestId('saved-Openings');
    expect(saved.getAttribute('aria-level')).toBe('2');
    await waitFor(() => expect(screen.getByTestId('query-tab-1').textContent).toBe('Openings'));

    await user.click(screen.getByTestId('clear-filters'));
    await waitFor(() => expect(screen.getByTestId('query-tab-1').textContent).toBe('Openings, changed'));
    act(() => screen.getByTestId('saved-Audits').focus());
    await user.keyboard('{ArrowDown}{Enter}');
    await waitFor(() => expect(filterNow().types).toEqual(['AccountOpened']));
    await user.keyboard('{F2}');
    await user.type(await screen.findByTestId('saved-name'), ' of accounts{Enter}');
    await screen.findByTestId('saved-Openings of accounts');
    act(() => screen.getByTestId('saved-Audits').focus());
    await user.keyboard('{ArrowLeft}');
    expect(screen.queryByTestId('saved-Openings of accounts'), 'a closed folder hides what it holds').toBeNull();
    await user.keyboard('{Delete}');
    expect(await screen.findByText(/1 saved query/)).toBeTruthy();
    await user.click(screen.getByTestId('saved-delete'));
    await screen.findByTestId('saved-none');
  });
});

describe('rows', () => {
  it('that a held key passes over are not looked into', async () => {
    const { fake, user } = renderAt(places.events());
    await user.click((await rows())[0] as HTMLElement);
    await screen.findByTestId('detail-type');
    const looked = () => fake.calls.filter(({ name }) => name === 'eventDetail').length;
    const before = looked();
    await user.keyboard('{j>12/}');
    const { event } = currentPlace() as { event: string };
    await waitFor(() => expect(digits(screen.getByTestId('detail-panel').textContent)).toContain(event));
    expect(looked() - before, 'the first one, and the one where it came to rest').toBeLessThanOrEqual(2);
  });

  it('are chosen with Shift and copied as they are stored', async () => {
    const { fake, user } = renderAt(places.events());
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    await user.click((await rows())[0] as HTMLElement);
    await user.keyboard('{Shift>}{ArrowDown}{ArrowDown}{/Shift}');
    const grid = screen.getByRole('grid', { name: 'Events' });
    expect(within(grid).getAllByRole('row', { selected: true })).toHaveLength(3);
    await user.keyboard('{Control>}c{/Control}');
    await waitFor(() => expect(copied).toHaveBeenCalled());
    const lines = String(copied.mock.lastCall?.[0]).split('\n');
    expect(lines.slice(1).map((line) => line.split('\t')[0])).toEqual(
      [0, 1, 2].map((back) => String(fake.head - back)),
    );
    await user.click(screen.getByTestId('list-menu'));
    await user.click(await screen.findByTestId('copy-json'));
    await waitFor(() => expect(copied).toHaveBeenCalledTimes(2));
    const first = JSON.parse(String(copied.mock.lastCall?.[0]).split('\n')[0] ?? '');
    expect(first).toMatchObject({ position: String(fake.head), payload: fake.bank.log.events.at(-1)?.payload });
  });

  it('have the columns that are wanted, in the order that is wanted', async () => {
    const { user } = renderAt(places.events());
    await rows();
    const headings = () => screen.getAllByRole('columnheader').map((cell) => cell.textContent);
    expect(headings()).toContain('Actor');
    await user.click(screen.getByTestId('list-menu'));
    await user.click(await screen.findByTestId('columns'));
    await user.click(within(await screen.findByTestId('column-actor')).getByRole('checkbox'));
    await user.click(screen.getByRole('button', { name: 'Move Type to the front' }));
    await user.keyboard('{Escape}');
    await waitFor(() => expect(headings()).not.toContain('Actor'));
    expect(headings().indexOf('Type')).toBeLessThan(headings().indexOf('Ver.'));
  });
});

describe('files', () => {
  it('hold the whole match, and the report names the file and its hash', async () => {
    const { fake, user } = renderAt(places.events({ types: ['AccountOpened'] }));
    await rows();
    await user.click(screen.getByTestId('list-menu'));
    await user.click(await screen.findByTestId('export'));
    expect((await screen.findByTestId('export-count')).textContent).toBe('10 events');
    await user.click(screen.getByTestId('export-csv'));
    await user.click(screen.getByTestId('export-run'));
    const report = await screen.findByTestId('export-report');
    expect(report.textContent).toMatch(/10 events.*[0-9a-f]{64}/);
    const asked = fake.calls.find((call) => call.name === 'exportEvents')?.args[0];
    expect(asked).toMatchObject({ format: 'csv', path: null, query: { eventTypes: ['AccountOpened'] } });
  });

  it('are imported into an empty store, and what became of them is told', async () => {
    const { user } = renderAt(places.welcome(), { events: 0 });
    await screen.findByTestId('demo-create');
    await user.click(screen.getByTestId('nav-events'));
    await user.click(await screen.findByTestId('import-empty'));
    await user.click(await screen.findByTestId('import-run'));
    expect((await screen.findByTestId('import-report')).textContent).toContain('same positions, times and hashes');
  });

  it('are not imported where nothing may be written', async () => {
    const { user } = renderAt(places.events(), { readOnly: true });
    await rows();
    await user.click(screen.getByTestId('list-menu'));
    await screen.findByTestId('export');
    expect(screen.queryByTestId('import')).toBeNull();
  });
});

describe('everybody', () => {
  it('can use the events view with all of its parts open', async () => {
    const { user, container } = renderAt(places.events({ actor: 'teller:anna' }, null));
    await rows();
    await user.keyboard('{Control>}t{/Control}');
    await user.click(screen.getByTestId('condition-toggle'));
    await user.click(screen.getByTestId('saved-toggle'));
    await user.click(screen.getByTestId('saved-new'));
    await user.click(await screen.findByTestId('saved-save'));
    await screen.findByTestId('saved-All events');
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.click(screen.getByTestId('filter-more'));
    await screen.findByTestId('filter-actor');
    expect(await accessibilityProblems(document.body)).toEqual([]);
  });

  it('can read the dialogs of the list', async () => {
    const { user } = renderAt(places.events());
    await rows();
    for (const dialog of ['export', 'columns', 'import']) {
      await user.click(screen.getByTestId('list-menu'));
      await user.click(await screen.findByTestId(dialog));
      await screen.findByRole('dialog');
      expect(await accessibilityProblems(document.body), dialog).toEqual([]);
      await user.keyboard('{Escape}');
      await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    }
  });
});
