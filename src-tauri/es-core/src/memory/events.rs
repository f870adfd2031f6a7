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
use crate::retention::{EventStub, RetentionStore, ScavengedSpan};
use crate::seal::{MemorySubjectKeys, SubjectKeys};
use crate::store::{
    AllPage, Capabilities, CategoryCount, Direction, EventFilter, EventReader, EventStore, ImportedAppend,
    PositionPage, ReadAll, ReadStream, StoreError, StreamInfo, StreamListPage, StreamOrder, StreamPage, StreamQuery,
};

/// An event store in memory.
pub struct MemoryEventStore {
    pub(super) log: RwLock<Log>,
    clock: Arc<dyn Clock>,
    keys: Arc<MemorySubjectKeys>,
    head: watch::Sender<Position>,
    wake_ups: AtomicBool,
}

pub(super) struct Log {
    pub(super) head: LogHead,
    /// What is at position `p` stands at index `p - 1`.
    pub(super) slots: Vec<Slot>,
    pub(super) ids: HashMap<Uuid, Position>,
    pub(super) streams: BTreeMap<StreamName, Track>,
    /// Scavenged events.
    pub(super) archive: BTreeMap<Position, RecordedEvent>,
}

/// What is at a position.
pub(super) enum Slot {
    Event(RecordedEvent),
    /// The event was scavenged.
    Stub(EventStub),
}

/// A stream.
#[derive(Default)]
pub(super) struct Track {
    /// The event with version `v` stands at index `v - 1`.
    pub(super) positions: Vec<Position>,
    pub(super) truncated_before: StreamVersion,
    pub(super) closed_at: Option<DateTime<Utc>>,
}

impl Slot {
    pub(super) fn event(&self) -> Option<&RecordedEvent> {
        match self {
            Self::Event(event) => Some(event),
            Self::Stub(_) => None,
        }
    }

    pub(super) fn stub(&self) -> Option<&EventStub> {
        match self {
            Self::Event(_) => None,
            Self::Stub(stub) => Some(stub),
        }
    }

    fn recorded_at(&self) -> DateTime<Utc> {
        match self {
            Self::Event(event) => event.recorded_at,
            Self::Stub(stub) => stub.recorded_at,
        }
    }

    fn known(&self) -> KnownEvent {
        let (stream, version, position, content_hash) = match self {
            Self::Event(event) => (&event.stream, event.version, event.position, event.content_hash),
            Self::Stub(stub) => (&stub.stream, stub.version, stub.position, stub.content_hash),
        };
        KnownEvent { stream: stream.clone(), version, position, content_hash }
    }
}

impl Track {
    pub(super) fn version(&self) -> StreamVersion {
        StreamVersion(self.positions.len() as u64)
    }

    /// Index of the first event that is read.
    fn first_read(&self) -> usize {
        usize::try_from(self.truncated_before.get().saturating_sub(1)).unwrap_or(usize::MAX).min(self.positions.len())
    }
}

impl MemoryEventStore {
    /// An empty store that takes its time from `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let log = Log {
            head: LogHead::EMPTY,
            slots: Vec::new(),
            ids: HashMap::new(),
            streams: BTreeMap::new(),
            archive: BTreeMap::new(),
        };
        // The events lie in the same memory: whoever can read the keys can read what came in.
        let keys = Arc::new(MemorySubjectKeys::new([0; 32]));
        let head = watch::Sender::new(Position::ZERO);
        Self { log: RwLock::new(log), clock, keys, head, wake_ups: AtomicBool::new(true) }
    }

    /// Turns wake-ups on or off. Without them [`EventReader::wait_for_events`] sleeps for the whole time it was given.
    pub fn set_wake_ups(&self, on: bool) {
        self.wake_ups.store(on, Ordering::SeqCst);
    }

    fn write(&self, requests: &[TimedRequest<'_>], all_or_nothing: bool) -> Vec<Result<Appended, AppendError>> {
        self.write_with(&mut self.log.write(), requests, all_or_nothing)
    }

    /// Writes while the caller holds the log.
    pub(super) fn write_with(
        &self,
        log: &mut Log,
        requests: &[TimedRequest<'_>],
        all_or_nothing: bool,
    ) -> Vec<Result<Appended, AppendError>> {
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
            let track = self.streams.get(name)?;
            Some((name.clone(), StreamHead { version: track.version(), closed: track.closed_at.is_some() }))
        });
        heads.collect()
    }

    fn known_events(&self, requests: &[TimedRequest<'_>]) -> HashMap<Uuid, KnownEvent> {
        let events = requests.iter().flat_map(|timed| &timed.request.parts).flat_map(|part| &part.events);
        let known = events.filter_map(|event| {
            let stored = self.slot(*self.ids.get(&event.event_id)?)?;
            Some((event.event_id, stored.known()))
        });
        known.collect()
    }

    fn insert(&mut self, row: &PlannedRow<'_>) {
        self.ids.insert(row.event.event_id, row.position);
        self.streams.entry(row.stream.clone()).or_default().positions.push(row.position);
        self.slots.push(Slot::Event(RecordedEvent {
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
        }));
    }

    pub(super) fn slot(&self, position: Position) -> Option<&Slot> {
        let index = usize::try_from(position.get().checked_sub(1)?).ok()?;
        self.slots.get(index)
    }

    pub(super) fn at(&self, position: Position) -> Option<&RecordedEvent> {
        self.slot(position)?.event()
    }

    /// What is after (forward) or before (backward) a position, in reading order.
    fn from(&self, from: Position, direction: Direction) -> Box<dyn Iterator<Item = &Slot> + '_> {
        let from = usize::try_from(from.get()).unwrap_or(usize::MAX);
        match direction {
            Direction::Forward => Box::new(self.slots[from.min(self.slots.len())..].iter()),
            Direction::Backward => Box::new(self.slots[..from.saturating_sub(1).min(self.slots.len())].iter().rev()),
        }
    }

    /// Examines events until `limit` match, the scan bound is reached, or the log ends.
    fn examine(&self, (from, direction): (Position, Direction), filter: &EventFilter, limit: usize) -> Examined<'_> {
        let mut examined = Examined { matches: Vec::new(), next: from, end: false, scavenged: None };
        let mut rest = self.from(from, direction);
        for count in 0.. {
            if examined.matches.len() >= limit || count >= limits::SCAN_EVENTS_PER_PAGE {
                examined.end = rest.next().is_none();
                return examined;
            }
            match rest.next() {
                None => break,
                Some(Slot::Stub(stub)) => examined.pass_stub(stub.position),
                Some(Slot::Event(event)) => {
                    examined.next = event.position;
                    examined.matches.extend(filter.matches(event).then_some(event));
                }
            }
        }
        Examined { end: true, ..examined }
    }

    fn info(&self, stream: &StreamName, track: &Track) -> Option<StreamInfo> {
        // The last event of a stream is never scavenged.
        let last = self.at(*track.positions.last()?)?;
        Some(StreamInfo {
            stream: stream.clone(),
            version: last.version,
            truncated_before: track.truncated_before,
            closed_at: track.closed_at,
            last_position: last.position,
            last_recorded_at: last.recorded_at,
            last_event_type: last.event_type.clone(),
        })
    }
}

/// What an examination of the log came to.
struct Examined<'a> {
    matches: Vec<&'a RecordedEvent>,
    /// The last position examined.
    next: Position,
    /// Whether the log ended there.
    end: bool,
    scavenged: Option<ScavengedSpan>,
}

impl Examined<'_> {
    fn pass_stub(&mut self, position: Position) {
        self.next = position;
        let span = self.scavenged.get_or_insert(ScavengedSpan { first: position, last: position });
        span.first = span.first.min(position);
        span.last = span.last.max(position);
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
            retention: true,
        }
    }

    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        let log = self.log.read();
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let found = log.examine((read.from, read.direction), &read.filter, limit);
        Ok(AllPage {
            events: found.matches.into_iter().cloned().collect(),
            next: found.next,
            end: found.end,
            head: log.head.position,
            scavenged: found.scavenged,
        })
    }

    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        let log = self.log.read();
        let found = log.examine((after, Direction::Forward), filter, usize::MAX);
        Ok(PositionPage {
            positions: found.matches.into_iter().map(|event| event.position).collect(),
            next: found.next,
            end: found.end,
            head: log.head.position,
            scavenged: found.scavenged,
        })
    }

    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        let log = self.log.read();
        Ok(positions.iter().filter_map(|position| log.at(*position)).cloned().collect())
    }

    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        let log = self.log.read();
        let Some(track) = log.streams.get(&read.stream) else {
            return Ok(StreamPage { events: Vec::new(), stream: None, end: true });
        };
        let (positions, first) = (&track.positions, track.first_read());
        let from = usize::try_from(read.from.get()).unwrap_or(usize::MAX);
        let limit = read.limit.min(limits::PAGE_EVENTS);
        let rest: Vec<Position> = match read.direction {
            Direction::Forward => positions[from.clamp(first, positions.len())..].to_vec(),
            Direction::Backward => {
                let behind = from.saturating_sub(1).min(positions.len()).max(first);
                positions[first..behind].iter().rev().copied().collect()
            }
        };
        let events = rest.iter().take(limit).filter_map(|position| log.at(*position)).cloned().collect();
        Ok(StreamPage { events, stream: log.info(&read.stream, track), end: rest.len() <= limit })
    }

    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        let log = self.log.read();
        let found = log.ids.get(&event_id).and_then(|at| log.at(*at).or_else(|| log.archive.get(at)));
        Ok(found.cloned())
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(self.log.read().head.position)
    }

    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        let log = self.log.read();
        Ok(Position(log.slots.partition_point(|slot| slot.recorded_at() <= time) as u64))
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
        let mut streams: Vec<StreamInfo> = found.filter_map(|(name, track)| log.info(name, track)).collect();
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
        for (name, track) in &log.streams {
            let count = counts.entry(name.category()).or_default();
            count.0 += 1;
            count.1 += track.positions.len() as u64;
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

    fn retention(&self) -> Option<&dyn RetentionStore> {
        Some(self)
    }
}

#[async_trait]
impl EventStore for MemoryEventStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let timed = TimedRequest { request: &request, recorded_at: None, examined: None };
        self.write(&[timed], false).pop().unwrap_or(Err(AppendError::Store(StoreError::Closed)))
    }

    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        let timed: Vec<TimedRequest<'_>> = appends
            .iter()
            .map(|append| TimedRequest {
                request: &append.request,
                recorded_at: Some(append.recorded_at),
                examined: None,
            })
            .collect();
        self.write(&timed, true).into_iter().collect()
    }

    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        Some(self.keys.clone())
    }
}
