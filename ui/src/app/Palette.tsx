import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import {
  IconFolderOpen,
  IconHash,
  IconKeyboard,
  IconMoon,
  IconPlugConnected,
  IconSearch,
  IconTerminal2,
  IconWorld,
} from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useAsk } from './cache';
import { type Place, places } from './place';
import { go } from './router';
import { changeSettings, currentSettings } from './settings';
import { useStoreActions } from './storeActions';
import { VIEWS } from './views';

const icon = (Icon: typeof IconHash) => <Icon size={16} stroke={1.7} />;

/** Parts of views that people look for by their own name. */
const PARTS: readonly { id: string; title: string; about: string; to: () => Place }[] = [
  { id: 'customers', title: 'Customers', about: 'Who they are and what they hold', to: () => places.customers() },
  { id: 'transfers', title: 'Transfers', about: 'Every transfer and where it stands', to: () => places.transfers() },
  {
    id: 'stuck-transfers',
    title: 'Stuck transfers',
    about: 'Those that should have gone on by now',
    to: () => places.transfers('stuck'),
  },
  { id: 'orders', title: 'Orders', about: 'Scheduled and standing orders', to: () => places.orders() },
  { id: 'holds', title: 'Holds', about: 'Money that is set aside', to: () => places.holds() },
  { id: 'limits', title: 'Limits', about: 'What may be spent and what is', to: () => places.limits() },
  { id: 'activity', title: 'Activity', about: 'What each day brought', to: () => places.activity() },
  { id: 'audit', title: 'Audit', about: 'Who did what, when and why', to: () => places.audit() },
  { id: 'trial-balance', title: 'Trial balance', about: 'Is money conserved?', to: () => places.trialBalance() },
  {
    id: 'snapshots',
    title: 'Snapshots',
    about: 'Cached states: verify, delete',
    to: () => places.maintenance('snapshots'),
  },
  {
    id: 'retention',
    title: 'Retention',
    about: 'What may go, and what stays and why',
    to: () => places.maintenance('retention'),
  },
  {
    id: 'legal-holds',
    title: 'Legal holds',
    about: 'What must stay whatever the rules say',
    to: () => places.maintenance('legal-holds'),
  },
];

/** Everything that one can go to or do, by typing. */
export function Palette({ onHelp }: { onHelp: () => void }) {
  const [query, setQuery] = useState('');
  const connections = useAsk('connections', [], (platform) => platform.connections(), { keep: true });
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
    for (const { id, title, about, to } of PARTS) {
      list.push({ id, label: title, description: about, leftSection: icon(IconSearch), onClick: () => go(to()) });
    }
    for (const command of commands.data ?? []) {
      list.push({
        id: `command-${command.commandType}`,
        label: command.title,
        description: `Command · ${command.commandType}`,
        leftSection: icon(IconTerminal2),
        onClick: () => go(places.commands(command.commandType)),
      });
    }
    for (const row of connections.data?.connections ?? []) {
      list.push({
        id: `connection-${row.id}`,
        label: `Switch to ${row.name}`,
        description: `Connection · ${[row.backend, row.marks.environment].filter(Boolean).join(' · ')}`,
        leftSection: icon(IconPlugConnected),
        onClick: () => void store.connect(row.id),
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
  }, [query, commands.data, connections.data, store, setColorScheme, colorScheme, onHelp]);

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
