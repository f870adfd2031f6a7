import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import {
  IconCalendarTime,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { showError } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { useSettings } from '../../app/settings';
import { FixedFacet } from '../../shared/Facet';
import { grouped } from '../../shared/format';
import { VersionSlider } from '../../shared/VersionSlider';
import { readTime, zoneTitle } from '../../shared/zones';
import { StreamPicker } from './StreamPicker';
import s from './TimeView.module.css';
import type { Player } from './usePlayer';

interface TimeToolbarProps {
  stream: string;
  version: bigint;
  max: bigint;
  compare: string | null;
  player: Player;
  onVersion: (version: bigint) => void;
  onCompare: (version: string | null) => void;
  onStream: (stream: string) => void;
}

export function TimeToolbar(props: TimeToolbarProps) {
  const { version, max, player, onVersion } = props;
  return (
    <div className={s.toolbar}>
      <div className={s.toolRow} role="toolbar" aria-label="Time">
        <div className={s.transport}>
          <Tool
            label="Restart: before the first event"
            onClick={() => onVersion(0n)}
            disabled={version === 0n}
            id="restart"
          >
            <IconPlayerSkipBack size={16} stroke={1.7} />
          </Tool>
          <Tool label="Step back" onClick={() => onVersion(version - 1n)} disabled={version === 0n} id="step-back">
            <IconPlayerTrackPrev size={16} stroke={1.7} />
          </Tool>
          <Tool label={player.playing ? 'Pause' : 'Play'} onClick={player.toggle} id="play" main>
            {player.playing ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
          </Tool>
          <Tool label="Step" onClick={() => onVersion(version + 1n)} disabled={version === max} id="step">
            <IconPlayerTrackNext size={16} stroke={1.7} />
          </Tool>
          <Tool label="Jump to the end" onClick={() => onVersion(max)} disabled={version === max} id="jump-end">
            <IconPlayerSkipForward size={16} stroke={1.7} />
          </Tool>
        </div>
        <VersionSlider
          label="Version"
          value={version}
          max={max}
          mark={props.compare === null ? null : BigInt(props.compare)}
          onChange={onVersion}
          testId="scrubber"
        />
        <span className={s.version} data-testid="version-label">
          version <strong>{grouped(String(version))}</strong> of {grouped(String(max))}
        </span>
      </div>
      <div className={s.toolRow}>
        <StreamPicker value={props.stream} onChange={props.onStream} />
        <JumpToDate stream={props.stream} onVersion={onVersion} />
        <CompareWith compare={props.compare} max={max} onCompare={props.onCompare} />
      </div>
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

function JumpToDate({ stream, onVersion }: { stream: string; onVersion: (version: bigint) => void }) {
  const platform = usePlatform();
  const { zone } = useSettings();
  const [text, setText] = useState('');
  const [error, setError] = useState<string | null>(null);

  const jump = async () => {
    const { utc, problem } = readTime(text, zone);
    setError(problem);
    if (utc === null) return;
    try {
      onVersion(BigInt(await platform.versionAt(stream, utc)));
    } catch (thrown) {
      showError(thrown);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void jump();
      }}
    >
      <Tooltip label={error ?? `As of a date and time (${zoneTitle(zone)}); Enter jumps there`}>
        <TextInput
          aria-label="Jump to a date"
          placeholder="YYYY-MM-DD HH:MM"
          leftSection={<IconCalendarTime size={14} />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setError(null);
          }}
          error={error !== null}
          aria-invalid={error !== null}
          w={176}
          data-testid="jump-to-date"
        />
      </Tooltip>
    </form>
  );
}

function CompareWith(props: { compare: string | null; max: bigint; onCompare: (version: string | null) => void }) {
  const [text, setText] = useState('');
  if (props.compare !== null) {
    return (
      <FixedFacet label="Compared with" value={`version ${props.compare}`} onClear={() => props.onCompare(null)} />
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!/^\d+$/.test(text)) return;
        props.onCompare(BigInt(text) > props.max ? String(props.max) : String(BigInt(text)));
        setText('');
      }}
    >
      <Tooltip label="Compared with the version before. Type another version, or Shift-click one in the list.">
        <TextInput
          aria-label="Compare with version"
          placeholder="Compare: previous"
          value={text}
          onChange={(event) => setText(event.currentTarget.value.replace(/\D/g, ''))}
          w={150}
          data-testid="compare-with"
        />
      </Tooltip>
    </form>
  );
}
