//! Shapes of commands and events: what generated forms rely on, and what malformed payloads are told.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

use std::collections::BTreeSet;

use bank::account::AccountCommand;
use bank::exchange::{QuoteCommand, QuoteEvent};
use bank::order::{OrderCommand, OrderEvent};
use bank::transfer::{TransferCommand, TransferEvent};
use bank::{account, customer, ledger, transaction};
use es_core::seal::{personal_fields, personal_inputs};
use es_core::{CommandDescriptor, CommandError, DomainCommand, EventTypeDescriptor};
use serde_json::{Value, json};

fn commands() -> Vec<CommandDescriptor> {
    [
        account::command_descriptors(),
        customer::command_descriptors(),
        transaction::command_descriptors(),
        ledger::command_descriptors(),
        TransferCommand::descriptors(),
        QuoteCommand::descriptors(),
        OrderCommand::descriptors(),
    ]
    .concat()
}

fn events() -> Vec<EventTypeDescriptor> {
    [
        account::event_type_descriptors(),
        customer::event_type_descriptors(),
        transaction::event_type_descriptors(),
        ledger::event_type_descriptors(),
        TransferEvent::descriptors(),
        QuoteEvent::descriptors(),
        OrderEvent::descriptors(),
    ]
    .concat()
}

fn parse(command: &CommandDescriptor, payload: &str) -> Result<(), CommandError> {
    match command.category {
        "account" => AccountCommand::parse(command.command_type, payload).map(drop),
        "customer" => customer::CustomerCommand::parse(command.command_type, payload).map(drop),
        "transaction" => transaction::TransactionCommand::parse(command.command_type, payload).map(drop),
        "transfer" => TransferCommand::parse(command.command_type, payload).map(drop),
        "quote" => QuoteCommand::parse(command.command_type, payload).map(drop),
        "order" => OrderCommand::parse(command.command_type, payload).map(drop),
        "ledger" => ledger::LedgerCommand::parse(command.command_type, payload).map(drop),
        other => panic!("no parser for {other} in this test"),
    }
}

fn violations(command_type: &str, payload: &Value) -> Vec<(String, String)> {
    match AccountCommand::parse(command_type, &payload.to_string()) {
        Err(CommandError::BadShape { violations, .. }) => {
            violations.into_iter().map(|violation| (violation.path, violation.message)).collect()
        }
        other => panic!("{payload} gave {other:?}"),
    }
}

/// Everything a hand-made form renderer has to know.
fn assert_simple(place: &str, schema: &Value) {
    let schema = schema.as_object().unwrap_or_else(|| panic!("{place} is a schema object, not {schema}"));
    for forbidden in ["$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "if"] {
        assert!(!schema.contains_key(forbidden), "{place} uses {forbidden}");
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => {
            assert_eq!(schema["additionalProperties"], json!(false), "{place} refuses unknown fields");
            let properties = schema["properties"].as_object().expect("properties");
            for (name, property) in properties {
                assert!(property["title"].is_string(), "{place}/{name} has a title");
                assert_simple(&format!("{place}/{name}"), property);
            }
            let required = schema.get("required").and_then(Value::as_array);
            for required in required.into_iter().flatten() {
                assert!(properties.contains_key(required.as_str().expect("a name")), "{place}: {required} exists");
            }
        }
        Some("array") => assert_simple(&format!("{place}[]"), &schema["items"]),
        // Only small counts are numbers: money, positions and rates are text, because webviews lose whole numbers above 2^53.
        Some("integer") => assert_eq!(schema["format"], "uint32", "{place} is small"),
        Some("boolean" | "string") => {}
        other => panic!("{place} has the type {other:?}"),
    }
}

#[test]
fn schemas_are_simple_enough_for_a_generated_form() {
    for command in commands() {
        assert_simple(command.command_type, &command.schema);
        assert!(command.schema["$schema"].as_str().is_some_and(|uri| uri.contains("2020-12")));
        assert_eq!(command.schema["title"], command.title);
        assert_eq!(command.schema["description"], command.description);
    }
    for event in events() {
        assert_simple(event.event_type, &event.schema);
    }
}

/// Every field that holds one value has an example.
fn assert_examples(place: &str, schema: &Value) {
    match schema["type"].as_str() {
        Some("object") => {
            for (name, property) in schema["properties"].as_object().expect("properties") {
                assert_examples(&format!("{place}/{name}"), property);
            }
        }
        Some("array") => assert_examples(&format!("{place}[]"), &schema["items"]),
        _ => assert!(schema["examples"][0] != Value::Null, "{place} has an example"),
    }
}

#[test]
fn every_field_and_every_command_has_an_example_that_reads() {
    for command in commands() {
        assert_examples(command.command_type, &command.schema);
        for example in command.schema["examples"].as_array().expect("examples") {
            let read = parse(&command, &example.to_string());
            assert!(read.is_ok(), "{} does not read its example {example}: {read:?}", command.command_type);
        }
    }
}

#[test]
fn every_event_has_an_example_that_decodes() {
    let domain = bank::domain().expect("the bank's domain");
    for event in events() {
        assert_examples(event.event_type, &event.schema);
        let aggregate = domain.aggregate(event.category).expect("an aggregate");
        for example in event.schema["examples"].as_array().expect("examples") {
            let mut state = aggregate.initial();
            let read = aggregate.evolve(&mut state, event.event_type, &example.to_string());
            assert!(read.is_ok(), "{} does not decode its example {example}: {read:?}", event.event_type);
        }
    }
}

#[test]
fn pickers_and_money_are_marked() {
    let all = commands();
    let schema = |name: &str| &all.iter().find(|c| c.command_type == name).expect("a command").schema;
    let open = &schema("OpenAccount")["properties"];
    assert_eq!(open["accountId"]["format"], "account-id");
    assert_eq!(open["customerId"]["format"], "customer-id");
    assert_eq!(open["currency"]["format"], "currency");
    assert_eq!(open["product"]["enum"], json!(["current", "savings", "business"]));
    assert_eq!(open["overdraftLimit"]["format"], "money");
    assert_eq!(open["overdraftLimit"]["description"], "How far below zero it may go; nothing if left out.");
    assert_eq!(schema("OpenAccount")["required"], json!(["accountId", "customerId", "currency", "product"]));
    let hold = &schema("PlaceHold")["properties"];
    assert_eq!(hold["amount"]["format"], "money");
    assert_eq!(hold["expiresAt"]["format"], "date-time");
    assert_eq!(hold["expiresAt"]["title"], "Expires at");
    assert_eq!(schema("Deposit")["properties"]["valueDate"]["format"], "date");
    let leg = &schema("DraftEntry")["properties"]["postings"]["items"]["properties"];
    assert_eq!(leg["account"]["format"], "posting-account");
    assert_eq!(leg["side"]["enum"], json!(["debit", "credit"]));
    assert_eq!(leg["amount"]["format"], "money");
}

#[test]
fn every_example_fits_its_command_and_nothing_less_does() {
    for command in commands() {
        let name = command.command_type;
        parse(&command, &command.example.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let required = command.schema["required"].as_array().expect("required fields");
        for field in required.iter().filter_map(Value::as_str) {
            let mut less = command.example.clone();
            less.as_object_mut().expect("an object").remove(field);
            match parse(&command, &less.to_string()) {
                Err(CommandError::BadShape { violations, .. }) => {
                    let places: Vec<&str> = violations.iter().map(|violation| violation.path.as_str()).collect();
                    assert_eq!(places, [format!("/{field}")], "{name} without {field}");
                }
                other => panic!("{name} without {field} gave {other:?}"),
            }
        }
        let mut more = command.example.clone();
        more["surprise"] = json!(1);
        let error = parse(&command, &more.to_string()).expect_err("unknown fields are refused");
        assert!(error.to_string().contains("/surprise"), "{error}");
    }
}

#[test]
fn a_command_marks_every_field_that_becomes_personal_data_of_an_event() {
    let personal: BTreeSet<String> = events().iter().flat_map(|event| personal_fields(&event.schema)).collect();
    assert!(personal.contains("birthDate"), "the events of a customer have personal fields");
    let mut marked = BTreeSet::new();
    for command in commands() {
        let properties = command.schema["properties"].as_object().expect("an object");
        let of_events = properties.keys().filter(|name| personal.contains(*name)).cloned().collect::<BTreeSet<_>>();
        let inputs = personal_inputs(&command.schema).into_iter().collect::<BTreeSet<_>>();
        assert_eq!(inputs, of_events, "{}: what is sealed in events is marked here", command.command_type);
        marked.extend(inputs);
    }
    assert_eq!(marked, personal, "each of them is typed in with some command");
}

#[test]
fn names_of_commands_and_events_are_unique() {
    let mut names: Vec<&str> = commands().iter().map(|c| c.command_type).collect();
    names.extend(events().iter().map(|e| e.event_type));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "no name is used twice");
}

#[test]
fn malformed_json_is_told_with_its_place() {
    for text in ["", "{", "{\"accountId\": }", "nonsense", "{} {}", "{\"a\":1,}"] {
        match AccountCommand::parse("Deposit", text) {
            Err(CommandError::MalformedJson { reason }) => {
                assert!(reason.contains("line") && reason.contains("column"), "{text:?}: {reason}");
            }
            other => panic!("{text:?} gave {other:?}"),
        }
    }
}

#[test]
fn every_violation_is_told_with_its_place_and_what_would_fit() {
    let told = violations(
        "Deposit",
        &json!({"accountId": "a b", "amount": {"minor": 10050, "currency": "EURO"}, "valueDate": "tomorrow"}),
    );
    let at = |path: &str| {
        let found: Vec<&str> = told.iter().filter(|(p, _)| p == path).map(|(_, message)| message.as_str()).collect();
        assert_eq!(found.len(), 1, "{path} is told once in {told:?}");
        found[0].to_owned()
    };
    assert!(at("/accountId").contains("1 to 40 letters"), "{told:?}");
    assert_eq!(at("/amount/minor"), "10050 is not a text", "in words, not in a keyword of the schema");
    assert!(!at("/amount/currency").is_empty());
    assert!(at("/valueDate").contains("YYYY-MM-DD"), "{told:?}");
    assert_eq!(told.len(), 4, "{told:?}");
}

#[test]
fn impossible_amounts_do_not_fit() {
    for minor in ["0", "-1", "007", "+1", "1.5", "", "1000000000000001", "99999999999999999999"] {
        let payload = json!({"accountId": "100234", "amount": {"minor": minor, "currency": "EUR"}});
        let told = violations("Deposit", &payload);
        assert_eq!(told.len(), 1, "{minor:?}: {told:?}");
        assert_eq!(told[0].0, "/amount/minor", "{minor:?}: {told:?}");
    }
    let unknown = json!({"accountId": "100234", "amount": {"minor": "1", "currency": "XXX"}});
    assert_eq!(violations("Deposit", &unknown)[0].1, "\"XXX\" is not an ISO 4217 currency code");
}

#[test]
fn null_repeated_and_foreign_values_do_not_fit() {
    let null = json!({"accountId": "100234", "amount": {"minor": "1", "currency": "EUR"}, "text": null});
    assert_eq!(violations("Deposit", &null)[0].0, "/text", "optional means absent");
    for whole in [json!([]), json!(null), json!("Deposit"), json!(7)] {
        assert_eq!(violations("Deposit", &whole).len(), 1, "{whole}");
    }
    let twice = r#"{"accountId":"1","accountId":"2","amount":{"minor":"1","currency":"EUR"}}"#;
    let error = AccountCommand::parse("Deposit", twice).expect_err("a repeated key is refused");
    assert!(error.to_string().contains("duplicate field"), "{error}");
    let unknown = AccountCommand::parse("PrintMoney", "{}");
    assert!(matches!(unknown, Err(CommandError::UnknownCommand { .. })), "{unknown:?}");
}
