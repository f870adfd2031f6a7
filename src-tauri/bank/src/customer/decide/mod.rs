//! What a customer's case does about a command.

mod accounts;
mod erasure;
mod onboarding;
mod review;
mod standing;

use es_core::{CommandContext, Decider, References};

use super::commands::CustomerCommand;
use super::events::CustomerEvent;
use super::rejection::CustomerRejection;
use super::state::{self, Customer, CustomerState, CustomerStatus};
use crate::ids::CustomerId;

/// The customer aggregate.
pub struct CustomerDecider;

type Decision = Result<Vec<CustomerEvent>, CustomerRejection>;

impl Decider for CustomerDecider {
    const CATEGORY: &'static str = "customer";
    const STATE_VERSION: u32 = 3;
    const ERASED_BY: &'static [&'static str] = &["PersonalDataErased"];
    const REVEALED_BY: &'static [&'static str] = &["PersonalDataRevealed"];
    type State = CustomerState;
    type Command = CustomerCommand;
    type Event = CustomerEvent;
    type Rejection = CustomerRejection;

    fn evolve(state: &mut CustomerState, event: &CustomerEvent) {
        state::evolve(state, event);
    }

    fn decide(
        state: &CustomerState,
        command: &CustomerCommand,
        context: &CommandContext,
        references: &References,
    ) -> Decision {
        use CustomerCommand as C;
        match command {
            C::RegisterCustomer(c) => onboarding::register(state, c, context),
            C::SubmitIdentification(c) => onboarding::identify(living(state, &c.customer_id)?, c, context),
            C::RecordScreening(c) => onboarding::screen(living(state, &c.customer_id)?, c, context),
            C::AssessRisk(c) => onboarding::assess(living(state, &c.customer_id)?, c, context),
            C::ApproveOnboarding(c) => onboarding::approve(living(state, &c.customer_id)?, context),
            C::RejectOnboarding(c) => onboarding::reject(living(state, &c.customer_id)?, c, context),
            C::ChangeContactDetails(c) => {
                living(state, &c.customer_id).and_then(|_| standing::change_contact_details(c))
            }
            C::RestrictCustomer(c) => standing::restrict(living(state, &c.customer_id)?, c),
            C::LiftRestriction(c) => standing::lift(living(state, &c.customer_id)?, c),
            C::SuspendCustomer(c) => standing::suspend(living(state, &c.customer_id)?, c),
            C::ReinstateCustomer(c) => standing::reinstate(living(state, &c.customer_id)?, c),
            C::RecordDeath(c) => standing::record_death(living(state, &c.customer_id)?, c, context),
            C::CloseCustomer(c) => standing::close(living(state, &c.customer_id)?, c, context),
            C::LinkAccount(c) => accounts::link(living(state, &c.customer_id)?, c, references),
            C::UnlinkAccount(c) => accounts::unlink(known(state, &c.customer_id)?, c, references),
            C::RecordAccountFreeze(c) => accounts::record_freeze(known(state, &c.customer_id)?, c),
            C::RecordAccountFreezeRefusal(c) => accounts::record_refusal(known(state, &c.customer_id)?, c),
            C::RecordAccountFreezeLift(c) => accounts::record_lift(known(state, &c.customer_id)?, c),
            C::RecordAccountFreezeGone(c) => accounts::record_gone(known(state, &c.customer_id)?, c),
            C::RecordKycReview(c) => review::record(living(state, &c.customer_id)?, c, context),
            C::ApproveKycReview(c) => review::approve(living(state, &c.customer_id)?, context),
            C::DeclareKycReviewDue(c) => review::declare_due(living(state, &c.customer_id)?, c, context),
            C::RestrictForOverdueReview(c) => review::restrict(living(state, &c.customer_id)?, c, context),
            C::RevealPersonalData(c) => erasure::reveal(known(state, &c.customer_id)?, c, context),
            C::RequestErasure(c) => erasure::request(known(state, &c.customer_id)?, c, context),
            C::WithdrawErasureRequest(c) => erasure::withdraw(known(state, &c.customer_id)?, c),
            C::ErasePersonalData(c) => erasure::erase(known(state, &c.customer_id)?, context),
        }
    }
}

fn one(event: impl Into<CustomerEvent>) -> Decision {
    Ok(vec![event.into()])
}

/// The customer, if registered.
fn known<'a>(state: &'a CustomerState, customer_id: &CustomerId) -> Result<&'a Customer, CustomerRejection> {
    state.customer().ok_or_else(|| CustomerRejection::CustomerNotFound { customer_id: customer_id.clone() })
}

/// The customer, if the relation has not ended.
fn living<'a>(state: &'a CustomerState, customer_id: &CustomerId) -> Result<&'a Customer, CustomerRejection> {
    let customer = known(state, customer_id)?;
    let customer_id = customer_id.clone();
    match customer.status {
        CustomerStatus::Closed => Err(CustomerRejection::CustomerClosed { customer_id }),
        CustomerStatus::Rejected => Err(CustomerRejection::CustomerRejected { customer_id }),
        _ => Ok(customer),
    }
}

/// Whether the status is one of those that a command needs.
fn needs(customer: &Customer, allowed: &[CustomerStatus], needed: &'static str) -> Result<(), CustomerRejection> {
    if allowed.contains(&customer.status) {
        return Ok(());
    }
    Err(CustomerRejection::WrongStatus { customer_id: customer.customer_id.clone(), status: customer.status, needed })
}

/// Whether the customer was accepted and the relation goes on.
fn in_relation(customer: &Customer) -> Result<(), CustomerRejection> {
    use CustomerStatus as S;
    needs(customer, &[S::Active, S::Restricted, S::Suspended], "active, restricted or suspended")
}
