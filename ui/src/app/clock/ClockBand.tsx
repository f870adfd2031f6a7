import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconHistory } from '@tabler/icons-react';
import { rich, t } from '../../i18n';
import { exactUtc, grouped } from '../../shared/format';
import { useAsk } from '../cache';
import { places } from '../place';
import { PlaceLink, setClock } from '../router';
import { useSettings } from '../settings';
import s from './Clock.module.css';
import { momentText } from './moment';

/** Says, so that nobody overlooks it, that the screen shows an earlier moment, and is the way on and back. */
export function ClockBand({ at }: { at: string }) {
  const { zone } = useSettings();
  const clock = useAsk('clock', [at, null], (platform) => platform.clock(at, null), { keep: true });
  const moment = clock.data;
  const time = moment?.recordedAt ?? null;
  return (
    <aside className={s.band} aria-label={t('app.clock')} data-testid="clock-band" data-position={at}>
      <IconHistory size={18} aria-hidden="true" />
      <strong className={s.asOf} aria-live="polite">
        {rich('app.asOf', {
          time: time === null ? t('app.beforeTheFirstEvent') : momentText(time, zone),
          at: <span className={s.at}>{t('app.position', { at: grouped(at) })}</span>,
        })}
      </strong>
      {time !== null && zone !== 'utc' && <span className={s.utc}>{exactUtc(time)}</span>}
      <span className={s.event}>
        {moment?.event != null && (
          <PlaceLink to={places.events({}, moment.event.position)} className={s.eventLink ?? ''}>
            {moment.event.sentence ?? moment.event.eventType}
          </PlaceLink>
        )}
      </span>
      <Tooltip label={t('app.oneEventEarlier')}>
        <ActionIcon
          className={s.step ?? ''}
          aria-label={t('app.oneEventEarlier2')}
          disabled={moment?.previous == null}
          onClick={() => moment?.previous != null && setClock(moment.previous, 'replace')}
          data-testid="clock-previous"
        >
          <IconChevronLeft size={16} />
        </ActionIcon>
      </Tooltip>
      <Tooltip
        label={
          moment?.following == null
            ? t('app.oneEventLater')
            : t('app.next2', { sentence: moment.following.sentence ?? '' })
        }
      >
        <ActionIcon
          className={s.step ?? ''}
          aria-label={t('app.oneEventLater2')}
          disabled={moment?.next == null}
          onClick={() => moment?.next != null && setClock(moment.next, 'replace')}
          data-testid="clock-next"
        >
          <IconChevronRight size={16} />
        </ActionIcon>
      </Tooltip>
      <Button className={s.back ?? ''} onClick={() => setClock(null)} data-testid="back-to-now">
        {t('app.backToNow')}
      </Button>
    </aside>
  );
}
