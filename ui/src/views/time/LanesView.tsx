import { Button, SegmentedControl } from '@mantine/core';
import { IconArrowBackUp, IconX } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useAsk, useBeat } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import type { TimeLanes } from '../../app/timePlace';
import { t } from '../../i18n';
import type { OnProgress } from '../../platform/platform';
import type { Lane, LaneEntry, LanePlace, Progress } from '../../platform/wire';
import { Bones, EmptyState, ErrorState, Kbd, ProgressLine, StreamName } from '../../shared/bits';
import { categoryOf, grouped } from '../../shared/format';
import { usePages } from '../../shared/usePages';
import { EventDetailPanel } from '../events/EventDetail';
import s from './Lanes.module.css';
import { LanesGrid } from './LanesGrid';
import { accountsOf } from './lanes';
import { StreamPicker } from './StreamPicker';

/** As many streams as the engine puts side by side. */
const MOST = 16;
const PAGE = 300;
/** So many events are read by themselves to find the chosen one; beyond, a person says so. */
const SOUGHT = 3000;

/** Several streams side by side in one column of time. */
export function LanesView({ lanes }: { lanes: TimeLanes }) {
  const { streams, order, event } = lanes;
  const show = (change: Partial<TimeLanes>, how: 'push' | 'replace' = 'push') => {
    const next = { ...lanes, ...change };
    go(places.lanes(next.streams, next.order, next.event), how);
  };
  const add = (stream: string) => !streams.includes(stream) && show({ streams: [...streams, stream] });
  return (
    <div className={s.view} data-lanes-view>
      <div className={s.toolbar}>
        {streams[0] !== undefined && (
          <Button
            size="xs"
            leftSection={<IconArrowBackUp size={14} />}
            onClick={() => go(places.time(streams[0]))}
            data-testid="lanes-back"
          >
            {t('time.oneStream')}
          </Button>
        )}
        {streams.length < MOST && <StreamPicker value="" onChange={add} width={220} />}
        <Suggestions streams={streams} onAdd={(more) => show({ streams: [...streams, ...more].slice(0, MOST) })} />
        <span className={s.spacer} />
        <SegmentedControl
          size="xs"
          aria-label={t('time.orderOfTheEvents')}
          value={order}
          onChange={(value) => show({ order: value === 'valueDate' ? 'valueDate' : 'recorded' }, 'replace')}
          data={[
            { value: 'recorded', label: t('time.asRecorded') },
            { value: 'valueDate', label: t('time.byValueDate') },
          ]}
          data-testid="lanes-order"
        />
      </div>
      {streams.length === 0 ? (
        <EmptyState title={t('time.noStreamIsChosen')}>{t('time.addStreamsAboveToSeeTheirEvents')}</EmptyState>
      ) : (
        <SplitView
          label={t('time.event2')}
          detail={
            event === null ? null : (
              <EventDetailPanel position={event} onClose={() => show({ event: null }, 'replace')} />
            )
          }
        >
          <Merged
            key={`${order} ${streams.join(' ')}`}
            lanes={lanes}
            onEvent={(position) => show({ event: position }, 'replace')}
            onRemove={(stream) => show({ streams: streams.filter((one) => one !== stream) })}
          />
        </SplitView>
      )}
    </div>
  );
}

interface MergedProps {
  lanes: TimeLanes;
  onEvent: (position: string) => void;
  onRemove: (stream: string) => void;
}

function Merged({ lanes: { streams, order, event }, onEvent, onRemove }: MergedProps) {
  const at = useShownAt();
  const reading = useReading();
  const pages = usePages<Read, LanePlace>(`${order} ${streams.join(' ')}`, useBeat('log'), async (platform, from) => {
    const page = await reading.read((taskId, onProgress) =>
      platform.lanes(streams, order, from, PAGE, taskId, onProgress),
    );
    return { rows: page.entries.map((entry) => ({ entry, lanes: page.lanes })), next: page.next };
  });
  const entries = useMemo(() => pages.rows.map((row) => row.entry), [pages.rows]);
  const heads = pages.rows.at(-1)?.lanes ?? [];
  const chosen = entries.some((entry) => entry.event.position === event);
  const seeks = event !== null && !chosen && pages.ready && pages.more && entries.length < SOUGHT;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another part that has come is the reason to look further
  useEffect(() => {
    if (seeks && !pages.loading) pages.further();
  }, [seeks, entries.length]);

  const stopped = pages.error?.code === 'cancelled';
  if (pages.error !== null && !(stopped && pages.ready)) {
    return <ErrorState error={pages.error} onRetry={pages.again} />;
  }
  const progress = reading.slow && (
    <ProgressLine progress={reading.progress} fallback={t('time.readingEvents')} onCancel={reading.stop} />
  );
  if (!pages.ready) return progress || <Bones lines={12} label={t('time.loadingEvents')} />;
  return (
    <>
      <LanesGrid
        streams={streams}
        heads={streams.map((stream, index) => (
          <LaneHead key={stream} stream={stream} lane={heads[index]} onRemove={() => onRemove(stream)} />
        ))}
        entries={entries}
        byDay={order === 'valueDate'}
        chosen={event}
        onChoose={onEvent}
        onFurther={pages.more && !pages.loading ? pages.further : null}
      />
      {progress}
      <div className={s.foot}>
        <span className="dim" data-testid="lanes-count">
          {t('time.lanesCount', {
            count: entries.length,
            all: grouped(String(heads.reduce((sum, lane) => sum + present(lane), 0n))),
          })}
          {at !== null && ` ${t('time.upToPosition', { at: grouped(at) })}`}
          {stopped && `. ${t('time.readingWasStopped')}`}
        </span>
        {event !== null && !chosen && !seeks && <span className="dim">{t('time.theChosenEventIsNotAmongThem')}</span>}
        <span className={s.spacer} />
        <span className="faint">
          <Kbd>↑</Kbd> <Kbd>↓</Kbd> {t('time.alongTime')} · <Kbd>←</Kbd> <Kbd>→</Kbd> {t('time.across')} ·{' '}
          <Kbd>Enter</Kbd> {t('time.stateThere')}
        </span>
        {pages.more && (
          <Button size="compact-xs" loading={pages.loading} onClick={pages.further} data-testid="lanes-further">
            {t('time.furtherEvents')}
          </Button>
        )}
      </div>
    </>
  );
}

/** Reading that takes less is not worth a word, in milliseconds. */
const PATIENCE = 500;

/** One reading at a time: with progress once it takes long, and a way to stop it. What nobody waits for any more is stopped. */
function useReading() {
  const platform = usePlatform();
  const task = useRef<string | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [slow, setSlow] = useState(false);
  const stop = useCallback(() => {
    if (task.current !== null) void platform.cancelTask(task.current).catch(() => undefined);
  }, [platform]);
  useEffect(() => stop, [stop]);

  const read = async <T,>(ask: (taskId: string, onProgress: OnProgress) => Promise<T>): Promise<T> => {
    stop();
    const taskId = crypto.randomUUID();
    task.current = taskId;
    setProgress(null);
    const timer = window.setTimeout(() => setSlow(true), PATIENCE);
    try {
      return await ask(taskId, (step) => {
        if (task.current === taskId) setProgress(step);
      });
    } finally {
      window.clearTimeout(timer);
      if (task.current === taskId) {
        task.current = null;
        setSlow(false);
      }
    }
  };
  return { read, progress, slow, stop };
}

interface Read {
  entry: LaneEntry;
  lanes: readonly Lane[];
}

/** Events that a lane has; those before its beginning are gone. */
function present(lane: Lane): bigint {
  const begins = BigInt(lane.beginsAt);
  return BigInt(lane.version) - (begins > 1n ? begins - 1n : 0n);
}

function LaneHead({ stream, lane, onRemove }: { stream: string; lane: Lane | undefined; onRemove: () => void }) {
  return (
    <div className={s.head} role="columnheader" tabIndex={-1} data-testid="lane" data-stream={stream}>
      <PlaceLink to={places.time(stream)} className={s.headName ?? ''} title={t('time.timeTravelThrough', { stream })}>
        <StreamName stream={stream} />
      </PlaceLink>
      {lane !== undefined && BigInt(lane.beginsAt) > 1n && (
        <span className="faint" title={t('time.eventsBeforeVersionAreGone', { beginsAt: lane.beginsAt })}>
          {t('time.from', { beginsAt: grouped(lane.beginsAt) })}
        </span>
      )}
      <button type="button" className={s.remove} aria-label={t('time.remove', { stream })} onClick={onRemove}>
        <IconX size={12} />
      </button>
    </div>
  );
}

/** Streams that belong beside those that are shown: the accounts of a transfer. */
function Suggestions({ streams, onAdd }: { streams: readonly string[]; onAdd: (streams: string[]) => void }) {
  const transfer = streams.find((stream) => categoryOf(stream) === 'transfer') ?? null;
  const first = useAsk('stateAt', [transfer, '1', null], (platform) => platform.stateAt(transfer ?? '', '1', null), {
    enabled: transfer !== null,
  });
  const named = accountsOf(first.data?.nodes ?? []);
  const sides = useAsk(
    'streams',
    ['named', ...named],
    async (platform) => {
      const asked = await Promise.all(
        named.map((search) => platform.streams({ category: 'account', search, order: 'name', offset: 0, limit: 5 })),
      );
      return named.filter((name, index) => asked[index]?.streams.some((row) => row.stream === name));
    },
    { enabled: named.length > 0 },
  );
  const missing = (transfer === null ? [] : (sides.data ?? [])).filter((name) => !streams.includes(name));
  if (missing.length === 0) return null;
  return (
    <Button size="xs" variant="light" onClick={() => onAdd(missing)} data-testid="lanes-suggest">
      {missing.length === 1 && missing[0] !== undefined
        ? t('time.add', { missing: missing[0] })
        : t('time.addTheAccountsOfThisTransfer')}
    </Button>
  );
}
