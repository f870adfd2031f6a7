import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { type ReactNode, useCallback, useState } from 'react';
import type { StoreStatus } from '../platform/wire';
import type { ActionContext } from './actions';
import { Band } from './Band';
import { HintLine } from './HintLine';
import { Indexing } from './Indexing';
import { KeyHelp } from './KeyHelp';
import { useGlobalKeys } from './keys';
import { Palette } from './Palette';
import { Questions } from './Questions';
import { Rail } from './Rail';
import { useRecentPlaces } from './recent';
import { usePlace } from './router';
import s from './Shell.module.css';
import { StageBar } from './stage/StageBar';
import { useStoreActions } from './storeActions';
import { TopBar } from './TopBar';

export function Shell({ store, children }: { store: StoreStatus | null; children: ReactNode }) {
  const place = usePlace();
  const stores = useStoreActions();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const [help, setHelp] = useState(false);
  const openPalette = useCallback(() => spotlight.toggle(), []);
  const openHelp = useCallback(() => setHelp(true), []);
  const context: ActionContext = { place, store, stores, dark, setColours: setColorScheme, openPalette, openHelp };
  useGlobalKeys(context);
  useRecentPlaces(store?.link ?? null);

  return (
    <div className={s.shell}>
      <Rail store={store} />
      <div className={s.column}>
        <Band store={store} />
        <Indexing store={store} />
        <TopBar onSearch={openPalette} store={store} />
        <main className={s.main}>{children}</main>
        <StageBar />
        <HintLine place={place} />
      </div>
      <Palette context={context} />
      <Questions />
      <KeyHelp place={place} opened={help} onClose={() => setHelp(false)} />
    </div>
  );
}
