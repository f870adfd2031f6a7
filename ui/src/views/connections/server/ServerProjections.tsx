import { useAsk } from '../../../app/cache';
import { toAppError } from '../../../platform/platform';
import { Bones, Chip, ErrorState, type Tone } from '../../../shared/bits';
import { grouped } from '../../../shared/format';
import v from '../ConnectionsView.module.css';
import c from '../copy/CopyTab.module.css';

function toneOf(status: string): Tone {
  if (status.startsWith('Running')) return 'good';
  return status.startsWith('Faulted') ? 'bad' : 'neutral';
}

/** Projections that run on the server, not here: those that it lists, and those that every server brings along. */
export function ServerProjections() {
  const asked = useAsk('serverProjections', [], (ask) => ask.serverProjections(), { keep: true });
  return (
    <section className={v.section} aria-labelledby="server-projections" data-testid="server-projections">
      <header className={v.head}>
        <h2 id="server-projections">Projections of the server</h2>
      </header>
      {asked.isError ? (
        <ErrorState error={toAppError(asked.error)} onRetry={() => void asked.refetch()} />
      ) : asked.data === undefined ? (
        <Bones lines={3} label="Asking for the projections" />
      ) : (
        <>
          {asked.data.problem !== null && <ErrorState error={asked.data.problem} />}
          <table className={v.table}>
            <thead>
              <tr>
                <th scope="col">Projection</th>
                <th scope="col">Status</th>
                <th scope="col">How far</th>
                <th scope="col">What is to be known</th>
              </tr>
            </thead>
            <tbody>
              {asked.data.listed.map((row) => (
                <tr key={row.name} data-testid="server-projection">
                  <th scope="row">{row.name}</th>
                  <td>
                    <Chip tone={toneOf(row.status)}>{row.status}</Chip>
                  </td>
                  <td className="tabular">
                    {row.progress?.toFixed(1) ?? '–'} %, {grouped(row.events)} events
                  </td>
                  <td>{row.reason === '' ? row.mode : row.reason}</td>
                </tr>
              ))}
              {asked.data.system.map((row) => (
                <tr key={`system ${row.name}`} data-testid="system-projection">
                  <th scope="row">{row.name}</th>
                  <td>
                    <Chip tone={row.hasWritten ? 'good' : 'neutral'}>
                      {row.hasWritten ? 'has written' : 'has written nothing'}
                    </Chip>
                  </td>
                  <td className="dim">–</td>
                  <td>
                    Comes with the server; writes <span className="mono">{row.writes}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {asked.data.listed.length === 0 && asked.data.problem === null && (
            <p className={c.words}>The server lists none beside these.</p>
          )}
        </>
      )}
    </section>
  );
}
