import { ActionIcon, TextInput, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { t } from '../../i18n';
import { grouped } from '../../shared/format';
import { VersionSlider } from '../../shared/VersionSlider';
import s from './TimeTransport.module.css';
import { type Player, SPEEDS } from './usePlayer';

interface TimeTransportProps {
  version: bigint;
  max: bigint;
  /** A second version, marked on the scrubber. */
  mark: bigint | null;
  player: Player;
  onVersion: (version: bigint) => void;
}

/** The way through the versions of a stream: restart, step, play, end, scrubber, version. The same wherever a stream is shown. */
export function TimeTransport({ version, max, mark, player, onVersion }: TimeTransportProps) {
  return (
    <div className={s.row} role="toolbar" aria-label={t('time.time')}>
      <div className={s.buttons}>
        <Tool
          label={t('time.restartBeforeTheFirstEvent')}
          onClick={() => onVersion(0n)}
          disabled={version === 0n}
          id="restart"
        >
          <IconPlayerSkipBack size={16} stroke={1.7} />
        </Tool>
        <Tool
          label={t('time.stepBack')}
          onClick={() => onVersion(version - 1n)}
          disabled={version === 0n}
          id="step-back"
        >
          <IconPlayerTrackPrev size={16} stroke={1.7} />
        </Tool>
        <Tool label={player.playing ? t('time.pause') : t('time.play')} onClick={player.toggle} id="play" main>
          {player.playing ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
        </Tool>
        <Tool label={t('time.step')} onClick={() => onVersion(version + 1n)} disabled={version === max} id="step">
          <IconPlayerTrackNext size={16} stroke={1.7} />
        </Tool>
        <Tool label={t('time.jumpToTheEnd')} onClick={() => onVersion(max)} disabled={version === max} id="jump-end">
          <IconPlayerSkipForward size={16} stroke={1.7} />
        </Tool>
        <SpeedButton player={player} />
      </div>
      <VersionSlider
        label={t('time.version4')}
        value={version}
        max={max}
        mark={mark}
        onChange={onVersion}
        testId="scrubber"
      />
      <VersionLabel version={version} max={max} onVersion={onVersion} />
    </div>
  );
}

interface ToolProps {
  label: string;
  onClick: () => void;
  disabled?: boolean;
  id: string;
  main?: boolean;
  children: ReactNode;
}

function Tool({ label, onClick, disabled = false, id, main = false, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={main ? 'filled' : 'default'}
        color={main ? 'iris' : 'gray'}
        size={30}
        aria-label={label}
        onClick={onClick}
        disabled={disabled}
        data-testid={`time-${id}`}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function SpeedButton({ player }: { player: Player }) {
  const next = SPEEDS[(SPEEDS.indexOf(player.speed) + 1) % SPEEDS.length] ?? 1;
  const speed = t('time.speed', { count: player.speed });
  return (
    <Tooltip label={t('time.speedTitle', { speed })}>
      <UnstyledButton
        className={s.speed}
        aria-label={t('time.speedLabel', { speed })}
        onClick={() => player.setSpeed(next)}
        data-testid="time-speed"
      >
        {player.speed}×
      </UnstyledButton>
    </Tooltip>
  );
}

/** “version 7 of 212”; the number is a field once it is pressed. */
function VersionLabel({ version, max, onVersion }: Pick<TimeTransportProps, 'version' | 'max' | 'onVersion'>) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <span className={s.version} data-testid="version-label">
      {t('time.versionWord')}{' '}
      {typed === null ? (
        <UnstyledButton
          className={s.number}
          aria-label={t('time.versionJumpToAnotherOne', { version })}
          onClick={() => setTyped('')}
          data-testid="version-jump"
        >
          {grouped(String(version))}
        </UnstyledButton>
      ) : (
        <form
          className={s.jump}
          onSubmit={(event) => {
            event.preventDefault();
            if (typed !== '') onVersion(BigInt(typed));
            setTyped(null);
          }}
        >
          <TextInput
            aria-label={t('time.jumpToVersion')}
            placeholder={String(version)}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value.replace(/\D/g, '').slice(0, 20))}
            onBlur={() => setTyped(null)}
            onKeyDown={(event) => event.key === 'Escape' && setTyped(null)}
            size="xs"
            w={84}
            autoFocus
            data-testid="version-field"
          />
        </form>
      )}{' '}
      {t('time.ofMax', { max: grouped(String(max)) })}
    </span>
  );
}
