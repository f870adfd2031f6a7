//! The event store's interface: what every backend offers, and how it says what it cannot do.

mod error;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::append::{AppendError, AppendRequest, Appended};
use crate::event::{Hash, RecordedEvent};
use crate::name::{Position, StreamName, StreamVersion};
use crate::retention::{RetentionStore, ScavengedSpan};
use crate::seal::SubjectKeys;

pub use error::StoreError;

/// What a store can do. The contract suite checks that each declared capability is true, and that each one which is declared
/// absent is refused by name and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Positions are 1, 2, 3 … without gaps, in commit order. Otherwise they ascend strictly and mean nothing else.
    pub dense_positions: bool,
    /// One append may write to several streams atomically.
    pub multi_stream_append: bool,
    /// Payloads that are not JSON are kept.
    pub binary_payloads: bool,
    /// An event is found by its id, so that retried commands are answered from receipts, and an id that is used again in
    /// another stream is refused. Otherwise an id is known in its own stream only, and so is a repeated append.
    pub lookup_by_event_id: bool,
    /// The store keeps a hash chain in the append itself.
    pub hash_chain: bool,
    /// The store accepts events with their original times ([`EventStore::import`]).
    pub import: bool,
    /// The store truncates, closes and scavenges ([`EventReader::retention`]).
    pub retention: bool,
}

/// Direction of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// Which events a read of the whole log returns. Empty lists and `None` restrict nothing; all given parts must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EventFilter {
    /// Exactly this stream.
    pub stream: Option<StreamName>,
    /// Stream names that begin with this text, byte for byte.
    pub stream_prefix: Option<String>,
    /// Any of these categories.
    pub categories: Vec<String>,
    /// Any of these event types, as stored.
    pub event_types: Vec<String>,
    /// This correlation id.
    pub correlation_id: Option<Uuid>,
    /// Recorded at or after.
    pub recorded_from: Option<DateTime<Utc>>,
    /// Recorded before.
    pub recorded_until: Option<DateTime<Utc>>,
    /// Payload or metadata contains this text, byte for byte.
    pub contains: Option<String>,
}

impl EventFilter {
    /// Whether every event passes.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        *self == Self::default()
    }

    /// The filter's meaning, for stores that evaluate it in memory and for tests of those that do not.
    #[must_use]
    pub fn matches(&self, event: &RecordedEvent) -> bool {
        let stream = event.stream.as_str();
        self.stream.as_ref().is_none_or(|wanted| *wanted == event.stream)
            && self.stream_prefix.as_deref().is_none_or(|prefix| stream.starts_with(prefix))
            && (self.categories.is_empty() || self.categories.iter().any(|c| c == event.stream.category()))
            && (self.event_types.is_empty() || self.event_types.iter().any(|t| **t == *event.event_type))
            && self.correlation_id.is_none_or(|id| event.correlation_id == Some(id))
            && self.recorded_from.is_none_or(|from| event.recorded_at >= from)
            && self.recorded_until.is_none_or(|until| event.recorded_at < until)
            && self.contains.as_deref().is_none_or(|text| {
                let in_payload = event.payload.as_json().is_some_and(|json| json.contains(text));
                in_payload || event.metadata.contains(text)
            })
    }
}

/// A read of the whole log. `from` is exclusive in both directions: start at `Position::ZERO` (forward) or
/// `Position::MAX` (backward), go on from the previous page's `next`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadAll {
    /// Exclusive start.
    pub from: Position,
    /// Oldest or newest first.
    pub direction: Direction,
    /// What to return; evaluated in the store.
    pub filter: EventFilter,
    /// Most events to return; cut to [`crate::limits::PAGE_EVENTS`].
    pub limit: usize,
}

impl ReadAll {
    /// Everything after a position, oldest first.
    #[must_use]
    pub fn forward(after: Position, limit: usize) -> Self {
        Self { from: after, direction: Direction::Forward, filter: EventFilter::default(), limit }
    }

    /// Everything before a position, newest first.
    #[must_use]
    pub fn backward(before: Position, limit: usize) -> Self {
        Self { from: before, direction: Direction::Backward, filter: EventFilter::default(), limit }
    }

    /// The same read with a filter.
    #[must_use]
    pub fn filtered(mut self, filter: EventFilter) -> Self {
        self.filter = filter;
        self
    }
}

/// A page of the whole log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllPage {
    /// Matching events in reading order.
    pub events: Vec<RecordedEvent>,
    /// `from` of the following page: everything up to here has been examined. A follower stores this as its checkpoint, so
    /// that it moves past what did not match.
    pub next: Position,
    /// True if the read reached the end (head or beginning) of the log.
    pub end: bool,
    /// Position of the log's last event when the page was read.
    pub head: Position,
    /// Events of the examined part that were moved to the archive, matching or not: a stub does not tell. They can be listed
    /// with [`EventReader::retention`].
    pub scavenged: Option<ScavengedSpan>,
}

/// A page of matching positions only, for views that show a filtered log of any length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionPage {
    /// Matching positions, ascending.
    pub positions: Vec<Position>,
    /// `after` of the following page.
    pub next: Position,
    /// True if the scan reached the head.
    pub end: bool,
    /// Position of the log's last event when the page was read.
    pub head: Position,
    /// As in [`AllPage::scavenged`].
    pub scavenged: Option<ScavengedSpan>,
}

/// A read of one stream. `from` is exclusive in both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadStream {
    /// The stream.
    pub stream: StreamName,
    /// Exclusive start: `StreamVersion::ZERO` (forward) or `StreamVersion::MAX` (backward) for everything.
    pub from: StreamVersion,
    /// Oldest or newest first.
    pub direction: Direction,
    /// Most events to return; cut to [`crate::limits::PAGE_EVENTS`].
    pub limit: usize,
}

/// A page of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPage {
    /// Events in reading order.
    pub events: Vec<RecordedEvent>,
    /// The stream as it was when the page was read; nothing if there is no such stream.
    pub stream: Option<StreamInfo>,
    /// True if there is nothing more in this direction.
    pub end: bool,
}

impl StreamPage {
    /// The stream's first version that is still read, if earlier ones were truncated.
    #[must_use]
    pub fn begins_at(&self) -> Option<StreamVersion> {
        let begins = self.stream.as_ref()?.truncated_before;
        (begins.get() > 1).then_some(begins)
    }
}

/// What is known of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamInfo {
    /// Its name.
    pub stream: StreamName,
    /// Version of its last event.
    pub version: StreamVersion,
    /// Events with a lower version were truncated; 0 or 1 if none.
    pub truncated_before: StreamVersion,
    /// When it was closed for further events.
    pub closed_at: Option<DateTime<Utc>>,
    /// Position of its last event.
    pub last_position: Position,
    /// Time of its last event.
    pub last_recorded_at: DateTime<Utc>,
    /// Type of its last event.
    pub last_event_type: Box<str>,
}

/// How a list of streams is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamOrder {
    /// By name, ascending.
    Name,
    /// By position of the last event, newest first.
    LastChange,
    /// By number of events, most first.
    Length,
}

/// A list of streams, searched in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamQuery {
    /// Only this category.
    pub category: Option<String>,
    /// Name contains this text (ASCII letters in either case).
    pub contains: Option<String>,
    /// Whether the store's own streams (`$…`) are listed.
    pub system: bool,
    /// Order.
    pub order: StreamOrder,
    /// Rows to leave out before the first.
    pub offset: u64,
    /// Most rows; cut to [`crate::limits::PAGE_EVENTS`].
    pub limit: usize,
}

/// A page of streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamListPage {
    /// The streams.
    pub streams: Vec<StreamInfo>,
    /// How many match in all.
    pub total: u64,
}

/// Number of streams and events of a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryCount {
    /// The category.
    pub category: String,
    /// Streams in it.
    pub streams: u64,
    /// Events in them.
    pub events: u64,
}

/// An event with the time it was recorded elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedAppend {
    /// What to append.
    pub request: AppendRequest,
    /// Its time; not before the log's last one.
    pub recorded_at: DateTime<Utc>,
}

/// Reading. Every method may be called from many tasks at once and never blocks the caller's thread.
#[async_trait]
pub trait EventReader: Send + Sync {
    /// What this store can do.
    fn capabilities(&self) -> Capabilities;

    /// Reads a page of the whole log. Filters run in the store. May return fewer events than asked, even none, without
    /// being at the end: go on from `next`.
    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError>;

    /// Scans forward for positions that match, examining at most [`crate::limits::SCAN_EVENTS_PER_PAGE`] events.
    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError>;

    /// Reads events at given positions, in the given order; positions without an event are left out. Of a scavenged event
    /// [`RetentionStore::read_stubs`] tells what is left.
    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Reads a page of one stream. Truncated events are not in it; see [`StreamPage::begins_at`].
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError>;

    /// Finds an event by id, also a truncated one, and a scavenged one as long as its archive is there; `Unsupported` where
    /// the capability is missing.
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError>;

    /// Position of the last event.
    async fn head(&self) -> Result<Position, StoreError>;

    /// Highest position recorded at or before a time; zero if none.
    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError>;

    /// Lists streams.
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError>;

    /// Streams and events by category, most events first.
    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError>;

    /// Waits until the log has events after `position`, or until `at_most` has passed, and returns the head. A wake-up only
    /// shortens the wait: followers must also work if it never comes.
    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError>;

    /// Truncating, closing and scavenging, and what is left of scavenged events; nothing where the capability is missing.
    fn retention(&self) -> Option<&dyn RetentionStore> {
        None
    }
}

/// Writing.
#[async_trait]
pub trait EventStore: EventReader {
    /// Appends atomically and durably; see [`AppendRequest`]. When this returns `Ok`, the events survive a power cut.
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError>;

    /// Appends many requests with their original times in one commit; all or nothing.
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError>;

    /// Where the keys of sealed personal data are kept; nothing where the store keeps none, and then takes no such data.
    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        None
    }
}

/// A cached state of an aggregate. Deleting all snapshots changes latency and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The aggregate's stream.
    pub stream: StreamName,
    /// Decider name, state schema number and upcaster digest: a snapshot of other code is not used.
    pub fingerprint: String,
    /// Version of the last event folded into it.
    pub version: StreamVersion,
    /// The state as JSON.
    pub state: Box<str>,
    /// SHA-256 of the state text.
    pub state_hash: Hash,
    /// When it was taken.
    pub taken_at: DateTime<Utc>,
}

/// Where snapshots are kept.
#[async_trait]
pub trait SnapshotStore: Send + Sync {
    /// The newest snapshot of a stream with this fingerprint.
    async fn load_snapshot(&self, stream: &StreamName, fingerprint: &str) -> Result<Option<Snapshot>, StoreError>;
    /// Keeps a snapshot unless a newer one is there (forward only).
    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), StoreError>;
    /// Snapshots by stream name and fingerprint, after a place in that order.
    async fn snapshots_after(
        &self,
        after: Option<(StreamName, String)>,
        limit: usize,
    ) -> Result<Vec<Snapshot>, StoreError>;
    /// The first snapshots, by stream name.
    async fn snapshots(&self, limit: usize) -> Result<Vec<Snapshot>, StoreError> {
        self.snapshots_after(None, limit).await
    }
    /// How many snapshots are kept.
    async fn count_snapshots(&self) -> Result<u64, StoreError>;
    /// Deletes a stream's snapshots, of whatever code, and says how many.
    async fn delete_snapshots_of(&self, stream: &StreamName) -> Result<u64, StoreError>;
    /// Deletes all snapshots and says how many.
    async fn delete_snapshots(&self) -> Result<u64, StoreError>;
}
