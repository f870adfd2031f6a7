import { Button } from '@mantine/core';
import { IconArrowsDiagonal, IconFocus2, IconListDetails, IconTopologyRing2 } from '@tabler/icons-react';
import { useDeferredValue, useState } from 'react';
import { useAsk } from '../../app/cache';
import { useOffer } from '../../app/offers';
import { type Place, places } from '../../app/place';
import { go, usePlaceOf } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { CauseGraph, CauseNode } from '../../platform/wire';
import { Bones, CategoryDot, EmptyState, ErrorState, IdText, Pair, Pairs, StreamName, Time } from '../../shared/bits';
import { elapsed } from '../../shared/elapsed';
import { categoryWords, grouped } from '../../shared/format';
import { CauseDrawing } from './CauseDrawing';
import s from './CausesView.module.css';
import { CauseTree } from './CauseTree';
import { Effects } from './Effects';
import { nodeCategory, nodeKey, nodeTitle } from './nodes';

type CausesPlace = Extract<Place, { view: 'causes' }>;

/** What led to an event, and what it led to, across streams and processes: as a drawing and as a tree. */
export function CausesView() {
  const place = usePlaceOf('causes');
  const { event, command, unfolded } = place;
  const asked = event !== null || command !== null;
  const graph = useAsk(
    'causeGraph',
    [event, command, unfolded.join()],
    (platform) => platform.causeGraph({ position: event, commandId: command, unfolded }),
    { enabled: asked, keep: true },
  );
  if (!asked) {
    return (
      <EmptyState
        icon={<IconTopologyRing2 size={28} stroke={1.4} />}
        title={t('causes.causesOfWhat')}
        action={<Button onClick={() => go(places.events())}>{t('causes.chooseAnEvent')}</Button>}
      >
        {t('causes.chooseAnEventItsCausesAreInThe')}
      </EmptyState>
    );
  }
  if (graph.isError) return <ErrorState error={toAppError(graph.error)} onRetry={() => void graph.refetch()} />;
  if (graph.data === undefined) return <Bones lines={12} label={t('causes.loadingTheCauses')} />;
  return <Causes key={graph.data.position} graph={graph.data} place={place} />;
}

function Causes({ graph, place }: { graph: CauseGraph; place: CausesPlace }) {
  const [key, setKey] = useState<string | null>(null);
  // The tree comes after the drawing: both at once would hold the window up for longer than a person overlooks.
  const listed = useDeferredValue<CauseGraph | null>(graph, null);
  const chosenIn = ({ nodes, focus }: CauseGraph) => {
    const found = nodes.findIndex((node) => nodeKey(node) === key);
    return found < 0 ? (focus ?? 0) : found;
  };
  const chosen = chosenIn(graph);
  const node = graph.nodes[chosen];
  const choose = (next: CauseNode | undefined) => {
    if (next !== undefined) setKey(nodeKey(next));
  };
  const open = (at: CauseNode | undefined) => {
    const position = at?.first?.position;
    if (at === undefined || position === undefined) return;
    if (at.kind === 'folded') go({ ...place, unfolded: [...place.unfolded, position] });
    else if (at.kind === 'hidden') go({ ...place, event: position, command: null });
    else go({ ...places.events({}, position), panel: 'causes' });
  };
  useOffer('causes-open', () => open(node));
  const categories = [...new Set(graph.nodes.flatMap((one) => nodeCategory(one) ?? []))].sort();
  return (
    <div className={s.view}>
      <div className={s.bar}>
        <h2 className={s.title}>{t('causes.causes')}</h2>
        <span className="dim tabular" data-testid="causes-count">
          {graph.complete
            ? t('causes.eventsDrawn', { count: graph.events })
            : t('causes.eventsNearest', { count: graph.events })}
          {' · '}
          {t('causes.nodes', { count: graph.nodes.length })}
        </span>
        {graph.outOfOrder > 0 && <span className={s.warn}>{t('causes.outOfOrder', { count: graph.outOfOrder })}</span>}
        <span className={s.spacer} />
        <ul className={s.legend} aria-label={t('causes.colours')}>
          {categories.map((category) => (
            <li key={category}>
              <CategoryDot category={category} /> {categoryWords(category)}
            </li>
          ))}
        </ul>
        {graph.correlationId !== null && (
          <Button
            leftSection={<IconListDetails size={14} />}
            onClick={() => go(places.events({ correlation: graph.correlationId }, graph.position, 'oldest'))}
          >
            {t('causes.asAList')}
          </Button>
        )}
      </div>
      <Effects graph={graph} />
      <div className={s.both}>
        <CauseDrawing
          graph={graph}
          chosen={chosen}
          onChoose={(index) => choose(graph.nodes[index])}
          onOpen={(index) => open(graph.nodes[index])}
        />
        <div className={s.side}>
          {listed === null ? (
            <div className={s.coming} />
          ) : (
            <CauseTree
              graph={listed}
              chosen={chosenIn(listed)}
              onChoose={(index) => choose(listed.nodes[index])}
              onOpen={(index) => open(listed.nodes[index])}
            />
          )}
          {node !== undefined && <Chosen node={node} graph={graph} onOpen={() => open(node)} />}
        </div>
      </div>
    </div>
  );
}

/** The chosen node in words, and where it leads. */
function Chosen({ node, graph, onOpen }: { node: CauseNode; graph: CauseGraph; onOpen: () => void }) {
  const { first, command } = node;
  const opens = {
    outside: null,
    event: t('causes.openTheEvent'),
    folded: t('causes.unfold'),
    hidden: t('causes.showThem'),
  }[node.kind];
  return (
    <section className={s.chosen} aria-label={t('causes.theChosenOne')} data-testid="cause-chosen">
      <h3>{nodeTitle(node)}</h3>
      {node.kind === 'event' && first !== null && <p>{first.sentence ?? first.problem}</p>}
      {(node.kind === 'folded' || node.kind === 'hidden') && (
        <p>{node.types.map((type) => `${grouped(String(type.count))} ${type.eventType}`).join(', ')}</p>
      )}
      {node.kind === 'outside' && command === null && <p>{t('causes.whatLedToTheseEventsIsNoEventOf')}</p>}
      <Pairs>
        {first !== null && (
          <>
            <Pair name={t('causes.stream')}>
              <StreamName stream={first.stream} link />
            </Pair>
            <Pair name={t('causes.recorded')}>
              <Time value={first.recordedAt} />
            </Pair>
          </>
        )}
        {node.latencyMicros !== null && (
          <Pair name={t('causes.afterItsCause')}>
            {node.latencyMicros === '0' ? t('causes.atOnceInTheSameMoment') : elapsed(node.latencyMicros)}
          </Pair>
        )}
        {node.count > 1 && node.spanMicros !== null && (
          <Pair name={t('causes.firstToLast')}>{elapsed(node.spanMicros)}</Pair>
        )}
        {command !== null && (
          <>
            <Pair name={t('causes.command')}>{command.commandType}</Pair>
            <Pair name={t('causes.by')}>
              <span>
                {command.actor} <span className="faint">({command.channel})</span>
              </span>
            </Pair>
            {command.reason !== null && <Pair name={t('causes.reason')}>{command.reason}</Pair>}
            {node.kind === 'outside' && (
              <Pair name={t('causes.id')}>
                <IdText id={command.commandId} label={t('causes.theCommandsId')} />
              </Pair>
            )}
          </>
        )}
      </Pairs>
      <div className={s.actions}>
        {opens !== null && (
          <Button leftSection={<IconArrowsDiagonal size={14} />} onClick={onOpen} data-testid="cause-open">
            {opens}
          </Button>
        )}
        {node.kind === 'event' && first !== null && first.position !== graph.position && (
          <Button leftSection={<IconFocus2 size={14} />} onClick={() => go(places.causes(first.position))}>
            {t('causes.drawFromHere')}
          </Button>
        )}
      </div>
    </section>
  );
}
