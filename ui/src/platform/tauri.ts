// The real platform: the Rust side of this window.
import { Channel } from '@tauri-apps/api/core';
import { commands, events } from './bindings';
import { type OnProgress, type Platform, PlatformError, toAppError } from './platform';
import type { Progress } from './wire';

function channel(onProgress: OnProgress): Channel<Progress> {
  const channel = new Channel<Progress>();
  channel.onmessage = onProgress;
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
  streams: (request) => worded(commands.streams(request)),
  categories: () => worded(commands.categories()),
  eventsOpen: (query, taskId, onProgress) => worded(commands.eventsOpen(query, taskId, channel(onProgress))),
  eventsBlock: (queryId, firstRow, count) => worded(commands.eventsBlock(queryId, firstRow, count)),
  eventsClose: (queryId) => silent(commands.eventsClose(queryId)),
  eventTypes: () => worded(commands.eventTypes()),
  eventDetail: (position) => worded(commands.eventDetail(position)),
  timeline: (stream, afterVersion, limit) => worded(commands.timeline(stream, afterVersion, limit)),
  stateAt: (stream, version, comparedWith) => worded(commands.stateAt(stream, version, comparedWith)),
  versionAt: (stream, time) => worded(commands.versionAt(stream, time)),
  commands: () => worded(commands.commands()),
  dryRun: (request) => worded(commands.dryRun(request)),
  execute: (request) => worded(commands.execute(request)),
  waitUntil: (position) => worded(commands.waitUntil(position)),
  projections: () => worded(commands.projections()),
  rebuildProjection: (name, taskId, onProgress) =>
    worded(commands.rebuildProjection(name, taskId, channel(onProgress))),
  pauseProjection: (name) => silent(commands.pauseProjection(name)),
  resumeProjection: (name) => silent(commands.resumeProjection(name)),
  accounts: (search, offset, limit) => worded(commands.accounts(search, offset, limit)),
  statement: (accountId, offset, limit) => worded(commands.statement(accountId, offset, limit)),
  transfers: (status, accountId, offset, limit) => worded(commands.transfers(status, accountId, offset, limit)),
  trialBalance: () => worded(commands.trialBalance()),
  verify: (taskId, onProgress) => worded(commands.verify(taskId, channel(onProgress))),
  onHeadMoved: (listener) => events.headMoved.listen((event) => listener(event.payload.head)),
  onStoreChanged: (listener) => events.storeChanged.listen((event) => listener(event.payload.location)),
};
