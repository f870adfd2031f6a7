import { ActionIcon, Tooltip, UnstyledButton } from '@mantine/core';
import { IconCircleFilled, IconPlayerPauseFilled, IconSortAscending, IconSortDescending } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { type EventFilter, type EventOrder, NO_FILTER } from '../../app/place';
import { CategoryDot } from '../../shared/bits';
import { Facet, FixedFacet } from '../../shared/Facet';
import { exactUtc, grouped } from '../../shared/format';
import { SearchField } from '../../shared/SearchField';
import s from './EventsView.module.css';

interface FilterBarProps {
  filter: EventFilter;
  order: EventOrder;
  total: bigint | null;
  scanned: string | null;
  following: boolean;
  onFilter: (filter: EventFilter) => void;
  onOrder: (order: EventOrder) => void;
  onFollow: () => void;
}

export function FilterBar(props: FilterBarProps) {
  const { filter, onFilter, total, following } = props;
  const at = useShownAt();
  const categories = useAsk('categories', [], (platform) => platform.categories());
  const types = useAsk('eventTypes', [], (platform) => platform.eventTypes());
  const change = (part: Partial<EventFilter>) => onFilter({ ...filter, ...part });
  const filtered = JSON.stringify(filter) !== JSON.stringify(NO_FILTER);

  return (
    <div className={s.filters} role="search" aria-label="Filter events">
      <SearchField
        main
        label="Payload or metadata contains"
        placeholder="Payload contains…"
        value={filter.contains}
        onChange={(contains) => change({ contains })}
        width={168}
        testId="filter-contains"
      />
      {filter.stream === null ? (
        <SearchField
          label="Stream begins with"
          placeholder="Stream begins with…"
          value={filter.prefix}
          onChange={(prefix) => change({ prefix })}
          icon={<CategoryDot category={filter.prefix?.split('-')[0] ?? ''} />}
          width={156}
          testId="filter-prefix"
        />
      ) : (
        <FixedFacet label="Stream" value={filter.stream} onClear={() => change({ stream: null })} />
      )}
      {filter.stream === null && (
        <Facet
          label="Category"
          testId="filter-category"
          chosen={filter.categories}
          onChange={(chosen) => change({ categories: chosen })}
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
      )}
      <Facet
        label="Type"
        testId="filter-type"
        chosen={filter.types}
        onChange={(chosen) => change({ types: chosen })}
        options={(types.data ?? []).map((type) => ({ value: type, label: type }))}
      />
      {filter.correlation !== null && (
        <FixedFacet label="Story" value={filter.correlation} onClear={() => change({ correlation: null })} />
      )}
      {filter.from !== null && (
        <FixedFacet label="From" value={exactUtc(filter.from)} onClear={() => change({ from: null })} />
      )}
      {filter.until !== null && (
        <FixedFacet label="Until" value={exactUtc(filter.until)} onClear={() => change({ until: null })} />
      )}
      {filtered && (
        <UnstyledButton
          className={`link ${s.clearAll}`}
          onClick={() => onFilter(NO_FILTER)}
          data-testid="clear-filters"
        >
          Clear
        </UnstyledButton>
      )}
      <span className={s.spacer} />
      <span className={s.count} data-testid="event-count" aria-live="polite">
        {total === null ? '…' : grouped(String(total))}
        <span className="faint"> {total === 1n ? 'event' : 'events'}</span>
      </span>
      {at !== null ? (
        <span className={s.tail} data-testid="ends-at">
          up to {grouped(at)}
        </span>
      ) : (
        <Tooltip label={following ? 'Following the newest event' : 'Paused: go to the newest event'}>
          <UnstyledButton
            className={`${s.tail} ${following ? s.tailOn : ''}`}
            onClick={props.onFollow}
            aria-pressed={following}
            data-testid="live-tail"
          >
            {following ? <IconCircleFilled size={8} /> : <IconPlayerPauseFilled size={11} />}
            {following ? 'Live' : 'Paused'}
          </UnstyledButton>
        </Tooltip>
      )}
      <Tooltip label={props.order === 'newest' ? 'Newest first' : 'Oldest first'}>
        <ActionIcon
          variant="default"
          size={28}
          aria-label={
            props.order === 'newest' ? 'Newest first; show the oldest first' : 'Oldest first; show the newest first'
          }
          onClick={() => props.onOrder(props.order === 'newest' ? 'oldest' : 'newest')}
          data-testid="event-order"
        >
          {props.order === 'newest' ? <IconSortDescending size={16} /> : <IconSortAscending size={16} />}
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
