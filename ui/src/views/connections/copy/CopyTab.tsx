import { Button, Checkbox, Select } from '@mantine/core';
import { IconArrowRight, IconCopy, IconEqual, IconSearch } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle, useAsk } from '../../../app/cache';
import { usePlatform } from '../../../app/PlatformContext';
import { places } from '../../../app/place';
import { go } from '../../../app/router';
import { useTask } from '../../../app/useTask';
import { t } from '../../../i18n';
import { type Platform, toAppError } from '../../../platform/platform';
import type { ConnectionRow, CopyResult, StoreStatus } from '../../../platform/wire';
import { Bones, ErrorState, ProgressLine } from '../../../shared/bits';

import v from '../ConnectionsView.module.css';
import { useChoices } from '../choices';
import { CopyReport } from './CopyReport';
import s from './CopyTab.module.css';

/** What stands for the open store where no connection of the list is open. */
const OPEN = 'open';
const LOOK_MILLISECONDS = 400;
type Order = 'examineCopy' | 'copyStore' | 'compareCopy';

const told = ({ name, backend, open }: ConnectionRow) =>
  open ? t('connections.toldOpen', { name, backend }) : `${name} · ${backend}`;

/** `left out: the payload is too large` → `the payload is too large`: that it is left out stands in front of all of them. */
function withoutLeftOut(told: string): string {
  const said = t('connections.leftOut');
  return told.startsWith(said) ? told.slice(said.length).trimStart() : told;
}

/** Copies any store into any other: examined first, copied with progress, gone on with after a stop, compared at the end. */
export function CopyTab({ store, from, to }: { store: StoreStatus | null; from: string | null; to: string | null }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const task = useTask<CopyResult>();
  const { choose, forget } = useChoices();
  const [withKeys, setWithKeys] = useState(false);
  const [leaveOut, setLeaveOut] = useState(false);
  const list = useAsk('connections', [], (ask) => ask.connections(), { keep: true });
  const [following, setFollowing] = useState(false);
  const last = useAsk('lastCopy', [], (ask) => ask.lastCopy(), {
    keep: true,
    refetchMilliseconds: following && LOOK_MILLISECONDS,
  });
  if (list.isError) return <ErrorState error={toAppError(list.error)} onRetry={() => void list.refetch()} />;
  if (list.data === undefined || last.data === undefined)
    return <Bones lines={8} label={t('connections.loadingConnections')} />;

  const run = last.data;
  const underWay = run !== null && run.result === null && run.error === null;
  // It goes on when this view is left; whoever comes back follows it.
  if (underWay !== following) setFollowing(underWay);
  const rows = list.data.connections;
  const openRow = rows.find((row) => row.open);
  const source = from ?? openRow?.id ?? (store === null ? null : OPEN);
  const target = to === source ? null : to;
  const nameOf = (id: string | null) => rows.find((row) => row.id === id)?.name ?? store?.location ?? '';
  const busy = task.running || underWay;
  const result = task.result ?? (task.error === null && !task.running ? (run?.result ?? null) : null);
  const error = task.error ?? (task.result === null && !task.running ? (run?.error ?? null) : null);
  const isOfThese = result !== null && result.from === nameOf(source) && result.to === nameOf(target);
  const losses = isOfThese ? result.notes.filter((note) => note.loss) : [];
  const ready = source !== null && target !== null && !busy;
  const readOnly = rows.find((row) => row.id === target)?.marks.readOnly === true;
  const begun = isOfThese && (result.outcome === 'cancelled' || result.already !== '0');

  const order = async (command: Order) => {
    const ends = await choose([source === OPEN ? null : source, target]).catch(() => null);
    const [start, end] = ends ?? [];
    if (start === undefined || end === undefined) return;
    const request = { from: start, to: end, withKeys, leaveOut };
    const call = (platform as Pick<Platform, Order>)[command];
    const done = await task.run((id, onProgress) => call(request, id, onProgress));
    // A password that was wrong is asked for again.
    if (done === null) forget();
    await settle(cache, 'copyStore');
  };

  return (
    <div className={v.page}>
      <section className={v.section} aria-labelledby="copy">
        <header className={v.head}>
          <h2 id="copy">{t('connections.copyStore')}</h2>
        </header>
        <p className={s.words}>{t('connections.copyMeans')}</p>
        <div className={s.ends}>
          <Select
            label={t('connections.from')}
            placeholder={t('connections.chooseStore')}
            data={[
              ...(store !== null && openRow === undefined
                ? [{ value: OPEN, label: t('connections.theOpenStore', { location: store.location }) }]
                : []),
              ...rows.map((row) => ({ value: row.id, label: told(row) })),
            ]}
            value={source}
            allowDeselect={false}
            disabled={busy}
            onChange={(value) => go(places.copying({ from: value === OPEN ? null : value, to: target }), 'replace')}
            data-testid="copy-from"
          />
          <IconArrowRight size={18} className={s.arrow} aria-hidden="true" />
          <Select
            label={t('connections.into')}
            placeholder={rows.length === 0 ? t('connections.addFirst') : t('connections.chooseConnection')}
            data={rows.map((row) => ({ value: row.id, label: told(row), disabled: row.id === source || row.open }))}
            value={target}
            allowDeselect={false}
            disabled={busy}
            onChange={(value) => go(places.copying({ from: source === OPEN ? null : source, to: value }), 'replace')}
            data-testid="copy-to"
          />
        </div>
        <Checkbox
          label={t('connections.withKeys')}
          description={t('connections.withKeysMeans')}
          checked={withKeys}
          disabled={busy}
          onChange={(event) => setWithKeys(event.currentTarget.checked)}
          data-testid="copy-with-keys"
        />
        {losses.length > 0 && (
          <Checkbox
            label={t('connections.leaveOut', {
              losses: losses
                .map(({ count, told: why }) => t('connections.loss', { count, why: withoutLeftOut(why) }))
                .join(', '),
            })}
            checked={leaveOut}
            disabled={busy}
            onChange={(event) => setLeaveOut(event.currentTarget.checked)}
            data-testid="copy-leave-out"
          />
        )}
        <div className={s.acts}>
          <Button
            leftSection={<IconSearch size={14} />}
            variant={isOfThese ? 'default' : 'filled'}
            disabled={!ready}
            onClick={() => void order('examineCopy')}
            data-testid="examine-copy"
          >
            {t('connections.examine')}
          </Button>
          <Button
            leftSection={<IconEqual size={14} />}
            disabled={!ready}
            onClick={() => void order('compareCopy')}
            data-testid="compare-copy"
          >
            {t('connections.compareOnly')}
          </Button>
          <Button
            variant={isOfThese ? 'filled' : 'default'}
            leftSection={<IconCopy size={14} />}
            disabled={!ready || !isOfThese || readOnly || (losses.length > 0 && !leaveOut)}
            onClick={() => void order('copyStore')}
            data-testid="copy-store"
          >
            {begun
              ? t('connections.goOnCopying', { name: nameOf(target) })
              : t('connections.copyInto', { name: target === null ? '…' : nameOf(target) })}
          </Button>
          {!isOfThese && ready && <span className="dim">{t('connections.examineFirst')}</span>}
          {readOnly && <span className={v.mind}>{t('connections.isReadOnly', { name: nameOf(target) })}</span>}
        </div>
        {task.running ? (
          <ProgressLine progress={task.progress} fallback={t('connections.openingBoth')} onCancel={task.cancel} />
        ) : (
          underWay && (
            <>
              <p className={s.words}>{run.title}</p>
              <ProgressLine
                progress={run.progress}
                fallback={t('connections.working')}
                onCancel={() => void platform.cancelTask(run.taskId)}
              />
            </>
          )
        )}
      </section>
      {error !== null && <ErrorState error={error} />}
      {result !== null && !busy && <CopyReport result={result} />}
    </div>
  );
}
