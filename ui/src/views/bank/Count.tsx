import { grouped } from '../../shared/format';
import s from './BankView.module.css';

/** How many rows a list has, told when it changes. */
export function Count({ total, one, many = `${one}s` }: { total: bigint | null; one: string; many?: string }) {
  return (
    <span className={s.count} aria-live="polite">
      {total === null ? '…' : grouped(String(total))}
      <span className="faint"> {total === 1n ? one : many}</span>
    </span>
  );
}
