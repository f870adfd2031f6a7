import { IconHistory } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import { Bones, ErrorState, StreamName, Time } from '../../shared/bits';
import { StreamPicker } from './StreamPicker';
import s from './TimeView.module.css';

/** No stream is chosen yet: search for one, or take one that changed lately. */
export function ChooseStream({ current = '' }: { current?: string }) {
  const recent = useAsk('streams', ['recent'], (platform) =>
    platform.streams({ category: null, search: null, order: 'lastChange', offset: 0, limit: 12 }),
  );
  return (
    <div className={s.choose}>
      <IconHistory size={30} stroke={1.4} aria-hidden="true" />
      <h2>{t('time.whosePast')}</h2>
      <p className="dim">{t('time.chooseAStreamAndSeeItsStateAtAny')}</p>
      <StreamPicker value={current} onChange={(stream) => go(places.time(stream))} width={360} />
      {recent.isError ? (
        <ErrorState error={toAppError(recent.error)} onRetry={() => void recent.refetch()} />
      ) : recent.data === undefined ? (
        <div className={s.recent}>
          <Bones lines={8} />
        </div>
      ) : (
        <ul className={s.recent} aria-label={t('time.streamsThatChangedLately')}>
          {recent.data.streams.map((row) => (
            <li key={row.stream}>
              <PlaceLink to={places.time(row.stream)} className={s.recentLine ?? ''}>
                <StreamName stream={row.stream} />
                <span className="faint tabular">{t('shared.nEvents', { count: row.version })}</span>
                <Time value={row.lastRecordedAt} short />
              </PlaceLink>
            </li>
          ))}
          {recent.data.streams.length === 0 && <li className="faint">{t('time.thereAreNoStreamsYet')}</li>}
        </ul>
      )}
    </div>
  );
}
