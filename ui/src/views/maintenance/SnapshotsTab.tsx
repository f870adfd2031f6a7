import { Button } from '@mantine/core';
import { IconAlertTriangle, IconCamera, IconCircleCheck, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle, useAsk, useBeat } from '../../app/cache';
import { showDone } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { useTask } from '../../app/useTask';
import { toAppError } from '../../platform/platform';
import type { SnapshotAudit, SnapshotPlace, SnapshotRow } from '../../platform/wire';
import { Bones, Chip, EmptyState, ErrorState, ProgressLine, StreamName, Time } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, plural, size } from '../../shared/format';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { usePages } from '../../shared/usePages';
import s from './MaintenanceView.module.css';

const PART = 200;

const columns: readonly Column<SnapshotRow>[] = [
  { id: 'stream', header: 'Stream', width: 'minmax(160px, 1fr)', render: (row) => <StreamName stream={row.stream} /> },
  {
    id: 'use',
    header: 'Use',
    width: '104px',
    render: (row) =>
      row.usable ? (
        <Chip tone="good" dot>
          used
        </Chip>
      ) : (
        <Chip>other code</Chip>
      ),
  },
  {
    id: 'saves',
    header: 'Saves',
    width: '110px',
    align: 'end',
    render: (row) => <span className="num">{plural(row.savesEvents, 'event')}</span>,
  },
  {
    id: 'behind',
    header: 'Replayed on top',
    width: '124px',
    align: 'end',
    from: 640,
    render: (row) =>
      row.behind === null ? <Chip tone="warn">no stream</Chip> : <span className="num dim">{grouped(row.behind)}</span>,
  },
  {
    id: 'size',
    header: 'Size',
    width: '84px',
    align: 'end',
    from: 740,
    render: (row) => <span className="num dim">{size(row.bytes)}</span>,
  },
  { id: 'taken', header: 'Taken', width: '180px', from: 900, render: (row) => <Time value={row.takenAt} short /> },
];

const nothingToFetch = () => undefined;

/** Cached states: when they are taken, what they save, and whether each is what a replay comes to. */
export function SnapshotsTab() {
  const platform = usePlatform();
  const cache = useQueryClient();
  const audit = useTask<SnapshotAudit>();
  const [asking, setAsking] = useState(false);
  const head = useAsk('snapshots', [null, 1], (ask) => ask.snapshots(null, 1));
  const pages = usePages<SnapshotRow, SnapshotPlace>('snapshots', useBeat('maintenance'), async (ask, from) => {
    const page = await ask.snapshots(from, PART);
    return { rows: page.snapshots, next: page.next };
  });
  const verify = () => void audit.run((id, onProgress) => platform.verifySnapshots(id, onProgress));
  const deleteAll = async () => {
    const deleted = await platform.deleteSnapshots(null);
    audit.clear();
    await settle(cache, 'deleteSnapshots');
    showDone(`${plural(deleted, 'snapshot')} deleted.`);
  };

  const failure = head.isError ? toAppError(head.error) : pages.error;
  const again = () => {
    void head.refetch();
    pages.again();
  };
  if (failure !== null) return <ErrorState error={failure} onRetry={again} />;
  if (head.data === undefined || !pages.ready) return <Bones lines={12} label="Loading the snapshots" />;
  const { policy, total } = head.data;
  return (
    <>
      <div className={s.intro}>
        <div className={s.words}>
          <p>
            <strong>{plural(total, 'snapshot')}</strong> <span className="dim">{policy}</span>
          </p>
          <p className="faint">
            A snapshot is a cached state. Without it a load replays the stream from its first event: slower, and the
            same.
          </p>
        </div>
        <Button
          leftSection={<IconCircleCheck size={14} />}
          onClick={verify}
          disabled={audit.running || total === '0'}
          data-testid="verify-snapshots"
        >
          Verify all
        </Button>
        <Button
          leftSection={<IconTrash size={14} />}
          onClick={() => setAsking(true)}
          disabled={audit.running || total === '0'}
          data-testid="delete-snapshots"
        >
          Delete all…
        </Button>
      </div>
      {audit.running && (
        <div className={s.strip}>
          <ProgressLine progress={audit.progress} fallback="Comparing with replays" onCancel={audit.cancel} />
        </div>
      )}
      {audit.error !== null && <ErrorState error={audit.error} onRetry={verify} />}
      {audit.result !== null && <Audit audit={audit.result} />}
      {pages.rows.length === 0 ? (
        <EmptyState
          icon={<IconCamera size={28} stroke={1.4} />}
          title="No snapshots"
          action={<Button onClick={() => go(places.streams())}>Look at the streams</Button>}
        >
          {policy} Short streams need none.
        </EmptyState>
      ) : (
        <VirtualGrid<SnapshotRow>
          label="Snapshots"
          columns={columns}
          rows={BigInt(pages.rows.length)}
          rowAt={(index) => pages.rows[Number(index)]}
          rowId={(row) => `${row.stream} ${row.takenAt}`}
          rowProps={(row) => ({ 'data-testid': 'snapshot-row', 'data-stream': row.stream })}
          onWindow={nothingToFetch}
          origin="snapshots"
          onOpen={(row) => go(places.time(row.stream, row.version))}
        />
      )}
      {pages.more && (
        <div className={s.further}>
          <span className="dim">
            {grouped(String(pages.rows.length))} of {plural(total, 'snapshot')}
          </span>
          <Button onClick={pages.further} loading={pages.loading} data-testid="more-snapshots">
            Show more
          </Button>
        </div>
      )}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title="Delete all snapshots?"
        confirm={`Delete ${plural(total, 'snapshot')}`}
        icon={<IconTrash size={14} />}
        danger
        onConfirm={deleteAll}
        testId="confirm-delete-snapshots"
      >
        <p>
          The next load of each stream replays it whole. Nothing else changes: no event, no state and no read model. New
          snapshots are taken as before.
        </p>
      </ConfirmDialog>
    </>
  );
}

function Audit({ audit }: { audit: SnapshotAudit }) {
  const sound = audit.differing.length === 0;
  return (
    <div
      className={`${s.verdict} ${sound ? s.good : s.bad}`}
      role="status"
      data-testid="snapshot-audit"
      data-sound={sound}
    >
      {sound ? <IconCircleCheck size={16} aria-hidden="true" /> : <IconAlertTriangle size={16} aria-hidden="true" />}
      <div>
        <p>
          {audit.cancelled ? 'Stopped. ' : ''}
          {plural(audit.checked, 'snapshot')} compared with a replay from the first event:{' '}
          <strong>
            {sound
              ? 'each is the same'
              : audit.differing.length === 1
                ? 'one differs'
                : `${audit.differing.length} differ`}
          </strong>
          .{audit.ofOtherCode === '0' ? '' : ` ${grouped(audit.ofOtherCode)} of other code are never used.`}
        </p>
        {!sound && (
          <>
            <ul>
              {audit.differing.map((one) => (
                <li key={`${one.stream} ${one.version}`}>
                  <PlaceLink to={places.time(one.stream, one.version)} className="link mono">
                    {one.stream} v{grouped(one.version)}
                  </PlaceLink>
                  : <span className="selectable">{one.message}</span>
                </li>
              ))}
            </ul>
            <p className="dim">Delete all snapshots: the next loads replay the events, which are the truth.</p>
          </>
        )}
      </div>
    </div>
  );
}
