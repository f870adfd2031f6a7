import { Button } from '@mantine/core';
import { IconArrowsTransferDown } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import type { TransferRow } from '../../platform/wire';
import { Chip, EmptyState, Money, Time } from '../../shared/bits';
import { FixedFacet } from '../../shared/Facet';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import s from './BankView.module.css';
import { Count } from './Count';
import { FlightsLine } from './Flights';
import { findRow } from './findRow';
import { newTransfer } from './newTransfer';
import { ReadModelState } from './ReadModelState';
import { StatusChips } from './StatusChips';
import { TransferPanel } from './TransferPanel';
import { transferState, transferStates } from './tones';

type TransfersPlace = Extract<Place, { view: 'bank'; tab: 'transfers' }>;

export function TransferChip({ status }: { status: string }) {
  const { title, tone } = transferState(status);
  return (
    <Chip tone={tone} dot>
      {title}
    </Chip>
  );
}

/** Why it did not complete, or that it should have gone on by now. */
function Why({ row }: { row: TransferRow }) {
  if (row.reason !== null) return <span title={row.reason}>{row.reason}</span>;
  if (row.overdue) return <Chip tone="warn">{t('bank.overdue')}</Chip>;
  return <span className="faint">–</span>;
}

const columns = perLanguage((): readonly Column<TransferRow>[] => [
  {
    id: 'transfer',
    header: t('bank.transfer'),
    width: '100px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.transferId}</span>,
  },
  { id: 'status', header: t('bank.status'), width: '126px', render: (row) => <TransferChip status={row.status} /> },
  {
    id: 'from',
    header: t('bank.fromTo'),
    width: '142px',
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
    id: 'arriving',
    header: t('bank.arrives'),
    width: '122px',
    align: 'end',
    from: 780,
    render: (row) => (row.arriving === null ? <span className="faint">–</span> : <Money value={row.arriving} />),
  },
  {
    id: 'fee',
    header: t('bank.fee'),
    width: '92px',
    align: 'end',
    from: 1240,
    render: (row) => (row.fee === null ? <span className="faint">–</span> : <Money value={row.fee} />),
  },
  {
    id: 'reason',
    header: t('bank.reason'),
    width: 'minmax(120px, 1fr)',
    from: 660,
    render: (row) => <Why row={row} />,
  },
  {
    id: 'requested',
    header: t('bank.requested'),
    width: '180px',
    from: 940,
    render: (row) => <Time value={row.requestedAt} short />,
  },
  {
    id: 'changed',
    header: t('bank.lastChange'),
    width: '180px',
    from: 1120,
    render: (row) => <Time value={row.changedAt} short />,
  },
]);

const MAIN_STATES = [
  'completed',
  'awaitingApproval',
  'sourceDebited',
  'rejected',
  'failed',
  'compensated',
  'parkedInSuspense',
  'stuck',
];

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
  const past = useShownAt() !== null;
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const choose = (status: string | null) =>
    go({ ...place, status, account: status === 'stuck' ? null : place.account, transfer: null }, 'replace');
  const offered = transferStates().filter(
    (state) => MAIN_STATES.includes(state.status) || state.status === place.status,
  );
  const selected = place.transfer;

  return (
    <SplitView
      label={t('bank.transfer')}
      detail={
        selected === null ? null : (
          <TransferPanel
            transfer={selected}
            row={findRow(
              total,
              (index) => source.row(index),
              (one) => one.transferId === selected,
            )}
            onClose={() => go({ ...place, transfer: null }, 'replace')}
          />
        )
      }
    >
      <div className={s.bar}>
        <StatusChips
          label={t('bank.status')}
          options={[{ status: null, title: t('bank.all') }, ...offered]}
          chosen={place.status}
          onChoose={choose}
          prefix="transfers"
        />
        {place.status === 'stuck' ? null : place.account === null ? (
          <SearchField
            main
            label={t('bank.transfersOfAccount')}
            placeholder={t('bank.account2')}
            value={place.account}
            onChange={(account) => go({ ...place, account, transfer: null }, 'replace')}
            width={130}
            testId="transfer-account"
          />
        ) : (
          <FixedFacet
            label={t('bank.account')}
            value={place.account}
            onClear={() => go({ ...place, account: null, transfer: null }, 'replace')}
          />
        )}
        <span className={s.spacer} />
        <Count total={total} word={t('bank.transferWord', { count: total ?? 0n })} />
      </div>
      <FlightsLine />
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconArrowsTransferDown size={28} stroke={1.4} />}
          title={emptyTitle(place.status)}
          action={
            place.status === null ? (
              <Button variant="filled" onClick={() => newTransfer()} disabled={past}>
                {t('bank.newTransfer')}
              </Button>
            ) : (
              <Button onClick={() => choose(null)}>{t('bank.showAll')}</Button>
            )
          }
        >
          {place.status === 'stuck'
            ? t('bank.everyTransferThatIsUnderWayIs')
            : t('bank.aTransferReservesDebitsAndCredits')}
        </EmptyState>
      ) : (
        <VirtualGrid<TransferRow>
          label={t('bank.transfers')}
          columns={columns()}
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

function emptyTitle(status: string | null): string {
  if (status === null) return t('bank.noTransfersYet');
  return status === 'stuck'
    ? t('bank.noTransferIsStuck')
    : t('bank.noTransferIs', { status: transferState(status).title });
}
