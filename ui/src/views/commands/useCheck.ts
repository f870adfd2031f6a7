import { useDebouncedValue } from '@mantine/hooks';
import { useAsk } from '../../app/cache';
import type { Mistake } from '../../shared/form/filling';

const REST_MILLISECONDS = 250;
/** What was asked once typing had rested is asked no more, and is nothing to be kept. */
const NOTHING: readonly Mistake[] = [];

/** Where a payload does not fit its command, as Rust sees it a moment after the last key. */
export function useCheck(commandType: string, payload: string): readonly Mistake[] {
  const [rested] = useDebouncedValue(payload, REST_MILLISECONDS);
  const found = useAsk(
    'checkCommand',
    [commandType, rested],
    (platform) => platform.checkCommand(commandType, rested),
    { keep: true },
  );
  return found.data ?? NOTHING;
}

/** Whether a mistake belongs to a field that somebody has typed into. */
export function isTouched(touched: ReadonlySet<string>, path: string): boolean {
  for (const field of touched) {
    if (path === field || path.startsWith(`${field}/`) || field.startsWith(`${path}/`)) return true;
  }
  return false;
}
