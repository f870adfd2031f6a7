import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { places } from '../app/place';
import { accessibilityProblems, renderAt } from './render';

const SOON = { timeout: 10_000 };

async function fromPalette(user: ReturnType<typeof renderAt>['user'], typed: string, name: RegExp) {
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByRole('textbox', { name: 'Go to or do' }, SOON), typed);
  // What answers best is marked letter by letter.
  const best = () => document.querySelector('[role="dialog"] [data-action][data-selected]')?.textContent ?? '';
  await waitFor(() => expect(best()).toMatch(name), SOON);
  await user.keyboard('{Enter}');
}

describe('files of events, by keyboard alone', () => {
  it('exports the whole match into the file whose path is typed', async () => {
    const { user } = renderAt(places.events({ types: ['TransferRequested'] }));
    await screen.findAllByTestId('event-row', {}, SOON);
    await fromPalette(user, 'export', /Export the/);
    const path = await screen.findByTestId('file-path', {}, SOON);
    const dialog = await screen.findByRole('dialog', { name: 'Export events' }, SOON);
    expect(within(dialog).getByTestId('export-run').textContent).toContain('Choose a file');
    expect(await accessibilityProblems(dialog)).toEqual([]);
    path.focus();
    await user.keyboard(' /tmp/requested.ndjson ');
    expect(within(dialog).getByTestId('export-run').textContent).toBe('Export');
    await user.keyboard('{Enter}');
    const report = await screen.findByTestId('export-report', {}, SOON);
    expect(report.textContent).toContain('/tmp/requested.ndjson');
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.queryByTestId('export-report')).toBeNull(), SOON);
  });

  it('imports the file whose path is typed', async () => {
    const { fake, user } = renderAt(places.events());
    await screen.findAllByTestId('event-row', {}, SOON);
    const opened = fake.calls.filter((call) => call.name === 'eventsOpen').length;
    await fromPalette(user, 'import', /Import events/);
    (await screen.findByTestId('file-path', {}, SOON)).focus();
    await user.keyboard('/tmp/requested.ndjson{Enter}');
    const report = await screen.findByTestId('import-report', {}, SOON);
    expect(report.textContent).toContain('/tmp/requested.ndjson');
    // The store was opened anew: so is the list.
    await waitFor(
      () => expect(fake.calls.filter((call) => call.name === 'eventsOpen').length).toBeGreaterThan(opened),
      SOON,
    );
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.queryByTestId('import-report')).toBeNull(), SOON);
  });
});

describe('from the list of events', () => {
  it('a condition and more filters are asked for by name', async () => {
    const { user } = renderAt(places.events());
    await screen.findAllByTestId('event-row', {}, SOON);
    await fromPalette(user, 'condition', /Narrow by a/);
    expect(await screen.findByTestId('condition', {}, SOON)).toBeDefined();
    await fromPalette(user, 'more filters', /More filters/);
    expect(await screen.findByTestId('filter-about', {}, SOON)).toBeDefined();
  });
});

describe('a customer', () => {
  it('leads to everything about them', async () => {
    const { user } = renderAt(places.customers(null, 'C-1001'));
    await user.click(await screen.findByTestId('customer-everything', {}, SOON));
    expect(window.location.hash).toContain('about=customer-C-1001');
    expect(window.location.hash).toContain('order=oldest');
  });
});
