//! The periodic review: two timers, one for the day on which it becomes due, one for the end of the time of grace.

use es_core::{AnyState, CommandDraft, Process, Settlement, StreamName, TimerDraft, Turn};

use super::drafts::{draft, not_a_step};
use crate::customer::limits::beginning_of;
use crate::customer::{Customer, CustomerCommand, CustomerState, DeclareKycReviewDue, RestrictForOverdueReview};

/// The process that sees to periodic reviews.
pub struct KycReview;

/// The timer that should be set now, if any.
fn timer(stream: &StreamName, customer: &Customer) -> Option<TimerDraft> {
    let customer_id = customer.customer_id.clone();
    let due_on = customer.review_due_on()?;
    let (name, day, command): (_, _, CustomerCommand) = match customer.review.due {
        None => ("kyc-review-due", due_on, DeclareKycReviewDue { customer_id, due_on }.into()),
        Some(due) if customer.review.restriction.is_none() => {
            let command = RestrictForOverdueReview { customer_id, due_on: due.due_on };
            ("kyc-review-overdue", due.grace_until, command.into())
        }
        Some(_) => return None,
    };
    // The day is part of the step: each review is another one.
    let command = draft(stream, &format!("{name}:{day}"), command.command_type(), command.encode());
    Some(TimerDraft { name: name.into(), due_at: beginning_of(day), command })
}

impl Process for KycReview {
    fn name(&self) -> &'static str {
        "kyc_review"
    }

    fn category(&self) -> &'static str {
        "customer"
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &[
            "OnboardingApproved",
            "RiskAssessed",
            "CustomerDeceased",
            "CustomerClosed",
            "KycReviewDue",
            "CustomerRestrictedForReview",
            "KycReviewCompleted",
        ]
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let customer = state.downcast_ref::<CustomerState>().and_then(CustomerState::customer);
        let timer = customer.and_then(|customer| timer(stream, customer));
        Turn { pending: Vec::new(), finished: timer.is_none(), timers: timer.into_iter().collect() }
    }

    fn settle(&self, stream: &StreamName, _: &AnyState, planned: &CommandDraft, _: &Settlement) -> CommandDraft {
        not_a_step(stream, planned)
    }
}
