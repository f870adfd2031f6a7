// Stores that take part in work between stores, with what has to be typed for them.

import { useCallback, useRef } from 'react';
import { usePlatform } from '../../app/PlatformContext';
import { askForPasswords } from '../../app/questions';
import { t } from '../../i18n';
import type { ConnectionRow, StoreChoice, TypedPasswords } from '../../platform/wire';

const NONE: TypedPasswords = { login: null, side: null };

/** Whether somebody has to type the password of a connection; the open store's is known. */
function isTyped(row: ConnectionRow, noKeyring: boolean): boolean {
  return !row.open && (row.password === 'askEachTime' || (row.password === 'keyring' && noKeyring));
}

/** Chooses stores by their connections. What was typed is kept until the view is left, or until it was wrong. */
export function useChoices() {
  const platform = usePlatform();
  const typed = useRef(new Map<string, TypedPasswords>());
  const forget = useCallback(() => typed.current.clear(), []);
  /** Nothing if the person has left the question. */
  const choose = useCallback(
    async (ids: readonly (string | null)[]): Promise<StoreChoice[] | null> => {
      const { connections, noKeyring } = await platform.connections();
      const choices: StoreChoice[] = [];
      for (const id of ids) {
        const row = connections.find((one) => one.id === id);
        if (row === undefined || !isTyped(row, noKeyring !== null)) {
          choices.push({ connection: id, passwords: NONE });
          continue;
        }
        const { name, user, sideUser } = row;
        const message = t('connections.passwordNeeded', { user: user ?? sideUser ?? '', name });
        const because = { code: 'password_needed', message, hint: t('connections.typeIt'), retryable: false };
        const passwords =
          typed.current.get(row.id) ?? (await askForPasswords({ kind: 'password', name, user, sideUser, because }));
        if (passwords === null) return null;
        typed.current.set(row.id, passwords);
        choices.push({ connection: id, passwords });
      }
      return choices;
    },
    [platform],
  );
  return { choose, forget };
}
