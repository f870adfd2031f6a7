import {
  IconArrowsSplit2,
  IconBuildingBank,
  IconGitBranch,
  IconHistory,
  IconListDetails,
  IconNotebook,
  IconPlugConnected,
  IconRoute,
  IconShieldCheck,
  IconStack2,
  IconTerminal2,
  IconTheater,
  IconTool,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { t } from '../i18n';
import { type Place, places, type ViewName } from './place';

export interface ViewEntry {
  name: Exclude<ViewName, 'welcome'>;
  title: string;
  /** Follows `g`. */
  letter: string;
  place: () => Place;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  about: string;
}

export const VIEWS: readonly ViewEntry[] = [
  {
    name: 'bank',
    title: 'Bank',
    letter: 'b',
    place: () => places.accounts(),
    icon: IconBuildingBank,
    about: 'Accounts, customers, transfers, orders, audit, trial balance',
  },
  {
    name: 'events',
    title: 'Events',
    letter: 'e',
    place: () => places.events(),
    icon: IconListDetails,
    about: 'The whole log, filtered in the store, with live tail',
  },
  {
    name: 'streams',
    title: 'Streams',
    letter: 's',
    place: () => places.streams(),
    icon: IconGitBranch,
    about: 'Every aggregate’s history by name',
  },
  {
    name: 'time',
    title: 'Time travel',
    letter: 't',
    place: () => places.time(),
    icon: IconHistory,
    about: 'State at any version, and what changed',
  },
  {
    name: 'whatIf',
    title: 'What-if',
    letter: 'w',
    place: () => places.whatIf(),
    icon: IconArrowsSplit2,
    about: 'Fork in memory: change events, send commands, compare',
  },
  {
    name: 'commands',
    title: 'Commands',
    letter: 'c',
    place: () => places.commands(),
    icon: IconTerminal2,
    about: 'Dry-run, execute, history, two actors at once',
  },
  {
    name: 'projections',
    title: 'Projections',
    letter: 'p',
    place: () => places.projections(),
    icon: IconStack2,
    about: 'Health of the read models, rebuild, skip, roll back',
  },
  {
    name: 'processes',
    title: 'Processes',
    letter: 'r',
    place: () => places.processes(),
    icon: IconRoute,
    about: 'What runs by itself: instances, timers, and what is stuck',
  },
  {
    name: 'notebook',
    get title() {
      return t('notebook.title');
    },
    letter: 'n',
    place: () => places.notebook(),
    icon: IconNotebook,
    get about() {
      return t('notebook.about');
    },
  },
  {
    name: 'evidence',
    title: 'Evidence',
    letter: 'v',
    place: () => places.evidence(),
    icon: IconShieldCheck,
    about: 'Verify that nothing was altered',
  },
  {
    name: 'stage',
    get title() {
      return t('stage.title');
    },
    letter: 'd',
    place: () => places.scenes(),
    icon: IconTheater,
    get about() {
      return t('stage.about');
    },
  },
  {
    name: 'maintenance',
    title: 'Maintenance',
    letter: 'm',
    place: () => places.maintenance(),
    icon: IconTool,
    about: 'Snapshots, retention, legal holds',
  },
  {
    name: 'connections',
    title: 'Connections',
    letter: 'o',
    place: () => places.connections(),
    icon: IconPlugConnected,
    about: 'The stores you work with: add, test, open',
  },
];
