//! What can happen to a transfer.

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tariff::Tariff;
use crate::declare::{entry_payloads, event_set, payloads};
use crate::entry::EntryView;
use crate::exchange::ExchangeRate;
use crate::ids::{AccountId, HoldId, OrderId, QuoteId, TransferId};
use crate::money::{Amount, Limit};

payloads! {
    /// A customer asked for a transfer.
    TransferRequested {
        /// The transfer.
        transfer_id: TransferId,
        /// Account that pays.
        source: AccountId,
        /// Account that receives.
        target: AccountId,
        /// How much, in the currency of the source account.
        amount: Amount,
        /// The customer's words.
        reference: String,
        /// Who asked; nobody approves their own transfer.
        requested_by: String,
        /// The bank's day of the request.
        requested_on: NaiveDate,
        /// The source must be debited by then, or the transfer fails.
        deadline: DateTime<Utc>,
        /// The terms of the fee, as agreed with the request; no fee if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tariff: Option<Tariff>,
        /// What the transfer costs by these terms; nothing if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Amount>,
        /// The quoted rate to be used; both accounts have one currency if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quote_id: Option<QuoteId>,
        /// The execution of an order that it is; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderOccurrence>,
    }

    /// An execution of a scheduled or standing order.
    OrderOccurrence {
        /// The order.
        order_id: OrderId,
        /// The day on which it is due, before any move to a business day.
        due_on: NaiveDate,
    }

    /// A quoted rate as it was found at validation. Nothing that happens to the quote later changes it.
    PinnedRate {
        /// The quote.
        quote_id: QuoteId,
        /// Minor units of the target currency for minor units of the source currency.
        rate: ExchangeRate,
        /// What arrives: the amount at this rate, rounded once, half to even.
        converted: Amount,
        /// Where the rate comes from.
        provenance: String,
        /// Who quoted it.
        quoted_by: String,
        /// When it was quoted.
        quoted_at: DateTime<Utc>,
        /// Until when it could be used.
        valid_until: DateTime<Utc>,
    }

    /// Both accounts exist, are open, and have the transfer's currency or those of the pinned rate.
    TransferValidated {
        /// The transfer.
        transfer_id: TransferId,
        /// The rate for a transfer between two currencies; both accounts have the amount's currency if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exchange: Option<PinnedRate>,
    }

    /// The amount is above what one person may send: it waits for a second one.
    TransferApprovalRequested {
        /// The transfer.
        transfer_id: TransferId,
        /// Amounts above this need approval.
        threshold: Limit,
        /// SHA-256 of what is to be approved.
        content_hash: String,
        /// What is not approved by then has expired.
        expires_at: DateTime<Utc>,
    }

    /// Somebody other than the requester approved exactly this content.
    TransferApproved {
        /// The transfer.
        transfer_id: TransferId,
        /// SHA-256 of what was approved.
        content_hash: String,
        /// Who approved.
        approved_by: String,
        /// The source must be debited by then, or the transfer fails.
        deadline: DateTime<Utc>,
    }

    /// A second person refused.
    TransferRefused {
        /// The transfer.
        transfer_id: TransferId,
        /// Who refused.
        refused_by: String,
        /// Why.
        reason: String,
    }

    /// Nobody approved in time.
    TransferApprovalExpired {
        /// The transfer.
        transfer_id: TransferId,
        /// The end of the time for approval.
        expired_at: DateTime<Utc>,
    }

    /// Money has been in flight for longer than it should. Only a notice: nothing is known about why, so nothing is guessed.
    TransferOverdue {
        /// The transfer.
        transfer_id: TransferId,
        /// Where it stands.
        status: String,
        /// Since when it should have been at its end.
        since: DateTime<Utc>,
    }

    /// The amount that was parked has arrived where a person sent it.
    ParkedTransferResolved {
        /// The transfer.
        transfer_id: TransferId,
        /// Whose money it was.
        belongs_to: Belonging,
        /// The account that has got it.
        beneficiary: AccountId,
    }

    /// The order that the transfer is an execution of knows how it ended.
    OrderInformed {
        /// The transfer.
        transfer_id: TransferId,
        /// The order.
        order_id: OrderId,
        /// The execution.
        due_on: NaiveDate,
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
        /// How much leaves transit.
        amount: Amount,
        /// The fee that is given back and parked with it; none if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Amount>,
        /// Stable code of the reason.
        code: String,
        /// The reason in a sentence.
        message: String,
    }

    /// A person found out where a parked amount belongs: it leaves suspense for transit again, and the fee for fee income if
    /// the transfer is carried out after all.
    TransferUnparked {
        /// The transfer.
        transfer_id: TransferId,
        /// Whose money it is.
        belongs_to: Belonging,
        /// The account that is to get it.
        beneficiary: AccountId,
        /// How much goes into transit.
        amount: Amount,
        /// How much is to arrive.
        arriving: Amount,
        /// Who found out.
        resolved_by: String,
        /// How, in their words.
        reason: String,
        /// It should have arrived by then.
        deadline: DateTime<Utc>,
    }
}

/// Whose a parked amount is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Belonging {
    /// The sender's: amount and fee go back, in the currency they were sent in.
    Source,
    /// The receiver's: the transfer is carried out, at its pinned rate and for its fee.
    Target,
}

impl Belonging {
    /// Lower-case name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

event_set! {
    /// An event of a transfer.
    pub enum TransferEvent in "transfer" {
        TransferRequested 2 "Transfer requested" "A customer asked for a transfer.",
        TransferValidated 2 "Transfer validated" "Both accounts can take part; between two currencies the rate is pinned.",
        TransferApprovalRequested 1 "Approval requested" "The amount needs a second person's approval.",
        TransferApproved 1 "Transfer approved" "Somebody other than the requester approved exactly this content.",
        TransferRefused 1 "Transfer refused" "A second person refused the transfer; nothing was held.",
        TransferApprovalExpired 1 "Approval expired" "Nobody approved the transfer in time; nothing was held.",
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
        TransferParked 2 "Transfer parked" "Neither account takes the amount: it waits in suspense for a person.",
        TransferUnparked 1 "Transfer unparked" "A person found out where the parked amount belongs: it is in transit again.",
        ParkedTransferResolved 1 "Parked transfer resolved" "The amount that was parked has arrived where a person sent it.",
        TransferOverdue 1 "Transfer overdue" "Money has been in flight for longer than it should; a notice only.",
        OrderInformed 1 "Order informed" "The order behind the transfer knows how it ended.",
    }
}

impl TransferRefused {
    /// The reason that people see.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{} refused: {}", self.refused_by, self.reason)
    }
}

impl TransferApprovalExpired {
    /// The reason that people see.
    #[must_use]
    pub fn message(&self) -> String {
        format!("nobody approved it by {}", self.expired_at.format("%Y-%m-%d %H:%M:%S UTC"))
    }
}

impl TransferEvent {
    /// The journal entry, if the event moves money.
    #[must_use]
    pub fn entry(&self) -> Option<EntryView<'_>> {
        match self {
            Self::TransferParked(event) => Some(event.entry()),
            Self::TransferUnparked(event) => Some(event.entry()),
            _ => None,
        }
    }
}
