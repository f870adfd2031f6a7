// The platform as it is asked while the clock shows an earlier moment: every question that can be about a moment names it.
import { t } from '../../i18n';
import { type Platform, PlatformError } from '../../platform/platform';
import type { EventQuery } from '../../platform/wire';

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
  'decideInstance',
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
  'causeGraph',
  'transferStory',
  'timeline',
  'versionAt',
  'stateAt',
  'eventDetail',
  'blame',
  'fieldHistory',
  'watch',
  'bisect',
]);

const smaller = (one: string, other: string) => (BigInt(one) < BigInt(other) ? one : other);

/** What is told of a stream, as if it had ended at a version. */
function endingAt<T extends { lastVersion: string }>(told: T, end: string): T {
  return { ...told, lastVersion: smaller(told.lastVersion, end) };
}

async function refuse(): Promise<never> {
  throw new PlatformError({
    code: 'clock_in_the_past',
    message: t('app.nothingIsWrittenWhileTheClockShows'),
    hint: t('app.setTheClockBackToNowThenDoItAgain'),
    retryable: false,
  });
}

/** The same platform at a position of the log. */
export function clockedPlatform(platform: Platform, at: string): Platform {
  const ended = (query: EventQuery) => ({ ...query, through: query.through == null ? at : smaller(query.through, at) });
  const writes: Partial<Platform> = {};
  for (const name of WRITES) writes[name] = refuse;
  /** The stream's last version then. */
  const last = (stream: string) => platform.versionAtPosition(stream, at);
  const upTo = async (stream: string, version: string | null) => {
    const end = await last(stream);
    return version === null ? end : smaller(version, end);
  };
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
    eventsOpen: (query, taskId) => platform.eventsOpen(ended(query), taskId),
    processInstances: (process, filter, offset, limit) => platform.processInstances(process, filter, offset, limit, at),
    processTimers: (process, limit) => platform.processTimers(process, limit, at),
    causeGraph: (request) => platform.causeGraph(request, at),
    transferStory: (transfer) => platform.transferStory(transfer, at),
    versionAt: async (stream, time) => await upTo(stream, await platform.versionAt(stream, time)),
    timeline: async (stream, after, limit) => {
      const end = BigInt(await last(stream));
      const entries = await platform.timeline(stream, after, limit);
      return entries.filter((entry) => BigInt(entry.version) <= end);
    },
    stateAt: async (stream, version, comparedWith) => {
      const end = await last(stream);
      const compared = comparedWith === null ? null : smaller(comparedWith, end);
      return endingAt(await platform.stateAt(stream, smaller(version, end), compared), end);
    },
    eventDetail: async (position) => {
      const detail = await platform.eventDetail(position);
      if (detail.state === null || BigInt(position) > BigInt(at)) return detail;
      return { ...detail, state: endingAt(detail.state, await last(detail.row.stream)) };
    },
    blame: async (stream, version, ...task) => {
      const end = await last(stream);
      return endingAt(await platform.blame(stream, smaller(version, end), ...task), end);
    },
    fieldHistory: async (stream, path, version, ...task) =>
      await platform.fieldHistory(stream, path, await upTo(stream, version), ...task),
    watch: async (stream, expression, until, ...task) =>
      await platform.watch(stream, expression, await upTo(stream, until), ...task),
    bisect: async (stream, condition, search, until, ...task) =>
      await platform.bisect(stream, condition, search, await upTo(stream, until), ...task),
    lanes: (streams, order, after, limit, taskId, onProgress) =>
      platform.lanes(streams, order, after, limit, taskId, onProgress, at),
    exportEvents: ({ query, ...request }, ...task) =>
      platform.exportEvents({ ...request, query: ended(query) }, ...task),
  };
}
