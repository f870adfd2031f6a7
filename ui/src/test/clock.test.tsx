import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { places } from '../app/place';
import { currentClock } from '../app/router';
import { accessibilityProblems, renderAt } from './render';

const isDisabled = (element: HTMLElement) => (element as HTMLButtonElement).disabled;

const LONG = { timeout: 10_000 };

// Each goes through several views.
describe('the clock', { timeout: 60_000 }, () => {
  it('says loudly which moment is shown, and goes back to now with one click', async () => {
    const { user, container } = renderAt(places.accounts(), {}, '150');
    const band = await screen.findByTestId('clock-band', {}, LONG);
    await within(band).findByText(/^As of 2026-/, {}, LONG);
    expect(band.textContent).toMatch(/position 150/);
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.click(within(band).getByTestId('back-to-now'));
    await waitFor(() => expect(screen.queryByTestId('clock-band')).toBeNull());
    expect(currentClock()).toBeNull();
    expect(screen.getByTestId('clock').textContent).toContain('Now');
  });

  it('is set by what is typed, and every question then names that moment', async () => {
    const { user, fake } = renderAt(places.accounts());
    await user.click(await screen.findByTestId('clock', {}, LONG));
    const field = await screen.findByTestId('clock-field');
    await user.clear(field);
    await user.type(field, 'noon');
    await user.click(screen.getByTestId('clock-set'));
    expect(await screen.findByText(/neither a time nor a position/)).not.toBeNull();
    await user.clear(field);
    await user.type(field, '1 20');
    await user.click(screen.getByTestId('clock-set'));
    await screen.findByTestId('clock-band', {}, LONG);
    expect(currentClock()).toBe('120');
    await waitFor(() =>
      expect(fake.calls.some((call) => call.name === 'accounts' && call.args[3] === '120')).toBe(true),
    );
    const prepared = fake.calls.find((call) => call.name === 'asOfPrepare');
    expect(prepared?.args.slice(0, 2)).toEqual([['accounts', 'statement'], '120']);
  });

  it('moves by one event with its buttons and its keys, and T N is now', async () => {
    const { user } = renderAt(places.trialBalance(), {}, '150');
    const band = await screen.findByTestId('clock-band', {}, LONG);
    await within(band).findByText(/^As of/, {}, LONG);
    await waitFor(() => expect(isDisabled(within(band).getByTestId('clock-previous'))).toBe(false));
    await user.click(within(band).getByTestId('clock-previous'));
    await waitFor(() => expect(currentClock()).toBe('149'));
    await user.keyboard(']');
    await waitFor(() => expect(currentClock()).toBe('150'));
    await user.keyboard('[[');
    await waitFor(() => expect(currentClock()).toBe('149'));
    await user.keyboard('tn');
    expect(currentClock()).toBeNull();
  });

  it('stays when one goes somewhere else, in links too', async () => {
    const { user } = renderAt(places.accounts(), {}, '150');
    await screen.findByTestId('clock-band', {}, LONG);
    const tab = await screen.findByTestId('bank-trial-balance', {}, LONG);
    await user.click(tab);
    await screen.findByTestId('trial-balance', {}, LONG);
    expect(currentClock()).toBe('150');
    expect(screen.getByTestId('trial-balance').textContent).toContain('Checked up to position 150');
    for (const link of document.querySelectorAll('a[href^="#/"]')) expect(link.getAttribute('href')).toMatch(/at=150/);
  });

  it('ends every list at the moment and takes writes away with the reason', async () => {
    const { user } = renderAt(places.streams(), {}, '80');
    const rows = await screen.findAllByTestId('stream-row', {}, LONG);
    expect(rows.length).toBeGreaterThan(0);
    await user.keyboard('gb');
    expect(isDisabled(await screen.findByTestId('new-transfer', {}, LONG))).toBe(true);
    await user.keyboard('gc');
    expect((await screen.findByTestId('shows-now', {}, LONG)).textContent).toMatch(/commands are off/);
  });

  it('is set from an event, and says of a later one that it is later', async () => {
    const { user } = renderAt(places.events({}, '200'), {}, null);
    await user.click(await screen.findByTestId('to-moment', {}, LONG));
    expect(currentClock()).toBe('200');
    await waitFor(() => expect(isDisabled(screen.getByTestId('to-moment'))).toBe(true), LONG);
    await user.keyboard('[[');
    await waitFor(() => expect(currentClock()).toBe('199'));
    expect(await screen.findByText(/later than the moment/, {}, LONG)).not.toBeNull();
    expect(screen.getByTestId('ends-at').textContent).toContain('199');
  });

  it('folds with progress, can be stopped, and then shows what was shown before', async () => {
    const { user } = renderAt(places.accounts(), { latency: 20 }, '150');
    await user.click(await screen.findByTestId('cancel-task', {}, LONG));
    await waitFor(() => expect(currentClock()).toBeNull(), LONG);
    expect(await screen.findAllByTestId(/^account-row/, {}, LONG)).not.toEqual([]);
  });

  it('says why a moment cannot be shown, and what to do', async () => {
    const failures = {
      asOfPrepare: {
        code: 'too_much_memory',
        message: 'Read model accounts at this position would take more than 536870912 bytes of memory.',
        hint: 'Choose an earlier moment, or look at single streams in Time travel.',
        retryable: false,
      },
    };
    renderAt(places.accounts(), { failures }, '150');
    expect((await screen.findByTestId('error-state', {}, LONG)).textContent).toMatch(/Choose an earlier moment/);
    expect(isDisabled(screen.getByTestId('back-to-now'))).toBe(false);
  });
});
