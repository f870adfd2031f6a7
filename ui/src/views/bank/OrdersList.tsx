import { Button } from '@mantine/core';
import { IconCalendarRepeat } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import type { OrderRow } from '../../platform/wire';
import { Chip, EmptyState, Money } from '../../shared/bits';
import { grouped } from '../../shared/format';
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

const columns: readonly Column<OrderRow>[] = [
  {
    id: 'order',
    header: 'Order',
    width: '104px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.orderId}</span>,
  },
  {
    id: 'status',
    header: 'Status',
    width: '98px',
    render: (row) => (
      <Chip tone={orderTone(row.status)} dot>
        {row.status}
      </Chip>
    ),
  },
  {
    id: 'plan',
    header: 'When',
    width: 'minmax(130px, 1fr)',
    render: (row) => often(row),
  },
  {
    id: 'next',
    header: 'Next',
    width: '112px',
    from: 620,
    render: (row) => <span className="tabular">{row.nextOn ?? '–'}</span>,
  },
  {
    id: 'from',
    header: 'From → to',
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
    header: 'Amount',
    width: '122px',
    align: 'end',
    render: (row) => <Money value={row.amount} strong />,
  },
  {
    id: 'made',
    header: 'Made',
    width: '64px',
    align: 'end',
    from: 760,
    render: (row) => <span className="num">{grouped(row.executed)}</span>,
  },
  {
    id: 'failed',
    header: 'Failed',
    width: '64px',
    align: 'end',
    from: 830,
    render: (row) =>
      row.failed === '0' ? <span className="faint">–</span> : <Chip tone="bad">{grouped(row.failed)}</Chip>,
  },
];

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
      label="Order"
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
        <span className="dim">Transfers that are made on a later day, or again and again</span>
        <span className={s.spacer} />
        <Count total={total} one="order" />
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconCalendarRepeat size={28} stroke={1.4} />}
          title="No orders yet"
          action={
            <>
              <Button variant="filled" onClick={() => go(places.commands('CreateStandingOrder'))}>
                New standing order
              </Button>
              <Button onClick={() => go(places.commands('CreateScheduledTransfer'))}>Schedule a transfer</Button>
            </>
          }
        >
          A scheduled transfer is made once on its day, a standing order each time its plan says so.
        </EmptyState>
      ) : (
        <VirtualGrid<OrderRow>
          label="Orders"
          columns={columns}
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
