import { Button } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { named, rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { TrialBalance, TrialBalanceCurrency } from '../../platform/wire';
import { Bones, Chip, EmptyState, Money, type Tone } from '../../shared/bits';
import { amount, grouped } from '../../shared/format';
import { Flights } from './Flights';
import { ReadModelState } from './ReadModelState';
import s from './TrialBalance.module.css';

const KIND_TONES: Record<string, Tone> = {
  asset: 'info',
  liability: 'accent',
  income: 'good',
  expense: 'warn',
  equity: 'neutral',
};

export function TrialBalanceTab() {
  const balance = useAsk('trialBalance', [], (platform) => platform.trialBalance());
  if (balance.isError)
    return <ReadModelState error={toAppError(balance.error)} onRetry={() => void balance.refetch()} />;
  if (balance.data === undefined) return <Bones lines={14} label={t('bank.addingUpTheLedger')} />;
  if (balance.data.currencies.length === 0) {
    return (
      <EmptyState
        title={t('bank.theLedgerIsEmpty')}
        action={<Button onClick={() => go(places.welcome())}>{t('bank.createTheDemoBank')}</Button>}
      >
        {t('bank.everyBookingHasTwoSidesTheirSums')}
      </EmptyState>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be a stop, or the keyboard cannot scroll it
    <section className={s.page} aria-label={t('bank.trialBalance')} tabIndex={0} data-testid="trial-balance">
      <Lamp balance={balance.data} />
      <Flights />
      {balance.data.currencies.map((currency) => (
        <CurrencyTable key={currency.currency} block={currency} />
      ))}
    </section>
  );
}

function Lamp({ balance }: { balance: TrialBalance }) {
  const conserved = balance.balanced && balance.transitExplained;
  return (
    <section
      className={`${s.lamp} ${conserved ? s.lampGood : s.lampBad}`}
      data-testid="conserved-lamp"
      data-conserved={conserved}
      role="status"
    >
      <span className={s.bulb} aria-hidden="true">
        {conserved ? <IconCheck size={20} stroke={2.4} /> : <IconX size={20} stroke={2.4} />}
      </span>
      <div className={s.lampText}>
        <h2>{conserved ? t('bank.moneyIsConserved') : t('bank.moneyIsNotConserved')}</h2>
        <p className="dim">{t('bank.checkedUpToPosition', { position: grouped(balance.position) })}</p>
      </div>
      <ul className={s.checks}>
        <Check good={balance.balanced}>{t('bank.debitsEqualCreditsInEveryCurrency')}</Check>
        <Check good={balance.transitExplained}>{t('bank.moneyInTransitEqualsTheTransfersIn')}</Check>
      </ul>
    </section>
  );
}

function Check({ good, children }: { good: boolean; children: string }) {
  return (
    <li className={good ? s.checkGood : s.checkBad}>
      {good ? <IconCheck size={15} aria-hidden="true" /> : <IconX size={15} aria-hidden="true" />}
      <span>
        <span className="visually-hidden">{good ? t('bank.holdsCheck') : t('bank.violatedCheck')} </span>
        {children}
      </span>
    </li>
  );
}

function CurrencyTable({ block }: { block: TrialBalanceCurrency }) {
  const even = block.debits.minor === block.credits.minor;
  return (
    <section className={s.block} aria-label={t('bank.trialBalanceIn', { currency: block.currency })}>
      <table className={s.table} data-testid={`trial-balance-${block.currency}`}>
        <caption>
          {block.currency}
          <span className={s.transit}>
            {rich('bank.inTransitInFlight', {
              inTransit: <Money value={block.inTransit} />,
              inFlight: <Money value={block.inFlight} />,
            })}
          </span>
        </caption>
        <thead>
          <tr>
            <th scope="col">{t('bank.ledgerAccount')}</th>
            <th scope="col">{t('bank.kind')}</th>
            <th scope="col" className="num">
              {t('bank.debits')}
            </th>
            <th scope="col" className="num">
              {t('bank.credits')}
            </th>
            <th scope="col" className="num">
              {t('bank.balance')}
            </th>
          </tr>
        </thead>
        <tbody>
          {block.lines.map((line) => (
            <tr key={line.account}>
              <th scope="row">
                {line.name} <span className="mono faint">{line.account}</span>
              </th>
              <td>
                <Chip tone={KIND_TONES[line.kind] ?? 'neutral'}>{named('bank.ledger.', line.kind)}</Chip>
              </td>
              <td className="num">{amount(line.debits.text)}</td>
              <td className="num">{amount(line.credits.text)}</td>
              <td className="num">{amount(line.balance.text).replace(/^-/, '\u2212')}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              {t('bank.sum')}
            </th>
            <td className="num" data-testid={`debits-${block.currency}`}>
              {amount(block.debits.text)}
            </td>
            <td className="num" data-testid={`credits-${block.currency}`}>
              {amount(block.credits.text)}
            </td>
            <td className="num">
              {even ? <Chip tone="good">{t('bank.equal')}</Chip> : <Chip tone="bad">{t('bank.notEqual')}</Chip>}
            </td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
