//! What the ledger does about a command.

use chrono::NaiveDate;
use es_core::{CommandContext, Decider, References};

use super::GeneralLedger;
use super::commands::LedgerCommand;
use super::events::{
    LedgerEvent, PeriodChange, PeriodChangeDeclined, PeriodChangeProposed, PeriodClosed, PeriodReopened,
};
use super::rejection::LedgerRejection;
use super::state::{self, LedgerState, PeriodProposal};

/// The ledger aggregate.
pub struct LedgerDecider;

type Decision = Result<Vec<LedgerEvent>, LedgerRejection>;

impl Decider for LedgerDecider {
    const CATEGORY: &'static str = "ledger";
    const STATE_VERSION: u32 = 1;
    type State = LedgerState;
    type Command = LedgerCommand;
    type Event = LedgerEvent;
    type Rejection = LedgerRejection;

    fn evolve(state: &mut LedgerState, event: &LedgerEvent) {
        state::evolve(state, event);
    }

    fn decide(state: &LedgerState, command: &LedgerCommand, context: &CommandContext, _: &References) -> Decision {
        use LedgerCommand as C;
        match command {
            C::ClosePeriod(close) => {
                let (through, today) = (close.through, context.business_date);
                if through >= today {
                    return Err(LedgerRejection::PeriodNotOver { through, today });
                }
                if let Some(closed_through) = state.closed_through.filter(|closed| *closed >= through) {
                    return Err(LedgerRejection::AlreadyClosed { through, closed_through });
                }
                propose(state, close.ledger, PeriodChange::Close, through, &close.reason, context)
            }
            C::ReopenPeriod(reopen) => {
                let from = reopen.from;
                if state.closed_through.is_none_or(|closed| closed < from) {
                    return Err(LedgerRejection::NotClosed { from });
                }
                propose(state, reopen.ledger, PeriodChange::Reopen, from, &reopen.reason, context)
            }
            C::ApprovePeriodChange(approve) => {
                let proposal = pending(state, &approve.content_hash)?;
                if proposal.proposed_by == context.actor {
                    return Err(LedgerRejection::SamePerson { actor: context.actor.clone() });
                }
                let (ledger, content_hash) = (approve.ledger, approve.content_hash.clone());
                let (proposed_by, approved_by) = (proposal.proposed_by.clone(), context.actor.clone());
                let day = proposal.day;
                Ok(vec![match proposal.change {
                    PeriodChange::Close => {
                        PeriodClosed { ledger, through: day, content_hash, proposed_by, approved_by }.into()
                    }
                    PeriodChange::Reopen => {
                        PeriodReopened { ledger, from: day, content_hash, proposed_by, approved_by }.into()
                    }
                }])
            }
            C::DeclinePeriodChange(decline) => {
                pending(state, &decline.content_hash)?;
                let (content_hash, reason) = (decline.content_hash.clone(), decline.reason.clone());
                let (ledger, declined_by) = (decline.ledger, context.actor.clone());
                Ok(vec![PeriodChangeDeclined { ledger, content_hash, reason, declined_by }.into()])
            }
        }
    }
}

fn propose(
    state: &LedgerState,
    ledger: GeneralLedger,
    change: PeriodChange,
    day: NaiveDate,
    reason: &str,
    context: &CommandContext,
) -> Decision {
    let content_hash = state::content_hash(state.closed_through, change, day, reason, &context.actor);
    if let Some(pending) = &state.proposal {
        if pending.content_hash == content_hash {
            return Ok(Vec::new());
        }
        let proposed_by = pending.proposed_by.clone();
        return Err(LedgerRejection::ProposalPending { change: pending.change, day: pending.day, proposed_by });
    }
    let (reason, proposed_by) = (reason.to_owned(), context.actor.clone());
    Ok(vec![PeriodChangeProposed { ledger, change, day, reason, content_hash, proposed_by }.into()])
}

/// The proposal that waits, if it is the one with this hash.
fn pending<'a>(state: &'a LedgerState, content_hash: &str) -> Result<&'a PeriodProposal, LedgerRejection> {
    let Some(proposal) = &state.proposal else { return Err(LedgerRejection::NoProposal {}) };
    if proposal.content_hash != content_hash {
        let (approved, current) = (content_hash.to_owned(), proposal.content_hash.clone());
        return Err(LedgerRejection::ProposalChanged { approved, current });
    }
    Ok(proposal)
}
