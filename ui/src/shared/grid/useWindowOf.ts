import { useCallback } from 'react';
import type { RowSource } from './RowSource';

const MARGIN = 20n;

/** Tells a source which rows a grid shows, with a few more on both sides. */
export function useWindowOf<T>(source: RowSource<T>): (first: bigint, end: bigint) => void {
  return useCallback((first, end) => source.want(first > MARGIN ? first - MARGIN : 0n, end + MARGIN), [source]);
}
