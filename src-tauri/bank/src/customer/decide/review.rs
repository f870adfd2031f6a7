//! The periodic review: when it is due, what happens if nobody does it, and who may do it.

use chrono::Days;
use es_core::CommandContext;

use super::onboarding::complete;
use super::{Decision, in_relation, one};
use crate::customer::commands::{DeclareKycReviewDue, RecordKycReview, RestrictForOverdueReview};
use crate::customer::events::{
    CustomerRestrictedForReview, KycReviewCompleted, KycReviewDue, KycReviewSubmitted, RiskRating,
};
use crate::customer::limits::{REVIEW_GRACE_DAYS, beginning_of};
use crate::customer::rejection::CustomerRejection;
use crate::customer::state::Customer;

/// A review needs what an approval needs: a valid document, a clear screening, a rating. Whoever is or was of high risk since
/// the last one needs a second person, so that nobody rates them down and reviews them alone.
pub(super) fn record(customer: &Customer, c: &RecordKycReview, context: &CommandContext) -> Decision {
    in_relation(customer)?;
    let rating = complete(customer, context.business_date)?;
    let (customer_id, findings, reviewed_by) = (c.customer_id.clone(), c.findings.clone(), context.actor.clone());
    if rating == RiskRating::High || customer.review.enhanced {
        return one(KycReviewSubmitted { customer_id, findings, reviewed_by });
    }
    let (approved_by, reviewed_on) = (None, context.business_date);
    one(KycReviewCompleted { customer_id, rating, findings, reviewed_by, approved_by, reviewed_on })
}

pub(super) fn approve(customer: &Customer, context: &CommandContext) -> Decision {
    in_relation(customer)?;
    let customer_id = customer.customer_id.clone();
    let Some(submitted) = &customer.review.submitted else {
        return Err(CustomerRejection::NoReviewSubmitted { customer_id });
    };
    if submitted.reviewed_by == context.actor {
        return Err(CustomerRejection::ReviewedBySamePerson { actor: context.actor.clone(), customer_id });
    }
    let rating = complete(customer, context.business_date)?;
    let (findings, reviewed_by) = (submitted.findings.clone(), submitted.reviewed_by.clone());
    let (approved_by, reviewed_on) = (Some(context.actor.clone()), context.business_date);
    one(KycReviewCompleted { customer_id, rating, findings, reviewed_by, approved_by, reviewed_on })
}

/// The time of grace runs from the day of the declaration, so that a program that was not running costs nobody anything.
pub(super) fn declare_due(customer: &Customer, c: &DeclareKycReviewDue, context: &CommandContext) -> Decision {
    in_relation(customer)?;
    if customer.review.due.is_some() {
        return Ok(Vec::new());
    }
    let (customer_id, now) = (c.customer_id.clone(), context.now);
    let due_on = customer.review_due_on().unwrap_or(c.due_on);
    if due_on != c.due_on || now < beginning_of(due_on) {
        return Err(CustomerRejection::ReviewNotDue { customer_id, due_on, now });
    }
    let grace_until = now.date_naive().checked_add_days(Days::new(REVIEW_GRACE_DAYS)).unwrap_or(due_on);
    one(KycReviewDue { customer_id, due_on, grace_until })
}

pub(super) fn restrict(customer: &Customer, c: &RestrictForOverdueReview, context: &CommandContext) -> Decision {
    in_relation(customer)?;
    let (customer_id, now) = (c.customer_id.clone(), context.now);
    let Some(due) = customer.review.due.filter(|due| due.due_on == c.due_on) else {
        return Err(CustomerRejection::NoReviewDue { customer_id });
    };
    if customer.review.restriction.is_some() {
        return Ok(Vec::new());
    }
    if now < beginning_of(due.grace_until) {
        return Err(CustomerRejection::ReviewNotOverdue { customer_id, grace_until: due.grace_until, now });
    }
    let reason = format!("The review due on {} was not done by {}", due.due_on, due.grace_until);
    one(CustomerRestrictedForReview { customer_id, due_on: due.due_on, reason })
}
