import { Button } from '@mantine/core';
import { IconAlertTriangle, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useState } from 'react';
import { useHead } from '../../app/head';
import { useIntent } from '../../app/intent';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { useTask } from '../../app/useTask';
import type { StoreStatus, VerifyReport } from '../../platform/wire';
import { ErrorState, IdText, Pair, Pairs, ProgressLine, Time } from '../../shared/bits';
import { grouped, plural } from '../../shared/format';
import s from './EvidenceView.module.css';

export function EvidenceView({ store }: { store: StoreStatus }) {
  const platform = usePlatform();
  const head = useHead();
  const task = useTask<VerifyReport>();
  const [finishedAt, setFinishedAt] = useState<string | null>(null);
  const verify = async () => {
    const report = await task.run((id, onProgress) => platform.verify(id, onProgress));
    if (report !== null) setFinishedAt(new Date().toISOString());
  };
  useIntent(['verify'], true, () => void verify());
  return (
    <div className={s.page}>
      <section className={s.card}>
        <div className={s.head}>
          <div>
            <h2>Verify the chain</h2>
            {!store.capabilities.hashChain && (
              <p className="dim" data-testid="no-chain">
                {store.backend} keeps no hash chain of its own: what was altered before it was first seen here cannot be
                told.
              </p>
            )}
            <p className="dim">
              Every event carries a hash of its content, and one of everything before it. Recomputing them all shows
              whether a single byte was altered, removed or put in since it was written.
            </p>
          </div>
          <Button
            variant="filled"
            size="sm"
            leftSection={<IconShieldCheck size={15} />}
            onClick={() => void verify()}
            disabled={task.running}
            data-testid="verify"
          >
            Verify {plural(head, 'event')}
          </Button>
        </div>
        <div className={s.progress} aria-live="polite">
          {task.running && (
            <ProgressLine progress={task.progress} fallback="Recomputing every hash" onCancel={task.cancel} />
          )}
        </div>
      </section>
      {task.error !== null && <ErrorState error={task.error} onRetry={() => void verify()} />}
      {task.result !== null && <Report report={task.result} finishedAt={finishedAt} />}
    </div>
  );
}

function Report({ report, finishedAt }: { report: VerifyReport; finishedAt: string | null }) {
  const tone = report.cancelled ? s.stopped : report.intact ? s.intact : s.altered;
  return (
    <section
      className={`${s.report} ${tone}`}
      data-testid="verify-report"
      data-intact={report.intact && !report.cancelled}
      role="status"
    >
      <div className={s.verdict}>
        <span className={s.badge} aria-hidden="true">
          {report.cancelled ? (
            <IconAlertTriangle size={22} />
          ) : report.intact ? (
            <IconShieldCheck size={22} />
          ) : (
            <IconShieldX size={22} />
          )}
        </span>
        <div>
          <h2>{report.cancelled ? 'Stopped before the end' : report.intact ? 'Intact' : 'Altered'}</h2>
          <p className="dim">
            {plural(report.events, 'event')} examined
            {report.cancelled
              ? '; nothing can be said of the rest.'
              : report.intact
                ? '; every one is as it was written.'
                : `; ${plural(String(report.findings.length), 'finding')}, the first one first.`}
          </p>
        </div>
      </div>
      <Pairs>
        <Pair name="Chain hash at the end">
          <IdText id={report.chainHash} label="the chain hash" />
        </Pair>
        {finishedAt !== null && (
          <Pair name="Verified at">
            <Time value={finishedAt} short />
          </Pair>
        )}
      </Pairs>
      {report.findings.length > 0 && (
        <table className={s.findings} data-testid="findings">
          <thead>
            <tr>
              <th scope="col" className="num">
                Position
              </th>
              <th scope="col">What is wrong</th>
            </tr>
          </thead>
          <tbody>
            {report.findings.map((finding) => (
              <tr key={`${finding.position} ${finding.message}`}>
                <td className="num mono">
                  <PlaceLink to={places.events({}, finding.position)}>#{grouped(finding.position)}</PlaceLink>
                </td>
                <td className="selectable">{finding.message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
