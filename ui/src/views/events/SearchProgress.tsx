import { Button, Tooltip, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconPlayerPlayFilled, IconPlayerStopFilled } from '@tabler/icons-react';
import type { EventsProgress } from '../../platform/wire';
import { grouped, perSecond, plural, seconds } from '../../shared/format';
import s from './EventsView.module.css';
import { short } from './query';

interface SearchProgressProps {
  progress: EventsProgress;
  onStop: () => void;
  onGoOn: () => void;
  /** Shows an event in the detail, whether or not it is in the list. */
  onEvent: (position: string) => void;
}

/** How far a search is, the way to stop it and to go on, and what it could not decide. Nothing where there is nothing to say. */
export function SearchProgress({ progress, onStop, onGoOn, onEvent }: SearchProgressProps) {
  const { phase, share, undecided, firstUndecided, error } = progress;
  if (phase === 'complete' && undecided === '0') return null;
  const part = Math.min(1, Math.max(0, share ?? 0));
  return (
    <div className={s.search} data-testid="search-progress" data-phase={phase}>
      {phase === 'failed' ? (
        <span className={s.searchText} role="alert">
          <strong>The search came as far as {grouped(progress.scannedThrough)}.</strong> {error?.message} {error?.hint}
        </span>
      ) : (
        phase !== 'complete' && (
          <span className={s.searchText} title={exact(progress)} data-testid="search-text">
            {phase === 'stopped' && 'Stopped: '}
            {farOf(progress)}
            {phase === 'scanning' && <span className="faint">{paceOf(progress)}</span>}
          </span>
        )
      )}
      {undecided !== '0' && firstUndecided !== null && (
        <span className={s.undecided}>
          <IconAlertTriangle size={13} aria-hidden="true" />
          <Tooltip label={firstUndecided.problem} multiline maw={420}>
            <span>The condition has no answer on {plural(undecided, 'event')}; not shown.</span>
          </Tooltip>
          <UnstyledButton
            className="link"
            onClick={() => onEvent(firstUndecided.position)}
            data-testid="first-undecided"
            aria-label={`First: #${grouped(firstUndecided.position)}, show it: ${firstUndecided.problem}`}
          >
            First: #{grouped(firstUndecided.position)}
          </UnstyledButton>
        </span>
      )}
      <span className={s.spacer} />
      {phase === 'scanning' && (
        <Button
          size="compact-xs"
          leftSection={<IconPlayerStopFilled size={11} />}
          onClick={onStop}
          data-testid="search-stop"
        >
          Stop
        </Button>
      )}
      {(phase === 'stopped' || phase === 'failed') && (
        <Button
          size="compact-xs"
          leftSection={<IconPlayerPlayFilled size={11} />}
          onClick={onGoOn}
          data-testid="search-continue"
        >
          Continue
        </Button>
      )}
      {phase !== 'complete' && (
        <div
          className={s.searchBar}
          role="progressbar"
          aria-label="Search through the log"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.floor(part * 100)}
        >
          <div style={{ transform: `scaleX(${part})` }} />
        </div>
      )}
    </div>
  );
}

function farOf({ scanned, of, total, share }: EventsProgress): string {
  const found = `${short(total)} found`;
  if (scanned === null) return `Scanned ${Math.floor((share ?? 0) * 100)} % of the log, ${found}`;
  return `Scanned ${short(scanned)}${of === null ? '' : ` of ${short(of)}`}, ${found}`;
}

function exact({ scanned, of, total }: EventsProgress): string {
  if (scanned === null) return `${grouped(total)} found`;
  return `${grouped(scanned)}${of === null ? '' : ` of ${grouped(of)}`} scanned, ${grouped(total)} found`;
}

function paceOf({ scanned, of, seconds: elapsed }: EventsProgress): string {
  if (scanned === null || elapsed === null || elapsed < 0.3) return '';
  const rate = Number(scanned) / elapsed;
  const left = of === null || rate === 0 ? null : Number(BigInt(of) - BigInt(scanned)) / rate;
  return ` · ${perSecond(rate)}${left === null || left < 1 ? '' : ` · ${seconds(left)} left`}`;
}
