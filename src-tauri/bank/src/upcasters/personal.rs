//! Personal data from before they were sealed: they get masks and stay readable, since stored bytes never change.

use es_core::{BadPayload, Upcasted};
use serde_json::Value;

use super::history::{ContactDetailsChangedV1, CustomerRegisteredV2, IdentificationSubmittedV1};
use super::{read, write};
use crate::customer::{ContactDetailsChanged, CustomerRegistered, IdentificationSubmitted};
use crate::personal::Personal;

pub(super) fn registration_v2_to_v3(payload: Value) -> Result<Upcasted, BadPayload> {
    let old: CustomerRegisteredV2 = read(payload)?;
    let current = CustomerRegistered {
        customer_id: old.customer_id,
        given_name: Personal::name(&old.given_name),
        family_name: Personal::name(&old.family_name),
        birth_date: old.birth_date.map(Personal::date),
        email: old.email.as_deref().map(Personal::hidden),
        registered_by: old.registered_by,
    };
    Ok(Upcasted::To(vec![("CustomerRegistered", 3, write(&current)?)]))
}

pub(super) fn identification_v1_to_v2(payload: Value) -> Result<Upcasted, BadPayload> {
    let old: IdentificationSubmittedV1 = read(payload)?;
    let current = IdentificationSubmitted {
        customer_id: old.customer_id,
        document: old.document,
        document_number: Personal::number(&old.document_number),
        valid_until: old.valid_until,
        submitted_by: old.submitted_by,
    };
    Ok(Upcasted::To(vec![("IdentificationSubmitted", 2, write(&current)?)]))
}

pub(super) fn contact_v1_to_v2(payload: Value) -> Result<Upcasted, BadPayload> {
    let old: ContactDetailsChangedV1 = read(payload)?;
    let current = ContactDetailsChanged {
        customer_id: old.customer_id,
        email: old.email.as_deref().map(Personal::hidden),
        phone: old.phone.as_deref().map(Personal::number),
        address: old.address.as_deref().map(Personal::hidden),
    };
    Ok(Upcasted::To(vec![("ContactDetailsChanged", 2, write(&current)?)]))
}
