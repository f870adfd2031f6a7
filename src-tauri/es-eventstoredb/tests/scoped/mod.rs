//! A part of a server's log as a store of its own: streams under a name that nobody else uses. So each test has a fresh store
//! on a server that cannot be emptied.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::hash::expected_content_hash;
use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Capabilities, CategoryCount, Direction, EventFilter, EventReader,
    EventStore, ImportedAppend, Position, PositionPage, ReadAll, ReadStream, RecordedEvent, StoreError, StreamInfo,
    StreamListPage, StreamName, StreamOrder, StreamPage, StreamQuery, limits,
};
use es_eventstoredb::EventStoreDbStore;
use uuid::Uuid;

/// Bytes of a stream's name that leave room for the scope.
const NAME_BYTES: usize = limits::STREAM_NAME_BYTES - 40;

/// See the module.
pub struct Scoped {
    store: EventStoreDbStore,
    scope: String,
    /// Where the log was when the test began: nothing before belongs to it.
    begin: Position,
    /// Names that are too long with the scope in front, as they are on the server.
    long: Mutex<HashMap<StreamName, StreamName>>,
}

fn named(name: &str) -> StreamName {
    StreamName::new(name).expect("a stream name")
}

impl Scoped {
    pub async fn new(store: EventStoreDbStore) -> Self {
        let begin = store.head().await.expect("a head");
        Self { store, scope: format!("{}~", Uuid::new_v4().simple()), begin, long: Mutex::default() }
    }

    /// A name, or the beginning of one, as it is on the server. The store's own streams stay so.
    fn outer_text(&self, name: &str) -> String {
        match name.strip_prefix('$') {
            Some(name) => format!("${}{name}", self.scope),
            None => format!("{}{name}", self.scope),
        }
    }

    fn outer(&self, name: &StreamName) -> StreamName {
        if name.as_str().len() <= NAME_BYTES {
            return named(&self.outer_text(name.as_str()));
        }
        let short = named(&self.outer_text(&name.as_str()[..NAME_BYTES]));
        self.long.lock().expect("names").insert(short.clone(), name.clone());
        short
    }

    /// A name as the test knows it; nothing if it is somebody else's.
    fn inner(&self, name: &StreamName) -> Option<StreamName> {
        if let Some(long) = self.long.lock().expect("names").get(name) {
            return Some(long.clone());
        }
        self.inner_text(name.as_str()).map(|name| named(&name))
    }

    fn inner_text(&self, name: &str) -> Option<String> {
        match name.strip_prefix('$') {
            Some(rest) => rest.strip_prefix(&self.scope).map(|name| format!("${name}")),
            None => name.strip_prefix(&self.scope).map(str::to_owned),
        }
    }

    fn event(&self, mut event: RecordedEvent) -> Option<RecordedEvent> {
        event.stream = self.inner(&event.stream)?;
        event.content_hash = expected_content_hash(&event);
        Some(event)
    }

    fn info(&self, mut info: StreamInfo) -> Option<StreamInfo> {
        info.stream = self.inner(&info.stream)?;
        Some(info)
    }

    fn filter(&self, filter: &EventFilter) -> EventFilter {
        EventFilter {
            stream: filter.stream.as_ref().map(|name| self.outer(name)),
            stream_prefix: filter
                .stream_prefix
                .as_ref()
                .filter(|text| !text.is_empty())
                .map(|text| self.outer_text(text)),
            categories: filter.categories.iter().map(|name| self.outer_text(name)).collect(),
            ..filter.clone()
        }
    }

    fn error(&self, error: AppendError) -> AppendError {
        let own = |stream: StreamName| self.inner(&stream).expect("the test's own stream");
        match error {
            AppendError::WrongExpectedVersion { stream, expected, actual } => {
                AppendError::WrongExpectedVersion { stream: own(stream), expected, actual }
            }
            AppendError::IdempotencyMismatch { event_id, stream, position } => {
                AppendError::IdempotencyMismatch { event_id, stream: own(stream), position }
            }
            AppendError::StreamClosed { stream } => AppendError::StreamClosed { stream: own(stream) },
            other => other,
        }
    }

    /// All streams of the test.
    async fn own_streams(&self) -> Result<Vec<StreamInfo>, StoreError> {
        let mut found = Vec::new();
        loop {
            let query = StreamQuery {
                category: None,
                contains: Some(self.scope.clone()),
                system: true,
                order: StreamOrder::Name,
                offset: found.len() as u64,
                limit: 1000,
            };
            let page = self.store.streams(&query).await?;
            let more = !page.streams.is_empty();
            found.extend(page.streams.into_iter().filter_map(|info| self.info(info)));
            if !more {
                return Ok(found);
            }
        }
    }
}

#[async_trait]
impl EventReader for Scoped {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let forward = read.direction == Direction::Forward;
        let mut on = ReadAll { filter: self.filter(&read.filter), limit, ..read.clone() };
        on.from = if forward { on.from.max(self.begin) } else { on.from };
        let mut found = Vec::new();
        loop {
            on.limit = limit - found.len();
            let page = self.store.read_all(on.clone()).await?;
            // Backward, all that is left may be of others.
            let passed = !forward && page.next <= self.begin.next();
            found.extend(
                page.events.into_iter().filter(|event| event.position > self.begin).filter_map(|e| self.event(e)),
            );
            on.from = page.next;
            if page.end || passed || found.len() == limit {
                let next = if page.next < read.from && forward { read.from } else { page.next };
                let end = (page.end || passed) && found.len() <= limit;
                return Ok(AllPage { events: found, next, end, ..page_without_events(page.head) });
            }
        }
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        let mut page = self.store.scan_positions(after.max(self.begin), &self.filter(filter)).await?;
        let found = self.store.read_positions(&page.positions).await?;
        page.positions = found.into_iter().filter_map(|event| self.event(event)).map(|event| event.position).collect();
        Ok(page)
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let found = self.store.read_positions(positions).await?;
        Ok(found.into_iter().filter_map(|event| self.event(event)).collect())
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        let read = ReadStream { stream: self.outer(&read.stream), ..read };
        let page = self.store.read_stream(read).await?;
        let events = page.events.into_iter().filter_map(|event| self.event(event)).collect();
        Ok(StreamPage { events, stream: page.stream.and_then(|info| self.info(info)), end: page.end })
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        Ok(self.store.event_by_id(event_id).await?.and_then(|event| self.event(event)))
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        let found = self.store.position_at(time).await?;
        Ok(if found <= self.begin { Position::ZERO } else { found })
    }

    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        let mut streams = self.own_streams().await?;
        let wanted = query.contains.as_deref().map(str::to_ascii_lowercase);
        streams.retain(|info| {
            let name = &info.stream;
            (query.system || !name.is_system())
                && query.category.as_deref().is_none_or(|category| category == name.category())
                && wanted.as_deref().is_none_or(|text| name.as_str().to_ascii_lowercase().contains(text))
        });
        match query.order {
            StreamOrder::Name => streams.sort_by(|a, b| a.stream.cmp(&b.stream)),
            StreamOrder::LastChange => streams.sort_by_key(|info| std::cmp::Reverse(info.last_position)),
            StreamOrder::Length => streams.sort_by_key(|info| std::cmp::Reverse(info.version)),
        }
        let total = streams.len() as u64;
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        Ok(StreamListPage { streams: streams.into_iter().skip(offset).take(query.limit).collect(), total })
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        let all = self.store.categories().await?;
        let own = all.into_iter().filter_map(|count| {
            let category = self.inner_text(&count.category)?;
            Some(CategoryCount { category, ..count })
        });
        Ok(own.collect())
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.store.wait_for_events(position.max(self.begin), at_most).await
    }
}

/// A page with nothing but a head.
fn page_without_events(head: Position) -> AllPage {
    AllPage { events: Vec::new(), next: head, end: false, head, scavenged: None }
}

#[async_trait]
impl EventStore for Scoped {
    async fn append(&self, mut request: AppendRequest) -> Result<Appended, AppendError> {
        for part in &mut request.parts {
            part.stream = self.outer(&part.stream);
        }
        let mut appended = self.store.append(request).await.map_err(|error| self.error(error))?;
        for event in &mut appended.events {
            event.stream = self.inner(&event.stream).expect("the test's own stream");
        }
        Ok(appended)
    }

    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.store.import(appends).await
    }
}
