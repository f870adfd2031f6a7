import { useMemo } from 'react';
import { t } from '../../i18n';
import type { EventDetail } from '../../platform/wire';
import { CopyButton } from '../../shared/bits';
import { parseExact } from '../../shared/form/exactJson';
import { prettyJson } from '../../shared/form/layoutJson';
import { grouped } from '../../shared/format';
import s from './EventDetail.module.css';
import { hexRows } from './hexDump';
import { SchemaBadge } from './SchemaBadge';

/** Most bytes that are laid out as rows; the rest is in what is copied. */
const DUMPED_BYTES = 64 * 1024;

/** Why a text is no JSON, with the place; nothing if it is. */
export function jsonProblem(text: string): string | null {
  try {
    parseExact(text);
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/** The stored bytes, and what each upcaster made of them. */
export function RawTab({ detail }: { detail: EventDetail }) {
  return (
    <div className={s.raw} data-testid="event-raw">
      <Stored detail={detail} />
      {detail.upcast.slice(1).map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are known by their order alone
        <div key={index} className={s.step}>
          <h3>{t('events.step', { number: index + 1, description: step.description ?? t('events.asStored') })}</h3>
          {step.dropped !== null && <p className={s.note}>{t('events.dropped', { dropped: step.dropped })}</p>}
          {step.events.map((event) => (
            <div key={`${event.eventType}-${event.schemaVersion}`}>
              <p className={s.stepType}>
                {event.eventType} <SchemaBadge version={event.schemaVersion} />
              </p>
              <pre className="mono selectable">{event.payload}</pre>
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

function Stored({ detail }: { detail: EventDetail }) {
  const { raw, binary } = detail;
  const problem = useMemo(() => (binary ? null : jsonProblem(raw)), [raw, binary]);
  return (
    <div className={s.step}>
      <h3>
        {t('events.storedBytes')}{' '}
        <span className="faint tabular">{t('events.b', { rawBytes: grouped(detail.rawBytes) })}</span>
        {binary && <span className="faint">{t('events.binary')}</span>}
        <CopyButton text={raw} label={binary ? t('events.copyTheBytesHexadecimal') : t('events.copyTheStoredJson')} />
      </h3>
      {problem !== null && (
        <p className={s.invalid} role="alert" data-testid="raw-problem">
          {t('events.theseBytesAreNoJson', { problem })}
        </p>
      )}
      {binary ? <HexDump digits={raw} /> : <pre className="mono selectable">{raw}</pre>}
      {!binary && problem === null && (
        <details className={s.laidOut}>
          <summary>{t('events.laidOut')}</summary>
          <pre className="mono selectable">{prettyJson(raw)}</pre>
        </details>
      )}
    </div>
  );
}

function HexDump({ digits }: { digits: string }) {
  const rows = useMemo(() => hexRows(digits.slice(0, DUMPED_BYTES * 2)), [digits]);
  const left = digits.length / 2 - DUMPED_BYTES;
  return (
    <>
      <pre className={`mono selectable ${s.dump}`} data-testid="hex-dump">
        {rows.map(({ offset, hex, ascii }) => `${offset}  ${hex} |${ascii}|`).join('\n')}
      </pre>
      {left > 0 && <p className={s.note}>{t('events.moreBytes', { count: left })}</p>}
    </>
  );
}
