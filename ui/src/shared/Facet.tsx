import { Checkbox, Popover, TextInput, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconX } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { midSentence, t } from '../i18n';
import s from './Facet.module.css';

export interface FacetOption {
  value: string;
  label: ReactNode;
  hint?: string;
}

interface FacetProps {
  label: string;
  options: readonly FacetOption[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  /** Told when its list is opened and closed: what stands in it need not be known before. */
  onOpened?: ((opened: boolean) => void) | undefined;
  testId: string;
}

/** A filter by one of several values: a quiet button that opens a searchable list. */
export function Facet({ label, options, chosen, onChange, onOpened, testId }: FacetProps) {
  const [search, setSearch] = useState('');
  const shown = options.filter((option) => option.value.toLowerCase().includes(search.toLowerCase()));
  const [first] = chosen;
  const text = first === undefined ? label : chosen.length === 1 ? first : `${label}: ${chosen.length}`;
  const toggle = (value: string) =>
    onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <div className={`${s.facet} ${chosen.length > 0 ? s.on : ''}`}>
      <Popover
        position="bottom-start"
        width={264}
        trapFocus
        onOpen={() => onOpened?.(true)}
        onClose={() => {
          setSearch('');
          onOpened?.(false);
        }}
      >
        <Popover.Target>
          <UnstyledButton
            className={s.button}
            data-testid={testId}
            aria-label={
              chosen.length === 0
                ? t('shared.filterBy', { label: midSentence(label) })
                : t('shared.filterByChosen', { label: midSentence(label), text })
            }
          >
            <span className="cut">{text}</span>
            <IconChevronDown size={13} />
          </UnstyledButton>
        </Popover.Target>
        <Popover.Dropdown p={0}>
          <div className={s.search}>
            <TextInput
              aria-label={t('shared.search', { label: midSentence(label) })}
              placeholder={`${label}…`}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
              data-autofocus
            />
          </div>
          <div className={s.options}>
            {shown.map((option) => (
              <Checkbox
                key={option.value}
                className={s.option ?? ''}
                checked={chosen.includes(option.value)}
                onChange={() => toggle(option.value)}
                label={
                  <span className={s.optionText}>
                    <span className="cut">{option.label}</span>
                    {option.hint !== undefined && <span className="faint tabular">{option.hint}</span>}
                  </span>
                }
              />
            ))}
            {shown.length === 0 && <p className={s.none}>{t('shared.noneByThatName')}</p>}
          </div>
        </Popover.Dropdown>
      </Popover>
      {chosen.length > 0 && (
        <UnstyledButton
          className={s.clear}
          aria-label={t('shared.clearFilter', { label: midSentence(label) })}
          onClick={() => onChange([])}
        >
          <IconX size={12} />
        </UnstyledButton>
      )}
    </div>
  );
}

/** A filter that came with the address: it can only be taken away. */
export function FixedFacet({ label, value, onClear }: { label: string; value: string; onClear: () => void }) {
  return (
    <div className={`${s.facet} ${s.on}`}>
      <span className={s.fixed} title={value}>
        <span className="faint">{label}</span> <span className="mono cut">{value}</span>
      </span>
      <UnstyledButton
        className={s.clear}
        aria-label={t('shared.clearFilter', { label: midSentence(label) })}
        onClick={onClear}
      >
        <IconX size={12} />
      </UnstyledButton>
    </div>
  );
}
