//! Grids of events: what is looked for, how far the search is, rows, places in time.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AppError, EventRow};

/// Which events a grid shows or an export writes. All that is given must hold; what is empty restricts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct EventQuery {
    /// Exactly this stream.
    pub stream: Option<String>,
    /// Any of these streams.
    pub streams: Vec<String>,
    /// Stream names that begin so.
    pub stream_prefix: Option<String>,
    /// Any of these categories.
    pub categories: Vec<String>,
    /// Any of these event types.
    pub event_types: Vec<String>,
    /// This correlation id.
    pub correlation_id: Option<String>,
    /// This actor, exactly.
    pub actor: Option<String>,
    /// At positions after this one.
    pub after: Option<String>,
    /// At positions up to and including this one.
    pub through: Option<String>,
    /// Recorded at or after (RFC 3339).
    pub recorded_from: Option<String>,
    /// Recorded before (RFC 3339).
    pub recorded_until: Option<String>,
    /// Payload or metadata contains this text.
    pub contains: Option<String>,
    /// Everything about the subject of this stream: the stream itself and those that it names as its own, for a customer the
    /// accounts, their holds, transfers, orders and processes.
    pub about: Option<String>,
    /// A condition (CEL) on event, payload, metadata and state.
    pub condition: Option<String>,
    /// Paths into payload or metadata (`amount.minor`, `$.owner.name`, `metadata.actor`) whose values are shown beside each
    /// event. They restrict nothing.
    pub columns: Vec<String>,
}

/// An opened grid: rows are numbered 0.. in ascending position; what is found and what is appended later raises the total.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventsOpened {
    /// Handle for everything else; close it when the grid goes away.
    pub query_id: String,
    /// How far it is. A grid that needs no search, or a short one, is complete at once.
    pub progress: EventsProgress,
}

/// What becomes of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum EventsPhase {
    /// It goes on by itself.
    Scanning,
    /// Everything up to the head was examined; what is appended is examined when it is asked for.
    Complete,
    /// Somebody stopped it; it can go on.
    Stopped,
    /// The store did not answer; it can be tried again.
    Failed,
}

/// How far the search of a grid is.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventsProgress {
    /// What becomes of it.
    pub phase: EventsPhase,
    /// Matching events so far.
    pub total: String,
    /// Events examined so far; nothing where the store does not count them.
    pub scanned: Option<String>,
    /// Events to examine altogether; nothing where the store does not count them.
    pub of: Option<String>,
    /// Everything up to this position has been examined.
    pub scanned_through: String,
    /// Position of the log's last event, as last seen.
    pub head: String,
    /// Part of the log that has been examined, 0 to 1.
    pub share: f64,
    /// Matching events per examined one; nothing where the store does not count.
    pub match_rate: Option<f64>,
    /// How long it has searched, in seconds.
    pub seconds: f64,
    /// Events on which the condition could not be evaluated; they are not shown.
    pub undecided: String,
    /// The first of them.
    pub first_undecided: Option<UndecidedEvent>,
    /// Why it failed, if it did.
    pub error: Option<AppError>,
}

/// An event on which a condition has no answer.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UndecidedEvent {
    /// Its position.
    pub position: String,
    /// Why.
    pub problem: String,
}

/// A block of grid rows.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventBlock {
    /// Row number of the first event.
    pub first_row: String,
    /// The events, ascending.
    pub events: Vec<EventRow>,
    /// Of each event the values of the columns that were asked for; nothing where an event has none.
    pub values: Vec<Vec<Option<String>>>,
    /// Matching events now.
    pub total: String,
}

/// A row of a grid.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventPlace {
    /// Number of the first row at or after what was looked for; nothing if there is none (yet).
    pub row: Option<String>,
    /// Its position.
    pub position: Option<String>,
    /// Whether it is exactly at the place that was looked for.
    pub exact: bool,
    /// Whether the search has come that far; until then a row nearer by may still be found.
    pub settled: bool,
    /// Rows that had to be looked at one by one because times go back there; 0 where halving was enough.
    pub looked_at: String,
}

/// How many matching events were recorded when.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventDensity {
    /// Begin of the range (RFC 3339); nothing if no event matches.
    pub from: Option<String>,
    /// End of the range, exclusive.
    pub until: Option<String>,
    /// Consecutive parts of the range, of nearly the same length.
    pub bins: Vec<DensityBin>,
    /// Their sum.
    pub total: String,
    /// Most events of one part.
    pub most: String,
    /// Whether the search is complete; until then only what has been found is counted.
    pub complete: bool,
    /// The same events by category.
    pub by_category: DensityCategories,
}

/// The bins by category.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum DensityCategories {
    /// Every event of every bin has its category.
    Counted {
        /// Those with most events first, then all others together. Of each bin they add up to its events.
        categories: Vec<DensityCategory>,
    },
    /// They are being counted; ask again.
    Counting,
    /// There are too many events to count them by category.
    TooMany {
        /// As many are counted.
        most: String,
    },
}

/// A category's part of the bins.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DensityCategory {
    /// The category; nothing for all others together.
    pub category: Option<String>,
    /// Its events of each bin.
    pub events: Vec<String>,
    /// Their sum.
    pub total: String,
}

/// A part of a range of time.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DensityBin {
    /// Its begin (RFC 3339); it ends where the next one begins.
    pub from: String,
    /// Matching events in it.
    pub events: String,
}
