//! Holds and the steps of transfers on an account.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use bank::account::AccountDecider;
use chrono::Duration;
use desk::accounts::{account, after_expiry, cents, field, opened, place, unopened};
use desk::{Desk, eur};
use serde_json::{Value, json};

fn hold(hold: &str) -> Value {
    json!({"accountId": "100234", "holdId": hold})
}

fn capture(hold: &str, cents: i64) -> Value {
    json!({"accountId": "100234", "holdId": hold, "amount": eur(cents)})
}

fn release(hold: &str) -> Value {
    json!({"accountId": "100234", "holdId": hold, "reason": "Order cancelled"})
}

fn change(hold: &str, cents: i64, expires_at: &str) -> Value {
    json!({"accountId": "100234", "holdId": hold, "amount": eur(cents), "expiresAt": expires_at})
}

fn debit(cents: i64) -> Value {
    json!({"accountId": "100234", "transferId": "T-1", "amount": eur(cents), "holdId": "T-1"})
}

fn credit(cents: i64) -> Value {
    json!({"accountId": "100234", "transferId": "T-1", "amount": eur(cents)})
}

fn give_back(cents: i64) -> Value {
    json!({"accountId": "100234", "transferId": "T-1", "amount": eur(cents), "reason": "The target is closed"})
}

#[test]
fn a_hold_lowers_what_is_available_and_not_what_is_settled() {
    let mut desk = opened(10_000);
    desk.records("PlaceHold", place("H-1", 4_000), "HoldPlaced");
    assert_eq!(cents(&desk), (10_000, 4_000, 6_000));
    let rejection = desk.refuses("PlaceHold", place("H-2", 6_001), "insufficient_funds");
    assert_eq!((&*rejection.details["available"], &*rejection.details["held"]), ("60.00 EUR", "40.00 EUR"));
    desk.changes_nothing("PlaceHold", place("H-1", 4_000));
    let rejection = desk.refuses("PlaceHold", place("H-1", 1), "hold_exists");
    assert_eq!(rejection.details["holdStatus"], "open");
}

#[test]
fn a_hold_must_end_in_the_future() {
    let mut desk = opened(10_000);
    let mut payload = place("H-1", 1);
    payload["expiresAt"] = "2031-05-04T09:00:00Z".into();
    desk.refuses("PlaceHold", payload, "expiry_in_the_past");
    desk.accepts("PlaceHold", place("H-1", 1));
    desk.refuses("ChangeHold", change("H-1", 1, "2031-05-04T08:59:59Z"), "expiry_in_the_past");
}

#[test]
fn a_captured_hold_takes_its_part_and_frees_the_rest() {
    let mut desk = opened(10_000);
    desk.accepts("PlaceHold", place("H-1", 4_000));
    let rejection = desk.refuses("CaptureHold", capture("H-1", 4_001), "exceeds_hold");
    assert_eq!((&*rejection.details["held"], &*rejection.details["requested"]), ("40.00 EUR", "40.01 EUR"));
    let event = desk.records("CaptureHold", capture("H-1", 3_500), "HoldCaptured");
    assert_eq!(field(&event, "postings")[1]["account"], "gl:nostro");
    assert_eq!(field(&event, "text"), "Card payment", "the purpose stands on the statement if nothing else is said");
    assert_eq!(cents(&desk), (6_500, 0, 6_500));
}

#[test]
fn each_way_in_which_a_hold_is_gone_has_its_own_refusal() {
    let mut desk = opened(10_000);
    for id in ["H-captured", "H-released", "H-expired", "H-due"] {
        desk.accepts("PlaceHold", place(id, 100));
    }
    desk.accepts("CaptureHold", capture("H-captured", 100));
    desk.records("ReleaseHold", release("H-released"), "HoldReleased");
    let due = desk.refuses("ExpireHold", hold("H-expired"), "hold_not_due");
    assert!(due.message.contains("2031-05-11 12:00:00 UTC"), "{}", due.message);
    desk.at(after_expiry());
    desk.records("ExpireHold", hold("H-expired"), "HoldExpired");
    let cases = [
        ("H-none", "hold_not_found"),
        ("H-captured", "already_captured"),
        ("H-released", "already_released"),
        ("H-expired", "hold_expired"),
    ];
    for (id, code) in cases {
        desk.refuses("CaptureHold", capture(id, 1), code);
        desk.refuses("ReleaseHold", release(id), code);
        desk.refuses("ExpireHold", hold(id), code);
        desk.refuses("ChangeHold", change(id, 1, "2031-06-01T00:00:00Z"), code);
    }
    desk.refuses("CaptureHold", capture("H-due", 1), "hold_expired");
    desk.refuses("ChangeHold", change("H-due", 1, "2031-06-01T00:00:00Z"), "hold_expired");
    desk.accepts("ReleaseHold", release("H-due"));
    desk.refuses("PlaceHold", place("H-due", 100), "hold_exists");
    assert_eq!(account(&desk).held.minor(), 0);
}

#[test]
fn an_open_hold_can_grow_within_what_is_available() {
    let mut desk = opened(10_000);
    desk.accepts("PlaceHold", place("H-1", 4_000));
    let event = desk.records("ChangeHold", change("H-1", 10_000, "2031-05-12T12:00:00Z"), "HoldChanged");
    assert_eq!(field(&event, "expiresAt"), "2031-05-12T12:00:00Z");
    desk.changes_nothing("ChangeHold", change("H-1", 10_000, "2031-05-12T12:00:00Z"));
    desk.refuses("ChangeHold", change("H-1", 10_001, "2031-05-12T12:00:00Z"), "insufficient_funds");
    desk.accepts("FreezeAccount", json!({"accountId": "100234", "caseId": "CASE-1", "reason": "Fraud"}));
    desk.accepts("ChangeHold", change("H-1", 1_000, "2031-05-12T12:00:00Z"));
    desk.refuses("ChangeHold", change("H-1", 1_001, "2031-05-12T12:00:00Z"), "account_frozen");
    let mut dollars = change("H-1", 1, "2031-05-12T12:00:00Z");
    dollars["amount"]["currency"] = "USD".into();
    desk.refuses("ChangeHold", dollars, "currency_mismatch");
    let mut dollars = capture("H-1", 1);
    dollars["amount"]["currency"] = "USD".into();
    desk.refuses("CaptureHold", dollars, "currency_mismatch");
}

#[test]
fn open_holds_are_bounded_and_resolved_ones_make_room() {
    let mut desk = opened(100_000);
    for number in 0..256 {
        desk.accepts("PlaceHold", place(&format!("H-{number}"), 1));
    }
    assert_eq!(desk.refuses("PlaceHold", place("H-256", 1), "too_many_holds").details["open"], "256");
    desk.accepts("ReleaseHold", release("H-7"));
    desk.accepts("PlaceHold", place("H-256", 1));
    assert_eq!(account(&desk).holds.len(), 256, "the state stays bounded");
    desk.refuses("ReleaseHold", release("H-7"), "hold_not_found");
}

#[test]
fn a_transfer_takes_its_hold_into_transit_once() {
    let mut desk = opened(10_000);
    desk.refuses("DebitForTransfer", debit(4_000), "hold_not_found");
    desk.accepts("PlaceHold", place("T-1", 4_000));
    desk.refuses("DebitForTransfer", debit(4_001), "exceeds_hold");
    let event = desk.records("DebitForTransfer", debit(4_000), "TransferDebited");
    assert_eq!(field(&event, "postings")[1]["account"], "gl:transfers-in-transit");
    assert_eq!(cents(&desk), (6_000, 0, 6_000));
    desk.changes_nothing("DebitForTransfer", debit(4_000));
    let rejection = desk.refuses("DebitForTransfer", debit(3_999), "transfer_mismatch");
    assert_eq!((&*rejection.details["known"], &*rejection.details["requested"]), ("40.00 EUR", "39.99 EUR"));
    desk.refuses("ReleaseHold", release("T-1"), "already_captured");
    let entry = field(&event, "entryId");
    let reverse = json!({"accountId": "100234", "entryId": entry, "reason": "By hand"});
    desk.refuses("ReversePosting", reverse, "entry_not_reversible");
}

#[test]
fn a_transfer_is_refused_where_a_debit_would_be() {
    let mut desk = opened(10_000);
    desk.accepts("PlaceHold", place("T-1", 4_000));
    let mut dollars = debit(1);
    dollars["amount"]["currency"] = "USD".into();
    desk.refuses("DebitForTransfer", dollars, "currency_mismatch");
    desk.accepts("FreezeAccount", json!({"accountId": "100234", "caseId": "CASE-1", "reason": "Fraud"}));
    desk.refuses("DebitForTransfer", debit(4_000), "account_frozen");
    desk.accepts("UnfreezeAccount", json!({"accountId": "100234", "caseId": "CASE-1"}));
    desk.at(after_expiry()).refuses("DebitForTransfer", debit(4_000), "hold_expired");
    unopened().refuses("DebitForTransfer", debit(1), "account_not_found");
}

#[test]
fn a_transfer_credits_once_also_a_frozen_account() {
    let mut desk = opened(0);
    desk.accepts("FreezeAccount", json!({"accountId": "100234", "caseId": "CASE-1", "reason": "Fraud"}));
    let event = desk.records("CreditFromTransfer", credit(4_000), "TransferCredited");
    assert_eq!(field(&event, "postings")[0]["account"], "gl:transfers-in-transit");
    desk.changes_nothing("CreditFromTransfer", credit(4_000));
    desk.refuses("CreditFromTransfer", credit(1), "transfer_mismatch");
    assert_eq!(cents(&desk), (4_000, 0, 4_000));
}

#[test]
fn a_transfer_cannot_credit_an_account_that_is_closed_missing_or_in_another_currency() {
    let mut desk = opened(0);
    let mut dollars = credit(1);
    dollars["amount"]["currency"] = "USD".into();
    desk.refuses("CreditFromTransfer", dollars, "currency_mismatch");
    desk.accepts("CloseAccount", json!({"accountId": "100234", "reason": "Gone"}));
    desk.refuses("CreditFromTransfer", credit(1), "account_closed");
    unopened().refuses("CreditFromTransfer", credit(1), "account_not_found");
}

#[test]
fn what_a_transfer_took_comes_back_once() {
    let mut desk = opened(10_000);
    desk.refuses("ReturnTransferDebit", give_back(4_000), "transfer_not_debited");
    desk.accepts("PlaceHold", place("T-1", 4_000));
    desk.accepts("DebitForTransfer", debit(4_000));
    desk.refuses("ReturnTransferDebit", give_back(3_999), "transfer_mismatch");
    let event = desk.records("ReturnTransferDebit", give_back(4_000), "TransferDebitReturned");
    assert_eq!(field(&event, "postings")[1]["account"], "account:100234");
    assert_eq!(cents(&desk), (10_000, 0, 10_000));
    desk.changes_nothing("ReturnTransferDebit", give_back(4_000));
    desk.changes_nothing("DebitForTransfer", debit(4_000));
}

/// The transfer's `retry_changes_nothing`: every step asked again gives no events, whatever has happened in between.
#[test]
fn retry_changes_nothing() {
    let mut desk = opened(4_000);
    desk.accepts("PlaceHold", place("T-1", 4_000));
    desk.changes_nothing("PlaceHold", place("T-1", 4_000));
    desk.accepts("DebitForTransfer", debit(4_000));
    desk.at(after_expiry() + Duration::days(1)).changes_nothing("DebitForTransfer", debit(4_000));
    desk.accepts("ReturnTransferDebit", give_back(4_000));
    desk.changes_nothing("ReturnTransferDebit", give_back(4_000));
    desk.accepts("CreditFromTransfer", credit(4_000));
    desk.accepts("Withdraw", json!({"accountId": "100234", "amount": eur(8_000)}));
    desk.accepts("FreezeAccount", json!({"accountId": "100234", "caseId": "CASE-1", "reason": "Fraud"}));
    all_again(&mut desk);
    desk.accepts("UnfreezeAccount", json!({"accountId": "100234", "caseId": "CASE-1"}));
    desk.accepts("CloseAccount", json!({"accountId": "100234", "reason": "Gone"}));
    all_again(&mut desk);
}

/// The three steps of [`retry_changes_nothing`], each once more.
fn all_again(desk: &mut Desk<AccountDecider>) {
    desk.changes_nothing("DebitForTransfer", debit(4_000));
    desk.changes_nothing("ReturnTransferDebit", give_back(4_000));
    desk.changes_nothing("CreditFromTransfer", credit(4_000));
}

#[test]
fn a_closed_account_takes_nothing_back_for_the_first_time() {
    let mut desk = opened(4_000);
    desk.accepts("PlaceHold", place("T-1", 4_000));
    desk.accepts("DebitForTransfer", debit(4_000));
    desk.accepts("CloseAccount", json!({"accountId": "100234", "reason": "Gone"}));
    desk.refuses("ReturnTransferDebit", give_back(4_000), "account_closed");
}

#[test]
fn transfers_in_the_state_are_bounded() {
    let mut desk = opened(0);
    for number in 0..200 {
        desk.accepts(
            "CreditFromTransfer",
            json!({"accountId": "100234", "transferId": format!("T-{number}"), "amount": eur(1)}),
        );
    }
    let kept = &account(&desk).transfers;
    assert_eq!(kept.len(), bank::account::state::MAX_TRANSFERS);
    assert!(kept.keys().any(|id| id.as_str() == "T-199"), "the newest is kept");
    assert!(!kept.keys().any(|id| id.as_str() == "T-0"), "the oldest is dropped");
}
