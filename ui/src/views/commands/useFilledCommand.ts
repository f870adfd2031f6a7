import { useMemo, useState } from 'react';
import { usePlatform } from '../../app/PlatformContext';
import type { CommandInfo } from '../../platform/wire';
import type { Filling, Mistake } from '../../shared/form/filling';
import type { KeptForm } from './drafts';
import { isTouched, useCheck } from './useCheck';
import { type CommandDraft, useCommandDraft } from './useCommandDraft';

export interface FilledCommand {
  draft: CommandDraft;
  /** What is wrong, beside the fields that it is about: of those that were typed into, or of all after an attempt. */
  mistakes: ReadonlyMap<string, string>;
  fill: (filling: Filling, field: string) => void;
  /** The payload, once nothing is wrong with it as far as the form and the schema know. Shows everything that is wrong. */
  attempt: () => Promise<{ payload: string } | { mistakes: number }>;
  /** Shows places that were found wrong elsewhere. */
  tell: (found: readonly Mistake[]) => void;
  /** Begins anew: nothing is touched, nothing is told. */
  reset: () => void;
}

/** What is wrong by its place: what the form itself cannot read was never sent, so Rust says at most that it is missing. */
function merged(found: readonly Mistake[], local: readonly Mistake[]): Map<string, string> {
  const above = (path: string) =>
    local.some((one) => one.path !== path && one.path !== '' && path.startsWith(`${one.path}/`));
  const wrong = [...found, ...local].filter(({ path }) => !above(path));
  return new Map(wrong.map(({ path, message }) => [path, message]));
}

/** A command that is being filled in, and checked in Rust while somebody types. */
export function useFilledCommand(
  command: CommandInfo,
  prefill: string | null,
  kept: KeptForm | null = null,
): FilledCommand {
  const platform = usePlatform();
  const draft = useCommandDraft(command, prefill, kept);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [attempted, setAttempted] = useState(false);
  // What was found in a payload when it was to be sent; what is checked while somebody types lags behind that.
  const [told, setTold] = useState<{ payload: string; found: readonly Mistake[] } | null>(null);
  const { payload, mistakes: local } = draft.peek();
  const { found: checked, current } = useCheck(command.commandType, payload);
  const [lastFilled, setLastFilled] = useState<string | null>(null);

  const mistakes = useMemo(() => {
    const changed = new Set(current || lastFilled === null ? [] : [lastFilled]);
    // Of the field that is being typed into nothing is known yet; the others are as they were.
    const known = checked.filter(({ path }) => !isTouched(changed, path));
    const shown = merged(told?.payload === payload ? told.found : known, local);
    for (const path of shown.keys())
      if (!attempted && draft.mode !== 'json' && !isTouched(touched, path)) shown.delete(path);
    return shown;
  }, [checked, current, lastFilled, told, payload, local, attempted, touched, draft.mode]);

  return {
    draft,
    mistakes,
    fill: (filling, field) => {
      draft.setFilling(filling);
      setTold(null);
      setLastFilled(field);
      setTouched(new Set(touched).add(field));
    },
    attempt: async () => {
      const read = draft.read();
      // Text that is no JSON at all has nothing in it to be checked.
      const unreadable = draft.mode === 'json' && read.mistakes.length > 0;
      const found = unreadable ? [] : await platform.checkCommand(command.commandType, read.payload);
      setTold({ payload: read.payload, found });
      setAttempted(true);
      const wrong = merged(found, read.mistakes).size;
      return wrong > 0 ? { mistakes: wrong } : { payload: read.payload };
    },
    tell: (found) => setTold({ payload, found }),
    reset: () => {
      setAttempted(false);
      setTold(null);
      setTouched(new Set());
    },
  };
}
