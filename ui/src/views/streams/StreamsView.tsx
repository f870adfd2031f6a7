import { Button, Select } from '@mantine/core';
import { IconGitBranch, IconSparkles } from '@tabler/icons-react';
import { useAsk, useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { places, type StreamSort } from '../../app/place';
import { go, PlaceLink, usePlaceOf } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { StreamRow } from '../../platform/wire';
import { Bones, CategoryDot, EmptyState, ErrorState, StreamName, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import side from '../../shared/SideList.module.css';
import { StreamPanel } from './StreamPanel';
import s from './StreamsView.module.css';

const columns = perLanguage((): readonly Column<StreamRow>[] => [
  {
    id: 'stream',
    header: t('streams.streamHeader'),
    width: 'minmax(180px, 1fr)',
    render: (row) => <StreamName stream={row.stream} />,
  },
  {
    id: 'version',
    header: t('streams.events'),
    width: '84px',
    align: 'end',
    render: (row) => <span className="mono">{grouped(row.version)}</span>,
  },
  {
    id: 'type',
    header: t('streams.lastEvent'),
    width: 'minmax(140px, 210px)',
    from: 480,
    render: (row) => <span className="dim">{row.lastEventType}</span>,
  },
  {
    id: 'position',
    header: t('streams.position'),
    width: '92px',
    align: 'end',
    from: 760,
    render: (row) => <span className="mono faint">{grouped(row.lastPosition)}</span>,
  },
  {
    id: 'time',
    header: t('streams.lastChange'),
    width: '186px',
    from: 640,
    render: (row) => <Time value={row.lastRecordedAt} short />,
  },
]);

const orders = perLanguage((): readonly { value: StreamSort; label: string }[] => [
  { value: 'lastChange', label: t('streams.latestChangeFirst') },
  { value: 'name', label: t('streams.byName') },
  { value: 'length', label: t('streams.longestFirst') },
]);

export function StreamsView() {
  const place = usePlaceOf('streams');
  const platform = usePlatform();
  const source = useRowSource<StreamRow>(
    `${place.category}|${place.search}|${place.order}`,
    async (first, count) => {
      const page = await platform.streams({
        category: place.category,
        search: place.search,
        order: place.order,
        offset: Number(first),
        limit: count,
      });
      return { rows: page.streams, total: BigInt(page.total) };
    },
    useBeat('log'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const change = (part: Partial<typeof place>) => go({ ...place, stream: null, ...part }, 'replace');

  return (
    <SplitView
      label={t('streams.streamHeader')}
      detail={place.stream === null ? null : <StreamPanel stream={place.stream} onClose={() => change({})} />}
    >
      <div className={s.area}>
        <Categories category={place.category} onChoose={(category) => change({ category })} />
        <div className={s.list}>
          <div className={s.bar}>
            <SearchField
              main
              label={t('streams.searchStreams')}
              placeholder={t('streams.streamNameContains')}
              value={place.search}
              onChange={(search) => change({ search })}
              width={240}
              testId="stream-search"
            />
            <Select
              aria-label={t('streams.orderOfTheStreams')}
              data={orders()}
              value={place.order}
              allowDeselect={false}
              onChange={(value) => change({ order: value ?? 'lastChange' })}
              w={184}
              data-testid="stream-order"
            />
            <span className={s.spacer} />
            <span className={s.count} aria-live="polite">
              {total === null ? '…' : grouped(String(total))}
              <span className="faint"> {t('streams.streamWord', { count: String(total ?? 0n) })}</span>
            </span>
          </div>
          {error !== null ? (
            <ErrorState error={error} onRetry={() => source.retry()} />
          ) : total === 0n ? (
            <NoStreams
              filtered={place.search !== null || place.category !== null}
              onClear={() => change({ search: null, category: null })}
            />
          ) : (
            <VirtualGrid<StreamRow>
              label={t('streams.streams')}
              columns={columns()}
              rows={total ?? 24n}
              rowAt={(index) => source.row(index)}
              rowId={(row) => row.stream}
              rowProps={(row) => ({ 'data-testid': 'stream-row', 'data-stream': row.stream })}
              onWindow={onWindow}
              origin={source}
              selected={place.stream}
              onSelect={(row) => change({ stream: row.stream })}
              onOpen={(row) => go(places.events({ stream: row.stream }))}
            />
          )}
        </div>
      </div>
    </SplitView>
  );
}

function Categories({ category, onChoose }: { category: string | null; onChoose: (category: string | null) => void }) {
  const categories = useAsk('categories', [], (platform) => platform.categories());
  if (categories.isError) {
    return (
      <div className={side.list}>
        <ErrorState error={toAppError(categories.error)} onRetry={() => void categories.refetch()} />
      </div>
    );
  }
  const rows = categories.data ?? [];
  const sum = (part: 'streams' | 'events') => String(rows.reduce((total, row) => total + BigInt(row[part]), 0n));
  const entry = (name: string | null, streams: string, events: string) => (
    <button
      key={name ?? ''}
      type="button"
      className={`${side.entry} ${side.marked} ${category === name ? side.chosen : ''}`}
      aria-pressed={category === name}
      onClick={() => onChoose(name)}
      data-testid={`category-${name ?? 'all'}`}
    >
      {name === null ? <span className={s.allDot} aria-hidden="true" /> : <CategoryDot category={name} />}
      <span className="cut">{name ?? t('streams.allCategories')}</span>
      <span className={s.streams}>{grouped(streams)}</span>
      <span className={side.small}>{t('streams.events2', { events: grouped(events) })}</span>
    </button>
  );
  return (
    <fieldset className={side.list} aria-label={t('streams.categories')}>
      {categories.data === undefined ? (
        <Bones lines={5} />
      ) : (
        <>
          {entry(null, sum('streams'), sum('events'))}
          {rows.map((row) => entry(row.category, row.streams, row.events))}
        </>
      )}
    </fieldset>
  );
}

function NoStreams({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (filtered) {
    return (
      <EmptyState
        icon={<IconGitBranch size={28} stroke={1.4} />}
        title={t('streams.noStreamMatches')}
        action={<Button onClick={onClear}>{t('streams.showAllStreams')}</Button>}
      >
        {rich('streams.namesAreComparedLetterByLetter', {
          link: <PlaceLink to={places.events()}>{t('streams.theLog')}</PlaceLink>,
        })}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconGitBranch size={28} stroke={1.4} />}
      title={t('streams.noStreamsYet')}
      action={
        <Button variant="filled" leftSection={<IconSparkles size={14} />} onClick={() => go(places.welcome())}>
          {t('streams.createTheDemoBank')}
        </Button>
      }
    >
      {t('streams.aStreamBeginsWithItsFirstEvent')}
    </EmptyState>
  );
}
