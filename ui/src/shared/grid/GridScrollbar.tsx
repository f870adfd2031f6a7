import { useRef } from 'react';
import { probe } from '../probe';
import { type Metrics, offsetForThumb, thumbAt } from './gridMath';
import s from './VirtualGrid.module.css';

interface GridScrollbarProps {
  metrics: Metrics;
  offset: bigint;
  top: number;
  /** Told where to go, once a frame at most. */
  onMove: (to: () => bigint) => void;
}

/** The thumb of a virtual grid: its place is the share of the exact offset. The keyboard scrolls through the rows instead. */
export function GridScrollbar({ metrics, offset, top, onMove }: GridScrollbarProps) {
  /** Where the track begins on the page, and how far below the thumb's edge it was taken. */
  const grip = useRef<{ top: number; below: number } | null>(null);
  const track = metrics.viewport;
  const thumb = thumbAt(offset, metrics, track);

  return (
    <div
      className={s.track}
      style={{ top, height: track }}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        const { top: begin } = event.currentTarget.getBoundingClientRect();
        const at = event.clientY - begin;
        const inThumb = at >= thumb.top && at <= thumb.top + thumb.size;
        const below = inThumb ? at - thumb.top : thumb.size / 2;
        grip.current = { top: begin, below };
        if (inThumb) return;
        probe.jump();
        onMove(() => offsetForThumb(at - below, metrics, track));
      }}
      onPointerMove={(event) => {
        if (grip.current === null) return;
        // The page is not measured again while the thumb moves: every look would make the browser lay it out.
        const to = event.clientY - grip.current.top - grip.current.below;
        onMove(() => offsetForThumb(to, metrics, track));
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
