import { Button } from '@mantine/core';
import { IconArchive, IconPencil, IconPlus, IconShieldCheck, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import { toAppError } from '../../platform/platform';
import type { ArchiveReport, RetentionOverview, RetentionRuleRow } from '../../platform/wire';
import { Bones, EmptyState, ErrorState, ProgressLine } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, plural, size } from '../../shared/format';
import s from './MaintenanceView.module.css';
import { Preview } from './Preview';
import { RuleDialog } from './RuleDialog';
import { scopeKey, scopeKind, tell } from './rules';

interface RetentionTabProps {
  purpose: 'truncate' | 'scavenge';
  readOnly: boolean;
}

/** What may go and what would, with every reason why something stays; and the archive that it goes to. */
export function RetentionTab({ purpose, readOnly }: RetentionTabProps) {
  const overview = useAsk('retention', [], (platform) => platform.retention(), { keep: true });
  if (overview.isError) {
    return <ErrorState error={toAppError(overview.error)} onRetry={() => void overview.refetch()} />;
  }
  if (overview.data === undefined) return <Bones lines={12} label="Loading what is kept" />;
  if (!overview.data.supported) return <NoRetention />;
  return (
    <div className={s.page}>
      <Rules overview={overview.data} readOnly={readOnly} />
      <Preview key={purpose} purpose={purpose} readOnly={readOnly} />
      <Room overview={overview.data} />
    </div>
  );
}

export function NoRetention() {
  return (
    <EmptyState icon={<IconArchive size={28} stroke={1.4} />} title="This store keeps everything">
      It can neither hide events nor move them to an archive.
    </EmptyState>
  );
}

function Rules({ overview, readOnly }: { overview: RetentionOverview; readOnly: boolean }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const [editing, setEditing] = useState<RetentionRuleRow | 'new' | null>(null);
  const [removing, setRemoving] = useState<RetentionRuleRow | null>(null);
  return (
    <section className={s.section} aria-labelledby="rules">
      <header className={s.sectionHead}>
        <h2 id="rules">Rules</h2>
        <Button
          leftSection={<IconPlus size={14} />}
          onClick={() => setEditing('new')}
          disabled={readOnly}
          data-testid="add-rule"
        >
          Add a rule…
        </Button>
      </header>
      {overview.rules.length === 0 ? (
        <p className="dim">No rule: every event is kept. A rule hides nothing by itself; it says what may be hidden.</p>
      ) : (
        <table className={s.table} data-testid="rules">
          <thead>
            <tr>
              <th scope="col">For</th>
              <th scope="col">What may go</th>
              <th scope="col">
                <span className="visually-hidden">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {overview.rules.map((row) => (
              <tr key={scopeKey(row.scope)}>
                <th scope="row">
                  <span className="dim">{scopeKind(row.scope)}</span> <span className="mono">{row.scope.name}</span>
                </th>
                <td>{tell(row.rule)}</td>
                <td className={s.rowActions}>
                  <Button
                    size="compact-xs"
                    leftSection={<IconPencil size={13} />}
                    onClick={() => setEditing(row)}
                    disabled={readOnly}
                    aria-label={`Change the rule for ${row.scope.name}`}
                  >
                    Change
                  </Button>
                  <Button
                    size="compact-xs"
                    leftSection={<IconTrash size={13} />}
                    onClick={() => setRemoving(row)}
                    disabled={readOnly}
                    aria-label={`Remove the rule for ${row.scope.name}`}
                  >
                    Remove
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {editing !== null && <RuleDialog row={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {removing !== null && (
        <ConfirmDialog
          opened
          onClose={() => setRemoving(null)}
          title={`Remove the rule for ${removing.scope.name}?`}
          confirm="Remove"
          asksReason
          onConfirm={async (by) => {
            await platform.setRetentionRule(removing.scope, null, by);
            await settle(cache, 'setRetentionRule');
          }}
          testId="confirm-remove-rule"
        >
          <p>From now on nothing more goes because of it. What is hidden or archived already stays so.</p>
        </ConfirmDialog>
      )}
    </section>
  );
}

function Room({ overview }: { overview: RetentionOverview }) {
  const platform = usePlatform();
  const task = useTask<ArchiveReport>();
  const verify = () => void task.run((id, onProgress) => platform.verifyArchive(id, onProgress));
  const { archiveBytes, stubs } = overview;
  return (
    <section className={s.section} aria-labelledby="room">
      <header className={s.sectionHead}>
        <h2 id="room">Store and archive</h2>
        <Button
          leftSection={<IconShieldCheck size={14} />}
          onClick={verify}
          disabled={task.running || archiveBytes === null}
          data-testid="verify-archive"
        >
          Verify the archive
        </Button>
      </header>
      <dl className={s.facts}>
        <Fact name="Store" value={size(overview.bytes)} />
        <Fact name="Free for new events" value={size(overview.freeBytes)} />
        <Fact name="Archive" value={archiveBytes === null ? 'none yet' : size(archiveBytes)} />
        <Fact name="Events archived" value={grouped(stubs)} />
      </dl>
      {overview.archive !== null && (
        <p className="faint selectable">
          {archiveBytes === null ? 'It will be ' : ''}
          {overview.archive}
        </p>
      )}
      {stubs !== '0' && (
        <p className="dim">
          Each archived event has left a stub, so positions stay dense and the hash chain goes on to verify.
        </p>
      )}
      {task.running && (
        <ProgressLine progress={task.progress} fallback="Verifying the archive" onCancel={task.cancel} />
      )}
      {task.error !== null && <ErrorState error={task.error} onRetry={verify} />}
      {task.result !== null && <Verified report={task.result} />}
    </section>
  );
}

function Verified({ report }: { report: ArchiveReport }) {
  const good = report.intact && !report.cancelled;
  return (
    <div className={`${s.verdict} ${good ? s.good : s.bad}`} role="status" data-testid="archive-report">
      <div>
        <p>
          {report.cancelled ? 'Stopped. ' : ''}
          {plural(report.events, 'archived event')} examined:{' '}
          <strong>
            {report.intact ? 'each is as it was written' : plural(String(report.findings.length), 'finding')}
          </strong>
          .
        </p>
        {report.findings.length > 0 && (
          <ul>
            {report.findings.map((one) => (
              <li key={`${one.position} ${one.message}`}>
                <span className="mono">#{grouped(one.position)}</span> {one.message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="tabular">{value}</dd>
    </div>
  );
}
