// Links and causes of the invented platform.
import type { EventCauses, LinkedStore, OpenedLink } from '../../platform/wire';
import type { FakeBank, FakeEvent } from './bank';
import type { FakeConnections } from './connections';
import { eventRow } from './state';

/** What links call the invented bank's own store. */
export const OWN_LINK = '5d0c7a1e4b7f5e2a9c3d8f6b1a2e4c70';

const FORM = /^ledgerscope:\/\/([0-9a-f]{32}(?:\.[0-9a-z-]+)?)?\/([a-z0-9-]+(?:\/[a-z0-9-]+)*(?:\?\S*)?)$/;

/** The id of the event at a position. */
export const eventIdOf = (position: number): string =>
  `019a4f6e-2c11-7a51-8d2e-${position.toString(16).padStart(12, '0')}`;

export class FakeLinks {
  private waiting: string | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly connections: () => FakeConnections) {}

  /** The program is started a second time, with a link. */
  arrive(text: string): void {
    this.waiting = text;
    for (const listener of this.listeners) listener();
  }

  onArrived(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What links call the open store. */
  name(): string {
    const { open } = this.connections();
    return open === null ? OWN_LINK : `${'c'.repeat(32)}.${open.id}`;
  }

  take(): OpenedLink | null {
    const text = this.waiting;
    this.waiting = null;
    return text === null ? null : this.read(text);
  }

  read(text: string): OpenedLink {
    const found = FORM.exec(text.trim());
    if (found === null) {
      const message = 'This is no link that can be opened: its path names no place.';
      const hint = 'Nothing was changed. Copy the link again, whole; the window writes one with “Copy link”.';
      return { outcome: 'refused', error: { code: 'bad_link', message, hint, retryable: false } };
    }
    return { outcome: 'place', address: `#/${found[2]}`, store: this.store(found[1] ?? '') };
  }

  private store(name: string): LinkedStore {
    if (name === '') return { kind: 'any' };
    if (name === this.name()) return { kind: 'open' };
    const listed = this.connections().rows.find((row) => row.id === name.split('.')[1]);
    if (listed !== undefined) return { kind: 'connection', id: listed.id, name: listed.name };
    return { kind: name === OWN_LINK ? 'own' : 'unknown' };
  }
}

export function causesOf(bank: FakeBank, event: FakeEvent): EventCauses {
  const story = bank.log.events.filter((one) => one.correlationId === event.correlationId);
  const cause = bank.log.events[(event.cause ?? 0) - 1];
  return {
    cause: cause === undefined ? null : eventRow(cause),
    effects: story.filter((one) => one.cause === event.position).map(eventRow),
    siblings: story.filter((one) => one !== event && event.cause !== null && one.cause === event.cause).map(eventRow),
    complete: true,
  };
}
