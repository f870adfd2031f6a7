//! What a time or a position means as a moment of the log.

use chrono::{DateTime, Utc};
use es_core::{EventReader, Position, ReadAll, RecordedEvent, StoreError};

/// A moment of a log: right after one of its events, or before the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Position of the event; zero before the first one.
    pub position: Position,
    /// The event; nothing before the first one.
    pub event: Option<RecordedEvent>,
    /// The moment one event earlier; nothing before the first event.
    pub previous: Option<Position>,
    /// The moment one event later; nothing at the head.
    pub next: Option<Position>,
    /// The event after it, if there is one.
    pub following: Option<RecordedEvent>,
    /// Position of the log's last event.
    pub head: Position,
}

impl Moment {
    /// The moment right after the last event at or before a position.
    ///
    /// # Errors
    /// The store fails.
    pub async fn at(reader: &dyn EventReader, position: Position) -> Result<Self, StoreError> {
        let head = reader.head().await?;
        let event = last(reader, position.min(head).next()).await?;
        Self::after(reader, event, head).await
    }

    /// The moment at a time: right after the longest beginning of the log that was recorded by then. Of several events recorded
    /// at the time itself, all have happened. Where somebody's clock went back, the latest time so far counts: what stands
    /// behind an event cannot have happened before it.
    ///
    /// # Errors
    /// The store fails.
    pub async fn at_time(reader: &dyn EventReader, time: DateTime<Utc>) -> Result<Self, StoreError> {
        Self::at(reader, reader.position_at(time).await?).await
    }

    async fn after(reader: &dyn EventReader, event: Option<RecordedEvent>, head: Position) -> Result<Self, StoreError> {
        let position = event.as_ref().map_or(Position::ZERO, |event| event.position);
        let following = first(reader, position).await?;
        let previous = match &event {
            Some(event) => {
                let before = last(reader, event.position).await?;
                Some(before.map_or(Position::ZERO, |before| before.position))
            }
            None => None,
        };
        let next = following.as_ref().map(|event| event.position);
        Ok(Self { position, event, previous, next, following, head })
    }
}

/// The last event before a position.
async fn last(reader: &dyn EventReader, before: Position) -> Result<Option<RecordedEvent>, StoreError> {
    let mut from = before;
    loop {
        let page = reader.read_all(ReadAll::backward(from, 1)).await?;
        if page.end || !page.events.is_empty() {
            return Ok(page.events.into_iter().next());
        }
        from = page.next;
    }
}

/// The first event after a position.
async fn first(reader: &dyn EventReader, after: Position) -> Result<Option<RecordedEvent>, StoreError> {
    let mut from = after;
    loop {
        let page = reader.read_all(ReadAll::forward(from, 1)).await?;
        if page.end || !page.events.is_empty() {
            return Ok(page.events.into_iter().next());
        }
        from = page.next;
    }
}
