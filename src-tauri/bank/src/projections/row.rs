//! Rows as structs: each read-model table has one type that writes and reads its cells in the declared order.

use es_core::{Cell, Position, ProjectionError, Row, Rows, StoreError, Table};

/// A row that does not have the cells that its table declares. It can only come from a damaged or foreign database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a row of read model table {table} has an unusable cell {index}; rebuild the read model")]
pub struct UnusableRow {
    /// The table.
    pub table: &'static str,
    /// Index of the cell.
    pub index: usize,
}

impl From<UnusableRow> for ProjectionError {
    fn from(error: UnusableRow) -> Self {
        Self::Contradiction(error.to_string())
    }
}

impl From<UnusableRow> for StoreError {
    fn from(error: UnusableRow) -> Self {
        Self::Damaged { path: format!("read model table {}", error.table), reason: error.to_string() }
    }
}

/// The typed form of a table's rows.
pub trait TableRow: Sized {
    /// The table.
    const TABLE: &'static Table;

    /// Cells in declared order.
    fn to_row(&self) -> Row;

    /// Reads cells in declared order.
    ///
    /// # Errors
    /// A cell is missing or of the wrong kind.
    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow>;

    /// Reads a whole row.
    ///
    /// # Errors
    /// A cell is missing or of the wrong kind.
    fn from_row(row: &Row) -> Result<Self, UnusableRow> {
        Self::from_cells(&mut Cells { table: Self::TABLE.name, row, index: 0 })
    }

    /// The row with a key.
    ///
    /// # Errors
    /// The row store fails, or the row is unusable.
    fn load(rows: &mut dyn Rows, key: &[Cell]) -> Result<Option<Self>, ProjectionError> {
        match rows.get(Self::TABLE, key)? {
            Some(row) => Ok(Some(Self::from_row(&row)?)),
            None => Ok(None),
        }
    }

    /// Writes the row.
    ///
    /// # Errors
    /// The row store fails.
    fn store(&self, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        Ok(rows.put(Self::TABLE, self.to_row())?)
    }
}

/// Takes cells one after the other.
pub struct Cells<'a> {
    table: &'static str,
    row: &'a Row,
    index: usize,
}

impl Cells<'_> {
    fn next(&mut self) -> Result<&Cell, UnusableRow> {
        let cell = self.row.get(self.index).ok_or(UnusableRow { table: self.table, index: self.index })?;
        self.index += 1;
        Ok(cell)
    }

    fn unusable(&self) -> UnusableRow {
        UnusableRow { table: self.table, index: self.index.saturating_sub(1) }
    }

    /// A text.
    ///
    /// # Errors
    /// The cell is something else.
    pub fn text(&mut self) -> Result<String, UnusableRow> {
        let text = self.next()?.as_text().map(str::to_owned);
        text.ok_or_else(|| self.unusable())
    }

    /// A text or nothing.
    ///
    /// # Errors
    /// The cell is something else.
    pub fn optional_text(&mut self) -> Result<Option<String>, UnusableRow> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text.clone())),
            Cell::Int(_) => Err(self.unusable()),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// The cell is something else.
    pub fn int(&mut self) -> Result<i64, UnusableRow> {
        let value = self.next()?.as_int();
        value.ok_or_else(|| self.unusable())
    }

    /// A whole number or nothing.
    ///
    /// # Errors
    /// The cell is something else.
    pub fn optional_int(&mut self) -> Result<Option<i64>, UnusableRow> {
        match self.next()? {
            Cell::Null => Ok(None),
            Cell::Int(value) => Ok(Some(*value)),
            Cell::Text(_) => Err(self.unusable()),
        }
    }

    /// A number that is never negative.
    ///
    /// # Errors
    /// The cell is something else.
    pub fn count(&mut self) -> Result<u64, UnusableRow> {
        let value = self.int()?;
        u64::try_from(value).map_err(|_| self.unusable())
    }

    /// Yes or no, kept as 1 or 0.
    ///
    /// # Errors
    /// The cell is something else.
    pub fn flag(&mut self) -> Result<bool, UnusableRow> {
        Ok(self.int()? != 0)
    }

    /// A position of the log.
    ///
    /// # Errors
    /// The cell is something else.
    pub fn position(&mut self) -> Result<Position, UnusableRow> {
        self.count().map(Position)
    }
}

/// A count or position as a cell. Those never pass 2^63 - 1, the largest position there is.
#[must_use]
pub fn count_cell(value: u64) -> Cell {
    Cell::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

/// Yes or no as a cell.
#[must_use]
pub fn flag_cell(value: bool) -> Cell {
    Cell::Int(i64::from(value))
}

/// `balance + change`, exact or refused.
///
/// # Errors
/// The sum would not fit a cell.
pub fn checked_sum(balance: i64, change: i64, what: &str) -> Result<i64, ProjectionError> {
    let sum = balance.checked_add(change);
    sum.ok_or_else(|| {
        ProjectionError::Contradiction(format!("{what}: {balance} and {change} do not fit a 64-bit cell"))
    })
}
