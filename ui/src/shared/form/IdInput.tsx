import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useAsk } from '../../app/cache';
import { named, t } from '../../i18n';
import type { AccountRow } from '../../platform/wire';
import { amount } from '../format';
import s from './SchemaForm.module.css';

interface IdInputProps {
  of: 'account' | 'customer';
  value: string;
  onChange: (value: string) => void;
  /** Is told the currency of an account that somebody has chosen. */
  onCurrency?: (currency: string) => void;
  label: string;
  description: string | null;
  error: string | null;
  withAsterisk: boolean;
  disabled: boolean;
  'data-testid': string;
}

const OFFERED = 12;
/** What is looked through for open accounts, which are offered first. */
const LOOKED_AT = 48;

/** Something that can be chosen, in the words of its kind. */
interface Offer {
  name: string;
  note: string;
  /** Of an account. */
  currency: string | null;
}

/** What can be had from an account, and why not. */
function noteOf({ status, available }: AccountRow): string {
  const left = t('shared.available', { available: amount(available.text), currency: available.currency });
  if (status === 'open') return left;
  const told = named('shared.status.', status);
  return status === 'closed' ? told : `${told} · ${left}`;
}

/** Open ones first, each in the order of the search. */
const openFirst = (rows: readonly AccountRow[]): AccountRow[] =>
  [...rows.filter((row) => row.status === 'open'), ...rows.filter((row) => row.status !== 'open')].slice(0, OFFERED);

/** Accounts or customers that a search finds, by their id. */
function useOffers(of: 'account' | 'customer', typed: string): ReadonlyMap<string, Offer> {
  const [search] = useDebouncedValue(typed.trim(), 200);
  const text = search === '' ? null : search;
  const options = (kind: 'account' | 'customer') => ({ keep: true, enabled: of === kind });
  const accounts = useAsk('accounts', ['pick', search], (ask) => ask.accounts(text, 0, LOOKED_AT), options('account'));
  const customers = useAsk(
    'customers',
    ['pick', search],
    (ask) => ask.customers(text, 0, OFFERED),
    options('customer'),
  );
  const ofAccounts = openFirst(accounts.data?.accounts ?? []).map((row): [string, Offer] => [
    row.accountId,
    {
      name: row.customerName ?? '',
      note: noteOf(row),
      currency: row.available.currency,
    },
  ]);
  const ofCustomers = (customers.data?.customers ?? []).map((row): [string, Offer] => [
    row.customerId,
    {
      name: row.name,
      note: row.restricted
        ? t('shared.restricted', { value: named('shared.status.', row.status) })
        : named('shared.status.', row.status),
      currency: null,
    },
  ]);
  return new Map(of === 'account' ? ofAccounts : ofCustomers);
}

/** The id of an account or a customer: typed, or chosen from what the bank knows. */
export function IdInput({ of, value, onChange, onCurrency, description, ...common }: IdInputProps) {
  const offers = useOffers(of, value);
  const exact = offers.get(value.trim());
  const known = exact === undefined ? null : [exact.name, exact.note].filter((part) => part !== '').join(' · ');
  const [changed, setChanged] = useState(false);
  const currency = exact?.currency ?? null;
  useEffect(() => {
    // What was there from the start has its currency beside it.
    if (!changed || currency === null) return;
    setChanged(false);
    onCurrency?.(currency);
  }, [changed, currency, onCurrency]);
  return (
    <Autocomplete
      {...common}
      description={
        <>
          {description} {known !== null && <span className={s.known}>{known}</span>}
        </>
      }
      value={value}
      onChange={(next) => {
        setChanged(true);
        onChange(next);
      }}
      data={[...offers.keys()]}
      filter={({ options }) => options}
      placeholder={of === 'account' ? t('shared.accountNumberOrName') : t('shared.customerNumberOrName')}
      classNames={{ input: 'mono' }}
      inputWrapperOrder={['label', 'description', 'input', 'error']}
      renderOption={({ option }) => {
        const offer = offers.get(option.value);
        return (
          <span className={s.idOption}>
            <span className="mono">{option.value}</span>
            <span className="cut faint">{offer?.name}</span>
            <span className="num faint">{offer?.note}</span>
          </span>
        );
      }}
      maxDropdownHeight={280}
    />
  );
}
