import { useCallback, useMemo, useState } from 'react';
import { usePlatform } from '../../app/PlatformContext';
import type { CommandInfo } from '../../platform/wire';
import { type ExactValue, formatExact, parseExact } from '../../shared/form/exactJson';
import { type Filling, fillingOf, type Mistake, payloadOf, withKnownIds, withNewIds } from '../../shared/form/filling';
import { type Field, readSchema } from '../../shared/form/schema';
import { againPayload } from './again';
import type { KeptForm } from './drafts';

type ObjectField = Extract<Field, { kind: 'object' }>;

export interface CommandDraft {
  schema: ObjectField | null;
  mode: 'form' | 'json';
  filling: Filling;
  json: string;
  jsonProblem: string | null;
  setFilling: (filling: Filling) => void;
  setJson: (text: string) => void;
  setMode: (mode: 'form' | 'json') => void;
  /** The command's own example, with new ids and with accounts that this bank has. */
  fillExample: () => Promise<void>;
  /** The same once more: what the command makes gets a new id. */
  again: () => void;
  clear: () => void;
  /** What is filled in so far, as JSON, and what is wrong with it. */
  peek: () => { payload: string; mistakes: Mistake[] };
  /** The same; what is no JSON at all is said beside it. */
  read: () => { payload: string; mistakes: Mistake[] };
}

function parsed(text: string | null): ExactValue | undefined {
  if (text === null) return undefined;
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const KNOWN_ACCOUNTS = 40;

/** What is being filled in: as a form, or as JSON; switching carries it over. Goes on from what was kept. */
export function useCommandDraft(
  command: CommandInfo,
  prefill: string | null,
  kept: KeptForm | null = null,
): CommandDraft {
  const platform = usePlatform();
  const schema = useMemo(() => readSchema(command.schema), [command.schema]);
  const begin = useCallback(
    (payload: string | null): Filling =>
      schema === null ? {} : withNewIds(schema, fillingOf(schema, parsed(payload))),
    [schema],
  );
  const [mode, setModeState] = useState<'form' | 'json'>(schema === null ? 'json' : (kept?.mode ?? 'form'));
  const [filling, setFilling] = useState<Filling>(() => (kept === null ? begin(prefill) : kept.filling));
  const [json, setJsonState] = useState(() => kept?.json ?? (schema === null ? (prefill ?? command.example) : ''));
  const [jsonProblem, setJsonProblem] = useState<string | null>(null);

  const setJson = (text: string) => {
    setJsonState(text);
    setJsonProblem(null);
  };

  const setMode = (next: 'form' | 'json') => {
    if (next === mode || schema === null) return;
    if (next === 'json') {
      setJson(formatExact(payloadOf(schema, filling).value ?? {}));
      setModeState('json');
      return;
    }
    try {
      setFilling(fillingOf(schema, parseExact(json)));
      setModeState('form');
    } catch (thrown) {
      setJsonProblem(messageOf(thrown));
    }
  };

  const form = useMemo(() => {
    if (schema === null) return { payload: '{}', mistakes: [] };
    const { value, mistakes } = payloadOf(schema, filling);
    return { payload: formatExact(value ?? {}), mistakes };
  }, [schema, filling]);

  const peek = () => {
    if (mode === 'form' && schema !== null) return form;
    try {
      parseExact(json);
      return { payload: json, mistakes: [] };
    } catch (thrown) {
      return { payload: json, mistakes: [{ path: '', message: messageOf(thrown) }] };
    }
  };

  const read = () => {
    const peeked = peek();
    if (mode === 'json') setJsonProblem(peeked.mistakes[0]?.message ?? null);
    return peeked;
  };

  return {
    schema,
    mode,
    filling,
    json,
    jsonProblem,
    setFilling,
    setJson,
    setMode,
    fillExample: async () => {
      if (schema === null) {
        setJson(command.example);
        return;
      }
      const example = withNewIds(schema, fillingOf(schema, parsed(command.example)), true);
      const show = (shown: Filling) => {
        setFilling(shown);
        setJson(formatExact(payloadOf(schema, shown).value ?? {}));
      };
      show(example);
      const page = await platform.accounts(null, 0, KNOWN_ACCOUNTS).catch(() => null);
      const known = (page?.accounts ?? [])
        .filter((account) => account.status === 'open')
        .map((account) => ({
          account: account.accountId,
          customer: account.customerId,
          currency: account.balance.currency,
        }));
      show(withKnownIds(schema, example, known));
    },
    again: () => {
      if (mode === 'form' && schema !== null) setFilling(withNewIds(schema, filling, true));
      else setJson(againPayload(command.schema, json) ?? json);
    },
    clear: () => {
      setFilling(begin(null));
      setJson('{}');
    },
    peek,
    read,
  };
}
