//! The end of the year: long streams get a period, short ones never.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod floor;

use bank::account::{Account, EVENTS_WORTH_A_PERIOD};
use chrono::{DateTime, Utc};
use es_core::TimerDraft;
use floor::{Floor, eur};
use serde_json::json;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn deposits(floor: &mut Floor, count: u64) {
    for _ in 0..count {
        floor.does("Deposit", json!({"accountId": "1", "amount": eur(1)}));
    }
}

fn timers(floor: &Floor) -> Vec<TimerDraft> {
    floor.timers_of("year_end", "account-1")
}

fn account(floor: &Floor) -> Account {
    floor.account("1").open().expect("open").clone()
}

/// So many events has the account since its last period.
fn length(floor: &Floor) -> u64 {
    account(floor).changes - account(floor).period_change
}

fn grown() -> Floor {
    let mut floor = Floor::new();
    let missing = EVENTS_WORTH_A_PERIOD - length(&floor);
    deposits(&mut floor, missing);
    floor
}

#[test]
fn a_short_stream_waits_for_nothing_and_the_event_that_makes_it_long_sets_the_timer() {
    let mut floor = Floor::new();
    let missing = EVENTS_WORTH_A_PERIOD - length(&floor);
    deposits(&mut floor, missing - 1);
    assert_eq!(length(&floor), EVENTS_WORTH_A_PERIOD - 1);
    assert_eq!(timers(&floor), [], "not one event too early");
    deposits(&mut floor, 1);
    let timer = timers(&floor).remove(0);
    assert_eq!((&*timer.name, timer.due_at), ("year-end", at("2032-01-01T00:00:00Z")));
    assert!(timer.command.payload.contains(r#""periodFrom":"2032-01-01""#), "{}", timer.command.payload);
    floor.now = at("2031-12-31T23:59:59Z");
    deposits(&mut floor, 1);
    assert_eq!(timers(&floor), [timer], "what comes later in the year changes nothing");
}

#[test]
fn what_grows_long_by_holds_alone_is_noticed_with_the_next_entry() {
    let mut floor = Floor::new();
    while length(&floor) < EVENTS_WORTH_A_PERIOD + 10 {
        let expires_at = (floor.now + chrono::Duration::days(1)).to_rfc3339();
        let hold_id = format!("H-{}", length(&floor));
        let hold = json!({
            "accountId": "1", "holdId": hold_id, "amount": eur(1), "expiresAt": expires_at, "purpose": "Card payment",
        });
        floor.does("PlaceHold", hold);
        floor.does("ReleaseHold", json!({"accountId": "1", "holdId": hold_id, "reason": "Cancelled"}));
    }
    assert_eq!(timers(&floor), []);
    deposits(&mut floor, 1);
    assert_eq!(timers(&floor).len(), 1);
}

#[test]
fn the_period_is_opened_once_and_the_next_one_must_be_earned_again() {
    let mut floor = grown();
    let timer = timers(&floor).remove(0);
    // Nobody looked on the first of January; the period begins with the year all the same.
    floor.now = at("2032-01-05T09:00:00Z");
    assert_eq!(floor.send(&timer.command, "process:year_end"), Ok(1));
    assert_eq!(floor.send(&timer.command, "process:year_end"), Ok(0), "sent again, it is done already");
    assert_eq!(timers(&floor), [], "the new period is short");
    assert_eq!(length(&floor), 0);
    deposits(&mut floor, EVENTS_WORTH_A_PERIOD);
    let next = timers(&floor).remove(0);
    assert_eq!(next.due_at, at("2033-01-01T00:00:00Z"));
    assert_ne!(next.command.command_id, timer.command.command_id, "another year is another step");
}

#[test]
fn a_period_that_people_open_or_a_closed_account_takes_the_timer_away() {
    let mut floor = grown();
    floor.does("OpenPeriod", json!({"accountId": "1", "periodFrom": "2031-05-05"}));
    assert_eq!(timers(&floor), []);
    let mut floor = grown();
    let settled = account(&floor).settled.minor();
    floor.does("Withdraw", json!({"accountId": "1", "amount": eur(settled)}));
    assert_eq!(timers(&floor).len(), 1);
    floor.does("CloseAccount", json!({"accountId": "1", "reason": "Customer moves away"}));
    assert_eq!(timers(&floor), [], "a closed account opens no period");
}
