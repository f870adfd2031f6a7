//! What must hold of a read model's rows, checked over all of them before a rebuilt version is used.

use std::collections::BTreeMap;

use crate::limits;
use crate::projection::{Cell, Projection, Row, Table};

/// A statement about the rows of a read model that is true at every position of the log. One value checks all rows once; pure.
pub trait Invariant: Send {
    /// What holds, in a few words, for example "debits equal credits in every currency".
    fn name(&self) -> &'static str;
    /// Takes a row. Rows come table by table in declared order, and by key.
    ///
    /// # Errors
    /// What is wrong with this row alone.
    fn row(&mut self, table: &Table, row: &Row) -> Result<(), Breach>;
    /// What is wrong with all rows together; nothing if all is well.
    fn end(&mut self) -> Vec<Breach> {
        Vec::new()
    }
}

/// What contradicts an invariant: what the typed errors of a domain become, as [`crate::Rejection`] is for its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Stable code, for example `debits_differ_from_credits`.
    pub code: &'static str,
    /// One sentence for people, with the numbers in it.
    pub message: String,
    /// The numbers and names by key, for example `debits` → `1250`. Exact, as text.
    pub details: BTreeMap<&'static str, String>,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// [`Invariant::name`].
    pub invariant: &'static str,
    /// Table and key of the row that is wrong; nothing if it is the rows together.
    pub row: Option<(&'static str, Vec<Cell>)>,
    /// What is wrong, with its numbers.
    pub breach: Breach,
}

/// The invariants that do not hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Violations {
    /// How many violations there are.
    pub total: u64,
    /// The first of them, at most [`limits::VIOLATIONS`].
    pub listed: Vec<Violation>,
}

impl Violations {
    /// Whether every invariant holds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    fn add(&mut self, violation: Violation) {
        self.total += 1;
        if self.listed.len() < limits::VIOLATIONS {
            self.listed.push(violation);
        }
    }
}

/// One check of all rows of a projection.
pub struct InvariantCheck {
    invariants: Vec<Box<dyn Invariant>>,
    violations: Violations,
}

impl InvariantCheck {
    /// A check of a projection's invariants that has seen no row.
    #[must_use]
    pub fn of(projection: &dyn Projection) -> Self {
        Self { invariants: projection.invariants(), violations: Violations::default() }
    }

    /// Takes the next row; see [`Invariant::row`] for the order.
    pub fn row(&mut self, table: &'static Table, row: &Row) {
        for invariant in &mut self.invariants {
            if let Err(breach) = invariant.row(table, row) {
                let key = row.iter().take(table.key_columns).cloned().collect();
                let row = Some((table.name, key));
                self.violations.add(Violation { invariant: invariant.name(), row, breach });
            }
        }
    }

    /// What was found, after the last row.
    #[must_use]
    pub fn finish(mut self) -> Violations {
        for invariant in &mut self.invariants {
            for breach in invariant.end() {
                self.violations.add(Violation { invariant: invariant.name(), row: None, breach });
            }
        }
        self.violations
    }
}
