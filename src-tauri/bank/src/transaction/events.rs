//! What can happen to a journal entry of the general ledger.

use chrono::NaiveDate;

use crate::declare::{entry_payloads, event_set, payloads};
use crate::entry::EntryView;
use crate::ids::{EntryId, TransactionId};
use crate::posting::Postings;

payloads! {
    /// An entry was drafted, or its draft replaced.
    EntryDrafted {
        /// The entry's aggregate.
        transaction_id: TransactionId,
        /// What it is for.
        description: String,
        /// The balanced legs.
        postings: Postings,
        /// Who drafted.
        drafted_by: String,
        /// The bank's day. Not known of entries from before this was recorded; those do not expire.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drafted_on: Option<NaiveDate>,
    }

    /// The draft was submitted for approval and can no longer change.
    EntrySubmitted {
        /// The entry's aggregate.
        transaction_id: TransactionId,
        /// SHA-256 over description and postings.
        content_hash: String,
        /// Who submitted.
        submitted_by: String,
    }

    /// Somebody other than the drafter approved exactly this content.
    EntryApproved {
        /// The entry's aggregate.
        transaction_id: TransactionId,
        /// SHA-256 of what was approved.
        content_hash: String,
        /// Who approved.
        approved_by: String,
    }

    /// The entry was not posted in time and is over.
    EntryExpired {
        /// The entry's aggregate.
        transaction_id: TransactionId,
        /// The first day on which it could not be posted any more.
        expired_on: NaiveDate,
    }

    /// The entry was refused for good.
    EntryRejected {
        /// The entry's aggregate.
        transaction_id: TransactionId,
        /// Why.
        reason: String,
        /// Who refused.
        rejected_by: String,
    }
}

entry_payloads! {
    /// The entry was posted to the ledger.
    EntryPosted {
        /// The entry's aggregate.
        transaction_id: TransactionId,
        /// Who posted.
        posted_by: String,
    }

    /// The posted entry was undone by its mirror image.
    EntryReversed {
        /// The entry's aggregate.
        transaction_id: TransactionId,
        /// The entry that was undone.
        original_entry_id: EntryId,
        /// Why.
        reason: String,
        /// Who reversed.
        reversed_by: String,
    }
}

event_set! {
    /// An event of a journal entry.
    pub enum TransactionEvent in "transaction" {
        EntryDrafted 1 "Entry drafted" "A journal entry was drafted, or its draft replaced.",
        EntrySubmitted 1 "Entry submitted" "The draft was submitted for approval and can no longer change.",
        EntryApproved 1 "Entry approved" "Somebody other than the drafter approved exactly this content.",
        EntryPosted 1 "Entry posted" "The entry was posted to the ledger.",
        EntryRejected 1 "Entry rejected" "The entry was refused for good.",
        EntryExpired 1 "Entry expired" "The entry was not posted in time and is over.",
        EntryReversed 1 "Entry reversed" "The posted entry was undone by its mirror image.",
    }
}

impl TransactionEvent {
    /// The journal entry, if the event moves money.
    #[must_use]
    pub fn entry(&self) -> Option<EntryView<'_>> {
        match self {
            Self::EntryPosted(event) => Some(event.entry()),
            Self::EntryReversed(event) => Some(event.entry()),
            Self::EntryDrafted(_)
            | Self::EntrySubmitted(_)
            | Self::EntryApproved(_)
            | Self::EntryRejected(_)
            | Self::EntryExpired(_) => None,
        }
    }
}
