//! Transfers and where they stand.

use es_core::{EventFilter, Position, ProjectedEvent, Projection, ProjectionError, ReplayOrder, Rows, Table};

use super::lines::TransferLine;
use super::row::TableRow;
use super::tables::{TRANSFERS, TRANSFERS_BY_ACCOUNT};
use super::{categories, contradiction, decode, time_text};
use crate::transfer::{TransferEvent, TransferRequested, TransferStatus};

static OWN: [&Table; 2] = [&TRANSFERS, &TRANSFERS_BY_ACCOUNT];

/// Read model `transfers`: state, reason and times of every transfer, in all and by account.
pub struct Transfers;

impl Projection for Transfers {
    fn name(&self) -> &'static str {
        "transfers"
    }

    fn version(&self) -> u32 {
        1
    }

    fn description(&self) -> &'static str {
        "State, amount, reason and times of every transfer, in all and by account."
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
        let mut line = match &transfer_event {
            TransferEvent::TransferRequested(requested) => requested_line(requested, event),
            _ => TransferLine::load(rows, &[event.recorded.stream.id().into()])?
                .ok_or_else(|| contradiction(event, "the transfer was never requested"))?,
        };
        advance(&mut line, &transfer_event);
        line.changed_at = time_text(event.recorded.recorded_at);
        line.position = event.recorded.position;
        rows.put(&TRANSFERS_BY_ACCOUNT, line.by_account(&line.source))?;
        rows.put(&TRANSFERS_BY_ACCOUNT, line.by_account(&line.target))?;
        line.store(rows)
    }
}

fn requested_line(requested: &TransferRequested, event: &ProjectedEvent<'_>) -> TransferLine {
    TransferLine {
        transfer_id: requested.transfer_id.to_string(),
        source: requested.source.to_string(),
        target: requested.target.to_string(),
        amount: requested.amount.minor(),
        currency: requested.amount.currency().code().to_owned(),
        status: TransferStatus::Requested.as_str().to_owned(),
        finished: false,
        code: None,
        reason: None,
        reference: requested.reference.clone(),
        requested_at: time_text(event.recorded.recorded_at),
        changed_at: String::new(),
        requested_position: event.recorded.position,
        position: Position::ZERO,
    }
}

fn advance(line: &mut TransferLine, event: &TransferEvent) {
    let mut because = |code: &str, reason: &str| {
        line.code = Some(code.to_owned());
        line.reason = Some(reason.to_owned());
    };
    let (status, finished) = match event {
        TransferEvent::TransferRequested(_) => (TransferStatus::Requested, false),
        TransferEvent::TransferValidated(_) => (TransferStatus::Validated, false),
        TransferEvent::SourceReserved(_) => (TransferStatus::SourceReserved, false),
        TransferEvent::SourceDebited(_) => (TransferStatus::SourceDebited, false),
        TransferEvent::TransferCompleted(_) => (TransferStatus::Completed, true),
        TransferEvent::TransferRejected(rejected) => {
            because(&rejected.code, &rejected.message);
            (TransferStatus::Rejected, true)
        }
        TransferEvent::TransferFailed(failed) => {
            because(&failed.code, &failed.message);
            (TransferStatus::Failed, line.status == TransferStatus::Requested.as_str())
        }
        TransferEvent::TransferCancelled(cancelled) => {
            because("cancelled", &cancelled.reason);
            (TransferStatus::Cancelled, line.status == TransferStatus::Requested.as_str())
        }
        TransferEvent::SourceReleaseRefused(_) => return,
        TransferEvent::SourceReleased(_) => {
            // The transfer keeps its state; only now nothing of it is left on the source account.
            line.finished = true;
            return;
        }
        TransferEvent::CompensationStarted(started) => {
            because(&started.code, &started.message);
            (TransferStatus::Compensating, false)
        }
        TransferEvent::TransferCompensated(_) => (TransferStatus::Compensated, true),
        TransferEvent::TransferParked(parked) => {
            because(&parked.code, &parked.message);
            (TransferStatus::ParkedInSuspense, true)
        }
    };
    status.as_str().clone_into(&mut line.status);
    line.finished = finished;
}
