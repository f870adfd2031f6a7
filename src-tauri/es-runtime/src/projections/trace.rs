//! Where a stored row parts from the replay: the history of chosen rows, watched while the log is folded.

use es_core::memory::MemoryRows;
use es_core::{Cell, Position, RecordedEvent, Row, Rows, StoreError, StreamName, Table};

/// The event where a stored row parts from the replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartingEvent {
    /// Its position.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its type as stored.
    pub event_type: Box<str>,
    /// What is known of it.
    pub kind: PartingKind,
}

/// What is known of a [`PartingEvent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartingKind {
    /// Right before this event the replay had the row exactly as it is stored (or, like the store, had none); from this event
    /// on never again. The stored row missed it.
    Missed,
    /// The replay never had the row as it is stored; this is the last event that wrote or deleted it. The stored row was
    /// changed by something other than events, or by other code.
    LastWrite,
}

/// A row whose history is of interest.
pub(super) struct TracedRow {
    table: &'static Table,
    key: Vec<Cell>,
    stored: Option<Row>,
    /// Whether the replay has the row as stored now, and whether it ever had.
    equal: bool,
    was_equal: bool,
    touched: bool,
    parting: Option<PartingEvent>,
}

impl TracedRow {
    pub(super) fn new(table: &'static Table, key: Vec<Cell>, stored: Option<Row>) -> Self {
        // Before the first event the replay has no rows.
        let equal = stored.is_none();
        Self { table, key, stored, equal, was_equal: equal, touched: false, parting: None }
    }

    /// The event, once the replay has reached its end.
    pub(super) fn into_parting(self) -> Option<PartingEvent> {
        self.parting
    }

    fn note(&mut self, event: &RecordedEvent, now: Option<Row>) {
        let before = std::mem::replace(&mut self.equal, now == self.stored);
        self.was_equal |= self.equal;
        if self.equal {
            self.parting = None;
        } else if before || !self.was_equal {
            let kind = if before { PartingKind::Missed } else { PartingKind::LastWrite };
            let (stream, event_type) = (event.stream.clone(), event.event_type.clone());
            self.parting = Some(PartingEvent { position: event.position, stream, event_type, kind });
        }
    }
}

/// Rows in memory that remember which traced ones an event has touched.
pub(super) struct Tracing {
    rows: MemoryRows,
    traced: Vec<TracedRow>,
}

impl Tracing {
    pub(super) fn new(rows: MemoryRows, traced: Vec<TracedRow>) -> Self {
        Self { rows, traced }
    }

    pub(super) fn into_parts(self) -> (MemoryRows, Vec<TracedRow>) {
        (self.rows, self.traced)
    }

    /// Takes note of what an event made of the traced rows that it touched.
    pub(super) fn note(&mut self, event: &RecordedEvent) -> Result<(), StoreError> {
        for traced in self.traced.iter_mut().filter(|traced| traced.touched) {
            traced.touched = false;
            let now = self.rows.get(traced.table, &traced.key)?;
            traced.note(event, now);
        }
        Ok(())
    }

    /// The traced rows are few (see [`es_core::limits::DOCTOR_ROWS`]), so a search beats a map with keys to allocate.
    fn touch(&mut self, table: &Table, key: &[Cell]) {
        let same = |traced: &&mut TracedRow| traced.table.name == table.name && traced.key == key;
        if let Some(traced) = self.traced.iter_mut().find(same) {
            traced.touched = true;
        }
    }
}

impl Rows for Tracing {
    fn get(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        self.rows.get(table, key)
    }

    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError> {
        table.check_row(&row)?;
        self.touch(table, &row[..table.key_columns]);
        self.rows.put(table, row)
    }

    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        self.touch(table, key);
        self.rows.delete(table, key)
    }
}
