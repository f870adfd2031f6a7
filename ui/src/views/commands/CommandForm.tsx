import { Button, SegmentedControl, TextInput, Tooltip } from '@mantine/core';
import { IconFlask, IconLock, IconPlayerPlayFilled, IconUsers, IconWand } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { settle } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { modifier } from '../../app/keys';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { changeSettings, useSettings } from '../../app/settings';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { CommandInfo, CommandRequest } from '../../platform/wire';
import { isVersion, reasonProblem } from '../../shared/limits';
import s from './CommandsView.module.css';
import { useDraft } from './drafts';
import { OutcomePanel, type Shown } from './Outcome';
import { PayloadFields } from './PayloadFields';
import { useFilledCommand } from './useFilledCommand';

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
  const { commandType } = command;
  const left = useDraft(commandType);
  // What somebody asks for now is more than what was left here before.
  const [kept] = useState(() => (prefill === null ? left.get() : null));
  const filled = useFilledCommand(command, prefill, kept);
  const { draft } = filled;
  const [reason, setReason] = useState(kept?.reason ?? '');
  const [expected, setExpected] = useState(kept?.expected ?? '');
  const [commandId, setCommandId] = useState<string>(() => kept?.commandId ?? crypto.randomUUID());
  /** Whether there is something in the form that leaving it would lose. */
  const [worthKeeping, setWorthKeeping] = useState(kept !== null);
  const [busy, setBusy] = useState<'dry' | 'execute' | null>(null);
  const [shown, setShown] = useState<Shown>({ kind: 'nothing' });
  const versionProblem = expected.trim() === '' || isVersion(expected.trim()) ? null : t('commands.notAVersion');
  const tooLong = reasonProblem(reason);
  const { mode, filling, json } = draft;
  useEffect(() => {
    if (worthKeeping) left.keep({ mode, filling, json, reason, expected, commandId });
  }, [left, worthKeeping, mode, filling, json, reason, expected, commandId]);

  const forget = () => {
    setWorthKeeping(false);
    left.forget();
  };

  // One identity for one filling: repeating it does no harm, changing it makes another command.
  const touched = () => {
    if (shown.kind === 'done' || shown.kind === 'failed') setCommandId(crypto.randomUUID());
    if (shown.kind !== 'nothing') setShown({ kind: 'nothing' });
    setWorthKeeping(true);
  };

  const request = async (): Promise<CommandRequest | null> => {
    const read = await filled.attempt();
    const beside = [versionProblem, tooLong].filter((problem) => problem !== null).length;
    if ('mistakes' in read || beside > 0) {
      setShown({ kind: 'incomplete', count: ('mistakes' in read ? read.mistakes : 0) + beside });
      return null;
    }
    return {
      commandType,
      payload: read.payload,
      commandId,
      actor: actor.trim() || 'teller',
      reason: reason.trim() === '' ? null : reason.trim(),
      expectedVersion: expected.trim() === '' ? null : expected.trim(),
    };
  };

  const dryRun = async () => {
    if (busy !== null || past) return;
    setBusy('dry');
    try {
      const asked = await request();
      if (asked === null) return;
      const result = await platform.dryRun(asked);
      if (result.outcome === 'invalid') filled.tell(result.violations);
      setShown({ kind: 'dry', result });
    } catch (thrown) {
      setShown({ kind: 'failed', error: toAppError(thrown), again: () => void dryRun() });
    } finally {
      setBusy(null);
    }
  };

  const execute = async () => {
    if (busy !== null || readOnly) return;
    setBusy('execute');
    try {
      const asked = await request();
      if (asked === null) return;
      const result = await platform.execute(asked);
      if (result.outcome === 'invalid') filled.tell(result.violations);
      setShown({ kind: 'done', result });
      if (result.outcome === 'executed' || result.outcome === 'alreadyDone') forget();
    } catch (thrown) {
      setShown({ kind: 'failed', error: toAppError(thrown), again: () => void execute() });
    } finally {
      setBusy(null);
      await settle(cache, 'execute');
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    const mod = event.ctrlKey || event.metaKey;
    if (mod === event.altKey) return;
    event.preventDefault();
    void (mod ? execute() : dryRun());
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only the keys that try and execute, from any field
    <div className={s.work} onKeyDown={onKeyDown} data-command-form>
      <div className={s.columns}>
        <div className={s.form}>
          <header className={s.formHead}>
            <div>
              <h2>{command.title}</h2>
              <p className="dim">{command.description}</p>
            </div>
            <div className={s.headTools}>
              <SegmentedControl
                aria-label={t('commands.howFilled')}
                value={draft.mode}
                onChange={(value) => draft.setMode(value === 'json' ? 'json' : 'form')}
                disabled={draft.schema === null}
                data={[
                  { value: 'form', label: t('commands.form') },
                  { value: 'json', label: t('commands.json') },
                ]}
              />
              <Tooltip label={t('commands.whatIfTwo')}>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="gray"
                  leftSection={<IconUsers size={14} />}
                  onClick={() => go(places.theatre(command.commandType, command.commandType, draft.peek().payload))}
                  data-testid="to-theatre"
                >
                  {t('commands.twoAtOnce')}
                </Button>
              </Tooltip>
            </div>
          </header>
          {readOnly && !past && (
            <p className={s.readOnly}>
              <IconLock size={15} /> {t('commands.readOnly')}
            </p>
          )}
          <div className={s.fields}>
            {/* Nothing that may have the focus is ever disabled: it would lose it, and the next key would go nowhere. */}
            <PayloadFields filled={filled} still={busy !== null} onTouched={touched} />
            <div className={s.who}>
              <TextInput
                label={t('commands.actor')}
                description={t('commands.actorHelp')}
                value={actor}
                onChange={(event) => changeSettings({ actor: event.currentTarget.value })}
                data-testid="command-actor"
              />
              <TextInput
                label={t('commands.reason')}
                description={t('commands.reasonHelp')}
                value={reason}
                error={tooLong}
                onChange={(event) => {
                  setReason(event.currentTarget.value);
                  touched();
                }}
                data-testid="command-reason"
              />
              <TextInput
                label={t('commands.expectedVersion')}
                description={t('commands.expectedVersionHelp')}
                value={expected}
                error={versionProblem}
                inputMode="numeric"
                onChange={(event) => {
                  setExpected(event.currentTarget.value);
                  touched();
                }}
                data-testid="command-expected-version"
              />
            </div>
          </div>
          <footer className={s.formFoot}>
            <Button
              variant="subtle"
              leftSection={<IconWand size={14} />}
              onClick={() => {
                touched();
                filled.reset();
                void draft.fillExample();
              }}
              data-testid="fill-example"
            >
              {t('commands.fillExample')}
            </Button>
            <Button
              variant="subtle"
              color="gray"
              onClick={() => {
                draft.clear();
                filled.reset();
                setReason('');
                setExpected('');
                touched();
                forget();
              }}
            >
              {t('commands.clear')}
            </Button>
            <span className={s.spacer} />
            <Tooltip label={t('commands.keysDryRun')}>
              <Button
                leftSection={<IconFlask size={14} />}
                onClick={() => void dryRun()}
                disabled={past}
                data-testid="dry-run"
              >
                {t('commands.dryRun')}
              </Button>
            </Tooltip>
            <Tooltip
              label={
                past
                  ? t('commands.clockIsPast')
                  : readOnly
                    ? t('commands.storeReadOnly')
                    : t('commands.keysExecute', { modifier: modifier() })
              }
            >
              <Button
                variant="filled"
                leftSection={<IconPlayerPlayFilled size={13} />}
                onClick={() => void execute()}
                disabled={readOnly}
                data-testid="execute"
              >
                {t('commands.execute')}
              </Button>
            </Tooltip>
          </footer>
        </div>
        <OutcomePanel
          shown={shown}
          onAgain={() => {
            setCommandId(crypto.randomUUID());
            draft.again();
            filled.reset();
            setShown({ kind: 'nothing' });
            setWorthKeeping(true);
          }}
          onRetry={() => {
            // A version that the stream has left behind would conflict for ever.
            if ((shown.kind === 'done' || shown.kind === 'dry') && shown.result.outcome === 'conflict') setExpected('');
            else void execute();
          }}
          onExpect={(version) => setExpected(version)}
        />
      </div>
    </div>
  );
}
