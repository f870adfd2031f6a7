import { useCallback } from 'react';
import { showError, showReason } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { t } from '../../i18n';
import type { IdLink } from '../../shared/tree/idLinks';

/** Goes where an id leads; the position of an event is asked for first. */
export function useFollowId(): (link: IdLink) => void {
  const platform = usePlatform();
  return useCallback(
    (link: IdLink) => {
      if ('to' in link) return go(link.to);
      platform
        .eventPosition(link.eventId)
        .then((position) => {
          if (position !== null) go(places.events({}, position));
          else showReason(t('events.noEventOfThisStoreHasTheIdItIsA', { eventId: link.eventId }));
        })
        .catch(showError);
    },
    [platform],
  );
}
