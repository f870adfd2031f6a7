import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { t } from '../../i18n';
import type { OnProgress } from '../../platform/platform';
import type { AppInfo, StageEntered, StageView } from '../../platform/wire';
import { settle, useAsk } from '../cache';
import { setHead, watchReadModels } from '../head';
import { showError, showReason } from '../notify';
import { usePlatform } from '../PlatformContext';
import { formatPlace, places, readAddress } from '../place';
import { currentClock, currentPlace, go, setClock } from '../router';
import { useStoreActions } from '../storeActions';
import { setPlaying } from './stageLook';
import { spoken } from './words';

/** The scene on the stage; nothing if none is. */
export function useStage(): StageView | null {
  return useAsk('stage', [], (platform) => platform.stage(), { keep: true }).data ?? null;
}

/** What is about the program and not about the store that is open. */
const OF_THE_PROGRAM = new Set(['appInfo', 'stage', 'scenes', 'connections', 'commands']);

/** Another bank stands where the former one stood: whatever is known of that one is forgotten. */
async function entered(cache: QueryClient, { store, stage }: StageEntered): Promise<void> {
  setHead(store.head);
  cache.setQueryData<AppInfo>(['appInfo'], (info) => (info === undefined ? info : { ...info, store, openError: null }));
  cache.setQueryData(['stage'], stage);
  cache.removeQueries({ predicate: ({ queryKey }) => !OF_THE_PROGRAM.has(String(queryKey[0])) });
  await settle(cache, 'resetStage');
  watchReadModels();
}

export interface StageActions {
  /** Each tells whether it was done; a failure is shown. */
  enter: (scene: string, taskId: string, onProgress: OnProgress) => Promise<StageEntered>;
  step: () => Promise<StageView | null>;
  goTo: (done: number) => Promise<boolean>;
  reset: () => Promise<boolean>;
  leave: () => Promise<boolean>;
  record: (on: boolean) => Promise<boolean>;
  addPlace: (title: string) => Promise<boolean>;
  /** What was changed of the scene on the stage. */
  changed: (view: StageView) => Promise<void>;
}

/** What can be done on the stage. */
export function useStageActions(): StageActions {
  const platform = usePlatform();
  const cache = useQueryClient();
  const stores = useStoreActions();
  return useMemo(() => {
    const changed = async (view: StageView) => {
      cache.setQueryData(['stage'], view);
      await settle(cache, 'saveStage');
    };
    const tried = async <T>(work: () => Promise<T>): Promise<T | null> => {
      try {
        return await work();
      } catch (thrown) {
        setPlaying(false);
        showError(thrown);
        return null;
      }
    };
    /** Goes to the place that a step shows, now: a scene knows no earlier moment. */
    const show = (address: string) => {
      const place = readAddress(address);
      if (place === null) showReason(t('stage.unknownPlace', { address }));
      else go(place, 'push', null);
    };
    /** The place that stands last before so many steps; at the beginning the one that the scene begins with. */
    const showPlaceOf = ({ steps, done }: StageView) => {
      const before = steps.slice(0, Math.max(done, 1)).findLast(({ does }) => does.kind === 'show');
      if (before?.does.kind === 'show') show(before.does.address);
      // What was shown may be there no longer.
      else if (done === 0) go(places.accounts(), 'push', null);
    };
    return {
      changed,
      enter: async (scene, taskId, onProgress) => {
        const answer = await platform.enterStage(scene, taskId, onProgress);
        await entered(cache, answer);
        return answer;
      },
      step: () =>
        tried(async () => {
          const view = await platform.stageStep(crypto.randomUUID(), () => undefined);
          cache.setQueryData(['stage'], view);
          const step = view.steps[view.done - 1];
          if (step?.does.kind === 'show') show(step.does.address);
          else if (currentClock() !== null) setClock(null, 'replace');
          await settle(cache, 'stageStep');
          return view;
        }),
      goTo: async (done) =>
        (await tried(async () => {
          const answer = await platform.stageGo(done, crypto.randomUUID(), () => undefined);
          await entered(cache, answer);
          showPlaceOf(answer.stage);
          return true;
        })) ?? false,
      reset: async () =>
        (await tried(async () => {
          if (currentClock() !== null) setClock(null, 'replace');
          const answer = await platform.resetStage();
          await entered(cache, answer);
          showPlaceOf(answer.stage);
          return true;
        })) ?? false,
      leave: async () =>
        (await tried(async () => {
          const store = await platform.leaveStage();
          cache.setQueryData(['stage'], null);
          await stores.entered(store);
          return true;
        })) ?? false,
      record: async (on) =>
        (await tried(async () => {
          await changed(await platform.recordStage(on));
          return true;
        })) ?? false,
      addPlace: async (title) =>
        (await tried(async () => {
          await changed(await platform.recordPlace(formatPlace(currentPlace()), spoken(title)));
          return true;
        })) ?? false,
    };
  }, [platform, cache, stores]);
}
