import { Checkbox } from '@mantine/core';
import { IconServer } from '@tabler/icons-react';
import { useState } from 'react';
import { useAsk } from '../../../app/cache';
import { places } from '../../../app/place';
import { go, PlaceLink } from '../../../app/router';
import { named, t } from '../../../i18n';
import { toAppError } from '../../../platform/platform';
import type { CapabilityRow, IndexView, ServerFact, StoreStatus } from '../../../platform/wire';
import { Bones, Chip, EmptyState, ErrorState } from '../../../shared/bits';
import { grouped } from '../../../shared/format';
import { SearchField } from '../../../shared/SearchField';
import v from '../ConnectionsView.module.css';
import c from '../copy/CopyTab.module.css';
import { ServerProjections } from './ServerProjections';
import s from './ServerTab.module.css';
import { StreamReport } from './StreamReport';
import { Subscriptions } from './Subscriptions';

/** What the open store stands on, and what its server keeps beside the events. */
export function ServerTab({ store, stream }: { store: StoreStatus | null; stream: string | null }) {
  const overview = useAsk('serverOverview', [], (ask) => ask.serverOverview(), {
    keep: true,
    enabled: store !== null,
  });
  if (store === null) {
    return (
      <EmptyState icon={<IconServer size={28} stroke={1.4} />} title={t('connections.noStoreOpen')}>
        {t('connections.openToSee')}
      </EmptyState>
    );
  }
  if (overview.isError)
    return <ErrorState error={toAppError(overview.error)} onRetry={() => void overview.refetch()} />;
  if (overview.data === undefined) return <Bones lines={12} label={t('connections.askingStore')} />;
  const { backend, hasServer, whyNone, facts, capabilities, index } = overview.data;
  return (
    <div className={v.page}>
      <section className={v.section} aria-labelledby="stands-on" data-testid="server-overview">
        <header className={v.head}>
          <h2 id="stands-on">{store.connection?.name ?? named('shared.backend.', backend)}</h2>
          <Chip>{named('shared.backend.', backend)}</Chip>
        </header>
        <Facts facts={facts} index={index} />
      </section>
      <section className={v.section} aria-labelledby="can">
        <header className={v.head}>
          <h2 id="can">{t('connections.whatItCan')}</h2>
        </header>
        <Capabilities rows={capabilities} />
      </section>
      <Streams stream={stream} />
      {hasServer ? (
        <>
          <Subscriptions />
          <ServerProjections />
        </>
      ) : (
        <section className={v.section} aria-labelledby="no-server" data-testid="no-server">
          <header className={v.head}>
            <h2 id="no-server">{t('connections.subscriptionsAndProjections')}</h2>
          </header>
          <p className={c.words}>{whyNone}</p>
        </section>
      )}
    </div>
  );
}

function Facts({ facts, index }: { facts: readonly ServerFact[]; index: IndexView | null }) {
  return (
    <dl className={s.pairs} data-testid="server-facts">
      {facts.map((fact) => (
        <div key={fact.name}>
          <dt>{fact.name}</dt>
          <dd className="selectable">{fact.value}</dd>
        </div>
      ))}
      {index !== null && (
        <div>
          <dt>{t('connections.indexed')}</dt>
          <dd>
            {index.complete
              ? t('connections.indexedWhole', { count: index.events })
              : t('connections.indexedUpTo', {
                  count: index.events,
                  position: grouped(index.position),
                  head: grouped(index.head),
                })}
          </dd>
        </div>
      )}
    </dl>
  );
}

function Capabilities({ rows }: { rows: readonly CapabilityRow[] }) {
  return (
    <ul className={s.can} data-testid="capabilities">
      {rows.map((row) => (
        <li key={row.name} data-offered={row.offered}>
          <Chip tone={row.offered ? 'good' : 'neutral'}>
            {row.offered ? t('connections.yes') : t('connections.no')}
          </Chip>
          <span>{row.told}</span>
        </li>
      ))}
    </ul>
  );
}

function noStream(name: string | null, system: boolean): string {
  if (name === null) return system ? t('connections.noStreamAtAll') : t('connections.noStream');
  return system ? t('connections.noStreamAtAllNamed', { name }) : t('connections.noStreamNamed', { name });
}

/** The streams as the server has them: found by name, also one that is not there. */
function Streams({ stream }: { stream: string | null }) {
  const [system, setSystem] = useState(stream?.startsWith('$') ?? false);
  const search = stream === null || stream === '' ? null : stream;
  const list = useAsk('serverStreams', [search, system], (ask) => ask.serverStreams(search, system), { keep: true });
  return (
    <section className={v.section} aria-labelledby="streams">
      <header className={v.head}>
        <h2 id="streams">{t('connections.streams')}</h2>
        <Checkbox
          label={t('connections.systemStreams')}
          checked={system}
          onChange={(event) => setSystem(event.currentTarget.checked)}
          data-testid="system-streams"
        />
      </header>
      <SearchField
        value={stream}
        onChange={(value) => go(places.server(value), 'replace')}
        label={t('connections.nameOfStream')}
        placeholder={t('connections.streamExample')}
        width={360}
        main
        testId="server-stream"
      />
      {search !== null && <StreamReport stream={search} />}
      {list.isError ? (
        <ErrorState error={toAppError(list.error)} onRetry={() => void list.refetch()} />
      ) : list.data === undefined ? (
        <Bones lines={6} label={t('connections.loadingStreams')} />
      ) : list.data.streams.length === 0 ? (
        <p className={c.words} data-testid="no-streams">
          {noStream(search, system)}
        </p>
      ) : (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
          <section className={s.list} aria-label={t('connections.listOfStreams')} tabIndex={0}>
            <table className={v.table} data-testid="server-streams">
              <thead>
                <tr>
                  <th scope="col">{t('connections.stream')}</th>
                  <th scope="col" className="num">
                    {t('connections.lastVersion')}
                  </th>
                  <th scope="col">{t('connections.toBeKnown')}</th>
                </tr>
              </thead>
              <tbody>
                {list.data.streams.map((row) => (
                  <tr key={row.stream} data-testid="server-stream-row">
                    <th scope="row">
                      <PlaceLink to={places.server(row.stream)} className={s.link}>
                        <span className="mono">{row.stream}</span>
                      </PlaceLink>
                    </th>
                    <td className="num tabular">{row.version === null ? '?' : grouped(row.version)}</td>
                    <td>
                      {row.system && <Chip tone="info">{t('connections.system')}</Chip>} {row.told}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <p className="faint">
            {system
              ? t('connections.matchBesideOwn', { count: list.data.total })
              : t('connections.match', { count: list.data.total })}
          </p>
        </>
      )}
    </section>
  );
}
