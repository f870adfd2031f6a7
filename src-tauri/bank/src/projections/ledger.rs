//! The trial balance, and the transfers that explain the money in transit.

use std::collections::BTreeMap;

use es_core::{Cell, EventFilter, Invariant, ProjectedEvent, Projection, ProjectionError, Row, Rows, Table};

use super::invariants::{DebitsEqualCredits, TransitIsInFlight};
use super::lines::{DepartureLine, FlightLine, LedgerAccountLine, LedgerLine};
use super::row::{TableRow, UnusableRow, checked_sum, count_cell};
use super::tables::{LEDGER, LEDGER_ACCOUNTS, TRANSFERS_DEPARTED, TRANSFERS_IN_FLIGHT};
use super::{CUSTOMER_DEPOSITS, IN_FLIGHT, categories, contradiction, decode, time_text};
use crate::account::{AccountEvent, PeriodOpened, Whole};
use crate::entry::EntryView;
use crate::ids::TransferId;
use crate::money::Amount;
use crate::posting::{GlAccount, PostingAccount, Side};
use crate::transaction::TransactionEvent;
use crate::transfer::TransferEvent;

static OWN: [&Table; 4] = [&LEDGER, &TRANSFERS_IN_FLIGHT, &TRANSFERS_DEPARTED, &LEDGER_ACCOUNTS];

/// Read model `trial_balance`: debits and credits of every ledger account and currency.
pub struct TrialBalance;

impl Projection for TrialBalance {
    fn name(&self) -> &'static str {
        "trial_balance"
    }

    fn version(&self) -> u32 {
        2
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
                    AccountEvent::AccountOpened(opened) => {
                        LedgerAccountLine { account_id: opened.account_id.to_string() }.store(rows)
                    }
                    AccountEvent::PeriodOpened(opened) => carry_forward(opened, event, rows),
                    AccountEvent::TransferDebited(debited) => {
                        take_off(&debited.transfer_id, debited.amount, event, rows)
                    }
                    AccountEvent::TransferCredited(credited) => {
                        land(&credited.transfer_id, credited.from_transit, event, rows)
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
                    TransferEvent::TransferUnparked(unparked) => {
                        take_off(&unparked.transfer_id, unparked.amount, event, rows)
                    }
                    TransferEvent::SourceDebited(debited) => depart(&debited.transfer_id, rows),
                    // Where the arrival itself is gone, this is the last that is heard of a transfer.
                    TransferEvent::TransferCompleted(over) => forget(&over.transfer_id, rows),
                    TransferEvent::TransferCompensated(over) => forget(&over.transfer_id, rows),
                    TransferEvent::ParkedTransferResolved(over) => forget(&over.transfer_id, rows),
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
    flight(transfer_id, amount, event).store(rows)?;
    add((IN_FLIGHT, amount.currency().code()), amount.minor(), 0, 1, event, rows)
}

fn land(
    transfer_id: &TransferId,
    amount: Amount,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    let key = [transfer_id.as_str().into()];
    match FlightLine::load(rows, &key)? {
        Some(flight) if flight.amount != amount.minor() || flight.currency != amount.currency().code() => {
            return Err(contradiction(event, "another amount arrives than has left"));
        }
        Some(_) => rows.delete(&TRANSFERS_IN_FLIGHT, &key)?,
        None if has_departed(transfer_id, rows)? => rows.delete(&TRANSFERS_DEPARTED, &key)?,
        None => return Err(contradiction(event, "the transfer is not in flight")),
    }
    add((IN_FLIGHT, amount.currency().code()), 0, amount.minor(), 1, event, rows)
}

/// The transfer knows that its source was debited. If the debit itself is gone, this is the first that is heard of it.
fn depart(transfer_id: &TransferId, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    match FlightLine::load(rows, &[transfer_id.as_str().into()])? {
        Some(_) => Ok(()),
        None => DepartureLine { transfer_id: transfer_id.to_string() }.store(rows),
    }
}

fn has_departed(transfer_id: &TransferId, rows: &mut dyn Rows) -> Result<bool, ProjectionError> {
    Ok(DepartureLine::load(rows, &[transfer_id.as_str().into()])?.is_some())
}

fn forget(transfer_id: &TransferId, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    let key = [transfer_id.as_str().into()];
    if FlightLine::load(rows, &key)?.is_some() {
        rows.delete(&TRANSFERS_IN_FLIGHT, &key)?;
    } else if has_departed(transfer_id, rows)? {
        rows.delete(&TRANSFERS_DEPARTED, &key)?;
    }
    Ok(())
}

/// Takes in what an account's entries have moved before its period, unless they have been seen themselves. Either way the lines
/// have changed last here.
fn carry_forward(
    opened: &PeriodOpened,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    let seen = LedgerAccountLine::load(rows, &[opened.account_id.as_str().into()])?.is_some();
    for ((account, currency), (debits, credits, postings)) in carried_sums(opened, event)? {
        let (debits, credits, postings) = if seen { (0, 0, 0) } else { (debits, credits, postings) };
        add((account, currency), debits, credits, postings, event, rows)?;
    }
    if seen {
        return Ok(());
    }
    // What has departed and did not come back has now an amount, and is in flight.
    for transfer in opened.transfers.iter().filter(|transfer| transfer.returned.is_none()) {
        let Some(amount) = transfer.debited else { continue };
        if has_departed(&transfer.transfer_id, rows)? {
            rows.delete(&TRANSFERS_DEPARTED, &[transfer.transfer_id.as_str().into()])?;
            flight(&transfer.transfer_id, amount, event).store(rows)?;
        }
    }
    LedgerAccountLine { account_id: opened.account_id.to_string() }.store(rows)
}

fn flight(transfer_id: &TransferId, amount: Amount, event: &ProjectedEvent<'_>) -> FlightLine {
    FlightLine {
        transfer_id: transfer_id.to_string(),
        currency: amount.currency().code().to_owned(),
        amount: amount.minor(),
        debited_at: time_text(event.recorded.recorded_at),
        position: event.recorded.position,
    }
}

type Sums<'a> = BTreeMap<(&'a str, &'a str), (i64, i64, u64)>;

/// Debits, credits and number of postings by line and currency. What an account has moved into transit has taken off, and what
/// it has moved out of it has landed.
fn carried_sums<'a>(opened: &'a PeriodOpened, event: &ProjectedEvent<'_>) -> Result<Sums<'a>, ProjectionError> {
    let cell = |sum: Whole| i64::try_from(sum.0).map_err(|_| contradiction(event, "a sum does not fit a 64-bit cell"));
    let mut sums = Sums::new();
    for total in &opened.carried_forward {
        let (debits, credits, postings) = (cell(total.debits)?, cell(total.credits)?, total.postings.count());
        let account = match &total.account {
            PostingAccount::Ledger(account) => account.code(),
            PostingAccount::Customer(_) => CUSTOMER_DEPOSITS,
        };
        let sum = sums.entry((account, total.currency.code())).or_default();
        sum.0 = checked_sum(sum.0, debits, "sum of debits")?;
        sum.1 = checked_sum(sum.1, credits, "sum of credits")?;
        sum.2 += postings;
        if total.account == PostingAccount::Ledger(GlAccount::TransfersInTransit) {
            sums.insert((IN_FLIGHT, total.currency.code()), (credits, debits, postings));
        }
    }
    Ok(sums)
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
