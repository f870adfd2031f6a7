//! Given, when, then: every command of accounts with what it records, and every rule that refuses with how it comes about.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

mod desk;

use std::collections::BTreeSet;

use bank::account::{AccountDecider, AccountRejection, command_descriptors};
use bank::ledger::LedgerDecider;
use chrono::Duration;
use desk::accounts::{account, active_customer, after_expiry, field, open_payload, opened, place, unopened};
use desk::{Desk, eur};
use es_core::DomainEvent;
use serde_json::{Value, json};

type Accounts = Desk<AccountDecider>;
type Given = fn() -> Accounts;
/// A payload, made with what the account is by then.
type When = (&'static str, fn(&Accounts) -> Value);

fn on(extra: Value) -> Value {
    let mut payload = json!({"accountId": "100234"});
    for (key, value) in extra.as_object().expect("an object") {
        payload[key] = value.clone();
    }
    payload
}

fn amount(cents: i64) -> Value {
    on(json!({"amount": eur(cents)}))
}

fn because() -> Value {
    on(json!({"reason": "As agreed"}))
}

fn hold(cents: i64) -> Value {
    on(json!({"holdId": "H-1", "amount": eur(cents)}))
}

fn no_hold() -> Value {
    on(json!({"holdId": "H-1"}))
}

fn release() -> Value {
    on(json!({"holdId": "H-1", "reason": "Order cancelled"}))
}

fn change(cents: i64, expires_at: &str) -> Value {
    on(json!({"holdId": "H-1", "amount": eur(cents), "expiresAt": expires_at}))
}

fn transfer(cents: i64) -> Value {
    on(json!({"transferId": "H-1", "amount": eur(cents)}))
}

fn debit(cents: i64) -> Value {
    on(json!({"transferId": "H-1", "holdId": "H-1", "amount": eur(cents)}))
}

fn give_back(cents: i64) -> Value {
    on(json!({"transferId": "H-1", "amount": eur(cents), "reason": "The target is closed"}))
}

fn case(id: &str) -> Value {
    on(json!({"caseId": id, "reason": "Fraud"}))
}

fn overdraft(cents: i64) -> Value {
    on(json!({"overdraftLimit": eur(cents)}))
}

fn hash_of(desk: &Accounts) -> Value {
    let proposal = account(desk).overdraft_proposal.as_ref();
    json!(proposal.map_or_else(|| "0".repeat(64), |proposal| proposal.content_hash.clone()))
}

fn approve(desk: &Accounts) -> Value {
    on(json!({"contentHash": hash_of(desk)}))
}

fn rate(from: &str) -> Value {
    on(json!({"ratePartsPerMillion": "10000", "dayCount": "ACT/365F", "validFrom": from}))
}

fn through(day: &str) -> Value {
    on(json!({"through": day}))
}

fn period(from: &str) -> Value {
    on(json!({"periodFrom": from}))
}

/// The newest entry, to be undone.
fn newest(desk: &Accounts) -> Value {
    let newest = account(desk).entries.iter().max_by_key(|(_, entry)| entry.change).map(|(id, _)| json!(id));
    on(json!({"entryId": newest, "reason": "Mistake"}))
}

/// The oldest entry.
fn oldest(desk: &Accounts) -> Value {
    let oldest = account(desk).entries.iter().min_by_key(|(_, entry)| entry.change).map(|(id, _)| json!(id));
    on(json!({"entryId": oldest, "reason": "Mistake"}))
}

fn rich() -> Accounts {
    opened(10_000)
}

fn with(mut desk: Accounts, did: &[(&str, Value)]) -> Accounts {
    for (command, payload) in did {
        desk.accepts(command, payload.clone());
    }
    desk
}

fn holding() -> Accounts {
    with(rich(), &[("PlaceHold", place("H-1", 4_000))])
}

fn sent() -> Accounts {
    with(holding(), &[("DebitForTransfer", debit(4_000))])
}

fn late(mut desk: Accounts) -> Accounts {
    desk.at(after_expiry());
    desk
}

fn charged() -> Accounts {
    with(rich(), &[("ChargeFee", on(json!({"amount": eur(490), "text": "Account fee"})))])
}

fn frozen() -> Accounts {
    with(holding(), &[("FreezeAccount", case("CASE-1"))])
}

fn dormant() -> Accounts {
    with(rich(), &[("MarkDormant", because())])
}

/// 3,650.00 EUR at 1 % earn 10 cents a day; nine days are over.
fn earning() -> Accounts {
    let mut desk = with(opened(365_000), &[("SetInterestRate", rate("2031-05-04"))]);
    desk.at(Duration::days(9));
    desk
}

fn accrued() -> Accounts {
    with(earning(), &[("AccrueInterest", through("2031-05-12"))])
}

fn proposed() -> Accounts {
    with(rich(), &[("SetOverdraft", overdraft(6_000_000))])
}

fn checked() -> Accounts {
    let mut desk = proposed();
    desk.by("checker");
    desk
}

/// The limit was 70,000.00 EUR and 65,000.00 of it are in use, when 60,000.00 are proposed.
fn proposed_too_little() -> Accounts {
    let mut desk = with(opened(0), &[("SetOverdraft", overdraft(7_000_000))]);
    let hash = approve(&desk);
    desk.by("checker").accepts("ApproveOverdraft", hash);
    desk.by("maker").accepts("SetOverdraft", overdraft(6_000_000));
    desk.accepts("Withdraw", amount(6_500_000));
    desk.by("checker");
    desk
}

fn savings() -> Accounts {
    let mut payload = open_payload();
    payload["product"] = "savings".into();
    with(unopened(), &[("OpenAccount", payload)])
}

fn closed() -> Accounts {
    with(opened(0), &[("CloseAccount", because())])
}

fn unlinking() -> Accounts {
    with(opened(0), &[("RecordLinkToCustomer", on(json!({}))), ("CloseAccount", because())])
}

fn of_somebody_with_many() -> Accounts {
    let mut customers = Desk::<bank::customer::CustomerDecider>::new();
    customers.state = active_customer();
    for number in 0..bank::customer::limits::MAX_ACCOUNTS {
        let account_id = format!("A-{number}");
        let mut payload = open_payload();
        payload["accountId"] = account_id.as_str().into();
        customers.refer(&format!("account-{account_id}"), with(unopened(), &[("OpenAccount", payload)]).state);
        customers.accepts("LinkAccount", json!({"customerId": "C-1001", "accountId": account_id}));
    }
    let mut desk = Accounts::new();
    desk.refer("customer-C-1001", customers.state);
    desk
}

/// The days through 2031-05-02 are closed by two persons; the account is from before.
fn in_a_closed_period() -> Accounts {
    let mut ledger = Desk::<LedgerDecider>::new();
    let close = json!({"ledger": "general", "through": "2031-05-02", "reason": "April is reconciled"});
    ledger.accepts("ClosePeriod", close);
    let hash = ledger.state.proposal.as_ref().expect("a proposal").content_hash.clone();
    ledger.by("checker").accepts("ApprovePeriodChange", json!({"ledger": "general", "contentHash": hash}));
    let mut desk = unopened();
    desk.at(Duration::days(-10)).accepts("OpenAccount", open_payload());
    desk.at(Duration::zero()).refer("ledger-general", ledger.state);
    desk
}

fn limited() -> Accounts {
    with(rich(), &[("SetLimits", on(json!({"perTransaction": eur(500)})))])
}

fn nobodys() -> Accounts {
    Accounts::new()
}

fn of_somebody_suspended() -> Accounts {
    let mut customers = Desk::<bank::customer::CustomerDecider>::new();
    customers.state = active_customer();
    customers.accepts("SuspendCustomer", json!({"customerId": "C-1001", "reason": "Court order"}));
    let mut desk = Accounts::new();
    desk.refer("customer-C-1001", customers.state);
    desk
}

fn many(command: &'static str, count: i64, payload: fn(i64) -> Value) -> Accounts {
    let mut desk = opened(1_000_000);
    (0..count).for_each(|number| drop(desk.accepts(command, payload(number))));
    desk
}

/// Given, when, and the events that follow.
const RECORDS: &[(Given, When, &[&str])] = &[
    (unopened, ("OpenAccount", |_| open_payload()), &["AccountOpened"]),
    (rich, ("Deposit", |_| amount(1)), &["MoneyDeposited"]),
    (rich, ("Withdraw", |_| amount(10_000)), &["MoneyWithdrawn"]),
    (rich, ("PlaceHold", |_| place("H-1", 10_000)), &["HoldPlaced"]),
    (holding, ("ChangeHold", |_| change(10_000, "2031-05-12T12:00:00Z")), &["HoldChanged"]),
    (holding, ("CaptureHold", |_| hold(4_000)), &["HoldCaptured"]),
    (holding, ("ReleaseHold", |_| release()), &["HoldReleased"]),
    (|| late(holding()), ("ExpireHold", |_| no_hold()), &["HoldExpired"]),
    (holding, ("DebitForTransfer", |_| debit(4_000)), &["TransferDebited"]),
    (rich, ("CreditFromTransfer", |_| transfer(1)), &["TransferCredited"]),
    (sent, ("ReturnTransferDebit", |_| give_back(4_000)), &["TransferDebitReturned"]),
    (rich, ("FreezeAccount", |_| case("CASE-1")), &["AccountFrozen"]),
    (frozen, ("UnfreezeAccount", |_| on(json!({"caseId": "CASE-1"}))), &["AccountUnfrozen"]),
    (rich, ("SetOverdraft", |_| overdraft(5_000_000)), &["OverdraftSet"]),
    (rich, ("SetOverdraft", |_| overdraft(5_000_001)), &["OverdraftProposed"]),
    (checked, ("ApproveOverdraft", approve), &["OverdraftSet"]),
    (
        checked,
        ("DeclineOverdraft", |desk| on(json!({"contentHash": hash_of(desk), "reason": "Too high"}))),
        &["OverdraftDeclined"],
    ),
    (rich, ("ChargeFee", |_| on(json!({"amount": eur(490), "text": "Account fee"}))), &["FeeCharged"]),
    (charged, ("WaiveFee", newest), &["FeeWaived"]),
    (rich, ("ReversePosting", newest), &["PostingReversed"]),
    (rich, ("SetLimits", |_| on(json!({"perDay": eur(1)}))), &["LimitsSet"]),
    (rich, ("MarkDormant", |_| because()), &["AccountMarkedDormant"]),
    (dormant, ("Reactivate", |_| because()), &["AccountReactivated"]),
    (rich, ("SetInterestRate", |_| rate("2031-05-04")), &["InterestRateSet"]),
    (earning, ("AccrueInterest", |_| through("2031-05-12")), &["InterestAccrued"]),
    (accrued, ("PostInterest", |_| on(json!({}))), &["InterestPosted"]),
    (earning, ("SettleInterest", |_| through("2031-05-12")), &["InterestAccrued", "InterestPosted"]),
    (rich, ("OpenPeriod", |_| period("2031-05-04")), &["PeriodOpened"]),
    (rich, ("RecordLinkToCustomer", |_| on(json!({}))), &["LinkedToCustomer"]),
    (
        rich,
        ("RecordLinkToCustomerRefusal", |_| on(json!({"code": "customer_closed", "message": "It has ended."}))),
        &["LinkToCustomerRefused", "AccountFrozen"],
    ),
    (unlinking, ("RecordUnlinkFromCustomer", |_| on(json!({}))), &["UnlinkedFromCustomer"]),
    (|| opened(0), ("CloseAccount", |_| because()), &["AccountClosed"]),
];

/// Given, when, and the code of the rule that refuses.
const REFUSES: &[(Given, When, &str)] = &[
    (unopened, ("Deposit", |_| amount(1)), "account_not_found"),
    (rich, ("OpenAccount", |_| open_payload()), "account_exists"),
    (closed, ("Deposit", |_| amount(1)), "account_closed"),
    (nobodys, ("OpenAccount", |_| open_payload()), "customer_not_found"),
    (of_somebody_suspended, ("OpenAccount", |_| open_payload()), "customer_not_active"),
    (of_somebody_with_many, ("OpenAccount", |_| open_payload()), "too_many_accounts"),
    (rich, ("Deposit", |_| on(json!({"amount": {"minor": "1", "currency": "USD"}}))), "currency_mismatch"),
    (rich, ("Withdraw", |_| amount(10_001)), "insufficient_funds"),
    (frozen, ("CaptureHold", |_| hold(1)), "account_frozen"),
    (dormant, ("Withdraw", |_| amount(1)), "account_dormant"),
    (dormant, ("MarkDormant", |_| because()), "already_dormant"),
    (rich, ("Reactivate", |_| because()), "not_dormant"),
    (limited, ("Withdraw", |_| amount(501)), "limit_exceeded"),
    (
        holding,
        ("DebitForTransfer", |_| {
            let (most, fee) = (eur(bank::money::AMOUNT_CAP), eur(1));
            on(json!({"transferId": "H-1", "holdId": "H-1", "amount": most, "fee": fee}))
        }),
        "fee_not_chargeable",
    ),
    (|| many("Deposit", 98, |_| amount(bank::money::AMOUNT_CAP)), ("Deposit", |_| amount(bank::money::AMOUNT_CAP)), {
        "balance_cap_exceeded"
    }),
    (rich, ("Deposit", |_| on(json!({"amount": eur(1), "valueDate": "2031-06-05"}))), "value_date_out_of_range"),
    (in_a_closed_period, ("Deposit", |_| on(json!({"amount": eur(1), "valueDate": "2031-05-02"}))), "period_closed"),
    (rich, ("OpenPeriod", |_| period("2031-05-05")), "period_out_of_range"),
    (rich, ("ReleaseHold", |_| release()), "hold_not_found"),
    (holding, ("PlaceHold", |_| place("H-1", 1)), "hold_exists"),
    (|| with(holding(), &[("CaptureHold", hold(1))]), ("CaptureHold", |_| hold(1)), "already_captured"),
    (|| with(holding(), &[("ReleaseHold", release())]), ("CaptureHold", |_| hold(1)), "already_released"),
    (|| late(holding()), ("CaptureHold", |_| hold(1)), "hold_expired"),
    (holding, ("ExpireHold", |_| no_hold()), "hold_not_due"),
    (holding, ("ChangeHold", |_| change(1, "2031-05-04T09:00:00Z")), "expiry_in_the_past"),
    (holding, ("CaptureHold", |_| hold(4_001)), "exceeds_hold"),
    (|| many("PlaceHold", 256, |number| place(&format!("H-{number}"), 1)), ("PlaceHold", |_| place("H-X", 1)), {
        "too_many_holds"
    }),
    (sent, ("ReturnTransferDebit", |_| give_back(1)), "transfer_mismatch"),
    (
        sent,
        ("DebitForTransfer", |_| {
            let amount = eur(4_000);
            on(json!({"transferId": "H-1", "holdId": "H-1", "amount": amount, "fee": eur(1)}))
        }),
        "transfer_fee_mismatch",
    ),
    (rich, ("ReturnTransferDebit", |_| give_back(1)), "transfer_not_debited"),
    (frozen, ("FreezeAccount", |_| case("CASE-1")), "already_frozen"),
    (rich, ("UnfreezeAccount", |_| on(json!({"caseId": "CASE-1"}))), "not_frozen"),
    (|| many("FreezeAccount", 32, |number| case(&format!("CASE-{number}"))), ("FreezeAccount", |_| case("CASE-X")), {
        "too_many_cases"
    }),
    (savings, ("SetOverdraft", |_| overdraft(1)), "overdraft_not_offered"),
    (proposed_too_little, ("ApproveOverdraft", approve), "overdraft_in_use"),
    (
        unopened,
        ("OpenAccount", |_| {
            let mut payload = open_payload();
            payload["overdraftLimit"] = eur(5_000_001);
            payload
        }),
        "approval_needed",
    ),
    (rich, ("ApproveOverdraft", approve), "no_overdraft_proposal"),
    (checked, ("ApproveOverdraft", |_| on(json!({"contentHash": "0".repeat(64)}))), "overdraft_proposal_changed"),
    (proposed, ("ApproveOverdraft", approve), "same_person"),
    (rich, ("ReversePosting", |_| on(json!({"entryId": "6f1b0a52-6d0e-5c43-9d3c-0f5c5f0a8a11", "reason": "?"}))), {
        "entry_not_found"
    }),
    (sent, ("ReversePosting", newest), "entry_not_reversible"),
    (
        || {
            let desk = rich();
            let undo = newest(&desk);
            with(desk, &[("ReversePosting", undo)])
        },
        ("ReversePosting", oldest),
        "already_reversed",
    ),
    (
        || {
            let mut desk = opened(0);
            desk.accepts("SetOverdraft", overdraft(1_000));
            desk.accepts("ChargeFee", on(json!({"amount": eur(490), "text": "Account fee"})));
            let waive = newest(&desk);
            with(desk, &[("WaiveFee", waive)])
        },
        ("WaiveFee", oldest),
        "already_waived",
    ),
    (rich, ("WaiveFee", newest), "not_a_fee"),
    (rich, ("AccrueInterest", |_| through("2031-05-03")), "interest_rate_not_set"),
    (rich, ("SetInterestRate", |_| rate("2031-05-03")), "rate_date_out_of_range"),
    (
        || {
            many("SetInterestRate", 16, |number| {
                let mut payload = rate(&format!("2031-05-{:02}", 4 + number));
                payload["ratePartsPerMillion"] = (number + 1).to_string().into();
                payload
            })
        },
        ("SetInterestRate", |_| rate("2031-06-04")),
        "too_many_rates",
    ),
    (earning, ("AccrueInterest", |_| through("2031-05-13")), "day_not_over"),
    (
        || {
            let mut desk = earning();
            desk.at(Duration::days(400));
            desk
        },
        ("AccrueInterest", |_| through("2032-05-10")),
        "too_many_days",
    ),
    (|| with(earning(), &[("Withdraw", amount(365_000))]), ("CloseAccount", |_| because()), "interest_outstanding"),
    (rich, ("CloseAccount", |_| because()), "balance_not_zero"),
    (holding, ("CloseAccount", |_| because()), "open_holds"),
];

#[test]
fn every_command_records_what_follows() {
    let mut shown = BTreeSet::new();
    for (given, (command, payload), events) in RECORDS {
        let mut desk = given();
        let payload = payload(&desk);
        let recorded = desk.accepts(command, payload);
        let types: Vec<&str> = recorded.iter().map(|event| event.event_type().0).collect();
        assert_eq!(types, *events, "{command}");
        assert!(recorded.iter().all(|event| field(event, "accountId") == "100234"), "{command} is about the account");
        shown.insert(*command);
    }
    let all: BTreeSet<&str> = command_descriptors().iter().map(|command| command.command_type).collect();
    assert_eq!(shown, all, "every command is shown to succeed");
}

#[test]
fn every_rule_refuses_and_changes_nothing() {
    let mut produced = BTreeSet::new();
    for (given, (command, payload), code) in REFUSES {
        let mut desk = given();
        let payload = payload(&desk);
        let rejection = desk.refuses(command, payload, code);
        assert!(!rejection.details.is_empty() && rejection.message.ends_with('.'), "{rejection:?} says with what");
        produced.insert(*code);
    }
    let all: BTreeSet<&str> = AccountRejection::CODES.iter().copied().collect();
    assert_eq!(produced, all, "every rule is shown to refuse, and no other code exists");
    assert_eq!(AccountRejection::CODES.len(), all.len(), "each rule has a code of its own");
}

/// Yen have no decimals, dinars three, and the unit of account of Chile four.
#[test]
fn every_exponent_is_exact_to_the_last_minor_unit() {
    let cases = [
        ("JPY", "10,050 JPY", "10,049 JPY", "50,000 JPY"),
        ("EUR", "100.50 EUR", "100.49 EUR", "50,000.00 EUR"),
        ("BHD", "10.050 BHD", "10.049 BHD", "50,000.000 BHD"),
        ("CLF", "1.0050 CLF", "1.0049 CLF", "50,000.0000 CLF"),
    ];
    for (currency, settled, after, threshold) in cases {
        let money = |minor: i64| json!({"minor": minor.to_string(), "currency": currency});
        let mut payload = open_payload();
        payload["currency"] = currency.into();
        payload["overdraftLimit"] = money(5_000_000_000);
        let mut desk = unopened();
        let refusal = desk.refuses("OpenAccount", payload.clone(), "approval_needed");
        assert_eq!(refusal.details["threshold"], threshold, "the threshold is in whole units");
        payload["overdraftLimit"] = money(0);
        desk.accepts("OpenAccount", payload);
        desk.accepts("Deposit", on(json!({"amount": money(10_050)})));
        assert_eq!(account(&desk).settled.to_string(), settled);
        let refusal = desk.refuses("Withdraw", on(json!({"amount": money(10_051)})), "insufficient_funds");
        assert_eq!(refusal.details["available"], settled, "not one minor unit too much");
        desk.accepts("Withdraw", on(json!({"amount": money(1)})));
        assert_eq!(account(&desk).available.to_string(), after);
        desk.accepts("Withdraw", on(json!({"amount": money(10_049)})));
        desk.accepts("CloseAccount", because());
    }
}
