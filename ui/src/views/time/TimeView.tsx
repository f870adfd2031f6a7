import { useEffect } from 'react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import { toAppError } from '../../platform/platform';
import { Bones, EmptyState, ErrorState } from '../../shared/bits';
import { ChooseStream } from './ChooseStream';
import { StateAt } from './StateAt';
import { Timeline } from './Timeline';
import { TimeToolbar } from './TimeToolbar';
import s from './TimeView.module.css';
import { usePlayer } from './usePlayer';

/** Later than anything that is recorded: asking for the version at this time gives the last one. */
const END_OF_TIME = '9999-12-31T23:59:59Z';

export function TimeView() {
  const { stream } = usePlaceOf('time');
  if (stream === null) return <ChooseStream />;
  return <Travel key={stream} stream={stream} />;
}

function Travel({ stream }: { stream: string }) {
  const place = usePlaceOf('time');
  const last = useAsk('versionAt', [stream, 'last'], (platform) => platform.versionAt(stream, END_OF_TIME));
  const max = last.data === undefined ? null : BigInt(last.data);
  const asked = place.version === null ? max : BigInt(place.version);
  const version = asked === null || max === null ? null : asked > max ? max : asked;

  const goTo = (next: bigint) => {
    const clamped = next < 0n ? 0n : max !== null && next > max ? max : next;
    go({ ...place, version: String(clamped) }, 'replace');
  };
  const player = usePlayer(version, max, goTo);
  const compare = (other: string | null) => go({ ...place, compare: other }, 'replace');

  const { toggle, stop } = player;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || version === null) return;
      if (event.target instanceof HTMLElement && ['INPUT', 'TEXTAREA', 'BUTTON'].includes(event.target.tagName)) {
        if (event.target.tagName !== 'BUTTON' || event.key === ' ') return;
      }
      const keys: Record<string, () => void> = {
        ArrowLeft: () => goTo(version - 1n),
        ArrowRight: () => goTo(version + 1n),
        Home: () => goTo(0n),
        End: () => max !== null && goTo(max),
      };
      const action = event.key === ' ' ? toggle : keys[event.key];
      if (action === undefined) return;
      event.preventDefault();
      if (event.key !== ' ') stop();
      action();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  });

  if (last.isError) return <ErrorState error={toAppError(last.error)} onRetry={() => void last.refetch()} />;
  if (version === null || max === null) return <Bones lines={12} label="Looking for the stream" />;
  if (max === 0n) {
    return (
      <>
        <ChooseStream current={stream} />
        <EmptyState title={`There is no stream ${stream}`}>
          A stream exists from its first event on. Check the spelling, or choose one from the list.
        </EmptyState>
      </>
    );
  }
  return (
    <div className={s.view} data-time-view>
      <TimeToolbar
        stream={stream}
        version={version}
        max={max}
        compare={place.compare}
        player={player}
        onVersion={(next) => {
          player.stop();
          goTo(next);
        }}
        onCompare={compare}
        onStream={(next) => go(places.time(next))}
      />
      <div className={s.body}>
        <Timeline
          stream={stream}
          version={version}
          max={max}
          compare={place.compare}
          onVersion={(next) => {
            player.stop();
            goTo(next);
          }}
          onCompare={compare}
        />
        <StateAt stream={stream} version={version} compare={place.compare} onCompare={compare} />
      </div>
    </div>
  );
}
