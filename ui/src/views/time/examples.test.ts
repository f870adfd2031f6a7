import { describe, expect, it } from 'vitest';
import { compile } from '../../test/fake/conditions';
import { treeOf } from '../../test/fake/state';
import { conditionsFor, namesIn, watchesFor } from './examples';

const state = {
  status: 'open',
  'odd name': 1,
  changes: 4,
  holds: { h1: { amount: { minor: '5', currency: 'EUR' } } },
  settled: { minor: '100', currency: 'EUR' },
  available: { minor: '95', currency: 'EUR' },
};

describe('examples', () => {
  it('are one of each kind of field, what people ask first at the head', () => {
    expect(conditionsFor(treeOf(state))).toEqual([
      'available < 0',
      'status != "open"',
      'changes > 10',
      'size(holds) > 0',
    ]);
    expect(watchesFor(treeOf(state))).toEqual(['available', 'changes', 'size(holds)', 'available < 0']);
  });

  it('can all be parsed', () => {
    for (const text of [...conditionsFor(treeOf(state)), ...watchesFor(treeOf(state))])
      expect(() => compile(text)).not.toThrow();
  });

  it('know the names in an expression, without those in texts', () => {
    expect([...namesIn('available < 0 && status != "held"')]).toEqual(['available', 'status']);
  });
});
