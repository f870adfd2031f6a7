import { Button } from '@mantine/core';
import { IconArchive, IconPencil, IconPlus, IconShieldCheck, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { ArchiveReport, RetentionOverview, RetentionRuleRow } from '../../platform/wire';
import { Bones, EmptyState, ErrorState, ProgressLine } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, size } from '../../shared/format';
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
  if (overview.data === undefined) return <Bones lines={12} label={t('maintenance.loadingRetention')} />;
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
    <EmptyState icon={<IconArchive size={28} stroke={1.4} />} title={t('maintenance.keepsEverything')}>
      {t('maintenance.keepsEverythingMeans')}
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
        <h2 id="rules">{t('maintenance.rules')}</h2>
        <Button
          leftSection={<IconPlus size={14} />}
          onClick={() => setEditing('new')}
          disabled={readOnly}
          data-testid="add-rule"
        >
          {t('maintenance.addRule')}
        </Button>
      </header>
      {overview.rules.length === 0 ? (
        <p className="dim">{t('maintenance.noRule')}</p>
      ) : (
        <table className={s.table} data-testid="rules">
          <thead>
            <tr>
              <th scope="col">{t('maintenance.forScope')}</th>
              <th scope="col">{t('maintenance.whatMayGo')}</th>
              <th scope="col">
                <span className="visually-hidden">{t('maintenance.change')}</span>
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
                    aria-label={t('maintenance.changeRuleFor', { name: row.scope.name })}
                  >
                    {t('maintenance.change')}
                  </Button>
                  <Button
                    size="compact-xs"
                    leftSection={<IconTrash size={13} />}
                    onClick={() => setRemoving(row)}
                    disabled={readOnly}
                    aria-label={t('maintenance.removeRuleFor', { name: row.scope.name })}
                  >
                    {t('maintenance.remove')}
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
          title={t('maintenance.removeRuleQuestion', { name: removing.scope.name })}
          confirm={t('maintenance.remove')}
          asksReason
          onConfirm={async (by) => {
            await platform.setRetentionRule(removing.scope, null, by);
            await settle(cache, 'setRetentionRule');
          }}
          testId="confirm-remove-rule"
        >
          <p>{t('maintenance.removeRuleMeans')}</p>
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
        <h2 id="room">{t('maintenance.storeAndArchive')}</h2>
        <Button
          leftSection={<IconShieldCheck size={14} />}
          onClick={verify}
          disabled={task.running || archiveBytes === null}
          data-testid="verify-archive"
        >
          {t('maintenance.verifyArchive')}
        </Button>
      </header>
      <dl className={s.facts}>
        <Fact name={t('maintenance.store')} value={size(overview.bytes)} />
        <Fact name={t('maintenance.freeForNew')} value={size(overview.freeBytes)} />
        <Fact
          name={t('maintenance.archive')}
          value={archiveBytes === null ? t('maintenance.noneYet') : size(archiveBytes)}
        />
        <Fact name={t('maintenance.eventsArchived')} value={grouped(stubs)} />
      </dl>
      {overview.archive !== null && (
        <p className="faint selectable">
          {archiveBytes === null ? t('maintenance.archiveWillBe', { path: overview.archive }) : overview.archive}
        </p>
      )}
      {stubs !== '0' && <p className="dim">{t('maintenance.stubsMean')}</p>}
      {task.running && (
        <ProgressLine progress={task.progress} fallback={t('maintenance.verifyingArchive')} onCancel={task.cancel} />
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
          {report.cancelled && `${t('maintenance.stopped')} `}
          {rich('maintenance.archiveExamined', {
            count: report.events,
            verdict: (
              <strong>
                {report.intact
                  ? t('maintenance.archiveIntact')
                  : t('maintenance.nFindings', { count: report.findings.length })}
              </strong>
            ),
          })}
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
