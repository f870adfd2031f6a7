import { Button } from '@mantine/core';
import { IconFilterOff, IconListDetails, IconSparkles, IconUpload } from '@tabler/icons-react';
import { type KeyboardEvent, memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useShownColumns } from '../../app/columns';
import { useHeadDigits } from '../../app/head';
import { useOffer } from '../../app/offers';
import { usePlatform } from '../../app/PlatformContext';
import { type EventFilter, type EventOrder, NO_FILTER, places } from '../../app/place';
import { go } from '../../app/router';
import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import type { EventRow } from '../../platform/wire';
import { EmptyState, ErrorState } from '../../shared/bits';
import { changeLayout, laidOut, positionWidth, useColumnLayout } from '../../shared/grid/columnLayout';
import { type Column, type GridHandle, type RowRange, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { useSteady } from '../../shared/useSteady';
import { usePinOffer } from '../notebook/usePin';
import { ColumnsDialog } from './ColumnsDialog';
import { ConditionField } from './ConditionField';
import s from './EventsView.module.css';
import { eventColumns, pathColumn } from './eventColumns';
import { ExportDialog, ImportDialog } from './FileDialogs';
import { FilterBar, type ListTools } from './FilterBar';
import { JumpField } from './JumpField';
import { isFiltered, nameOf, toQuery } from './query';
import { SearchProgress } from './SearchProgress';
import { Timeline } from './Timeline';
import type { EventsPlace, QueryTab } from './tabs';
import type { TabsStore, Top } from './tabsStore';
import type { TimeRange } from './timelineMath';
import { useCopyRows } from './useCopyRows';
import { type ListedEvent, useEventQuery } from './useEventQuery';
import { useJump } from './useJump';
import { ViewportStore } from './ViewportStore';

const GRID = 'events';
/** Rows that are asked for beyond both edges of the screen. */
const MARGIN = 20n;

/** What may be open over a list. */
export type PaneDialog = 'columns' | 'export' | 'import' | null;

export interface PaneHandle {
  focus: () => void;
  jump: () => void;
}

interface QueryPaneProps {
  tab: QueryTab;
  /** Whether it is the tab that is shown. The others stay as they are, with their search, their place and their selection. */
  shown: boolean;
  timeline: boolean;
  onTimeline: () => void;
  canImport: boolean;
  onChange: (part: Partial<Pick<EventsPlace, 'filter' | 'order' | 'event'>>) => void;
  onSave: () => void;
  /** Keeps where the list was scrolled to. */
  tops: Pick<TabsStore, 'top' | 'setTop'>;
  /** Told how the pane is reached, while it is shown. */
  reach: (handle: PaneHandle | null) => void;
}

/** One query: its filter, its timeline, its rows. Drawn again only when something of it changes. */
export const QueryPane = memo(function QueryPane(props: QueryPaneProps) {
  const { tab, shown, onChange, reach, tops } = props;
  const { filter, order, event } = tab;
  const { zone } = useSettings();
  const platform = usePlatform();
  const query = useEventQuery(filter, shown);
  const layout = useColumnLayout(GRID);
  const { columns: paths } = filter;
  const known = useMemo(() => [...eventColumns(), ...paths.map(pathColumn)], [paths]);
  const visible = useShownColumns(GRID, known);
  const digits = useHeadDigits();
  const columns = useMemo(() => laidOut(withRoom(visible, digits), layout), [visible, digits, layout]);
  const grid = useRef<GridHandle>(null);
  const [viewport] = useState(() => new ViewportStore());
  const [dialog, setDialog] = useState<PaneDialog>(null);
  const [jumping, setJumping] = useState(false);
  const [conditionOpen, setConditionOpen] = useState(filter.condition !== null);
  const [chosen, setChosen] = useState<RowRange | null>(null);
  const total = query.total ?? 0n;
  const pin = usePinOffer(
    'pin-query',
    shown ? { kind: 'query', query: toQuery(filter), newestFirst: order === 'newest' } : null,
    nameOf(filter, zone),
  );
  const newest = order === 'newest';

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
  const toNewest = useSteady(() => (newest ? grid.current?.toStart() : grid.current?.toEnd()));

  const toData = useCallback((index: bigint) => (newest ? total - 1n - index : index), [newest, total]);
  const { source } = query;
  const onWindow = useCallback(
    (first: bigint, end: bigint) => {
      const low = newest ? total - end - MARGIN : first - MARGIN;
      const high = newest ? total - first + MARGIN : end + MARGIN;
      source.want(low < 0n ? 0n : low, high > total ? total : high);
      viewport.show(first, end);
    },
    [newest, total, source, viewport],
  );

  // An event that the address names is brought into view as soon as its row is known.
  const latestToData = useRef(toData);
  latestToData.current = toData;
  const sought = useRef<string | null>(null);
  // Where the list stood when it was last looked at, until it stands there again.
  const [former] = useState(() => tops.top(tab.id));
  const returning = useRef<Top | null>(former?.event === event ? former : null);
  const { queryId } = query;
  const settled = query.progress?.phase !== 'scanning' && query.total !== null;
  useEffect(() => {
    if (queryId === null || !settled) return;
    const back = returning.current;
    if (back !== null) {
      returning.current = null;
      sought.current = event === null ? null : `${queryId} ${order} ${event}`;
      platform.rowOfPosition(queryId, back.position).then(
        (place) => place.row !== null && grid.current?.bring(latestToData.current(BigInt(place.row))),
        () => undefined,
      );
      return;
    }
    if (event === null) return;
    const wish = `${queryId} ${order} ${event}`;
    if (sought.current === wish) return;
    sought.current = wish;
    platform.rowOfPosition(queryId, event).then(
      (place) => {
        if (sought.current !== wish || place.row === null || !place.exact) return;
        grid.current?.show(latestToData.current(BigInt(place.row)));
      },
      // A list that cannot say where it is still shows its rows, and says itself what is wrong.
      () => undefined,
    );
  }, [platform, queryId, event, order, settled]);

  // What is at the top is noted as an event: rows are others once events have been added.
  const noteTop = useSteady(() => {
    const row = source.row(toData(viewport.read().first));
    if (returning.current !== null || (row === undefined && !follow)) return;
    tops.setTop(tab.id, follow || row === undefined ? null : { position: row.position, event });
  });
  useEffect(() => {
    if (!shown) return;
    const stop = viewport.subscribe(noteTop);
    return () => {
      stop();
      noteTop();
    };
  }, [shown, viewport, noteTop]);

  const setFilter = useSteady((next: EventFilter) => {
    setSeen(null);
    setFollow(true);
    setChosen(null);
    onChange({ filter: next, event: null });
  });
  const select = useSteady((position: string) => {
    if (queryId !== null) sought.current = `${queryId} ${order} ${position}`;
    onChange({ event: position });
  });
  const jump = useSteady(useJump({ queryId, stream: filter.stream, total, toData, grid, onEvent: select }));
  const copy = useSteady(useCopyRows(queryId, chosen, newest));

  useEffect(() => {
    if (!shown) return;
    reach({ focus: () => grid.current?.focus(), jump: () => setJumping(true) });
    return () => reach(null);
  }, [shown, reach]);

  useOffer('list-condition', shown ? () => setConditionOpen(true) : null);
  useOffer('list-export', shown ? () => setDialog('export') : null);
  useOffer('list-import', shown && props.canImport ? () => setDialog('import') : null);

  const onKey = (pressed: KeyboardEvent) => {
    if (!(pressed.ctrlKey || pressed.metaKey) || pressed.key !== 'c') return;
    if (window.getSelection()?.isCollapsed === false) return;
    pressed.preventDefault();
    void copy('tsv');
  };
  const empty = query.total === 0n && !query.scanning && query.progress?.phase === 'complete';
  const complete = query.progress?.phase === 'complete';
  const setOrder = useSteady((next: EventOrder) => onChange({ order: next }));
  const onRange = useSteady((range: TimeRange | null) =>
    setFilter({ ...filter, from: range?.from ?? null, until: range?.until ?? null }),
  );
  const onTime = useSteady((time: string) => void jump({ kind: 'time', time }));
  const { onSave, timeline, onTimeline, canImport } = props;
  const chosenRows = chosen === null ? 0n : chosen.last - chosen.first + 1n;
  const onPin = useSteady(pin);
  const tools = useMemo<ListTools>(
    () => ({
      onSave,
      onColumns: () => setDialog('columns'),
      timeline,
      onTimeline,
      chosen: chosenRows,
      onCopy: (format) => void copy(format),
      onExport: () => setDialog('export'),
      onImport: canImport ? () => setDialog('import') : null,
      onPin,
    }),
    [onSave, timeline, onTimeline, chosenRows, copy, canImport, onPin],
  );
  const jumpField = useMemo(
    () => <JumpField opened={jumping} onOpened={setJumping} versions={filter.stream !== null} onJump={jump} />,
    [jumping, filter.stream, jump],
  );

  return (
    <section className={s.pane} hidden={!shown} aria-label={nameOf(filter, zone)} data-testid={`query-pane-${tab.id}`}>
      {shown && (
        <>
          <FilterBar
            filter={filter}
            order={order}
            source={source}
            found={source.total === null ? query.total : null}
            following={follow}
            conditionOpen={conditionOpen}
            onCondition={setConditionOpen}
            onFilter={setFilter}
            onOrder={setOrder}
            onFollow={toNewest}
            tools={tools}
          >
            {jumpField}
          </FilterBar>
          {conditionOpen && (
            <ConditionField
              value={filter.condition}
              onChange={(condition) => setFilter({ ...filter, condition })}
              onClose={() => setConditionOpen(false)}
            />
          )}
          {props.timeline && !empty && (
            <Timeline
              queryId={queryId}
              total={String(total)}
              from={filter.from}
              until={filter.until}
              source={source}
              viewport={viewport}
              toData={toData}
              onRange={onRange}
              onTime={onTime}
            />
          )}
          {query.progress !== null && (
            <SearchProgress progress={query.progress} onStop={query.stop} onGoOn={query.goOn} onEvent={select} />
          )}
        </>
      )}
      <div className={s.area}>
        {query.error !== null ? (
          <ErrorState error={query.error} onRetry={query.reopen} />
        ) : empty ? (
          <NoEvents
            filtered={isFiltered(filter)}
            onClear={() => setFilter({ ...NO_FILTER, columns: filter.columns })}
            onImport={props.canImport ? () => setDialog('import') : null}
          />
        ) : (
          <VirtualGrid<ListedEvent>
            ref={grid}
            label={t('events.events')}
            columns={columns}
            rows={query.total ?? 40n}
            rowAt={(index) => (query.total === null ? undefined : source.row(toData(index)))}
            rowId={(row) => row.position}
            changes={source}
            rowProps={rowProps}
            onWindow={onWindow}
            selected={event}
            onSelect={(row) => select(row.position)}
            onRange={({ first, last }) => {
              const ends = [toData(first), toData(last)] as const;
              setChosen(newest ? { first: ends[1], last: ends[0] } : { first: ends[0], last: ends[1] });
            }}
            onWidth={(column, pixels) => changeLayout(GRID, { widths: { ...layout.widths, [column]: pixels } })}
            onKey={onKey}
            onOpen={(row) => go(places.time(row.stream, row.version))}
            origin={query.total === null ? null : source.of}
            grow={newest ? 'top' : 'bottom'}
            follow={follow}
            onFollow={onFollow}
          />
        )}
        {shown && unseen > 0n && (
          <button
            type="button"
            className={`${s.pill} ${newest ? s.pillTop : s.pillBottom}`}
            data-testid="new-pill"
            onClick={toNewest}
          >
            {t('events.newOnes', { count: unseen })} {newest ? '↑' : '↓'}
          </button>
        )}
      </div>
      {shown && (
        <>
          <ColumnsDialog
            grid={GRID}
            columns={known}
            paths={paths}
            onPaths={(columns) => onChange({ filter: { ...filter, columns } })}
            opened={dialog === 'columns'}
            onClose={() => setDialog(null)}
          />
          <ExportDialog
            opened={dialog === 'export'}
            onClose={() => setDialog(null)}
            query={toQuery(filter)}
            name={nameOf(filter, zone)}
            found={String(total)}
            complete={complete}
          />
          <ImportDialog opened={dialog === 'import'} onClose={() => setDialog(null)} onImported={query.reopen} />
        </>
      )}
    </section>
  );
});

const rowProps = (row: EventRow) => ({
  'data-testid': 'event-row',
  'data-position': row.position,
  'data-type': row.eventType,
});

/** The columns, with room for positions of so many digits. */
function withRoom(columns: readonly Column<ListedEvent>[], digits: number): readonly Column<ListedEvent>[] {
  return columns.map((column) => (column.id === 'position' ? { ...column, width: positionWidth(digits) } : column));
}

interface NoEventsProps {
  filtered: boolean;
  onClear: () => void;
  onImport: (() => void) | null;
}

function NoEvents({ filtered, onClear, onImport }: NoEventsProps) {
  if (filtered) {
    return (
      <EmptyState
        icon={<IconFilterOff size={28} stroke={1.4} />}
        title={t('events.noEventMatches')}
        action={
          <Button onClick={onClear} data-testid="clear-filter">
            {t('events.clearTheFilter')}
          </Button>
        }
      >
        {t('events.theWholeLogWasLookedThroughTakeA')}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconListDetails size={28} stroke={1.4} />}
      title={t('events.theLogIsEmpty')}
      action={
        <>
          <Button variant="filled" leftSection={<IconSparkles size={14} />} onClick={() => go(places.welcome())}>
            {t('events.fillItWithADemoBank')}
          </Button>
          {onImport !== null && (
            <Button leftSection={<IconUpload size={14} />} onClick={onImport} data-testid="import-empty">
              {t('events.importEvents2')}
            </Button>
          )}
          <Button onClick={() => go(places.commands())}>{t('events.issueACommand')}</Button>
        </>
      }
    >
      {t('events.eventsAppearHereTheMomentTheyAre')}
    </EmptyState>
  );
}
