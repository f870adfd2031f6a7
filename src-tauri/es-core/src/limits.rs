//! Every bound of the engine, in one place, each with its reason.
//!
//! A store that accepts anything fails late and far from the cause; these limits make it fail early, with a number.

use std::time::Duration;

/// Longest stream name, in bytes. Longer names bloat the two unique indexes that carry them.
pub const STREAM_NAME_BYTES: usize = 255;
/// Longest event type or command type name, in bytes.
pub const TYPE_NAME_BYTES: usize = 128;
/// Largest payload of one event, in bytes. One event must fit a row block that is shown or hashed at once.
pub const PAYLOAD_BYTES: usize = 1024 * 1024;
/// Largest metadata of one event, in bytes.
pub const METADATA_BYTES: usize = 64 * 1024;
/// Deepest nesting of lists and objects in payload and metadata. Readers fold JSON by recursion, and those of this program and of
/// databases give up somewhere: an event that some of them could never read must not get in.
pub const JSON_DEPTH: usize = 127;
/// Most events in one append request. More belongs in several requests (or the importer).
pub const EVENTS_PER_APPEND: usize = 4096;
/// Most streams one atomic append may touch, where the store can do that at all.
pub const STREAMS_PER_APPEND: usize = 16;
/// Most requests the append lane joins into one commit: beyond this latency grows and throughput does not.
pub const LANE_BATCH_REQUESTS: usize = 256;
/// Most events the append lane joins into one commit.
pub const LANE_BATCH_EVENTS: usize = 4096;
/// Most payload and metadata bytes the append lane joins into one commit.
pub const LANE_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Requests that may wait for the append lane before callers are held back.
pub const LANE_QUEUE_REQUESTS: usize = 4096;
/// Most events one page read returns.
pub const PAGE_EVENTS: usize = 4096;
/// Events of a page while a stream or the log is folded: folding begins when the first page is there, and what has just been read
/// is folded before it has left the processor's caches. A store that is far away loses with smaller ones.
pub const FOLDED_PAGE_EVENTS: usize = 2048;
/// Most rows a filtered read examines before it returns what it has, so that a rare match can be cancelled.
pub const SCAN_EVENTS_PER_PAGE: u64 = 100_000;
/// Most rows one read-model query returns.
pub const QUERY_ROWS: usize = 10_000;
/// Automatic retries of a command after a version conflict, each on fresh state.
pub const COMMAND_CONFLICT_RETRIES: u32 = 8;
/// Most aggregates kept in the cache of hot aggregates.
pub const CACHED_AGGREGATES: usize = 4096;
/// Followers look for new events at least this often, even when no wake-up arrives.
pub const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long a writer waits for another process that holds the store's write lock.
pub const WRITE_LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a query waits for a read model to reach a position before it says so.
pub const WAIT_UNTIL_TIMEOUT: Duration = Duration::from_secs(10);
/// Most events one projection batch applies in one transaction.
pub const PROJECTION_BATCH_EVENTS: usize = 1000;
/// Upcast chain length at which the registry assumes a cycle.
pub const UPCAST_CHAIN_STEPS: usize = 64;
/// Most parts one stored event may be split into by upcasting.
pub const UPCAST_PARTS: usize = 16;
/// Most planned commands a process may send in one turn before it is declared runaway.
pub const PROCESS_STEPS_PER_TURN: usize = 64;
/// How often a turn of a process is planned anew after a conflict before its steps are sent one at a time: a conflict on any
/// of its streams costs the whole turn, a step alone only itself.
pub const TURN_CONFLICT_RETRIES: u32 = 3;
/// Most process instances looked at for one page of a list: the state of each is loaded.
pub const INSTANCES_PER_PAGE: usize = 500;
/// A lease that is not renewed for this long may be taken over.
pub const LEASE_TTL: Duration = Duration::from_secs(15);
/// Most findings that one verification lists; further ones are counted.
pub const VERIFY_FINDINGS: usize = 1000;
/// Most differing rows that the examination of a read model lists, each traced to its event; further ones are counted.
pub const DOCTOR_ROWS: usize = 100;
/// How often a read model is examined anew because another process moved it meanwhile, before that is the answer.
pub const DOCTOR_ATTEMPTS: u32 = 8;
/// Most violated invariants that one check of a read model lists; further ones are counted.
pub const VIOLATIONS: usize = 100;
/// Most streams that a read model sets aside. With more it is not single streams that are at fault, and it halts.
pub const QUARANTINED_STREAMS: usize = 1000;
/// A rebuild stores what it has folded after this many events, so that one that is killed need not begin anew. Rows that change
/// all the time are written once each time, so not too often.
pub const REBUILD_SEGMENT_EVENTS: u64 = 1_000_000;
/// Most workers that fold streams side by side. Beyond, reading the log is what takes the time.
pub const REPLAY_WORKERS: usize = 8;
/// Longest reason that a person gives for a command or a decision, in characters as they are counted: a page of text, which
/// stands in the metadata of every event that comes of it.
pub const REASON_CHARACTERS: usize = 2000;
/// Most events that one batch of a scavenge moves: appends wait while their stubs are written, some tens of milliseconds.
pub const SCAVENGE_BATCH_EVENTS: usize = 1000;
/// Most payload and metadata bytes that one batch moves: what is held in memory, and twice in the write-ahead log.
pub const SCAVENGE_BATCH_BYTES: u64 = 4 * 1024 * 1024;
/// Longest time for collecting a batch: progress is told and a cancellation is heeded at least about this often.
pub const SCAVENGE_BATCH_TIME: Duration = Duration::from_millis(250);
/// Most streams that one change truncates or one batch of a scavenge looks at: each is recorded or looked up by itself.
pub const RETENTION_STREAMS_PER_CHANGE: usize = 256;
/// How often a truncation or scavenge is planned anew because rules or holds changed meanwhile, before that is the answer.
pub const RETENTION_ATTEMPTS: u32 = 8;
/// Examples that the report of a copy names of each thing that the target could not keep; further ones are counted.
pub const COPY_EXAMPLES: usize = 5;
/// Streams of a similar name that are told where there is none of the one that was asked for.
pub const SIMILAR_STREAMS: usize = 5;
/// Streams that are compared with the name that was asked for to find those.
pub const SIMILAR_CANDIDATES: usize = 500;
/// Most events of one stream that a copy appends at once where a store takes no imports.
pub const COPY_RUN_EVENTS: usize = 256;
/// Most payload and metadata bytes of such an append; a larger event goes alone. Servers of 25.0 and before take 1 MiB.
pub const COPY_RUN_BYTES: usize = 512 * 1024;
/// How often a copy sends a batch that the target could not take at the moment.
pub const COPY_ATTEMPTS: u32 = 6;
/// Longest line of an exported file that an import reads: the largest event, with every character written as an escape.
pub const FILE_LINE_BYTES: u64 = 16 * 1024 * 1024;
