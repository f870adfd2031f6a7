import { spotlight } from '@mantine/spotlight';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';
import { changeSettings, DEFAULTS } from '../app/settings';

// What jsdom lacks and the components ask for.
class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
vi.stubGlobal('ResizeObserver', NoObserver);
vi.stubGlobal('IntersectionObserver', NoObserver);
Object.defineProperty(window, 'matchMedia', {
  writable: true,
  value: (query: string) => ({
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    dispatchEvent: () => false,
  }),
});
HTMLCanvasElement.prototype.getContext = () => null;
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.setPointerCapture = () => undefined;
// A window of one thousand by six hundred pixels for everything that measures itself.
Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 600 });
Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, get: () => 1200 });
if (globalThis.CSS === undefined) vi.stubGlobal('CSS', {});
CSS.escape ??= (text: string) => text.replace(/["\\]/g, '\\$&');
Object.defineProperty(document, 'fonts', {
  value: { ready: Promise.resolve(), addEventListener: () => undefined, removeEventListener: () => undefined },
});
document.queryCommandSupported ??= () => false;

// A busy machine is no reason to fail.
configure({ asyncUtilTimeout: 5000 });

afterEach(() => {
  // The palette's state belongs to the page, not to what was rendered: left open, it would take the next test's keys.
  spotlight.close();
  cleanup();
  changeSettings(DEFAULTS);
  window.localStorage.clear();
});
