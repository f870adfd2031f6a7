import { Button, Select, TextInput } from '@mantine/core';
import {
  IconArrowBarToDown,
  IconCircleCheck,
  IconCircleDashed,
  IconGitMerge,
  IconRepeat,
  IconWand,
} from '@tabler/icons-react';
import { type Ref, useImperativeHandle, useState } from 'react';
import { t } from '../../i18n';
import type {
  CommandInfo,
  CommandRequest,
  DryRun,
  EventRow,
  JsonNode,
  TheatreActor,
  TheatreBetween,
  TheatreMove,
  TheatreStage,
} from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import { categoryWords, grouped } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import { DryRunResult, Rejected, Verdict } from './Outcome';
import { PayloadFields } from './PayloadFields';
import s from './Theatre.module.css';
import type { Turn } from './TheatreTab';
import { useFilledCommand } from './useFilledCommand';

export interface SeatHandle {
  /** The command as it is filled in; nothing if something is wrong with it, which is shown then. */
  request: () => Promise<CommandRequest | null>;
  /** The next command is another one. */
  renew: () => void;
}

interface SeatProps {
  which: TheatreActor;
  commands: readonly CommandInfo[];
  chosen: string | null;
  /** What the other one issues. */
  other: CommandInfo | null;
  prefill: string | null;
  onChoose: (command: string | null) => void;
  stage: TheatreStage | null;
  turns: readonly Turn[];
  busy: boolean;
  onMove: (what: TheatreMove) => void;
  ref: Ref<SeatHandle>;
}

/** Commands by what they are decided on; first those that can meet the other one's. */
function byCategory(commands: readonly CommandInfo[], other: CommandInfo | null) {
  const categories = [...new Set(commands.map(({ category }) => category))];
  const first = (category: string) => (category === other?.category ? 0 : 1);
  return categories
    .sort((a, b) => first(a) - first(b))
    .map((category) => ({
      group: categoryWords(category),
      items: commands
        .filter((one) => one.category === category)
        .map((one) => ({ value: one.commandType, label: one.title })),
    }));
}

const NAMES = { first: 'anna', second: 'ben' } as const;

/** One of the two: a command, what is decided on it, and what comes of it. */
export function Seat(props: SeatProps) {
  const { which, commands, chosen, other, onChoose, stage, ref, prefill } = props;
  const [name, setName] = useState<string>(NAMES[which]);
  const command = commands.find((one) => one.commandType === chosen) ?? null;
  const title = t(`commands.seat_${which}`);
  return (
    <section className={s.seat} aria-label={title} data-testid={`seat-${which}`}>
      <header className={s.seatHead}>
        <h2>{title}</h2>
        {stage !== null && (
          <span className="dim">
            {name} · {command?.title}
          </span>
        )}
      </header>
      <div className={stage === null ? s.setting : s.aside}>
        <div className={s.who}>
          <TextInput
            label={t('commands.actor')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-testid={`seat-${which}-actor`}
          />
          <Select
            label={t('commands.command')}
            placeholder={t('commands.choose')}
            searchable
            data={byCategory(commands, other)}
            value={chosen}
            onChange={onChoose}
            error={
              command !== null && other !== null && command.category !== other.category
                ? t('commands.cannotMeet', {
                    other: `${other.title} (${categoryWords(other.category)})`,
                    this: `${command.title} (${categoryWords(command.category)})`,
                  })
                : null
            }
            data-testid={`seat-${which}-command`}
          />
        </div>
        {command !== null && (
          <SeatForm key={command.commandType} command={command} prefill={prefill} name={name} handle={ref} />
        )}
      </div>
      {stage !== null && <Played {...props} stage={stage} />}
    </section>
  );
}

interface SeatFormProps {
  command: CommandInfo;
  prefill: string | null;
  name: string;
  handle: Ref<SeatHandle>;
}

function SeatForm({ command, prefill, name, handle }: SeatFormProps) {
  const filled = useFilledCommand(command, prefill);
  const [commandId, setCommandId] = useState(() => crypto.randomUUID());
  useImperativeHandle(handle, () => ({
    request: async () => {
      const read = await filled.attempt();
      if ('mistakes' in read) return null;
      const { commandType } = command;
      const actor = name.trim() || 'teller';
      return { commandType, payload: read.payload, commandId, actor, reason: null, expectedVersion: null };
    },
    renew: () => setCommandId(crypto.randomUUID()),
  }));
  return (
    <>
      <PayloadFields filled={filled} still={false} onTouched={() => setCommandId(crypto.randomUUID())} />
      <Button
        variant="subtle"
        className={s.example ?? ''}
        leftSection={<IconWand size={14} />}
        onClick={() => {
          filled.reset();
          void filled.draft.fillExample();
        }}
      >
        {t('commands.fillExample')}
      </Button>
    </>
  );
}

type PlayedProps = Omit<SeatProps, 'stage'> & { stage: TheatreStage };

/** What an actor has decided, has done, and can do next. */
function Played({ which, stage, turns, busy, onMove }: PlayedProps) {
  const decision = stage[which];
  const last = turns.at(-1);
  const outcome = last?.turn.result.outcome ?? null;
  const done = outcome === 'executed' || outcome === 'alreadyDone';
  return (
    <div className={s.played}>
      <Decided decision={decision} />
      {turns.map((turn, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: turns are only ever added
        <TurnResult key={index} turn={turn} stage={stage} />
      ))}
      {!done && (
        <div className={s.moves}>
          {turns.length === 0 && decision.outcome === 'accepted' && (
            <Button
              variant="filled"
              leftSection={<IconArrowBarToDown size={15} />}
              onClick={() => onMove('append')}
              disabled={busy}
              data-testid={`seat-${which}-append`}
            >
              {t('commands.appendAt', { version: grouped(stage.version) })}
            </Button>
          )}
          {(turns.length > 0 || decision.outcome !== 'accepted') && (
            <Button
              leftSection={<IconRepeat size={15} />}
              onClick={() => onMove('retry')}
              disabled={busy}
              data-testid={`seat-${which}-retry`}
            >
              {t('commands.decideAgain')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/** What was decided, in short; the whole of it on demand. */
function Decided({ decision }: { decision: DryRun }) {
  if (decision.outcome !== 'accepted') return <DryRunResult result={decision} />;
  const types = [...new Set(decision.events.map((event) => event.eventType))].join(', ');
  return (
    <>
      <Verdict tone="info" icon={<IconCircleDashed size={20} />} title={t('commands.decidedNotAppended')}>
        {decision.events.length === 0
          ? t('commands.isNothingToDo')
          : t('commands.decidedOn', { count: decision.events.length, version: grouped(decision.version), types })}
      </Verdict>
      <details className={s.whole}>
        <summary>{t('commands.eventsAndState')}</summary>
        <DryRunResult result={decision} />
      </details>
    </>
  );
}

function TurnResult({ turn: { what, turn }, stage }: { turn: Turn; stage: TheatreStage }) {
  const { result, between, decision } = turn;

  return (
    <div className={s.turn} data-testid="theatre-turn" data-outcome={result.outcome} data-move={what}>
      {decision?.outcome === 'accepted' && (
        <p className="dim">{t('commands.decidedAgainOn', { version: grouped(decision.version) })}</p>
      )}
      {(result.outcome === 'executed' || result.outcome === 'alreadyDone') && (
        <>
          <Verdict
            tone="good"
            icon={<IconCircleCheck size={20} />}
            title={result.outcome === 'executed' ? t('commands.appended') : t('commands.alreadyDone')}
          >
            {t('commands.nWritten', { count: result.events.length })}
            {stage.rehearsal && ` ${t('commands.inMemoryOnly')}`}
          </Verdict>
          <Lines events={result.events} label={t('commands.itsEvents')} />
        </>
      )}
      {result.outcome === 'conflict' && (
        <>
          <Verdict
            tone="warn"
            icon={<IconGitMerge size={20} />}
            title={t('commands.conflict')}
            code="wrong_expected_version"
          >
            {t('commands.conflictMeans', { expected: grouped(result.expected), actual: grouped(result.actual) })}
          </Verdict>
          {between !== null && <Between between={between} />}
        </>
      )}
      {result.outcome === 'rejected' && <Rejected {...result} />}
      {result.outcome === 'unavailable' && <ErrorState error={result} />}
      {result.outcome === 'invalid' && <ErrorState error={{ ...result, hint: '', retryable: false }} />}
    </div>
  );
}

/** The fields that differ, with those that they are in. */
const changed = (nodes: readonly JsonNode[]): JsonNode[] => nodes.filter((node) => node.change !== 'same');

/** What has changed between the version that was seen and the present one. */
function Between({ between: { events, count, state } }: { between: TheatreBetween }) {
  return (
    <>
      <h3 className={s.section}>{t('commands.nBetween', { count })}</h3>
      <Lines events={events} label={t('commands.between')} />
      <h3 className={s.section}>{t('commands.whatThatChanged')}</h3>
      <div className={s.tree}>
        <JsonTree nodes={changed(state.nodes)} label={t('commands.stateNow')} testId="theatre-between" />
      </div>
    </>
  );
}

/** Events by their version: those of a rehearsal stand nowhere else. */
function Lines({ events, label }: { events: readonly EventRow[]; label: string }) {
  return (
    <ol className={s.lines} aria-label={label}>
      {events.map((event) => (
        <li key={event.position} data-testid="theatre-event">
          <span className="mono faint">{t('commands.version', { version: grouped(event.version) })}</span>
          <span className={s.type}>{event.eventType}</span>
          <span className="dim">{event.sentence}</span>
        </li>
      ))}
    </ol>
  );
}
