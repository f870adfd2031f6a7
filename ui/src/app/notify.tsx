import { notifications } from '@mantine/notifications';
import { t } from '../i18n';
import { toAppError } from '../platform/platform';

const shown = new Map<string, number>();
const REPEAT_MILLISECONDS = 4000;
const close = () => ({ 'aria-label': t('app.dismiss') });

/** Tells of a failure once, however often it happens within a few seconds; one that `stays` waits until it is dismissed. */
export function showError(thrown: unknown, { stays = false } = {}): void {
  const error = toAppError(thrown);
  const key = `${error.code}:${error.message}`;
  const now = Date.now();
  if (now - (shown.get(key) ?? 0) < REPEAT_MILLISECONDS) return;
  shown.set(key, now);
  notifications.show({
    id: key,
    color: 'red',
    title: error.message,
    message: `${error.hint} (${error.code})`,
    autoClose: stays ? false : 8000,
    withBorder: true,
    closeButtonProps: close(),
    'data-testid': `failure-${error.code}`,
  });
}

export function showDone(message: string): void {
  notifications.show({
    id: message,
    color: 'teal',
    message,
    autoClose: 3000,
    withBorder: true,
    closeButtonProps: close(),
  });
}

/** Says why something cannot be done now. */
export function showReason(message: string): void {
  notifications.show({ id: message, message, autoClose: 4000, withBorder: true, closeButtonProps: close() });
}
