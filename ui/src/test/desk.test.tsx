import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { places } from '../app/place';
import { go } from '../app/router';
import type { CommandRequest } from '../platform/wire';
import { Drafts, KEPT_FORMS } from '../views/commands/drafts';
import { accessibilityProblems, renderAt, switchTo } from './render';

const outcome = () => screen.getByTestId('outcome').dataset.outcome;

describe('a form that is being filled in', () => {
  it('is checked in Rust while one types, beside the field, and says nothing of fields not reached yet', async () => {
    const { fake, user } = renderAt(places.commands('Deposit'));
    await user.type(await screen.findByTestId('field-valueDate'), '2031-5-4');
    expect(await screen.findByText(/is not a date/)).toBeTruthy();
    expect(screen.getByTestId('field-valueDate').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByTestId('field-accountId').getAttribute('aria-invalid')).not.toBe('true');
    expect(fake.calls.some((call) => ['dryRun', 'execute'].includes(call.name))).toBe(false);
    await user.clear(screen.getByTestId('field-valueDate'));
    await user.type(screen.getByTestId('field-valueDate'), '2031-05-04');
    await waitFor(() => expect(screen.getByTestId('field-valueDate').getAttribute('aria-invalid')).not.toBe('true'));
    expect(screen.getByText('Sunday')).toBeTruthy();
    await user.keyboard('{ArrowUp}');
    expect(screen.getByTestId<HTMLInputElement>('field-valueDate').value).toBe('2031-05-05');
    await user.type(screen.getByTestId('field-amount'), '12x5');
    expect(await screen.findByText(/Not an amount/)).toBeTruthy();
    await user.clear(screen.getByTestId('field-amount'));
    await user.type(screen.getByTestId('field-amount'), '1.212,5');
    expect(await screen.findByText('= 1,212.50 EUR')).toBeTruthy();
  });

  it('counts every field that is marked, whether the form or Rust finds it wrong', async () => {
    const { user } = renderAt(places.commands('Deposit'));
    await user.type(await screen.findByTestId('field-valueDate'), '2031-5-4');
    await user.keyboard('{Alt>}{Enter}{/Alt}');
    await screen.findByText('3 fields need another look. Nothing was sent.');
    const marked = ['valueDate', 'accountId', 'amount'].map((name) => screen.getByTestId(`field-${name}`));
    expect(marked.map((field) => field.getAttribute('aria-invalid'))).toEqual(['true', 'true', 'true']);
  });

  it('marks nothing that has just been put right, though what was checked a moment ago was not', async () => {
    const { user } = renderAt(places.commands('Deposit'));
    await user.type(await screen.findByTestId('field-accountId'), '100234');
    await user.type(screen.getByTestId('field-amount'), '5');
    const field = screen.getByTestId('field-amount');
    let marked = false;
    const watch = new MutationObserver(() => {
      marked ||= field.getAttribute('aria-invalid') === 'true';
    });
    watch.observe(field, { attributes: true });
    await user.keyboard('{Alt>}{Enter}{/Alt}');
    await waitFor(() => expect(outcome()).toBe('dry-accepted'));
    watch.disconnect();
    expect(marked).toBe(false);
  });

  it('gives what the command makes a new id, and another one when asked', async () => {
    const { user } = renderAt(places.commands('RequestTransfer'));
    const field = await screen.findByTestId<HTMLInputElement>('field-transferId');
    const first = field.value;
    expect(first).toMatch(/^T-[0-9A-Z]{8}$/);
    await user.click(screen.getByRole('button', { name: /^New id for/ }));
    expect(field.value).not.toBe(first);
  });

  it('finds accounts and customers while one types', async () => {
    const { user } = renderAt(places.commands('OpenAccount'));
    await user.type(await screen.findByTestId('field-customerId'), 'C-1002');
    expect((await screen.findAllByText('C-1002')).length).toBeGreaterThan(0);
  });

  it('shows what does not fit as JSON by its place', async () => {
    const { user } = renderAt(places.commands('Deposit'));
    await user.click(await screen.findByText('JSON'));
    fireEvent.change(await screen.findByTestId('raw-json'), { target: { value: '{ "accountId": "1", "amont": 1 }' } });
    const faults = await screen.findByTestId('json-faults');
    await waitFor(() => expect(faults.textContent).toContain('/amont'));
    expect(faults.textContent).toContain('/amount is missing');
  });

  it('is tried with Alt Enter and executed with Ctrl Enter, from any field', async () => {
    const { fake, user } = renderAt(places.commands('RequestTransfer'));
    await user.click(await screen.findByTestId('fill-example'));
    await user.click(screen.getByTestId('field-reference'));
    await user.keyboard('{Alt>}{Enter}{/Alt}');
    await waitFor(() => expect(outcome()).toBe('dry-accepted'));
    expect(fake.calls.some((call) => call.name === 'execute')).toBe(false);
    await user.click(screen.getByTestId('expect-version'));
    const expected = screen.getByTestId<HTMLInputElement>('command-expected-version').value;
    expect(expected).toMatch(/^\d+$/);
    await user.click(screen.getByTestId('field-reference'));
    await user.keyboard('{Control>}{Enter}{/Control}');
    await waitFor(() => expect(outcome()).toBe('executed'));
    const sent = fake.calls.find((call) => call.name === 'execute')?.args[0] as CommandRequest;
    expect(sent.expectedVersion).toBe(expected);
    const reach = await screen.findByTestId('read-models-reach');
    await waitFor(() => expect(within(reach).getAllByRole('listitem').length).toBeGreaterThan(3));
  });
});

describe('a refusal that comes after a command was accepted', () => {
  const rule = { code: 'insufficient_funds', message: 'Available 1.00 EUR, asked for 9.00 EUR.', begun: false };

  it('is the headline of a dry run and of what was executed, and stands in the history', async () => {
    const { fake, user, container } = renderAt(places.commands('RequestTransfer'));
    fake.refusedLater = rule;
    await user.click(await screen.findByTestId('fill-example'));
    await user.click(screen.getByTestId('dry-run'));
    await screen.findByText(/Accepted, but the transfer would be rejected/);
    expect(screen.getByTestId('refused-later').textContent).toBe(rule.message);
    expect(screen.queryByText('Would be accepted')).toBeNull();
    await user.click(screen.getByTestId('execute'));
    await screen.findByText(/Executed, but the transfer was rejected/);
    expect(screen.getByTestId('refused-later').textContent).toBe(rule.message);
    const lines = await screen.findAllByTestId('outcome-event');
    expect(lines[0]?.textContent, 'events are told in sentences').toMatch(/transfer/i);
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.click(screen.getByTestId('commands-history'));
    const row = await screen.findByTestId('history-row');
    expect(row.textContent).toContain('executed, rejected');
    expect(row.textContent).toContain(rule.message);
  });
});

describe('an expected version', () => {
  const withdrawal = JSON.stringify({ accountId: '100234', amount: { minor: '100', currency: 'EUR' } });

  it.each([
    ['1', 'The stream is further on', true],
    ['7000000', 'The stream is not that far', false],
  ])('of %s is a conflict in a dry run: %s', async (version, title, leadsSomewhere) => {
    const { user, container } = renderAt(places.commands('Withdraw', withdrawal));
    await user.type(await screen.findByTestId('command-expected-version'), version);
    await user.click(screen.getByTestId('dry-run'));
    await waitFor(() => expect(outcome()).toBe('dry-conflict'));
    expect(screen.getByText(title)).toBeTruthy();
    expect(screen.queryByTestId('what-changed') !== null, 'what changed is offered where something did').toBe(
      leadsSomewhere,
    );
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.click(screen.getByTestId('without-version'));
    expect(screen.getByTestId<HTMLInputElement>('command-expected-version').value).toBe('');
  });

  it('that no stream can have is marked at its field, and nothing is sent', async () => {
    const { fake, user } = renderAt(places.commands('Withdraw', withdrawal));
    const field = await screen.findByTestId('command-expected-version');
    await user.type(field, '99999999999999999999');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    await user.click(screen.getByTestId('dry-run'));
    await waitFor(() => expect(outcome()).toBe('incomplete'));
    expect(fake.calls.some((call) => call.name === 'dryRun')).toBe(false);
  });
});

describe('a form that somebody leaves', () => {
  const reference = () => screen.findByTestId<HTMLInputElement>('field-reference');

  it('is found again as it was left, until it is cleared', async () => {
    const { user } = renderAt(places.commands('RequestTransfer'));
    const id = (await screen.findByTestId<HTMLInputElement>('field-transferId')).value;
    await user.type(await reference(), 'Rent');
    await user.type(screen.getByTestId('command-reason'), 'asked');
    await user.click(screen.getByTestId('command-Deposit'));
    await waitFor(() => expect(screen.queryByTestId('field-reference')).toBeNull());
    expect(screen.getByTestId<HTMLInputElement>('command-reason').value, 'each command has its own').toBe('');
    await user.click(screen.getByTestId('command-RequestTransfer'));
    expect((await reference()).value).toBe('Rent');
    expect(screen.getByTestId<HTMLInputElement>('command-reason').value).toBe('asked');
    expect(screen.getByTestId<HTMLInputElement>('field-transferId').value).toBe(id);
    await user.click(screen.getByText('Clear'));
    await user.click(screen.getByTestId('command-Deposit'));
    await waitFor(() => expect(screen.queryByTestId('field-reference')).toBeNull());
    await user.click(screen.getByTestId('command-RequestTransfer'));
    expect((await reference()).value).toBe('');
  });

  it('belongs to its store: another store has none of it, and this one has it again', async () => {
    const { fake, user } = renderAt(places.commands('RequestTransfer'));
    await user.type(await reference(), 'Rent');
    await switchTo(user, 'switch-Branch');
    expect(fake.connections.open?.name).toBe('Branch');
    act(() => go(places.commands('RequestTransfer')));
    expect((await reference()).value, 'nothing was begun in this store').toBe('');
    await switchTo(user, 'open-own-store');
    act(() => go(places.commands('RequestTransfer')));
    expect((await reference()).value).toBe('Rent');
  });

  it('gives way to a link that is filled in', async () => {
    const { user } = renderAt(places.commands('Deposit'));
    await user.type(await screen.findByTestId('field-accountId'), '100245');
    const linked = JSON.stringify({ accountId: '100234', amount: { minor: '777', currency: 'EUR' } });
    go(places.commands('Deposit', linked));
    await waitFor(() => expect(screen.getByTestId<HTMLInputElement>('field-amount').value).toBe('7.77'));
    expect(screen.getByTestId<HTMLInputElement>('field-accountId').value).toBe('100234');
  });

  it('is kept for a bounded number of commands, the latest', () => {
    const drafts = new Drafts();
    const form = { mode: 'form', filling: {}, json: '', reason: '', expected: '', commandId: '' } as const;
    for (let number = 0; number <= KEPT_FORMS; number += 1) drafts.keep(`C${number}`, form);
    expect(drafts.of('C0')).toBeNull();
    expect(drafts.of('C1')).toBe(form);
    expect(drafts.of(`C${KEPT_FORMS}`)).toBe(form);
  });
});

describe('what is wrong with a field', () => {
  const describedBy = (field: HTMLElement): string =>
    (field.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ');

  it('is heard with an amount too, and so is its help', async () => {
    const { user } = renderAt(places.commands('Deposit'));
    const amount = await screen.findByTestId('field-amount');
    expect(describedBy(amount)).toContain('How much');
    await user.type(amount, '12x5');
    await waitFor(() => expect(describedBy(amount)).toContain('Not an amount'));
    expect(amount.getAttribute('aria-invalid')).toBe('true');
  });

  it('marks the JSON in which it stands', async () => {
    const { user } = renderAt(places.commands('Deposit'));
    await user.click(await screen.findByText('JSON'));
    const json = await screen.findByTestId('raw-json');
    fireEvent.change(json, { target: { value: '{ "accountId": "1", "amont": 1 }' } });
    await waitFor(() => expect(json.getAttribute('aria-invalid')).toBe('true'));
    expect(describedBy(json)).toContain('2 places do not fit');
  });

  it('is a reason that is too long, in characters', async () => {
    renderAt(places.commands('Deposit'));
    const reason = await screen.findByTestId('command-reason');
    fireEvent.change(reason, { target: { value: 'ä'.repeat(2001) } });
    expect(describedBy(reason)).toContain('has 2001 characters; at most 2000 fit');
  });
});

describe('an account that is chosen', () => {
  it('is offered with its status, open ones first, and amounts follow its currency until somebody chooses one', async () => {
    const { fake, user } = renderAt(places.commands('Withdraw'));
    const accounts = [...fake.bank.accounts.values()];
    const dollars = accounts.find((account) => account.currency === 'USD');
    const [frozen] = accounts;
    if (dollars === undefined || frozen === undefined) throw new Error('a bank with both');
    frozen.status = 'frozen';
    const field = await screen.findByTestId('field-accountId');
    const currency = () => screen.getByTestId<HTMLInputElement>('field-amount.currency').value;
    await user.type(field, dollars.id);
    await waitFor(() => expect(currency()).toBe('USD'));
    await user.clear(field);
    await user.type(field, frozen.id);
    await screen.findAllByText(/^frozen · .* EUR available$/);
    expect(currency()).toBe('EUR');
    await user.clear(field);
    await user.type(field, '100');
    const offered = () => screen.getAllByRole('option', { hidden: true }).map((option) => option.textContent ?? '');
    await waitFor(() => expect(offered().length).toBeGreaterThan(2));
    expect(offered()[0], 'it was the first of all, and is not open').not.toContain(frozen.id);
    await user.clear(screen.getByTestId('field-amount.currency'));
    await user.type(screen.getByTestId('field-amount.currency'), 'EUR');
    await user.clear(field);
    await user.type(field, dollars.id);
    await screen.findAllByText(/USD available$/);
    expect(currency(), 'somebody chose it').toBe('EUR');
  });
});

describe('the history of commands', () => {
  const refuse = async () => {
    const at = renderAt(places.commands('Withdraw'));
    await at.user.click(await screen.findByTestId('fill-example'));
    await at.user.clear(screen.getByTestId('field-amount'));
    await at.user.type(screen.getByTestId('field-amount'), '99999999');
    await at.user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(outcome()).toBe('rejected'));
    await at.user.clear(screen.getByTestId('field-amount'));
    await at.user.type(screen.getByTestId('field-amount'), '1');
    await at.user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(outcome()).toBe('executed'));
    await at.user.click(screen.getByTestId('commands-history'));
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(2));
    return at;
  };

  it('keeps what was refused beside what was executed, and filters', async () => {
    const { user, container } = await refuse();
    const outcomes = screen.getAllByTestId('history-row').map((row) => row.dataset.outcome);
    expect(outcomes).toEqual(['executed', 'rejected']);
    await user.click(screen.getByTestId('history-outcome'));
    await user.click(await screen.findByRole('checkbox', { name: /rejected/ }));
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(1));
    await user.keyboard('{Escape}');
    await user.click(screen.getByTestId('history-row'));
    const panel = await screen.findByTestId('history-panel');
    await waitFor(() => expect(panel.textContent).toContain('insufficient_funds'));
    expect(panel.textContent).toContain('99,999,999.00 EUR');
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('fills the form with the same again under another id', async () => {
    const { fake, user } = await refuse();
    await user.click(screen.getAllByTestId('history-row')[1] as HTMLElement);
    await user.click(await screen.findByTestId('history-again'));
    expect((await screen.findByTestId<HTMLInputElement>('field-amount')).value).toBe('99999999.00');
    await user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(outcome()).toBe('rejected'));
    const sent = fake.calls.filter((call) => call.name === 'execute').map((call) => call.args[0] as CommandRequest);
    expect(JSON.parse(sent[2]?.payload ?? '')).toEqual(JSON.parse(sent[0]?.payload ?? ' '));
    expect(sent[2]?.commandId).not.toBe(sent[0]?.commandId);
  });

  it('marks what came from the command line, and shows it without being asked', async () => {
    const { fake } = await refuse();
    const newest = fake.desk.history[0];
    if (newest === undefined) throw new Error('there is one');
    fake.desk.history.unshift({ ...newest, attempt: 'elsewhere', actor: 'nightly', origin: 'commandLine' });
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(3), { timeout: 8000 });
    const rows = screen.getAllByTestId('history-row').map((row) => row.textContent);
    expect(rows[0]).toContain('nightly · command line');
    expect(rows[1]).not.toContain('command line');
  }, 15_000);

  it('is cleared after it has said how many are forgotten, whatever is filtered', async () => {
    const { fake, user, container } = await refuse();
    await user.type(screen.getByTestId('history-search'), 'insufficient');
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(1));
    await user.click(screen.getByTestId('history-clear'));
    const confirm = await screen.findByTestId('history-clear-confirm');
    expect(screen.getByRole('dialog').textContent).toMatch(/^.*2 commands that were issued to this store/);
    expect(screen.getByRole('dialog').textContent).toContain('stays in its log');
    // A dialog takes its name a moment after it is there.
    await waitFor(() => expect(screen.getByRole('dialog').hasAttribute('aria-labelledby')).toBe(true));
    expect(await accessibilityProblems(container)).toEqual([]);
    // Issued by somebody else while it is being confirmed: nobody has seen it, so it stays.
    const newest = fake.desk.history[0];
    if (newest === undefined) throw new Error('there is one');
    fake.desk.history.unshift({ ...newest, attempt: 'meanwhile' });
    await user.click(confirm);
    await screen.findByText('2 commands were forgotten.');
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(1));
    await user.click(screen.getByTestId('history-clear'));
    await user.click(await screen.findByRole('button', { name: 'Keep it' }));
    expect(fake.desk.history).toHaveLength(1);
    await user.click(screen.getByTestId('history-clear'));
    await user.click(await screen.findByTestId('history-clear-confirm'));
    await screen.findByText('No command was issued here yet');
    expect(screen.queryByTestId('history-clear'), 'there is nothing to clear').toBeNull();
  });

  it('says which fields it does not keep because they are personal', async () => {
    const { user } = renderAt(places.commands('RegisterCustomer'));
    await user.click(await screen.findByTestId('fill-example'));
    await user.click(screen.getByTestId('execute'));
    await waitFor(() => expect(outcome()).not.toBe('nothing'));
    await user.click(screen.getByTestId('commands-history'));
    await user.click(await screen.findByTestId('history-row'));
    expect((await screen.findByTestId('history-withheld')).textContent).toContain('givenName');
    expect(screen.getByTestId('history-panel').textContent).not.toContain('Byron');
  });

  it('begins with what to do next', async () => {
    renderAt(places.commandHistory());
    expect((await screen.findByTestId('empty-state')).textContent).toContain('No command was issued here yet');
  });
});

describe('the concurrency theatre', () => {
  const withdrawal = (minor: string) =>
    JSON.stringify({ accountId: '100234', amount: { minor, currency: 'EUR' } }, null, 2);

  it('rehearses a conflict, shows what changed in between, and is refused or carried out on fresh state', async () => {
    const { fake, user, container } = renderAt(places.theatre('Withdraw', 'Withdraw', withdrawal('100')));
    const before = fake.head;
    await user.click(await screen.findByTestId('theatre-open'));
    expect((await screen.findByTestId('theatre-stage')).textContent).toContain('both have seen version');
    await user.click(screen.getByTestId('seat-first-append'));
    const first = screen.getByTestId('seat-first');
    await waitFor(() => expect(within(first).getByTestId('theatre-turn').dataset.outcome).toBe('executed'));
    await user.click(screen.getByTestId('seat-second-append'));
    const second = screen.getByTestId('seat-second');
    await waitFor(() => expect(within(second).getByTestId('theatre-turn').dataset.outcome).toBe('conflict'));
    expect(within(second).getAllByTestId('theatre-event')).toHaveLength(1);
    expect(second.textContent).toContain('Written in between: 1 event');
    expect(within(second).getByTestId('theatre-between')).toBeTruthy();
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.click(screen.getByTestId('seat-second-retry'));
    await waitFor(() => expect(within(second).getAllByTestId('theatre-turn')[1]?.dataset.outcome).toBe('executed'));
    expect(second.textContent).toContain('Decided again on version');
    expect(fake.head, 'nothing was written').toBe(before);
    expect(fake.calls.some((call) => call.name === 'theatreWrite')).toBe(false);
    await user.click(screen.getByTestId('theatre-again'));
    expect(screen.queryByTestId('theatre-stage')).toBeNull();
    expect(fake.calls.some((call) => call.name === 'theatreClose')).toBe(true);
  });

  it('plays on the store where that is chosen, and the conflict is in the history', async () => {
    const { fake, user } = renderAt(places.theatre('Withdraw', 'Withdraw', withdrawal('100')));
    await user.click(await screen.findByText('On the store'));
    await user.click(screen.getByTestId('theatre-open'));
    const before = fake.head;
    await user.click(await screen.findByTestId('seat-second-append'));
    await screen.findByText('Appended');
    await user.click(screen.getByTestId('seat-first-append'));
    await screen.findByText('Conflict');
    await user.click(screen.getByTestId('seat-first-retry'));
    await waitFor(() => expect(fake.head).toBe(before + 2));
    await user.click(screen.getByTestId('commands-history'));
    await waitFor(() =>
      expect(screen.getAllByTestId('history-row').map((row) => row.dataset.outcome)).toEqual([
        'executed',
        'conflict',
        'executed',
      ]),
    );
  });

  it('is played over a customer, a transfer and an entry as over an account, with two commands or one', async () => {
    const played: [string, string, object][] = [
      ['RestrictCustomer', 'SuspendCustomer', { customerId: 'C-1001', reason: 'A review is overdue' }],
      ['CancelTransfer', 'CancelTransfer', { transferId: 'T-5001', reason: 'Wrong account' }],
      ['SubmitEntry', 'RejectEntry', { transactionId: 'J-2001', reason: 'Wrong account' }],
    ];
    for (const [first, second, payload] of played) {
      const { user, unmount } = renderAt(places.theatre(first, second, JSON.stringify(payload)));
      await user.click(await screen.findByTestId('theatre-open'));
      const category = Object.keys(payload)[0]?.replace('Id', '');
      const stage = await screen.findByTestId('theatre-stage');
      expect(stage.textContent).toContain(`${category}-${Object.values(payload)[0]}`);
      await user.click(screen.getByTestId('seat-second-append'));
      await user.click(await screen.findByTestId('seat-first-append'));
      await screen.findByText('Conflict');
      expect(within(screen.getByTestId('seat-first')).getByTestId('theatre-event').textContent).toContain(second);
      unmount();
    }
  }, 30_000);

  it('says beforehand which commands can meet, those of the same kind first', async () => {
    const { fake, user, container } = renderAt(places.theatre('RestrictCustomer', 'Withdraw'));
    const second = await screen.findByTestId('seat-second');
    await within(second).findByText(/is decided on another kind of stream than Restrict customer \(Customer\)/i);
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.click(screen.getByTestId('seat-second-command'));
    await user.clear(screen.getByTestId('seat-second-command'));
    const list = document.getElementById(screen.getByTestId('seat-second-command').getAttribute('aria-controls') ?? '');
    if (list === null) throw new Error('its list is open');
    const options = within(list).getAllByRole('option', { hidden: true });
    expect(options[0]?.textContent).toBe('Register customer');
    expect(options.length, 'all commands are there').toBe((await fake.platform().commands()).length);
    await user.click(within(list).getByRole('option', { name: 'Suspend customer', hidden: true }));
    await waitFor(() => expect(within(second).queryByText(/is decided on another kind/)).toBeNull());
  });

  it('is only rehearsed on a read-only store', async () => {
    renderAt(places.theatre('Withdraw', 'Withdraw', withdrawal('100')), { readOnly: true });
    expect((await screen.findByRole<HTMLInputElement>('radio', { name: 'On the store' })).disabled).toBe(true);
    expect(screen.getByTestId<HTMLButtonElement>('theatre-open').disabled).toBe(false);
  });

  it('says why two cannot meet', async () => {
    const { user } = renderAt(places.theatre('Withdraw', 'Withdraw', withdrawal('100')));
    const second = await screen.findByTestId('seat-second');
    const account = within(second).getByTestId('field-accountId');
    await user.clear(account);
    await user.type(account, '100245');
    await user.click(screen.getByTestId('theatre-open'));
    expect((await screen.findByTestId('error-state')).textContent).toContain('they cannot meet');
  });

  it('is reached from a form with what is filled in there', async () => {
    const { user } = renderAt(places.commands('Withdraw', withdrawal('777')));
    await user.click(await screen.findByTestId('to-theatre'));
    for (const which of ['first', 'second']) {
      const seat = await screen.findByTestId(`seat-${which}`);
      expect(within(seat).getByTestId<HTMLInputElement>('field-amount').value).toBe('7.77');
    }
  });
});
