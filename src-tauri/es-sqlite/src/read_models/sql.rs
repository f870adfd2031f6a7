//! SQL text. Identifiers come from checked declarations only, values are always bound.

use std::fmt::Write as _;

use es_core::{Cell, Column, ColumnKind, ColumnTest, Comparison, RowQuery, StoreError, Table, physical_name};

/// Statements that create a table and its indexes.
pub(super) fn declaration(table: &Table, version: u32) -> String {
    let name = physical_name(table.name, version);
    let keys = names(&table.columns[..table.key_columns]);
    let columns: Vec<String> = table.columns.iter().enumerate().map(|(i, c)| column(table, i, c)).collect();
    let mut sql = if is_rowid_key(table) {
        format!("CREATE TABLE \"{name}\" ({}) STRICT;\n", columns.join(", "))
    } else {
        format!("CREATE TABLE \"{name}\" ({}, PRIMARY KEY ({keys})) STRICT, WITHOUT ROWID;\n", columns.join(", "))
    };
    for (number, index) in table.indexes.iter().enumerate() {
        let columns = index.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        // Writing to a String cannot fail.
        let _ = writeln!(sql, "CREATE INDEX \"{name}__{number}\" ON \"{name}\" ({columns});");
    }
    sql
}

/// A single whole number as key is the row id itself: one tree less.
fn is_rowid_key(table: &Table) -> bool {
    table.key_columns == 1 && table.columns[0].kind == ColumnKind::Int
}

fn column(table: &Table, index: usize, column: &Column) -> String {
    let kind = match column.kind {
        ColumnKind::Int => "INTEGER",
        ColumnKind::Text => "TEXT",
    };
    let suffix = match index {
        0 if is_rowid_key(table) => " PRIMARY KEY",
        _ if index < table.key_columns => " NOT NULL",
        _ => "",
    };
    format!("\"{}\" {kind}{suffix}", column.name)
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
}

/// Statements for one table's rows.
pub(super) struct RowSql {
    /// Selects one row by key.
    pub get: String,
    /// Inserts or replaces a row.
    pub put: String,
    /// Deletes a row by key.
    pub delete: String,
}

impl RowSql {
    pub(super) fn of(table: &Table, version: u32) -> Self {
        let name = physical_name(table.name, version);
        let (key, rest) = table.columns.split_at(table.key_columns);
        let by_key = key.iter().map(|column| format!("\"{}\" = ?", column.name)).collect::<Vec<_>>().join(" AND ");
        let places = vec!["?"; table.columns.len()].join(", ");
        let change = if rest.is_empty() {
            "NOTHING".to_owned()
        } else {
            let set = rest.iter().map(|column| format!("\"{0}\" = excluded.\"{0}\"", column.name));
            format!("UPDATE SET {}", set.collect::<Vec<_>>().join(", "))
        };
        Self {
            get: format!("SELECT {} FROM \"{name}\" WHERE {by_key}", names(table.columns)),
            put: format!("INSERT INTO \"{name}\" VALUES ({places}) ON CONFLICT ({}) DO {change}", names(key)),
            delete: format!("DELETE FROM \"{name}\" WHERE {by_key}"),
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
        let name = physical_name(table.name, version);
        let mut values = Vec::new();
        let mut filter = String::new();
        for (index, (column, test)) in query.tests()?.into_iter().enumerate() {
            filter.push_str(if index == 0 { " WHERE " } else { " AND " });
            filter.push_str(&condition(column, test, &mut values));
        }
        let by = order.iter().map(|&(index, descending)| {
            format!("\"{}\"{}", table.columns[index].name, if descending { " DESC" } else { "" })
        });
        let by = by.collect::<Vec<_>>().join(", ");
        Ok(Self {
            count: format!("SELECT count(*) FROM \"{name}\"{filter}"),
            page: format!("SELECT {} FROM \"{name}\"{filter} ORDER BY {by} LIMIT ? OFFSET ?", names(table.columns)),
            values,
        })
    }
}

/// Rows of a table by key, after a key if there is one; the limit is the last parameter.
pub(super) fn scan(table: &Table, version: u32, after: bool) -> String {
    let name = physical_name(table.name, version);
    let keys = names(&table.columns[..table.key_columns]);
    let places = vec!["?"; table.key_columns].join(", ");
    let filter = if after { format!(" WHERE ({keys}) > ({places})") } else { String::new() };
    format!("SELECT {} FROM \"{name}\"{filter} ORDER BY {keys} LIMIT ?", names(table.columns))
}

/// One condition.
fn condition(column: &Column, test: ColumnTest<'_>, values: &mut Vec<Cell>) -> String {
    let name = format!("\"{}\"", column.name);
    let (comparison, value) = match test {
        ColumnTest::Never => return "0".to_owned(),
        ColumnTest::Always => return "1".to_owned(),
        ColumnTest::IsNull => return format!("{name} IS NULL"),
        ColumnTest::HasValue => return format!("{name} IS NOT NULL"),
        ColumnTest::Compares(comparison, value) => (comparison, value),
    };
    values.push(value.clone());
    match comparison {
        Comparison::Eq => format!("{name} = ?"),
        Comparison::Ne => format!("{name} IS NOT ?"),
        Comparison::Lt => format!("{name} < ?"),
        Comparison::Le => format!("{name} <= ?"),
        Comparison::Gt => format!("{name} > ?"),
        Comparison::Ge => format!("{name} >= ?"),
        Comparison::Contains => format!("instr(lower({name}), lower(?)) > 0"),
    }
}
