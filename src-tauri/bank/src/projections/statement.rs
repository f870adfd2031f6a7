//! Statements: one line per posting to a customer's account.

use es_core::{EventFilter, ProjectedEvent, Projection, ProjectionError, ReplayOrder, Rows, Table};

use super::lines::{StatementHead, StatementLine};
use super::row::{TableRow, checked_sum};
use super::tables::{STATEMENT, STATEMENT_HEADS};
use super::{categories, contradiction, decode, signed};
use crate::account::AccountEvent;
use crate::posting::PostingAccount;

static OWN: [&Table; 2] = [&STATEMENT, &STATEMENT_HEADS];

/// Read model `statement`: every posting to a customer's account with the balance after it.
pub struct Statements;

impl Projection for Statements {
    fn name(&self) -> &'static str {
        "statement"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "Every posting to a customer's account with booking date, value date and the balance after it."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        categories(&["account"])
    }

    fn order(&self) -> ReplayOrder {
        ReplayOrder::PerStream
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let account_event: AccountEvent = decode(event)?;
        let Some(entry) = account_event.entry() else { return Ok(()) };
        for leg in entry.postings {
            let PostingAccount::Customer(account_id) = &leg.account else { continue };
            let currency = leg.amount.currency().code();
            let mut head = StatementHead::load(rows, &[account_id.as_str().into()])?.unwrap_or_else(|| StatementHead {
                account_id: account_id.to_string(),
                currency: currency.to_owned(),
                balance: 0,
                lines: 0,
            });
            if head.currency != currency {
                return Err(contradiction(event, "a posting has another currency than the statement"));
            }
            let amount = signed(leg.side, leg.amount.minor());
            head.balance = checked_sum(head.balance, amount, "statement balance")?;
            head.lines += 1;
            head.store(rows)?;
            StatementLine {
                account_id: head.account_id,
                line: head.lines,
                position: event.recorded.position,
                version: event.recorded.version.get(),
                event_type: event.current.event_type.to_string(),
                booking_date: entry.booking_date.to_string(),
                value_date: entry.value_date.to_string(),
                text: entry.text.to_owned(),
                amount,
                balance: head.balance,
                currency: head.currency,
                entry_id: entry.entry_id.to_string(),
            }
            .store(rows)?;
        }
        Ok(())
    }
}
