import { ActionIcon, Button, Menu, Tabs } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import {
  IconArrowBackUp,
  IconArrowsSplit2,
  IconBraces,
  IconClock,
  IconDots,
  IconHistory,
  IconId,
  IconPin,
  IconRoute,
  IconTopologyRing2,
  IconX,
} from '@tabler/icons-react';
import { memo, useEffect, useState } from 'react';
import { useAsk } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { showDone } from '../../app/notify';
import { useOffer } from '../../app/offers';
import { DETAIL_TABS, type DetailTab, places } from '../../app/place';
import { currentPlace, go, setClock, usePartOfPlace } from '../../app/router';
import { changeSettings, useSettings } from '../../app/settings';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { EventDetail as Detail } from '../../platform/wire';
import { Bones, Chip, copyText, ErrorState, StreamName, Time } from '../../shared/bits';
import { prettyJson } from '../../shared/form/layoutJson';
import { exactUtc, grouped, timeParts } from '../../shared/format';
import { usePinOffer } from '../notebook/usePin';
import { CausesTab } from './CausesTab';
import s from './EventDetail.module.css';
import { RawTab } from './RawTab';
import { SchemaBadge } from './SchemaBadge';
import { DataTab, DiffTab, MetadataTab, StateTab } from './treeTabs';

export { SchemaBadge } from './SchemaBadge';

/** An event counts as looked at once the selection rests on it this long: a held key passes over rows that nobody reads. */
const REST_MILLISECONDS = 90;
/** The detail of an event, with the state after it, may be large. Those that were looked at are not kept for long. */
const KEPT_MILLISECONDS = 20_000;

interface EventDetailPanelProps {
  position: string;
  onClose?: () => void;
}

export const EventDetailPanel = memo(function EventDetailPanel({ position: chosen, onClose }: EventDetailPanelProps) {
  const [position] = useDebouncedValue(chosen, REST_MILLISECONDS, { leading: true });
  const detail = useAsk('eventDetail', [position], (platform) => platform.eventDetail(position), {
    keep: true,
    forgetMilliseconds: KEPT_MILLISECONDS,
  });
  if (detail.isError) {
    return (
      <div className={s.panel}>
        <div className={s.bar}>
          <span className="dim">{t('events.event', { position: grouped(position) })}</span>
          {onClose !== undefined && <CloseButton onClose={onClose} />}
        </div>
        <ErrorState error={toAppError(detail.error)} onRetry={() => void detail.refetch()} />
      </div>
    );
  }
  if (detail.data === undefined) return <Bones lines={10} label={t('events.loadingTheEvent')} />;
  return <Panel detail={detail.data} onClose={onClose} />;
});

function CloseButton({ onClose }: { onClose: () => void }) {
  return (
    <ActionIcon data-close-panel aria-label={t('events.closeThePanel')} onClick={onClose} data-testid="close-detail">
      <IconX size={16} />
    </ActionIcon>
  );
}

/** The tab that is shown: the address’s own, else the one that was looked at last. */
function useDetailTab(): [DetailTab, (tab: DetailTab) => void] {
  const panel = usePartOfPlace((place) => place.panel);
  const { detailTab } = useSettings();
  const tab = panel ?? detailTab;
  const choose = (next: DetailTab) => {
    changeSettings({ detailTab: next });
    go({ ...currentPlace(), panel: next }, 'replace');
  };
  return [tab, choose];
}

/** What can be copied from an event: each is offered to the palette and the keys too. */
interface Copies {
  id: () => void;
  stored: () => void;
  pretty: () => void;
  path: (() => void) | null;
}

function useCopies(detail: Detail, path: string | null): Copies {
  const copy = (text: string, done: string) => () => void copyText(text).then(() => showDone(done));
  const copies: Copies = {
    id: copy(detail.eventId, t('events.copiedId')),
    stored: copy(detail.raw, detail.binary ? t('events.copiedHex') : t('events.copiedStored')),
    pretty: copy(detail.binary ? detail.raw : prettyJson(detail.raw), t('events.copiedPretty')),
    path: path === null ? null : copy(path, t('events.copiedPath', { path })),
  };
  useOffer('event-copy-id', copies.id);
  useOffer('event-copy-stored', copies.stored);
  useOffer('event-copy-pretty', copies.pretty);
  useOffer('event-copy-path', copies.path);
  return copies;
}

interface PanelProps {
  detail: Detail;
  onClose: (() => void) | undefined;
}

const Panel = memo(function Panel({ detail, onClose }: PanelProps) {
  const [tab, choose] = useDetailTab();
  const [path, setPath] = useState<string | null>(null);
  const { row } = detail;
  const { zone } = useSettings();
  const parts = timeParts(row.recordedAt, zone);
  const copies = useCopies(detail, path);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tree has other fields
  useEffect(() => setPath(null), [tab, row.position]);

  const changed = detail.state?.changedPaths.length ?? 0;
  return (
    <div className={s.panel}>
      <div className={s.bar}>
        <span className={`${s.position} mono tabular`}>#{grouped(row.position)}</span>
        <span className={s.when}>
          <Time value={row.recordedAt} />
          {parts.zone !== 'UTC' && <span className={s.utc}>{exactUtc(row.recordedAt)}</span>}
        </span>
        <span className={s.spacer} />
        <CopyMenu copies={copies} position={row.position} />
        {onClose !== undefined && <CloseButton onClose={onClose} />}
      </div>
      <div className={s.head}>
        <div className={s.type}>
          <h2 data-testid="detail-type">{row.eventType}</h2>
          <SchemaBadge version={row.schemaVersion} />
          {detail.upcast.length > 1 && <Chip tone="info">{t('events.upcast')}</Chip>}
        </div>
        <p className={`${s.sentence} selectable`} data-testid="detail-sentence">
          {row.sentence ?? row.problem ?? t('events.noSentenceForThisTypeOfEvent')}
        </p>
        <div className={s.place}>
          <StreamName stream={row.stream} link />
          <span className="faint">{t('events.version', { version: grouped(row.version) })}</span>
        </div>
        <Ways detail={detail} />
      </div>
      <Later position={row.position} />
      {row.problem !== null && (
        <div className={s.problem} role="alert">
          {row.problem}
        </div>
      )}
      <Tabs
        value={tab}
        onChange={(name) => choose(DETAIL_TABS.find((one) => one === name) ?? 'data')}
        className={s.tabs ?? ''}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="data">{t('events.data')}</Tabs.Tab>
          <Tabs.Tab value="metadata">{t('events.metadata')}</Tabs.Tab>
          <Tabs.Tab value="state">{t('events.state')}</Tabs.Tab>
          <Tabs.Tab value="diff">
            {t('events.diff')}
            {changed > 0 && <span className={s.count}>{changed}</span>}
          </Tabs.Tab>
          <Tabs.Tab value="causes">{t('events.causes')}</Tabs.Tab>
          <Tabs.Tab value="raw">{t('events.raw')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="data" className={s.body ?? ''}>
          <DataTab detail={detail} onPath={setPath} />
        </Tabs.Panel>
        <Tabs.Panel value="metadata" className={s.body ?? ''}>
          <MetadataTab detail={detail} onPath={setPath} />
        </Tabs.Panel>
        <Tabs.Panel value="state" className={s.body ?? ''}>
          <StateTab detail={detail} onPath={setPath} />
        </Tabs.Panel>
        <Tabs.Panel value="diff" className={s.body ?? ''}>
          <DiffTab detail={detail} onPath={setPath} />
        </Tabs.Panel>
        <Tabs.Panel value="causes" className={s.body ?? ''}>
          <CausesTab detail={detail} />
        </Tabs.Panel>
        <Tabs.Panel value="raw" className={s.body ?? ''}>
          <RawTab detail={detail} />
        </Tabs.Panel>
      </Tabs>
      <TabOffers choose={choose} />
    </div>
  );
});

/** Each tab can be asked for by key and by name. */
function TabOffers({ choose }: { choose: (tab: DetailTab) => void }) {
  return DETAIL_TABS.map((tab) => <TabOffer key={tab} tab={tab} choose={choose} />);
}

function TabOffer({ tab, choose }: { tab: DetailTab; choose: (tab: DetailTab) => void }) {
  useOffer(`event-${tab}`, () => choose(tab));
  return null;
}

/** Where one can go from an event. */
function Ways({ detail }: { detail: Detail }) {
  const { row, causationPosition } = detail;
  const toTime = () => go(places.time(row.stream, row.version));
  const toStory =
    row.correlationId === null
      ? null
      : () => go(places.events({ correlation: row.correlationId }, row.position, 'oldest'));
  const toCause = causationPosition === null ? null : () => go(places.events({}, causationPosition));
  const at = useShownAt();
  const toMoment = () => setClock(row.position);
  useOffer('event-moment', at === row.position ? null : toMoment);
  const toWhatIf = () => go(places.whatIf(row.stream, String(BigInt(row.version) - 1n), true));
  useOffer('event-what-if', toWhatIf);
  useOffer('event-time', toTime);
  useOffer('event-story', toStory);
  useOffer('event-cause', toCause);
  useOffer('event-graph', () => go(places.causes(detail.row.position)));
  const pin = usePinOffer(
    'pin-event',
    { kind: 'event', position: row.position },
    t('notebook.eventTitle', { type: row.eventType, position: grouped(row.position) }),
  );
  return (
    <div className={s.actions}>
      <Button size="compact-xs" leftSection={<IconHistory size={14} />} onClick={toTime} data-testid="to-time-travel">
        {t('events.stateHere')}
      </Button>
      <Button
        size="compact-xs"
        leftSection={<IconArrowsSplit2 size={14} />}
        onClick={toWhatIf}
        data-testid="to-what-if"
      >
        {t('events.whatIf')}
      </Button>
      <Button
        size="compact-xs"
        leftSection={<IconClock size={14} />}
        onClick={toMoment}
        disabled={at === row.position}
        data-testid="to-moment"
      >
        {t('events.everythingAsOfHere')}
      </Button>
      <Button size="compact-xs" leftSection={<IconPin size={14} />} onClick={pin} data-testid="pin-event">
        {t('notebook.pin')}
      </Button>
      {toStory !== null && (
        <Button
          size="compact-xs"
          leftSection={<IconTopologyRing2 size={14} />}
          onClick={toStory}
          data-testid="to-correlation"
        >
          {t('events.wholeStory')}
        </Button>
      )}
      {toCause !== null && (
        <Button size="compact-xs" leftSection={<IconArrowBackUp size={14} />} onClick={toCause} data-testid="to-cause">
          {t('events.cause')}
        </Button>
      )}
    </div>
  );
}

/** An event that the clock has not reached. */
function Later({ position }: { position: string }) {
  const at = useShownAt();
  if (at === null || BigInt(position) <= BigInt(at)) return null;
  return (
    <div className={s.problem} role="note">
      {t('events.thisEventIsLaterThanTheMomentThat')}
    </div>
  );
}

function CopyMenu({ copies, position }: { copies: Copies; position: string }) {
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <ActionIcon aria-label={t('events.copyFromThisEvent')} data-testid="copy-event">
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconId size={15} />} onClick={copies.id}>
          {t('events.copyTheEventsId')}
        </Menu.Item>
        <Menu.Item leftSection={<IconBraces size={15} />} onClick={copies.stored}>
          {t('events.copyTheStoredJson')}
        </Menu.Item>
        <Menu.Item leftSection={<IconBraces size={15} />} onClick={copies.pretty}>
          {t('events.copyTheJsonLaidOut')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconRoute size={15} />}
          disabled={copies.path === null}
          onClick={() => copies.path?.()}
        >
          {t('events.copyTheFocusedFieldsPath')}
        </Menu.Item>
        <Menu.Item leftSection={<IconId size={15} />} onClick={() => void copyText(position)}>
          {t('events.copyThePosition')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
