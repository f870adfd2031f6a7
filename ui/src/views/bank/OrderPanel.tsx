import { ActionIcon, Button } from '@mantine/core';
import { IconArrowNarrowRight, IconHistory, IconListDetails, IconX } from '@tabler/icons-react';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import type { OrderRow } from '../../platform/wire';
import { Chip, Money, Pair, Pairs } from '../../shared/bits';
import { grouped, heading, stateWords } from '../../shared/format';
import s from './BankView.module.css';
import { StreamSteps } from './StreamSteps';
import { orderTone } from './tones';

/** An order: what it makes and when, how often that succeeded, and the steps that its stream recorded. */
export function OrderPanel({ order, row, onClose }: { order: string; row: OrderRow | null; onClose: () => void }) {
  const stream = row?.stream ?? `order-${order}`;
  return (
    <div className={s.panel} data-testid="order-panel">
      <div className={s.panelBar}>
        <h2 className="mono">{order}</h2>
        {row !== null && (
          <Chip tone={orderTone(row.status)} dot>
            {stateWords(row.status)}
          </Chip>
        )}
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('bank.closeThePanel')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        {row !== null && <Terms row={row} />}
        <div className={s.actions}>
          <Button
            leftSection={<IconListDetails size={14} />}
            onClick={() => go(places.events({ stream }, null, 'oldest'))}
          >
            {t('bank.events')}
          </Button>
          <Button leftSection={<IconHistory size={14} />} onClick={() => go(places.time(stream))}>
            {t('bank.timeTravel')}
          </Button>
        </div>
        <StreamSteps stream={stream} stateLabel={t('bank.stateOfTheOrder')} />
      </div>
    </div>
  );
}

/** How often an order is carried out. */
export function often(row: OrderRow): string {
  return row.interval === null ? t('bank.once') : heading('bank.interval.', row.interval);
}

function Terms({ row }: { row: OrderRow }) {
  return (
    <>
      <div className={s.route}>
        <PlaceLink to={places.account(row.source)} className="link mono">
          {row.source}
        </PlaceLink>
        <span className={s.routeArrow}>
          <Money value={row.amount} strong />
          <IconArrowNarrowRight size={18} stroke={1.5} aria-hidden="true" />
        </span>
        <PlaceLink to={places.account(row.target)} className="link mono">
          {row.target}
        </PlaceLink>
      </div>
      {row.lastFailure !== null && (
        <p className={s.reason}>{t('bank.theLastOneCameToNothing', { lastFailure: row.lastFailure })}</p>
      )}
      <Pairs>
        <Pair name={row.standing ? t('bank.standingOrder') : t('bank.scheduled')}>{often(row)}</Pair>
        <Pair name={t('bank.next')}>{row.nextOn ?? <span className="faint">{t('bank.noDayLeft')}</span>}</Pair>
        <Pair name={t('bank.soFar')}>
          {t('bank.soFarMade', { count: row.executed, failed: grouped(row.failed), leftOut: grouped(row.leftOut) })}
        </Pair>
        <Pair name={t('bank.reference')}>{row.reference}</Pair>
        <Pair name={t('bank.ordered')}>
          <span>
            {t('bank.by', { who: row.createdBy })}{' '}
            <PlaceLink to={places.events({}, row.createdPosition)} className="link mono">
              #{grouped(row.createdPosition)}
            </PlaceLink>
          </span>
        </Pair>
        {row.underWay !== '0' && (
          <Pair name={t('bank.underWay')}>{t('shared.nTransfers', { count: row.underWay })}</Pair>
        )}
      </Pairs>
    </>
  );
}
