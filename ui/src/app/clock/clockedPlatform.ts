// The platform as it is asked while the clock shows an earlier moment: every question that can be about a moment names it.
import { type Platform, PlatformError } from '../../platform/platform';

/** What would change something. None of it is done while something else than now is on the screen. */
const WRITES = [
  'execute',
  'dryRun',
  'theatreOpen',
  'theatreRehearse',
  'theatreWrite',
  'rebuildProjection',
  'resetProjection',
  'dismissRebuild',
  'rollBackProjection',
  'pauseProjection',
  'resumeProjection',
  'retryProjection',
  'skipEvent',
  'releaseStream',
  'retryInstance',
  'retryStuck',
  'deleteSnapshots',
  'setRetentionRule',
  'placeLegalHold',
  'liftLegalHold',
  'applyRetention',
  'importEvents',
] as const satisfies readonly (keyof Platform)[];

/** Commands whose answers are those of a moment. */
export const CLOCKED: ReadonlySet<string> = new Set<keyof Platform>([
  'accounts',
  'statement',
  'transfers',
  'transfersInFlight',
  'trialBalance',
  'customers',
  'customer',
  'holds',
  'orders',
  'activity',
  'limits',
  'actors',
  'audit',
  'streams',
  'categories',
  'processInstances',
  'processTimers',
  'timeline',
  'versionAt',
]);

const smaller = (one: string, other: string) => (BigInt(one) < BigInt(other) ? one : other);

async function refuse(): Promise<never> {
  throw new PlatformError({
    code: 'clock_in_the_past',
    message: 'Nothing is written while the clock shows an earlier moment.',
    hint: 'Set the clock back to now, then do it again.',
    retryable: false,
  });
}

/** The same platform at a position of the log. */
export function clockedPlatform(platform: Platform, at: string): Platform {
  const writes: Partial<Platform> = {};
  for (const name of WRITES) writes[name] = refuse;
  return {
    ...platform,
    ...writes,
    accounts: (search, offset, limit) => platform.accounts(search, offset, limit, at),
    statement: (account, offset, limit) => platform.statement(account, offset, limit, at),
    transfers: (status, account, offset, limit) => platform.transfers(status, account, offset, limit, at),
    transfersInFlight: (limit) => platform.transfersInFlight(limit, at),
    trialBalance: () => platform.trialBalance(at),
    customers: (search, offset, limit) => platform.customers(search, offset, limit, at),
    customer: (customer) => platform.customer(customer, at),
    holds: (account, status, offset, limit) => platform.holds(account, status, offset, limit, at),
    orders: (offset, limit) => platform.orders(offset, limit, at),
    activity: (from, through, currency, offset, limit) => platform.activity(from, through, currency, offset, limit, at),
    limits: (day, offset, limit) => platform.limits(day, offset, limit, at),
    actors: (offset, limit) => platform.actors(offset, limit, at),
    audit: (actor, offset, limit) => platform.audit(actor, offset, limit, at),
    streams: (request) => platform.streams(request, at),
    categories: () => platform.categories(at),
    eventsOpen: (query) =>
      platform.eventsOpen({ ...query, through: query.through == null ? at : smaller(query.through, at) }),
    processInstances: (process, filter, offset, limit) => platform.processInstances(process, filter, offset, limit, at),
    processTimers: (process, limit) => platform.processTimers(process, limit, at),
    versionAt: async (stream, time) =>
      smaller(await platform.versionAt(stream, time), await platform.versionAtPosition(stream, at)),
    timeline: async (stream, after, limit) => {
      const last = BigInt(await platform.versionAtPosition(stream, at));
      const entries = await platform.timeline(stream, after, limit);
      return entries.filter((entry) => BigInt(entry.version) <= last);
    },
  };
}
