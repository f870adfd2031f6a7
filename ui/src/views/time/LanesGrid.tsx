import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type ReactNode,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { t } from '../../i18n';
import type { LaneEntry } from '../../platform/wire';
import { categoryColour, Time } from '../../shared/bits';
import { categoryOf, grouped } from '../../shared/format';
import s from './Lanes.module.css';
import { LANE_ROW, type LaneRow, laneRows, moved, type RowWindow, rowsNear } from './lanes';

interface LanesGridProps {
  streams: readonly string[];
  heads: ReactNode;
  entries: readonly LaneEntry[];
  byDay: boolean;
  /** Position of the chosen event. */
  chosen: string | null;
  onChoose: (position: string) => void;
  /** Reads on; nothing at the end. */
  onFurther: (() => void) | null;
}

const KEYS = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End'];
/** As in every list. */
const LETTERS: Readonly<Record<string, string>> = { j: 'ArrowDown', k: 'ArrowUp' };

/** Lanes beside one column of time. Arrows move along time and across lanes; Enter goes to the state after the event. */
export function LanesGrid({ streams, heads, entries, byDay, chosen, onChoose, onFurther }: LanesGridProps) {
  const grid = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => laneRows(entries, byDay), [entries, byDay]);
  const at = entries.findIndex((entry) => entry.event.position === chosen);
  const stop = Math.max(0, at);
  const moves = useRef(false);

  // Only rows near the screen are on the page, and the one that the keys work from, wherever it is.
  const [near, setNear] = useState<RowWindow>(rowsNear(0, 0));
  useLayoutEffect(() => {
    const element = grid.current;
    if (element === null) return;
    const look = () => {
      const { first, end } = rowsNear(element.scrollTop, element.clientHeight);
      setNear((former) => (former.first === first && former.end === end ? former : { first, end }));
    };
    look();
    element.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, []);

  useLayoutEffect(() => {
    if (!moves.current || chosen === null) return;
    moves.current = false;
    const cell = grid.current?.querySelector<HTMLElement>(`[data-position="${chosen}"]`);
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const here = entries[stop];
    if (here === undefined || !(event.target instanceof HTMLElement) || event.target.dataset.position === undefined)
      return;
    if (event.key === 'Enter') {
      event.preventDefault();
      go(places.time(here.event.stream, here.event.version));
      return;
    }
    const key = LETTERS[event.key] ?? event.key;
    if (!KEYS.includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    const to = moved(entries, stop, key, streams.length);
    if (to === stop && key === 'ArrowDown') onFurther?.();
    const target = entries[to];
    if (target === undefined) return;
    moves.current = true;
    onChoose(target.event.position);
  };

  const tracks = { '--lanes': streams.length } as CSSProperties;
  return (
    <div
      ref={grid}
      role="grid"
      aria-label={t('time.eventsOfTheStreamsSideBySide')}
      aria-colcount={streams.length + 1}
      aria-rowcount={rows.length + 1}
      className={s.grid}
      style={tracks}
      onKeyDown={onKeyDown}
      data-testid="lanes"
    >
      <div role="row" tabIndex={-1} aria-rowindex={1} className={`${s.row} ${s.headRow}`}>
        <div role="columnheader" tabIndex={-1} className={s.timeHead}>
          {byDay ? t('time.valueDate') : t('time.recorded')}
        </div>
        {heads}
      </div>
      <div role="rowgroup" className={s.rows} style={{ height: rows.length * LANE_ROW }}>
        {rows.map((row, place) => {
          const isStop = row.kind === 'event' && row.index === stop;
          if ((place < near.first || place >= near.end) && !isStop) return null;
          return (
            <Row
              key={row.kind === 'event' ? row.entry.event.position : row.kind === 'gap' ? `gap-${row.before}` : row.day}
              row={row}
              place={place}
              streams={streams}
              byDay={byDay}
              chosen={row.kind === 'event' && row.index === at}
              stop={isStop}
              onChoose={onChoose}
            />
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  row: LaneRow;
  /** Number of the row, from 0. */
  place: number;
  streams: readonly string[];
  byDay: boolean;
  chosen: boolean;
  stop: boolean;
  onChoose: (position: string) => void;
}

const Row = memo(function Row({ row, place, streams, byDay, chosen, stop, onChoose }: RowProps) {
  const about = { 'aria-rowindex': place + 2, style: { top: place * LANE_ROW } };
  if (row.kind !== 'event') {
    return (
      <div role="row" tabIndex={-1} {...about} className={`${s.row} ${row.kind === 'gap' ? s.gap : s.day}`}>
        <div role="gridcell" tabIndex={-1} aria-colspan={streams.length + 1} className={s.between}>
          {row.kind === 'gap' ? row.text : row.day}
        </div>
      </div>
    );
  }
  const { event, lane } = row.entry;
  return (
    <div role="row" tabIndex={-1} {...about} className={s.row}>
      <div role="gridcell" tabIndex={-1} className={s.time}>
        {byDay ? (
          <span className="mono faint">#{grouped(event.position)}</span>
        ) : (
          <Time value={event.recordedAt} short />
        )}
      </div>
      {streams.map((stream, index) =>
        index === lane ? (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys for all of its cells
          <div
            key={stream}
            role="gridcell"
            aria-selected={chosen}
            tabIndex={stop ? 0 : -1}
            title={event.sentence ?? event.eventType}
            className={`${s.cell} ${s.event} ${chosen ? s.chosen : ''}`}
            onClick={(click) => {
              click.currentTarget.focus({ preventScroll: true });
              onChoose(event.position);
            }}
            onDoubleClick={() => go(places.time(stream, event.version))}
            data-position={event.position}
            data-lane={lane}
            data-testid="lane-event"
          >
            <span className={s.dot} style={{ background: categoryColour(categoryOf(stream)) }} aria-hidden="true" />
            <span className="mono faint">{grouped(event.version)}</span>
            <span className="cut">{event.eventType}</span>
          </div>
        ) : (
          <div key={stream} role="gridcell" tabIndex={-1} className={s.cell} />
        ),
      )}
    </div>
  );
});
