//! What happens by itself when its time comes: holds and journal entries expire, interest is settled at the end of each month.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod cases;
mod floor;

use std::collections::BTreeSet;

use bank::account::AccountEvent;
use chrono::{DateTime, Utc};
use es_core::{DomainEvent, TimerDraft};
use floor::{Floor, eur};
use proptest::prelude::*;
use serde_json::{Value, json};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn place(hold: &str, expires_at: &str) -> Value {
    json!({
        "accountId": "1", "holdId": hold, "amount": eur(100), "expiresAt": expires_at, "purpose": "Card payment"
    })
}

fn hold(hold: &str) -> Value {
    json!({"accountId": "1", "holdId": hold})
}

fn names(timers: &[TimerDraft]) -> Vec<String> {
    timers.iter().map(|timer| timer.name.to_string()).collect()
}

/// Goes on to a moment, sending what is due on the way as the runtime does: due timers at the moment when it looks, each once,
/// until none is due.
fn go_on(floor: &mut Floor, process: &str, stream: &str, to: DateTime<Utc>) -> usize {
    floor.now = floor.now.max(to);
    let mut sent = BTreeSet::new();
    loop {
        let due = floor.timers_of(process, stream).into_iter().find(|timer| timer.due_at <= floor.now);
        let Some(due) = due else { return sent.len() };
        assert!(sent.insert(due.command.command_id), "{} comes back: {}", due.name, due.command.payload);
        let made = floor.send(&due.command, &format!("process:{process}")).expect("a due timer is not refused");
        assert!(made > 0, "{} changes something", due.command.command_type);
        assert_eq!(floor.send(&due.command, "process:again"), Ok(0), "sent again, it is done already");
    }
}

fn events_of(floor: &Floor, account: &str) -> Vec<AccountEvent> {
    let own = floor.log.iter().filter(|(stream, _)| stream.as_str() == format!("account-{account}"));
    own.map(|(_, event)| AccountEvent::decode(event.event_type, &event.payload).expect("an event")).collect()
}

#[test]
fn each_open_hold_has_a_timer_and_expires_by_it() {
    let mut floor = Floor::new();
    assert_eq!(names(&floor.timers_of("hold_expiry", "account-1")), Vec::<String>::new());
    floor.does("PlaceHold", place("H-1", "2031-05-06T00:00:00Z"));
    floor.does("PlaceHold", place("H-2", "2031-05-07T00:00:00Z"));
    floor.does("PlaceHold", place("H-3", "2031-05-08T00:00:00Z"));
    let timers = floor.timers_of("hold_expiry", "account-1");
    assert_eq!(names(&timers), ["hold-H-1", "hold-H-2", "hold-H-3"]);
    assert_eq!(timers[1].due_at, at("2031-05-07T00:00:00Z"));
    floor.does("CaptureHold", json!({"accountId": "1", "holdId": "H-2", "amount": eur(100)}));
    assert_eq!(names(&floor.timers_of("hold_expiry", "account-1")), ["hold-H-1", "hold-H-3"]);
    assert_eq!(go_on(&mut floor, "hold_expiry", "account-1", at("2031-05-05T23:59:59Z")), 0, "not a second too early");
    assert_eq!(go_on(&mut floor, "hold_expiry", "account-1", at("2031-05-06T00:00:00Z")), 1);
    assert_eq!(floor.held("1"), 100);
    assert_eq!(go_on(&mut floor, "hold_expiry", "account-1", at("2031-06-01T00:00:00Z")), 1, "late is as good");
    assert_eq!((floor.held("1"), floor.timers_of("hold_expiry", "account-1").len()), (0, 0));
    floor.refuses("ExpireHold", hold("H-1"), "hold_expired");
}

/// A timer that was set for a former expiry finds the hold as it is now.
#[test]
fn a_hold_that_was_changed_meanwhile_keeps_its_money() {
    let mut floor = Floor::new();
    floor.does("PlaceHold", place("H-1", "2031-05-06T00:00:00Z"));
    let former = floor.timers_of("hold_expiry", "account-1").remove(0);
    let change = json!({"accountId": "1", "holdId": "H-1", "amount": eur(100), "expiresAt": "2031-05-09T00:00:00Z"});
    floor.does("ChangeHold", change);
    floor.now = at("2031-05-06T00:00:00Z");
    let refused = floor.send(&former.command, "process:hold_expiry").expect_err("not due any more");
    assert_eq!((refused.code.as_str(), floor.held("1")), ("hold_not_due", 100));
    let new = floor.timers_of("hold_expiry", "account-1").remove(0);
    assert_ne!(new.command.command_id, former.command.command_id, "another command, so that it is not taken for spent");
    assert_eq!(go_on(&mut floor, "hold_expiry", "account-1", at("2031-05-09T00:00:00Z")), 1);
}

#[test]
fn a_frozen_and_dormant_account_lets_its_holds_expire_too() {
    let mut floor = Floor::new();
    floor.does("PlaceHold", place("H-1", "2031-05-06T00:00:00Z"));
    floor.does("FreezeAccount", json!({"accountId": "1", "caseId": "CASE-1", "reason": "Fraud"}));
    floor.does("MarkDormant", json!({"accountId": "1", "reason": "No contact"}));
    assert_eq!(go_on(&mut floor, "hold_expiry", "account-1", at("2031-05-07T00:00:00Z")), 1);
}

fn rate(parts: u32, from: &str) -> Value {
    json!({"accountId": "1", "ratePartsPerMillion": parts.to_string(), "dayCount": "ACT/365F", "validFrom": from})
}

fn postings(floor: &Floor) -> Vec<(i64, String, String)> {
    let posted = |event: AccountEvent| match event {
        AccountEvent::InterestPosted(e) => {
            Some((e.amount.minor(), e.value_date.to_string(), e.booking_date.to_string()))
        }
        _ => None,
    };
    events_of(floor, "1").into_iter().filter_map(posted).collect()
}

/// 3,650.00 EUR at 10 % earn 1.00 EUR a day.
fn earning() -> Floor {
    let mut floor = Floor::new();
    floor.does("Deposit", json!({"accountId": "1", "amount": eur(355_000)}));
    floor.does("SetInterestRate", rate(100_000, "2031-05-05"));
    floor
}

#[test]
fn interest_is_settled_when_a_month_is_over() {
    let mut floor = earning();
    let timer = floor.timers_of("interest", "account-1").remove(0);
    assert_eq!((timer.name.as_ref(), timer.due_at), ("period-end", at("2031-06-01T00:00:00Z")));
    assert_eq!(go_on(&mut floor, "interest", "account-1", at("2031-05-31T23:59:59Z")), 0, "the last day is not over");
    assert_eq!(go_on(&mut floor, "interest", "account-1", at("2031-06-01T00:00:00Z")), 1);
    assert_eq!(postings(&floor), [(2_700, "2031-05-31".into(), "2031-06-01".into())], "27 days");
    assert_eq!(floor.timers_of("interest", "account-1")[0].due_at, at("2031-07-01T00:00:00Z"));
}

#[test]
fn a_late_settlement_catches_up_month_by_month() {
    let (mut late, mut in_time) = (earning(), earning());
    for month in ["2031-06-01", "2031-07-01", "2031-08-01", "2031-09-01", "2031-10-01"] {
        go_on(&mut in_time, "interest", "account-1", at(&format!("{month}T00:00:00Z")));
    }
    assert_eq!(go_on(&mut late, "interest", "account-1", at("2031-10-17T09:00:00Z")), 5, "five months, five steps");
    let valued = |floor: &Floor| -> Vec<(i64, String)> {
        postings(floor).into_iter().map(|(amount, value_date, _)| (amount, value_date)).collect()
    };
    assert_eq!(valued(&late), valued(&in_time), "the same amounts on the same days, interest on interest included");
    assert_eq!(valued(&late).last().map(|(_, day)| day.as_str()), Some("2031-09-30"));
    assert!(postings(&late).iter().all(|(_, _, booked)| booked == "2031-10-17"), "booked when it happened");
    let accounts = (late.account("1"), in_time.account("1"));
    let interest = |state: &bank::account::AccountState| state.account().expect("open").interest.clone();
    assert_eq!(interest(&accounts.0), interest(&accounts.1), "to the last fraction");
}

#[test]
fn people_may_accrue_in_between_and_the_month_is_still_settled() {
    let mut floor = earning();
    floor.now = at("2031-05-20T09:00:00Z");
    floor.does("AccrueInterest", json!({"accountId": "1", "through": "2031-05-19"}));
    floor.does("PostInterest", json!({"accountId": "1"}));
    floor.now = at("2031-06-02T09:00:00Z");
    assert_eq!(go_on(&mut floor, "interest", "account-1", at("2031-06-02T09:00:00Z")), 1);
    let amounts: Vec<i64> = postings(&floor).into_iter().map(|(amount, _, _)| amount).collect();
    assert_eq!(amounts, [1_500, 1_205], "15 days, and 12 more with interest on the first 15.00");
}

#[test]
fn without_a_rate_or_an_open_account_there_is_nothing_to_settle() {
    let mut floor = Floor::new();
    assert!(floor.timers_of("interest", "account-1").is_empty());
    floor.does(
        "SetInterestRate",
        json!({
            "accountId": "2", "ratePartsPerMillion": "1", "dayCount": "ACT/360", "validFrom": "2032-01-15"
        }),
    );
    assert_eq!(floor.timers_of("interest", "account-2")[0].due_at, at("2032-02-01T00:00:00Z"), "the rate's own month");
    floor.does("CloseAccount", json!({"accountId": "2", "reason": "Never used"}));
    assert!(floor.timers_of("interest", "account-2").is_empty());
    assert!(floor.timers_of("interest", "account-9").is_empty(), "an account that does not exist");
}

/// The ledger of May is closed before the interest of May is settled: its value date is the first day that is open.
#[test]
fn late_interest_is_not_posted_into_a_closed_period() {
    let mut floor = earning();
    floor.now = at("2031-06-10T09:00:00Z");
    floor.does("ClosePeriod", json!({"ledger": "general", "through": "2031-05-31", "reason": "May is reconciled"}));
    go_on(&mut floor, "interest", "account-1", at("2031-06-10T09:00:00Z"));
    assert_eq!(postings(&floor), [(2_700, "2031-06-01".into(), "2031-06-10".into())]);
}

fn draft(description: &str) -> Value {
    json!({
        "transactionId": "J-1", "description": description,
        "postings": [
            {"account": "gl:nostro", "side": "debit", "amount": eur(100)},
            {"account": "gl:equity", "side": "credit", "amount": eur(100)},
        ],
    })
}

#[test]
fn a_journal_entry_that_nobody_posts_expires() {
    let mut floor = Floor::new();
    assert!(floor.timers_of("entry_expiry", "transaction-J-1").is_empty());
    floor.does("DraftEntry", draft("Capital"));
    let first = floor.timers_of("entry_expiry", "transaction-J-1").remove(0);
    assert_eq!(first.due_at, at("2031-06-04T00:00:00Z"));
    floor.now = at("2031-05-20T09:00:00Z");
    floor.does("DraftEntry", draft("Capital of the owners"));
    let second = floor.timers_of("entry_expiry", "transaction-J-1").remove(0);
    assert_eq!(second.due_at, at("2031-06-19T00:00:00Z"), "a new draft has its own time");
    assert_ne!(first.command.command_id, second.command.command_id);
    assert_eq!(go_on(&mut floor, "entry_expiry", "transaction-J-1", at("2031-06-18T23:59:59Z")), 0);
    assert_eq!(go_on(&mut floor, "entry_expiry", "transaction-J-1", at("2031-06-19T00:00:00Z")), 1);
    assert!(floor.timers_of("entry_expiry", "transaction-J-1").is_empty(), "it is over");
}

#[test]
fn a_rejected_entry_waits_for_nothing() {
    let mut floor = Floor::new();
    floor.does("DraftEntry", draft("Capital"));
    floor.does("SubmitEntry", json!({"transactionId": "J-1"}));
    assert_eq!(floor.timers_of("entry_expiry", "transaction-J-1").len(), 1, "also when it is submitted");
    floor.does("RejectEntry", json!({"transactionId": "J-1", "reason": "Wrong account"}));
    assert!(floor.timers_of("entry_expiry", "transaction-J-1").is_empty());
}

/// What a process does not wake on must change neither its turn nor its timers.
#[test]
fn whatever_changes_the_timers_wakes_the_process() {
    let mut floor = earning();
    let asks = [
        ("PlaceHold", place("H-1", "2031-05-06T00:00:00Z")),
        ("PlaceHold", place("H-2", "2031-05-09T00:00:00Z")),
        (
            "ChangeHold",
            json!({"accountId": "1", "holdId": "H-1", "amount": eur(50), "expiresAt": "2031-05-07T00:00:00Z"}),
        ),
        ("Deposit", json!({"accountId": "1", "amount": eur(1)})),
        ("CaptureHold", json!({"accountId": "1", "holdId": "H-1", "amount": eur(1)})),
        ("ReleaseHold", json!({"accountId": "1", "holdId": "H-2", "reason": "Cancelled"})),
        ("PlaceHold", place("T-1", "2031-05-09T00:00:00Z")),
        ("OpenPeriod", json!({"accountId": "1", "periodFrom": "2031-05-05"})),
        ("DebitForTransfer", json!({"accountId": "1", "transferId": "T-1", "holdId": "T-1", "amount": eur(100)})),
        ("SetOverdraft", json!({"accountId": "1", "overdraftLimit": eur(100)})),
        ("SetInterestRate", rate(1, "2031-05-06")),
        ("FreezeAccount", json!({"accountId": "1", "caseId": "CASE-1", "reason": "Fraud"})),
        ("UnfreezeAccount", json!({"accountId": "1", "caseId": "CASE-1"})),
    ];
    let historical: Vec<_> = floor.domain.upcasters.upcasters().map(|upcaster| upcaster.event_type).collect();
    for process in ["hold_expiry", "interest", "year_end", "account_links"] {
        let wakes_on = floor.domain.processes.iter().find(|p| p.name() == process).expect("a process").wakes_on();
        let known = bank::account::event_type_descriptors();
        for name in wakes_on {
            let exists = known.iter().any(|event| event.event_type == *name) || historical.contains(name);
            assert!(exists, "{process} wakes on {name}, which exists");
        }
    }
    for (command, payload) in asks {
        let before = ["hold_expiry", "interest"].map(|process| floor.timers_of(process, "account-1"));
        let from = floor.log.len();
        floor.does(command, payload);
        for (process, before) in ["hold_expiry", "interest"].into_iter().zip(before) {
            let known = floor.domain.processes.iter().find(|p| p.name() == process).expect("a process");
            let woken = floor.log[from..].iter().any(|(_, event)| known.wakes_on().contains(&event.event_type));
            assert!(woken || floor.timers_of(process, "account-1") == before, "{command} wakes {process}");
        }
    }
}

proptest! {
    #![proptest_config(cases::cases())]

    /// Whenever somebody looks: every hold that is over is expired once, and no other.
    #[test]
    fn every_hold_expires_once_however_late(expiries in prop::collection::vec(1_i64..500, 1..8), looks in prop::collection::vec(1_i64..200, 1..8)) {
        let mut floor = Floor::new();
        let start = floor.now;
        for (number, minutes) in expiries.iter().enumerate() {
            let expires_at = (start + chrono::Duration::minutes(*minutes)).to_rfc3339();
            floor.does("PlaceHold", place(&format!("H-{number}"), &expires_at));
        }
        for minutes in looks {
            let now = floor.now + chrono::Duration::minutes(minutes);
            go_on(&mut floor, "hold_expiry", "account-1", now);
            let over = expiries.iter().filter(|minutes| start + chrono::Duration::minutes(**minutes) <= floor.now).count();
            let expired = events_of(&floor, "1").iter().filter(|event| event.event_type().0 == "HoldExpired").count();
            prop_assert_eq!(expired, over);
            prop_assert_eq!(floor.held("1"), 100 * (expiries.len() - over) as i64);
        }
    }
}
