// An invented bank, to test and to look at the UI without the program beneath it. It imitates shapes, not rules.
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface FakeEvent {
  position: number;
  stream: string;
  version: number;
  type: string;
  schema: number;
  recordedAt: string;
  actor: string;
  sentence: string;
  correlationId: string;
  cause: number | null;
  payload: JsonObject;
  /** Why it cannot be folded, if so. */
  broken?: string;
}

const FIRST = ['Ada', 'Emil', 'Nora', 'Jonas', 'Mira', 'Theo', 'Lena', 'Oskar', 'Ines', 'Viktor', 'Clara', 'Hugo'];
const LAST = ['Lindqvist', 'Moreau', 'Okafor', 'Brandt', 'Castellanos', 'Nakamura', 'Virtanen', 'Hale', 'Petrov'];
const REFERENCES = ['Rent November', 'Invoice 2041', 'Birthday', 'Groceries', 'Shared trip', 'Savings', 'Repair'];
const START = Date.UTC(2026, 9, 1, 8, 0, 0);

export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const money = (minor: bigint, currency = 'EUR'): JsonObject => ({ minor: String(minor), currency });

export function moneyText(minor: bigint, decimals = 2): string {
  const sign = minor < 0n ? '-' : '';
  const digits = String(minor < 0n ? -minor : minor).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return decimals === 0 ? sign + whole : `${sign}${whole}.${digits.slice(digits.length - decimals)}`;
}

function uuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

type Draft = { stream: string; type: string; payload: JsonObject; sentence: string; actor?: string; schema?: number };

export class FakeLog {
  readonly events: FakeEvent[] = [];
  readonly versions = new Map<string, number>();
  readonly byStream = new Map<string, FakeEvent[]>();
  private clock = START;

  constructor(readonly random: () => number) {}

  story(drafts: readonly Draft[], now?: number): FakeEvent[] {
    const correlationId = uuid(this.random);
    let cause: number | null = null;
    const written: FakeEvent[] = [];
    for (const draft of drafts) {
      this.clock = now ?? this.clock + 40 + Math.floor(this.random() * 90_000);
      const version = (this.versions.get(draft.stream) ?? 0) + 1;
      this.versions.set(draft.stream, version);
      const event: FakeEvent = {
        position: this.events.length + 1,
        stream: draft.stream,
        version,
        type: draft.type,
        schema: draft.schema ?? 1,
        recordedAt: new Date(this.clock)
          .toISOString()
          .replace('Z', `${String(Math.floor(this.random() * 1000)).padStart(3, '0')}Z`),
        actor: draft.actor ?? 'teller:anna',
        sentence: draft.sentence,
        correlationId,
        cause,
        payload: draft.payload,
      };
      cause = event.position;
      this.events.push(event);
      const of = this.byStream.get(draft.stream);
      if (of === undefined) this.byStream.set(draft.stream, [event]);
      else of.push(event);
      written.push(event);
    }
    return written;
  }
}

export interface FakeAccount {
  id: string;
  customer: string;
  name: string;
  product: string;
  currency: string;
  status: string;
  balance: bigint;
  held: bigint;
  overdraft: bigint;
}

export interface FakeTransfer {
  id: string;
  source: string;
  target: string;
  minor: bigint;
  status: string;
  reason: string | null;
  first: number;
  last: number;
}

export interface FakeLine {
  event: FakeEvent;
  minor: bigint;
  balance: bigint;
  text: string;
}

/** A log with the read models that belong to it. */
export class FakeBank {
  readonly log: FakeLog;
  readonly accounts = new Map<string, FakeAccount>();
  readonly transfers: FakeTransfer[] = [];
  readonly lines = new Map<string, FakeLine[]>();

  constructor(seed: number) {
    this.log = new FakeLog(generator(seed));
  }

  open(name: string, customer: string, account: string, currency = 'EUR'): void {
    const overdraft = this.log.random() < 0.3 ? 50_000n : 0n;
    const [given = '', family = ''] = name.split(' ');
    this.log.story([
      {
        stream: `customer-${customer}`,
        type: 'CustomerRegistered',
        schema: 2,
        payload: { customerId: customer, givenName: given, familyName: family, segment: 'retail' },
        sentence: `${name} registered as customer ${customer}`,
      },
      {
        stream: `customer-${customer}`,
        type: 'OnboardingApproved',
        payload: { customerId: customer, approvedBy: 'officer:ruth' },
        sentence: `Onboarding of ${name} approved`,
        actor: 'officer:ruth',
      },
      {
        stream: `account-${account}`,
        type: 'AccountOpened',
        payload: {
          accountId: account,
          customerId: customer,
          currency,
          product: 'current',
          overdraftLimit: money(overdraft, currency),
          openedOn: '2026-10-01',
        },
        sentence: `Current account ${account} opened in ${currency} for ${name}`,
      },
    ]);
    this.accounts.set(account, {
      id: account,
      customer,
      name,
      product: 'current',
      currency,
      status: 'open',
      balance: 0n,
      held: 0n,
      overdraft,
    });
    this.lines.set(account, []);
  }

  private book(account: FakeAccount, event: FakeEvent, minor: bigint, text: string): void {
    account.balance += minor;
    this.lines.get(account.id)?.push({ event, minor, balance: account.balance, text });
  }

  cash(accountId: string, minor: bigint, now?: number): FakeEvent[] {
    const account = this.account(accountId);
    const out = minor < 0n;
    const amount = out ? -minor : minor;
    const old = !out && this.log.random() < 0.2;
    const events = this.log.story(
      [
        {
          stream: `account-${account.id}`,
          type: out ? 'MoneyWithdrawn' : 'MoneyDeposited',
          schema: out ? 1 : old ? 1 : 2,
          payload: {
            accountId: account.id,
            amount: money(amount, account.currency),
            entryId: uuid(this.log.random),
            bookingDate: '2026-11-02',
            valueDate: '2026-11-02',
            text: out ? 'Cash withdrawal' : 'Cash deposit',
            postings: [
              {
                account: out ? `account:${account.id}` : 'gl:vault-cash',
                side: 'debit',
                amount: money(amount, account.currency),
              },
              {
                account: out ? 'gl:vault-cash' : `account:${account.id}`,
                side: 'credit',
                amount: money(amount, account.currency),
              },
            ],
          },
          sentence: `${moneyText(amount)} ${account.currency} ${out ? 'withdrawn from' : 'deposited to'} account ${account.id}`,
        },
      ],
      now,
    );
    for (const event of events) this.book(account, event, minor, out ? 'Cash withdrawal' : 'Cash deposit');
    return events;
  }

  transfer(source: string, target: string, minor: bigint, reference: string, now?: number): FakeEvent[] {
    const from = this.account(source);
    const to = this.accounts.get(target);
    const id = `T-${String(5001 + this.transfers.length)}`;
    const stream = `transfer-${id}`;
    const amount = money(minor, from.currency);
    const text = `${moneyText(minor)} ${from.currency}`;
    const process = 'process:transfer';
    const drafts: Draft[] = [
      {
        stream,
        type: 'TransferRequested',
        payload: { transferId: id, source, target, amount, reference, requestedOn: '2026-11-02' },
        sentence: `Transfer of ${text} from ${source} to ${target} requested: ${reference}`,
      },
    ];
    const transfer: FakeTransfer = { id, source, target, minor, status: 'completed', reason: null, first: 0, last: 0 };
    if (to === undefined || to.currency !== from.currency) {
      transfer.status = 'rejected';
      transfer.reason = to === undefined ? `There is no account ${target}` : `Account ${target} is in ${to.currency}`;
      drafts.push({
        stream,
        type: 'TransferRejected',
        payload: { transferId: id, code: 'unknown_account', message: transfer.reason },
        sentence: `Transfer ${id} rejected: ${transfer.reason}`,
        actor: process,
      });
    } else if (from.balance + from.overdraft - from.held < minor) {
      transfer.status = 'rejected';
      transfer.reason = `Available ${moneyText(from.balance + from.overdraft)} ${from.currency}, asked ${text}`;
      drafts.push(
        {
          stream,
          type: 'TransferValidated',
          payload: { transferId: id },
          sentence: `Transfer ${id} validated`,
          actor: process,
        },
        {
          stream,
          type: 'TransferRejected',
          payload: { transferId: id, code: 'insufficient_funds', message: transfer.reason },
          sentence: `Transfer ${id} rejected: insufficient funds`,
          actor: process,
        },
      );
    } else {
      drafts.push(...happy(id, source, target, amount, text, process));
    }
    const events = this.log.story(drafts, now);
    transfer.first = events[0]?.position ?? 0;
    transfer.last = events.at(-1)?.position ?? 0;
    this.transfers.push(transfer);
    for (const event of events) {
      if (event.type === 'TransferDebited') this.book(from, event, -minor, `Transfer to ${target}: ${reference}`);
      if (event.type === 'TransferCredited' && to !== undefined) {
        this.book(to, event, minor, `Transfer from ${source}: ${reference}`);
      }
    }
    return events;
  }

  account(id: string): FakeAccount {
    const account = this.accounts.get(id);
    if (account === undefined) throw new Error(`no account ${id}`);
    return account;
  }
}

function happy(id: string, source: string, target: string, amount: JsonObject, text: string, process: string): Draft[] {
  const stream = `transfer-${id}`;
  const hold = `H-${id}`;
  const own = (type: string, sentence: string, more: JsonObject = {}): Draft => ({
    stream,
    type,
    payload: { transferId: id, ...more },
    sentence,
    actor: process,
  });
  return [
    own('TransferValidated', `Transfer ${id} validated: both accounts take part`),
    {
      stream: `account-${source}`,
      type: 'HoldPlaced',
      payload: {
        accountId: source,
        holdId: hold,
        amount,
        expiresAt: '2026-11-03T08:00:00.000000Z',
        purpose: `Transfer ${id}`,
      },
      sentence: `${text} held on account ${source} for transfer ${id}`,
      actor: process,
    },
    own('SourceReserved', `Transfer ${id}: source reserved`, { holdId: hold }),
    {
      stream: `account-${source}`,
      type: 'TransferDebited',
      payload: {
        accountId: source,
        transferId: id,
        holdId: hold,
        amount,
        postings: [
          { account: `account:${source}`, side: 'debit', amount },
          { account: 'gl:transfers-in-transit', side: 'credit', amount },
        ],
      },
      sentence: `${text} debited from account ${source} for transfer ${id}`,
      actor: process,
    },
    own('SourceDebited', `Transfer ${id}: source debited, money in transit`),
    {
      stream: `account-${target}`,
      type: 'TransferCredited',
      payload: {
        accountId: target,
        transferId: id,
        amount,
        postings: [
          { account: 'gl:transfers-in-transit', side: 'debit', amount },
          { account: `account:${target}`, side: 'credit', amount },
        ],
      },
      sentence: `${text} credited to account ${target} from transfer ${id}`,
      actor: process,
    },
    own('TransferCompleted', `Transfer ${id} completed`),
  ];
}

/** Fills a bank with about this many events. */
export function inventBank(seed: number, size: number): FakeBank {
  const bank = new FakeBank(seed);
  const { random } = bank.log;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const customers = Math.max(4, Math.min(60, Math.floor(size / 40)));
  for (let index = 0; index < customers; index += 1) {
    const account = String(100_234 + index);
    bank.open(`${pick(FIRST)} ${pick(LAST)}`, `C-${1001 + index}`, account, index % 9 === 8 ? 'USD' : 'EUR');
    bank.cash(account, BigInt(50_000 + Math.floor(random() * 900_000)));
  }
  const ids = [...bank.accounts.keys()];
  while (bank.log.events.length < size) {
    if (random() < 0.35) {
      const sign = random() < 0.6 ? 1n : -1n;
      const minor = BigInt(1000 + Math.floor(random() * 40_000));
      const account = bank.account(pick(ids));
      bank.cash(account.id, sign < 0n && account.balance < minor ? minor : sign * minor);
    } else {
      const target = random() < 0.04 ? '999999' : pick(ids);
      bank.transfer(pick(ids), target, BigInt(500 + Math.floor(random() * 90_000)), pick(REFERENCES));
    }
  }
  return bank;
}
