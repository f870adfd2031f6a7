//! Old events read as current ones: golden files, and what is refused.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

use bank::account::{AccountDecider, AccountEvent, AccountState};
use bank::customer::CustomerEvent;
use bank::transfer::TransferEvent;
use bank::upcasters::{current_versions, upcasters};
use es_core::{
    Decider, DomainEvent, Payload, Position, RecordedEvent, StreamName, StreamVersion, UpcastError, UpcasterRegistry,
};
use serde_json::{Value, json};

const GOLDEN: &[(&str, u32, &str)] = &[
    ("MoneyDeposited", 1, include_str!("../src/upcasters/golden/MoneyDeposited.v1.json")),
    ("CustomerRegistered", 1, include_str!("../src/upcasters/golden/CustomerRegistered.v1.json")),
    ("OnboardingApproved", 1, include_str!("../src/upcasters/golden/OnboardingApproved.v1.json")),
    ("OnboardingRejected", 1, include_str!("../src/upcasters/golden/OnboardingRejected.v1.json")),
    ("TransferRequested", 1, include_str!("../src/upcasters/golden/TransferRequested.v1.json")),
    ("TransferValidated", 1, include_str!("../src/upcasters/golden/TransferValidated.v1.json")),
    ("TransferParked", 1, include_str!("../src/upcasters/golden/TransferParked.v1.json")),
    ("TransferDebited", 1, include_str!("../src/upcasters/golden/TransferDebited.v1.json")),
    ("TransferDebitReturned", 1, include_str!("../src/upcasters/golden/TransferDebitReturned.v1.json")),
    ("TransferCredited", 1, include_str!("../src/upcasters/golden/TransferCredited.v1.json")),
];

fn registry() -> UpcasterRegistry {
    UpcasterRegistry::new(&current_versions(), &upcasters()).expect("the registry is sound")
}

fn record(event_type: &str, schema_version: u32, payload: &Value, case: &Value) -> RecordedEvent {
    let text = |key: &str, other: &str| case[key].as_str().unwrap_or(other).to_owned();
    RecordedEvent {
        position: Position(1),
        stream: StreamName::new("account-100234").expect("a name"),
        version: StreamVersion(1),
        event_id: text("eventId", "0190b5a2-7c1e-7d3a-9c55-3f2a6f1e0001").parse().expect("an id"),
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(payload.to_string()),
        metadata: case.get("metadata").map_or_else(|| "{}".to_owned(), Value::to_string).into(),
        correlation_id: None,
        causation_id: None,
        recorded_at: text("recordedAt", "2019-03-01T09:30:00Z").parse().expect("a time"),
        content_hash: es_core::Hash::ZERO,
        chain_hash: None,
    }
}

fn decodes(event_type: &str, payload: &str) {
    let read = match event_type {
        "MoneyDeposited" => AccountEvent::decode(event_type, payload).map(|_| ()),
        "CustomerRegistered" | "OnboardingApproved" | "OnboardingRejected" => {
            CustomerEvent::decode(event_type, payload).map(|_| ())
        }
        "TransferDebited" | "TransferDebitReturned" | "TransferCredited" => {
            AccountEvent::decode(event_type, payload).map(|_| ())
        }
        "TransferRequested" | "TransferValidated" | "TransferParked" => {
            TransferEvent::decode(event_type, payload).map(|_| ())
        }
        other => panic!("no decoder for {other} in this test"),
    };
    read.expect("an upcast payload decodes as the current version");
}

#[test]
fn upcast_of_old_equals_new() {
    let registry = registry();
    for (event_type, version, golden) in GOLDEN {
        let golden: Value = serde_json::from_str(golden).expect("a golden file is JSON");
        let cases = golden["cases"].as_array().expect("cases");
        assert!(!cases.is_empty(), "{event_type} v{version} has golden cases");
        for case in cases {
            let stored = record(event_type, *version, &case["stored"], case);
            let current = registry.upcast(&stored).expect("upcasts");
            let seen: Vec<Value> = current
                .iter()
                .map(|event| {
                    decodes(&event.event_type, &event.payload);
                    let payload: Value = serde_json::from_str(&event.payload).expect("JSON");
                    json!({"eventType": event.event_type, "schemaVersion": event.schema_version, "payload": payload})
                })
                .collect();
            assert_eq!(Value::Array(seen), case["current"], "{event_type} v{version}: {}", case["name"]);
            assert_eq!(registry.upcast(&stored).expect("upcasts"), current, "every read gives the same");
        }
    }
}

#[test]
fn every_historical_version_has_a_golden_file() {
    for upcaster in registry().upcasters() {
        let covered = GOLDEN.iter().any(|(t, v, _)| (*t, *v) == (upcaster.event_type, upcaster.schema_version));
        assert!(covered, "{} v{} has no golden file", upcaster.event_type, upcaster.schema_version);
    }
}

#[test]
fn an_old_deposit_counts_in_the_balance_and_can_be_undone() {
    let old = json!({"account": "100234", "amount": "100.50", "currency": "EUR", "note": "Counter 3"});
    let opened = json!({
        "accountId": "100234", "customerId": "C-1001", "currency": "EUR", "product": "current",
        "overdraftLimit": {"minor": "0", "currency": "EUR"}, "openedOn": "2019-01-01",
    });
    let mut state = AccountState::default();
    let opened = AccountEvent::decode("AccountOpened", &opened.to_string()).expect("decodes");
    AccountDecider::evolve(&mut state, &opened);
    let registry = registry();
    let stored = record("MoneyDeposited", 1, &old, &Value::Null);
    for current in registry.upcast(&stored).expect("upcasts") {
        let event = AccountEvent::decode(&current.event_type, &current.payload).expect("decodes");
        AccountDecider::evolve(&mut state, &event);
    }
    let account = state.account().expect("open");
    assert_eq!(account.settled.to_string(), "100.50 EUR");
    assert!(account.entries.values().all(|entry| entry.postings.is_some()), "its entry is complete");
}

#[test]
fn a_trace_shows_what_was_stored_and_what_it_became() {
    let old = json!({"account": "100234", "amount": "100.50", "currency": "EUR", "note": "Counter 3"});
    let steps = registry().trace(&record("MoneyDeposited", 1, &old, &Value::Null)).expect("traces");
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0].events[0].2, old.to_string(), "first as stored, byte for byte");
    assert_eq!((steps[1].events[0].0.as_str(), steps[1].events[0].1), ("MoneyDeposited", 2));
}

#[test]
fn an_old_payload_that_is_not_what_it_promises_is_an_error() {
    let registry = registry();
    let bad = [
        (json!({"account": "100234", "amount": "100.505", "currency": "EUR", "note": ""}), "decimals"),
        (json!({"account": "100234", "amount": "0.00", "currency": "EUR", "note": ""}), "more than zero"),
        (json!({"account": "100234", "amount": "-1.00", "currency": "EUR", "note": ""}), "more than zero"),
        (json!({"account": "100234", "amount": "1,00", "currency": "EUR", "note": ""}), "decimal number"),
        (json!({"account": "100234", "amount": "1.00", "currency": "EURO", "note": ""}), "ISO 4217"),
        (json!({"amount": "1.00", "currency": "EUR", "note": ""}), "account"),
        (json!([]), "MoneyDepositedV1"),
    ];
    for (payload, part) in bad {
        match registry.upcast(&record("MoneyDeposited", 1, &payload, &Value::Null)) {
            Err(UpcastError::Malformed { reason, .. }) => {
                assert!(reason.contains(part), "{payload}: {reason} says {part}");
            }
            other => panic!("{payload} gave {other:?}"),
        }
    }
}

#[test]
fn unknown_types_and_versions_from_the_future_are_errors() {
    let registry = registry();
    let event = record("MoneyDeposited", 3, &json!({}), &Value::Null);
    let future = registry.upcast(&event);
    assert!(matches!(future, Err(UpcastError::FromTheFuture { known: 2, .. })), "{future:?}");
    let event = record("MoneyPrinted", 1, &json!({}), &Value::Null);
    let unknown = registry.upcast(&event);
    assert!(matches!(unknown, Err(UpcastError::UnknownType { .. })), "{unknown:?}");
}
