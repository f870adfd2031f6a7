import { useAsk } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { t } from '../../i18n';
import type { FlightRow } from '../../platform/wire';
import { Chip, Money, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import s from './Flights.module.css';
import { transferState } from './tones';

/** Most flights of the list; there are seldom more than a few. */
const LISTED = 200;

function useFlights() {
  return useAsk('transfersInFlight', [LISTED], (platform) => platform.transfersInFlight(LISTED), { keep: true });
}

/** Which transfers are in flight and where their money is, in one line above the list of transfers. */
export function FlightsLine() {
  const flights = useFlights();
  const past = useShownAt() !== null;
  if (flights.data === undefined) return null;
  const { total } = flights.data;
  return (
    <p className={s.line} data-testid="flights-line">
      {total === '0' ? (
        <span className="dim">{past ? t('bank.noMoneyWasOnItsWayAtThisMoment') : t('bank.noMoneyIsOnItsWay')}</span>
      ) : (
        <>
          <PlaceLink to={places.trialBalance()}>{t('bank.transfersInFlight', { count: total })}</PlaceLink>
          <span className="dim">{past ? t('bank.onTheWayAtThisMoment') : t('bank.onTheWayNow')}</span>
        </>
      )}
    </p>
  );
}

/** Every transfer in flight: from where to where, how much, since when. */
export function Flights() {
  const flights = useFlights();
  if (flights.data === undefined || flights.data.total === '0') return null;
  const { total } = flights.data;
  return (
    <section aria-label={t('bank.moneyInTransit')}>
      <table className={s.table} data-testid="flights">
        <caption>{t('bank.whereTheMoneyInTransitIs')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('bank.transfer')}</th>
            <th scope="col">{t('bank.fromDay')}</th>
            <th scope="col">{t('bank.to')}</th>
            <th scope="col">{t('bank.state')}</th>
            <th scope="col">{t('bank.since')}</th>
            <th scope="col" className="num">
              {t('bank.amount')}
            </th>
          </tr>
        </thead>
        <tbody>
          {flights.data.flights.map((flight) => (
            <Flight key={flight.transferId} flight={flight} />
          ))}
        </tbody>
      </table>
      {flights.data.flights.length < LISTED ? null : (
        <p className="dim">{t('bank.theFirstOnesOf', { total: grouped(total) })}</p>
      )}
    </section>
  );
}

function Flight({ flight }: { flight: FlightRow }) {
  const state = flight.status === null ? null : transferState(flight.status);
  return (
    <tr>
      <th scope="row" className="mono">
        <PlaceLink to={places.transfers(null, flight.transferId)}>{flight.transferId}</PlaceLink>
      </th>
      <td className="mono">{flight.source ?? '…'}</td>
      <td className="mono">{flight.target ?? '…'}</td>
      <td>{state === null ? '…' : <Chip tone={state.tone}>{state.title}</Chip>}</td>
      <td>
        <PlaceLink to={places.events({}, flight.position)}>
          <Time value={flight.debitedAt} short />
        </PlaceLink>
      </td>
      <td className="num">
        <Money value={flight.amount} />
      </td>
    </tr>
  );
}
