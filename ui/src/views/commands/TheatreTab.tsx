import { Button, SegmentedControl } from '@mantine/core';
import { IconLock, IconMasksTheater, IconRestore } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { settle } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { usePlatform } from '../../app/PlatformContext';
import type { Place } from '../../app/place';
import { go } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { AppError, CommandInfo, TheatreActor, TheatreMove, TheatreStage, TheatreTurn } from '../../platform/wire';
import { Chip, ErrorState, StreamName } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { Seat, type SeatHandle } from './Seat';
import s from './Theatre.module.css';

type TheatrePlace = Extract<Place, { view: 'commands'; tab: 'theatre' }>;

interface TheatreTabProps {
  commands: readonly CommandInfo[];
  place: TheatrePlace;
  readOnly: boolean;
}

export interface Turn {
  what: TheatreMove;
  turn: TheatreTurn;
}

type Turns = Readonly<Record<TheatreActor, readonly Turn[]>>;
const NO_TURNS: Turns = { first: [], second: [] };

/** Two actors on one version: both decide, one appends, the other one is in conflict and tries again on fresh state. */
export function TheatreTab({ commands, place, readOnly }: TheatreTabProps) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const past = useShownAt() !== null;
  const [where, setWhere] = useState<'rehearsal' | 'store'>('rehearsal');
  const [stage, setStage] = useState<TheatreStage | null>(null);
  const [turns, setTurns] = useState<Turns>(NO_TURNS);
  const [error, setError] = useState<AppError | null>(null);
  const [busy, setBusy] = useState(false);
  const seats = { first: useRef<SeatHandle>(null), second: useRef<SeatHandle>(null) };

  const open = useRef<string | null>(null);
  open.current = stage?.id ?? null;
  useEffect(
    () => () => {
      if (open.current !== null) void platform.theatreClose(open.current);
    },
    [platform],
  );

  const during = async (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (thrown) {
      setError(toAppError(thrown));
    } finally {
      setBusy(false);
    }
  };

  const decide = () =>
    during(async () => {
      const first = (await seats.first.current?.request()) ?? null;
      const second = (await seats.second.current?.request()) ?? null;
      if (first === null || second === null) return;
      setTurns(NO_TURNS);
      setStage(await platform.theatreOpen({ first, second, rehearsal: where === 'rehearsal' }));
    });

  const move = (actor: TheatreActor, what: TheatreMove) =>
    during(async () => {
      if (stage === null) return;
      const call = stage.rehearsal ? platform.theatreRehearse : platform.theatreWrite;
      try {
        const turn = await call(stage.id, actor, what);
        setTurns((former) => ({ ...former, [actor]: [...former[actor], { what, turn }] }));
      } finally {
        if (!stage.rehearsal) await settle(cache, 'theatreWrite');
      }
    });

  const again = () => {
    if (stage !== null) void platform.theatreClose(stage.id);
    setStage(null);
    setTurns(NO_TURNS);
    setError(null);
    for (const seat of Object.values(seats)) seat.current?.renew();
  };

  return (
    <div className={s.theatre}>
      <div className={s.bar}>
        <SegmentedControl
          aria-label={t('commands.wherePlayed')}
          value={where}
          onChange={(value) => setWhere(value === 'store' ? 'store' : 'rehearsal')}
          disabled={stage !== null}
          data={[
            { value: 'rehearsal', label: t('commands.rehearsal') },
            { value: 'store', label: t('commands.onTheStore'), disabled: readOnly },
          ]}
          data-testid="theatre-where"
        />
        <p className="dim">{where === 'rehearsal' ? t('commands.rehearsalMeans') : t('commands.onTheStoreMeans')}</p>
        <span className={s.spacer} />
        {readOnly && !past && (
          <span className={s.lock}>
            <IconLock size={14} aria-hidden="true" /> {t('commands.isReadOnly')}
          </span>
        )}
        {stage === null ? (
          <Button
            variant="filled"
            leftSection={<IconMasksTheater size={15} />}
            onClick={() => void decide()}
            disabled={busy || past || place.first === null || place.second === null}
            data-testid="theatre-open"
          >
            {t('commands.bothDecide')}
          </Button>
        ) : (
          <Button leftSection={<IconRestore size={15} />} onClick={again} disabled={busy} data-testid="theatre-again">
            {t('commands.beginAnew')}
          </Button>
        )}
      </div>
      {stage !== null && (
        <div className={s.stage} data-testid="theatre-stage" role="status">
          <StreamName stream={stage.stream} link />
          <span className="tabular">{t('commands.bothHaveSeen', { version: grouped(stage.version) })}</span>
          <Chip tone={stage.rehearsal ? 'info' : 'warn'}>
            {stage.rehearsal ? t('commands.aRehearsal') : t('commands.playedOnStore')}
          </Chip>
        </div>
      )}
      {error !== null && <ErrorState error={error} />}
      <div className={s.seats}>
        {(['first', 'second'] as const).map((actor) => (
          <Seat
            key={actor}
            ref={seats[actor]}
            which={actor}
            commands={commands}
            chosen={place[actor]}
            other={commands.find((one) => one.commandType === place[actor === 'first' ? 'second' : 'first']) ?? null}
            prefill={place.prefill}
            onChoose={(command) =>
              // Who begins with nothing wants two of the same.
              go(
                place.first === null && place.second === null
                  ? { ...place, first: command, second: command }
                  : { ...place, [actor]: command },
                'replace',
              )
            }
            stage={stage}
            turns={turns[actor]}
            busy={busy}
            onMove={(what) => void move(actor, what)}
          />
        ))}
      </div>
    </div>
  );
}
