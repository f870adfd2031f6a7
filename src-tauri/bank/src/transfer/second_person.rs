//! Maker and checker: what a second person says about a transfer above the threshold.

use es_core::CommandContext;

use super::approval_threshold::approval_threshold;
use super::command::{ApproveTransfer, RefuseTransfer};
use super::decide::Decision;
use super::event::{
    TransferApprovalExpired, TransferApprovalRequested, TransferApproved, TransferEvent, TransferRefused,
};
use super::rejection::TransferRejection;
use super::state::{TransferApproval, TransferOrder, TransferState, TransferStatus};

/// The request for approval that goes with a validation, if the amount needs it. A pinned rate that ends earlier ends the time
/// for approval too.
pub(super) fn needed(order: &TransferOrder, context: &CommandContext) -> Option<TransferEvent> {
    let threshold = approval_threshold(order.amount.currency());
    if order.amount.minor() <= threshold.money().minor() {
        return None;
    }
    let latest = context.now + super::APPROVAL_WINDOW;
    let expires_at = order.exchange.as_ref().map_or(latest, |rate| rate.valid_until.min(latest));
    let (transfer_id, content_hash) = (order.transfer_id.clone(), order.content_hash());
    Some(TransferApprovalRequested { transfer_id, threshold, content_hash, expires_at }.into())
}

fn awaited<'a>(state: &'a TransferState, order: &TransferOrder) -> Result<&'a TransferApproval, TransferRejection> {
    match (&state.approval, state.status) {
        (Some(approval), TransferStatus::AwaitingApproval) => Ok(approval),
        (_, status) => Err(TransferRejection::NotAwaitingApproval { transfer_id: order.transfer_id.clone(), status }),
    }
}

pub(super) fn approve(
    state: &TransferState,
    order: &TransferOrder,
    approve: &ApproveTransfer,
    context: &CommandContext,
) -> Decision {
    let approval = awaited(state, order)?;
    let transfer_id = order.transfer_id.clone();
    if approve.content_hash != approval.content_hash {
        let (approved, current) = (approve.content_hash.clone(), approval.content_hash.clone());
        return Err(TransferRejection::ContentChanged { transfer_id, approved, current });
    }
    if context.actor == order.requested_by {
        return Err(TransferRejection::SamePerson { actor: context.actor.clone(), transfer_id });
    }
    if context.now >= approval.expires_at {
        let (expires_at, now) = (approval.expires_at, context.now);
        return Err(TransferRejection::ApprovalExpired { transfer_id, expires_at, now });
    }
    let event = TransferApproved {
        transfer_id,
        content_hash: approve.content_hash.clone(),
        approved_by: context.actor.clone(),
        deadline: context.now + super::DEADLINE,
    };
    Ok(vec![event.into()])
}

pub(super) fn refuse(
    state: &TransferState,
    order: &TransferOrder,
    refuse: &RefuseTransfer,
    context: &CommandContext,
) -> Decision {
    awaited(state, order)?;
    let (transfer_id, reason) = (order.transfer_id.clone(), refuse.reason.clone());
    Ok(vec![TransferRefused { transfer_id, refused_by: context.actor.clone(), reason }.into()])
}

/// The timer's command; too late to matter once somebody has answered.
pub(super) fn expire(state: &TransferState, order: &TransferOrder, context: &CommandContext) -> Decision {
    let Ok(approval) = awaited(state, order) else { return Ok(Vec::new()) };
    let (transfer_id, expired_at) = (order.transfer_id.clone(), approval.expires_at);
    if context.now < expired_at {
        return Err(TransferRejection::ApprovalNotDue { transfer_id, expires_at: expired_at, now: context.now });
    }
    Ok(vec![TransferApprovalExpired { transfer_id, expired_at }.into()])
}
