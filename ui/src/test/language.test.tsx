import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../app/actions';
import { places } from '../app/place';
import { changeSettings, currentSettings } from '../app/settings';
import { named } from '../i18n';
import { de } from '../i18n/de';
import { en } from '../i18n/en';
import { EVERY_VIEW } from './everyView';
import catalogue from './fake/commands.json';
import { accessibilityProblems, addressOf, renderAt, settled } from './render';

const texts = (areas: object): Map<string, string> =>
  new Map(
    Object.entries(areas).flatMap(([area, of]) =>
      Object.entries(of as Record<string, string>).map(([name, text]) => [`${area}.${name}`, text] as const),
    ),
  );
const german = texts(de);
const germanSays = new Set(german.values());
/** What the platform tells here: names of stores, of commands and of their fields. */
const TOLD = new Set([
  'SQLite file',
  ...[...JSON.stringify(catalogue).matchAll(/"title":"([^"]+)"/g)].map(([, title]) => title),
]);
/** English texts of two words or more that mean nothing else in German. */
const ENGLISH = new Set(
  [...texts(en)]
    .filter(([, text]) => / /.test(text) && !text.includes('{{') && !germanSays.has(text) && !TOLD.has(text))
    .map(([, text]) => text),
);

/** What a person reads or hears on the page. */
function said(root: Element): string[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: string[] = [];
  while (walker.nextNode()) found.push((walker.currentNode.textContent ?? '').trim());
  for (const one of root.querySelectorAll('*'))
    for (const name of ['aria-label', 'title', 'placeholder']) found.push(one.getAttribute(name) ?? '');
  return found;
}

describe('in German', () => {
  it.each(EVERY_VIEW)('$name says nothing in English', async ({ place, ready }) => {
    changeSettings({ language: 'de' });
    const { container } = renderAt(place);
    await screen.findAllByTestId(ready, {}, { timeout: 10_000 });
    await screen.findByRole('navigation', { name: 'Ansichten' });
    expect(said(container).filter((text) => ENGLISH.has(text))).toEqual([]);
    expect(await accessibilityProblems(container)).toEqual([]);
  });
});

describe('names from elsewhere', () => {
  it('are told in German: the categories of commands', () => {
    changeSettings({ language: 'de' });
    const categories = [...new Set(catalogue.map(({ category }) => category))];
    expect(categories.length).toBeGreaterThan(5);
    expect(categories.filter((category) => named('shared.category.', category) === category)).toEqual([]);
  });

  it('are told in German: how the steps of a pinned what-if ended', () => {
    changeSettings({ language: 'de' });
    const outcomes = ['executed', 'rejected', 'invalid', 'ran', 'failed'];
    expect(outcomes.filter((outcome) => named('notebook.outcome.', outcome) === outcome)).toEqual([]);
    expect(named('notebook.what.', 'clock')).toBe('Zeit vergeht');
    expect(named('notebook.what.', 'RequestTransfer'), 'a command stands for itself').toBe('RequestTransfer');
  });
});

describe('a window that changes its language', () => {
  it('follows a move that is made before it is drawn again', async () => {
    const { fake, user } = renderAt(places.accounts());
    await screen.findByTestId('account-row-100234');
    let answer: () => void = () => undefined;
    fake.languageSet = new Promise((resolve) => {
      answer = resolve;
    });
    await user.click(screen.getByTestId('language'));
    await user.click(await screen.findByTestId('language-de'));
    await waitFor(() => expect(screen.queryByTestId('nav-processes'), 'nothing is drawn').toBeNull());
    const moved = new Promise((resolve) => window.addEventListener('hashchange', resolve, { once: true }));
    window.location.hash = addressOf(places.processes());
    await moved;
    answer();
    await screen.findByTestId('stuck-row');
  });
});

describe('what can be done', () => {
  it('is told in the language of the moment', () => {
    const english = new Set([...texts(en).values()].filter((text) => !germanSays.has(text)));
    changeSettings({ language: 'de' });
    const told = ACTIONS().flatMap(({ id, title, about, hint }) => [title, about, hint].map((text) => ({ id, text })));
    expect(told.filter(({ text }) => text !== undefined && english.has(text))).toEqual([]);
  });
});

describe('the language', () => {
  it('is chosen in the bar, by pointer or keyboard, and stays', async () => {
    const { user } = renderAt(places.accounts());
    await settled();
    await user.click(await screen.findByTestId('language'));
    await user.click(await screen.findByTestId('language-de'));
    await screen.findByRole('navigation', { name: 'Ansichten' });
    expect(document.documentElement.lang).toBe('de');
    expect(currentSettings().language).toBe('de');
    const title = await screen.findByTestId('place-title');
    await waitFor(() => expect(within(title).getByText('Konten')).toBeTruthy());
  });

  it('is chosen in the palette', async () => {
    const { user } = renderAt(places.accounts());
    await settled();
    await user.keyboard('{Control>}k{/Control}');
    await user.type(await screen.findByRole('textbox', { name: 'Go to or do' }), 'deutsch');
    await user.keyboard('{Enter}');
    await screen.findByRole('navigation', { name: 'Ansichten' });
    expect(currentSettings().language).toBe('de');
  });

  it('writes money and numbers as it is written there', async () => {
    changeSettings({ language: 'de' });
    renderAt(places.accounts());
    const rows = await screen.findAllByTestId(/^account-row-/);
    expect(rows[0]?.textContent).toMatch(/\d,\d{2}\s?EUR/);
    expect(rows[0]?.textContent).not.toMatch(/\d\.\d{2}\s?EUR/);
  });
});
