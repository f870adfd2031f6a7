import { ActionIcon, Button } from '@mantine/core';
import { IconBook2, IconHistory, IconListDetails, IconX } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { useShownAt } from '../../app/clock/ClockContext';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { rich, t } from '../../i18n';
import type { ProcessRow, StuckInstance } from '../../platform/wire';
import { Chip, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import s from '../bank/BankView.module.css';
import { dueIn, useNow } from './due';
import { InstanceSteps } from './InstanceSteps';
import { OperatorActions } from './OperatorActions';
import p from './ProcessesView.module.css';

interface InstancePanelProps {
  stream: string;
  stuck: StuckInstance | null;
  process: ProcessRow;
  readOnly: boolean;
  onClose: () => void;
}

const TIMERS = 500;

/** One instance of a process: why it is stuck, what may be decided, its timers, and each message with before and after. */
export function InstancePanel({ stream, stuck, process, readOnly, onClose }: InstancePanelProps) {
  const past = useShownAt() !== null;
  const transfer = /^transfer-(.+)$/.exec(stream)?.[1];
  const refusal = past ? t('processes.clockIsPast') : readOnly ? t('processes.readOnly') : null;
  const retryRefusal = process.state === 'idle' ? t('processes.notDrivenHere') : null;
  return (
    <div className={s.panel}>
      <div className={s.panelBar}>
        <h2 className="mono cut" title={stream}>
          {stream}
        </h2>
        {stuck !== null && (
          <Chip tone="bad" dot>
            {t('processes.state_stuck')}
          </Chip>
        )}
        <span className={s.spacer} />
        <ActionIcon data-close-panel aria-label={t('processes.closePanel')} onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        {stuck !== null && (
          <div className={p.stuck} data-testid="stuck-reason">
            <strong>{t('processes.cannotGoOn')}</strong>
            <span className="selectable">{stuck.reason}</span>
            {stuck.event !== null && (
              <PlaceLink to={places.events({}, stuck.event)} data-testid="stuck-event">
                {t('processes.eventAtFault', { position: grouped(stuck.event) })}
              </PlaceLink>
            )}
            <span className="faint">{rich('processes.foundStuck', { time: <Time value={stuck.since} short /> })}</span>
          </div>
        )}
        <OperatorActions stream={stream} refusal={refusal} retryRefusal={retryRefusal} />
        <div className={s.actions}>
          {transfer !== undefined && (
            <Button
              leftSection={<IconBook2 size={14} />}
              onClick={() => go(places.story(transfer))}
              data-testid="instance-story"
            >
              {t('processes.story')}
            </Button>
          )}
          <Button
            leftSection={<IconListDetails size={14} />}
            onClick={() => go(places.events({ stream }, null, 'oldest'))}
          >
            {t('processes.events')}
          </Button>
          <Button leftSection={<IconHistory size={14} />} onClick={() => go(places.time(stream))}>
            {t('processes.timeTravel')}
          </Button>
        </div>
        <Deadlines process={process.name} stream={stream} />
        <InstanceSteps stream={stream} />
      </div>
    </div>
  );
}

/** Timers that are set for the instance, as far as they are among those that are due first. */
function Deadlines({ process, stream }: { process: string; stream: string }) {
  const now = useNow();
  const timers = useAsk('processTimers', [process], (ask) => ask.processTimers(process, TIMERS));
  const own = (timers.data ?? []).filter((timer) => timer.stream === stream);
  if (own.length === 0) return null;
  return (
    <>
      <h3 className={s.section}>{t('processes.timers')}</h3>
      <ul className={p.deadlines} data-testid="instance-timers">
        {own.map((timer) => {
          const { text, overdue } = dueIn(timer.dueAt, now);
          return (
            <li key={timer.name}>
              <strong>{timer.name}</strong>
              <Time value={timer.dueAt} short />
              {overdue ? <Chip tone="warn">{text}</Chip> : <span className="dim">{text}</span>}
            </li>
          );
        })}
      </ul>
    </>
  );
}
