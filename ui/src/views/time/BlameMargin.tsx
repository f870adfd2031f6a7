import { t } from '../../i18n';
import type { EventRow } from '../../platform/wire';
import { Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import s from './Blame.module.css';

interface BlameMarginProps {
  event: EventRow | null;
  /** The version that is shown. */
  now: string;
  busy: boolean;
  onVersion: (version: bigint) => void;
}

/** Beside a line: the version, time and actor that last set its value. */
export function BlameMargin({ event, now, busy, onVersion }: BlameMarginProps) {
  if (event === null) return <span className={s.margin} />;
  return (
    <span
      className={`${s.margin} ${event.version === now ? s.justNow : ''} ${busy ? s.busy : ''}`}
      data-testid="blame-margin"
      data-version={event.version}
    >
      <button
        type="button"
        tabIndex={-1}
        className={s.goTo}
        title={t('time.goToVersion', { eventType: event.eventType, version: event.version })}
        onClick={(click) => {
          click.stopPropagation();
          onVersion(BigInt(event.version));
        }}
      >
        {grouped(event.version)}
      </button>
      <span className={s.when}>
        <Time value={event.recordedAt} short />
      </span>
      <span className={`${s.who} cut`}>{event.actor ?? ''}</span>
    </span>
  );
}
