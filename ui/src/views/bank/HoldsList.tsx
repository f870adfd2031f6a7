import { Button } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useBeat } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { type Place, places } from '../../app/place';
import { go } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { perLanguage, t } from '../../i18n';
import type { HoldRow } from '../../platform/wire';
import { Chip, EmptyState, Money, Time } from '../../shared/bits';
import { FixedFacet } from '../../shared/Facet';
import { stateWords } from '../../shared/format';
import { useRowSource } from '../../shared/grid/useRowSource';
import { useWindowOf } from '../../shared/grid/useWindowOf';
import { type Column, VirtualGrid } from '../../shared/grid/VirtualGrid';
import { SearchField } from '../../shared/SearchField';
import { EventDetailPanel } from '../events/EventDetail';
import s from './BankView.module.css';
import { Count } from './Count';
import { findRow } from './findRow';
import { HoldPanel } from './HoldPanel';
import { ReadModelState } from './ReadModelState';
import { StatusChips } from './StatusChips';
import { holdTone } from './tones';

type HoldsPlace = Extract<Place, { view: 'bank'; tab: 'holds' }>;

const states = perLanguage(
  () =>
    [
      { status: null, title: t('bank.all') },
      { status: 'open', title: t('bank.open') },
      { status: 'captured', title: t('bank.captured') },
      { status: 'released', title: t('bank.released') },
      { status: 'expired', title: t('bank.expired') },
    ] as const,
);

const columns = perLanguage((): readonly Column<HoldRow>[] => [
  {
    id: 'account',
    header: t('bank.account'),
    width: '88px',
    render: (row) => <span className={`mono ${s.strong}`}>{row.accountId}</span>,
  },
  {
    id: 'status',
    header: t('bank.status'),
    width: '112px',
    render: (row) => (
      <Chip tone={holdTone(row.status)} dot>
        {stateWords(row.status)}
      </Chip>
    ),
  },
  {
    id: 'amount',
    header: t('bank.amount'),
    width: '128px',
    align: 'end',
    render: (row) => <Money value={row.amount} strong />,
  },
  {
    id: 'purpose',
    header: t('bank.for'),
    width: 'minmax(120px, 1fr)',
    render: (row) => <span title={row.purpose}>{row.purpose}</span>,
  },
  {
    id: 'expires',
    header: t('bank.lapses'),
    width: '180px',
    from: 660,
    render: (row) => <Time value={row.expiresAt} short />,
  },
  {
    id: 'placed',
    header: t('bank.placed'),
    width: '180px',
    from: 860,
    render: (row) => <Time value={row.placedAt} short />,
  },
]);

export function HoldsList({ place }: { place: HoldsPlace }) {
  const platform = usePlatform();
  const source = useRowSource<HoldRow>(
    `${place.status} ${place.account}`,
    async (first, count) => {
      const page = await platform.holds(place.account, place.status, Number(first), count);
      return { rows: page.holds, total: BigInt(page.total) };
    },
    useBeat('readModels'),
  );
  const onWindow = useWindowOf(source);
  const { total, error } = source;
  const change = (to: Partial<HoldsPlace>) => go({ ...place, hold: null, ...to }, 'replace');
  const row = findRow(
    total,
    (index) => source.row(index),
    (one) => one.placedPosition === place.hold,
  );
  return (
    <SplitView
      label={t('bank.hold')}
      detail={
        place.hold === null ? null : row === null ? (
          <EventDetailPanel position={place.hold} onClose={() => change({})} />
        ) : (
          <HoldPanel hold={row} onClose={() => change({})} />
        )
      }
    >
      <div className={s.bar}>
        <StatusChips
          label={t('bank.status')}
          options={states()}
          chosen={place.status}
          onChoose={(status) => change({ status })}
          prefix="holds"
        />
        {place.account === null ? (
          <SearchField
            main
            label={t('bank.holdsOfAccount')}
            placeholder={t('bank.account2')}
            value={place.account}
            onChange={(account) => change({ account })}
            width={130}
            testId="hold-account"
          />
        ) : (
          <FixedFacet label={t('bank.account')} value={place.account} onClear={() => change({ account: null })} />
        )}
        <span className={s.spacer} />
        <Count total={total} word={t('bank.holdWord', { count: total ?? 0n })} />
      </div>
      {error !== null ? (
        <ReadModelState error={error} onRetry={() => source.retry()} />
      ) : total === 0n ? (
        <EmptyState
          icon={<IconLock size={28} stroke={1.4} />}
          title={place.status === null && place.account === null ? t('bank.noHoldsYet') : t('bank.noHoldMatches')}
          action={
            place.status === null && place.account === null ? (
              <Button onClick={() => go(places.commands('PlaceHold'))}>{t('bank.placeAHold')}</Button>
            ) : (
              <Button onClick={() => go(places.holds())}>{t('bank.showAll')}</Button>
            )
          }
        >
          {t('bank.aHoldSetsAnAmountAsideForACard')}
        </EmptyState>
      ) : (
        <VirtualGrid<HoldRow>
          label={t('bank.holds')}
          columns={columns()}
          rows={total ?? 24n}
          rowAt={(index) => source.row(index)}
          rowId={(one) => one.placedPosition}
          rowProps={(one) => ({ 'data-testid': 'hold-row', 'data-hold': one.holdId, 'data-status': one.status })}
          onWindow={onWindow}
          origin={source}
          selected={place.hold}
          onSelect={(one) => change({ hold: one.placedPosition })}
          onOpen={(one) => go(places.events({ stream: one.stream }, one.placedPosition, 'oldest'))}
        />
      )}
    </SplitView>
  );
}
