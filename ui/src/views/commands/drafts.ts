// What was filled in and not sent yet, by command: kept in memory for the window's life, so that looking something up loses
// nothing. Never written anywhere: it may be personal.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
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

  of(commandType: string): KeptForm | null {
    return this.forms.get(commandType) ?? null;
  }

  keep(commandType: string, form: KeptForm): void {
    this.forms.delete(commandType);
    this.forms.set(commandType, form);
    const [oldest] = this.forms.keys();
    if (this.forms.size > KEPT_FORMS && oldest !== undefined) this.forms.delete(oldest);
  }

  forget(commandType: string): void {
    this.forms.delete(commandType);
  }
}

/** A window has one cache, and its forms live as long. */
const ofWindows = new WeakMap<QueryClient, Drafts>();

export function useDrafts(): Drafts {
  const cache = useQueryClient();
  const known = ofWindows.get(cache);
  if (known !== undefined) return known;
  const drafts = new Drafts();
  ofWindows.set(cache, drafts);
  return drafts;
}
