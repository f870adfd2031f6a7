// Limits that Rust enforces (`es-core/src/limits.rs`) and that a person should meet before anything is sent.
import { t } from '../i18n';

/** Longest reason of a command or a decision, in characters. */
export const REASON_CHARACTERS = 2000;
/** Highest version of a stream. */
const VERSION_MOST = 9_223_372_036_854_775_807n;

/** What is wrong with a reason; nothing if it fits. */
export function reasonProblem(reason: string): string | null {
  const length = [...reason.trim()].length;
  return length <= REASON_CHARACTERS ? null : t('shared.reasonTooLong', { length, most: REASON_CHARACTERS });
}

/** Whether a text is a version of a stream. */
export function isVersion(text: string): boolean {
  return /^\d{1,19}$/.test(text) && BigInt(text) <= VERSION_MOST;
}
