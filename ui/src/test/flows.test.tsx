import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { places } from '../app/place';
import type { CommandRequest } from '../platform/wire';
import { renderAt } from './render';

describe('a command', () => {
  it('is tried, executed once for one filling, and followed', async () => {
    const { fake, user } = renderAt(places.commands('RequestTransfer'));
    await user.click(await screen.findByTestId('fill-example'));
    await user.click(screen.getByTestId('dry-run'));
    await waitFor(() => expect(screen.getByTestId('outcome').dataset.outcome).toBe('dry-accepted'));
    await user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(screen.getByTestId('outcome').dataset.outcome).toBe('executed'));
    await waitFor(() => expect(screen.getByTestId('read-models').dataset.state).toBe('there'));
    await waitFor(() =>
      expect(new Set(screen.getAllByTestId('outcome-event').map((line) => line.dataset.stream)).size).toBe(3),
    );

    await user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(screen.getByTestId('outcome').dataset.outcome).toBe('alreadyDone'));
    await user.click(await screen.findByTestId('same-again'));
    await user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(screen.getByTestId('outcome').dataset.outcome).toBe('executed'));

    const sent = fake.calls.filter((call) => call.name === 'execute').map((call) => call.args[0] as CommandRequest);
    expect(sent).toHaveLength(3);
    expect(sent[0]?.commandId).toBe(sent[1]?.commandId);
    expect(sent[0]?.commandId).not.toBe(sent[2]?.commandId);
    expect(JSON.parse(sent[0]?.payload ?? '')).toMatchObject({ amount: { minor: '10000', currency: 'EUR' } });
  });

  it('that a rule refuses shows the rule and its numbers', async () => {
    const { user } = renderAt(places.commands('Withdraw'));
    await user.click(await screen.findByTestId('fill-example'));
    await user.clear(screen.getByTestId('field-amount'));
    await user.type(screen.getByTestId('field-amount'), '99999999');
    await user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(screen.getByTestId('outcome').dataset.outcome).toBe('rejected'));
    expect(screen.getByTestId('outcome').textContent).toContain('insufficient_funds');
    expect(screen.getByTestId('rejection-details').textContent).toContain('99,999,999.00 EUR');
  });

  it('that is not complete is not sent, and the places are marked', async () => {
    const { fake, user } = renderAt(places.commands('Deposit'));
    await user.click(await screen.findByTestId('execute'));
    await waitFor(() => expect(screen.getByTestId('outcome').dataset.outcome).toBe('incomplete'));
    expect(fake.calls.some((call) => call.name === 'execute')).toBe(false);
    expect(screen.getByTestId('field-accountId').getAttribute('aria-invalid')).toBe('true');
  });

  it('goes over into JSON and back without a loss', async () => {
    const { user } = renderAt(places.commands('Deposit'));
    await user.click(await screen.findByTestId('fill-example'));
    await user.click(screen.getByText('JSON'));
    const raw = await screen.findByTestId('raw-json');
    const text = (raw as HTMLTextAreaElement).value;
    fireEvent.change(raw, { target: { value: text.replace(/"minor": "\d+"/, '"minor": "123456789012345678"') } });
    await user.click(screen.getByText('Form'));
    expect((await screen.findByTestId<HTMLInputElement>('field-amount')).value).toBe('1234567890123456.78');
  });

  it('cannot be executed on a read-only store', async () => {
    renderAt(places.commands('Deposit'), { readOnly: true });
    expect((await screen.findByTestId<HTMLButtonElement>('execute')).disabled).toBe(true);
    expect(screen.getByTestId<HTMLButtonElement>('dry-run').disabled).toBe(false);
  });
});

describe('the event grid', () => {
  it('is a grid with every row counted, moved through by keyboard, its detail following', async () => {
    const { fake, user } = renderAt(places.events());
    const rows = await screen.findAllByTestId('event-row');
    const grid = screen.getByRole('grid', { name: 'Events' });
    expect(grid.getAttribute('aria-rowcount')).toBe(String(fake.head + 1));
    expect(rows[0]?.dataset.position).toBe(String(fake.head));
    expect(rows.length).toBeLessThan(40);
    await user.click(rows[0] as HTMLElement);
    await user.keyboard('jj');
    await waitFor(() => expect(document.activeElement?.getAttribute('data-position')).toBe(String(fake.head - 2)));
    const panel = within(await screen.findByTestId('detail-panel'));
    await waitFor(() => expect(panel.getByText(/^#/).textContent).toContain(String(fake.head - 2)));
    await user.keyboard('{End}');
    await waitFor(() => expect(document.activeElement?.getAttribute('data-position')).toBe('1'));
    expect(document.activeElement?.getAttribute('aria-rowindex')).toBe(String(fake.head + 1));
  });

  it('follows the newest, pauses when one scrolls away, and tells what has come', async () => {
    const { fake, user } = renderAt(places.events());
    await screen.findAllByTestId('event-row');
    act(() => {
      fake.bank.cash('100234', 100n);
      fake.announce();
    });
    await waitFor(() => expect(screen.getAllByTestId('event-row')[0]?.dataset.position).toBe(String(fake.head)));
    await user.click(screen.getAllByTestId('event-row')[0] as HTMLElement);
    await user.keyboard('{PageDown}{PageDown}');
    const before = document.activeElement?.getAttribute('data-position');
    act(() => {
      fake.bank.cash('100234', 100n);
      fake.bank.cash('100234', 100n);
      fake.announce();
    });
    const pill = await screen.findByTestId('new-pill');
    expect(pill.textContent).toContain('2 new');
    expect(document.activeElement?.getAttribute('data-position')).toBe(before);
    await user.click(pill);
    await waitFor(() => expect(screen.getAllByTestId('event-row')[0]?.dataset.position).toBe(String(fake.head)));
    expect(screen.queryByTestId('new-pill')).toBeNull();
  });

  it('filters on the other side', async () => {
    const { fake, user } = renderAt(places.events({ types: ['AccountOpened'] }));
    await waitFor(() => expect(screen.getByTestId('event-count').textContent).toContain('10'));
    await user.type(screen.getByTestId('filter-contains'), 'nothing like this');
    await screen.findByTestId('empty-state');
    const asked = fake.calls.filter((call) => call.name === 'eventsOpen').at(-1)?.args[0];
    expect(asked).toMatchObject({ eventTypes: ['AccountOpened'], contains: 'nothing like this' });
    expect(fake.calls.some((call) => call.name === 'eventsClose')).toBe(true);
    await user.click(screen.getByTestId('clear-filter'));
    expect((await screen.findAllByTestId('event-row')).length).toBeGreaterThan(0);
  });
});

describe('time travel', () => {
  it('steps, jumps, compares, and shows what each event changed', async () => {
    const { user } = renderAt(places.time('account-100234', '2'));
    await waitFor(() => expect(screen.getByTestId('state-event-type').textContent).toBe('MoneyDeposited'));
    const tree = screen.getByTestId('state-tree');
    const settled = tree.querySelector('[data-path="/settled"]');
    expect(settled?.getAttribute('data-change')).toBe('within');
    expect(settled?.textContent).toMatch(/0\.00 EUR→[\d,]+\.\d\d EUR/);
    await user.click(screen.getByTestId('time-step-back'));
    await waitFor(() => expect(screen.getByTestId('state-event-type').textContent).toBe('AccountOpened'));
    await user.click(screen.getByTestId('time-restart'));
    await screen.findByText('Before the first event');
    await user.click(screen.getByTestId('time-jump-end'));
    screen.getByTestId('scrubber').focus();
    await user.keyboard('{ArrowLeft}');
    await waitFor(() =>
      expect(screen.getByTestId('scrubber').getAttribute('aria-valuetext')).toMatch(/version (\d+) of (\d+)/),
    );
    const [, at, max] =
      /version (\d+) of (\d+)/.exec(screen.getByTestId('scrubber').getAttribute('aria-valuetext') ?? '') ?? [];
    expect(Number(at)).toBe(Number(max) - 1);
    await user.type(screen.getByTestId('compare-with'), '1{Enter}');
    await screen.findByText(/from version 1/);
  });

  it('jumps to a date', async () => {
    const { user } = renderAt(places.time('account-100234'));
    await screen.findByTestId('state-tree');
    await user.type(screen.getByTestId('jump-to-date'), '2020-01-01{Enter}');
    await screen.findByText('Before the first event');
  });

  it('says so when there is no such stream', async () => {
    renderAt(places.time('account-nobody'));
    expect((await screen.findByTestId('empty-state')).textContent).toContain('There is no stream account-nobody');
  });
});

describe('the window', () => {
  it('takes the keys that it hints, wherever the focus is in the view', async () => {
    const { user } = renderAt(places.accounts());
    await screen.findAllByTestId(/^account-row-/);
    (document.activeElement as HTMLElement | null)?.blur();
    await user.keyboard('j');
    expect(document.activeElement?.closest('[role="row"]')).not.toBeNull();
    screen.getByTestId('open-palette').focus();
    await user.keyboard('k');
    expect(document.activeElement?.closest('[role="row"]')).not.toBeNull();
  });

  it('means what belongs to the view that is shown where two views have the same keys', async () => {
    const { fake, user } = renderAt(places.commands('Deposit'));
    await user.click(await screen.findByTestId('fill-example'));
    (document.activeElement as HTMLElement | null)?.blur();
    await user.keyboard('{Control>}{Enter}{/Control}');
    await waitFor(() => expect(fake.calls.some((call) => call.name === 'execute')).toBe(true));
    expect(screen.queryByText(/Fork a stream/)).toBeNull();
  });

  it('goes to every view by two keys, and opens the palette', async () => {
    const { user } = renderAt(places.accounts());
    await screen.findByTestId('account-row-100234');
    for (const [keys, title] of [
      ['ge', 'Events'],
      ['gs', 'Streams'],
      ['gp', 'Projections'],
      ['gv', 'Evidence'],
      ['gb', 'Accounts'],
    ] as const) {
      await user.keyboard(keys);
      await waitFor(() => expect(screen.getByTestId('place-title').textContent).toContain(title));
    }
    await user.keyboard('{Control>}k{/Control}');
    const search = await screen.findByLabelText('Go to or do', { selector: 'input' });
    await user.type(search, '42');
    expect(await screen.findByText(/Event at position/)).toBeTruthy();
    await user.keyboard('{Escape}');
    await user.keyboard('?');
    expect(await screen.findByTestId('key-help')).toBeTruthy();
  });

  it('rebuilds a projection after saying how many events that takes', async () => {
    const { fake, user } = renderAt(places.projections());
    await user.click(await screen.findByTestId('rebuild-accounts'));
    const confirm = await screen.findByTestId('confirm-rebuild');
    expect(confirm.textContent?.replace(/\s/g, '')).toContain(`${fake.head}events`);
    expect(fake.calls.some((call) => call.name === 'rebuildProjection')).toBe(false);
    await user.click(confirm);
    const report = await screen.findByTestId('rebuild-report-accounts', {}, { timeout: 4000 });
    expect(report.textContent).toContain('none differs');
  });

  it('shows whether money is conserved', async () => {
    renderAt(places.trialBalance());
    expect((await screen.findByTestId('conserved-lamp')).dataset.conserved).toBe('true');
    expect(screen.getByTestId('debits-EUR').textContent).toBe(screen.getByTestId('credits-EUR').textContent);
  });
});
