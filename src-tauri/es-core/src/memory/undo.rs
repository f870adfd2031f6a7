//! Changes of rows in memory that can be taken back.

use super::rows::MemoryRows;
use crate::projection::{Cell, Row, Rows, Table};
use crate::store::StoreError;

/// Rows that remember what every change replaced, so that what a failed event has written can be taken back.
pub struct UndoableRows<'a> {
    rows: &'a mut MemoryRows,
    undo: Vec<(Table, Vec<Cell>, Option<Row>)>,
}

impl<'a> UndoableRows<'a> {
    /// Rows with nothing to take back yet.
    pub fn new(rows: &'a mut MemoryRows) -> Self {
        Self { rows, undo: Vec::new() }
    }

    /// Takes all changes back.
    ///
    /// # Errors
    /// Never, unless a table was removed meanwhile.
    pub fn roll_back(self) -> Result<(), StoreError> {
        for (table, key, former) in self.undo.into_iter().rev() {
            match former {
                Some(row) => self.rows.put(&table, row)?,
                None => self.rows.delete(&table, &key)?,
            }
        }
        Ok(())
    }
}

impl Rows for UndoableRows<'_> {
    fn get(&mut self, table: &Table, key: &[Cell]) -> Result<Option<Row>, StoreError> {
        self.rows.get(table, key)
    }

    fn put(&mut self, table: &Table, row: Row) -> Result<(), StoreError> {
        table.check_row(&row)?;
        let key = row[..table.key_columns].to_vec();
        let former = self.rows.exchange(table, row)?;
        self.undo.push((*table, key, former));
        Ok(())
    }

    fn delete(&mut self, table: &Table, key: &[Cell]) -> Result<(), StoreError> {
        let former = self.rows.take(table, key)?;
        self.undo.push((*table, key.to_vec(), former));
        Ok(())
    }
}
