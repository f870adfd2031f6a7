import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePlace, places } from '../app/place';
import { go } from '../app/router';
import { forgetDrafts } from '../views/whatif/drafts';
import { accessibilityProblems, renderAt, switchTo } from './render';

const ACCOUNT = 'account-100234';
const rows = () => screen.getAllByTestId(/^what-if-row-/);
const shown = () => screen.findByRole('grid', { name: /what happened/i });
const scenarioAsked = (fake: ReturnType<typeof renderAt>['fake']) => {
  const call = fake.calls.filter(({ name }) => name === 'runWhatIf').at(-1);
  return call?.args[0] as { edits: { kind: string }[]; steps: { kind: string }[]; through: { kind: string } };
};

afterEach(() => act(() => forgetDrafts()));

/** Adds a command to the what-if, with its payload as JSON. */
async function issue(user: ReturnType<typeof renderAt>['user'], commandType: string, payload: string): Promise<void> {
  await user.click(await screen.findByTestId('what-if-add'));
  await user.click(await screen.findByTestId('what-if-add-command'));
  await user.click(await screen.findByTestId('what-if-command'));
  await user.click(await screen.findByRole('option', { name: commandType, hidden: true }));
  await user.click(screen.getByRole('radio', { name: 'JSON', hidden: true }));
  const field = await screen.findByTestId('raw-json');
  await user.clear(field);
  await user.click(field);
  await user.paste(payload);
  await user.click(screen.getByTestId('what-if-apply'));
}

describe('a what-if', () => {
  it('without differences shows each event beside itself, and has no accessibility problem', async () => {
    const { container } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    for (const row of rows()) expect(within(row).getByText('The same')).toBeTruthy();
    expect(screen.getByTestId('what-if-no-difference')).toBeTruthy();
    expect(screen.queryByTestId('what-if-not-decided-again'), 'nothing is changed').toBeNull();
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('leaves an event out by a key, says what differs, and takes it back in', async () => {
    const { fake, user, container } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    act(() => rows()[0]?.focus());
    await user.keyboard('x');
    await waitFor(() => expect(within(rows()[0] as HTMLElement).getByText('Left out')).toBeTruthy());
    expect(scenarioAsked(fake).edits).toMatchObject([{ kind: 'skip' }]);
    const end = screen.getByTestId(`what-if-end-${ACCOUNT}`).textContent ?? '';
    expect(end).toMatch(/instead of v[\d,]+ · \d+ values? differs?/);
    expect(screen.getByTestId('what-if-not-decided-again').textContent, 'recorded events stand').toMatch(
      /not decided again/,
    );
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.keyboard('x');
    await waitFor(() => expect(screen.getByTestId('what-if-no-difference')).toBeTruthy());
    expect(within(rows()[0] as HTMLElement).getByText('The same')).toBeTruthy();
  });

  it('edits a payload, and refuses what is not JSON with the place', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    act(() => rows()[0]?.focus());
    await user.keyboard('e');
    const field = await screen.findByTestId('what-if-payload');
    const before = (field as HTMLTextAreaElement).value;
    await user.clear(field);
    await user.click(field);
    await user.paste('{"amount": ');
    await user.click(screen.getByTestId('what-if-apply'));
    expect(screen.getByTestId('what-if-payload').getAttribute('aria-invalid')).toBe('true');
    await user.clear(field);
    await user.click(field);
    await user.paste(before.replace(/"minor": "\d+"/, '"minor": "12345678901234567890"'));
    await user.click(screen.getByTestId('what-if-apply'));
    await waitFor(() => expect(scenarioAsked(fake).edits).toMatchObject([{ kind: 'replace' }]));
    const end = (await screen.findByTestId(`what-if-end-${ACCOUNT}`)).textContent ?? '';
    expect(end, 'equal versions are not told as different').toMatch(/as it happened · /);
    expect(JSON.stringify(scenarioAsked(fake).edits)).toContain('12345678901234567890');
  });

  it('gives an event another time within the bounds that stand beside the field', async () => {
    const { fake, user, container } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    act(() => rows()[1]?.focus());
    await user.keyboard('e');
    const field = (await screen.findByTestId('what-if-recorded-at')) as HTMLInputElement;
    const [before, bounds] = [
      field.value,
      /From (.+?) to (.+?), so that/.exec(field.parentElement?.parentElement?.textContent ?? ''),
    ];
    if (bounds === null) throw new Error('the bounds are told');
    const [, earliest = '', latest = ''] = bounds;
    const says = async (text: string) => {
      await user.clear(field);
      await user.type(field, text);
      await user.click(screen.getByTestId('what-if-apply'));
    };
    await says('1999-12-31 12:00');
    expect(screen.getByText(`This is before what is in front of it, at ${earliest}.`)).toBeTruthy();
    await says('2999-12-31 12:00');
    expect(screen.getByText(`This is after what follows it, at ${latest}.`)).toBeTruthy();
    await says('half past four');
    expect(field.getAttribute('aria-invalid'), 'what is no time is refused').toBe('true');
    expect(await accessibilityProblems(container)).toEqual([]);
    await says(earliest);
    await waitFor(() => expect(scenarioAsked(fake).edits).toMatchObject([{ kind: 'replace', payload: null }]));
    const asked = scenarioAsked(fake).edits[0] as unknown as { recordedAt: string };
    expect(asked.recordedAt < before, 'the bound itself may be taken, as it is told').toBe(true);
  });

  it('begins its clock where that is chosen, not before the history, and goes back to the time of the log', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '2'));
    await waitFor(() => expect(screen.getByTestId('what-if-begins').textContent).toMatch(/where the log stands/));
    const clockAsked = () => (scenarioAsked(fake) as unknown as { clock: string | null }).clock;
    expect(clockAsked()).toBeNull();
    await user.keyboard('nb');
    const field = await screen.findByTestId('what-if-clock-begins');
    await user.type(field, '1999-12-31 12:00');
    await user.click(screen.getByTestId('what-if-apply'));
    expect(screen.getByText(/This is before what is in front of it/)).toBeTruthy();
    await user.clear(field);
    await user.type(field, '2999-12-31 12:00Z');
    await user.click(screen.getByTestId('what-if-apply'));
    await waitFor(() => expect(clockAsked()).toBe('2999-12-31T12:00:00.000000Z'));
    await waitFor(() => expect(screen.getByTestId('what-if-begins').textContent).toMatch(/begins at 2999-12-31/));
    await user.click(screen.getByTestId('what-if-choose-clock'));
    await user.clear(await screen.findByTestId('what-if-clock-begins'));
    await user.click(screen.getByTestId('what-if-apply'));
    // What is answered already is not asked again: the window says what it shows.
    await waitFor(() => expect(screen.getByTestId('what-if-begins').textContent).toMatch(/where the log stands/));
  });

  it('leads back from what cannot be run to what last ran', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    act(() => rows()[0]?.focus());
    await user.keyboard('x');
    await waitFor(() => expect(within(rows()[0] as HTMLElement).getByText('Left out')).toBeTruthy());
    fake.whatIf.impossible = 'edit_goes_back_in_time';
    act(() => rows()[1]?.focus());
    await user.keyboard('x');
    await screen.findByText('edit_goes_back_in_time');
    fake.whatIf.impossible = null;
    await user.click(screen.getByTestId('what-if-back'));
    await shown();
    expect(scenarioAsked(fake).edits, 'the last change is undone, the one before it is not').toHaveLength(2);
    expect(within(rows()[0] as HTMLElement).getByText('Left out')).toBeTruthy();
    expect(within(rows()[1] as HTMLElement).queryByText('Left out')).toBeNull();
  });

  it('moves an event by a key', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    act(() => rows()[0]?.focus());
    await user.keyboard('>');
    await waitFor(() => expect(scenarioAsked(fake).edits).toMatchObject([{ kind: 'move' }]));
  });

  it('inserts an event of another type with its newest version and an example for the stream, and moves it', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    act(() => rows()[0]?.focus());
    await user.keyboard('i');
    const type = await screen.findByTestId('what-if-event-type');
    await user.clear(type);
    await user.type(type, 'AccountOpened{Enter}');
    expect(screen.getByTestId('what-if-payload'), 'Enter chooses and does not insert').toBeTruthy();
    expect(scenarioAsked(fake).edits).toEqual([]);
    const payload = () => (screen.getByTestId('what-if-payload') as HTMLTextAreaElement).value;
    await waitFor(() => expect((screen.getByTestId('what-if-schema-version') as HTMLInputElement).value).toBe('3'));
    expect(JSON.parse(payload())).toMatchObject({ accountId: '100234' });
    const field = screen.getByTestId('what-if-payload');
    await user.clear(field);
    await user.click(field);
    await user.paste('{"own": 1}');
    await user.clear(type);
    await user.type(type, 'MoneyDeposited');
    await waitFor(() => expect(fake.calls.filter(({ name }) => name === 'eventExample').length).toBeGreaterThan(1));
    expect(payload(), 'what a person has written stays').toBe('{"own": 1}');
    await user.click(screen.getByTestId('what-if-apply'));
    await waitFor(() => expect(scenarioAsked(fake).edits).toMatchObject([{ kind: 'insert', schemaVersion: 3 }]));
    const before = scenarioAsked(fake).edits;
    const row = (await screen.findByText('inserted')).closest<HTMLElement>('[role="row"]');
    act(() => row?.focus());
    await user.keyboard('>');
    await waitFor(() => expect(scenarioAsked(fake).edits).not.toEqual(before));
    expect(scenarioAsked(fake).edits).toMatchObject([{ kind: 'insert' }]);
  });

  it('sends a command and tells the rule that refuses, with its numbers', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '2'));
    await screen.findByTestId('what-if-add');
    await user.click(screen.getByTestId('what-if-add'));
    await user.click(await screen.findByTestId('what-if-add-command'));
    await user.click(await screen.findByTestId('what-if-command'));
    await user.click(await screen.findByRole('option', { name: 'Withdraw', hidden: true }));
    await user.click(await screen.findByTestId('what-if-apply'));
    expect(screen.queryByTestId('what-if-outcome'), 'what is not filled in is not sent').toBeNull();
    await user.click(screen.getByRole('radio', { name: 'JSON', hidden: true }));
    const field = await screen.findByTestId('raw-json');
    await user.clear(field);
    await user.click(field);
    await user.paste('{"accountId":"100234","amount":{"minor":"999999999999","currency":"EUR"}}');
    await user.type(screen.getByTestId('what-if-business-date'), '2025-03-02');
    await user.click(screen.getByTestId('what-if-apply'));
    await waitFor(() => expect(scenarioAsked(fake).steps).toMatchObject([{ businessDate: '2025-03-02' }]));
    const outcome = await screen.findByTestId('what-if-outcome');
    expect(outcome.textContent).toMatch(/Refused: Only .* are available/);
    expect(within(outcome).getByText('insufficient_funds')).toBeTruthy();
    expect(within(outcome).getByText('9,999,999,999.99 EUR')).toBeTruthy();
  });

  it('says of a command that was accepted for a transfer which is refused all the same, and by which rule', async () => {
    const { fake, user, container } = renderAt(places.whatIf(ACCOUNT, '2'));
    const message = 'Only 1.00 EUR are available.';
    fake.whatIf.refused = { code: 'insufficient_funds', message, begun: false };
    await issue(user, 'Deposit', '{"accountId":"100234","amount":{"minor":"100","currency":"EUR"}}');
    const outcome = await screen.findByTestId('what-if-outcome');
    expect(outcome.textContent).toContain('Accepted, but the transfer would be rejected.');
    expect(within(outcome).getByTestId('refused-later').textContent).toBe(message);
    expect(within(outcome).getByText('insufficient_funds')).toBeTruthy();
    expect(outcome.dataset.tone, 'this is no success').toBe('refused');
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('names a process that a command leaves stuck under the step, which is no success then', async () => {
    const { fake, user, container } = renderAt(places.whatIf(ACCOUNT, '2'));
    fake.whatIf.stuck = [{ name: 'transfer-T-1', value: 'Event 220 of stream account-1 cannot be read.' }];
    await issue(user, 'Deposit', '{"accountId":"100234","amount":{"minor":"100","currency":"EUR"}}');
    const told = await screen.findByTestId('what-if-stuck');
    expect(told.textContent).toMatch(/transfer-T-1 is stuck: Event 220 .* cannot be read/);
    expect(screen.getByTestId('what-if-outcome').getAttribute('data-tone')).toBe('wrong');
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('lets time pass, and says what processes did', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '2'));
    await screen.findByTestId('what-if-add');
    await user.keyboard('nt');
    await screen.findByTestId('what-if-count');
    await user.click(screen.getByTestId('what-if-apply'));
    await waitFor(() => expect(scenarioAsked(fake).steps).toEqual([{ kind: 'clockBy', seconds: 86_400 }]));
    expect((await screen.findByTestId('what-if-outcome')).textContent).toMatch(/0 commands of processes/);
  });

  it('is stopped while it runs, and run again', async () => {
    const { user } = renderAt(places.whatIf(ACCOUNT, '1', true), { latency: 400 });
    await user.click(await screen.findByTestId('cancel-task'));
    await user.click(await screen.findByTestId('what-if-again'));
    await shown();
  });

  it('is saved in a file and opened from one', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    await user.click(screen.getByTestId('what-if-save'));
    await user.click(await screen.findByTestId('file-run'));
    await waitFor(() => expect(fake.whatIf.saved).toHaveLength(1));
    const [scenario] = fake.whatIf.saved;
    if (scenario === undefined) throw new Error('nothing was saved');
    fake.whatIf.file = {
      path: '/home/anna/other.whatif.json',
      scenario: { ...scenario, title: 'Another one', fork: { kind: 'stream', name: ACCOUNT, version: '2' } },
    };
    await user.click(screen.getByTestId('what-if-open'));
    await user.click(await screen.findByTestId('file-run'));
    await waitFor(() => expect(screen.getByTestId<HTMLInputElement>('what-if-title').value).toBe('Another one'));
    expect(parsePlace(window.location.hash)).toMatchObject({ view: 'whatIf', stream: ACCOUNT, version: '2' });
  });

  it('becomes a test, anonymous if that is wanted, which is saved', async () => {
    const { fake, user } = renderAt(places.whatIf(ACCOUNT, '2'));
    await screen.findByTestId('what-if-add');
    expect(screen.getByTestId<HTMLButtonElement>('what-if-test').disabled).toBe(true);
    await user.keyboard('np');
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>('what-if-test').disabled).toBe(false));
    await user.click(screen.getByTestId('what-if-test'));
    expect((await screen.findByTestId('what-if-source')).textContent).toContain('account-100234');
    expect(await accessibilityProblems(document.body)).toEqual([]);
    await user.click(screen.getByTestId('what-if-anonymous'));
    await waitFor(() => expect(screen.getByTestId('what-if-source').textContent).toContain('account-900001'));
    expect(screen.getByTestId('what-if-source').textContent).not.toContain('100234');
    await user.click(screen.getByTestId('what-if-save-test'));
    await user.click(await screen.findByTestId('file-run'));
    await waitFor(() => expect(fake.whatIf.savedTests).toHaveLength(1));
  });

  it('begins at an event, in front of it', async () => {
    const { user } = renderAt(places.events({ stream: ACCOUNT }, '3'));
    await user.click(await screen.findByTestId('to-what-if'));
    await screen.findByTestId('what-if-title');
    expect(parsePlace(window.location.hash)).toMatchObject({ view: 'whatIf', along: true });
  });

  it('begins with a choice where no stream is named', async () => {
    const { container } = renderAt(places.whatIf());
    await screen.findByTestId('what-if-open');
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('keeps what was changed while one looks elsewhere', async () => {
    const { user } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    act(() => rows()[0]?.focus());
    await user.keyboard('x');
    await waitFor(() => expect(within(rows()[0] as HTMLElement).getByText('Left out')).toBeTruthy());
    await user.keyboard('gb');
    await screen.findByTestId('account-row-100234');
    await act(() => window.history.back());
    await shown();
    expect(within(rows()[0] as HTMLElement).getByText('Left out')).toBeTruthy();
  });

  it('keeps it for its store alone: the stream of the same name in another store is as it was', async () => {
    const { user } = renderAt(places.whatIf(ACCOUNT, '1', true));
    await shown();
    act(() => rows()[0]?.focus());
    await user.keyboard('x');
    await waitFor(() => expect(within(rows()[0] as HTMLElement).getByText('Left out')).toBeTruthy());
    await switchTo(user, 'switch-Branch');
    act(() => go(places.whatIf(ACCOUNT, '1', true)));
    await shown();
    expect(screen.getByTestId('what-if-no-difference')).toBeTruthy();
    await switchTo(user, 'open-own-store');
    act(() => go(places.whatIf(ACCOUNT, '1', true)));
    await shown();
    expect(within(rows()[0] as HTMLElement).getByText('Left out')).toBeTruthy();
  });
});
