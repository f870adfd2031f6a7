//! What happened on each day of the bank: how many entries of which kind, over how much.

use std::collections::BTreeMap;

use es_core::{
    Column, ColumnKind, EventFilter, Position, ProjectedEvent, Projection, ProjectionError, Row, Rows, Table,
};

use super::row::{Cells, TableRow, UnusableRow, checked_sum, count_cell};
use super::{categories, decode, signed};
use crate::account::AccountEvent;
use crate::entry::EntryView;
use crate::posting::{PostingAccount, Side};
use crate::transaction::TransactionEvent;
use crate::transfer::TransferEvent;

/// One row per booking date, currency and kind of entry. Kinds are the types of the events that carry entries, so that a new
/// one appears by itself.
pub static DAILY_ACTIVITY: Table = Table {
    name: "daily_activity",
    columns: &[
        Column { name: "business_date", kind: ColumnKind::Text },
        Column { name: "currency", kind: ColumnKind::Text },
        Column { name: "kind", kind: ColumnKind::Text },
        Column { name: "entries", kind: ColumnKind::Int },
        Column { name: "turnover", kind: ColumnKind::Int },
        Column { name: "customers_change", kind: ColumnKind::Int },
        Column { name: "position", kind: ColumnKind::Int },
    ],
    key_columns: 3,
    indexes: &[],
};

/// A row of [`DAILY_ACTIVITY`]. Sums are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityLine {
    /// The bank's day.
    pub business_date: String,
    /// ISO-4217 code.
    pub currency: String,
    /// Type of the events, for example `MoneyDeposited`.
    pub kind: String,
    /// How many entries.
    pub entries: u64,
    /// Sum of their debits, which is the sum of their credits.
    pub turnover: i64,
    /// What they changed on all customers' accounts together.
    pub customers_change: i64,
    /// Position of the last one.
    pub position: Position,
}

impl TableRow for ActivityLine {
    const TABLE: &'static Table = &DAILY_ACTIVITY;

    fn to_row(&self) -> Row {
        vec![
            self.business_date.as_str().into(),
            self.currency.as_str().into(),
            self.kind.as_str().into(),
            count_cell(self.entries),
            self.turnover.into(),
            self.customers_change.into(),
            count_cell(self.position.get()),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            business_date: cells.text()?,
            currency: cells.text()?,
            kind: cells.text()?,
            entries: cells.count()?,
            turnover: cells.int()?,
            customers_change: cells.int()?,
            position: cells.position()?,
        })
    }
}

static OWN: [&Table; 1] = [&DAILY_ACTIVITY];

/// Read model `daily_activity`: entries by booking date, currency and kind.
pub struct DailyActivity;

impl Projection for DailyActivity {
    fn name(&self) -> &'static str {
        "daily_activity"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "How many entries of which kind were booked on each day, over how much, in each currency."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        categories(&["account", "transaction", "transfer"])
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        match event.recorded.stream.category() {
            "account" => count(decode::<AccountEvent>(event)?.entry(), event, rows),
            "transaction" => count(decode::<TransactionEvent>(event)?.entry(), event, rows),
            _ => count(decode::<TransferEvent>(event)?.entry(), event, rows),
        }
    }
}

fn count(entry: Option<EntryView<'_>>, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    let Some(entry) = entry else { return Ok(()) };
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for leg in entry.postings {
        let (turnover, change) = sums.entry(leg.amount.currency().code()).or_insert((0, 0));
        if leg.side == Side::Debit {
            *turnover = checked_sum(*turnover, leg.amount.minor(), "turnover of an entry")?;
        }
        if let PostingAccount::Customer(_) = leg.account {
            *change = checked_sum(*change, signed(leg.side, leg.amount.minor()), "change by an entry")?;
        }
    }
    let (date, kind) = (entry.booking_date.to_string(), &*event.current.event_type);
    for (currency, (turnover, change)) in sums {
        let key = [date.as_str().into(), currency.into(), kind.into()];
        let mut line = ActivityLine::load(rows, &key)?.unwrap_or_else(|| ActivityLine {
            business_date: date.clone(),
            currency: currency.to_owned(),
            kind: kind.to_owned(),
            entries: 0,
            turnover: 0,
            customers_change: 0,
            position: Position::ZERO,
        });
        line.entries += 1;
        line.turnover = checked_sum(line.turnover, turnover, "turnover of a day")?;
        line.customers_change = checked_sum(line.customers_change, change, "change of a day")?;
        line.position = event.recorded.position;
        line.store(rows)?;
    }
    Ok(())
}
