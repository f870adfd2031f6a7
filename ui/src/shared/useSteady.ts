import { useCallback, useRef } from 'react';

/** The same function whenever it is drawn, doing what the latest one does: for parts that are drawn only when something changes. */
export function useSteady<A extends unknown[], R>(act: (...args: A) => R): (...args: A) => R {
  const latest = useRef(act);
  latest.current = act;
  return useCallback((...args: A) => latest.current(...args), []);
}
