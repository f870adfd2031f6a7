import { Button, UnstyledButton } from '@mantine/core';
import { IconArrowsTransferDown } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import type { TransferRow } from '../../platform/wire';
import { Chip, EmptyState, Money, Time } from '../../shared/bits';
import { FixedFacet } from '../../shared/Facet';
import { grouped } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import s from './BankView.module.css';
import { newTransfer } from './newTransfer';
import { ReadModelState } from './ReadModelState';
import { TransferPanel } from './TransferPanel';
import { TRANSFER_STATES, transferState } from './tones';

type TransfersPlace = Extract<Place, { view: 'bank'; tab: 'transfers' }>;

export function TransferChip({ status }: { status: string }) {
  const { title, tone } = transferState(status);
  return (
    <Chip tone={tone} dot>
      {title}
    </Chip>
  );
}

const columns: readonly Column<TransferRow>[] = [
  {
    id: 'transfer',
    header: 'Transfer',
    width: '100px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.transferId}</span>,
  },
  { id: 'status', header: 'Status', width: '102px', render: (row) => <TransferChip status={row.status} /> },
  {
    id: 'from',
    header: 'From → to',
    width: '142px',
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
    id: 'reason',
    header: 'Reason',
    width: 'minmax(120px, 1fr)',
    from: 660,
    render: (row) =>
      row.reason === null ? <span className="faint">–</span> : <span title={row.reason}>{row.reason}</span>,
  },
  {
    id: 'requested',
    header: 'Requested',
    width: '180px',
    from: 860,
    render: (row) => <Time value={row.requestedAt} short />,
  },
  {
    id: 'changed',
    header: 'Last change',
    width: '180px',
    from: 1080,
    render: (row) => <Time value={row.changedAt} short />,
  },
];

const MAIN_STATES = ['completed', 'sourceDebited', 'rejected', 'failed', 'compensated', 'parkedInSuspense'];

export function TransfersList({ place }: { place: TransfersPlace }) {
  const platform = usePlatform();
  const source = useRowSource<TransferRow>(
    `${place.status} ${place.account}`,
    async (first, count) => {
      const page = await platform.transfers(place.status, place.account, Number(first), count);
      return { rows: page.transfers, total: BigInt(page.total) };
    },
    useBeat('readModels'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const choose = (status: string | null) => go({ ...place, status, transfer: null }, 'replace');
  const offered = TRANSFER_STATES.filter(
    (state) => MAIN_STATES.includes(state.status) || state.status === place.status,
  );
  const selected = place.transfer;

  return (
    <SplitView
      label="Transfer"
      detail={
        selected === null ? null : (
          <TransferPanel
            transfer={selected}
            row={findRow(source.total ?? 0n, (index) => source.row(index), selected)}
            onClose={() => go({ ...place, transfer: null }, 'replace')}
          />
        )
      }
    >
      <div className={s.bar}>
        <div className={s.chips} role="radiogroup" aria-label="Status">
          {[{ status: null, title: 'All' }, ...offered].map(({ status, title }) => (
            <UnstyledButton
              key={status ?? 'all'}
              role="radio"
              aria-checked={place.status === status}
              className={`${s.filterChip} ${place.status === status ? s.filterOn : ''}`}
              onClick={() => choose(status)}
              data-testid={`transfers-${status ?? 'all'}`}
            >
              {title}
            </UnstyledButton>
          ))}
        </div>
        {place.account === null ? (
          <SearchField
            main
            label="Transfers of account"
            placeholder="Account…"
            value={place.account}
            onChange={(account) => go({ ...place, account, transfer: null }, 'replace')}
            width={130}
            testId="transfer-account"
          />
        ) : (
          <FixedFacet
            label="Account"
            value={place.account}
            onClear={() => go({ ...place, account: null, transfer: null }, 'replace')}
          />
        )}
        <span className={s.spacer} />
        <span className={s.count} aria-live="polite">
          {total === null ? '…' : grouped(String(total))}
          <span className="faint"> {total === 1n ? 'transfer' : 'transfers'}</span>
        </span>
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconArrowsTransferDown size={28} stroke={1.4} />}
          title={place.status === null ? 'No transfers yet' : `No transfer is “${transferState(place.status).title}”`}
          action={
            place.status === null ? (
              <Button variant="filled" onClick={() => newTransfer()}>
                New transfer
              </Button>
            ) : (
              <Button onClick={() => choose(null)}>Show all</Button>
            )
          }
        >
          A transfer reserves, debits and credits in three streams; each step shows here as it happens.
        </EmptyState>
      ) : (
        <VirtualGrid<TransferRow>
          label="Transfers"
          columns={columns}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.transferId}
          rowProps={(row) => ({ 'data-testid': `transfer-row-${row.transferId}`, 'data-status': row.status })}
          onWindow={onWindow}
          origin={source}
          selected={selected}
          onSelect={(row) => go({ ...place, transfer: row.transferId }, 'replace')}
          onOpen={(row) => go(places.events({ stream: row.stream }, null, 'oldest'))}
        />
      )}
    </SplitView>
  );
}

/** The selected row, if it is among those at hand: the newest few hundred. */
function findRow(
  total: bigint,
  rowAt: (index: bigint) => TransferRow | undefined,
  transfer: string,
): TransferRow | null {
  const end = total < 2000n ? total : 2000n;
  for (let index = 0n; index < end; index += 1n) {
    const row = rowAt(index);
    if (row?.transferId === transfer) return row;
  }
  return null;
}
