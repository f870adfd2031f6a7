import { describe, expect, it } from 'vitest';
import type { JsonNode } from '../../platform/wire';
import { onlyChanges, treeLines } from './treeRows';

function node(path: string, children: number, more: Partial<JsonNode> = {}): JsonNode {
  return {
    path,
    key: path.split('/').at(-1) ?? '',
    depth: path.split('/').length - 1,
    kind: children > 0 ? 'object' : 'string',
    text: children > 0 ? null : path,
    children,
    change: 'same',
    before: null,
    display: null,
    ...more,
  };
}

const nodes = [
  node('', 2, { change: 'within' }),
  node('/settled', 2, { display: '12.50 EUR' }),
  node('/settled/minor', 0),
  node('/settled/currency', 0),
  node('/holds', 1),
  node('/holds/h1', 0),
];

const many = [
  node('', 1, { change: 'within' }),
  node('/holds', 9, { change: 'within' }),
  node('/holds/a', 1),
  node('/holds/a/status', 0),
  node('/holds/b', 1, { change: 'within' }),
  node('/holds/b/status', 0, { change: 'changed', before: 'open' }),
];

const paths = (of: JsonNode[], chosen: [string, boolean][] = []) =>
  treeLines(of, new Map(chosen)).map((line) => line.node.path);

describe('a tree', () => {
  it('shows amounts on one line and short things unfolded', () => {
    expect(paths(nodes)).toEqual(['/settled', '/holds', '/holds/h1']);
  });

  it('does as a person chose', () => {
    expect(
      paths(nodes, [
        ['/settled', true],
        ['/holds', false],
      ]),
    ).toEqual(['/settled', '/settled/minor', '/settled/currency', '/holds']);
  });

  it('unfolds of many things only those that changed', () => {
    expect(paths(many)).toEqual(['/holds', '/holds/a', '/holds/b', '/holds/b/status']);
  });

  it('can be cut down to what differs', () => {
    expect(paths(onlyChanges(many))).toEqual(['/holds', '/holds/b', '/holds/b/status']);
  });
});
