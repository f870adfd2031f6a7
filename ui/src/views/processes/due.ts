// How long until a timer is due, and which instances need somebody first.

import { useEffect, useState } from 'react';
import { t } from '../../i18n';
import type { InstanceRow } from '../../platform/wire';
import { seconds } from '../../shared/format';

/** A clock for what is told as “in 3 min”. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

export function dueIn(due: string, now: number): { text: string; overdue: boolean } {
  const left = (Date.parse(due) - now) / 1000;
  if (left >= 0) return { text: t('processes.dueIn', { time: seconds(left) }), overdue: false };
  return { text: t('processes.dueAgo', { time: seconds(-left) }), overdue: true };
}

export type InstanceState = 'stuck' | 'overdue' | 'person' | 'acting' | 'waiting' | 'finished';

const ORDER: readonly InstanceState[] = ['stuck', 'overdue', 'person', 'acting', 'waiting', 'finished'];

/** What an instance does. */
export function stateOf(row: InstanceRow, now: number): InstanceState {
  if (row.stuck !== null) return 'stuck';
  if (row.awaitsPerson) return 'person';
  if (row.finished) return 'finished';
  if (row.timers.some((timer) => Date.parse(timer.dueAt) < now)) return 'overdue';
  return row.pending.length > 0 ? 'acting' : 'waiting';
}

/** By state, those that need somebody first; within a state the longest without a change first. */
export function byNeed(rows: readonly InstanceRow[], now: number): InstanceRow[] {
  const place = (row: InstanceRow) => ORDER.indexOf(stateOf(row, now));
  return [...rows].sort((one, other) => place(one) - place(other) || (other.ageSeconds ?? 0) - (one.ageSeconds ?? 0));
}
