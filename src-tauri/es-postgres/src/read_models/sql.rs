//! SQL text. Identifiers come from checked declarations only and are quoted, values are always bound.

use std::fmt::Write as _;
use std::sync::Arc;

use es_core::{Cell, Column, ColumnKind, ColumnTest, Comparison, RowQuery, StoreError, Table, physical_name};

use crate::config::quoted;

/// Longest identifier, in bytes. PostgreSQL silently cuts longer ones, and two tables could become one.
const IDENTIFIER_BYTES: usize = 63;
/// Most text bytes in a key or an index, all columns together: an entry of an index must fit a third of a page.
const INDEXED_BYTES: usize = 2500;

/// A table's physical form. Which schema it is in is a matter of the connection.
pub(super) fn physical(table: &str, version: u32) -> String {
    quoted(&physical_name(table, version))
}

/// Checks that PostgreSQL can hold a table of this version under its own names.
///
/// # Errors
/// [`StoreError::Misfit`] with the name that is too long.
pub(super) fn check_names(table: &Table, version: u32) -> Result<(), StoreError> {
    let physical = physical_name(table.name, version);
    let names = (0..table.indexes.len()).map(|number| index_name(&physical, number));
    let names = names.chain(table.columns.iter().map(|column| column.name.to_owned())).chain([physical.clone()]);
    match names.into_iter().find(|name| name.len() > IDENTIFIER_BYTES) {
        Some(name) => Err(table.misfit(format!("the name {name} is longer than {IDENTIFIER_BYTES} bytes"))),
        None => Ok(()),
    }
}

/// Checks that the indexes of a table can take a row.
///
/// # Errors
/// [`StoreError::Misfit`] with the columns that hold too much.
pub(super) fn check_indexable(table: &Table, row: &[Cell]) -> Result<(), StoreError> {
    let bytes = |index: usize| row.get(index).and_then(Cell::as_text).map_or(0, str::len);
    let key: usize = (0..table.key_columns).map(bytes).sum();
    let sums = table.indexes.iter().map(|columns| {
        let sum = columns.iter().filter_map(|name| table.column(name)).map(bytes).sum::<usize>();
        (columns.join(", "), sum)
    });
    match [("the key".to_owned(), key)].into_iter().chain(sums).find(|(_, sum)| *sum > INDEXED_BYTES) {
        Some((what, sum)) => Err(table
            .misfit(format!("{what} holds {sum} bytes of text; an index of PostgreSQL takes at most {INDEXED_BYTES}"))),
        None => Ok(()),
    }
}

fn index_name(physical: &str, number: usize) -> String {
    format!("{physical}__{number}")
}

/// Statements that create a table and its indexes.
pub(super) fn declaration(table: &Table, version: u32) -> String {
    let name = physical(table.name, version);
    let keys = names(&table.columns[..table.key_columns]);
    let columns: Vec<String> = table.columns.iter().enumerate().map(|(i, c)| column(table, i, c)).collect();
    let mut sql = format!("CREATE TABLE {name} ({}, PRIMARY KEY ({keys}));\n", columns.join(", "));
    for (number, index) in table.indexes.iter().enumerate() {
        let columns = index.iter().filter_map(|name| table.column(name));
        let columns = columns.map(|index| ordered(table, index, false)).collect::<Vec<_>>().join(", ");
        let index = quoted(&index_name(&physical_name(table.name, version), number));
        // Writing to a String cannot fail.
        let _ = writeln!(sql, "CREATE INDEX {index} ON {name} ({columns});");
    }
    sql
}

fn column(table: &Table, index: usize, column: &Column) -> String {
    // Bytewise order, whatever the database's own is.
    let collation = if column.kind == ColumnKind::Text { " COLLATE \"C\"" } else { "" };
    let suffix = if index < table.key_columns { " NOT NULL" } else { "" };
    format!("{} {}{collation}{suffix}", quoted(column.name), kind(column))
}

fn kind(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Int => "int8",
        ColumnKind::Text => "text",
    }
}

/// A column in an order, nulls before everything else. Written alike for indexes and queries: else the index would not be used.
fn ordered(table: &Table, index: usize, descending: bool) -> String {
    let name = quoted(table.columns[index].name);
    let nullable = index >= table.key_columns;
    match (descending, nullable) {
        (false, true) => format!("{name} NULLS FIRST"),
        (false, false) => name,
        (true, true) => format!("{name} DESC NULLS LAST"),
        (true, false) => format!("{name} DESC"),
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| quoted(column.name)).collect::<Vec<_>>().join(", ")
}

/// The columns of a row, each with its type: a statement that a connection has prepared then means the same for a table that
/// was dropped and declared anew with other types.
fn selected(table: &Table) -> String {
    let columns = table.columns.iter().map(|column| format!("{}::{}", quoted(column.name), kind(column)));
    columns.collect::<Vec<_>>().join(", ")
}

/// One array per column, as a table.
fn unnested(columns: &[Column]) -> String {
    let arrays = columns.iter().enumerate().map(|(index, column)| format!("${}::{}[]", index + 1, kind(column)));
    format!("unnest({})", arrays.collect::<Vec<_>>().join(", "))
}

/// Statements for one table's rows.
pub(super) struct RowSql {
    /// Selects one row by key.
    pub get: Arc<str>,
    /// Selects rows in no particular order; the limit is the only parameter.
    pub some: Arc<str>,
    /// Inserts or replaces rows, given as one array per column.
    pub put: Arc<str>,
    /// Deletes rows by key, given as one array per key column.
    pub delete: Arc<str>,
}

impl RowSql {
    pub(super) fn of(table: &Table, version: u32) -> Self {
        let name = physical(table.name, version);
        let (key, rest) = table.columns.split_at(table.key_columns);
        let key_names = names(key);
        let by_key = key.iter().enumerate().map(|(index, column)| format!("{} = ${}", quoted(column.name), index + 1));
        let same = key.iter().map(|column| format!("stored.{0} = gone.{0}", quoted(column.name)));
        let change = if rest.is_empty() {
            "NOTHING".to_owned()
        } else {
            let set = rest.iter().map(|column| format!("{0} = excluded.{0}", quoted(column.name)));
            format!("UPDATE SET {}", set.collect::<Vec<_>>().join(", "))
        };
        let (selected, by_key) = (selected(table), by_key.collect::<Vec<_>>().join(" AND "));
        Self {
            get: format!("SELECT {selected} FROM {name} WHERE {by_key}").into(),
            some: format!("SELECT {selected} FROM {name} LIMIT $1").into(),
            put: format!(
                "INSERT INTO {name} ({}) SELECT * FROM {} ON CONFLICT ({key_names}) DO {change}",
                names(table.columns),
                unnested(table.columns)
            )
            .into(),
            delete: format!(
                "DELETE FROM {name} AS stored USING {} AS gone ({key_names}) WHERE {}",
                unnested(key),
                same.collect::<Vec<_>>().join(" AND ")
            )
            .into(),
        }
    }
}

/// A query as SQL with its bound values (without limit and offset, which are the last two parameters of `page`).
pub(super) struct QuerySql {
    pub count: String,
    pub page: String,
    pub values: Vec<Cell>,
}

impl QuerySql {
    pub(super) fn of(query: &RowQuery, version: u32) -> Result<Self, StoreError> {
        let table = query.table;
        let order = query.total_order()?;
        let from = physical(table.name, version);
        let (mut values, mut filter) = (Vec::new(), String::new());
        for (index, (column, test)) in query.tests()?.into_iter().enumerate() {
            filter.push_str(if index == 0 { " WHERE " } else { " AND " });
            filter.push_str(&condition(column, test, &mut values));
        }
        let by: Vec<String> = order.iter().map(|&(index, descending)| ordered(table, index, descending)).collect();
        let (limit, offset) = (values.len() + 1, values.len() + 2);
        Ok(Self {
            count: format!("SELECT count(*) FROM {from}{filter}"),
            page: format!(
                "SELECT {} FROM {from}{filter} ORDER BY {} LIMIT ${limit} OFFSET ${offset}",
                selected(table),
                by.join(", ")
            ),
            values,
        })
    }
}

/// Rows of a table by key, after a key if there is one; the limit is the last parameter.
pub(super) fn scan(table: &Table, version: u32, after: bool) -> String {
    let name = physical(table.name, version);
    let keys = names(&table.columns[..table.key_columns]);
    let places = (1..=table.key_columns).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let (filter, limit) =
        if after { (format!(" WHERE ({keys}) > ({places})"), table.key_columns + 1) } else { (String::new(), 1) };
    format!("SELECT {} FROM {name}{filter} ORDER BY {keys} LIMIT ${limit}", selected(table))
}

/// One condition. In this collation `lower` changes ASCII letters only.
fn condition(column: &Column, test: ColumnTest<'_>, values: &mut Vec<Cell>) -> String {
    let name = quoted(column.name);
    let (comparison, value) = match test {
        ColumnTest::Never => return "false".to_owned(),
        ColumnTest::Always => return "true".to_owned(),
        ColumnTest::IsNull => return format!("{name} IS NULL"),
        ColumnTest::HasValue => return format!("{name} IS NOT NULL"),
        ColumnTest::Compares(comparison, value) => (comparison, value),
    };
    values.push(value.clone());
    let place = format!("${}::{}", values.len(), kind(column));
    match comparison {
        Comparison::Eq => format!("{name} = {place}"),
        Comparison::Ne => format!("{name} IS DISTINCT FROM {place}"),
        Comparison::Lt => format!("{name} < {place}"),
        Comparison::Le => format!("{name} <= {place}"),
        Comparison::Gt => format!("{name} > {place}"),
        Comparison::Ge => format!("{name} >= {place}"),
        Comparison::Contains => format!("strpos(lower({name}), lower({place} COLLATE \"C\")) > 0"),
    }
}
