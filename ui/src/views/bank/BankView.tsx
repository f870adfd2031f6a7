import { Button, Tooltip } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useCallback } from 'react';
import { useShownAt } from '../../app/clock/ClockContext';
import { places } from '../../app/place';
import { usePlaceOf } from '../../app/router';
import { perLanguage, t } from '../../i18n';
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
const TABS = perLanguage((): readonly Tab[] => [
  { id: 'accounts', title: t('bank.accounts'), to: () => places.accounts() },
  { id: 'customers', title: t('bank.customers'), to: () => places.customers() },
  { id: 'transfers', title: t('bank.transfers'), to: () => places.transfers() },
  { id: 'trial-balance', title: t('bank.trialBalance'), to: () => places.trialBalance() },
  { id: 'orders', title: t('bank.orders'), to: () => places.orders() },
  { id: 'holds', title: t('bank.holds'), to: () => places.holds() },
  { id: 'activity', title: t('bank.activity'), to: () => places.activity() },
  { id: 'limits', title: t('bank.limits'), to: () => places.limits() },
  { id: 'audit', title: t('bank.audit'), to: () => places.audit() },
]);

export function BankView() {
  const place = usePlaceOf('bank');
  const current = place.tab === 'account' ? 'accounts' : place.tab;
  const source = place.tab === 'account' || place.tab === 'accounts' ? place.account : null;
  const past = useShownAt() !== null;
  const transfer = useCallback(() => newTransfer(source), [source]);
  return (
    <>
      <TabBar label={t('bank.partsOfTheBank')} tabs={TABS()} current={current} prefix="bank">
        <Tooltip label={t('bank.nothingIsWrittenWhileTheClockShows')} disabled={!past}>
          <Button
            variant="filled"
            leftSection={<IconPlus size={14} />}
            onClick={transfer}
            disabled={past}
            data-testid="new-transfer"
          >
            {t('bank.newTransfer')}
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
