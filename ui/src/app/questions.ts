// What the program has to ask before it can go on: a password, a production store's name, whether to create a store. Whoever
// asks waits for the answer; the window shows one question at a time.
import { useSyncExternalStore } from 'react';
import type { AppError, TypedPasswords } from '../platform/wire';

export type Question =
  | {
      kind: 'password';
      name: string;
      user: string | null;
      sideUser: string | null;
      /** Why it is asked for. */
      because: AppError;
      answer: (passwords: TypedPasswords | null) => void;
    }
  | {
      kind: 'production';
      because: AppError;
      /** Tells whether the name was the right one. */
      confirm: (name: string) => Promise<void>;
      answer: (confirmed: boolean) => void;
    }
  | { kind: 'create'; name: string; because: AppError; answer: (create: boolean) => void }
  | {
      kind: 'switch';
      /** The store that a link is about. */
      name: string;
      answer: (go: boolean) => void;
    };

let waiting: readonly Question[] = [];
const listeners = new Set<() => void>();

function announce(next: readonly Question[]): void {
  waiting = next;
  for (const listener of listeners) listener();
}

type Asked<K extends Question['kind']> = Omit<Extract<Question, { kind: K }>, 'answer'>;

function ask<A>(make: (answer: (value: A) => void) => Question): Promise<A> {
  return new Promise((done) => {
    const question = make((value) => {
      announce(waiting.filter((one) => one !== question));
      done(value);
    });
    announce([...waiting, question]);
  });
}

export const askForPasswords = (asked: Asked<'password'>): Promise<TypedPasswords | null> =>
  ask((answer) => ({ ...asked, answer }));

export const askForProduction = (asked: Asked<'production'>): Promise<boolean> =>
  ask((answer) => ({ ...asked, answer }));

export const askToCreate = (asked: Asked<'create'>): Promise<boolean> => ask((answer) => ({ ...asked, answer }));

export const askToSwitch = (asked: Asked<'switch'>): Promise<boolean> => ask((answer) => ({ ...asked, answer }));

/** The question that is shown now. */
export function useQuestion(): Question | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => waiting[0] ?? null,
  );
}
