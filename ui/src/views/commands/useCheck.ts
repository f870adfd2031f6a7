import { useDebouncedValue } from '@mantine/hooks';
import { useAsk } from '../../app/cache';
import type { Mistake } from '../../shared/form/filling';

const REST_MILLISECONDS = 250;
/** What was asked once typing had rested is asked no more, and is nothing to be kept. */
const NOTHING: readonly Mistake[] = [];

interface Checked {
  found: readonly Mistake[];
  /** Whether it is about the payload as it is now, and not as it was a moment ago. */
  current: boolean;
}

/** Where a payload does not fit its command, as Rust sees it a moment after the last key. */
export function useCheck(commandType: string, payload: string): Checked {
  const [rested] = useDebouncedValue(payload, REST_MILLISECONDS);
  const found = useAsk(
    'checkCommand',
    [commandType, rested],
    (platform) => platform.checkCommand(commandType, rested),
    { keep: true },
  );
  return { found: found.data ?? NOTHING, current: rested === payload && !found.isPlaceholderData };
}

/** Whether a mistake belongs to a field that somebody has typed into. */
export function isTouched(touched: ReadonlySet<string>, path: string): boolean {
  for (const field of touched) {
    if (path === field || path.startsWith(`${field}/`) || field.startsWith(`${path}/`)) return true;
  }
  return false;
}
