import { Button } from '@mantine/core';
import { useIsFetching } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useAsk } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { useOffer } from '../../app/offers';
import { type Place, places } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import type { TimeOpen } from '../../app/timePlace';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import { Bones, EmptyState, ErrorState } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { usePinOffer } from '../notebook/usePin';
import { ChooseStream } from './ChooseStream';
import { LanesView } from './LanesView';
import { StateAt } from './StateAt';
import { Timeline } from './Timeline';
import { TimeToolbar } from './TimeToolbar';
import s from './TimeView.module.css';
import { ToolPanel } from './ToolPanel';
import { usePlayer } from './usePlayer';
import { useTimeKeys } from './useTimeKeys';

/** Later than anything that is recorded: asking for the version at this time gives the last one. */
const END_OF_TIME = '9999-12-31T23:59:59Z';

export function TimeView() {
  const { stream, lanes } = usePlaceOf('time');
  if (lanes !== null) return <LanesView lanes={lanes} />;
  if (stream === null) return <ChooseStream />;
  return <Travel key={stream} stream={stream} />;
}

function Travel({ stream }: { stream: string }) {
  const last = useAsk('versionAt', [stream, 'last'], (platform) => platform.versionAt(stream, END_OF_TIME));
  if (last.isError) return <ErrorState error={toAppError(last.error)} onRetry={() => void last.refetch()} />;
  if (last.data === undefined) return <Bones lines={12} label={t('time.lookingForTheStream')} />;
  if (last.data === '0') {
    return (
      <>
        <ChooseStream current={stream} />
        <EmptyState title={t('time.thereIsNoStream', { stream })}>
          {t('time.aStreamExistsFromItsFirstEventOn')}
        </EmptyState>
      </>
    );
  }
  return <Versions stream={stream} max={BigInt(last.data)} />;
}

/** The versions of a stream, the state at one of them, and what is asked of all. */
function Versions({ stream, max }: { stream: string; max: bigint }) {
  const place = usePlaceOf('time');
  const at = useShownAt();
  const { compare, open } = place;
  const asked = place.version === null ? max : BigInt(place.version);
  const version = asked > max ? max : asked;
  const [changesOnly, setChangesOnly] = useState(false);
  const [fails, setFails] = useState<bigint | null>(null);
  const path = useRef<string | null>(null);

  const change = (to: Partial<Extract<Place, { view: 'time' }>>) => go({ ...place, ...to }, 'replace');
  const goTo = (next: bigint) => change({ version: String(next < 0n ? 0n : next > max ? max : next) });
  const onCompare = (other: string | null) => change({ compare: other });
  const onOpen = (more: Partial<TimeOpen>) => change({ open: { ...open, ...more } });
  const busy = useIsFetching({ queryKey: ['stateAt', stream] }) > 0;
  const player = usePlayer(version, max, goTo, busy);
  const onVersion = (next: bigint) => {
    player.stop();
    goTo(next);
  };
  const onSwap = () => {
    if (compare !== null) change({ version: compare, compare: String(version) });
  };

  useOffer('time-what-if', () => go(places.whatIf(stream, String(version))));
  const pinState = usePinOffer(
    'pin-state',
    { kind: 'state', stream, version: String(version) },
    t('notebook.stateTitle', { stream, version: grouped(String(version)) }),
  );
  const pinDiff = usePinOffer(
    'pin-diff',
    compare === null ? null : { kind: 'diff', stream, from: compare, to: String(version) },
    t('notebook.diffTitle', { stream, from: grouped(compare ?? '0'), to: grouped(String(version)) }),
  );
  useTimeKeys({
    version,
    max,
    open,
    player,
    onVersion,
    onCompare,
    onSwap,
    onOpen,
    turnChanges: () => setChangesOnly(!changesOnly),
    path: () => path.current,
    lanes: () => go(places.lanes([stream])),
  });

  return (
    <div className={s.view} data-time-view>
      <TimeToolbar
        stream={stream}
        version={version}
        max={max}
        compare={compare}
        open={open}
        player={player}
        onVersion={onVersion}
        onCompare={onCompare}
        onStream={(next) => go(places.time(next, null, null, { ...open, field: null, fieldAt: null }))}
        onOpen={onOpen}
        onPin={compare === null ? pinState : pinDiff}
      />
      {asked > max && at === null && (
        <p className={s.until} role="alert" data-testid="time-no-such-version">
          {t('time.noSuchVersion', { stream, version: grouped(String(asked)), last: grouped(String(max)) })}{' '}
          <Button size="compact-xs" onClick={() => change({ version: String(max) })} data-testid="time-stay-at-last">
            {t('time.stayAtLast')}
          </Button>
        </p>
      )}
      {at !== null && (
        <p className={s.until} role="note" data-testid="time-until">
          {t('time.asItWas', { at: grouped(at), count: max })}
        </p>
      )}
      <div className={s.stage}>
        <div className={`${s.body} ${open.tool === null ? '' : s.withTool}`}>
          <Timeline
            stream={stream}
            version={version}
            max={max}
            compare={compare}
            fails={fails}
            onVersion={onVersion}
            onCompare={onCompare}
          />
          <StateAt
            stream={stream}
            version={version}
            compare={compare}
            open={open}
            changesOnly={changesOnly}
            onChangesOnly={setChangesOnly}
            onVersion={onVersion}
            onCompare={onCompare}
            onSwap={onSwap}
            onOpen={onOpen}
            onPath={(pointer) => {
              path.current = pointer;
            }}
            onFails={setFails}
          />
          {open.tool !== null && (
            <ToolPanel
              tool={open.tool}
              stream={stream}
              version={version}
              max={max}
              open={open}
              onOpen={onOpen}
              onVersion={onVersion}
            />
          )}
        </div>
      </div>
    </div>
  );
}
