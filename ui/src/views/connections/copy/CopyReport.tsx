import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react';
import type { CopyNoteRow, CopyResult } from '../../../platform/wire';
import { Chip, StreamName } from '../../../shared/bits';
import { grouped, plural, seconds, size } from '../../../shared/format';
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
            ? `Everything is there already: ${plural(result.events, 'event')}.`
            : `${plural(result.events, 'event')} in ${plural(result.streams, 'stream')} would be copied; ${grouped(result.already)} of them are there already.`,
      };
    case 'would_leave_out':
      return { tone: 'warn', words: 'Some events cannot be copied. Nothing was written; agree to leave them out.' };
    case 'cancelled':
      return {
        tone: 'warn',
        words: `Stopped. ${plural(result.copied, 'event')} copied, ${grouped(result.already)} were there. What is there stays; going on begins behind it.`,
      };
    default: {
      const copied =
        result.outcome === 'copied'
          ? `${plural(result.copied, 'event')} copied in ${seconds(result.seconds)}, ${grouped(result.already)} were there. `
          : '';
      if (comparison === null) return { tone: 'warn', words: `${copied}Both sides were not compared.` };
      if (!comparison.equal)
        return {
          tone: 'bad',
          words: `${copied}Not equal: ${comparison.endedEarly ? 'at least ' : ''}${plural(comparison.totalDifferences, 'difference')}.`,
        };
      return {
        tone: 'good',
        words: `${copied}Equal: ${plural(comparison.events, 'event')} on both sides${comparison.identical ? ', down to positions, times and hashes' : ', compared one by one'}.`,
      };
    }
  }
}

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
        <Fact name="Events" value={grouped(result.events)} />
        <Fact name="Streams" value={grouped(result.streams)} />
        <Fact name="Size" value={size(result.bytes)} />
        <Fact name="There before" value={grouped(result.already)} />
        <Fact name="Copied now" value={grouped(result.copied)} />
        <Fact name="Took" value={seconds(result.seconds)} />
        {keys !== null && (
          <Fact
            name="Keys"
            value={`${grouped(keys.copied)} copied, ${grouped(keys.already)} there, ${grouped(keys.erased)} erased, ${grouped(keys.other)} others in the target`}
          />
        )}
      </dl>
      {result.notes.length > 0 ? <Notes notes={result.notes} planned={result.outcome === 'planned'} /> : <Nothing />}
      {comparison !== null && comparison.differences.length > 0 && (
        <table className={v.table} data-testid="copy-differences">
          <caption className="visually-hidden">Differences</caption>
          <thead>
            <tr>
              <th scope="col">Differs</th>
              <th scope="col">Stream</th>
              <th scope="col">Source, target</th>
              <th scope="col">How</th>
            </tr>
          </thead>
          <tbody>
            {comparison.differences.map((one) => (
              <tr key={`${one.kind} ${one.stream} ${one.sourcePosition} ${one.targetPosition}`}>
                <th scope="row">{one.kind.replaceAll('_', ' ')}</th>
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
  return <p className={s.words}>Nothing is lost or changed: the target keeps everything as it is in the source.</p>;
}

function Notes({ notes, planned }: { notes: readonly CopyNoteRow[]; planned: boolean }) {
  return (
    <table className={v.table} data-testid="copy-notes">
      <caption className="visually-hidden">Not as in the source</caption>
      <thead>
        <tr>
          <th scope="col">{planned ? 'Would not be as in the source' : 'Not as in the source'}</th>
          <th scope="col">How often</th>
          <th scope="col">For example</th>
        </tr>
      </thead>
      <tbody>
        {notes.map((note) => (
          <tr key={note.kind} data-testid="copy-note" data-kind={note.kind}>
            <th scope="row">
              {note.told} {note.loss && <Chip tone="bad">lost</Chip>}
            </th>
            <td className="tabular">{grouped(note.count)}</td>
            <td>
              <ul className={s.examples}>
                {note.examples.slice(0, 2).map((one) => (
                  <li key={`${one.stream} ${one.version}`} className="selectable">
                    <span className="mono">
                      {one.stream} v{grouped(one.version)}
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
