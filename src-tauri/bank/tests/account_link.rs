//! What an account records of its owner's record, and what becomes of an account that nobody answers for.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use bank::account::{AccountDecider, LinkStage};
use desk::Desk;
use desk::accounts::{account, field, opened};
use serde_json::{Value, json};

fn id() -> Value {
    json!({"accountId": "100234"})
}

fn refusal() -> Value {
    json!({"accountId": "100234", "code": "customer_closed", "message": "The relation with customer C-1001 has ended."})
}

fn closing() -> Value {
    json!({"accountId": "100234", "reason": "moved away"})
}

#[test]
fn a_link_is_recorded_once_and_ended_once_the_account_is_closed() {
    let mut desk = opened(0);
    assert_eq!(account(&desk).link, LinkStage::Asked);
    let event = desk.records("RecordLinkToCustomer", id(), "LinkedToCustomer");
    assert_eq!(field(&event, "customerId"), "C-1001");
    desk.changes_nothing("RecordLinkToCustomer", id());
    desk.changes_nothing("RecordLinkToCustomerRefusal", refusal());
    desk.changes_nothing("RecordUnlinkFromCustomer", id());
    desk.accepts("CloseAccount", closing());
    desk.records("RecordUnlinkFromCustomer", id(), "UnlinkedFromCustomer");
    desk.changes_nothing("RecordUnlinkFromCustomer", id());
}

#[test]
fn an_account_that_is_not_named_is_frozen_until_people_look() {
    let mut desk = opened(0);
    let events = desk.accepts("RecordLinkToCustomerRefusal", refusal());
    assert_eq!((events.len(), field(&events[0], "code")), (2, "customer_closed".into()));
    assert_eq!(field(&events[1], "caseId"), "OWNER-RECORD");
    desk.changes_nothing("RecordLinkToCustomerRefusal", refusal());
    desk.changes_nothing("RecordLinkToCustomer", id());
    desk.refuses("CloseAccount", closing(), "account_frozen");
    desk.accepts("UnfreezeAccount", json!({"accountId": "100234", "caseId": "OWNER-RECORD"}));
    desk.accepts("CloseAccount", closing());
    desk.changes_nothing("RecordUnlinkFromCustomer", id());
}

#[test]
fn a_closed_account_that_is_not_named_needs_no_freeze() {
    let mut desk = opened(0);
    desk.accepts("CloseAccount", closing());
    desk.records("RecordLinkToCustomerRefusal", refusal(), "LinkToCustomerRefused");
}

#[test]
fn nothing_is_recorded_of_an_account_that_does_not_exist() {
    for (command, payload) in
        [("RecordLinkToCustomer", id()), ("RecordLinkToCustomerRefusal", refusal()), ("RecordUnlinkFromCustomer", id())]
    {
        Desk::<AccountDecider>::new().refuses(command, payload, "account_not_found");
    }
}
