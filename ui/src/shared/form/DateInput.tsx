import { ActionIcon, TextInput } from '@mantine/core';
import { IconCalendarDue, IconClock } from '@tabler/icons-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import { exactTime, parseTime } from '../format';
import { isoDay } from '../zones';
import { addDays, dayOf, dayText, TIME } from './days';
import s from './SchemaForm.module.css';

interface DateInputProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  description: string | null;
  error: string | null;
  withAsterisk: boolean;
  disabled: boolean;
  'data-testid': string;
  /** Takes the focus of the dialog that it is in. */
  'data-autofocus'?: true;
}

/** Up and down are a day later and earlier. */
function steps(event: KeyboardEvent, step: (days: number) => void): void {
  const days = { ArrowUp: 1, ArrowDown: -1, PageUp: 7, PageDown: -7 }[event.key];
  if (days === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  step(days);
}

/** What helps to fill a field in, and what was understood of what stands in it. */
export const described = (description: string | null, known: string | null): ReactNode => (
  <>
    {description} {known !== null && <span className={s.known}>{known}</span>}
  </>
);

/** A day as it is written in payloads, with what day of the week that is. */
export function DateInput({ value, onChange, description, ...common }: DateInputProps) {
  const today = () => dayOf(new Date().toISOString());
  const day = dayOf(value);
  return (
    <TextInput
      {...common}
      description={described(description, day === null ? null : dayText(day))}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={() => isoDay(value.trim()) !== value && onChange(isoDay(value.trim()))}
      onKeyDown={(event) => steps(event, (days) => onChange(addDays(day ?? today() ?? '', day === null ? 0 : days)))}
      placeholder={t('shared.yyyyMmDd')}
      classNames={{ input: 'mono' }}
      rightSection={
        <ActionIcon
          aria-label={t('shared.todayFor', { label: common.label })}
          title={t('shared.todayTitle')}
          disabled={common.disabled}
          onClick={() => onChange(today() ?? '')}
          data-testid={`${common['data-testid']}.today`}
        >
          <IconCalendarDue size={15} />
        </ActionIcon>
      }
    />
  );
}

/** A moment, typed in the chosen zone or as RFC 3339, and kept in UTC. */
export function TimeInput({ value, onChange, description, ...common }: DateInputProps) {
  const { zone } = useSettings();
  const now = () => `${new Date().toISOString().slice(0, 19)}Z`;
  const isTime = TIME.test(value);
  return (
    <TextInput
      {...common}
      description={described(description, isTime ? exactTime(value, zone) : null)}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={() => {
        const meant = isTime ? null : parseTime(value, zone);
        if (meant !== null) onChange(meant);
      }}
      onKeyDown={(event) =>
        steps(event, (days) => onChange(isTime ? addDays(value.slice(0, 10), days) + value.slice(10) : now()))
      }
      placeholder={t('shared.yyyyMmDdHhMm')}
      classNames={{ input: 'mono' }}
      rightSection={
        <ActionIcon
          aria-label={t('shared.nowFor', { label: common.label })}
          title={t('shared.nowTitle')}
          disabled={common.disabled}
          onClick={() => onChange(now())}
          data-testid={`${common['data-testid']}.now`}
        >
          <IconClock size={15} />
        </ActionIcon>
      }
    />
  );
}
