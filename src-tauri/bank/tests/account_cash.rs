//! Opening, cash, fees, reversals, limits, freezes and closing of accounts: what is done, and each refusal with its numbers.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use bank::account::{AccountDecider, AccountEvent, AccountState};
use chrono::Duration;
use desk::accounts::{account, active_customer, cents, field, open_payload, opened, place, unopened};
use desk::eur;
use es_core::{Decider, DomainEvent};
use serde_json::{Value, json};

fn on_account(more: Value) -> Value {
    let mut payload = json!({"accountId": "100234"});
    let (Value::Object(all), Value::Object(more)) = (&mut payload, more) else { panic!("objects") };
    all.extend(more);
    payload
}

fn amount(cents: i64) -> Value {
    on_account(json!({"amount": eur(cents)}))
}

fn fee(cents: i64) -> Value {
    on_account(json!({"amount": eur(cents), "text": "Account fee"}))
}

fn reverse(entry: &Value) -> Value {
    on_account(json!({"entryId": entry, "reason": "Counted twice"}))
}

fn freeze(case: &str) -> Value {
    on_account(json!({"caseId": case, "reason": "Suspected fraud"}))
}

#[test]
fn an_account_opens_empty_for_an_active_customer() {
    let mut desk = unopened();
    let event = desk.records("OpenAccount", open_payload(), "AccountOpened");
    assert_eq!(field(&event, "openedOn"), "2031-05-04", "opened on the bank's day");
    assert_eq!(cents(&desk), (0, 0, 0));
    let exists = desk.refuses("OpenAccount", open_payload(), "account_exists");
    assert_eq!(exists.details["accountId"], "100234");
}

#[test]
fn the_overdraft_may_be_left_out_and_counts_as_available() {
    let mut desk = unopened();
    let mut payload = open_payload();
    payload["overdraftLimit"] = eur(50_000);
    desk.accepts("OpenAccount", payload);
    assert_eq!(cents(&desk), (0, 0, 50_000), "what is available includes the overdraft");
    let mut desk = unopened();
    let mut payload = open_payload();
    payload.as_object_mut().expect("an object").remove("overdraftLimit");
    desk.accepts("OpenAccount", payload);
    assert_eq!(cents(&desk), (0, 0, 0));
}

#[test]
fn an_account_needs_an_active_customer() {
    let mut desk = unopened();
    let mut payload = open_payload();
    payload["customerId"] = "C-9999".into();
    assert_eq!(desk.refuses("OpenAccount", payload, "customer_not_found").details["customerId"], "C-9999");

    let mut customers = desk::Desk::<bank::customer::CustomerDecider>::new();
    customers.state = active_customer();
    customers.accepts("RestrictCustomer", json!({"customerId": "C-1001", "reason": "Review overdue"}));
    let mut desk = desk::Desk::<bank::account::AccountDecider>::new();
    desk.refer("customer-C-1001", customers.state);
    let rejection = desk.refuses("OpenAccount", open_payload(), "customer_not_active");
    assert_eq!(rejection.details["status"], "restricted");
    desk.refer("customer-C-1001", bank::customer::CustomerState::default());
    desk.refuses("OpenAccount", open_payload(), "customer_not_found");
}

#[test]
fn an_account_opens_only_with_a_fitting_overdraft() {
    let mut desk = unopened();
    let with = |changes: &[(&str, Value)]| {
        let mut payload = open_payload();
        changes.iter().for_each(|(key, value)| payload[*key] = value.clone());
        payload
    };
    desk.refuses("OpenAccount", with(&[("currency", "USD".into())]), "currency_mismatch");
    let savings = with(&[("product", "savings".into()), ("overdraftLimit", eur(1))]);
    desk.refuses("OpenAccount", savings, "overdraft_not_offered");
    let high = desk.refuses("OpenAccount", with(&[("overdraftLimit", eur(5_000_001))]), "approval_needed");
    assert_eq!(high.details["threshold"], "50,000.00 EUR");
    desk.accepts("OpenAccount", with(&[("overdraftLimit", eur(5_000_000))]));
}

#[test]
fn nothing_happens_to_an_account_that_does_not_exist() {
    let cases = [
        ("Deposit", amount(1)),
        ("Withdraw", amount(1)),
        ("ChargeFee", fee(1)),
        ("PlaceHold", place("H-1", 1)),
        ("ReversePosting", reverse(&json!("6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11"))),
        ("FreezeAccount", freeze("CASE-1")),
        ("UnfreezeAccount", on_account(json!({"caseId": "CASE-1"}))),
        ("SetOverdraft", on_account(json!({"overdraftLimit": eur(1)}))),
        ("CloseAccount", on_account(json!({"reason": "Gone"}))),
    ];
    for (command, payload) in cases {
        let rejection = unopened().refuses(command, payload, "account_not_found");
        assert_eq!(rejection.message, "There is no account 100234.", "{command}");
    }
}

#[test]
fn a_deposit_debits_the_vault_and_credits_the_account() {
    let mut desk = opened(0);
    let payload = on_account(json!({"amount": eur(10_050), "text": "Counter 3", "valueDate": "2031-05-06"}));
    let event = desk.records("Deposit", payload, "MoneyDeposited");
    let expected = json!([
        {"account": "gl:vault-cash", "side": "debit", "amount": eur(10_050)},
        {"account": "account:100234", "side": "credit", "amount": eur(10_050)},
    ]);
    assert_eq!(field(&event, "postings"), expected);
    assert_eq!((field(&event, "bookingDate"), field(&event, "valueDate")), (json!("2031-05-04"), json!("2031-05-06")));
    assert_eq!(cents(&desk), (10_050, 0, 10_050));
}

#[test]
fn a_withdrawal_takes_at_most_what_is_available() {
    let mut desk = opened(10_000);
    let rejection = desk.refuses("Withdraw", amount(25_000), "insufficient_funds");
    let part = "needs 250.00 EUR, available are 100.00 EUR";
    assert!(rejection.message.contains(part), "{} contains {part}", rejection.message);
    assert_eq!(rejection.details["available"], "100.00 EUR");
    assert_eq!(rejection.details["requested"], "250.00 EUR");
    assert_eq!(rejection.details["overdraftLimit"], "0.00 EUR");
    let event = desk.records("Withdraw", amount(10_000), "MoneyWithdrawn");
    assert_eq!(
        field(&event, "postings")[0],
        json!({"account": "account:100234", "side": "debit", "amount": eur(10_000)})
    );
    assert_eq!(cents(&desk), (0, 0, 0), "to the last cent");
    desk.refuses("Withdraw", amount(1), "insufficient_funds");
}

#[test]
fn money_of_another_currency_is_refused() {
    let mut desk = opened(10_000);
    let dollars = json!({"minor": "1", "currency": "USD"});
    let with_dollars = on_account(json!({"amount": dollars}));
    for command in ["Deposit", "Withdraw"] {
        let rejection = desk.refuses(command, with_dollars.clone(), "currency_mismatch");
        assert_eq!((&*rejection.details["expected"], &*rejection.details["actual"]), ("EUR", "USD"), "{command}");
    }
    desk.refuses("ChargeFee", on_account(json!({"amount": dollars, "text": "Fee"})), "currency_mismatch");
    desk.refuses("SetOverdraft", on_account(json!({"overdraftLimit": dollars})), "currency_mismatch");
}

#[test]
fn value_dates_stay_near_the_booking() {
    let mut desk = opened(10_000);
    let valued = |day: &str| on_account(json!({"amount": eur(1), "valueDate": day}));
    for day in ["2031-05-03", "2031-06-05"] {
        let rejection = desk.refuses("Deposit", valued(day), "value_date_out_of_range");
        assert_eq!(rejection.details["valueDate"], day);
        desk.refuses("Withdraw", valued(day), "value_date_out_of_range");
    }
    desk.accepts("Deposit", valued("2031-05-04"));
    desk.accepts("Withdraw", valued("2031-06-04"));
}

#[test]
fn a_balance_stays_below_its_cap() {
    let mut desk = opened(0);
    let largest = bank::money::AMOUNT_CAP;
    for _ in 0..99 {
        desk.accepts("Deposit", amount(largest));
    }
    let rejection = desk.refuses("Deposit", amount(1), "balance_cap_exceeded");
    assert_eq!(rejection.details["settled"], "990,000,000,000,000.00 EUR");
}

#[test]
fn a_fee_goes_to_fee_income_and_never_below_the_limit() {
    let mut desk = opened(490);
    let event = desk.records("ChargeFee", fee(490), "FeeCharged");
    assert_eq!(field(&event, "postings")[1]["account"], "gl:fee-income");
    desk.refuses("ChargeFee", fee(1), "insufficient_funds");
}

#[test]
fn an_entry_is_undone_once_by_its_mirror_image() {
    let mut desk = opened(0);
    let deposit = desk.records("Deposit", amount(10_000), "MoneyDeposited");
    let entry = field(&deposit, "entryId");
    let reversal = desk.records("ReversePosting", reverse(&entry), "PostingReversed");
    assert_eq!(field(&reversal, "originalEntryId"), entry);
    assert_ne!(field(&reversal, "entryId"), entry, "the reversal is an entry of its own");
    let (AccountEvent::MoneyDeposited(deposit), AccountEvent::PostingReversed(reversal)) = (&deposit, &reversal) else {
        panic!("these are a deposit and a reversal")
    };
    assert_eq!(reversal.postings, deposit.postings.mirrored());
    assert_eq!(cents(&desk), (0, 0, 0));
    let rejection = desk.refuses("ReversePosting", reverse(&entry), "already_reversed");
    assert_eq!(rejection.details["reversedBy"], reversal.entry_id.to_string());
    let own = json!(reversal.entry_id);
    desk.refuses("ReversePosting", reverse(&own), "entry_not_reversible");
    let unknown = json!("6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11");
    desk.refuses("ReversePosting", reverse(&unknown), "entry_not_found");
}

#[test]
fn withdrawals_fees_and_captures_can_be_undone_too() {
    let mut desk = opened(10_000);
    desk.accepts("PlaceHold", place("H-1", 300));
    let capture = on_account(json!({"holdId": "H-1", "amount": eur(250)}));
    let made = [
        desk.records("Withdraw", amount(1_000), "MoneyWithdrawn"),
        desk.records("ChargeFee", fee(490), "FeeCharged"),
        desk.records("CaptureHold", capture, "HoldCaptured"),
    ];
    for event in made {
        desk.records("ReversePosting", reverse(&field(&event, "entryId")), "PostingReversed");
    }
    assert_eq!(cents(&desk), (10_000, 0, 10_000));
}

#[test]
fn undoing_a_deposit_needs_its_money_to_be_there() {
    let mut desk = opened(0);
    let entry = field(&desk.records("Deposit", amount(10_000), "MoneyDeposited"), "entryId");
    desk.accepts("Withdraw", amount(1));
    desk.refuses("ReversePosting", reverse(&entry), "insufficient_funds");
    desk.accepts("Deposit", amount(1));
    desk.accepts("FreezeAccount", freeze("CASE-1"));
    desk.refuses("ReversePosting", reverse(&entry), "account_frozen");
}

#[test]
fn only_recent_entries_can_be_undone() {
    let mut desk = opened(0);
    let entry = field(&desk.records("Deposit", amount(1), "MoneyDeposited"), "entryId");
    for _ in 0..bank::account::state::MAX_ENTRIES {
        desk.accepts("Deposit", amount(1));
    }
    assert_eq!(account(&desk).entries.len(), bank::account::state::MAX_ENTRIES, "the state stays bounded");
    desk.refuses("ReversePosting", reverse(&entry), "entry_not_found");
}

#[test]
fn a_frozen_account_takes_credits_and_refuses_debits() {
    let mut desk = opened(10_000);
    desk.accepts("PlaceHold", place("H-1", 100));
    desk.records("FreezeAccount", freeze("CASE-1"), "AccountFrozen");
    let rejection = desk.refuses("Withdraw", amount(1), "account_frozen");
    assert_eq!(rejection.details["caseId"], "CASE-1");
    desk.refuses("ChargeFee", fee(1), "account_frozen");
    desk.refuses("PlaceHold", place("H-2", 1), "account_frozen");
    desk.refuses("CaptureHold", on_account(json!({"holdId": "H-1", "amount": eur(1)})), "account_frozen");
    desk.refuses("CloseAccount", on_account(json!({"reason": "Gone"})), "account_frozen");
    desk.accepts("Deposit", amount(1));
    desk.accepts("ReleaseHold", on_account(json!({"holdId": "H-1", "reason": "Cancelled"})));
}

#[test]
fn lifting_one_case_leaves_the_others() {
    let mut desk = opened(10_000);
    desk.accepts("FreezeAccount", freeze("CASE-1"));
    desk.accepts("FreezeAccount", freeze("CASE-2"));
    desk.refuses("FreezeAccount", freeze("CASE-1"), "already_frozen");
    desk.records("UnfreezeAccount", on_account(json!({"caseId": "CASE-1"})), "AccountUnfrozen");
    desk.refuses("UnfreezeAccount", on_account(json!({"caseId": "CASE-1"})), "not_frozen");
    assert_eq!(desk.refuses("Withdraw", amount(1), "account_frozen").details["caseId"], "CASE-2");
    desk.accepts("UnfreezeAccount", on_account(json!({"caseId": "CASE-2"})));
    desk.accepts("Withdraw", amount(1));
}

#[test]
fn cases_are_bounded() {
    let mut desk = opened(0);
    for case in 0..32 {
        desk.accepts("FreezeAccount", freeze(&format!("CASE-{case}")));
    }
    assert_eq!(desk.refuses("FreezeAccount", freeze("CASE-32"), "too_many_cases").details["most"], "32");
}

#[test]
fn an_overdraft_is_set_within_the_rules() {
    let limit = |cents: i64| on_account(json!({"overdraftLimit": eur(cents)}));
    let mut desk = opened(10_000);
    desk.records("SetOverdraft", limit(50_000), "OverdraftSet");
    assert_eq!(cents(&desk), (10_000, 0, 60_000));
    desk.changes_nothing("SetOverdraft", limit(50_000));
    desk.accepts("Withdraw", amount(40_000));
    desk.accepts("PlaceHold", place("H-1", 5_000));
    assert_eq!(cents(&desk), (-30_000, 5_000, 15_000));
    let rejection = desk.refuses("SetOverdraft", limit(34_999), "overdraft_in_use");
    assert_eq!((&*rejection.details["needed"], &*rejection.details["requested"]), ("350.00 EUR", "349.99 EUR"));
    desk.accepts("SetOverdraft", limit(35_000));
    assert_eq!(cents(&desk).2, 0, "not a cent is available, and not a cent too little");
}

#[test]
fn a_high_overdraft_is_proposed_by_one_and_approved_by_another() {
    let limit = |cents: i64| on_account(json!({"overdraftLimit": eur(cents)}));
    let hash = |event: &AccountEvent| on_account(json!({"contentHash": field(event, "contentHash")}));
    let mut desk = opened(0);
    let proposal = desk.records("SetOverdraft", limit(5_000_001), "OverdraftProposed");
    assert_eq!(cents(&desk).2, 0, "a proposal gives no money");
    desk.changes_nothing("SetOverdraft", limit(5_000_001));
    assert_eq!(desk.refuses("ApproveOverdraft", hash(&proposal), "same_person").details["actor"], "maker");
    let other = desk.by("assistant").records("SetOverdraft", limit(6_000_000), "OverdraftProposed");
    let rejection = desk.by("checker").refuses("ApproveOverdraft", hash(&proposal), "overdraft_proposal_changed");
    assert_eq!(json!(rejection.details["current"]), field(&other, "contentHash"), "the newest proposal counts");
    desk.by("assistant").refuses("ApproveOverdraft", hash(&other), "same_person");
    let event = desk.by("checker").records("ApproveOverdraft", hash(&other), "OverdraftSet");
    assert_eq!((field(&event, "approvedBy"), cents(&desk).2), (json!("checker"), 6_000_000));
    desk.refuses("ApproveOverdraft", hash(&other), "no_overdraft_proposal");
    let again = desk.by("assistant").records("SetOverdraft", limit(7_000_000), "OverdraftProposed");
    assert_ne!(hash(&again), hash(&other));
    desk.accepts("SetOverdraft", limit(100));
    desk.by("checker").refuses("ApproveOverdraft", hash(&again), "no_overdraft_proposal");
}

#[test]
fn a_proposed_overdraft_can_be_declined_and_withdrawn() {
    let mut desk = opened(0);
    for who in ["checker", "maker"] {
        let proposal = on_account(json!({"overdraftLimit": eur(5_000_001)}));
        let proposal = desk.by("maker").records("SetOverdraft", proposal, "OverdraftProposed");
        let hash = field(&proposal, "contentHash");
        let decline = on_account(json!({"contentHash": hash, "reason": "Income does not bear it"}));
        let event = desk.by(who).records("DeclineOverdraft", decline.clone(), "OverdraftDeclined");
        assert_eq!(field(&event, "declinedBy"), who);
        desk.refuses("DeclineOverdraft", decline, "no_overdraft_proposal");
        desk.by("checker").refuses(
            "ApproveOverdraft",
            on_account(json!({"contentHash": hash})),
            "no_overdraft_proposal",
        );
    }
    assert_eq!(cents(&desk).2, 0);
}

#[test]
fn an_overdraft_from_before_proposals_still_counts() {
    let old = json!({"accountId": "100234", "overdraftLimit": eur(5_000_001), "approvedBy": "checker"});
    let old = AccountEvent::decode("OverdraftSet", &old.to_string()).expect("history decodes");
    let mut desk = opened(0);
    AccountDecider::evolve(&mut desk.state, &old);
    assert_eq!(account(&desk).overdraft_limit.to_string(), "50,000.01 EUR");
}

#[test]
fn a_savings_account_has_no_overdraft() {
    let mut desk = unopened();
    let mut payload = open_payload();
    payload["product"] = "savings".into();
    desk.accepts("OpenAccount", payload);
    desk.refuses("SetOverdraft", on_account(json!({"overdraftLimit": eur(1)})), "overdraft_not_offered");
    desk.changes_nothing("SetOverdraft", on_account(json!({"overdraftLimit": eur(0)})));
}

#[test]
fn only_an_empty_account_closes_and_then_for_good() {
    let close = on_account(json!({"reason": "Customer moves away"}));
    let mut desk = opened(10_000);
    assert_eq!(desk.refuses("CloseAccount", close.clone(), "balance_not_zero").details["settled"], "100.00 EUR");
    desk.accepts("PlaceHold", place("H-1", 100));
    assert_eq!(desk.refuses("CloseAccount", close.clone(), "open_holds").details["held"], "1.00 EUR");
    desk.accepts("ReleaseHold", on_account(json!({"holdId": "H-1", "reason": "Cancelled"})));
    desk.accepts("Withdraw", amount(10_000));
    desk.at(Duration::days(1)).records("CloseAccount", close.clone(), "AccountClosed");
    assert!(matches!(desk.state, AccountState::Closed(_)));
    let cases = [
        ("Deposit", amount(1)),
        ("Withdraw", amount(1)),
        ("ChargeFee", fee(1)),
        ("PlaceHold", place("H-2", 1)),
        ("FreezeAccount", freeze("CASE-1")),
        ("CloseAccount", close),
    ];
    for (command, payload) in cases {
        let rejection = desk.refuses(command, payload, "account_closed");
        assert_eq!(rejection.details["closedOn"], "2031-05-05", "{command}");
    }
    desk.refuses("OpenAccount", open_payload(), "account_exists");
}
