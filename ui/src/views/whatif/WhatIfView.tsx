import { Button, Checkbox, TextInput, Tooltip } from '@mantine/core';
import {
  IconArrowBackUp,
  IconArrowsSplit2,
  IconDeviceFloppy,
  IconFolderOpen,
  IconPin,
  IconRefresh,
  IconTestPipe,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useAsk, useLongAsk } from '../../app/cache';
import { showDone } from '../../app/notify';
import { useOffer } from '../../app/offers';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go, PlaceLink, usePlaceOf } from '../../app/router';
import { useStoreLocation } from '../../app/StoreContext';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { WhatIfScenario } from '../../platform/wire';
import { Bones, ErrorState, ProgressLine, StreamName } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { usePinOffer } from '../notebook/usePin';
import { StreamPicker } from '../time/StreamPicker';
import { putDraft, useDraft } from './drafts';
import { Ends } from './Ends';
import { type FileAsked, FileDialog } from './FileDialog';
import { Lanes } from './Lanes';
import { Steps } from './Steps';
import { forkOf } from './scenario';
import { TestDialog } from './TestDialog';
import s from './WhatIfView.module.css';

export function WhatIfView() {
  const { stream, version, along } = usePlaceOf('whatIf');
  if (stream === null || version === null) return <ChooseFork stream={stream} />;
  return <Fork key={`${stream} ${version} ${along}`} stream={stream} version={version} along={along} />;
}

const keyOf = (store: string, stream: string, version: string, along: boolean) =>
  JSON.stringify([store, stream, version, along]);

/** Later than anything that is recorded: asking for the version at this time gives the last one. */
const END_OF_TIME = '9999-12-31T23:59:59Z';

/** Nothing is forked yet: choose a stream, or open a file. */
function ChooseFork({ stream }: { stream: string | null }) {
  const files = useFiles();
  const last = useAsk('versionAt', [stream, 'last'], (platform) => platform.versionAt(stream ?? '', END_OF_TIME), {
    enabled: stream !== null,
  });
  useOffer('what-if-open', files.open);
  return (
    <div className={s.choose}>
      <IconArrowsSplit2 size={30} stroke={1.4} aria-hidden="true" />
      <h2>{t('whatif.otherwise')}</h2>
      <p className="dim">{t('whatif.chooseMeans')}</p>
      <StreamPicker value={stream ?? ''} onChange={(next) => go(places.whatIf(next))} width={360} />
      {stream !== null && last.data !== undefined && (
        <p className={s.ways}>
          <Button variant="filled" onClick={() => go(places.whatIf(stream, last.data))} data-testid="what-if-from-last">
            {t('whatif.forkAtLast', { version: grouped(last.data) })}
          </Button>
          <Button onClick={() => go(places.whatIf(stream, '0', true))}>{t('whatif.forkBeforeFirst')}</Button>
        </p>
      )}
      <Button leftSection={<IconFolderOpen size={14} />} onClick={files.open} data-testid="what-if-open">
        {t('whatif.openFile')}
      </Button>
      {files.dialog}
    </div>
  );
}

/** Files with scenarios. */
function useFiles() {
  const platform = usePlatform();
  const cache = useQueryClient();
  const store = useStoreLocation();
  const [asked, setAsked] = useState<FileAsked | null>(null);
  const open = async (typed: string | null) => {
    const file = await platform.openWhatIf(typed);
    const stream = file?.scenario.streams[0];
    if (file === null || stream === undefined) return false;
    const { scenario } = file;
    // The place of a scenario is where it forks; of one that forks at a position, its place is the stream's version there.
    const { fork } = scenario;
    const version =
      fork.kind === 'stream'
        ? fork.version
        : await cache.fetchQuery({
            queryKey: ['versionAtPosition', stream, fork.position],
            queryFn: () => platform.versionAtPosition(stream, fork.position),
          });
    const named = fork.kind === 'stream' ? fork.name : stream;
    const along = scenario.through.kind !== 'fork';
    putDraft(keyOf(store, named, version ?? '0', along), scenario);
    go(places.whatIf(named, version ?? '0', along));
    return true;
  };
  const save = (scenario: WhatIfScenario) => async (typed: string | null) => {
    const path = await platform.saveWhatIf(scenario, typed);
    if (path !== null) showDone(t('whatif.savedIn', { path }));
    return path !== null;
  };
  return {
    open: () => setAsked({ title: t('whatif.openTitle'), action: t('whatif.open'), run: open }),
    save: (scenario: WhatIfScenario) =>
      setAsked({ title: t('whatif.saveTitle'), action: t('whatif.save'), run: save(scenario) }),
    dialog: <FileDialog asked={asked} onClose={() => setAsked(null)} />,
  };
}

interface ForkProps {
  stream: string;
  version: string;
  along: boolean;
}

function Fork({ stream, version, along }: ForkProps) {
  const begin = useMemo(() => forkOf(stream, version, along), [stream, version, along]);
  const store = useStoreLocation();
  const [scenario, setScenario] = useDraft(keyOf(store, stream, version, along), begin);
  const files = useFiles();
  const [testing, setTesting] = useState(false);
  const asked = useMemo(() => ({ ...scenario, title: '' }), [scenario]);
  const { result, progress, stop, stopped } = useLongAsk(
    'runWhatIf',
    [JSON.stringify(asked)],
    (platform, taskId, onProgress) => platform.runWhatIf(scenario, taskId, onProgress),
    { keep: true },
  );
  const run = () => void result.refetch();
  const hasSteps = scenario.steps.length > 0;
  useOffer('what-if-run', run);
  const pin = usePinOffer('pin-what-if', { kind: 'whatIf', scenario }, scenario.title.trim() || t('notebook.whatIf'));
  useOffer('what-if-open', files.open);
  useOffer('what-if-save', () => files.save(scenario));
  useOffer('what-if-test', hasSteps ? () => setTesting(true) : null);
  const change = (part: Partial<WhatIfScenario>) => setScenario({ ...scenario, ...part });
  const answer = result.data;
  // What an edit or a clock makes impossible is taken back from here: the lanes, where it was made, are gone with the answer.
  const [lastRun, setLastRun] = useState<WhatIfScenario | null>(null);
  if (result.isSuccess && !result.isPlaceholderData && lastRun !== scenario) setLastRun(scenario);

  return (
    <div className={s.view} data-what-if-view>
      <header className={s.head}>
        <TextInput
          className={s.title ?? ''}
          aria-label={t('whatif.whatAbout')}
          value={scenario.title}
          onChange={(event) => change({ title: event.currentTarget.value })}
          spellCheck={false}
          data-testid="what-if-title"
        />
        <span className={s.actions}>
          <Button
            leftSection={<IconRefresh size={14} />}
            onClick={run}
            disabled={result.isFetching}
            data-testid="what-if-run"
          >
            {t('whatif.runAgain')}
          </Button>
          <Button leftSection={<IconFolderOpen size={14} />} onClick={files.open} data-testid="what-if-open">
            {t('whatif.openAsk')}
          </Button>
          <Button
            leftSection={<IconDeviceFloppy size={14} />}
            onClick={() => files.save(scenario)}
            data-testid="what-if-save"
          >
            {t('whatif.saveAsk')}
          </Button>
          <Button leftSection={<IconPin size={14} />} onClick={pin} data-testid="pin-what-if">
            {t('notebook.pin')}
          </Button>
          <Tooltip label={t('whatif.testNeedsStep')} disabled={hasSteps}>
            <Button
              leftSection={<IconTestPipe size={14} />}
              onClick={() => setTesting(true)}
              disabled={!hasSteps}
              data-testid="what-if-test"
            >
              {t('whatif.makeTestAsk')}
            </Button>
          </Tooltip>
        </span>
      </header>
      <div className={s.about}>
        <span>
          {rich('whatif.forks', {
            stream: (
              <PlaceLink to={places.time(stream, version)}>
                <StreamName stream={stream} />
              </PlaceLink>
            ),
            version: <strong className="tabular">{grouped(version)}</strong>,
          })}
        </span>
        <Checkbox
          label={t('whatif.takeAlong')}
          checked={scenario.through.kind !== 'fork'}
          onChange={(event) => change({ through: event.currentTarget.checked ? { kind: 'head' } : { kind: 'fork' } })}
          data-testid="what-if-along"
        />
        <Checkbox
          label={t('whatif.withCorrelated')}
          checked={scenario.correlated}
          onChange={(event) => change({ correlated: event.currentTarget.checked })}
          data-testid="what-if-correlated"
        />
        <span className={s.safe}>{t('whatif.inMemoryOnly')}</span>
      </div>
      {result.isError && !result.isFetching ? (
        <>
          <ErrorState error={toAppError(result.error)} onRetry={run} />
          {lastRun !== null && lastRun !== scenario && (
            <p className={s.note}>
              <Button
                leftSection={<IconArrowBackUp size={14} />}
                onClick={() => setScenario(lastRun)}
                data-testid="what-if-back"
              >
                {t('whatif.backToLast')}
              </Button>
            </p>
          )}
        </>
      ) : stopped ? (
        <p className={s.note}>
          {t('whatif.stopped')}{' '}
          <Button size="compact-sm" onClick={run} data-testid="what-if-again">
            {t('whatif.runItAgain')}
          </Button>
        </p>
      ) : (
        result.isFetching && <ProgressLine progress={progress} fallback={t('whatif.running')} onCancel={stop} />
      )}
      <div className={s.body}>
        {answer === undefined ? (
          !result.isError && <Bones lines={10} label={t('whatif.running')} />
        ) : (
          <>
            <Lanes scenario={scenario} answer={answer} onChange={setScenario} />
            <aside className={s.side} aria-label={t('whatif.stepsAndDifferences')}>
              <Steps
                scenario={scenario}
                reports={answer.steps}
                lane={answer.whatIf.steps}
                begins={answer.beginsAt}
                beginsEarliest={answer.beginsAtEarliest}
                onChange={setScenario}
              />
              <section className={s.part}>
                <h2>{t('whatif.nTakePart', { count: answer.streams.length })}</h2>
                <ul className={s.streams}>
                  {answer.streams.map(({ stream: name, because }) => (
                    <li key={name}>
                      <StreamName stream={name} link />
                      <span className="faint">{t(`whatif.because_${because}`)}</span>
                    </li>
                  ))}
                </ul>
                {answer.correlationsLeftOut && <p className={s.note}>{t('whatif.correlationsLeftOut')}</p>}
                <p className={s.note}>
                  {rich('whatif.shownUpTo', {
                    position: <span className="tabular">#{grouped(answer.end)}</span>,
                  })}
                </p>
              </section>
              <Ends ends={answer.ends} />
            </aside>
          </>
        )}
      </div>
      <TestDialog scenario={scenario} opened={testing} onClose={() => setTesting(false)} />
      {files.dialog}
    </div>
  );
}
