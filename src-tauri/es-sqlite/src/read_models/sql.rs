//! SQL text. Identifiers come from checked declarations only, values are always bound.

use std::fmt::Write as _;

use es_core::projection::Condition;
use es_core::{Cell, Column, ColumnKind, Comparison, RowQuery, StoreError, Table};

/// Name of a table's physical form.
pub(super) fn physical(table: &str, version: u32) -> String {
    format!("{table}__v{version}")
}

/// Statements that create a table and its indexes.
pub(super) fn declaration(table: &Table, version: u32) -> String {
    let name = physical(table.name, version);
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
        let name = physical(table.name, version);
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
        let order = query.order_columns()?;
        let name = physical(table.name, version);
        let mut values = Vec::new();
        let mut filter = String::new();
        for (index, wanted) in query.conditions.iter().enumerate() {
            let column = table.column(wanted.column).map(|found| &table.columns[found]);
            let column = column.ok_or_else(|| table.misfit("a query names an undeclared column"))?;
            filter.push_str(if index == 0 { " WHERE " } else { " AND " });
            filter.push_str(&condition(column, wanted, &mut values));
        }
        let mut by: Vec<String> = order
            .iter()
            .map(|&(index, descending)| {
                format!("\"{}\"{}", table.columns[index].name, if descending { " DESC" } else { "" })
            })
            .collect();
        let key = table.columns[..table.key_columns].iter().enumerate();
        let rest = key.filter(|(index, _)| !order.iter().any(|(ordered, _)| ordered == index));
        by.extend(rest.map(|(_, column)| format!("\"{}\"", column.name)));
        let order_by = if by.is_empty() { String::new() } else { format!(" ORDER BY {}", by.join(", ")) };
        Ok(Self {
            count: format!("SELECT count(*) FROM \"{name}\"{filter}"),
            page: format!("SELECT {} FROM \"{name}\"{filter}{order_by} LIMIT ? OFFSET ?", names(table.columns)),
            values,
        })
    }
}

/// Rows of a table by key, after a key if there is one; the limit is the last parameter.
pub(super) fn scan(table: &Table, version: u32, after: bool) -> String {
    let name = physical(table.name, version);
    let keys = names(&table.columns[..table.key_columns]);
    let places = vec!["?"; table.key_columns].join(", ");
    let filter = if after { format!(" WHERE ({keys}) > ({places})") } else { String::new() };
    format!("SELECT {} FROM \"{name}\"{filter} ORDER BY {keys} LIMIT ?", names(table.columns))
}

/// One condition with exactly the meaning of [`RowQuery::matches`]. A value of another kind than the column is decided
/// here, because SQLite would convert it and then find it equal.
fn condition(column: &Column, condition: &Condition, values: &mut Vec<Cell>) -> String {
    let name = format!("\"{}\"", column.name);
    let value = &condition.value;
    if condition.comparison == Comparison::Contains {
        if column.kind != ColumnKind::Text || !matches!(value, Cell::Text(_)) {
            return "0".to_owned();
        }
        values.push(value.clone());
        return format!("instr(lower({name}), lower(?)) > 0");
    }
    if *value == Cell::Null {
        return match condition.comparison {
            Comparison::Eq => format!("{name} IS NULL"),
            Comparison::Ne => format!("{name} IS NOT NULL"),
            _ => "0".to_owned(),
        };
    }
    if !column.holds(value) {
        // Numbers come before texts.
        let less = column.kind == ColumnKind::Int;
        return match condition.comparison {
            Comparison::Ne => "1".to_owned(),
            Comparison::Lt | Comparison::Le if less => format!("{name} IS NOT NULL"),
            Comparison::Gt | Comparison::Ge if !less => format!("{name} IS NOT NULL"),
            _ => "0".to_owned(),
        };
    }
    values.push(value.clone());
    match condition.comparison {
        Comparison::Ne => format!("{name} IS NOT ?"),
        Comparison::Lt => format!("{name} < ?"),
        Comparison::Le => format!("{name} <= ?"),
        Comparison::Gt => format!("{name} > ?"),
        Comparison::Ge => format!("{name} >= ?"),
        Comparison::Eq | Comparison::Contains => format!("{name} = ?"),
    }
}
