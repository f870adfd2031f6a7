import { Button } from '@mantine/core';
import { IconCircleCheck, IconClock, IconRoute } from '@tabler/icons-react';
import { useAsk, useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { perLanguage, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { InstanceRow, ProcessRow, StuckInstance, TimerRow } from '../../platform/wire';
import { Bones, Chip, EmptyState, ErrorState, StreamName, Time, type Tone } from '../../shared/bits';
import { grouped, processWords, seconds } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { usePages } from '../../shared/usePages';
import { byNeed, dueIn, type InstanceState, stateOf, useNow } from './due';
import s from './ProcessesView.module.css';

interface ListProps {
  selected: string | null;
  onSelect: (stream: string) => void;
  onShow: (show: 'unfinished' | 'all') => void;
}

/** For lists that are wholly at hand. */
const nothingToFetch = () => undefined;

const stuckColumns = perLanguage((): readonly Column<StuckInstance>[] => [
  {
    id: 'instance',
    header: t('processes.instance'),
    width: 'minmax(160px, 260px)',
    render: (row) => <StreamName stream={row.stream} />,
  },
  {
    id: 'reason',
    header: t('processes.whyStuck'),
    width: 'minmax(160px, 1fr)',
    render: (row) => <span title={row.reason}>{row.reason}</span>,
  },
  {
    id: 'since',
    header: t('processes.found'),
    width: '180px',
    from: 620,
    render: (row) => <Time value={row.since} short />,
  },
]);

export function StuckInstances({ process, selected, onSelect, onShow }: ListProps & { process: ProcessRow }) {
  const rows = process.stuck;
  if (rows.length === 0) {
    return (
      <EmptyState
        icon={<IconCircleCheck size={28} stroke={1.4} />}
        title={t('processes.nothingStuck')}
        action={<Button onClick={() => onShow('unfinished')}>{t('processes.showUnderWay')}</Button>}
      >
        {t('processes.nothingStuckMeans', { process: processWords(process.name) })}
      </EmptyState>
    );
  }
  return (
    <VirtualGrid<StuckInstance>
      label={t('processes.stuckOf', { process: processWords(process.name) })}
      columns={stuckColumns()}
      rows={BigInt(rows.length)}
      rowAt={(index) => rows[Number(index)]}
      rowId={(row) => row.stream}
      rowProps={(row) => ({ 'data-testid': 'stuck-row', 'data-stream': row.stream })}
      onWindow={nothingToFetch}
      origin={process.name}
      selected={selected}
      onSelect={(row) => onSelect(row.stream)}
      onOpen={(row) => go(places.events({ stream: row.stream }, null, 'oldest'))}
    />
  );
}

const STATE_TONES: Record<InstanceState, Tone> = {
  stuck: 'bad',
  overdue: 'warn',
  person: 'warn',
  acting: 'info',
  waiting: 'info',
  finished: 'neutral',
};

function InstanceChip({ row }: { row: InstanceRow }) {
  const state = stateOf(row, Date.now());
  return (
    <Chip tone={STATE_TONES[state]} dot={state !== 'finished'}>
      {t(`processes.state_${state}`)}
    </Chip>
  );
}

/** What an unfinished instance waits for, in a few words. */
function waitsFor(row: InstanceRow): string {
  if (row.stuck !== null) return row.stuck;
  if (row.awaitsPerson) return t('processes.waitsForPerson');
  if (row.finished) return '';
  if (row.pending.length > 0) return row.pending.join(', ');
  const first = row.timers[0];
  return first === undefined ? t('processes.waitsForInput') : t('processes.waitsForTimer', { name: first.name });
}

const columns = perLanguage((): readonly Column<InstanceRow>[] => [
  {
    id: 'instance',
    header: t('processes.instance'),
    width: 'minmax(150px, 240px)',
    render: (row) => <StreamName stream={row.stream} />,
  },
  { id: 'state', header: t('processes.state'), width: '132px', render: (row) => <InstanceChip row={row} /> },
  {
    id: 'age',
    header: t('processes.age'),
    width: '72px',
    align: 'end',
    render: (row) => <span className="num">{seconds(row.ageSeconds)}</span>,
  },
  {
    id: 'waits',
    header: t('processes.waitsFor'),
    width: 'minmax(120px, 1fr)',
    from: 560,
    render: (row) => <span title={waitsFor(row)}>{waitsFor(row) || <span className="faint">–</span>}</span>,
  },
  {
    id: 'due',
    header: t('processes.deadline'),
    width: '128px',
    from: 680,
    render: (row) => {
      const timer = row.timers[0];
      if (timer === undefined) return <span className="faint">–</span>;
      const { text, overdue } = dueIn(timer.dueAt, Date.now());
      return (
        <span title={`${timer.name}: ${timer.dueAt}`} className={overdue ? s.late : 'dim'}>
          {text}
        </span>
      );
    },
  },
  {
    id: 'last',
    header: t('processes.lastEvent'),
    width: '170px',
    from: 760,
    render: (row) => <span className="dim cut">{row.lastEventType}</span>,
  },
  {
    id: 'changed',
    header: t('processes.lastChange'),
    width: '180px',
    from: 940,
    render: (row) => <Time value={row.changedAt} short />,
  },
]);

const gridProps = {
  rowId: (row: InstanceRow) => row.stream,
  rowProps: (row: InstanceRow) => ({ 'data-testid': 'instance-row', 'data-stream': row.stream }),
  onOpen: (row: InstanceRow) => go(places.events({ stream: row.stream }, null, 'oldest')),
} as const;

/** The state of each instance of a block is loaded for it. */
const BLOCK = 50;

export function AllInstances({ process, selected, onSelect }: ListProps & { process: string }) {
  const platform = usePlatform();
  const source = useRowSource<InstanceRow>(
    process,
    async (first, count) => {
      const page = await platform.processInstances(process, 'all', Number(first), count);
      return { rows: page.instances, total: BigInt(page.total) };
    },
    useBeat('log'),
    { blockSize: BLOCK },
  );
  const onWindow = useWindowOf(source);
  if (source.error !== null) return <ErrorState error={source.error} onRetry={() => source.retry()} />;
  if (source.total === 0n) return <NoInstances process={process} />;
  return (
    <VirtualGrid<InstanceRow>
      {...gridProps}
      columns={columns()}
      label={t('processes.instancesOf', { process: processWords(process) })}
      rows={source.total ?? 24n}
      rowAt={(index) => source.row(index)}
      onWindow={onWindow}
      origin={source}
      selected={selected}
      onSelect={(row) => onSelect(row.stream)}
    />
  );
}

function NoInstances({ process }: { process: string }) {
  return (
    <EmptyState icon={<IconRoute size={28} stroke={1.4} />} title={t('processes.noInstances')}>
      {t('processes.noInstancesMeans', { process: processWords(process) })}
    </EmptyState>
  );
}

export function UnfinishedInstances({ process, selected, onSelect, onShow }: ListProps & { process: string }) {
  const pages = usePages<InstanceRow, { offset: number; total: string }>(process, useBeat('log'), async (ask, from) => {
    const page = await ask.processInstances(process, 'unfinished', from?.offset ?? 0, BLOCK);
    return { rows: page.instances, next: page.next === null ? null : { offset: page.next, total: page.total } };
  });
  const sorted = byNeed(pages.rows, Date.now());
  if (pages.error !== null) return <ErrorState error={pages.error} onRetry={pages.again} />;
  if (!pages.ready) return <Bones lines={8} label={t('processes.loadingInstances')} />;
  if (pages.rows.length === 0 && !pages.more) {
    return (
      <EmptyState
        icon={<IconCircleCheck size={28} stroke={1.4} />}
        title={t('processes.allFinished')}
        action={<Button onClick={() => onShow('all')}>{t('processes.showAll')}</Button>}
      >
        {t('processes.allFinishedMeans', { process: processWords(process) })}
      </EmptyState>
    );
  }
  return (
    <>
      <VirtualGrid<InstanceRow>
        {...gridProps}
        columns={columns()}
        label={t('processes.unfinishedOf', { process: processWords(process) })}
        rows={BigInt(sorted.length)}
        rowAt={(index) => sorted[Number(index)]}
        onWindow={nothingToFetch}
        origin={process}
        selected={selected}
        onSelect={(row) => onSelect(row.stream)}
      />
      {pages.more && (
        <div className={s.further}>
          <span className="dim">{t('processes.unfinishedAmong', { count: pages.rows.length })}</span>
          <Button onClick={pages.further} loading={pages.loading} data-testid="look-further">
            {t('processes.lookAtOlder')}
          </Button>
        </div>
      )}
    </>
  );
}

const TIMERS = 500;

export function Timers({ process, selected, onSelect }: ListProps & { process: ProcessRow }) {
  const now = useNow();
  const timers = useAsk('processTimers', [process.name], (ask) => ask.processTimers(process.name, TIMERS), {
    refetchMilliseconds: 5000,
  });
  if (timers.isError) return <ErrorState error={toAppError(timers.error)} onRetry={() => void timers.refetch()} />;
  if (timers.data === undefined) return <Bones lines={8} label={t('processes.loadingTimers')} />;
  const rows = timers.data;
  if (rows.length === 0) {
    return (
      <EmptyState icon={<IconClock size={28} stroke={1.4} />} title={t('processes.noTimers')}>
        {t('processes.noTimersMeans', { process: processWords(process.name) })}
      </EmptyState>
    );
  }
  const timerColumns: readonly Column<TimerRow>[] = [
    { id: 'due', header: t('processes.due'), width: '180px', render: (row) => <Time value={row.dueAt} short /> },
    {
      id: 'in',
      header: t('processes.wait'),
      width: '128px',
      render: (row) => {
        const { text, overdue } = dueIn(row.dueAt, now);
        return overdue ? <Chip tone="warn">{text}</Chip> : <span className="dim">{text}</span>;
      },
    },
    { id: 'name', header: t('processes.timer'), width: 'minmax(120px, 220px)', render: (row) => row.name },
    {
      id: 'instance',
      header: t('processes.instance'),
      width: 'minmax(150px, 1fr)',
      from: 560,
      render: (row) => <StreamName stream={row.stream} />,
    },
  ];
  return (
    <>
      <VirtualGrid<TimerRow>
        label={t('processes.timersOf', { process: processWords(process.name) })}
        columns={timerColumns}
        rows={BigInt(rows.length)}
        rowAt={(index) => rows[Number(index)]}
        rowId={(row) => row.stream}
        rowProps={(row) => ({ 'data-testid': 'timer-row', 'data-stream': row.stream })}
        onWindow={nothingToFetch}
        origin={process.name}
        selected={selected}
        onSelect={(row) => onSelect(row.stream)}
        onOpen={(row) => go(places.events({ stream: row.stream }, null, 'oldest'))}
      />
      {rows.length < process.timers && (
        <div className={s.further}>
          <span className="dim">
            {t('processes.firstTimers', { shown: grouped(String(rows.length)), count: process.timers })}
          </span>
        </div>
      )}
    </>
  );
}
