//! The store under test, with what a test must know of it, and the reads and writes that tests share.

use std::any::Any;
use std::sync::Arc;

use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Direction, EventFilter, EventStore, ExpectedVersion, ManualClock,
    NewEvent, Position, PositionPage, ReadAll, ReadStream, RecordedEvent, StreamInfo, StreamName, StreamQuery,
    StreamVersion,
};

/// The one stream of the suite that is named like those of a backend.
pub const SYSTEM_STREAM: &str = "$suite";

/// A fresh store with what a test may want to turn.
pub struct Fixture {
    /// The store.
    pub store: Arc<dyn EventStore>,
    /// The clock that it was given, if a test may set it; nothing if the store gives times itself.
    pub clock: Option<Arc<ManualClock>>,
    /// Whether an append wakes those who wait.
    pub wakes: bool,
    /// Most bytes of payloads and metadata that the store takes in one append, if that is less than the engine's limits.
    pub append_bytes: Option<usize>,
    /// Whether the backend writes events of its own, to streams named `$…`, while a test runs. They are passed over.
    beside_system_events: bool,
    place: Option<&'static str>,
    _keep: Option<Box<dyn Any + Send + Sync>>,
}

impl Fixture {
    /// A fixture around a store.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            clock: None,
            wakes: true,
            append_bytes: None,
            beside_system_events: false,
            place: None,
            _keep: None,
        }
    }

    /// The clock that the store was made with.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<ManualClock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Says that nobody is woken by an append.
    #[must_use]
    pub fn without_wake_ups(mut self) -> Self {
        self.wakes = false;
        self
    }

    /// Says that the store takes no more than these bytes of payloads and metadata in one append.
    #[must_use]
    pub fn with_append_bytes(mut self, most: usize) -> Self {
        self.append_bytes = Some(most);
        self
    }

    /// Says that the backend writes events of its own, to streams named `$…`. The suite then looks at its own ones only, and
    /// cannot tell exactly where the log ends.
    #[must_use]
    pub fn beside_system_events(mut self) -> Self {
        self.beside_system_events = true;
        self
    }

    /// Says that the store is in another place than the suite's own, for example `on_a_given_server`: what holds there is told
    /// separately.
    #[must_use]
    pub fn in_place(mut self, place: Option<&'static str>) -> Self {
        self.place = place;
        self
    }

    /// The place, if it is another one than the suite's own.
    #[must_use]
    pub fn place(&self) -> Option<&'static str> {
        self.place
    }

    /// Keeps something (a folder) for as long as the fixture lives.
    #[must_use]
    pub fn keeping(mut self, kept: impl Any + Send + Sync) -> Self {
        self._keep = Some(Box::new(kept));
        self
    }

    /// Whether the log holds events of the test alone.
    pub(crate) fn is_alone(&self) -> bool {
        !self.beside_system_events
    }

    /// Whether the test may have written to a stream, or to a category, of this name.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.is_alone() || !name.starts_with('$') || name == SYSTEM_STREAM
    }

    /// Appends to one stream.
    pub(crate) async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.store.append(AppendRequest::to_stream(stream.clone(), expected, events)).await
    }

    /// Appends to one stream and must succeed.
    pub(crate) async fn write(&self, stream: &StreamName, events: Vec<NewEvent>) -> Appended {
        self.append(stream, ExpectedVersion::Any, events).await.expect("an append that expects nothing succeeds")
    }

    /// A page of the log as it would be without the events of others.
    pub(crate) async fn page(&self, read: ReadAll) -> AllPage {
        let limit = read.limit;
        let mut page = self.store.read_all(read.clone()).await.expect("a page is read");
        assert!(page.events.len() <= limit, "a page of {} events, {limit} were asked for", page.events.len());
        while !self.is_alone() {
            page.events.retain(|event| self.is_own(event.stream.as_str()));
            let wanted = limit.min(es_core::limits::PAGE_EVENTS) - page.events.len();
            if wanted == 0 || page.end {
                break;
            }
            let on = ReadAll { from: page.next, limit: wanted, ..read.clone() };
            let more = self.store.read_all(on).await.expect("a page is read");
            page.events.extend(more.events);
            (page.next, page.end, page.head) = (more.next, more.end, more.head);
        }
        page
    }

    /// All events that match, in reading order, in pages of `limit`.
    pub(crate) async fn read(&self, direction: Direction, filter: &EventFilter, limit: usize) -> Vec<RecordedEvent> {
        let from = if direction == Direction::Forward { Position::ZERO } else { Position::MAX };
        self.read_from(from, direction, filter, limit).await
    }

    /// As [`Fixture::read`], from a position on.
    pub(crate) async fn read_from(
        &self,
        mut from: Position,
        direction: Direction,
        filter: &EventFilter,
        limit: usize,
    ) -> Vec<RecordedEvent> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let page = self.page(ReadAll { from, direction, filter: filter.clone(), limit }).await;
            let moved = if direction == Direction::Forward { page.next > from } else { page.next < from };
            assert!(moved || page.end, "a page that is not the last one moves on from {from}");
            from = page.next;
            events.extend(page.events);
            if page.end {
                return events;
            }
        }
    }

    /// The whole log.
    pub(crate) async fn all(&self) -> Vec<RecordedEvent> {
        self.read(Direction::Forward, &EventFilter::default(), 1000).await
    }

    /// Positions that match after a place, without those of others.
    pub(crate) async fn scan(&self, after: Position, filter: &EventFilter) -> PositionPage {
        let mut page = self.store.scan_positions(after, filter).await.expect("a scan");
        if !self.is_alone() {
            let found = self.store.read_positions(&page.positions).await.expect("the events at the positions");
            page.positions =
                found.iter().filter(|e| self.is_own(e.stream.as_str())).map(|event| event.position).collect();
        }
        page
    }

    /// One stream from its beginning.
    pub(crate) async fn read_stream(&self, stream: &StreamName) -> Vec<RecordedEvent> {
        let (from, direction) = (StreamVersion::ZERO, Direction::Forward);
        let read = ReadStream { stream: stream.clone(), from, direction, limit: 1000 };
        self.store.read_stream(read).await.expect("the stream is read").events
    }

    /// The streams of a list that is shorter than a page, without those of others.
    pub(crate) async fn list(&self, query: &StreamQuery) -> Vec<StreamInfo> {
        let page = self.store.streams(query).await.expect("a list");
        assert_eq!(page.total, page.streams.len() as u64, "a whole list has as many rows as it says: {query:?}");
        page.streams.into_iter().filter(|info| self.is_own(info.stream.as_str())).collect()
    }

    /// Fails unless the log is exactly as long as `count`.
    pub(crate) async fn assert_length(&self, count: usize, why: &str) {
        assert_eq!(self.all().await.len(), count, "{why}");
    }

    /// Fails unless a head that the store has told is at the test's last event, or behind it where others write too.
    pub(crate) fn assert_head(&self, told: Position, last: Position, why: &str) {
        assert!(
            if self.is_alone() { told == last } else { told >= last },
            "{why}: {told}, the last event is at {last}"
        );
    }
}

/// Positions of events.
pub(crate) fn positions(events: &[RecordedEvent]) -> Vec<Position> {
    events.iter().map(|event| event.position).collect()
}
