import { Button, Tooltip } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useCallback } from 'react';
import { useShownAt } from '../../app/clock/ClockContext';
import { places } from '../../app/place';
import { usePlaceOf } from '../../app/router';
import { type Tab, TabBar } from '../../shared/TabBar';
import { AccountPage } from './AccountPage';
import { AccountsList } from './AccountsList';
import { ActivityList } from './ActivityList';
import { AuditTab } from './AuditTab';
import { CustomersList } from './CustomersList';
import { HoldsList } from './HoldsList';
import { LimitsList } from './LimitsList';
import { newTransfer } from './newTransfer';
import { OrdersList } from './OrdersList';
import { TransfersList } from './TransfersList';
import { TrialBalanceTab } from './TrialBalance';

/** In the order in which they are looked for; the last ones go behind “More” first. */
const TABS: readonly Tab[] = [
  { id: 'accounts', title: 'Accounts', to: () => places.accounts() },
  { id: 'customers', title: 'Customers', to: () => places.customers() },
  { id: 'transfers', title: 'Transfers', to: () => places.transfers() },
  { id: 'trial-balance', title: 'Trial balance', to: () => places.trialBalance() },
  { id: 'orders', title: 'Orders', to: () => places.orders() },
  { id: 'holds', title: 'Holds', to: () => places.holds() },
  { id: 'activity', title: 'Activity', to: () => places.activity() },
  { id: 'limits', title: 'Limits', to: () => places.limits() },
  { id: 'audit', title: 'Audit', to: () => places.audit() },
];

export function BankView() {
  const place = usePlaceOf('bank');
  const current = place.tab === 'account' ? 'accounts' : place.tab;
  const source = place.tab === 'account' || place.tab === 'accounts' ? place.account : null;
  const past = useShownAt() !== null;
  const transfer = useCallback(() => newTransfer(source), [source]);
  return (
    <>
      <TabBar label="Parts of the bank" tabs={TABS} current={current} prefix="bank">
        <Tooltip label="Nothing is written while the clock shows an earlier moment" disabled={!past}>
          <Button
            variant="filled"
            leftSection={<IconPlus size={14} />}
            onClick={transfer}
            disabled={past}
            data-testid="new-transfer"
          >
            New transfer
          </Button>
        </Tooltip>
      </TabBar>
      {place.tab === 'accounts' && <AccountsList place={place} />}
      {place.tab === 'account' && <AccountPage key={place.account} account={place.account} event={place.event} />}
      {place.tab === 'customers' && <CustomersList place={place} />}
      {place.tab === 'transfers' && <TransfersList place={place} />}
      {place.tab === 'trial-balance' && <TrialBalanceTab />}
      {place.tab === 'orders' && <OrdersList place={place} />}
      {place.tab === 'holds' && <HoldsList place={place} />}
      {place.tab === 'activity' && <ActivityList place={place} />}
      {place.tab === 'limits' && <LimitsList place={place} />}
      {place.tab === 'audit' && <AuditTab place={place} />}
    </>
  );
}
