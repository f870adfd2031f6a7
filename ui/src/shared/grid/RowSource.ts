// Rows that come in blocks from the other side: a least-recently-used cache of blocks and a short queue of requests.
import { toAppError } from '../../platform/platform';
import type { AppError } from '../../platform/wire';
import { blocksOf } from './gridMath';

export interface Loaded<T> {
  rows: readonly T[];
  /** How many rows there are in all, now. */
  total: bigint;
}

export type LoadRows<T> = (first: bigint, count: number) => Promise<Loaded<T>>;

interface Block<T> {
  rows: readonly T[];
  stale: boolean;
}

export interface RowSourceOptions {
  blockSize?: number;
  maxBlocks?: number;
  /** Rows never change and are only added at the end: a full block stays good for ever. */
  appendOnly?: boolean;
  /** What the rows are of: another source of the same rows shows them in the same place. */
  of?: unknown;
}

const AT_ONCE = 2;

export class RowSource<T> {
  private readonly blocks = new Map<bigint, Block<T>>();
  private readonly underWay = new Set<bigint>();
  /** Asked for while under way: the answer may be older than the question. */
  private readonly again = new Set<bigint>();
  private readonly listeners = new Set<() => void>();
  private readonly blockSize: number;
  private readonly maxBlocks: number;
  private readonly appendOnly: boolean;
  readonly of: unknown;
  private wanted: bigint[] = [];
  private edition = 0;
  private extent = 0;
  private last: { count: bigint | null; failure: AppError | null } = { count: null, failure: null };
  private closed = false;
  private count: bigint | null = null;
  private failure: AppError | null = null;

  constructor(
    private readonly load: LoadRows<T>,
    options: RowSourceOptions = {},
  ) {
    this.blockSize = options.blockSize ?? 200;
    this.maxBlocks = options.maxBlocks ?? 24;
    this.appendOnly = options.appendOnly ?? false;
    this.of = options.of ?? this;
  }

  /** How many rows there are; nothing before the first answer. */
  get total(): bigint | null {
    return this.count;
  }

  get error(): AppError | null {
    return this.failure;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Changes with every change. */
  readonly getEdition = (): number => this.edition;

  /** Changes when the number of rows or the failure does, not with every block that comes. */
  readonly getExtent = (): number => this.extent;

  row(index: bigint): T | undefined {
    const size = BigInt(this.blockSize);
    return this.blocks.get(index / size)?.rows[Number(index % size)];
  }

  /** Says which rows are on the screen; what is missing or old is asked for, what is no longer wanted is not. */
  want(first: bigint, end: bigint): void {
    this.wanted = blocksOf({ first: first < 0n ? 0n : first, end }, this.blockSize);
    for (const index of this.wanted) this.touch(index);
    this.pump();
  }

  /** Something may have changed: shown rows stay until newer ones have come. */
  refresh(): void {
    this.failure = null;
    for (const [index, block] of this.blocks) {
      if (!this.appendOnly || block.rows.length < this.blockSize) this.blocks.set(index, { ...block, stale: true });
    }
    if (this.appendOnly && this.count !== null && this.count % BigInt(this.blockSize) === 0n) {
      // Only the block after the last full one can tell how many there are now.
      this.fetch(this.count / BigInt(this.blockSize));
    } else if (this.appendOnly && this.count !== null) {
      this.fetch((this.count - 1n) / BigInt(this.blockSize));
    }
    this.pump();
  }

  /** Forgets a failure and asks again. */
  retry(): void {
    this.failure = null;
    if (this.wanted.length === 0) this.wanted = [0n];
    this.pump();
    this.changed();
  }

  /** The total became known by another way. */
  setTotal(total: bigint): void {
    if (total === this.count) return;
    this.count = total;
    this.changed();
  }

  close(): void {
    this.closed = true;
    this.listeners.clear();
  }

  private touch(index: bigint): void {
    const block = this.blocks.get(index);
    if (block === undefined) return;
    this.blocks.delete(index);
    this.blocks.set(index, block);
  }

  private pump(): void {
    if (this.closed || this.failure !== null) return;
    for (const index of this.wanted) {
      if (this.underWay.size >= AT_ONCE) return;
      if (this.underWay.has(index)) continue;
      const block = this.blocks.get(index);
      if (block === undefined || block.stale) this.fetch(index);
    }
  }

  private fetch(index: bigint): void {
    if (this.closed) return;
    if (this.underWay.has(index)) {
      this.again.add(index);
      return;
    }
    this.underWay.add(index);
    // Rows that are there do not change: of a block that was not full, only what follows them is asked for.
    const known = this.appendOnly ? (this.blocks.get(index)?.rows ?? []) : [];
    const first = index * BigInt(this.blockSize) + BigInt(known.length);
    this.load(first, this.blockSize - known.length).then(
      ({ rows, total }) => this.arrived(index, { rows: known.length === 0 ? rows : [...known, ...rows], total }),
      (thrown: unknown) => this.failed(index, thrown),
    );
  }

  private arrived(index: bigint, loaded: Loaded<T>): void {
    this.underWay.delete(index);
    if (this.closed) return;
    this.blocks.delete(index);
    const stale = this.again.delete(index);
    if (loaded.rows.length > 0 || index === 0n) this.blocks.set(index, { rows: loaded.rows, stale });
    if (stale && !this.wanted.includes(index)) this.fetch(index);
    // Two questions may be answered in the other order: rows that are only added do not become fewer.
    if (!this.appendOnly || this.count === null || loaded.total > this.count) this.count = loaded.total;
    this.failure = null;
    for (const old of this.blocks.keys()) {
      if (this.blocks.size <= this.maxBlocks) break;
      if (!this.wanted.includes(old)) this.blocks.delete(old);
    }
    this.changed();
    this.pump();
  }

  private failed(index: bigint, thrown: unknown): void {
    this.underWay.delete(index);
    this.again.delete(index);
    if (this.closed) return;
    const failure = toAppError(thrown);
    // What was asked of a list that is closed by now: nobody waits for it.
    if (failure.code === 'cancelled') return;
    this.failure = failure;
    this.changed();
  }

  private changed(): void {
    this.edition += 1;
    if (this.last.count !== this.count || this.last.failure !== this.failure) {
      this.extent += 1;
      this.last = { count: this.count, failure: this.failure };
    }
    for (const listener of this.listeners) listener();
  }
}
