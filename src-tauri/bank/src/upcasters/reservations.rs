//! The card system's reservations became holds like any other. One step a version, each for one reason.

use chrono::TimeDelta;
use es_core::{BadPayload, RecordedEvent, UpcastParts, Upcasted, Upcaster};
use serde_json::{Value, json};

use super::history::{FundsReservedV1, FundsReservedV2, FundsReservedV3};
use super::{read, write};
use crate::money::Amount;

/// What the purpose of a card's hold begins with.
pub(super) const CARD_PAYMENT: &str = "Card payment, ";

pub(super) fn upcasters() -> Vec<Upcaster> {
    vec![
        Upcaster {
            event_type: "FundsReserved",
            schema_version: 1,
            description: "decimal text to minor units",
            targets: &[("FundsReserved", 2)],
            apply: v1_to_v2,
        },
        Upcaster {
            event_type: "FundsReserved",
            schema_version: 2,
            description: "days of validity to a time of expiry, counted from the record",
            targets: &[("FundsReserved", 3)],
            apply: |payload| Ok(Upcasted::WithRecord(payload, v2_to_v3)),
        },
        Upcaster {
            event_type: "FundsReserved",
            schema_version: 3,
            description: "renamed: a reservation is a hold for a card payment",
            targets: &[("HoldPlaced", 1)],
            apply: v3_to_hold,
        },
    ]
}

fn v1_to_v2(payload: Value) -> Result<Upcasted, BadPayload> {
    let old: FundsReservedV1 = read(payload)?;
    let amount = Amount::from_decimal(&old.amount, old.currency).map_err(|error| BadPayload(error.to_string()))?;
    let FundsReservedV1 { account, reservation, valid_days, merchant, .. } = old;
    let newer = FundsReservedV2 { account, reservation, amount, valid_days, merchant };
    Ok(Upcasted::To(vec![("FundsReserved", 2, write(&newer)?)]))
}

fn v2_to_v3(payload: Value, record: &RecordedEvent) -> Result<UpcastParts, BadPayload> {
    let FundsReservedV2 { account, reservation, amount, valid_days, merchant } = read(payload)?;
    let expires_at = record.recorded_at.checked_add_signed(TimeDelta::days(valid_days.into()));
    let expires_at = expires_at.ok_or("validDays reaches beyond the calendar")?;
    let newer = FundsReservedV3 { account, reservation, amount, expires_at, merchant };
    Ok(vec![("FundsReserved", 3, write(&newer)?)])
}

fn v3_to_hold(payload: Value) -> Result<Upcasted, BadPayload> {
    let old: FundsReservedV3 = read(payload)?;
    // Written out, not taken from today's type: version 1 keeps its shape when that gets another. Limits came later, so it does
    // not say on which day it counts: it counts when it is captured.
    let hold = json!({
        "accountId": old.account,
        "holdId": old.reservation,
        "amount": old.amount,
        "expiresAt": old.expires_at,
        "purpose": format!("{CARD_PAYMENT}{}", old.merchant),
    });
    Ok(Upcasted::To(vec![("HoldPlaced", 1, hold)]))
}
