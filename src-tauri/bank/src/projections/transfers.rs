//! Transfers and where they stand.

use es_core::{EventFilter, Position, ProjectedEvent, Projection, ProjectionError, ReplayOrder, Rows, Table};

use super::lines::TransferLine;
use super::row::TableRow;
use super::tables::{TRANSFERS, TRANSFERS_BY_ACCOUNT};
use super::{categories, contradiction, decode, time_text};
use crate::money::Amount;
use crate::transfer::{TransferEvent, TransferRequested, TransferStatus, TransferValidated};

static OWN: [&Table; 2] = [&TRANSFERS, &TRANSFERS_BY_ACCOUNT];

/// Read model `transfers`: state, reason and times of every transfer, in all and by account.
pub struct Transfers;

impl Projection for Transfers {
    fn name(&self) -> &'static str {
        "transfers"
    }

    fn version(&self) -> u32 {
        2
    }

    fn description(&self) -> &'static str {
        "State, amounts, fee, rate, approval, reason and times of every transfer, in all and by account."
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
        fee: requested.fee.map_or(0, Amount::minor),
        arriving: None,
        arriving_currency: None,
        rate: None,
        quote_id: requested.quote_id.as_ref().map(ToString::to_string),
        requested_by: requested.requested_by.clone(),
        approved_by: None,
        content_hash: None,
        due_at: Some(time_text(requested.deadline)),
        overdue: false,
        order_id: requested.order.as_ref().map(|order| order.order_id.to_string()),
    }
}

/// What arrives is known from here on.
fn validated(line: &mut TransferLine, event: &TransferValidated) {
    let pinned = event.exchange.as_ref();
    line.arriving = Some(pinned.map_or(line.amount, |pinned| pinned.converted.minor()));
    let currency = pinned.map_or(line.currency.as_str(), |pinned| pinned.converted.currency().code());
    line.arriving_currency = Some(currency.to_owned());
    line.rate = pinned.map(|pinned| pinned.rate.to_string());
}

fn advance(line: &mut TransferLine, event: &TransferEvent) {
    let held_nothing = [TransferStatus::Requested, TransferStatus::AwaitingApproval];
    let held_nothing = held_nothing.iter().any(|status| line.status == status.as_str());
    let mut because = |code: &str, reason: &str| {
        line.code = Some(code.to_owned());
        line.reason = Some(reason.to_owned());
    };
    let (status, finished) = match event {
        TransferEvent::TransferRequested(_) => (TransferStatus::Requested, false),
        TransferEvent::TransferValidated(event) => {
            validated(line, event);
            (TransferStatus::Validated, false)
        }
        TransferEvent::TransferApprovalRequested(requested) => {
            line.content_hash = Some(requested.content_hash.clone());
            line.due_at = Some(time_text(requested.expires_at));
            (TransferStatus::AwaitingApproval, false)
        }
        TransferEvent::TransferApproved(approved) => {
            line.approved_by = Some(approved.approved_by.clone());
            line.due_at = Some(time_text(approved.deadline));
            (TransferStatus::Validated, false)
        }
        TransferEvent::TransferRefused(refused) => {
            because("refused", &refused.message());
            (TransferStatus::Rejected, true)
        }
        TransferEvent::TransferApprovalExpired(expired) => {
            because("approval_expired", &expired.message());
            (TransferStatus::Rejected, true)
        }
        TransferEvent::SourceReserved(_) => (TransferStatus::SourceReserved, false),
        TransferEvent::SourceDebited(_) => (TransferStatus::SourceDebited, false),
        TransferEvent::TransferCompleted(_) => (TransferStatus::Completed, true),
        TransferEvent::TransferRejected(rejected) => {
            because(&rejected.code, &rejected.message);
            (TransferStatus::Rejected, true)
        }
        TransferEvent::TransferFailed(failed) => {
            because(&failed.code, &failed.message);
            (TransferStatus::Failed, held_nothing)
        }
        TransferEvent::TransferCancelled(cancelled) => {
            because("cancelled", &cancelled.reason);
            (TransferStatus::Cancelled, held_nothing)
        }
        TransferEvent::SourceReleased(_) => {
            // The transfer keeps its state; only now nothing of it is left on the source account.
            (line.finished, line.due_at) = (true, None);
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
        TransferEvent::TransferUnparked(unparked) => {
            line.due_at = Some(time_text(unparked.deadline));
            line.overdue = false;
            (TransferStatus::Resolving, false)
        }
        TransferEvent::ParkedTransferResolved(resolved) => (TransferStatus::of_resolved(resolved.belongs_to), true),
        TransferEvent::TransferOverdue(_) => {
            line.overdue = true;
            return;
        }
        TransferEvent::SourceReleaseRefused(_) | TransferEvent::OrderInformed(_) => return,
    };
    status.as_str().clone_into(&mut line.status);
    line.finished = finished;
    if finished {
        line.due_at = None;
    }
}
