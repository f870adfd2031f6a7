//! Which days are closed.

use chrono::NaiveDate;
use es_core::hash::content_hash_of;
use serde::{Deserialize, Serialize};

use super::events::{LedgerEvent, PeriodChange};

/// The ledger's periods.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerState {
    /// The last closed day; none if no day was ever closed.
    pub closed_through: Option<NaiveDate>,
    /// What waits for a second person.
    pub proposal: Option<PeriodProposal>,
}

/// A change that one person has proposed and another has to approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeriodProposal {
    /// What is proposed.
    pub change: PeriodChange,
    /// The last day to close, or the first to open.
    pub day: NaiveDate,
    /// Why.
    pub reason: String,
    /// What an approval is bound to.
    pub content_hash: String,
    /// Who proposed.
    pub proposed_by: String,
}

impl LedgerState {
    /// The last day that takes no posting: closed, or about to be.
    #[must_use]
    pub fn refuses_through(&self) -> Option<NaiveDate> {
        let closing = self.proposal.as_ref().filter(|proposal| proposal.change == PeriodChange::Close);
        self.closed_through.max(closing.map(|proposal| proposal.day))
    }
}

/// SHA-256 (hexadecimal) over a proposal and what is closed when it is made.
#[must_use]
pub(super) fn content_hash(
    closed_through: Option<NaiveDate>,
    change: PeriodChange,
    day: NaiveDate,
    reason: &str,
    proposed_by: &str,
) -> String {
    let closed = closed_through.map_or_else(|| "nothing".to_owned(), |day| day.to_string());
    let content = format!("{change} {day}, closed through {closed}, by {proposed_by}");
    content_hash_of("ledger", "PeriodChange", 1, content.as_bytes(), reason).to_hex()
}

/// Takes an event in. Total.
pub(super) fn evolve(state: &mut LedgerState, event: &LedgerEvent) {
    match event {
        LedgerEvent::PeriodChangeProposed(e) => {
            state.proposal = Some(PeriodProposal {
                change: e.change,
                day: e.day,
                reason: e.reason.clone(),
                content_hash: e.content_hash.clone(),
                proposed_by: e.proposed_by.clone(),
            });
        }
        LedgerEvent::PeriodClosed(e) => *state = LedgerState { closed_through: Some(e.through), proposal: None },
        LedgerEvent::PeriodReopened(e) => *state = LedgerState { closed_through: e.from.pred_opt(), proposal: None },
        LedgerEvent::PeriodChangeDeclined(_) => state.proposal = None,
    }
}
