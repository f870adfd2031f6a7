//! Transfers that are not at an end, with their deadlines: what somebody has to look at when they stay.

use es_core::{
    AnyState, Cell, Column, ColumnKind, Decider, EventFilter, Position, Process, ProjectedEvent, Projection,
    ProjectionError, ReplayOrder, Row, Rows, Table,
};

use super::row::{Cells, TableRow, UnusableRow, count_cell};
use super::{categories, contradiction, decode, time_text};
use crate::processes::TransferProcess;
use crate::transfer::{TransferDecider, TransferEvent, TransferState};

/// One row per transfer that is not at an end. Its last column is the aggregate's own state, so that the process itself says
/// whether anything is left to do.
pub static OPEN_TRANSFERS: Table = Table {
    name: "open_transfers",
    columns: &[
        Column { name: "transfer_id", kind: ColumnKind::Text },
        Column { name: "source", kind: ColumnKind::Text },
        Column { name: "target", kind: ColumnKind::Text },
        Column { name: "amount", kind: ColumnKind::Int },
        Column { name: "currency", kind: ColumnKind::Text },
        Column { name: "status", kind: ColumnKind::Text },
        Column { name: "deadline", kind: ColumnKind::Text },
        Column { name: "requested_at", kind: ColumnKind::Text },
        Column { name: "requested_position", kind: ColumnKind::Int },
        Column { name: "changed_at", kind: ColumnKind::Text },
        Column { name: "position", kind: ColumnKind::Int },
        Column { name: "state", kind: ColumnKind::Text },
    ],
    key_columns: 1,
    indexes: &[&["deadline"], &["requested_at"]],
};

/// A row of [`OPEN_TRANSFERS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTransferLine {
    /// The transfer.
    pub transfer_id: String,
    /// Account that pays.
    pub source: String,
    /// Account that receives.
    pub target: String,
    /// Minor units.
    pub amount: i64,
    /// ISO-4217 code.
    pub currency: String,
    /// Where it stands, for example `sourceReserved`.
    pub status: String,
    /// When the source must be debited.
    pub deadline: String,
    /// Time of the request.
    pub requested_at: String,
    /// Position of the request.
    pub requested_position: Position,
    /// Time of the last change.
    pub changed_at: String,
    /// Position of the last change.
    pub position: Position,
    /// The aggregate's state as JSON text.
    pub state: String,
}

impl TableRow for OpenTransferLine {
    const TABLE: &'static Table = &OPEN_TRANSFERS;

    fn to_row(&self) -> Row {
        vec![
            self.transfer_id.as_str().into(),
            self.source.as_str().into(),
            self.target.as_str().into(),
            self.amount.into(),
            self.currency.as_str().into(),
            self.status.as_str().into(),
            self.deadline.as_str().into(),
            self.requested_at.as_str().into(),
            count_cell(self.requested_position.get()),
            self.changed_at.as_str().into(),
            count_cell(self.position.get()),
            self.state.as_str().into(),
        ]
    }

    fn from_cells(cells: &mut Cells<'_>) -> Result<Self, UnusableRow> {
        Ok(Self {
            transfer_id: cells.text()?,
            source: cells.text()?,
            target: cells.text()?,
            amount: cells.int()?,
            currency: cells.text()?,
            status: cells.text()?,
            deadline: cells.text()?,
            requested_at: cells.text()?,
            requested_position: cells.position()?,
            changed_at: cells.text()?,
            position: cells.position()?,
            state: cells.text()?,
        })
    }
}

static OWN: [&Table; 1] = [&OPEN_TRANSFERS];
/// Version of the table beside the state in it.
const TABLE_VERSION: u32 = 1;

/// Read model `open_transfers`: transfers that are not at an end.
pub struct OpenTransfers;

impl Projection for OpenTransfers {
    fn name(&self) -> &'static str {
        "open_transfers"
    }

    /// The rows keep the aggregate's state, so its new shape is a new version too.
    fn version(&self) -> u32 {
        TABLE_VERSION + TransferDecider::STATE_VERSION - 1
    }

    fn description(&self) -> &'static str {
        "Transfers that are not at an end, with their deadlines."
    }

    fn tables(&self) -> &'static [&'static Table] {
        &OWN
    }

    fn filter(&self) -> EventFilter {
        categories(&["transfer"])
    }

    fn order(&self) -> ReplayOrder {
        ReplayOrder::PerStream
    }

    fn apply(&self, event: &ProjectedEvent<'_>, rows: &mut dyn Rows) -> Result<(), ProjectionError> {
        let transfer_event: TransferEvent = decode(event)?;
        let recorded = event.recorded;
        let key: [Cell; 1] = [recorded.stream.id().into()];
        let known = OpenTransferLine::load(rows, &key)?;
        let mut state = match &known {
            None => TransferState::default(),
            Some(line) => serde_json::from_str(&line.state)
                .map_err(|error| contradiction(event, &format!("the transfer's kept state does not read: {error}")))?,
        };
        TransferDecider::evolve(&mut state, &transfer_event);
        // An event that comes after the end concerns a transfer that is not open any more.
        let Some(order) = &state.order else { return Ok(()) };
        if TransferProcess.turn(&recorded.stream, &AnyState::new(state.clone())).finished {
            return Ok(rows.delete(&OPEN_TRANSFERS, &key)?);
        }
        let at = time_text(recorded.recorded_at);
        let kept = serde_json::to_string(&state).map_err(|error| contradiction(event, &error.to_string()))?;
        OpenTransferLine {
            transfer_id: order.transfer_id.to_string(),
            source: order.source.to_string(),
            target: order.target.to_string(),
            amount: order.amount.minor(),
            currency: order.amount.currency().code().to_owned(),
            status: state.status.as_str().to_owned(),
            deadline: time_text(order.deadline),
            requested_at: known.as_ref().map_or_else(|| at.clone(), |line| line.requested_at.clone()),
            requested_position: known.as_ref().map_or(recorded.position, |line| line.requested_position),
            changed_at: at,
            position: recorded.position,
            state: kept,
        }
        .store(rows)
    }
}
