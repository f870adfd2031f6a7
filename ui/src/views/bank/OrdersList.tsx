import { Button } from '@mantine/core';
import { IconCalendarRepeat } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import type { OrderRow } from '../../platform/wire';
import { Chip, EmptyState, Money } from '../../shared/bits';
import { grouped, stateWords } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import s from './BankView.module.css';
import { Count } from './Count';
import { findRow } from './findRow';
import { OrderPanel, often } from './OrderPanel';
import { ReadModelState } from './ReadModelState';
import { orderTone } from './tones';

type OrdersPlace = Extract<Place, { view: 'bank'; tab: 'orders' }>;

const columns = perLanguage((): readonly Column<OrderRow>[] => [
  {
    id: 'order',
    header: t('bank.order'),
    width: '104px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.orderId}</span>,
  },
  {
    id: 'status',
    header: t('bank.status'),
    width: '112px',
    render: (row) => (
      <Chip tone={orderTone(row.status)} dot>
        {stateWords(row.status)}
      </Chip>
    ),
  },
  {
    id: 'plan',
    header: t('bank.when'),
    width: 'minmax(130px, 1fr)',
    render: (row) => often(row),
  },
  {
    id: 'next',
    header: t('bank.next'),
    width: '112px',
    from: 620,
    render: (row) => <span className="tabular">{row.nextOn ?? '–'}</span>,
  },
  {
    id: 'from',
    header: t('bank.fromTo'),
    width: '142px',
    from: 480,
    render: (row) => (
      <span className="mono">
        {row.source} <span className="faint">→</span> {row.target}
      </span>
    ),
  },
  {
    id: 'amount',
    header: t('bank.amount'),
    width: '122px',
    align: 'end',
    render: (row) => <Money value={row.amount} strong />,
  },
  {
    id: 'made',
    header: t('bank.made'),
    width: '64px',
    align: 'end',
    from: 760,
    render: (row) => <span className="num">{grouped(row.executed)}</span>,
  },
  {
    id: 'failed',
    header: t('bank.failed'),
    width: '64px',
    align: 'end',
    from: 830,
    render: (row) =>
      row.failed === '0' ? <span className="faint">–</span> : <Chip tone="bad">{grouped(row.failed)}</Chip>,
  },
]);

export function OrdersList({ place }: { place: OrdersPlace }) {
  const platform = usePlatform();
  const source = useRowSource<OrderRow>(
    'orders',
    async (first, count) => {
      const page = await platform.orders(Number(first), count);
      return { rows: page.orders, total: BigInt(page.total) };
    },
    useBeat('readModels'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const select = (order: string | null) => go(places.orders(order), 'replace');
  return (
    <SplitView
      label={t('bank.order')}
      detail={
        place.order === null ? null : (
          <OrderPanel
            order={place.order}
            row={findRow(
              total,
              (index) => source.row(index),
              (row) => row.orderId === place.order,
            )}
            onClose={() => select(null)}
          />
        )
      }
    >
      <div className={s.bar}>
        <span className="dim">{t('bank.transfersThatAreMadeOnALaterDayOr')}</span>
        <span className={s.spacer} />
        <Count total={total} word={t('bank.orderWord', { count: total ?? 0n })} />
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconCalendarRepeat size={28} stroke={1.4} />}
          title={t('bank.noOrdersYet')}
          action={
            <>
              <Button variant="filled" onClick={() => go(places.commands('CreateStandingOrder'))}>
                {t('bank.newStandingOrder')}
              </Button>
              <Button onClick={() => go(places.commands('CreateScheduledTransfer'))}>
                {t('bank.scheduleATransfer')}
              </Button>
            </>
          }
        >
          {t('bank.aScheduledTransferIsMadeOnceOnIts')}
        </EmptyState>
      ) : (
        <VirtualGrid<OrderRow>
          label={t('bank.orders')}
          columns={columns()}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.orderId}
          rowProps={(row) => ({ 'data-testid': `order-row-${row.orderId}`, 'data-status': row.status })}
          onWindow={onWindow}
          origin={source}
          selected={place.order}
          onSelect={(row) => select(row.orderId)}
          onOpen={(row) => go(places.events({ stream: row.stream }, null, 'oldest'))}
        />
      )}
    </SplitView>
  );
}
