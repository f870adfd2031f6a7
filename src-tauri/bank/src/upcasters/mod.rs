//! Schema history: how old payloads become current ones. Stored bytes never change.
//!
//! `golden/` holds, for each historical version, a payload as it was written and what it reads as today.

mod acceptance;
pub mod history;
pub mod older;
mod personal;
mod reservations;
mod retired;
mod transfers;

use chrono::NaiveDate;
use es_core::{BadPayload, RecordedEvent, Upcasted, Upcaster};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::account::{AccountEvent, MoneyDeposited};
use crate::customer::{CustomerEvent, OnboardingApproved, OnboardingRejected};
use crate::exchange::QuoteEvent;
use crate::ids::EntryId;
use crate::ledger::LedgerEvent;
use crate::money::Amount;
use crate::order::OrderEvent;
use crate::posting::{GlAccount, Postings};
use crate::transaction::TransactionEvent;
use crate::transfer::TransferEvent;
use history::{
    CustomerRegisteredV1, CustomerRegisteredV2, MoneyDepositedV1, OnboardingApprovedV1, OnboardingRejectedV1,
};

/// Names and current versions of all events.
#[must_use]
pub fn current_versions() -> Vec<(&'static str, u32)> {
    [
        AccountEvent::CURRENT,
        CustomerEvent::CURRENT,
        TransactionEvent::CURRENT,
        TransferEvent::CURRENT,
        QuoteEvent::CURRENT,
        OrderEvent::CURRENT,
        LedgerEvent::CURRENT,
    ]
    .concat()
}

/// Every step of schema evolution.
#[must_use]
pub fn upcasters() -> Vec<Upcaster> {
    [
        upcasters_of_payloads(),
        transfers::upcasters().to_vec(),
        reservations::upcasters(),
        acceptance::upcasters(),
        retired::upcasters(),
    ]
    .concat()
}

/// Types that kept their name.
fn upcasters_of_payloads() -> Vec<Upcaster> {
    vec![
        Upcaster {
            event_type: "MoneyDeposited",
            schema_version: 1,
            description: "decimal text to minor units; postings against vault cash; entry id and dates from the record",
            targets: &[("MoneyDeposited", 2)],
            apply: |payload| Ok(Upcasted::WithRecord(payload, deposit_v1_to_v2)),
        },
        Upcaster {
            event_type: "CustomerRegistered",
            schema_version: 1,
            description: "one name split into given and family name",
            targets: &[("CustomerRegistered", 2)],
            apply: customer_v1_to_v2,
        },
        Upcaster {
            event_type: "CustomerRegistered",
            schema_version: 2,
            description: "names, birth date and e-mail address get masks; what was not sealed stays readable",
            targets: &[("CustomerRegistered", 3)],
            apply: personal::registration_v2_to_v3,
        },
        Upcaster {
            event_type: "IdentificationSubmitted",
            schema_version: 1,
            description: "the document's number gets a mask; it was not sealed and stays readable",
            targets: &[("IdentificationSubmitted", 2)],
            apply: personal::identification_v1_to_v2,
        },
        Upcaster {
            event_type: "ContactDetailsChanged",
            schema_version: 1,
            description: "contact details get masks; what was not sealed stays readable",
            targets: &[("ContactDetailsChanged", 2)],
            apply: personal::contact_v1_to_v2,
        },
        Upcaster {
            event_type: "OnboardingApproved",
            schema_version: 1,
            description: "the day of the approval from the record",
            targets: &[("OnboardingApproved", 2)],
            apply: |payload| Ok(Upcasted::WithRecord(payload, approval_v1_to_v2)),
        },
        Upcaster {
            event_type: "OnboardingRejected",
            schema_version: 1,
            description: "the day of the refusal from the record",
            targets: &[("OnboardingRejected", 2)],
            apply: |payload| Ok(Upcasted::WithRecord(payload, refusal_v1_to_v2)),
        },
    ]
}

/// The first version had neither postings nor an entry of its own. Both follow from what it was: cash over the counter,
/// booked on the day it was recorded. The entry's id is derived from the event's, so it is the same on every read.
fn deposit_v1_to_v2(payload: Value, record: &RecordedEvent) -> Result<Vec<(&'static str, u32, Value)>, BadPayload> {
    let old: MoneyDepositedV1 = read(payload)?;
    let amount = Amount::from_decimal(&old.amount, old.currency).map_err(|error| BadPayload(error.to_string()))?;
    let day: NaiveDate = record.recorded_at.date_naive();
    let current = MoneyDeposited {
        account_id: old.account.clone(),
        amount,
        entry_id: EntryId(Uuid::new_v5(&record.event_id, b"entry")),
        booking_date: day,
        value_date: day,
        postings: Postings::simple(GlAccount::VaultCash, old.account, amount),
        text: old.note.filter(|note| !note.is_empty()).unwrap_or_else(|| "Cash deposit".to_owned()),
    };
    Ok(vec![("MoneyDeposited", 2, write(&current)?)])
}

fn customer_v1_to_v2(payload: Value) -> Result<Upcasted, BadPayload> {
    let old: CustomerRegisteredV1 = read(payload)?;
    let (given_name, family_name) = split_name(&old.name);
    let current = CustomerRegisteredV2 {
        customer_id: old.customer_id,
        given_name,
        family_name,
        birth_date: old.birth_date,
        email: old.email,
        registered_by: None,
    };
    Ok(Upcasted::To(vec![("CustomerRegistered", 2, write(&current)?)]))
}

fn approval_v1_to_v2(payload: Value, record: &RecordedEvent) -> Result<Vec<(&'static str, u32, Value)>, BadPayload> {
    let OnboardingApprovedV1 { customer_id, approved_by } = read(payload)?;
    let current = OnboardingApproved { customer_id, approved_by, approved_on: record.recorded_at.date_naive() };
    Ok(vec![("OnboardingApproved", 2, write(&current)?)])
}

fn refusal_v1_to_v2(payload: Value, record: &RecordedEvent) -> Result<Vec<(&'static str, u32, Value)>, BadPayload> {
    let OnboardingRejectedV1 { customer_id, reason, rejected_by } = read(payload)?;
    let rejected_on = record.recorded_at.date_naive();
    let current = OnboardingRejected { customer_id, reason, rejected_by, rejected_on };
    Ok(vec![("OnboardingRejected", 2, write(&current)?)])
}

/// `Curie, Marie` and `Marie Curie` alike. The last word is the family name together with the particles before it
/// (`van`, `de`, …); a single name is a family name.
fn split_name(name: &str) -> (String, String) {
    const PARTICLES: &[&str] = &["von", "van", "de", "der", "den", "del", "della", "di", "da", "dos", "la", "le", "zu"];
    if let Some((family, given)) = name.split_once(',') {
        return (given.trim().to_owned(), family.trim().to_owned());
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let mut family_from = words.len().saturating_sub(1);
    while family_from > 1 && PARTICLES.contains(&words[family_from - 1].to_lowercase().as_str()) {
        family_from -= 1;
    }
    (words[..family_from].join(" "), words[family_from..].join(" "))
}

fn read<T: DeserializeOwned>(payload: Value) -> Result<T, BadPayload> {
    serde_json::from_value(payload).map_err(|error| BadPayload(error.to_string()))
}

fn write<T: Serialize>(current: &T) -> Result<Value, BadPayload> {
    serde_json::to_value(current).map_err(|error| BadPayload(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::split_name;

    #[test]
    fn one_name_becomes_two_without_losing_a_word() {
        let cases = [
            ("Ada Byron", "Ada", "Byron"),
            ("Juana Inés de la Cruz", "Juana Inés", "de la Cruz"),
            ("Curie, Marie", "Marie", "Curie"),
            ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
            ("de Gaulle", "de", "Gaulle"),
            ("Sukarno", "", "Sukarno"),
            ("  Anna   Maria  Schmidt ", "Anna Maria", "Schmidt"),
            ("", "", ""),
        ];
        for (name, given, family) in cases {
            assert_eq!(split_name(name), (given.to_owned(), family.to_owned()), "{name:?}");
        }
    }
}
