import { memo } from 'react';
import { named, t } from '../../i18n';
import type { PinChange, PinEnd, PinRow, PinStep, PinText, PinView } from '../../platform/wire';
import { IdText, Pair, Pairs, StreamName, Time } from '../../shared/bits';
import { grouped, size } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from './NotebookView.module.css';

/** What was seen, as it was then: from the pin alone, whatever store is open. */
export const PinBody = memo(function PinBody({ pin }: { pin: PinView }) {
  return (
    <>
      <Seen pin={pin} />
      <dl className={s.provenance}>
        <div>
          <dt>{t('notebook.taken')}</dt>
          <dd>
            <Time value={pin.takenAt} short />
          </dd>
        </div>
        <div>
          <dt>{t('notebook.store')}</dt>
          <dd className="cut selectable" title={pin.storeLocation}>
            {pin.storeName}
          </dd>
        </div>
        <div>
          <dt>{t('notebook.logUpTo')}</dt>
          <dd className="tabular">#{grouped(pin.head)}</dd>
        </div>
        <div>
          <dt>{t('notebook.hash')}</dt>
          <dd>
            <IdText id={pin.hash} label={t('notebook.hash')} />
          </dd>
        </div>
      </dl>
    </>
  );
});

function Seen({ pin }: { pin: PinView }) {
  const { seen } = pin;
  switch (seen.what) {
    case 'event':
      return (
        <>
          {seen.sentence !== null && <p className={`${s.sentence} selectable`}>{seen.sentence}</p>}
          <Pairs>
            <Pair name={t('notebook.position')}>#{grouped(seen.position)}</Pair>
            <Pair name={t('notebook.stream')}>
              <StreamName stream={seen.stream} />
            </Pair>
            <Pair name={t('notebook.version')}>{grouped(seen.version)}</Pair>
            <Pair name={t('notebook.recorded')}>
              <Time value={seen.recordedAt} />
            </Pair>
            {seen.actor !== null && <Pair name={t('notebook.actor')}>{seen.actor}</Pair>}
            {seen.problem !== null && <Pair name={t('notebook.problem')}>{seen.problem}</Pair>}
            {seen.chainHash !== null && (
              <Pair name={t('notebook.chain')}>
                <IdText id={seen.chainHash} label={t('notebook.chain')} />
              </Pair>
            )}
          </Pairs>
          <Kept text={seen.payload} label={t('notebook.payload', { title: pin.title })} />
        </>
      );
    case 'state':
      return (
        <>
          {seen.sentence !== null && <p className={`${s.sentence} selectable`}>{seen.sentence}</p>}
          {seen.problem !== null && <p className={s.problem}>{seen.problem}</p>}
          <Kept text={seen.state} label={t('notebook.stateOf', { title: pin.title })} />
        </>
      );
    case 'diff':
      return (
        <>
          {seen.problem !== null && <p className={s.problem}>{seen.problem}</p>}
          <Changes changes={seen.changes} total={seen.total} />
        </>
      );
    case 'query':
      return (
        <>
          <p>
            <strong>{t('notebook.matches', { count: seen.matches })}</strong>
          </p>
          <Asked asked={seen.asked} />
          {seen.undecided !== '0' && <p className="dim">{t('notebook.undecided', { count: seen.undecided })}</p>}
          <Rows rows={seen.rows} newest={seen.newestFirst} />
          <LeftOut left={BigInt(seen.matches) - BigInt(seen.rows.length)} />
        </>
      );
    case 'whatIf':
      return (
        <>
          <p>
            {t('notebook.fork', { position: `#${grouped(seen.fork)}` })} ·{' '}
            {t('notebook.whatIfEvents', { count: seen.events })}
          </p>
          <Steps steps={seen.steps} />
          {seen.ends.map((end) => (
            <End key={end.stream} end={end} />
          ))}
        </>
      );
  }
}

/** A payload or a state as a tree. */
function Kept({ text, label }: { text: PinText; label: string }) {
  return (
    <div className={s.kept}>
      {text.nodes.length > 0 && <JsonTree nodes={text.nodes} label={label} />}
      <LeftOut left={BigInt(text.leftOut)} />
      {text.kept !== text.bytes && (
        <p className="faint">{t('notebook.excerpt', { kept: size(text.kept), bytes: size(text.bytes) })}</p>
      )}
    </div>
  );
}

function LeftOut({ left }: { left: bigint }) {
  return left > 0n ? <p className="faint">{t('notebook.leftOut', { count: String(left) })}</p> : null;
}

function Changes({ changes, total }: { changes: readonly PinChange[]; total: string }) {
  if (changes.length === 0) return <p className="dim">{t('notebook.nothingDiffers')}</p>;
  return (
    <>
      <table className={s.table}>
        <thead>
          <tr>
            <th scope="col">{t('notebook.field')}</th>
            <th scope="col">{t('notebook.before')}</th>
            <th scope="col">{t('notebook.after')}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ path, before, after }) => (
            <tr key={path}>
              <td className="mono selectable">{path}</td>
              <td className="selectable">{before ?? '—'}</td>
              <td className="selectable">{after ?? '—'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <LeftOut left={BigInt(total) - BigInt(changes.length)} />
    </>
  );
}

function Asked({ asked }: { asked: readonly { name: string; value: string }[] }) {
  if (asked.length === 0) return <p className="dim">{t('notebook.allEvents')}</p>;
  return (
    <Pairs>
      <Pair name={t('notebook.asked')}>
        {asked.map(({ name, value }) => (
          <code key={`${name} ${value}`} className={`${s.condition} selectable`}>
            {name}: {value}
          </code>
        ))}
      </Pair>
    </Pairs>
  );
}

function Rows({ rows, newest }: { rows: readonly PinRow[]; newest: boolean }) {
  if (rows.length === 0) return null;
  return (
    <table className={s.table} aria-label={newest ? t('notebook.rowsNewest') : t('notebook.rowsFirst')}>
      <tbody>
        {rows.map((row) => (
          <tr key={row.position}>
            <td className="tabular">#{grouped(row.position)}</td>
            <td>
              <Time value={row.recordedAt} short />
            </td>
            <td>
              <StreamName stream={row.stream} />
            </td>
            <td className="selectable">{row.sentence ?? row.eventType}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Steps({ steps }: { steps: readonly PinStep[] }) {
  if (steps.length === 0) return null;
  return (
    <table className={s.table}>
      <thead>
        <tr>
          <th scope="col">{t('notebook.step')}</th>
          <th scope="col">{t('notebook.outcome')}</th>
          <th scope="col">{t('notebook.events')}</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity but their place
          <tr key={index}>
            <td>{named('notebook.what.', step.what)}</td>
            <td className="selectable">
              {named('notebook.outcome.', step.outcome)}
              {step.code !== null && <code className={s.condition}>{step.code}</code>} {step.message}
              {step.stuck.map(({ name, value }) => (
                <p key={name}>{t('whatif.isStuck', { name, reason: value })}</p>
              ))}
            </td>
            <td className="tabular">{grouped(step.events)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function End({ end }: { end: PinEnd }) {
  return (
    <>
      <p>
        {end.whatIfVersion === end.originalVersion
          ? t('notebook.endsSame', { stream: end.stream, whatIf: grouped(end.whatIfVersion) })
          : t('notebook.ends', {
              stream: end.stream,
              whatIf: grouped(end.whatIfVersion),
              original: grouped(end.originalVersion),
            })}
      </p>
      {end.problem !== null && <p className="selectable">{end.problem}</p>}
      <Changes changes={end.changes} total={end.total} />
    </>
  );
}
