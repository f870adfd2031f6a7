import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { places } from '../app/place';
import type { RebuildOptions, RetentionBy, SkipRequest } from '../platform/wire';
import { DRIFTING, HALTED } from './fake/projections';
import { addressOf, renderAt } from './render';

const PATIENCE = { timeout: 6000 };

describe('a read model', () => {
  it('that is halted names its event, and skips it only with a reason', async () => {
    const { fake, user } = renderAt(places.projections());
    const halted = await screen.findByTestId(`halted-${HALTED.name}`);
    expect(halted.textContent).toContain(`#${HALTED.at}`);
    await user.click(within(halted).getByTestId(`skip-${HALTED.name}`));
    const confirm = await screen.findByTestId<HTMLButtonElement>('confirm-skip');
    expect(confirm.disabled).toBe(true);
    await user.type(screen.getByTestId('confirm-skip-reason'), 'known fault of the import');
    expect(confirm.disabled).toBe(false);
    await user.click(confirm);
    await waitFor(() => expect(screen.queryByTestId(`halted-${HALTED.name}`)).toBeNull(), PATIENCE);
    const asked = fake.calls.find((call) => call.name === 'skipEvent')?.args[0] as SkipRequest;
    expect(asked).toMatchObject({ name: HALTED.name, position: HALTED.at, reason: 'known fault of the import' });
    expect(asked.actor).not.toBe('');
    await user.click(screen.getByTestId(`exceptions-${HALTED.name}`));
    const skipped = await screen.findByTestId('skipped');
    expect(skipped.textContent).toContain('known fault of the import');
    expect(skipped.textContent).toContain(asked.actor);
  });

  it('whose rebuild differs is not swapped in until one says so, knowing what differs', async () => {
    const { fake, user } = renderAt(places.projections());
    await user.click(await screen.findByTestId(`rebuild-${DRIFTING}`));
    await user.click(await screen.findByTestId('confirm-rebuild'));
    const line = await screen.findByTestId(`rebuild-report-${DRIFTING}`, {}, PATIENCE);
    expect(line.dataset.outcome).toBe('refused');
    await user.click(screen.getByTestId(`report-details-${DRIFTING}`));
    const findings = await screen.findByTestId('rebuild-findings');
    expect(within(findings).getByTestId('row-differences').textContent).toContain('125000');
    expect(within(findings).getByTestId('row-differences').textContent).toContain('empty');
    expect(within(findings).getByTestId('violations').textContent).toContain('balance follows');
    await user.click(screen.getByTestId('swap-anyway'));
    const swap = await screen.findByTestId('confirm-swap');
    expect(swap.closest('[role="dialog"]')?.textContent).toContain('will see the rebuilt rows');
    await user.click(swap);
    await waitFor(
      () => expect(screen.getByTestId(`rebuild-report-${DRIFTING}`).dataset.outcome).toBe('swapped'),
      PATIENCE,
    );
    const asked = fake.calls.filter((call) => call.name === 'rebuildProjection');
    const options = asked.map((call) => call.args[1] as RebuildOptions);
    expect(options).toEqual([
      { acceptDifferences: false, resume: false, keep: true },
      { acceptDifferences: true, resume: true, keep: true },
    ]);
  });

  it('goes on being rebuilt when one leaves the view, and can be stopped on return', async () => {
    const { user } = renderAt(places.projections(), { latency: 60 });
    await user.click(await screen.findByTestId('rebuild-accounts', {}, PATIENCE));
    await user.click(await screen.findByTestId('confirm-rebuild'));
    await user.click(screen.getByTestId('nav-evidence'));
    await screen.findByTestId('verify');
    await user.click(screen.getByTestId('nav-projections'));
    const card = await screen.findByTestId('projection-accounts', {}, PATIENCE);
    const progress = await within(card).findByTestId('progress', {}, PATIENCE);
    expect(progress.textContent).toMatch(/left/);
    await user.click(within(card).getByTestId('cancel-task'));
    const line = await screen.findByTestId('rebuild-report-accounts', {}, PATIENCE);
    expect(line.dataset.outcome).toBe('cancelled');
    expect(line.textContent).toContain('kept');
    await user.click(screen.getByTestId('menu-accounts'));
    await user.click(await screen.findByTestId('menu-resume'));
    await user.click(await screen.findByTestId('confirm-rebuild'));
    await waitFor(() => expect(screen.getByTestId('rebuild-report-accounts').dataset.outcome).toBe('swapped'), {
      timeout: 8000,
    });
  }, 30_000);

  it('is reset only after the number of its rows was typed', async () => {
    const { fake, user } = renderAt(places.projections());
    await user.click(await screen.findByTestId('menu-accounts'));
    await user.click(await screen.findByTestId('menu-reset'));
    const confirm = await screen.findByTestId<HTMLButtonElement>('confirm-reset');
    await user.type(screen.getByTestId('confirm-reset-typed'), '41');
    expect(confirm.disabled).toBe(true);
    await user.clear(screen.getByTestId('confirm-reset-typed'));
    await user.type(screen.getByTestId('confirm-reset-typed'), '40');
    await user.click(confirm);
    await waitFor(() => expect(fake.calls.some((call) => call.name === 'resetProjection')).toBe(true));
  });

  it('is rolled back to what the last swap kept, and only if there is something', async () => {
    const { fake, user } = renderAt(places.projections());
    await user.click(await screen.findByTestId('menu-accounts'));
    expect((await screen.findByTestId('menu-roll-back')).textContent).toContain('No former tables');
    await user.keyboard('{Escape}');
    await user.click(screen.getByTestId('menu-transfers'));
    await user.click(await screen.findByText('Roll back to v1.0…'));
    await user.click(await screen.findByTestId('confirm-roll-back'));
    await waitFor(() =>
      expect(fake.calls.find((call) => call.name === 'rollBackProjection')?.args).toEqual(['transfers']),
    );
  });

  it('that drifts shows the row and leads to the event where it parts', async () => {
    const { user } = renderAt(places.projections(DRIFTING));
    await user.click(await screen.findByTestId('examine'));
    const report = await screen.findByTestId('doctor-report', {}, PATIENCE);
    expect(report.dataset.clean).toBe('false');
    const fault = within(report).getByTestId('row-fault');
    expect(fault.textContent).toContain('It missed #17');
    await user.click(within(fault).getByText(/MoneyWithdrawn/));
    await waitFor(() => expect(screen.getByTestId('place-title').textContent).toContain('account-100234'));
  });

  it('releases a stream that was set aside', async () => {
    const { fake, user } = renderAt(places.projections('holds'));
    expect((await screen.findByTestId('quarantined')).textContent).toContain('HoldCaptured');
    await user.click(screen.getByTestId('release-account-100240'));
    await user.click(await screen.findByTestId('confirm-release'));
    await waitFor(() => expect(screen.queryByTestId('quarantined')).toBeNull(), PATIENCE);
    expect(fake.calls.find((call) => call.name === 'releaseStream')?.args).toEqual(['holds', 'account-100240']);
  });

  it('can be neither skipped nor changed by a decision on a read-only store', async () => {
    renderAt(places.projections(), { readOnly: true });
    expect((await screen.findByTestId<HTMLButtonElement>(`skip-${HALTED.name}`)).disabled).toBe(true);
  });
});

describe('a process', () => {
  it('shows what is stuck with its reason first, and has it looked at again', async () => {
    const { fake, user } = renderAt(places.processes());
    const row = await screen.findByTestId('stuck-row');
    expect(row.textContent).toContain('does not decode');
    await user.click(row);
    expect((await screen.findByTestId('stuck-reason')).textContent).toContain('does not decode');
    const atFault = screen.getByTestId('stuck-event');
    expect(atFault.textContent).toBe('Open event #21');
    expect(atFault.getAttribute('href')).toBe(addressOf(places.events({}, '21')));
    await user.click(await screen.findByTestId('operator-retry'));
    const confirm = await screen.findByTestId<HTMLButtonElement>('confirm-operator');
    expect(confirm.disabled).toBe(true);
    await user.type(screen.getByTestId('confirm-operator-reason'), 'the account can be read again');
    await user.click(confirm);
    await waitFor(() => expect(fake.processes.retried).toEqual([row.dataset.stream]));
    expect(fake.processes.decided[0]).toMatchObject({ action: 'retry', reason: 'the account can be read again' });
    expect(fake.processes.decided[0]?.actor).not.toBe('');
    expect((await screen.findByTestId('empty-state', {}, PATIENCE)).textContent).toContain('Nothing is stuck');
  });

  it('is compensated with a reason, and offers nothing that its state does not allow', async () => {
    const { fake, user } = renderAt(places.processes());
    const row = await screen.findByTestId('stuck-row');
    await user.click(row);
    const rules = await screen.findByTestId('operator-rules');
    expect(rules.textContent).toContain('Not now: Cancel');
    expect(rules.textContent).toContain('only before the source account is debited');
    expect(screen.getByTestId<HTMLButtonElement>('operator-cancel').disabled).toBe(true);
    await user.keyboard('yc');
    const confirm = await screen.findByTestId<HTMLButtonElement>('confirm-operator');
    expect(confirm.closest('[role="dialog"]')?.textContent).toContain('takes the place of the planned step');
    await user.type(screen.getByTestId('confirm-operator-reason'), 'the target is gone');
    await user.click(confirm);
    await waitFor(() => expect(fake.processes.decided).toHaveLength(1));
    expect(fake.processes.decided[0]).toMatchObject({
      stream: row.dataset.stream,
      action: 'compensate',
      reason: 'the target is gone',
    });
  });

  it('decides nothing on a read-only store, and says so', async () => {
    const { user } = renderAt(places.processes(), { readOnly: true });
    await user.click(await screen.findByTestId('stuck-row'));
    const rules = await screen.findByTestId('operator-rules');
    await waitFor(() => expect(rules.textContent).toContain('Not now: Retry, Cancel, Compensate, Park'), PATIENCE);
    expect(rules.textContent).toContain('read-only');
    for (const action of ['retry', 'cancel', 'compensate', 'park']) {
      expect(screen.getByTestId<HTMLButtonElement>(`operator-${action}`).disabled).toBe(true);
    }
  });

  it('shows each message with the state before and after it', async () => {
    const { fake, user } = renderAt(places.processes());
    await user.click(await screen.findByTestId('stuck-row'));
    const messages = await screen.findAllByTestId('message');
    expect(messages.length).toBeGreaterThan(3);
    await screen.findByTestId('before-after');
    await user.click(messages[1] as HTMLElement);
    await waitFor(() =>
      expect(fake.calls.some((call) => call.name === 'stateAt' && call.args[1] === '2' && call.args[2] === '1')).toBe(
        true,
      ),
    );
    expect(messages[1]?.getAttribute('aria-pressed')).toBe('true');
  });

  it('lists unfinished instances with what they wait for, part by part', async () => {
    const { fake, user } = renderAt(places.processes('transfer'), { events: 900 });
    await user.click(await screen.findByTestId('show-unfinished'));
    const rows = await screen.findAllByTestId('instance-row');
    expect(rows).toHaveLength(2);
    expect(rows.map((row) => row.textContent).join()).toContain('timer deadline');
    await user.click(screen.getByTestId('look-further'));
    await waitFor(() => expect(fake.calls.filter((call) => call.name === 'processInstances').at(-1)?.args[2]).toBe(50));
  });

  it('says how long until a timer is due, or since when', async () => {
    renderAt(places.processes('transfer', 'timers'));
    const rows = await screen.findAllByTestId('timer-row');
    expect(rows[0]?.textContent).toMatch(/due .* ago/);
    expect(rows[1]?.textContent).toMatch(/in \d+ d/);
  });
});

describe('maintenance', () => {
  it('verifies snapshots, and deletes them after a question', async () => {
    const { user } = renderAt(places.maintenance('snapshots'));
    await user.click(await screen.findByTestId('verify-snapshots'));
    expect((await screen.findByTestId('snapshot-audit', {}, PATIENCE)).dataset.sound).toBe('true');
    await user.click(screen.getByTestId('delete-snapshots'));
    await user.click(await screen.findByTestId('confirm-delete-snapshots'));
    expect((await screen.findByTestId('empty-state', {}, PATIENCE)).textContent).toContain('No snapshots');
  });

  it('hides events by rule only after a preview, with a reason and their number typed', async () => {
    const { fake, user } = renderAt(places.maintenance('retention'));
    await user.click(await screen.findByTestId('preview-retention'));
    expect((await screen.findByTestId('retention-plan', {}, PATIENCE)).textContent).toContain('Nothing would go');
    await user.click(screen.getByTestId('add-rule'));
    await user.type(await screen.findByTestId('rule-name'), 'account');
    await user.type(screen.getByTestId('rule-maxAge'), '3650');
    await user.type(screen.getByTestId('rule-reason'), 'ten years are over');
    await user.click(screen.getByTestId('save-rule'));
    await waitFor(() => expect(screen.getByTestId('rules').textContent).toContain('older than 10 years'), PATIENCE);

    await user.click(screen.getByTestId('preview-retention'));
    await waitFor(() => expect(screen.getAllByTestId('plan-row')).toHaveLength(2), PATIENCE);
    expect(screen.getAllByTestId('plan-row')[1]?.textContent).toContain('carries the whole state');
    await user.click(screen.getByTestId('apply-retention'));
    const confirm = await screen.findByTestId<HTMLButtonElement>('confirm-retention');
    await user.type(screen.getByTestId('confirm-retention-reason'), 'retention plan of 2026');
    await user.type(screen.getByTestId('confirm-retention-typed'), '24');
    expect(confirm.disabled).toBe(true);
    await user.clear(screen.getByTestId('confirm-retention-typed'));
    await user.type(screen.getByTestId('confirm-retention-typed'), '42');
    await user.click(confirm);
    expect((await screen.findByTestId('retention-done', {}, PATIENCE)).textContent).toContain('42 events hidden');
    const call = fake.calls.find((one) => one.name === 'applyRetention');
    expect(call?.args[1]).toBe('42');
    expect((call?.args[2] as RetentionBy | undefined)?.reason).toBe('retention plan of 2026');
  });

  it('places a legal hold that refuses by name, and lifts it with a reason', async () => {
    const { fake, user } = renderAt(places.maintenance('legal-holds'));
    await user.click(await screen.findByTestId('place-hold'));
    await user.type(await screen.findByTestId('hold-name'), 'CASE-7');
    await user.type(screen.getByTestId('hold-scope'), 'account-100235');
    await user.type(screen.getByTestId('hold-reason'), 'court order');
    await user.click(screen.getByTestId('save-hold'));
    expect((await screen.findByTestId('legal-holds', {}, PATIENCE)).textContent).toContain('court order');
    await user.click(screen.getByTestId('lift-CASE-7'));
    const confirm = await screen.findByTestId<HTMLButtonElement>('confirm-lift-hold');
    expect(confirm.disabled).toBe(true);
    await user.type(screen.getByTestId('confirm-lift-hold-reason'), 'case closed');
    await user.click(confirm);
    await screen.findByText('No legal hold is in force', {}, PATIENCE);
    expect(fake.calls.find((call) => call.name === 'liftLegalHold')?.args[0]).toBe('CASE-7');
  });
});
