//! Old events read as current ones: golden files, the way there and back, and what is refused.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod cases;

use std::collections::BTreeMap;

use bank::account::{
    AccountDecider, AccountEvent, AccountState, HoldPlaced, MoneyDeposited, TransferCredited, TransferDebitReturned,
    TransferDebited,
};
use bank::customer::{CustomerDecider, CustomerEvent, CustomerRegistered};
use bank::domain::upcaster_registry;
use bank::ids::{AccountId, EntryId};
use bank::money::{Amount, Currency};
use bank::personal::Personal;
use bank::posting::{GlAccount, Postings};
use bank::transfer::{TransferDecider, TransferEvent, TransferParked, TransferRequested, TransferValidated};
use bank::upcasters::older::{OlderForm, accepted, older_forms};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use es_core::{
    Decider, DomainEvent, Payload, Position, RecordedEvent, StreamName, StreamVersion, UpcastError, UpcasterRegistry,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

/// All golden files: type and version from the file's name, and what it holds.
fn golden() -> BTreeMap<(String, u32), Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/upcasters/golden");
    let files = std::fs::read_dir(folder).expect("the golden files").map(|file| file.expect("a file").path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let (event_type, version) =
            name.strip_suffix(".json").and_then(|name| name.split_once(".v")).expect("Type.vN.json");
        let text = std::fs::read_to_string(&path).expect("a golden file");
        let parsed = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name} is JSON: {error}"));
        ((event_type.to_owned(), version.parse().expect("a version")), parsed)
    };
    files.map(read).collect()
}

fn registry() -> UpcasterRegistry {
    upcaster_registry().expect("the registry is sound")
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
    let read = [
        AccountEvent::decode(event_type, payload).map(drop),
        CustomerEvent::decode(event_type, payload).map(drop),
        TransferEvent::decode(event_type, payload).map(drop),
    ];
    assert!(read.iter().any(Result::is_ok), "an upcast {event_type} decodes as the current version: {read:?}");
}

#[test]
fn golden_payloads_read_as_they_always_did() {
    let registry = registry();
    for ((event_type, version), golden) in golden() {
        let cases = golden["cases"].as_array().expect("cases");
        assert!(!cases.is_empty(), "{event_type} v{version} has golden cases");
        for case in cases {
            let stored = record(&event_type, version, &case["stored"], case);
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
            let trace = registry.trace(&stored).expect("traces");
            let dropped = trace.iter().find_map(|step| step.dropped);
            assert_eq!(
                dropped,
                case["dropped"].as_str(),
                "{event_type} v{version} is dropped, if at all, for a reason"
            );
        }
    }
}

#[test]
fn every_historical_version_has_a_golden_file_and_every_golden_file_a_version() {
    let registry = registry();
    let historical: Vec<_> = registry.upcasters().map(|u| (u.event_type.to_owned(), u.schema_version)).collect();
    let files: Vec<_> = golden().into_keys().collect();
    assert_eq!(historical, files, "historical versions in the registry, and golden files");
}

/// What the schema history must have to be worth the name.
#[test]
fn the_history_has_a_rename_a_split_a_retype_a_drop_and_a_chain_of_three() {
    let registry = registry();
    let of = |event_type: &str| -> Vec<_> {
        registry.upcasters().filter(|upcaster| upcaster.event_type == event_type).collect()
    };
    let types: std::collections::BTreeSet<_> = registry.upcasters().map(|upcaster| upcaster.event_type).collect();
    assert!(types.len() >= 5, "at least five types have a history: {types:?}");
    assert_eq!(of("FundsReserved").len(), 3, "a chain of three versions");
    assert_eq!(of("FundsReserved")[2].targets[0].0, "HoldPlaced", "which then got another name");
    assert_eq!(of("TransferAccepted")[0].targets.len(), 2, "one event that became two");
    assert!(of("StatementPrinted")[0].targets.is_empty(), "one that is dropped");
    let steps = registry.trace(&record(
        "FundsReserved",
        1,
        &golden()[&("FundsReserved".to_owned(), 1)]["cases"][0]["stored"],
        &Value::Null,
    ));
    assert_eq!(steps.expect("traces").len(), 4, "as stored, and three steps");
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

fn at() -> impl Strategy<Value = DateTime<Utc>> {
    // Microseconds from 2000 to 2100.
    (946_684_800_000_000_i64..4_102_444_800_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).expect("a time"))
}

fn amount() -> impl Strategy<Value = Amount> {
    let currency = prop::sample::select(vec!["EUR", "USD", "JPY", "BHD", "CLF"]);
    (1..=1_000_000_000_000_000_i64, currency)
        .prop_map(|(minor, code)| Amount::new(minor, code.parse::<Currency>().expect("a currency")).expect("an amount"))
}

fn id(text: &str) -> AccountId {
    AccountId::new(text).expect("an id")
}

/// Writes in the older form, reads with today's registry: the current events with their types.
fn read_back(form: &OlderForm, recorded_at: DateTime<Utc>) -> Vec<(String, String)> {
    let payload: Value = serde_json::from_str(&form.payload).expect("JSON");
    let case = json!({"recordedAt": recorded_at.to_rfc3339()});
    let stored = record(form.event_type, form.schema_version, &payload, &case);
    let parts = registry().upcast(&stored).expect("an older form upcasts");
    parts.into_iter().map(|part| (part.event_type.into_owned(), part.payload.into_owned())).collect()
}

fn same_account_event(event: AccountEvent, forms: usize, recorded_at: DateTime<Utc>) {
    let older = older_forms(event.event_type().0, &event.encode().expect("encodes"), recorded_at);
    assert_eq!(older.len(), forms, "older forms of {event:?}");
    for form in older {
        let parts = read_back(&form, recorded_at);
        assert_eq!(parts.len(), 1, "{form:?} stays one event");
        let mut read = AccountEvent::decode(&parts[0].0, &parts[0].1).expect("decodes");
        if let (AccountEvent::MoneyDeposited(read), AccountEvent::MoneyDeposited(event)) = (&mut read, &event) {
            // The only thing that the old form did not have.
            read.entry_id = event.entry_id;
        }
        assert_eq!(read, event, "{form:?}");
    }
}

fn same_transfer_event(event: TransferEvent, forms: usize, recorded_at: DateTime<Utc>) {
    let older = older_forms(event.event_type().0, &event.encode().expect("encodes"), recorded_at);
    assert_eq!(older.len(), forms, "older forms of {event:?}");
    for form in older {
        let parts = read_back(&form, recorded_at);
        assert_eq!(parts.len(), 1, "{form:?} stays one event");
        assert_eq!(TransferEvent::decode(&parts[0].0, &parts[0].1).expect("decodes"), event, "{form:?}");
    }
}

/// What the legs of a transfer between two accounts of one currency recorded, and what they record since there are fees.
fn legs_of_a_transfer(amount: Amount, entry_id: EntryId, day: NaiveDate, words: &str, at: DateTime<Utc>) {
    let (account_id, transfer_id) = (id("100234"), "T-1".parse::<bank::ids::TransferId>().expect("an id"));
    let (fee, text) = (Some(amount), words.to_owned());
    let (booking_date, value_date) = (day, day);
    let out = Postings::simple(id("100234"), GlAccount::TransfersInTransit, amount);
    let back = Postings::simple(GlAccount::TransfersInTransit, id("100234"), amount);
    let debited = TransferDebited {
        account_id: account_id.clone(),
        transfer_id: transfer_id.clone(),
        amount,
        fee: None,
        hold_id: "T-1".parse().expect("an id"),
        entry_id,
        booking_date,
        value_date,
        postings: out,
        text: text.clone(),
    };
    same_account_event(debited.clone().into(), 1, at);
    same_account_event(TransferDebited { fee, ..debited }.into(), 0, at);
    let credited = TransferCredited {
        account_id: account_id.clone(),
        transfer_id: transfer_id.clone(),
        amount,
        from_transit: amount,
        entry_id,
        booking_date,
        value_date,
        postings: back.clone(),
        text: text.clone(),
    };
    same_account_event(credited.clone().into(), 1, at);
    let other =
        Amount::new(amount.minor(), if amount.currency() == Currency::EUR { Currency::USD } else { Currency::EUR });
    same_account_event(TransferCredited { from_transit: other.expect("an amount"), ..credited }.into(), 0, at);
    let returned = TransferDebitReturned {
        account_id,
        transfer_id: transfer_id.clone(),
        amount,
        fee: None,
        reason: text.clone(),
        entry_id,
        booking_date,
        value_date,
        postings: back,
        text: text.clone(),
    };
    same_account_event(returned.clone().into(), 1, at);
    same_account_event(TransferDebitReturned { fee, ..returned }.into(), 0, at);
    let parked = TransferParked {
        transfer_id,
        amount,
        fee: None,
        code: "account_closed".to_owned(),
        message: text.clone(),
        entry_id,
        booking_date,
        value_date,
        postings: Postings::simple(GlAccount::TransfersInTransit, GlAccount::Suspense, amount),
        text,
    };
    same_transfer_event(parked.clone().into(), 1, at);
    same_transfer_event(TransferParked { fee, ..parked }.into(), 0, at);
}

proptest! {
    #![proptest_config(cases::cases())]

    /// For random current events that have an older form: written in it and read again, they mean the same.
    #[test]
    fn upcast_of_old_equals_new(
        at in at(),
        amount in amount(),
        days in 1..=30_i64,
        odd in 1..1_000_000_i64,
        words in "[A-Za-zÄß€ .,0-9]{1,40}",
        name in ("[A-Z][a-zé]{0,8}( [A-Z][a-z]{1,8}){0,2}", "((van|de la|von der) )?[A-Z][a-zü]{1,12}"),
        entry in any::<u128>(),
    ) {
        let day: NaiveDate = at.date_naive();
        let postings = Postings::simple(GlAccount::VaultCash, id("100234"), amount);
        let entry_id = EntryId(Uuid::from_u128(entry));
        let deposit = MoneyDeposited {
            account_id: id("100234"), amount, entry_id, booking_date: day, value_date: day, postings, text: words.clone(),
        };
        same_account_event(deposit.clone().into(), 1, at);
        // What the older software could not have said has no older form.
        let later = MoneyDeposited { value_date: day + TimeDelta::days(1), ..deposit };
        same_account_event(later.into(), 0, at);

        let hold = HoldPlaced {
            account_id: id("100234"), hold_id: "H-1".parse().expect("an id"), amount, expires_at: at + TimeDelta::days(days),
            purpose: format!("Card payment, {words}"), placed_on: None,
        };
        same_account_event(hold.clone().into(), 3, at);
        let expires_at = hold.expires_at + TimeDelta::microseconds(odd);
        same_account_event(HoldPlaced { expires_at, ..hold.clone() }.into(), 1, at);
        same_account_event(HoldPlaced { purpose: words.clone(), ..hold }.into(), 0, at);

        let frozen = |case: &str| bank::account::AccountFrozen {
            account_id: id("1"), case_id: case.parse().expect("an id"), reason: words.clone(),
        };
        same_account_event(frozen("BLOCK").into(), 1, at);
        same_account_event(frozen("CASE-7").into(), 0, at);

        let registered = CustomerEvent::CustomerRegistered(CustomerRegistered {
            customer_id: "C-1".parse().expect("an id"), given_name: Personal::name(&name.0), family_name: Personal::name(&name.1),
            birth_date: (odd % 2 == 0).then(|| Personal::date(day)), email: (odd % 3 == 0).then(|| Personal::hidden("a@example.org")),
            registered_by: None,
        });
        for form in older_forms("CustomerRegistered", &registered.encode().expect("encodes"), at) {
            let parts = read_back(&form, at);
            prop_assert_eq!(parts.len(), 1);
            let read = CustomerEvent::decode(&parts[0].0, &parts[0].1).expect("decodes");
            let mut states = [Default::default(), Default::default()];
            CustomerDecider::evolve(&mut states[0], &read);
            CustomerDecider::evolve(&mut states[1], &registered);
            prop_assert_eq!(&states[0], &states[1], "{:?}", form);
        }

        let requested = TransferRequested {
            transfer_id: "T-1".parse().expect("an id"), source: id("1"), target: id("2"), amount, reference: words.clone(),
            // Read back from the record, which names nobody in this test.
            requested_by: "unknown".to_owned(), requested_on: day + TimeDelta::days(days % 3),
            deadline: at + bank::transfer::DEADLINE, tariff: None, fee: None, quote_id: None, order: None,
        };
        let validated = TransferValidated { transfer_id: requested.transfer_id.clone(), exchange: None };
        same_transfer_event(requested.clone().into(), 1, at);
        same_transfer_event(TransferRequested { fee: Some(amount), ..requested.clone() }.into(), 0, at);
        let quoted = TransferRequested { quote_id: Some("Q-1".parse().expect("an id")), ..requested.clone() };
        same_transfer_event(quoted.into(), 0, at);
        same_transfer_event(validated.clone().into(), 1, at);
        legs_of_a_transfer(amount, entry_id, day, &words, at);
        let events = [TransferEvent::TransferRequested(requested.clone()), TransferEvent::TransferValidated(validated.clone())];
        let form = accepted(&requested, &validated, at).expect("the order of the first weeks");
        let parts = read_back(&form, at);
        let read: Vec<_> = parts.iter().map(|(name, text)| TransferEvent::decode(name, text).expect("decodes")).collect();
        prop_assert_eq!(&read, &events);
        let mut states = [Default::default(), Default::default()];
        read.iter().for_each(|event| TransferDecider::evolve(&mut states[0], event));
        events.iter().for_each(|event| TransferDecider::evolve(&mut states[1], event));
        prop_assert_eq!(&states[0], &states[1]);
        let other = TransferRequested { deadline: requested.deadline + TimeDelta::microseconds(odd), ..requested };
        prop_assert_eq!(accepted(&other, &validated, at), None, "another deadline cannot be said");
    }
}
