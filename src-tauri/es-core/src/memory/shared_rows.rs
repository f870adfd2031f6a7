//! Keyed rows in memory whose copies share what is alike: read models at many positions of one log.
//!
//! A copy costs a pointer for each chunk of rows, whatever the rows hold; a change afterwards copies its own chunk's pointers
//! and its own row, and nothing else. So many positions of one log are kept for little more than one of them takes.

use std::mem::size_of;
use std::sync::Arc;

use super::rows::{answer, key_prefix, undeclared};
use crate::projection::{Cell, ProjectionError, Row, RowPage, RowQuery, Rows, Table};
use crate::store::StoreError;

/// Most rows of one chunk. Larger chunks make changes dearer, smaller ones copies.
const CHUNK_ROWS: usize = 64;
/// What a row takes beside its cells: the row itself, its counters, and its pointer in a chunk.
const ROW_BYTES: usize = size_of::<Row>() + 4 * size_of::<usize>();

/// Rows by key; never empty.
type Chunk = Vec<Arc<Row>>;

#[derive(Debug, Clone)]
struct SharedTable {
    table: &'static Table,
    /// Chunks by key.
    chunks: Vec<Arc<Chunk>>,
    rows: usize,
}

/// Where a key is, or would be.
struct Place {
    chunk: usize,
    row: usize,
    found: bool,
}

/// Rows of declared tables, cheap to copy. Answers the same queries as the stored tables.
#[derive(Debug, Clone, Default)]
pub struct SharedRows {
    tables: Vec<SharedTable>,
    bytes: u64,
    written: u64,
}

fn bytes_of(row: &[Cell]) -> u64 {
    let text = |cell: &Cell| cell.as_text().map_or(0, str::len);
    (ROW_BYTES + row.iter().map(|cell| size_of::<Cell>() + text(cell)).sum::<usize>()) as u64
}

impl SharedTable {
    fn key<'a>(&self, row: &'a Row) -> &'a [Cell] {
        &row[..self.table.key_columns]
    }

    fn place(&self, key: &[Cell]) -> Place {
        let begins = |chunk: &Arc<Chunk>| chunk.first().is_some_and(|row| self.key(row) <= key);
        let chunk = self.chunks.partition_point(begins).saturating_sub(1);
        let Some(rows) = self.chunks.get(chunk) else { return Place { chunk, row: 0, found: false } };
        match rows.binary_search_by(|row| self.key(row).cmp(key)) {
            Ok(row) => Place { chunk, row, found: true },
            Err(row) => Place { chunk, row, found: false },
        }
    }

    fn find(&self, key: &[Cell]) -> Option<&Arc<Row>> {
        let place = self.place(key);
        place.found.then(|| &self.chunks[place.chunk][place.row])
    }

    fn insert(&mut self, place: &Place, row: Row) {
        self.rows += 1;
        let Some(chunk) = self.chunks.get_mut(place.chunk) else {
            self.chunks.push(Arc::new(vec![Arc::new(row)]));
            return;
        };
        let chunk = Arc::make_mut(chunk);
        chunk.insert(place.row, Arc::new(row));
        if chunk.len() > CHUNK_ROWS {
            // Keys often come in order: a chunk that was added to at its end stays full.
            let cut = if place.row == CHUNK_ROWS { CHUNK_ROWS } else { CHUNK_ROWS / 2 };
            let rest = chunk.split_off(cut);
            self.chunks.insert(place.chunk + 1, Arc::new(rest));
        }
    }

    fn remove(&mut self, place: &Place) -> Arc<Row> {
        self.rows -= 1;
        let chunk = Arc::make_mut(&mut self.chunks[place.chunk]);
        let row = chunk.remove(place.row);
        if chunk.is_empty() {
            self.chunks.remove(place.chunk);
        }
        row
    }

    /// Rows by key from the first that is not before a key's beginning.
    fn rows_from(&self, prefix: &[Cell]) -> impl Iterator<Item = &Row> + use<'_> {
        let before = |row: &Row| self.key(row) < prefix;
        let ends_before = |chunk: &Arc<Chunk>| chunk.last().is_some_and(|row| before(row));
        let first = self.chunks.partition_point(ends_before);
        let skipped = self.chunks.get(first).map_or(0, |chunk| chunk.partition_point(|row| before(row)));
        self.chunks[first..].iter().flat_map(|chunk| chunk.iter()).skip(skipped).map(|row| &**row)
    }
}

impl SharedRows {
    /// Empty tables.
    #[must_use]
    pub fn new(tables: &[&'static Table]) -> Self {
        let tables = tables.iter().map(|table| SharedTable { table, chunks: Vec::new(), rows: 0 });
        Self { tables: tables.collect(), bytes: 0, written: 0 }
    }

    /// The declared tables.
    pub fn tables(&self) -> impl Iterator<Item = &'static Table> + '_ {
        self.tables.iter().map(|found| found.table)
    }

    /// All rows of a table by key; none if the table is not declared.
    pub fn rows_of(&self, table: &Table) -> impl Iterator<Item = &Row> + '_ {
        let found = self.tables.iter().find(|found| found.table.name == table.name);
        found.into_iter().flat_map(|found| found.rows_from(&[]))
    }

    /// Number of rows in a table.
    #[must_use]
    pub fn row_count(&self, table: &Table) -> usize {
        self.tables.iter().find(|found| found.table.name == table.name).map_or(0, |found| found.rows)
    }

    /// Number of rows in all tables.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.iter().map(|found| found.rows).sum()
    }

    /// Whether no table has a row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes the rows take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// About how many bytes a copy takes by itself before anything is changed.
    #[must_use]
    pub fn copy_bytes(&self) -> u64 {
        self.tables.iter().map(|found| found.chunks.len() * size_of::<usize>()).sum::<usize>() as u64
    }

    /// About how many bytes were ever written to these rows and those that they were copied from. What a copy and its origin
    /// do not share is at most what was written to either since.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Answers a query exactly as the stored tables would.
    ///
    /// # Errors
    /// The table or a column was not declared.
    pub fn query(&self, query: &RowQuery) -> Result<RowPage, StoreError> {
        let found = self.tables.iter().find(|found| found.table.name == query.table.name);
        let found = found.ok_or_else(|| undeclared(query.table))?;
        let prefix = key_prefix(query);
        answer(query, &prefix, found.rows_from(&prefix))
    }

    fn find_mut(&mut self, table: &Table) -> Result<&mut SharedTable, StoreError> {
        self.tables.iter_mut().find(|found| found.table.name == table.name).ok_or_else(|| undeclared(table))
    }

    fn count(&mut self, former: u64, now: u64) {
        self.bytes = (self.bytes + now).saturating_sub(former);
        self.written += now + (CHUNK_ROWS * size_of::<usize>()) as u64;
    }
}

impl Rows for SharedRows {
    fn get(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        table.check_key(key)?;
        Ok(self.find_mut(table)?.find(key).map(|row| Row::clone(row)))
    }

    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError> {
        table.check_row(&row)?;
        let found = self.find_mut(table)?;
        let now = bytes_of(&row);
        let place = found.place(&row[..table.key_columns]);
        let former = if place.found {
            let slot = &mut Arc::make_mut(&mut found.chunks[place.chunk])[place.row];
            let former = bytes_of(slot);
            *slot = Arc::new(row);
            former
        } else {
            found.insert(&place, row);
            0
        };
        self.count(former, now);
        Ok(())
    }

    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        table.check_key(key)?;
        let found = self.find_mut(table)?;
        let place = found.place(key);
        if place.found {
            let former = bytes_of(&found.remove(&place));
            self.count(former, 0);
        }
        Ok(())
    }

    fn read(&mut self, table: &Table, key: &[Cell], look: &mut dyn FnMut(&Row)) -> Result<bool, StoreError> {
        table.check_key(key)?;
        let found = self.find_mut(table)?.find(key);
        found.into_iter().for_each(|row| look(row));
        Ok(found.is_some())
    }

    fn update(
        &mut self,
        table: &Table,
        key: &[Cell],
        change: &mut dyn FnMut(&mut Row) -> Result<(), ProjectionError>,
    ) -> Result<bool, ProjectionError> {
        table.check_key(key)?;
        let found = self.find_mut(table)?;
        let place = found.place(key);
        if !place.found {
            return Ok(false);
        }
        let row = Arc::make_mut(&mut Arc::make_mut(&mut found.chunks[place.chunk])[place.row]);
        let former = bytes_of(row);
        let changed = change(row);
        let kept = table.check_key_kept(row, key);
        if kept.is_err() {
            // A row under another key than its own would not be found any more.
            row.resize(table.columns.len(), Cell::Null);
            row[..key.len()].clone_from_slice(key);
        }
        let now = bytes_of(row);
        self.count(former, now);
        changed?;
        kept?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryRows;
    use crate::projection::{Column, ColumnKind, Comparison};
    use proptest::prelude::*;

    static PLACES: Table = Table {
        name: "places",
        columns: &[
            Column { name: "row", kind: ColumnKind::Int },
            Column { name: "seat", kind: ColumnKind::Int },
            Column { name: "guest", kind: ColumnKind::Text },
        ],
        key_columns: 2,
        indexes: &[],
    };

    #[derive(Debug, Clone)]
    enum Act {
        Put(i64, i64, String),
        Update(i64, i64, String),
        Delete(i64, i64),
        Copy,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        // Few rows with many seats, so that chunks are split and emptied.
        let key = || (0..3_i64, 0..200_i64);
        let act = prop_oneof![
            6 => (key(), "[a-c]{0,6}").prop_map(|((row, seat), guest)| Act::Put(row, seat, guest)),
            2 => (key(), "[a-c]{0,6}").prop_map(|((row, seat), guest)| Act::Update(row, seat, guest)),
            3 => key().prop_map(|(row, seat)| Act::Delete(row, seat)),
            1 => Just(Act::Copy),
        ];
        prop::collection::vec(act, 0..600)
    }

    fn act(rows: &mut dyn Rows, act: &Act) {
        match act {
            Act::Put(row, seat, guest) => {
                rows.put(&PLACES, vec![(*row).into(), (*seat).into(), guest.as_str().into()]).expect("fits");
            }
            Act::Update(row, seat, guest) => {
                let mut change = |row: &mut Row| {
                    row[2] = guest.as_str().into();
                    Ok(())
                };
                rows.update(&PLACES, &[(*row).into(), (*seat).into()], &mut change).expect("fits");
            }
            Act::Delete(row, seat) => rows.delete(&PLACES, &[(*row).into(), (*seat).into()]).expect("fits"),
            Act::Copy => {}
        }
    }

    fn queries() -> [RowQuery; 4] {
        [
            RowQuery::all(&PLACES),
            RowQuery::all(&PLACES).when("row", Comparison::Eq, 1).order_by("guest", true).page(2, 5),
            RowQuery::all(&PLACES).when("guest", Comparison::Contains, "b").order_by("seat", false).page(0, 7),
            RowQuery::all(&PLACES).when("row", Comparison::Ge, 1).page(3, 4),
        ]
    }

    proptest! {
        #[test]
        fn copies_keep_what_they_hold_and_answer_as_any_rows_in_memory(acts in acts()) {
            let (mut shared, mut plain) = (SharedRows::new(&[&PLACES]), MemoryRows::new(&[&PLACES]));
            let mut copies: Vec<(SharedRows, MemoryRows)> = Vec::new();
            for one in &acts {
                act(&mut shared, one);
                act(&mut plain, one);
                if matches!(one, Act::Copy) {
                    copies.push((shared.clone(), plain.clone()));
                }
            }
            copies.push((shared, plain));
            for (shared, plain) in &mut copies {
                let all: Vec<_> = shared.rows_of(&PLACES).cloned().collect();
                prop_assert_eq!(&all, &plain.rows_of(&PLACES).cloned().collect::<Vec<_>>(), "all rows by key");
                prop_assert_eq!(shared.row_count(&PLACES), all.len(), "counted on the way");
                prop_assert_eq!(shared.bytes(), all.iter().map(|row| bytes_of(row)).sum::<u64>(), "measured on the way");
                for query in queries() {
                    prop_assert_eq!(shared.query(&query), plain.query(&query), "{:?}", query);
                }
                for row in &all {
                    prop_assert_eq!(shared.get(&PLACES, &row[..2]), Ok(Some(row.clone())), "found by key");
                }
                for table in &shared.tables {
                    prop_assert!(table.chunks.iter().all(|chunk| (1..=CHUNK_ROWS).contains(&chunk.len())));
                }
            }
        }
    }

    #[test]
    fn a_copy_shares_all_but_the_chunks_that_change_afterwards() {
        let mut rows = SharedRows::new(&[&PLACES]);
        for seat in 0..10_000 {
            rows.put(&PLACES, vec![1.into(), seat.into(), "nobody".into()]).expect("fits");
        }
        let copy = rows.clone();
        let written = rows.written();
        rows.put(&PLACES, vec![1.into(), 5.into(), "ada".into()]).expect("fits");
        let shared = rows.tables[0].chunks.iter().zip(&copy.tables[0].chunks).filter(|(a, b)| Arc::ptr_eq(a, b));
        assert_eq!(shared.count(), copy.tables[0].chunks.len() - 1, "one chunk was copied");
        assert_eq!(copy.tables[0].chunks.len(), 10_000_usize.div_ceil(CHUNK_ROWS), "keys in order fill their chunks");
        assert!(rows.written() - written < 1000, "one row and one chunk's pointers: {}", rows.written() - written);
        assert!(copy.copy_bytes() * 50 < copy.bytes(), "a copy costs little: {} bytes", copy.copy_bytes());
    }

    #[test]
    fn a_change_that_does_not_fit_leaves_the_row_under_its_key() {
        let mut rows = SharedRows::new(&[&PLACES]);
        rows.put(&PLACES, vec![1.into(), 2.into(), "ada".into()]).expect("fits");
        let mut change = |row: &mut Row| {
            row[0] = 7.into();
            Ok(())
        };
        rows.update(&PLACES, &[1.into(), 2.into()], &mut change).expect_err("the key may not change");
        assert!(rows.get(&PLACES, &[1.into(), 2.into()]).expect("fits").is_some(), "still found");
        assert!(rows.put(&PLACES, vec![1.into()]).is_err(), "too short a row");
        assert!(rows.query(&RowQuery::all(&PLACES).when("nobody", Comparison::Eq, 1)).is_err(), "no such column");
    }
}
