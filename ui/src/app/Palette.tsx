import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import {
  IconFolderOpen,
  IconHash,
  IconKeyboard,
  IconMoon,
  IconSearch,
  IconTerminal2,
  IconWorld,
} from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useAsk } from './cache';
import { places } from './place';
import { go } from './router';
import { changeSettings, currentSettings } from './settings';
import { useStoreActions } from './storeActions';
import { VIEWS } from './views';

const icon = (Icon: typeof IconHash) => <Icon size={16} stroke={1.7} />;

/** Everything that one can go to or do, by typing. */
export function Palette({ onHelp }: { onHelp: () => void }) {
  const [query, setQuery] = useState('');
  const commands = useAsk('commands', [], (platform) => platform.commands());
  const store = useStoreActions();
  const { setColorScheme, colorScheme } = useMantineColorScheme();

  const actions = useMemo(() => {
    const list: SpotlightActionData[] = [];
    for (const view of VIEWS) {
      list.push({
        id: `view-${view.name}`,
        label: view.title,
        description: view.about,
        leftSection: <view.icon size={16} stroke={1.7} />,
        onClick: () => go(view.place()),
      });
    }
    list.push(
      {
        id: 'transfers',
        label: 'Transfers',
        description: 'Every transfer and where it stands',
        leftSection: icon(IconSearch),
        onClick: () => go(places.transfers()),
      },
      {
        id: 'trial-balance',
        label: 'Trial balance',
        description: 'Is money conserved?',
        leftSection: icon(IconSearch),
        onClick: () => go(places.trialBalance()),
      },
    );
    for (const command of commands.data ?? []) {
      list.push({
        id: `command-${command.commandType}`,
        label: command.title,
        description: `Command · ${command.commandType}`,
        leftSection: icon(IconTerminal2),
        onClick: () => go(places.commands(command.commandType)),
      });
    }
    list.push(
      {
        id: 'open-store',
        label: 'Open another file…',
        leftSection: icon(IconFolderOpen),
        onClick: () => void store.choose(),
      },
      {
        id: 'colours',
        label: 'Switch between light and dark',
        leftSection: icon(IconMoon),
        onClick: () => setColorScheme(colorScheme === 'dark' ? 'light' : 'dark'),
      },
      {
        id: 'zone',
        label: 'Switch between local time and UTC',
        leftSection: icon(IconWorld),
        onClick: () => changeSettings({ zone: currentSettings().zone === 'utc' ? 'local' : 'utc' }),
      },
      { id: 'keys', label: 'Show all keys', leftSection: icon(IconKeyboard), onClick: onHelp },
    );
    return [...list, ...typed(query.trim())];
  }, [query, commands.data, store, setColorScheme, colorScheme, onHelp]);

  return (
    <Spotlight
      actions={actions}
      query={query}
      onQueryChange={setQuery}
      nothingFound="Nothing by that name. Type a position, a stream or a command."
      highlightQuery
      limit={9}
      shortcut={null}
      transitionProps={{ duration: 100 }}
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
      attributes={{ content: { 'aria-label': 'Go to or do' } }}
      yOffset="14vh"
      searchProps={{
        leftSection: icon(IconSearch),
        placeholder: 'Go to a view, a stream, a position; run a command…',
        'aria-label': 'Go to or do',
      }}
    />
  );
}

/** What the typed text itself may name. */
function typed(query: string): SpotlightActionData[] {
  if (query === '') return [];
  const list: SpotlightActionData[] = [];
  const position = query.replace(/^#/, '');
  if (/^[1-9]\d*$/.test(position)) {
    list.push({
      id: 'typed-position',
      label: `Event at position ${query}`,
      keywords: [query],
      leftSection: icon(IconHash),
      onClick: () => go(places.events({}, position)),
    });
  }
  if (/^[a-z]+-\S+$/i.test(query)) {
    list.push(
      {
        id: 'typed-stream',
        label: `Events of ${query}`,
        keywords: [query],
        leftSection: icon(IconSearch),
        onClick: () => go(places.events({ stream: query })),
      },
      {
        id: 'typed-time',
        label: `Time travel through ${query}`,
        keywords: [query],
        leftSection: icon(IconSearch),
        onClick: () => go(places.time(query)),
      },
    );
  }
  list.push({
    id: 'typed-streams',
    label: `Streams named like “${query}”`,
    keywords: [query],
    leftSection: icon(IconSearch),
    onClick: () => go(places.streams(null, query)),
  });
  return list;
}
