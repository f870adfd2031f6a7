// Where the parts of a drawn story stand: lanes beside each other, steps below each other, waiting folded between them.
import type { StoryStep, TransferStory } from '../../platform/wire';

export const STORY = {
  width: 1040,
  time: 92,
  /** What stands on the right: where the transfer stood, and the money in flight. */
  after: 238,
  head: 54,
  step: 46,
  wait: 30,
  foot: 22,
  node: { width: 198, height: 36 },
} as const;

/** From this time on, in microseconds, waiting is told between two steps. */
const WAIT_MICROS = 1_000_000n;

export interface DrawnStep {
  step: StoryStep;
  index: number;
  x: number;
  y: number;
  /** Middle of the line that tells how long it waited; nothing if it did not. */
  wait: number | null;
}

export interface StoryLayout {
  lanes: number[];
  steps: DrawnStep[];
  /** Middle of the line for what it waits for; nothing at its end. */
  waits: number | null;
  height: number;
}

export const hasWaited = (micros: string): boolean => BigInt(micros) >= WAIT_MICROS;

export function laneX(lane: number, lanes: number): number {
  const room = STORY.width - STORY.time - STORY.after;
  return STORY.time + (room / lanes) * (lane + 0.5);
}

export function layoutStory(story: TransferStory): StoryLayout {
  const lanes = story.lanes.map((_, lane) => laneX(lane, story.lanes.length));
  let y = STORY.head;
  const steps = story.steps.map((step, index): DrawnStep => {
    let wait: number | null = null;
    if (index > 0 && hasWaited(step.waitedMicros)) {
      wait = y + STORY.wait / 2;
      y += STORY.wait;
    }
    const middle = y + STORY.step / 2;
    y += STORY.step;
    return { step, index, x: lanes[step.lane] ?? STORY.time, y: middle, wait };
  });
  let waits: number | null = null;
  if (story.waits !== null) {
    waits = y + STORY.wait / 2;
    y += STORY.wait;
  }
  return { lanes, steps, waits, height: y + STORY.foot };
}
