//! Suspense: where an amount waits that neither account takes, and how a person sends it on.

use es_core::{CommandContext, References};

use super::command::{ParkInSuspense, ResolveParkedTransfer};
use super::decide::Decision;
use super::event::{Belonging, TransferEvent, TransferParked, TransferUnparked};
use super::rejection::TransferRejection;
use super::state::{TransferOrder, TransferState, TransferStatus};
use super::validate;
use crate::ids::EntryId;
use crate::money::Amount;
use crate::posting::{GlAccount, Postings, Side};

/// The fee that is in suspense beside the transfer's amount.
fn fee_in(whole: Amount, order: &TransferOrder) -> Option<Amount> {
    whole.money().checked_sub(order.amount.money()).and_then(Amount::try_from).ok()
}

/// Suspense against transit and, for the fee, fee income: the sender is owed both.
fn against_transit(
    order: &TransferOrder,
    side: Side,
    amount: Amount,
    fee: Option<Amount>,
) -> Result<Postings, TransferRejection> {
    let fee = fee.map(|fee| (GlAccount::FeeIncome, fee));
    Postings::split(GlAccount::Suspense, side, (GlAccount::TransfersInTransit, amount), fee)
        .map_err(|error| TransferRejection::WholeBeyondCap { amount: order.amount, reason: error.to_string() })
}

/// The process's step when neither account takes the amount.
pub(super) fn park(
    state: &TransferState,
    order: &TransferOrder,
    command: &ParkInSuspense,
    context: &CommandContext,
) -> Decision {
    match state.status {
        TransferStatus::Compensating | TransferStatus::Resolving => {}
        TransferStatus::ParkedInSuspense => return Ok(Vec::new()),
        // Parking moves money, so it is the one step that must never be taken for a transfer that has nothing in transit.
        status => {
            let transfer_id = order.transfer_id.clone();
            return Err(TransferRejection::OutOfTurn { step: "ParkInSuspense", transfer_id, status });
        }
    }
    Ok(vec![parked(state, order, &command.code, &command.message, context)?])
}

/// What leaves transit when the amount in flight is parked, and the fee that is given back with it; nothing if nothing is in
/// flight.
pub(super) fn in_flight(state: &TransferState, order: &TransferOrder) -> Option<(Amount, Option<Amount>)> {
    match (state.status, &state.resolution, state.in_suspense) {
        (TransferStatus::SourceDebited | TransferStatus::Compensating, ..) => Some((order.amount, order.fee)),
        (TransferStatus::Resolving, Some(resolution), Some(whole)) => Some(match resolution.belongs_to {
            Belonging::Source => (whole, None),
            Belonging::Target => (order.amount, fee_in(whole, order)),
        }),
        _ => None,
    }
}

/// The event that moves the amount in flight to suspense.
pub(super) fn parked(
    state: &TransferState,
    order: &TransferOrder,
    code: &str,
    message: &str,
    context: &CommandContext,
) -> Result<TransferEvent, TransferRejection> {
    let transfer_id = order.transfer_id.clone();
    let Some((amount, fee)) = in_flight(state, order) else {
        return Err(TransferRejection::NotParkable { transfer_id, status: state.status });
    };
    let event = TransferParked {
        text: format!("Transfer {transfer_id} parked in suspense: {message}"),
        amount,
        fee,
        code: code.to_owned(),
        message: message.to_owned(),
        entry_id: EntryId::of_command(context.command_id),
        booking_date: context.business_date,
        value_date: context.business_date,
        postings: against_transit(order, Side::Credit, amount, fee)?,
        transfer_id,
    };
    Ok(event.into())
}

/// A person's command; at most once for each time that the amount was parked.
pub(super) fn resolve(
    state: &TransferState,
    order: &TransferOrder,
    resolve: &ResolveParkedTransfer,
    context: &CommandContext,
    references: &References,
) -> Decision {
    let transfer_id = order.transfer_id.clone();
    let (TransferStatus::ParkedInSuspense, Some(whole)) = (state.status, state.in_suspense) else {
        return Err(TransferRejection::NotParked { transfer_id, status: state.status });
    };
    let (own, amount, fee, arriving) = match resolve.belongs_to {
        Belonging::Source => (&order.source, whole, None, whole),
        Belonging::Target => (&order.target, order.amount, fee_in(whole, order), order.arriving()),
    };
    let beneficiary = resolve.beneficiary.as_ref().unwrap_or(own).clone();
    if resolve.beneficiary.is_some() {
        validate::account(&beneficiary, arriving, references).map_err(|problem| {
            let (transfer_id, beneficiary) = (order.transfer_id.clone(), beneficiary.clone());
            TransferRejection::BeneficiaryUnusable { transfer_id, beneficiary, arriving, reason: problem.message }
        })?;
    }
    let event = TransferUnparked {
        belongs_to: resolve.belongs_to,
        amount,
        arriving,
        resolved_by: context.actor.clone(),
        reason: resolve.reason.clone(),
        deadline: context.now + super::DEADLINE,
        entry_id: EntryId::of_command(context.command_id),
        booking_date: context.business_date,
        value_date: context.business_date,
        postings: against_transit(order, Side::Debit, amount, fee)?,
        text: format!("Transfer {transfer_id} taken out of suspense for account {beneficiary}"),
        transfer_id,
        beneficiary,
    };
    Ok(vec![event.into()])
}
