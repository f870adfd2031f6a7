import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useCallback } from 'react';
import { type Place, places } from '../../app/place';
import { PlaceLink, usePlaceOf } from '../../app/router';
import { AccountPage } from './AccountPage';
import { AccountsList } from './AccountsList';
import s from './BankView.module.css';
import { newTransfer } from './newTransfer';
import { TransfersList } from './TransfersList';
import { TrialBalanceTab } from './TrialBalance';

const TABS: readonly { tab: 'accounts' | 'transfers' | 'trial-balance'; title: string; to: () => Place }[] = [
  { tab: 'accounts', title: 'Accounts', to: () => places.accounts() },
  { tab: 'transfers', title: 'Transfers', to: () => places.transfers() },
  { tab: 'trial-balance', title: 'Trial balance', to: () => places.trialBalance() },
];

export function BankView() {
  const place = usePlaceOf('bank');
  const current = place.tab === 'account' ? 'accounts' : place.tab;
  const source = place.tab === 'account' || place.tab === 'accounts' ? place.account : null;
  const transfer = useCallback(() => newTransfer(source), [source]);
  return (
    <>
      <div className={s.tabs}>
        <nav aria-label="Parts of the bank" className={s.tabList}>
          {TABS.map(({ tab, title, to }) => (
            <PlaceLink
              key={tab}
              to={to()}
              className={`${s.tab} ${tab === current ? s.tabOn : ''}`}
              aria-current={tab === current ? 'page' : undefined}
              data-testid={`bank-${tab}`}
            >
              {title}
            </PlaceLink>
          ))}
        </nav>
        <Button variant="filled" leftSection={<IconPlus size={14} />} onClick={transfer} data-testid="new-transfer">
          New transfer
        </Button>
      </div>
      {place.tab === 'accounts' && <AccountsList place={place} />}
      {place.tab === 'account' && <AccountPage key={place.account} account={place.account} event={place.event} />}
      {place.tab === 'transfers' && <TransfersList place={place} />}
      {place.tab === 'trial-balance' && <TrialBalanceTab />}
    </>
  );
}
