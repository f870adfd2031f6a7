//! The event store that forgets everything when it is dropped. Same planner, same promises, except durability.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parking_lot::RwLock;
use tokio::sync::watch;
use uuid::Uuid;

use crate::append::{AppendError, AppendRequest, Appended};
use crate::clock::{Clock, SystemClock};
use crate::event::RecordedEvent;
use crate::limits;
use crate::name::{Position, StreamName, StreamVersion};
use crate::plan::{KnownEvent, LogHead, PlanInput, PlannedRow, StreamHead, TimedRequest, plan_batch};
use crate::store::{
    AllPage, Capabilities, CategoryCount, Direction, EventFilter, EventReader, EventStore, ImportedAppend,
    PositionPage, ReadAll, ReadStream, StoreError, StreamInfo, StreamListPage, StreamOrder, StreamPage, StreamQuery,
};

/// An event store in memory.
pub struct MemoryEventStore {
    log: RwLock<Log>,
    clock: Arc<dyn Clock>,
    head: watch::Sender<Position>,
    wake_ups: AtomicBool,
}

struct Log {
    head: LogHead,
    /// The event at position `p` stands at index `p - 1`.
    events: Vec<RecordedEvent>,
    ids: HashMap<Uuid, Position>,
    /// Positions of a stream's events: the event with version `v` stands at index `v - 1`.
    streams: BTreeMap<StreamName, Vec<Position>>,
}

impl MemoryEventStore {
    /// An empty store that takes its time from `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let log = Log { head: LogHead::EMPTY, events: Vec::new(), ids: HashMap::new(), streams: BTreeMap::new() };
        Self { log: RwLock::new(log), clock, head: watch::Sender::new(Position::ZERO), wake_ups: AtomicBool::new(true) }
    }

    /// Turns wake-ups on or off. Without them [`EventReader::wait_for_events`] sleeps for the whole time it was given.
    pub fn set_wake_ups(&self, on: bool) {
        self.wake_ups.store(on, Ordering::SeqCst);
    }

    fn write(&self, requests: &[TimedRequest<'_>], all_or_nothing: bool) -> Vec<Result<Appended, AppendError>> {
        let mut log = self.log.write();
        let plan = plan_batch(PlanInput {
            head: log.head,
            streams: log.stream_heads(requests),
            known: log.known_events(requests),
            requests,
            now: self.clock.now(),
            binary_payloads: self.capabilities().binary_payloads,
        });
        if all_or_nothing && plan.outcomes.iter().any(Result::is_err) {
            return plan.outcomes;
        }
        for row in &plan.rows {
            log.insert(row);
        }
        log.head = plan.head;
        drop(log);
        self.head.send_if_modified(|head| {
            let moved = plan.head.position > *head;
            *head = plan.head.position.max(*head);
            moved
        });
        plan.outcomes
    }
}

impl Default for MemoryEventStore {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock))
    }
}

impl Log {
    fn stream_heads(&self, requests: &[TimedRequest<'_>]) -> HashMap<StreamName, StreamHead> {
        let names = requests.iter().flat_map(|timed| &timed.request.parts).map(|part| &part.stream);
        let heads = names.filter_map(|name| {
            let version = StreamVersion(self.streams.get(name)?.len() as u64);
            Some((name.clone(), StreamHead { version, closed: false }))
        });
        heads.collect()
    }

    fn known_events(&self, requests: &[TimedRequest<'_>]) -> HashMap<Uuid, KnownEvent> {
        let events = requests.iter().flat_map(|timed| &timed.request.parts).flat_map(|part| &part.events);
        let known = events.filter_map(|event| {
            let stored = self.at(*self.ids.get(&event.event_id)?)?;
            let known = KnownEvent {
                stream: stored.stream.clone(),
                version: stored.version,
                position: stored.position,
                content_hash: stored.content_hash,
            };
            Some((event.event_id, known))
        });
        known.collect()
    }

    fn insert(&mut self, row: &PlannedRow<'_>) {
        self.ids.insert(row.event.event_id, row.position);
        self.streams.entry(row.stream.clone()).or_default().push(row.position);
        self.events.push(RecordedEvent {
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
            chain_hash: Some(row.chain_hash),
        });
    }

    fn at(&self, position: Position) -> Option<&RecordedEvent> {
        let index = usize::try_from(position.get().checked_sub(1)?).ok()?;
        self.events.get(index)
    }

    /// Events after (forward) or before (backward) a position, in reading order.
    fn from(&self, from: Position, direction: Direction) -> Box<dyn Iterator<Item = &RecordedEvent> + '_> {
        let from = usize::try_from(from.get()).unwrap_or(usize::MAX);
        match direction {
            Direction::Forward => Box::new(self.events[from.min(self.events.len())..].iter()),
            Direction::Backward => Box::new(self.events[..from.saturating_sub(1).min(self.events.len())].iter().rev()),
        }
    }

    /// Examines events until `limit` match, the scan bound is reached, or the log ends: the matches, the last position
    /// examined, and whether the log ended.
    fn examine(
        &self,
        (from, direction): (Position, Direction),
        filter: &EventFilter,
        limit: usize,
    ) -> (Vec<&RecordedEvent>, Position, bool) {
        let mut matches = Vec::new();
        let mut next = from;
        let mut rest = self.from(from, direction);
        for examined in 0.. {
            if matches.len() >= limit || examined >= limits::SCAN_EVENTS_PER_PAGE {
                return (matches, next, rest.next().is_none());
            }
            let Some(event) = rest.next() else { break };
            next = event.position;
            if filter.matches(event) {
                matches.push(event);
            }
        }
        (matches, next, true)
    }

    fn info(&self, stream: &StreamName, positions: &[Position]) -> Option<StreamInfo> {
        let last = self.at(*positions.last()?)?;
        Some(StreamInfo {
            stream: stream.clone(),
            version: last.version,
            truncated_before: StreamVersion::ZERO,
            closed_at: None,
            last_position: last.position,
            last_recorded_at: last.recorded_at,
            last_event_type: last.event_type.clone(),
        })
    }
}

#[async_trait]
impl EventReader for MemoryEventStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            dense_positions: true,
            multi_stream_append: true,
            binary_payloads: true,
            lookup_by_event_id: true,
            hash_chain: true,
            import: true,
        }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let log = self.log.read();
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let (events, next, end) = log.examine((read.from, read.direction), &read.filter, limit);
        Ok(AllPage { events: events.into_iter().cloned().collect(), next, end, head: log.head.position })
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        let log = self.log.read();
        let (events, next, end) = log.examine((after, Direction::Forward), filter, usize::MAX);
        let positions = events.into_iter().map(|event| event.position).collect();
        Ok(PositionPage { positions, next, end, head: log.head.position })
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let log = self.log.read();
        Ok(positions.iter().filter_map(|position| log.at(*position)).cloned().collect())
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        let log = self.log.read();
        let Some(positions) = log.streams.get(&read.stream) else {
            return Ok(StreamPage { events: Vec::new(), stream: None, end: true });
        };
        let from = usize::try_from(read.from.get()).unwrap_or(usize::MAX);
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let rest: Vec<Position> = match read.direction {
            Direction::Forward => positions[from.min(positions.len())..].to_vec(),
            Direction::Backward => {
                positions[..from.saturating_sub(1).min(positions.len())].iter().rev().copied().collect()
            }
        };
        let events = rest.iter().take(limit).filter_map(|position| log.at(*position)).cloned().collect();
        Ok(StreamPage { events, stream: log.info(&read.stream, positions), end: rest.len() <= limit })
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        let log = self.log.read();
        Ok(log.ids.get(&event_id).and_then(|position| log.at(*position)).cloned())
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(self.log.read().head.position)
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        let log = self.log.read();
        Ok(Position(log.events.partition_point(|event| event.recorded_at <= time) as u64))
    }

    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        let log = self.log.read();
        let wanted = query.contains.as_deref().map(str::to_ascii_lowercase);
        let fits = |name: &StreamName| {
            (query.system || !name.is_system())
                && query.category.as_deref().is_none_or(|category| category == name.category())
                && wanted.as_deref().is_none_or(|text| name.as_str().to_ascii_lowercase().contains(text))
        };
        let found = log.streams.iter().filter(|(name, _)| fits(name));
        let mut streams: Vec<StreamInfo> = found.filter_map(|(name, positions)| log.info(name, positions)).collect();
        match query.order {
            StreamOrder::Name => {}
            StreamOrder::LastChange => streams.sort_by_key(|info| std::cmp::Reverse(info.last_position)),
            StreamOrder::Length => streams.sort_by_key(|info| std::cmp::Reverse(info.version)),
        }
        let total = streams.len() as u64;
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let page = streams.into_iter().skip(offset).take(query.limit.min(limits::PAGE_EVENTS));
        Ok(StreamListPage { streams: page.collect(), total })
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        let log = self.log.read();
        let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (name, positions) in &log.streams {
            let count = counts.entry(name.category()).or_default();
            count.0 += 1;
            count.1 += positions.len() as u64;
        }
        let counts = counts.into_iter().map(|(category, (streams, events))| CategoryCount {
            category: category.to_owned(),
            streams,
            events,
        });
        let mut counts: Vec<CategoryCount> = counts.collect();
        counts.sort_by_key(|count| std::cmp::Reverse(count.events));
        Ok(counts)
    }

    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        if self.log.read().head.position <= position {
            if self.wake_ups.load(Ordering::SeqCst) {
                let mut head = self.head.subscribe();
                // Elapsed or woken: either way the answer is the head as it stands then.
                let _ = tokio::time::timeout(at_most, head.wait_for(|head| *head > position)).await;
            } else {
                tokio::time::sleep(at_most).await;
            }
        }
        self.head().await
    }
}

#[async_trait]
impl EventStore for MemoryEventStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let timed = TimedRequest { request: &request, recorded_at: None };
        self.write(&[timed], false).pop().unwrap_or(Err(AppendError::Store(StoreError::Closed)))
    }

    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        let timed: Vec<TimedRequest<'_>> = appends
            .iter()
            .map(|append| TimedRequest { request: &append.request, recorded_at: Some(append.recorded_at) })
            .collect();
        self.write(&timed, true).into_iter().collect()
    }
}
