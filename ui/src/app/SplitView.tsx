import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { isTyping } from './keys';
import s from './SplitView.module.css';
import { changeSettings, useSettings } from './settings';

const MIN = 320;
const MAX = 860;
const STEP = 24;

const limited = (width: number): number => Math.round(Math.min(MAX, Math.max(MIN, width)));

interface SplitViewProps {
  children: ReactNode;
  /** Follows the selection; nothing hides the panel. */
  detail: ReactNode | null;
  label: string;
}

/** A view with the detail panel on its right; the edge between them can be moved by pointer and by keyboard. */
export function SplitView({ children, detail, label }: SplitViewProps) {
  const { detailWidth } = useSettings();
  const [dragged, setDragged] = useState<number | null>(null);
  const start = useRef<{ x: number; width: number } | null>(null);
  const width = dragged ?? detailWidth;

  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (detail === null) return;
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null) return;
      panel.current?.querySelector<HTMLElement>('[aria-label="Close the panel"]')?.click();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [detail]);

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (start.current !== null) setDragged(limited(start.current.width + start.current.x - event.clientX));
  };
  const onPointerUp = () => {
    start.current = null;
    if (dragged !== null) changeSettings({ detailWidth: dragged });
    setDragged(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const change = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (change === undefined || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    changeSettings({ detailWidth: limited(detailWidth + change) });
  };

  return (
    <div className={s.split}>
      <div className={s.main}>{children}</div>
      {detail !== null && (
        <>
          <div
            role="separator"
            aria-orientation="vertical"
            aria-label="Width of the detail panel"
            aria-valuemin={MIN}
            aria-valuemax={MAX}
            aria-valuenow={width}
            tabIndex={0}
            className={s.edge}
            onPointerDown={onPointerDown}
            onPointerMove={onPointerMove}
            onPointerUp={onPointerUp}
            onPointerCancel={onPointerUp}
            onKeyDown={onKeyDown}
          />
          <aside ref={panel} className={s.detail} style={{ width }} aria-label={label} data-testid="detail-panel">
            {detail}
          </aside>
        </>
      )}
    </div>
  );
}
