//! Waived fees, dormant accounts, and limits of what a customer may spend.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;
mod floor;

use bank::account::{AccountDecider, AccountEvent};
use bank::transfer::TransferStatus;
use chrono::Duration;
use desk::accounts::{account, after_expiry, cents, field, opened, place, unopened};
use desk::{Desk, eur};
use es_core::{Decider, DomainEvent};
use serde_json::{Value, json};

type Accounts = Desk<AccountDecider>;

fn amount(cents: i64) -> Value {
    json!({"accountId": "100234", "amount": eur(cents)})
}

fn because() -> Value {
    json!({"accountId": "100234", "reason": "As agreed"})
}

fn on_entry(entry: &Value) -> Value {
    json!({"accountId": "100234", "entryId": entry, "reason": "Goodwill"})
}

fn fee(desk: &mut Accounts) -> Value {
    let charge = json!({"accountId": "100234", "amount": eur(490), "text": "Account fee"});
    field(&desk.records("ChargeFee", charge, "FeeCharged"), "entryId")
}

fn capture(hold: &str, cents: i64) -> Value {
    json!({"accountId": "100234", "holdId": hold, "amount": eur(cents)})
}

fn release(hold: &str) -> Value {
    json!({"accountId": "100234", "holdId": hold, "reason": "Order cancelled"})
}

fn grow(hold: &str, cents: i64) -> Value {
    json!({"accountId": "100234", "holdId": hold, "amount": eur(cents), "expiresAt": "2031-05-11T12:00:00Z"})
}

fn debit(cents: i64) -> Value {
    json!({"accountId": "100234", "transferId": "T-1", "amount": eur(cents), "holdId": "T-1"})
}

fn limits(at_once: i64, day: i64, month: i64) -> Value {
    json!({"accountId": "100234", "perTransaction": eur(at_once), "perDay": eur(day), "perMonth": eur(month)})
}

/// 1,000.00 EUR, and limits in cents.
fn limited(at_once: i64, day: i64, month: i64) -> Accounts {
    let mut desk = opened(100_000);
    desk.records("SetLimits", limits(at_once, day, month), "LimitsSet");
    desk
}

/// Cents that are used today.
fn used(desk: &Accounts) -> i64 {
    let account = account(desk);
    account.spending.used_on(desk.now.date_naive(), bank::money::Money::zero(account.currency)).minor()
}

#[test]
fn a_waived_fee_comes_back_once() {
    let mut desk = opened(10_000);
    let entry = fee(&mut desk);
    assert_eq!(cents(&desk).0, 9_510);
    let event = desk.records("WaiveFee", on_entry(&entry), "FeeWaived");
    let expected = json!([
        {"account": "account:100234", "side": "credit", "amount": eur(490)},
        {"account": "gl:fee-income", "side": "debit", "amount": eur(490)},
    ]);
    assert_eq!(field(&event, "postings"), expected);
    assert_eq!(field(&event, "originalEntryId"), entry);
    assert_eq!(cents(&desk).0, 10_000);
    let rejection = desk.refuses("WaiveFee", on_entry(&entry), "already_waived");
    assert_eq!(json!(rejection.details["waivedBy"]), field(&event, "entryId"));
    desk.refuses("ReversePosting", on_entry(&entry), "already_waived");
    let waiver = field(&event, "entryId");
    desk.refuses("ReversePosting", on_entry(&waiver), "entry_not_reversible");
    let other = fee(&mut desk);
    desk.accepts("ReversePosting", on_entry(&other));
    desk.refuses("WaiveFee", on_entry(&other), "already_reversed");
}

#[test]
fn only_a_fee_is_waived() {
    let mut desk = opened(0);
    let entry = field(&desk.records("Deposit", amount(10_000), "MoneyDeposited"), "entryId");
    assert_eq!(desk.refuses("WaiveFee", on_entry(&entry), "not_a_fee").details["kind"], "a deposit");
    let unknown = json!("6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11");
    desk.refuses("WaiveFee", on_entry(&unknown), "entry_not_found");
    let entry = fee(&mut desk);
    desk.accepts("FreezeAccount", json!({"accountId": "100234", "caseId": "CASE-1", "reason": "Fraud"}));
    desk.accepts("WaiveFee", on_entry(&entry));
    unopened().refuses("WaiveFee", on_entry(&entry), "account_not_found");
}

#[test]
fn a_dormant_account_takes_credits_and_refuses_its_customers_debits() {
    let mut desk = opened(10_000);
    desk.accepts("PlaceHold", place("H-1", 100));
    desk.accepts("PlaceHold", place("T-1", 100));
    desk.refuses("Reactivate", because(), "not_dormant");
    desk.records("MarkDormant", because(), "AccountMarkedDormant");
    desk.refuses("MarkDormant", because(), "already_dormant");
    for (command, payload) in [
        ("Withdraw", amount(1)),
        ("PlaceHold", place("H-2", 1)),
        ("ChangeHold", grow("H-1", 101)),
        ("CaptureHold", capture("H-1", 1)),
        ("DebitForTransfer", debit(100)),
    ] {
        let rejection = desk.refuses(command, payload, "account_dormant");
        assert_eq!(rejection.details["accountId"], "100234", "{command}");
    }
    desk.accepts("Deposit", amount(1));
    desk.accepts("CreditFromTransfer", json!({"accountId": "100234", "transferId": "T-2", "amount": eur(1)}));
    desk.accepts("ReleaseHold", release("H-1"));
    fee(&mut desk);
    desk.records("Reactivate", because(), "AccountReactivated");
    desk.accepts("Withdraw", amount(1));
    desk.accepts("DebitForTransfer", debit(100));
}

#[test]
fn each_limit_refuses_with_what_is_used_and_left() {
    let mut desk = limited(5_000, 8_000, 9_000);
    let told = |desk: &mut Accounts, cents: i64| {
        let rejection = desk.refuses("Withdraw", amount(cents), "limit_exceeded");
        let detail = |key: &str| rejection.details[key].clone();
        (detail("period"), detail("limit"), detail("used"), detail("left"), detail("requested"))
    };
    let expected = |told: [&str; 5]| told.map(str::to_owned).into();
    assert_eq!(told(&mut desk, 5_001), expected(["transaction", "50.00 EUR", "0.00 EUR", "50.00 EUR", "50.01 EUR"]));
    desk.accepts("Withdraw", amount(5_000));
    assert_eq!(told(&mut desk, 3_001), expected(["day", "80.00 EUR", "50.00 EUR", "30.00 EUR", "30.01 EUR"]));
    desk.accepts("Withdraw", amount(3_000));
    desk.at(Duration::days(1));
    assert_eq!(told(&mut desk, 1_001), expected(["month", "90.00 EUR", "80.00 EUR", "10.00 EUR", "10.01 EUR"]));
    desk.accepts("Withdraw", amount(1_000));
    desk.at(Duration::days(28)).accepts("Withdraw", amount(5_000));
    assert_eq!(desk.now.date_naive().to_string(), "2031-06-01", "a new month has its own limit");
}

#[test]
fn limits_can_be_left_out_and_are_in_the_accounts_currency() {
    let mut desk = limited(5_000, 8_000, 9_000);
    desk.changes_nothing("SetLimits", limits(5_000, 8_000, 9_000));
    desk.accepts("SetLimits", json!({"accountId": "100234", "perDay": eur(0)}));
    assert_eq!(desk.refuses("Withdraw", amount(1), "limit_exceeded").details["period"], "day");
    desk.accepts("SetLimits", json!({"accountId": "100234"}));
    desk.accepts("Withdraw", amount(90_000));
    let dollars = json!({"accountId": "100234", "perDay": {"minor": "1", "currency": "USD"}});
    desk.refuses("SetLimits", dollars, "currency_mismatch");
    unopened().refuses("SetLimits", limits(1, 1, 1), "account_not_found");
}

#[test]
fn holds_count_when_they_are_placed_and_give_back_what_they_do_not_take() {
    let mut desk = limited(5_000, 8_000, 20_000);
    desk.refuses("PlaceHold", place("H-1", 5_001), "limit_exceeded");
    desk.accepts("PlaceHold", place("H-1", 5_000));
    desk.accepts("PlaceHold", place("H-2", 2_000));
    assert_eq!(used(&desk), 7_000);
    assert_eq!(desk.refuses("ChangeHold", grow("H-2", 3_001), "limit_exceeded").details["requested"], "10.01 EUR");
    desk.refuses("ChangeHold", grow("H-2", 5_001), "limit_exceeded");
    desk.accepts("ChangeHold", grow("H-2", 3_000));
    assert_eq!(used(&desk), 8_000);
    desk.accepts("SetLimits", limits(1, 1, 1));
    let event = desk.records("CaptureHold", capture("H-1", 3_500), "HoldCaptured");
    assert_eq!(used(&desk), 6_500, "a capture is not asked again, and gives the rest back");
    desk.accepts("ReleaseHold", release("H-2"));
    assert_eq!(used(&desk), 3_500);
    desk.accepts("ReversePosting", on_entry(&field(&event, "entryId")));
    assert_eq!(used(&desk), 0, "what is undone is given back");
    desk.accepts("SetLimits", limits(5_000, 5_000, 5_000));
    desk.accepts("PlaceHold", place("H-3", 5_000));
    desk.at(after_expiry()).accepts("ExpireHold", json!({"accountId": "100234", "holdId": "H-3"}));
    desk.accepts("Withdraw", amount(5_000));
}

#[test]
fn fees_interest_and_reversals_are_not_spending() {
    let mut desk = limited(0, 0, 0);
    fee(&mut desk);
    let entry = field(&desk.records("Deposit", amount(500), "MoneyDeposited"), "entryId");
    desk.accepts("ReversePosting", on_entry(&entry));
    assert_eq!(used(&desk), 0);
}

#[test]
fn a_hold_from_before_days_were_recorded_counts_when_it_is_captured() {
    let mut desk = limited(5_000, 5_000, 5_000);
    let old = json!({
        "accountId": "100234", "holdId": "H-old", "amount": eur(6_000), "expiresAt": "2031-05-11T12:00:00Z",
        "purpose": "Card payment"
    });
    let old = AccountEvent::decode("HoldPlaced", &old.to_string()).expect("history decodes");
    AccountDecider::evolve(&mut desk.state, &old);
    assert_eq!(used(&desk), 0);
    desk.refuses("CaptureHold", capture("H-old", 5_001), "limit_exceeded");
    desk.accepts("CaptureHold", capture("H-old", 5_000));
    assert_eq!(used(&desk), 5_000);
}

#[test]
fn use_is_kept_for_62_days() {
    let mut desk = limited(100_000, 100_000, 100_000);
    for _ in 0..100 {
        desk.now += Duration::days(1);
        desk.accepts("Withdraw", amount(1));
    }
    let used = &account(&desk).spending.used;
    assert_eq!(used.len(), 62, "the state stays bounded");
    assert_eq!(used.keys().next_back(), Some(&desk.now.date_naive()), "the newest days are kept");
}

#[test]
fn a_transfer_beyond_the_limit_is_rejected_when_its_amount_is_reserved() {
    let mut floor = floor::Floor::new();
    floor.does("SetLimits", json!({"accountId": "1", "perDay": eur(3_999)}));
    floor.request("2", 4_000);
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Rejected);
    assert_eq!(floor.transfer().problem.map(|problem| problem.code).as_deref(), Some("limit_exceeded"));
    assert_eq!((floor.settled("1"), floor.held("1"), floor.settled("2")), (10_000, 0, 0));
}

#[test]
fn a_transfer_out_of_an_account_that_fell_dormant_fails_and_nothing_stays_held() {
    let mut floor = floor::Floor::with_transfer_to("2");
    floor.step();
    floor.step();
    assert_eq!(floor.held("1"), 4_000);
    floor.does("MarkDormant", json!({"accountId": "1", "reason": "No contact for ten years"}));
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Failed);
    assert_eq!(floor.transfer().problem.map(|problem| problem.code).as_deref(), Some("account_dormant"));
    assert_eq!((floor.settled("1"), floor.held("1")), (10_000, 0));
}

#[test]
fn a_transfer_that_comes_back_gives_its_use_back() {
    let mut desk = limited(5_000, 5_000, 5_000);
    desk.accepts("PlaceHold", place("T-1", 5_000));
    desk.accepts("DebitForTransfer", debit(4_000));
    assert_eq!(used(&desk), 4_000);
    let back = json!({"accountId": "100234", "transferId": "T-1", "amount": eur(4_000), "reason": "Closed"});
    desk.accepts("ReturnTransferDebit", back);
    assert_eq!(used(&desk), 0);
}
