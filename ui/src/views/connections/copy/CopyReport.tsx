import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react';
import { t } from '../../../i18n';
import type { CopyNoteRow, CopyResult } from '../../../platform/wire';
import { Chip, StreamName } from '../../../shared/bits';
import { grouped, seconds, size } from '../../../shared/format';
import v from '../ConnectionsView.module.css';
import s from './CopyTab.module.css';

type Tone = 'good' | 'warn' | 'bad' | 'plain';

const ICONS = { good: IconCircleCheck, warn: IconAlertTriangle, bad: IconCircleX, plain: IconInfoCircle } as const;

function verdictOf(result: CopyResult): { tone: Tone; words: string } {
  const { comparison } = result;
  switch (result.outcome) {
    case 'planned':
      return {
        tone: 'plain',
        words:
          result.already === result.events
            ? t('connections.allThere', { count: result.events })
            : t('connections.wouldCopy', {
                events: t('connections.nEvents', { count: result.events }),
                streams: t('connections.nStreams', { count: result.streams }),
                already: grouped(result.already),
              }),
      };
    case 'would_leave_out':
      return { tone: 'warn', words: t('connections.wouldLeaveOut') };
    case 'cancelled':
      return {
        tone: 'warn',
        words: t('connections.copyStopped', {
          events: t('connections.nEvents', { count: result.copied }),
          already: grouped(result.already),
        }),
      };
    default: {
      const { tone, words } = equalityOf(comparison);
      return { tone, words: result.outcome === 'copied' ? `${copiedWords(result)} ${words}` : words };
    }
  }
}

const copiedWords = (result: CopyResult): string =>
  t('connections.copiedIn', {
    events: t('connections.nEvents', { count: result.copied }),
    time: seconds(result.seconds),
    already: grouped(result.already),
  });

function equalityOf(comparison: CopyResult['comparison']): { tone: Tone; words: string } {
  if (comparison === null) return { tone: 'warn', words: t('connections.notCompared') };
  if (!comparison.equal) {
    const count = comparison.totalDifferences;
    return {
      tone: 'bad',
      words: comparison.endedEarly ? t('connections.notEqualAtLeast', { count }) : t('connections.notEqual', { count }),
    };
  }
  const count = comparison.events;
  return {
    tone: 'good',
    words: comparison.identical ? t('connections.identical', { count }) : t('connections.equal', { count }),
  };
}

/** How an event or a stream differs, by the code of the difference. */
const DIFFERS = {
  missing: 'connections.differs_missing',
  extra: 'connections.differs_extra',
  order: 'connections.differs_order',
  event_id: 'connections.differs_eventId',
  stream: 'connections.differs_stream',
  version: 'connections.differs_version',
  event_type: 'connections.differs_eventType',
  schema_version: 'connections.differs_schemaVersion',
  payload: 'connections.differs_payload',
  metadata: 'connections.differs_metadata',
  time: 'connections.differs_time',
  stream_length: 'connections.differs_streamLength',
  key: 'connections.differs_key',
} as const;

const isKnown = (kind: string): kind is keyof typeof DIFFERS => Object.hasOwn(DIFFERS, kind);

const differs = (kind: string): string => (isKnown(kind) ? t(DIFFERS[kind]) : kind);

/** What came of a copy, of its examination or of a comparison. */
export function CopyReport({ result }: { result: CopyResult }) {
  const { tone, words } = verdictOf(result);
  const Icon = ICONS[tone];
  const { keys, comparison } = result;
  return (
    <section
      className={v.section}
      aria-labelledby="copy-report"
      data-testid="copy-report"
      data-outcome={result.outcome}
    >
      <header className={v.head}>
        <h2 id="copy-report">
          {result.from} → {result.to}
        </h2>
      </header>
      <div className={`${s.verdict} ${tone === 'plain' ? '' : s[tone]}`} role="status">
        <Icon size={16} aria-hidden="true" />
        <p>{words}</p>
      </div>
      <dl className={s.facts}>
        <Fact name={t('connections.events')} value={grouped(result.events)} />
        <Fact name={t('connections.streams')} value={grouped(result.streams)} />
        <Fact name={t('connections.size')} value={size(result.bytes)} />
        <Fact name={t('connections.thereBefore')} value={grouped(result.already)} />
        <Fact name={t('connections.copiedNow')} value={grouped(result.copied)} />
        <Fact name={t('connections.took')} value={seconds(result.seconds)} />
        {keys !== null && (
          <Fact
            name={t('connections.keys')}
            value={t('connections.keysCopied', {
              copied: grouped(keys.copied),
              already: grouped(keys.already),
              erased: grouped(keys.erased),
              others: grouped(keys.other),
            })}
          />
        )}
      </dl>
      {result.notes.length > 0 ? <Notes notes={result.notes} planned={result.outcome === 'planned'} /> : <Nothing />}
      {comparison !== null && comparison.differences.length > 0 && (
        <table className={v.table} data-testid="copy-differences">
          <caption className="visually-hidden">{t('connections.differences')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('connections.differs')}</th>
              <th scope="col">{t('connections.stream')}</th>
              <th scope="col">{t('connections.sourceTarget')}</th>
              <th scope="col">{t('connections.how')}</th>
            </tr>
          </thead>
          <tbody>
            {comparison.differences.map((one) => (
              <tr key={`${one.kind} ${one.stream} ${one.sourcePosition} ${one.targetPosition}`}>
                <th scope="row">{differs(one.kind)}</th>
                <td>
                  <StreamName stream={one.stream} />
                </td>
                <td className="mono">
                  {one.sourcePosition ?? '–'}, {one.targetPosition ?? '–'}
                </td>
                <td className="selectable">{one.message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="tabular">{value}</dd>
    </div>
  );
}

function Nothing() {
  return <p className={s.words}>{t('connections.nothingLost')}</p>;
}

function Notes({ notes, planned }: { notes: readonly CopyNoteRow[]; planned: boolean }) {
  return (
    <table className={v.table} data-testid="copy-notes">
      <caption className="visually-hidden">{t('connections.notAsSource')}</caption>
      <thead>
        <tr>
          <th scope="col">{planned ? t('connections.wouldNotBeAsSource') : t('connections.notAsSource')}</th>
          <th scope="col">{t('connections.howOften')}</th>
          <th scope="col">{t('connections.forExample')}</th>
        </tr>
      </thead>
      <tbody>
        {notes.map((note) => (
          <tr key={note.kind} data-testid="copy-note" data-kind={note.kind}>
            <th scope="row">
              {note.told} {note.loss && <Chip tone="bad">{t('connections.lost')}</Chip>}
            </th>
            <td className="tabular">{grouped(note.count)}</td>
            <td>
              <ul className={s.examples}>
                {note.examples.slice(0, 2).map((one) => (
                  <li key={`${one.stream} ${one.version}`} className="selectable">
                    <span className="mono">
                      {t('connections.streamAt', { stream: one.stream, version: grouped(one.version) })}
                    </span>{' '}
                    {one.detail}
                  </li>
                ))}
              </ul>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
