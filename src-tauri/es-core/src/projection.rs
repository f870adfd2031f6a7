//! Read models: pure functions over keyed rows, the tables they declare, and the queries that read them.

use std::cmp::Ordering;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::decider::DecodeError;
use crate::event::RecordedEvent;
use crate::invariant::Invariant;
use crate::name::{Position, StreamName};
use crate::store::{EventFilter, StoreError};
use crate::upcast::{CurrentEvent, UpcastError};

/// A value in a read-model row. Money is minor units in [`Cell::Int`]; caps keep every sum below 2^63.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
}

impl Cell {
    /// The number, or nothing.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// The text, or nothing.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row: one cell per declared column, in declared order.
pub type Row = Vec<Cell>;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// [`Cell::Int`] or null.
    Int,
    /// [`Cell::Text`] or null.
    Text,
}

/// A column of a read-model table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name: lower-case letters, digits and `_`.
    pub name: &'static str,
    /// Kind of its cells.
    pub kind: ColumnKind,
}

/// A read-model table. Stored as `{name}__v{version}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Name: lower-case letters, digits and `_`.
    pub name: &'static str,
    /// Columns; the first `key_columns` of them are the key.
    pub columns: &'static [Column],
    /// How many leading columns make the key; at least 1. Key cells are never null.
    pub key_columns: usize,
    /// Further indexes, each a list of column names.
    pub indexes: &'static [&'static [&'static str]],
}

impl Table {
    /// Index of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// Keyed rows of one projection's tables. Memory, SQLite and PostgreSQL implement it; no projection contains SQL.
pub trait Rows {
    /// The row with this key.
    ///
    /// # Errors
    /// The store fails, or the table was not declared.
    fn get(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError>;
    /// Inserts or replaces the row with this row's key.
    ///
    /// # Errors
    /// The store fails, or the row does not fit the table.
    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError>;
    /// Removes the row with this key, if there is one.
    ///
    /// # Errors
    /// The store fails, or the table was not declared.
    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError>;
    /// Shows the row with this key to `look`, without a copy where the rows are in memory. False if there is none.
    ///
    /// # Errors
    /// As [`Rows::get`].
    fn read(&mut self, table: &Table, key: &[Cell], look: &mut dyn FnMut(&Row)) -> Result<bool, StoreError> {
        let found = self.get(table, key)?;
        found.iter().for_each(look);
        Ok(found.is_some())
    }
    /// Changes cells of the row with this key that are no part of the key, in place where the rows are in memory. False if
    /// there is none.
    ///
    /// # Errors
    /// The change's own, the store fails, or the changed row does not fit the table or has another key. The row may then be
    /// half changed: whoever applies events discards or rolls back what a failed event has written.
    fn update(
        &mut self,
        table: &Table,
        key: &[Cell],
        change: &mut dyn FnMut(&mut Row) -> Result<(), ProjectionError>,
    ) -> Result<bool, ProjectionError> {
        let Some(mut row) = self.get(table, key)? else { return Ok(false) };
        change(&mut row)?;
        table.check_key_kept(&row, key)?;
        self.put(table, row)?;
        Ok(true)
    }
}

/// An event as projections see it: the stored event and its current shape.
#[derive(Debug, Clone, Copy)]
pub struct ProjectedEvent<'a> {
    /// The stored event, with position, stream, version, time and metadata.
    pub recorded: &'a RecordedEvent,
    /// Type and payload after upcasting.
    pub current: &'a CurrentEvent<'a>,
}

/// What a projection does when an event cannot be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum FailurePolicy {
    /// Stop before the event until a person decides. The default for anything with money in it.
    Halt,
    /// Set the event's stream aside and go on with the others.
    QuarantineStream,
}

/// Which order of events a projection relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ReplayOrder {
    /// The order of the whole log: a row may depend on events of several streams. The default.
    Global,
    /// The order within each stream: no row is read or written by the events of two streams. A replay may then fold streams
    /// side by side, and a stream that was set aside can be caught up alone.
    PerStream,
}

/// Why an event could not be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// It does not upcast.
    #[error(transparent)]
    Upcast(#[from] UpcastError),
    /// It does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It contradicts what the read model holds.
    #[error("{0}")]
    Contradiction(String),
    /// The read model's store failed; the event itself is not at fault.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A read model: declared tables and a pure function that keeps them.
pub trait Projection: Send + Sync {
    /// Name: lower-case letters, digits and `_`.
    fn name(&self) -> &'static str;
    /// Raised whenever tables or meaning change; a new version is built beside the old one.
    fn version(&self) -> u32;
    /// One sentence for people.
    fn description(&self) -> &'static str;
    /// The tables it owns.
    fn tables(&self) -> &'static [&'static Table];
    /// Which events it wants.
    fn filter(&self) -> EventFilter;
    /// Which order of events it relies on.
    fn order(&self) -> ReplayOrder {
        ReplayOrder::Global
    }
    /// What to do with an event that cannot be applied.
    fn failure_policy(&self) -> FailurePolicy {
        FailurePolicy::Halt
    }
    /// What holds of its rows at every position, begun anew for one check of all rows.
    fn invariants(&self) -> Vec<Box<dyn Invariant>> {
        Vec::new()
    }
    /// Applies an event. Pure: depends on the event and the rows only.
    ///
    /// # Errors
    /// The event cannot be applied, or the row store fails.
    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError>;
}

/// Comparison in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// Equal (null equals null).
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// At most.
    Le,
    /// Greater than.
    Gt,
    /// At least.
    Ge,
    /// Text contains, ASCII letters in either case.
    Contains,
}

/// One condition of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Column.
    pub column: &'static str,
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: Cell,
}

/// A query over one read-model table: all conditions must hold. Ordering ends with the key, so pages are stable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowQuery {
    /// The table.
    pub table: &'static Table,
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// Columns to order by, each with `true` for descending.
    pub order: Vec<(&'static str, bool)>,
    /// Rows to leave out before the first.
    pub offset: u64,
    /// Most rows; cut to [`crate::limits::QUERY_ROWS`].
    pub limit: usize,
}

impl RowQuery {
    /// All rows of a table, by key.
    #[must_use]
    pub fn all(table: &'static Table) -> Self {
        Self { table, conditions: Vec::new(), order: Vec::new(), offset: 0, limit: crate::limits::QUERY_ROWS }
    }

    /// Adds a condition.
    #[must_use]
    pub fn when(mut self, column: &'static str, comparison: Comparison, value: impl Into<Cell>) -> Self {
        self.conditions.push(Condition { column, comparison, value: value.into() });
        self
    }

    /// Adds an order column.
    #[must_use]
    pub fn order_by(mut self, column: &'static str, descending: bool) -> Self {
        self.order.push((column, descending));
        self
    }

    /// Sets offset and limit.
    #[must_use]
    pub fn page(mut self, offset: u64, limit: usize) -> Self {
        self.offset = offset;
        self.limit = limit;
        self
    }

    /// Whether a row fits all conditions: the meaning that stores implement in SQL.
    #[must_use]
    pub fn matches(&self, row: &Row) -> bool {
        self.conditions.iter().all(|condition| {
            let Some(cell) = self.table.column(condition.column).and_then(|index| row.get(index)) else { return false };
            let ordered = |wanted: &[Ordering]| {
                *cell != Cell::Null && condition.value != Cell::Null && wanted.contains(&cell.cmp(&condition.value))
            };
            match condition.comparison {
                Comparison::Eq => *cell == condition.value,
                Comparison::Ne => *cell != condition.value,
                Comparison::Lt => ordered(&[Ordering::Less]),
                Comparison::Le => ordered(&[Ordering::Less, Ordering::Equal]),
                Comparison::Gt => ordered(&[Ordering::Greater]),
                Comparison::Ge => ordered(&[Ordering::Greater, Ordering::Equal]),
                Comparison::Contains => match (cell, &condition.value) {
                    (Cell::Text(text), Cell::Text(part)) => {
                        text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
                    }
                    _ => false,
                },
            }
        })
    }
}

/// Rows that answer a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPage {
    /// The page.
    pub rows: Vec<Row>,
    /// How many rows fit in all.
    pub total: u64,
}

/// Anything that answers read-model queries: the stored tables, or rows folded in memory to some position.
#[async_trait]
pub trait RowSource: Send + Sync {
    /// Answers a query. `projection` names the read model that owns the table.
    async fn query(&self, projection: &'static str, query: RowQuery) -> Result<RowPage, StoreError>;
}

/// How far a projection has come, and who may move it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The projection's (or process's) name.
    pub name: String,
    /// Version of the tables that this checkpoint belongs to.
    pub version: u32,
    /// Everything up to here is in the rows.
    pub position: Position,
    /// Raised with each take-over of the lease; a commit with an older epoch is refused.
    pub owner_epoch: u64,
}

/// Which version of a projection's tables queries see, and whether another is being built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectionTables {
    /// Version that queries read; nothing before the first build.
    pub active_version: Option<u32>,
    /// Version being built beside it.
    pub building_version: Option<u32>,
    /// Version kept for rollback.
    pub previous_version: Option<u32>,
    /// Set while the projection is halted: position of the event that cannot be applied (zero if it is no event's fault), and why.
    pub halted: Option<(Position, String)>,
    /// Whether a person has paused it.
    pub paused: bool,
}

/// Work that runs inside one read-model transaction.
pub type RowsWork = Box<dyn FnOnce(&mut dyn Rows) -> Result<(), ProjectionError> + Send>;

/// One atomic step of a projection: rows and checkpoint together.
pub struct ReadModelCommit {
    /// Name of the projection.
    pub projection: &'static str,
    /// Its tables.
    pub tables: &'static [&'static Table],
    /// The checkpoint as the caller knows it: compared before the work runs.
    pub from: Checkpoint,
    /// The position after the work.
    pub to: Position,
    /// Streams that are set aside or released with it.
    pub quarantine: Vec<QuarantineChange>,
    /// Writes the rows.
    pub work: RowsWork,
}

/// A stream whose events a version of a read model does not apply, because one of them could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedStream {
    /// The stream.
    pub stream: StreamName,
    /// Position of its first event that is not applied; neither are those after it.
    pub position: Position,
    /// Type of that event, as stored.
    pub event_type: String,
    /// Why it could not be applied, for people.
    pub reason: String,
}

/// A change of what is set aside, in one transaction with rows and checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuarantineChange {
    /// Sets a stream aside, or replaces what is recorded of it.
    SetAside(QuarantinedStream),
    /// The stream is applied again.
    Release(StreamName),
}

/// Where read models, checkpoints, timers and quarantine are kept. Each runs on its own database transaction; events may
/// live elsewhere.
#[async_trait]
pub trait ReadModelStore: RowSource {
    /// Creates the tables of `version` and their checkpoint (position 0) if they are not there, without making them active.
    async fn prepare(
        &self,
        projection: &'static str,
        version: u32,
        tables: &'static [&'static Table],
    ) -> Result<(), StoreError>;
    /// Takes (or renews) the right to move a checkpoint. A lease of another owner that has not expired gives `Fenced`.
    async fn acquire(
        &self,
        name: &str,
        version: u32,
        owner: &str,
        now: DateTime<Utc>,
    ) -> Result<Checkpoint, StoreError>;
    /// Gives the lease back, so that another owner need not wait for it to expire.
    async fn release(&self, checkpoint: &Checkpoint, owner: &str) -> Result<(), StoreError>;
    /// The checkpoint of a version, if prepared.
    async fn checkpoint(&self, name: &str, version: u32) -> Result<Option<Checkpoint>, StoreError>;
    /// Runs the work, moves the checkpoint and changes the quarantine in one transaction, if the stored checkpoint still equals
    /// `from`; otherwise `Fenced`, and nothing changes.
    async fn commit(&self, commit: ReadModelCommit) -> Result<Checkpoint, ProjectionError>;
    /// Moves a checkpoint that owns no rows (a process's), with the same comparison.
    async fn move_checkpoint(&self, from: &Checkpoint, to: Position) -> Result<Checkpoint, StoreError>;
    /// State of a projection's versions.
    async fn projection(&self, name: &str) -> Result<ProjectionTables, StoreError>;
    /// Marks a version as being built (or none).
    async fn set_building(&self, name: &str, version: Option<u32>) -> Result<(), StoreError>;
    /// Streams that a version has set aside, by name.
    async fn quarantined(&self, name: &str, version: u32) -> Result<Vec<QuarantinedStream>, StoreError>;
    /// Makes a version the one that queries read, keeps the former for rollback and drops what was kept before, in one
    /// transaction. What halted the former one does not hold for another, so the halt is cleared with it.
    async fn activate(&self, name: &str, version: u32) -> Result<(), StoreError>;
    /// Drops the tables and checkpoint of a version that is not active.
    async fn discard(&self, name: &str, version: u32, tables: &'static [&'static Table]) -> Result<(), StoreError>;
    /// Drops all versions of a projection with rows, checkpoints and quarantine, and clears its halt, in one transaction. Whether
    /// it is paused stays.
    async fn reset(&self, name: &str) -> Result<(), StoreError>;
    /// Records or clears a halt.
    async fn set_halted(&self, name: &str, halted: Option<(Position, String)>) -> Result<(), StoreError>;
    /// Records whether a person has paused the projection.
    async fn set_paused(&self, name: &str, paused: bool) -> Result<(), StoreError>;
    /// All rows of a table in one version, ordered by key, after a key; for verification.
    async fn scan(
        &self,
        table: &'static Table,
        version: u32,
        after: Option<Vec<Cell>>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// Inserts timers, replacing those with the same id, and removes others, in one transaction.
    async fn change_timers(&self, set: Vec<Timer>, clear: Vec<String>) -> Result<(), StoreError>;
    /// Timers due at or before `now`, earliest first.
    async fn due_timers(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError>;
    /// One process's timers due at or before `now`, earliest first.
    async fn due_timers_of(&self, process: &str, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError>;
    /// All timers, earliest first.
    async fn timers(&self, limit: usize) -> Result<Vec<Timer>, StoreError>;
}

/// A durable timer of a process. When it is due, its command is sent; clearing it afterwards is the last step, so a crash in
/// between sends the same command (same id) again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// `{process}/{process stream}/{timer name}`.
    pub timer_id: String,
    /// The process.
    pub process: String,
    /// The process's stream.
    pub stream: String,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// Command to send.
    pub command: crate::process::CommandDraft,
}
