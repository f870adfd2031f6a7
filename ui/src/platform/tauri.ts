// The real platform: the Rust side of this window.
import { Channel } from '@tauri-apps/api/core';
import { getCurrentWebview } from '@tauri-apps/api/webview';
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
  setLanguage: (language) => silent(commands.setLanguage(language)),
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
  streams: (request, at) => worded(commands.streams({ ...request, at: at ?? null })),
  categories: (at) => worded(commands.categories(at ?? null)),
  eventsOpen: (query, taskId) => worded(commands.eventsOpen(query, taskId)),
  eventsProgress: (queryId) => worded(commands.eventsProgress(queryId)),
  eventsStop: (queryId) => silent(commands.eventsStop(queryId)),
  eventsContinue: (queryId) => silent(commands.eventsContinue(queryId)),
  eventsBlock: (queryId, firstRow, count, columns) =>
    worded(commands.eventsBlock(queryId, firstRow, count, [...columns])),
  eventsClose: (queryId) => silent(commands.eventsClose(queryId)),
  rowOfPosition: (queryId, position) => worded(commands.rowOfPosition(queryId, position)),
  rowAtTime: (queryId, time) => worded(commands.rowAtTime(queryId, time)),
  eventsDensity: (queryId, from, until, bins) => worded(commands.eventsDensity(queryId, from, until, bins)),
  savedQueries: () => worded(commands.savedQueries()),
  saveQuery: (draft) => worded(commands.saveQuery(draft)),
  saveQueryFolder: (draft) => worded(commands.saveQueryFolder(draft)),
  removeSavedQuery: (id) => worded(commands.removeSavedQuery(id)),
  exportEvents: (request, taskId, onProgress) => worded(commands.exportEvents(request, taskId, channel(onProgress))),
  importEvents: (request, taskId, onProgress) => worded(commands.importEvents(request, taskId, channel(onProgress))),
  eventTypes: () => worded(commands.eventTypes()),
  eventExample: (eventType, stream) => worded(commands.eventExample(eventType, stream)),
  eventDetail: (position) => worded(commands.eventDetail(position)),
  eventCauses: (position) => worded(commands.eventCauses(position)),
  eventPosition: (eventId) => worded(commands.eventPosition(eventId)),
  takeLink: () => worded(commands.takeLink()),
  readLink: (text) => worded(commands.readLink(text)),
  causeGraph: (request, at) => worded(commands.causeGraph({ ...request, at: at ?? null })),
  transferStory: (transferId, at) => worded(commands.transferStory(transferId, at ?? null)),
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
  lanes: (streams, order, after, limit, taskId, onProgress, at) =>
    worded(commands.lanes({ streams: [...streams], order, after, at: at ?? null, limit }, taskId, channel(onProgress))),
  runWhatIf: (scenario, taskId, onProgress) => worded(commands.runWhatIf(scenario, taskId, channel(onProgress))),
  whatIfTest: (scenario, name, anonymous, taskId, onProgress) =>
    worded(commands.whatIfTest(scenario, name, anonymous, taskId, channel(onProgress))),
  openWhatIf: (path) => worded(commands.openWhatIf(path)),
  saveWhatIf: (scenario, path) => worded(commands.saveWhatIf(scenario, path)),
  saveWhatIfTest: (name, source, path) => worded(commands.saveWhatIfTest(name, source, path)),
  notebooks: () => worded(commands.notebooks()),
  notebook: (id) => worded(commands.notebook(id)),
  createNotebook: (title) => worded(commands.createNotebook(title)),
  changeNotebook: (id, edit) => worded(commands.changeNotebook(id, edit)),
  deleteNotebook: (id) => silent(commands.deleteNotebook(id)),
  pin: (request, taskId, onProgress) => worded(commands.pin(request, taskId, channel(onProgress))),
  checkNotebook: (id, language, taskId, onProgress) =>
    worded(commands.checkNotebook(id, language, taskId, channel(onProgress))),
  exportNotebook: (request, taskId, onProgress) =>
    worded(commands.exportNotebook(request, taskId, channel(onProgress))),
  openReport: (path) => worded(commands.openReport(path)),
  commands: () => worded(commands.commands()),
  dryRun: (request) => worded(commands.dryRun(request)),
  execute: (request) => worded(commands.execute(request)),
  checkCommand: (commandType, payload) => worded(commands.checkCommand(commandType, payload)),
  waitUntil: (position) => worded(commands.waitUntil(position)),
  readModelsReach: (position) => worded(commands.readModelsReach(position)),
  commandHistory: (query) => worded(commands.commandHistory(query)),
  clearCommandHistory: (through) => worded(commands.clearCommandHistory(through)),
  theatreOpen: (request) => worded(commands.theatreOpen(request)),
  theatreClose: (id) => silent(commands.theatreClose(id)),
  theatreRehearse: (id, actor, what) => worded(commands.theatreRehearse(id, actor, what)),
  theatreWrite: (id, actor, what) => worded(commands.theatreWrite(id, actor, what)),
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
  processInstances: (process, filter, offset, limit, at) =>
    worded(commands.processInstances(process, filter, offset, limit, at ?? null)),
  processTimers: (process, limit, at) => worded(commands.processTimers(process, limit, at ?? null)),
  processOffers: (stream) => worded(commands.processOffers(stream)),
  decideInstance: (decision) => worded(commands.decideInstance(decision)),
  retryStuck: (actor, reason) => worded(commands.retryStuck(actor, reason)),
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
  accounts: (search, offset, limit, at) => worded(commands.accounts(search, offset, limit, at ?? null)),
  statement: (accountId, offset, limit, at) => worded(commands.statement(accountId, offset, limit, at ?? null)),
  transfers: (status, accountId, offset, limit, at) =>
    worded(commands.transfers(status, accountId, offset, limit, at ?? null)),
  trialBalance: (at) => worded(commands.trialBalance(at ?? null)),
  customers: (search, offset, limit, at) => worded(commands.customers(search, offset, limit, at ?? null)),
  customer: (customerId, at) => worded(commands.customer(customerId, at ?? null)),
  holds: (accountId, status, offset, limit, at) => worded(commands.holds(accountId, status, offset, limit, at ?? null)),
  orders: (offset, limit, at) => worded(commands.orders(offset, limit, at ?? null)),
  activity: (from, through, currency, offset, limit, at) =>
    worded(commands.activity(from, through, currency, offset, limit, at ?? null)),
  limits: (day, offset, limit, at) => worded(commands.limits(day, offset, limit, at ?? null)),
  actors: (offset, limit, at) => worded(commands.actors(offset, limit, at ?? null)),
  audit: (actor, offset, limit, at) => worded(commands.audit(actor, offset, limit, at ?? null)),
  clock: (at, time) => worded(commands.clock(at, time)),
  asOfPrepare: (models, at, taskId, onProgress) =>
    worded(commands.asOfPrepare(models, at, taskId, channel(onProgress))),
  versionAtPosition: (stream, at) => worded(commands.versionAtPosition(stream, at)),
  transfersInFlight: (limit, at) => worded(commands.transfersInFlight(limit, at ?? null)),
  verify: (taskId, onProgress) => worded(commands.verify(taskId, channel(onProgress))),
  scenes: () => worded(commands.scenes()),
  stage: () => worded(commands.stage()),
  enterStage: (scene, taskId, onProgress) => worded(commands.enterStage(scene, taskId, channel(onProgress))),
  resetStage: () => worded(commands.resetStage()),
  leaveStage: () => worded(commands.leaveStage()),
  stageStep: (taskId, onProgress) => worded(commands.stageStep(taskId, channel(onProgress))),
  stageGo: (done, taskId, onProgress) => worded(commands.stageGo(done, taskId, channel(onProgress))),
  recordStage: (on) => worded(commands.recordStage(on)),
  recordPlace: (address, title) => worded(commands.recordPlace(address, title)),
  changeStageStep: (index, change) => worded(commands.changeStageStep(index, change)),
  removeStageStep: (index) => worded(commands.removeStageStep(index)),
  saveStage: (title) => worded(commands.saveStage(title)),
  renameScene: (scene, title) => silent(commands.renameScene(scene, title)),
  removeScene: (scene) => silent(commands.removeScene(scene)),
  exportScene: (scene, path) => worded(commands.exportScene(scene, path)),
  importScene: (path) => worded(commands.importScene(path)),
  setZoom: (factor) => worded(getCurrentWebview().setZoom(factor)),
  onHeadMoved: (listener) => events.headMoved.listen((event) => listener(event.payload.head)),
  onStoreChanged: (listener) => events.storeChanged.listen((event) => listener(event.payload.location)),
  onLinkArrived: (listener) => events.linkArrived.listen(() => listener()),
};
