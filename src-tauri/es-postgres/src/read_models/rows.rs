//! Rows as the work of a commit sees them: read from the database when they are first asked for, changed in memory, and written
//! in one statement per table. What a commit has read and written is kept for the next one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use es_core::{Cell, ProjectionError, Row, Rows, StoreError, Table};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::runtime::Handle;

use super::cells::{bound, bound_arrays, read_row};
use super::sql::{self, RowSql};
use crate::connections::within;
use crate::error::{Fault, Place};

/// A table with at most this many rows is read whole when the first of them is asked for: that takes about as long as reading
/// one, and tells of every key that is not there.
const SMALL_TABLE_ROWS: usize = 1000;
/// Most rows of one version that are kept between commits.
const KEPT_ROWS: usize = 20_000;
/// Most rows that one statement writes: what is held at once as its parameters, here and on the server.
const WRITTEN_ROWS: usize = 10_000;

/// Rows of one version's tables, as far as they are known.
pub(super) struct KeptRows {
    // A projection has a handful of tables: a linear search by name beats hashing.
    tables: Vec<KeptTable>,
}

struct KeptTable {
    table: &'static Table,
    sql: RowSql,
    /// By key.
    rows: HashMap<Vec<Cell>, Kept>,
    /// Keys of those that differ from the stored ones.
    changed: Vec<Vec<Cell>>,
    /// Whether a row that is not here is not stored either; nothing if nobody has asked yet.
    whole: Option<bool>,
}

struct Kept {
    /// Nothing if there is no row with this key.
    row: Option<Row>,
    changed: bool,
}

impl KeptTable {
    fn put(&mut self, key: &[Cell], row: Option<Row>) {
        match self.rows.get_mut(key) {
            Some(kept) => {
                if !std::mem::replace(&mut kept.changed, true) {
                    self.changed.push(key.to_vec());
                }
                kept.row = row;
            }
            None => {
                self.changed.push(key.to_vec());
                self.rows.insert(key.to_vec(), Kept { row, changed: true });
            }
        }
    }

    /// Takes a row as it is stored, unless it was changed since.
    fn learn(&mut self, key: Vec<Cell>, row: Option<Row>) {
        self.rows.entry(key).or_insert(Kept { row, changed: false });
    }

    /// Makes sure that it is known whether there is a row with this key.
    async fn look_up(&mut self, connection: &mut PgConnection, key: &[Cell]) -> Result<(), Fault> {
        if self.whole.is_none() {
            self.whole = Some(self.load_if_small(connection).await?);
        }
        if self.whole == Some(true) || self.rows.contains_key(key) {
            return Ok(());
        }
        let statement = bound(sqlx::query(AssertSqlSafe(self.sql.get.clone())), key);
        let found = statement.fetch_optional(connection).await?;
        let row = found.map(|row| read_row(&row, self.table)).transpose()?;
        self.learn(key.to_vec(), row);
        Ok(())
    }

    /// Reads all rows. False if there are too many.
    async fn load_if_small(&mut self, connection: &mut PgConnection) -> Result<bool, Fault> {
        let limit = i64::try_from(SMALL_TABLE_ROWS + 1).unwrap_or(i64::MAX);
        let statement = sqlx::query(AssertSqlSafe(self.sql.some.clone())).bind(limit);
        let found = statement.fetch_all(connection).await?;
        for row in &found {
            let row = read_row(row, self.table)?;
            self.learn(row[..self.table.key_columns].to_vec(), Some(row));
        }
        Ok(found.len() <= SMALL_TABLE_ROWS)
    }

    /// Writes what has changed, in the order of the keys: two programs that write the same rows take their locks in one order.
    async fn write(&mut self, connection: &mut PgConnection) -> Result<(), Fault> {
        self.changed.sort_unstable();
        let (mut gone, mut put): (Vec<&[Cell]>, Vec<&[Cell]>) = (Vec::new(), Vec::new());
        for key in &self.changed {
            match self.rows.get(key).and_then(|kept| kept.row.as_deref()) {
                Some(row) => put.push(row),
                None => gone.push(key),
            }
        }
        let columns = self.table.columns.len();
        for (sql, columns, rows) in [(&self.sql.delete, self.table.key_columns, gone), (&self.sql.put, columns, put)] {
            for rows in rows.chunks(WRITTEN_ROWS) {
                let statement = sqlx::query(AssertSqlSafe(sql.clone()));
                bound_arrays(statement, self.table, columns, rows).execute(&mut *connection).await?;
            }
        }
        Ok(())
    }

    fn mark_written(&mut self) {
        for key in self.changed.drain(..) {
            if let Some(kept) = self.rows.get_mut(&key) {
                kept.changed = false;
            }
        }
    }
}

impl KeptRows {
    /// Nothing is known yet of the rows of these tables.
    pub(super) fn unknown(tables: &[&'static Table], version: u32) -> Self {
        let table = |table: &&'static Table| KeptTable {
            table,
            sql: RowSql::of(table, version),
            rows: HashMap::new(),
            changed: Vec::new(),
            whole: None,
        };
        Self { tables: tables.iter().map(table).collect() }
    }

    /// Whether these are the tables.
    pub(super) fn are_of(&self, tables: &[&'static Table]) -> bool {
        self.tables.len() == tables.len() && self.tables.iter().zip(tables).all(|(kept, table)| kept.table == *table)
    }

    /// Whether they are few enough to be kept until the next commit.
    pub(super) fn may_stay(&self) -> bool {
        self.tables.iter().map(|kept| kept.rows.len()).sum::<usize>() <= KEPT_ROWS
    }

    /// Writes what has changed, table by table.
    pub(super) async fn write(&mut self, connection: &mut PgConnection) -> Result<(), Fault> {
        for table in &mut self.tables {
            table.write(connection).await?;
        }
        Ok(())
    }

    /// Notes that what was written is stored now.
    pub(super) fn mark_written(&mut self) {
        self.tables.iter_mut().for_each(KeptTable::mark_written);
    }

    fn find(&mut self, table: &Table) -> Result<&mut KeptTable, StoreError> {
        let found = self.tables.iter_mut().find(|kept| kept.table.name == table.name);
        found.ok_or_else(|| table.misfit("the table was not declared"))
    }
}

/// What went wrong while a row was read: nothing that the work goes on to do can count.
pub(super) struct ReadFailure {
    /// The error as the work was told it.
    pub error: StoreError,
    /// Whether the connection can still be used.
    pub sound: bool,
}

/// The rows during the work, which runs on a thread that may block.
pub(super) struct WorkRows<'a> {
    pub kept: &'a mut KeptRows,
    pub connection: &'a mut PgConnection,
    pub runtime: &'a Handle,
    pub place: &'a Place,
    /// Longest time for the answer to one statement.
    pub answer_limit: Duration,
    /// The first failure, if any.
    pub failure: Option<ReadFailure>,
}

impl WorkRows<'_> {
    /// The table, with certainty about the row of this key.
    fn known(&mut self, table: &Table, key: &[Cell]) -> Result<&mut KeptTable, StoreError> {
        table.check_key(key)?;
        let kept = self.kept.find(table)?;
        if !kept.rows.contains_key(key) && kept.whole != Some(true) {
            if let Some(failure) = &self.failure {
                return Err(failure.error.clone());
            }
            let started = Instant::now();
            let looked = self.runtime.block_on(within(self.answer_limit, kept.look_up(self.connection, key)));
            if let Err(fault) = looked {
                let sound = fault.leaves_connection_sound();
                let error = fault.into_store_error(self.place, "reading a read-model row", started.elapsed());
                self.failure = Some(ReadFailure { error: error.clone(), sound });
                return Err(error);
            }
        }
        Ok(kept)
    }
}

impl Rows for WorkRows<'_> {
    fn get(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        let kept = self.known(table, key)?;
        Ok(kept.rows.get(key).and_then(|kept| kept.row.clone()))
    }

    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError> {
        table.check_row(&row)?;
        sql::check_indexable(table, &row)?;
        let key = row[..table.key_columns].to_vec();
        self.kept.find(table)?.put(&key, Some(row));
        Ok(())
    }

    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        table.check_key(key)?;
        self.kept.find(table)?.put(key, None);
        Ok(())
    }

    fn read(&mut self, table: &Table, key: &[Cell], look: &mut dyn FnMut(&Row)) -> Result<bool, StoreError> {
        let kept = self.known(table, key)?;
        let found = kept.rows.get(key).and_then(|kept| kept.row.as_ref());
        found.into_iter().for_each(look);
        Ok(found.is_some())
    }

    fn update(
        &mut self,
        table: &Table,
        key: &[Cell],
        change: &mut dyn FnMut(&mut Row) -> Result<(), ProjectionError>,
    ) -> Result<bool, ProjectionError> {
        let kept = self.known(table, key)?;
        let Some(found) = kept.rows.get_mut(key) else { return Ok(false) };
        let Some(row) = &mut found.row else { return Ok(false) };
        // A change that fails leaves no trace, even if the work goes on: the row may be kept for other commits.
        let mut changed = row.clone();
        change(&mut changed)?;
        table.check_key_kept(&changed, key)?;
        sql::check_indexable(table, &changed)?;
        *row = changed;
        if !std::mem::replace(&mut found.changed, true) {
            kept.changed.push(key.to_vec());
        }
        Ok(true)
    }
}
