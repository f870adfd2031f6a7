import type { FailurePolicy, ProjectionState, ProjectionStatus, ReplayOrder } from '../../platform/wire';
import type { Tone } from '../../shared/bits';
import { grouped, plural } from '../../shared/format';

export const STATES: Record<ProjectionState, { title: string; tone: Tone }> = {
  running: { title: 'Running', tone: 'good' },
  catchingUp: { title: 'Catching up', tone: 'info' },
  rebuilding: { title: 'Rebuilding', tone: 'accent' },
  paused: { title: 'Paused', tone: 'warn' },
  halted: { title: 'Halted', tone: 'bad' },
  heldElsewhere: { title: 'Kept elsewhere', tone: 'neutral' },
  retrying: { title: 'Retrying', tone: 'warn' },
};

export const ORDERS: Record<ReplayOrder, { title: string; about: string }> = {
  global: {
    title: 'Whole log',
    about: 'Rows may depend on several streams, so events are applied in the log’s order.',
  },
  perStream: {
    title: 'Per stream',
    about: 'No row depends on two streams, so streams are folded side by side and can be set aside one by one.',
  },
};

export const POLICIES: Record<FailurePolicy, { title: string; about: string }> = {
  halt: { title: 'Halts', about: 'An event that cannot be applied stops it until a person decides.' },
  quarantineStream: {
    title: 'Sets streams aside',
    about: 'An event that cannot be applied sets its stream aside; the others go on.',
  },
};

/** What has been decided or set aside, in a few words; nothing if nothing was. */
export function exceptions(projection: ProjectionStatus): string | null {
  const parts = [];
  const { quarantined, skipped } = projection;
  if (quarantined.length > 0) parts.push(`${plural(String(quarantined.length), 'stream')} set aside`);
  if (skipped.length > 0) parts.push(`${plural(String(skipped.length), 'event')} skipped`);
  return parts.length === 0 ? null : parts.join(', ');
}

export function differing(rows: string | null): string {
  if (rows === null) return 'there were none to compare with';
  if (rows === '0') return 'none differs from before';
  return `${grouped(rows)} ${rows === '1' ? 'differs' : 'differ'} from before`;
}
