import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parsePlace, places, readAddress } from '../app/place';
import { currentPlace, go } from '../app/router';
import { changeSettings } from '../app/settings';
import { SHIPPED_FILES } from './fake/stage';
import { accessibilityProblems, renderAt } from './render';

const bar = () => screen.findByTestId('stage-bar');
const done = (count: number) => waitFor(() => expect(screen.getByTestId('stage-bar').dataset.done).toBe(String(count)));

async function onStage(scene = 'transfer') {
  const shown = renderAt(places.scenes(scene));
  await shown.user.click(await screen.findByTestId('stage-enter'));
  await bar();
  await screen.findByTestId('stage-step-list');
  return shown;
}

afterEach(() => vi.useRealTimers());

describe('the stage', () => {
  it('lists the shipped scenes with what happens in them, and has no accessibility problem', async () => {
    const { container } = renderAt(places.scenes('freeze'));
    await screen.findByTestId('scene-transfer');
    expect(screen.getByTestId('scene-freeze').getAttribute('aria-current')).toBe('true');
    expect(screen.getByRole('heading', { name: 'A fraud freeze, found by bisection' })).toBeTruthy();
    expect(screen.getByText('The fraud desk freezes the account')).toBeTruthy();
    expect(screen.queryByTestId('scene-rename')).toBeNull();
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('says what to do before a scene is on it', async () => {
    renderAt(places.stageSteps());
    await screen.findByTestId('stage-choose');
    expect(screen.queryByTestId('stage-bar')).toBeNull();
  });

  it('plays a scene step by step by keys, in every view, and tells what came of each', async () => {
    const { user, container } = await onStage();
    expect(screen.getByTestId('stage-progress').textContent).toBe('At the checkpoint');
    expect(await accessibilityProblems(container)).toEqual([]);
    await user.keyboard('{F9}');
    await done(1);
    expect(currentPlace()).toMatchObject({ view: 'bank', tab: 'account', account: '700101' });
    expect(screen.getByTestId('stage-spoken').textContent).toContain('This is a living bank');
    await user.keyboard('{F9}');
    await done(2);
    await user.keyboard('{F9}');
    await done(3);
    expect(screen.getByTestId('stage-outcome').dataset.outcome).toBe('executed');
    expect(screen.getByTestId('stage-progress').textContent).toBe('Step 3 of 7');
    expect(screen.getByTestId('stage-next').textContent).toBe('Next: The story of the transfer, step by step');
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('goes back to the checkpoint and a step back by keys', async () => {
    const { user, fake } = await onStage();
    const head = fake.head;
    for (const count of [1, 2, 3]) {
      await user.keyboard('{F9}');
      await done(count);
    }
    expect(fake.head).toBeGreaterThan(head);
    await user.keyboard('{F7}');
    await done(2);
    expect(fake.head).toBe(head);
    await user.keyboard('{F6}');
    await done(0);
    expect(screen.queryByTestId('stage-spoken')).toBeNull();
  });

  it('plays by itself, pauses, and is over at its end', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { user } = await onStage();
    await user.keyboard('{F8}');
    await done(1);
    expect(screen.getByTestId('stage-play').getAttribute('aria-label')).toBe('Pause');
    await act(() => vi.advanceTimersByTimeAsync(7_500));
    await done(2);
    await user.keyboard('{F8}');
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    await done(2);
    await user.keyboard('{F8}');
    await done(3);
    await act(() => vi.advanceTimersByTimeAsync(90_000));
    await done(7);
    expect(screen.getByTestId('stage-next').textContent).toBe('The scene is over.');
    await waitFor(() => expect(screen.getByTestId('stage-play').getAttribute('aria-label')).toBe('Play'));
  });

  it('hides its notes and makes everything bigger by keys', async () => {
    const { user, fake } = await onStage();
    await user.keyboard('{F9}');
    await screen.findByTestId('stage-spoken');
    await user.keyboard('{F4}');
    await waitFor(() => expect(screen.queryByTestId('stage-spoken')).toBeNull());
    await user.keyboard('{F4}');
    await user.keyboard('{F2}');
    await waitFor(() => expect(document.documentElement.hasAttribute('data-big-type')).toBe(true));
    await user.keyboard('{F2}');
    await waitFor(() => expect(document.documentElement.hasAttribute('data-big-type')).toBe(false));
    expect(fake.calls.filter(({ name }) => name === 'setZoom').map(({ args }) => args[0])).toEqual([1.4, 1]);
  });

  it('records places, is saved under a title, and takes words for its steps', async () => {
    const { user, fake } = await onStage();
    await user.keyboard('{F9}');
    await done(1);
    await user.click(screen.getByTestId('stage-record'));
    await screen.findByText('Recording');
    await user.keyboard('{F10}');
    await done(2);
    await user.click(screen.getByTestId('stage-save'));
    const title = await screen.findByTestId('scene-title');
    await user.clear(title);
    await user.type(title, 'My scene');
    await user.click(screen.getByTestId('scene-title-save'));
    await waitFor(() => expect(fake.stage.own.size).toBe(1));
    await waitFor(() => expect(screen.queryByTestId('stage-save')).toBeNull());
    act(() => go(places.stageSteps('2')));
    const notes = await screen.findByTestId('step-notes-field');
    await user.type(notes, 'Say this');
    await user.click(screen.getByTestId('step-keep'));
    await waitFor(() => expect([...fake.stage.own.values()][0]?.steps[1]?.notes.en).toBe('Say this'));
  });

  it('asks before what was recorded is lost', async () => {
    const { user, fake } = await onStage();
    await user.click(screen.getByTestId('stage-record'));
    await screen.findByTestId('stage-save');
    await user.click(screen.getByTestId('stage-leave'));
    await user.click(await screen.findByRole('button', { name: 'Stay' }));
    expect(fake.calls.some(({ name }) => name === 'leaveStage')).toBe(false);
    await user.click(screen.getByTestId('stage-leave'));
    await user.click(await screen.findByTestId('confirm-stage-leave'));
    await waitFor(() => expect(screen.queryByTestId('stage-bar')).toBeNull());
  });

  it('renames and deletes scenes of one’s own, the latter after a question', async () => {
    const { user, fake } = await onStage();
    await user.click(screen.getByTestId('stage-record'));
    await user.click(await screen.findByTestId('stage-save'));
    await user.click(await screen.findByTestId('scene-title-save'));
    await waitFor(() => expect(fake.stage.own.size).toBe(1));
    const [id] = [...fake.stage.own.keys()];
    act(() => go(places.scenes(id)));
    await user.click(await screen.findByTestId('scene-rename'));
    const title = await screen.findByTestId('scene-title');
    await user.clear(title);
    await user.type(title, 'Other');
    await user.click(screen.getByTestId('scene-title-save'));
    await waitFor(() => expect(within(screen.getByTestId(`scene-${id}`)).getByText('Other')).toBeTruthy());
    await user.click(screen.getByTestId('scene-remove'));
    await user.click(await screen.findByTestId('confirm-scene-remove'));
    await waitFor(() => expect(screen.queryByTestId(`scene-${id}`)).toBeNull());
  });

  it('leaves the stage for the store that was open before', async () => {
    const { user, fake } = await onStage();
    const own = await fake.platform().appInfo();
    expect(own.store?.location).toContain('/stage/run-');
    await user.click(screen.getByTestId('stage-leave'));
    await waitFor(() => expect(screen.queryByTestId('stage-bar')).toBeNull());
    expect((await fake.platform().appInfo()).store?.location).toContain('bank.ledger');
  });

  it('speaks German where German is chosen, the scenes too', async () => {
    changeSettings({ language: 'de' });
    const { container } = renderAt(places.scenes('compensated'));
    await screen.findByRole('heading', { name: 'Eine Überweisung, die rückabgewickelt wird' });
    expect(screen.getByTestId('stage-enter').textContent).toBe('Vorführen');
    expect(await accessibilityProblems(container)).toEqual([]);
  });

  it('fails in words where the bank cannot be made, and can be tried again', async () => {
    const failure = { code: 'stage_unwritable', message: 'No room.', hint: 'Free some space.', retryable: true };
    const { user } = renderAt(places.scenes(), { failures: { enterStage: failure } });
    await user.click(await screen.findByTestId('stage-enter'));
    await screen.findByText('No room.');
    expect(screen.getByTestId('retry')).toBeTruthy();
  });
});

describe('every shipped scene', () => {
  const shows = Object.entries(SHIPPED_FILES).flatMap(([id, { steps }]) =>
    steps.flatMap(({ does }) => (does.show === undefined ? [] : [{ id, address: does.show }])),
  );

  it.each(shows)('$id shows a place that the window has: $address', ({ address }) => {
    expect(readAddress(address), address).toEqual(parsePlace(address));
    expect(readAddress(address)).not.toBeNull();
  });
});
