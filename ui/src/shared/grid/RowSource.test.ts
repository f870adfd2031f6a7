import { describe, expect, it } from 'vitest';
import { RowSource } from './RowSource';

const tick = () => new Promise((done) => setTimeout(done, 0));

function numbers(total: () => bigint, calls: bigint[] = []) {
  return async (first: bigint, count: number) => {
    calls.push(first);
    const rows: bigint[] = [];
    for (let index = first; index < total() && rows.length < count; index += 1n) rows.push(index);
    return { rows, total: total() };
  };
}

describe('row source', () => {
  it('loads what is wanted and gives every row its place', async () => {
    const source = new RowSource(numbers(() => 1_000_000_000n));
    source.want(999_999_500n, 999_999_900n);
    await tick();
    await tick();
    expect(source.total).toBe(1_000_000_000n);
    expect(source.row(999_999_777n)).toBe(999_999_777n);
    expect(source.row(0n)).toBeUndefined();
  });

  it('keeps only so many blocks, the wanted ones among them', async () => {
    const calls: bigint[] = [];
    const source = new RowSource(
      numbers(() => 100_000n, calls),
      { maxBlocks: 3, blockSize: 10 },
    );
    for (let first = 0n; first < 100n; first += 10n) {
      source.want(first, first + 10n);
      await tick();
    }
    expect(source.row(95n)).toBe(95n);
    expect(source.row(5n)).toBeUndefined();
    source.want(0n, 10n);
    await tick();
    expect(source.row(5n)).toBe(5n);
    expect(calls.filter((first) => first === 0n)).toHaveLength(2);
  });

  it('learns of appended rows without asking for full blocks again', async () => {
    let total = 20n;
    const calls: bigint[] = [];
    const source = new RowSource(
      numbers(() => total, calls),
      { blockSize: 10, appendOnly: true },
    );
    source.want(0n, 20n);
    await tick();
    total = 23n;
    source.refresh();
    await tick();
    expect(source.total).toBe(23n);
    expect(source.row(22n)).toBe(22n);
    total = 25n;
    source.refresh();
    await tick();
    expect(source.total).toBe(25n);
    expect(source.row(24n)).toBe(24n);
    expect(calls, 'of rows that are there none is asked for again').toEqual([0n, 10n, 20n, 23n]);
    expect(source.row(22n)).toBe(22n);
  });

  it('asks again when rows were appended while an answer was under way', async () => {
    let total = 5n;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((open) => {
      release = open;
    });
    let first = true;
    const load = numbers(() => total);
    const source = new RowSource(
      async (from: bigint, count: number) => {
        const answer = await load(from, count);
        if (first) {
          first = false;
          await gate;
        }
        return answer;
      },
      { blockSize: 10, appendOnly: true },
    );
    source.want(0n, 10n);
    source.setTotal(5n);
    total = 7n;
    source.refresh();
    release();
    await tick();
    await tick();
    expect(source.total).toBe(7n);
  });

  it('tells of a failure and tries again when asked', async () => {
    let broken = true;
    const load = numbers(() => 5n);
    const source = new RowSource(async (from: bigint, count: number) => {
      if (broken) throw new Error('out of reach');
      return await load(from, count);
    });
    source.want(0n, 5n);
    await tick();
    expect(source.error?.message).toBe('out of reach');
    broken = false;
    source.retry();
    await tick();
    expect(source.error).toBeNull();
    expect(source.row(4n)).toBe(4n);
  });

  it('does not become shorter when an older answer comes last', async () => {
    const answers: ((loaded: { rows: bigint[]; total: bigint }) => void)[] = [];
    const source = new RowSource<bigint>(() => new Promise((done) => answers.push(done)), {
      blockSize: 10,
      appendOnly: true,
    });
    source.want(0n, 20n);
    answers[1]?.({ rows: [10n, 11n], total: 12n });
    await tick();
    answers[0]?.({ rows: [0n], total: 11n });
    await tick();
    expect(source.total).toBe(12n);
  });
});
