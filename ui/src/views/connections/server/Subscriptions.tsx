import { useAsk } from '../../../app/cache';
import { t } from '../../../i18n';
import { toAppError } from '../../../platform/platform';
import { Bones, Chip, ErrorState } from '../../../shared/bits';
import { grouped, perSecond } from '../../../shared/format';
import v from '../ConnectionsView.module.css';
import c from '../copy/CopyTab.module.css';

/** Groups of consumers whose place the server keeps. */
export function Subscriptions() {
  const asked = useAsk('serverSubscriptions', [], (ask) => ask.serverSubscriptions(), { keep: true });
  return (
    <section className={v.section} aria-labelledby="subscriptions" data-testid="subscriptions">
      <header className={v.head}>
        <h2 id="subscriptions">{t('connections.subscriptions')}</h2>
      </header>
      {asked.isError ? (
        <ErrorState error={toAppError(asked.error)} onRetry={() => void asked.refetch()} />
      ) : asked.data === undefined ? (
        <Bones lines={3} label={t('connections.askingSubscriptions')} />
      ) : asked.data.length === 0 ? (
        <p className={c.words}>{t('connections.noGroups')}</p>
      ) : (
        <table className={v.table}>
          <thead>
            <tr>
              <th scope="col">{t('connections.streamGroup')}</th>
              <th scope="col">{t('connections.status')}</th>
              <th scope="col">{t('connections.consumers')}</th>
              <th scope="col">{t('connections.inFlight')}</th>
              <th scope="col">{t('connections.parked')}</th>
              <th scope="col">{t('connections.handedOut')}</th>
              <th scope="col">{t('connections.beganAt')}</th>
            </tr>
          </thead>
          <tbody>
            {asked.data.map((row) => (
              <tr key={`${row.stream} ${row.group}`} data-testid="subscription">
                <th scope="row">
                  <span className="mono">{row.stream}</span> {row.group}
                </th>
                <td>
                  <Chip tone={/^Live$/.test(row.status) ? 'good' : 'neutral'}>{row.status}</Chip>
                </td>
                <td className="tabular">{grouped(row.consumers)}</td>
                <td className="tabular">{grouped(row.inFlight)}</td>
                <td className="tabular">{row.parked === '0' ? '0' : <Chip tone="warn">{grouped(row.parked)}</Chip>}</td>
                <td className="tabular">
                  {grouped(row.total)}, {perSecond(row.rate)}
                </td>
                <td>{row.begins}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
