import { PlatformError } from '../../platform/platform';
import type {
  LegalHoldRow,
  RetentionBy,
  RetentionDone,
  RetentionOverview,
  RetentionPreview,
  RetentionPurpose,
  RetentionRule,
  RetentionRuleRow,
  RetentionScope,
  SnapshotPlace,
  SnapshotsPage,
} from '../../platform/wire';
import type { FakeBank } from './bank';

const AT = '2026-11-25T09:00:00.000000Z';

export class FakeMaintenance {
  private snapshotsDeleted = false;
  private rules: RetentionRuleRow[] = [];
  private holds: LegalHoldRow[] = [];
  private hidden = 0;
  private archived = 0;

  constructor(private readonly bank: () => FakeBank) {}

  snapshots(after: SnapshotPlace | null, limit: number): SnapshotsPage {
    const all = this.snapshotsDeleted
      ? []
      : [...this.bank().log.byStream].filter(([stream]) => stream.startsWith('account-'));
    const from = after === null ? 0 : all.findIndex(([stream]) => stream === after.stream) + 1;
    const part = all.slice(from, from + limit);
    const last = part.at(-1)?.[0];
    return {
      policy: 'Taken after an append, once the newest one is 100 events old.',
      total: String(all.length),
      next: last === undefined || from + part.length >= all.length ? null : { stream: last, fingerprint: 'v1' },
      snapshots: part.map(([stream, events], index) => ({
        stream,
        version: String(events.length),
        savesEvents: String(events.length),
        behind: index === 2 ? null : String(index % 5),
        bytes: String(1800 + index * 130),
        takenAt: events.at(-1)?.recordedAt ?? AT,
        usable: index !== 1,
      })),
    };
  }

  deleteSnapshots(): string {
    const { total } = this.snapshots(null, 1);
    this.snapshotsDeleted = true;
    return total;
  }

  overview(): RetentionOverview {
    return {
      supported: true,
      rules: this.rules,
      holds: this.holds,
      bytes: '4194304',
      freeBytes: String(this.archived * 400),
      stubs: String(this.archived),
      archiveBytes: this.archived === 0 ? null : String(this.archived * 420),
      archive: '/home/anna/.local/share/ledgerscope/bank.ledger.archive',
    };
  }

  setRule(scope: RetentionScope, rule: RetentionRule | null): void {
    const others = this.rules.filter((one) => one.scope.kind !== scope.kind || one.scope.name !== scope.name);
    this.rules = rule === null ? others : [...others, { scope, rule }];
  }

  placeHold(hold: string, scope: RetentionScope, { actor, reason }: RetentionBy): void {
    if (this.holds.some((one) => one.hold === hold)) {
      throw new PlatformError({
        code: 'hold_exists',
        message: `There is a legal hold ${hold} already.`,
        hint: 'Choose another name; several holds may cover the same streams.',
        retryable: false,
      });
    }
    this.holds = [...this.holds, { hold, scope, placedAt: AT, actor, reason }];
  }

  liftHold(hold: string): void {
    this.holds = this.holds.filter((one) => one.hold !== hold);
  }

  preview(purpose: RetentionPurpose): RetentionPreview {
    const held = this.holds[0];
    const count = purpose === 'truncate' ? (this.rules.length === 0 ? 0 : 42) : this.hidden;
    const any = count > 0;
    return {
      purpose,
      events: String(count),
      bytes: String(count * 380),
      cuts: any ? '1' : '0',
      refused: any ? '1' : '0',
      oldest: any ? '2026-10-01T08:00:00.000000Z' : null,
      newest: any ? '2026-10-09T08:00:00.000000Z' : null,
      totalStreams: any ? '2' : '0',
      streams: any
        ? [
            { stream: 'account-100234', before: '43', events: String(count), bytes: String(count * 380), refusals: [] },
            {
              stream: 'account-100235',
              before: null,
              events: '0',
              bytes: '0',
              refusals: [
                held === undefined
                  ? {
                      code: 'not_restarted',
                      message: 'no event before version 30 carries the whole state',
                      events: '29',
                    }
                  : { code: 'legal_hold', message: `legal hold ${held.hold}: ${held.reason}`, events: '29' },
              ],
            },
          ]
        : [],
    };
  }

  apply(purpose: RetentionPurpose, expected: string, cancelled: boolean): RetentionDone {
    const found = this.preview(purpose).events;
    if (found !== expected) {
      throw new PlatformError({
        code: 'not_as_previewed',
        message: `${expected} events were to go according to the preview; now there are ${found}.`,
        hint: 'Preview again and confirm the new number. Nothing was changed.',
        retryable: false,
      });
    }
    const count = cancelled ? 0 : Number(found);
    if (purpose === 'truncate') {
      this.hidden += count;
      this.rules = [];
    } else {
      this.archived += count;
      this.hidden -= count;
    }
    return { purpose, events: String(count), bytes: String(count * 380), cancelled };
  }
}
