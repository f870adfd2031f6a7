import { Button, UnstyledButton } from '@mantine/core';
import { IconRefresh, IconRoute } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { showDone } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import type { InstanceList, Place } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import { SplitView } from '../../app/SplitView';
import { rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { ProcessRow, ProcessState } from '../../platform/wire';
import { Bones, Chip, EmptyState, ErrorState, Time, type Tone } from '../../shared/bits';
import { type By, ConfirmDialog } from '../../shared/ConfirmDialog';
import { grouped, processWords } from '../../shared/format';
import side from '../../shared/SideList.module.css';
import { InstancePanel } from './InstancePanel';
import { AllInstances, StuckInstances, Timers, UnfinishedInstances } from './instanceLists';
import s from './ProcessesView.module.css';

type ProcessesPlace = Extract<Place, { view: 'processes' }>;

const REFRESH_MILLISECONDS = 1000;

const STATE_TONES: Record<ProcessState, Tone> = {
  idle: 'neutral',
  waiting: 'good',
  working: 'info',
  heldElsewhere: 'neutral',
  retrying: 'warn',
};

export function ProcessesView({ readOnly }: { readOnly: boolean }) {
  const place = usePlaceOf('processes');
  const platform = usePlatform();
  const cache = useQueryClient();
  const [asked, setAsked] = useState(false);
  const processes = useAsk('processes', [], (ask) => ask.processes(), { refetchMilliseconds: REFRESH_MILLISECONDS });
  if (processes.isError) {
    return <ErrorState error={toAppError(processes.error)} onRetry={() => void processes.refetch()} />;
  }
  if (processes.data === undefined) return <Bones lines={14} label={t('processes.asking')} />;
  const all = processes.data;
  const shown = all.find((one) => one.name === place.process) ?? all.find((one) => one.stuck.length > 0) ?? all[0];
  if (shown === undefined) {
    return (
      <EmptyState
        icon={<IconRoute size={28} stroke={1.4} />}
        title={t('processes.noProcesses')}
        action={<Button onClick={() => void processes.refetch()}>{t('processes.lookAgain')}</Button>}
      >
        {t('processes.nothingRuns')}
      </EmptyState>
    );
  }
  const stuck = all.reduce((sum, one) => sum + one.stuck.length, 0);
  const retryAll = async ({ actor, reason }: By) => {
    const count = await platform.retryStuck(actor, reason);
    await settle(cache, 'retryStuck');
    showDone(t('processes.willRetry', { count }));
  };
  const change = (to: Partial<ProcessesPlace>) => go({ ...place, instance: null, ...to }, 'replace');
  return (
    <SplitView
      label={t('processes.instance')}
      detail={
        place.instance === null ? null : (
          <InstancePanel
            key={place.instance}
            stream={place.instance}
            stuck={all.flatMap((one) => one.stuck).find((one) => one.stream === place.instance) ?? null}
            process={shown}
            readOnly={readOnly}
            onClose={() => change({})}
          />
        )
      }
    >
      <div className={s.area}>
        <fieldset className={side.list} aria-label={t('processes.processes')}>
          {all.map((one) => (
            <button
              key={one.name}
              type="button"
              className={`${side.entry} ${one === shown ? side.chosen : ''}`}
              aria-pressed={one === shown}
              onClick={() => change({ process: one.name })}
              data-testid={`process-${one.name}`}
            >
              <span>{processWords(one.name)}</span>
              {one.stuck.length > 0 && (
                <span title={t('processes.someStuck', { stuck: one.stuck.length })}>
                  <Chip tone="bad" dot>
                    {one.stuck.length}
                    <span className="visually-hidden">{t('processes.someStuck', { stuck: '' })}</span>
                  </Chip>
                </span>
              )}
              <span className={side.small}>
                {t(`processes.driving_${one.state}`)}
                {one.timers > 0 && ` · ${t('processes.nTimers', { count: one.timers })}`}
              </span>
            </button>
          ))}
        </fieldset>
        <div className={s.list}>
          <Head process={shown} />
          <div className={s.bar}>
            <Lists process={shown} show={place.show} onChoose={(show) => change({ process: shown.name, show })} />
            <span className={s.spacer} />
            {stuck > 0 && (
              <Button
                leftSection={<IconRefresh size={14} />}
                onClick={() => setAsked(true)}
                disabled={readOnly}
                data-testid="retry-all-stuck"
              >
                {t('processes.retryAllAsk')}
              </Button>
            )}
          </div>
          {asked && (
            <ConfirmDialog
              opened
              onClose={() => setAsked(false)}
              title={t('processes.retryAllTitle')}
              confirm={t('processes.retryAll')}
              icon={<IconRefresh size={14} />}
              asksReason
              onConfirm={retryAll}
              testId="confirm-retry-all"
            >
              <p>{t('processes.retryAllMeans', { count: stuck })}</p>
            </ConfirmDialog>
          )}
          <Shown
            process={shown}
            show={place.show}
            selected={place.instance}
            onSelect={(instance) => change({ process: shown.name, instance })}
            onShow={(show) => change({ process: shown.name, show })}
          />
        </div>
      </div>
    </SplitView>
  );
}

function Head({ process }: { process: ProcessRow }) {
  return (
    <div className={s.head}>
      <div className={s.title}>
        <h2>{processWords(process.name)}</h2>
        <Chip tone={STATE_TONES[process.state]} dot>
          {t(`processes.driving_${process.state}`)}
        </Chip>
        <span className="faint">
          {rich('processes.itsStreams', { names: <span className="mono">{process.category}-…</span> })}
        </span>
      </div>
      <dl className={s.facts}>
        <Fact name={t('processes.checkpoint')} about={t('processes.checkpointMeans')}>
          <span className="mono">{grouped(process.position)}</span>{' '}
          <span className="faint">{t('processes.ofHead', { head: grouped(process.head) })}</span>
        </Fact>
        <Fact name={t('processes.lag')} about={t('processes.lagMeans')}>
          {process.lagEvents === '0' || process.state === 'waiting'
            ? t('processes.none')
            : t('processes.nEvents', { count: process.lagEvents })}
        </Fact>
        <Fact name={t('processes.inWork')}>{t('processes.nInstances', { count: process.unfinished })}</Fact>
        <Fact name={t('processes.nextTimer')}>
          {process.nextTimer === null ? (
            <span className="faint">{t('processes.none')}</span>
          ) : (
            <Time value={process.nextTimer} short />
          )}
        </Fact>
        <Fact name={t('processes.commandsSent')}>{grouped(process.commands)}</Fact>
      </dl>
      {process.problem !== null && (
        <p className={s.problem} role="alert">
          {process.problem} {t('processes.triedAgain')}
        </p>
      )}
    </div>
  );
}

function Fact({ name, about, children }: { name: string; about?: string; children: ReactNode }) {
  return (
    <div title={about}>
      <dt>{name}</dt>
      <dd className="tabular">{children}</dd>
    </div>
  );
}

interface ListsProps {
  process: ProcessRow;
  show: InstanceList;
  onChoose: (show: InstanceList) => void;
}

function Lists({ process, show, onChoose }: ListsProps) {
  const lists: readonly { id: InstanceList; title: string; count: string | null }[] = [
    { id: 'stuck', title: t('processes.state_stuck'), count: String(process.stuck.length) },
    { id: 'unfinished', title: t('processes.unfinished'), count: null },
    { id: 'all', title: t('processes.all'), count: null },
    { id: 'timers', title: t('processes.timers'), count: String(process.timers) },
  ];
  return (
    <div className={s.chips} role="radiogroup" aria-label={t('processes.whatIsListed')}>
      {lists.map(({ id, title, count }) => (
        <UnstyledButton
          key={id}
          role="radio"
          aria-checked={show === id}
          className={`${s.chip} ${show === id ? s.chipOn : ''}`}
          onClick={() => onChoose(id)}
          data-testid={`show-${id}`}
        >
          {title}
          {count !== null && <span className={s.chipCount}>{grouped(count)}</span>}
        </UnstyledButton>
      ))}
    </div>
  );
}

interface ShownProps {
  process: ProcessRow;
  show: InstanceList;
  selected: string | null;
  onSelect: (stream: string) => void;
  onShow: (show: InstanceList) => void;
}

function Shown({ process, show, ...rest }: ShownProps) {
  switch (show) {
    case 'stuck':
      return <StuckInstances process={process} {...rest} />;
    case 'unfinished':
      return <UnfinishedInstances key={process.name} process={process.name} {...rest} />;
    case 'all':
      return <AllInstances key={process.name} process={process.name} {...rest} />;
    case 'timers':
      return <Timers process={process} {...rest} />;
  }
}
