import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parsePlace, places } from '../app/place';
import { changeSettings } from '../app/settings';
import { FakePlatform } from './fake/fakePlatform';
import { accessibilityProblems, renderAt } from './render';

const ACCOUNT = 'account-100234';
const at = () => screen.getByTestId('scrubber').getAttribute('aria-valuetext');
const shows = (version: string) => waitFor(() => expect(at()).toMatch(new RegExp(`^version ${version} of`)));
/** What the address says, once it has been written. */
const address = () => parsePlace(window.location.hash);
const addressed = (check: (place: Extract<ReturnType<typeof address>, { view: 'time' }>) => void) =>
  waitFor(() => {
    const place = address();
    if (place.view !== 'time') throw new Error('not the time view');
    check(place);
  });

/** What the invented engine says, to hold the screen against. */
function oracle() {
  const fake = new FakePlatform({ events: 400 });
  return fake.platform();
}

const quiet = () => undefined;

afterEach(() => changeSettings({ watches: {} }));

const LONG_LANES = ['account-100234', 'account-100235', 'account-100236', 'account-100237'];

describe('the time toolbar', () => {
  it('is worked by keys alone', async () => {
    const { user } = renderAt(places.time(ACCOUNT, '2'));
    await screen.findByTestId('state-tree');
    await user.keyboard('{ArrowRight}');
    await shows('3');
    await user.keyboard('{Home}');
    await shows('0');
    await user.keyboard('v4{Enter}');
    await shows('4');
    await user.keyboard('>');
    expect(screen.getByTestId('time-speed').textContent).toBe('16×');
    await user.keyboard('<<<<');
    expect(screen.getByTestId('time-speed').textContent).toBe('1×');
    await user.keyboard('a');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('jump-to-date')));
  });

  it('plays up to the last version, and waits for what it has not shown', async () => {
    const { user } = renderAt(places.time(ACCOUNT, '1'), { latency: 30 });
    await screen.findByTestId('state-tree');
    await user.keyboard('>> ');
    await waitFor(() => expect(at()).toMatch(/^version (\d+) of \1$/), { timeout: 15_000 });
    await waitFor(() => expect(screen.getByTestId('time-play').getAttribute('aria-label')).toBe('Play'));
  });

  it('leaves the second letter of two to the window', async () => {
    const { user } = renderAt(places.time(ACCOUNT, '2'));
    await screen.findByTestId('state-tree');
    await user.keyboard('gb');
    await screen.findByTestId('account-row-100234');
    await act(() => window.history.back());
    await screen.findByTestId('state-tree');
    expect(screen.queryByTestId('blame-margin')).toBeNull();
  });
});

describe('differences', () => {
  it('between any two versions: marked by a key, named, swapped and cleared', async () => {
    const { user } = renderAt(places.time(ACCOUNT, '1'));
    await screen.findByTestId('state-tree');
    await user.keyboard('m{ArrowRight}{ArrowRight}');
    await waitFor(() => expect(screen.getByTestId('differences').textContent).toContain('from version 1 to version 3'));
    await addressed((place) => expect([place.version, place.compare]).toEqual(['3', '1']));
    const counts = screen.getByTestId('difference-counts').textContent;
    expect(counts).toMatch(/\d+ changed/);
    await user.keyboard('s');
    await waitFor(() => expect(screen.getByTestId('differences').textContent).toContain('from version 3 to version 1'));
    await user.keyboard('c');
    await waitFor(() => expect(screen.getByTestId('differences').textContent).toContain('from the version before'));
  });

  it('are all that is shown, if one wishes', async () => {
    const { user } = renderAt(places.time(ACCOUNT, '2'));
    const tree = await screen.findByTestId('state-tree');
    expect(tree.querySelector('[data-path="/accountId"]')).not.toBeNull();
    await user.keyboard('d');
    await waitFor(() => expect(screen.getByTestId('state-tree').querySelector('[data-path="/accountId"]')).toBeNull());
    expect(screen.getByTestId('state-tree').querySelector('[data-path="/settled"]')).not.toBeNull();
  });

  it('are made with a Shift-click in the list', async () => {
    renderAt(places.time(ACCOUNT, '3'));
    fireEvent.click(await screen.findByTestId('version-1'), { shiftKey: true });
    await waitFor(() => expect(screen.getByTestId('differences').textContent).toContain('from version 1 to version 3'));
  });
});

describe('blame', () => {
  it('stands beside every line as the engine says, and leads to the version', async () => {
    const blame = await oracle().blame(ACCOUNT, '4', 'task', quiet);
    const { user } = renderAt(places.time(ACCOUNT, '4'));
    await screen.findByTestId('state-tree');
    await user.keyboard('b');
    await screen.findAllByTestId('blame-margin');
    for (const row of screen.getByTestId('state-tree').querySelectorAll<HTMLElement>('[role="treeitem"]')) {
      const expected = blame.paths.find((path) => path.path === row.dataset.path)?.version;
      expect(within(row).getByTestId('blame-margin').dataset.version, row.dataset.path).toBe(expected);
    }
    await addressed((place) => expect(place.open.blame).toBe(true));
    const opened = screen.getByTestId('node-/openedOn');
    await user.click(within(opened).getByRole('button', { hidden: true }));
    await shows('1');
  });

  it('of a field is told in a line when it has the focus; Enter goes there, H tells its history', async () => {
    const { user } = renderAt(places.time(ACCOUNT, '4'));
    const tree = await screen.findByTestId('state-tree');
    act(() => tree.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement?.getAttribute('data-path')).toBe('/accountId');
    await waitFor(() => expect(screen.getByTestId('blame-line').textContent).toContain('set by AccountOpened'));
    await user.keyboard('h');
    await screen.findByTestId('field-changes');
    await addressed((place) => expect([place.open.tool, place.open.field]).toEqual(['field', '/accountId']));
    act(() => screen.getByTestId('node-/accountId').focus());
    await user.keyboard('{Enter}');
    await shows('1');
  });

  it('says what the state begins with', async () => {
    const { user } = renderAt(places.time(ACCOUNT, '0'));
    const tree = await screen.findByTestId('state-tree');
    act(() => tree.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
    expect((await screen.findByTestId('blame-line')).textContent).toContain('what the state begins with');
    await user.keyboard('{End}');
  });
});

describe('the history of a field', () => {
  it('lists every change with before and after, and is walked through by keys', async () => {
    const history = await oracle().fieldHistory(ACCOUNT, '/settled', '6', 'task', quiet);
    const { user } = renderAt(places.time(ACCOUNT, '6', null, { tool: 'field', field: '/settled', fieldAt: '6' }));
    const steps = await screen.findAllByTestId('field-changes-step');
    expect(steps).toHaveLength(history.changes.length);
    history.changes.forEach((change, index) => {
      expect(steps[index]?.textContent).toContain(change.event.eventType);
      expect(steps[index]?.textContent).toContain(change.after?.display ?? 'gone');
    });
    act(() => steps.at(-1)?.focus());
    await user.keyboard('{Home}{Enter}');
    await shows(history.changes[0]?.event.version ?? '');
    expect(screen.getAllByTestId('field-changes-step')).toHaveLength(history.changes.length);
  });
});

describe('watched expressions', () => {
  it('are checked while they are typed, and the place that is wrong is told', async () => {
    const { user, fake } = renderAt(places.time(ACCOUNT, '3'));
    await screen.findByTestId('state-tree');
    await user.keyboard('w');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('watch-field')));
    await user.keyboard('available < ');
    await waitFor(() => expect(screen.getByTestId('watch-told').textContent).toContain('ends too early'));
    expect(screen.getByTestId('watch-field').getAttribute('aria-invalid')).toBe('true');
    await user.keyboard('{Enter}');
    expect(fake.calls.some((call) => call.name === 'watch')).toBe(false);
    await user.keyboard('0{Enter}');
    expect((await screen.findByTestId('hits')).textContent).toContain('holds on no version');
    await addressed((place) => expect(place.open.watch).toEqual(['available < 0']));
  });

  it('are offered for what the state has, kept for the category, and forgotten when removed', async () => {
    const { user, unmount } = renderAt(places.time(ACCOUNT, '3', null, { tool: 'watch' }));
    await user.click((await screen.findAllByTestId('watch-example'))[0] as HTMLElement);
    expect((await screen.findByTestId('watched')).dataset.expression).toBe('available');
    unmount();
    const second = renderAt(places.time('account-100235', null, null, { tool: 'watch' }));
    expect((await screen.findByTestId('watched')).dataset.expression).toBe('available');
    await second.user.click(screen.getByTestId('unwatch'));
    await waitFor(() => expect(screen.queryByTestId('watched')).toBeNull());
  });

  it('tell the value at the version that is shown, and lead to where it changes', async () => {
    const watched = await oracle().watch(ACCOUNT, 'settled', null, 'task', quiet);
    const { user } = renderAt(places.time(ACCOUNT, '1', null, { tool: 'watch', watch: ['settled'] }));
    const value = (version: string) => watched.points.find((point) => point.version === version)?.display;
    await waitFor(() => expect(screen.getByTestId('watched-now').textContent).toBe(value('1')));
    const next = watched.points.find((point) => point.value !== watched.points[0]?.value)?.version ?? '';
    act(() => screen.getByTestId('sparkline').focus());
    await user.keyboard('{ArrowRight}');
    await shows(next);
    await waitFor(() => expect(screen.getByTestId('watched-now').textContent).toBe(value(next)));
  });

  it('count what is undecided and say why', async () => {
    renderAt(places.time(ACCOUNT, '1', null, { tool: 'watch', watch: ['payload.holdId == "x"'] }));
    const undecided = await screen.findByTestId('undecided');
    expect(undecided.textContent).toMatch(/\d+ versions? undecided: the first at event #\S+ There is no holdId/);
  });

  it('lead to where a condition begins to hold', async () => {
    const watched = await oracle().watch(ACCOUNT, 'size(holds) > 0', null, 'task', quiet);
    const { user } = renderAt(places.time(ACCOUNT, '0', null, { tool: 'watch', watch: ['size(holds) > 0'] }));
    await user.click(await screen.findByTestId('hit-after'));
    await shows(watched.hits[0]?.from.version ?? 'none');
  });
});

describe('the first version where something holds', () => {
  it('is found and told with what changed, and one goes there', async () => {
    const found = await oracle().bisect(ACCOUNT, 'size(holds) > 0', 'everyVersion', null, 'task', quiet);
    const { user } = renderAt(places.time(ACCOUNT, '1'));
    await screen.findByTestId('state-tree');
    await user.keyboard('f');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('bisect-field')));
    await user.keyboard('settled > 0{Enter}');
    const told = await screen.findByTestId('bisected');
    await waitFor(() => expect(told.textContent).toMatch(/before: settled 0\.00 EUR, after: [\d,.]+ EUR/));
    await user.clear(screen.getByTestId('bisect-field'));
    await user.type(screen.getByTestId('bisect-field'), 'size(holds) > 0{Enter}');
    await waitFor(() =>
      expect(screen.getByTestId('bisected').textContent).toContain(
        `Version ${found.first?.version}, by HoldPlaced of ${found.first?.actor}`,
      ),
    );
    expect(screen.getByTestId('bisected').textContent).toContain(
      `${found.tally.evaluated} of ${found.until} versions were evaluated`,
    );
    await user.click(screen.getByTestId('bisect-go'));
    await shows(found.first?.version ?? '');
    await addressed((place) => expect(place.open.condition).toBe('size(holds) > 0'));
  });

  it('is none if the condition never holds', async () => {
    renderAt(places.time(ACCOUNT, '1', null, { tool: 'bisect', condition: 'available < 0', halving: true }));
    expect((await screen.findByTestId('bisected')).textContent).toContain('On no version');
  });
});

describe('a fold that fails', () => {
  it('is a step that says what to do, and the rest of the stream is marked', async () => {
    const { fake, user } = renderAt(places.time(ACCOUNT, '1'));
    await screen.findByTestId('state-tree');
    const event = fake.bank.log.byStream.get(ACCOUNT)?.[2];
    if (event === undefined) throw new Error('the stream is too short');
    event.broken = 'missing field `amount`';
    await user.keyboard('v5{Enter}');
    const failure = await screen.findByTestId('fold-failure');
    expect(failure.textContent).toContain('Version 3');
    expect(failure.textContent).toContain('missing field `amount`');
    await waitFor(() => expect(screen.getByTestId('version-3').textContent).toContain('fails'));
    expect(screen.getByTestId('version-4').textContent).toContain('not folded');
    expect(screen.getByTestId('version-2').textContent).not.toContain('folded');
    await user.click(await screen.findByText(/Last sound state/));
    await shows('2');
    await waitFor(() => expect(screen.queryByTestId('fold-failure')).toBeNull());
  });
});

describe('streams side by side', () => {
  const TRANSFER = 'transfer-T-5001';

  it('begin with one, take the accounts of a transfer, and are moved through by arrows', async () => {
    const { user, fake } = renderAt(places.time(TRANSFER));
    await screen.findByTestId('state-tree');
    await user.keyboard('l');
    await user.click(await screen.findByTestId('lanes-suggest'));
    await waitFor(() => expect(screen.getAllByTestId('lane')).toHaveLength(3));
    const transfer = fake.bank.transfers[0];
    const streams = screen.getAllByTestId('lane').map((lane) => lane.dataset.stream);
    expect(streams).toEqual([TRANSFER, `account-${transfer?.source}`, `account-${transfer?.target}`]);
    const page = await oracle().lanes(streams as string[], 'recorded', null, 300, 'task', quiet);
    const positions = () => screen.getAllByTestId('lane-event').map((cell) => cell.dataset.position);
    const all = page.entries.map((entry) => entry.event.position);
    expect(positions(), 'those that find room').toEqual(all.slice(0, positions().length));
    expect(positions().length).toBeGreaterThan(20);

    act(() => screen.getByTestId('lanes').querySelector<HTMLElement>('[data-position][tabindex="0"]')?.focus());
    await user.keyboard('{ArrowDown}');
    await waitFor(() => expect(document.activeElement?.getAttribute('data-position')).toBe(positions()[1]));
    const lane = document.activeElement?.getAttribute('data-lane');
    await user.keyboard(lane === '2' ? '{ArrowLeft}' : '{ArrowRight}');
    await waitFor(() => expect(document.activeElement?.getAttribute('data-lane')).not.toBe(lane));
    const chosen = document.activeElement?.getAttribute('data-position');
    await addressed((place) => expect(place.lanes?.event).toBe(chosen));
    expect((await screen.findByTestId('detail-panel')).textContent).toContain(`#${chosen}`);
    await user.keyboard('{Enter}');
    await screen.findByTestId('state-tree');
  });

  it('have only rows near the screen on the page, and the keys reach the others', async () => {
    const { user, fake } = renderAt(places.lanes(LONG_LANES), { events: 1500 });
    const cells = () => screen.getAllByTestId('lane-event');
    await screen.findAllByTestId('lane-event');
    const all = fake.bank.log.events.filter(({ stream }) => LONG_LANES.includes(stream));
    expect(all.length, 'more than a screen').toBeGreaterThan(60);
    expect(cells().length).toBeLessThan(40);
    act(() => cells()[0]?.focus());
    await user.keyboard('{End}');
    const last = String(all.slice(0, 300).at(-1)?.position);
    await waitFor(() => expect(document.activeElement?.getAttribute('data-position')).toBe(last));
    expect(cells().length).toBeLessThan(40);
    expect(Number(screen.getByTestId('lanes').getAttribute('aria-rowcount'))).toBeGreaterThan(60);
  });

  it('tell how far they are once it takes long, and can be stopped', async () => {
    const { user, fake } = renderAt(places.lanes(LONG_LANES), { latency: 400 });
    const stop = await screen.findByTestId('cancel-task', {}, { timeout: 20_000 });
    await user.click(stop);
    await waitFor(() => expect(fake.calls.some(({ name }) => name === 'cancelTask')).toBe(true));
    expect((await screen.findByTestId('error-state', {}, { timeout: 20_000 })).textContent).toContain('cancelled');
    expect(screen.getByTestId('retry')).toBeTruthy();
  });

  it('are put in order by value date, and the address says so', async () => {
    const { user, fake } = renderAt(places.lanes([ACCOUNT, 'account-100235']));
    await screen.findAllByTestId('lane-event');
    await user.click(screen.getByText('By value date'));
    await waitFor(() =>
      expect(fake.calls.filter((call) => call.name === 'lanes').map((call) => call.args[1])).toContain('valueDate'),
    );
    await addressed((place) => expect(place.lanes?.order).toBe('valueDate'));
    await user.click(await screen.findByRole('button', { name: `Remove ${ACCOUNT}` }));
    await addressed((place) => expect(place.lanes?.streams).toEqual(['account-100235']));
  });
});

describe('the state beside an event', () => {
  it('has the same toolbar, and the way back to the event', async () => {
    const { user } = renderAt({ ...places.events({ stream: ACCOUNT }, '3'), panel: 'state' });
    await screen.findByTestId('event-state');
    expect(screen.getByTestId('state-around').textContent).toContain('After AccountOpened, version 1');
    await user.click(screen.getByTestId('time-step'));
    await waitFor(() =>
      expect(screen.getByTestId('state-around').textContent).toContain('After MoneyDeposited, version 2'),
    );
    expect(screen.getByTestId('event-state').querySelector('[data-path="/settled"]')?.getAttribute('data-change')).toBe(
      'within',
    );
    await user.click(screen.getByTestId('time-step-back'));
    await waitFor(() => expect(screen.getByTestId('state-around').textContent).toContain('what this event changed'));
  });
});

describe('the clock', () => {
  it('ends what is asked of a stream, and says so', async () => {
    const { fake } = renderAt(places.time(ACCOUNT, null, null, { tool: 'watch', watch: ['available'] }), {}, '150');
    const note = await screen.findByTestId('time-until', {}, { timeout: 20_000 });
    expect(note.textContent).toContain('as it was at position 150');
    const end = await fake.platform().versionAtPosition(ACCOUNT, '150');
    await waitFor(() => expect(fake.calls.find(({ name }) => name === 'watch')?.args[2]).toBe(end));
  });
});

describe('an address of the time view', () => {
  it('brings back everything that was open', async () => {
    const open = { blame: true, tool: 'bisect' as const, condition: 'size(holds) > 0', watch: ['available'] };
    const { container } = renderAt(places.time(ACCOUNT, '4', '2', open));
    await screen.findAllByTestId('blame-margin');
    expect((await screen.findByTestId('bisected')).textContent).toContain('HoldPlaced');
    expect(screen.getByTestId('differences').textContent).toContain('from version 2 to version 4');
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('is left by Escape where a panel is open', async () => {
    const { user } = renderAt(places.time(ACCOUNT, '4', null, { tool: 'field', field: '/settled' }));
    await screen.findByTestId('field-changes');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('tool-field')).toBeNull());
    await addressed((place) => expect(place.open.tool).toBeNull());
  });

  it('asks for nothing long that nobody looks at', async () => {
    const { fake } = renderAt(places.time(ACCOUNT, '4'));
    await screen.findByTestId('state-tree');
    const long = ['blame', 'watch', 'bisect', 'fieldHistory', 'lanes'];
    expect(fake.calls.filter((call) => long.includes(call.name))).toEqual([]);
  });

  it('stops what is under way when it is left', async () => {
    const { user, fake } = renderAt(places.time(ACCOUNT, '4', null, { tool: 'watch', watch: ['available'] }), {
      latency: 20,
    });
    await screen.findByTestId('state-tree');
    const cancels = () => fake.calls.filter((call) => call.name === 'cancelTask').length;
    await vi.waitFor(() => expect(fake.calls.some((call) => call.name === 'watch')).toBe(true));
    await user.click(screen.getByTestId('close-tool'));
    await waitFor(() => expect(cancels()).toBe(1));
  });
});
