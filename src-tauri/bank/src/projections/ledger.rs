//! The trial balance, and the transfers that explain the money in transit.

use std::collections::BTreeMap;

use es_core::{EventFilter, Position, ProjectedEvent, Projection, ProjectionError, Rows, Table};

use super::lines::{FlightLine, LedgerLine};
use super::row::{TableRow, checked_sum};
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
    let mut line = LedgerLine::load(rows, &[account.into(), currency.into()])?.unwrap_or_else(|| LedgerLine {
        account: account.to_owned(),
        currency: currency.to_owned(),
        debits: 0,
        credits: 0,
        entries: 0,
        position: Position::ZERO,
    });
    line.debits = checked_sum(line.debits, debits, "sum of debits")?;
    line.credits = checked_sum(line.credits, credits, "sum of credits")?;
    line.entries += legs;
    line.position = event.recorded.position;
    line.store(rows)
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
