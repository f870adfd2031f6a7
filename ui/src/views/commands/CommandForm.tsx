import { Button, SegmentedControl, Textarea, TextInput, Tooltip } from '@mantine/core';
import { IconFlask, IconLock, IconPlayerPlayFilled, IconWand } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { settle } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { MODIFIER } from '../../app/keys';
import { usePlatform } from '../../app/PlatformContext';
import { changeSettings, useSettings } from '../../app/settings';
import { toAppError } from '../../platform/platform';
import type { CommandInfo, CommandRequest } from '../../platform/wire';
import type { Mistake } from '../../shared/form/filling';
import { SchemaForm } from '../../shared/form/SchemaForm';
import s from './CommandsView.module.css';
import { OutcomePanel, type Shown } from './Outcome';
import { useCommandDraft } from './useCommandDraft';

interface CommandFormProps {
  command: CommandInfo;
  prefill: string | null;
  readOnly: boolean;
}

export function CommandForm({ command, prefill, readOnly }: CommandFormProps) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const { actor } = useSettings();
  const past = useShownAt() !== null;
  const draft = useCommandDraft(command, prefill);
  const [reason, setReason] = useState('');
  const [commandId, setCommandId] = useState(() => crypto.randomUUID());
  const [busy, setBusy] = useState<'dry' | 'execute' | null>(null);
  const [shown, setShown] = useState<Shown>({ kind: 'nothing' });
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([]);
  const byPath = useMemo(() => new Map(mistakes.map((one) => [one.path, one.message])), [mistakes]);

  // One identity for one filling: repeating it does no harm, changing it makes another command.
  const touched = () => {
    setMistakes([]);
    if (shown.kind === 'done' || shown.kind === 'failed') setCommandId(crypto.randomUUID());
    if (shown.kind !== 'nothing') setShown({ kind: 'nothing' });
  };

  const request = (): CommandRequest | null => {
    const { payload, mistakes: found } = draft.read();
    setMistakes(found);
    if (found.length > 0) {
      setShown({ kind: 'incomplete', count: found.length });
      return null;
    }
    return {
      commandType: command.commandType,
      payload,
      commandId,
      actor: actor.trim() || 'teller',
      reason: reason.trim() === '' ? null : reason.trim(),
      expectedVersion: null,
    };
  };

  const dryRun = async () => {
    const asked = request();
    if (asked === null || busy !== null) return;
    setBusy('dry');
    try {
      const result = await platform.dryRun(asked);
      if (result.outcome === 'invalid') setMistakes(result.violations);
      setShown({ kind: 'dry', result });
    } catch (thrown) {
      setShown({ kind: 'failed', error: toAppError(thrown), again: () => void dryRun() });
    } finally {
      setBusy(null);
    }
  };

  const execute = async () => {
    const asked = request();
    if (asked === null || busy !== null || readOnly) return;
    setBusy('execute');
    try {
      const result = await platform.execute(asked);
      if (result.outcome === 'invalid') setMistakes(result.violations);
      setShown({ kind: 'done', result });
      await settle(cache, 'execute');
    } catch (thrown) {
      setShown({ kind: 'failed', error: toAppError(thrown), again: () => void execute() });
    } finally {
      setBusy(null);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault();
      void execute();
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only the key that executes, from any field
    <div className={s.work} onKeyDown={onKeyDown} data-command-form>
      <div className={s.columns}>
        <div className={s.form}>
          <header className={s.formHead}>
            <div>
              <h2>{command.title}</h2>
              <p className="dim">{command.description}</p>
            </div>
            <SegmentedControl
              aria-label="How it is filled in"
              value={draft.mode}
              onChange={(value) => draft.setMode(value === 'json' ? 'json' : 'form')}
              disabled={draft.schema === null}
              data={[
                { value: 'form', label: 'Form' },
                { value: 'json', label: 'JSON' },
              ]}
            />
          </header>
          {readOnly && !past && (
            <p className={s.readOnly}>
              <IconLock size={15} /> This store is read-only: a command can be tried, not executed.
            </p>
          )}
          <div className={s.fields}>
            {draft.mode === 'form' && draft.schema !== null ? (
              <SchemaForm
                schema={draft.schema}
                filling={draft.filling}
                mistakes={byPath}
                disabled={busy !== null}
                onChange={(filling) => {
                  draft.setFilling(filling);
                  touched();
                }}
              />
            ) : (
              <Textarea
                label="Payload"
                aria-label="Payload as JSON"
                value={draft.json}
                error={draft.jsonProblem}
                onChange={(event) => {
                  draft.setJson(event.currentTarget.value);
                  touched();
                }}
                autosize
                minRows={12}
                maxRows={28}
                spellCheck={false}
                classNames={{ input: `mono ${s.json}` }}
                data-testid="raw-json"
              />
            )}
            <div className={s.who}>
              <TextInput
                label="Actor"
                description="Who issues it; recorded with every event."
                value={actor}
                onChange={(event) => changeSettings({ actor: event.currentTarget.value })}
                data-testid="command-actor"
              />
              <TextInput
                label="Reason"
                description="Why, if that is worth recording."
                value={reason}
                onChange={(event) => {
                  setReason(event.currentTarget.value);
                  touched();
                }}
                data-testid="command-reason"
              />
            </div>
          </div>
          <footer className={s.formFoot}>
            <Button
              variant="subtle"
              leftSection={<IconWand size={14} />}
              onClick={() => {
                touched();
                void draft.fillExample();
              }}
              data-testid="fill-example"
            >
              Fill with example
            </Button>
            <Button
              variant="subtle"
              color="gray"
              onClick={() => {
                draft.clear();
                touched();
              }}
            >
              Clear
            </Button>
            <span className={s.spacer} />
            <Button
              leftSection={<IconFlask size={14} />}
              onClick={() => void dryRun()}
              disabled={past || busy !== null}
              data-testid="dry-run"
            >
              Dry run
            </Button>
            <Tooltip
              label={past ? 'The clock shows the past' : readOnly ? 'This store is read-only' : `${MODIFIER} Enter`}
            >
              <Button
                variant="filled"
                leftSection={<IconPlayerPlayFilled size={13} />}
                onClick={() => void execute()}
                disabled={readOnly || busy !== null}
                data-testid="execute"
              >
                Execute
              </Button>
            </Tooltip>
          </footer>
        </div>
        <OutcomePanel
          shown={shown}
          onAgain={() => {
            setCommandId(crypto.randomUUID());
            draft.again();
            setShown({ kind: 'nothing' });
          }}
          onRetry={() => void execute()}
        />
      </div>
    </div>
  );
}
