// Writes to a store that is marked as production are refused by Rust until its name was typed for this one call. Here the
// question is put, and the call repeated; no view has to know of it.
import { type Platform, toAppError } from '../platform/platform';
import { askForProduction } from './questions';

/** The same platform, whose calls ask where Rust wants a write to production confirmed. */
export function confirmed(platform: Platform): Platform {
  const asking: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(platform) as [string, (...args: unknown[]) => Promise<unknown>][]) {
    asking[name] = async (...args: unknown[]) => {
      for (;;) {
        try {
          return await call(...args);
        } catch (thrown) {
          const because = toAppError(thrown);
          if (because.code !== 'production_not_confirmed' || name === 'confirmProduction') throw thrown;
          const confirm = (typed: string) => platform.confirmProduction(name, typed);
          // A call that writes to several such stores asks for each.
          if (!(await askForProduction({ kind: 'production', because, confirm }))) throw thrown;
        }
      }
    };
  }
  return asking as unknown as Platform;
}
