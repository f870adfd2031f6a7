//! Who sees personal data, and their erasure. The duty to keep records beats the wish to have them erased, but only for as long as it lasts.

use chrono::NaiveDate;
use es_core::CommandContext;

use super::{Decision, one};
use crate::customer::commands::{RequestErasure, RevealPersonalData, WithdrawErasureRequest};
use crate::customer::events::{ErasureRequestWithdrawn, ErasureRequested, PersonalDataErased, PersonalDataRevealed};
use crate::customer::limits::{beginning_of, customer_retained_until, prospect_retained_until};
use crate::customer::rejection::CustomerRejection;
use crate::customer::state::{Customer, ErasureRequest};

pub(super) fn request(customer: &Customer, c: &RequestErasure, context: &CommandContext) -> Decision {
    not_erased(customer)?;
    let (customer_id, reason) = (c.customer_id.clone(), c.reason.clone());
    let Some(retained_until) = retained_until(customer) else {
        return Err(CustomerRejection::RelationNotEnded { customer_id, status: customer.status });
    };
    if let Some(ErasureRequest { requested_on, retained_until }) = customer.erasure {
        return Err(CustomerRejection::ErasureRequestedBefore { customer_id, requested_on, retained_until });
    }
    one(ErasureRequested { customer_id, reason, requested_on: context.business_date, retained_until })
}

/// Nothing as long as the relation goes on.
fn retained_until(customer: &Customer) -> Option<NaiveDate> {
    let of_customer = customer.closed_on.map(customer_retained_until);
    of_customer.or_else(|| customer.rejected_on.map(prospect_retained_until))
}

fn not_erased(customer: &Customer) -> Result<(), CustomerRejection> {
    let customer_id = customer.customer_id.clone();
    customer.erased_on.map_or(Ok(()), |erased_on| Err(CustomerRejection::DataErased { customer_id, erased_on }))
}

fn requested(customer: &Customer) -> Result<ErasureRequest, CustomerRejection> {
    customer.erasure.ok_or_else(|| CustomerRejection::NoErasureRequested { customer_id: customer.customer_id.clone() })
}

pub(super) fn reveal(customer: &Customer, c: &RevealPersonalData, context: &CommandContext) -> Decision {
    not_erased(customer)?;
    let mut fields = c.fields.clone();
    fields.sort_unstable();
    fields.dedup();
    let (customer_id, reason, revealed_to) = (c.customer_id.clone(), c.reason.clone(), context.actor.clone());
    one(PersonalDataRevealed { customer_id, fields, reason, revealed_to })
}

pub(super) fn withdraw(customer: &Customer, c: &WithdrawErasureRequest) -> Decision {
    not_erased(customer)?;
    requested(customer)?;
    one(ErasureRequestWithdrawn { customer_id: c.customer_id.clone(), reason: c.reason.clone() })
}

pub(super) fn erase(customer: &Customer, context: &CommandContext) -> Decision {
    if customer.erased_on.is_some() {
        return Ok(Vec::new());
    }
    let (retained_until, now) = (requested(customer)?.retained_until, context.now);
    let customer_id = customer.customer_id.clone();
    if now < beginning_of(retained_until.succ_opt().unwrap_or(retained_until)) {
        return Err(CustomerRejection::RetentionNotOver { customer_id, retained_until, now });
    }
    one(PersonalDataErased { customer_id, erased_on: context.business_date })
}
