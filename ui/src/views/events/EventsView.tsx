import { Button } from '@mantine/core';
import { IconFilterOff, IconListDetails, IconSparkles } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useShownColumns } from '../../app/columns';
import { type EventFilter, NO_FILTER, type Place, places } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import type { EventRow } from '../../platform/wire';
import { EmptyState, ErrorState, ProgressLine } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { type GridHandle, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { EventDetailPanel } from './EventDetail';
import s from './EventsView.module.css';
import { eventColumns } from './eventColumns';
import { FilterBar } from './FilterBar';
import { useEventQuery } from './useEventQuery';

type EventsPlace = Extract<Place, { view: 'events' }>;

export function isFiltered(filter: EventFilter): boolean {
  return JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
}

export function EventsView() {
  const place = usePlaceOf('events');
  const { filter, order, event } = place;
  const query = useEventQuery(filter);
  const grid = useRef<GridHandle>(null);
  const total = query.total ?? 0n;
  const newest = order === 'newest';
  const filtered = isFiltered(filter);
  const columns = useShownColumns('events', eventColumns);

  // Live tail: follows the newest until one scrolls away; then it counts what has come since.
  const [follow, setFollow] = useState(event === null);
  const [seen, setSeen] = useState<bigint | null>(null);
  const latestTotal = useRef(total);
  latestTotal.current = total;
  const onFollow = useCallback((next: boolean) => {
    setFollow(next);
    setSeen(next ? null : latestTotal.current);
  }, []);
  const unseen = seen === null ? 0n : total - seen;

  const toData = useCallback((index: bigint) => (newest ? total - 1n - index : index), [newest, total]);
  const { source } = query;
  const onWindow = useCallback(
    (first: bigint, end: bigint) => {
      const margin = 20n;
      const low = newest ? total - end - margin : first - margin;
      const high = newest ? total - first + margin : end + margin;
      source.want(low < 0n ? 0n : low, high > total ? total : high);
    },
    [newest, total, source],
  );

  const change = (next: Partial<EventsPlace>, how: 'push' | 'replace' = 'replace') => go({ ...place, ...next }, how);

  // An event that the address names is brought into view where its row can be told without a search.
  const ready = query.total !== null && !query.scanning;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another event or a fresh grid is a reason to move
  useEffect(() => {
    if (!ready || event === null || filtered) return;
    const row = toData(BigInt(event) - 1n);
    if (row >= 0n && row < total) grid.current?.show(row);
  }, [ready, event, newest]);

  const unselect = () => {
    change({ event: null });
    grid.current?.focus();
  };

  return (
    <SplitView label="Event" detail={event === null ? null : <EventDetailPanel position={event} onClose={unselect} />}>
      <FilterBar
        filter={filter}
        order={order}
        total={query.total}
        scanned={query.scanned}
        following={follow}
        onFilter={(next) => {
          setSeen(null);
          setFollow(true);
          change({ filter: next, event: null });
        }}
        onOrder={(next) => change({ order: next })}
        onFollow={() => {
          if (newest) grid.current?.toStart();
          else grid.current?.toEnd();
        }}
      />
      <div className={s.area}>
        {query.scanning && query.progress !== null && (
          <div className={s.scan}>
            <ProgressLine progress={query.progress} fallback="Looking through the log" onCancel={query.stop} />
          </div>
        )}
        {query.error !== null ? (
          <ErrorState error={query.error} onRetry={query.reopen} />
        ) : query.total === 0n && !query.scanning ? (
          <NoEvents filtered={filtered} onClear={() => change({ filter: NO_FILTER })} />
        ) : (
          <VirtualGrid<EventRow>
            ref={grid}
            label="Events"
            columns={columns}
            rows={query.total ?? 40n}
            rowAt={(index) => (query.total === null ? undefined : source.row(toData(index)))}
            rowId={(row) => row.position}
            rowProps={(row) => ({
              'data-testid': 'event-row',
              'data-position': row.position,
              'data-type': row.eventType,
            })}
            onWindow={onWindow}
            selected={event}
            onSelect={(row) => change({ event: row.position })}
            onOpen={(row) => go(places.time(row.stream, row.version))}
            origin={query.total === null ? null : source}
            grow={newest ? 'top' : 'bottom'}
            follow={follow}
            onFollow={onFollow}
          />
        )}
        {unseen > 0n && (
          <button
            type="button"
            className={`${s.pill} ${newest ? s.pillTop : s.pillBottom}`}
            data-testid="new-pill"
            onClick={() => {
              if (newest) grid.current?.toStart();
              else grid.current?.toEnd();
            }}
          >
            {grouped(String(unseen))} new {newest ? '↑' : '↓'}
          </button>
        )}
      </div>
    </SplitView>
  );
}

function NoEvents({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (filtered) {
    return (
      <EmptyState
        icon={<IconFilterOff size={28} stroke={1.4} />}
        title="No event matches"
        action={
          <Button onClick={onClear} data-testid="clear-filter">
            Clear the filter
          </Button>
        }
      >
        The whole log was looked through. Take a part of the filter away, or clear it.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconListDetails size={28} stroke={1.4} />}
      title="The log is empty"
      action={
        <>
          <Button variant="filled" leftSection={<IconSparkles size={14} />} onClick={() => go(places.welcome())}>
            Fill it with a demo bank
          </Button>
          <Button onClick={() => go(places.commands())}>Issue a command</Button>
        </>
      }
    >
      Events appear here the moment they are stored.
    </EmptyState>
  );
}
