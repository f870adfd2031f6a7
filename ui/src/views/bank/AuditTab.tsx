import { Button } from '@mantine/core';
import { IconUserSearch } from '@tabler/icons-react';
import { useAsk, useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { ActorRow, AuditRow } from '../../platform/wire';
import { Bones, EmptyState, StreamName, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import side from '../../shared/SideList.module.css';
import { EventDetailPanel } from '../events/EventDetail';
import s from './BankView.module.css';
import { Count } from './Count';
import { ReadModelState } from './ReadModelState';

type AuditPlace = Extract<Place, { view: 'bank'; tab: 'audit' }>;

const ACTORS = 1000;

/** Who did what, when and why: the actors, and the trail of one of them. */
export function AuditTab({ place }: { place: AuditPlace }) {
  const actors = useAsk('actors', [0, ACTORS], (platform) => platform.actors(0, ACTORS), { keep: true });
  if (actors.isError) {
    return <ReadModelState error={toAppError(actors.error)} onRetry={() => void actors.refetch()} />;
  }
  if (actors.data === undefined) return <Bones lines={10} label={t('bank.loadingTheActors')} />;
  const all = actors.data.actors;
  if (all.length === 0) {
    return (
      <EmptyState
        icon={<IconUserSearch size={28} stroke={1.4} />}
        title={t('bank.nobodyHasDoneAnythingYet')}
        action={<Button onClick={() => go(places.commands())}>{t('bank.issueACommand')}</Button>}
      >
        {t('bank.everyEventSaysWhoCausedItWithWhich')}
      </EmptyState>
    );
  }
  const actor = place.actor ?? all[0]?.actor ?? '';
  return (
    <SplitView
      label={t('bank.event')}
      detail={
        place.event === null ? null : (
          <EventDetailPanel position={place.event} onClose={() => go(places.audit(place.actor), 'replace')} />
        )
      }
    >
      <div className={s.area}>
        <fieldset className={side.list} aria-label={t('bank.actors')}>
          {all.map((one) => (
            <Actor key={one.actor} row={one} chosen={one.actor === actor} />
          ))}
          {BigInt(actors.data.total) > BigInt(all.length) && (
            <p className="faint">{t('bank.andMore', { count: BigInt(actors.data.total) - BigInt(all.length) })}</p>
          )}
        </fieldset>
        <div className={s.column}>
          <Trail key={actor} actor={actor} event={place.event} />
        </div>
      </div>
    </SplitView>
  );
}

function Actor({ row, chosen }: { row: ActorRow; chosen: boolean }) {
  return (
    <button
      type="button"
      className={`${side.entry} ${chosen ? side.chosen : ''}`}
      aria-pressed={chosen}
      onClick={() => go(places.audit(row.actor), 'replace')}
      data-testid={`actor-${row.actor}`}
    >
      <span className="cut" title={row.actor}>
        {row.actor}
      </span>
      <span className="tabular">{grouped(row.events)}</span>
      <span className={side.small}>{rich('bank.last', { lastAt: <Time value={row.lastAt} short /> })}</span>
    </button>
  );
}

const columns = perLanguage((): readonly Column<AuditRow>[] => [
  {
    id: 'when',
    header: t('bank.when'),
    width: '180px',
    from: 500,
    render: (row) => <Time value={row.recordedAt} short />,
  },
  { id: 'command', header: t('bank.askedFor'), width: 'minmax(120px, 190px)', render: (row) => row.commandType },
  {
    id: 'event',
    header: t('bank.whatCameOfIt'),
    width: 'minmax(120px, 190px)',
    render: (row) => <span className={s.strong}>{row.eventType}</span>,
  },
  {
    id: 'stream',
    header: t('bank.ofHeader'),
    width: 'minmax(120px, 180px)',
    from: 640,
    render: (row) => <StreamName stream={row.stream} />,
  },
  {
    id: 'why',
    header: t('bank.why'),
    width: 'minmax(80px, 1fr)',
    from: 760,
    render: (row) =>
      row.reason === null ? <span className="faint">–</span> : <span title={row.reason}>{row.reason}</span>,
  },
  {
    id: 'channel',
    header: t('bank.fromDay'),
    width: '90px',
    from: 920,
    render: (row) => <span className="dim">{row.channel}</span>,
  },
  {
    id: 'position',
    header: t('bank.event'),
    width: '84px',
    align: 'end',
    from: 420,
    render: (row) => <span className="mono faint">#{grouped(row.position)}</span>,
  },
]);

function Trail({ actor, event }: { actor: string; event: string | null }) {
  const platform = usePlatform();
  const source = useRowSource<AuditRow>(
    actor,
    async (first, count) => {
      const page = await platform.audit(actor, Number(first), count);
      return { rows: page.rows, total: BigInt(page.total) };
    },
    useBeat('readModels'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  return (
    <>
      <div className={s.bar}>
        <strong className={s.strong}>{actor}</strong>
        <span className={s.spacer} />
        <Count total={total} word={t('bank.eventWord', { count: total ?? 0n })} />
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          title={t('bank.nothingBy', { actor })}
          action={<Button onClick={() => go(places.audit())}>{t('bank.showEverybody')}</Button>}
        >
          {t('bank.noEventNamesThisActorAsFarAsThe')}
        </EmptyState>
      ) : (
        <VirtualGrid<AuditRow>
          label={t('bank.whatDid', { actor, events: t('shared.nEvents', { count: String(total ?? 0n) }) })}
          columns={columns()}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(row) => row.position}
          rowProps={(row) => ({ 'data-testid': 'audit-row', 'data-position': row.position })}
          onWindow={onWindow}
          origin={source}
          selected={event}
          onSelect={(row) => go(places.audit(actor, row.position), 'replace')}
          onOpen={(row) => go(places.events({ correlation: row.correlationId }, row.position, 'oldest'))}
        />
      )}
    </>
  );
}
