import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { rich, t } from '../../i18n';
import type { EventRow } from '../../platform/wire';
import { Kbd, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import s from './Blame.module.css';
import type { Blamed } from './useBlame';

interface BlameLineProps {
  /** JSON pointer of the field that is looked at. */
  path: string | null;
  event: EventRow | null;
  blame: Blamed;
  now: string;
  onVersion: (version: bigint) => void;
  onHistory: (path: string) => void;
}

/** One line about the field under the pointer or with the focus: which event, version, actor and time last set it. */
export function BlameLine({ path, event, blame, now, onVersion, onHistory }: BlameLineProps) {
  return (
    <div className={s.line} data-testid="blame-line" aria-live="polite">
      {blame.error !== null ? (
        <>
          <span className={s.wrong}>{blame.error.message}</span>
          <button type="button" className={`link ${s.plain}`} onClick={blame.retry}>
            {t('time.tryAgain')}
          </button>
        </>
      ) : path === null ? (
        <span className="faint">
          {rich('time.pointAtAFieldOrMoveToItWithToSee', { key: <Kbd>↓</Kbd>, key2: <Kbd>B</Kbd> })}
        </span>
      ) : (
        <>
          <code className={`${s.path} mono cut`} title={path}>
            {path}
          </code>
          <SetBy path={path} event={event} blame={blame} now={now} onVersion={onVersion} />
          <span className={s.spacer} />
          <button
            type="button"
            className={`link ${s.plain}`}
            onClick={() => onHistory(path)}
            data-testid="field-history"
          >
            {t('time.historyLink')} <Kbd>H</Kbd>
          </button>
        </>
      )}
      {path === null && blame.begins !== null && (
        <span className="faint">{t('time.eventsBeforeVersionAreGoneValues', { begins: grouped(blame.begins) })}</span>
      )}
      {path === null && blame.leftOut > 0 && (
        <span className="faint">{t('time.furtherValues', { count: blame.leftOut })}</span>
      )}
    </div>
  );
}

function SetBy({ path, event, blame, now, onVersion }: Omit<BlameLineProps, 'path' | 'onHistory'> & { path: string }) {
  if (blame.busy) return <span className="faint">{blame.progress?.phase ?? t('time.lookingForTheEvent')}…</span>;
  if (event === null) {
    return (
      <span className="faint">
        {blame.initial.has(path) || now === '0' ? t('time.isWhatTheStateBeginsWith') : t('time.isNotInTheStateAnyMore')}
      </span>
    );
  }
  return (
    <>
      <span className="cut">
        {rich('time.setBy', { eventType: <strong>{event.eventType}</strong> })}
        {event.actor !== null && <span className="dim"> · {event.actor}</span>}
      </span>
      <span className={s.shrink}>
        <Time value={event.recordedAt} short />
      </span>
      {event.version === now ? (
        <span className="faint">{t('time.thisVersion')}</span>
      ) : (
        <button
          type="button"
          className={`link ${s.plain}`}
          onClick={() => onVersion(BigInt(event.version))}
          data-testid="blame-go"
        >
          {t('time.version', { version: grouped(event.version) })}
        </button>
      )}
      <PlaceLink to={places.events({ stream: event.stream }, event.position)}>#{grouped(event.position)}</PlaceLink>
    </>
  );
}
