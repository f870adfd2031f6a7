import { Button } from '@mantine/core';
import { IconAlertTriangle, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useState } from 'react';
import { useHead } from '../../app/head';
import { useIntent } from '../../app/intent';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import { useTask } from '../../app/useTask';
import { t } from '../../i18n';
import type { StoreStatus, VerifyReport } from '../../platform/wire';
import { ErrorState, IdText, Pair, Pairs, ProgressLine, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
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
            <h2>{t('evidence.verifyTheChain')}</h2>
            {!store.capabilities.hashChain && (
              <p className="dim" data-testid="no-chain">
                {t('evidence.keepsNoHashChainOfItsOwnWhatWas', { backend: store.backend })}
              </p>
            )}
            <p className="dim">{t('evidence.everyEventCarriesAHashOfItsContent')}</p>
          </div>
          <Button
            variant="filled"
            size="sm"
            leftSection={<IconShieldCheck size={15} />}
            onClick={() => void verify()}
            disabled={task.running}
            data-testid="verify"
          >
            {t('evidence.verify', { events: t('shared.nEvents', { count: head }) })}
          </Button>
        </div>
        <div className={s.progress} aria-live="polite">
          {task.running && (
            <ProgressLine
              progress={task.progress}
              fallback={t('evidence.recomputingEveryHash')}
              onCancel={task.cancel}
            />
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
          <h2>
            {report.cancelled
              ? t('evidence.stoppedBeforeTheEnd')
              : report.intact
                ? t('evidence.intact')
                : t('evidence.altered')}
          </h2>
          <p className="dim">
            {t('evidence.examined', {
              events: t('shared.nEvents', { count: report.events }),
              value: report.cancelled
                ? t('evidence.nothingCanBeSaidOfTheRest')
                : report.intact
                  ? t('evidence.everyOneIsAsItWasWritten')
                  : t('evidence.theFirstOneFirst', {
                      findings: t('shared.nFindings', { count: String(report.findings.length) }),
                    }),
            })}
          </p>
        </div>
      </div>
      <Pairs>
        <Pair name={t('evidence.chainHashAtTheEnd')}>
          <IdText id={report.chainHash} label={t('evidence.theChainHash')} />
        </Pair>
        {finishedAt !== null && (
          <Pair name={t('evidence.verifiedAt')}>
            <Time value={finishedAt} short />
          </Pair>
        )}
      </Pairs>
      {report.findings.length > 0 && (
        <table className={s.findings} data-testid="findings">
          <thead>
            <tr>
              <th scope="col" className="num">
                {t('evidence.position')}
              </th>
              <th scope="col">{t('evidence.whatIsWrong')}</th>
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
