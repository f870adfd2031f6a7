//! What can happen to the ledger's periods.

use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GeneralLedger;
use crate::declare::{event_set, payloads};

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum PeriodChange {
    /// To close all days through one.
    Close,
    /// To open all days from one on.
    Reopen,
}

impl fmt::Display for PeriodChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Close => "close",
            Self::Reopen => "reopen",
        })
    }
}

payloads! {
    /// Somebody proposed to close days, or to open closed ones.
    PeriodChangeProposed {
        /// The ledger.
        ledger: GeneralLedger,
        /// What is proposed.
        change: PeriodChange,
        /// The last day to close, or the first to open.
        day: NaiveDate,
        /// Why.
        reason: String,
        /// SHA-256 over the proposal and what is closed now; what an approval is bound to.
        content_hash: String,
        /// Who proposed.
        proposed_by: String,
    }

    /// All days through one were closed.
    PeriodClosed {
        /// The ledger.
        ledger: GeneralLedger,
        /// The last closed day.
        through: NaiveDate,
        /// SHA-256 of what was approved.
        content_hash: String,
        /// Who proposed.
        proposed_by: String,
        /// Who approved.
        approved_by: String,
    }

    /// Closed days were opened again.
    PeriodReopened {
        /// The ledger.
        ledger: GeneralLedger,
        /// The first open day.
        from: NaiveDate,
        /// SHA-256 of what was approved.
        content_hash: String,
        /// Who proposed.
        proposed_by: String,
        /// Who approved.
        approved_by: String,
    }

    /// A proposal was declined, or withdrawn by who had made it.
    PeriodChangeDeclined {
        /// The ledger.
        ledger: GeneralLedger,
        /// SHA-256 of the proposal.
        content_hash: String,
        /// Why.
        reason: String,
        /// Who declined.
        declined_by: String,
    }
}

event_set! {
    /// An event of the ledger.
    pub enum LedgerEvent in "ledger" {
        PeriodChangeProposed 1 "Period change proposed" "Somebody proposed to close days of the ledger, or to open closed ones.",
        PeriodClosed 1 "Period closed" "All days through one were closed: nothing is posted with a date in them.",
        PeriodReopened 1 "Period reopened" "Closed days were opened again.",
        PeriodChangeDeclined 1 "Period change declined" "A proposal to close or open days was declined or withdrawn.",
    }
}
