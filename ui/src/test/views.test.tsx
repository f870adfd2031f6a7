import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { places } from '../app/place';
import { EVERY_VIEW } from './everyView';
import { accessibilityProblems, renderAt } from './render';

const FAILURE = {
  code: 'store_unavailable',
  message: 'The store could not be read.',
  hint: 'Check that the file is still there.',
  retryable: true,
};

const SCHEMES = ['light', 'dark'] as const;

describe.each(EVERY_VIEW)('$name', ({ place, ready }) => {
  it.each(SCHEMES)('can be used with a screen reader in %s colours', async (scheme) => {
    window.localStorage.setItem('mantine-color-scheme-value', scheme);
    const { container } = renderAt(place);
    await screen.findAllByTestId(ready, {}, { timeout: 10_000 });
    expect(document.documentElement.dataset.mantineColorScheme).toBe(scheme);
    expect(await accessibilityProblems(container)).toEqual([]);
  });
});

describe.each(EVERY_VIEW.filter(({ source }) => source !== null))('$name', ({ place, ready, source, name }) => {
  it('tells of a failure and lets one try again', async () => {
    const { fake, user } = renderAt(place, { failures: source === null ? {} : { [source]: FAILURE } });
    if (name === 'evidence') await user.click(await screen.findByTestId('verify'));
    const main = screen.getByRole('main');
    const error = (await within(main).findAllByTestId('error-state', {}, { timeout: 10_000 }))[0];
    if (error === undefined) throw new Error('no error is shown');
    expect(error.textContent).toContain(FAILURE.message);
    expect(error.textContent).toContain(FAILURE.code);
    expect(error.textContent).toContain(FAILURE.hint);
    fake.failures = {};
    await user.click(within(error).getByTestId('retry'));
    if (name !== 'evidence') await screen.findAllByTestId(ready, {}, { timeout: 10_000 });
    else await screen.findByTestId('verify-report', {}, { timeout: 10_000 });
  });
});

describe('a store that cannot do everything', () => {
  it('says so where it is missed', async () => {
    renderAt(places.evidence(), { capabilities: { hashChain: false } });
    expect((await screen.findByTestId('no-chain', {}, { timeout: 10_000 })).textContent).toContain('no hash chain');
  });

  it('offers no demo bank where none can be made', async () => {
    renderAt(places.welcome(), { events: 0, capabilities: { import: false } });
    await screen.findByTestId('no-import', {}, { timeout: 10_000 });
    expect(screen.queryByTestId('demo-create')).toBeNull();
  });
});

describe('an empty store', () => {
  it('is met with the demo bank, and filled', async () => {
    const { user } = renderAt(places.accounts(), { events: 0 });
    await user.click(await screen.findByTestId('demo-size-1000'));
    await user.click(screen.getByTestId('demo-create'));
    expect(await screen.findByTestId('account-row-100234', {}, { timeout: 10_000 })).toBeTruthy();
  });

  it.each([
    ['events', places.events()],
    ['streams', places.streams()],
  ] as const)('says in %s what to do next', async (_, place) => {
    const { user } = renderAt(places.welcome(), { events: 0 });
    await screen.findByTestId('demo-create');
    await user.click(screen.getByTestId(place.view === 'events' ? 'nav-events' : 'nav-streams'));
    const empty = await screen.findByTestId('empty-state');
    expect(within(empty).getAllByRole('button').length).toBeGreaterThan(0);
  });
});
