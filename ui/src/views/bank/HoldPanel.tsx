import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import type { HoldRow } from '../../platform/wire';
import { Chip, IdText, Money, Pair, Pairs, Time } from '../../shared/bits';
import { grouped, stateWords } from '../../shared/format';
import s from './BankView.module.css';
import { holdTone } from './tones';

/** A hold: what is set aside for what, until when, and what became of it. */
export function HoldPanel({ hold, onClose }: { hold: HoldRow; onClose: () => void }) {
  return (
    <div className={s.panel} data-testid="hold-panel">
      <div className={s.panelBar}>
        <h2>{hold.purpose}</h2>
        <Chip tone={holdTone(hold.status)} dot>
          {stateWords(hold.status)}
        </Chip>
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('bank.closeThePanel')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        <div className={s.figures}>
          <div className={s.figure}>
            <span>{t('bank.setAside')}</span>
            <strong>
              <Money value={hold.amount} />
            </strong>
          </div>
          {hold.captured !== null && (
            <div className={s.figure}>
              <span>{t('bank.captured')}</span>
              <strong>
                <Money value={hold.captured} />
              </strong>
            </div>
          )}
        </div>
        {hold.reason !== null && <p className={s.notice}>{hold.reason}</p>}
        <Pairs>
          <Pair name={t('bank.account')}>
            <PlaceLink to={places.account(hold.accountId)} className="link mono">
              {hold.accountId}
            </PlaceLink>
          </Pair>
          <Pair name={t('bank.hold')}>
            <IdText id={hold.holdId} label={t('bank.theHoldsId')} />
          </Pair>
          {hold.transferId !== null && (
            <Pair name={t('bank.takenBy')}>
              <PlaceLink to={places.transfers(null, hold.transferId)} className="link mono">
                {hold.transferId}
              </PlaceLink>
            </Pair>
          )}
          <Pair name={t('bank.lapses')}>
            <Time value={hold.expiresAt} short />
          </Pair>
          <Pair name={t('bank.placed')}>
            <span>
              <Time value={hold.placedAt} short />{' '}
              <PlaceLink to={places.events({}, hold.placedPosition)} className="link mono">
                #{grouped(hold.placedPosition)}
              </PlaceLink>
            </span>
          </Pair>
          {hold.position !== hold.placedPosition && (
            <Pair name={t('bank.lastChange')}>
              <PlaceLink to={places.events({}, hold.position)} className="link mono">
                #{grouped(hold.position)}
              </PlaceLink>
            </Pair>
          )}
        </Pairs>
      </div>
    </div>
  );
}
