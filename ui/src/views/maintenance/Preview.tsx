import { Button, SegmentedControl } from '@mantine/core';
import { IconArchive, IconCircleCheck, IconEyeOff, IconSearch } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { useTask } from '../../app/useTask';
import { rich, t } from '../../i18n';
import type { RetentionDone, RetentionPreview } from '../../platform/wire';
import { Chip, ErrorState, ProgressLine, StreamName, Time } from '../../shared/bits';
import { type By, ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, size } from '../../shared/format';
import s from './MaintenanceView.module.css';

type Purpose = 'truncate' | 'scavenge';

/** What would go now, what stays and why; and the way to let it go, with its number typed. */
export function Preview({ purpose, readOnly }: { purpose: Purpose; readOnly: boolean }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const preview = useTask<RetentionPreview>();
  const run = useTask<RetentionDone>();
  const [asking, setAsking] = useState(false);
  const title = t(`maintenance.purpose_${purpose}`);
  const plan = preview.result;
  const look = () => {
    run.clear();
    void preview.run((id, onProgress) => platform.previewRetention(purpose, id, onProgress));
  };
  const letGo = (by: By) => {
    if (plan === null) return;
    const { events } = plan;
    preview.clear();
    void run
      .run((id, onProgress) => platform.applyRetention(purpose, events, by, id, onProgress))
      .finally(() => void settle(cache, 'applyRetention'));
  };
  const act = t(`maintenance.act_${purpose}`, { count: plan?.events ?? '0' });
  return (
    <section className={s.section} aria-labelledby="preview">
      <header className={s.sectionHead}>
        <h2 id="preview">{t('maintenance.wouldGo')}</h2>
        <SegmentedControl
          aria-label={t('maintenance.whatIsPreviewed')}
          value={purpose}
          onChange={(value) =>
            go(places.maintenance('retention', value === 'scavenge' ? 'scavenge' : 'truncate'), 'replace')
          }
          disabled={preview.running || run.running}
          data={[
            { value: 'truncate', label: t('maintenance.purpose_truncate') },
            { value: 'scavenge', label: t('maintenance.purpose_scavenge') },
          ]}
        />
        <span className={s.spacer} />
        <Button
          leftSection={<IconSearch size={14} />}
          onClick={look}
          disabled={preview.running || run.running}
          data-testid="preview-retention"
        >
          {t('maintenance.preview')}
        </Button>
        <Button
          variant="filled"
          leftSection={purpose === 'truncate' ? <IconEyeOff size={14} /> : <IconArchive size={14} />}
          onClick={() => setAsking(true)}
          disabled={readOnly || plan === null || plan.events === '0'}
          data-testid="apply-retention"
        >
          {plan === null || plan.events === '0' ? `${title}…` : `${act}…`}
        </Button>
      </header>
      <p className="dim">{t(`maintenance.about_${purpose}`)}</p>
      {preview.running && (
        <ProgressLine
          progress={preview.progress}
          fallback={t('maintenance.lookingAtStreams')}
          onCancel={preview.cancel}
        />
      )}
      {run.running && <ProgressLine progress={run.progress} fallback={title} onCancel={run.cancel} />}
      {preview.error !== null && <ErrorState error={preview.error} onRetry={look} />}
      {run.error !== null && <ErrorState error={run.error} onRetry={look} />}
      {run.result !== null && <Done done={run.result} />}
      {plan !== null && <Plan plan={plan} />}
      <ConfirmDialog
        opened={asking && plan !== null}
        onClose={() => setAsking(false)}
        title={`${act}?`}
        confirm={act}
        icon={purpose === 'truncate' ? <IconEyeOff size={14} /> : <IconArchive size={14} />}
        danger
        asksReason
        typed={{
          text: plan?.events ?? '',
          label: t('maintenance.typeEvents', { events: grouped(plan?.events ?? '0') }),
        }}
        onConfirm={letGo}
        testId="confirm-retention"
      >
        <p>
          {rich(`maintenance.means_${purpose}`, {
            events: <strong>{t('maintenance.nEvents', { count: plan?.events ?? '0' })}</strong>,
            streams: <strong>{t('maintenance.nStreams', { count: plan?.cuts ?? '0' })}</strong>,
            size: size(plan?.bytes ?? '0'),
          })}
        </p>
        <p>{t('maintenance.otherNumber')}</p>
      </ConfirmDialog>
    </section>
  );
}

function Done({ done }: { done: RetentionDone }) {
  const what = {
    events: <strong>{t('maintenance.nEvents', { count: done.events })}</strong>,
    size: size(done.bytes),
  };
  return (
    <div className={`${s.verdict} ${s.good}`} role="status" data-testid="retention-done">
      <IconCircleCheck size={16} aria-hidden="true" />
      <p>
        {done.cancelled && `${t('maintenance.stopped')} `}
        {done.purpose === 'truncate' ? rich('maintenance.hidden', what) : rich('maintenance.archived', what)}
        {done.cancelled && ` ${t('maintenance.stoppedMeans')}`}
      </p>
    </div>
  );
}

function Plan({ plan }: { plan: RetentionPreview }) {
  const { streams, totalStreams } = plan;
  if (streams.length === 0) {
    return (
      <p className={s.nothing} data-testid="retention-plan">
        {plan.purpose === 'truncate' ? t('maintenance.nothingToHide') : t('maintenance.nothingToArchive')}
      </p>
    );
  }
  return (
    <>
      <dl className={s.facts} data-testid="retention-plan">
        <div>
          <dt>{t('maintenance.eventsThatGo')}</dt>
          <dd className="tabular">{grouped(plan.events)}</dd>
        </div>
        <div>
          <dt>{t('maintenance.size')}</dt>
          <dd className="tabular">{size(plan.bytes)}</dd>
        </div>
        <div>
          <dt>{t('maintenance.streams')}</dt>
          <dd className="tabular">{grouped(plan.cuts)}</dd>
        </div>
        <div>
          <dt>{t('maintenance.reasonsToStay')}</dt>
          <dd className="tabular">{grouped(plan.refused)}</dd>
        </div>
        {plan.oldest !== null && plan.newest !== null && (
          <div>
            <dt>{t('maintenance.recorded')}</dt>
            <dd>
              <Time value={plan.oldest} short /> – <Time value={plan.newest} short />
            </dd>
          </div>
        )}
      </dl>
      <table className={s.table}>
        <thead>
          <tr>
            <th scope="col">{t('maintenance.scope_stream')}</th>
            <th scope="col" className="num">
              {t('maintenance.goesBefore')}
            </th>
            <th scope="col" className="num">
              {t('maintenance.events')}
            </th>
            <th scope="col">{t('maintenance.whatStays')}</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((row) => (
            <tr key={row.stream} data-testid="plan-row" data-stream={row.stream}>
              <th scope="row">
                <StreamName stream={row.stream} link />
              </th>
              <td className="num">
                {row.before === null ? '–' : t('maintenance.version', { version: grouped(row.before) })}
              </td>
              <td className="num">
                {row.events === '0' ? <span className="faint">{t('maintenance.none')}</span> : grouped(row.events)}
              </td>
              <td>
                {row.refusals.length === 0 ? (
                  <span className="faint">{t('maintenance.allGoes')}</span>
                ) : (
                  <ul className={s.refusals}>
                    {row.refusals.map((one) => (
                      <li key={`${one.code} ${one.message}`}>
                        <Chip tone={one.code === 'legal_hold' ? 'bad' : 'warn'}>
                          {t('maintenance.nEvents', { count: one.events })}
                        </Chip>{' '}
                        {one.message}
                      </li>
                    ))}
                  </ul>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {String(streams.length) !== totalStreams && (
        <p className="faint">
          {t('maintenance.firstStreams', { shown: grouped(String(streams.length)), count: totalStreams })}
        </p>
      )}
    </>
  );
}
