//! What can be asked of a journal entry.

use chrono::NaiveDate;
use es_core::StreamName;

use crate::declare::{command_set, payloads};
use crate::ids::TransactionId;
use crate::ledger::GeneralLedger;
use crate::posting::Posting;

payloads! {
    /// Drafts an entry, or replaces its draft.
    DraftEntry {
        /// Number of the entry.
        transaction_id: TransactionId,
        /// What it is for.
        #[schemars(length(min = 1, max = 200))]
        description: String,
        /// The legs: in each currency, debits equal credits.
        #[schemars(length(min = 2, max = 64))]
        postings: Vec<Posting>,
    }

    /// Submits a draft for approval.
    SubmitEntry {
        /// The entry.
        transaction_id: TransactionId,
    }

    /// Approves exactly the content with this hash.
    ApproveEntry {
        /// The entry.
        transaction_id: TransactionId,
        /// Content hash of what the approver has seen, as in the entry's state and its EntrySubmitted event.
        #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
        content_hash: String,
    }

    /// Posts an approved entry to the ledger.
    PostEntry {
        /// The entry.
        transaction_id: TransactionId,
        /// The day from which it counts; the bank's day if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value_date: Option<NaiveDate>,
    }

    /// Refuses an entry that is not posted.
    RejectEntry {
        /// The entry.
        transaction_id: TransactionId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Records that an entry was not posted in time.
    ExpireEntry {
        /// The entry.
        transaction_id: TransactionId,
    }

    /// Undoes a posted entry by its mirror image.
    ReverseEntry {
        /// The entry.
        transaction_id: TransactionId,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }
}

command_set! {
    /// A command to a journal entry.
    pub enum TransactionCommand in "transaction", id transaction_id, references references {
        DraftEntry by people "Draft entry"
            "Drafts a balanced entry between accounts of the general ledger, or replaces its draft." example {
                "transactionId": "J-2001", "description": "Owners pay in capital",
                "postings": [
                    { "account": "gl:nostro", "side": "debit", "amount": { "minor": "100000000", "currency": "EUR" } },
                    { "account": "gl:equity", "side": "credit", "amount": { "minor": "100000000", "currency": "EUR" } }
                ]
            }
        SubmitEntry by people "Submit entry"
            "Submits a draft for approval; from then on it cannot change." example { "transactionId": "J-2001" }
        ApproveEntry by people "Approve entry"
            "Approves exactly the content with this hash. The actor must not have drafted or submitted it." example {
                "transactionId": "J-2001",
                "contentHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
            }
        PostEntry by people "Post entry"
            "Posts an approved entry to the ledger. The actor must have neither drafted nor approved it." example {
                "transactionId": "J-2001"
            }
        RejectEntry by people "Reject entry"
            "Refuses an entry that is not posted, for good." example {
                "transactionId": "J-2001", "reason": "Wrong account"
            }
        ExpireEntry by process "Expire entry"
            "Records that an entry was not posted within 30 days of its draft." example { "transactionId": "J-2001" }
        ReverseEntry by people "Reverse entry"
            "Undoes a posted entry by its mirror image, once. The actor must not have drafted it." example {
                "transactionId": "J-2001", "reason": "Booked in the wrong period"
            }
    }
}

/// A value date of its own may lie in closed days of the ledger; today never does.
fn references(command: &TransactionCommand) -> Vec<StreamName> {
    match command {
        TransactionCommand::PostEntry(PostEntry { value_date: Some(_), .. }) => vec![GeneralLedger::General.stream()],
        _ => Vec::new(),
    }
}
