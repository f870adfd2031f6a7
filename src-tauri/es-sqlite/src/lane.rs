//! The append lane: the one thread of this process that writes events, joining waiting requests into one commit.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::plan::{Examined, TimedRequest};
use es_core::{
    AppendError, AppendRequest, Appended, Clock, ImportedAppend, Position, RetainError, RetentionChange, StoreError,
    limits,
};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::awake::look_for_a_while;
use crate::error::Fault;
use crate::retention::{Changed, Removal, remove, retain};
use crate::write::{Together, Written, write_batch};

/// Rewriting the head, the streams and the upper index pages costs about this much log per commit, beside the rows.
const LOG_BYTES_PER_COMMIT: usize = 8 * 4096;
/// The same per row: index entries, hashes, ids.
const LOG_BYTES_PER_ROW: usize = 700;
/// With nothing else to do, the lane moves the write-ahead log into the file from this size.
const IDLE_CHECKPOINT_BYTES: usize = 8 * 1024 * 1024;
/// Beyond this it does so even while requests wait, so that the log stays bounded.
const BUSY_CHECKPOINT_BYTES: usize = 32 * 1024 * 1024;

/// What the lane is asked for.
pub(crate) enum Job {
    /// Append, together with others that wait.
    Append {
        /// What to append.
        request: AppendRequest,
        /// What the caller has found out about it, off the lane.
        examined: Option<Examined>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Appended, AppendError>>,
    },
    /// Append with original times, alone in a commit, all or nothing.
    Import {
        /// What to append.
        appends: Vec<ImportedAppend>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Vec<Appended>, AppendError>>,
    },
    /// Truncate or close, and record it, alone in a commit.
    Retain {
        /// What to change.
        change: RetentionChange,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Appended, RetainError>>,
    },
    /// Remove archived events, and record it, alone in a commit.
    Remove {
        /// What to remove.
        removal: Removal,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Appended, RetainError>>,
    },
}

/// The writer thread's state.
pub(crate) struct Lane {
    /// The only connection of this process that writes events.
    pub connection: Connection,
    /// How long a write waits for another process.
    pub patience: Duration,
    /// The store, for errors.
    pub path: PathBuf,
    /// Tells the time of appends.
    pub clock: Arc<dyn Clock>,
    /// Tells followers of this process about new heads; nothing if wake-ups are off.
    pub wake: Option<watch::Sender<Position>>,
    /// Counts, for tests and status.
    pub counts: Arc<LaneCounts>,
}

/// What the lane has done so far.
#[derive(Debug, Default)]
pub(crate) struct LaneCounts {
    pub requests: std::sync::atomic::AtomicU64,
    pub commits: std::sync::atomic::AtomicU64,
}

/// An append that waits for its commit.
struct Waiting {
    request: AppendRequest,
    examined: Option<Examined>,
    reply: oneshot::Sender<Result<Appended, AppendError>>,
}

impl Waiting {
    fn timed(&self) -> TimedRequest<'_> {
        TimedRequest { request: &self.request, recorded_at: None, examined: self.examined.as_ref() }
    }
}

impl Lane {
    /// Serves the queue until every sender is gone.
    pub fn run(self, mut queue: mpsc::Receiver<Job>) {
        // From here on waiting for the lock is done in `write_batch`, which looks more often than SQLite would.
        if let Err(error) = self.connection.busy_timeout(Duration::ZERO) {
            tracing::warn!(store = %self.path.display(), %error, "the lock's waiting time could not be set");
        }
        let mut held = None;
        let mut log_bytes = 0;
        let mut crowd = Crowd::default();
        loop {
            let waiting = held.take().or_else(|| look_for_a_while(|| queue.try_recv().ok()));
            let Some(job) = waiting.or_else(|| queue.blocking_recv()) else { break };
            match job {
                Job::Import { appends, reply } => log_bytes += self.import(&appends, reply),
                Job::Retain { change, reply } => {
                    let rows = change.record.len() + change.truncate.len() + change.close.len();
                    let now = self.clock.now();
                    let changed = || retain(&self.connection, &change, now, self.patience);
                    log_bytes += self.change(rows, "changing what is kept", changed, reply);
                }
                Job::Remove { removal, reply } => {
                    // Each row is written as a stub and taken out of the table and its indexes.
                    let rows = 2 * removal.positions.len() + 1;
                    let now = self.clock.now();
                    let changed = || remove(&self.connection, &removal, now, self.patience);
                    log_bytes += self.change(rows, "removing archived events", changed, reply);
                }
                Job::Append { request, examined, reply } => {
                    crowd.gather(&queue);
                    let (batch, next) = collect(Waiting { request, examined, reply }, &mut queue);
                    held = next;
                    let (requests, started) = (batch.len(), Instant::now());
                    log_bytes += self.append(batch);
                    crowd.note(requests, started.elapsed());
                }
            }
            let idle = held.is_none() && queue.is_empty();
            if log_bytes > BUSY_CHECKPOINT_BYTES || (idle && log_bytes > IDLE_CHECKPOINT_BYTES) {
                self.checkpoint();
                log_bytes = 0;
            }
        }
    }

    /// Writes a batch, answers everyone, and says about how much log that cost.
    fn append(&self, batch: Vec<Waiting>) -> usize {
        let requests: Vec<_> = batch.iter().map(Waiting::timed).collect();
        let written = self.write(&requests, Together::Each);
        self.count(batch.len());
        match written {
            Ok(written) => {
                let cost = self.announce(&written, &requests);
                for (waiting, outcome) in batch.into_iter().zip(written.outcomes) {
                    // The caller may have gone; what was written stays written.
                    let _ = waiting.reply.send(outcome);
                }
                cost
            }
            Err(error) => {
                for waiting in batch {
                    let _ = waiting.reply.send(Err(AppendError::Store(error.clone())));
                }
                0
            }
        }
    }

    fn import(&self, appends: &[ImportedAppend], reply: oneshot::Sender<Result<Vec<Appended>, AppendError>>) -> usize {
        let requests: Vec<_> = appends
            .iter()
            .map(|append| TimedRequest {
                request: &append.request,
                recorded_at: Some(append.recorded_at),
                examined: None,
            })
            .collect();
        self.count(1);
        match self.write(&requests, Together::AllOrNothing) {
            Ok(written) => {
                let cost = self.announce(&written, &requests);
                let _ = reply.send(written.outcomes.into_iter().collect());
                cost
            }
            Err(error) => {
                let _ = reply.send(Err(AppendError::Store(error)));
                0
            }
        }
    }

    fn change(
        &self,
        rows: usize,
        operation: &str,
        change: impl FnOnce() -> Result<Changed, Fault>,
        reply: oneshot::Sender<Result<Appended, RetainError>>,
    ) -> usize {
        let started = Instant::now();
        let changed = change().unwrap_or_else(|fault| {
            let error = fault.into_store_error(&self.path, operation, started.elapsed());
            tracing::warn!(store = %self.path.display(), operation, %error, "retention failed");
            Err(error.into())
        });
        let answer = changed.map(|(appended, head)| {
            if let Some(wake) = &self.wake {
                raise(wake, head);
            }
            appended
        });
        let cost = if answer.is_ok() { rows * LOG_BYTES_PER_ROW + LOG_BYTES_PER_COMMIT } else { 0 };
        let _ = reply.send(answer);
        cost
    }

    fn write(&self, requests: &[TimedRequest<'_>], together: Together) -> Result<Written, StoreError> {
        let started = Instant::now();
        write_batch(&self.connection, requests, self.clock.now(), together, self.patience).map_err(|fault: Fault| {
            let error = fault.into_store_error(&self.path, "appending", started.elapsed());
            tracing::warn!(store = %self.path.display(), requests = requests.len(), %error, "append failed");
            error
        })
    }

    fn announce(&self, written: &Written, requests: &[TimedRequest<'_>]) -> usize {
        if written.rows == 0 {
            return 0;
        }
        if let Some(wake) = &self.wake {
            raise(wake, written.head);
        }
        let bytes: usize = requests.iter().map(|timed| timed.request.byte_count()).sum();
        bytes + written.rows * LOG_BYTES_PER_ROW + LOG_BYTES_PER_COMMIT
    }

    fn count(&self, requests: usize) {
        use std::sync::atomic::Ordering::Relaxed;
        self.counts.requests.fetch_add(requests as u64, Relaxed);
        self.counts.commits.fetch_add(1, Relaxed);
    }

    /// Moves the write-ahead log into the file as far as readers permit, without waiting for anyone. After the answers, so
    /// that no request pays for it unless it arrives meanwhile.
    fn checkpoint(&self) {
        let done = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = done {
            tracing::warn!(store = %self.path.display(), %error, "checkpoint of the write-ahead log failed");
        }
    }
}

/// Longest wait for those who were answered just now and are about to ask again.
const LONGEST_GATHERING: Duration = Duration::from_millis(1);
/// Pause between two looks at the queue while gathering.
const GATHERING_PAUSE: Duration = Duration::from_micros(50);

/// Joins writers that go round together. After a commit all its requests are answered at once, and the first to ask again
/// would get a commit of its own while the others just miss it. A commit costs milliseconds and their return microseconds, so
/// it is worth waiting a small part of a commit until about as many are there again. A single writer never waits.
#[derive(Debug, Default)]
struct Crowd {
    requests: usize,
    commit: Duration,
}

impl Crowd {
    fn note(&mut self, requests: usize, commit: Duration) {
        (self.requests, self.commit) = (requests, commit);
    }

    /// Waits until as many requests wait as the last commit had (one of them is already taken from the queue).
    fn gather(&self, queue: &mpsc::Receiver<Job>) {
        let started = Instant::now();
        let patience = LONGEST_GATHERING.min(self.commit / 4);
        while queue.len() + 1 < self.requests && started.elapsed() < patience {
            std::thread::sleep(GATHERING_PAUSE);
        }
    }
}

/// Tells a new head, never an older one.
pub(crate) fn raise(wake: &watch::Sender<Position>, head: Position) {
    wake.send_if_modified(|known| {
        let higher = head > *known;
        if higher {
            *known = head;
        }
        higher
    });
}

/// Takes what already waits, up to the limits. A job that does not fit (or is an import) is handed back for the next round.
fn collect(first: Waiting, queue: &mut mpsc::Receiver<Job>) -> (Vec<Waiting>, Option<Job>) {
    let mut events = first.request.event_count();
    let mut bytes = first.request.byte_count();
    let mut batch = vec![first];
    while batch.len() < limits::LANE_BATCH_REQUESTS {
        match queue.try_recv() {
            Ok(Job::Append { request, examined, reply }) => {
                events += request.event_count();
                bytes += request.byte_count();
                if events > limits::LANE_BATCH_EVENTS || bytes > limits::LANE_BATCH_BYTES {
                    return (batch, Some(Job::Append { request, examined, reply }));
                }
                batch.push(Waiting { request, examined, reply });
            }
            Ok(import) => return (batch, Some(import)),
            Err(_) => break,
        }
    }
    (batch, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use es_core::{ExpectedVersion, NewEvent, Payload, StreamName};

    fn waiting(events: usize, payload_bytes: usize) -> Job {
        let event = NewEvent {
            event_id: uuid::Uuid::from_u128(1),
            event_type: "T".into(),
            schema_version: 1,
            payload: Payload::json("x".repeat(payload_bytes)),
            metadata: "".into(),
        };
        let stream = StreamName::new("a-1").expect("a name");
        let request = AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![event; events]);
        Job::Append { request, examined: None, reply: oneshot::channel().0 }
    }

    fn collected(jobs: Vec<Job>) -> (usize, bool) {
        let (sender, mut queue) = mpsc::channel(1024);
        let mut jobs = jobs.into_iter();
        let Some(Job::Append { request, examined, reply }) = jobs.next() else { panic!("the first job is an append") };
        for job in jobs {
            assert!(sender.try_send(job).is_ok(), "room in the queue");
        }
        let (batch, held) = collect(Waiting { request, examined, reply }, &mut queue);
        (batch.len(), held.is_some())
    }

    #[test]
    fn a_batch_ends_at_each_limit_and_loses_nobody() {
        let jobs = |count: usize, events: usize, bytes: usize| (0..count).map(|_| waiting(events, bytes)).collect();
        assert_eq!(collected(jobs(300, 1, 1)), (limits::LANE_BATCH_REQUESTS, false), "the number of requests");
        assert_eq!(collected(jobs(3, limits::LANE_BATCH_EVENTS / 2, 1)), (2, true), "the number of events");
        assert_eq!(collected(jobs(5, 1, limits::LANE_BATCH_BYTES / 4)), (4, true), "the number of bytes");
        assert_eq!(
            collected(jobs(1, 1, limits::LANE_BATCH_BYTES * 2)),
            (1, false),
            "a request too big for any batch goes alone"
        );
    }

    #[test]
    fn an_import_waits_for_a_commit_of_its_own() {
        let import = Job::Import { appends: Vec::new(), reply: oneshot::channel().0 };
        assert_eq!(collected(vec![waiting(1, 1), waiting(1, 1), import, waiting(1, 1)]), (2, true));
    }
}
