import { Button, SegmentedControl } from '@mantine/core';
import { IconArchive, IconCircleCheck, IconEyeOff, IconSearch } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle } from '../../app/cache';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { useTask } from '../../app/useTask';
import type { RetentionDone, RetentionPreview } from '../../platform/wire';
import { Chip, ErrorState, ProgressLine, StreamName, Time } from '../../shared/bits';
import { type By, ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, plural, size } from '../../shared/format';
import s from './MaintenanceView.module.css';

type Purpose = 'truncate' | 'scavenge';

const WORDS: Record<Purpose, { title: string; about: string; act: (count: string) => string; means: string }> = {
  truncate: {
    title: 'Hide',
    about: 'Hides what the rules let go: a stream’s reads begin later. The bytes stay where they are.',
    act: (count) => `Hide ${count}`,
    means: 'Reads of these streams begin later from now on. The events stay stored and the chain unbroken.',
  },
  scavenge: {
    title: 'Archive',
    about: 'Moves hidden events to the archive file, batch by batch, and leaves stubs that keep the chain whole.',
    act: (count) => `Move ${count} to the archive`,
    means:
      'Each batch is written and synced in the archive before anything leaves the store. Stopping leaves nothing half done.',
  },
};

/** What would go now, what stays and why; and the way to let it go, with its number typed. */
export function Preview({ purpose, readOnly }: { purpose: Purpose; readOnly: boolean }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const preview = useTask<RetentionPreview>();
  const run = useTask<RetentionDone>();
  const [asking, setAsking] = useState(false);
  const words = WORDS[purpose];
  const plan = preview.result;
  const look = () => {
    run.clear();
    void preview.run((id, onProgress) => platform.previewRetention(purpose, id, onProgress));
  };
  const act = (by: By) => {
    if (plan === null) return;
    const { events } = plan;
    preview.clear();
    void run
      .run((id, onProgress) => platform.applyRetention(purpose, events, by, id, onProgress))
      .finally(() => void settle(cache, 'applyRetention'));
  };
  const count = plural(plan?.events ?? '0', 'event');
  return (
    <section className={s.section} aria-labelledby="preview">
      <header className={s.sectionHead}>
        <h2 id="preview">What would go</h2>
        <SegmentedControl
          aria-label="What is previewed"
          value={purpose}
          onChange={(value) =>
            go(places.maintenance('retention', value === 'scavenge' ? 'scavenge' : 'truncate'), 'replace')
          }
          disabled={preview.running || run.running}
          data={[
            { value: 'truncate', label: 'Hide' },
            { value: 'scavenge', label: 'Archive' },
          ]}
        />
        <span className={s.spacer} />
        <Button
          leftSection={<IconSearch size={14} />}
          onClick={look}
          disabled={preview.running || run.running}
          data-testid="preview-retention"
        >
          Preview
        </Button>
        <Button
          variant="filled"
          leftSection={purpose === 'truncate' ? <IconEyeOff size={14} /> : <IconArchive size={14} />}
          onClick={() => setAsking(true)}
          disabled={readOnly || plan === null || plan.events === '0'}
          data-testid="apply-retention"
        >
          {plan === null || plan.events === '0' ? `${words.title}…` : `${words.act(count)}…`}
        </Button>
      </header>
      <p className="dim">{words.about}</p>
      {preview.running && (
        <ProgressLine progress={preview.progress} fallback="Looking at every stream" onCancel={preview.cancel} />
      )}
      {run.running && <ProgressLine progress={run.progress} fallback={words.title} onCancel={run.cancel} />}
      {preview.error !== null && <ErrorState error={preview.error} onRetry={look} />}
      {run.error !== null && <ErrorState error={run.error} onRetry={look} />}
      {run.result !== null && <Done done={run.result} />}
      {plan !== null && <Plan plan={plan} />}
      <ConfirmDialog
        opened={asking && plan !== null}
        onClose={() => setAsking(false)}
        title={`${words.act(count)}?`}
        confirm={words.act(count)}
        icon={purpose === 'truncate' ? <IconEyeOff size={14} /> : <IconArchive size={14} />}
        danger
        asksReason
        typed={{
          text: plan?.events ?? '',
          label: `Type the number of events: ${grouped(plan?.events ?? '0')}`,
        }}
        onConfirm={act}
        testId="confirm-retention"
      >
        <p>
          <strong>{count}</strong> of <strong>{plural(plan?.cuts ?? '0', 'stream')}</strong>, {size(plan?.bytes ?? '0')}
          . {words.means}
        </p>
        <p>If another number would go by then, nothing is done and you preview again.</p>
      </ConfirmDialog>
    </section>
  );
}

function Done({ done }: { done: RetentionDone }) {
  const what = done.purpose === 'truncate' ? 'hidden' : 'moved to the archive';
  return (
    <div className={`${s.verdict} ${s.good}`} role="status" data-testid="retention-done">
      <IconCircleCheck size={16} aria-hidden="true" />
      <p>
        {done.cancelled ? 'Stopped. ' : ''}
        <strong>{plural(done.events, 'event')}</strong> {what}, {size(done.bytes)}.
        {done.cancelled ? ' What was done until then stays done; the rest can go on later.' : ''}
      </p>
    </div>
  );
}

function Plan({ plan }: { plan: RetentionPreview }) {
  const { streams, totalStreams } = plan;
  if (streams.length === 0) {
    return (
      <p className={s.nothing} data-testid="retention-plan">
        {plan.purpose === 'truncate'
          ? 'Nothing would go: no rule lets go of an event that is shown now.'
          : 'Nothing would go: no event is hidden that is not in the archive already.'}
      </p>
    );
  }
  return (
    <>
      <dl className={s.facts} data-testid="retention-plan">
        <div>
          <dt>Events that go</dt>
          <dd className="tabular">{grouped(plan.events)}</dd>
        </div>
        <div>
          <dt>Size</dt>
          <dd className="tabular">{size(plan.bytes)}</dd>
        </div>
        <div>
          <dt>Streams</dt>
          <dd className="tabular">{grouped(plan.cuts)}</dd>
        </div>
        <div>
          <dt>Reasons to stay</dt>
          <dd className="tabular">{grouped(plan.refused)}</dd>
        </div>
        {plan.oldest !== null && plan.newest !== null && (
          <div>
            <dt>Recorded</dt>
            <dd>
              <Time value={plan.oldest} short /> – <Time value={plan.newest} short />
            </dd>
          </div>
        )}
      </dl>
      <table className={s.table}>
        <thead>
          <tr>
            <th scope="col">Stream</th>
            <th scope="col" className="num">
              Goes before
            </th>
            <th scope="col" className="num">
              Events
            </th>
            <th scope="col">What stays, and why</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((row) => (
            <tr key={row.stream} data-testid="plan-row" data-stream={row.stream}>
              <th scope="row">
                <StreamName stream={row.stream} link />
              </th>
              <td className="num">{row.before === null ? '–' : `v${grouped(row.before)}`}</td>
              <td className="num">{row.events === '0' ? <span className="faint">none</span> : grouped(row.events)}</td>
              <td>
                {row.refusals.length === 0 ? (
                  <span className="faint">all of it goes</span>
                ) : (
                  <ul className={s.refusals}>
                    {row.refusals.map((one) => (
                      <li key={`${one.code} ${one.message}`}>
                        <Chip tone={one.code === 'legal_hold' ? 'bad' : 'warn'}>{plural(one.events, 'event')}</Chip>{' '}
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
          The first {grouped(String(streams.length))} of {plural(totalStreams, 'stream')}.
        </p>
      )}
    </>
  );
}
