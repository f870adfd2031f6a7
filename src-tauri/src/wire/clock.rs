//! The clock: moments of the log, and read models at one of them.

use serde::Serialize;
use specta::Type;

use super::events::EventRow;

/// A moment: right after an event of the log, or before the first one.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ClockView {
    /// Position of the event; `0` before the first one.
    pub position: String,
    /// Time of the event.
    pub recorded_at: Option<String>,
    /// The event.
    pub event: Option<EventRow>,
    /// The moment one event earlier; nothing before the first event.
    pub previous: Option<String>,
    /// The moment one event later; nothing at the head.
    pub next: Option<String>,
    /// The event that comes next.
    pub following: Option<EventRow>,
    /// Position of the log's last event.
    pub head: String,
}

/// A read model at a moment.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelAt {
    /// Its name.
    pub name: String,
    /// The position that it is of.
    pub position: String,
    /// Its tables with their rows.
    pub tables: Vec<TableCount>,
    /// The event that it cannot apply, if there is one by then: it shows what was before it.
    pub halted: Option<ModelHalt>,
    /// Streams that are set aside, because one of their events cannot be applied.
    pub streams_aside: String,
    /// Streams that were truncated since: they show what is left of them.
    pub truncated_streams: String,
}

/// How many rows a table has.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TableCount {
    /// Its name.
    pub table: String,
    /// Rows.
    pub rows: String,
}

/// An event that a read model cannot apply.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelHalt {
    /// Its position.
    pub position: String,
    /// Its stream.
    pub stream: String,
    /// Its type.
    pub event_type: String,
    /// Why.
    pub reason: String,
}
