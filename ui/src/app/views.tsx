import {
  IconBuildingBank,
  IconGitBranch,
  IconHistory,
  IconListDetails,
  IconShieldCheck,
  IconStack2,
  IconTerminal2,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
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
    about: 'Accounts, statements, transfers, trial balance',
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
    name: 'commands',
    title: 'Commands',
    letter: 'c',
    place: () => places.commands(),
    icon: IconTerminal2,
    about: 'Dry-run and execute',
  },
  {
    name: 'projections',
    title: 'Projections',
    letter: 'p',
    place: () => places.projections(),
    icon: IconStack2,
    about: 'Health of the read models, rebuild',
  },
  {
    name: 'evidence',
    title: 'Evidence',
    letter: 'v',
    place: () => places.evidence(),
    icon: IconShieldCheck,
    about: 'Verify that nothing was altered',
  },
];
