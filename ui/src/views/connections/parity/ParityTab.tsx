import { Button, Checkbox } from '@mantine/core';
import { IconScale } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle, useAsk } from '../../../app/cache';
import { usePlatform } from '../../../app/PlatformContext';
import { useTask } from '../../../app/useTask';
import { named, t } from '../../../i18n';
import { toAppError } from '../../../platform/platform';
import type { ConnectionRow, ParityResult } from '../../../platform/wire';
import { Bones, ErrorState, ProgressLine } from '../../../shared/bits';
import v from '../ConnectionsView.module.css';
import { useChoices } from '../choices';
import c from '../copy/CopyTab.module.css';
import { ParityReport } from './ParityReport';
import s from './ParityTab.module.css';

const LOOK_MILLISECONDS = 400;

/** That a connection cannot take part, and why; nothing if it can. */
function refusal(row: ConnectionRow): string | null {
  if (row.open) return t('connections.refusedOpen');
  if (row.marks.readOnly) return t('connections.refusedReadOnly');
  return null;
}

/** Runs the same bank on several empty stores: do they answer the same, and how fast? */
export function ParityTab() {
  const platform = usePlatform();
  const cache = useQueryClient();
  const task = useTask<ParityResult>();
  const { choose, forget } = useChoices();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [scratch, setScratch] = useState(true);
  const [following, setFollowing] = useState(false);
  const list = useAsk('connections', [], (ask) => ask.connections(), { keep: true });
  const last = useAsk('lastParity', [], (ask) => ask.lastParity(), {
    keep: true,
    refetchMilliseconds: following && LOOK_MILLISECONDS,
  });
  if (list.isError) return <ErrorState error={toAppError(list.error)} onRetry={() => void list.refetch()} />;
  if (list.data === undefined || last.data === undefined)
    return <Bones lines={8} label={t('connections.loadingConnections')} />;

  const run = last.data;
  const underWay = run !== null && run.result === null && run.error === null;
  if (underWay !== following) setFollowing(underWay);
  const busy = task.running || underWay;
  const result = task.error === null && !busy ? (task.result ?? run?.result ?? null) : null;
  const error = task.error ?? (task.result === null && !busy ? (run?.error ?? null) : null);
  const rows = list.data.connections;

  const begin = async () => {
    const stores = await choose(chosen).catch(() => null);
    if (stores === null) return;
    const request = { stores, scratchFile: scratch };
    const done = await task.run((id, onProgress) => platform.runParity(request, id, onProgress));
    if (done === null) forget();
    await settle(cache, 'runParity');
  };

  return (
    <div className={v.page}>
      <section className={v.section} aria-labelledby="parity">
        <header className={v.head}>
          <h2 id="parity">{t('connections.parityRun')}</h2>
        </header>
        <p className={c.words}>{t('connections.parityMeans')}</p>
        <fieldset className={s.choices}>
          <legend>{t('connections.comparedWith')}</legend>
          <Checkbox
            label={t('connections.scratchFile')}
            checked={scratch}
            disabled={busy}
            onChange={(event) => setScratch(event.currentTarget.checked)}
            data-testid="parity-scratch"
          />
          {rows.map((row) => {
            const why = refusal(row);
            return (
              <Checkbox
                key={row.id}
                label={`${row.name} · ${named('shared.backend.', row.backend)}`}
                description={why ?? row.location}
                checked={why === null && chosen.includes(row.id)}
                disabled={busy || why !== null}
                onChange={(event) => {
                  const { checked } = event.currentTarget;
                  setChosen((now) => [...now.filter((id) => id !== row.id), ...(checked ? [row.id] : [])]);
                }}
                data-testid={`parity-${row.name}`}
              />
            );
          })}
        </fieldset>
        <div className={c.acts}>
          <Button
            variant="filled"
            leftSection={<IconScale size={14} />}
            disabled={busy || (chosen.length === 0 && !scratch)}
            onClick={() => void begin()}
            data-testid="run-parity"
          >
            {t('connections.runIt')}
          </Button>
        </div>
        {task.running ? (
          <ProgressLine progress={task.progress} fallback={t('connections.openingStores')} onCancel={task.cancel} />
        ) : (
          underWay && (
            <>
              <p className={c.words}>{t('connections.isUnderWay', { title: run.title })}</p>
              <ProgressLine
                progress={run.progress}
                fallback={t('connections.steps')}
                onCancel={() => void platform.cancelTask(run.taskId)}
              />
            </>
          )
        )}
      </section>
      {error !== null && <ErrorState error={error} />}
      {result !== null && <ParityReport result={result} />}
    </div>
  );
}
