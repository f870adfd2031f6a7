import { useAsk } from '../../../app/cache';
import { rich, t } from '../../../i18n';
import { toAppError } from '../../../platform/platform';
import { Bones, Chip, ErrorState, type Tone } from '../../../shared/bits';
import { decimal } from '../../../shared/format';
import v from '../ConnectionsView.module.css';
import c from '../copy/CopyTab.module.css';

function toneOf(status: string): Tone {
  if (/^Running/.test(status)) return 'good';
  return /^Faulted/.test(status) ? 'bad' : 'neutral';
}

/** Projections that run on the server, not here: those that it lists, and those that every server brings along. */
export function ServerProjections() {
  const asked = useAsk('serverProjections', [], (ask) => ask.serverProjections(), { keep: true });
  return (
    <section className={v.section} aria-labelledby="server-projections" data-testid="server-projections">
      <header className={v.head}>
        <h2 id="server-projections">{t('connections.serverProjections')}</h2>
      </header>
      {asked.isError ? (
        <ErrorState error={toAppError(asked.error)} onRetry={() => void asked.refetch()} />
      ) : asked.data === undefined ? (
        <Bones lines={3} label={t('connections.askingProjections')} />
      ) : (
        <>
          {asked.data.problem !== null && <ErrorState error={asked.data.problem} />}
          <table className={v.table}>
            <thead>
              <tr>
                <th scope="col">{t('connections.projection')}</th>
                <th scope="col">{t('connections.status')}</th>
                <th scope="col">{t('connections.howFar')}</th>
                <th scope="col">{t('connections.toBeKnown')}</th>
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
                    {t('connections.projectedSoFar', {
                      percent: row.progress === null ? '–' : decimal(row.progress.toFixed(1)),
                      count: row.events,
                    })}
                  </td>
                  <td>{row.reason === '' ? row.mode : row.reason}</td>
                </tr>
              ))}
              {asked.data.system.map((row) => (
                <tr key={`system-${row.name}`} data-testid="system-projection">
                  <th scope="row">{row.name}</th>
                  <td>
                    <Chip tone={row.hasWritten ? 'good' : 'neutral'}>
                      {row.hasWritten ? t('connections.hasWritten') : t('connections.hasWrittenNothing')}
                    </Chip>
                  </td>
                  <td className="dim">–</td>
                  <td>{rich('connections.comesWithServer', { what: <span className="mono">{row.writes}</span> })}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {asked.data.listed.length === 0 && asked.data.problem === null && (
            <p className={c.words}>{t('connections.noOtherProjections')}</p>
          )}
        </>
      )}
    </section>
  );
}
