import { Button } from '@mantine/core';
import { IconBuildingBank, IconSparkles } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import type { AccountRow } from '../../platform/wire';
import { Chip, EmptyState, Money } from '../../shared/bits';
import { grouped, heading, stateWords } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import { AccountPanel, Available } from './AccountPanel';
import s from './BankView.module.css';
import { ReadModelState } from './ReadModelState';
import { accountTone } from './tones';

type AccountsPlace = Extract<Place, { view: 'bank'; tab: 'accounts' }>;

/** Wide enough for any balance that there can be: an amount that is cut is another amount. */
const MONEY = '204px';

const columns = perLanguage((): readonly Column<AccountRow>[] => [
  {
    id: 'account',
    header: t('bank.account'),
    width: '112px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.accountId}</span>,
  },
  {
    id: 'customer',
    header: t('bank.customer'),
    width: 'minmax(150px, 1fr)',
    render: (row) => (
      <>
        {row.customerName ?? <span className="faint">{t('bank.unknown')}</span>}{' '}
        <span className="mono faint">{row.customerId}</span>
      </>
    ),
  },
  {
    id: 'product',
    header: t('bank.product'),
    width: '100px',
    from: 900,
    render: (row) => <span className="dim">{heading('bank.product.', row.product)}</span>,
  },
  {
    id: 'status',
    header: t('bank.status'),
    width: '112px',
    from: 660,
    render: (row) => (
      <Chip tone={accountTone(row.status)} dot>
        {stateWords(row.status)}
      </Chip>
    ),
  },
  {
    id: 'balance',
    header: t('bank.balance'),
    width: MONEY,
    align: 'end',
    render: (row) => <Money value={row.balance} strong />,
  },
  {
    id: 'held',
    header: t('bank.held'),
    width: '122px',
    align: 'end',
    from: 790,
    render: (row) => (row.held.minor === '0' ? <span className="faint">–</span> : <Money value={row.held} />),
  },
  {
    id: 'available',
    header: t('bank.available'),
    width: MONEY,
    from: 720,
    align: 'end',
    render: (row) => <Available row={row} />,
  },
]);

export function AccountsList({ place }: { place: AccountsPlace }) {
  const platform = usePlatform();
  const source = useRowSource<AccountRow>(
    place.search ?? '',
    async (first, count) => {
      const page = await platform.accounts(place.search, Number(first), count);
      return { rows: page.accounts, total: BigInt(page.total) };
    },
    useBeat('readModels'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;

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
        <SearchField
          main
          label={t('bank.searchAccounts')}
          placeholder={t('bank.accountCustomerOrName')}
          value={place.search}
          onChange={(search) => go({ ...place, search, account: null }, 'replace')}
          width={260}
          testId="account-search"
        />
        <span className={s.spacer} />
        <span className={s.count} aria-live="polite">
          {total === null ? '…' : grouped(String(total))}
          <span className="faint"> {t('bank.accountWord', { count: total ?? 0n })}</span>
        </span>
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <NoAccounts search={place.search} />
      ) : (
        <VirtualGrid<AccountRow>
          label={t('bank.accounts')}
          columns={columns()}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.accountId}
          rowProps={(row) => ({ 'data-testid': `account-row-${row.accountId}` })}
          onWindow={onWindow}
          origin={source}
          selected={place.account}
          onSelect={(row) => go({ ...place, account: row.accountId }, 'replace')}
          onOpen={(row) => go(places.account(row.accountId))}
        />
      )}
    </SplitView>
  );
}

function NoAccounts({ search }: { search: string | null }) {
  if (search !== null) {
    return (
      <EmptyState
        title={t('bank.noAccountMatches')}
        action={<Button onClick={() => go(places.accounts())}>{t('bank.showAll')}</Button>}
      >
        {t('bank.nothingWithInItsNumberItsCustomers', { search })}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconBuildingBank size={28} stroke={1.4} />}
      title={t('bank.noAccountsYet')}
      action={
        <>
          <Button variant="filled" leftSection={<IconSparkles size={14} />} onClick={() => go(places.welcome())}>
            {t('bank.createTheDemoBank')}
          </Button>
          <Button onClick={() => go(places.commands('RegisterCustomer'))}>{t('bank.registerACustomer')}</Button>
        </>
      }
    >
      {t('bank.anAccountNeedsACustomerWhose')}
    </EmptyState>
  );
}
