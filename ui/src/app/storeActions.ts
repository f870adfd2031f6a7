import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { StoreStatus } from '../platform/wire';
import { settle } from './cache';
import { openConnection } from './connections';
import { setHead, watchReadModels } from './head';
import { showError } from './notify';
import { usePlatform } from './PlatformContext';
import { places } from './place';
import { go } from './router';

export interface StoreActions {
  /** Each tells whether another store is open now; a failure is shown. */
  choose: () => Promise<boolean>;
  openDefault: () => Promise<boolean>;
  connect: (connection: string) => Promise<boolean>;
  /** Shows a store that has just been opened or filled. */
  entered: (status: StoreStatus) => Promise<void>;
}

/** Opening stores. Whatever was shown of the former store is forgotten. */
export function useStoreActions(): StoreActions {
  const platform = usePlatform();
  const cache = useQueryClient();
  return useMemo(() => {
    const entered = async (status: StoreStatus) => {
      setHead(status.head);
      go(status.head === '0' ? places.welcome() : places.accounts());
      await cache.resetQueries();
      await settle(cache, 'openStore');
      watchReadModels();
    };
    const open = async (ask: () => Promise<StoreStatus | null>) => {
      try {
        const status = await ask();
        if (status === null) return false;
        await entered(status);
        return true;
      } catch (thrown) {
        showError(thrown);
        return false;
      }
    };
    return {
      choose: () => open(() => platform.chooseStore()),
      openDefault: () => open(() => platform.openStore(null)),
      connect: (connection: string) => open(() => openConnection(platform, connection)),
      entered,
    };
  }, [platform, cache]);
}
