import { Modal } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { type ReactNode, useCallback, useState } from 'react';
import type { StoreStatus } from '../platform/wire';
import { Kbd } from '../shared/bits';
import { Band } from './Band';
import { Indexing } from './Indexing';
import { KEY_HELP, useGlobalKeys } from './keys';
import { Palette } from './Palette';
import type { Place } from './place';
import { Questions } from './Questions';
import { Rail } from './Rail';
import { usePlace } from './router';
import s from './Shell.module.css';
import { MODIFIER, TopBar } from './TopBar';

type Hint = readonly [keys: readonly string[], what: string];

const GRID_HINTS: readonly Hint[] = [
  [['J', 'K'], 'move'],
  [['Enter'], 'open'],
  [['/'], 'search'],
];

function hintsFor(place: Place): readonly Hint[] {
  switch (place.view) {
    case 'time':
      return [
        [['←', '→'], 'step'],
        [['Space'], 'play'],
        [['Home', 'End'], 'first, last'],
        [['Shift', 'click'], 'compare'],
      ];
    case 'commands':
      return [
        [['/'], 'search'],
        [[MODIFIER, 'Enter'], 'execute'],
      ];
    case 'welcome':
    case 'projections':
    case 'evidence':
    case 'maintenance':
    case 'connections':
      return [[['Tab'], 'next control']];
    default:
      return GRID_HINTS;
  }
}

export function Shell({ store, children }: { store: StoreStatus | null; children: ReactNode }) {
  const place = usePlace();
  const [help, setHelp] = useState(false);
  const openPalette = useCallback(() => spotlight.toggle(), []);
  const openHelp = useCallback(() => setHelp(true), []);
  useGlobalKeys({ palette: openPalette, help: openHelp });
  const hints: readonly Hint[] = [...hintsFor(place), [['G', '…'], 'go to'], [['?'], 'all keys']];

  return (
    <div className={s.shell}>
      <Rail store={store} />
      <div className={s.column}>
        <Band store={store} />
        <Indexing store={store} />
        <TopBar onSearch={openPalette} hasStore={store !== null} />
        <main className={s.main}>{children}</main>
        <footer className={s.foot}>
          {hints.map(([keys, what]) => (
            <span key={what} className={s.hint}>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
              {what}
            </span>
          ))}
        </footer>
      </div>
      <Palette onHelp={openHelp} />
      <Questions />
      <Modal opened={help} onClose={() => setHelp(false)} title="Keys" size={520}>
        <dl className={s.help} data-testid="key-help">
          {KEY_HELP.map(({ keys, what }) => (
            <div key={what}>
              <dt>
                {keys.map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Modal>
    </div>
  );
}
