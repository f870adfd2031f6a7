//! Old schema versions: what the bank's software of the first weeks wrote, so that the demo's history is a real one.

use chrono::{DateTime, Utc};
use es_core::{Hash, NewEvent, Payload, Position, RecordedEvent, StreamName, StreamVersion};
use serde_json::{Value, json};

use crate::money::Money;

/// Until then, deposits were written as version 1: a decimal text, no postings.
const DEPOSIT_V2_SINCE: &str = "2025-02-10T00:00:00Z";
/// Until then, customers had a single name field.
const CUSTOMER_V2_SINCE: &str = "2025-01-20T00:00:00Z";

/// Until then, decisions about new customers were written without their day.
const ONBOARDING_V2_SINCE: &str = "2025-02-03T00:00:00Z";

/// The event as the software of that time would have written it; nothing if that is how it is written today.
pub(super) fn as_written_then(event: &NewEvent, now: DateTime<Utc>) -> Option<NewEvent> {
    let since = match &*event.event_type {
        "MoneyDeposited" => DEPOSIT_V2_SINCE,
        "CustomerRegistered" => CUSTOMER_V2_SINCE,
        "OnboardingApproved" | "OnboardingRejected" => ONBOARDING_V2_SINCE,
        _ => return None,
    };
    let since: DateTime<Utc> = since.parse().ok()?;
    if now >= since {
        return None;
    }
    let today: Value = serde_json::from_str(event.payload.as_json()?).ok()?;
    let then = match &*event.event_type {
        "MoneyDeposited" => deposit_v1(&today)?,
        "OnboardingApproved" => without(&today, "approvedOn")?,
        "OnboardingRejected" => without(&today, "rejectedOn")?,
        _ => customer_v1(&today)?,
    };
    Some(NewEvent { schema_version: 1, payload: Payload::json(then.to_string()), ..event.clone() })
}

fn deposit_v1(today: &Value) -> Option<Value> {
    let money: Money = serde_json::from_value(today.get("amount")?.clone()).ok()?;
    Some(json!({
        "account": today.get("accountId")?,
        "amount": money.grouped().replace(',', ""),
        "currency": money.currency().code(),
        "note": today.get("text")?,
    }))
}

fn without(today: &Value, day: &str) -> Option<Value> {
    let mut then = today.as_object()?.clone();
    then.remove(day)?;
    Some(then.into())
}

fn customer_v1(today: &Value) -> Option<Value> {
    let mut then = today.as_object()?.clone();
    let given = then.remove("givenName")?;
    let family = then.remove("familyName")?;
    let name = format!("{} {}", given.as_str()?, family.as_str()?);
    Some(json!({ "customerId": then.get("customerId")?, "name": name.trim() }))
}

/// An event as it will stand in the store, as far as an upcaster may look at it.
pub(super) fn record(
    event: &NewEvent,
    stream: &StreamName,
    version: StreamVersion,
    position: Position,
    recorded_at: DateTime<Utc>,
) -> RecordedEvent {
    let (correlation_id, causation_id) = es_core::event::metadata_ids(&event.metadata);
    RecordedEvent {
        position,
        stream: stream.clone(),
        version,
        event_id: event.event_id,
        event_type: event.event_type.clone(),
        schema_version: event.schema_version,
        payload: event.payload.clone(),
        metadata: event.metadata.clone(),
        correlation_id,
        causation_id,
        recorded_at,
        content_hash: Hash::ZERO,
        chain_hash: None,
    }
}
