import { describe, expect, it } from 'vitest';
import type { JsonNode } from '../../platform/wire';
import { visibleNodes } from './treeRows';

function node(path: string, depth: number, children: number, display: string | null = null): JsonNode {
  const key = path.split('/').at(-1) ?? '';
  const kind = children > 0 ? 'object' : 'string';
  return { path, key, depth, kind, text: children > 0 ? null : key, children, change: 'same', before: null, display };
}

const nodes = [
  node('', 0, 2),
  node('/settled', 1, 2, '12.50 EUR'),
  node('/settled/minor', 2, 0),
  node('/settled/currency', 2, 0),
  node('/holds', 1, 1),
  node('/holds/h1', 2, 0),
];

const paths = (toggled: string[]) => visibleNodes(nodes, new Set(toggled)).map((one) => one.path);

describe('a tree', () => {
  it('shows amounts on one line and everything else unfolded', () => {
    expect(paths([])).toEqual(['/settled', '/holds', '/holds/h1']);
  });

  it('turns over what a person chose', () => {
    expect(paths(['/settled', '/holds'])).toEqual(['/settled', '/settled/minor', '/settled/currency', '/holds']);
  });
});
