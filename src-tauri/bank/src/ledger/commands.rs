//! What can be asked of the ledger.

use chrono::NaiveDate;
use es_core::StreamName;

use super::GeneralLedger;
use crate::declare::{command_set, payloads};

payloads! {
    /// Proposes to close all days through one.
    ClosePeriod {
        /// The ledger.
        ledger: GeneralLedger,
        /// The last day of the period; must be over.
        through: NaiveDate,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Proposes to open closed days again.
    ReopenPeriod {
        /// The ledger.
        ledger: GeneralLedger,
        /// The first day that is to be open again.
        from: NaiveDate,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }

    /// Approves exactly the proposal with this hash.
    ApprovePeriodChange {
        /// The ledger.
        ledger: GeneralLedger,
        /// Content hash of what the approver has seen, as in the ledger's state and its PeriodChangeProposed event.
        #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
        content_hash: String,
    }

    /// Declines the proposal with this hash, or withdraws it.
    DeclinePeriodChange {
        /// The ledger.
        ledger: GeneralLedger,
        /// Content hash of the proposal, as in the ledger's state and its PeriodChangeProposed event.
        #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
        content_hash: String,
        /// Why.
        #[schemars(length(min = 1, max = 200))]
        reason: String,
    }
}

command_set! {
    /// A command to the ledger.
    pub enum LedgerCommand in "ledger", id ledger, references references {
        ClosePeriod by people "Close period"
            "Proposes to close all days through one. From then on they refuse postings; a second person makes it final." example {
                "ledger": "general", "through": "2031-04-30", "reason": "April is reconciled"
            }
        ReopenPeriod by people "Reopen period"
            "Proposes to open closed days again; a second person has to approve." example {
                "ledger": "general", "from": "2031-04-01", "reason": "Invoice of April arrived late"
            }
        ApprovePeriodChange by people "Approve period change"
            "Approves exactly the proposal with this hash. The actor must not have proposed it." example {
                "ledger": "general",
                "contentHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
            }
        DeclinePeriodChange by people "Decline period change"
            "Declines the proposal with this hash, or withdraws it; what is closed stays as it is." example {
                "ledger": "general",
                "contentHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "reason": "Suspense is not cleared"
            }
    }
}

fn references(_: &LedgerCommand) -> Vec<StreamName> {
    Vec::new()
}
