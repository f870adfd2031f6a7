//! What every event store promises, as functions over a fresh store.

#![allow(missing_docs, reason = "each function is a statement and is named so")]

pub mod append;
pub mod follow;
pub mod idempotency;
pub mod integrity;
pub mod model;
pub mod payload;
pub mod read;
pub mod retention;
pub mod scavenge;
pub mod streams;
pub mod time;

use std::any::Any;
use std::sync::Arc;

use es_core::{
    AppendError, AppendRequest, Appended, Direction, EventFilter, EventStore, ExpectedVersion, ManualClock, NewEvent,
    Position, ReadAll, ReadStream, RecordedEvent, StreamName, StreamVersion,
};

/// A fresh store with what a test may want to turn.
pub struct Fixture {
    /// The store.
    pub store: Arc<dyn EventStore>,
    /// The clock that it was given, if a test may set it.
    pub clock: Option<Arc<ManualClock>>,
    /// Whether an append wakes those who wait.
    pub wakes: bool,
    _keep: Option<Box<dyn Any + Send + Sync>>,
}

impl Fixture {
    /// A fixture around a store.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self { store, clock: None, wakes: true, _keep: None }
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

    /// Keeps something (a folder) for as long as the fixture lives.
    #[must_use]
    pub fn keeping(mut self, kept: impl Any + Send + Sync) -> Self {
        self._keep = Some(Box::new(kept));
        self
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

    /// All events that match, in reading order, in pages of `limit`.
    pub(crate) async fn read(&self, direction: Direction, filter: &EventFilter, limit: usize) -> Vec<RecordedEvent> {
        let mut from = if direction == Direction::Forward { Position::ZERO } else { Position::MAX };
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let read = ReadAll { from, direction, filter: filter.clone(), limit };
            let page = self.store.read_all(read).await.expect("a page is read");
            assert!(page.events.len() <= limit, "a page of {} events, {limit} were asked for", page.events.len());
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

    /// One stream from its beginning.
    pub(crate) async fn read_stream(&self, stream: &StreamName) -> Vec<RecordedEvent> {
        let (from, direction) = (StreamVersion::ZERO, Direction::Forward);
        let read = ReadStream { stream: stream.clone(), from, direction, limit: 1000 };
        self.store.read_stream(read).await.expect("the stream is read").events
    }

    /// Fails unless the log is exactly as long as `count`.
    pub(crate) async fn assert_length(&self, count: usize, why: &str) {
        assert_eq!(self.all().await.len(), count, "{why}");
    }
}

/// Positions of events.
pub(crate) fn positions(events: &[RecordedEvent]) -> Vec<Position> {
    events.iter().map(|event| event.position).collect()
}
