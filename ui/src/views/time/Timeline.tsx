import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { t } from '../../i18n';
import type { TimelineEntry } from '../../platform/wire';
import { ErrorState, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, type GridHandle, VirtualGrid } from '../../shared/grid/VirtualGrid';
import s from './Timeline.module.css';

interface TimelineProps {
  stream: string;
  version: bigint;
  max: bigint;
  compare: string | null;
  /** From this version on nothing can be folded. */
  fails: bigint | null;
  onVersion: (version: bigint) => void;
  onCompare: (version: string | null) => void;
}

/** Every version of a stream; a click goes there, a Shift-click compares with it. */
export function Timeline({ stream, version, max, compare, fails, onVersion, onCompare }: TimelineProps) {
  const platform = usePlatform();
  const grid = useRef<GridHandle>(null);
  const latest = useRef(max);
  latest.current = max;
  const source = useRowSource<TimelineEntry>(
    stream,
    async (first, count) => {
      const rows = await platform.timeline(stream, String(first), count);
      return { rows, total: latest.current };
    },
    `${useBeat('log')} ${max}`,
    { appendOnly: true },
  );
  const onWindow = useWindowOf(source);
  const columns = useMemo<readonly Column<TimelineEntry>[]>(
    () => [
      {
        id: 'version',
        header: t('time.ver'),
        width: '64px',
        align: 'end',
        render: (row) => <span className="mono faint">{grouped(row.version)}</span>,
      },
      {
        id: 'type',
        header: t('time.event2'),
        width: 'minmax(0, 1fr)',
        render: (row) => (
          <span className={s.entry}>
            <span className="cut">{row.eventType}</span>
            {row.version === compare && <span className={s.comparedTag}>{t('time.from2')}</span>}
            {fails !== null && BigInt(row.version) >= fails && (
              <span className={BigInt(row.version) === fails ? s.failsTag : 'visually-hidden'}>
                {BigInt(row.version) === fails ? t('time.fails') : t('time.notFolded')}
              </span>
            )}
          </span>
        ),
      },
      {
        id: 'time',
        header: t('time.time'),
        width: '178px',
        from: 380,
        render: (row) => <Time value={row.recordedAt} short />,
      },
    ],
    [compare, fails],
  );

  useEffect(() => {
    if (version > 0n) grid.current?.show(version - 1n);
  }, [version]);

  const onSelect = useCallback(
    (row: TimelineEntry, _index: bigint, how: { extend: boolean }) => {
      if (how.extend) onCompare(row.version);
      else onVersion(BigInt(row.version));
    },
    [onCompare, onVersion],
  );

  return (
    <section className={s.timeline} aria-label={t('time.versions2')}>
      {source.error !== null ? (
        <ErrorState error={source.error} onRetry={() => source.retry()} />
      ) : (
        <VirtualGrid<TimelineEntry>
          ref={grid}
          label={t('time.versionsOf', { stream })}
          columns={columns}
          rows={max}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.version}
          rowProps={(row) => ({ 'data-testid': `version-${row.version}` })}
          rowClass={(row) => {
            const at = BigInt(row.version);
            return fails !== null && at >= fails ? s.notFolded : at > version ? s.future : undefined;
          }}
          onWindow={onWindow}
          selected={String(version)}
          onSelect={onSelect}
          rowHeight={28}
        />
      )}
    </section>
  );
}
