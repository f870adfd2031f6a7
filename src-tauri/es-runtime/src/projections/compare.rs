//! Verification of tables: rows, checksums and invariants, and the row-by-row comparison with a former build.

use std::cmp::Ordering;

use es_core::{Cell, Hash, InvariantCheck, Row, RowsChecksum, StoreError, Table, Violations};

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

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableChecksum {
    /// Name of the table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// Checksum of the rows in the order of their keys; see [`RowsChecksum`].
    pub checksum: Hash,
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
    /// The former tables, each with its checksum.
    pub before: Vec<TableChecksum>,
}

/// What verification found of new tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Verification {
    /// The new tables, each with its checksum.
    pub(super) tables: Vec<TableChecksum>,
    pub(super) violations: Violations,
    /// Nothing if there is no former build to compare with.
    pub(super) compared: Option<TablesComparison>,
}

const SCAN_ROWS: usize = 2000;
const SAMPLE_ROWS: usize = 20;

/// Reads the new tables whole, and a former build beside them if one is given.
pub(super) async fn verify(
    construction: &mut Construction<'_>,
    before: Option<TablesVersion>,
    meter: &mut Meter<'_>,
) -> Result<Verification, RebuildError> {
    let (inner, after) = (construction.inner.clone(), construction.version);
    let projection = construction.follower.projection.clone();
    let mut invariants = InvariantCheck::of(&*projection);
    let mut comparison = TablesComparison::default();
    let mut tables = Vec::new();
    let mut done = 0;
    for table in projection.tables() {
        let mut former = Scan::new(&inner, table, before);
        let mut new = Scan::new(&inner, table, Some(after));
        let (mut sum_before, mut sum_after) = (RowsChecksum::default(), RowsChecksum::default());
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
            old_row.iter().for_each(|row| sum_before.row(row));
            if let Some(row) = &new_row {
                sum_after.row(row);
                invariants.row(table, row);
            }
            done += 1;
            comparison.note(table, old_row, new_row);
            meter.tell(done, None);
        }
        tables.push(checksum(table, sum_after));
        comparison.before.push(checksum(table, sum_before));
    }
    Ok(Verification { tables, violations: invariants.finish(), compared: before.map(|_| comparison) })
}

fn checksum(table: &Table, sum: RowsChecksum) -> TableChecksum {
    let (rows, checksum) = sum.finish();
    TableChecksum { table: table.name, rows, checksum }
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

/// Rows of one table by key, page by page. Without a version there are none.
pub(super) struct Scan<'a> {
    inner: &'a Inner,
    table: &'static Table,
    version: Option<TablesVersion>,
    page: std::collections::VecDeque<Row>,
    last_key: Option<Vec<Cell>>,
    end: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(inner: &'a Inner, table: &'static Table, version: Option<TablesVersion>) -> Self {
        let end = version.is_none();
        Self { inner, table, version, page: std::collections::VecDeque::new(), last_key: None, end }
    }

    pub(super) fn is_drained(&self) -> bool {
        self.page.is_empty()
    }

    pub(super) async fn peek(&mut self) -> Result<Option<&Row>, StoreError> {
        if let (Some(version), true) = (self.version, self.page.is_empty() && !self.end) {
            let (store, version) = (&self.inner.read_models, version.number());
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
