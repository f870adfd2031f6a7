//! From prospect to customer: checks by some, approval by another.

use chrono::NaiveDate;
use es_core::CommandContext;

use super::{Decision, needs, one};
use crate::customer::commands::{
    AssessRisk, RecordScreening, RegisterCustomer, RejectOnboarding, SubmitIdentification,
};
use crate::customer::events::{
    CustomerRegistered, IdentificationSubmitted, OnboardingApproved, OnboardingRejected, RiskAssessed, RiskRating,
    ScreeningOutcome, ScreeningRecorded,
};
use crate::customer::rejection::CustomerRejection;
use crate::customer::state::{Customer, CustomerState, CustomerStatus as S, MAX_PREPARERS};
use crate::personal::Personal;

pub(super) fn register(state: &CustomerState, register: &RegisterCustomer, context: &CommandContext) -> Decision {
    let customer_id = register.customer_id.clone();
    if state.customer().is_some() {
        return Err(CustomerRejection::CustomerExists { customer_id });
    }
    let (birth_date, today) = (register.birth_date, context.business_date);
    if birth_date > today {
        return Err(CustomerRejection::BirthDateInTheFuture { birth_date, today });
    }
    one(CustomerRegistered {
        customer_id,
        given_name: Personal::name(&register.given_name),
        family_name: Personal::name(&register.family_name),
        birth_date: Some(Personal::date(birth_date)),
        email: register.email.as_deref().map(Personal::hidden),
        registered_by: Some(context.actor.clone()),
    })
}

/// Whether one more person may prepare the case: all of them must be known when it is approved.
fn may_prepare(customer: &Customer, actor: &str) -> Result<(), CustomerRejection> {
    let is_new = customer.approved_by.is_none() && !customer.prepared_by.contains(actor);
    if is_new && customer.prepared_by.len() >= MAX_PREPARERS {
        let customer_id = customer.customer_id.clone();
        return Err(CustomerRejection::TooManyPreparers { most: MAX_PREPARERS, customer_id });
    }
    Ok(())
}

pub(super) fn identify(customer: &Customer, submit: &SubmitIdentification, context: &CommandContext) -> Decision {
    may_prepare(customer, &context.actor)?;
    let (valid_until, today) = (submit.valid_until, context.business_date);
    if valid_until < today {
        return Err(CustomerRejection::DocumentExpired { valid_until, today });
    }
    one(IdentificationSubmitted {
        customer_id: submit.customer_id.clone(),
        document: submit.document,
        document_number: Personal::number(&submit.document_number),
        valid_until,
        submitted_by: context.actor.clone(),
    })
}

pub(super) fn screen(customer: &Customer, c: &RecordScreening, context: &CommandContext) -> Decision {
    may_prepare(customer, &context.actor)?;
    let (customer_id, outcome, note) = (c.customer_id.clone(), c.outcome, c.note.clone());
    one(ScreeningRecorded { customer_id, outcome, note, recorded_by: context.actor.clone() })
}

pub(super) fn assess(customer: &Customer, c: &AssessRisk, context: &CommandContext) -> Decision {
    may_prepare(customer, &context.actor)?;
    let (customer_id, rating, rationale) = (c.customer_id.clone(), c.rating, c.rationale.clone());
    one(RiskAssessed { customer_id, rating, rationale, assessed_by: context.actor.clone() })
}

/// The rating of a customer whose document is valid, whose newest screening is clear and whose risk is rated.
pub(super) fn complete(customer: &Customer, today: NaiveDate) -> Result<RiskRating, CustomerRejection> {
    let customer_id = customer.customer_id.clone();
    match &customer.identification {
        None => return Err(CustomerRejection::IdentificationMissing { customer_id }),
        Some(document) if document.valid_until < today => {
            return Err(CustomerRejection::DocumentExpired { valid_until: document.valid_until, today });
        }
        Some(_) => {}
    }
    match customer.screening {
        None => return Err(CustomerRejection::ScreeningMissing { customer_id }),
        Some(ScreeningOutcome::Clear) => {}
        Some(outcome) => return Err(CustomerRejection::ScreeningNotClear { customer_id, outcome }),
    }
    customer.risk.ok_or(CustomerRejection::RiskNotAssessed { customer_id })
}

pub(super) fn approve(customer: &Customer, context: &CommandContext) -> Decision {
    needs(customer, &[S::PendingVerification], "pending verification")?;
    complete(customer, context.business_date)?;
    let customer_id = customer.customer_id.clone();
    if customer.prepared_by.contains(&context.actor) {
        return Err(CustomerRejection::SamePerson { actor: context.actor.clone(), customer_id });
    }
    one(OnboardingApproved { customer_id, approved_by: context.actor.clone(), approved_on: context.business_date })
}

pub(super) fn reject(customer: &Customer, c: &RejectOnboarding, context: &CommandContext) -> Decision {
    needs(customer, &[S::Prospect, S::PendingVerification], "a prospect or pending verification")?;
    let (customer_id, reason) = (c.customer_id.clone(), c.reason.clone());
    let (rejected_by, rejected_on) = (context.actor.clone(), context.business_date);
    one(OnboardingRejected { customer_id, reason, rejected_by, rejected_on })
}
