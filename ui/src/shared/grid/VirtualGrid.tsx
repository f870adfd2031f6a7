import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type PointerEvent,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { probe } from '../probe';
import { GridScrollbar } from './GridScrollbar';
import {
  afterGrowth,
  centre,
  clampOffset,
  type Metrics,
  maxOffset,
  needsThumb,
  reveal,
  rowForKey,
  visibleRows,
  wheelPixels,
} from './gridMath';
import s from './VirtualGrid.module.css';

export interface Column<T> {
  id: string;
  header: ReactNode;
  /** What it is called where columns are chosen; without it, its heading. */
  title?: string;
  /** A CSS grid track. */
  width: string;
  align?: 'end';
  /** Left out where the grid is narrower than this. */
  from?: number;
  render: (row: T) => ReactNode;
}

export interface GridHandle {
  focus: () => void;
  toStart: () => void;
  toEnd: () => void;
  /** Makes a row the active one and brings it to the middle, unless it is on the screen already. */
  show: (row: bigint) => void;
  /** Brings a row to the top, and chooses nothing. */
  bring: (row: bigint) => void;
  /** Makes a row the active one, brings it to the middle and gives it the focus. */
  goTo: (row: bigint) => void;
}

/** Rows from the first to the last one, both included. */
export interface RowRange {
  first: bigint;
  last: bigint;
}

/** Something that changes, and a number that tells each of its states from the one before. */
export interface Changes {
  subscribe: (listener: () => void) => () => void;
  getEdition: () => number;
}

const NO_CHANGES: Changes = { subscribe: () => () => undefined, getEdition: () => 0 };

interface VirtualGridProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: bigint;
  rowAt: (index: bigint) => T | undefined;
  /** Rows that come by themselves: the grid is drawn again when they do, and nothing around it. */
  changes?: Changes | undefined;
  rowId: (row: T) => string;
  onWindow: (first: bigint, end: bigint) => void;
  selected?: string | null;
  onSelect?: ((row: T, index: bigint, how: { extend: boolean }) => void) | undefined;
  onOpen?: ((row: T) => void) | undefined;
  rowProps?: ((row: T) => Record<`data-${string}`, string>) | undefined;
  rowClass?: ((row: T) => string | undefined) | undefined;
  /** Told which rows are chosen, where more than one can be: with Shift, and all with Ctrl+A. */
  onRange?: ((range: RowRange) => void) | undefined;
  /** A new width of a column in pixels, where the user may set it. */
  onWidth?: ((column: string, pixels: number) => void) | undefined;
  /** Has the keys first; what it prevents the grid leaves alone. */
  onKey?: ((event: KeyboardEvent) => void) | undefined;
  /** On which side rows are added, and whether the grid stays with the newest. */
  grow?: 'top' | 'bottom';
  follow?: boolean;
  onFollow?: ((follow: boolean) => void) | undefined;
  rowHeight?: number;
  /** Where the rows come from: other rows begin at their own beginning, not where the former ones stood. */
  origin?: unknown;
  ref?: Ref<GridHandle> | undefined;
}

const HEADER = 28;

export function VirtualGrid<T>(props: VirtualGridProps<T>) {
  const { columns, rows, rowAt, onWindow, rowHeight = 30, grow = 'bottom', follow = false, onFollow } = props;
  const { subscribe, getEdition } = props.changes ?? NO_CHANGES;
  useSyncExternalStore(subscribe, getEdition);
  const body = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [offset, setOffset] = useState(0n);
  const [active, setActive] = useState(0n);
  const [anchor, setAnchor] = useState<bigint | null>(null);
  const remainder = useRef(0);
  /** Whole pixels that the wheel was turned by and the grid has not moved yet. */
  const turned = useRef(0);
  const wantFocus = useRef(false);
  const metrics: Metrics = { rows, rowHeight, viewport: size.height };
  const latest = useRef({ metrics, offset, active });
  latest.current = { metrics, offset, active };

  useLayoutEffect(() => {
    const element = body.current;
    if (element === null) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const moveTo = useCallback(
    (next: bigint) => {
      const m = latest.current.metrics;
      const clamped = clampOffset(next, m);
      latest.current.offset = clamped;
      turned.current = 0;
      probe.arrived();
      setOffset(clamped);
      onFollow?.(grow === 'top' ? clamped === 0n : clamped === maxOffset(m));
    },
    [grow, onFollow],
  );

  // Wheels and pointers report more often than a screen shows: the grid moves once a frame, by all that has come together.
  const frame = useRef<number | undefined>(undefined);
  const where = useRef<() => bigint>(() => 0n);
  useEffect(() => () => window.cancelAnimationFrame(frame.current ?? 0), []);
  const moveSoon = useCallback(
    (to: () => bigint) => {
      where.current = to;
      frame.current ??= window.requestAnimationFrame(() => {
        frame.current = undefined;
        moveTo(where.current());
      });
    },
    [moveTo],
  );

  // What is being read stays in place when rows come or go. Settled while rendering, so that no row leaves the page for a
  // moment and takes the focus with it.
  const [former, setFormer] = useState({ metrics, origin: props.origin });
  if (former.origin !== props.origin) {
    setFormer({ metrics, origin: props.origin });
    setOffset(grow === 'bottom' && follow ? maxOffset(metrics) : 0n);
    setActive(0n);
    setAnchor(null);
  } else if (former.metrics.rows !== rows || former.metrics.viewport !== size.height) {
    setFormer({ metrics, origin: props.origin });
    setOffset(afterGrowth(offset, former.metrics, metrics, grow, follow));
    if (grow === 'top' && former.metrics.rows > 0n && rows > former.metrics.rows) {
      setActive(active + rows - former.metrics.rows);
      if (anchor !== null) setAnchor(anchor + rows - former.metrics.rows);
    } else if (active >= rows) {
      setActive(rows > 0n ? rows - 1n : 0n);
    }
  }

  useEffect(() => {
    const element = body.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent) => {
      if (event.ctrlKey) return;
      event.preventDefault();
      const turn = { delta: event.deltaY, unit: event.deltaMode };
      const step = wheelPixels(turn, remainder.current, latest.current.metrics);
      remainder.current = step.remainder;
      if (step.pixels === 0) return;
      turned.current += step.pixels;
      moveSoon(() => latest.current.offset + BigInt(turned.current));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [moveSoon]);

  const shown = visibleRows(offset, metrics);
  useEffect(() => {
    if (size.height > 0) onWindow(shown.first, shown.end);
  }, [shown.first, shown.end, size.height, onWindow]);

  const ranges = props.onRange !== undefined;
  const range = rangeOf(anchor, active);
  const select = (index: bigint, extend = false) => {
    if (ranges) {
      const from = extend ? (anchor ?? active) : index;
      setAnchor(from);
      props.onRange?.(rangeOf(from, index));
    }
    setActive(index);
    latest.current.active = index;
    const row = rowAt(index);
    if (row !== undefined) props.onSelect?.(row, index, { extend });
  };

  const step = (to: bigint, extend = false) => {
    if (rows === 0n) return;
    const index = to < 0n ? 0n : to >= rows ? rows - 1n : to;
    moveTo(reveal(index, latest.current.offset, metrics));
    wantFocus.current = true;
    select(index, extend);
  };

  useLayoutEffect(() => {
    if (!wantFocus.current) return;
    wantFocus.current = false;
    const row = body.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    (row ?? body.current)?.focus({ preventScroll: true });
  });

  useImperativeHandle(props.ref, () => ({
    // The focus comes back without a choice: whoever closed a panel did not ask for it again.
    focus: () => {
      const row = body.current?.querySelector<HTMLElement>(`[data-index="${latest.current.active}"]`);
      (row ?? body.current)?.focus({ preventScroll: true });
    },
    toStart: () => moveTo(0n),
    toEnd: () => moveTo(maxOffset(latest.current.metrics)),
    show: (row) => {
      const m = latest.current.metrics;
      setActive(row);
      probe.arrived();
      if (reveal(row, latest.current.offset, m) !== latest.current.offset) moveTo(centre(row, m));
    },
    bring: (row) => moveTo(row * BigInt(rowHeight)),
    goTo: (row) => {
      setActive(row);
      setAnchor(row);
      props.onRange?.({ first: row, last: row });
      moveTo(centre(row, latest.current.metrics));
      wantFocus.current = true;
    },
  }));

  // A jump has ended when the rows it led to are there.
  const settled =
    size.height > 0 &&
    rows > 0n &&
    shown.first < shown.end &&
    rowAt(shown.first) !== undefined &&
    rowAt(shown.end - 1n) !== undefined;
  useEffect(() => {
    if (settled) probe.shown();
  });

  const onKeyDown = (event: KeyboardEvent) => {
    props.onKey?.(event);
    if (event.defaultPrevented || event.altKey || event.metaKey) return;
    const extend = event.shiftKey;
    if (event.ctrlKey && event.key === 'a' && ranges && rows > 0n) {
      event.preventDefault();
      setAnchor(0n);
      setActive(rows - 1n);
      props.onRange?.({ first: 0n, last: rows - 1n });
      return;
    }
    if (event.ctrlKey && event.key !== 'Home' && event.key !== 'End') return;
    const to = rowForKey(event.key, active, metrics);
    if (to !== null) {
      event.preventDefault();
      if ((event.key === 'Home' || event.key === 'End') && to !== active) probe.jump();
      step(to, extend);
    } else if (event.key === ' ') {
      event.preventDefault();
      select(active, extend);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const row = rowAt(active);
      if (row === undefined) return;
      if (props.onOpen === undefined) select(active);
      else props.onOpen(row);
    }
  };

  const visibleColumns = useMemo(
    () => columns.filter((column) => column.from === undefined || size.width >= column.from),
    [columns, size.width],
  );
  const tracks: CSSProperties = { gridTemplateColumns: visibleColumns.map((column) => column.width).join(' ') };
  const indexes: bigint[] = [];
  for (let index = shown.first; index < shown.end; index += 1n) indexes.push(index);
  const activeShown = active >= shown.first && active < shown.end;

  return (
    <div
      className={s.grid}
      role="grid"
      aria-label={props.label}
      aria-rowcount={toAria(rows + 1n)}
      aria-colcount={visibleColumns.length}
      {...(ranges ? { 'aria-multiselectable': true } : {})}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className={s.head} style={{ height: HEADER }}>
        {/* biome-ignore lint/a11y/useFocusableInteractive: a header row is not a stop */}
        <div role="row" aria-rowindex={1} className={s.headRow} style={tracks}>
          {visibleColumns.map((column) => (
            // biome-ignore lint/a11y/useFocusableInteractive: a header cell is not a stop
            <div key={column.id} role="columnheader" className={column.align === 'end' ? s.cellEnd : s.cell}>
              {column.header}
              {props.onWidth !== undefined && <ColumnEdge onWidth={(pixels) => props.onWidth?.(column.id, pixels)} />}
            </div>
          ))}
        </div>
      </div>
      <div ref={body} role="rowgroup" className={s.body} tabIndex={-1}>
        <div className={s.layer} style={{ transform: `translateY(${-shown.cut}px)` }}>
          {indexes.map((index, place) => {
            const row = rowAt(index);
            const isSelected = row !== undefined && props.selected === props.rowId(row);
            const inRange =
              ranges && anchor !== null && anchor !== active && index >= range.first && index <= range.last;
            const stop = activeShown ? index === active : place === 0;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys for all of its rows
              <div
                // A row keeps its element, and with it the focus, when others come before it.
                key={String(grow === 'top' ? rows - index : index)}
                role="row"
                aria-rowindex={toAria(index + 2n)}
                aria-selected={isSelected || inRange}
                aria-busy={row === undefined}
                tabIndex={stop ? 0 : -1}
                data-index={String(index)}
                {...(row === undefined ? {} : props.rowProps?.(row))}
                className={`${s.row} ${isSelected ? s.selected : inRange ? s.inRange : ''} ${(row !== undefined && props.rowClass?.(row)) || ''}`}
                style={{ ...tracks, height: rowHeight }}
                onClick={(event) => {
                  event.currentTarget.focus({ preventScroll: true });
                  select(index, event.shiftKey);
                }}
                onDoubleClick={() => row !== undefined && props.onOpen?.(row)}
              >
                <Cells columns={visibleColumns as readonly Column<unknown>[]} row={row} />
              </div>
            );
          })}
        </div>
      </div>
      {needsThumb(metrics) && <GridScrollbar metrics={metrics} offset={offset} top={HEADER} onMove={moveSoon} />}
    </div>
  );
}

interface CellsProps {
  columns: readonly Column<unknown>[];
  row: unknown;
}

/** What a row shows. It is drawn again only when the row or the columns are others: not when it moves, not when it is chosen. */
const Cells = memo(function Cells({ columns, row }: CellsProps) {
  return columns.map((column) => (
    // biome-ignore lint/a11y/useFocusableInteractive: the row takes the focus
    <div key={column.id} role="gridcell" className={column.align === 'end' ? s.cellEnd : s.cell}>
      {row === undefined ? <span className={s.bone} /> : column.render(row)}
    </div>
  ));
});

function rangeOf(anchor: bigint | null, active: bigint): RowRange {
  const from = anchor ?? active;
  return from < active ? { first: from, last: active } : { first: active, last: from };
}

const MIN_COLUMN = 40;

/** The right edge of a heading, to be dragged. By keyboard widths are set where columns are chosen. */
function ColumnEdge({ onWidth }: { onWidth: (pixels: number) => void }) {
  const start = useRef<{ x: number; width: number } | null>(null);
  const end = (event: PointerEvent<HTMLSpanElement>) => {
    event.stopPropagation();
    start.current = null;
  };
  return (
    <span
      className={s.edge}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { x: event.clientX, width: event.currentTarget.parentElement?.offsetWidth ?? 0 };
      }}
      onPointerMove={(event) => {
        if (start.current === null) return;
        onWidth(Math.max(MIN_COLUMN, Math.round(start.current.width + event.clientX - start.current.x)));
      }}
      onPointerUp={end}
      onPointerCancel={end}
    />
  );
}

/** ARIA counts are numbers on the page; a grid has at most 10^9 rows, far below what a number holds. */
function toAria(count: bigint): number {
  return Number(count);
}
