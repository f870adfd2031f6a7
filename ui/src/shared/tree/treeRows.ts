// What of a flat, depth-first JSON tree is on the screen.
import { t } from '../../i18n';
import type { JsonNode } from '../../platform/wire';

/** A container with more members than this does not open by itself, nor do its members. */
const MANY = 8;

export interface TreeLine {
  node: JsonNode;
  open: boolean;
}

/**
 * The lines without the root and without what is inside closed containers. `chosen` are those that a person opened or closed;
 * by themselves amounts are closed, since they are read as one value, and so is what did not change and is long or one of many.
 */
export function treeLines(nodes: readonly JsonNode[], chosen: ReadonlyMap<string, boolean>): TreeLine[] {
  const lines: TreeLine[] = [];
  const above: JsonNode[] = [];
  let hiddenBelow: number | null = null;
  for (const node of nodes) {
    if (hiddenBelow !== null && node.depth > hiddenBelow) continue;
    hiddenBelow = null;
    above.length = Math.min(above.length, node.depth);
    const parent = above[node.depth - 1];
    above[node.depth] = node;
    if (node.path === '' && node.children > 0) continue;
    const open = chosen.get(node.path) ?? startsOpen(node, parent);
    lines.push({ node, open });
    if (isContainer(node) && !open) hiddenBelow = node.depth;
  }
  return lines;
}

function startsOpen(node: JsonNode, parent: JsonNode | undefined): boolean {
  if (node.display !== null) return false;
  if (node.change !== 'same') return true;
  const oneOfMany = parent !== undefined && parent.path !== '' && parent.children > MANY;
  return node.children <= MANY && !oneOfMany;
}

/** Only what differs, with the containers on the way to it. */
export function onlyChanges(nodes: readonly JsonNode[]): JsonNode[] {
  return nodes.filter((node) => node.change !== 'same' || node.path === '');
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
  const count = node.children;
  return node.kind === 'array' ? `[ ${t('shared.items', { count })} ]` : `{ ${t('shared.fields', { count })} }`;
}
