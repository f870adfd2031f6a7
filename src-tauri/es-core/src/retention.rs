//! Retention: which events may be hidden (truncated), moved to an archive (scavenged), or must stay.
//!
//! A ledger is archived, not edited. Truncation is logical and at once: a stream's reads begin later. A scavenge is physical
//! and later: it moves truncated events to an archive in bounded batches and leaves stubs, so that positions stay dense and
//! the hash chain goes on to verify. What may go is decided by one pure function ([`plan::plan_retention`]), for a preview and
//! for the real run alike. Everything that is changed is recorded in the store's own stream [`STREAM`], in the transaction
//! that changes it. See docs/adr/0011 and 0012.

pub mod plan;
pub mod record;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::append::{AppendError, Appended};
use crate::event::{Hash, RecordedEvent};
use crate::hash::ChainLink;
use crate::limits;
use crate::name::{Position, StreamName, StreamVersion};
use crate::store::StoreError;
use crate::verify::{VerifyProgress, VerifyReport};

use record::{Authorship, RetentionEvent};

/// The stream that records who changed what is kept, when and why.
pub const STREAM: &str = "$retention";

/// The name of [`STREAM`].
#[must_use]
pub fn stream() -> StreamName {
    // A constant that is a sound name; the test below holds it to that.
    StreamName::new(STREAM).unwrap_or_else(|_| unreachable!("{STREAM} is a stream name"))
}

/// What stays of an event that was moved to the archive: all that the chain covers (docs/adr/0001), and its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventStub {
    /// Place in the log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Place in the stream.
    pub version: StreamVersion,
    /// Identity.
    pub event_id: Uuid,
    /// When the event was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Hash of the archived content.
    pub content_hash: Hash,
    /// Hash of the chain up to and including the event.
    pub chain_hash: Hash,
}

impl EventStub {
    /// The stub of an event; nothing if the store keeps no chain.
    #[must_use]
    pub fn of(event: &RecordedEvent) -> Option<Self> {
        Some(Self {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            event_id: event.event_id,
            recorded_at: event.recorded_at,
            content_hash: event.content_hash,
            chain_hash: event.chain_hash?,
        })
    }

    /// What the chain covers of it.
    #[must_use]
    pub fn link(&self) -> ChainLink {
        ChainLink {
            content_hash: self.content_hash,
            position: self.position,
            recorded_at: self.recorded_at,
            event_id: self.event_id,
            version: self.version,
        }
    }
}

/// The first and the last scavenged event of a part of the log that a read has examined. There may be events in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScavengedSpan {
    /// Lowest position with a stub.
    pub first: Position,
    /// Highest position with a stub.
    pub last: Position,
}

/// A page of stubs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StubPage {
    /// The stubs, by position.
    pub stubs: Vec<EventStub>,
    /// True if there are no further ones.
    pub end: bool,
    /// Where their events are: a name for people, for example the archive's file.
    pub archive: String,
}

/// An event without its content: what a retention plan needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventOutline {
    /// Place in the stream.
    pub version: StreamVersion,
    /// Place in the log.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Its type, as stored.
    pub event_type: Box<str>,
    /// Payload and metadata, in bytes.
    pub bytes: u64,
}

/// A stream and the version before which its events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamCut {
    /// The stream.
    pub stream: StreamName,
    /// Its first event that stays. Never beyond the stream's last event.
    pub before: StreamVersion,
}

/// A change of what is kept or taken, together with the events that record it: both are done, or neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionChange {
    /// Streams whose reads begin later from now on. A cut that is not later than the present one changes nothing.
    pub truncate: Vec<StreamCut>,
    /// Streams that take no further events.
    pub close: Vec<StreamName>,
    /// What is recorded in [`STREAM`]; at least one.
    pub record: Vec<RetentionEvent>,
    /// Who wants it, and why.
    pub by: Authorship,
    /// Version of [`STREAM`] that this was decided on: a legal hold placed meanwhile makes it a conflict.
    pub decided_on: StreamVersion,
}

/// How much one batch of a scavenge may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// Most events.
    pub events: usize,
    /// Most payload and metadata bytes; a larger event goes alone.
    pub bytes: u64,
    /// Longest time for collecting them.
    pub time: Duration,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self {
            events: limits::SCAVENGE_BATCH_EVENTS,
            bytes: limits::SCAVENGE_BATCH_BYTES,
            time: limits::SCAVENGE_BATCH_TIME,
        }
    }
}

/// How far a batch has come. A process that dies behind any of them loses nothing; running the scavenge again finishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScavengeStage {
    /// The events are written to the archive, which is not synced yet.
    Copied,
    /// The archive is synced; the events stand in both places.
    Archived,
    /// Inside the store's transaction: stubs stand beside the events.
    Stubbed,
    /// Inside the store's transaction: the events are removed, the log's head has not moved.
    Removed,
    /// The store's transaction is durable.
    Committed,
}

/// Is told each stage of a batch, on the thread that works on it.
pub type StageObserver = Arc<dyn Fn(ScavengeStage) + Send + Sync>;

/// One batch of a scavenge.
#[derive(Clone)]
pub struct ScavengeRequest {
    /// What may go. Events that the stream still shows stay whatever is said here.
    pub cuts: Vec<StreamCut>,
    /// How much at once.
    pub limits: BatchLimits,
    /// Who wants it, and why.
    pub by: Authorship,
    /// Version of [`STREAM`] that this was decided on.
    pub decided_on: StreamVersion,
    /// Is told how far the batch has come.
    pub observer: Option<StageObserver>,
}

/// What a batch moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScavengedBatch {
    /// Events moved; 0 if there was nothing left, and then nothing was recorded either.
    pub events: u64,
    /// Their payload and metadata, in bytes.
    pub bytes: u64,
    /// Their positions.
    pub span: Option<ScavengedSpan>,
    /// Version of [`STREAM`] afterwards: what the next batch is decided on.
    pub decided_on: StreamVersion,
    /// Whether the request's streams may hold more.
    pub more: bool,
}

/// Room that a store takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StorageFigures {
    /// The store itself, in bytes.
    pub bytes: u64,
    /// Of these, given back by a scavenge and filled again by the next events.
    pub free_bytes: u64,
    /// Stubs kept.
    pub stubs: u64,
    /// The archive, in bytes; nothing if there is none.
    pub archive_bytes: Option<u64>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetainError {
    /// The record was not written: somebody else changed what is kept meanwhile, or the store failed.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// There is no such stream.
    #[error("there is no stream {stream}")]
    NoSuchStream {
        /// The name.
        stream: StreamName,
    },
    /// A stream keeps its last event: the head is recorded there.
    #[error("stream {stream} ends at version {version}: it cannot be truncated before {before}")]
    BeyondEnd {
        /// The stream.
        stream: StreamName,
        /// The cut that was asked for.
        before: StreamVersion,
        /// Version of its last event.
        version: StreamVersion,
    },
    /// The store's own streams stay whole.
    #[error("stream {stream} belongs to the store itself and stays as it is")]
    SystemStream {
        /// The stream.
        stream: StreamName,
    },
}

impl From<StoreError> for RetainError {
    fn from(error: StoreError) -> Self {
        Self::Append(AppendError::Store(error))
    }
}

impl RetainError {
    /// Whether somebody else changed what is kept meanwhile: plan anew and try again.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Append(AppendError::WrongExpectedVersion { .. }))
    }

    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Append(error) => error.code(),
            Self::NoSuchStream { .. } => "no_such_stream",
            Self::BeyondEnd { .. } => "truncates_last_event",
            Self::SystemStream { .. } => "system_stream",
        }
    }
}

/// Checks a change against where a stream stands; shared by all stores. Returns the cut to store, or nothing if the stream is
/// cut there or later already.
///
/// # Errors
/// A system stream, a missing stream, or a cut behind its last event.
pub fn check_cut(
    cut: &StreamCut,
    head: Option<(StreamVersion, StreamVersion)>,
) -> Result<Option<StreamVersion>, RetainError> {
    let (version, truncated_before) = check_stream(&cut.stream, head)?;
    if cut.before > version {
        return Err(RetainError::BeyondEnd { stream: cut.stream.clone(), before: cut.before, version });
    }
    Ok((cut.before > truncated_before).then_some(cut.before))
}

/// The head (version and first visible version) of a stream that retention may touch.
///
/// # Errors
/// A system stream or a missing one.
pub fn check_stream(
    stream: &StreamName,
    head: Option<(StreamVersion, StreamVersion)>,
) -> Result<(StreamVersion, StreamVersion), RetainError> {
    if stream.is_system() {
        return Err(RetainError::SystemStream { stream: stream.clone() });
    }
    head.ok_or_else(|| RetainError::NoSuchStream { stream: stream.clone() })
}

/// Tells how far an examination has come; answers whether it goes on.
pub type GoOn = Box<dyn FnMut(VerifyProgress) -> bool + Send>;

/// What a store with the capability `retention` offers.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Truncates and closes streams and records it, in one transaction.
    async fn retain(&self, change: RetentionChange) -> Result<Appended, RetainError>;

    /// Outlines of a stream's stored events after a version, truncated ones included, scavenged ones not; at most
    /// [`limits::PAGE_EVENTS`], by version.
    async fn outline(&self, stream: &StreamName, after: StreamVersion) -> Result<Vec<EventOutline>, StoreError>;

    /// Moves one batch of truncated events to the archive: first there, synced, then out of the store, stubs in their place.
    async fn scavenge(&self, request: ScavengeRequest) -> Result<ScavengedBatch, RetainError>;

    /// Stubs after a position, at most `limit` (cut to [`limits::PAGE_EVENTS`]).
    async fn stubs(&self, after: Position, limit: usize) -> Result<StubPage, StoreError>;

    /// Stubs at given positions, in the given order; positions without a stub are left out.
    async fn read_stubs(&self, positions: &[Position]) -> Result<Vec<EventStub>, StoreError>;

    /// The stub of an event with this id.
    async fn stub_by_id(&self, event_id: Uuid) -> Result<Option<EventStub>, StoreError>;

    /// Scavenged events as they lie in the archive, in the given order; those that are not there are left out. Their stubs
    /// vouch for them: one that differs is damage, not an answer.
    async fn read_archived(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Recomputes every archived event's hash and compares the archive with the stubs.
    async fn verify_archive(&self, go_on: GoOn) -> Result<VerifyReport, StoreError>;

    /// Room taken.
    async fn storage(&self) -> Result<StorageFigures, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_a_system_stream() {
        assert!(stream().is_system(), "{STREAM} is hidden from lists of the domain's streams");
    }

    #[test]
    fn a_cut_is_forward_only_and_keeps_the_last_event() {
        let name = |text: &str| StreamName::new(text).expect("a name");
        let cut = |before| StreamCut { stream: name("a-1"), before: StreamVersion(before) };
        let head = |truncated| Some((StreamVersion(5), StreamVersion(truncated)));
        assert_eq!(check_cut(&cut(5), head(0)), Ok(Some(StreamVersion(5))), "up to the last event");
        assert_eq!(check_cut(&cut(3), head(4)), Ok(None), "what is hidden stays hidden");
        assert_eq!(check_cut(&cut(6), head(0)).expect_err("beyond").code(), "truncates_last_event");
        assert_eq!(check_cut(&cut(1), None).expect_err("missing").code(), "no_such_stream");
        let system = StreamCut { stream: stream(), before: StreamVersion(1) };
        assert_eq!(check_cut(&system, head(0)).expect_err("system").code(), "system_stream");
    }
}
