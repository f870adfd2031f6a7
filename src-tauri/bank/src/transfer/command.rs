//! What can be asked of a transfer: a few commands of people, the rest steps that only the transfer process sends.

use es_core::StreamName;

use super::event::{Belonging, OrderOccurrence};
use super::tariff::Tariff;
use crate::declare::{command_set, payloads};
use crate::ids::{AccountId, QuoteId, TransferId};
use crate::money::Amount;

payloads! {
    /// Asks for a transfer.
    RequestTransfer {
        /// Id of the new transfer.
        #[schemars(extend("x-new-id" = true))]
        transfer_id: TransferId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much; more than zero, in the currency of the source account.
        amount: Amount,
        /// Shown to both sides.
        #[schemars(length(max = 140))]
        reference: String,
        /// The quoted rate to use, if the target account has another currency; left out otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote_id: Option<QuoteId>,
        /// The terms of the fee; free if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tariff: Option<Tariff>,
        /// The execution of an order that it is; only orders set it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderOccurrence>,
    }

    /// Approves exactly the content with this hash.
    ApproveTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Content hash of what the approver has seen, as in the transfer's state and its TransferApprovalRequested event.
        #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
        content_hash: String,
    }

    /// Refuses a transfer that waits for approval.
    RefuseTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Sends a parked amount to where it belongs.
    ResolveParkedTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Whose money it is.
        belongs_to: Belonging,
        /// The account that gets it, if the transfer's own is of no use any more; that one if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beneficiary: Option<AccountId>,
        /// How it was found out.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Withdraws a transfer, as long as the source account has not been debited.
    CancelTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// An operator's decision: the amount in transit goes back to the source account instead of being credited. Its id is
    /// that of the credit, whose place it takes.
    CompensateTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// An operator's decision: the amount in transit waits in suspense. Its id is that of the step that would move the amount,
    /// whose place it takes.
    ParkTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Checks both accounts.
    ValidateTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// The quoted rate, if the request named one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote_id: Option<QuoteId>,
    }

    /// Gives up a transfer that was not approved in time.
    ExpireTransferApproval {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that money has been in flight for longer than it should.
    RecordTransferOverdue {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that a parked amount has arrived.
    RecordParkedTransferResolved {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that the order knows how its execution ended.
    RecordOrderInformed {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that the amount is held on the source account.
    RecordSourceReserved {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that the transfer was refused before anything was held.
    RejectTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// Records that the source account was debited.
    RecordSourceDebited {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that the source account refused the debit.
    FailTransfer {
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// Records that the source account would not release the hold.
    RecordReleaseRefused {
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// Records that nothing is held or debited on the source account any more.
    RecordSourceReleased {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that the amount has arrived.
    CompleteTransfer {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Records that the target account does not take the amount.
    StartCompensation {
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// Records that the amount is back.
    RecordCompensated {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Moves the amount from transit to suspense, because neither account takes it.
    ParkInSuspense {
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// Gives up a transfer that was not debited by its deadline.
    TimeOutTransfer {
        /// The transfer.
        transfer_id: TransferId,
    }
}

command_set! {
    /// A command to a transfer.
    pub enum TransferCommand in "transfer", id transfer_id, references references {
        RequestTransfer by people "Transfer money"
            "Moves money to another account: it is reserved, debited and credited step by step, and comes back if the target does not take it."
            example {
                "transferId": "T-5001", "source": "100234", "target": "100235",
                "amount": { "minor": "10000", "currency": "EUR" }, "reference": "Thanks for dinner",
            }
        CancelTransfer by people "Cancel a transfer"
            "Withdraws a transfer, as long as the source account has not been debited."
            example { "transferId": "T-5001", "reason": "Wrong account" }
        ApproveTransfer by people "Approve a transfer"
            "Approves the content with this hash; nobody approves their own transfer. The transfer then goes on by itself."
            example {
                "transferId": "T-5001", "contentHash": "5f8b0a526d0e5c439d3c0f5c5f0a8a115f8b0a526d0e5c439d3c0f5c5f0a8a11",
            }
        RefuseTransfer by people "Refuse a transfer"
            "Refuses a transfer that waits for approval, for good."
            example { "transferId": "T-5001", "reason": "The invoice is not known to us" }
        ResolveParkedTransfer by people "Resolve a parked transfer"
            "Takes a parked amount out of suspense, once: back to the sender with the fee, or on to the receiver at the pinned rate. If the account refuses, the amount is parked again."
            example { "transferId": "T-5001", "belongsTo": "source", "beneficiary": "100250", "reason": "Called the sender, who has a new account" }
        CompensateTransfer by operators "Compensate a transfer"
            "Sends the amount in transit back to the source account instead of crediting it, in place of the credit."
            example { "transferId": "T-5001", "reason": "The target account cannot be read" }
        ParkTransfer by operators "Park a transfer"
            "Moves the amount in transit to suspense, in place of the step that would bring it to an account."
            example { "transferId": "T-5001", "reason": "Both accounts are under investigation" }
        ValidateTransfer by process "Validate a transfer"
            "Checks that both accounts exist, are open and have the transfer's currency, or pins the quoted rate between their two."
            example { "transferId": "T-5001", "source": "100234", "target": "100235" }
        ExpireTransferApproval by process "Expire an approval"
            "Gives up a transfer that was not approved in time."
            example { "transferId": "T-5001" }
        RecordTransferOverdue by process "Record an overdue transfer"
            "Records that money has been in flight for longer than it should."
            example { "transferId": "T-5001" }
        RecordParkedTransferResolved by process "Record a resolved transfer"
            "Records that a parked amount has arrived where a person sent it."
            example { "transferId": "T-5001" }
        RecordOrderInformed by process "Record an informed order"
            "Records that the order knows how its execution ended."
            example { "transferId": "T-5001" }
        RecordSourceReserved by process "Record the reservation"
            "Records that the amount is held on the source account."
            example { "transferId": "T-5001" }
        RejectTransfer by process "Reject a transfer"
            "Records that the transfer was refused before anything was held."
            example { "transferId": "T-5001", "code": "insufficient_funds", "message": "100.00 EUR were asked for, 12.50 EUR are available" }
        RecordSourceDebited by process "Record the debit"
            "Records that the source account was debited."
            example { "transferId": "T-5001" }
        FailTransfer by process "Fail a transfer"
            "Records that the source account refused the debit."
            example { "transferId": "T-5001", "code": "hold_expired", "message": "hold T-5001 has expired" }
        RecordReleaseRefused by process "Record a refused release"
            "Records that the source account would not release the hold."
            example { "transferId": "T-5001", "code": "already_captured", "message": "hold T-5001 has been used" }
        RecordSourceReleased by process "Record the release"
            "Records that nothing is held or debited on the source account any more."
            example { "transferId": "T-5001" }
        CompleteTransfer by process "Complete a transfer"
            "Records that the amount has arrived."
            example { "transferId": "T-5001" }
        StartCompensation by process "Start compensation"
            "Records that the target account does not take the amount."
            example { "transferId": "T-5001", "code": "account_closed", "message": "account 100235 is closed" }
        RecordCompensated by process "Record the compensation"
            "Records that the amount is back on the source account."
            example { "transferId": "T-5001" }
        ParkInSuspense by process "Park in suspense"
            "Moves the amount from transit to suspense, because neither account takes it."
            example { "transferId": "T-5001", "code": "account_closed", "message": "account 100234 is closed" }
        TimeOutTransfer by process "Time out a transfer"
            "Gives up a transfer that was not debited by its deadline."
            example { "transferId": "T-5001" }
    }
}

impl TransferCommand {
    /// The transfer.
    #[must_use]
    pub fn transfer_id(&self) -> &TransferId {
        match self {
            Self::RequestTransfer(command) => &command.transfer_id,
            Self::CancelTransfer(command) => &command.transfer_id,
            Self::ApproveTransfer(command) => &command.transfer_id,
            Self::RefuseTransfer(command) => &command.transfer_id,
            Self::ResolveParkedTransfer(command) => &command.transfer_id,
            Self::CompensateTransfer(command) => &command.transfer_id,
            Self::ParkTransfer(command) => &command.transfer_id,
            Self::ExpireTransferApproval(command) => &command.transfer_id,
            Self::RecordTransferOverdue(command) => &command.transfer_id,
            Self::RecordParkedTransferResolved(command) => &command.transfer_id,
            Self::RecordOrderInformed(command) => &command.transfer_id,
            Self::ValidateTransfer(command) => &command.transfer_id,
            Self::RecordSourceReserved(command) => &command.transfer_id,
            Self::RejectTransfer(command) => &command.transfer_id,
            Self::RecordSourceDebited(command) => &command.transfer_id,
            Self::FailTransfer(command) => &command.transfer_id,
            Self::RecordReleaseRefused(command) => &command.transfer_id,
            Self::RecordSourceReleased(command) => &command.transfer_id,
            Self::CompleteTransfer(command) => &command.transfer_id,
            Self::StartCompensation(command) => &command.transfer_id,
            Self::RecordCompensated(command) => &command.transfer_id,
            Self::ParkInSuspense(command) => &command.transfer_id,
            Self::TimeOutTransfer(command) => &command.transfer_id,
        }
    }
}

/// The request looks at the quote, so that a stale one is refused at once; the validation looks at it again and pins it. It
/// looks at the accounts too; everything later is decided by the accounts themselves.
fn references(command: &TransferCommand) -> Vec<StreamName> {
    match command {
        TransferCommand::RequestTransfer(command) => command.quote_id.iter().map(QuoteId::stream).collect(),
        TransferCommand::ValidateTransfer(command) => {
            let accounts = [command.source.stream(), command.target.stream()];
            accounts.into_iter().chain(command.quote_id.iter().map(QuoteId::stream)).collect()
        }
        TransferCommand::ResolveParkedTransfer(command) => command.beneficiary.iter().map(AccountId::stream).collect(),
        _ => Vec::new(),
    }
}
