import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { invalidate, settle } from '../../app/cache';
import { showError } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import type { Platform } from '../../platform/platform';
import type { CommandName, RebuildOptions } from '../../platform/wire';

export interface Upkeep {
  rebuild: (name: string, options: RebuildOptions) => void;
  reset: (name: string) => void;
  stop: (taskId: string) => void;
  /** Does something short and refreshes what it changes; a failure is told. */
  now: (command: CommandName, work: (platform: Platform) => Promise<unknown>) => Promise<void>;
  /** The same, for those who show the failure themselves. */
  attempt: (command: CommandName, work: (platform: Platform) => Promise<unknown>) => Promise<void>;
}

/** What persons do to read models. Long work goes on when one leaves the view; its progress and its end are told by the status. */
export function useUpkeep(): Upkeep {
  const platform = usePlatform();
  const cache = useQueryClient();
  const begin = useCallback(
    (command: CommandName, work: (taskId: string) => Promise<unknown>) => {
      void work(crypto.randomUUID())
        .catch(showError)
        .finally(() => void settle(cache, command));
      void invalidate(cache, ['projections']);
    },
    [cache],
  );
  const attempt = useCallback<Upkeep['attempt']>(
    async (command, work) => {
      await work(platform);
      await settle(cache, command);
    },
    [platform, cache],
  );
  return {
    rebuild: (name, options) =>
      begin('rebuildProjection', (id) => platform.rebuildProjection(name, options, id, () => undefined)),
    reset: (name) => begin('resetProjection', (id) => platform.resetProjection(name, id, () => undefined)),
    stop: (taskId) => void platform.cancelTask(taskId).catch(showError),
    attempt,
    now: (command, work) => attempt(command, work).catch(showError),
  };
}
