//! Row-by-row comparison of two builds of the same tables.

use std::cmp::Ordering;

use es_core::{Cell, Row, StoreError, Table};

use super::TablesVersion;
use super::rebuild::{Construction, RebuildError};
use crate::engine::Inner;
use crate::progress::Meter;

/// A row that differs between two builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDifference {
    /// Name of the table.
    pub table: &'static str,
    /// The row in the former tables.
    pub before: Option<Row>,
    /// The row in the new tables.
    pub after: Option<Row>,
}

/// How the former and the new tables differ at the same position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TablesComparison {
    /// Rows in the former tables.
    pub rows_before: u64,
    /// Rows in the new tables.
    pub rows_after: u64,
    /// Rows that are missing, added or changed.
    pub differing_rows: u64,
    /// The first of them.
    pub sample: Vec<RowDifference>,
}

const SCAN_ROWS: usize = 2000;
const SAMPLE_ROWS: usize = 20;

pub(super) async fn compare(
    construction: &mut Construction<'_>,
    before: TablesVersion,
    after: TablesVersion,
    meter: &mut Meter<'_>,
) -> Result<TablesComparison, RebuildError> {
    let inner = construction.inner.clone();
    let mut comparison = TablesComparison::default();
    for table in construction.follower.projection.tables() {
        let mut former = Scan::new(&inner, table, before);
        let mut new = Scan::new(&inner, table, after);
        loop {
            if former.is_drained() && new.is_drained() {
                construction.check_cancelled()?;
                construction.keep_lease().await?;
            }
            let (old_row, new_row) = (former.peek().await?, new.peek().await?);
            let order = match (old_row, new_row) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old[..table.key_columns].cmp(&new[..table.key_columns]),
            };
            let old_row = if order.is_le() { former.next() } else { None };
            let new_row = if order.is_ge() { new.next() } else { None };
            comparison.note(table, old_row, new_row);
            meter.tell(comparison.rows_after, None);
        }
    }
    Ok(comparison)
}

impl TablesComparison {
    fn note(&mut self, table: &'static Table, before: Option<Row>, after: Option<Row>) {
        self.rows_before += u64::from(before.is_some());
        self.rows_after += u64::from(after.is_some());
        if before == after {
            return;
        }
        self.differing_rows += 1;
        if self.sample.len() < SAMPLE_ROWS {
            self.sample.push(RowDifference { table: table.name, before, after });
        }
    }
}

/// Rows of one table by key, page by page.
pub(super) struct Scan<'a> {
    inner: &'a Inner,
    table: &'static Table,
    version: TablesVersion,
    page: std::collections::VecDeque<Row>,
    last_key: Option<Vec<Cell>>,
    end: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(inner: &'a Inner, table: &'static Table, version: TablesVersion) -> Self {
        Self { inner, table, version, page: std::collections::VecDeque::new(), last_key: None, end: false }
    }

    pub(super) fn is_drained(&self) -> bool {
        self.page.is_empty()
    }

    pub(super) async fn peek(&mut self) -> Result<Option<&Row>, StoreError> {
        if self.page.is_empty() && !self.end {
            let (store, version) = (&self.inner.read_models, self.version.number());
            let rows = store.scan(self.table, version, self.last_key.clone(), SCAN_ROWS).await?;
            self.end = rows.is_empty();
            self.page = rows.into();
        }
        Ok(self.page.front())
    }

    pub(super) fn next(&mut self) -> Option<Row> {
        let row = self.page.pop_front()?;
        self.last_key = Some(row[..self.table.key_columns].to_vec());
        Some(row)
    }
}
