import { ActionIcon, Tooltip, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import {
  IconArrowLeft,
  IconArrowRight,
  IconDeviceDesktop,
  IconLink,
  IconMoon,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import { Fragment, memo, useEffect, useState } from 'react';
import { t } from '../i18n';
import type { StoreStatus } from '../platform/wire';
import { Kbd } from '../shared/bits';
import { grouped } from '../shared/format';
import { ClockControl } from './clock/ClockControl';
import { currentHead, useHead } from './head';
import { MODIFIER } from './keys';
import { LanguagePicker } from './LanguagePicker';
import { copyLink } from './links';
import { type Place, places, titleOf } from './place';
import { PlaceLink, usePlace } from './router';
import s from './TopBar.module.css';
import { VIEWS } from './views';
import { ZonePicker } from './ZonePicker';

interface Crumb {
  text: string;
  to: Place | null;
}

function crumbs(place: Place): Crumb[] {
  const view = VIEWS.find((entry) => entry.name === place.view);
  const base: Crumb = { text: view?.title ?? titleOf(place), to: view?.place() ?? null };
  switch (place.view) {
    case 'bank':
      if (place.tab === 'account') {
        return [base, { text: t('app.accounts'), to: places.accounts() }, { text: place.account, to: null }];
      }
      return [base, { text: titleOf(place), to: null }];
    case 'events':
      if (place.filter.stream !== null) return [base, { text: place.filter.stream, to: null }];
      return [base];
    case 'streams':
      return place.category === null ? [base] : [base, { text: place.category, to: null }];
    case 'time':
      return place.stream === null ? [base] : [base, { text: place.stream, to: null }];
    case 'maintenance':
      return [base, { text: titleOf(place), to: null }];
    case 'projections':
      return place.projection === null ? [base] : [base, { text: place.projection, to: null }];
    case 'processes':
      return place.process === null ? [base] : [base, { text: place.process, to: null }];
    case 'commands':
      if (place.tab !== 'form') return [base, { text: titleOf(place), to: null }];
      return place.command === null ? [base] : [base, { text: place.command, to: null }];
    default:
      return [base];
  }
}

interface TopBarProps {
  onSearch: () => void;
  store: StoreStatus | null;
}

export const TopBar = memo(function TopBar({ onSearch, store }: TopBarProps) {
  return (
    <header className={s.bar}>
      <div className={s.history}>
        <Tooltip label={t('app.backAlt')}>
          <ActionIcon aria-label={t('app.back')} onClick={() => window.history.back()}>
            <IconArrowLeft size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('app.forwardAlt')}>
          <ActionIcon aria-label={t('app.forward')} onClick={() => window.history.forward()}>
            <IconArrowRight size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      <Crumbs />
      {store !== null && <ClockControl />}
      {store !== null && <Live />}
      <UnstyledButton className={s.search} onClick={onSearch} data-testid="open-palette">
        <IconSearch size={14} />
        <span>{t('app.goToOrDo2')}</span>
        <Kbd>{MODIFIER}</Kbd>
        <Kbd>K</Kbd>
      </UnstyledButton>
      <CopyLinkButton store={store} />
      <ZonePicker />
      <LanguagePicker />
      <ThemeToggle />
    </header>
  );
});

function Crumbs() {
  const path = crumbs(usePlace());
  return (
    <h1 className={s.title} data-testid="place-title">
      {path.map((crumb, index) => {
        const last = index === path.length - 1;
        return (
          <Fragment key={crumb.text}>
            {index > 0 && (
              <span className={s.slash} aria-hidden="true">
                /
              </span>
            )}
            {crumb.to !== null && !last ? (
              <PlaceLink to={crumb.to} className={s.crumb ?? ''}>
                {crumb.text}
              </PlaceLink>
            ) : (
              <span className={`${s.here} ${/-\w*\d/.test(crumb.text) ? 'mono' : ''}`}>{crumb.text}</span>
            )}
          </Fragment>
        );
      })}
    </h1>
  );
}

/** How far the log has come, and whether it is moving. */
function Live() {
  const head = useHead();
  const [moving, setMoving] = useState(false);
  useEffect(() => {
    if (head === '0' || head !== currentHead()) return;
    setMoving(true);
    const timer = window.setTimeout(() => setMoving(false), 1200);
    return () => window.clearTimeout(timer);
  }, [head]);
  return (
    <PlaceLink
      to={places.events()}
      className={s.live ?? ''}
      title={t('app.positionOfTheLogsLastEvent')}
      data-testid="live-head"
    >
      <span className={`${s.pulse} ${moving ? s.moving : ''}`} aria-hidden="true" />
      <span className="faint">{t('app.head')}</span>
      <span className="mono tabular">{grouped(head)}</span>
    </PlaceLink>
  );
}

function CopyLinkButton({ store }: { store: StoreStatus | null }) {
  return (
    <Tooltip label={t('app.copyLinkToThisPlaceYL')}>
      <ActionIcon
        aria-label={t('app.copyLinkToThisPlace')}
        onClick={() => void copyLink(store)}
        data-testid="copy-link"
      >
        <IconLink size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

const NEXT = { auto: 'light', light: 'dark', dark: 'auto' } as const;

function ThemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const text = { auto: t('app.coloursFollowTheSystem'), light: t('app.lightColours'), dark: t('app.darkColours') }[
    colorScheme
  ];
  return (
    <Tooltip label={text}>
      <ActionIcon
        aria-label={t('app.coloursChange', { text })}
        onClick={() => setColorScheme(NEXT[colorScheme])}
        data-testid="theme-toggle"
      >
        {colorScheme === 'auto' ? (
          <IconDeviceDesktop size={16} />
        ) : colorScheme === 'light' ? (
          <IconSun size={16} />
        ) : (
          <IconMoon size={16} />
        )}
      </ActionIcon>
    </Tooltip>
  );
}
