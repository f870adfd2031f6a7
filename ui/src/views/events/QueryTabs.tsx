import { ActionIcon, Tooltip } from '@mantine/core';
import { IconBookmarks, IconPlus, IconX } from '@tabler/icons-react';
import { PlaceLink } from '../../app/router';
import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import type { Zone } from '../../shared/zones';
import s from './QueryTabs.module.css';
import { nameOf, sameFilter } from './query';
import { MOST_TABS, placeOfTabs, type QueryTab, shownTab, type Tabs } from './tabs';

interface QueryTabsProps {
  state: Tabs;
  savedOpen: boolean;
  onSavedOpen: (open: boolean) => void;
  onNew: () => void;
  onClose: (id: string) => void;
}

export function titleOfTab(tab: QueryTab, zone: Zone): string {
  if (tab.saved === null) return nameOf(tab.filter, zone);
  return sameFilter(tab.saved.filter, tab.filter) ? tab.saved.name : `${tab.saved.name}, changed`;
}

/** The open queries. Each is a place of its own; the one that is shown is in the address. */
export function QueryTabs({ state, savedOpen, onSavedOpen, onNew, onClose }: QueryTabsProps) {
  const { zone } = useSettings();
  return (
    <div className={s.strip}>
      <Tooltip label={savedOpen ? t('events.hideSavedQueries') : t('events.savedQueries')}>
        <ActionIcon
          size={26}
          variant={savedOpen ? 'light' : 'subtle'}
          aria-label={t('events.savedQueries')}
          aria-pressed={savedOpen}
          onClick={() => onSavedOpen(!savedOpen)}
          data-testid="saved-toggle"
        >
          <IconBookmarks size={15} />
        </ActionIcon>
      </Tooltip>
      <nav className={s.tabs} aria-label={t('events.openQueries')}>
        {state.tabs.map((tab) => {
          const title = titleOfTab(tab, zone);
          const shown = tab.id === state.active;
          return (
            <span key={tab.id} className={`${s.tab} ${shown ? s.shown : ''}`}>
              <PlaceLink
                to={placeOfTabs(shownTab(state, tab.id))}
                className={s.title ?? ''}
                title={title}
                {...(shown ? { 'aria-current': 'page' as const } : {})}
                data-testid={`query-tab-${tab.id}`}
              >
                {title}
              </PlaceLink>
              {state.tabs.length > 1 && (
                <button
                  type="button"
                  className={s.close}
                  aria-label={t('events.close2', { title })}
                  onClick={() => onClose(tab.id)}
                  data-testid={`query-tab-close-${tab.id}`}
                >
                  <IconX size={11} />
                </button>
              )}
            </span>
          );
        })}
      </nav>
      <Tooltip label={t('events.aFurtherQueryCtrlT')}>
        <ActionIcon
          size={26}
          aria-label={t('events.aFurtherQuery')}
          onClick={onNew}
          disabled={state.tabs.length >= MOST_TABS}
          data-testid="query-tab-new"
        >
          <IconPlus size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
