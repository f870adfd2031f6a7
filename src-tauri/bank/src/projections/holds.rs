//! Holds, open and resolved.

use es_core::{
    Cell, Column, ColumnKind, EventFilter, Position, ProjectedEvent, Projection, ProjectionError, ReplayOrder, Row,
    Rows, Table,
};

use super::row::{Cells, TableRow, UnusableRow, count_cell};
use super::{categories, contradiction, decode, time_text};
use crate::account::{AccountEvent, HoldPlaced, HoldStatus, PeriodOpened};
use crate::ids::HoldId;

/// One row per hold. An id that an account uses again, long after the first hold was resolved, stands for the later one.
pub static HOLDS: Table = Table {
    name: "holds",
    columns: &[
        Column { name: "account_id", kind: ColumnKind::Text },
        Column { name: "hold_id", kind: ColumnKind::Text },
        Column { name: "status", kind: ColumnKind::Text },
        Column { name: "amount", kind: ColumnKind::Int },
        Column { name: "currency", kind: ColumnKind::Text },
        Column { name: "purpose", kind: ColumnKind::Text },
        Column { name: "expires_at", kind: ColumnKind::Text },
        Column { name: "placed_at", kind: ColumnKind::Text },
        Column { name: "placed_position", kind: ColumnKind::Int },
        Column { name: "captured", kind: ColumnKind::Int },
        Column { name: "transfer_id", kind: ColumnKind::Text },
        Column { name: "reason", kind: ColumnKind::Text },
        Column { name: "changed_at", kind: ColumnKind::Text },
        Column { name: "position", kind: ColumnKind::Int },
    ],
    key_columns: 2,
    indexes: &[&["status", "expires_at"], &["placed_position"]],
};

/// A row of [`HOLDS`]. Amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRecord {
    /// The account.
    pub account_id: String,
    /// The hold.
    pub hold_id: String,
    /// `open`, `captured`, `released` or `expired`.
    pub status: String,
    /// What is set aside, or was when it was resolved.
    pub amount: i64,
    /// ISO-4217 code.
    pub currency: String,
    /// What for.
    pub purpose: String,
    /// From when on it can no longer be captured.
    pub expires_at: String,
    /// When it was placed.
    pub placed_at: String,
    /// Position of the placing.
    pub placed_position: Position,
    /// What was taken of it, if anything.
    pub captured: Option<i64>,
    /// The transfer that took it, if one did.
    pub transfer_id: Option<String>,
    /// Why it was released, if it was.
    pub reason: Option<String>,
    /// Time of the last change.
    pub changed_at: String,
    /// Position of the last change.
    pub position: Position,
}

impl TableRow for HoldRecord {
    const TABLE: &'static Table = &HOLDS;

    fn to_row(&self) -> Row {
        vec![
            self.account_id.as_str().into(),
            self.hold_id.as_str().into(),
            self.status.as_str().into(),
            self.amount.into(),
            self.currency.as_str().into(),
            self.purpose.as_str().into(),
            self.expires_at.as_str().into(),
            self.placed_at.as_str().into(),
            count_cell(self.placed_position.get()),
            self.captured.into(),
            self.transfer_id.as_deref().into(),
            self.reason.as_deref().into(),
            self.changed_at.as_str().into(),
            count_cell(self.position.get()),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            account_id: cells.text()?,
            hold_id: cells.text()?,
            status: cells.text()?,
            amount: cells.int()?,
            currency: cells.text()?,
            purpose: cells.text()?,
            expires_at: cells.text()?,
            placed_at: cells.text()?,
            placed_position: cells.position()?,
            captured: cells.optional_int()?,
            transfer_id: cells.optional_text()?,
            reason: cells.optional_text()?,
            changed_at: cells.text()?,
            position: cells.position()?,
        })
    }
}

static OWN: [&Table; 1] = [&HOLDS];

/// Read model `holds`: every hold with its expiry and what became of it.
pub struct Holds;

impl Projection for Holds {
    fn name(&self) -> &'static str {
        "holds"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "Every hold with amount, purpose and expiry, and what became of it."
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
        match decode(event)? {
            AccountEvent::HoldPlaced(placed) => place(&placed, event, rows),
            AccountEvent::HoldChanged(changed) => with_open(&changed.hold_id, event, rows, |hold| {
                hold.amount = changed.amount.minor();
                hold.expires_at = time_text(changed.expires_at);
            }),
            AccountEvent::HoldCaptured(captured) => with_open(&captured.hold_id, event, rows, |hold| {
                "captured".clone_into(&mut hold.status);
                hold.captured = Some(captured.amount.minor());
            }),
            AccountEvent::TransferDebited(debited) => with_open(&debited.hold_id, event, rows, |hold| {
                "captured".clone_into(&mut hold.status);
                hold.captured = Some(debited.amount.minor());
                hold.transfer_id = Some(debited.transfer_id.to_string());
            }),
            AccountEvent::HoldReleased(released) => with_open(&released.hold_id, event, rows, |hold| {
                "released".clone_into(&mut hold.status);
                hold.reason = Some(released.reason.clone());
            }),
            AccountEvent::HoldExpired(expired) => {
                with_open(&expired.hold_id, event, rows, |hold| "expired".clone_into(&mut hold.status))
            }
            AccountEvent::PeriodOpened(opened) => carry_forward(&opened, event, rows),
            _ => Ok(()),
        }
    }
}

/// Open holds whose placing is not in the log any more: since when they are there is not known, so they are there from the
/// period on. What became of resolved ones is gone with their events.
fn carry_forward(
    opened: &PeriodOpened,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
) -> Result<(), ProjectionError> {
    for hold in opened.holds.iter().filter(|hold| hold.hold_status == HoldStatus::Open) {
        let key: [Cell; 2] = [event.recorded.stream.id().into(), hold.hold_id.as_str().into()];
        if HoldRecord::load(rows, &key)?.is_none_or(|known| known.status != "open") {
            let placed = HoldPlaced {
                account_id: opened.account_id.clone(),
                hold_id: hold.hold_id.clone(),
                amount: hold.amount,
                expires_at: hold.expires_at,
                purpose: hold.purpose.clone(),
                placed_on: hold.counted_on,
            };
            place(&placed, event, rows)?;
        }
    }
    Ok(())
}

fn place(placed: &HoldPlaced, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
    let account_id = event.recorded.stream.id();
    let key: [Cell; 2] = [account_id.into(), placed.hold_id.as_str().into()];
    if HoldRecord::load(rows, &key)?.is_some_and(|hold| hold.status == "open") {
        return Err(contradiction(event, "the hold is open already"));
    }
    let at = time_text(event.recorded.recorded_at);
    HoldRecord {
        account_id: account_id.to_owned(),
        hold_id: placed.hold_id.to_string(),
        status: "open".to_owned(),
        amount: placed.amount.minor(),
        currency: placed.amount.currency().code().to_owned(),
        purpose: placed.purpose.clone(),
        expires_at: time_text(placed.expires_at),
        placed_at: at.clone(),
        placed_position: event.recorded.position,
        captured: None,
        transfer_id: None,
        reason: None,
        changed_at: at,
        position: event.recorded.position,
    }
    .store(rows)
}

fn with_open(
    hold_id: &HoldId,
    event: &ProjectedEvent<'_>,
    rows: &mut dyn Rows,
    change: impl FnOnce(&mut HoldRecord),
) -> Result<(), ProjectionError> {
    let key = [event.recorded.stream.id().into(), hold_id.as_str().into()];
    let open = HoldRecord::load(rows, &key)?.filter(|hold| hold.status == "open");
    let mut hold = open.ok_or_else(|| contradiction(event, "the hold is not open"))?;
    change(&mut hold);
    hold.changed_at = time_text(event.recorded.recorded_at);
    hold.position = event.recorded.position;
    hold.store(rows)
}
