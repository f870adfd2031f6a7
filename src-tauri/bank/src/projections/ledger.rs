//! The trial balance, and the transfers that explain the money in transit.

use std::collections::BTreeMap;

use es_core::{Cell, EventFilter, Invariant, ProjectedEvent, Projection, ProjectionError, Row, Rows, Table};

use super::invariants::{DebitsEqualCredits, TransitIsInFlight};
use super::lines::{FlightLine, LedgerLine};
use super::row::{TableRow, UnusableRow, checked_sum, count_cell};
use super::tables::{LEDGER, TRANSFERS_IN_FLIGHT};
use super::{CUSTOMER_DEPOSITS, IN_FLIGHT, categories, contradiction, decode, time_text};
use crate::account::AccountEvent;
use crate::entry::EntryView;
use crate::ids::TransferId;
use crate::money::Amount;
use crate::posting::{PostingAccount, Side};
use crate::transaction::TransactionEvent;
use crate::transfer::TransferEvent;

static OWN: [&Table; 2] = [&LEDGER, &TRANSFERS_IN_FLIGHT];

/// Read model `trial_balance`: debits and credits of every ledger account and currency.
pub struct TrialBalance;

impl Projection for TrialBalance {
    fn name(&self) -> &'static str {
        "trial_balance"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "Debits and credits of every ledger account and currency, and the transfers in flight."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        categories(&["account", "transaction", "transfer"])
    }

    // The order is that of the whole log: every stream with postings adds to the same lines.

    fn invariants(&self) -> Vec<Box<dyn Invariant>> {
        vec![Box::new(DebitsEqualCredits::default()), Box::new(TransitIsInFlight::default())]
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        match event.recorded.stream.category() {
            "account" => {
                let account_event: AccountEvent = decode(event)?;
                post(account_event.entry(), event, rows)?;
                match &account_event {
                    AccountEvent::TransferDebited(debited) => {
                        take_off(&debited.transfer_id, debited.amount, event, rows)
                    }
                    AccountEvent::TransferCredited(credited) => {
                        land(&credited.transfer_id, credited.amount, event, rows)
                    }
                    AccountEvent::TransferDebitReturned(returned) => {
                        land(&returned.transfer_id, returned.amount, event, rows)
                    }
                    _ => Ok(()),
                }
            }
            "transaction" => post(decode::<TransactionEvent>(event)?.entry(), event, rows),
            _ => {
                let transfer_event: TransferEvent = decode(event)?;
                post(transfer_event.entry(), event, rows)?;
                match &transfer_event {
                    TransferEvent::TransferParked(parked) => land(&parked.transfer_id, parked.amount, event, rows),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// Adds an entry's legs, one row per ledger account and currency.
fn post(entry: Option<EntryView<'_>>, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    let Some(entry) = entry else { return Ok(()) };
    let mut sums: BTreeMap<(&str, &str), (i64, i64, u64)> = BTreeMap::new();
    for leg in entry.postings {
        let account = match &leg.account {
            PostingAccount::Ledger(account) => account.code(),
            PostingAccount::Customer(_) => CUSTOMER_DEPOSITS,
        };
        let (debits, credits, legs) = sums.entry((account, leg.amount.currency().code())).or_insert((0, 0, 0));
        let sum = if leg.side == Side::Debit { debits } else { credits };
        *sum = checked_sum(*sum, leg.amount.minor(), "entry")?;
        *legs += 1;
    }
    sums.into_iter().try_for_each(|(key, (debits, credits, legs))| add(key, debits, credits, legs, event, rows))
}

fn add(
    (account, currency): (&str, &str),
    debits: i64,
    credits: i64,
    legs: u64,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    let position = event.recorded.position;
    let found = rows.update(&LEDGER, &[account.into(), currency.into()], &mut |row| {
        add_to(row, DEBITS, debits, "sum of debits")?;
        add_to(row, CREDITS, credits, "sum of credits")?;
        add_to(row, ENTRIES, i64::try_from(legs).unwrap_or(i64::MAX), "number of entries")?;
        *row.get_mut(POSITION).ok_or(unusable(POSITION))? = count_cell(position.get());
        Ok(())
    })?;
    if found {
        return Ok(());
    }
    let (account, currency) = (account.to_owned(), currency.to_owned());
    LedgerLine { account, currency, debits, credits, entries: legs, position }.store(rows)
}

/// Cells that a posting changes; see [`LEDGER`].
const DEBITS: usize = 2;
const CREDITS: usize = 3;
const ENTRIES: usize = 4;
const POSITION: usize = 5;

/// Adds to a number in place.
fn add_to(row: &mut Row, index: usize, change: i64, what: &str) -> Result<(), ProjectionError> {
    let Some(Cell::Int(number)) = row.get_mut(index) else { return Err(unusable(index).into()) };
    *number = checked_sum(*number, change, what)?;
    Ok(())
}

fn unusable(index: usize) -> UnusableRow {
    UnusableRow { table: LEDGER.name, index }
}

fn take_off(
    transfer_id: &TransferId,
    amount: Amount,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    if FlightLine::load(rows, &[transfer_id.as_str().into()])?.is_some() {
        return Err(contradiction(event, "the transfer is in flight already"));
    }
    FlightLine {
        transfer_id: transfer_id.to_string(),
        currency: amount.currency().code().to_owned(),
        amount: amount.minor(),
        debited_at: time_text(event.recorded.recorded_at),
        position: event.recorded.position,
    }
    .store(rows)?;
    add((IN_FLIGHT, amount.currency().code()), amount.minor(), 0, 1, event, rows)
}

fn land(
    transfer_id: &TransferId,
    amount: Amount,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    let key = [transfer_id.as_str().into()];
    let flight = FlightLine::load(rows, &key)?.ok_or_else(|| contradiction(event, "the transfer is not in flight"))?;
    if flight.amount != amount.minor() || flight.currency != amount.currency().code() {
        return Err(contradiction(event, "another amount arrives than has left"));
    }
    rows.delete(&TRANSFERS_IN_FLIGHT, &key)?;
    add((IN_FLIGHT, amount.currency().code()), 0, amount.minor(), 1, event, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_that_a_posting_changes_are_where_the_table_has_them() {
        for (name, index) in [("debits", DEBITS), ("credits", CREDITS), ("entries", ENTRIES), ("position", POSITION)] {
            assert_eq!(LEDGER.column(name), Some(index), "{name}");
        }
    }
}
