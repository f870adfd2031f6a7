import { Button } from '@mantine/core';
import { IconGauge } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import type { LimitsRow, MoneyView } from '../../platform/wire';
import { EmptyState, Money, Time } from '../../shared/bits';
import { amount, proseDate, share } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { AccountPanel } from './AccountPanel';
import { DayField } from './ActivityList';
import s from './BankView.module.css';
import { Count } from './Count';
import { ReadModelState } from './ReadModelState';

type LimitsPlace = Extract<Place, { view: 'bank'; tab: 'limits' }>;

/** How much of a limit is used: as a bar for the eye and in words for everybody. */
function Use({ used, limit }: { used: MoneyView; limit: MoneyView | null }) {
  if (limit === null) {
    return used.minor === '0' ? <span className="faint">{t('bank.noLimit')}</span> : <Money value={used} />;
  }
  const part = used.minor.startsWith('-') ? 0 : share(used.minor, limit.minor);
  const tone = part >= 1 ? s.full : part >= 0.8 ? s.high : s.low;
  return (
    <span
      className={s.meter}
      title={t('bank.usedOf', { used: amount(used.text), limit: amount(limit.text), currency: limit.currency })}
    >
      <span className={`${s.meterBar} ${tone}`} aria-hidden="true">
        <span style={{ transform: `scaleX(${part})` }} />
      </span>
      <span className="num">
        {amount(used.text)} <span className="faint">{t('bank.ofLimit', { limit: amount(limit.text) })}</span>
      </span>
    </span>
  );
}

const columns = perLanguage((): readonly Column<LimitsRow>[] => [
  {
    id: 'account',
    header: t('bank.account'),
    width: '92px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.accountId}</span>,
  },
  {
    id: 'each',
    header: t('bank.eachTime'),
    width: '130px',
    align: 'end',
    from: 620,
    render: (row) =>
      row.perTransaction === null ? (
        <span className="faint">{t('bank.any')}</span>
      ) : (
        <Money value={row.perTransaction} />
      ),
  },
  {
    id: 'day',
    header: t('bank.usedOfTheDay'),
    width: 'minmax(160px, 1fr)',
    render: (row) => <Use used={row.usedDay} limit={row.perDay} />,
  },
  {
    id: 'month',
    header: t('bank.usedOfTheMonth'),
    width: 'minmax(160px, 1fr)',
    render: (row) => <Use used={row.usedMonth} limit={row.perMonth} />,
  },
  {
    id: 'currency',
    header: <span className="visually-hidden">{t('bank.currency')}</span>,
    width: '44px',
    render: (row) => <span className="faint">{row.usedDay.currency}</span>,
  },
  {
    id: 'set',
    header: t('bank.setAt'),
    width: '180px',
    from: 900,
    render: (row) => <Time value={row.changedAt} short />,
  },
]);

export function LimitsList({ place }: { place: LimitsPlace }) {
  const platform = usePlatform();
  const source = useRowSource<LimitsRow>(
    place.day ?? '',
    async (first, count) => {
      const page = await platform.limits(place.day, Number(first), count);
      return { rows: page.limits, total: BigInt(page.total) };
    },
    useBeat('readModels'),
    { blockSize: 100 },
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const day = source.row(0n)?.businessDate ?? null;
  return (
    <SplitView
      label={t('bank.account')}
      detail={
        place.account === null ? null : (
          <AccountPanel account={place.account} onClose={() => go({ ...place, account: null }, 'replace')} />
        )
      }
    >
      <div className={s.bar}>
        <DayField
          main
          label={t('bank.on')}
          value={place.day}
          onChange={(on) => go(places.limits(on, place.account), 'replace')}
          testId="limits-day"
        />
        {day !== null && (
          <span className="dim">
            {place.day === null
              ? t('bank.usedOnLast', { day: proseDate(day) })
              : t('bank.usedOn', { day: proseDate(day) })}
          </span>
        )}
        <span className={s.spacer} />
        <Count total={total} word={t('bank.limitedWord', { count: total ?? 0n })} />
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconGauge size={28} stroke={1.4} />}
          title={t('bank.noLimitsAreSet')}
          action={<Button onClick={() => go(places.commands('SetLimits'))}>{t('bank.setLimits')}</Button>}
        >
          {t('bank.anAccountWithoutLimitsMaySpend')}
        </EmptyState>
      ) : (
        <VirtualGrid<LimitsRow>
          label={t('bank.limitsAndTheirUse')}
          columns={columns()}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.accountId}
          rowProps={(row) => ({ 'data-testid': `limits-row-${row.accountId}` })}
          onWindow={onWindow}
          origin={source}
          selected={place.account}
          onSelect={(row) => go({ ...place, account: row.accountId }, 'replace')}
          onOpen={(row) => go(places.events({}, row.position))}
        />
      )}
    </SplitView>
  );
}
