import { ActionIcon, TextInput, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconCalendarTime,
  IconChartLine,
  IconColumns3,
  IconPin,
  IconTargetArrow,
  IconUserQuestion,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { showError } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { useSettings } from '../../app/settings';
import type { TimeOpen } from '../../app/timePlace';
import { t } from '../../i18n';
import { FixedFacet } from '../../shared/Facet';
import { readTime, zoneTitle } from '../../shared/zones';
import { StreamPicker } from './StreamPicker';
import s from './TimeToolbar.module.css';
import { TimeTransport } from './TimeTransport';
import type { Player } from './usePlayer';

interface TimeToolbarProps {
  stream: string;
  version: bigint;
  max: bigint;
  compare: string | null;
  open: TimeOpen;
  player: Player;
  onVersion: (version: bigint) => void;
  onCompare: (version: string | null) => void;
  onStream: (stream: string) => void;
  onOpen: (change: Partial<TimeOpen>) => void;
  /** Pins what is shown: the state, or what differs from the version that it is compared with. */
  onPin: () => void;
}

export function TimeToolbar(props: TimeToolbarProps) {
  const { version, max, player, open, onVersion, onOpen } = props;
  const tool = (name: 'watch' | 'bisect') => onOpen({ tool: open.tool === name ? null : name });
  return (
    <div className={s.toolbar}>
      <TimeTransport
        version={version}
        max={max}
        mark={props.compare === null ? null : BigInt(props.compare)}
        player={player}
        onVersion={onVersion}
      />
      <div className={s.row}>
        <StreamPicker value={props.stream} onChange={props.onStream} width={200} />
        <JumpToDate stream={props.stream} onVersion={onVersion} />
        <CompareWith compare={props.compare} max={max} onCompare={props.onCompare} />
        <span className={s.spacer} />
        <Tooltip label={props.compare === null ? t('notebook.pinState') : t('notebook.pinDiff')}>
          <ActionIcon
            aria-label={props.compare === null ? t('notebook.pinState') : t('notebook.pinDiff')}
            onClick={props.onPin}
            data-testid="pin-time"
          >
            <IconPin size={15} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
        <div className={s.switches} role="group" aria-label={t('time.whatIsOpen')}>
          <Turn
            id="blame"
            label={t('time.blame')}
            about={t('time.blameWhoSetEachValueB')}
            on={open.blame}
            onTurn={() => onOpen({ blame: !open.blame })}
          >
            <IconUserQuestion size={15} stroke={1.7} />
          </Turn>
          <Turn
            id="watch"
            label={t('time.watch')}
            about={t('time.watchExpressionsOverAllVersionsW')}
            on={open.tool === 'watch'}
            onTurn={() => tool('watch')}
          >
            <IconChartLine size={15} stroke={1.7} />
          </Turn>
          <Turn
            id="bisect"
            label={t('time.firstWhere')}
            about={t('time.firstVersionWhereF')}
            on={open.tool === 'bisect'}
            onTurn={() => tool('bisect')}
          >
            <IconTargetArrow size={15} stroke={1.7} />
          </Turn>
          <Turn
            id="lanes"
            label={t('time.sideBySide')}
            about={t('time.severalStreamsSideBySideL')}
            on={false}
            onTurn={() => go(places.lanes([props.stream]))}
          >
            <IconColumns3 size={15} stroke={1.7} />
          </Turn>
        </div>
      </div>
    </div>
  );
}

interface TurnProps {
  id: string;
  label: string;
  about: string;
  on: boolean;
  onTurn: () => void;
  children: ReactNode;
}

function Turn({ id, label, about, on, onTurn, children }: TurnProps) {
  return (
    <Tooltip label={about}>
      <UnstyledButton
        className={`${s.turn} ${on ? s.on : ''}`}
        aria-label={label}
        aria-pressed={on}
        onClick={onTurn}
        data-testid={`turn-${id}`}
      >
        {children}
        <span className={s.word}>{label}</span>
      </UnstyledButton>
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
      <Tooltip label={error ?? t('time.asOfADateAndTimeEnterJumpsThere', { zone: zoneTitle(zone) })}>
        <TextInput
          aria-label={t('time.jumpToADate')}
          placeholder={t('time.yyyyMmDdHhMm')}
          leftSection={<IconCalendarTime size={14} />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setError(null);
          }}
          error={error !== null}
          aria-invalid={error !== null}
          w={168}
          data-time-date
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
      <FixedFacet
        label={t('time.comparedWith')}
        value={t('time.version3', { compare: props.compare })}
        onClear={() => props.onCompare(null)}
      />
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
      <Tooltip label={t('time.comparedWithTheVersionBeforeType')}>
        <TextInput
          aria-label={t('time.compareWithVersion')}
          placeholder={t('time.comparePrevious')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value.replace(/\D/g, '').slice(0, 20))}
          w={140}
          data-testid="compare-with"
        />
      </Tooltip>
    </form>
  );
}
