import type { Platform } from '../../platform/platform';

/** The first version whose state cannot be folded, given one whose state cannot: from it on none can. */
export async function firstNotFolded(
  platform: Pick<Platform, 'stateAt'>,
  stream: string,
  failing: string,
): Promise<string> {
  let [sound, fails] = [0n, BigInt(failing)];
  while (fails - sound > 1n) {
    const middle = (sound + fails) / 2n;
    const { problem } = await platform.stateAt(stream, String(middle), null);
    if (problem === null) sound = middle;
    else fails = middle;
  }
  return String(fails);
}
