import { useDebouncedValue } from '@mantine/hooks';

/** While the scrubber is dragged, only where it rests for a moment is asked for. */
const REST_MILLISECONDS = 30;

export function useRested(version: string): string {
  const [rested] = useDebouncedValue(version, REST_MILLISECONDS);
  return rested;
}
