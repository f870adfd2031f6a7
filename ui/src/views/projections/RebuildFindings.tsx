import { rich, t } from '../../i18n';
import type { InvariantViolation, RebuildReport, RowDifference, TableCheck } from '../../platform/wire';
import { grouped } from '../../shared/format';
import s from './ProjectionPanel.module.css';
import { Ended } from './RebuildEnd';

/** What verification found of rebuilt tables. */
export function RebuildFindings({ report }: { report: RebuildReport }) {
  const tables = report.from === null ? report.to : `${report.from} → ${report.to}`;
  const position = <span className="mono">{grouped(report.position)}</span>;
  return (
    <div className={s.findings} data-testid="rebuild-findings">
      <p>
        <Ended report={report} />
      </p>
      <p className="faint">
        {report.resumedAt === null
          ? rich('projections.builtTo', { tables, position })
          : rich('projections.builtToResumed', { tables, position, resumed: grouped(report.resumedAt) })}
      </p>
      {report.tables.length > 0 && <Tables tables={report.tables} />}
      <Violations count={report.violationCount} violations={report.violations} />
      {report.differences.length > 0 && (
        <Differences differences={report.differences} total={report.differingRows ?? '0'} />
      )}
    </div>
  );
}

const short = (checksum: string): string => checksum.slice(0, 8);

function Tables({ tables }: { tables: readonly TableCheck[] }) {
  return (
    <table className={s.table}>
      <caption>{t('projections.rowsAndChecksums')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('projections.table')}</th>
          <th scope="col" className="num">
            {t('projections.inUse')}
          </th>
          <th scope="col" className="num">
            {t('projections.rebuiltColumn')}
          </th>
          <th scope="col">{t('projections.checksum')}</th>
        </tr>
      </thead>
      <tbody>
        {tables.map((one) => {
          const same = one.checksumBefore === null || one.checksumBefore === one.checksumAfter;
          return (
            <tr key={one.table}>
              <th scope="row" className="mono">
                {one.table}
              </th>
              <td className="num">{one.rowsBefore === null ? '–' : grouped(one.rowsBefore)}</td>
              <td className="num">{grouped(one.rowsAfter)}</td>
              <td
                className={`mono ${same ? '' : s.differs}`}
                title={`${one.checksumBefore ?? '–'} → ${one.checksumAfter}`}
              >
                {same ? short(one.checksumAfter) : `${short(one.checksumBefore ?? '')} ≠ ${short(one.checksumAfter)}`}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function Violations({ count, violations }: { count: string; violations: readonly InvariantViolation[] }) {
  if (count === '0') return <p className="dim">{t('projections.invariantsHold')}</p>;
  return (
    <div className={s.violations} data-testid="violations">
      <h4>{t('projections.nViolations', { count })}</h4>
      <ul>
        {violations.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two may read alike
          <li key={index}>
            <strong>{one.invariant}</strong>
            {one.row === null ? '' : ` (${one.row})`}: <span className="selectable">{one.message}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface DifferencesProps {
  differences: readonly RowDifference[];
  total: string;
}

/** The first rows that differ, cell by cell. */
export function Differences({ differences, total }: DifferencesProps) {
  return (
    <div className={s.differences} data-testid="row-differences">
      <h4>
        {String(differences.length) === total
          ? t('projections.nDiffering', { count: total })
          : t('projections.firstDiffering', { shown: differences.length, count: total })}
      </h4>
      {differences.map((one) => (
        <RowCells key={`${one.table} ${one.key}`} difference={one} sides="rebuild" />
      ))}
    </div>
  );
}

/** What is compared: tables in use with rebuilt ones, or stored rows with replayed ones. */
export type Sides = 'rebuild' | 'replay';

/** On which side a row stands: `only in use`, `not stored`. */
function standing(kind: RowDifference['kind'], sides: Sides): string {
  return kind === 'changed' ? t('projections.changed') : t(`projections.standing_${kind}_${sides}`);
}

export function RowCells({ difference, sides }: { difference: RowDifference; sides: Sides }) {
  return (
    <table className={s.table}>
      <caption>
        <span className="mono">
          {difference.table} <span className="selectable">{difference.key}</span>
        </span>{' '}
        <span className="faint">{standing(difference.kind, sides)}</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">{t('projections.column')}</th>
          <th scope="col">{t(`projections.before_${sides}`)}</th>
          <th scope="col">{t(`projections.after_${sides}`)}</th>
        </tr>
      </thead>
      <tbody>
        {difference.cells.map((cell) => (
          <tr key={cell.column}>
            <th scope="row" className="mono">
              {cell.column}
            </th>
            <td className={`mono selectable ${s.before}`}>
              {difference.kind === 'added' ? '–' : (cell.before ?? t('projections.empty'))}
            </td>
            <td className={`mono selectable ${s.after}`}>
              {difference.kind === 'removed' ? '–' : (cell.after ?? t('projections.empty'))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
