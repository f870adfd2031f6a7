import { Button } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowBack,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconFlask,
  IconGitMerge,
  IconInfoCircle,
  IconPlugConnectedX,
  IconRepeat,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { places } from '../../app/place';
import { go, PlaceLink } from '../../app/router';
import { rich, t } from '../../i18n';
import type { AppError, CommandResult, Detail, DryRun, RefusedLater, Violation } from '../../platform/wire';
import { ErrorState, StreamName } from '../../shared/bits';
import { grouped, words } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import { SchemaBadge } from '../events/EventDetail';
import { Followed } from './Followed';
import s from './Outcome.module.css';

export type Shown =
  | { kind: 'nothing' }
  | { kind: 'incomplete'; count: number }
  | { kind: 'dry'; result: DryRun }
  | { kind: 'done'; result: CommandResult }
  | { kind: 'failed'; error: AppError; again: () => void };

interface OutcomePanelProps {
  shown: Shown;
  onAgain: () => void;
  onRetry: () => void;
  /** Ties the command to a version. */
  onExpect: (version: string) => void;
}

function outcomeName(shown: Shown): string {
  if (shown.kind === 'dry') return `dry-${shown.result.outcome}`;
  return shown.kind === 'done' ? shown.result.outcome : shown.kind;
}

export function OutcomePanel(props: OutcomePanelProps) {
  return (
    <section
      className={s.panel}
      aria-label={t('commands.outcome')}
      aria-live="polite"
      data-testid="outcome"
      data-outcome={outcomeName(props.shown)}
    >
      <Content {...props} />
    </section>
  );
}

function Content({ shown, onAgain, onRetry, onExpect }: OutcomePanelProps) {
  switch (shown.kind) {
    case 'nothing':
      return (
        <div className={s.idle}>
          <IconFlask size={26} stroke={1.4} aria-hidden="true" />
          <p>
            {rich('commands.idle', {
              dryRun: <strong>{t('commands.aDryRun')}</strong>,
              execute: <strong>{t('commands.execute')}</strong>,
            })}
          </p>
        </div>
      );
    case 'incomplete':
      return (
        <Verdict tone="warn" icon={<IconInfoCircle size={20} />} title={t('commands.incomplete')}>
          {t('commands.fieldsNeedLook', { count: shown.count })}
        </Verdict>
      );
    case 'failed':
      return <ErrorState error={shown.error} onRetry={shown.error.retryable ? shown.again : undefined} />;
    case 'dry':
      if (shown.result.outcome === 'conflict') return <Conflict {...shown.result} onRetry={onRetry} />;
      return (
        <>
          <DryRunResult result={shown.result} />
          {shown.result.outcome === 'accepted' && <Expect version={shown.result.version} onExpect={onExpect} />}
        </>
      );
    case 'done':
      return <Result result={shown.result} onAgain={onAgain} onRetry={onRetry} />;
  }
}

function Expect({ version, onExpect }: { version: string; onExpect: (version: string) => void }) {
  return (
    <div className={s.actions}>
      <Button leftSection={<IconGitMerge size={14} />} onClick={() => onExpect(version)} data-testid="expect-version">
        {t('commands.onlyAtVersion', { version: grouped(version) })}
      </Button>
    </div>
  );
}

/** What a command would do, or the rule that refuses it with its numbers. */
export function DryRunResult({ result }: { result: DryRun }) {
  if (result.outcome === 'rejected') return <Rejected {...result} dry />;
  if (result.outcome === 'invalid') return <Invalid {...result} />;
  if (result.outcome === 'conflict') return <Conflict {...result} />;
  const last = BigInt(result.version) + BigInt(result.events.length);
  const { refused } = result;
  const goesOn = (result.follows ?? []).some((event) => event.stream === result.stream);
  return (
    <>
      {refused === null ? (
        <Verdict tone="info" icon={<IconCircleDashed size={20} />} title={t('commands.wouldBeAccepted')}>
          {result.events.length === 0
            ? t('commands.wouldDoNothing')
            : t('commands.wouldWrite', { count: result.events.length })}
        </Verdict>
      ) : (
        <Verdict
          tone="warn"
          icon={<IconAlertTriangle size={20} />}
          title={refused.begun ? t('commands.acceptedWouldFail') : t('commands.acceptedWouldBeRejected')}
          code={refused.code}
        >
          <RuleOf refused={refused} />
          {t('commands.wouldWrite', { count: result.events.length })}
        </Verdict>
      )}
      <p className={s.streamLine}>
        <StreamName stream={result.stream} link />
        <span className="faint tabular">
          {t('commands.versions', { from: grouped(result.version), to: grouped(String(last)) })}
        </span>
      </p>
      {result.events.map((event, index) => (
        <details key={`${event.eventType} ${String(index)}`} className={s.event} open={index === 0}>
          <summary>
            {event.eventType} <SchemaBadge version={event.schemaVersion} />
          </summary>
          <pre className="mono">{event.payload}</pre>
        </details>
      ))}
      {result.follows !== null && result.follows.length > 0 && (
        <>
          <h3 className={s.section}>{t('commands.wouldFollow')}</h3>
          <ol className={s.follows} aria-label={t('commands.wouldFollow')} data-testid="dry-run-follows">
            {result.follows.map((event) => (
              <li key={event.position}>
                <span className={s.followed}>
                  {event.eventType} <StreamName stream={event.stream} />
                </span>
                <span className="dim selectable">{event.sentence}</span>
              </li>
            ))}
          </ol>
        </>
      )}
      <h3 className={s.section}>{goesOn ? t('commands.stateAfterAll') : t('commands.stateAfter')}</h3>
      <div className={s.tree}>
        <JsonTree nodes={result.state.nodes} label={t('commands.stateAfterCommand')} testId="dry-run-state" />
      </div>
    </>
  );
}

function Result({ result, onAgain, onRetry }: { result: CommandResult; onAgain: () => void; onRetry: () => void }) {
  switch (result.outcome) {
    case 'rejected':
      return <Rejected {...result} />;
    case 'invalid':
      return <Invalid {...result} />;
    case 'conflict':
      return <Conflict {...result} onRetry={onRetry} />;
    case 'unavailable':
      return <Unavailable result={result} onRetry={onRetry} />;
    default:
      return <Written result={result} onAgain={onAgain} />;
  }
}

interface ConflictProps {
  stream: string;
  expected: string;
  actual: string;
  /** Nothing for what was only tried. */
  attempts?: number;
  onRetry?: () => void;
}

/** How the version that was expected and the one that is there are to each other. */
function conflictTitle({ expected, actual, attempts = 1 }: ConflictProps): string {
  if (attempts > 1) return t('commands.othersFaster');
  if (BigInt(actual) > BigInt(expected)) return t('commands.furtherOn');
  return actual === '0' ? t('commands.noStreamYet') : t('commands.notThatFar');
}

/** The stream is at another version than the one that was expected. */
function Conflict(props: ConflictProps) {
  const { stream, expected, actual, attempts, onRetry } = props;
  const furtherOn = BigInt(actual) > BigInt(expected);
  return (
    <>
      <Verdict tone="warn" icon={<IconGitMerge size={20} />} title={conflictTitle(props)}>
        {attempts === undefined
          ? t('commands.wouldConflict')
          : attempts === 1
            ? t('commands.conflictOnce')
            : t('commands.conflictKept', { count: attempts })}
      </Verdict>
      <Details
        details={[
          { name: t('commands.detail_stream'), value: stream },
          { name: t('commands.detail_expected'), value: expected },
          { name: t('commands.detail_actual'), value: actual },
        ]}
      />
      {onRetry !== undefined && (
        <div className={s.actions}>
          <Button leftSection={<IconRepeat size={14} />} onClick={onRetry} data-testid="without-version">
            {t('commands.whateverVersion')}
          </Button>
          {furtherOn && (
            <Button onClick={() => go(places.time(stream, actual, expected))} data-testid="what-changed">
              {t('commands.whatChanged')}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

/** The rule that refuses after all, in a line of its own. */
function RuleOf({ refused }: { refused: RefusedLater }) {
  return (
    <span className={s.rule} data-testid="refused-later">
      {refused.message}
    </span>
  );
}

type UnavailableResult = Extract<CommandResult, { outcome: 'unavailable' }>;

/** The store does not answer: nothing is wrong with the command, and its id makes sending it again safe. */
function Unavailable({ result, onRetry }: { result: UnavailableResult; onRetry: () => void }) {
  return (
    <>
      <Verdict tone="warn" icon={<IconPlugConnectedX size={20} />} title={t('commands.noAnswer')} code={result.code}>
        {result.message} {result.hint}
      </Verdict>
      <p className="dim">{result.outcomeUnknown ? t('commands.mayBeDone') : t('commands.wasNotDone')}</p>
      <div className={s.actions}>
        <Button variant="filled" leftSection={<IconRepeat size={14} />} onClick={onRetry} data-testid="send-again">
          {t('commands.sendAgain')}
        </Button>
      </div>
    </>
  );
}

type WrittenResult = Extract<CommandResult, { outcome: 'executed' | 'alreadyDone' }>;

function writtenTitle(first: boolean, refused: RefusedLater | null): string {
  if (refused !== null) return refused.begun ? t('commands.executedFailed') : t('commands.executedRejected');
  return first ? t('commands.executed') : t('commands.alreadyDone');
}

function Written({ result, onAgain }: { result: WrittenResult; onAgain: () => void }) {
  const first = result.outcome === 'executed';
  const correlation = result.events[0]?.correlationId ?? null;
  const refused = result.outcome === 'executed' ? result.refused : null;
  return (
    <>
      <Verdict
        tone={refused === null ? 'good' : 'warn'}
        icon={
          refused !== null ? (
            <IconAlertTriangle size={20} />
          ) : first ? (
            <IconCircleCheck size={20} />
          ) : (
            <IconArrowBack size={20} />
          )
        }
        title={writtenTitle(first, refused)}
        {...(refused === null ? {} : { code: refused.code })}
      >
        {refused !== null && <RuleOf refused={refused} />}
        {result.events.length === 0
          ? t('commands.wasNothingToDo')
          : first
            ? t('commands.nWritten', { count: result.events.length })
            : t('commands.wasDoneBefore')}
      </Verdict>
      <Followed
        key={result.position}
        own={result.events}
        correlation={correlation}
        position={result.position}
        stream={result.stream}
      />
      <div className={s.actions}>
        <Button leftSection={<IconRepeat size={14} />} onClick={onAgain} data-testid="same-again">
          {t('commands.sameAgain')}
        </Button>
        {correlation !== null && (
          <Button onClick={() => go(places.events({ correlation }, null, 'oldest'))} data-testid="whole-story">
            {t('commands.wholeStory')}
          </Button>
        )}
        {result.events[0] !== undefined && (
          <Button onClick={() => go(places.causes(result.events[0]?.position))} data-testid="command-causes">
            {t('commands.causes')}
          </Button>
        )}
        <Button onClick={() => go(places.time(result.stream))}>{t('commands.timeTravel')}</Button>
      </div>
    </>
  );
}

/** The rule that refuses, with its numbers. */
export function Rejected(props: { code: string; message: string; details: Detail[]; dry?: boolean }) {
  return (
    <>
      <Verdict
        tone="bad"
        icon={<IconBan size={20} />}
        title={props.dry === true ? t('commands.wouldBeRefused') : t('commands.refused')}
        code={props.code}
      >
        {props.message} {t('commands.nothingWritten')}
      </Verdict>
      <Details details={props.details} />
    </>
  );
}

function Invalid({ code, message, violations }: { code: string; message: string; violations: Violation[] }) {
  return (
    <>
      <Verdict tone="bad" icon={<IconBan size={20} />} title={t('commands.doesNotFit')} code={code}>
        {message} {t('commands.nothingWritten')}
      </Verdict>
      <Details
        details={violations.map((one) => ({ name: one.path || t('commands.wholePayload'), value: one.message }))}
        plain
      />
    </>
  );
}

/** Named values, as they were told. */
export function Details({ details, plain = false }: { details: Detail[]; plain?: boolean }) {
  if (details.length === 0) return null;
  return (
    <dl className={s.details} data-testid="rejection-details">
      {details.map(({ name, value }) => (
        <div key={`${name} ${value}`}>
          <dt className={plain ? 'mono' : ''}>{plain ? name : words(name)}</dt>
          <dd className={plain ? 'selectable' : 'num selectable'}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface VerdictProps {
  tone: 'good' | 'warn' | 'bad' | 'info';
  icon: ReactNode;
  title: string;
  code?: string;
  children: ReactNode;
}

/** How something ended, in a word and a sentence. */
export function Verdict({ tone, icon, title, code, children }: VerdictProps) {
  return (
    <div className={`${s.verdict} ${s[tone]}`}>
      <span className={s.icon} aria-hidden="true">
        {icon}
      </span>
      <div>
        <h3>
          {title} {code !== undefined && <code>{code}</code>}
        </h3>
        <p className="selectable">{children}</p>
      </div>
    </div>
  );
}

/** A line that says which event was written where. */
export function EventLine({
  position,
  stream,
  type,
  note,
}: {
  position: string;
  stream: string;
  type: string;
  note: string | null;
}) {
  return (
    <li>
      <PlaceLink
        to={places.events({}, position)}
        className={s.line ?? ''}
        data-testid="outcome-event"
        data-stream={stream}
      >
        <span className={`mono faint ${s.linePosition}`}>#{grouped(position)}</span>
        <span className="cut">{type}</span>
        <StreamName stream={stream} />
        {note !== null && <span className={`dim ${s.said}`}>{note}</span>}
      </PlaceLink>
    </li>
  );
}
