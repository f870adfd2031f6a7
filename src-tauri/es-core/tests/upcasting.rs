//! Schema evolution: what the registry refuses at start, and what it makes of stored events.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::borrow::Cow;

use chrono::DateTime;
use es_core::{
    BadPayload, Hash, Payload, Position, RecordedEvent, RegistryError, StreamName, StreamVersion, UpcastError,
    Upcasted, Upcaster, UpcasterRegistry,
};
use serde_json::{Value, json};
use uuid::Uuid;

type Versions = &'static [(&'static str, u32)];
type Apply = fn(Value) -> Result<Upcasted, BadPayload>;

fn upcaster(
    source: (&'static str, u32),
    targets: Versions,
    apply: fn(Value) -> Result<Upcasted, BadPayload>,
) -> Upcaster {
    Upcaster { event_type: source.0, schema_version: source.1, description: "a step", targets, apply }
}

/// An upcaster whose function does not matter, because the check at start never calls it.
fn declared(source: (&'static str, u32), targets: Versions) -> Upcaster {
    upcaster(source, targets, |_| Err(BadPayload("never called".to_owned())))
}

fn event(event_type: &str, schema_version: u32, payload: &str) -> RecordedEvent {
    RecordedEvent {
        position: Position(7),
        stream: StreamName::new("account-1").expect("a valid name"),
        version: StreamVersion(3),
        event_id: Uuid::from_u128(9),
        event_type: event_type.into(),
        schema_version,
        payload: Payload::json(payload),
        metadata: "{}".into(),
        correlation_id: None,
        causation_id: None,
        recorded_at: DateTime::UNIX_EPOCH,
        content_hash: Hash::ZERO,
        chain_hash: None,
    }
}

/// Type, version, payload and part of everything an event becomes.
fn shapes(registry: &UpcasterRegistry, event: &RecordedEvent) -> Vec<(String, u32, Value, usize)> {
    let current = registry.upcast(event).expect("the event upcasts");
    let shape = |e: es_core::CurrentEvent<'_>| {
        let payload = serde_json::from_str(&e.payload).expect("JSON");
        (e.event_type.into_owned(), e.schema_version, payload, e.part)
    };
    current.into_iter().map(shape).collect()
}

fn refused(current: &[(&'static str, u32)], upcasters: &[Upcaster]) -> RegistryError {
    UpcasterRegistry::new(current, upcasters).err().expect("the registry is refused")
}

/// Rename of a field, default, retype; split; rename of a type; drop.
fn registry() -> UpcasterRegistry {
    let current = [("Deposited", 3), ("Named", 1), ("Addressed", 1), ("Opened", 1)];
    let upcasters = [
        upcaster(("Deposited", 1), &[("Deposited", 2)], |mut payload| {
            let fields = payload.as_object_mut().ok_or("the payload is not an object")?;
            let amount = fields.remove("sum").ok_or("the field sum is missing")?;
            fields.insert("amount".to_owned(), amount);
            Ok(Upcasted::To(vec![("Deposited", 2, payload)]))
        }),
        upcaster(("Deposited", 2), &[("Deposited", 3)], |mut payload| {
            let amount = payload["amount"].as_f64().ok_or("the amount is not a number")?;
            payload["amount"] = json!(format!("{amount:.2}"));
            payload["currency"] = json!("EUR");
            Ok(Upcasted::To(vec![("Deposited", 3, payload)]))
        }),
        upcaster(("Registered", 1), &[("Named", 1), ("Addressed", 1)], |payload| {
            let named = json!({ "name": payload["name"] });
            let addressed = json!({ "address": payload["address"] });
            Ok(Upcasted::To(vec![("Named", 1, named), ("Addressed", 1, addressed)]))
        }),
        upcaster(("Created", 1), &[("Opened", 1)], |payload| Ok(Upcasted::To(vec![("Opened", 1, payload)]))),
        upcaster(("Pinged", 1), &[], |_| Ok(Upcasted::Dropped("it never meant anything"))),
    ];
    UpcasterRegistry::new(&current, &upcasters).expect("a sound registry")
}

#[test]
fn two_upcasters_for_one_source_are_refused() {
    let twice = [declared(("Opened", 1), &[("Opened", 2)]), declared(("Opened", 1), &[("Opened", 2)])];
    assert_eq!(refused(&[("Opened", 2)], &twice), RegistryError::Duplicate("Opened", 1));
}

#[test]
fn two_current_versions_of_one_type_are_refused() {
    let error = refused(&[("Opened", 1), ("Closed", 1), ("Opened", 2)], &[]);
    assert_eq!(error, RegistryError::CurrentTwice("Opened", 1, 2));
    assert!(UpcasterRegistry::new(&[("Opened", 1), ("Opened", 1)], &[]).is_ok(), "the same one twice is harmless");
}

#[test]
fn a_cycle_is_refused() {
    let to_itself = [declared(("Opened", 1), &[("Opened", 1)])];
    assert_eq!(refused(&[], &to_itself), RegistryError::Cycle("Opened", 1));
    let around = [
        declared(("A", 1), &[("B", 1), ("Z", 1)]),
        declared(("B", 1), &[("C", 1)]),
        declared(("C", 1), &[("Z", 1), ("A", 1)]),
    ];
    assert_eq!(refused(&[("Z", 1)], &around), RegistryError::Cycle("A", 1));
}

#[test]
fn a_diamond_is_no_cycle() {
    let diamond = [
        declared(("A", 1), &[("B", 1), ("C", 1)]),
        declared(("B", 1), &[("D", 1)]),
        declared(("C", 1), &[("D", 1)]),
        declared(("D", 1), &[("Z", 1)]),
    ];
    assert!(UpcasterRegistry::new(&[("Z", 1)], &diamond).is_ok(), "two ways to one end are sound");
}

#[test]
fn a_chain_that_ends_at_nothing_current_is_refused() {
    let dead_end = [declared(("Opened", 1), &[("Opened", 2)])];
    assert_eq!(refused(&[], &dead_end), RegistryError::DeadEnd("Opened", 1, "Opened", 2));
    let one_of_two = [declared(("A", 1), &[("Z", 1), ("Y", 1)])];
    assert_eq!(refused(&[("Z", 1)], &one_of_two), RegistryError::DeadEnd("A", 1, "Y", 1));
    let too_new = [declared(("A", 1), &[("Z", 2)])];
    assert_eq!(refused(&[("Z", 1)], &too_new), RegistryError::DeadEnd("A", 1, "Z", 2));
}

#[test]
fn a_version_without_an_upcaster_is_refused() {
    let gap = [declared(("Opened", 1), &[("Opened", 3)])];
    assert_eq!(refused(&[("Opened", 3)], &gap), RegistryError::Missing("Opened", 2));
}

#[test]
fn an_upcaster_of_a_current_version_is_refused() {
    let of_current = [declared(("Opened", 2), &[("Opened", 2)])];
    assert_eq!(refused(&[("Opened", 2)], &of_current), RegistryError::UpcastsCurrent("Opened", 2));
}

#[test]
fn a_current_event_is_borrowed_as_it_is() {
    let stored = event("Deposited", 3, "{ \"amount\" : \"1.10\",\n\"b\":1.10, \"b\":1e400 }");
    let registry = registry();
    let current = registry.upcast(&stored).expect("a current event");
    assert_eq!(current.len(), 1, "one event");
    assert!(matches!(current[0].event_type, Cow::Borrowed("Deposited")), "the type is borrowed");
    assert!(matches!(current[0].payload, Cow::Borrowed(_)), "the payload is not parsed");
    assert_eq!(Some(&*current[0].payload), stored.payload.as_json(), "not a byte differs");
}

#[test]
fn a_chain_renames_retypes_and_fills_in() {
    let stored = event("Deposited", 1, r#"{"sum":100.5,"note":"Grüße"}"#);
    let expected = json!({ "note": "Grüße", "amount": "100.50", "currency": "EUR" });
    assert_eq!(shapes(&registry(), &stored), [("Deposited".to_owned(), 3, expected, 0)]);
    let stored = event("Deposited", 2, r#"{"amount":7}"#);
    let expected = json!({ "amount": "7.00", "currency": "EUR" });
    assert_eq!(shapes(&registry(), &stored), [("Deposited".to_owned(), 3, expected, 0)], "from the middle");
}

#[test]
fn a_split_yields_numbered_parts() {
    let stored = event("Registered", 1, r#"{"name":"Ada","address":"Here"}"#);
    let expected = [
        ("Named".to_owned(), 1, json!({ "name": "Ada" }), 0),
        ("Addressed".to_owned(), 1, json!({ "address": "Here" }), 1),
    ];
    assert_eq!(shapes(&registry(), &stored), expected);
}

#[test]
fn parts_of_a_split_are_upcast_in_place() {
    let upcasters = [
        upcaster(("Batch", 1), &[("Item", 1), ("Done", 1), ("Noise", 1)], |payload| {
            let of = |n: usize| ("Item", 1, payload[n].clone());
            Ok(Upcasted::To(vec![of(0), ("Noise", 1, json!(null)), of(1), ("Done", 1, json!({}))]))
        }),
        upcaster(("Item", 1), &[("Item", 2)], |payload| {
            Ok(Upcasted::To(vec![("Item", 2, json!({ "item": payload }))]))
        }),
        upcaster(("Noise", 1), &[], |_| Ok(Upcasted::Dropped("noise"))),
    ];
    let registry = UpcasterRegistry::new(&[("Item", 2), ("Done", 1)], &upcasters).expect("a sound registry");
    let expected = [
        ("Item".to_owned(), 2, json!({ "item": "a" }), 0),
        ("Item".to_owned(), 2, json!({ "item": "b" }), 1),
        ("Done".to_owned(), 1, json!({}), 2),
    ];
    let stored = event("Batch", 1, r#"["a","b"]"#);
    assert_eq!(shapes(&registry, &stored), expected, "order is kept, a dropped part leaves the others");
}

#[test]
fn a_renamed_type_and_a_dropped_one_are_understood() {
    let registry = registry();
    let renamed = shapes(&registry, &event("Created", 1, r#"{"id":1}"#));
    assert_eq!(renamed, [("Opened".to_owned(), 1, json!({ "id": 1 }), 0)]);
    assert_eq!(registry.upcast(&event("Pinged", 1, "{}")), Ok(Vec::new()), "a dropped event becomes nothing");
    let trace = registry.trace(&event("Pinged", 1, "{}")).expect("a trace");
    assert_eq!(trace[1].dropped, Some("it never meant anything"), "and the trace says why");
}

#[test]
fn an_upcaster_may_use_the_record() {
    let upcasters = [upcaster(("Opened", 1), &[("Opened", 2)], |payload| {
        Ok(Upcasted::WithRecord(payload, |mut payload, record| {
            payload["openedAt"] = json!(record.recorded_at.timestamp());
            Ok(vec![("Opened", 2, payload)])
        }))
    })];
    let registry = UpcasterRegistry::new(&[("Opened", 2)], &upcasters).expect("a sound registry");
    let stored = event("Opened", 1, r#"{"id":1}"#);
    assert_eq!(shapes(&registry, &stored), [("Opened".to_owned(), 2, json!({ "id": 1, "openedAt": 0 }), 0)]);
}

#[test]
fn unknown_types_and_versions_from_the_future_are_told_apart() {
    let registry = registry();
    let unknown = |t: &str, v| UpcastError::UnknownType { event_type: t.to_owned(), schema_version: v };
    let future = |t: &str, v, known| UpcastError::FromTheFuture { event_type: t.to_owned(), schema_version: v, known };
    for (event_type, version, expected) in [
        ("Missing", 1, unknown("Missing", 1)),
        ("deposited", 3, unknown("deposited", 3)),
        ("Deposited", 0, unknown("Deposited", 0)),
        ("Deposited", 4, future("Deposited", 4, 3)),
        ("Deposited", u32::MAX, future("Deposited", u32::MAX, 3)),
        ("Created", 2, future("Created", 2, 1)),
    ] {
        let stored = event(event_type, version, "{}");
        assert_eq!(registry.upcast(&stored), Err(expected.clone()), "{event_type} v{version}");
        assert_eq!(registry.trace(&stored), Err(expected), "the trace says the same of {event_type} v{version}");
    }
}

#[test]
fn a_payload_that_does_not_fit_is_an_error_and_never_dropped() {
    let registry = registry();
    for (stored, wanted) in [
        (event("Deposited", 1, r#"{"amount":1}"#), "the field sum is missing"),
        (event("Deposited", 1, "[]"), "not an object"),
        (event("Deposited", 1, r#"{"sum":"x"}"#), "the amount is not a number"),
        (event("Deposited", 1, r#"{"sum":1e999}"#), "out of range"),
    ] {
        match registry.upcast(&stored) {
            Err(UpcastError::Malformed { reason, .. }) => assert!(reason.contains(wanted), "{reason:?}"),
            other => panic!("{wanted}: {other:?}"),
        }
    }
    for version in [1, 3] {
        let mut stored = event("Deposited", version, "{}");
        stored.payload = Payload::Binary([1, 2].into());
        let error = registry.upcast(&stored).expect_err("binary is not JSON");
        assert!(error.to_string().contains("binary"), "{error}");
    }
}

#[test]
fn an_error_names_the_step_that_failed() {
    let error = registry().upcast(&event("Deposited", 1, r#"{"sum":"x"}"#)).expect_err("the second step fails");
    assert!(matches!(error, UpcastError::Malformed { schema_version: 2, .. }), "{error}");
}

#[test]
fn an_upcaster_that_makes_what_it_does_not_declare_is_stopped() {
    let cases: [(Apply, &str); 3] = [
        (|payload| Ok(Upcasted::To(vec![("Opened", 1, payload)])), "does not declare"),
        (|_| Ok(Upcasted::To(Vec::new())), "made nothing"),
        (|_| Ok(Upcasted::To(vec![("Opened", 2, json!(1)); 17])), "split into 17 parts"),
    ];
    for (apply, wanted) in cases {
        let upcasters = [upcaster(("Opened", 1), &[("Opened", 2)], apply)];
        let registry = UpcasterRegistry::new(&[("Opened", 2)], &upcasters).expect("the declaration is sound");
        let error = registry.upcast(&event("Opened", 1, "{}")).expect_err("the upcaster is at fault");
        assert!(error.to_string().contains(wanted), "{error}");
    }
}

#[test]
fn a_trace_shows_every_intermediate_shape() {
    let stored = event("Deposited", 1, "{ \"sum\": 2.5 }");
    let trace = registry().trace(&stored).expect("a trace");
    let shown: Vec<_> = trace.iter().map(|step| (step.upcaster, step.events.as_slice(), step.dropped)).collect();
    let of = |version, payload: &str| vec![("Deposited".to_owned(), version, payload.to_owned())];
    let expected = [
        (None, of(1, "{ \"sum\": 2.5 }")),
        (Some("a step"), of(2, r#"{"amount":2.5}"#)),
        (Some("a step"), of(3, r#"{"amount":"2.50","currency":"EUR"}"#)),
    ];
    let expected: Vec<_> = expected.iter().map(|(upcaster, events)| (*upcaster, events.as_slice(), None)).collect();
    assert_eq!(shown, expected, "the stored text first, then every step");
    let current = registry().trace(&event("Deposited", 3, "{}")).expect("a trace");
    assert_eq!(current.len(), 1, "a current event has no steps");
}

#[test]
fn the_digest_changes_with_the_registry() {
    let digest = |current: &[(&'static str, u32)], upcasters: &[Upcaster]| {
        UpcasterRegistry::new(current, upcasters).expect("a sound registry").digest().to_owned()
    };
    let step = declared(("Opened", 1), &[("Opened", 2)]);
    let one = digest(&[("Opened", 1)], &[]);
    assert_eq!(one, digest(&[("Opened", 1)], &[]), "the same registry has the same digest");
    let others = [
        digest(&[("Opened", 1), ("Closed", 1)], &[]),
        digest(&[("Opened", 2)], &[step]),
        digest(&[("Opened", 2)], &[Upcaster { description: "another step", ..step }]),
    ];
    assert!(others.iter().all(|other| *other != one), "another registry has another digest");
    assert_ne!(others[1], others[2], "a changed step changes the digest");
}
