import { createContext, useContext } from 'react';

/** The moment that is on the screen: a position of the log, or nothing for now. */
export const ShownAt = createContext<string | null>(null);

export function useShownAt(): string | null {
  return useContext(ShownAt);
}
