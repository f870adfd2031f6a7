/** Which rows of a grid are on the screen, for whoever draws something beside it. Scrolling wakes nobody else. */
export class ViewportStore {
  private shown: { first: bigint; end: bigint } = { first: 0n, end: 0n };
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly read = (): { first: bigint; end: bigint } => this.shown;

  show(first: bigint, end: bigint): void {
    if (first === this.shown.first && end === this.shown.end) return;
    this.shown = { first, end };
    for (const listener of this.listeners) listener();
  }
}
