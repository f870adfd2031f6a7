//! Limits of what customers may spend, and how much of them is used.
//!
//! The rules are those of the account itself: see [`crate::account`]. What is counted on a day is remembered by what it was
//! counted for, so that it can be given back to that day.

use chrono::NaiveDate;
use es_core::{
    Cell, Column, ColumnKind, EventFilter, Invariant, Position, ProjectedEvent, Projection, ProjectionError,
    ReplayOrder, Row, Rows, Table,
};

use super::invariants::LimitUseIsPositive;
use super::row::{Cells, TableRow, UnusableRow, checked_sum, count_cell};
use super::{categories, decode, time_text};
use crate::account::{AccountEvent, LimitsSet, PeriodOpened};
use crate::money::Limit;

/// One row per account whose limits were ever set.
pub static LIMITS: Table = Table {
    name: "limits",
    columns: &[
        Column { name: "account_id", kind: ColumnKind::Text },
        Column { name: "per_transaction", kind: ColumnKind::Int },
        Column { name: "per_day", kind: ColumnKind::Int },
        Column { name: "per_month", kind: ColumnKind::Int },
        Column { name: "changed_at", kind: ColumnKind::Text },
        Column { name: "position", kind: ColumnKind::Int },
    ],
    key_columns: 1,
    indexes: &[],
};

/// One row per account and day on which something was spent.
pub static LIMIT_USE: Table = Table {
    name: "limit_use",
    columns: &[
        Column { name: "account_id", kind: ColumnKind::Text },
        Column { name: "day", kind: ColumnKind::Text },
        Column { name: "used", kind: ColumnKind::Int },
    ],
    key_columns: 2,
    indexes: &[],
};

/// One row per hold, entry or transfer that counts on a day.
pub static LIMIT_COUNTED: Table = Table {
    name: "limit_counted",
    columns: &[
        Column { name: "account_id", kind: ColumnKind::Text },
        Column { name: "counted", kind: ColumnKind::Text },
        Column { name: "day", kind: ColumnKind::Text },
        Column { name: "amount", kind: ColumnKind::Int },
    ],
    key_columns: 2,
    indexes: &[],
};

/// A row of [`LIMITS`]. Limits are minor units of the account's currency; none if absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsLine {
    /// The account.
    pub account_id: String,
    /// For one withdrawal, hold or transfer.
    pub per_transaction: Option<i64>,
    /// For a day.
    pub per_day: Option<i64>,
    /// For a month.
    pub per_month: Option<i64>,
    /// When they were set.
    pub changed_at: String,
    /// Position of the event that set them.
    pub position: Position,
}

impl TableRow for LimitsLine {
    const TABLE: &'static Table = &LIMITS;

    fn to_row(&self) -> Row {
        vec![
            self.account_id.as_str().into(),
            self.per_transaction.into(),
            self.per_day.into(),
            self.per_month.into(),
            self.changed_at.as_str().into(),
            count_cell(self.position.get()),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            account_id: cells.text()?,
            per_transaction: cells.optional_int()?,
            per_day: cells.optional_int()?,
            per_month: cells.optional_int()?,
            changed_at: cells.text()?,
            position: cells.position()?,
        })
    }
}

/// A row of [`LIMIT_USE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitUseLine {
    /// The account.
    pub account_id: String,
    /// The bank's day.
    pub day: String,
    /// What was spent on it, in minor units.
    pub used: i64,
}

impl TableRow for LimitUseLine {
    const TABLE: &'static Table = &LIMIT_USE;

    fn to_row(&self) -> Row {
        vec![self.account_id.as_str().into(), self.day.as_str().into(), self.used.into()]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self { account_id: cells.text()?, day: cells.text()?, used: cells.int()? })
    }
}

static OWN: [&Table; 3] = [&LIMITS, &LIMIT_USE, &LIMIT_COUNTED];

/// Read model `limits`: limits of use, and what was spent on which day.
pub struct LimitsUsed;

impl Projection for LimitsUsed {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "What each customer may spend at once, a day and a month, and what was spent on which day."
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

    fn invariants(&self) -> Vec<Box<dyn Invariant>> {
        vec![Box::new(LimitUseIsPositive)]
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let mut book = Book { account_id: event.recorded.stream.id(), rows };
        match decode(event)? {
            AccountEvent::LimitsSet(set) => limits(&set, event).store(book.rows),
            AccountEvent::MoneyWithdrawn(e) => {
                book.count(&entry(e.entry_id), &e.booking_date.to_string(), e.amount.minor())
            }
            AccountEvent::HoldPlaced(e) => match e.placed_on {
                Some(day) => book.count(&hold(&e.hold_id), &day.to_string(), e.amount.minor()),
                // From before the day was recorded: counts when it is captured.
                None => Ok(()),
            },
            AccountEvent::HoldChanged(e) => match book.give_back(&hold(&e.hold_id))? {
                Some(day) => book.count(&hold(&e.hold_id), &day, e.amount.minor()),
                None => Ok(()),
            },
            AccountEvent::HoldCaptured(e) => {
                book.capture(&hold(&e.hold_id), &entry(e.entry_id), e.booking_date, e.amount.minor())
            }
            AccountEvent::TransferDebited(e) => {
                book.capture(&hold(&e.hold_id), &transfer(&e.transfer_id), e.booking_date, e.amount.minor())
            }
            AccountEvent::HoldReleased(e) => book.give_back(&hold(&e.hold_id)).map(drop),
            AccountEvent::HoldExpired(e) => book.give_back(&hold(&e.hold_id)).map(drop),
            AccountEvent::TransferDebitReturned(e) => book.give_back(&transfer(&e.transfer_id)).map(drop),
            AccountEvent::PostingReversed(e) => book.give_back(&entry(e.original_entry_id)).map(drop),
            AccountEvent::FeeWaived(e) => book.give_back(&entry(e.original_entry_id)).map(drop),
            AccountEvent::PeriodOpened(e) => carry_forward(&mut book, &e, event),
            _ => Ok(()),
        }
    }
}

/// What a period carries and the rows do not have, because the events that it came from are not in the log any more. Of days
/// before those that the account itself remembers nothing is known then.
fn carry_forward(
    book: &mut Book<'_>,
    opened: &PeriodOpened,
    event: &ProjectedEvent<'_>,
) -> Result<(), ProjectionError> {
    let spending = &opened.spending;
    let (per_transaction, per_day, per_month) = (spending.per_transaction, spending.per_day, spending.per_month);
    let limited = per_transaction.is_some() || per_day.is_some() || per_month.is_some();
    if limited && LimitsLine::load(book.rows, &[book.account_id.into()])?.is_none() {
        let account_id = opened.account_id.clone();
        limits(&LimitsSet { account_id, per_transaction, per_day, per_month }, event).store(book.rows)?;
    }
    let holds = opened.holds.iter().filter_map(|h| Some((hold(&h.hold_id), h.counted_on?, h.amount)));
    let entries = opened.entries.iter().filter_map(|e| Some((entry(e.entry_id), e.counted_on?, e.amount)));
    let transfers = opened.transfers.iter().filter_map(|t| Some((transfer(&t.transfer_id), t.counted_on?, t.debited?)));
    for (what, day, amount) in holds.chain(entries).chain(transfers) {
        book.remember(&what, &day.to_string(), amount.minor())?;
    }
    for used in &spending.used {
        let day = used.day.to_string();
        let key = book.key(&day);
        if LimitUseLine::load(book.rows, &key)?.is_none() {
            book.add(&day, used.money.minor())?;
        }
    }
    Ok(())
}

fn limits(set: &LimitsSet, event: &ProjectedEvent<'_>) -> LimitsLine {
    let minor = |limit: Option<Limit>| limit.map(|limit| limit.money().minor());
    LimitsLine {
        account_id: set.account_id.to_string(),
        per_transaction: minor(set.per_transaction),
        per_day: minor(set.per_day),
        per_month: minor(set.per_month),
        changed_at: time_text(event.recorded.recorded_at),
        position: event.recorded.position,
    }
}

fn hold(id: &crate::ids::HoldId) -> String {
    format!("hold {id}")
}

fn entry(id: crate::ids::EntryId) -> String {
    format!("entry {id}")
}

fn transfer(id: &crate::ids::TransferId) -> String {
    format!("transfer {id}")
}

/// One account's days.
struct Book<'a> {
    account_id: &'a str,
    rows: &'a mut dyn Rows,
}

impl Book<'_> {
    fn key(&self, second: &str) -> [Cell; 2] {
        [self.account_id.into(), second.into()]
    }

    fn add(&mut self, day: &str, minor: i64) -> Result<(), ProjectionError> {
        let key = self.key(day);
        let used = LimitUseLine::load(self.rows, &key)?.map_or(0, |line| line.used);
        match checked_sum(used, minor, "limit use")? {
            0 => Ok(self.rows.delete(&LIMIT_USE, &key)?),
            used => LimitUseLine { account_id: self.account_id.to_owned(), day: day.to_owned(), used }.store(self.rows),
        }
    }

    fn count(&mut self, what: &str, day: &str, minor: i64) -> Result<(), ProjectionError> {
        let row = vec![self.account_id.into(), what.into(), day.into(), minor.into()];
        self.rows.put(&LIMIT_COUNTED, row)?;
        self.add(day, minor)
    }

    /// Notes what is counted in the use of a day already.
    fn remember(&mut self, what: &str, day: &str, minor: i64) -> Result<(), ProjectionError> {
        if self.rows.get(&LIMIT_COUNTED, &self.key(what))?.is_some() {
            return Ok(());
        }
        Ok(self.rows.put(&LIMIT_COUNTED, vec![self.account_id.into(), what.into(), day.into(), minor.into()])?)
    }

    /// Takes back what was counted for something, and says on which day that was.
    fn give_back(&mut self, what: &str) -> Result<Option<String>, ProjectionError> {
        let key = self.key(what);
        let Some(row) = self.rows.get(&LIMIT_COUNTED, &key)? else { return Ok(None) };
        let (Some(day), Some(minor)) = (row.get(2).and_then(Cell::as_text), row.get(3).and_then(Cell::as_int)) else {
            return Err(UnusableRow { table: LIMIT_COUNTED.name, index: 2 }.into());
        };
        self.add(day, -minor)?;
        self.rows.delete(&LIMIT_COUNTED, &key)?;
        Ok(Some(day.to_owned()))
    }

    /// A hold ends in a debit, which counts on the hold's day, or on its own where the hold's is not known.
    fn capture(&mut self, hold: &str, debit: &str, booked: NaiveDate, minor: i64) -> Result<(), ProjectionError> {
        let day = self.give_back(hold)?.unwrap_or_else(|| booked.to_string());
        self.count(debit, &day, minor)
    }
}
