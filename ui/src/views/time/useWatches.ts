import { changeSettings, currentSettings, useSettings } from '../../app/settings';
import type { TimeOpen } from '../../app/timePlace';
import { categoryOf } from '../../shared/format';

/** Most expressions that are watched at once; each of them is evaluated at every version. */
export const WATCHES = 12;

export interface Watches {
  expressions: readonly string[];
  add: (expression: string) => void;
  remove: (expression: string) => void;
}

/** What is watched: what the address says, else what is kept for the category. A change is kept, and goes into the address. */
export function useWatches(stream: string, open: TimeOpen, onOpen: (change: Partial<TimeOpen>) => void): Watches {
  const category = categoryOf(stream);
  const kept = useSettings().watches[category] ?? [];
  const expressions = open.watch.length > 0 ? open.watch : kept;
  const keep = (next: readonly string[]) => {
    changeSettings({ watches: { ...currentSettings().watches, [category]: next } });
    onOpen({ tool: 'watch', watch: [...next] });
  };
  return {
    expressions,
    add: (expression) => {
      const others = expressions.filter((one) => one !== expression);
      keep([...others, expression].slice(-WATCHES));
    },
    remove: (expression) => keep(expressions.filter((one) => one !== expression)),
  };
}
