import { useCallback, useRef } from 'react';
import { useAsk, useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { StatementEntry } from '../../platform/wire';
import { Bones, Chip, EmptyState, Money } from '../../shared/bits';
import { grouped, heading, stateWords } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, type GridHandle, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { EventDetailPanel } from '../events/EventDetail';
import { AccountActions, Figures, Signed } from './AccountPanel';
import s from './BankView.module.css';
import { ReadModelState } from './ReadModelState';
import { accountTone } from './tones';

const columns = perLanguage((): readonly Column<StatementEntry>[] => [
  {
    id: 'booked',
    header: t('bank.booked'),
    width: '118px',
    render: (row) => <span className="tabular">{row.bookingDate}</span>,
  },
  {
    id: 'value',
    header: t('bank.valueDate'),
    width: '118px',
    from: 690,
    render: (row) => <span className="tabular dim">{row.valueDate}</span>,
  },
  {
    id: 'text',
    header: t('bank.text'),
    width: 'minmax(90px, 1fr)',
    render: (row) => <span title={row.text}>{row.text}</span>,
  },
  {
    id: 'position',
    header: t('bank.event'),
    width: '88px',
    align: 'end',
    from: 790,
    render: (row) => <span className="mono faint">{grouped(row.position)}</span>,
  },
  {
    id: 'amount',
    header: t('bank.amount'),
    width: '116px',
    align: 'end',
    render: (row) => <Signed value={row.amount} />,
  },
  {
    id: 'balance',
    header: t('bank.balance'),
    width: '146px',
    align: 'end',
    render: (row) => <Money value={row.balance} strong />,
  },
]);

export function AccountPage({ account, event }: { account: string; event: string | null }) {
  const platform = usePlatform();
  const beat = useBeat('readModels');
  const grid = useRef<GridHandle>(null);
  const head = useAsk('statement', [account, 0, 1], (ask) => ask.statement(account, 0, 1), { keep: true });
  const source = useRowSource<StatementEntry>(
    account,
    async (first, count) => {
      const page = await platform.statement(account, Number(first), count);
      return { rows: page.entries, total: BigInt(page.total) };
    },
    beat,
  );
  const onWindow = useWindowOf(source);
  const select = useCallback((position: string | null) => go(places.account(account, position), 'replace'), [account]);

  if (head.isError) return <ReadModelState error={toAppError(head.error)} onRetry={() => void head.refetch()} />;
  if (head.data === undefined) return <Bones lines={12} label={t('bank.loadingTheStatement')} />;
  const { account: row, opening, projectionVersion, position } = head.data;
  const total = source.total ?? 0n;
  return (
    <SplitView
      label={t('bank.event')}
      detail={event === null ? null : <EventDetailPanel position={event} onClose={() => select(null)} />}
    >
      <div className={s.accountHead}>
        <div className={s.accountTitle}>
          <h2>
            {row.customerName ?? t('bank.unknownCustomer')} <span className="mono faint">{row.customerId}</span>
          </h2>
          <Chip tone={accountTone(row.status)} dot>
            {stateWords(row.status)}
          </Chip>
          <Chip>{heading('bank.product.', row.product)}</Chip>
        </div>
        <Figures row={row} />
        <AccountActions row={row} statement={false} />
      </div>
      <div className={s.edgeLine}>
        <span className="dim">{t('bank.openingBalance')}</span>
        <span data-testid="opening-balance">
          <Money value={opening} />
        </span>
      </div>
      {source.error !== null ? (
        <ReadModelState error={source.error} onRetry={() => source.retry()} />
      ) : total === 0n && source.total !== null ? (
        <EmptyState title={t('bank.nothingWasBookedYet')}>{t('bank.depositsWithdrawalsAndTransfers')}</EmptyState>
      ) : (
        <VirtualGrid<StatementEntry>
          ref={grid}
          label={t('bank.statementOfAccount', { account })}
          columns={columns()}
          rows={source.total ?? 12n}
          rowAt={(index) => source.row(index)}
          rowId={(line) => line.position}
          rowProps={(line) => ({ 'data-testid': 'statement-row', 'data-position': line.position })}
          onWindow={onWindow}
          origin={source.total === null ? null : source}
          follow
          selected={event}
          onSelect={(line) => select(line.position)}
          onOpen={(line) => go(places.time(row.stream, line.version))}
        />
      )}
      <div className={s.edgeLine}>
        <span className="dim">
          {t('bank.closingBalance')}{' '}
          <span className="faint">
            {t('bank.afterEntries', { count: total, version: projectionVersion, position: grouped(position) })}
          </span>
        </span>
        <span className={s.strong} data-testid="closing-balance">
          <Money value={row.balance} strong />
        </span>
      </div>
    </SplitView>
  );
}
