//! A rehearsal: a log as it stands at one position, and above it what is appended in memory only.
//!
//! The log below is held as a reader, so that nothing can be written to it. Appends are planned as every store of this program
//! plans them, so versions, conflicts and repeated ids are answered as they would be.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::plan::{KnownEvent, LogHead, PlanInput, StreamHead, TimedRequest, plan_batch};
use es_core::seal::MemorySubjectKeys;
use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Capabilities, CategoryCount, Clock, Direction, EventFilter,
    EventReader, EventStore, Hash, ImportedAppend, Position, PositionPage, ReadAll, ReadStream, RecordedEvent,
    StoreError, StreamInfo, StreamListPage, StreamName, StreamPage, StreamQuery, StreamVersion, SubjectKeys, limits,
};
use parking_lot::RwLock;
use tokio::sync::{Mutex, watch};
use uuid::Uuid;

const LISTS: StoreError = StoreError::Unsupported { what: "lists of streams in a rehearsal" };
const IMPORTS: StoreError = StoreError::Unsupported { what: "imports into a rehearsal" };

/// A log as it stood at one position, with appends that are forgotten when it is dropped.
pub struct Rehearsal {
    below: Arc<dyn EventReader>,
    /// The last position of the log below that is in it: what is written there later is not.
    through: Position,
    last_recorded_at: DateTime<Utc>,
    clock: Arc<dyn Clock>,
    keys: Arc<MemorySubjectKeys>,
    /// Ascending by position, from `through` on.
    written: RwLock<Vec<RecordedEvent>>,
    /// Held while an append is planned: what it rests on is read from below.
    appending: Mutex<()>,
    head: watch::Sender<Position>,
}

impl Rehearsal {
    /// A rehearsal above the present end of a log.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn above(below: Arc<dyn EventReader>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let last = below.read_all(ReadAll::backward(Position::MAX, 1)).await?;
        let through = last.events.first().map_or(last.head, |event| event.position);
        Ok(Self {
            below,
            through,
            last_recorded_at: last.events.first().map_or(DateTime::UNIX_EPOCH, |event| event.recorded_at),
            clock,
            // Keys of the log below are neither needed to decide nor made by a rehearsal.
            keys: Arc::new(MemorySubjectKeys::new([0; 32])),
            written: RwLock::default(),
            appending: Mutex::default(),
            head: watch::Sender::new(through),
        })
    }

    /// The last position of the log below that is in it; what is rehearsed has higher ones.
    #[must_use]
    pub fn through(&self) -> Position {
        self.through
    }

    /// The stream as it is below, at `through`.
    async fn below_info(&self, stream: &StreamName) -> Result<Option<StreamInfo>, StoreError> {
        let mut from = StreamVersion::MAX;
        loop {
            let read = ReadStream { stream: stream.clone(), from, direction: Direction::Backward, limit: 1 };
            let page = self.below.read_stream(read).await?;
            let (Some(info), Some(last)) = (page.stream, page.events.into_iter().next()) else { return Ok(None) };
            if last.position <= self.through {
                return Ok(Some(StreamInfo {
                    version: last.version,
                    last_position: last.position,
                    last_recorded_at: last.recorded_at,
                    last_event_type: last.event_type,
                    ..info
                }));
            }
            from = last.version;
        }
    }

    /// The stream with what is rehearsed.
    async fn info(&self, stream: &StreamName) -> Result<Option<StreamInfo>, StoreError> {
        let below = self.below_info(stream).await?;
        let written = self.written.read();
        let Some(last) = written.iter().rfind(|event| event.stream == *stream) else { return Ok(below) };
        Ok(Some(StreamInfo {
            stream: stream.clone(),
            version: last.version,
            truncated_before: below.as_ref().map_or(StreamVersion::ZERO, |below| below.truncated_before),
            closed_at: below.and_then(|below| below.closed_at),
            last_position: last.position,
            last_recorded_at: last.recorded_at,
            last_event_type: last.event_type.clone(),
        }))
    }

    async fn stream_heads(&self, request: &AppendRequest) -> Result<HashMap<StreamName, StreamHead>, StoreError> {
        let mut heads = HashMap::new();
        for stream in request.parts.iter().map(|part| &part.stream).collect::<HashSet<_>>() {
            if let Some(info) = self.info(stream).await? {
                let head = StreamHead { version: info.version, closed: info.closed_at.is_some() };
                heads.insert(stream.clone(), head);
            }
        }
        Ok(heads)
    }

    async fn known(&self, request: &AppendRequest) -> Result<HashMap<Uuid, KnownEvent>, StoreError> {
        let mut known = HashMap::new();
        if !self.below.capabilities().lookup_by_event_id {
            let written = self.written.read();
            let ids = request.parts.iter().flat_map(|part| &part.events).map(|event| event.event_id);
            let found = ids.filter_map(|id| written.iter().find(|event| event.event_id == id));
            known.extend(found.map(|event| (event.event_id, known_as(event))));
            return Ok(known);
        }
        for event in request.parts.iter().flat_map(|part| &part.events) {
            if let Some(found) = self.event_by_id(event.event_id).await? {
                known.insert(event.event_id, known_as(&found));
            }
        }
        Ok(known)
    }

    fn log_head(&self) -> LogHead {
        let written = self.written.read();
        let recorded_at = written.last().map_or(self.last_recorded_at, |event| event.recorded_at);
        LogHead { position: *self.head.borrow(), chain_hash: Hash::ZERO, recorded_at }
    }

    /// What is rehearsed and matches, after a position, oldest first.
    fn matching(&self, after: Position, filter: &EventFilter) -> Vec<RecordedEvent> {
        let written = self.written.read();
        written.iter().filter(|event| event.position > after && filter.matches(event)).cloned().collect()
    }

    /// The filter for the log below: nothing of what was written there since.
    fn below_filter(&self, filter: &EventFilter) -> EventFilter {
        let through = filter.through.map_or(self.through, |through| through.min(self.through));
        EventFilter { through: Some(through), ..filter.clone() }
    }

    async fn read_forward(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let mut page = if read.from < self.through {
            let filter = self.below_filter(&read.filter);
            self.below.read_all(ReadAll { filter, ..read.clone() }).await?
        } else {
            let (events, head) = (Vec::new(), self.through);
            AllPage { events, next: read.from, end: true, head, scavenged: None }
        };
        page.head = *self.head.borrow();
        let below_ended = page.end || page.next >= self.through;
        page.end = false;
        if below_ended && page.events.len() < limit {
            let rest = self.matching(read.from.max(self.through), &read.filter);
            page.end = page.events.len() + rest.len() <= limit;
            page.events.extend(rest);
            page.events.truncate(limit);
            let last = page.events.last().map_or(self.through, |event| event.position);
            page.next = if page.end { page.head.max(read.from) } else { last };
        } else if below_ended {
            page.next = page.events.last().map_or(self.through, |event| event.position);
        }
        Ok(page)
    }

    async fn read_backward(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let mut above: Vec<_> = self.matching(Position::ZERO, &read.filter);
        above.retain(|event| event.position < read.from);
        above.reverse();
        above.truncate(limit);
        let head = *self.head.borrow();
        if above.len() == limit {
            let next = above.last().map_or(read.from, |event| event.position);
            return Ok(AllPage { events: above, next, end: false, head, scavenged: None });
        }
        // A position between two events is none on every store: what is too new is left out by the filter.
        let from = if read.from > self.through { Position::MAX } else { read.from };
        let limit = limit - above.len();
        let filter = self.below_filter(&read.filter);
        let mut page = self.below.read_all(ReadAll { from, limit, filter, direction: read.direction }).await?;
        above.append(&mut page.events);
        Ok(AllPage { events: above, head, ..page })
    }
}

fn known_as(event: &RecordedEvent) -> KnownEvent {
    let RecordedEvent { stream, version, position, content_hash, .. } = event;
    KnownEvent { stream: stream.clone(), version: *version, position: *position, content_hash: *content_hash }
}

#[async_trait]
impl EventReader for Rehearsal {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dense_positions: false,
            multi_stream_append: true,
            hash_chain: false,
            import: false,
            retention: false,
            ..self.below.capabilities()
        }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        match read.direction {
            Direction::Forward => self.read_forward(read).await,
            Direction::Backward => self.read_backward(read).await,
        }
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        let head = *self.head.borrow();
        let mut page = if after < self.through {
            self.below.scan_positions(after, &self.below_filter(filter)).await?
        } else {
            PositionPage { positions: Vec::new(), next: after, end: true, head, scavenged: None }
        };
        page.head = head;
        if page.end || page.next >= self.through {
            let rest = self.matching(after.max(self.through), filter);
            page.positions.extend(rest.iter().map(|event| event.position));
            (page.next, page.end) = (head.max(after), true);
        }
        Ok(page)
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let below: Vec<Position> = positions.iter().copied().filter(|position| *position <= self.through).collect();
        let found = if below.is_empty() { Vec::new() } else { self.below.read_positions(&below).await? };
        let mut found: HashMap<Position, RecordedEvent> = found.into_iter().map(|e| (e.position, e)).collect();
        let written = self.written.read();
        found.extend(written.iter().map(|event| (event.position, event.clone())));
        Ok(positions.iter().filter_map(|position| found.get(position).cloned()).collect())
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let Some(stream) = self.info(&read.stream).await? else {
            return Ok(StreamPage { events: Vec::new(), stream: None, end: true });
        };
        let mut above: Vec<RecordedEvent> =
            self.written.read().iter().filter(|event| event.stream == read.stream).cloned().collect();
        let first_above = above.first().map_or(stream.version.next(), |event| event.version);
        let (events, end) = match read.direction {
            Direction::Forward => {
                above.retain(|event| event.version > read.from);
                let below = self.below.read_stream(ReadStream { limit, ..read }).await?;
                let below_ends = below.end || below.events.iter().any(|event| event.position > self.through);
                let mut events = below.events;
                events.retain(|event| event.position <= self.through);
                if below_ends {
                    events.extend(above);
                }
                let end = below_ends && events.len() <= limit;
                events.truncate(limit);
                (events, end)
            }
            Direction::Backward => {
                above.retain(|event| event.version < read.from);
                above.reverse();
                above.truncate(limit);
                let rest = limit - above.len();
                let from = read.from.min(first_above);
                let below = self.below.read_stream(ReadStream { from, limit: rest.max(1), ..read }).await?;
                let end = below.events.len() <= rest && below.end;
                above.extend(below.events.into_iter().take(rest));
                (above, end)
            }
        };
        Ok(StreamPage { events, stream: Some(stream), end })
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        let written = self.written.read().iter().find(|event| event.event_id == event_id).cloned();
        match written {
            Some(event) => Ok(Some(event)),
            None => Ok(self.below.event_by_id(event_id).await?.filter(|event| event.position <= self.through)),
        }
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(*self.head.borrow())
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        let above = self.written.read().iter().rfind(|event| event.recorded_at <= time).map(|event| event.position);
        match above {
            Some(position) => Ok(position),
            None => Ok(self.below.position_at(time).await?.min(self.through)),
        }
    }

    async fn streams(&self, _query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        Err(LISTS)
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        Err(LISTS)
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        let mut head = self.head.subscribe();
        // Elapsed or woken: either way the answer is the head as it stands then.
        let _ = tokio::time::timeout(at_most, head.wait_for(|head| *head > position)).await;
        self.head().await
    }
}

#[async_trait]
impl EventStore for Rehearsal {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let _one_at_a_time = self.appending.lock().await;
        let requests = [TimedRequest { request: &request, recorded_at: None, examined: None }];
        let mut plan = plan_batch(PlanInput {
            head: self.log_head(),
            streams: self.stream_heads(&request).await?,
            known: self.known(&request).await?,
            requests: &requests,
            now: self.clock.now(),
            binary_payloads: self.capabilities().binary_payloads,
        });
        let rows = plan.rows.iter().map(|row| RecordedEvent {
            position: row.position,
            stream: row.stream.clone(),
            version: row.version,
            event_id: row.event.event_id,
            event_type: row.event.event_type.clone(),
            schema_version: row.event.schema_version,
            payload: row.event.payload.clone(),
            metadata: row.event.metadata.clone(),
            correlation_id: row.correlation_id,
            causation_id: row.causation_id,
            recorded_at: row.recorded_at,
            content_hash: row.content_hash,
            chain_hash: None,
        });
        self.written.write().extend(rows);
        self.head.send_replace(plan.head.position);
        plan.outcomes.pop().unwrap_or(Err(AppendError::Store(StoreError::Closed)))
    }

    async fn import(&self, _appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        Err(AppendError::Store(IMPORTS))
    }

    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        Some(self.keys.clone())
    }
}
