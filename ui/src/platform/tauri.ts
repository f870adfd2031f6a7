// The real platform: the Rust side of this window.
import { Channel } from '@tauri-apps/api/core';
import { commands, events } from './bindings';
import { type Platform, PlatformError, toAppError } from './platform';
import type { ConnectionTestStep } from './wire';

function channel<T>(listener: (message: T) => void): Channel<T> {
  const channel = new Channel<T>();
  channel.onmessage = listener;
  return channel;
}

async function worded<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    throw new PlatformError(toAppError(thrown));
  }
}

async function silent(call: Promise<null>): Promise<void> {
  await worded(call);
}

export const tauriPlatform: Platform = {
  appInfo: () => worded(commands.appInfo()),
  openStore: (path) => worded(commands.openStore(path)),
  chooseStore: () => worded(commands.chooseStore()),
  createDemo: (seed, count, taskId, onProgress) =>
    worded(commands.createDemo(seed, count, taskId, channel(onProgress))),
  storeStatus: () => worded(commands.storeStatus()),
  cancelTask: (taskId) => worded(commands.cancelTask(taskId)),
  connections: () => worded(commands.connections()),
  parseConnection: (text) => worded(commands.parseConnection(text)),
  saveConnection: (draft) => worded(commands.saveConnection(draft)),
  removeConnection: (id) => worded(commands.removeConnection(id)),
  openConnection: (id, passwords, create) => worded(commands.openConnection(id, passwords, create)),
  testConnection: (draft, taskId, onProgress, onStep) =>
    worded(commands.testConnection(draft, taskId, channel(onProgress), channel<ConnectionTestStep>(onStep))),
  confirmProduction: (command, name) => silent(commands.confirmProduction(command, name)),
  examineCopy: (request, taskId, onProgress) => worded(commands.examineCopy(request, taskId, channel(onProgress))),
  copyStore: (request, taskId, onProgress) => worded(commands.copyStore(request, taskId, channel(onProgress))),
  compareCopy: (request, taskId, onProgress) => worded(commands.compareCopy(request, taskId, channel(onProgress))),
  lastCopy: () => worded(commands.lastCopy()),
  runParity: (request, taskId, onProgress) => worded(commands.runParity(request, taskId, channel(onProgress))),
  lastParity: () => worded(commands.lastParity()),
  parityAnswers: (step) => worded(commands.parityAnswers(step)),
  serverOverview: () => worded(commands.serverOverview()),
  indexProgress: () => worded(commands.indexProgress()),
  serverStreams: (search, system) => worded(commands.serverStreams(search, system)),
  serverStream: (stream) => worded(commands.serverStream(stream)),
  serverSubscriptions: () => worded(commands.serverSubscriptions()),
  serverProjections: () => worded(commands.serverProjections()),
  streams: (request) => worded(commands.streams(request)),
  categories: () => worded(commands.categories()),
  eventsOpen: (query, taskId, onProgress) => worded(commands.eventsOpen(query, taskId, channel(onProgress))),
  eventsBlock: (queryId, firstRow, count) => worded(commands.eventsBlock(queryId, firstRow, count)),
  eventsClose: (queryId) => silent(commands.eventsClose(queryId)),
  eventTypes: () => worded(commands.eventTypes()),
  eventDetail: (position) => worded(commands.eventDetail(position)),
  eventCauses: (position) => worded(commands.eventCauses(position)),
  eventPosition: (eventId) => worded(commands.eventPosition(eventId)),
  takeLink: () => worded(commands.takeLink()),
  readLink: (text) => worded(commands.readLink(text)),
  timeline: (stream, afterVersion, limit) => worded(commands.timeline(stream, afterVersion, limit)),
  stateAt: (stream, version, comparedWith) => worded(commands.stateAt(stream, version, comparedWith)),
  versionAt: (stream, time) => worded(commands.versionAt(stream, time)),
  checkExpression: (text, about) => worded(commands.checkExpression(text, about)),
  blame: (stream, version, taskId, onProgress) => worded(commands.blame(stream, version, taskId, channel(onProgress))),
  fieldHistory: (stream, path, version, taskId, onProgress) =>
    worded(commands.fieldHistory(stream, path, version, taskId, channel(onProgress))),
  watch: (stream, expression, until, taskId, onProgress) =>
    worded(commands.watch(stream, expression, until, taskId, channel(onProgress))),
  bisect: (stream, condition, search, until, taskId, onProgress) =>
    worded(commands.bisect(stream, condition, search, until, taskId, channel(onProgress))),
  lanes: (streams, order, after, limit, taskId, onProgress) =>
    worded(commands.lanes([...streams], order, after, limit, taskId, channel(onProgress))),
  commands: () => worded(commands.commands()),
  dryRun: (request) => worded(commands.dryRun(request)),
  execute: (request) => worded(commands.execute(request)),
  waitUntil: (position) => worded(commands.waitUntil(position)),
  projections: () => worded(commands.projections()),
  rebuildProjection: (name, options, taskId, onProgress) =>
    worded(commands.rebuildProjection(name, options, taskId, channel(onProgress))),
  resetProjection: (name, taskId, onProgress) => worded(commands.resetProjection(name, taskId, channel(onProgress))),
  dismissRebuild: (name) => silent(commands.dismissRebuild(name)),
  rollBackProjection: (name) => worded(commands.rollBackProjection(name)),
  examineProjection: (name, taskId, onProgress) =>
    worded(commands.examineProjection(name, taskId, channel(onProgress))),
  pauseProjection: (name) => silent(commands.pauseProjection(name)),
  resumeProjection: (name) => silent(commands.resumeProjection(name)),
  retryProjection: (name) => silent(commands.retryProjection(name)),
  skipEvent: (request) => worded(commands.skipEvent(request)),
  releaseStream: (name, stream) => worded(commands.releaseStream(name, stream)),
  processes: () => worded(commands.processes()),
  processInstances: (process, filter, offset, limit) =>
    worded(commands.processInstances(process, filter, offset, limit)),
  processTimers: (process, limit) => worded(commands.processTimers(process, limit)),
  retryInstance: (stream) => silent(commands.retryInstance(stream)),
  retryStuck: () => silent(commands.retryStuck()),
  snapshots: (after, limit) => worded(commands.snapshots(after, limit)),
  verifySnapshots: (taskId, onProgress) => worded(commands.verifySnapshots(taskId, channel(onProgress))),
  deleteSnapshots: (stream) => worded(commands.deleteSnapshots(stream)),
  retention: () => worded(commands.retention()),
  setRetentionRule: (scope, rule, by) => silent(commands.setRetentionRule(scope, rule, by)),
  placeLegalHold: (hold, scope, by) => silent(commands.placeLegalHold(hold, scope, by)),
  liftLegalHold: (hold, by) => silent(commands.liftLegalHold(hold, by)),
  previewRetention: (purpose, taskId, onProgress) =>
    worded(commands.previewRetention(purpose, taskId, channel(onProgress))),
  applyRetention: (purpose, expected, by, taskId, onProgress) =>
    worded(commands.applyRetention(purpose, expected, by, taskId, channel(onProgress))),
  verifyArchive: (taskId, onProgress) => worded(commands.verifyArchive(taskId, channel(onProgress))),
  accounts: (search, offset, limit) => worded(commands.accounts(search, offset, limit)),
  statement: (accountId, offset, limit) => worded(commands.statement(accountId, offset, limit)),
  transfers: (status, accountId, offset, limit) => worded(commands.transfers(status, accountId, offset, limit)),
  trialBalance: () => worded(commands.trialBalance()),
  customers: (search, offset, limit) => worded(commands.customers(search, offset, limit)),
  customer: (customerId) => worded(commands.customer(customerId)),
  holds: (accountId, status, offset, limit) => worded(commands.holds(accountId, status, offset, limit)),
  orders: (offset, limit) => worded(commands.orders(offset, limit)),
  activity: (from, through, currency, offset, limit) =>
    worded(commands.activity(from, through, currency, offset, limit)),
  limits: (day, offset, limit) => worded(commands.limits(day, offset, limit)),
  actors: (offset, limit) => worded(commands.actors(offset, limit)),
  audit: (actor, offset, limit) => worded(commands.audit(actor, offset, limit)),
  verify: (taskId, onProgress) => worded(commands.verify(taskId, channel(onProgress))),
  onHeadMoved: (listener) => events.headMoved.listen((event) => listener(event.payload.head)),
  onStoreChanged: (listener) => events.storeChanged.listen((event) => listener(event.payload.location)),
  onLinkArrived: (listener) => events.linkArrived.listen(() => listener()),
};
