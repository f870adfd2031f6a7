//! Stores of every kind, by what they can do, and a reader of whatever a foreign server may hold.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::memory::MemoryEventStore;
use es_core::*;
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_postgres::{PostgresConfig, PostgresEventStore};
use es_sqlite::{OpenOptions, SqliteEventStore};
use es_testkit::eventstoredb::{Options, TestServer};
use uuid::Uuid;

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Sqlite,
    Postgres,
    /// On the test server of its protocol.
    EventStoreDb,
    /// One stream at a time, positions with gaps, its own time, streams of its own, no keys, no look-up by id: as little as a
    /// store may offer.
    Foreign,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Memory, Self::Sqlite, Self::Postgres, Self::EventStoreDb, Self::Foreign];
    /// Those that keep times and positions.
    pub const EXACT: [Self; 3] = [Self::Memory, Self::Sqlite, Self::Postgres];
}

/// A store and what it lies on.
pub struct Ground {
    pub store: Arc<dyn EventStore>,
    pub folder: Option<tempfile::TempDir>,
    _server: Option<TestServer>,
}

impl Ground {
    pub async fn new(kind: Kind, clock: Arc<dyn Clock>) -> Self {
        let (mut folder, mut server) = (None, None);
        let store: Arc<dyn EventStore> = match kind {
            Kind::Memory => Arc::new(MemoryEventStore::new(clock)),
            Kind::Foreign => Arc::new(ForeignStore::new(clock)),
            Kind::Sqlite => {
                let folder = folder.insert(tempfile::tempdir().expect("a folder"));
                let options = OpenOptions { create: true, clock, ..OpenOptions::default() };
                Arc::new(SqliteEventStore::open(folder.path().join("events"), options).expect("opens"))
            }
            Kind::Postgres => {
                let config = PostgresConfig { clock, ..schema() };
                Arc::new(PostgresEventStore::open(config).await.expect("opens"))
            }
            Kind::EventStoreDb => {
                let server = server.insert(TestServer::start(Options::default()));
                let config = EventStoreDbConfig::parse(&server.connection_string()).expect("a connection string");
                Arc::new(EventStoreDbStore::open(config, EventStoreDbOptions::default()).await.expect("opens"))
            }
        };
        Self { store, folder, _server: server }
    }

    /// Every event, by position.
    pub async fn log(&self) -> Vec<RecordedEvent> {
        log(&*self.store).await
    }
}

pub async fn log(store: &dyn EventReader) -> Vec<RecordedEvent> {
    let (mut events, mut from) = (Vec::new(), Position::ZERO);
    loop {
        let page = store.read_all(ReadAll::forward(from, 1000)).await.expect("readable");
        events.extend(page.events);
        from = page.next;
        if page.end {
            return events;
        }
    }
}

/// A schema of its own on the server that tests share.
pub fn schema() -> PostgresConfig {
    let config = PostgresConfig::from_url(&es_testkit::postgres::server()).expect("a connection string");
    PostgresConfig { schema: es_testkit::postgres::fresh_schema(), create: true, ..config }
}

/// Positions of a foreign server mean nothing and have gaps.
const STRIDE: u64 = 1000;

/// A store that can do little more than append and read.
pub struct ForeignStore {
    pub inner: MemoryEventStore,
    /// Keys and an index of ids, as they may be kept beside a server.
    pub beside: Option<Arc<dyn SubjectKeys>>,
}

impl ForeignStore {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { inner: MemoryEventStore::new(clock), beside: None }
    }

    fn inner_position(position: Position) -> Position {
        if position == Position::MAX { position } else { Position(position.get() / STRIDE) }
    }

    fn outer_position(position: Position) -> Position {
        Position(position.get() * STRIDE)
    }

    fn shown(mut events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
        for event in &mut events {
            event.position = Self::outer_position(event.position);
            event.chain_hash = None;
        }
        events
    }
}

#[async_trait]
impl EventReader for ForeignStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dense_positions: false,
            multi_stream_append: false,
            binary_payloads: true,
            lookup_by_event_id: self.beside.is_some(),
            hash_chain: false,
            import: false,
            retention: false,
        }
    }
    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let page = self.inner.read_all(ReadAll { from: Self::inner_position(read.from), ..read }).await?;
        let (next, head) = (Self::outer_position(page.next), Self::outer_position(page.head));
        Ok(AllPage { events: Self::shown(page.events), next, head, ..page })
    }
    async fn scan_positions(&self, _: Position, _: &EventFilter) -> Result<PositionPage, StoreError> {
        unimplemented!("a copy does not scan")
    }
    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let positions: Vec<_> = positions.iter().map(|position| Self::inner_position(*position)).collect();
        self.inner.read_positions(&positions).await.map(Self::shown)
    }
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        let page = self.inner.read_stream(read).await?;
        Ok(StreamPage { events: Self::shown(page.events), ..page })
    }
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        if self.beside.is_none() {
            return Err(StoreError::Unsupported { what: "look-ups by id" });
        }
        let found = self.inner.event_by_id(event_id).await?;
        Ok(Self::shown(found.into_iter().collect()).pop())
    }
    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.head().await.map(Self::outer_position)
    }
    async fn position_at(&self, _: DateTime<Utc>) -> Result<Position, StoreError> {
        unimplemented!("a copy asks for no times")
    }
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        self.inner.streams(query).await
    }
    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.inner.categories().await
    }
    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.inner.wait_for_events(Self::inner_position(position), at_most).await.map(Self::outer_position)
    }
}

#[async_trait]
impl EventStore for ForeignStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        if request.stream_count() > 1 {
            return Err(AppendError::Invalid(InvalidAppend::SeveralStreams(request.stream_count())));
        }
        let mut appended = self.inner.append(request).await.map_err(|error| match error {
            AppendError::IdempotencyMismatch { event_id, stream, position } => {
                AppendError::IdempotencyMismatch { event_id, stream, position: Self::outer_position(position) }
            }
            other => other,
        })?;
        for event in &mut appended.events {
            event.position = Self::outer_position(event.position);
        }
        Ok(appended)
    }
    async fn import(&self, _: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        Err(StoreError::Unsupported { what: "imports" }.into())
    }
    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        self.beside.clone()
    }
}

/// A log that is given event by event, whatever is in it. Nothing can be written.
pub struct Given {
    pub events: Vec<RecordedEvent>,
    pub capabilities: Capabilities,
}

impl Given {
    /// What a foreign server might hold.
    pub fn foreign(events: Vec<RecordedEvent>) -> Self {
        Self { events, capabilities: ForeignStore::new(Arc::new(SystemClock)).capabilities() }
    }

    /// What one of the program's own stores might hold, if somebody had changed it.
    pub fn own(events: Vec<RecordedEvent>) -> Self {
        Self { events, capabilities: MemoryEventStore::default().capabilities() }
    }
}

#[async_trait]
impl EventReader for Given {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }
    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let rest = self.events.iter().filter(|event| event.position > read.from);
        let events: Vec<RecordedEvent> = rest.take(read.limit).cloned().collect();
        let head = self.head().await?;
        let next = events.last().map_or(head, |event| event.position);
        Ok(AllPage { events, next, end: next >= head, head, scavenged: None })
    }
    async fn scan_positions(&self, _: Position, _: &EventFilter) -> Result<PositionPage, StoreError> {
        unimplemented!("a copy does not scan")
    }
    async fn read_positions(&self, _: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        unimplemented!("a copy reads no single positions")
    }
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        let of_stream = self.events.iter().filter(|event| event.stream == read.stream && event.version > read.from);
        let mut events: Vec<RecordedEvent> = of_stream.cloned().collect();
        events.sort_by_key(|event| event.version);
        events.truncate(read.limit);
        Ok(StreamPage { events, stream: None, end: true })
    }
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        Ok(self.events.iter().find(|event| event.event_id == event_id).cloned())
    }
    async fn head(&self) -> Result<Position, StoreError> {
        Ok(self.events.last().map_or(Position::ZERO, |event| event.position))
    }
    async fn position_at(&self, _: DateTime<Utc>) -> Result<Position, StoreError> {
        unimplemented!("a copy asks for no times")
    }
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        let mut last = std::collections::BTreeMap::new();
        for event in &self.events {
            let known = last.entry(event.stream.clone()).or_insert(event);
            *known = std::cmp::max_by_key(*known, event, |event| event.version);
        }
        let total = last.len() as u64;
        let info = |event: &RecordedEvent| StreamInfo {
            stream: event.stream.clone(),
            version: event.version,
            truncated_before: StreamVersion::ZERO,
            closed_at: None,
            last_position: event.position,
            last_recorded_at: event.recorded_at,
            last_event_type: event.event_type.clone(),
        };
        let rest = last.into_values().skip(usize::try_from(query.offset).expect("small"));
        Ok(StreamListPage { streams: rest.take(query.limit).map(info).collect(), total })
    }
    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        unimplemented!("a copy counts no categories")
    }
    async fn wait_for_events(&self, _: Position, _: Duration) -> Result<Position, StoreError> {
        self.head().await
    }
}

#[async_trait]
impl EventStore for Given {
    async fn append(&self, _: AppendRequest) -> Result<Appended, AppendError> {
        panic!("nothing is to be written here")
    }
    async fn import(&self, _: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        panic!("nothing is to be written here")
    }
}
