// What the window feels like, in numbers: the longest time without a frame, how soon rows are there, how long jumps take. It
// does nothing until it is asked for by an event on the window, which a test driver sends:
// `window.dispatchEvent(new Event('ledgerscope-probe'))`. From then on `window.__probe.read()` tells what was measured, and
// `window.__probe.reset()` begins anew. It only reads clocks: nothing of the store can be reached through it.

/** All times are in milliseconds. */
export interface ProbeReading {
  /** How long it has measured. */
  elapsed: number;
  frames: number;
  /** Longest time between two frames. */
  longestGap: number;
  /** Times between two frames that were longer than `LONG_GAP`. */
  longGaps: number[];
  /** From the beginning of the measurement until rows were first on the screen; nothing if none were. */
  firstRow: number | null;
  /** From each jump until the rows that it led to were on the screen. */
  jumps: number[];
  /** Jumps whose rows are not there yet. */
  jumping: boolean;
}

export interface ProbeHandle {
  read: () => ProbeReading;
  reset: () => void;
}

declare global {
  interface Window {
    __probe?: ProbeHandle;
  }
}

/** What a person notices as a hitch. */
export const LONG_GAP = 50;
/** As many as tell what there is to tell, and no more memory than that. */
const MOST = 1000;

class Probe {
  private on = false;
  private began = 0;
  private lastFrame = 0;
  private frames = 0;
  private longestGap = 0;
  private longGaps: number[] = [];
  private firstRow: number | null = null;
  private jumps: number[] = [];
  private jumpedAt: number | null = null;
  /** Whether the list has moved to where the jump leads; before that the rows on the screen are still the former ones. */
  private moved = false;

  /** Somebody asked to see other rows than those on the screen. */
  jump(): void {
    if (!this.on) return;
    this.jumpedAt = performance.now();
    this.moved = false;
  }

  /** The list stands where it was told to. */
  arrived(): void {
    this.moved = true;
  }

  /** The rows that are asked for are on the screen. */
  shown(): void {
    if (!this.on) return;
    const now = performance.now();
    this.firstRow ??= now - this.began;
    if (this.jumpedAt === null || !this.moved) return;
    if (this.jumps.length < MOST) this.jumps.push(now - this.jumpedAt);
    this.jumpedAt = null;
  }

  reset(): void {
    this.began = performance.now();
    this.lastFrame = this.began;
    this.frames = 0;
    this.longestGap = 0;
    this.longGaps = [];
    this.firstRow = null;
    this.jumps = [];
    this.jumpedAt = null;
  }

  read(): ProbeReading {
    return {
      elapsed: performance.now() - this.began,
      frames: this.frames,
      // A frame that is overdue now counts, too.
      longestGap: Math.max(this.longestGap, performance.now() - this.lastFrame),
      longGaps: [...this.longGaps],
      firstRow: this.firstRow,
      jumps: [...this.jumps],
      jumping: this.jumpedAt !== null,
    };
  }

  start(): void {
    if (this.on) return;
    this.on = true;
    this.reset();
    const frame = () => {
      const now = performance.now();
      const gap = now - this.lastFrame;
      this.frames += 1;
      this.longestGap = Math.max(this.longestGap, gap);
      if (gap > LONG_GAP && this.longGaps.length < MOST) this.longGaps.push(gap);
      this.lastFrame = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    window.__probe = { read: () => this.read(), reset: () => this.reset() };
  }
}

export const probe = new Probe();

/** Lets a test driver ask for the probe. */
export function listenForProbe(): void {
  window.addEventListener('ledgerscope-probe', () => probe.start());
}
