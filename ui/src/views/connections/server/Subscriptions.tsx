import { useAsk } from '../../../app/cache';
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
        <h2 id="subscriptions">Persistent subscriptions</h2>
      </header>
      {asked.isError ? (
        <ErrorState error={toAppError(asked.error)} onRetry={() => void asked.refetch()} />
      ) : asked.data === undefined ? (
        <Bones lines={3} label="Asking for the subscriptions" />
      ) : asked.data.length === 0 ? (
        <p className={c.words}>The server keeps no group of consumers.</p>
      ) : (
        <table className={v.table}>
          <thead>
            <tr>
              <th scope="col">Stream, group</th>
              <th scope="col">Status</th>
              <th scope="col">Consumers</th>
              <th scope="col">In flight</th>
              <th scope="col">Parked</th>
              <th scope="col">Handed out</th>
              <th scope="col">Began at</th>
            </tr>
          </thead>
          <tbody>
            {asked.data.map((row) => (
              <tr key={`${row.stream} ${row.group}`} data-testid="subscription">
                <th scope="row">
                  <span className="mono">{row.stream}</span> {row.group}
                </th>
                <td>
                  <Chip tone={row.status === 'Live' ? 'good' : 'neutral'}>{row.status}</Chip>
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
