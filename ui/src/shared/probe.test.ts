import { describe, expect, it } from 'vitest';
import { listenForProbe, probe } from './probe';

const frame = () => new Promise((done) => requestAnimationFrame(done));

describe('the probe', () => {
  it('is not there until it is asked for, and measures from then on', async () => {
    listenForProbe();
    probe.jump();
    expect(window.__probe).toBeUndefined();
    window.dispatchEvent(new Event('ledgerscope-probe'));
    expect(window.__probe?.read()).toMatchObject({ firstRow: null, jumps: [], jumping: false });
    await frame();
    const blocked = performance.now();
    while (performance.now() - blocked < 120);
    await frame();
    await frame();
    expect(window.__probe?.read().longestGap).toBeGreaterThanOrEqual(100);
    probe.jump();
    expect(window.__probe?.read().jumping).toBe(true);
    probe.shown();
    expect(window.__probe?.read().jumps, 'the rows of before the jump do not end it').toHaveLength(0);
    probe.arrived();
    probe.shown();
    probe.shown();
    const reading = window.__probe?.read();
    expect(reading?.jumps).toHaveLength(1);
    expect(reading?.firstRow).not.toBeNull();
    window.__probe?.reset();
    expect(window.__probe?.read()).toMatchObject({ jumps: [], firstRow: null, longGaps: [] });
  });
});
