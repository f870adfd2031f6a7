import type { RefObject } from 'react';
import { usePlatform } from '../../app/PlatformContext';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { EventPlace } from '../../platform/wire';
import { grouped } from '../../shared/format';
import type { GridHandle } from '../../shared/grid/VirtualGrid';
import { probe } from '../../shared/probe';
import type { Target } from './jump';

interface JumpList {
  queryId: string | null;
  stream: string | null;
  total: bigint;
  toData: (index: bigint) => bigint;
  grid: RefObject<GridHandle | null>;
  onEvent: (position: string) => void;
}

/** Goes to a place in a list. Answers with what a person has to know if it did not lead exactly there. */
export function useJump({
  queryId,
  stream,
  total,
  toData,
  grid,
  onEvent,
}: JumpList): (target: Target) => Promise<string | null> {
  const platform = usePlatform();
  const find = async (query: string, target: Target): Promise<EventPlace | null> => {
    if (target.kind === 'time') return await platform.rowAtTime(query, target.time);
    if (target.kind === 'position') return await platform.rowOfPosition(query, target.position);
    const { event } = await platform.stateAt(stream ?? '', target.version, null);
    return event === null ? null : await platform.rowOfPosition(query, event.position);
  };
  return async (target) => {
    if (queryId === null) return t('events.theListIsNotOpenYetTryAgainInA');
    probe.jump();
    try {
      const place = await find(queryId, target);
      if (place === null) return t('events.thereIsNoSuchVersion');
      if (place.row === null || place.position === null) {
        if (!place.settled) return t('events.theSearchHasNotComeThatFarYetWait');
        if (total === 0n) return t('events.theListIsEmpty');
        grid.current?.goTo(toData(total - 1n));
        return t('events.nothingIsThereOrBehindItThisIsThe');
      }
      onEvent(place.position);
      grid.current?.goTo(toData(BigInt(place.row)));
      if (target.kind === 'time' || place.exact) return null;
      return t('events.itIsNotInThisListTheNextOneThatIs', { position: grouped(place.position) });
    } catch (thrown) {
      const { message, hint } = toAppError(thrown);
      return `${message} ${hint}`;
    }
  };
}
