import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useAsk } from '../../app/cache';
import s from './SchemaForm.module.css';

interface IdInputProps {
  of: 'account' | 'customer';
  value: string;
  onChange: (value: string) => void;
  label: string;
  description: string | null;
  error: string | null;
  withAsterisk: boolean;
  disabled: boolean;
  'data-testid': string;
}

const OFFERED = 12;

/** The id of an account or a customer: typed, or chosen from what the bank knows. */
export function IdInput({ of, value, onChange, description, ...common }: IdInputProps) {
  const [search] = useDebouncedValue(value.trim(), 200);
  const found = useAsk(
    'accounts',
    ['pick', search],
    (platform) => platform.accounts(search === '' ? null : search, 0, OFFERED),
    { keep: true },
  );
  const rows = found.data?.accounts ?? [];
  const byId = new Map(rows.map((row) => [of === 'account' ? row.accountId : row.customerId, row]));
  const exact = byId.get(value.trim());
  const known =
    exact === undefined
      ? null
      : of === 'account'
        ? `${exact.customerName ?? ''} · ${exact.available.text} ${exact.available.currency} available`
        : exact.customerName;
  return (
    <Autocomplete
      {...common}
      description={
        <>
          {description} {known !== null && <span className={s.known}>{known}</span>}
        </>
      }
      value={value}
      onChange={onChange}
      data={[...byId.keys()]}
      filter={({ options }) => options}
      placeholder={of === 'account' ? 'Account number or name…' : 'Customer number or name…'}
      classNames={{ input: 'mono' }}
      inputWrapperOrder={['label', 'description', 'input', 'error']}
      renderOption={({ option }) => {
        const row = byId.get(option.value);
        return (
          <span className={s.idOption}>
            <span className="mono">{option.value}</span>
            <span className="cut faint">{row?.customerName}</span>
            {of === 'account' && row !== undefined && (
              <span className="num faint">
                {row.available.text} {row.available.currency}
              </span>
            )}
          </span>
        );
      }}
      maxDropdownHeight={280}
    />
  );
}
