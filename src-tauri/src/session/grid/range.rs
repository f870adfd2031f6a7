//! Rows that are neighbouring positions: a dense log, or the part of it between two positions or times.

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{EventFilter, EventReader, Position, StoreError};
use parking_lot::Mutex;

/// The part of a dense log that a filter on positions and times leaves.
pub struct Range {
    filter: EventFilter,
    /// Bounds that can not move any more, however the log grows.
    settled: Mutex<Settled>,
}

#[derive(Default, Clone, Copy)]
struct Settled {
    after: Option<Position>,
    through: Option<Position>,
}

/// The rows at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The first row is behind this position.
    pub after: Position,
    /// The last row stands here.
    pub through: Position,
    /// Position of the log's last event.
    pub head: Position,
}

impl Bounds {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.through.get().saturating_sub(self.after.get())
    }

    /// Where some rows stand: after one position up to another one.
    pub fn span(&self, first_row: u64, count: usize) -> (Position, Position) {
        let after = self.after.get().saturating_add(first_row).min(self.through.get().max(self.after.get()));
        let through = after.saturating_add(count as u64).min(self.through.get());
        (Position(after), Position(through))
    }

    /// How many rows stand before a position.
    pub fn before(&self, position: Position) -> u64 {
        position.previous().get().clamp(self.after.get(), self.through.get().max(self.after.get())) - self.after.get()
    }
}

/// The last position of which everything up to it was recorded before a time.
pub async fn last_before(reader: &dyn EventReader, time: DateTime<Utc>) -> Result<Position, StoreError> {
    // Times are kept in whole microseconds: what is before a part of one is at or before its begin.
    let whole = time.timestamp_subsec_nanos().is_multiple_of(1000);
    let cut = DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time);
    let before = if whole { cut.checked_sub_signed(TimeDelta::microseconds(1)) } else { Some(cut) };
    match before {
        Some(before) => reader.position_at(before).await,
        None => Ok(Position::ZERO),
    }
}

impl Range {
    /// Whether a filter is about positions and times alone.
    pub fn can_be(filter: &EventFilter) -> bool {
        let EventFilter { after, through, recorded_from, recorded_until, .. } = filter.clone();
        *filter == EventFilter { after, through, recorded_from, recorded_until, ..EventFilter::default() }
    }

    pub fn new(filter: EventFilter) -> Self {
        Self { filter, settled: Mutex::default() }
    }

    /// The rows that there are now.
    pub async fn bounds(&self, reader: &dyn EventReader) -> Result<Bounds, StoreError> {
        let head = reader.head().await?;
        let mut settled = *self.settled.lock();
        let mut after = settled.after.or(self.filter.after).unwrap_or(Position::ZERO);
        if let Some(from) = self.filter.recorded_from.filter(|_| settled.after.is_none()) {
            let before = last_before(reader, from).await?;
            after = after.max(before);
            // An event behind it is not before the time, and none that comes later will be.
            settled.after = (before < head).then_some(after);
        }
        let mut through = settled.through.unwrap_or_else(|| self.filter.through.unwrap_or(head).min(head));
        if let Some(until) = self.filter.recorded_until.filter(|_| settled.through.is_none()) {
            let before = last_before(reader, until).await?;
            through = through.min(before);
            settled.through = (before < head).then_some(through);
        }
        *self.settled.lock() = settled;
        Ok(Bounds { after, through, head })
    }
}
