import { ActionIcon, Button } from '@mantine/core';
import { IconHistory, IconListDetails, IconTopologyRing2, IconX } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { toAppError } from '../../platform/platform';
import type { AccountRow, CustomerTotal } from '../../platform/wire';
import { Bones, Chip, Money, Pair, Pairs, Time } from '../../shared/bits';
import { grouped, words } from '../../shared/format';
import s from './BankView.module.css';
import { ReadModelState } from './ReadModelState';
import { accountTone, customerTone } from './tones';

/** A customer: where the relation stands, what is due, and what the accounts hold together. */
export function CustomerPanel({ customer, onClose }: { customer: string; onClose: () => void }) {
  const overview = useAsk('customer', [customer], (platform) => platform.customer(customer), { keep: true });
  if (overview.isError) {
    return <ReadModelState error={toAppError(overview.error)} onRetry={() => void overview.refetch()} />;
  }
  if (overview.data === undefined) return <Bones lines={8} label="Loading the customer" />;
  const { customer: row, accounts, totals } = overview.data;
  return (
    <div className={s.panel} data-testid="customer-panel">
      <div className={s.panelBar}>
        <h2 className="cut">
          {row.name} <span className="mono faint">{row.customerId}</span>
        </h2>
        <Chip tone={customerTone(row.status)} dot>
          {words(row.status)}
        </Chip>
        <span className={s.spacer} />
        <ActionIcon aria-label="Close the panel" onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        {row.reviewOverdue && (
          <p className={s.notice}>The periodic review is overdue. New business is barred until it is completed.</p>
        )}
        {row.restricted && <p className={s.notice}>New business is barred by a restriction.</p>}
        {totals.length > 0 && <Totals totals={totals} />}
        <div className={s.actions}>
          <Button
            leftSection={<IconListDetails size={14} />}
            onClick={() => go(places.events({ stream: row.stream }, null, 'oldest'))}
          >
            Events
          </Button>
          <Button leftSection={<IconHistory size={14} />} onClick={() => go(places.time(row.stream))}>
            Time travel
          </Button>
          <Button
            leftSection={<IconTopologyRing2 size={14} />}
            onClick={() => go(places.events({ about: row.stream }, null, 'oldest'))}
            data-testid="customer-everything"
          >
            Everything
          </Button>
        </div>
        <Pairs>
          <Pair name="Registered">
            <Time value={row.registeredAt} short />
          </Pair>
          <Pair name="Last change">
            <Time value={row.changedAt} short />
          </Pair>
        </Pairs>
        <h3 className={s.section}>Accounts</h3>
        {accounts.length === 0 ? (
          <p className="faint">None was opened yet.</p>
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
          <th scope="col">Open accounts</th>
          <th scope="col" className="num">
            Balance
          </th>
          <th scope="col" className="num">
            Held
          </th>
          <th scope="col" className="num">
            Available
          </th>
        </tr>
      </thead>
      <tbody>
        {totals.map((total) => (
          <tr key={total.currency}>
            <th scope="row">
              {grouped(total.openAccounts)} in {total.currency}
            </th>
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
            {account.status}
          </Chip>{' '}
          <span className="dim">{words(account.product)}</span>
        </span>
        <Money value={account.balance} strong />
      </PlaceLink>
    </li>
  );
}
