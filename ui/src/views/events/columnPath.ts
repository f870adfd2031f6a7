// What can be the path of a column. Rust reads paths; this only keeps what is none from being asked for.
import { t } from '../../i18n';

const BYTES = 200;
const STEP = /\.[\p{L}\p{N}_$@-]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\]|\['(?:[^'\\]|\\.)*'\]/u;
const STEPS = new RegExp(`^(?:${STEP.source})+$`, 'u');

/** Why a text is no path; nothing if it is one. */
export function problemOfPath(text: string): string | null {
  if (new TextEncoder().encode(text).length > BYTES) return t('events.thePathIsTooLong');
  const steps = text.startsWith('$') ? text.slice(1) : /^[[.]/.test(text) ? text : `.${text}`;
  return STEPS.test(steps) ? null : t('events.thatIsNoPathWriteFieldsWithDots');
}
