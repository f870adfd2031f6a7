//! What can happen to a transfer.

use chrono::{DateTime, NaiveDate, Utc};

use crate::declare::{entry_payloads, event_set, payloads};
use crate::entry::EntryView;
use crate::ids::{AccountId, HoldId, TransferId};
use crate::money::Amount;

payloads! {
    /// A customer asked for a transfer.
    TransferRequested {
        /// The transfer.
        transfer_id: TransferId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much.
        amount: Amount,
        /// The customer's words.
        reference: String,
        /// The bank's day of the request.
        requested_on: NaiveDate,
        /// The source must be debited by then, or the transfer fails.
        deadline: DateTime<Utc>,
    }

    /// Both accounts exist, are open and have the transfer's currency.
    TransferValidated {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// The amount is held on the source account.
    SourceReserved {
        /// The transfer.
        transfer_id: TransferId,
        /// The hold.
        hold_id: HoldId,
    }

    /// The amount has left the source account and is in transit.
    SourceDebited {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// The amount has arrived on the target account.
    TransferCompleted {
        /// The transfer.
        transfer_id: TransferId,
    }

    /// Refused before anything was held.
    TransferRejected {
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// Given up after the reservation had begun.
    TransferFailed {
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
        /// Whether the source account refused the debit; if not, a debit may have been carried out unrecorded.
        debit_refused: bool,
    }

    /// Withdrawn before the debit was recorded.
    TransferCancelled {
        /// The transfer.
        transfer_id: TransferId,
        /// Why.
        reason: String,
    }

    /// The source account would not release the hold, so it must be found out whether a debit has used it.
    SourceReleaseRefused {
        /// The transfer.
        transfer_id: TransferId,
        /// The hold.
        hold_id: HoldId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// Nothing is held on the source account any more, and nothing was debited.
    SourceReleased {
        /// The transfer.
        transfer_id: TransferId,
        /// The hold.
        hold_id: HoldId,
    }

    /// The amount could not be credited, or was no longer wanted after the debit: it goes back.
    CompensationStarted {
        /// The transfer.
        transfer_id: TransferId,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// The amount is back on the source account.
    TransferCompensated {
        /// The transfer.
        transfer_id: TransferId,
    }
}

entry_payloads! {
    /// Neither account takes the amount: it leaves transit for suspense, where a person deals with it.
    TransferParked {
        /// The transfer.
        transfer_id: TransferId,
        /// How much.
        amount: Amount,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }
}

event_set! {
    /// An event of a transfer.
    pub enum TransferEvent in "transfer" {
        TransferRequested 1 "Transfer requested" "A customer asked for a transfer.",
        TransferValidated 1 "Transfer validated" "Both accounts exist, are open and have the transfer's currency.",
        SourceReserved 1 "Source reserved" "The amount is held on the source account.",
        SourceDebited 1 "Source debited" "The amount has left the source account and is in transit.",
        TransferCompleted 1 "Transfer completed" "The amount has arrived on the target account.",
        TransferRejected 1 "Transfer rejected" "The transfer was refused before anything was held.",
        TransferFailed 1 "Transfer failed" "The transfer was given up after the reservation had begun.",
        TransferCancelled 1 "Transfer cancelled" "The transfer was withdrawn before the debit.",
        SourceReleaseRefused 1 "Release refused" "The source account would not release the hold; a debit may have used it.",
        SourceReleased 1 "Source released" "Nothing is held on the source account any more, and nothing was debited.",
        CompensationStarted 1 "Compensation started" "The amount cannot be credited or is no longer wanted: it goes back.",
        TransferCompensated 1 "Transfer compensated" "The amount is back on the source account.",
        TransferParked 1 "Transfer parked" "Neither account takes the amount: it waits in suspense for a person.",
    }
}

impl TransferEvent {
    /// The journal entry, if the event moves money.
    #[must_use]
    pub fn entry(&self) -> Option<EntryView<'_>> {
        if let Self::TransferParked(event) = self { Some(event.entry()) } else { None }
    }
}
