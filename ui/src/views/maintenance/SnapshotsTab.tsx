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
import { perLanguage, rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { SnapshotAudit, SnapshotPlace, SnapshotRow } from '../../platform/wire';
import { Bones, Chip, EmptyState, ErrorState, ProgressLine, StreamName, Time } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, size } from '../../shared/format';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { usePages } from '../../shared/usePages';
import s from './MaintenanceView.module.css';

const PART = 200;

const columns = perLanguage((): readonly Column<SnapshotRow>[] => [
  {
    id: 'stream',
    header: t('maintenance.scope_stream'),
    width: 'minmax(160px, 1fr)',
    render: (row) => <StreamName stream={row.stream} />,
  },
  {
    id: 'use',
    header: t('maintenance.use'),
    width: '104px',
    render: (row) =>
      row.usable ? (
        <Chip tone="good" dot>
          {t('maintenance.used')}
        </Chip>
      ) : (
        <Chip>{t('maintenance.otherCode')}</Chip>
      ),
  },
  {
    id: 'saves',
    header: t('maintenance.saves'),
    width: '124px',
    align: 'end',
    render: (row) => <span className="num">{t('maintenance.nEvents', { count: row.savesEvents })}</span>,
  },
  {
    id: 'behind',
    header: t('maintenance.replayedOnTop'),
    width: '124px',
    align: 'end',
    from: 640,
    render: (row) =>
      row.behind === null ? (
        <Chip tone="warn">{t('maintenance.noStream')}</Chip>
      ) : (
        <span className="num dim">{grouped(row.behind)}</span>
      ),
  },
  {
    id: 'size',
    header: t('maintenance.size'),
    width: '84px',
    align: 'end',
    from: 740,
    render: (row) => <span className="num dim">{size(row.bytes)}</span>,
  },
  {
    id: 'taken',
    header: t('maintenance.taken'),
    width: '180px',
    from: 900,
    render: (row) => <Time value={row.takenAt} short />,
  },
]);

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
    showDone(t('maintenance.snapshotsDeleted', { count: deleted }));
  };

  const failure = head.isError ? toAppError(head.error) : pages.error;
  const again = () => {
    void head.refetch();
    pages.again();
  };
  if (failure !== null) return <ErrorState error={failure} onRetry={again} />;
  if (head.data === undefined || !pages.ready) return <Bones lines={12} label={t('maintenance.loadingSnapshots')} />;
  const { policy, total } = head.data;
  return (
    <>
      <div className={s.intro}>
        <div className={s.words}>
          <p>
            <strong>{t('maintenance.nSnapshots', { count: total })}</strong> <span className="dim">{policy}</span>
          </p>
          <p className="faint">{t('maintenance.snapshotMeans')}</p>
        </div>
        <Button
          leftSection={<IconCircleCheck size={14} />}
          onClick={verify}
          disabled={audit.running || total === '0'}
          data-testid="verify-snapshots"
        >
          {t('maintenance.verifyAll')}
        </Button>
        <Button
          leftSection={<IconTrash size={14} />}
          onClick={() => setAsking(true)}
          disabled={audit.running || total === '0'}
          data-testid="delete-snapshots"
        >
          {t('maintenance.deleteAllAsk')}
        </Button>
      </div>
      {audit.running && (
        <div className={s.strip}>
          <ProgressLine progress={audit.progress} fallback={t('maintenance.comparing')} onCancel={audit.cancel} />
        </div>
      )}
      {audit.error !== null && <ErrorState error={audit.error} onRetry={verify} />}
      {audit.result !== null && <Audit audit={audit.result} />}
      {pages.rows.length === 0 ? (
        <EmptyState
          icon={<IconCamera size={28} stroke={1.4} />}
          title={t('maintenance.noSnapshots')}
          action={<Button onClick={() => go(places.streams())}>{t('maintenance.lookAtStreams')}</Button>}
        >
          {policy} {t('maintenance.shortStreams')}
        </EmptyState>
      ) : (
        <VirtualGrid<SnapshotRow>
          label={t('maintenance.snapshots')}
          columns={columns()}
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
            {t('maintenance.someSnapshots', { shown: grouped(String(pages.rows.length)), count: total })}
          </span>
          <Button onClick={pages.further} loading={pages.loading} data-testid="more-snapshots">
            {t('maintenance.showMore')}
          </Button>
        </div>
      )}
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t('maintenance.deleteAllQuestion')}
        confirm={t('maintenance.deleteSnapshots', { count: total })}
        icon={<IconTrash size={14} />}
        danger
        onConfirm={deleteAll}
        testId="confirm-delete-snapshots"
      >
        <p>{t('maintenance.deleteMeans')}</p>
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
          {audit.cancelled && `${t('maintenance.stopped')} `}
          {rich('maintenance.audited', {
            count: audit.checked,
            verdict: (
              <strong>
                {sound ? t('maintenance.auditSound') : t('maintenance.nDiffer', { count: audit.differing.length })}
              </strong>
            ),
          })}
          {audit.ofOtherCode === '0' ? '' : ` ${t('maintenance.ofOtherCode', { count: audit.ofOtherCode })}`}
        </p>
        {!sound && (
          <>
            <ul>
              {audit.differing.map((one) => (
                <li key={`${one.stream} ${one.version}`}>
                  <PlaceLink to={places.time(one.stream, one.version)} className="link mono">
                    {t('maintenance.streamAt', { stream: one.stream, version: grouped(one.version) })}
                  </PlaceLink>
                  : <span className="selectable">{one.message}</span>
                </li>
              ))}
            </ul>
            <p className="dim">{t('maintenance.deleteThem')}</p>
          </>
        )}
      </div>
    </div>
  );
}
