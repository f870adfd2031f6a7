import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import { t } from '../../i18n';
import type { CauseGraph, CauseNode } from '../../platform/wire';
import { CategoryDot } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { useGrowing } from '../../shared/useGrowing';
import s from './CauseTree.module.css';
import { childrenOf, nodeCategory, nodeKey, nodeLatency, nodeTitle, nodeWhere } from './nodes';

interface CauseTreeProps {
  graph: CauseGraph;
  chosen: number;
  onChoose: (node: number) => void;
  onOpen: (node: number) => void;
}

interface Line {
  index: number;
  level: number;
  size: number;
  place: number;
}

/** The lines that are on the screen: nodes are in the order in which one reads a tree, causes before effects. */
function linesOf(graph: CauseGraph, children: readonly number[][], closed: ReadonlySet<string>): Line[] {
  const roots = graph.nodes.reduce((count, node) => (node.parent === null ? count + 1 : count), 0);
  const hidden = new Set<number>();
  const places = new Map<number | null, number>();
  return graph.nodes.flatMap((node, index) => {
    const { parent } = node;
    const place = (places.get(parent) ?? 0) + 1;
    places.set(parent, place);
    const above = parent === null ? undefined : graph.nodes[parent];
    if (parent !== null && above !== undefined && (hidden.has(parent) || closed.has(nodeKey(above)))) {
      hidden.add(index);
      return [];
    }
    const size = parent === null ? roots : (children[parent]?.length ?? 0);
    return [{ index, level: node.layer + 1, size, place }];
  });
}

/** The same causes as a tree: everything that the drawing says, for keyboard and screen reader. */
export function CauseTree({ graph, chosen, onChoose, onOpen }: CauseTreeProps) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const children = useMemo(() => childrenOf(graph), [graph]);
  const lines = useMemo(() => linesOf(graph, children, closed), [graph, children, closed]);
  const items = useRef(new Map<number, HTMLElement>());
  const tabStop = lines.some((line) => line.index === chosen) ? chosen : (lines[0]?.index ?? 0);

  const drawn = useGrowing(lines.length, graph);
  const busy = drawn < lines.length;

  // Also when it has just come.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen item may be among those that come later
  useEffect(() => {
    items.current.get(chosen)?.scrollIntoView({ block: 'nearest' });
  }, [chosen, busy]);

  const isClosed = (index: number) => {
    const node = graph.nodes[index];
    return node !== undefined && closed.has(nodeKey(node));
  };
  const turn = (index: number, close: boolean) => {
    const node = graph.nodes[index];
    if (node === undefined) return;
    setClosed((now) => {
      const next = new Set(now);
      if (close) next.add(nodeKey(node));
      else next.delete(nodeKey(node));
      return next;
    });
  };
  const to = (index: number | undefined) => {
    if (index === undefined) return;
    onChoose(index);
    items.current.get(index)?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = lines.findIndex((line) => line.index === tabStop);
    const node = graph.nodes[tabStop];
    const hasChildren = (children[tabStop]?.length ?? 0) > 0;
    switch (event.key) {
      case 'ArrowDown':
      case 'j':
        to(lines[at + 1]?.index);
        break;
      case 'ArrowUp':
      case 'k':
        to(lines[at - 1]?.index);
        break;
      case 'ArrowRight':
        if (hasChildren && isClosed(tabStop)) turn(tabStop, false);
        else to(children[tabStop]?.[0]);
        break;
      case 'ArrowLeft':
        if (hasChildren && !isClosed(tabStop)) turn(tabStop, true);
        else to(node?.parent ?? undefined);
        break;
      case 'Home':
        to(lines[0]?.index);
        break;
      case 'End':
        to(lines.at(-1)?.index);
        break;
      case 'Enter':
        onOpen(tabStop);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  // What the items call stays the same while they do, so that a key draws two of them anew and not all.
  const does = useRef({ onKeyDown, onChoose: to, onOpen });
  useEffect(() => {
    does.current = { onKeyDown, onChoose: to, onOpen };
  });
  const [stable] = useState<Does>(() => ({
    onKeyDown: (event) => does.current.onKeyDown(event),
    onChoose: (index) => does.current.onChoose(index),
    onOpen: (index) => does.current.onOpen(index),
    keep: (index, item) => {
      if (item === null) items.current.delete(index);
      else items.current.set(index, item);
    },
  }));

  return (
    <div
      className={s.tree}
      role="tree"
      aria-label={t('causes.causesAsATree')}
      aria-busy={busy}
      data-testid="causes-tree"
    >
      {lines.slice(0, drawn).map((line) => {
        const node = graph.nodes[line.index];
        if (node === undefined) return null;
        return (
          <Item
            key={nodeKey(node)}
            {...line}
            node={node}
            open={(children[line.index]?.length ?? 0) === 0 ? null : !isClosed(line.index)}
            chosen={line.index === chosen}
            focus={line.index === graph.focus}
            tabStop={line.index === tabStop}
            does={stable}
          />
        );
      })}
    </div>
  );
}

interface Does {
  onKeyDown: (event: KeyboardEvent) => void;
  onChoose: (index: number) => void;
  onOpen: (index: number) => void;
  keep: (index: number, item: HTMLElement | null) => void;
}

interface ItemProps extends Line {
  node: CauseNode;
  /** Nothing where there is nothing to open. */
  open: boolean | null;
  chosen: boolean;
  focus: boolean;
  tabStop: boolean;
  does: Does;
}

const Item = memo(function Item({ node, index, level, size, place, open, chosen, focus, tabStop, does }: ItemProps) {
  const category = nodeCategory(node);
  const latency = nodeLatency(node);
  return (
    <div
      ref={(item) => does.keep(index, item)}
      role="treeitem"
      className={`${s.item} ${chosen ? s.chosen : ''} ${focus ? s.focus : ''}`}
      style={{ paddingLeft: 12 + Math.min(level - 1, 12) * 14 }}
      aria-level={level}
      aria-setsize={size}
      aria-posinset={place}
      aria-selected={chosen}
      {...(open === null ? {} : { 'aria-expanded': open })}
      {...(focus ? { 'aria-current': true } : {})}
      tabIndex={tabStop ? 0 : -1}
      onKeyDown={does.onKeyDown}
      onClick={() => does.onChoose(index)}
      onDoubleClick={() => does.onOpen(index)}
      data-testid="cause-item"
      data-kind={node.kind}
    >
      <span className={s.sign} aria-hidden="true">
        {open === null ? '' : open ? '▾' : '▸'}
      </span>
      {category !== null && <CategoryDot category={category} />}
      <span className={s.text}>
        <span className={s.head}>
          <strong>{nodeTitle(node)}</strong>
          {node.first !== null && <span className="faint mono">#{grouped(node.first.position)}</span>}
          {latency !== null && (
            <span className={s.latency}>{latency === '0 s' ? t('causes.atOnce') : `+${latency}`}</span>
          )}
        </span>
        <span className={`dim ${node.kind === 'event' ? 'mono' : ''}`}>{nodeWhere(node)}</span>
      </span>
    </div>
  );
});
