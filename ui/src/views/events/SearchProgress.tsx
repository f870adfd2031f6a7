import { Button, Tooltip, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconPlayerPlayFilled, IconPlayerStopFilled } from '@tabler/icons-react';
import { t } from '../../i18n';
import type { EventsProgress } from '../../platform/wire';
import { grouped, perSecond, seconds } from '../../shared/format';
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
          <strong>{t('events.searchCameTo', { position: grouped(progress.scannedThrough) })}</strong> {error?.message}{' '}
          {error?.hint}
        </span>
      ) : (
        phase !== 'complete' && (
          <span className={s.searchText} title={exact(progress)} data-testid="search-text">
            {phase === 'stopped' && `${t('events.stopped')} `}
            {farOf(progress)}
            {phase === 'scanning' && <span className="faint">{paceOf(progress)}</span>}
          </span>
        )
      )}
      {undecided !== '0' && firstUndecided !== null && (
        <span className={s.undecided}>
          <IconAlertTriangle size={13} aria-hidden="true" />
          <Tooltip label={firstUndecided.problem} multiline maw={420}>
            <span>{t('events.undecidedNotShown', { count: undecided })}</span>
          </Tooltip>
          <UnstyledButton
            className="link"
            onClick={() => onEvent(firstUndecided.position)}
            data-testid="first-undecided"
            aria-label={t('events.firstUndecidedShow', {
              position: grouped(firstUndecided.position),
              problem: firstUndecided.problem,
            })}
          >
            {t('events.firstUndecided', { position: grouped(firstUndecided.position) })}
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
          {t('events.stop')}
        </Button>
      )}
      {(phase === 'stopped' || phase === 'failed') && (
        <Button
          size="compact-xs"
          leftSection={<IconPlayerPlayFilled size={11} />}
          onClick={onGoOn}
          data-testid="search-continue"
        >
          {t('events.continue')}
        </Button>
      )}
      {phase !== 'complete' && (
        <div
          className={s.searchBar}
          role="progressbar"
          aria-label={t('events.searchThroughTheLog')}
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
  const found = short(total);
  if (scanned === null) return t('events.scannedShare', { share: Math.floor((share ?? 0) * 100), found });
  if (of === null) return t('events.scannedSome', { scanned: short(scanned), found });
  return t('events.scannedOf', { scanned: short(scanned), of: short(of), found });
}

function exact({ scanned, of, total }: EventsProgress): string {
  const found = grouped(total);
  if (scanned === null) return t('events.found', { found });
  if (of === null) return t('events.scannedExactly', { scanned: grouped(scanned), found });
  return t('events.scannedExactlyOf', { scanned: grouped(scanned), of: grouped(of), found });
}

function paceOf({ scanned, of, seconds: elapsed }: EventsProgress): string {
  if (scanned === null || elapsed === null || elapsed < 0.3) return '';
  const rate = Number(scanned) / elapsed;
  const left = of === null || rate === 0 ? null : Number(BigInt(of) - BigInt(scanned)) / rate;
  return ` · ${perSecond(rate)}${left === null || left < 1 ? '' : ` · ${t('shared.timeLeft', { time: seconds(left) })}`}`;
}
