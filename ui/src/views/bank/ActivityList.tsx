import { Button, Select, TextInput } from '@mantine/core';
import { IconCalendarStats } from '@tabler/icons-react';
import { useState } from 'react';
import { useAsk, useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import type { ActivityRow } from '../../platform/wire';
import { EmptyState, Money } from '../../shared/bits';
import { grouped, heading } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { EventDetailPanel } from '../events/EventDetail';
import { Signed } from './AccountPanel';
import s from './BankView.module.css';
import { Count } from './Count';
import { ReadModelState } from './ReadModelState';

type ActivityPlace = Extract<Place, { view: 'bank'; tab: 'activity' }>;

const columns = perLanguage((): readonly Column<ActivityRow>[] => [
  {
    id: 'day',
    header: t('bank.day'),
    width: '116px',
    render: (row) => <span className={`tabular ${s.strong}`}>{row.businessDate}</span>,
  },
  {
    id: 'kind',
    header: t('bank.what'),
    width: 'minmax(140px, 1fr)',
    render: (row) => heading('bank.entry.', row.kind),
  },
  {
    id: 'entries',
    header: t('bank.entriesHeader'),
    width: '90px',
    align: 'end',
    render: (row) => <span className="num">{grouped(row.entries)}</span>,
  },
  {
    id: 'turnover',
    header: t('bank.turnover'),
    width: '156px',
    align: 'end',
    render: (row) => <Money value={row.turnover} />,
  },
  {
    id: 'change',
    header: t('bank.customersMoney'),
    width: '156px',
    align: 'end',
    from: 600,
    render: (row) =>
      row.customersChange.minor === '0' ? (
        <span className="faint">{t('bank.unchanged')}</span>
      ) : (
        <Signed value={row.customersChange} />
      ),
  },
]);

/** What each day of the bank brought, by kind of entry and currency. */
export function ActivityList({ place }: { place: ActivityPlace }) {
  const platform = usePlatform();
  const { from, through, currency } = place;
  const balance = useAsk('trialBalance', [], (ask) => ask.trialBalance());
  const source = useRowSource<ActivityRow>(
    `${from} ${through} ${currency}`,
    async (first, count) => {
      const page = await platform.activity(from, through, currency, Number(first), count);
      return { rows: page.rows, total: BigInt(page.total) };
    },
    useBeat('readModels'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const change = (to: Partial<ActivityPlace>) => go({ ...place, event: null, ...to }, 'replace');
  const bounded = from !== null || through !== null || currency !== null;
  const currencies = (balance.data?.currencies ?? []).map((one) => one.currency);
  return (
    <SplitView
      label={t('bank.event')}
      detail={place.event === null ? null : <EventDetailPanel position={place.event} onClose={() => change({})} />}
    >
      <div className={s.bar}>
        <DayField
          label={t('bank.fromDay')}
          value={from}
          onChange={(day) => change({ from: day })}
          testId="activity-from"
          main
        />
        <DayField
          label={t('bank.through')}
          value={through}
          onChange={(day) => change({ through: day })}
          testId="activity-through"
        />
        <Select
          aria-label={t('bank.currency')}
          placeholder={t('bank.everyCurrency')}
          data={currency !== null && !currencies.includes(currency) ? [...currencies, currency] : currencies}
          value={currency}
          onChange={(value) => change({ currency: value })}
          clearable
          clearButtonProps={{ 'aria-label': t('bank.everyCurrency') }}
          w={150}
        />
        <span className={s.spacer} />
        <Count total={total} word={t('bank.lineWord', { count: total ?? 0n })} />
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconCalendarStats size={28} stroke={1.4} />}
          title={bounded ? t('bank.nothingOnTheseDays') : t('bank.nothingWasBookedYet')}
          action={
            bounded ? (
              <Button onClick={() => go(places.activity())}>{t('bank.showEveryDay')}</Button>
            ) : (
              <Button onClick={() => go(places.commands('Deposit'))}>{t('bank.makeADeposit')}</Button>
            )
          }
        >
          {t('bank.eachLineSumsTheEntriesOfOneKindOn')}
        </EmptyState>
      ) : (
        <VirtualGrid<ActivityRow>
          label={t('bank.activityByDay')}
          columns={columns()}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.position}
          rowProps={(row) => ({ 'data-testid': 'activity-row', 'data-day': row.businessDate, 'data-kind': row.kind })}
          onWindow={onWindow}
          origin={source}
          selected={place.event}
          onSelect={(row) => change({ event: row.position })}
          onOpen={(row) => go(places.events({ types: [row.kind] }, row.position))}
        />
      )}
    </SplitView>
  );
}

interface DayFieldProps {
  label: string;
  value: string | null;
  onChange: (day: string | null) => void;
  testId: string;
  main?: boolean;
}

/** A day, typed as it is shown: `2026-11-25`. */
export function DayField({ label, value, onChange, testId, main = false }: DayFieldProps) {
  const [typed, setTyped] = useState<{ of: string | null; text: string }>({ of: value, text: value ?? '' });
  const text = typed.of === value ? typed.text : (value ?? '');
  const sound = text === '' || (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)));
  const tell = () => {
    const day = text === '' ? null : text;
    if (sound && day !== value) onChange(day);
  };
  return (
    <TextInput
      aria-label={label}
      placeholder={`${label} 2026-01-31`}
      value={text}
      error={!sound}
      onChange={(event) => setTyped({ of: value, text: event.currentTarget.value.trim() })}
      onBlur={tell}
      onKeyDown={(event) => {
        if (event.key === 'Enter') tell();
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
      w={148}
      data-testid={testId}
      {...(main ? { 'data-search-field': true } : {})}
    />
  );
}
