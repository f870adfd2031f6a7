//! A share of a log that others write to as well: for servers that cannot be emptied before each test.
//!
//! Stream names get a prefix that nobody else uses, and every read asks the server for that prefix, so that a test sees its
//! own events under the names it gave them. Positions stay as they are: they lie apart, and the log goes on behind the last one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::hash::expected_content_hash;
use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Capabilities, CategoryCount, Direction, EventFilter, EventReader,
    EventStore, ImportedAppend, Position, PositionPage, ReadAll, ReadStream, RecordedEvent, StoreError, StreamInfo,
    StreamListPage, StreamName, StreamOrder, StreamPage, StreamQuery, limits,
};
use uuid::Uuid;

use super::Fixture;

/// A store that shows and writes a share of another one's log.
struct Share {
    log: Arc<dyn EventStore>,
    /// What the names of the share's streams begin with in the log. Holds no hyphen, so that it becomes part of the category.
    prefix: String,
    /// The end of the log when the share was made: nothing of the share is before.
    begin: Position,
    /// Streams whose names are too long for the prefix, by their names in the log.
    long: Mutex<BTreeMap<StreamName, StreamName>>,
}

impl Fixture {
    /// A fixture around a fresh share of a log that others write to.
    ///
    /// # Panics
    /// The store does not tell its head.
    pub async fn sharing(log: Arc<dyn EventStore>) -> Self {
        let prefix = format!("s{}.", &Uuid::new_v4().simple().to_string()[..10]);
        let begin = log.head().await.expect("a head");
        Self::new(Arc::new(Share { log, prefix, begin, long: Mutex::default() })).beside_system_events()
    }
}

impl Share {
    fn inward(&self, stream: &StreamName) -> StreamName {
        let whole = format!("{}{stream}", self.prefix);
        StreamName::new(whole).unwrap_or_else(|_| {
            // Cut, and told apart by a hash of what was cut off.
            let hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, stream.as_str().as_bytes()).simple().to_string();
            let room = limits::STREAM_NAME_BYTES - self.prefix.len() - hash.len();
            let kept = &stream.as_str()[..stream.as_str().floor_char_boundary(room)];
            let name = StreamName::new(format!("{}{kept}{hash}", self.prefix)).expect("short enough");
            self.long.lock().expect("not poisoned").insert(name.clone(), stream.clone());
            name
        })
    }

    fn outward(&self, stream: &StreamName) -> Option<StreamName> {
        if let Some(long) = self.long.lock().expect("not poisoned").get(stream) {
            return Some(long.clone());
        }
        stream.as_str().strip_prefix(&self.prefix).and_then(|name| StreamName::new(name).ok())
    }

    fn event(&self, mut event: RecordedEvent) -> Option<RecordedEvent> {
        let own = self.outward(&event.stream)?;
        assert_eq!(event.content_hash, expected_content_hash(&event), "content hash at {}", event.position);
        event.stream = own;
        event.content_hash = expected_content_hash(&event);
        // The chain goes through events of others, too.
        event.chain_hash = None;
        Some(event)
    }

    fn events(&self, events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
        events.into_iter().filter_map(|event| self.event(event)).collect()
    }

    fn info(&self, info: StreamInfo) -> Option<StreamInfo> {
        Some(StreamInfo { stream: self.outward(&info.stream)?, ..info })
    }

    fn filter(&self, filter: &EventFilter) -> EventFilter {
        let prefixed = |text: &str| format!("{}{text}", self.prefix);
        EventFilter {
            stream: filter.stream.as_ref().map(|stream| self.inward(stream)),
            streams: filter.streams.iter().map(|stream| self.inward(stream)).collect(),
            stream_prefix: Some(prefixed(filter.stream_prefix.as_deref().unwrap_or_default())),
            categories: filter.categories.iter().map(|category| prefixed(category)).collect(),
            ..filter.clone()
        }
    }

    fn request(&self, mut request: AppendRequest) -> AppendRequest {
        for part in &mut request.parts {
            part.stream = self.inward(&part.stream);
        }
        request
    }

    fn appended(&self, mut appended: Appended) -> Appended {
        for event in &mut appended.events {
            event.stream = self.outward(&event.stream).expect("an own stream");
        }
        appended
    }

    fn error(&self, error: AppendError) -> AppendError {
        let own = |stream: StreamName| self.outward(&stream).unwrap_or(stream);
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

    /// All streams of the share.
    async fn own_streams(&self) -> Result<Vec<StreamInfo>, StoreError> {
        let (mut own, mut offset) = (Vec::new(), 0);
        loop {
            let contains = Some(self.prefix.clone());
            let (order, limit) = (StreamOrder::Name, limits::PAGE_EVENTS);
            let query = StreamQuery { category: None, contains, system: true, order, offset, limit };
            let page = self.log.streams(&query).await?;
            offset += page.streams.len() as u64;
            let end = page.streams.is_empty() || offset >= page.total;
            own.extend(page.streams.into_iter().filter_map(|info| self.info(info)));
            if end {
                return Ok(own);
            }
        }
    }
}

#[async_trait]
impl EventReader for Share {
    fn capabilities(&self) -> Capabilities {
        // What is counted, chained or moved as a whole is not a share's to promise.
        Capabilities { dense_positions: false, hash_chain: false, retention: false, ..self.log.capabilities() }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let before = read.direction == Direction::Forward && read.from < self.begin;
        let from = if before { self.begin } else { read.from };
        let filter = self.filter(&read.filter);
        let page = self.log.read_all(ReadAll { from, filter, ..read.clone() }).await?;
        // Going back, nothing of the share is left long before the log's beginning.
        let end = page.end || (read.direction == Direction::Backward && page.next <= self.begin);
        Ok(AllPage { events: self.events(page.events), end, ..page })
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        self.log.scan_positions(after.max(self.begin), &self.filter(filter)).await
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        Ok(self.events(self.log.read_positions(positions).await?))
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        let stream = self.inward(&read.stream);
        let page = self.log.read_stream(ReadStream { stream, ..read }).await?;
        let stream = page.stream.and_then(|info| self.info(info));
        Ok(StreamPage { events: self.events(page.events), stream, end: page.end })
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        Ok(self.log.event_by_id(event_id).await?.and_then(|event| self.event(event)))
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.log.head().await
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        let found = self.log.position_at(time).await?;
        Ok(if found <= self.begin { Position::ZERO } else { found })
    }

    /// The log's list of the share's streams; searched and ordered here, since the log knows other names.
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        let wanted = query.contains.as_deref().unwrap_or_default().to_ascii_lowercase();
        let mut own = self.own_streams().await?;
        own.retain(|info| {
            (query.system || !info.stream.is_system())
                && query.category.as_deref().is_none_or(|category| category == info.stream.category())
                && info.stream.as_str().to_ascii_lowercase().contains(&wanted)
        });
        match query.order {
            StreamOrder::Name => own.sort_by(|a, b| a.stream.cmp(&b.stream)),
            StreamOrder::LastChange => own.sort_by_key(|info| std::cmp::Reverse(info.last_position)),
            StreamOrder::Length => own.sort_by_key(|info| std::cmp::Reverse(info.version)),
        }
        let total = own.len() as u64;
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        Ok(StreamListPage {
            streams: own.into_iter().skip(offset).take(query.limit.min(limits::PAGE_EVENTS)).collect(),
            total,
        })
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        let own = |count: CategoryCount| {
            let category = count.category.strip_prefix(&self.prefix)?.to_owned();
            Some(CategoryCount { category, ..count })
        };
        Ok(self.log.categories().await?.into_iter().filter_map(own).collect())
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.log.wait_for_events(position, at_most).await
    }
}

#[async_trait]
impl EventStore for Share {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let outcome = self.log.append(self.request(request)).await;
        outcome.map(|appended| self.appended(appended)).map_err(|error| self.error(error))
    }

    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        let inward = |append: ImportedAppend| ImportedAppend { request: self.request(append.request), ..append };
        let outcome = self.log.import(appends.into_iter().map(inward).collect()).await;
        let outward = |appended: Vec<Appended>| appended.into_iter().map(|one| self.appended(one)).collect();
        outcome.map(outward).map_err(|error| self.error(error))
    }
}
