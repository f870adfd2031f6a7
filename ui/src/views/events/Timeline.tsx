import { UnstyledButton } from '@mantine/core';
import { IconZoomReset } from '@tabler/icons-react';
import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import type { EventDensity, EventRow } from '../../platform/wire';
import { ownColour } from '../../shared/bits';
import { exactUtc, grouped, timeParts } from '../../shared/format';
import type { RowSource } from '../../shared/grid/RowSource';
import { offsetSeconds, type Zone } from '../../shared/zones';
import s from './Timeline.module.css';
import {
  binAt,
  categoriesIn,
  holds,
  type Layer,
  layers,
  milliseconds,
  panned,
  rangeOfBins,
  shareOf,
  type TimeRange,
  ticks,
  zoomed,
} from './timelineMath';
import { useDensity } from './useDensity';
import type { ViewportStore } from './ViewportStore';

/** Pixels of one bar, and most bars: each costs the store a look. */
const BAR = 6;
const MOST_BARS = 160;
/** A pointer that has moved less than this has clicked. */
const CLICK = 4;
/** A zoom takes effect a moment after the last turn of the wheel, in milliseconds. */
const SETTLE = 350;

interface TimelineProps {
  queryId: string | null;
  total: string;
  from: string | null;
  until: string | null;
  source: RowSource<EventRow>;
  viewport: ViewportStore;
  toData: (index: bigint) => bigint;
  /** Narrows the grid to a range of time, or frees it of one. */
  onRange: (range: TimeRange | null) => void;
  /** Goes to the first event at a time. */
  onTime: (time: string) => void;
}

const shortTime = (utc: string, zone: Zone): string => {
  const { date, time } = timeParts(utc, zone);
  return `${date} ${time}`;
};

/** How many events were recorded when, over the grid. Drag or zoom to narrow the time, click to go there. */
export const Timeline = memo(function Timeline(props: TimelineProps) {
  const { queryId, from, until, onRange, onTime } = props;
  const { zone } = useSettings();
  const chart = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const bins = Math.min(MOST_BARS, Math.floor(width / BAR));
  const { density, error, retry } = useDensity(queryId, from, until, bins, props.total);
  const [cursor, setCursor] = useState<number | null>(null);
  const [anchor, setAnchor] = useState<number | null>(null);
  const [preview, setPreview] = useState<TimeRange | null>(null);
  const drag = useRef<{ x: number; bin: number } | null>(null);

  useLayoutEffect(() => {
    const element = chart.current;
    if (element === null) return;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const narrowed = from !== null || until !== null;
  const count = density?.bins.length ?? 0;
  const shown: TimeRange | null =
    density?.from != null && density.until !== null ? { from: density.from, until: density.until } : null;
  // What there is without a filter by time, as last seen: zooming out ends there.
  const whole = useRef<TimeRange | null>(null);
  if (!narrowed && shown !== null) whole.current = shown;

  const settle = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(settle.current), []);
  const apply = (range: TimeRange | null) => {
    window.clearTimeout(settle.current);
    setPreview(null);
    setAnchor(null);
    const everything = range !== null && whole.current !== null && holds(range, whole.current);
    onRange(everything ? null : range);
  };
  const later = (range: TimeRange) => {
    setPreview(range);
    window.clearTimeout(settle.current);
    settle.current = window.setTimeout(() => apply(range), SETTLE);
  };
  const zoom = (share: number, factor: number) => {
    if (shown !== null) later(zoomed(preview ?? shown, share, factor));
  };
  const latestZoom = useRef(zoom);
  latestZoom.current = zoom;

  useEffect(() => {
    const element = chart.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY === 0) return;
      event.preventDefault();
      const box = element.getBoundingClientRect();
      latestZoom.current((event.clientX - box.left) / Math.max(1, box.width), event.deltaY < 0 ? 0.7 : 1 / 0.7);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);

  const binUnder = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return binAt((event.clientX - box.left) / Math.max(1, box.width), count);
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || count === 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, bin: binUnder(event) };
    setAnchor(drag.current.bin);
    setCursor(drag.current.bin);
  };
  const onPointerUp = (event: PointerEvent<HTMLDivElement>) => {
    const begun = drag.current;
    drag.current = null;
    if (begun === null || density === null) return;
    setAnchor(null);
    if (Math.abs(event.clientX - begun.x) >= CLICK) apply(rangeOfBins(density, begun.bin, binUnder(event)));
    else onTime(density.bins[begun.bin]?.from ?? '');
  };

  const at = Math.min(cursor ?? count - 1, count - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || density === null || shown === null) return;
    const step = (to: number) => {
      setAnchor(event.shiftKey ? (anchor ?? at) : null);
      setCursor(Math.min(count - 1, Math.max(0, to)));
    };
    const keys: Record<string, () => void> = {
      ArrowLeft: () => step(at - 1),
      ArrowRight: () => step(at + 1),
      Home: () => step(0),
      End: () => step(count - 1),
      PageUp: () => narrowed && later(panned(preview ?? shown, -0.5)),
      PageDown: () => narrowed && later(panned(preview ?? shown, 0.5)),
      '+': () => zoom((at + 0.5) / count, 0.5),
      '=': () => zoom((at + 0.5) / count, 0.5),
      '-': () => zoom((at + 0.5) / count, 2),
      Enter: () => {
        if (anchor !== null) apply(rangeOfBins(density, anchor, at));
        else onTime(density.bins[at]?.from ?? '');
      },
    };
    if (anchor !== null) keys.Escape = () => setAnchor(null);
    else if (narrowed || preview !== null) keys.Escape = () => apply(null);
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  const chosen = anchor === null ? null : { low: Math.min(anchor, at), high: Math.max(anchor, at) };
  const stack = useMemo(() => (density === null ? [] : layers(density)), [density]);
  const reading =
    density === null || count === 0
      ? t('events.noEvents')
      : readingOf(density, chosen?.low ?? at, chosen?.high ?? at, zone);

  return (
    <section className={s.timeline} aria-label={t('events.eventsOverTime')} data-testid="timeline">
      <div
        ref={chart}
        className={s.chart}
        role="slider"
        tabIndex={0}
        aria-label={t('events.timeArrowsReadShiftSelectsEnter')}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, count - 1)}
        aria-valuenow={Math.max(0, at)}
        aria-valuetext={reading}
        data-testid="timeline-chart"
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={(event) => count > 0 && setCursor(binUnder(event))}
        onPointerUp={onPointerUp}
        onPointerCancel={() => {
          drag.current = null;
          setAnchor(null);
        }}
        onPointerLeave={() => drag.current === null && setCursor(null)}
        onBlur={() => {
          setAnchor(null);
          setCursor(null);
        }}
      >
        {count > 0 && (
          <svg className={s.bars} viewBox={`0 0 ${count} 1`} preserveAspectRatio="none" aria-hidden="true">
            {stack.map(({ category, path }, layer) => (
              <path
                key={category ?? 'other'}
                d={path}
                data-category={category ?? 'other'}
                {...(stack.length > 1 || category !== null ? { style: { fill: layerColour(stack, layer) } } : {})}
              />
            ))}
          </svg>
        )}
        {density !== null && shown !== null && <ViewportMark {...props} density={density} />}
        {density !== null && preview !== null && (
          <span className={s.preview} style={spanOf(shareOf(preview.from, density), shareOf(preview.until, density))} />
        )}
        {chosen !== null && (
          <span className={s.selection} style={spanOf(chosen.low / count, (chosen.high + 1) / count)} />
        )}
        {cursor !== null && count > 0 && chosen === null && (
          <span className={s.cursor} style={spanOf(at / count, (at + 1) / count)} />
        )}
      </div>
      <div className={s.axis} aria-hidden="true">
        {cursor !== null && count > 0 ? (
          <span className={s.reading}>{reading}</span>
        ) : (
          shown !== null && <Axis {...shown} width={width} zone={zone} />
        )}
      </div>
      {density !== null && count > 0 && <Legend density={density} stack={stack} />}
      {narrowed && (
        <UnstyledButton className={s.reset} onClick={() => apply(null)} data-testid="timeline-reset">
          <IconZoomReset size={13} /> {t('events.allTime')}
        </UnstyledButton>
      )}
      {error !== null && (
        <p className={s.failed} role="alert">
          {error.message}{' '}
          <UnstyledButton className="link" onClick={retry}>
            {t('events.tryAgain')}
          </UnstyledButton>
        </p>
      )}
      {density !== null && shown !== null && (
        <p className={s.spoken}>
          {t('events.densitySpoken', {
            count: density.total,
            from: exactUtc(shown.from),
            until: exactUtc(shown.until),
            most: grouped(density.most),
            parts: count,
          })}{' '}
          {categoriesIn(density, 0, count - 1)
            .map(({ name, events }) => `${name}: ${grouped(String(events))}`)
            .join(', ')}
          {!density.complete && ` ${t('events.theSearchGoesOn')}`}
        </p>
      )}
    </section>
  );
});

/** Colours for categories that have none of their own. */
const SPARE = ['var(--cat-spare-1)', 'var(--cat-spare-2)', 'var(--cat-spare-3)'];

function layerColour(stack: readonly Layer[], at: number): string {
  const own = (layer: Layer | undefined) => (layer?.category == null ? null : ownColour(layer.category));
  const layer = stack[at];
  if (layer?.category == null) return 'var(--cat-other)';
  const spare = stack.slice(0, at).filter((one) => one.category !== null && own(one) === null).length;
  return own(layer) ?? SPARE[spare] ?? 'var(--cat-other)';
}

/** Which colour is which category. What it says is read aloud with the numbers, elsewhere. */
function Legend({ density: { byCategory }, stack }: { density: EventDensity; stack: readonly Layer[] }) {
  if (byCategory.state === 'counting') return null;
  if (byCategory.state === 'too_many')
    return (
      <p className={s.legend} data-testid="timeline-legend">
        {t('events.upToEventsAreToldApartByCategory', { most: grouped(byCategory.most) })}
      </p>
    );
  return (
    <p className={s.legend} aria-hidden="true" data-testid="timeline-legend">
      {stack.map(({ category }, layer) => (
        <span key={category ?? 'other'} className={s.entry}>
          <span className={s.swatch} style={{ background: layerColour(stack, layer) }} />
          {category ?? t('events.otherCategory')}
        </span>
      ))}
    </p>
  );
}

const spanOf = (from: number, until: number) => ({
  left: `${from * 100}%`,
  width: `${Math.max(0, until - from) * 100}%`,
});

function readingOf(density: EventDensity, low: number, high: number, zone: Zone): string {
  const range = rangeOfBins(density, low, high);
  if (range === null) return t('events.noEvents');
  let events = 0n;
  for (const bin of density.bins.slice(low, high + 1)) events += BigInt(bin.events);
  const [begin, end] = [shortTime(range.from, zone), shortTime(range.until, zone)];
  const [day, clock] = end.split(' ');
  const told = categoriesIn(density, low, high).map((one) => `${one.name} ${grouped(String(one.events))}`);
  const span = `${begin} – ${begin.startsWith(day ?? '') ? clock : end} · ${t('events.count', { count: events })}`;
  return told.length === 0 ? span : `${span}: ${told.join(', ')}`;
}

/** The range of time that the rows on the screen are of. */
function ViewportMark({ viewport, source, toData, density }: TimelineProps & { density: EventDensity }) {
  const { first, end } = useSyncExternalStore(viewport.subscribe, viewport.read);
  useSyncExternalStore(source.subscribe, source.getEdition);
  if (end <= first) return null;
  const [one, other] = [source.row(toData(first)), source.row(toData(end - 1n))];
  if (one === undefined || other === undefined) return null;
  const [a, b] = [shareOf(one.recordedAt, density), shareOf(other.recordedAt, density)];
  return <span className={s.viewport} style={spanOf(Math.min(a, b), Math.max(a, b))} data-testid="timeline-viewport" />;
}

/** Room for one label of the axis, in pixels. */
const LABEL = 96;

const Axis = memo(function Axis({ from, until, width, zone }: TimeRange & { width: number; zone: Zone }) {
  const offset = offsetSeconds(milliseconds(from), zone) * 1000;
  const { step, at } = ticks({ from, until }, Math.max(1, Math.floor(width / LABEL)), offset);
  return at.map(({ share, time }) => {
    if ((1 - share) * width < LABEL - 20) return null;
    const { date, time: clock } = timeParts(time, zone);
    const midnight = clock === '00:00:00';
    const text = step >= 86_400_000 || midnight ? date : step < 60_000 ? clock : clock.slice(0, 5);
    return (
      <span key={time} className={s.tick} style={{ left: `${share * 100}%` }}>
        {text}
      </span>
    );
  });
});
