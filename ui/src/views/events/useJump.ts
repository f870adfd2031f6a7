import type { RefObject } from 'react';
import { usePlatform } from '../../app/PlatformContext';
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
    if (queryId === null) return 'The list is not open yet. Try again in a moment.';
    probe.jump();
    try {
      const place = await find(queryId, target);
      if (place === null) return 'There is no such version.';
      if (place.row === null || place.position === null) {
        if (!place.settled) return 'The search has not come that far yet. Wait for it, or let it go on.';
        if (total === 0n) return 'The list is empty.';
        grid.current?.goTo(toData(total - 1n));
        return 'Nothing is there or behind it. This is the last event of the list.';
      }
      onEvent(place.position);
      grid.current?.goTo(toData(BigInt(place.row)));
      if (target.kind === 'time' || place.exact) return null;
      return `It is not in this list. The next one that is: #${grouped(place.position)}.`;
    } catch (thrown) {
      const { message, hint } = toAppError(thrown);
      return `${message} ${hint}`;
    }
  };
}
