import { act, render, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { currentLanguage } from '../i18n';
import { inOwnWords, toAppError } from '../platform/platform';
import { FakePlatform } from '../test/fake/fakePlatform';
import { newCache } from './cache';
import { Providers } from './Providers';
import { changeSettings, DEFAULTS } from './settings';

afterEach(() => changeSettings(DEFAULTS));

function Shown() {
  return <p>told in {currentLanguage()}</p>;
}

describe('the language', () => {
  it('is told to the platform before anything is drawn in it, and no former answer is kept', async () => {
    changeSettings({ language: 'en' });
    const fake = new FakePlatform({ events: 20 });
    const platform = fake.platform();
    const nothing = () => undefined;
    let done: () => void = nothing;
    const slow = {
      ...platform,
      setLanguage: async (language: 'en' | 'de') => {
        await platform.setLanguage(language);
        await new Promise<void>((resolve) => {
          done = resolve;
        });
      },
    };
    const cache = newCache();
    render(
      <Providers platform={slow} cache={cache} env="test">
        <Shown />
      </Providers>,
    );
    expect(screen.getByText('told in en')).toBeTruthy();
    cache.setQueryData(['accounts'], 'an answer in English');
    act(() => changeSettings({ language: 'de' }));
    expect(screen.queryByText(/told in/), 'nothing is drawn in two languages').toBeNull();
    expect(fake.calls.filter((call) => call.name === 'setLanguage').map((call) => call.args)).toEqual([['de']]);
    await waitFor(() => expect(done).not.toBe(nothing));
    await act(async () => done());
    expect(screen.getByText('told in de')).toBeTruthy();
    expect(cache.getQueryData(['accounts']), 'answers in English are forgotten').toBeUndefined();
  });

  it('is the one that failures are told in', () => {
    const german = { message: 'Das Konto ist gesperrt.', hint: 'Den Fall aufheben.' };
    const error = { code: 'account_frozen', message: 'Frozen.', hint: 'Lift it.', retryable: false, german };
    changeSettings({ language: 'en' });
    expect(toAppError(error)).toMatchObject({ message: 'Frozen.', hint: 'Lift it.' });
    changeSettings({ language: 'de' });
    expect(toAppError(error)).toEqual({ code: 'account_frozen', retryable: false, ...german });
    expect(inOwnWords({ ...error, german: null }).message, 'what has no German words keeps its own').toBe('Frozen.');
  });
});
