import { ActionIcon, Menu, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconBraces,
  IconCircleFilled,
  IconClipboardCopy,
  IconColumns3,
  IconDeviceFloppy,
  IconDots,
  IconDownload,
  IconPin,
  IconPlayerPauseFilled,
  IconSortAscending,
  IconSortDescending,
  IconTimeline,
  IconUpload,
} from '@tabler/icons-react';
import { memo, type ReactNode, useState, useSyncExternalStore } from 'react';
import { useAsk } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { type EventFilter, type EventOrder, NO_FILTER } from '../../app/place';
import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import type { EventRow } from '../../platform/wire';
import { CategoryDot } from '../../shared/bits';
import { Facet, FixedFacet } from '../../shared/Facet';
import { grouped } from '../../shared/format';
import type { RowSource } from '../../shared/grid/RowSource';
import { SearchField } from '../../shared/SearchField';
import type { CopyFormat } from './copyRows';
import s from './EventsView.module.css';
import { MoreFilters } from './MoreFilters';
import more from './MoreFilters.module.css';
import { isFiltered, partsOf } from './query';

/** What the menu of a list offers. */
export interface ListTools {
  onSave: () => void;
  onColumns: () => void;
  onTimeline: () => void;
  timeline: boolean;
  /** How many rows are chosen. */
  chosen: bigint;
  onCopy: (format: CopyFormat) => void;
  onExport: () => void;
  /** Not offered where nothing may be written. */
  onImport: (() => void) | null;
  onPin: () => void;
}

interface FilterBarProps {
  filter: EventFilter;
  order: EventOrder;
  source: RowSource<EventRow>;
  /** How many rows there are, as long as the source has not told. */
  found: bigint | null;
  following: boolean;
  conditionOpen: boolean;
  onCondition: (open: boolean) => void;
  onFilter: (filter: EventFilter) => void;
  onOrder: (order: EventOrder) => void;
  onFollow: () => void;
  tools: ListTools;
  /** The field that goes somewhere. */
  children: ReactNode;
}

/** Those that the bar itself shows; the others are chips below it. */
const IN_THE_BAR = ['contains', 'categories', 'types'];

/** Drawn again when the query changes, not with every row that comes: only the count does. */
export const FilterBar = memo(function FilterBar(props: FilterBarProps) {
  const { filter, onFilter, following } = props;
  const at = useShownAt();
  const { zone } = useSettings();
  // Both go through the store, and change with every event: they are asked for while somebody looks at them.
  const [opened, setOpened] = useState<'category' | 'type' | null>(null);
  const asking = (list: typeof opened) => ({ enabled: opened === list, keep: true });
  const categories = useAsk('categories', [], (platform) => platform.categories(), asking('category'));
  const types = useAsk('eventTypes', [], (platform) => platform.eventTypes(), asking('type'));
  const change = (part: Partial<EventFilter>) => onFilter({ ...filter, ...part });
  const chips = partsOf(filter, zone).filter((part) => !IN_THE_BAR.includes(part.key));

  const clear = isFiltered(filter) && (
    <UnstyledButton
      className={`link ${s.clearAll}`}
      onClick={() => onFilter({ ...NO_FILTER, columns: filter.columns })}
      data-testid="clear-filters"
    >
      {t('events.clear')}
    </UnstyledButton>
  );

  return (
    <div className={s.filters} role="search" aria-label={t('events.filterEvents')}>
      <SearchField
        main
        label={t('events.payloadOrMetadataContains')}
        placeholder={t('events.payloadContains')}
        value={filter.contains}
        onChange={(contains) => change({ contains })}
        width={160}
        testId="filter-contains"
      />
      <Facet
        label={t('events.category')}
        testId="filter-category"
        chosen={filter.categories}
        onChange={(chosen) => change({ categories: chosen })}
        onOpened={(open) => setOpened(open ? 'category' : null)}
        options={(categories.data ?? []).map((row) => ({
          value: row.category,
          label: (
            <>
              <CategoryDot category={row.category} /> {row.category}
            </>
          ),
          hint: grouped(row.events),
        }))}
      />
      <Facet
        label={t('events.type')}
        testId="filter-type"
        chosen={filter.types}
        onChange={(chosen) => change({ types: chosen })}
        onOpened={(open) => setOpened(open ? 'type' : null)}
        options={(types.data ?? []).map((type) => ({ value: type, label: type }))}
      />
      <MoreFilters filter={filter} onChange={change} />
      <Tooltip label={t('events.aConditionCelOnEventPayload')}>
        <UnstyledButton
          className={more.open}
          aria-label={t('events.condition')}
          aria-pressed={props.conditionOpen}
          onClick={() => props.onCondition(!props.conditionOpen)}
          data-testid="condition-toggle"
        >
          <IconBraces size={14} /> <span className={more.text}>{t('events.condition')}</span>
        </UnstyledButton>
      </Tooltip>
      {chips.length === 0 && clear}
      <span className={s.spacer} />
      <EventCount source={props.source} found={props.found} />
      {at !== null ? (
        <span className={s.tail} data-testid="ends-at">
          {t('events.upToSmall', { at: grouped(at) })}
        </span>
      ) : (
        <Tooltip label={following ? t('events.followingTheNewestEvent') : t('events.pausedGoToTheNewestEvent')}>
          <UnstyledButton
            className={`${s.tail} ${following ? s.tailOn : ''}`}
            onClick={props.onFollow}
            aria-pressed={following}
            data-testid="live-tail"
          >
            {following ? <IconCircleFilled size={8} /> : <IconPlayerPauseFilled size={11} />}
            {following ? t('events.live') : t('events.paused')}
          </UnstyledButton>
        </Tooltip>
      )}
      <span className={s.tools}>
        {props.children}
        <Tooltip label={props.order === 'newest' ? t('events.newestFirst') : t('events.oldestFirst')}>
          <ActionIcon
            variant="default"
            size={28}
            aria-label={
              props.order === 'newest'
                ? t('events.newestFirstShowTheOldestFirst')
                : t('events.oldestFirstShowTheNewestFirst')
            }
            onClick={() => props.onOrder(props.order === 'newest' ? 'oldest' : 'newest')}
            data-testid="event-order"
          >
            {props.order === 'newest' ? <IconSortDescending size={16} /> : <IconSortAscending size={16} />}
          </ActionIcon>
        </Tooltip>
        <ListMenu {...props.tools} />
      </span>
      {chips.length > 0 && (
        <div className={s.chips}>
          {chips.map((part) => (
            <FixedFacet key={part.key} label={part.label} value={part.value} onClear={() => change(part.without)} />
          ))}
          {clear}
        </div>
      )}
    </div>
  );
});

function EventCount({ source, found }: Pick<FilterBarProps, 'source' | 'found'>) {
  useSyncExternalStore(source.subscribe, source.getExtent);
  const total = source.total ?? found;
  return (
    <span className={s.count} data-testid="event-count" aria-live="polite">
      {total === null ? '…' : grouped(String(total))}
      <span className="faint"> {t('events.eventWord', { count: total ?? 0n })}</span>
    </span>
  );
}

function ListMenu(tools: ListTools) {
  const rows = tools.chosen === 0n ? t('events.rowsWord') : t('events.rows', { count: tools.chosen });
  const copy = (format: CopyFormat, text: string) => (
    <Menu.Item
      leftSection={<IconClipboardCopy size={14} />}
      disabled={tools.chosen === 0n}
      onClick={() => tools.onCopy(format)}
      data-testid={`copy-${format}`}
    >
      {text}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <ActionIcon variant="default" size={28} aria-label={t('events.moreAboutThisList')} data-testid="list-menu">
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconDeviceFloppy size={14} />} onClick={tools.onSave} data-testid="save-query">
          {t('events.saveThisQuery2')}
        </Menu.Item>
        <Menu.Item leftSection={<IconColumns3 size={14} />} onClick={tools.onColumns} data-testid="columns">
          {t('events.columns2')}
        </Menu.Item>
        <Menu.Item leftSection={<IconTimeline size={14} />} onClick={tools.onTimeline} data-testid="timeline-toggle">
          {tools.timeline ? t('events.hideTheTimeline') : t('events.showTheTimeline')}
        </Menu.Item>
        <Menu.Divider />
        {copy('tsv', t('events.copyAsATable', { rows }))}
        {copy('json', t('events.copyAsJsonLines', { rows }))}
        {copy('ids', t('events.copyTheIdsOf', { rows }))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconPin size={14} />} onClick={tools.onPin} data-testid="pin-query">
          {t('notebook.pinQuery')}
        </Menu.Item>
        <Menu.Item leftSection={<IconDownload size={14} />} onClick={tools.onExport} data-testid="export">
          {t('events.exportTheWholeMatch')}
        </Menu.Item>
        {tools.onImport !== null && (
          <Menu.Item leftSection={<IconUpload size={14} />} onClick={tools.onImport} data-testid="import">
            {t('events.importFromAFile')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
