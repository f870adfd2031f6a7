import { useEffect, useState } from 'react';

/** What is in the page with the first frame, and how much comes with each further one: some 20 milliseconds without a graphics card. */
const AT_ONCE = 100;

/**
 * How many of many things are drawn: some at once and more with each frame, so that the window is not held up by all of them.
 * Begins anew when they are `of` something else.
 */
export function useGrowing(count: number, of: unknown): number {
  const [grown, setGrown] = useState({ of, drawn: AT_ONCE });
  const drawn = grown.of === of ? grown.drawn : AT_ONCE;
  useEffect(() => {
    if (drawn >= count) return;
    const frame = requestAnimationFrame(() => setGrown({ of, drawn: drawn + AT_ONCE }));
    return () => cancelAnimationFrame(frame);
  }, [count, drawn, of]);
  return Math.min(drawn, count);
}
