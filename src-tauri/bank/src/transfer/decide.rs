//! What a transfer answers to a command. Steps of the process are answered with nothing where they come too late: the
//! process looks at the state again and goes on from there.

use es_core::{CommandContext, References};

use super::command::{RequestTransfer, TransferCommand, ValidateTransfer};
use super::event::{
    CompensationStarted, OrderInformed, OrderOccurrence, ParkedTransferResolved, SourceDebited, SourceReleaseRefused,
    SourceReleased, SourceReserved, TransferCancelled, TransferCompensated, TransferCompleted, TransferEvent,
    TransferFailed, TransferOverdue, TransferRejected, TransferRequested, TransferValidated,
};
use super::rejection::TransferRejection;
use super::state::{DebitStage, HoldStage, Resolution, TransferOrder, TransferProblem, TransferState, TransferStatus};
use super::{operator, second_person, suspense, validate};

pub(super) type Decision = Result<Vec<TransferEvent>, TransferRejection>;

pub(super) fn decide(
    state: &TransferState,
    command: &TransferCommand,
    context: &CommandContext,
    references: &References,
) -> Decision {
    if let TransferCommand::RequestTransfer(request) = command {
        return request_transfer(state, request, context, references);
    }
    let unknown = || TransferRejection::TransferNotFound { transfer_id: command.transfer_id().clone() };
    let order = state.order.as_ref().ok_or_else(unknown)?;
    let transfer_id = order.transfer_id.clone();
    match command {
        TransferCommand::RequestTransfer(_) => Ok(Vec::new()),
        TransferCommand::CancelTransfer(cancel) => {
            operator::cancellable(state, order)?;
            let event = TransferCancelled { transfer_id, reason: cancel.reason.clone() };
            Ok(vec![TransferEvent::TransferCancelled(event)])
        }
        TransferCommand::CompensateTransfer(compensate) => operator::compensate(state, order, compensate, context),
        TransferCommand::ParkTransfer(park) => operator::park(state, order, park, context),
        TransferCommand::ApproveTransfer(approve) => second_person::approve(state, order, approve, context),
        TransferCommand::RefuseTransfer(refuse) => second_person::refuse(state, order, refuse, context),
        TransferCommand::ExpireTransferApproval(_) => second_person::expire(state, order, context),
        TransferCommand::TimeOutTransfer(_) => time_out(state, order, context),
        TransferCommand::RecordTransferOverdue(_) => overdue(state, order, context),
        TransferCommand::ValidateTransfer(validate) => validate_transfer(state, order, validate, context, references),
        TransferCommand::ParkInSuspense(park) => suspense::park(state, order, park, context),
        TransferCommand::ResolveParkedTransfer(resolve) => {
            suspense::resolve(state, order, resolve, context, references)
        }
        step => record(state, order, step),
    }
}

fn request_transfer(
    state: &TransferState,
    request: &RequestTransfer,
    context: &CommandContext,
    references: &References,
) -> Decision {
    let (transfer_id, amount) = (request.transfer_id.clone(), request.amount);
    if state.order.is_some() {
        return Err(TransferRejection::TransferExists { transfer_id, status: state.status });
    }
    if request.source == request.target {
        return Err(TransferRejection::SameAccount { account_id: request.source.clone() });
    }
    if let Some(quote_id) = &request.quote_id {
        validate::quote(quote_id, amount.currency(), None, context.now, references)?;
    }
    let fee = request.tariff.as_ref().map_or(Ok(None), |tariff| tariff.fee(amount))?;
    if let Some(Err(error)) = fee.map(|fee| amount.checked_add(fee)) {
        return Err(TransferRejection::WholeBeyondCap { amount, reason: error.to_string() });
    }
    Ok(vec![TransferEvent::TransferRequested(TransferRequested {
        transfer_id,
        source: request.source.clone(),
        target: request.target.clone(),
        amount,
        reference: request.reference.clone(),
        requested_by: context.actor.clone(),
        requested_on: context.business_date,
        deadline: context.now + super::DEADLINE,
        tariff: request.tariff.clone(),
        fee,
        quote_id: request.quote_id.clone(),
        order: request.order.clone(),
    })])
}

fn time_out(state: &TransferState, order: &TransferOrder, context: &CommandContext) -> Decision {
    // What waits for a second person has a time of its own.
    if !state.status.is_before_the_debit() || state.status == TransferStatus::AwaitingApproval {
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

/// A notice for people, once: the money stays where it is.
fn overdue(state: &TransferState, order: &TransferOrder, context: &CommandContext) -> Decision {
    if !state.is_in_flight() || state.overdue {
        return Ok(Vec::new());
    }
    let (transfer_id, due_at) = (order.transfer_id.clone(), order.overdue_at());
    if context.now < due_at {
        return Err(TransferRejection::NotOverdue { transfer_id, due_at, now: context.now });
    }
    let (status, since) = (state.status.as_str().to_owned(), order.deadline);
    Ok(vec![TransferEvent::TransferOverdue(TransferOverdue { transfer_id, status, since })])
}

fn validate_transfer(
    state: &TransferState,
    order: &TransferOrder,
    command: &ValidateTransfer,
    context: &CommandContext,
    references: &References,
) -> Decision {
    if state.status != TransferStatus::Requested {
        return Ok(Vec::new());
    }
    let transfer_id = order.transfer_id.clone();
    if command.source != order.source || command.target != order.target || command.quote_id != order.quote_id {
        return Err(TransferRejection::OtherAccounts {
            transfer_id,
            source_account: order.source.clone(),
            target_account: order.target.clone(),
            quote: order.quote_id.as_ref().map_or_else(|| "no quote".to_owned(), |quote| format!("quote {quote}")),
        });
    }
    let exchange = match validate::checked(order, context.now, references) {
        Ok(exchange) => exchange,
        Err(TransferProblem { code, message }) => {
            return Ok(vec![TransferEvent::TransferRejected(TransferRejected { transfer_id, code, message })]);
        }
    };
    let pinned = TransferOrder { exchange: exchange.clone(), ..order.clone() };
    let validated = TransferEvent::TransferValidated(TransferValidated { transfer_id, exchange });
    Ok(std::iter::once(validated).chain(second_person::needed(&pinned, context)).collect())
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
        (TransferCommand::RecordParkedTransferResolved(_), TransferStatus::Resolving) => {
            let resolved = state.resolution.iter().map(|Resolution { belongs_to, beneficiary, .. }| {
                let (transfer_id, beneficiary) = (transfer_id.clone(), beneficiary.clone());
                let belongs_to = *belongs_to;
                TransferEvent::ParkedTransferResolved(ParkedTransferResolved { transfer_id, belongs_to, beneficiary })
            });
            resolved.collect()
        }
        (TransferCommand::RecordOrderInformed(_), _) if state.is_over() && !state.order_informed => {
            let informed = order.origin.clone().map(|OrderOccurrence { order_id, due_on }| {
                TransferEvent::OrderInformed(OrderInformed { transfer_id, order_id, due_on })
            });
            informed.into_iter().collect()
        }
        _ => Vec::new(),
    })
}

fn is_unresolved(hold: HoldStage) -> bool {
    matches!(hold, HoldStage::Asked | HoldStage::Held | HoldStage::ReleaseRefused)
}
