import { ActionIcon, Button } from '@mantine/core';
import { IconArrowsTransferDown, IconFileText, IconHistory, IconListDetails, IconX } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AccountRow, MoneyView, StatementEntry } from '../../platform/wire';
import { Bones, Chip, Money, Pair, Pairs } from '../../shared/bits';
import { amount, heading, stateWords, withShortIds } from '../../shared/format';
import s from './BankView.module.css';
import { newTransfer } from './newTransfer';
import { ReadModelState } from './ReadModelState';
import { accountTone } from './tones';

const RECENT = 8;

/** What one wants to know of the selected account without leaving the list. */
export function AccountPanel({ account, onClose }: { account: string; onClose: () => void }) {
  // The statement is in order of time: the total tells where its last lines begin.
  const first = useAsk('statement', [account, 0, 1], (platform) => platform.statement(account, 0, 1), { keep: true });
  const total = first.data === undefined ? 0 : Number(first.data.total);
  const offset = Math.max(0, total - RECENT);
  const recent = useAsk(
    'statement',
    [account, offset, RECENT],
    (platform) => platform.statement(account, offset, RECENT),
    { enabled: first.data !== undefined, keep: true },
  );

  if (first.isError) return <ReadModelState error={toAppError(first.error)} onRetry={() => void first.refetch()} />;
  if (first.data === undefined) return <Bones lines={8} label={t('bank.loadingTheAccount')} />;
  const row = first.data.account;
  const shown = recent.data?.account.accountId === row.accountId ? [...recent.data.entries].reverse() : [];
  return (
    <div className={s.panel}>
      <div className={s.panelBar}>
        <h2 className="mono">{row.accountId}</h2>
        <Chip tone={accountTone(row.status)} dot>
          {stateWords(row.status)}
        </Chip>
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('bank.closeThePanel')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        <Figures row={row} />
        <AccountActions row={row} />
        <Pairs>
          <Pair name={t('bank.customer')}>
            {row.customerName ?? t('bank.unknown')}&nbsp;<span className="mono faint">{row.customerId}</span>
          </Pair>
          <Pair name={t('bank.product')}>{heading('bank.product.', row.product)}</Pair>
        </Pairs>
        <h3 className={s.section}>{t('bank.latestBookings')}</h3>
        {shown.length === 0 && recent.data !== undefined && <p className="faint">{t('bank.nothingWasBookedYet2')}</p>}
        <ul className={s.recent}>
          {shown.map((entry) => (
            <RecentLine key={entry.position} account={row.accountId} entry={entry} />
          ))}
        </ul>
        {total > RECENT && (
          <PlaceLink to={places.account(row.accountId)} className="link">
            {t('bank.wholeStatement')}
          </PlaceLink>
        )}
      </div>
    </div>
  );
}

/** What can be spent: from a closed account nothing, whatever overdraft it was granted. */
export function Available({ row }: { row: AccountRow }) {
  if (row.status !== 'closed') return <Money value={row.available} />;
  return (
    <span className="faint" title={t('bank.closedNothingCanBeSpent')}>
      –
    </span>
  );
}

function RecentLine({ account, entry }: { account: string; entry: StatementEntry }) {
  return (
    <li>
      <PlaceLink to={places.account(account, entry.position)} className={s.recentLine ?? ''}>
        <span className="faint tabular">{entry.bookingDate}</span>
        <span className="cut" title={entry.text}>
          {withShortIds(entry.text)}
        </span>
        <Signed value={entry.amount} />
      </PlaceLink>
    </li>
  );
}

/** An amount that changes a balance: with its sign, the incoming ones in green. */
export function Signed({ value }: { value: MoneyView }) {
  const out = value.minor.startsWith('-');
  return (
    <span className={`num ${out ? '' : s.incoming}`}>
      {out ? `\u2212${amount(value.text).replace(/^-/, '')}` : `+${amount(value.text)}`}
    </span>
  );
}

export function Figures({ row }: { row: AccountRow }) {
  return (
    <div className={s.figures}>
      <div className={s.figure}>
        <span>{t('bank.balance')}</span>
        <strong data-testid="account-balance">
          <Money value={row.balance} />
        </strong>
      </div>
      <div className={s.figure}>
        <span>{t('bank.held')}</span>
        <strong>
          <Money value={row.held} />
        </strong>
      </div>
      <div className={s.figure}>
        <span>{t('bank.available')}</span>
        <strong data-testid="account-available">
          <Available row={row} />
        </strong>
      </div>
    </div>
  );
}

export function AccountActions({ row, statement = true }: { row: AccountRow; statement?: boolean }) {
  return (
    <div className={s.actions}>
      {statement && (
        <Button
          leftSection={<IconFileText size={14} />}
          onClick={() => go(places.account(row.accountId))}
          data-testid="to-statement"
        >
          {t('bank.statement')}
        </Button>
      )}
      <Button leftSection={<IconHistory size={14} />} onClick={() => go(places.time(row.stream))} data-testid="to-time">
        {t('bank.timeTravel')}
      </Button>
      <Button leftSection={<IconListDetails size={14} />} onClick={() => go(places.events({ stream: row.stream }))}>
        {t('bank.events')}
      </Button>
      <Button leftSection={<IconArrowsTransferDown size={14} />} onClick={() => newTransfer(row.accountId)}>
        {t('bank.transferFromHere')}
      </Button>
    </div>
  );
}
