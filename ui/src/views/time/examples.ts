import type { JsonNode } from '../../platform/wire';

const AT_MOST = 4;
/** What people ask about first. */
const FIRST = ['available', 'balance', 'settled', 'held'];

const isName = (key: string) => /^[A-Za-z_]\w*$/.test(key);

/** Conditions that make sense for a state: one for each kind of field that it has. */
export function conditionsFor(nodes: readonly JsonNode[]): string[] {
  return offered(nodes, (node) => {
    if (node.display !== null) return `${node.key} < 0`;
    if (node.kind === 'object' || node.kind === 'array') return `size(${node.key}) > 0`;
    if (node.kind === 'number') return `${node.key} > 10`;
    if (node.key === 'status' && node.text !== null) return `status != ${JSON.stringify(node.text)}`;
    return null;
  });
}

/** Values that are worth watching. */
export function watchesFor(nodes: readonly JsonNode[]): string[] {
  return offered(nodes, (node) => {
    if (node.display !== null) return node.key;
    if (node.kind === 'object' || node.kind === 'array') return `size(${node.key})`;
    if (node.kind === 'number') return node.key;
    return null;
  }).concat(conditionsFor(nodes).slice(0, 1));
}

function offered(nodes: readonly JsonNode[], of: (node: JsonNode) => string | null): string[] {
  const rank = (node: JsonNode) => (FIRST.indexOf(node.key) + FIRST.length + 1) % (FIRST.length + 1);
  const top = nodes.filter((node) => node.depth === 1 && node.change !== 'removed' && isName(node.key));
  const kinds = new Set<string>();
  return [...top]
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((node) => {
      const text = of(node);
      const kind = node.display !== null ? 'amount' : node.kind;
      if (text === null || kinds.has(kind)) return [];
      kinds.add(kind);
      return [text];
    })
    .slice(0, AT_MOST);
}

/** Names that an expression mentions. */
export function namesIn(expression: string): ReadonlySet<string> {
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '');
  return new Set(bare.match(/[A-Za-z_]\w*/g) ?? []);
}
