import { Button } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import type { HoldRow } from '../../platform/wire';
import { Chip, EmptyState, Money, Time } from '../../shared/bits';
import { FixedFacet } from '../../shared/Facet';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import { EventDetailPanel } from '../events/EventDetail';
import s from './BankView.module.css';
import { Count } from './Count';
import { findRow } from './findRow';
import { HoldPanel } from './HoldPanel';
import { ReadModelState } from './ReadModelState';
import { StatusChips } from './StatusChips';
import { holdTone } from './tones';

type HoldsPlace = Extract<Place, { view: 'bank'; tab: 'holds' }>;

const STATES = [
  { status: null, title: 'All' },
  { status: 'open', title: 'Open' },
  { status: 'captured', title: 'Captured' },
  { status: 'released', title: 'Released' },
  { status: 'expired', title: 'Expired' },
] as const;

const columns: readonly Column<HoldRow>[] = [
  {
    id: 'account',
    header: 'Account',
    width: '88px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.accountId}</span>,
  },
  {
    id: 'status',
    header: 'Status',
    width: '96px',
    render: (row) => (
      <Chip tone={holdTone(row.status)} dot>
        {row.status}
      </Chip>
    ),
  },
  {
    id: 'amount',
    header: 'Amount',
    width: '128px',
    align: 'end',
    render: (row) => <Money value={row.amount} strong />,
  },
  {
    id: 'purpose',
    header: 'For',
    width: 'minmax(120px, 1fr)',
    render: (row) => <span title={row.purpose}>{row.purpose}</span>,
  },
  { id: 'expires', header: 'Lapses', width: '180px', from: 660, render: (row) => <Time value={row.expiresAt} short /> },
  { id: 'placed', header: 'Placed', width: '180px', from: 860, render: (row) => <Time value={row.placedAt} short /> },
];

export function HoldsList({ place }: { place: HoldsPlace }) {
  const platform = usePlatform();
  const source = useRowSource<HoldRow>(
    `${place.status} ${place.account}`,
    async (first, count) => {
      const page = await platform.holds(place.account, place.status, Number(first), count);
      return { rows: page.holds, total: BigInt(page.total) };
    },
    useBeat('readModels'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const change = (to: Partial<HoldsPlace>) => go({ ...place, hold: null, ...to }, 'replace');
  const row = findRow(
    total,
    (index) => source.row(index),
    (one) => one.placedPosition === place.hold,
  );
  return (
    <SplitView
      label="Hold"
      detail={
        place.hold === null ? null : row === null ? (
          <EventDetailPanel position={place.hold} onClose={() => change({})} />
        ) : (
          <HoldPanel hold={row} onClose={() => change({})} />
        )
      }
    >
      <div className={s.bar}>
        <StatusChips
          label="Status"
          options={STATES}
          chosen={place.status}
          onChoose={(status) => change({ status })}
          prefix="holds"
        />
        {place.account === null ? (
          <SearchField
            main
            label="Holds of account"
            placeholder="Account…"
            value={place.account}
            onChange={(account) => change({ account })}
            width={130}
            testId="hold-account"
          />
        ) : (
          <FixedFacet label="Account" value={place.account} onClear={() => change({ account: null })} />
        )}
        <span className={s.spacer} />
        <Count total={total} one="hold" />
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconLock size={28} stroke={1.4} />}
          title={place.status === null && place.account === null ? 'No holds yet' : 'No hold matches'}
          action={
            place.status === null && place.account === null ? (
              <Button onClick={() => go(places.commands('PlaceHold'))}>Place a hold</Button>
            ) : (
              <Button onClick={() => go(places.holds())}>Show all</Button>
            )
          }
        >
          A hold sets an amount aside, for a card payment or a transfer, until it is captured, released, or lapses.
        </EmptyState>
      ) : (
        <VirtualGrid<HoldRow>
          label="Holds"
          columns={columns}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(one) => one.placedPosition}
          rowProps={(one) => ({ 'data-testid': 'hold-row', 'data-hold': one.holdId, 'data-status': one.status })}
          onWindow={onWindow}
          origin={source}
          selected={place.hold}
          onSelect={(one) => change({ hold: one.placedPosition })}
          onOpen={(one) => go(places.events({ stream: one.stream }, one.placedPosition, 'oldest'))}
        />
      )}
    </SplitView>
  );
}
