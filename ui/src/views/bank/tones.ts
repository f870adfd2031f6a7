import { perLanguage, t } from '../../i18n';
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
export const transferStates = perLanguage((): readonly { status: string; title: string; tone: Tone }[] => [
  { status: 'requested', title: t('bank.requested'), tone: 'info' },
  { status: 'awaitingApproval', title: t('bank.toApprove'), tone: 'warn' },
  { status: 'validated', title: t('bank.validated'), tone: 'info' },
  { status: 'sourceReserved', title: t('bank.reserved'), tone: 'info' },
  { status: 'sourceDebited', title: t('bank.inTransitState'), tone: 'info' },
  { status: 'completed', title: t('bank.completed'), tone: 'good' },
  { status: 'rejected', title: t('bank.rejected'), tone: 'bad' },
  { status: 'failed', title: t('bank.failed'), tone: 'bad' },
  { status: 'cancelled', title: t('bank.cancelled'), tone: 'neutral' },
  { status: 'compensating', title: t('bank.returning'), tone: 'warn' },
  { status: 'compensated', title: t('bank.returned'), tone: 'warn' },
  { status: 'parkedInSuspense', title: t('bank.inSuspense'), tone: 'bad' },
  { status: 'resolving', title: t('bank.resolving'), tone: 'info' },
  // No state of its own: what should have left its present one by now.
  { status: 'stuck', title: t('bank.stuck'), tone: 'bad' },
]);

export function transferState(status: string): { title: string; tone: Tone } {
  return transferStates().find((state) => state.status === status) ?? { title: status, tone: 'neutral' };
}
