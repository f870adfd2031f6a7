//! Keyed rows in memory: what rebuilds, one-clock views and tests fold into.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;

use crate::limits;
use crate::projection::{Cell, Comparison, Row, RowPage, RowQuery, Rows, Table};
use crate::store::StoreError;

/// A row that is compared by its key cells only, so that a set of them is a map without keys stored twice.
#[derive(Debug, Clone)]
struct KeyedRow {
    row: Row,
    key_columns: usize,
}

impl KeyedRow {
    fn key(&self) -> &[Cell] {
        &self.row[..self.key_columns]
    }
}

impl Borrow<[Cell]> for KeyedRow {
    fn borrow(&self) -> &[Cell] {
        self.key()
    }
}

impl PartialEq for KeyedRow {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for KeyedRow {}

impl PartialOrd for KeyedRow {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for KeyedRow {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(other.key())
    }
}

#[derive(Debug, Clone)]
struct TableRows {
    table: &'static Table,
    rows: BTreeSet<KeyedRow>,
}

/// Rows of declared tables, ordered by key. Answers the same queries as the stored tables.
#[derive(Debug, Clone, Default)]
pub struct MemoryRows {
    // A projection has a handful of tables: a linear search by name beats hashing.
    tables: Vec<TableRows>,
}

impl MemoryRows {
    /// Empty tables.
    #[must_use]
    pub fn new(tables: &[&'static Table]) -> Self {
        let mut rows = Self::default();
        for table in tables {
            rows.declare(table);
        }
        rows
    }

    /// Adds an empty table, unless there is one of that name.
    pub fn declare(&mut self, table: &'static Table) {
        if self.find(table.name).is_none() {
            self.tables.push(TableRows { table, rows: BTreeSet::new() });
        }
    }

    /// Removes a table with its rows.
    pub fn remove_table(&mut self, name: &str) {
        self.tables.retain(|found| found.table.name != name);
    }

    /// The declared tables.
    pub fn tables(&self) -> impl Iterator<Item = &'static Table> + '_ {
        self.tables.iter().map(|found| found.table)
    }

    /// All rows of a table by key; none if the table is not declared.
    pub fn rows_of(&self, table: &Table) -> impl Iterator<Item = &Row> + '_ {
        let found = self.find(table.name).map(|found| found.rows.iter().map(|keyed| &keyed.row));
        found.into_iter().flatten()
    }

    /// Rows of a table by key, after a key.
    pub fn rows_after<'a>(&'a self, table: &Table, after: Option<&'a [Cell]>) -> impl Iterator<Item = &'a Row> + 'a {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.find(table.name).map(move |found| found.rows.range::<[Cell], _>((from, Bound::Unbounded)));
        found.into_iter().flatten().map(|keyed| &keyed.row)
    }

    /// Number of rows in a table.
    #[must_use]
    pub fn row_count(&self, table: &Table) -> usize {
        self.find(table.name).map_or(0, |found| found.rows.len())
    }

    /// Number of rows in all tables.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.iter().map(|found| found.rows.len()).sum()
    }

    /// Whether no table has a row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|found| found.rows.is_empty())
    }

    /// All rows, table by table in declared order and by key, for flushing them elsewhere.
    pub fn into_rows(self) -> impl Iterator<Item = (&'static Table, Row)> {
        self.tables.into_iter().flat_map(|found| {
            let table = found.table;
            found.rows.into_iter().map(move |keyed| (table, keyed.row))
        })
    }

    /// Answers a query exactly as the stored tables would.
    ///
    /// # Errors
    /// The table or a column was not declared.
    pub fn query(&self, query: &RowQuery) -> Result<RowPage, StoreError> {
        let order = query.order_columns()?;
        let found = self.find(query.table.name).ok_or_else(|| undeclared(query.table))?;
        let prefix = key_prefix(query);
        let from = if prefix.is_empty() { Bound::Unbounded } else { Bound::Included(&*prefix) };
        let candidates = found.rows.range::<[Cell], _>((from, Bound::Unbounded));
        let candidates = candidates.take_while(|keyed| keyed.row.starts_with(&prefix)).map(|keyed| &keyed.row);
        let mut matching: Vec<&Row> = candidates.filter(|row| query.matches(row)).collect();
        if !order.is_empty() {
            // Stable, and the rows come by key: equal rows stay in key order.
            matching.sort_by(|a, b| compare(a, b, &order));
        }
        let total = matching.len() as u64;
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        let page = matching.into_iter().skip(offset).take(query.limit.min(limits::QUERY_ROWS));
        Ok(RowPage { rows: page.cloned().collect(), total })
    }

    /// Puts a row and returns the one that it replaces.
    pub(super) fn exchange(&mut self, table: &Table, row: Row) -> Result<Option<Row>, StoreError> {
        table.check_row(&row)?;
        let found = self.find_mut(table)?;
        let keyed = KeyedRow { row, key_columns: table.key_columns };
        Ok(found.rows.replace(keyed).map(|keyed| keyed.row))
    }

    /// Removes a row and returns it.
    pub(super) fn take(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        table.check_key(key)?;
        Ok(self.find_mut(table)?.rows.take(key).map(|keyed| keyed.row))
    }

    fn find(&self, name: &str) -> Option<&TableRows> {
        self.tables.iter().find(|found| found.table.name == name)
    }

    fn find_mut(&mut self, table: &Table) -> Result<&mut TableRows, StoreError> {
        self.tables.iter_mut().find(|found| found.table.name == table.name).ok_or_else(|| undeclared(table))
    }
}

impl Rows for MemoryRows {
    fn get(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        table.check_key(key)?;
        Ok(self.find_mut(table)?.rows.get(key).map(|keyed| keyed.row.clone()))
    }

    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError> {
        self.exchange(table, row).map(drop)
    }

    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        self.take(table, key).map(drop)
    }
}

pub(super) fn undeclared(table: &Table) -> StoreError {
    StoreError::Misfit { table: table.name.to_owned(), reason: "the table was not declared".to_owned() }
}

/// Leading key cells that the query fixes: only rows that begin with them can match.
fn key_prefix(query: &RowQuery) -> Vec<Cell> {
    let key = query.table.columns.iter().take(query.table.key_columns);
    let fixed = key.map_while(|column| {
        let equal = |c: &&crate::projection::Condition| c.column == column.name && c.comparison == Comparison::Eq;
        query.conditions.iter().find(equal).map(|condition| condition.value.clone())
    });
    fixed.collect()
}

fn compare(a: &Row, b: &Row, order: &[(usize, bool)]) -> Ordering {
    let mut columns = order.iter().map(|&(column, descending)| {
        let ordering = a[column].cmp(&b[column]);
        if descending { ordering.reverse() } else { ordering }
    });
    columns.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}
