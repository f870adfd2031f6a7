import type { InvariantViolation, RebuildReport, RowDifference, TableCheck } from '../../platform/wire';
import { grouped, plural } from '../../shared/format';
import s from './ProjectionPanel.module.css';
import { Ended } from './RebuildEnd';

/** What verification found of rebuilt tables. */
export function RebuildFindings({ report }: { report: RebuildReport }) {
  return (
    <div className={s.findings} data-testid="rebuild-findings">
      <p>
        <Ended report={report} />
      </p>
      <p className="faint">
        {report.from === null ? '' : `${report.from} → `}
        {report.to}, position <span className="mono">{grouped(report.position)}</span>
        {report.resumedAt === null ? '' : `, resumed at ${grouped(report.resumedAt)}`}
      </p>
      {report.tables.length > 0 && <Tables tables={report.tables} />}
      <Violations count={report.violationCount} violations={report.violations} />
      {report.differences.length > 0 && (
        <Differences
          differences={report.differences}
          total={report.differingRows ?? '0'}
          before="In use"
          after="Rebuilt"
        />
      )}
    </div>
  );
}

const short = (checksum: string): string => checksum.slice(0, 8);

function Tables({ tables }: { tables: readonly TableCheck[] }) {
  return (
    <table className={s.table}>
      <caption>Rows and checksums</caption>
      <thead>
        <tr>
          <th scope="col">Table</th>
          <th scope="col" className="num">
            In use
          </th>
          <th scope="col" className="num">
            Rebuilt
          </th>
          <th scope="col">Checksum</th>
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
  if (count === '0') return <p className="dim">Every invariant holds.</p>;
  return (
    <div className={s.violations} data-testid="violations">
      <h4>{plural(count, 'violation')} of invariants</h4>
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
  before: string;
  after: string;
}

/** The first rows that differ, cell by cell. */
export function Differences({ differences, total, before, after }: DifferencesProps) {
  return (
    <div className={s.differences} data-testid="row-differences">
      <h4>
        {String(differences.length) === total
          ? plural(total, 'differing row')
          : `The first ${differences.length} of ${plural(total, 'differing row')}`}
      </h4>
      {differences.map((one) => (
        <RowCells key={`${one.table} ${one.key}`} difference={one} before={before} after={after} />
      ))}
    </div>
  );
}

/** On which side a row stands: `only in use`, `not stored`. */
function standing(kind: RowDifference['kind'], before: string): string {
  return { added: `not ${before.toLowerCase()}`, removed: `only ${before.toLowerCase()}`, changed: 'changed' }[kind];
}

export function RowCells({ difference, before, after }: { difference: RowDifference; before: string; after: string }) {
  return (
    <table className={s.table}>
      <caption>
        <span className="mono">
          {difference.table} <span className="selectable">{difference.key}</span>
        </span>{' '}
        <span className="faint">{standing(difference.kind, before)}</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">{before}</th>
          <th scope="col">{after}</th>
        </tr>
      </thead>
      <tbody>
        {difference.cells.map((cell) => (
          <tr key={cell.column}>
            <th scope="row" className="mono">
              {cell.column}
            </th>
            <td className={`mono selectable ${s.before}`}>
              {difference.kind === 'added' ? '–' : (cell.before ?? 'empty')}
            </td>
            <td className={`mono selectable ${s.after}`}>
              {difference.kind === 'removed' ? '–' : (cell.after ?? 'empty')}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
