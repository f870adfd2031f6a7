// What of a flat, depth-first JSON tree is on the screen.
import type { JsonNode } from '../../platform/wire';

/** Containers are open unless they are read as one value (an amount); `toggled` are those that a person turned over. */
export function isOpen(node: JsonNode, toggled: ReadonlySet<string>): boolean {
  return (node.display === null) !== toggled.has(node.path);
}

/** The nodes without the root and without what is inside closed containers. */
export function visibleNodes(nodes: readonly JsonNode[], toggled: ReadonlySet<string>): JsonNode[] {
  const shown: JsonNode[] = [];
  let hiddenBelow: number | null = null;
  for (const node of nodes) {
    if (hiddenBelow !== null && node.depth > hiddenBelow) continue;
    hiddenBelow = null;
    if (node.path === '' && node.children > 0) continue;
    shown.push(node);
    if (isContainer(node) && !isOpen(node, toggled)) hiddenBelow = node.depth;
  }
  return shown;
}

export function isContainer(node: JsonNode): boolean {
  return node.kind === 'object' || node.kind === 'array';
}

/** Text of a scalar as it would be written in JSON, strings without quotes. */
export function scalarText(node: JsonNode): string {
  if (node.text !== null) return node.text;
  if (node.kind === 'null') return 'null';
  return node.kind === 'array' ? '[ ]' : '{ }';
}

export function containerText(node: JsonNode): string {
  const many = node.children === 1 ? '' : 's';
  return node.kind === 'array' ? `[ ${node.children} item${many} ]` : `{ ${node.children} field${many} }`;
}
