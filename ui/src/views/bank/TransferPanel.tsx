import { ActionIcon, Button } from '@mantine/core';
import {
  IconArrowNarrowRight,
  IconBook2,
  IconHistory,
  IconListDetails,
  IconTopologyRing2,
  IconX,
} from '@tabler/icons-react';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { rich, t } from '../../i18n';
import type { TransferRow } from '../../platform/wire';
import { Money, Pair, Pairs, Time } from '../../shared/bits';
import s from './BankView.module.css';
import { StreamSteps, useSteps } from './StreamSteps';
import { TransferChip } from './TransfersList';

/** One transfer: what was asked, where it stands, and the steps that its own stream recorded. */
export function TransferPanel({
  transfer,
  row,
  onClose,
}: {
  transfer: string;
  row: TransferRow | null;
  onClose: () => void;
}) {
  const stream = row?.stream ?? `transfer-${transfer}`;
  const { state } = useSteps(stream);
  const correlation = state?.event?.correlationId ?? null;

  return (
    <div className={s.panel}>
      <div className={s.panelBar}>
        <h2 className="mono">{transfer}</h2>
        {row !== null && <TransferChip status={row.status} />}
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('bank.closeThePanel')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        {row !== null && (
          <div className={s.route}>
            <PlaceLink to={places.account(row.source)} className="link mono">
              {row.source}
            </PlaceLink>
            <span className={s.routeArrow}>
              <Money value={row.amount} strong />
              {row.arriving !== null && <Money value={row.arriving} />}
              <IconArrowNarrowRight size={18} stroke={1.5} aria-hidden="true" />
            </span>
            <PlaceLink to={places.account(row.target)} className="link mono">
              {row.target}
            </PlaceLink>
          </div>
        )}
        {row?.reason != null && <p className={s.reason}>{row.reason}</p>}
        {row?.overdue === true && (
          <p className={s.notice}>
            {row.dueAt === null
              ? t('bank.shouldHaveLeftByNow')
              : rich('bank.shouldHaveLeftBy', { dueAt: <Time value={row.dueAt} short /> })}
          </p>
        )}
        {row !== null && <Terms row={row} />}
        <div className={s.actions}>
          <Button
            leftSection={<IconBook2 size={14} />}
            onClick={() => go(places.story(transfer))}
            data-testid="transfer-drawn"
          >
            {t('bank.story')}
          </Button>
          <Button
            leftSection={<IconTopologyRing2 size={14} />}
            disabled={correlation === null}
            onClick={() => go(places.events({ correlation }, null, 'oldest'))}
            data-testid="transfer-story"
          >
            {t('bank.allItsEvents')}
          </Button>
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
        <StreamSteps stream={stream} stateLabel={t('bank.stateOfTheTransfer')} />
      </div>
    </div>
  );
}

/** Fee, rate and the second person, where there are any. */
function Terms({ row }: { row: TransferRow }) {
  const approval =
    row.status === 'awaitingApproval'
      ? t('bank.waitsForASecondPerson')
      : row.approvedBy === null
        ? null
        : t('bank.approvedBy', { approvedBy: row.approvedBy });
  return (
    <Pairs>
      {row.fee !== null && (
        <Pair name={t('bank.fee')}>
          <Money value={row.fee} />
        </Pair>
      )}
      {row.rate !== null && (
        <Pair name={t('bank.rate')}>
          <span className="mono" title={t('bank.minorUnitsThatArriveForMinorUnits')}>
            {row.rate}
          </span>
        </Pair>
      )}
      <Pair name={t('bank.requestedBy')}>{row.requestedBy}</Pair>
      {approval !== null && <Pair name={t('bank.fourEyes')}>{approval}</Pair>}
      {row.orderId !== null && (
        <Pair name={t('bank.order')}>
          <PlaceLink to={places.orders(row.orderId)} className="link mono">
            {row.orderId}
          </PlaceLink>
        </Pair>
      )}
    </Pairs>
  );
}
