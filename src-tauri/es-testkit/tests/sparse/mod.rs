//! A store that can do little: what the suites expect of backends that declare nothing, shown on the memory store.
//!
//! Positions lie far apart, beyond what a 64-bit float tells apart, and event ids are known in their own stream only.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::memory::MemoryEventStore;
use es_core::plan::Examined;
use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Capabilities, CategoryCount, Direction, EventFilter, EventReader,
    EventStore, ExpectedVersion, ImportedAppend, InvalidAppend, NewEvent, Payload, Position, PositionPage, ReadAll,
    ReadStream, RecordedEvent, StoreError, StreamInfo, StreamListPage, StreamName, StreamPage, StreamQuery,
};
use uuid::Uuid;

/// Place of the first event: the first whole number that a 64-bit float cannot hold, and odd.
const FIRST: u64 = (1 << 53) + 1;
/// Distance of two neighbours.
const APART: u64 = 1009;

/// Most bytes of payloads and metadata in one append: less than the largest event that the engine allows.
pub const APPEND_BYTES: usize = 512 * 1024;

/// A memory store that pretends to be less.
pub struct SparseStore {
    inner: MemoryEventStore,
    /// Whether the store writes an event of its own before each append.
    busy: bool,
}

impl SparseStore {
    pub fn new(inner: MemoryEventStore, busy: bool) -> Self {
        Self { inner, busy }
    }

    async fn write_own(&self) {
        let own = NewEvent {
            event_id: Uuid::new_v4(),
            event_type: "$statistics".into(),
            schema_version: 1,
            payload: Payload::json(r#"{"text":"Grüße of the backend itself"}"#),
            metadata: "{}".into(),
        };
        let name = StreamName::new("$statistics").expect("a stream name");
        let request = AppendRequest::to_stream(name, ExpectedVersion::Any, vec![own]);
        self.inner.append(request).await.expect("the backend writes");
    }
}

/// Where the n-th event stands.
fn out(dense: Position) -> Position {
    if dense == Position::ZERO { dense } else { Position(FIRST + (dense.get() - 1) * APART) }
}

/// The last event at or before a place.
fn at_or_before(sparse: Position) -> Position {
    sparse.get().checked_sub(FIRST).map_or(Position::ZERO, |behind| Position(behind / APART + 1))
}

/// The exclusive start of a read in the dense log.
fn start(from: Position, direction: Direction) -> Position {
    let before = at_or_before(from);
    match direction {
        Direction::Forward => before,
        Direction::Backward if out(before) == from => before,
        Direction::Backward => before.next(),
    }
}

/// The filter of the dense log.
fn filter_in(filter: &EventFilter) -> EventFilter {
    let (after, through) = (filter.after.map(at_or_before), filter.through.map(at_or_before));
    EventFilter { after, through, ..filter.clone() }
}

/// Makes an id one of its stream alone, and takes that back.
fn salted(stream: &StreamName, event_id: Uuid) -> Uuid {
    let salt = Uuid::new_v5(&Uuid::NAMESPACE_OID, stream.as_str().as_bytes());
    Uuid::from_u128(event_id.as_u128() ^ salt.as_u128())
}

fn event_out(event: RecordedEvent) -> RecordedEvent {
    RecordedEvent {
        position: out(event.position),
        event_id: salted(&event.stream, event.event_id),
        chain_hash: None,
        ..event
    }
}

fn info_out(info: StreamInfo) -> StreamInfo {
    StreamInfo { last_position: out(info.last_position), ..info }
}

#[async_trait]
impl EventReader for SparseStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dense_positions: false,
            multi_stream_append: false,
            binary_payloads: false,
            lookup_by_event_id: false,
            hash_chain: false,
            import: false,
            retention: false,
        }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let asked = read.from;
        let from = start(asked, read.direction);
        let filter = filter_in(&read.filter);
        let page = self.inner.read_all(ReadAll { from, filter, ..read }).await?;
        Ok(AllPage {
            // A page that has examined nothing goes on where it began.
            next: if page.next == from { asked } else { out(page.next) },
            head: out(page.head),
            events: page.events.into_iter().map(event_out).collect(),
            ..page
        })
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        let from = at_or_before(after);
        let page = self.inner.scan_positions(from, &filter_in(filter)).await?;
        Ok(PositionPage {
            next: if page.next == from { after } else { out(page.next) },
            head: out(page.head),
            positions: page.positions.into_iter().map(out).collect(),
            ..page
        })
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let dense = positions.iter().map(|at| (*at, at_or_before(*at)));
        let dense: Vec<Position> = dense.filter(|(at, dense)| out(*dense) == *at).map(|(_, dense)| dense).collect();
        Ok(self.inner.read_positions(&dense).await?.into_iter().map(event_out).collect())
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        let page = self.inner.read_stream(read).await?;
        Ok(StreamPage {
            events: page.events.into_iter().map(event_out).collect(),
            stream: page.stream.map(info_out),
            end: page.end,
        })
    }

    async fn event_by_id(&self, _: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        Err(StoreError::Unsupported { what: "looking for an event by its id" })
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.head().await.map(out)
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.inner.position_at(time).await.map(out)
    }

    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        let page = self.inner.streams(query).await?;
        let streams = page.streams.into_iter().map(info_out);
        // What the backend lists of its own counts in a total, too; the suites ask for it only where they list everything.
        Ok(StreamListPage { streams: streams.collect(), total: page.total })
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.inner.categories().await
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.inner.wait_for_events(at_or_before(position), at_most).await.map(out)
    }
}

#[async_trait]
impl EventStore for SparseStore {
    async fn append(&self, mut request: AppendRequest) -> Result<Appended, AppendError> {
        let streams = request.stream_count();
        if streams > 1 {
            return Err(AppendError::Invalid(InvalidAppend::SeveralStreams(streams)));
        }
        Examined::of(&request, self.capabilities().binary_payloads).map_err(AppendError::Invalid)?;
        let actual = request.byte_count();
        if actual > APPEND_BYTES {
            let over = InvalidAppend::OverLimit { what: "append in bytes", actual, max: APPEND_BYTES };
            return Err(AppendError::Invalid(over));
        }
        if self.busy {
            self.write_own().await;
        }
        for part in &mut request.parts {
            for event in &mut part.events {
                event.event_id = salted(&part.stream, event.event_id);
            }
        }
        let own = request.parts.first().map(|part| part.stream.clone());
        let mut appended = self.inner.append(request).await.map_err(|error| match (error, own) {
            (AppendError::IdempotencyMismatch { event_id, stream, position }, _) => {
                let event_id = salted(&stream, event_id);
                AppendError::IdempotencyMismatch { event_id, stream, position: out(position) }
            }
            (AppendError::DuplicateIdInRequest { event_id }, Some(stream)) => {
                AppendError::DuplicateIdInRequest { event_id: salted(&stream, event_id) }
            }
            (other, _) => other,
        })?;
        for event in &mut appended.events {
            (event.event_id, event.position) = (salted(&event.stream, event.event_id), out(event.position));
        }
        Ok(appended)
    }

    async fn import(&self, _: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        Err(StoreError::Unsupported { what: "importing events with their times" }.into())
    }
}

/// A fixture whose store gives times itself.
pub fn fixture(busy: bool) -> es_testkit::Fixture {
    let store = SparseStore::new(MemoryEventStore::default(), busy);
    let fixture = es_testkit::Fixture::new(Arc::new(store)).with_append_bytes(APPEND_BYTES);
    if busy { fixture.beside_system_events() } else { fixture }
}
