import { type ReactNode, useEffect, useRef, useState } from 'react';
import { t } from '../i18n';
import { Edge } from './Edge';
import { isTyping } from './focus';
import { usePlace } from './router';
import s from './SplitView.module.css';
import { changeSettings, DEFAULT_DETAIL_WIDTH, DETAIL_WIDTH, useSettings } from './settings';

interface SplitViewProps {
  children: ReactNode;
  /** Follows the selection; nothing hides the panel. */
  detail: ReactNode | null;
  label: string;
}

/** A view with the detail panel on its right; the edge between them can be moved by pointer and by keyboard. */
export function SplitView({ children, detail, label }: SplitViewProps) {
  const { detailWidths } = useSettings();
  const { view } = usePlace();
  const [dragged, setDragged] = useState<number | null>(null);
  const width = dragged ?? detailWidths[view] ?? DEFAULT_DETAIL_WIDTH;

  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (detail === null) return;
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null) return;
      const close = panel.current?.querySelector<HTMLElement>('[data-close-panel]');
      if (close == null) return;
      event.preventDefault();
      close.click();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [detail]);

  return (
    <div className={s.split}>
      <div className={s.main}>{children}</div>
      {detail !== null && (
        <>
          <Edge
            label={t('app.widthOfTheDetailPanel')}
            width={width}
            limits={DETAIL_WIDTH}
            of="right"
            onDrag={setDragged}
            onWidth={(next) => changeSettings({ detailWidths: { ...detailWidths, [view]: next } })}
          />
          <aside ref={panel} className={s.detail} style={{ width }} aria-label={label} data-testid="detail-panel">
            {detail}
          </aside>
        </>
      )}
    </div>
  );
}
