import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { places } from '../app/place';
import type { CommandRequest } from '../platform/wire';
import { renderAt } from './render';

describe('the bank', () => {
  it('leads from a customer to the totals and an account', async () => {
    const { user } = renderAt(places.customers());
    await user.type(await screen.findByTestId('customer-search'), 'C-1004');
    await waitFor(() => expect(screen.queryByTestId('customer-row-C-1001')).toBeNull());
    await user.click(await screen.findByTestId('customer-row-C-1004'));
    const panel = await screen.findByTestId('customer-panel');
    expect(panel.textContent).toContain('review is overdue');
    expect(within(panel).getByTestId('customer-totals').textContent).toContain('1 in EUR');
    await user.click(within(panel).getByText('100237'));
    await waitFor(() => expect(screen.getByTestId('place-title').textContent).toContain('100237'));
  });

  it('shows a hold, what took it, and the event that placed it', async () => {
    const { fake, user } = renderAt(places.holds());
    await user.click(await screen.findByTestId('holds-open'));
    await waitFor(() => expect(fake.calls.filter((call) => call.name === 'holds').at(-1)?.args[1]).toBe('open'));
    await user.click(screen.getByTestId('holds-captured'));
    await waitFor(() => expect(screen.getAllByTestId('hold-row')[0]?.dataset.status).toBe('captured'));
    await user.click(screen.getAllByTestId('hold-row')[0] as HTMLElement);
    const panel = await screen.findByTestId('hold-panel');
    expect(within(panel).getByText(/^T-\d+$/)).toBeTruthy();
    expect(panel.textContent).toMatch(/#\d+/);
  });

  it('tells of an order when it is made next, and why the last one failed', async () => {
    const { user } = renderAt(places.orders());
    await user.click(await screen.findByTestId('order-row-O-1002'));
    const panel = await screen.findByTestId('order-panel');
    expect(panel.textContent).toContain('insufficient funds');
    expect(panel.textContent).toContain('no day left');
    expect(screen.getByTestId('order-row-O-1001').textContent).toContain('2026-12-01');
  });

  it('sums what a day brought, and narrows by day', async () => {
    const { fake, user } = renderAt(places.activity());
    const rows = await screen.findAllByTestId('activity-row');
    const day = rows[0]?.dataset.day ?? '';
    await user.type(screen.getByTestId('activity-from'), `${day}{Enter}`);
    await waitFor(() => expect(fake.calls.filter((call) => call.name === 'activity').at(-1)?.args[0]).toBe(day));
    await waitFor(() => {
      for (const row of screen.getAllByTestId('activity-row')) expect(row.dataset.day).toBe(day);
    });
    await user.clear(screen.getByTestId('activity-from'));
    await user.type(screen.getByTestId('activity-from'), '2026-99-01{Enter}');
    expect(screen.getByTestId('activity-from').getAttribute('aria-invalid')).toBe('true');
  });

  it('tells how much of a limit is used in words too', async () => {
    renderAt(places.limits());
    expect((await screen.findByTestId('limits-row-100235')).textContent).toContain('450.00 of 2,000.00');
  });

  it('follows an actor’s trail to the event', async () => {
    const { user } = renderAt(places.audit());
    await user.click(await screen.findByTestId('actor-process:transfer'));
    const row = (await screen.findAllByTestId('audit-row'))[0] as HTMLElement;
    const { position } = row.dataset;
    await user.click(row);
    expect((await screen.findByTestId('detail-type')).textContent).not.toBe('');
    expect(within(screen.getByTestId('detail-panel')).getByText(/^#/).textContent?.replace(/\D/g, '')).toBe(position);
  });

  it('says that no transfer is stuck, and what that means', async () => {
    renderAt(places.transfers('stuck'));
    expect((await screen.findByTestId('empty-state')).textContent).toContain('within the time of its present step');
  });

  it('shows who approved a large transfer, and its fee', async () => {
    const { user } = renderAt(places.transfers());
    const rows = await screen.findAllByTestId(/^transfer-row-/);
    const large = rows.find((row) => /[89]\d\d\.\d\d/.test(row.textContent ?? ''));
    if (large === undefined) throw new Error('the invented bank has a large transfer');
    await user.click(large);
    const panel = await screen.findByTestId('detail-panel');
    await waitFor(() => expect(panel.textContent).toContain('approved by officer:ruth'));
    expect(panel.textContent).toContain('Fee');
  });
});

describe('a command that the store does not answer', () => {
  it('is sent again with the same id', async () => {
    const { fake, user } = renderAt(places.commands('RequestTransfer'));
    fake.unanswered = 1;
    await user.click(await screen.findByTestId('fill-example'));
    await user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(screen.getByTestId('outcome').dataset.outcome).toBe('unavailable'));
    expect(screen.getByTestId('outcome').textContent).toContain('may have been carried out');
    expect(screen.getByTestId('outcome').textContent).toContain('Close it, or wait');
    await user.click(screen.getByTestId('send-again'));
    await waitFor(() => expect(screen.getByTestId('outcome').dataset.outcome).toBe('executed'));
    const sent = fake.calls.filter((call) => call.name === 'execute').map((call) => call.args[0] as CommandRequest);
    expect(sent).toHaveLength(2);
    expect(sent[0]?.commandId).toBe(sent[1]?.commandId);
  });
});
