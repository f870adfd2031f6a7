import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { settle } from '../../app/cache';
import { showError } from '../../app/notify';
import { useOffer } from '../../app/offers';
import { usePlatform } from '../../app/PlatformContext';
import { formatPlace, type Place, places, withClock } from '../../app/place';
import { currentClock, currentPlace, go } from '../../app/router';
import { began } from '../../app/running';
import { changeSettings, currentSettings } from '../../app/settings';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { Pinned, PinWhat } from '../../platform/wire';
import { useSteady } from '../../shared/useSteady';

const SHOWN_MILLISECONDS = 8000;

/** Where something is, for whoever comes back to it: tabs of queries are this window's own. */
function addressHere(): string {
  const place = currentPlace();
  const lasting: Place = place.view === 'events' ? { ...place, tab: null } : place;
  return withClock(formatPlace(lasting), currentClock());
}

/** What was told last: the next takes its place. */
let told: string | null = null;

function tell({ notebook, title, pin }: Pinned): void {
  const id = `pinned-${pin}`;
  if (told !== null) notifications.hide(told);
  told = id;
  notifications.show({
    id,
    color: 'teal',
    autoClose: SHOWN_MILLISECONDS,
    withBorder: true,
    closeButtonProps: { 'aria-label': t('notebook.close') },
    'data-testid': 'pinned',
    message: (
      <span style={{ display: 'flex', gap: 12, alignItems: 'center', justifyContent: 'space-between' }}>
        {t('notebook.pinned', { title })}
        <Button
          size="compact-xs"
          onClick={() => {
            notifications.hide(id);
            go(places.notebook(notebook, pin), 'push', null);
          }}
          data-testid="open-pinned"
        >
          {t('notebook.pinnedOpen')}
        </Button>
      </span>
    ),
  });
}

/** Pins something into the notebook that was open last, or into a new one. */
export function usePin(): (what: PinWhat, title: string) => Promise<void> {
  const platform = usePlatform();
  const cache = useQueryClient();
  return useSteady(async (what: PinWhat, title: string) => {
    const taskId = crypto.randomUUID();
    const ended = began(taskId, () => void platform.cancelTask(taskId));
    const request = {
      notebookTitle: t('notebook.firstTitle'),
      what,
      title,
      address: addressHere(),
      at: currentClock(),
    };
    const into = (notebook: string | null) => platform.pin({ ...request, notebook }, taskId, () => undefined);
    try {
      const { notebook } = currentSettings();
      const pinned = await into(notebook).catch((thrown: unknown) => {
        // The notebook that was open last may have been deleted meanwhile.
        if (notebook === null || toAppError(thrown).code !== 'not_found') throw thrown;
        return into(null);
      });
      changeSettings({ notebook: pinned.notebook });
      await settle(cache, 'pin');
      tell(pinned);
    } catch (thrown) {
      showError(thrown);
    } finally {
      ended();
    }
  });
}

type PinKind = 'pin-event' | 'pin-diff' | 'pin-state' | 'pin-what-if' | 'pin-query';

/** Offers to pin something as long as it is on the screen; answers with the way to do it. */
export function usePinOffer(kind: PinKind, what: PinWhat | null, title: string): () => void {
  const pin = usePin();
  const run = () => {
    if (what !== null) void pin(what, title);
  };
  useOffer(kind, what === null ? null : run);
  return run;
}
