//! What every read-model store checks alike: rows against their declaration, and which version of a projection is which.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest, Sha256};

use crate::event::Hash;
use crate::projection::{
    Cell, Column, ColumnKind, Comparison, Condition, ProjectionError, ProjectionTables, RowQuery, Rows, RowsWork, Table,
};
use crate::store::StoreError;

/// Runs a commit's work. A panic is a fault of the work like any other: the transaction is rolled back, the store goes on.
///
/// # Errors
/// The work's own, or [`ProjectionError::Contradiction`] with what it panicked with.
pub fn run_work(work: RowsWork, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    catching(|| work(rows))
}

/// Makes a panic of a read model's code an error like any other. What it has written must be rolled back or thrown away.
///
/// # Errors
/// The work's own, or [`ProjectionError::Contradiction`] with what it panicked with.
pub fn catching(work: impl FnOnce() -> Result<(), ProjectionError>) -> Result<(), ProjectionError> {
    // Nothing that the work may have left half done is looked at again: the caller rolls the rows back.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
        let said = said.unwrap_or_else(|| "without a message".to_owned());
        Err(ProjectionError::Contradiction(format!("the read model's code panicked: {said}")))
    })
}

/// Name of a table's physical form in one version.
#[must_use]
pub fn physical_name(table: &str, version: u32) -> String {
    format!("{table}__v{version}")
}

impl Table {
    /// Checks the declaration itself: plain names, each once, a key, and indexes over declared columns.
    ///
    /// # Errors
    /// [`StoreError::Misfit`] with what is wrong.
    pub fn check(&self) -> Result<(), StoreError> {
        if !is_plain_name(self.name) {
            return Err(self.misfit("the name may hold only lower-case letters, digits and _"));
        }
        for (index, column) in self.columns.iter().enumerate() {
            if !is_plain_name(column.name) || self.column(column.name) != Some(index) {
                return Err(self.misfit(format!("column {:?} has a bad name or stands twice", column.name)));
            }
        }
        if self.key_columns == 0 || self.key_columns > self.columns.len() {
            return Err(self.misfit(format!("{} of {} columns cannot be a key", self.key_columns, self.columns.len())));
        }
        match self.indexes.iter().copied().flatten().find(|name| self.column(name).is_none()) {
            Some(name) => Err(self.misfit(format!("an index names the undeclared column {name:?}"))),
            None => Ok(()),
        }
    }

    /// Checks that a row has one fitting cell per column, and no null in its key.
    ///
    /// # Errors
    /// [`StoreError::Misfit`] with the column.
    pub fn check_row(&self, row: &[Cell]) -> Result<(), StoreError> {
        if row.len() != self.columns.len() {
            return Err(self.misfit(format!(
                "a row of {} cells does not fit {} columns",
                row.len(),
                self.columns.len()
            )));
        }
        let (key, rest) = row.split_at(self.key_columns.min(row.len()));
        self.check_key(key)?;
        let mut cells = self.columns[key.len()..].iter().zip(rest);
        match cells.find(|(column, cell)| **cell != Cell::Null && !column.holds(cell)) {
            Some((column, cell)) => Err(self.misfit(format!("column {} cannot hold {cell:?}", column.name))),
            None => Ok(()),
        }
    }

    /// Checks that a key has one fitting, non-null cell per key column.
    ///
    /// # Errors
    /// [`StoreError::Misfit`] with the column.
    pub fn check_key(&self, key: &[Cell]) -> Result<(), StoreError> {
        if key.len() != self.key_columns {
            return Err(self.misfit(format!("a key of {} cells does not fit {} columns", key.len(), self.key_columns)));
        }
        match self.columns.iter().zip(key).find(|(column, cell)| !column.holds(cell)) {
            Some((column, cell)) => Err(self.misfit(format!("key column {} cannot hold {cell:?}", column.name))),
            None => Ok(()),
        }
    }

    /// Checks a row that was changed in place: it must fit and still have its key.
    ///
    /// # Errors
    /// [`StoreError::Misfit`] with what is wrong.
    pub fn check_key_kept(&self, row: &[Cell], key: &[Cell]) -> Result<(), StoreError> {
        self.check_row(row)?;
        if row.starts_with(key) { Ok(()) } else { Err(self.misfit("a change in place may not change the key")) }
    }

    /// The error for something that does not fit this table.
    pub fn misfit(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Misfit { table: self.name.to_owned(), reason: reason.into() }
    }
}

impl Column {
    /// Whether the cell is a value of the column's kind (null is not).
    #[must_use]
    pub fn holds(&self, cell: &Cell) -> bool {
        matches!((self.kind, cell), (ColumnKind::Int, Cell::Int(_)) | (ColumnKind::Text, Cell::Text(_)))
    }
}

impl RowQuery {
    /// The order as column indexes, after checking that the query names declared columns only.
    ///
    /// # Errors
    /// [`StoreError::Misfit`] with the column.
    pub fn order_columns(&self) -> Result<Vec<(usize, bool)>, StoreError> {
        let undeclared = |name: &str| self.table.misfit(format!("a query names the undeclared column {name:?}"));
        if let Some(bad) = self.conditions.iter().find(|condition| self.table.column(condition.column).is_none()) {
            return Err(undeclared(bad.column));
        }
        let order = self.order.iter().map(|(name, descending)| {
            let column = self.table.column(name).ok_or_else(|| undeclared(name))?;
            Ok((column, *descending))
        });
        order.collect()
    }

    /// The order as column indexes, with the key at its end, so that no two rows are equal in it.
    ///
    /// # Errors
    /// As [`RowQuery::order_columns`].
    pub fn total_order(&self) -> Result<Vec<(usize, bool)>, StoreError> {
        let mut order = self.order_columns()?;
        let rest = (0..self.table.key_columns).filter(|key| !order.iter().any(|(ordered, _)| ordered == key));
        let rest: Vec<_> = rest.map(|key| (key, false)).collect();
        order.extend(rest);
        Ok(order)
    }

    /// The conditions as databases are asked, each with its column.
    ///
    /// # Errors
    /// [`StoreError::Misfit`] with the first column that was not declared.
    pub fn tests(&self) -> Result<Vec<(&'static Column, ColumnTest<'_>)>, StoreError> {
        let test = |condition: &'_ Condition| {
            let index = self.table.column(condition.column);
            let column = index.map(|index| &self.table.columns[index]);
            column
                .ok_or_else(|| self.table.misfit(format!("a query names the undeclared column {:?}", condition.column)))
        };
        self.conditions
            .iter()
            .map(|condition| test(condition).map(|column| (column, condition.test_of(column))))
            .collect()
    }
}

/// What a condition comes to for a column of a known kind: decided alike for all databases, which differ in what they make of
/// nulls, and of a number beside a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnTest<'a> {
    /// No row.
    Never,
    /// Every row.
    Always,
    /// Rows without a value.
    IsNull,
    /// Rows with a value.
    HasValue,
    /// Rows whose value compares so with one of its own kind. No value is [`Comparison::Ne`] to every value and nothing else;
    /// [`Comparison::Contains`] occurs with texts only.
    Compares(Comparison, &'a Cell),
}

impl Condition {
    /// What the condition comes to; exactly the meaning of [`RowQuery::matches`].
    #[must_use]
    pub fn test_of(&self, column: &Column) -> ColumnTest<'_> {
        let value = &self.value;
        if self.comparison == Comparison::Contains {
            let texts = column.kind == ColumnKind::Text && matches!(value, Cell::Text(_));
            return if texts { ColumnTest::Compares(Comparison::Contains, value) } else { ColumnTest::Never };
        }
        if *value == Cell::Null {
            return match self.comparison {
                Comparison::Eq => ColumnTest::IsNull,
                Comparison::Ne => ColumnTest::HasValue,
                _ => ColumnTest::Never,
            };
        }
        if column.holds(value) {
            return ColumnTest::Compares(self.comparison, value);
        }
        // Numbers come before texts.
        let less = column.kind == ColumnKind::Int;
        match self.comparison {
            Comparison::Ne => ColumnTest::Always,
            Comparison::Lt | Comparison::Le if less => ColumnTest::HasValue,
            Comparison::Gt | Comparison::Ge if !less => ColumnTest::HasValue,
            _ => ColumnTest::Never,
        }
    }
}

impl ProjectionTables {
    /// Makes a version the active one and the former active one the previous one, and clears the halt. Returns the version that is neither any
    /// more, whose tables go.
    pub fn switch_to(&mut self, version: u32) -> Option<u32> {
        if self.building_version == Some(version) {
            self.building_version = None;
        }
        if self.active_version == Some(version) {
            return None;
        }
        let former = std::mem::replace(&mut self.previous_version, self.active_version);
        self.active_version = Some(version);
        self.halted = None;
        former.filter(|former| *former != version)
    }

    /// Forgets a version that is being built or kept for rollback.
    ///
    /// # Errors
    /// [`StoreError::Misfit`] for the active version.
    pub fn forget(&mut self, name: &str, version: u32) -> Result<(), StoreError> {
        if self.active_version == Some(version) {
            let reason = format!("version {version} is active and cannot be discarded");
            return Err(StoreError::Misfit { table: name.to_owned(), reason });
        }
        self.building_version = self.building_version.filter(|building| *building != version);
        self.previous_version = self.previous_version.filter(|previous| *previous != version);
        Ok(())
    }
}

/// A checksum of a table's rows in the order of their keys, so that two builds of a table can be told apart without keeping
/// either: SHA-256 over the cells, each with its kind and, if it is text, its length.
#[derive(Clone, Default)]
pub struct RowsChecksum {
    hasher: Sha256,
    rows: u64,
}

impl RowsChecksum {
    /// Takes the next row by key.
    pub fn row(&mut self, row: &[Cell]) {
        self.rows += 1;
        self.hasher.update((row.len() as u64).to_be_bytes());
        for cell in row {
            match cell {
                Cell::Null => self.hasher.update([0]),
                Cell::Int(number) => {
                    self.hasher.update([1]);
                    self.hasher.update(number.to_be_bytes());
                }
                Cell::Text(text) => {
                    self.hasher.update([2]);
                    self.hasher.update((text.len() as u64).to_be_bytes());
                    self.hasher.update(text);
                }
            }
        }
    }

    /// How many rows it has taken, and their checksum.
    #[must_use]
    pub fn finish(self) -> (u64, Hash) {
        (self.rows, Hash(self.hasher.finalize().into()))
    }
}

fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    static MIXED: Table = Table {
        name: "mixed",
        columns: &[
            Column { name: "id", kind: ColumnKind::Int },
            Column { name: "number", kind: ColumnKind::Int },
            Column { name: "word", kind: ColumnKind::Text },
        ],
        key_columns: 1,
        indexes: &[],
    };

    /// What a database makes of a test.
    fn holds(test: ColumnTest<'_>, cell: &Cell) -> bool {
        let ColumnTest::Compares(comparison, value) = test else {
            return match test {
                ColumnTest::Always => true,
                ColumnTest::IsNull => *cell == Cell::Null,
                ColumnTest::HasValue => *cell != Cell::Null,
                _ => false,
            };
        };
        match (comparison, cell, value) {
            (Comparison::Ne, _, _) => cell != value,
            (_, Cell::Null, _) => false,
            (Comparison::Contains, Cell::Text(text), Cell::Text(part)) => text.contains(part),
            (Comparison::Contains, ..) => panic!("only texts are searched, not {cell:?} for {value:?}"),
            (Comparison::Eq, ..) => cell == value,
            (Comparison::Lt, ..) => cell < value,
            (Comparison::Le, ..) => cell <= value,
            (Comparison::Gt, ..) => cell > value,
            (Comparison::Ge, ..) => cell >= value,
        }
    }

    #[test]
    fn a_condition_is_asked_of_databases_with_the_meaning_it_has_in_memory() {
        use Comparison::{Contains, Eq, Ge, Gt, Le, Lt, Ne};
        let cells: [(&str, [Cell; 3]); 2] =
            [("number", [Cell::Null, (-1).into(), 7.into()]), ("word", [Cell::Null, "".into(), "7".into()])];
        let values = [Cell::Null, (-1).into(), 7.into(), "".into(), "7".into(), "z".into()];
        for (name, cells) in &cells {
            for comparison in [Eq, Ne, Lt, Le, Gt, Ge, Contains] {
                for (value, cell) in values.iter().flat_map(|value| cells.iter().map(move |cell| (value, cell))) {
                    let query = RowQuery::all(&MIXED).when(name, comparison, value.clone());
                    let mut row = vec![Cell::Int(1), Cell::Null, Cell::Null];
                    row[MIXED.column(name).expect("declared")] = cell.clone();
                    let test = query.tests().expect("declared")[0].1;
                    assert_eq!(
                        holds(test, cell),
                        query.matches(&row),
                        "{name} {cell:?} {comparison:?} {value:?}: {test:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_order_ends_with_what_it_lacks_of_the_key() {
        let by = |columns: &[&'static str]| {
            let query = columns.iter().fold(RowQuery::all(&MIXED), |query, column| query.order_by(column, true));
            query.total_order().expect("declared")
        };
        assert_eq!(by(&[]), [(0, false)]);
        assert_eq!(by(&["word"]), [(2, true), (0, false)]);
        assert_eq!(by(&["id", "word"]), [(0, true), (2, true)], "the key's column stands where it was asked for");
    }

    fn checksum(rows: &[&[Cell]]) -> (u64, Hash) {
        let mut checksum = RowsChecksum::default();
        rows.iter().for_each(|row| checksum.row(row));
        checksum.finish()
    }

    #[test]
    fn different_rows_have_different_checksums() {
        let different: [&[&[Cell]]; 8] = [
            &[],
            &[&[]],
            &[&["ab".into(), "c".into()]],
            &[&["a".into(), "bc".into()]],
            &[&["ab".into()], &["c".into()]],
            &[&[1.into()]],
            &[&["1".into()]],
            &[&[Cell::Null]],
        ];
        for (index, one) in different.iter().enumerate() {
            assert_eq!(checksum(one), checksum(one), "the same rows have the same checksum");
            for other in &different[..index] {
                assert_ne!(checksum(one).1, checksum(other).1, "{one:?} and {other:?}");
            }
        }
    }
}
