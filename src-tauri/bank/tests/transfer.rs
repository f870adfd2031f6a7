//! The transfer aggregate's own rules.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod floor;

use bank::transfer::{TransferCommand, TransferEvent, TransferStatus};
use es_core::{DomainCommand, DomainEvent};
use floor::{Floor, eur};
use serde_json::json;

#[test]
fn a_transfer_needs_two_accounts_and_an_amount() {
    let mut floor = Floor::new();
    let payload =
        |target: &str| json!({"transferId": "T-1", "source": "1", "target": target, "amount": eur(1), "reference": ""});
    floor.refuses("RequestTransfer", payload("1"), "same_account");
    for minor in ["0", "-5", "1.5", "01"] {
        let amount = json!({"minor": minor, "currency": "EUR"});
        let payload = json!({"transferId": "T-1", "source": "1", "target": "2", "amount": amount, "reference": ""});
        let refused = TransferCommand::parse("RequestTransfer", &payload.to_string());
        assert_eq!(refused.expect_err("no such amount").code(), "bad_shape", "{minor} is no amount");
    }
    floor.does("RequestTransfer", payload("2"));
    floor.refuses("RequestTransfer", payload("2"), "transfer_exists");
}

#[test]
fn nobody_can_act_on_a_transfer_that_does_not_exist() {
    let mut floor = Floor::new();
    floor.refuses("CancelTransfer", json!({"transferId": "T-1", "reason": "x"}), "transfer_not_found");
    floor.refuses("CompleteTransfer", json!({"transferId": "T-1"}), "transfer_not_found");
}

#[test]
fn steps_that_come_out_of_turn_change_nothing() {
    let mut floor = Floor::with_transfer_to("2");
    let id = json!({"transferId": "T-1"});
    let reasoned = json!({"transferId": "T-1", "code": "x", "message": "y"});
    let plain = [
        "RecordSourceReserved",
        "RecordSourceDebited",
        "RecordSourceReleased",
        "CompleteTransfer",
        "RecordCompensated",
    ];
    for step in plain {
        floor.does(step, id.clone());
    }
    for step in ["RejectTransfer", "FailTransfer", "RecordReleaseRefused", "StartCompensation"] {
        floor.does(step, reasoned.clone());
    }
    assert_eq!(floor.transfer().status, TransferStatus::Requested, "nothing has happened");
    floor.refuses("ParkInSuspense", reasoned, "out_of_turn");
    floor.refuses("TimeOutTransfer", id, "deadline_not_reached");
    let other = json!({"transferId": "T-1", "source": "2", "target": "1"});
    floor.refuses("ValidateTransfer", other, "other_accounts");
}

#[test]
fn the_hold_outlives_the_deadline() {
    let mut floor = Floor::with_transfer_to("2");
    floor.step();
    floor.step();
    let order = floor.transfer().order.expect("an order");
    assert!(order.hold_expires_at() > order.deadline, "a hold cannot lapse under a transfer that may use it");
    assert_eq!(floor.held("1"), 4_000, "the amount is held");
}

#[test]
fn every_example_is_accepted_by_its_schema_and_people_see_their_commands() {
    let descriptors = TransferCommand::descriptors();
    for command in &descriptors {
        let parsed = TransferCommand::parse(command.command_type, &command.example.to_string());
        let parsed = parsed.unwrap_or_else(|error| panic!("the example of {} parses: {error}", command.command_type));
        assert_eq!(parsed.command_type(), command.command_type);
        let again = TransferCommand::parse(command.command_type, &parsed.encode().expect("encodes"));
        assert_eq!(again.as_ref(), Ok(&parsed), "{} reads back as it was written", command.command_type);
        assert_eq!(parsed.aggregate_id(), "T-5001");
    }
    let people: Vec<_> = descriptors.iter().filter(|c| c.for_people).map(|c| c.command_type).collect();
    let expected = ["RequestTransfer", "CancelTransfer", "ApproveTransfer", "RefuseTransfer", "ResolveParkedTransfer"];
    assert_eq!(people, expected);
    let request = &descriptors[0].schema["properties"];
    assert_eq!(
        (&request["source"]["format"], &request["target"]["format"]),
        (&json!("account-id"), &json!("account-id"))
    );
    assert_eq!(request["amount"]["format"], "money");
}

#[test]
fn every_example_of_the_whole_bank_parses_and_every_event_type_has_a_schema() {
    let domain = bank::domain().expect("the domain is sound");
    for command in &domain.commands {
        let parsed = domain.parse_command(command.command_type, &command.example.to_string());
        assert!(parsed.is_ok(), "{}: {:?}", command.command_type, parsed.err());
    }
    for event in &domain.event_types {
        assert!(event.schema["properties"].is_object(), "{} has a schema", event.event_type);
        assert_eq!(
            domain.upcasters.current_version(event.event_type),
            Some(event.schema_version),
            "{}",
            event.event_type
        );
    }
}

#[test]
fn an_event_of_another_aggregate_does_not_decode() {
    assert!(TransferEvent::decode("MoneyDeposited", "{}").is_err());
    assert!(TransferEvent::decode("TransferCompleted", "{}").is_err(), "a field is missing");
    assert!(TransferEvent::decode("TransferCompleted", r#"{"transferId":"T-1"}"#).is_ok());
}
