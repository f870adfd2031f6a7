//! Rows inside one SQLite transaction.

use std::collections::HashMap;
use std::path::Path;

use es_core::{Cell, Row, Rows, StoreError, Table, limits};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::sql::RowSql;
use crate::error::{Fault, of_sqlite};

/// A cell as a parameter.
pub(super) struct Bound<'a>(pub &'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Cell::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Cell::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
        })
    }
}

/// Cells as parameters.
pub(super) fn bound(cells: &[Cell]) -> impl Iterator<Item = Bound<'_>> {
    cells.iter().map(Bound)
}

/// Reads a row of `columns` cells.
pub(super) fn read_row(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Row> {
    let cell = |index| {
        Ok(match row.get_ref(index)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(value) => Cell::Int(value),
            ValueRef::Text(bytes) => {
                let text = std::str::from_utf8(bytes).map_err(|error| rusqlite::Error::Utf8Error(index, error))?;
                Cell::Text(text.to_owned())
            }
            other => return Err(rusqlite::Error::InvalidColumnType(index, String::new(), other.data_type())),
        })
    };
    (0..columns).map(cell).collect()
}

/// Rows of one version's tables, inside a transaction of the caller.
pub(super) struct SqliteRows<'a> {
    connection: &'a Connection,
    path: &'a Path,
    tables: HashMap<&'static str, RowSql>,
}

impl<'a> SqliteRows<'a> {
    /// The rows of `tables` in `version`.
    pub(super) fn new(connection: &'a Connection, path: &'a Path, tables: &[&'static Table], version: u32) -> Self {
        let tables = tables.iter().map(|table| (table.name, RowSql::of(table, version))).collect();
        Self { connection, path, tables }
    }

    fn sql(&self, table: &Table) -> Result<&RowSql, StoreError> {
        self.tables.get(table.name).ok_or_else(|| table.misfit("the table was not declared"))
    }

    fn execute(&self, operation: &str, sql: &str, cells: &[Cell]) -> Result<(), StoreError> {
        let run = || self.connection.prepare_cached(sql)?.execute(params_from_iter(bound(cells)));
        run().map(drop).map_err(|error| self.failed(operation, &error))
    }

    fn failed(&self, operation: &str, error: &rusqlite::Error) -> StoreError {
        of_sqlite(self.path, operation, limits::WRITE_LOCK_TIMEOUT, error)
    }
}

impl Rows for SqliteRows<'_> {
    fn get(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        table.check_key(key)?;
        let sql = &self.sql(table)?.get;
        let run = || -> rusqlite::Result<Option<Row>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(params_from_iter(bound(key)))?;
            rows.next()?.map(|row| read_row(row, table.columns.len())).transpose()
        };
        run().map_err(|error| self.failed("reading a read-model row", &error))
    }

    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError> {
        table.check_row(&row)?;
        self.execute("writing a read-model row", &self.sql(table)?.put, &row)
    }

    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        table.check_key(key)?;
        self.execute("deleting a read-model row", &self.sql(table)?.delete, key)
    }
}

/// Runs a select and reads all its rows.
pub(super) fn select(
    connection: &Connection,
    sql: &str,
    cells: &[Cell],
    numbers: &[i64],
    columns: usize,
) -> Result<Vec<Row>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let numbers: Vec<Cell> = numbers.iter().copied().map(Cell::Int).collect();
    let mut rows = statement.query(params_from_iter(bound(cells).chain(bound(&numbers))))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_row(row, columns)?);
    }
    Ok(found)
}
