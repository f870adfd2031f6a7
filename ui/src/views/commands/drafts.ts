// What was filled in and not sent yet, by store and command: kept in memory for the window's life, so that looking something up loses
// nothing. Never written anywhere: it may be personal.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useStoreLocation } from '../../app/StoreContext';
import type { Filling } from '../../shared/form/filling';

/** A form as somebody left it. */
export interface KeptForm {
  mode: 'form' | 'json';
  filling: Filling;
  json: string;
  reason: string;
  expected: string;
  commandId: string;
}

/** Forms that are kept: more than anybody has half filled in, and few enough to be nothing in memory. */
export const KEPT_FORMS = 32;

/** The forms of one window, the latest last. */
export class Drafts {
  private readonly forms = new Map<string, KeptForm>();

  of(key: string): KeptForm | null {
    return this.forms.get(key) ?? null;
  }

  keep(key: string, form: KeptForm): void {
    this.forms.delete(key);
    this.forms.set(key, form);
    const [oldest] = this.forms.keys();
    if (this.forms.size > KEPT_FORMS && oldest !== undefined) this.forms.delete(oldest);
  }

  forget(key: string): void {
    this.forms.delete(key);
  }
}

/** A window has one cache, and its forms live as long. */
const ofWindows = new WeakMap<QueryClient, Drafts>();

function ofWindow(cache: QueryClient): Drafts {
  const drafts = ofWindows.get(cache) ?? new Drafts();
  ofWindows.set(cache, drafts);
  return drafts;
}

/** One command's form in the open store. */
export interface Draft {
  get: () => KeptForm | null;
  keep: (form: KeptForm) => void;
  forget: () => void;
}

export function useDraft(commandType: string): Draft {
  const drafts = ofWindow(useQueryClient());
  const store = useStoreLocation();
  return useMemo(() => {
    const key = JSON.stringify([store, commandType]);
    return {
      get: () => drafts.of(key),
      keep: (form) => drafts.keep(key, form),
      forget: () => drafts.forget(key),
    };
  }, [drafts, store, commandType]);
}
