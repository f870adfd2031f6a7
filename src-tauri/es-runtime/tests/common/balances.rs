//! The read model of balances, which can be told to go wrong.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use es_core::*;

use super::WalletEvent;

const TEXT: ColumnKind = ColumnKind::Text;
const INT: ColumnKind = ColumnKind::Int;
pub static BALANCES: Table = Table {
    name: "balances",
    columns: &[
        Column { name: "wallet", kind: TEXT },
        Column { name: "balance", kind: INT },
        Column { name: "events", kind: INT },
    ],
    key_columns: 1,
    indexes: &[],
};
pub static MOVEMENTS: Table = Table {
    name: "movements",
    columns: &[
        Column { name: "position", kind: INT },
        Column { name: "wallet", kind: TEXT },
        Column { name: "amount", kind: INT },
    ],
    key_columns: 1,
    indexes: &[],
};

static TABLES: &[&Table] = &[&BALANCES, &MOVEMENTS];

/// An amount that the projection refuses while [`Balances::strict`] is on.
pub const POISON: i64 = 666;
/// An amount at which it panics meanwhile.
pub const PANIC: i64 = 667;

pub struct Balances {
    pub version: u32,
    pub order: ReplayOrder,
    pub policy: FailurePolicy,
    pub strict: AtomicBool,
    /// While this is on, movements are lost, and the invariant does not hold.
    pub lossy: AtomicBool,
    /// While this is on, every wallet also counts in one row for all: then the order is not [`ReplayOrder::PerStream`].
    pub sums_up: AtomicBool,
}

impl Balances {
    pub fn new(version: u32) -> Self {
        let (order, policy) = (ReplayOrder::PerStream, FailurePolicy::Halt);
        let off = || AtomicBool::new(false);
        Self { version, order, policy, strict: off(), lossy: off(), sums_up: off() }
    }
}

fn breach(code: &'static str, message: String) -> Breach {
    Breach { code, message, details: BTreeMap::new() }
}

/// Balances add up to the movements.
#[derive(Default)]
struct BalancesAreMovements {
    balances: i64,
    movements: i64,
}

impl Invariant for BalancesAreMovements {
    fn name(&self) -> &'static str {
        "balances add up to the movements"
    }
    fn row(&mut self, table: &Table, row: &Row) -> Result<(), Breach> {
        let number = |index: usize| row[index].as_int().ok_or_else(|| breach("no_number", format!("cell {index}")));
        match table.name {
            "balances" => self.balances += number(1)?,
            _ => self.movements += number(2)?,
        }
        Ok(())
    }
    fn end(&mut self) -> Vec<Breach> {
        let Self { balances, movements } = self;
        let told = format!("balances are {balances}, movements {movements}");
        if balances == movements { vec![] } else { vec![breach("different", told)] }
    }
}

impl Projection for Balances {
    fn name(&self) -> &'static str {
        "balances"
    }
    fn version(&self) -> u32 {
        self.version
    }
    fn description(&self) -> &'static str {
        "Balance of every wallet."
    }
    fn tables(&self) -> &'static [&'static Table] {
        TABLES
    }
    fn filter(&self) -> EventFilter {
        EventFilter { categories: vec!["wallet".to_owned()], ..EventFilter::default() }
    }
    fn order(&self) -> ReplayOrder {
        self.order
    }
    fn failure_policy(&self) -> FailurePolicy {
        self.policy
    }
    fn invariants(&self) -> Vec<Box<dyn Invariant>> {
        vec![Box::new(BalancesAreMovements::default())]
    }
    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let wallet = event.recorded.stream.id();
        let amount = match WalletEvent::decode(&event.current.event_type, &event.current.payload)? {
            WalletEvent::Opened {} => 0,
            WalletEvent::Deposited { amount } | WalletEvent::Credited { amount, .. } => amount,
            WalletEvent::Withdrawn { amount } | WalletEvent::Debited { amount, .. } => -amount,
        };
        let former = rows.get(&BALANCES, &[wallet.into()])?;
        let number = |index: usize| former.as_ref().and_then(|row| row[index].as_int()).unwrap_or(0);
        let (balance, events) = (number(1) + amount, number(2) + 1);
        rows.put(&BALANCES, vec![wallet.into(), balance.into(), events.into()])?;
        match amount {
            POISON if self.strict.load(Ordering::SeqCst) => {
                return Err(ProjectionError::Contradiction("that number again".to_owned()));
            }
            PANIC if self.strict.load(Ordering::SeqCst) => panic!("that other number"),
            _ => {}
        }
        if self.sums_up.load(Ordering::SeqCst) {
            rows.put(&BALANCES, vec!["all".into(), 0.into(), 0.into()])?;
        }
        if self.lossy.load(Ordering::SeqCst) {
            return Ok(());
        }
        let position = i64::try_from(event.recorded.position.get()).expect("small");
        rows.put(&MOVEMENTS, vec![position.into(), wallet.into(), amount.into()])?;
        Ok(())
    }
}
