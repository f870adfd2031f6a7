//! Keyed rows in memory: what rebuilds, one-clock views and tests fold into.
//!
//! A fold touches rows by key, most of them again and again, and wants them in order once at its end: so rows are found by hash,
//! and their order is made when it is asked for and kept until a key comes or goes.

use std::cmp::Ordering;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use hashbrown::HashTable;

use crate::limits;
use crate::projection::{Cell, Comparison, ProjectionError, Row, RowPage, RowQuery, Rows, Table};
use crate::store::StoreError;

/// A row, and what is known of the same row in the tables that the rows are flushed to.
#[derive(Debug, Clone)]
struct Slot {
    row: Row,
    /// Whether it differs from what was flushed.
    changed: bool,
    /// Whether the flushed tables have a row with this key.
    flushed: bool,
}

#[derive(Debug, Clone)]
struct TableRows {
    table: &'static Table,
    slots: Vec<Slot>,
    /// Slot of each key. Keys stand in the rows only.
    index: HashTable<usize>,
    hasher: RandomState,
    /// Slots by key, if no key has come or gone since it was asked for.
    order: OnceLock<Vec<usize>>,
    /// Keys that the flushed tables have and that are gone since.
    removed: Vec<Vec<Cell>>,
}

/// What has to be done to flushed tables so that they equal the rows in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowChange {
    /// The row is new or has changed.
    Put(Row),
    /// The row with this key is gone.
    Delete(Vec<Cell>),
}

/// Two sets of rows that were to be joined both have a row with this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedKey {
    /// Name of the table.
    pub table: &'static str,
    /// The key.
    pub key: Vec<Cell>,
}

/// Rows of declared tables. Answers the same queries as the stored tables.
#[derive(Debug, Clone, Default)]
pub struct MemoryRows {
    // A projection has a handful of tables: a linear search by name beats hashing.
    tables: Vec<TableRows>,
}

impl TableRows {
    fn new(table: &'static Table) -> Self {
        Self {
            table,
            slots: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::new(),
            order: OnceLock::new(),
            removed: Vec::new(),
        }
    }

    fn key(&self, at: usize) -> &[Cell] {
        &self.slots[at].row[..self.table.key_columns]
    }

    fn find(&self, key: &[Cell]) -> Option<usize> {
        self.index.find(self.hasher.hash_one(key), |&at| self.key(at) == key).copied()
    }

    /// The rows' slots by key.
    fn order(&self) -> &[usize] {
        self.order.get_or_init(|| {
            let mut order: Vec<usize> = (0..self.slots.len()).collect();
            // Keys often come in order, or in a few runs of order, which this sort makes use of.
            order.sort_by(|&a, &b| self.key(a).cmp(self.key(b)));
            order
        })
    }

    fn exchange(&mut self, row: Row) -> Option<Row> {
        let Some(at) = self.find(&row[..self.table.key_columns]) else {
            self.insert(Slot { row, changed: true, flushed: false });
            return None;
        };
        let slot = &mut self.slots[at];
        slot.changed = true;
        Some(std::mem::replace(&mut slot.row, row))
    }

    /// Takes a row whose key is new.
    fn insert(&mut self, slot: Slot) {
        let (at, key_columns) = (self.slots.len(), self.table.key_columns);
        let key = &slot.row[..key_columns];
        let is_last = |order: &Vec<usize>| order.last().is_none_or(|&last| self.key(last) < key);
        match self.order.get().map(is_last) {
            Some(true) => self.order.get_mut().into_iter().for_each(|order| order.push(at)),
            Some(false) => {
                self.order.take();
            }
            None => {}
        }
        let hash = self.hasher.hash_one(key);
        self.slots.push(slot);
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.index.insert_unique(hash, at, |&at| hasher.hash_one(&slots[at].row[..key_columns]));
    }

    fn take(&mut self, key: &[Cell]) -> Option<Row> {
        let at = self.unindex(key)?;
        self.order.take();
        let slot = self.slots.swap_remove(at);
        if let Some(moved) = self.slots.get(at) {
            let (hash, former) = (self.hasher.hash_one(&moved.row[..self.table.key_columns]), self.slots.len());
            if let Some(indexed) = self.index.find_mut(hash, |&indexed| indexed == former) {
                *indexed = at;
            }
        }
        if slot.flushed {
            self.removed.push(key.to_vec());
        }
        Some(slot.row)
    }

    fn unindex(&mut self, key: &[Cell]) -> Option<usize> {
        let (slots, columns) = (&self.slots, self.table.key_columns);
        let found = self.index.find_entry(self.hasher.hash_one(key), |&at| slots[at].row[..columns] == *key);
        found.ok().map(|entry| entry.remove().0)
    }

    /// Rows by key from the first that is not `before` any more.
    fn rows_from(&self, before: impl Fn(&[Cell]) -> bool) -> impl Iterator<Item = &Row> + '_ {
        let order = self.order();
        let start = order.partition_point(|&at| before(self.key(at)));
        order[start..].iter().map(|&at| &self.slots[at].row)
    }

    fn changes(&self) -> impl Iterator<Item = (&'static Table, RowChange)> + '_ {
        let removed = self.removed.iter().map(|key| RowChange::Delete(key.clone()));
        let changed = self.order().iter().map(|&at| &self.slots[at]).filter(|slot| slot.changed);
        // A key may have gone and come again, so what is gone comes first.
        removed.chain(changed.map(|slot| RowChange::Put(slot.row.clone()))).map(|change| (self.table, change))
    }
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
            self.tables.push(TableRows::new(table));
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
        let found = self.find(table.name).map(|found| found.rows_from(|_| false));
        found.into_iter().flatten()
    }

    /// Rows of a table by key, after a key.
    pub fn rows_after<'a>(&'a self, table: &Table, after: Option<&'a [Cell]>) -> impl Iterator<Item = &'a Row> + 'a {
        let found = self.find(table.name);
        let found = found.map(move |found| found.rows_from(move |key| after.is_some_and(|after| key <= after)));
        found.into_iter().flatten()
    }

    /// Number of rows in a table.
    #[must_use]
    pub fn row_count(&self, table: &Table) -> usize {
        self.find(table.name).map_or(0, |found| found.slots.len())
    }

    /// Number of rows in all tables.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.iter().map(|found| found.slots.len()).sum()
    }

    /// Whether no table has a row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|found| found.slots.is_empty())
    }

    /// Whether there is a row with this key.
    #[must_use]
    pub fn contains(&self, table: &Table, key: &[Cell]) -> bool {
        self.find(table.name).is_some_and(|found| found.find(key).is_some())
    }

    /// What has changed since [`MemoryRows::mark_flushed`], to be done in this order: table by table, first what is gone, then
    /// what is new or changed, by key.
    pub fn changes(&self) -> impl Iterator<Item = (&'static Table, RowChange)> + '_ {
        self.tables.iter().flat_map(TableRows::changes)
    }

    /// How many changes [`MemoryRows::changes`] gives.
    #[must_use]
    pub fn change_count(&self) -> usize {
        let changed = |found: &TableRows| found.slots.iter().filter(|slot| slot.changed).count();
        self.tables.iter().map(|found| found.removed.len() + changed(found)).sum()
    }

    /// Notes that the flushed tables equal the rows now.
    pub fn mark_flushed(&mut self) {
        for found in &mut self.tables {
            found.removed = Vec::new();
            found.slots.iter_mut().for_each(|slot| (slot.changed, slot.flushed) = (false, true));
        }
    }

    /// Takes the rows of another set of the same tables.
    ///
    /// # Errors
    /// The first key that both have; the rows are then of no use.
    pub fn join(&mut self, other: Self) -> Result<(), SharedKey> {
        for theirs in other.tables {
            let ours = match self.tables.iter().position(|found| found.table.name == theirs.table.name) {
                Some(index) => &mut self.tables[index],
                None => {
                    self.tables.push(theirs);
                    continue;
                }
            };
            for slot in theirs.slots {
                let key = &slot.row[..ours.table.key_columns];
                if ours.find(key).is_some() {
                    return Err(SharedKey { table: ours.table.name, key: key.to_vec() });
                }
                ours.insert(slot);
            }
            ours.removed.extend(theirs.removed);
        }
        Ok(())
    }

    /// Answers a query exactly as the stored tables would.
    ///
    /// # Errors
    /// The table or a column was not declared.
    pub fn query(&self, query: &RowQuery) -> Result<RowPage, StoreError> {
        let found = self.find(query.table.name).ok_or_else(|| undeclared(query.table))?;
        let prefix = key_prefix(query);
        answer(query, &prefix, found.rows_from(|key| *key < *prefix))
    }

    /// Puts a row and returns the one that it replaces.
    pub(super) fn exchange(&mut self, table: &Table, row: Row) -> Result<Option<Row>, StoreError> {
        table.check_row(&row)?;
        Ok(self.find_mut(table)?.exchange(row))
    }

    /// Removes a row and returns it.
    pub(super) fn take(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        table.check_key(key)?;
        Ok(self.find_mut(table)?.take(key))
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
        let found = self.find_mut(table)?;
        Ok(found.find(key).map(|at| found.slots[at].row.clone()))
    }

    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError> {
        self.exchange(table, row).map(drop)
    }

    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        self.take(table, key).map(drop)
    }

    fn read(&mut self, table: &Table, key: &[Cell], look: &mut dyn FnMut(&Row)) -> Result<bool, StoreError> {
        table.check_key(key)?;
        let found = self.find_mut(table)?;
        let at = found.find(key);
        at.into_iter().for_each(|at| look(&found.slots[at].row));
        Ok(at.is_some())
    }

    fn update(
        &mut self,
        table: &Table,
        key: &[Cell],
        change: &mut dyn FnMut(&mut Row) -> Result<(), ProjectionError>,
    ) -> Result<bool, ProjectionError> {
        table.check_key(key)?;
        let found = self.find_mut(table)?;
        let Some(at) = found.find(key) else { return Ok(false) };
        let slot = &mut found.slots[at];
        slot.changed = true;
        let changed = change(&mut slot.row);
        let kept = table.check_key_kept(&slot.row, key);
        if kept.is_err() {
            // A row under another key than its own would not be found any more, not even to be rolled back.
            slot.row.resize(table.columns.len(), Cell::Null);
            slot.row[..key.len()].clone_from_slice(key);
        }
        changed?;
        kept?;
        Ok(true)
    }
}

pub(super) fn undeclared(table: &Table) -> StoreError {
    StoreError::Misfit { table: table.name.to_owned(), reason: "the table was not declared".to_owned() }
}

/// The answer to a query from the rows that are not before its [`key_prefix`], by key.
pub(super) fn answer<'a>(
    query: &RowQuery,
    prefix: &[Cell],
    candidates: impl Iterator<Item = &'a Row>,
) -> Result<RowPage, StoreError> {
    let order = query.order_columns()?;
    let candidates = candidates.take_while(|row| row.starts_with(prefix));
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

/// Leading key cells that the query fixes: only rows that begin with them can match.
pub(super) fn key_prefix(query: &RowQuery) -> Vec<Cell> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::{Column, ColumnKind};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    static NUMBERS: Table = Table {
        name: "numbers",
        columns: &[Column { name: "number", kind: ColumnKind::Int }, Column { name: "value", kind: ColumnKind::Int }],
        key_columns: 1,
        indexes: &[],
    };

    #[derive(Debug, Clone)]
    enum Act {
        Put(i64, i64),
        Update(i64, i64),
        Delete(i64),
        Look,
        Flush,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let key = 0..12_i64;
        let act = prop_oneof![
            4 => (key.clone(), 0..100_i64).prop_map(|(key, value)| Act::Put(key, value)),
            2 => (key.clone(), 0..100_i64).prop_map(|(key, value)| Act::Update(key, value)),
            2 => key.prop_map(Act::Delete),
            1 => Just(Act::Look),
            1 => Just(Act::Flush),
        ];
        prop::collection::vec(act, 0..60)
    }

    fn apply_changes(rows: &MemoryRows, flushed: &mut BTreeMap<i64, i64>) {
        for (_, change) in rows.changes() {
            match change {
                RowChange::Put(row) => {
                    flushed.insert(row[0].as_int().expect("a key"), row[1].as_int().expect("a value"));
                }
                RowChange::Delete(key) => {
                    flushed.remove(&key[0].as_int().expect("a key"));
                }
            }
        }
    }

    fn content(rows: &MemoryRows) -> Vec<(i64, i64)> {
        rows.rows_of(&NUMBERS).map(|row| (row[0].as_int().expect("a key"), row[1].as_int().expect("a value"))).collect()
    }

    proptest! {
        #[test]
        fn rows_are_those_of_a_sorted_map_and_changes_bring_flushed_tables_up_to_date(acts in acts()) {
            let (mut rows, mut model, mut flushed) = (MemoryRows::new(&[&NUMBERS]), BTreeMap::new(), BTreeMap::new());
            for act in acts {
                match act {
                    Act::Put(key, value) => {
                        rows.put(&NUMBERS, vec![key.into(), value.into()]).expect("fits");
                        model.insert(key, value);
                    }
                    Act::Update(key, value) => {
                        let mut change = |row: &mut Row| { row[1] = value.into(); Ok(()) };
                        let found = rows.update(&NUMBERS, &[key.into()], &mut change).expect("fits");
                        prop_assert_eq!(found, model.contains_key(&key), "update of {}", key);
                        model.entry(key).and_modify(|old| *old = value);
                    }
                    Act::Delete(key) => {
                        rows.delete(&NUMBERS, &[key.into()]).expect("fits");
                        model.remove(&key);
                    }
                    Act::Look => prop_assert_eq!(content(&rows), model.clone().into_iter().collect::<Vec<_>>()),
                    Act::Flush => {
                        prop_assert_eq!(rows.changes().count(), rows.change_count(), "counted before they are made");
                        apply_changes(&rows, &mut flushed);
                        rows.mark_flushed();
                        prop_assert_eq!(&flushed, &model, "what was flushed is what is there");
                        prop_assert_eq!(rows.change_count(), 0, "and nothing is left to do");
                    }
                }
            }
            prop_assert_eq!(content(&rows), model.clone().into_iter().collect::<Vec<_>>());
            for (key, value) in &model {
                let row = rows.get(&NUMBERS, &[(*key).into()]).expect("fits");
                prop_assert_eq!(row, Some(vec![(*key).into(), (*value).into()]), "found by key");
            }
            for after in -1..13 {
                let key = [Cell::from(after)];
                let found: Vec<_> = rows.rows_after(&NUMBERS, Some(&key)).filter_map(|row| row[0].as_int()).collect();
                prop_assert_eq!(found, model.range(after + 1..).map(|(key, _)| *key).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn rows_are_joined_unless_both_have_a_key() {
        let with = |keys: &[i64]| {
            let mut rows = MemoryRows::new(&[&NUMBERS]);
            keys.iter().for_each(|key| rows.put(&NUMBERS, vec![(*key).into(), 0.into()]).expect("fits"));
            rows
        };
        let mut joined = with(&[1, 5]);
        joined.join(with(&[0, 3])).expect("no key is shared");
        assert_eq!(content(&joined).iter().map(|(key, _)| *key).collect::<Vec<_>>(), [0, 1, 3, 5]);
        let shared = joined.join(with(&[2, 3])).expect_err("both have 3");
        assert_eq!(shared, SharedKey { table: "numbers", key: vec![3.into()] });
    }

    #[test]
    fn a_failed_change_in_place_can_be_rolled_back() {
        let mut rows = MemoryRows::new(&[&NUMBERS]);
        rows.put(&NUMBERS, vec![1.into(), 10.into()]).expect("fits");
        let mut undoable = crate::memory::UndoableRows::new(&mut rows);
        undoable.put(&NUMBERS, vec![2.into(), 20.into()]).expect("fits");
        let mut fail = |row: &mut Row| {
            row[1] = 99.into();
            Err(ProjectionError::Contradiction("no".to_owned()))
        };
        undoable.update(&NUMBERS, &[1.into()], &mut fail).expect_err("it fails");
        undoable.delete(&NUMBERS, &[1.into()]).expect("fits");
        undoable.roll_back().expect("rolled back");
        assert_eq!(content(&rows), [(1, 10)]);
    }
}
