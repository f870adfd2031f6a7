import { useAsk } from '../../../app/cache';
import { places } from '../../../app/place';
import { PlaceLink } from '../../../app/router';
import { toAppError } from '../../../platform/platform';
import type { LinkRow, ServerEntryRow, StandingCode, StreamRightRow } from '../../../platform/wire';
import { Bones, Chip, ErrorState, Time, type Tone } from '../../../shared/bits';
import { grouped } from '../../../shared/format';
import v from '../ConnectionsView.module.css';
import s from './ServerTab.module.css';

const STANDINGS: Record<StandingCode, { words: string; tone: Tone }> = {
  present: { words: 'there', tone: 'good' },
  missing: { words: 'no such stream', tone: 'warn' },
  hidden: { words: 'truncated', tone: 'warn' },
  deleted_softly: { words: 'deleted', tone: 'warn' },
  tombstoned: { words: 'tombstoned', tone: 'bad' },
  not_allowed: { words: 'no right', tone: 'bad' },
};

/** Everything about one stream beside its events; of one that is not there, why. */
export function StreamReport({ stream }: { stream: string }) {
  const asked = useAsk('serverStream', [stream], (ask) => ask.serverStream(stream), { keep: true });
  if (asked.isError) return <ErrorState error={toAppError(asked.error)} onRetry={() => void asked.refetch()} />;
  if (asked.data === undefined) return <Bones lines={4} label="Asking for the stream" />;
  const report = asked.data;
  const standing = STANDINGS[report.standing];
  return (
    <article className={s.report} data-testid="stream-report" data-standing={report.standing} aria-live="polite">
      <h3>
        <span className="mono">{report.stream}</span>
        <Chip tone={standing.tone} dot>
          {standing.words}
        </Chip>
      </h3>
      <p>{report.told}</p>
      {report.similar.length > 0 && (
        <ul className={s.similar} aria-label="Streams of a similar name">
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
        <section aria-label="Metadata">
          <p className="faint">Metadata, written {grouped(report.metadataVersion ?? '1')} times</p>
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
      <caption className="visually-hidden">Who may do what</caption>
      <thead>
        <tr>
          <th scope="col">May</th>
          <th scope="col">Who</th>
          <th scope="col">Said by</th>
        </tr>
      </thead>
      <tbody>
        {rights.map((right) => (
          <tr key={right.action}>
            <th scope="row">{right.action}</th>
            <td className="mono">{right.roles.length === 0 ? 'nobody' : right.roles.join(', ')}</td>
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
      <section className={s.list} aria-label="Last entries" tabIndex={0}>
        <table className={v.table} data-testid="stream-entries">
          <thead>
            <tr>
              <th scope="col" className="num">
                Version
              </th>
              <th scope="col">Type</th>
              <th scope="col">Recorded</th>
              {links && <th scope="col">Link to</th>}
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
      {!end && <p className="faint">There are earlier ones.</p>}
    </>
  );
}

function LinkTo({ link }: { link: LinkRow }) {
  const names = link.stream === null ? 'an event that it does not name' : `${link.stream} v${link.version ?? '?'}`;
  if (link.position === null) {
    return (
      <>
        <span className="mono">{names}</span> <Chip tone="warn">unresolved</Chip>{' '}
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
