//! What a transfer answers to a command. Steps of the process are answered with nothing where they come too late: the
//! process looks at the state again and goes on from there.

use es_core::{CommandContext, References};

use super::command::{ParkInSuspense, RequestTransfer, TransferCommand, ValidateTransfer};
use super::event::{
    CompensationStarted, SourceDebited, SourceReleaseRefused, SourceReleased, SourceReserved, TransferCancelled,
    TransferCompensated, TransferCompleted, TransferEvent, TransferFailed, TransferParked, TransferRejected,
    TransferRequested, TransferValidated,
};
use super::rejection::TransferRejection;
use super::state::{DebitStage, HoldStage, TransferOrder, TransferState, TransferStatus};
use crate::ids::EntryId;
use crate::posting::{GlAccount, Postings};

type Decision = Result<Vec<TransferEvent>, TransferRejection>;

pub(super) fn decide(
    state: &TransferState,
    command: &TransferCommand,
    context: &CommandContext,
    references: &References,
) -> Decision {
    if let TransferCommand::RequestTransfer(request) = command {
        return request_transfer(state, request, context);
    }
    let unknown = || TransferRejection::TransferNotFound { transfer_id: command.transfer_id().clone() };
    let order = state.order.as_ref().ok_or_else(unknown)?;
    let transfer_id = order.transfer_id.clone();
    match command {
        TransferCommand::RequestTransfer(_) => Ok(Vec::new()),
        TransferCommand::CancelTransfer(cancel) if state.status.is_before_the_debit() => {
            let event = TransferCancelled { transfer_id, reason: cancel.reason.clone() };
            Ok(vec![TransferEvent::TransferCancelled(event)])
        }
        TransferCommand::CancelTransfer(_) => {
            Err(TransferRejection::NotCancellable { transfer_id, status: state.status })
        }
        TransferCommand::TimeOutTransfer(_) => time_out(state, order, context),
        TransferCommand::ValidateTransfer(validate) => validate_transfer(state, order, validate, references),
        TransferCommand::ParkInSuspense(park) => park_in_suspense(state, order, park, context),
        step => record(state, order, step),
    }
}

fn request_transfer(state: &TransferState, request: &RequestTransfer, context: &CommandContext) -> Decision {
    let transfer_id = request.transfer_id.clone();
    if state.order.is_some() {
        return Err(TransferRejection::TransferExists { transfer_id, status: state.status });
    }
    if request.source == request.target {
        return Err(TransferRejection::SameAccount { account_id: request.source.clone() });
    }
    Ok(vec![TransferEvent::TransferRequested(TransferRequested {
        transfer_id,
        source: request.source.clone(),
        target: request.target.clone(),
        amount: request.amount,
        reference: request.reference.clone(),
        requested_on: context.business_date,
        deadline: context.now + super::DEADLINE,
    })])
}

fn time_out(state: &TransferState, order: &TransferOrder, context: &CommandContext) -> Decision {
    if !state.status.is_before_the_debit() {
        return Ok(Vec::new());
    }
    if context.now < order.deadline {
        let (transfer_id, deadline) = (order.transfer_id.clone(), order.deadline);
        return Err(TransferRejection::DeadlineNotReached { transfer_id, deadline, now: context.now });
    }
    let message = format!("the source account was not debited by {}", order.deadline.format("%Y-%m-%d %H:%M:%S UTC"));
    Ok(vec![TransferEvent::TransferFailed(TransferFailed {
        transfer_id: order.transfer_id.clone(),
        code: "timed_out".to_owned(),
        message,
        debit_refused: false,
    })])
}

fn validate_transfer(
    state: &TransferState,
    order: &TransferOrder,
    command: &ValidateTransfer,
    references: &References,
) -> Decision {
    if state.status != TransferStatus::Requested {
        return Ok(Vec::new());
    }
    let transfer_id = order.transfer_id.clone();
    if command.source != order.source || command.target != order.target {
        return Err(TransferRejection::OtherAccounts {
            transfer_id,
            source_account: order.source.clone(),
            target_account: order.target.clone(),
        });
    }
    let checked = super::validate::account(&order.source, order.amount, references)
        .and_then(|()| super::validate::account(&order.target, order.amount, references));
    Ok(vec![match checked {
        Ok(()) => TransferEvent::TransferValidated(TransferValidated { transfer_id }),
        Err(problem) => TransferEvent::TransferRejected(TransferRejected {
            transfer_id,
            code: problem.code,
            message: problem.message,
        }),
    }])
}

fn park_in_suspense(
    state: &TransferState,
    order: &TransferOrder,
    command: &ParkInSuspense,
    context: &CommandContext,
) -> Decision {
    let transfer_id = order.transfer_id.clone();
    match state.status {
        TransferStatus::Compensating => Ok(vec![TransferEvent::TransferParked(TransferParked {
            text: format!("Transfer {transfer_id} parked in suspense: {}", command.message),
            transfer_id,
            amount: order.amount,
            code: command.code.clone(),
            message: command.message.clone(),
            entry_id: EntryId::of_command(context.command_id),
            booking_date: context.business_date,
            value_date: context.business_date,
            postings: Postings::simple(GlAccount::TransfersInTransit, GlAccount::Suspense, order.amount),
        })]),
        TransferStatus::ParkedInSuspense => Ok(Vec::new()),
        // Parking moves money, so it is the one step that must never be taken for a transfer that has nothing in transit.
        status => Err(TransferRejection::OutOfTurn { step: "ParkInSuspense", transfer_id, status }),
    }
}

/// The steps that only record what an account has answered.
fn record(state: &TransferState, order: &TransferOrder, step: &TransferCommand) -> Decision {
    let transfer_id = order.transfer_id.clone();
    let hold_id = order.hold_id();
    let given_up = matches!(state.status, TransferStatus::Failed | TransferStatus::Cancelled);
    Ok(match (step, state.status) {
        (TransferCommand::RecordSourceReserved(_), TransferStatus::Validated) => {
            vec![TransferEvent::SourceReserved(SourceReserved { transfer_id, hold_id })]
        }
        (TransferCommand::RejectTransfer(refused), TransferStatus::Validated) => {
            let (code, message) = (refused.code.clone(), refused.message.clone());
            vec![TransferEvent::TransferRejected(TransferRejected { transfer_id, code, message })]
        }
        (TransferCommand::RecordSourceDebited(_), TransferStatus::SourceReserved) => {
            vec![TransferEvent::SourceDebited(SourceDebited { transfer_id })]
        }
        // The debit went through while the transfer was being given up: the money goes straight back.
        (TransferCommand::RecordSourceDebited(_), _) if given_up && state.debit == DebitStage::Asked => {
            let problem = state.problem.as_ref();
            let code = problem.map_or_else(|| "given_up".to_owned(), |problem| problem.code.clone());
            let message = problem.map_or_else(String::new, |problem| problem.message.clone());
            vec![
                TransferEvent::SourceDebited(SourceDebited { transfer_id: transfer_id.clone() }),
                TransferEvent::CompensationStarted(CompensationStarted { transfer_id, code, message }),
            ]
        }
        (TransferCommand::FailTransfer(refused), TransferStatus::SourceReserved) => {
            let (code, message) = (refused.code.clone(), refused.message.clone());
            vec![TransferEvent::TransferFailed(TransferFailed { transfer_id, code, message, debit_refused: true })]
        }
        (TransferCommand::RecordReleaseRefused(refused), _)
            if given_up && state.hold != HoldStage::ReleaseRefused && state.debit == DebitStage::Asked =>
        {
            let (code, message) = (refused.code.clone(), refused.message.clone());
            vec![TransferEvent::SourceReleaseRefused(SourceReleaseRefused { transfer_id, hold_id, code, message })]
        }
        (TransferCommand::RecordSourceReleased(_), _) if given_up && is_unresolved(state.hold) => {
            vec![TransferEvent::SourceReleased(SourceReleased { transfer_id, hold_id })]
        }
        (TransferCommand::CompleteTransfer(_), TransferStatus::SourceDebited) => {
            vec![TransferEvent::TransferCompleted(TransferCompleted { transfer_id })]
        }
        (TransferCommand::StartCompensation(refused), TransferStatus::SourceDebited) => {
            let (code, message) = (refused.code.clone(), refused.message.clone());
            vec![TransferEvent::CompensationStarted(CompensationStarted { transfer_id, code, message })]
        }
        (TransferCommand::RecordCompensated(_), TransferStatus::Compensating) => {
            vec![TransferEvent::TransferCompensated(TransferCompensated { transfer_id })]
        }
        _ => Vec::new(),
    })
}

fn is_unresolved(hold: HoldStage) -> bool {
    matches!(hold, HoldStage::Asked | HoldStage::Held | HoldStage::ReleaseRefused)
}
