// Further lists of the invented bank.
import { PlatformError } from '../../platform/platform';
import type {
  AccountRow,
  ActivityRow,
  ActorRow,
  AuditRow,
  CustomerOverview,
  CustomerRow,
  HoldRow,
  LimitsRow,
  MoneyView,
  OrderRow,
} from '../../platform/wire';
import { type FakeBank, type FakeEvent, type JsonObject, moneyText } from './bank';

export const moneyView = (minor: bigint, currency: string): MoneyView => ({
  minor: String(minor),
  currency,
  text: moneyText(minor),
});

const amountOf = (event: FakeEvent): { minor: bigint; currency: string } => {
  const amount = event.payload.amount as JsonObject | undefined;
  return { minor: BigInt(String(amount?.minor ?? '0')), currency: String(amount?.currency ?? 'EUR') };
};

export class FakeLists {
  constructor(
    private readonly bank: () => FakeBank,
    private readonly accountRow: (id: string) => AccountRow,
  ) {}

  customers(search: string | null): CustomerRow[] {
    const text = search?.toLowerCase() ?? '';
    const rows = [...this.bank().accounts.values()].map((account, index): CustomerRow => {
      const events = this.bank().log.byStream.get(`customer-${account.customer}`) ?? [];
      return {
        customerId: account.customer,
        stream: `customer-${account.customer}`,
        name: account.name,
        status: index === 3 ? 'restricted' : 'active',
        restricted: false,
        reviewOverdue: index === 3,
        openAccounts: '1',
        registeredAt: events[0]?.recordedAt ?? '',
        changedAt: events.at(-1)?.recordedAt ?? '',
      };
    });
    return rows.filter((row) => `${row.customerId} ${row.name}`.toLowerCase().includes(text));
  }

  customer(id: string): CustomerOverview {
    const customer = this.customers(null).find((row) => row.customerId === id);
    if (customer === undefined) {
      throw new PlatformError({
        code: 'not_found',
        message: `There is no customer ${id}.`,
        hint: 'Search the list of customers.',
        retryable: false,
      });
    }
    const own = [...this.bank().accounts.values()].filter((account) => account.customer === id);
    return {
      customer,
      accounts: own.map((account) => this.accountRow(account.id)),
      totals: own.map((account) => ({
        currency: account.currency,
        openAccounts: '1',
        balance: moneyView(account.balance, account.currency),
        held: moneyView(account.held, account.currency),
        overdraft: moneyView(account.overdraft, account.currency),
        available: moneyView(account.balance + account.overdraft - account.held, account.currency),
      })),
    };
  }

  holds(account: string | null, status: string | null): HoldRow[] {
    const placed = this.bank().log.events.filter((event) => event.type === 'HoldPlaced');
    const rows = placed.map((event, index): HoldRow => {
      const { minor, currency } = amountOf(event);
      const open = index === placed.length - 1;
      return {
        accountId: String(event.payload.accountId),
        stream: event.stream,
        holdId: String(event.payload.holdId),
        status: open ? 'open' : 'captured',
        amount: moneyView(minor, currency),
        captured: open ? null : moneyView(minor, currency),
        purpose: String(event.payload.purpose),
        reason: null,
        transferId: open ? null : String(event.payload.holdId).replace('H-', ''),
        expiresAt: String(event.payload.expiresAt),
        placedAt: event.recordedAt,
        placedPosition: String(event.position),
        position: String(open ? event.position : event.position + 2),
      };
    });
    return rows
      .filter((row) => (account === null || row.accountId === account) && (status === null || row.status === status))
      .reverse();
  }

  orders(): OrderRow[] {
    const ids = [...this.bank().accounts.keys()];
    const [source, target] = ids;
    if (source === undefined || target === undefined) return [];
    const order = (orderId: string, more: Partial<OrderRow>): OrderRow => ({
      orderId,
      // There are no streams of orders in the invented bank; a transfer's stands in.
      stream: `transfer-${this.bank().transfers[0]?.id ?? ''}`,
      standing: true,
      status: 'active',
      source,
      target,
      amount: moneyView(85_000n, 'EUR'),
      reference: 'Rent',
      interval: 'monthly',
      nextOn: '2026-12-01',
      underWay: '0',
      executed: '7',
      failed: '1',
      leftOut: '0',
      lastFailure: null,
      createdBy: 'teller:anna',
      createdPosition: '5',
      ...more,
    });
    return [
      order('O-1001', {}),
      order('O-1002', {
        standing: false,
        status: 'finished',
        interval: null,
        nextOn: null,
        executed: '0',
        failed: '1',
        lastFailure: 'insufficient funds: 12.00 EUR available',
      }),
    ];
  }

  activity(from: string | null, through: string | null, currency: string | null): ActivityRow[] {
    const sums = new Map<string, ActivityRow & { sum: bigint; change: bigint }>();
    const sign: Record<string, bigint> = {
      MoneyDeposited: 1n,
      MoneyWithdrawn: -1n,
      TransferDebited: -1n,
      TransferCredited: 1n,
    };
    for (const event of this.bank().log.events) {
      const by = sign[event.type];
      if (by === undefined) continue;
      const { minor, currency: code } = amountOf(event);
      const day = event.recordedAt.slice(0, 10);
      const key = `${day} ${code} ${event.type}`;
      const sum = (sums.get(key)?.sum ?? 0n) + minor;
      const change = (sums.get(key)?.change ?? 0n) + by * minor;
      sums.set(key, {
        businessDate: day,
        currency: code,
        kind: event.type,
        entries: String(Number(sums.get(key)?.entries ?? '0') + 1),
        turnover: moneyView(sum, code),
        customersChange: moneyView(change, code),
        position: String(event.position),
        sum,
        change,
      });
    }
    return [...sums.values()]
      .filter(
        (row) =>
          (from === null || row.businessDate >= from) &&
          (through === null || row.businessDate <= through) &&
          (currency === null || row.currency === currency),
      )
      .sort((a, b) =>
        a.businessDate === b.businessDate ? a.kind.localeCompare(b.kind) : b.businessDate.localeCompare(a.businessDate),
      );
  }

  limits(day: string | null): LimitsRow[] {
    return [...this.bank().accounts.values()].slice(0, 6).map((account, index) => ({
      accountId: account.id,
      stream: `account-${account.id}`,
      businessDate: day ?? '2026-11-02',
      perTransaction: index === 1 ? null : moneyView(100_000n, account.currency),
      perDay: moneyView(200_000n, account.currency),
      usedDay: moneyView(BigInt(index) * 45_000n, account.currency),
      perMonth: index === 2 ? null : moneyView(2_000_000n, account.currency),
      usedMonth: moneyView(BigInt(index) * 300_000n, account.currency),
      changedAt: '2026-10-02T09:00:00.000000Z',
      position: String(index + 3),
    }));
  }

  actors(): ActorRow[] {
    const by = new Map<string, FakeEvent[]>();
    for (const event of this.bank().log.events) by.set(event.actor, [...(by.get(event.actor) ?? []), event]);
    return [...by]
      .map(([actor, events]) => ({
        actor,
        events: String(events.length),
        firstAt: events[0]?.recordedAt ?? '',
        lastAt: events.at(-1)?.recordedAt ?? '',
      }))
      .sort((a, b) => a.actor.localeCompare(b.actor));
  }

  audit(actor: string): AuditRow[] {
    return this.bank()
      .log.events.filter((event) => event.actor === actor)
      .reverse()
      .map((event, index) => ({
        actor,
        position: String(event.position),
        recordedAt: event.recordedAt,
        commandType: event.type.replace(/ed$/, ''),
        eventType: event.type,
        stream: event.stream,
        channel: actor.startsWith('process:') ? 'process' : 'desktop',
        reason: index % 7 === 3 ? 'asked for at the counter' : null,
        correlationId: event.correlationId,
      }));
  }
}
