//! Why the ledger refuses.

use chrono::NaiveDate;

use super::events::PeriodChange;
use crate::declare::rejections;

rejections! {
    /// A rule of the ledger's periods that refuses.
    pub enum LedgerRejection {
        PeriodNotOver "period_not_over"
            "The days through {through} cannot be closed on {today}: they are not over."
            => "Die Tage bis einschließlich {through} können am {today} nicht abgeschlossen werden: Sie sind nicht vorüber."
            { through: NaiveDate, today: NaiveDate }
        AlreadyClosed "already_closed"
            "The ledger is closed through {closed_through} already."
            => "Das Hauptbuch ist bis einschließlich {closed_through} bereits abgeschlossen."
            { through: NaiveDate, closed_through: NaiveDate }
        NotClosed "not_closed"
            "The days from {from} on are not closed; there is nothing to reopen."
            => "Die Tage ab {from} sind nicht abgeschlossen; es gibt nichts wieder zu öffnen."
            { from: NaiveDate }
        ProposalPending "proposal_pending"
            "To {change} at {day}, proposed by {proposed_by}, waits for a second person; approve or decline that first."
            => "{change} zum {day}, vorgeschlagen von {proposed_by}, wartet auf eine zweite Person; zuerst freigeben oder ablehnen."
            { change: PeriodChange, day: NaiveDate, proposed_by: String }
        NoProposal "no_proposal"
            "No change of the ledger's periods waits for a second person."
            => "Keine Änderung der Perioden des Hauptbuchs wartet auf eine zweite Person."
            {}
        ProposalChanged "proposal_changed"
            "The proposal has the content hash {current}, not {approved}: look at it again."
            => "Der Vorschlag hat den Inhalts-Hash {current}, nicht {approved}: noch einmal ansehen."
            { approved: String, current: String }
        SamePerson "same_person"
            "{actor} cannot approve what {actor} has proposed; a second person must."
            => "{actor} kann den eigenen Vorschlag nicht freigeben; das muss eine zweite Person tun."
            { actor: String }
    }
}
