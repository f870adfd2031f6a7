import { Menu, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconCheck,
  IconChevronDown,
  IconCopy,
  IconDatabase,
  IconFolderOpen,
  IconHome,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconPlugConnected,
  IconSparkles,
} from '@tabler/icons-react';
import { memo, useState } from 'react';
import { named, t } from '../i18n';
import type { StoreStatus } from '../platform/wire';
import { Chip, copyText, Kbd } from '../shared/bits';
import { ColourDot } from '../shared/ColourDot';
import { useAsk } from './cache';
import { Edge } from './Edge';
import { places, type ViewName } from './place';
import s from './Rail.module.css';
import { go, PlaceLink, usePartOfPlace } from './router';
import { changeSettings, RAIL_WIDTH, useSettings } from './settings';
import { useStageLook } from './stage/stageLook';
import { useStage } from './stage/useStage';
import { said } from './stage/words';
import { useStoreActions } from './storeActions';
import { VIEWS } from './views';

function fileName(location: string): string {
  return location.split(/[\\/]/).at(-1) || location;
}

export const Rail = memo(function Rail({ store }: { store: StoreStatus | null }) {
  const { railCollapsed, railWidth } = useSettings();
  const { bigType } = useStageLook();
  const [dragged, setDragged] = useState<number | null>(null);
  const narrow = railCollapsed || bigType;
  const width = dragged ?? railWidth;
  return (
    <>
      <RailViews store={store} width={narrow ? null : width} />
      {!narrow && (
        <Edge
          label={t('app.widthOfTheRail')}
          width={width}
          limits={RAIL_WIDTH}
          of="left"
          onDrag={setDragged}
          onWidth={(next) => changeSettings({ railWidth: next })}
        />
      )}
    </>
  );
});

/** The view of the rail that a place belongs to. */
function railView(view: ViewName): ViewName {
  if (view === 'causes') return 'events';
  return view === 'story' ? 'bank' : view;
}

/** The views by name; without a width, by their signs alone. */
function RailViews({ store, width }: { store: StoreStatus | null; width: number | null }) {
  const view = usePartOfPlace((place) => place.view);
  const railCollapsed = width === null;
  const { bigType } = useStageLook();
  return (
    <nav
      className={`${s.rail} ${railCollapsed ? s.collapsed : ''}`}
      style={railCollapsed ? {} : { width }}
      aria-label={t('app.views')}
    >
      <StoreBlock store={store} collapsed={railCollapsed} />
      <ul className={s.list}>
        {VIEWS.map(({ name, title, letter, icon: Icon, place: to }) => {
          const current = railView(view) === name;
          return (
            <li key={name}>
              <Tooltip label={title} position="right" disabled={!railCollapsed}>
                <PlaceLink
                  to={to()}
                  className={`${s.item} ${current ? s.current : ''}`}
                  aria-current={current ? 'page' : undefined}
                  aria-label={title}
                  data-testid={`nav-${name}`}
                >
                  <Icon size={17} stroke={1.7} />
                  <span className={s.label}>{title}</span>
                  <span className={s.keys} aria-hidden="true">
                    <Kbd>G</Kbd>
                    <Kbd>{letter.toUpperCase()}</Kbd>
                  </span>
                </PlaceLink>
              </Tooltip>
            </li>
          );
        })}
      </ul>
      {/* Big type needs the room. */}
      {!bigType && (
        <div className={s.foot}>
          <Tooltip label={railCollapsed ? t('app.widenTheRail') : t('app.narrowTheRail')} position="right">
            <UnstyledButton
              className={s.item}
              aria-label={railCollapsed ? t('app.widenTheRail') : t('app.narrowTheRail')}
              onClick={() => changeSettings({ railCollapsed: !railCollapsed })}
            >
              {railCollapsed ? (
                <IconLayoutSidebarLeftExpand size={17} stroke={1.7} />
              ) : (
                <IconLayoutSidebarLeftCollapse size={17} stroke={1.7} />
              )}
              <span className={s.label}>{t('app.narrow')}</span>
            </UnstyledButton>
          </Tooltip>
        </div>
      )}
    </nav>
  );
}

function StoreBlock({ store, collapsed }: { store: StoreStatus | null; collapsed: boolean }) {
  const actions = useStoreActions();
  const connections = useAsk('connections', [], (ask) => ask.connections(), { keep: true });
  const listed = connections.data?.connections ?? [];
  const stage = useStage();
  const ofStore = store === null ? t('app.noStore') : (store.connection?.name ?? fileName(store.location));
  const name = stage === null ? ofStore : said(stage.title);
  return (
    <Menu position="bottom-start" width={260}>
      <Menu.Target>
        <UnstyledButton
          className={s.store}
          {...(collapsed ? { 'aria-label': t('app.store', { name }) } : {})}
          title={stage === null ? store?.location : name}
          data-testid="store-menu"
        >
          <span
            className={`${s.environment} ${store === null ? s.none : store.readOnly ? s.readOnly : s.local}`}
            aria-hidden="true"
          />
          {!collapsed && (
            <>
              <span className={s.storeText}>
                <span className={s.storeName}>{name}</span>
                <span className={s.storeKind}>
                  {stage !== null
                    ? t('stage.onStage')
                    : store === null
                      ? t('app.openOne')
                      : [named('shared.backend.', store.backend), store.marks.environment].filter(Boolean).join(' · ')}
                </span>
              </span>
              {store?.marks.production === true ? (
                <Chip tone="bad">{t('app.production')}</Chip>
              ) : store?.readOnly === true ? (
                <Chip tone="warn">{t('app.readOnly')}</Chip>
              ) : (
                <IconChevronDown size={14} />
              )}
            </>
          )}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {listed.length > 0 && <Menu.Label>{t('app.connections2')}</Menu.Label>}
        {listed.map((row) => (
          <Menu.Item
            key={row.id}
            leftSection={<ColourDot colour={row.marks.colour} />}
            rightSection={
              row.open ? (
                <IconCheck size={14} aria-label={t('app.open2')} />
              ) : row.marks.production ? (
                <Chip tone="bad">{t('app.production')}</Chip>
              ) : row.marks.readOnly ? (
                <Chip tone="warn">{t('app.readOnly')}</Chip>
              ) : null
            }
            onClick={() => void actions.connect(row.id)}
            data-testid={`switch-${row.name}`}
          >
            {row.name}
          </Menu.Item>
        ))}
        <Menu.Item
          leftSection={<IconPlugConnected size={15} />}
          onClick={() => go(places.connections())}
          data-testid="manage-connections"
        >
          {listed.length === 0 ? t('app.addAConnection') : t('app.allConnections')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconFolderOpen size={15} />} onClick={() => void actions.choose()}>
          {t('app.openAnotherFile')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconHome size={15} />}
          onClick={() => void actions.openDefault()}
          data-testid="open-own-store"
        >
          {t('app.openMyOwnStore')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconSparkles size={15} />} onClick={() => go(places.welcome())}>
          {t('app.welcomePage')}
        </Menu.Item>
        {store !== null && (
          <>
            <Menu.Item leftSection={<IconCopy size={15} />} onClick={() => void copyText(store.location)}>
              {t('app.copyWhereItIs')}
            </Menu.Item>
            <Menu.Label className={s.path}>
              <IconDatabase size={13} /> {store.location}
            </Menu.Label>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
