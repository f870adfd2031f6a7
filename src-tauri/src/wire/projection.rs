//! Read models and their rebuilds.

use serde::Serialize;
use specta::Type;

/// A read model's health.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionStatus {
    /// Name.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Version of its code.
    pub version: u32,
    /// Version of the tables in use; differs while a rebuild is due.
    pub active_version: Option<u32>,
    /// What it does now.
    pub state: ProjectionState,
    /// Everything up to here is in it.
    pub position: String,
    /// Position of the log's last event.
    pub head: String,
    /// Events it has not seen.
    pub lag_events: String,
    /// Age of the oldest event it has not seen.
    pub lag_seconds: f64,
    /// Events a second over the last seconds.
    pub rate: f64,
    /// Why it halted, and at which position.
    pub problem: Option<String>,
    /// Rows in its tables.
    pub rows: String,
}

/// State of a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ProjectionState {
    Running,
    CatchingUp,
    Rebuilding,
    Paused,
    Halted,
    /// Another window or program keeps it up to date.
    HeldElsewhere,
    /// Its store failed; it is tried again.
    Retrying,
}

/// How a rebuild ended.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RebuildReport {
    /// The projection.
    pub name: String,
    /// Events applied.
    pub events: String,
    /// Rows written.
    pub rows: String,
    /// Rows that differ from the former tables; nothing if there were none to compare with.
    pub differing_rows: Option<String>,
    /// Position at the swap.
    pub position: String,
    /// Seconds that it took.
    pub seconds: f64,
    /// Whether it was cancelled; then the former tables are untouched.
    pub cancelled: bool,
}
