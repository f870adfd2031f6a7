import { Button } from '@mantine/core';
import { IconBuildingBank, IconSparkles } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import type { AccountRow } from '../../platform/wire';
import { Chip, EmptyState, Money } from '../../shared/bits';
import { grouped, words } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import { AccountPanel } from './AccountPanel';
import s from './BankView.module.css';
import { ReadModelState } from './ReadModelState';
import { accountTone } from './tones';

type AccountsPlace = Extract<Place, { view: 'bank'; tab: 'accounts' }>;

/** Wide enough for any balance that there can be: an amount that is cut is another amount. */
const MONEY = '204px';

const columns: readonly Column<AccountRow>[] = [
  {
    id: 'account',
    header: 'Account',
    width: '112px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.accountId}</span>,
  },
  {
    id: 'customer',
    header: 'Customer',
    width: 'minmax(150px, 1fr)',
    render: (row) => (
      <>
        {row.customerName ?? <span className="faint">unknown</span>}{' '}
        <span className="mono faint">{row.customerId}</span>
      </>
    ),
  },
  {
    id: 'product',
    header: 'Product',
    width: '100px',
    from: 900,
    render: (row) => <span className="dim">{words(row.product)}</span>,
  },
  {
    id: 'status',
    header: 'Status',
    width: '88px',
    from: 660,
    render: (row) => (
      <Chip tone={accountTone(row.status)} dot>
        {row.status}
      </Chip>
    ),
  },
  {
    id: 'balance',
    header: 'Balance',
    width: MONEY,
    align: 'end',
    render: (row) => <Money value={row.balance} strong />,
  },
  {
    id: 'held',
    header: 'Held',
    width: '122px',
    align: 'end',
    from: 790,
    render: (row) => (row.held.minor === '0' ? <span className="faint">–</span> : <Money value={row.held} />),
  },
  {
    id: 'available',
    header: 'Available',
    width: MONEY,
    from: 720,
    align: 'end',
    render: (row) => <Money value={row.available} />,
  },
];

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
      label="Account"
      detail={
        place.account === null ? null : (
          <AccountPanel account={place.account} onClose={() => go({ ...place, account: null }, 'replace')} />
        )
      }
    >
      <div className={s.bar}>
        <SearchField
          main
          label="Search accounts"
          placeholder="Account, customer or name…"
          value={place.search}
          onChange={(search) => go({ ...place, search, account: null }, 'replace')}
          width={260}
          testId="account-search"
        />
        <span className={s.spacer} />
        <span className={s.count} aria-live="polite">
          {total === null ? '…' : grouped(String(total))}
          <span className="faint"> {total === 1n ? 'account' : 'accounts'}</span>
        </span>
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <NoAccounts search={place.search} />
      ) : (
        <VirtualGrid<AccountRow>
          label="Accounts"
          columns={columns}
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
      <EmptyState title="No account matches" action={<Button onClick={() => go(places.accounts())}>Show all</Button>}>
        Nothing with “{search}” in its number, its customer’s number or name.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconBuildingBank size={28} stroke={1.4} />}
      title="No accounts yet"
      action={
        <>
          <Button variant="filled" leftSection={<IconSparkles size={14} />} onClick={() => go(places.welcome())}>
            Create the demo bank
          </Button>
          <Button onClick={() => go(places.commands('RegisterCustomer'))}>Register a customer</Button>
        </>
      }
    >
      An account needs a customer whose onboarding is approved.
    </EmptyState>
  );
}
