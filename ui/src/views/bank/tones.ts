import type { Tone } from '../../shared/bits';

export function accountTone(status: string): Tone {
  switch (status) {
    case 'open':
      return 'good';
    case 'frozen':
      return 'bad';
    case 'dormant':
      return 'warn';
    default:
      return 'neutral';
  }
}

export function customerTone(status: string): Tone {
  switch (status) {
    case 'active':
      return 'good';
    case 'restricted':
    case 'pendingVerification':
      return 'warn';
    case 'suspended':
    case 'rejected':
      return 'bad';
    case 'prospect':
      return 'info';
    default:
      return 'neutral';
  }
}

export function holdTone(status: string): Tone {
  return status === 'open' ? 'info' : status === 'captured' ? 'good' : status === 'expired' ? 'warn' : 'neutral';
}

export function orderTone(status: string): Tone {
  return status === 'active' ? 'good' : status === 'suspended' ? 'warn' : 'neutral';
}

/** Every state that a transfer can be in, in the order of its life. */
export const TRANSFER_STATES: readonly { status: string; title: string; tone: Tone }[] = [
  { status: 'requested', title: 'Requested', tone: 'info' },
  { status: 'awaitingApproval', title: 'To approve', tone: 'warn' },
  { status: 'validated', title: 'Validated', tone: 'info' },
  { status: 'sourceReserved', title: 'Reserved', tone: 'info' },
  { status: 'sourceDebited', title: 'In transit', tone: 'info' },
  { status: 'completed', title: 'Completed', tone: 'good' },
  { status: 'rejected', title: 'Rejected', tone: 'bad' },
  { status: 'failed', title: 'Failed', tone: 'bad' },
  { status: 'cancelled', title: 'Cancelled', tone: 'neutral' },
  { status: 'compensating', title: 'Returning', tone: 'warn' },
  { status: 'compensated', title: 'Returned', tone: 'warn' },
  { status: 'parkedInSuspense', title: 'In suspense', tone: 'bad' },
  { status: 'resolving', title: 'Resolving', tone: 'info' },
  // No state of its own: what should have left its present one by now.
  { status: 'stuck', title: 'Stuck', tone: 'bad' },
];

export function transferState(status: string): { title: string; tone: Tone } {
  return TRANSFER_STATES.find((state) => state.status === status) ?? { title: status, tone: 'neutral' };
}
