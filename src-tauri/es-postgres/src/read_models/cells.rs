//! Cells as parameters and results.

use std::borrow::Cow;

use es_core::{Cell, ColumnKind, Row, Table};
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, Row as _};

use super::text;
use crate::error::Fault;

/// A statement with its parameters.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Binds cells. None of them is null: those that are stand in the text of a statement.
pub(super) fn bound<'q>(statement: Statement<'q>, cells: &[Cell]) -> Statement<'q> {
    cells.iter().fold(statement, |statement, cell| match cell {
        Cell::Null => statement.bind(None::<i64>),
        Cell::Int(value) => statement.bind(*value),
        Cell::Text(value) => statement.bind(text::stored(value)),
    })
}

/// Binds one array per column of a table, for its first `columns` columns: the cells of these rows (or keys).
pub(super) fn bound_arrays<'q>(
    statement: Statement<'q>,
    table: &Table,
    columns: usize,
    rows: &[&[Cell]],
) -> Statement<'q> {
    let columns = table.columns[..columns].iter().enumerate();
    columns.fold(statement, |statement, (index, column)| match column.kind {
        ColumnKind::Int => statement.bind(rows.iter().map(|row| row[index].as_int()).collect::<Vec<_>>()),
        ColumnKind::Text => {
            let texts = rows.iter().map(|row| row[index].as_text().map(text::stored));
            statement.bind(texts.collect::<Vec<Option<Cow<'_, str>>>>())
        }
    })
}

/// Reads a row of a table.
pub(super) fn read_row(row: &PgRow, table: &Table) -> Result<Row, Fault> {
    let cell = |(index, kind): (usize, ColumnKind)| {
        Ok(match kind {
            ColumnKind::Int => row.try_get::<Option<i64>, _>(index)?.into(),
            ColumnKind::Text => row.try_get::<Option<String>, _>(index)?.map(original).transpose()?.into(),
        })
    };
    table.columns.iter().map(|column| column.kind).enumerate().map(cell).collect()
}

/// A stored text as it was.
pub(super) fn original(stored: String) -> Result<String, Fault> {
    text::original(stored)
        .ok_or_else(|| Fault::Damaged("a text holds control characters that were never stored".into()))
}

/// Runs a select over one table, with these cells and then these numbers as parameters, and reads all its rows.
pub(super) async fn select(
    connection: &mut PgConnection,
    sql: String,
    table: &Table,
    (cells, numbers): (&[Cell], &[i64]),
) -> Result<Vec<Row>, Fault> {
    let statement = bound(sqlx::query(AssertSqlSafe(sql)), cells);
    let statement = numbers.iter().fold(statement, |statement, number| statement.bind(*number));
    let found = statement.fetch_all(connection).await?;
    found.iter().map(|row| read_row(row, table)).collect()
}
