//! What holds of the read models' rows at every position, whatever the events were.

use std::collections::BTreeMap;

use es_core::{Invariant, Row, Table};

use super::limits::{LIMIT_USE, LimitUseLine};
use super::lines::{AccountLine, FlightLine, HoldLine, LedgerLine};
use super::row::TableRow;
use super::tables::{ACCOUNT_HOLDS, ACCOUNTS, LEDGER, TRANSFERS_IN_FLIGHT};
use super::{IN_FLIGHT, IN_TRANSIT};

/// Index of the column `available`, which is no field of [`AccountLine`] but follows from others.
const AVAILABLE: usize = 9;

/// A row in its typed form.
fn typed<T: TableRow>(row: &Row) -> Result<T, String> {
    T::from_row(row).map_err(|error| error.to_string())
}

/// Double entry: every posting has debited as much as it has credited.
#[derive(Default)]
pub(super) struct DebitsEqualCredits {
    sums: BTreeMap<String, (i128, i128)>,
}

impl Invariant for DebitsEqualCredits {
    fn name(&self) -> &'static str {
        "debits equal credits in every currency"
    }

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), String> {
        if table.name != LEDGER.name {
            return Ok(());
        }
        let line: LedgerLine = typed(row)?;
        if line.account != IN_FLIGHT {
            let (debits, credits) = self.sums.entry(line.currency).or_default();
            *debits += i128::from(line.debits);
            *credits += i128::from(line.credits);
        }
        Ok(())
    }

    fn end(&mut self) -> Vec<String> {
        let unbalanced = self.sums.iter().filter(|(_, (debits, credits))| debits != credits);
        unbalanced
            .map(|(currency, (debits, credits))| format!("{currency}: debits {debits}, credits {credits}"))
            .collect()
    }
}

/// The money in transit is that of the transfers in flight, and so is the line that sums them.
#[derive(Default)]
pub(super) struct TransitIsInFlight {
    /// By currency: money in transit, the summing line, the transfers themselves.
    sums: BTreeMap<String, [i128; 3]>,
}

impl Invariant for TransitIsInFlight {
    fn name(&self) -> &'static str {
        "money in transit is that of the transfers in flight"
    }

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), String> {
        if table.name == TRANSFERS_IN_FLIGHT.name {
            let line: FlightLine = typed(row)?;
            self.sums.entry(line.currency).or_default()[2] += i128::from(line.amount);
        } else if table.name == LEDGER.name {
            let line: LedgerLine = typed(row)?;
            let net = i128::from(line.debits) - i128::from(line.credits);
            match &*line.account {
                // Owed to somebody while transfers are under way: its credits exceed its debits.
                IN_TRANSIT => self.sums.entry(line.currency).or_default()[0] -= net,
                IN_FLIGHT => self.sums.entry(line.currency).or_default()[1] += net,
                _ => {}
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Vec<String> {
        let different = self.sums.iter().filter(|(_, [transit, sum, flights])| transit != sum || sum != flights);
        let tell = |(currency, [transit, sum, flights]): (&String, &[i128; 3])| {
            format!("{currency}: {transit} in transit, {sum} summed in flight, transfers in flight {flights}")
        };
        different.map(tell).collect()
    }
}

/// What an account can spend is its balance less what is held plus its overdraft.
pub(super) struct AvailableFollows;

impl Invariant for AvailableFollows {
    fn name(&self) -> &'static str {
        "available is balance less holds plus overdraft"
    }

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), String> {
        if table.name != ACCOUNTS.name {
            return Ok(());
        }
        let line: AccountLine = typed(row)?;
        let stored = row.get(AVAILABLE).and_then(es_core::Cell::as_int).ok_or("available is no number")?;
        if stored == line.available() {
            return Ok(());
        }
        let AccountLine { balance, held, overdraft, .. } = line;
        Err(format!("available is {stored}, but balance is {balance}, held {held}, overdraft {overdraft}"))
    }
}

/// Days on which nothing is spent have no row, and what is given back was spent before.
pub(super) struct LimitUseIsPositive;

impl Invariant for LimitUseIsPositive {
    fn name(&self) -> &'static str {
        "what is used of a day is more than zero"
    }

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), String> {
        if table.name != LIMIT_USE.name {
            return Ok(());
        }
        let LimitUseLine { account_id, day, used } = typed(row)?;
        if used > 0 { Ok(()) } else { Err(format!("account {account_id} has used {used} on {day}")) }
    }
}

/// What is held of an account is the sum of its open holds.
#[derive(Default)]
pub(super) struct HeldIsTheSumOfHolds {
    /// Held less holds, by account, where it is not zero.
    left: BTreeMap<String, i128>,
}

impl HeldIsTheSumOfHolds {
    fn add(&mut self, account: String, change: i128) {
        let left = self.left.remove(&account).unwrap_or(0) + change;
        if left != 0 {
            self.left.insert(account, left);
        }
    }
}

impl Invariant for HeldIsTheSumOfHolds {
    fn name(&self) -> &'static str {
        "what is held is the sum of the open holds"
    }

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), String> {
        if table.name == ACCOUNTS.name {
            let line: AccountLine = typed(row)?;
            self.add(line.account_id, line.held.into());
        } else if table.name == ACCOUNT_HOLDS.name {
            let line: HoldLine = typed(row)?;
            self.add(line.account_id, -i128::from(line.amount));
        }
        Ok(())
    }

    fn end(&mut self) -> Vec<String> {
        let tell = |(account, left): (&String, &i128)| format!("account {account}: held is {left} more than its holds");
        self.left.iter().map(tell).collect()
    }
}
