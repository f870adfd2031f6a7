import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import s from './Edge.module.css';

const STEP = 24;

interface EdgeProps {
  /** Whose width it is. */
  label: string;
  width: number;
  limits: { least: number; most: number };
  /** On which side of the edge the thing stands that becomes wider or narrower. */
  of: 'left' | 'right';
  /** While the edge is dragged; nothing when it is let go. */
  onDrag: (width: number | null) => void;
  onWidth: (width: number) => void;
}

/** An edge that can be moved by pointer and by keyboard. */
export function Edge({ label, width, limits, of, onDrag, onWidth }: EdgeProps) {
  const start = useRef<{ x: number; width: number } | null>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const sign = of === 'left' ? 1 : -1;
  const limited = (next: number) => Math.round(Math.min(limits.most, Math.max(limits.least, next)));

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (start.current === null) return;
    const next = limited(start.current.width + sign * (event.clientX - start.current.x));
    setDragged(next);
    onDrag(next);
  };
  const onPointerUp = () => {
    start.current = null;
    if (dragged !== null) onWidth(dragged);
    setDragged(null);
    onDrag(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const change = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (change === undefined || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(limited(width + sign * change));
  };

  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuemin={limits.least}
      aria-valuemax={limits.most}
      aria-valuenow={width}
      tabIndex={0}
      className={s.edge}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onKeyDown={onKeyDown}
    />
  );
}
