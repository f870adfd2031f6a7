//! What every read-model store promises, as functions over a fresh store.

#![allow(missing_docs, reason = "each function is a statement and is named so")]

pub mod checkpoints;
pub mod quarantine;
pub mod rows;
pub mod side;
pub mod versions;

use std::any::Any;
use std::sync::Arc;

use es_core::{
    Cell, Checkpoint, Column, ColumnKind, Position, ProjectionError, ReadModelCommit, ReadModelStore, Row, RowPage,
    RowQuery, Rows, SnapshotStore, StoreError, Table,
};

use crate::generate::time;

/// Both interfaces of a read-model store.
pub trait ReadModels: ReadModelStore + SnapshotStore {}

impl<T: ReadModelStore + SnapshotStore> ReadModels for T {}

/// A fresh store.
pub struct ReadModelFixture {
    /// The store.
    pub store: Arc<dyn ReadModels>,
    _keep: Option<Box<dyn Any + Send + Sync>>,
}

impl ReadModelFixture {
    /// A fixture around a store.
    pub fn new(store: Arc<dyn ReadModels>) -> Self {
        Self { store, _keep: None }
    }

    /// Keeps something (a folder) for as long as the fixture lives.
    #[must_use]
    pub fn keeping(mut self, kept: impl Any + Send + Sync) -> Self {
        self._keep = Some(Box::new(kept));
        self
    }

    /// Nothing: this suite has no other place than its own. See [`crate::Fixture::place`].
    #[must_use]
    pub fn place(&self) -> Option<&'static str> {
        None
    }

    /// Prepares, activates and leases version 1 of the test's tables.
    pub(crate) async fn begin(&self) -> Checkpoint {
        self.store.prepare(NAME, 1, TABLES).await.expect("the tables are prepared");
        self.store.activate(NAME, 1).await.expect("the version is activated");
        self.store.acquire(NAME, 1, "tester", time(0)).await.expect("the lease is free")
    }

    /// Commits work and moves the checkpoint by one.
    pub(crate) async fn commit(
        &self,
        from: &Checkpoint,
        work: impl FnOnce(&mut dyn Rows) -> Result<(), ProjectionError> + Send + 'static,
    ) -> Result<Checkpoint, ProjectionError> {
        let (from, to) = (from.clone(), from.position.next());
        self.store
            .commit(ReadModelCommit {
                projection: NAME,
                tables: TABLES,
                from,
                to,
                quarantine: vec![],
                work: Box::new(work),
            })
            .await
    }

    /// Commits rows of one table.
    pub(crate) async fn put(&self, from: &Checkpoint, table: &'static Table, rows: Vec<Row>) -> Checkpoint {
        let work = move |stored: &mut dyn Rows| {
            rows.into_iter().try_for_each(|row| stored.put(table, row))?;
            Ok(())
        };
        self.commit(from, work).await.expect("the rows are committed")
    }

    pub(crate) async fn query(&self, query: RowQuery) -> RowPage {
        self.store.query(NAME, query).await.expect("the query is answered")
    }

    /// All rows of the active version's table.
    pub(crate) async fn rows(&self, table: &'static Table) -> Vec<Row> {
        self.query(RowQuery::all(table)).await.rows
    }

    pub(crate) async fn position(&self, version: u32) -> Option<Position> {
        let found = self.store.checkpoint(NAME, version).await.expect("a look-up");
        found.map(|checkpoint| checkpoint.position)
    }
}

pub(crate) const NAME: &str = "tested";

const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Text }
}

const fn int(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Int }
}

/// A text key, columns named like words of SQL, and indexes.
pub(crate) static ACCOUNTS: Table = Table {
    name: "tested_accounts",
    columns: &[text("account_id"), text("order"), int("balance"), text("group")],
    key_columns: 1,
    indexes: &[&["order"], &["balance", "group"]],
};

/// A key of two kinds.
pub(crate) static LINES: Table = Table {
    name: "tested_lines",
    columns: &[text("account_id"), int("line"), int("amount")],
    key_columns: 2,
    indexes: &[],
};

/// A whole number as key.
pub(crate) static NUMBERS: Table =
    Table { name: "tested_numbers", columns: &[int("number"), text("word")], key_columns: 1, indexes: &[] };

/// Nothing but a key.
pub(crate) static TAGS: Table =
    Table { name: "tested_tags", columns: &[text("tag"), text("account_id")], key_columns: 2, indexes: &[] };

/// A table that is not declared.
pub(crate) static OTHER: Table = Table { name: "tested_other", columns: &[text("id")], key_columns: 1, indexes: &[] };

pub(crate) static TABLES: &[&Table] = &[&ACCOUNTS, &LINES, &NUMBERS, &TAGS];

pub(crate) fn account(id: &str, order: &str, balance: i64) -> Row {
    vec![id.into(), order.into(), balance.into(), Cell::Null]
}

pub(crate) fn is_fenced<T>(outcome: Result<T, ProjectionError>) -> bool {
    matches!(outcome, Err(ProjectionError::Store(StoreError::Fenced { .. })))
}
