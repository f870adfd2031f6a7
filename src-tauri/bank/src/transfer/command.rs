//! What can be asked of a transfer: two commands of people, the rest steps that only the transfer process sends.

use es_core::StreamName;

use crate::declare::{command_set, payloads};
use crate::ids::{AccountId, TransferId};
use crate::money::Amount;

payloads! {
    /// Asks for a transfer.
    RequestTransfer {
        /// Id of the new transfer.
        transfer_id: TransferId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much; more than zero, in the currency of both accounts.
        amount: Amount,
        /// Shown to both sides.
        #[schemars(length(max = 140))]
        reference: String,
    }

    /// Withdraws a transfer, as long as the source account has not been debited.
    CancelTransfer {
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
        ValidateTransfer by process "Validate a transfer"
            "Checks that both accounts exist, are open and have the transfer's currency."
            example { "transferId": "T-5001", "source": "100234", "target": "100235" }
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

/// Only the check of the accounts looks at them; everything later is decided by the accounts themselves.
fn references(command: &TransferCommand) -> Vec<StreamName> {
    match command {
        TransferCommand::ValidateTransfer(command) => vec![command.source.stream(), command.target.stream()],
        _ => Vec::new(),
    }
}
