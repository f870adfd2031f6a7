//! What an operator decides about a transfer that does not go on: it is given up, its money goes back, or waits in suspense.
//!
//! A step that is planned may have been carried out without a record, or be on its way just now. So the decision takes the
//! step's place in the log: it is sent under the step's own command id. Ids of events are unique in a store, so whichever of
//! the two is appended first keeps the other one out for ever, and no amount can go both ways (docs/adr/0060).

use std::borrow::Cow;

use es_core::{CommandContext, StreamName, step_command_id};

use super::command::{CompensateTransfer, ParkTransfer};
use super::decide::Decision;
use super::event::CompensationStarted;
use super::rejection::TransferRejection;
use super::state::{TransferOrder, TransferState, TransferStatus};
use super::suspense;

/// Code of the problem that a transfer has because somebody decided so.
const DECIDED: &str = "operator_decision";

/// Name of the step that would bring the amount in flight to an account, and that a decision takes the place of; nothing if
/// nothing is in flight.
#[must_use]
pub fn step_in_flight(state: &TransferState) -> Option<Cow<'static, str>> {
    match (state.status, &state.resolution) {
        (TransferStatus::SourceDebited, _) => Some("credit".into()),
        (TransferStatus::Compensating, _) => Some("return".into()),
        (TransferStatus::Resolving, Some(resolution)) => Some(format!("resolve:{}", resolution.number).into()),
        _ => None,
    }
}

/// Whether it can be withdrawn.
///
/// # Errors
/// The rule that refuses, with its numbers.
pub fn cancellable(state: &TransferState, order: &TransferOrder) -> Result<(), TransferRejection> {
    if state.status.is_before_the_debit() {
        return Ok(());
    }
    Err(TransferRejection::NotCancellable { transfer_id: order.transfer_id.clone(), status: state.status })
}

/// Whether its amount can be sent back instead of being credited.
///
/// # Errors
/// The rule that refuses, with its numbers.
pub fn compensable(state: &TransferState, order: &TransferOrder) -> Result<(), TransferRejection> {
    if state.status == TransferStatus::SourceDebited {
        return Ok(());
    }
    Err(TransferRejection::NotCompensable { transfer_id: order.transfer_id.clone(), status: state.status })
}

/// Whether its amount can be moved to suspense.
///
/// # Errors
/// The rule that refuses, with its numbers.
pub fn parkable(state: &TransferState, order: &TransferOrder) -> Result<(), TransferRejection> {
    if suspense::in_flight(state, order).is_some() {
        return Ok(());
    }
    Err(TransferRejection::NotParkable { transfer_id: order.transfer_id.clone(), status: state.status })
}

/// The decision must have used up the id of the step that it takes the place of.
fn replaces_the_step(
    state: &TransferState,
    order: &TransferOrder,
    context: &CommandContext,
) -> Result<(), TransferRejection> {
    let Some(step) = step_in_flight(state) else { return Ok(()) };
    let stream = StreamName::of(super::CATEGORY, order.transfer_id.as_str());
    let step_id = stream.map(|stream| step_command_id(&stream, &step)).unwrap_or_default();
    if context.command_id == step_id {
        return Ok(());
    }
    let (transfer_id, step) = (order.transfer_id.clone(), step.into_owned());
    Err(TransferRejection::StepNotReplaced { transfer_id, step, step_id })
}

pub(super) fn compensate(
    state: &TransferState,
    order: &TransferOrder,
    command: &CompensateTransfer,
    context: &CommandContext,
) -> Decision {
    compensable(state, order)?;
    replaces_the_step(state, order, context)?;
    let (transfer_id, message) = (order.transfer_id.clone(), command.reason.clone());
    Ok(vec![CompensationStarted { transfer_id, code: DECIDED.to_owned(), message }.into()])
}

pub(super) fn park(
    state: &TransferState,
    order: &TransferOrder,
    command: &ParkTransfer,
    context: &CommandContext,
) -> Decision {
    parkable(state, order)?;
    replaces_the_step(state, order, context)?;
    Ok(vec![suspense::parked(state, order, DECIDED, &command.reason, context)?])
}
