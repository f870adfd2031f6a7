import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { places } from '../app/place';
import { accessibilityProblems, renderAt } from './render';

const PATIENCE = { timeout: 10_000 };

describe('connections', () => {
  it('are added from a pasted string, which fills the fields and does not stay on the screen', async () => {
    const { fake, user } = renderAt(places.connections());
    await user.click(await screen.findByTestId('add-connection', {}, PATIENCE));
    const pasted = await screen.findByTestId<HTMLInputElement>('paste-connection');
    await user.click(pasted);
    await user.paste('postgres://ada:hunter2@db.example/ledger');
    const host = await screen.findByTestId<HTMLInputElement>('connection-host');
    expect(host.value).toBe('db.example');
    expect(screen.getByTestId<HTMLInputElement>('connection-user').value).toBe('ada');
    expect(screen.getByTestId<HTMLInputElement>('connection-password').value).toBe('hunter2');
    expect(pasted.value).toBe('');
    await user.type(screen.getByTestId('connection-name'), 'Ledger');
    await user.type(screen.getByTestId('connection-environment'), 'staging');
    await user.click(screen.getByTestId('connection-production'));
    await user.click(screen.getByTestId('save-connection'));
    await screen.findByTestId('connection-Ledger', {}, PATIENCE);
    const saved = fake.calls.find((call) => call.name === 'saveConnection')?.args[0];
    expect(saved).toMatchObject({
      id: null,
      name: 'Ledger',
      target: { kind: 'postgres', host: 'db.example', database: 'ledger' },
      marks: { environment: 'staging', production: true, readOnly: false },
      password: { kind: 'keep', login: 'hunter2' },
    });
  });

  it('say what of a pasted string cannot be read', async () => {
    const { user } = renderAt(places.connections());
    await user.click(await screen.findByTestId('add-connection', {}, PATIENCE));
    await user.click(await screen.findByTestId('paste-connection'));
    await user.paste('mysql://h');
    const dialog = await screen.findByRole('dialog');
    expect((await within(dialog).findByTestId('error-state')).textContent).toContain('bad_connection_string');
  });

  it('are tried step by step before they are saved', async () => {
    const { user } = renderAt(places.connections());
    await user.click(await screen.findByTestId('edit-Live', {}, PATIENCE));
    await user.click(await screen.findByTestId('test-connection'));
    const steps = await screen.findAllByTestId('test-step', {}, PATIENCE);
    expect(steps.map((step) => step.dataset.outcome)).toEqual(['passed', 'failed']);
    expect(steps[1]?.textContent).toContain('Check host, port and network');
    expect(await accessibilityProblems(await screen.findByRole('dialog'))).toEqual([]);
  });

  it('say where no keyring runs that passwords are asked for each time', async () => {
    const { user } = renderAt(places.connections(), { noKeyring: 'No keyring of the system answers.' });
    const told = await screen.findByTestId('no-keyring', {}, PATIENCE);
    expect(told.textContent).toContain('each time');
    expect(told.textContent).toContain('No keyring of the system answers.');
    await user.click(screen.getByTestId('edit-Live'));
    await user.click(await screen.findByRole('radio', { name: 'Type it now' }));
    expect(screen.getByTestId('password-not-kept').textContent).toContain('asked for at each opening');
  });

  it('are removed only after a question that names the store', async () => {
    const { fake, user } = renderAt(places.connections());
    await user.click(await screen.findByTestId('remove-Branch', {}, PATIENCE));
    const confirm = await screen.findByTestId('confirm-remove-connection');
    expect(confirm.closest('[role="dialog"]')?.textContent).toContain('/home/anna/branch.ledgerscope');
    await user.click(confirm);
    await waitFor(() => expect(fake.connections.rows.map((row) => row.name)).toEqual(['Live']), PATIENCE);
  });
});

describe('switching', () => {
  it('goes by the store’s menu, asks for the password, and shows what the store is', async () => {
    const { fake, user } = renderAt(places.accounts());
    await screen.findByTestId('account-row-100234', {}, PATIENCE);
    expect(screen.queryByTestId('environment-band')).toBeNull();
    await user.click(screen.getByTestId('store-menu'));
    await user.click(await screen.findByTestId('switch-Live'));
    await user.type(await screen.findByTestId('typed-password', {}, PATIENCE), 'sesame');
    await user.click(screen.getByTestId('open-with-password'));
    const band = await screen.findByTestId('environment-band', {}, PATIENCE);
    expect(band.dataset.colour).toBe('red');
    expect(band.textContent).toContain('production');
    expect(screen.getByTestId('store-menu').textContent).toContain('Live');
    expect(fake.connections.open?.name).toBe('Live');
  });

  it('can be left when the password is not at hand', async () => {
    const { fake, user } = renderAt(places.connections());
    await user.click(await screen.findByTestId('open-Live', {}, PATIENCE));
    await screen.findByTestId('ask-password', {}, PATIENCE);
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('ask-password')).toBeNull(), PATIENCE);
    expect(fake.connections.open).toBeNull();
  });

  it('offers to create a store where there is none', async () => {
    const { fake, user } = renderAt(places.connections());
    fake.connections.created = false;
    await user.click(await screen.findByTestId('open-Branch', {}, PATIENCE));
    await user.click(await screen.findByTestId('create-store', {}, PATIENCE));
    await waitFor(() => expect(fake.connections.open?.name).toBe('Branch'), PATIENCE);
    const asked = fake.calls.filter((call) => call.name === 'openConnection').map((call) => call.args[2]);
    expect(asked).toEqual([false, true]);
  });

  it('is found by typing', async () => {
    const { fake, user } = renderAt(places.accounts());
    await screen.findByTestId('account-row-100234', {}, PATIENCE);
    await user.keyboard('{Control>}k{/Control}');
    await user.type(await screen.findByRole('textbox', { name: 'Go to or do' }, PATIENCE), 'Switch to Branch');
    await user.click(await screen.findByText('Connection · SQLite file · test', {}, PATIENCE));
    await waitFor(() => expect(fake.connections.open?.name).toBe('Branch'), PATIENCE);
  });
});

describe('a production store', () => {
  it('is written only after its name was typed, once for each write', async () => {
    const { fake, user } = renderAt(places.commands('Deposit', JSON.stringify({ accountId: '100234' })));
    fake.connections.enter('c-2', { login: 'sesame', side: null }, false);
    const platform = fake.platform();
    await expect(platform.retryStuck('olga', 'x')).rejects.toMatchObject({ code: 'production_not_confirmed' });
    await user.click(await screen.findByTestId('nav-processes', {}, PATIENCE));
    await user.click(await screen.findByTestId('retry-all-stuck', {}, PATIENCE));
    await user.type(await screen.findByTestId('confirm-retry-all-reason', {}, PATIENCE), 'the network is back');
    await user.click(screen.getByTestId('confirm-retry-all'));
    const name = await screen.findByTestId('production-name', {}, PATIENCE);
    await user.type(name, 'live');
    await user.click(screen.getByTestId('confirm-production'));
    const dialog = screen.getByTestId('ask-production');
    expect((await within(dialog).findByTestId('error-state')).textContent).toContain('production_not_confirmed');
    await user.clear(name);
    await user.type(name, 'Live');
    await user.click(screen.getByTestId('confirm-production'));
    await waitFor(() => expect(screen.queryByTestId('ask-production')).toBeNull(), PATIENCE);
    const written = fake.calls.filter((call) => call.name === 'retryStuck').length;
    expect(written).toBe(3);
    await expect(platform.retryStuck('olga', 'x')).rejects.toMatchObject({ code: 'production_not_confirmed' });
  });

  it('takes an operator’s decision only with its name, asked above the decision, which is kept if it is left', async () => {
    const { fake, user } = renderAt(places.processes());
    fake.connections.enter('c-2', { login: 'sesame', side: null }, false);
    await user.click(await screen.findByTestId('stuck-row', {}, PATIENCE));
    await user.click(await screen.findByTestId('operator-compensate', {}, PATIENCE));
    await user.type(await screen.findByTestId('confirm-operator-reason', {}, PATIENCE), 'the target is gone');
    await user.click(screen.getByTestId('confirm-operator'));
    await screen.findByTestId('production-name', {}, PATIENCE);
    expect(screen.getByTestId('ask-production').textContent).toContain('Live is marked as production');
    expect(await accessibilityProblems(await screen.findByTestId('ask-production'))).toEqual([]);
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('ask-production')).toBeNull(), PATIENCE);
    expect(fake.processes.decided, 'nothing is decided without the name').toEqual([]);
    expect(screen.getByTestId<HTMLTextAreaElement>('confirm-operator-reason').value).toBe('the target is gone');
    await user.click(screen.getByTestId('confirm-operator'));
    await user.type(await screen.findByTestId('production-name', {}, PATIENCE), 'Live');
    await user.click(screen.getByTestId('confirm-production'));
    await waitFor(() => expect(fake.processes.decided).toMatchObject([{ action: 'compensate' }]), PATIENCE);
    const confirmed = fake.calls.filter((call) => call.name === 'confirmProduction').map((call) => call.args);
    expect(confirmed).toEqual([['decideInstance', 'Live']]);
  });
});
