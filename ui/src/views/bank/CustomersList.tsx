import { Button } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import type { CustomerRow } from '../../platform/wire';
import { Chip, EmptyState, Time } from '../../shared/bits';
import { grouped, stateWords } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import s from './BankView.module.css';
import { Count } from './Count';
import { CustomerPanel } from './CustomerPanel';
import { ReadModelState } from './ReadModelState';
import { customerTone } from './tones';

type CustomersPlace = Extract<Place, { view: 'bank'; tab: 'customers' }>;

const columns = perLanguage((): readonly Column<CustomerRow>[] => [
  {
    id: 'customer',
    header: t('bank.customer'),
    width: '112px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.customerId}</span>,
  },
  { id: 'name', header: t('bank.name'), width: 'minmax(140px, 1fr)', render: (row) => row.name },
  {
    id: 'status',
    header: t('bank.status'),
    width: '150px',
    render: (row) => (
      <Chip tone={customerTone(row.status)} dot>
        {stateWords(row.status)}
      </Chip>
    ),
  },
  {
    id: 'review',
    header: t('bank.review'),
    width: '96px',
    from: 560,
    render: (row) =>
      row.reviewOverdue ? <Chip tone="warn">{t('bank.overdue')}</Chip> : <span className="faint">–</span>,
  },
  {
    id: 'accounts',
    header: t('bank.openAccounts'),
    width: '110px',
    align: 'end',
    from: 680,
    render: (row) => <span className="num">{grouped(row.openAccounts)}</span>,
  },
  {
    id: 'registered',
    header: t('bank.registered'),
    width: '180px',
    from: 860,
    render: (row) => <Time value={row.registeredAt} short />,
  },
]);

export function CustomersList({ place }: { place: CustomersPlace }) {
  const platform = usePlatform();
  const source = useRowSource<CustomerRow>(
    place.search ?? '',
    async (first, count) => {
      const page = await platform.customers(place.search, Number(first), count);
      return { rows: page.customers, total: BigInt(page.total) };
    },
    useBeat('readModels'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  return (
    <SplitView
      label={t('bank.customer')}
      detail={
        place.customer === null ? null : (
          <CustomerPanel customer={place.customer} onClose={() => go({ ...place, customer: null }, 'replace')} />
        )
      }
    >
      <div className={s.bar}>
        <SearchField
          main
          label={t('bank.searchCustomers')}
          placeholder={t('bank.numberOrInitials')}
          value={place.search}
          onChange={(search) => go({ ...place, search, customer: null }, 'replace')}
          width={260}
          testId="customer-search"
        />
        <span className={s.spacer} />
        <Count total={total} word={t('bank.customerWord', { count: total ?? 0n })} />
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconUsers size={28} stroke={1.4} />}
          title={place.search === null ? t('bank.noCustomersYet') : t('bank.noCustomerMatches')}
          action={
            place.search === null ? (
              <Button onClick={() => go(places.commands('RegisterCustomer'))}>{t('bank.registerACustomer')}</Button>
            ) : (
              <Button onClick={() => go(places.customers())}>{t('bank.showAll')}</Button>
            )
          }
        >
          {place.search === null
            ? t('bank.aCustomerIsRegisteredIdentified')
            : t('bank.nothingWithInItsNumberOrInitials', { search: place.search })}
        </EmptyState>
      ) : (
        <VirtualGrid<CustomerRow>
          label={t('bank.customers')}
          columns={columns()}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.customerId}
          rowProps={(row) => ({ 'data-testid': `customer-row-${row.customerId}` })}
          onWindow={onWindow}
          origin={source}
          selected={place.customer}
          onSelect={(row) => go({ ...place, customer: row.customerId }, 'replace')}
          onOpen={(row) => go(places.events({ stream: row.stream }, null, 'oldest'))}
        />
      )}
    </SplitView>
  );
}
