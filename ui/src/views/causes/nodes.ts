// What the nodes of a drawing of causes say, in the drawing and in the tree alike.
import { t } from '../../i18n';
import type { CauseGraph, CauseNode } from '../../platform/wire';
import { elapsed } from '../../shared/elapsed';
import { categoryOf } from '../../shared/format';

/** The key of a node: it stays the same while the drawing grows. */
export function nodeKey(node: CauseNode): string {
  const of = node.first?.position ?? node.command?.commandId ?? 'outside';
  return `${node.kind}-${of}`;
}

export function nodeTitle(node: CauseNode): string {
  switch (node.kind) {
    case 'outside':
      return node.command?.commandType ?? t('causes.notInThisStore');
    case 'event':
      return node.first?.eventType ?? '';
    case 'folded':
      return t('causes.eventsInARow', { count: node.count });
    case 'hidden':
      return t('causes.moreNodes', { count: node.count });
  }
}

/** The second line: where it happened, or by whom. */
export function nodeWhere(node: CauseNode): string {
  switch (node.kind) {
    case 'outside':
      return node.command === null
        ? t('causes.whatLedToTheseEvents')
        : t('causes.commandBy', { actor: node.command.actor });
    case 'event':
      return node.first?.stream ?? '';
    case 'folded':
    case 'hidden':
      return node.types.map((type) => type.eventType).join(', ');
  }
}

export function nodeCategory(node: CauseNode): string | null {
  return node.kind === 'event' && node.first !== null ? categoryOf(node.first.stream) : null;
}

export function nodeLatency(node: CauseNode): string | null {
  return node.latencyMicros === null ? null : elapsed(node.latencyMicros);
}

/** The node in one sentence, for whoever does not see the drawing. */
export function nodeSpoken(node: CauseNode): string {
  const parts = [nodeTitle(node), nodeWhere(node)];
  const latency = nodeLatency(node);
  if (node.first !== null) parts.push(t('causes.position', { position: node.first.position }));
  if (latency !== null) parts.push(t('causes.afterItsCause2', { latency }));
  return parts.filter((part) => part !== '').join(', ');
}

/** For each node the nodes that it led to, in their order. */
export function childrenOf(graph: CauseGraph): number[][] {
  const children: number[][] = graph.nodes.map(() => []);
  graph.nodes.forEach((node, index) => {
    if (node.parent !== null) children[node.parent]?.push(index);
  });
  return children;
}

export type Direction = 'cause' | 'effect' | 'previous' | 'next' | 'first' | 'last';

/** The node that an arrow key leads to: along the edges, or to the neighbour in the same column. */
export function neighbour(graph: CauseGraph, from: number, direction: Direction): number {
  const node = graph.nodes[from];
  if (node === undefined) return 0;
  switch (direction) {
    case 'cause':
      return node.parent ?? from;
    case 'effect':
      return graph.nodes.findIndex((other) => other.parent === from) < 0
        ? from
        : graph.nodes.findIndex((other) => other.parent === from);
    case 'first':
      return 0;
    case 'last':
      return graph.nodes.length - 1;
    case 'previous':
    case 'next': {
      const column = graph.nodes
        .map((other, index) => ({ index, row: other.row, layer: other.layer }))
        .filter((other) => other.layer === node.layer)
        .sort((a, b) => a.row - b.row);
      const at = column.findIndex((other) => other.index === from);
      return column[at + (direction === 'next' ? 1 : -1)]?.index ?? from;
    }
  }
}
