import { spotlight } from '@mantine/spotlight';
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ACTIONS, type Action, type Where } from '../app/actions';
import { hintsFor } from '../app/HintLine';
import { keyGroups } from '../app/KeyHelp';
import { keyCaps } from '../app/keys';
import { linkTo } from '../app/links';
import { NOT_NOW, paletteGroups } from '../app/paletteActions';
import { formatPlace, type Place, places } from '../app/place';
import { DWELL_MILLISECONDS, RECENT_PLACES, recentPlaces, rememberPlace } from '../app/recent';
import { currentPlace, go } from '../app/router';
import { changeSettings, currentSettings, DEFAULTS } from '../app/settings';
import { eventIdOf, OWN_LINK } from './fake/links';
import { accessibilityProblems, renderAt } from './render';

const PATIENCE = { timeout: 15_000 };

let copied: string[] = [];
beforeEach(() => {
  spotlight.close();
  changeSettings(DEFAULTS);
  copied = [];
});

/** What is copied from now on. */
function catchCopies(): void {
  const writeText = (text: string) => {
    copied.push(text);
    return Promise.resolve();
  };
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText } });
}

const NO_DATA = { commands: [], connections: [], projections: [], recent: [], openLink: () => undefined };
const context = (place: Place) => ({
  place,
  store: null,
  stores: {} as never,
  dark: false,
  setColours: () => undefined,
  openPalette: () => undefined,
  openHelp: () => undefined,
});
const keyed = ACTIONS().filter((action) => (action.keys ?? []).length > 0);

describe('every action', () => {
  it('is in the palette, under its title', () => {
    const listed = paletteGroups('', context(places.accounts()), NO_DATA).flatMap(({ actions }) => actions);
    for (const action of ACTIONS()) {
      expect(listed.map(({ id }) => id)).toContain(action.id);
      const found = paletteGroups(action.title, context(places.accounts()), NO_DATA);
      expect(
        found.flatMap(({ actions }) => actions.map(({ id }) => id)),
        action.title,
      ).toContain(action.id);
    }
  });

  it('has a name of its own', () => {
    const twice = (texts: string[]) => texts.filter((text, index) => texts.indexOf(text) !== index);
    expect(twice(ACTIONS().map(({ id }) => id))).toEqual([]);
    expect(twice(ACTIONS().map(({ title, where }) => `${title} ${where}`))).toEqual([]);
  });

  it('has keys that mean nothing else where they work', () => {
    const of = (where: Where) =>
      keyed.filter((action) => action.where === where).flatMap(({ id, keys = [] }) => keys.map((key) => ({ key, id })));
    const shared = [...of('everywhere'), ...of('event')];
    for (const where of new Set(keyed.map((action) => action.where))) {
      const here = where === 'everywhere' || where === 'event' ? shared : [...shared, ...of(where)];
      const keys = here.map(({ key }) => key);
      expect(
        keys.filter((key, index) => keys.indexOf(key) !== index),
        where,
      ).toEqual([]);
      // A key that begins a pair of keys must not do something by itself.
      const first = keys.filter((key) => key.includes(' ')).map((key) => key.split(' ')[0]);
      expect(
        keys.filter((key) => first.includes(key)),
        where,
      ).toEqual([]);
    }
  });

  it('that has keys is on the sheet, once, and says where it works', () => {
    const listed = keyGroups(places.events()).flatMap(({ actions }) => actions);
    expect(listed).toHaveLength(keyed.length);
    expect(new Set(listed)).toEqual(new Set(keyed));
    expect(keyGroups(places.time('account-1')).find(({ title }) => title === 'Time travel')?.here).toBe(true);
    expect(keyGroups(places.events()).find(({ title }) => title === 'Time travel')?.here).toBe(false);
  });

  it('that is hinted at has a key', () => {
    for (const action of ACTIONS()) if (action.hint !== undefined) expect(action.keys?.[0], action.id).toBeTruthy();
    expect(hintsFor(places.time('account-1'), null).map(({ id }) => id)).toContain('time-play');
    expect(hintsFor(places.events(), 'tree').map(({ id }) => id)).toContain('tree-unfold');
    expect(hintsFor(places.commands(), 'field').map(({ id }) => id)).toContain('execute');
  });
});

/** A place where an action’s keys are taken, and what has to be there first. */
const STAGE: Readonly<Record<'list' | 'tree' | 'time' | 'commands', { place: Place; ready: string; part: string }>> = {
  list: { place: places.events(), ready: 'event-row', part: '[role="row"][tabindex="0"]' },
  tree: {
    place: { ...places.events({}, '12'), panel: 'data' },
    ready: 'event-data',
    part: '[role="treeitem"][tabindex="0"]',
  },
  time: { place: places.time('account-100234', '2'), ready: 'state-tree', part: '[data-time-view]' },
  commands: { place: places.commands('Deposit'), ready: 'execute', part: '[data-command-form]' },
};

function fire(target: Element, keys: string): boolean {
  const key = keys === '+' ? '+' : (keys.split('+').at(-1) ?? '');
  const plain = key === 'Space' ? ' ' : key.length === 1 ? key.toLowerCase() : key;
  return fireEvent.keyDown(target, { key: plain, ctrlKey: keys.includes('Mod+'), altKey: keys.includes('Alt+') });
}

describe('no key of the sheet does nothing', () => {
  it.each(['list', 'tree', 'time', 'commands'] as const)('in the part %s', async (where) => {
    const { place, ready, part } = STAGE[where];
    renderAt(place);
    await screen.findAllByTestId(ready, {}, PATIENCE);
    const here = keyed.filter((action) => action.where === where);
    expect(here.length).toBeGreaterThan(0);
    for (const { id, keys = [] } of here) {
      for (const one of keys) {
        const target = await waitFor(() => {
          const found = document.querySelector(part);
          if (found === null) throw new Error(`${part} is not there for ${id}`);
          return found;
        });
        // Copying leaves the key to the page as well: what matters is that it was copied.
        if (id === 'tree-copy') {
          catchCopies();
          fire(target, one);
          expect(copied, id).toHaveLength(1);
          continue;
        }
        expect(fire(target, one), `${id}: nothing takes ${one}`).toBe(false);
      }
    }
  });

  it('of the window and of an event', async () => {
    renderAt({ ...places.events({}, '12'), panel: 'data' });
    await screen.findByTestId('event-data', {}, PATIENCE);
    const taken: string[] = [];
    const here = keyed.filter(
      (action: Action) => ['everywhere', 'event'].includes(action.where) && action.takenBy === undefined,
    );
    for (const action of here) {
      vi.spyOn(action, 'run').mockImplementation(() => void taken.push(action.id));
      if (action.refusal !== undefined) vi.spyOn(action as Required<Action>, 'refusal').mockReturnValue(null);
    }
    for (const action of here) {
      for (const keys of action.keys ?? []) {
        taken.length = 0;
        for (const one of keys.split(' ')) fire(document.body, one);
        expect(taken, `${keys} for ${action.id}`).toEqual([action.id]);
      }
    }
    vi.restoreAllMocks();
    expect(fire(document.body, 'Escape')).toBe(false);
    await waitFor(() => expect(screen.queryByTestId('detail-panel')).toBeNull());
  });
});

describe('the palette', () => {
  it('has what cannot be done now last while nothing is typed, each with its reason', () => {
    const now = context(places.accounts());
    const listed = paletteGroups('', now, NO_DATA).flatMap(({ actions }) => actions);
    const refused = listed.map((action) => (action.refusal?.(now) ?? null) !== null);
    expect(refused, 'some are refused here').toContain(true);
    const first = refused.indexOf(true);
    expect(refused.slice(first), 'behind the first of them nothing can be done').not.toContain(false);
    expect(paletteGroups('', now, NO_DATA).at(-1)?.group).toBe(NOT_NOW);
  });

  const ids = (query: string, place: Place = places.accounts()) =>
    paletteGroups(query, context(place), NO_DATA).flatMap(({ actions }) => actions.map(({ id }) => id));

  it('finds by words, by beginnings and by letters', () => {
    expect(ids('trial bal')[0]).toBe('trial-balance');
    expect(ids('timetravel')).toContain('view-time');
    expect(ids('cpy link')).toContain('copy-link');
    expect(ids('light')[0]).toBe('colours');
    expect(ids('qqqq')).toEqual(['typed-streams']);
  });

  it('takes a typed position, stream or link for what it is', () => {
    expect(ids('#42')[0]).toBe('typed-position');
    expect(ids('account-100234').slice(0, 2)).toEqual(['typed-stream', 'typed-time']);
    expect(ids(`ledgerscope://${OWN_LINK}/events`)).toContain('typed-link');
    expect(ids('berlin')).toContain('zone-Europe/Berlin');
  });

  it('is worked by keyboard alone, and says why something cannot be done', async () => {
    const { user } = renderAt(places.evidence());
    await screen.findByTestId('verify', {}, PATIENCE);
    await user.keyboard('{Control>}k{/Control}');
    const search = await screen.findByRole('textbox', { name: 'Go to or do' }, PATIENCE);
    await user.type(search, 'Stop the running task');
    expect((await screen.findAllByText('Nothing runs now.', {}, PATIENCE)).length).toBeGreaterThan(0);
    expect(await accessibilityProblems(screen.getByRole('dialog', { name: 'Go to or do' }))).toEqual([]);
    await user.keyboard('{Enter}');
    expect(await screen.findByText('Stop the running task: Nothing runs now.', {}, PATIENCE)).toBeTruthy();
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull(), PATIENCE);
    await user.keyboard('{Control>}k{/Control}');
    await user.type(await screen.findByRole('textbox', { name: 'Go to or do' }, PATIENCE), 'Verify the chain');
    await user.keyboard('{Enter}');
    await screen.findByTestId('verify-report', {}, PATIENCE);
  }, 60_000);
});

describe('recent places', () => {
  it('are kept for each store, once each, the newest first, and not without end', () => {
    for (let number = 1; number <= RECENT_PLACES + 5; number += 1) rememberPlace('a', places.account(String(number)));
    rememberPlace('a', places.account('10'));
    rememberPlace('b', places.evidence());
    const of = (store: string) => recentPlaces(store, places.welcome()).map(formatPlace);
    expect(of('a')).toHaveLength(RECENT_PLACES);
    expect(of('a').slice(0, 2)).toEqual([places.account('10'), places.account('25')].map(formatPlace));
    expect(new Set(of('a')).size).toBe(RECENT_PLACES);
    expect(of('b')).toEqual([formatPlace(places.evidence())]);
    expect(recentPlaces('b', places.evidence())).toEqual([]);
    window.localStorage.setItem('ledgerscope.recent', '{"a":["#/nowhere",7,"#/evidence"],"b":3}');
    expect(of('a')).toEqual(['#/evidence']);
  });

  it('are those where one stays, by their names', async () => {
    const { user } = renderAt(places.events({ stream: 'account-100234' }, '12'));
    await screen.findByTestId('detail-type', {}, PATIENCE);
    await new Promise((done) => setTimeout(done, DWELL_MILLISECONDS + 200));
    await user.keyboard('gv');
    await screen.findByTestId('verify', {}, PATIENCE);
    await user.keyboard('{Control>}k{/Control}');
    expect(await screen.findByText('Events: account-100234 · #12', {}, PATIENCE)).toBeTruthy();
  });
});

describe('a link', () => {
  const FILTERED = places.events({ types: ['MoneyDeposited'], contains: 'Zürich 50%' }, '12', 'oldest');

  it('names place, tab and store, and nothing secret', () => {
    const link = linkTo(FILTERED, { link: OWN_LINK });
    expect(link).toMatch(/^ledgerscope:\/\/[0-9a-f]{32}\/events\?\S+&panel=data$/);
    expect(linkTo(places.connections(), { link: OWN_LINK })).toBe('ledgerscope:///connections');
    const filled = linkTo(places.commands('Deposit', '{\n  "text": "a b"\n}'), { link: OWN_LINK });
    expect(decodeURIComponent(filled)).not.toMatch(/\s/);
  });

  it('is copied by key, and leads back', async () => {
    const { fake, user } = renderAt(FILTERED);
    catchCopies();
    await screen.findByTestId('detail-type', {}, PATIENCE);
    await user.keyboard('yl');
    await waitFor(() => expect(copied).toEqual([linkTo(FILTERED, { link: OWN_LINK })]));
    await user.click(screen.getByTestId('nav-evidence'));
    fake.links.arrive(copied[0] ?? '');
    await waitFor(() => expect(currentPlace()).toEqual({ ...FILTERED, panel: 'data' }));
  });

  it.each([
    ['malformed', 'ledgerscope://x y', 'bad_link'],
    ['to a place that there is not', `ledgerscope://${OWN_LINK}/nowhere`, 'no_such_place'],
    ['with something that is not understood', `ledgerscope://${OWN_LINK}/events?event=twelve`, 'no_such_place'],
    ['about a store that nobody knows', `ledgerscope://${'f'.repeat(32)}/events`, 'unknown_store'],
  ])('%s is refused and changes nothing', async (_, text, code) => {
    const { fake } = renderAt(places.evidence());
    await screen.findByTestId('verify', {}, PATIENCE);
    fake.links.arrive(text);
    expect((await screen.findAllByText(new RegExp(code), {}, PATIENCE)).length).toBeGreaterThan(0);
    expect(currentPlace()).toEqual(places.evidence());
    expect(fake.calls.some(({ name }) => name === 'openConnection')).toBe(false);
  });

  it('about another store asks before it switches', async () => {
    const { fake, user } = renderAt(places.evidence());
    await screen.findByTestId('verify', {}, PATIENCE);
    const text = `ledgerscope://${'c'.repeat(32)}.c-1/time?stream=account-100234&version=2`;
    fake.links.arrive(text);
    const question = await screen.findByTestId('ask-switch', {}, PATIENCE);
    expect(question.textContent).toContain('Branch');
    await user.click(within(question).getByText('Stay here'));
    await waitFor(() => expect(screen.queryByTestId('ask-switch')).toBeNull());
    expect(fake.connections.open).toBeNull();
    expect(currentPlace()).toEqual(places.evidence());
    fake.links.arrive(text);
    await user.click(await screen.findByTestId('switch-store', {}, PATIENCE));
    await waitFor(() => expect(fake.connections.open?.name).toBe('Branch'), PATIENCE);
    await waitFor(() => expect(currentPlace()).toEqual(places.time('account-100234', '2')), PATIENCE);
  });
});

describe('the detail of an event', () => {
  const SCHEMES = ['light', 'dark'] as const;
  const SHOWN = {
    data: 'event-data',
    metadata: 'event-metadata',
    state: 'event-state',
    diff: 'event-diff',
    causes: 'event-causes',
    raw: 'event-raw',
  } as const;

  it.each(SCHEMES)('can be used with a screen reader in %s colours, every tab of it', async (scheme) => {
    window.localStorage.setItem('mantine-color-scheme-value', scheme);
    const { user } = renderAt({ ...places.events({}, '12'), panel: 'data' });
    await screen.findByTestId('event-data', {}, PATIENCE);
    for (const [index, id] of Object.values(SHOWN).entries()) {
      await user.keyboard(String(index + 1));
      await screen.findByTestId(id, {}, PATIENCE);
      const panel = screen.getByTestId('detail-panel');
      expect(await accessibilityProblems(panel), id).toEqual([]);
    }
  });

  it('keeps its tab from event to event, and in the address', async () => {
    const { user } = renderAt(places.events({}, '12'));
    await user.click(await screen.findByRole('tab', { name: 'Raw' }, PATIENCE));
    await screen.findByTestId('event-raw', {}, PATIENCE);
    expect(currentPlace().panel).toBe('raw');
    expect(currentSettings().detailTab).toBe('raw');
  });

  it('leads from an id to what it names, by key too', async () => {
    renderAt({ ...places.events({ types: ['TransferDebited'] }), panel: 'data' });
    fireEvent.click((await screen.findAllByTestId('event-row', {}, PATIENCE))[0] as HTMLElement);
    const tree = await screen.findByTestId('event-data', {}, PATIENCE);
    const row = within(tree).getByTestId('node-/transferId');
    expect(within(row).getByRole('link').getAttribute('href')).toMatch(/^#\/bank\/transfers\?transfer=/);
    fireEvent.focus(row);
    fireEvent.keyDown(row, { key: 'Enter' });
    await waitFor(() => expect(currentPlace()).toMatchObject({ view: 'bank', tab: 'transfers' }));
  });

  it('shows what led to an event and what it led to, and goes there', async () => {
    const { fake, user } = renderAt(places.events());
    const event = fake.bank.log.events.find((one) => one.cause !== null);
    if (event === undefined || event.cause === null) throw new Error('the invented bank has an event with a cause');
    fireEvent.click(screen.getByTestId('nav-events'));
    window.location.hash = formatPlace({ ...places.events({}, String(event.position)), panel: 'causes' });
    const causes = await screen.findByTestId('event-causes', {}, PATIENCE);
    const cause = within(within(causes).getByRole('list', { name: 'What led to it' })).getByTestId('related-event');
    expect(cause.dataset.position).toBe(String(event.cause));
    await user.click(cause);
    await waitFor(() => expect(currentPlace()).toMatchObject({ event: String(event.cause), panel: 'causes' }));
  });

  it('copies id, JSON and the path of the focused field by key', async () => {
    const { user } = renderAt({ ...places.events({}, '12'), panel: 'data' });
    catchCopies();
    const tree = await screen.findByTestId('event-data', {}, PATIENCE);
    const rows = within(tree).getAllByRole('treeitem');
    (rows[1] as HTMLElement).focus();
    await user.keyboard('yi');
    await user.keyboard('ys');
    await user.keyboard('yf');
    await user.keyboard('yp');
    await waitFor(() => expect(copied).toHaveLength(4));
    const [id, stored = '', pretty = '', path] = copied;
    expect(id).toBe(eventIdOf(12));
    expect(JSON.parse(stored)).toEqual(JSON.parse(pretty));
    expect(pretty).toContain('\n  "');
    expect(path).toBe(rows[1]?.dataset.path);
  });
});

describe('the zone', () => {
  it('is chosen by name, holds everywhere, and UTC stays beside it', async () => {
    changeSettings({ zone: 'Asia/Kathmandu' });
    renderAt(places.events({}, '12'));
    await screen.findByTestId('detail-type', {}, PATIENCE);
    const time = document.querySelector('[data-testid="detail-panel"] time');
    expect(time?.getAttribute('title')).toMatch(/ UTC\n.*\+05:45 Asia\/Kathmandu$/);
    expect(screen.getByTestId('detail-panel').textContent).toMatch(/\d \d\d:\d\d:\d\d\.\d+ UTC/);
  });
});

describe('the line of hints', () => {
  it('follows the focus', async () => {
    renderAt({ ...places.events({}, '12'), panel: 'data' });
    const tree = await screen.findByTestId('event-data', {}, PATIENCE);
    const line = screen.getByTestId('hint-line');
    (document.activeElement as HTMLElement | null)?.blur();
    await waitFor(() => expect(line.textContent).toContain('next'));
    within(tree).getAllByRole('treeitem')[0]?.focus();
    await waitFor(() => expect(line.textContent).toContain('unfold'));
    expect(line.textContent).toContain(keyCaps('Y S').join(''));
  });
});

describe('an address that names nothing that is there', () => {
  it('says that there is no such view, and leads on', async () => {
    const { user, container } = renderAt(places.accounts());
    await screen.findByTestId('nav-bank');
    act(() => {
      window.location.hash = '#/nope';
      window.dispatchEvent(new Event('hashchange'));
    });
    expect(await screen.findByText(/no place nope/)).toBeTruthy();
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.click(screen.getByTestId('to-accounts'));
    await waitFor(() => expect(screen.queryByText(/no place nope/)).toBeNull());
    expect(currentPlace()).toEqual(places.accounts());
  });

  it('says that there is no such version, shows the last one, and stays there if that is wanted', async () => {
    const { user } = renderAt(places.time('account-100234', '9999'));
    const told = await screen.findByTestId('time-no-such-version');
    expect(told.textContent).toMatch(/no version 9.999 of account-100234: the last one is/);
    await user.click(screen.getByTestId('time-stay-at-last'));
    await waitFor(() => expect(screen.queryByTestId('time-no-such-version')).toBeNull());
    expect(currentPlace()).not.toMatchObject({ version: '9999' });
  });

  it('says that there is no such notebook, and opens no other one in its place', async () => {
    const { user, fake } = renderAt(places.maintenance());
    await screen.findByTestId('nav-notebook');
    const address = '#/events?event=3';
    fake.notebooks.pin({
      notebook: null,
      notebookTitle: 'Findings',
      address,
      at: null,
      what: { kind: 'event', position: '3' },
      title: 'Pinned',
    });
    act(() => go(places.notebook('00000000-0000-0000-0000-00000000dead')));
    expect(await screen.findByText(/no notebook with the id/)).toBeTruthy();
    expect(screen.queryByTestId('notebook-cell')).toBeNull();
    await user.click(screen.getByTestId('notebook-open-last'));
    expect(await screen.findByTestId('notebook-cell')).toBeTruthy();
  });
});
