import { type PointerEvent, useRef } from 'react';
import { probe } from '../probe';
import { type Metrics, offsetForThumb, thumbAt } from './gridMath';
import s from './VirtualGrid.module.css';

interface GridScrollbarProps {
  metrics: Metrics;
  offset: bigint;
  top: number;
  onMove: (offset: bigint) => void;
}

/** The thumb of a virtual grid: its place is the share of the exact offset. The keyboard scrolls through the rows instead. */
export function GridScrollbar({ metrics, offset, top, onMove }: GridScrollbarProps) {
  const grip = useRef<number | null>(null);
  const track = metrics.viewport;
  const thumb = thumbAt(offset, metrics, track);

  const place = (event: PointerEvent<HTMLDivElement>) =>
    event.clientY - event.currentTarget.getBoundingClientRect().top;

  return (
    <div
      className={s.track}
      style={{ top, height: track }}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = place(event);
        const inThumb = at >= thumb.top && at <= thumb.top + thumb.size;
        grip.current = inThumb ? at - thumb.top : thumb.size / 2;
        if (inThumb) return;
        probe.jump();
        onMove(offsetForThumb(at - grip.current, metrics, track));
      }}
      onPointerMove={(event) => {
        if (grip.current !== null) onMove(offsetForThumb(place(event) - grip.current, metrics, track));
      }}
      onPointerUp={() => {
        grip.current = null;
      }}
      onPointerCancel={() => {
        grip.current = null;
      }}
    >
      <div className={s.thumb} style={{ transform: `translateY(${thumb.top}px)`, height: thumb.size }} />
    </div>
  );
}
