//! Read models, their rebuilds and what persons decide about them.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::app::{AppError, Progress};

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
    /// The tables in use, for example `v2.1`: version of the code and number of the build.
    pub active_tables: Option<String>,
    /// What it does now.
    pub state: ProjectionState,
    /// Which order of events it relies on.
    pub order: ReplayOrder,
    /// What happens with an event that it cannot apply.
    pub failure_policy: FailurePolicy,
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
    /// Why it halted, or what its store said last.
    pub problem: Option<String>,
    /// Position of the event that it is halted at, if it is an event's fault.
    pub halted_at: Option<String>,
    /// Streams that are set aside.
    pub quarantined: Vec<QuarantinedStream>,
    /// Events that persons have decided to leave out, first decisions first.
    pub skipped: Vec<SkippedEvent>,
    /// Tables that can be gone back to.
    pub previous_tables: Option<String>,
    /// Half-built tables: those being built now, or those that a stopped rebuild has kept.
    pub half_built_tables: Option<String>,
    /// What the window has under way for it.
    pub task: Option<ProjectionTask>,
    /// How the last rebuild that a person asked for ended, until that is dismissed.
    pub last_rebuild: Option<RebuildEnd>,
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

/// Which order of events a projection relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ReplayOrder {
    /// The order of the whole log.
    Global,
    /// The order within each stream; streams are folded side by side.
    PerStream,
}

/// What a projection does with an event that it cannot apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum FailurePolicy {
    /// It halts until a person decides.
    Halt,
    /// The event's stream is set aside, the others go on.
    QuarantineStream,
}

/// A stream whose events a read model does not apply, because one of them could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QuarantinedStream {
    /// The stream.
    pub stream: String,
    /// Position of its first event that is not applied.
    pub position: String,
    /// Type of that event.
    pub event_type: String,
    /// Why it could not be applied.
    pub reason: String,
}

/// The recorded decision that a read model leaves out an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SkippedEvent {
    /// Position of the event.
    pub position: String,
    /// Its stream.
    pub stream: String,
    /// Its type.
    pub event_type: String,
    /// Why it could not be applied.
    pub problem: String,
    /// Who decided.
    pub actor: String,
    /// Why, in the actor's words.
    pub reason: String,
    /// When.
    pub decided_at: String,
    /// Position of the decision in the log.
    pub decision: String,
}

/// The decision to leave out the event that a read model is halted at.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SkipRequest {
    /// The read model.
    pub name: String,
    /// Position of the event.
    pub position: String,
    /// Who decides.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// Long work on a read model.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionTask {
    /// For stopping it.
    pub task_id: String,
    /// What it is.
    pub kind: ProjectionTaskKind,
    /// Whether what is built can be gone on with after it was stopped.
    pub keeps: bool,
    /// How far it is.
    pub progress: Progress,
}

/// Kind of long work on a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ProjectionTaskKind {
    Rebuild,
    Reset,
    Doctor,
}

/// What a rebuild may do.
#[derive(Debug, Clone, Copy, Default, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RebuildOptions {
    /// Swap even if rows differ or an invariant does not hold.
    pub accept_differences: bool,
    /// Go on with half-built tables, if they are usable.
    pub resume: bool,
    /// Keep what was built if it is stopped or refused.
    pub keep: bool,
}

/// How a rebuild ended: one of both is there.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RebuildEnd {
    /// What it came to.
    pub report: Option<RebuildReport>,
    /// Why it came to nothing.
    pub error: Option<AppError>,
}

/// What a rebuild came to.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RebuildReport {
    /// The projection.
    pub name: String,
    /// What became of the new tables.
    pub outcome: RebuildOutcome,
    /// Whether what was built was kept, where it is not in use.
    pub kept: bool,
    /// The tables that were in use before.
    pub from: Option<String>,
    /// The tables that were built.
    pub to: String,
    /// Where it went on from, if it resumed.
    pub resumed_at: Option<String>,
    /// Events applied.
    pub events: String,
    /// Rows written.
    pub rows: String,
    /// Position of the new tables.
    pub position: String,
    /// Seconds that it took.
    pub seconds: f64,
    /// Rows and checksums by table.
    pub tables: Vec<TableCheck>,
    /// How many violations of invariants there are.
    pub violation_count: String,
    /// The first of them.
    pub violations: Vec<InvariantViolation>,
    /// Rows that differ from the former tables; nothing if there were none to compare with.
    pub differing_rows: Option<String>,
    /// The first of them.
    pub differences: Vec<RowDifference>,
}

/// What became of rebuilt tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RebuildOutcome {
    /// They are in use.
    Swapped,
    /// It was stopped; the former tables are untouched.
    Cancelled,
    /// They did not pass verification; the former tables are in use as before.
    Refused,
}

/// What a table holds, before and after a rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TableCheck {
    /// Name.
    pub table: String,
    /// Rows in the former table, if there was one to compare with.
    pub rows_before: Option<String>,
    /// Rows in the new table.
    pub rows_after: String,
    /// Checksum of the former table's rows, hexadecimal.
    pub checksum_before: Option<String>,
    /// Checksum of the new table's rows, hexadecimal.
    pub checksum_after: String,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InvariantViolation {
    /// What should hold.
    pub invariant: String,
    /// Table and key of the row that is wrong; nothing if it is the rows together.
    pub row: Option<String>,
    /// What is wrong, with its numbers.
    pub message: String,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RowDifference {
    /// The table.
    pub table: String,
    /// The row's key.
    pub key: String,
    /// How it differs.
    pub kind: RowDifferenceKind,
    /// The cells that differ; of a row that stands on one side only, all but the key.
    pub cells: Vec<CellDifference>,
}

/// How a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RowDifferenceKind {
    /// It stands only on the new side.
    Added,
    /// It stands only on the former side.
    Removed,
    /// It stands on both.
    Changed,
}

/// A cell that differs. An empty cell is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CellDifference {
    /// The column.
    pub column: String,
    /// In the former, or the stored, row.
    pub before: Option<String>,
    /// In the new, or the expected, row.
    pub after: Option<String>,
}

/// What the examination of a read model found.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// The projection.
    pub name: String,
    /// Whether every row was compared, none differs, and every invariant holds.
    pub clean: bool,
    /// Whether it was stopped.
    pub cancelled: bool,
    /// The tables that were examined.
    pub tables: String,
    /// Stored rows and replay both stand here.
    pub position: String,
    /// Events that the replay applied.
    pub events: String,
    /// Rows compared.
    pub rows_checked: String,
    /// Rows that differ.
    pub differing_rows: String,
    /// Rows of events that were hidden since; a rebuild would leave them out.
    pub outlived_rows: String,
    /// The first differing ones: stored against replayed.
    pub faults: Vec<RowFault>,
    /// How many violations of invariants there are.
    pub violation_count: String,
    /// The first of them.
    pub violations: Vec<InvariantViolation>,
    /// Streams that are set aside: neither side has their later events.
    pub quarantined: String,
    /// Seconds that it took.
    pub seconds: f64,
}

/// A stored row that is not what the events make of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RowFault {
    /// How stored and replayed row differ.
    pub difference: RowDifference,
    /// Where they part, if the events can tell.
    pub parting: Option<PartingEvent>,
}

/// The event where a stored row parts from the replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PartingEvent {
    /// Its position.
    pub position: String,
    /// Its stream.
    pub stream: String,
    /// Its type.
    pub event_type: String,
    /// Whether the stored row missed this event; otherwise it is the last one that wrote the row, and no event made it so.
    pub missed: bool,
}
