import { UnstyledButton } from '@mantine/core';
import s from './BankView.module.css';

interface StatusChipsProps {
  label: string;
  options: readonly { status: string | null; title: string }[];
  chosen: string | null;
  onChoose: (status: string | null) => void;
  /** Begins the test id of each. */
  prefix: string;
}

/** One of several states, or all. */
export function StatusChips({ label, options, chosen, onChoose, prefix }: StatusChipsProps) {
  return (
    <div className={s.chips} role="radiogroup" aria-label={label}>
      {options.map(({ status, title }) => (
        <UnstyledButton
          key={status ?? 'all'}
          role="radio"
          aria-checked={chosen === status}
          className={`${s.filterChip} ${chosen === status ? s.filterOn : ''}`}
          onClick={() => onChoose(status)}
          data-testid={`${prefix}-${status ?? 'all'}`}
        >
          {title}
        </UnstyledButton>
      ))}
    </div>
  );
}
