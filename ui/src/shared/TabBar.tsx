import { Menu, UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import type { Place } from '../app/place';
import { go, PlaceLink } from '../app/router';
import { t } from '../i18n';
import s from './TabBar.module.css';

export interface Tab {
  id: string;
  title: string;
  to: () => Place;
}

interface TabBarProps {
  label: string;
  tabs: readonly Tab[];
  current: string;
  /** Begins the test id of each tab. */
  prefix: string;
  /** Stands at the right end. */
  children?: ReactNode;
}

/** Room for the button that holds the tabs which do not fit. */
const MORE_WIDTH = 78;

/** How many tabs fit, in order; the rest go behind “More”. */
export function fitting(widths: readonly number[], room: number): number {
  const whole = widths.reduce((sum, width) => sum + width, 0);
  if (whole <= room) return widths.length;
  let used = MORE_WIDTH;
  let count = 0;
  for (const width of widths) {
    used += width;
    if (used > room) break;
    count += 1;
  }
  return Math.max(1, count);
}

/** Parts of a view. What does not fit the width is behind “More”; the present one is always in sight. */
export function TabBar({ label, tabs, current, prefix, children }: TabBarProps) {
  const list = useRef<HTMLElement>(null);
  const ruler = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(tabs.length);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other tabs have other widths
  useLayoutEffect(() => {
    const measure = () => {
      if (list.current === null || ruler.current === null) return;
      const widths = [...ruler.current.children].map((one) => (one as HTMLElement).offsetWidth);
      setCount(fitting(widths, list.current.clientWidth));
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (list.current !== null) observer.observe(list.current);
    void document.fonts.ready.then(measure);
    return () => observer.disconnect();
  }, [tabs]);

  const at = tabs.findIndex((tab) => tab.id === current);
  const last = tabs[at];
  const shown = at < count || last === undefined ? tabs.slice(0, count) : [...tabs.slice(0, count - 1), last];
  const hidden = tabs.filter((tab) => !shown.includes(tab));
  return (
    <div className={s.bar}>
      <nav aria-label={label} className={s.list} ref={list}>
        {shown.map(({ id, title, to }) => (
          <PlaceLink
            key={id}
            to={to()}
            className={`${s.tab} ${id === current ? s.on : ''}`}
            aria-current={id === current ? 'page' : undefined}
            data-testid={`${prefix}-${id}`}
          >
            {title}
          </PlaceLink>
        ))}
        {hidden.length > 0 && (
          <Menu position="bottom-start" width={180}>
            <Menu.Target>
              <UnstyledButton className={s.tab} data-testid={`${prefix}-more`}>
                {t('shared.more')} <IconChevronDown size={13} aria-hidden="true" />
              </UnstyledButton>
            </Menu.Target>
            <Menu.Dropdown>
              {hidden.map(({ id, title, to }) => (
                <Menu.Item key={id} onClick={() => go(to())} data-testid={`${prefix}-${id}`}>
                  {title}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </nav>
      <div className={s.ruler} ref={ruler} aria-hidden="true">
        {tabs.map((tab) => (
          <span key={tab.id} className={s.tab}>
            {tab.title}
          </span>
        ))}
      </div>
      {children}
    </div>
  );
}
