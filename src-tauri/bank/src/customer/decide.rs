//! What a customer's case does about a command.

use es_core::{CommandContext, Decider, References};

use super::commands::{
    ApproveOnboarding, ChangeContactDetails, CustomerCommand, RegisterCustomer, SubmitIdentification,
};
use super::events::{
    ContactDetailsChanged, CustomerClosed, CustomerEvent, CustomerRegistered, CustomerReinstated, CustomerRestricted,
    CustomerRestrictionLifted, CustomerSuspended, IdentificationSubmitted, OnboardingApproved, OnboardingRejected,
    RiskAssessed, ScreeningOutcome, ScreeningRecorded,
};
use super::rejection::CustomerRejection;
use super::state::{self, Customer, CustomerState, CustomerStatus, MAX_PREPARERS};
use crate::ids::CustomerId;

/// The customer aggregate.
pub struct CustomerDecider;

type Decision = Result<Vec<CustomerEvent>, CustomerRejection>;

impl Decider for CustomerDecider {
    const CATEGORY: &'static str = "customer";
    const STATE_VERSION: u32 = 1;
    type State = CustomerState;
    type Command = CustomerCommand;
    type Event = CustomerEvent;
    type Rejection = CustomerRejection;

    fn evolve(state: &mut CustomerState, event: &CustomerEvent) {
        state::evolve(state, event);
    }

    fn decide(state: &CustomerState, command: &CustomerCommand, context: &CommandContext, _: &References) -> Decision {
        use CustomerCommand as C;
        use CustomerStatus as S;
        match command {
            C::RegisterCustomer(register) => register_customer(state, register, context),
            C::SubmitIdentification(submit) => submit_identification(state, submit, context),
            C::RecordScreening(c) => {
                prepare(living(state, &c.customer_id)?, &context.actor)?;
                let (customer_id, outcome, note) = (c.customer_id.clone(), c.outcome, c.note.clone());
                one(ScreeningRecorded { customer_id, outcome, note, recorded_by: context.actor.clone() })
            }
            C::AssessRisk(c) => {
                prepare(living(state, &c.customer_id)?, &context.actor)?;
                let (customer_id, rating, rationale) = (c.customer_id.clone(), c.rating, c.rationale.clone());
                one(RiskAssessed { customer_id, rating, rationale, assessed_by: context.actor.clone() })
            }
            C::ApproveOnboarding(approve) => approve_onboarding(state, approve, context),
            C::RejectOnboarding(c) => {
                let allowed = &[S::Prospect, S::PendingVerification];
                with_status(state, &c.customer_id, allowed, "a prospect or pending verification")?;
                let (customer_id, reason) = (c.customer_id.clone(), c.reason.clone());
                one(OnboardingRejected { customer_id, reason, rejected_by: context.actor.clone() })
            }
            C::ChangeContactDetails(change) => change_contact_details(living(state, &change.customer_id)?, change),
            C::RestrictCustomer(c) => {
                with_status(state, &c.customer_id, &[S::Active], "active")?;
                one(CustomerRestricted { customer_id: c.customer_id.clone(), reason: c.reason.clone() })
            }
            C::LiftRestriction(c) => {
                with_status(state, &c.customer_id, &[S::Restricted], "restricted")?;
                one(CustomerRestrictionLifted { customer_id: c.customer_id.clone(), reason: c.reason.clone() })
            }
            C::SuspendCustomer(c) => {
                with_status(state, &c.customer_id, &[S::Active, S::Restricted], "active or restricted")?;
                one(CustomerSuspended { customer_id: c.customer_id.clone(), reason: c.reason.clone() })
            }
            C::ReinstateCustomer(c) => {
                with_status(state, &c.customer_id, &[S::Suspended], "suspended")?;
                one(CustomerReinstated { customer_id: c.customer_id.clone(), reason: c.reason.clone() })
            }
            C::CloseCustomer(c) => {
                let allowed = &[S::Active, S::Restricted, S::Suspended];
                with_status(state, &c.customer_id, allowed, "active, restricted or suspended")?;
                let (customer_id, reason) = (c.customer_id.clone(), c.reason.clone());
                one(CustomerClosed { customer_id, reason, closed_on: context.business_date })
            }
        }
    }
}

fn one(event: impl Into<CustomerEvent>) -> Decision {
    Ok(vec![event.into()])
}

/// The customer, if something can still follow.
fn living<'a>(state: &'a CustomerState, customer_id: &CustomerId) -> Result<&'a Customer, CustomerRejection> {
    let customer_id = customer_id.clone();
    match state.customer() {
        None => Err(CustomerRejection::CustomerNotFound { customer_id }),
        Some(Customer { status: CustomerStatus::Closed, .. }) => Err(CustomerRejection::CustomerClosed { customer_id }),
        Some(Customer { status: CustomerStatus::Rejected, .. }) => {
            Err(CustomerRejection::CustomerRejected { customer_id })
        }
        Some(customer) => Ok(customer),
    }
}

/// The customer, if the status is one of those that a command needs.
fn with_status<'a>(
    state: &'a CustomerState,
    customer_id: &CustomerId,
    allowed: &[CustomerStatus],
    needed: &'static str,
) -> Result<&'a Customer, CustomerRejection> {
    let customer = living(state, customer_id)?;
    if allowed.contains(&customer.status) {
        return Ok(customer);
    }
    Err(CustomerRejection::WrongStatus { customer_id: customer_id.clone(), status: customer.status, needed })
}

/// Whether one more person may prepare the case: all of them must be known when it is approved.
fn prepare(customer: &Customer, actor: &str) -> Result<(), CustomerRejection> {
    let is_new = customer.approved_by.is_none() && !customer.prepared_by.contains(actor);
    if is_new && customer.prepared_by.len() >= MAX_PREPARERS {
        let customer_id = customer.customer_id.clone();
        return Err(CustomerRejection::TooManyPreparers { most: MAX_PREPARERS, customer_id });
    }
    Ok(())
}

fn register_customer(state: &CustomerState, register: &RegisterCustomer, context: &CommandContext) -> Decision {
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
        given_name: register.given_name.clone(),
        family_name: register.family_name.clone(),
        birth_date: Some(birth_date),
        email: register.email.clone(),
        registered_by: Some(context.actor.clone()),
    })
}

fn submit_identification(state: &CustomerState, submit: &SubmitIdentification, context: &CommandContext) -> Decision {
    prepare(living(state, &submit.customer_id)?, &context.actor)?;
    let (valid_until, today) = (submit.valid_until, context.business_date);
    if valid_until < today {
        return Err(CustomerRejection::DocumentExpired { valid_until, today });
    }
    one(IdentificationSubmitted {
        customer_id: submit.customer_id.clone(),
        document: submit.document,
        document_number: submit.document_number.clone(),
        valid_until,
        submitted_by: context.actor.clone(),
    })
}

fn approve_onboarding(state: &CustomerState, approve: &ApproveOnboarding, context: &CommandContext) -> Decision {
    let customer_id = approve.customer_id.clone();
    let pending = &[CustomerStatus::PendingVerification];
    let customer = with_status(state, &customer_id, pending, "pending verification")?;
    let today = context.business_date;
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
    if customer.risk.is_none() {
        return Err(CustomerRejection::RiskNotAssessed { customer_id });
    }
    if customer.prepared_by.contains(&context.actor) {
        return Err(CustomerRejection::SamePerson { actor: context.actor.clone(), customer_id });
    }
    one(OnboardingApproved { customer_id, approved_by: context.actor.clone() })
}

fn change_contact_details(customer: &Customer, change: &ChangeContactDetails) -> Decision {
    let changed = |known: &Option<String>, new: &Option<String>| new.clone().filter(|_| known != new);
    let event = ContactDetailsChanged {
        customer_id: change.customer_id.clone(),
        email: changed(&customer.email, &change.email),
        phone: changed(&customer.phone, &change.phone),
        address: changed(&customer.address, &change.address),
    };
    if event.email.is_none() && event.phone.is_none() && event.address.is_none() {
        return Ok(Vec::new());
    }
    one(event)
}
