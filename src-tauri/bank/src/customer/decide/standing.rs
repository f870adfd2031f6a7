//! Where an accepted customer stands: restricted, suspended, deceased, closed; and how to reach them.

use es_core::CommandContext;

use super::{Decision, in_relation, needs, one};
use crate::customer::commands::{
    ChangeContactDetails, CloseCustomer, LiftRestriction, RecordDeath, ReinstateCustomer, RestrictCustomer,
    SuspendCustomer,
};
use crate::customer::events::{
    ContactDetailsChanged, CustomerClosed, CustomerDeceased, CustomerReinstated, CustomerRestricted,
    CustomerRestrictionLifted, CustomerSuspended,
};
use crate::customer::limits::MAX_FREEZE_CASES;
use crate::customer::rejection::CustomerRejection;
use crate::customer::state::{Customer, CustomerStatus as S};
use crate::personal::Personal;

/// What is given is recorded, also if it is what the bank knows: what the bank knows is sealed.
pub(super) fn change_contact_details(change: &ChangeContactDetails) -> Decision {
    if change.email.is_none() && change.phone.is_none() && change.address.is_none() {
        return Ok(Vec::new());
    }
    one(ContactDetailsChanged {
        customer_id: change.customer_id.clone(),
        email: change.email.as_deref().map(Personal::hidden),
        phone: change.phone.as_deref().map(Personal::number),
        address: change.address.as_deref().map(Personal::hidden),
    })
}

/// People may restrict also whom an overdue review restricts: each restriction ends by itself.
pub(super) fn restrict(customer: &Customer, c: &RestrictCustomer) -> Decision {
    if customer.status != S::Restricted || customer.restriction.is_some() {
        needs(customer, &[S::Active], "active")?;
    }
    one(CustomerRestricted { customer_id: c.customer_id.clone(), reason: c.reason.clone() })
}

pub(super) fn lift(customer: &Customer, c: &LiftRestriction) -> Decision {
    needs(customer, &[S::Restricted], "restricted")?;
    let customer_id = c.customer_id.clone();
    match (&customer.restriction, customer.review.restriction) {
        (None, Some(due_on)) => Err(CustomerRejection::RestrictedForReview { customer_id, due_on }),
        _ => one(CustomerRestrictionLifted { customer_id, reason: c.reason.clone() }),
    }
}

pub(super) fn suspend(customer: &Customer, c: &SuspendCustomer) -> Decision {
    needs(customer, &[S::Active, S::Restricted], "active or restricted")?;
    one(CustomerSuspended { customer_id: c.customer_id.clone(), reason: c.reason.clone() })
}

/// Refused only while a process that should have settled the freezes of earlier suspensions stands still: a suspension itself
/// is never refused for such a reason.
pub(super) fn reinstate(customer: &Customer, c: &ReinstateCustomer) -> Decision {
    needs(customer, &[S::Suspended], "suspended")?;
    let customer_id = c.customer_id.clone();
    if let Some((account_id, count)) = customer.accounts.with_cases(MAX_FREEZE_CASES) {
        return Err(CustomerRejection::FreezesNotSettled { account_id: account_id.clone(), customer_id, count });
    }
    one(CustomerReinstated { customer_id, reason: c.reason.clone() })
}

pub(super) fn record_death(customer: &Customer, c: &RecordDeath, context: &CommandContext) -> Decision {
    in_relation(customer)?;
    let (customer_id, died_on, today) = (c.customer_id.clone(), c.died_on, context.business_date);
    if died_on > today {
        return Err(CustomerRejection::DeathInTheFuture { died_on, today });
    }
    let (evidence, recorded_by) = (c.evidence.clone(), context.actor.clone());
    one(CustomerDeceased { customer_id, died_on, evidence, recorded_by })
}

/// That all accounts are closed is enough, also for transfers under way: before its debit a transfer holds money on its source,
/// which cannot be closed then; after it the money goes to its target or, if neither account takes it any more, to suspense,
/// where people find it. Neither needs the relation.
pub(super) fn close(customer: &Customer, c: &CloseCustomer, context: &CommandContext) -> Decision {
    let allowed = &[S::Active, S::Restricted, S::Suspended, S::Deceased];
    needs(customer, allowed, "active, restricted, suspended or deceased")?;
    let (customer_id, reason) = (c.customer_id.clone(), c.reason.clone());
    if let Some(account_id) = customer.accounts.open.keys().next().cloned() {
        let count = customer.accounts.open.len();
        return Err(CustomerRejection::AccountsOpen { customer_id, count, account_id });
    }
    one(CustomerClosed { customer_id, reason, closed_on: context.business_date })
}
