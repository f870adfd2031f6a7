import { Button, Popover, TextInput, Tooltip, UnstyledButton } from '@mantine/core';
import { IconClock, IconHistory } from '@tabler/icons-react';
import { type FormEvent, useEffect, useState } from 'react';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import { Kbd } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { useAsk } from '../cache';
import { usePlatform } from '../PlatformContext';
import { setClock, useClock } from '../router';
import { useSettings } from '../settings';
import s from './Clock.module.css';
import { asTyped, momentText, typedMoment } from './moment';

let open: () => void = () => undefined;

/** Opens the clock from anywhere. */
export function openClock(): void {
  open();
}

/** The clock in the top bar: what moment is shown, and the way to another one. */
export function ClockControl() {
  const at = useClock();
  const { zone } = useSettings();
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    open = () => setOpened(true);
    return () => {
      open = () => undefined;
    };
  }, []);
  const clock = useAsk('clock', [at, null], (platform) => platform.clock(at, null), {
    enabled: at !== null,
    keep: true,
  });
  const time = at === null ? null : (clock.data?.recordedAt ?? null);
  const label =
    at === null ? t('app.now') : time === null ? t('app.positionCapital', { at: grouped(at) }) : momentText(time, zone);
  return (
    <Popover opened={opened} onChange={setOpened} width={340} position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <Tooltip label={t('app.showAnEarlierMomentTA')} disabled={opened}>
          <UnstyledButton
            className={`${s.control} ${at === null ? '' : s.past}`}
            onClick={() => setOpened((was) => !was)}
            aria-label={at === null ? t('app.clockNowShowAnEarlierMoment') : t('app.clockShowAnotherMoment', { label })}
            aria-expanded={opened}
            data-testid="clock"
          >
            {at === null ? <IconClock size={14} aria-hidden="true" /> : <IconHistory size={14} aria-hidden="true" />}
            <span className="tabular">{label}</span>
          </UnstyledButton>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('app.setTheClock2')}>
        <SetClock at={at} typed={time === null ? '' : asTyped(time, zone)} onDone={() => setOpened(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

function SetClock({ at, typed, onDone }: { at: string | null; typed: string; onDone: () => void }) {
  const platform = usePlatform();
  const { zone } = useSettings();
  const [text, setText] = useState(typed);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const show = async (moment: { position: string } | { time: string } | 'head') => {
    setBusy(true);
    try {
      const position = moment !== 'head' && 'position' in moment ? moment.position : null;
      const time = moment !== 'head' && 'time' in moment ? moment.time : null;
      setClock((await platform.clock(position, time)).position);
      onDone();
    } catch (thrown) {
      setProblem(toAppError(thrown).message);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The time that stands there is cut to seconds; unchanged, it means the moment that is shown.
    if (at !== null && text === typed) return onDone();
    const moment = typedMoment(text, zone);
    if (moment === null) setProblem(t('app.thisIsNeitherATimeNorAPosition'));
    else void show(moment);
  };

  return (
    <form className={s.form} onSubmit={submit}>
      <TextInput
        label={t('app.showTheStoreAsOf')}
        description={t('app.aTimeSuchAs202603011200OrAPosition', {
          zone: zone === 'utc' ? 'UTC' : zone === 'local' ? t('app.yourTime') : zone,
        })}
        placeholder="2026-03-01 12:00"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setProblem(null);
        }}
        error={problem}
        data-autofocus
        data-testid="clock-field"
      />
      <p className="dim">{t('app.aTimeMeansAfterTheLastEventThatWas')}</p>
      <div className={s.formActions}>
        <Button type="submit" variant="filled" loading={busy} data-testid="clock-set">
          {t('app.show')}
        </Button>
        {at === null ? (
          <Button onClick={() => void show('head')} disabled={busy} data-testid="clock-freeze">
            {t('app.holdItHere')}
          </Button>
        ) : (
          <Button
            onClick={() => {
              setClock(null);
              onDone();
            }}
            data-testid="clock-now"
          >
            <span className={s.withKeys}>
              {t('app.backToNow')} <Kbd>T</Kbd>
              <Kbd>N</Kbd>
            </span>
          </Button>
        )}
      </div>
    </form>
  );
}
