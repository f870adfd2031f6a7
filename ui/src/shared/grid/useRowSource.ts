import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { useShownAt } from '../../app/clock/ClockContext';
import { type LoadRows, RowSource, type RowSourceOptions } from './RowSource';

interface UsedRowSourceOptions extends RowSourceOptions {
  /** The rows are drawn by a grid that follows the source itself: only how many there are matters here. */
  extentOnly?: boolean;
}

/**
 * A source for what `key` names; `beat` says when to ask again. While a new source has not answered yet, the former one
 * stays on the screen, so that typing into a search does not blink.
 */
export function useRowSource<T>(
  key: string,
  load: LoadRows<T>,
  beat: number | string,
  options: UsedRowSourceOptions = {},
): RowSource<T> {
  const loader = useRef(load);
  loader.current = load;
  // Rows of an earlier moment are others than those of now, and stay what they are.
  const at = useShownAt();
  const appendOnly = options.appendOnly ?? false;
  const blockSize = options.blockSize ?? 200;
  const { of } = options;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the loader
  const fresh = useMemo(() => {
    const mine = loader.current;
    return new RowSource<T>((first, count) => mine(first, count), { appendOnly, blockSize, of });
  }, [key, at, appendOnly, blockSize, of]);
  const shown = useRef(fresh);
  useSyncExternalStore(fresh.subscribe, options.extentOnly === true ? fresh.getExtent : fresh.getEdition);
  if (fresh.total !== null || fresh.error !== null || shown.current.total === null) shown.current = fresh;

  useEffect(() => {
    fresh.want(0n, BigInt(blockSize));
  }, [fresh, blockSize]);

  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a beat is the reason to ask again
  useEffect(() => {
    if (first.current) first.current = false;
    else if (at === null) fresh.refresh();
  }, [beat]);

  return shown.current;
}
