import { grouped } from '../../shared/format';
import s from './BankView.module.css';

/** How many rows a list has, told when it changes. */
export function Count({ total, word }: { total: bigint | null; word: string }) {
  return (
    <span className={s.count} aria-live="polite">
      {total === null ? '…' : grouped(String(total))}
      <span className="faint"> {word}</span>
    </span>
  );
}
