// The official Node client against the test server: what it appends, reads, follows and deletes.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";

import {
  AccessDeniedError,
  ANY,
  BACKWARDS,
  END,
  eventTypeFilter,
  jsonEvent,
  KurrentDBClient,
  MaxAppendSizeExceededError,
  NO_STREAM,
  START,
  StreamDeletedError,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from "@kurrent/kurrentdb-client";

/** Longest time to wait for an event of a subscription. */
const PATIENCE = 30_000;

const { OPEN_SERVER, SECURE_SERVER, AUTHORITY_FILE } = process.env;
const address = (url) => url.replace("esdb://", "kurrentdb://");
const clients = [];
const connect = (url) => {
  const client = KurrentDBClient.connectionString(url);
  clients.push(client);
  return client;
};
const client = connect(address(OPEN_SERVER));
after(async () => {
  for (const each of clients) await each.dispose();
});

const newStream = () => `node-${randomUUID()}`;
const event = (number, type = "Happened") => jsonEvent({ id: randomUUID(), type, data: { number } });
const events = (count) => Array.from({ length: count }, (_, number) => event(number));

async function collected(read) {
  const found = [];
  for await (const each of read) found.push(each);
  return found;
}
const revisions = async (stream, options) =>
  (await collected(client.readStream(stream, options))).map(({ event }) => event.revision);

/** The first events of a subscription, which is ended then. */
async function received(subscription, count, each = () => {}) {
  const timer = setTimeout(() => subscription.destroy(new Error("no event came in time")), PATIENCE);
  const found = [];
  try {
    for await (const resolved of subscription) {
      found.push(resolved);
      await each(found.length);
      if (found.length === count) break;
    }
  } finally {
    clearTimeout(timer);
    await subscription.unsubscribe();
  }
  return found;
}

test("events are appended in batches and read in both directions", async () => {
  const stream = newStream();
  const first = await client.appendToStream(stream, event(0), { streamState: NO_STREAM });
  assert.equal(first.nextExpectedRevision, 0n);
  const rest = await client.appendToStream(stream, events(39), { streamState: 0n });
  assert.equal(rest.nextExpectedRevision, 39n);
  assert.ok(rest.position.commit > first.position.commit, "the positions of the log grow");
  assert.deepEqual(await revisions(stream), Array.from({ length: 40 }, (_, number) => BigInt(number)));
  assert.deepEqual(await revisions(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 2 }), [39n, 38n]);
  const [read] = await collected(client.readStream(stream, { fromRevision: 1n, maxCount: 1 }));
  assert.deepEqual(read.event.data, { number: 0 });
  assert.equal(read.event.isJson, true);
});

test("with a password of its own, a call appends without a batch", async () => {
  const stream = newStream();
  const credentials = { username: "admin", password: "changeit" };
  const appended = await client.appendToStream(stream, events(2), { credentials, streamState: NO_STREAM });
  assert.equal(appended.nextExpectedRevision, 1n);
  const stale = client.appendToStream(stream, event(2), { credentials, streamState: 0n });
  await assert.rejects(stale, WrongExpectedVersionError);
});

test("a wrong version is refused with the version that the stream has", async () => {
  const stream = newStream();
  await client.appendToStream(stream, events(3));
  await assert.rejects(client.appendToStream(stream, event(9), { streamState: 0n }), (error) => {
    assert.ok(error instanceof WrongExpectedVersionError);
    assert.equal(error.actualState, 2n);
    return true;
  });
  await assert.rejects(client.appendToStream(stream, event(9), { streamState: NO_STREAM }), WrongExpectedVersionError);
  assert.equal((await revisions(stream)).length, 3);
});

test("a repeated append writes nothing", async () => {
  const stream = newStream();
  const batch = events(3);
  const first = await client.appendToStream(stream, batch, { streamState: NO_STREAM });
  const again = await client.appendToStream(stream, batch, { streamState: NO_STREAM });
  assert.deepEqual(again, first);
  assert.equal((await revisions(stream)).length, 3);
});

test("an append above the limit is refused", async () => {
  const large = jsonEvent({ type: "Large", data: { text: "x".repeat(1024 * 1024) } });
  await assert.rejects(client.appendToStream(newStream(), large), MaxAppendSizeExceededError);
});

test("the log is filtered by stream and by type", async () => {
  const stream = newStream();
  const type = `Kind${randomUUID()}`;
  await client.appendToStream(stream, [event(1, type), event(2)]);
  const byStream = await collected(client.readAll({ filter: streamNameFilter({ prefixes: [stream] }) }));
  assert.equal(byStream.length, 2);
  const byType = await collected(client.readAll({ filter: eventTypeFilter({ regex: `^${type}$` }) }));
  assert.deepEqual(byType.map(({ event }) => event.streamId), [stream]);
  const [last] = await collected(
    client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, filter: streamNameFilter({ prefixes: [stream] }) }),
  );
  assert.equal(last.event.revision, 1n);
  const onward = await collected(client.readAll({ fromPosition: last.event.position, maxCount: 1 }));
  assert.deepEqual(onward[0].event.position, last.event.position, "from a position on, with it");
});

test("links of a category are resolved", async () => {
  const category = `category${randomUUID().replaceAll("-", "")}`;
  await client.appendToStream(`${category}-1`, events(2));
  const found = await collected(client.readStream(`$ce-${category}`, { resolveLinkTos: true }));
  assert.deepEqual(found.map(({ event, link }) => [event.streamId, link.type]), Array(2).fill([`${category}-1`, "$>"]));
});

test("a subscription to the log catches up, goes on, and hears how far the server has looked", async () => {
  const stream = newStream();
  await client.appendToStream(stream, events(2));
  let checkpoints = 0;
  let caughtUp = 0;
  const checkpointReached = () => {
    checkpoints += 1;
  };
  const filter = streamNameFilter({ prefixes: [stream], maxSearchWindow: 2, checkpointInterval: 1, checkpointReached });
  const subscription = client.subscribeToAll({ fromPosition: START, filter });
  subscription.on("caughtUp", () => {
    caughtUp += 1;
  });
  const found = await received(subscription, 3, async (count) => {
    if (count === 2) await client.appendToStream(stream, event(2), { streamState: 1n });
  });
  assert.deepEqual(found.map(({ event }) => event.revision), [0n, 1n, 2n]);
  assert.ok(checkpoints > 0, "checkpoints");
  assert.equal(caughtUp, 1, "caught up once");
});

test("a subscription to a stream begins behind its revision", async () => {
  const stream = newStream();
  await client.appendToStream(stream, events(3));
  const subscription = client.subscribeToStream(stream, { fromRevision: 0n });
  const found = await received(subscription, 3, async (count) => {
    if (count === 2) await client.appendToStream(stream, event(3), { streamState: 2n });
  });
  assert.deepEqual(found.map(({ event }) => event.revision), [1n, 2n, 3n]);
});

test("a deleted stream is not found and can go on, a tombstone is for ever", async () => {
  const stream = newStream();
  await client.appendToStream(stream, events(2));
  await assert.rejects(client.deleteStream(stream, { expectedRevision: 0n }), WrongExpectedVersionError);
  await client.deleteStream(stream, { expectedRevision: 1n });
  await assert.rejects(revisions(stream), StreamNotFoundError);
  await client.appendToStream(stream, event(2), { streamState: NO_STREAM });
  assert.deepEqual(await revisions(stream), [2n]);
  await client.tombstoneStream(stream, { expectedRevision: ANY });
  await assert.rejects(revisions(stream), StreamDeletedError);
  await assert.rejects(client.appendToStream(stream, event(3)), StreamDeletedError);
});

test("metadata hide the beginning of a stream", async () => {
  const stream = newStream();
  await client.appendToStream(stream, events(5));
  await client.setStreamMetadata(stream, { maxCount: 2, own: "kept" });
  const { metadata } = await client.getStreamMetadata(stream);
  assert.deepEqual(metadata, { maxCount: 2, own: "kept" });
  assert.deepEqual(await revisions(stream), [3n, 4n]);
});

test("projections are listed", async () => {
  const listed = await client.listProjections();
  assert.ok(listed.some(({ name, projectionStatus }) => name === "$by_category" && projectionStatus === "Running"));
});

test("a user appends and reads over TLS, but the log is for administrators", async () => {
  const secure = (login) =>
    connect(`${address(SECURE_SERVER).replace("://", `://${login}@`)}&tlsCaFile=${encodeURIComponent(AUTHORITY_FILE)}`);
  const alice = secure("alice:secret");
  const stream = newStream();
  await alice.appendToStream(stream, events(2));
  assert.equal((await collected(alice.readStream(stream))).length, 2);
  await assert.rejects(collected(alice.readAll()), AccessDeniedError);
  await collected(secure("admin:changeit").readAll());
  await assert.rejects(secure("alice:wrong").appendToStream(stream, event(2)));
});
