// Opening a connection: with what has to be asked on the way.
import { type Platform, toAppError } from '../platform/platform';
import type { StoreStatus, TypedPasswords } from '../platform/wire';
import { askForPasswords, askToCreate } from './questions';

const CREATABLE = ['missing_schema', 'store_not_found'];

/** Opens a connection; asks for its password where none is kept, and whether to create a store where there is none. */
export async function openConnection(platform: Platform, id: string): Promise<StoreStatus | null> {
  let passwords: TypedPasswords = { login: null, side: null };
  let create = false;
  for (;;) {
    try {
      return await platform.openConnection(id, passwords, create);
    } catch (thrown) {
      const because = toAppError(thrown);
      const row = (await platform.connections()).connections.find((one) => one.id === id);
      if (row === undefined) throw thrown;
      const { name, user, sideUser } = row;
      if (because.code === 'password_needed') {
        const typed = await askForPasswords({ kind: 'password', name, user, sideUser, because });
        if (typed === null) return null;
        passwords = typed;
      } else if (CREATABLE.includes(because.code) && !create && !row.marks.readOnly) {
        if (!(await askToCreate({ kind: 'create', name, because }))) return null;
        create = true;
      } else {
        throw thrown;
      }
    }
  }
}
