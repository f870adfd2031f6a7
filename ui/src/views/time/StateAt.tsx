import { ActionIcon, Switch, Tooltip } from '@mantine/core';
import { IconArrowsExchange, IconX } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useAsk } from '../../app/cache';
import { places } from '../../app/place';
import { PlaceLink } from '../../app/router';
import type { TimeOpen } from '../../app/timePlace';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { EventRow, JsonNode, StateView } from '../../platform/wire';
import { Bones, Chip, ErrorState, Time } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import { onlyChanges } from '../../shared/tree/treeRows';
import { SchemaBadge } from '../events/EventDetail';
import { BlameLine } from './BlameLine';
import { BlameMargin } from './BlameMargin';
import { firstNotFolded } from './foldEnd';
import s from './StateAt.module.css';
import { useBlame } from './useBlame';
import { useRested } from './useRested';

interface StateAtProps {
  stream: string;
  version: bigint;
  compare: string | null;
  open: TimeOpen;
  changesOnly: boolean;
  onChangesOnly: (on: boolean) => void;
  onVersion: (version: bigint) => void;
  onCompare: (version: string | null) => void;
  onSwap: () => void;
  onOpen: (change: Partial<TimeOpen>) => void;
  /** The field with the focus; keys of the view are about it. */
  onPath: (path: string) => void;
  /** Is told the first version that cannot be folded, once one is found. */
  onFails: (version: bigint) => void;
}

export function StateAt(props: StateAtProps) {
  const { stream, compare } = props;
  const version = useRested(String(props.version));
  const state = useAsk(
    'stateAt',
    [stream, version, compare],
    (platform) => platform.stateAt(stream, version, compare),
    { keep: true },
  );
  return (
    <section className={s.state} aria-label={t('time.state')} aria-busy={state.isFetching}>
      {state.isError ? (
        <ErrorState error={toAppError(state.error)} onRetry={() => void state.refetch()} />
      ) : state.data === undefined ? (
        <Bones lines={10} label={t('time.foldingTheState')} />
      ) : (
        <Folded view={state.data} {...props} />
      )}
    </section>
  );
}

function Folded({ view, ...props }: StateAtProps & { view: StateView }) {
  const { stream, open, changesOnly, onVersion } = props;
  const [hovered, setHovered] = useState<string | null>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const peeked = hovered ?? focused;
  const blame = useBlame(stream, view.version, open.blame || peeked !== null);
  const nodes = useMemo(() => (changesOnly ? onlyChanges(view.nodes) : view.nodes), [view.nodes, changesOnly]);
  const setBy = (path: string): EventRow | null => blame.byPath.get(path) ?? null;
  return (
    <>
      <Cause view={view} />
      {view.problem !== null && <FoldFailure view={view} {...props} />}
      <Differences view={view} {...props} />
      <div className={s.tree}>
        <JsonTree
          nodes={nodes}
          label={t('time.stateOfAtVersion', { stream: view.stream, version: view.version })}
          testId="state-tree"
          empty={changesOnly ? t('time.nothingDiffers') : t('time.theStateIsEmpty')}
          onHover={setHovered}
          onPath={(path) => {
            setFocused(path);
            props.onPath(path);
          }}
          onEnter={(path) => {
            const event = setBy(path);
            if (event !== null) onVersion(BigInt(event.version));
          }}
          margin={
            open.blame
              ? (node: JsonNode) => (
                  <BlameMargin
                    event={node.change === 'removed' ? null : setBy(node.path)}
                    now={view.version}
                    busy={blame.busy}
                    onVersion={onVersion}
                  />
                )
              : undefined
          }
        />
      </div>
      <BlameLine
        path={peeked}
        event={peeked === null ? null : setBy(peeked)}
        blame={blame}
        now={view.version}
        onVersion={onVersion}
        onHistory={(field) => props.onOpen({ tool: 'field', field, fieldAt: view.version })}
      />
    </>
  );
}

function Cause({ view }: { view: StateView }) {
  const { event } = view;
  return (
    <div className={s.cause}>
      {event === null ? (
        <>
          <h2>{t('time.beforeTheFirstEvent')}</h2>
          <p className="dim">{t('time.nothingHasHappenedInYet', { stream: view.stream })}</p>
        </>
      ) : (
        <>
          <div className={s.causeHead}>
            <h2 data-testid="state-event-type">{event.eventType}</h2>
            <SchemaBadge version={event.schemaVersion} />
            <PlaceLink to={places.events({ stream: view.stream }, event.position)}>
              {t('time.event', { position: grouped(event.position) })}
            </PlaceLink>
            {event.actor !== null && <span className="faint cut">{t('time.by', { actor: event.actor })}</span>}
            <span className={s.spacer} />
            <Time value={event.recordedAt} />
          </div>
          <p className={`${s.sentence} selectable`} data-testid="state-sentence">
            {event.sentence ?? event.problem}
          </p>
        </>
      )}
    </div>
  );
}

/** A fold that failed is a step like any other: what is shown is the state before it, and where to go from here. */
function FoldFailure({ view, stream, version, onVersion, onFails }: StateAtProps & { view: StateView }) {
  const at = String(version);
  const first = useAsk('stateAt', [stream, t('time.notFolded'), at], (platform) =>
    firstNotFolded(platform, stream, at),
  );
  const fails = first.data === undefined ? null : BigInt(first.data);
  const tell = useRef(onFails);
  tell.current = onFails;
  useEffect(() => {
    if (fails !== null) tell.current(fails);
  }, [fails]);
  const text = view.problem ?? '';
  return (
    <div className={s.problem} role="alert" data-testid="fold-failure">
      <strong>{t('time.theStateCannotBeFoldedThisFar')}</strong>{' '}
      <span className="selectable">{`${text.charAt(0).toUpperCase()}${text.slice(1)}`}</span>
      <p>{t('time.shownIsTheStateBeforeThatEvent')}</p>
      {fails !== null && (
        <p className={s.ways}>
          <button type="button" className={`link ${s.plain}`} onClick={() => onVersion(fails - 1n)}>
            {t('time.lastSoundStateVersion', { fails: grouped(String(fails - 1n)) })}
          </button>
          {fails !== version && (
            <button type="button" className={`link ${s.plain}`} onClick={() => onVersion(fails)}>
              {t('time.theEventThatFailsVersion', { fails: grouped(String(fails)) })}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** How many values differ; an amount is one value. */
function counted(view: StateView) {
  const count = { added: 0, changed: 0, removed: 0 };
  let amount: number | null = null;
  for (const { depth, display, children, change } of view.nodes) {
    if (amount !== null && depth > amount) continue;
    amount = display === null ? null : depth;
    if (change === 'same' || (children > 0 && display === null)) continue;
    count[change === 'within' ? 'changed' : change] += 1;
  }
  return count;
}

function Differences(props: StateAtProps & { view: StateView }) {
  const { view, compare, changesOnly, onChangesOnly, onCompare, onSwap } = props;
  const { added, changed, removed } = counted(view);
  const previous = compare === null && BigInt(view.version) - 1n === BigInt(view.comparedWith);
  return (
    <div className={s.diffLine} data-testid="differences">
      <strong>{previous || view.version === '0' ? t('time.state') : t('time.whatDiffers')}</strong>
      <span className="dim">
        {previous
          ? t('time.fromTheVersionBefore')
          : t('time.fromTo', { from: grouped(view.comparedWith), to: grouped(view.version) })}
      </span>
      {compare !== null && (
        <>
          <Tooltip label={t('time.swapTheTwoVersionsS')}>
            <ActionIcon
              size={22}
              aria-label={t('time.swapTheTwoVersions')}
              onClick={onSwap}
              data-testid="swap-versions"
            >
              <IconArrowsExchange size={14} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t('time.compareWithTheVersionBeforeAgainC')}>
            <ActionIcon
              size={22}
              aria-label={t('time.compareWithTheVersionBeforeAgain')}
              onClick={() => onCompare(null)}
              data-testid="clear-compare"
            >
              <IconX size={14} />
            </ActionIcon>
          </Tooltip>
        </>
      )}
      <span className={s.spacer} />
      <span className={s.counts} data-testid="difference-counts">
        {added + changed + removed === 0 && <span className="faint">{t('time.nothingDiffers2')}</span>}
        {added > 0 && <Chip tone="good">{t('time.added', { added })}</Chip>}
        {changed > 0 && <Chip tone="warn">{t('time.changed', { changed })}</Chip>}
        {removed > 0 && <Chip tone="bad">{t('time.removed', { removed })}</Chip>}
      </span>
      <Switch
        label={t('time.onlyWhatDiffers')}
        checked={changesOnly}
        onChange={(change) => onChangesOnly(change.currentTarget.checked)}
        data-testid="changes-only"
      />
    </div>
  );
}
