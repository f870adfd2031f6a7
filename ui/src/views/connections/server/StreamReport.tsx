import { useAsk } from '../../../app/cache';
import { places } from '../../../app/place';
import { PlaceLink } from '../../../app/router';
import { t } from '../../../i18n';
import { toAppError } from '../../../platform/platform';
import type { LinkRow, ServerEntryRow, StandingCode, StreamRightRow } from '../../../platform/wire';
import { Bones, Chip, ErrorState, Time, type Tone } from '../../../shared/bits';
import { grouped } from '../../../shared/format';
import v from '../ConnectionsView.module.css';
import s from './ServerTab.module.css';

const TONES: Record<StandingCode, Tone> = {
  present: 'good',
  missing: 'warn',
  hidden: 'warn',
  deleted_softly: 'warn',
  tombstoned: 'bad',
  not_allowed: 'bad',
};

/** Everything about one stream beside its events; of one that is not there, why. */
export function StreamReport({ stream }: { stream: string }) {
  const asked = useAsk('serverStream', [stream], (ask) => ask.serverStream(stream), { keep: true });
  if (asked.isError) return <ErrorState error={toAppError(asked.error)} onRetry={() => void asked.refetch()} />;
  if (asked.data === undefined) return <Bones lines={4} label={t('connections.askingStream')} />;
  const report = asked.data;

  return (
    <article className={s.report} data-testid="stream-report" data-standing={report.standing} aria-live="polite">
      <h3>
        <span className="mono">{report.stream}</span>
        <Chip tone={TONES[report.standing]} dot>
          {t(`connections.standing_${report.standing}`)}
        </Chip>
      </h3>
      <p>{report.told}</p>
      {report.similar.length > 0 && (
        <ul className={s.similar} aria-label={t('connections.similarStreams')}>
          {report.similar.map((name) => (
            <li key={name}>
              <PlaceLink to={places.server(name)} className={s.link}>
                <span className="mono">{name}</span>
              </PlaceLink>
            </li>
          ))}
        </ul>
      )}
      {report.metadata !== null && (
        <section aria-label={t('connections.metadata')}>
          <p className="faint">{t('connections.metadataWritten', { count: report.metadataVersion ?? '1' })}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
          <pre className="selectable" tabIndex={0} data-testid="stream-metadata">
            {report.metadata}
          </pre>
        </section>
      )}
      {report.rights.length > 0 && <Rights rights={report.rights} />}
      {report.entries.length > 0 && <Entries entries={report.entries} end={report.end} />}
    </article>
  );
}

function Rights({ rights }: { rights: readonly StreamRightRow[] }) {
  return (
    <table className={v.table} data-testid="stream-rights">
      <caption className="visually-hidden">{t('connections.rights')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('connections.may')}</th>
          <th scope="col">{t('connections.who')}</th>
          <th scope="col">{t('connections.saidBy')}</th>
        </tr>
      </thead>
      <tbody>
        {rights.map((right) => (
          <tr key={right.action}>
            <th scope="row">{right.action}</th>
            <td className="mono">{right.roles.length === 0 ? t('connections.nobody') : right.roles.join(', ')}</td>
            <td className="dim">{right.source}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Entries({ entries, end }: { entries: readonly ServerEntryRow[]; end: boolean }) {
  const links = entries.some((entry) => entry.link !== null);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section className={s.list} aria-label={t('connections.lastEntries')} tabIndex={0}>
        <table className={v.table} data-testid="stream-entries">
          <thead>
            <tr>
              <th scope="col" className="num">
                {t('connections.version')}
              </th>
              <th scope="col">{t('connections.type')}</th>
              <th scope="col">{t('connections.recorded')}</th>
              {links && <th scope="col">{t('connections.linkTo')}</th>}
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={entry.version}>
                <td className="num tabular">{grouped(entry.version)}</td>
                <td className="mono">{entry.eventType}</td>
                <td>
                  <Time value={entry.recordedAt} short />
                </td>
                {links && <td>{entry.link !== null && <LinkTo link={entry.link} />}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {!end && <p className="faint">{t('connections.earlierOnes')}</p>}
    </>
  );
}

function LinkTo({ link }: { link: LinkRow }) {
  const names =
    link.stream === null
      ? t('connections.unnamedEvent')
      : t('connections.streamAt', { stream: link.stream, version: link.version ?? '?' });
  if (link.position === null) {
    return (
      <>
        <span className="mono">{names}</span> <Chip tone="warn">{t('connections.unresolved')}</Chip>{' '}
        <span className="dim">{link.unresolved}</span>
      </>
    );
  }
  return (
    <PlaceLink to={places.events({ stream: link.stream }, link.position)} className={s.link}>
      <span className="mono">{names}</span> <span className="dim">{link.eventType}</span>
    </PlaceLink>
  );
}
