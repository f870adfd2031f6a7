import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { formatPlace, parsePlace, places } from '../app/place';
import { accessibilityProblems, renderAt } from './render';

const PATIENCE = { timeout: 10_000 };
const main = () => screen.getByRole('main');

describe('a copy', () => {
  it('is examined first, then copied, gone on with and compared', async () => {
    const { fake, user } = renderAt(places.copying({ to: 'c-1' }));
    const copy = await screen.findByTestId<HTMLButtonElement>('copy-store', {}, PATIENCE);
    expect(copy.disabled).toBe(true);
    await user.click(screen.getByTestId('examine-copy'));
    const plan = await screen.findByTestId('copy-report', {}, PATIENCE);
    expect(plan.dataset.outcome).toBe('planned');
    expect(within(plan).getByTestId('copy-note').dataset.kind).toBe('sealed_without_key');
    expect(plan.textContent).toContain('400 events');
    expect(await accessibilityProblems(main())).toEqual([]);
    expect(copy.textContent).toBe('Copy into Branch');
    await user.click(copy);
    await waitFor(() => expect(screen.getByTestId('copy-report').dataset.outcome).toBe('copied'), PATIENCE);
    expect(screen.getByTestId('copy-report').textContent).toContain('down to positions, times and hashes');
    expect(fake.calls.find((call) => call.name === 'copyStore')?.args[0]).toMatchObject({
      from: { connection: null },
      to: { connection: 'c-1' },
      withKeys: false,
      leaveOut: false,
    });
    await user.click(screen.getByTestId('compare-copy'));
    await waitFor(() => expect(screen.getByTestId('copy-report').dataset.outcome).toBe('compared'), PATIENCE);
  });

  it('that was stopped says so, and going on copies the rest', async () => {
    const { fake, user } = renderAt(places.copying({ to: 'c-1' }), { latency: 1 });
    await user.click(await screen.findByTestId('examine-copy', {}, PATIENCE));
    await screen.findByTestId('copy-report', {}, PATIENCE);
    await user.click(screen.getByTestId('copy-store'));
    const bar = await screen.findByRole('progressbar', { name: 'Copying' }, PATIENCE);
    expect(bar.closest('[data-testid="progress"]')?.textContent).toMatch(/of 400.*\/s.*left/);
    await user.click(screen.getByTestId('cancel-task'));
    await waitFor(() => expect(screen.getByTestId('copy-report').dataset.outcome).toBe('cancelled'), PATIENCE);
    const part = fake.servers.copied.get('c-1') ?? 0;
    expect(part).toBeGreaterThan(0);
    expect(part).toBeLessThan(400);
    const again = screen.getByTestId('copy-store');
    expect(again.textContent).toBe('Go on copying into Branch');
    await user.click(again);
    await waitFor(() => expect(screen.getByTestId('copy-report').dataset.outcome).toBe('copied'), PATIENCE);
    expect(fake.servers.copied.get('c-1')).toBe(400);
  });

  it('into production asks for the password and for the name', async () => {
    const { fake, user } = renderAt(places.copying({ to: 'c-2' }));
    await user.click(await screen.findByTestId('examine-copy', {}, PATIENCE));
    await user.type(await screen.findByTestId('typed-password', {}, PATIENCE), 'sesame');
    await user.click(screen.getByTestId('open-with-password'));
    await screen.findByTestId('copy-report', {}, PATIENCE);
    await user.click(screen.getByTestId('copy-store'));
    const name = await screen.findByTestId('production-name', {}, PATIENCE);
    expect(screen.getByTestId('ask-production').textContent).toContain('Live is marked as production');
    await user.type(name, 'Live{Enter}');
    await waitFor(() => expect(screen.getByTestId('copy-report').dataset.outcome).toBe('copied'), PATIENCE);
    // The password was typed once.
    expect(fake.calls.filter((call) => call.name === 'connections').length).toBeGreaterThan(1);
    expect(document.body.textContent).not.toContain('sesame');
  });

  it('leaves nothing out unless that is agreed to', async () => {
    const { fake, user } = renderAt(places.copying({ to: 'c-1' }));
    fake.servers.losses = true;
    await user.click(await screen.findByTestId('examine-copy', {}, PATIENCE));
    await screen.findByTestId('copy-leave-out', {}, PATIENCE);
    expect(screen.getByTestId<HTMLButtonElement>('copy-store').disabled).toBe(true);
    await user.click(screen.getByTestId('copy-leave-out'));
    await user.click(screen.getByTestId('copy-store'));
    await waitFor(() => expect(screen.getByTestId('copy-report').dataset.outcome).toBe('copied'), PATIENCE);
    expect(screen.getByTestId('copy-notes').textContent).toContain('archive is not there');
  });

  it('never writes to a store that is marked as read-only', async () => {
    const { user } = renderAt(places.connections());
    await user.click(await screen.findByTestId('edit-Branch', {}, PATIENCE));
    await user.click(await screen.findByTestId('connection-read-only', {}, PATIENCE));
    await user.click(screen.getByTestId('save-connection'));
    await waitFor(() => expect(screen.getByTestId('connection-Branch').textContent).toContain('read-only'), PATIENCE);
    await user.click(screen.getByTestId('connections-copy'));
    await user.click(await screen.findByTestId('copy-to', {}, PATIENCE));
    await user.click(await screen.findByRole('option', { name: /Branch/ }, PATIENCE));
    await user.click(screen.getByTestId('examine-copy'));
    await screen.findByTestId('copy-report', {}, PATIENCE);
    expect(screen.getByTestId<HTMLButtonElement>('copy-store').disabled).toBe(true);
    expect(main().textContent).toContain('Branch is marked as read-only');
  });

  it('is found again by whoever was elsewhere meanwhile', async () => {
    const { fake, user } = renderAt(places.connections());
    await user.click(await screen.findByTestId('copy-Branch', {}, PATIENCE));
    await user.click(await screen.findByTestId('examine-copy', {}, PATIENCE));
    await screen.findByTestId('copy-report', {}, PATIENCE);
    await user.click(screen.getByTestId('connections-list'));
    await screen.findByTestId('connections', {}, PATIENCE);
    expect(fake.servers.copy).not.toBeNull();
    await user.click(screen.getByTestId('copy-Branch'));
    expect((await screen.findByTestId('copy-report', {}, PATIENCE)).dataset.outcome).toBe('planned');
  });
});

describe('a parity run', () => {
  it('shows the same answers side by side, with times', async () => {
    const { fake, user } = renderAt(places.parity());
    await user.click(await screen.findByTestId('parity-Branch', {}, PATIENCE));
    await user.click(screen.getByTestId('run-parity'));
    const report = await screen.findByTestId('parity-report', {}, PATIENCE);
    expect(report.dataset.agrees).toBe('true');
    expect(fake.calls.find((call) => call.name === 'runParity')?.args[0]).toMatchObject({
      stores: [{ connection: 'c-1' }],
      scratchFile: true,
    });
    const times = within(report).getByTestId('parity-times');
    expect(times.textContent).toContain('memory');
    expect(times.textContent).toContain('temporary file');
    // What is not offered is what there is to look at.
    await user.click(within(report).getByTestId('parity-step'));
    expect(report.textContent).toContain('does not offer payloads that are not JSON');
    await user.click(within(report).getByText(/^Same/));
    await user.click(within(report).getAllByTestId('parity-step')[0] as HTMLElement);
    const answers = await within(report).findByTestId('parity-answers', {}, PATIENCE);
    expect(answers.querySelectorAll('pre').length).toBe(3);
    expect(await accessibilityProblems(main())).toEqual([]);
  });

  it('names the place where answers part', async () => {
    const { fake, user } = renderAt(places.parity());
    fake.servers.differs = true;
    await user.click(await screen.findByTestId('run-parity', {}, PATIENCE));
    const report = await screen.findByTestId('parity-report', {}, PATIENCE);
    expect(report.dataset.agrees).toBe('false');
    await user.click(within(report).getByTestId('parity-step'));
    await within(report).findByTestId('parity-answers', {}, PATIENCE);
    expect(report.textContent).toContain('part at /events/3/version');
  });

  it('asks for the name of a store in production', async () => {
    const { user } = renderAt(places.parity());
    await user.click(await screen.findByTestId('parity-Live', {}, PATIENCE));
    await user.click(screen.getByTestId('run-parity'));
    await user.type(await screen.findByTestId('typed-password', {}, PATIENCE), 'sesame{Enter}');
    await user.type(await screen.findByTestId('production-name', {}, PATIENCE), 'Live{Enter}');
    await screen.findByTestId('parity-report', {}, PATIENCE);
  });
});

describe('the server tab', () => {
  it('says of a file what it is, and why it has no server', async () => {
    renderAt(places.server());
    const facts = await screen.findByTestId('server-facts', {}, PATIENCE);
    expect(facts.textContent).toContain('Schema version');
    expect(screen.getByTestId('no-server').textContent).toContain('no server');
    expect(screen.queryByTestId('subscriptions')).toBeNull();
    expect(screen.getByTestId('capabilities').textContent).toContain('A hash chain runs');
  });

  it('shows subscriptions, projections, and behind a switch the server’s own streams', async () => {
    const { fake, user } = renderAt(places.accounts());
    fake.servers.hasServer = true;
    await user.click(await screen.findByTestId('nav-connections', {}, PATIENCE));
    await user.click(await screen.findByTestId('connections-server', {}, PATIENCE));
    expect((await screen.findByTestId('subscription', {}, PATIENCE)).textContent).toContain('billing');
    expect((await screen.findByTestId('server-projection', {}, PATIENCE)).textContent).toContain('Faulted');
    const list = await screen.findByTestId('server-streams', {}, PATIENCE);
    expect(within(list).queryByText('$ce-account')).toBeNull();
    await user.click(screen.getByTestId('system-streams'));
    await user.click(await within(list).findByText('$ce-account', {}, PATIENCE));
    const report = await screen.findByTestId('stream-report', {}, PATIENCE);
    expect(report.dataset.standing).toBe('present');
    const entries = await within(report).findByTestId('stream-entries', {}, PATIENCE);
    expect(entries.textContent).toContain('account-ended v1');
    expect(entries.textContent).toContain('unresolved');
    expect(within(report).getByTestId('stream-rights').textContent).toContain('ops, audit');
    expect(within(report).getByTestId('stream-metadata').textContent).toContain('$maxCount');
    expect(await accessibilityProblems(main())).toEqual([]);
  });

  it.each([
    ['account-deleted', 'deleted_softly', 'deleted'],
    ['account-ended', 'tombstoned', 'tombstoned'],
    ['account-old', 'hidden', 'truncated'],
    ['payroll-1', 'not_allowed', 'no right'],
    ['acount-100234', 'missing', 'no such stream'],
  ])('says why %s is not there', async (stream, standing, words) => {
    renderAt(places.server(stream));
    const report = await screen.findByTestId('stream-report', {}, PATIENCE);
    expect(report.dataset.standing).toBe(standing);
    expect(report.textContent).toContain(words);
    if (standing === 'missing') expect(within(report).getByText('account-100234')).toBeTruthy();
  });

  it('tells how far a log is indexed, until it is', async () => {
    const { fake } = renderAt(places.accounts());
    fake.servers.index = { complete: false, events: '120000', position: '3000', head: '12000' };
    const line = await screen.findByTestId('indexing', {}, PATIENCE);
    expect(line.textContent).toContain('25 %');
    fake.servers.index = { complete: true, events: '480000', position: '12000', head: '12000' };
    await waitFor(() => expect(screen.queryByTestId('indexing')).toBeNull(), PATIENCE);
  });
});

describe('places of connections', () => {
  it('have addresses that lead back to them', () => {
    for (const place of [
      places.connections(),
      places.parity(),
      places.server('$ce-account'),
      places.copying({ from: 'a', to: 'b' }),
    ]) {
      expect(parsePlace(formatPlace(place))).toEqual(place);
    }
  });
});
