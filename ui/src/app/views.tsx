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
    get title() {
      return t('app.bank');
    },
    letter: 'b',
    place: () => places.accounts(),
    icon: IconBuildingBank,
    get about() {
      return t('app.accountsCustomersTransfersOrders');
    },
  },
  {
    name: 'events',
    get title() {
      return t('app.events');
    },
    letter: 'e',
    place: () => places.events(),
    icon: IconListDetails,
    get about() {
      return t('app.theWholeLogFilteredInTheStoreWith');
    },
  },
  {
    name: 'streams',
    get title() {
      return t('app.streams');
    },
    letter: 's',
    place: () => places.streams(),
    icon: IconGitBranch,
    get about() {
      return t('app.everyAggregatesHistoryByName');
    },
  },
  {
    name: 'time',
    get title() {
      return t('app.timeTravel');
    },
    letter: 't',
    place: () => places.time(),
    icon: IconHistory,
    get about() {
      return t('app.stateAtAnyVersionAndWhatChanged');
    },
  },
  {
    name: 'whatIf',
    get title() {
      return t('app.whatIf');
    },
    letter: 'w',
    place: () => places.whatIf(),
    icon: IconArrowsSplit2,
    get about() {
      return t('app.forkInMemoryChangeEventsSend');
    },
  },
  {
    name: 'commands',
    get title() {
      return t('app.commands');
    },
    letter: 'c',
    place: () => places.commands(),
    icon: IconTerminal2,
    get about() {
      return t('app.dryRunExecuteHistoryTwoActorsAt');
    },
  },
  {
    name: 'projections',
    get title() {
      return t('app.projections');
    },
    letter: 'p',
    place: () => places.projections(),
    icon: IconStack2,
    get about() {
      return t('app.healthOfTheReadModelsRebuildSkip');
    },
  },
  {
    name: 'processes',
    get title() {
      return t('app.processes');
    },
    letter: 'r',
    place: () => places.processes(),
    icon: IconRoute,
    get about() {
      return t('app.whatRunsByItselfInstancesTimersAnd');
    },
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
    get title() {
      return t('app.evidence');
    },
    letter: 'v',
    place: () => places.evidence(),
    icon: IconShieldCheck,
    get about() {
      return t('app.verifyThatNothingWasAltered');
    },
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
    get title() {
      return t('app.maintenance');
    },
    letter: 'm',
    place: () => places.maintenance(),
    icon: IconTool,
    get about() {
      return t('app.snapshotsRetentionLegalHolds');
    },
  },
  {
    name: 'connections',
    get title() {
      return t('app.connections2');
    },
    letter: 'o',
    place: () => places.connections(),
    icon: IconPlugConnected,
    get about() {
      return t('app.theStoresYouWorkWithAddTestOpen');
    },
  },
];
