//! Why the ledger refuses.

use chrono::NaiveDate;

use super::events::PeriodChange;
use crate::declare::rejections;

rejections! {
    /// A rule of the ledger's periods that refuses.
    pub enum LedgerRejection {
        PeriodNotOver "period_not_over"
            "The days through {through} cannot be closed on {today}: they are not over."
            { through: NaiveDate, today: NaiveDate }
        AlreadyClosed "already_closed"
            "The ledger is closed through {closed_through} already." { through: NaiveDate, closed_through: NaiveDate }
        NotClosed "not_closed"
            "The days from {from} on are not closed; there is nothing to reopen." { from: NaiveDate }
        ProposalPending "proposal_pending"
            "To {change} at {day}, proposed by {proposed_by}, waits for a second person; approve or decline that first."
            { change: PeriodChange, day: NaiveDate, proposed_by: String }
        NoProposal "no_proposal" "No change of the ledger's periods waits for a second person." {}
        ProposalChanged "proposal_changed"
            "The proposal has the content hash {current}, not {approved}: look at it again."
            { approved: String, current: String }
        SamePerson "same_person"
            "{actor} cannot approve what {actor} has proposed; a second person must." { actor: String }
    }
}
