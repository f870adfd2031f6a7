import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { expect } from 'vitest';
import { App } from '../app/App';
import { newCache } from '../app/cache';
import { Providers } from '../app/Providers';
import { formatPlace, type Place } from '../app/place';
import { go } from '../app/router';
import { type FakeOptions, FakePlatform } from './fake/fakePlatform';

/** The whole application at a place, over an invented bank. */
export function renderAt(place: Place, options: FakeOptions = {}, at: string | null = null) {
  const fake = new FakePlatform({ events: 400, ...options });
  go(place, 'push', at);
  const view = render(
    <Providers platform={fake.platform()} cache={newCache()} env="test">
      <App />
    </Providers>,
  );
  return { fake, user: userEvent.setup({ delay: null }), ...view };
}

/** Opens another store by the store's menu, and waits until it is shown. */
export async function switchTo(user: ReturnType<typeof userEvent.setup>, item: string): Promise<void> {
  await user.click(await screen.findByTestId('store-menu'));
  await user.click(await screen.findByTestId(item));
  await screen.findByTestId('account-row-100234', {}, { timeout: 5000 });
}

export async function settled(): Promise<void> {
  await waitFor(() =>
    expect(screen.queryByRole('status', { name: /loading|opening|asking|adding|folding/i })).toBeNull(),
  );
}

/** Violations of the accessibility rules that can be checked without a layout. */
export async function accessibilityProblems(root: Element): Promise<string[]> {
  const result = await axe.run(root, {
    // Colours and sizes need a real layout; they are checked in a browser.
    rules: { 'color-contrast': { enabled: false }, 'target-size': { enabled: false }, region: { enabled: false } },
  });
  return result.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${violation.help} at ${node.html.slice(0, 160)}`),
  );
}

export const addressOf = (place: Place): string => formatPlace(place);
