//! What holds of the read models' rows at every position, whatever the events were.

use std::collections::BTreeMap;

use es_core::{Breach, Invariant, Row, Table};

use super::limits::{LIMIT_USE, LimitUseLine};
use super::lines::{AccountLine, FlightLine, HoldLine, LedgerLine};
use super::row::{TableRow, UnusableRow};
use super::tables::{ACCOUNT_HOLDS, ACCOUNTS, LEDGER, TRANSFERS_IN_FLIGHT};
use super::{IN_FLIGHT, IN_TRANSIT};

/// Index of the column `available`, which is no field of [`AccountLine`] but follows from others.
const AVAILABLE: usize = 9;

/// What contradicts an invariant of the bank. Sums of minor units; they may exceed what one amount can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Unusable(#[from] UnusableRow),
    #[error("{currency}: debits {debits}, credits {credits}")]
    Unbalanced { currency: String, debits: i128, credits: i128 },
    #[error("{currency}: {transit} in transit, {summed} summed in flight, transfers in flight {flights}")]
    TransitDiffers { currency: String, transit: i128, summed: i128, flights: i128 },
    #[error("available is {available}, but balance is {balance}, held {held}, overdraft {overdraft}")]
    AvailableDiffers { available: i64, balance: i64, held: i64, overdraft: i64 },
    #[error("account {account} has used {used} on {day}")]
    NothingUsed { account: String, day: String, used: i64 },
    #[error("account {account}: held is {excess} more than its holds")]
    HeldDiffers { account: String, excess: i128 },
}

impl From<Broken> for Breach {
    fn from(broken: Broken) -> Self {
        let message = broken.to_string();
        let (code, details) = match broken {
            Broken::Unusable(UnusableRow { table, index }) => {
                ("unusable_row", vec![("table", table.to_owned()), ("cell", index.to_string())])
            }
            Broken::Unbalanced { currency, debits, credits } => (
                "debits_differ_from_credits",
                vec![("currency", currency), ("debits", debits.to_string()), ("credits", credits.to_string())],
            ),
            Broken::TransitDiffers { currency, transit, summed, flights } => (
                "transit_differs_from_flights",
                vec![
                    ("currency", currency),
                    ("transit", transit.to_string()),
                    ("summed", summed.to_string()),
                    ("flights", flights.to_string()),
                ],
            ),
            Broken::AvailableDiffers { available, balance, held, overdraft } => (
                "available_differs",
                vec![
                    ("available", available.to_string()),
                    ("balance", balance.to_string()),
                    ("held", held.to_string()),
                    ("overdraft", overdraft.to_string()),
                ],
            ),
            Broken::NothingUsed { account, day, used } => {
                ("nothing_used", vec![("account", account), ("day", day), ("used", used.to_string())])
            }
            Broken::HeldDiffers { account, excess } => {
                ("held_differs_from_holds", vec![("account", account), ("excess", excess.to_string())])
            }
        };
        Self { code, message, details: details.into_iter().collect() }
    }
}

/// A row in its typed form.
fn typed<T: TableRow>(row: &Row) -> Result<T, Broken> {
    Ok(T::from_row(row)?)
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

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), Breach> {
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

    fn end(&mut self) -> Vec<Breach> {
        let unbalanced = self.sums.iter().filter(|(_, (debits, credits))| debits != credits);
        unbalanced
            .map(|(currency, &(debits, credits))| {
                Broken::Unbalanced { currency: currency.clone(), debits, credits }.into()
            })
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

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), Breach> {
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

    fn end(&mut self) -> Vec<Breach> {
        let different = self.sums.iter().filter(|(_, [transit, sum, flights])| transit != sum || sum != flights);
        let broken = |(currency, &[transit, summed, flights]): (&String, &[i128; 3])| {
            Broken::TransitDiffers { currency: currency.clone(), transit, summed, flights }.into()
        };
        different.map(broken).collect()
    }
}

/// What an account can spend is its balance less what is held plus its overdraft.
pub(super) struct AvailableFollows;

impl Invariant for AvailableFollows {
    fn name(&self) -> &'static str {
        "available is balance less holds plus overdraft"
    }

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), Breach> {
        if table.name != ACCOUNTS.name {
            return Ok(());
        }
        let line: AccountLine = typed(row)?;
        let stored = row.get(AVAILABLE).and_then(es_core::Cell::as_int);
        let unusable = Broken::Unusable(UnusableRow { table: ACCOUNTS.name, index: AVAILABLE });
        let available = stored.ok_or(unusable)?;
        if available == line.available() {
            return Ok(());
        }
        let AccountLine { balance, held, overdraft, .. } = line;
        Err(Broken::AvailableDiffers { available, balance, held, overdraft }.into())
    }
}

/// Days on which nothing is spent have no row, and what is given back was spent before.
pub(super) struct LimitUseIsPositive;

impl Invariant for LimitUseIsPositive {
    fn name(&self) -> &'static str {
        "what is used of a day is more than zero"
    }

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), Breach> {
        if table.name != LIMIT_USE.name {
            return Ok(());
        }
        let LimitUseLine { account_id, day, used } = typed(row)?;
        if used > 0 {
            return Ok(());
        }
        Err(Broken::NothingUsed { account: account_id, day, used }.into())
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

    fn row(&mut self, table: &Table, row: &Row) -> Result<(), Breach> {
        if table.name == ACCOUNTS.name {
            let line: AccountLine = typed(row)?;
            self.add(line.account_id, line.held.into());
        } else if table.name == ACCOUNT_HOLDS.name {
            let line: HoldLine = typed(row)?;
            self.add(line.account_id, -i128::from(line.amount));
        }
        Ok(())
    }

    fn end(&mut self) -> Vec<Breach> {
        let broken =
            |(account, &excess): (&String, &i128)| Broken::HeldDiffers { account: account.clone(), excess }.into();
        self.left.iter().map(broken).collect()
    }
}
