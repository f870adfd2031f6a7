import { useIsFetching } from '@tanstack/react-query';
import { useState } from 'react';
import { useAsk } from '../../app/cache';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { StateView } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import { grouped } from '../../shared/format';
import type { IdLink } from '../../shared/tree/idLinks';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from './StateAt.module.css';
import { TimeTransport } from './TimeTransport';
import { usePlayer } from './usePlayer';

interface StateAroundProps {
  /** Where one begins: the state after an event. */
  state: StateView;
  onFollow: (link: IdLink) => void;
  onPath: (path: string) => void;
}

/** The state after an event, and the way from there through the other versions of its stream. */
export function StateAround({ state, onFollow, onPath }: StateAroundProps) {
  const { stream } = state;
  const [moved, setMoved] = useState<bigint | null>(null);
  const [begin, max] = [BigInt(state.version), BigInt(state.lastVersion)];
  const version = moved ?? begin;
  const asked = String(version);
  const other = useAsk('stateAt', [stream, asked, null], (platform) => platform.stateAt(stream, asked, null), {
    enabled: version !== begin,
    keep: true,
  });
  const goTo = (next: bigint) => setMoved(next < 0n ? 0n : next > max ? max : next);
  const busy = useIsFetching({ queryKey: ['stateAt', stream] }) > 0;
  const player = usePlayer(version, max, goTo, busy);
  const view = version === begin ? state : (other.data ?? state);
  return (
    <>
      <div className={s.around}>
        <TimeTransport
          version={version}
          max={max}
          mark={version === begin ? null : begin}
          player={player}
          onVersion={(next) => {
            player.stop();
            goTo(next);
          }}
        />
        <p className="dim" data-testid="state-around">
          {view.event === null
            ? t('time.beforeTheFirstEvent')
            : t('time.afterEvent', { eventType: view.event.eventType, version: grouped(view.version) })}
          {'; '}
          {version === begin ? t('time.whatThisEventChangedIsTinted') : t('time.whatItChangedIsTinted')}
        </p>
      </div>
      {view.problem !== null && (
        <div className={s.problem} role="alert">
          {view.problem}
        </div>
      )}
      {other.isError && version !== begin ? (
        <ErrorState error={toAppError(other.error)} onRetry={() => void other.refetch()} />
      ) : (
        <JsonTree
          nodes={view.nodes}
          label={t('time.stateAfterTheEvent')}
          testId="event-state"
          onFollow={onFollow}
          onPath={onPath}
        />
      )}
    </>
  );
}
