import { ActionIcon, Button } from '@mantine/core';
import { IconHistory, IconListDetails, IconTopologyRing2, IconX } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AccountRow, CustomerTotal } from '../../platform/wire';
import { Bones, Chip, Money, Pair, Pairs, Time } from '../../shared/bits';
import { grouped, heading, stateWords } from '../../shared/format';
import s from './BankView.module.css';
import { ReadModelState } from './ReadModelState';
import { accountTone, customerTone } from './tones';

/** A customer: where the relation stands, what is due, and what the accounts hold together. */
export function CustomerPanel({ customer, onClose }: { customer: string; onClose: () => void }) {
  const overview = useAsk('customer', [customer], (platform) => platform.customer(customer), { keep: true });
  if (overview.isError) {
    return <ReadModelState error={toAppError(overview.error)} onRetry={() => void overview.refetch()} />;
  }
  if (overview.data === undefined) return <Bones lines={8} label={t('bank.loadingTheCustomer')} />;
  const { customer: row, accounts, totals } = overview.data;
  return (
    <div className={s.panel} data-testid="customer-panel">
      <div className={s.panelBar}>
        <h2 className="cut">
          {row.name} <span className="mono faint">{row.customerId}</span>
        </h2>
        <Chip tone={customerTone(row.status)} dot>
          {stateWords(row.status)}
        </Chip>
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('bank.closeThePanel')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        {row.reviewOverdue && <p className={s.notice}>{t('bank.thePeriodicReviewIsOverdueNew')}</p>}
        {row.restricted && <p className={s.notice}>{t('bank.newBusinessIsBarredByARestriction')}</p>}
        {totals.length > 0 && <Totals totals={totals} />}
        <div className={s.actions}>
          <Button
            leftSection={<IconListDetails size={14} />}
            onClick={() => go(places.events({ stream: row.stream }, null, 'oldest'))}
          >
            {t('bank.events')}
          </Button>
          <Button leftSection={<IconHistory size={14} />} onClick={() => go(places.time(row.stream))}>
            {t('bank.timeTravel')}
          </Button>
          <Button
            leftSection={<IconTopologyRing2 size={14} />}
            onClick={() => go(places.events({ about: row.stream }, null, 'oldest'))}
            data-testid="customer-everything"
          >
            {t('bank.everything')}
          </Button>
        </div>
        <Pairs>
          <Pair name={t('bank.registered')}>
            <Time value={row.registeredAt} short />
          </Pair>
          <Pair name={t('bank.lastChange')}>
            <Time value={row.changedAt} short />
          </Pair>
        </Pairs>
        <h3 className={s.section}>{t('bank.accounts')}</h3>
        {accounts.length === 0 ? (
          <p className="faint">{t('bank.noneWasOpenedYet')}</p>
        ) : (
          <ul className={s.recent}>
            {accounts.map((account) => (
              <AccountLine key={account.accountId} account={account} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function Totals({ totals }: { totals: readonly CustomerTotal[] }) {
  return (
    <table className={s.totals} data-testid="customer-totals">
      <thead>
        <tr>
          <th scope="col">{t('bank.openAccounts')}</th>
          <th scope="col" className="num">
            {t('bank.balance')}
          </th>
          <th scope="col" className="num">
            {t('bank.held')}
          </th>
          <th scope="col" className="num">
            {t('bank.available')}
          </th>
        </tr>
      </thead>
      <tbody>
        {totals.map((total) => (
          <tr key={total.currency}>
            <th scope="row">{t('bank.in', { openAccounts: grouped(total.openAccounts), currency: total.currency })}</th>
            <td className="num">
              <Money value={total.balance} strong />
            </td>
            <td className="num">
              <Money value={total.held} />
            </td>
            <td className="num">
              <Money value={total.available} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function AccountLine({ account }: { account: AccountRow }) {
  return (
    <li>
      <PlaceLink to={places.account(account.accountId)} className={s.recentLine ?? ''}>
        <span className="mono">{account.accountId}</span>
        <span>
          <Chip tone={accountTone(account.status)} dot>
            {stateWords(account.status)}
          </Chip>{' '}
          <span className="dim">{heading('bank.product.', account.product)}</span>
        </span>
        <Money value={account.balance} strong />
      </PlaceLink>
    </li>
  );
}
