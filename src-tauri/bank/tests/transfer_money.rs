//! Transfers between currencies, with fees, with a second person, and out of suspense: to the last minor unit.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod floor;

use bank::transfer::{APPROVAL_WINDOW, DEADLINE, OVERDUE_AFTER, TransferStatus};
use chrono::{DateTime, TimeDelta, Utc};
use floor::{Floor, eur, merged};
use serde_json::{Value, json};

const TRANSIT: &str = "gl:transfers-in-transit";
const SUSPENSE: &str = "gl:suspense";
const FEES: &str = "gl:fee-income";
const POSITION: &str = "gl:fx-position";

fn last_payload(floor: &Floor, event_type: &str) -> Value {
    let last = floor.log.iter().rev().find(|(_, event)| event.event_type == event_type);
    serde_json::from_str(&last.unwrap_or_else(|| panic!("{event_type} happened")).1.payload).expect("JSON")
}

fn close(floor: &mut Floor, account: &str) {
    floor.does("CloseAccount", json!({"accountId": account, "reason": "moved away"}));
}

#[test]
fn a_transfer_between_currencies_goes_through_the_banks_position_in_both() {
    let mut floor = Floor::with_exchange();
    floor.step();
    let pinned = floor.transfer().order.and_then(|order| order.exchange).expect("a pinned rate");
    assert_eq!(pinned.converted.to_string(), "43.34 USD", "40.00 EUR at 1.0834 are 43.336, nearest 43.34");
    assert_eq!((pinned.quoted_by.as_str(), pinned.provenance.as_str()), ("maker", "treasury desk"), "and where from");
    floor.step();
    assert_eq!(floor.held("1"), 4_150, "amount and fee are held together");
    floor.step();
    assert_eq!((floor.in_flight(), floor.owed(TRANSIT), floor.owed(FEES)), (4_000, 4_000, 150), "the amount flies");
    assert_eq!((floor.settled("1"), floor.held("1")), (5_850, 0));
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Completed);
    assert_eq!(floor.settled("3"), 4_334, "the converted amount has arrived");
    assert_eq!((floor.owed(TRANSIT), floor.owed_in(TRANSIT, "USD")), (0, 0), "nothing is left in transit");
    let position = (floor.owed(POSITION), floor.owed_in(POSITION, "USD"));
    assert_eq!(position, (4_000, -4_334), "the bank is long in what it got and short in what it gave");
    let credited = last_payload(&floor, "TransferCredited");
    assert_eq!(credited["postings"].as_array().map(Vec::len), Some(4), "two legs in each currency");
    assert_eq!(credited["fromTransit"], eur(4_000));
}

#[test]
fn the_rounding_difference_stays_in_the_position_and_is_less_than_a_minor_unit() {
    let mut floor = Floor::with_exchange();
    floor.run();
    let order = floor.transfer().order.expect("an order");
    let pinned = order.exchange.expect("a pinned rate");
    let given = pinned.rate.rounding(order.amount, pinned.converted);
    assert_eq!(given, 4_334 * 10_000 - 4_000 * 10_834, "0.4 of a cent was given to the receiver");
    assert!(given.abs() * 2 <= 10_000, "at most half a minor unit either way");
}

#[test]
fn currencies_without_and_with_more_decimals_are_exact() {
    let mut floor = Floor::with_more_accounts();
    floor.quote("Q-1", ("EUR", "JPY"), (8, 5));
    floor.request_with("4", 4_001, json!({"quoteId": "Q-1"})).expect("requested");
    floor.run();
    assert_eq!(floor.settled("4"), 6_402, "40.01 EUR at 160 are 6401.6 yen, nearest 6402");
    assert_eq!((floor.owed(POSITION), floor.owed_in(POSITION, "JPY")), (4_001, -6_402));
}

#[test]
fn a_withdrawn_or_ended_quote_changes_nothing_about_a_rate_that_is_pinned() {
    let mut floor = Floor::with_exchange();
    floor.step();
    floor.does("WithdrawQuote", json!({"quoteId": "Q-1", "reason": "the market has moved"}));
    floor.run();
    assert_eq!((floor.transfer().status, floor.settled("3")), (TransferStatus::Completed, 4_334));
}

#[test]
fn compensation_returns_exactly_the_source_amount_and_the_fee() {
    let mut floor = Floor::with_exchange();
    (0..3).for_each(|_| floor.step());
    close(&mut floor, "3");
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Compensated);
    assert_eq!(floor.settled("1"), 10_000, "as if nothing had happened");
    let left = [floor.owed(TRANSIT), floor.owed(FEES), floor.owed(POSITION), floor.owed_in(POSITION, "USD")];
    assert_eq!(left, [0; 4], "no fee is earned and no currency was exchanged");
}

#[test]
fn an_account_that_cannot_pay_the_fee_rejects_the_transfer() {
    let mut floor = Floor::with_more_accounts();
    floor.request_with("2", 10_000, json!({"tariff": {"flat": eur(1)}})).expect("requested");
    floor.run();
    let problem = floor.transfer().problem.expect("a reason");
    assert_eq!(problem.code, "insufficient_funds");
    assert!(problem.message.contains("100.01 EUR"), "amount and fee are asked for: {}", problem.message);
}

#[test]
fn the_tariff_is_pinned_with_the_request() {
    let tariff = json!({"flat": eur(100), "partsPerMillion": "2000", "maximum": eur(105)});
    let mut floor = Floor::with_more_accounts();
    floor.request_with("2", 4_000, json!({"tariff": tariff})).expect("requested");
    let requested = last_payload(&floor, "TransferRequested");
    assert_eq!((&requested["tariff"], &requested["fee"]), (&tariff, &eur(105)), "terms and fee, as they were agreed");
    floor.run();
    assert_eq!((floor.settled("1"), floor.settled("2"), floor.owed(FEES)), (5_895, 4_000, 105));
}

/// A transfer of 60,000.00 EUR that has been validated.
fn large() -> Floor {
    let mut floor = Floor::with_more_accounts();
    floor.does("Deposit", json!({"accountId": "1", "amount": eur(10_000_000)}));
    floor.request("2", 6_000_000);
    floor.step();
    floor
}

fn approve(floor: &mut Floor) {
    let content_hash = floor.transfer().approval.expect("an approval is needed").content_hash;
    let payload = json!({"transferId": "T-1", "contentHash": content_hash});
    floor.command("ApproveTransfer", &payload, "checker").expect("approved");
}

#[test]
fn a_transfer_above_the_threshold_waits_for_a_second_person() {
    let mut floor = large();
    assert_eq!(floor.transfer().status, TransferStatus::AwaitingApproval);
    let turn = floor.turn();
    assert!(turn.pending.is_empty() && !turn.finished, "it waits, and is not at an end");
    let timers: Vec<_> = turn.timers.iter().map(|timer| (&*timer.name, timer.due_at)).collect();
    assert_eq!(timers, [("approval", floor.now + APPROVAL_WINDOW)], "not for ever");
    assert_eq!(floor.held("1"), 0, "nothing is held meanwhile");
    floor.pass(7_200);
    approve(&mut floor);
    assert_eq!(floor.turn().timers[0].due_at, floor.now + DEADLINE, "from here it has its usual time");
    floor.run();
    assert_eq!((floor.transfer().status, floor.settled("2")), (TransferStatus::Completed, 6_000_000));
}

#[test]
fn at_the_threshold_one_person_is_enough() {
    let mut floor = Floor::with_more_accounts();
    floor.does("Deposit", json!({"accountId": "1", "amount": eur(10_000_000)}));
    floor.request("2", 5_000_000);
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Completed);
}

#[test]
fn a_second_person_can_refuse() {
    let mut floor = large();
    floor.command("RefuseTransfer", &json!({"transferId": "T-1", "reason": "unknown"}), "checker").expect("refused");
    let state = floor.transfer();
    assert_eq!((state.status, state.problem.expect("a reason").code.as_str()), (TransferStatus::Rejected, "refused"));
    assert!(floor.turn().finished, "for good");
}

#[test]
fn the_customer_can_cancel_what_waits_for_approval() {
    let mut floor = large();
    floor.does("CancelTransfer", json!({"transferId": "T-1", "reason": "typed a zero too many"}));
    assert_eq!(floor.transfer().status, TransferStatus::Cancelled);
    assert!(floor.turn().finished && floor.held("1") == 0, "nothing was held");
}

#[test]
fn an_approval_that_nobody_gives_expires() {
    let mut floor = large();
    floor.pass(APPROVAL_WINDOW.num_seconds() - 1);
    floor.fire_timers();
    assert_eq!(floor.transfer().status, TransferStatus::AwaitingApproval, "not before its time");
    floor.pass(1);
    floor.fire_timers();
    let state = floor.transfer();
    assert_eq!(
        (state.status, state.problem.expect("a reason").code.as_str()),
        (TransferStatus::Rejected, "approval_expired")
    );
    assert!(floor.turn().finished && floor.turn().timers.is_empty());
}

#[test]
fn nobody_approves_a_rate_that_is_over() {
    let mut floor = Floor::with_more_accounts();
    floor.does("Deposit", json!({"accountId": "1", "amount": eur(10_000_000)}));
    floor.quote("Q-1", ("EUR", "USD"), (10_834, 10_000));
    floor.request_with("3", 6_000_000, json!({"quoteId": "Q-1"})).expect("requested");
    floor.step();
    let approval = floor.transfer().approval.expect("an approval is needed");
    assert_eq!(approval.expires_at, floor.now + TimeDelta::hours(1), "the quote ends before the window does");
}

#[test]
fn an_approval_is_bound_to_all_of_the_content() {
    let hash = |amount: i64, more: Value| {
        let mut floor = Floor::with_more_accounts();
        floor.quote("Q-1", ("EUR", "USD"), (10_834, 10_000));
        floor.quote("Q-2", ("EUR", "USD"), (10_835, 10_000));
        floor.request_with("3", amount, merged(json!({"quoteId": "Q-1"}), more)).expect("requested");
        floor.step();
        floor.transfer().approval.expect("an approval is needed").content_hash
    };
    let known = hash(6_000_000, json!({}));
    assert_eq!(known, hash(6_000_000, json!({})), "the same content has the same hash");
    let others = [
        hash(6_000_001, json!({})),
        hash(6_000_000, json!({"quoteId": "Q-2"})),
        hash(6_000_000, json!({"reference": "other"})),
        hash(6_000_000, json!({"tariff": {"flat": eur(1)}})),
    ];
    assert!(!others.contains(&known), "amount, rate, words and fee are in it");
}

/// 40.00 EUR for account 3 and a fee of 1.50 EUR, parked because both accounts were closed in between.
fn parked() -> Floor {
    let mut floor = Floor::with_more_accounts();
    floor.does("Withdraw", json!({"accountId": "1", "amount": eur(5_850)}));
    floor.quote("Q-1", ("EUR", "USD"), (10_834, 10_000));
    let more = json!({"quoteId": "Q-1", "tariff": {"flat": eur(150)}});
    floor.request_with("3", 4_000, more).expect("requested");
    (0..3).for_each(|_| floor.step());
    close(&mut floor, "1");
    close(&mut floor, "3");
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::ParkedInSuspense);
    assert_eq!((floor.owed(SUSPENSE), floor.owed(TRANSIT), floor.owed(FEES)), (4_150, 0, 0), "the fee is owed too");
    floor
}

fn resolve(floor: &mut Floor, belongs_to: &str, beneficiary: Option<&str>) {
    let mut payload = json!({"transferId": "T-1", "belongsTo": belongs_to, "reason": "called the customer"});
    if let Some(beneficiary) = beneficiary {
        payload["beneficiary"] = json!(beneficiary);
    }
    floor.command("ResolveParkedTransfer", &payload, "operator").expect("resolved");
}

#[test]
fn a_parked_transfer_goes_back_to_the_sender_with_its_fee() {
    let mut floor = parked();
    resolve(&mut floor, "source", Some("5"));
    assert_eq!((floor.owed(SUSPENSE), floor.owed(TRANSIT), floor.in_flight()), (0, 4_150, 4_150), "in transit again");
    let unparked = last_payload(&floor, "TransferUnparked");
    assert_eq!((&unparked["resolvedBy"], &unparked["beneficiary"]), (&json!("operator"), &json!("5")), "and by whom");
    floor.run();
    assert_eq!((floor.settled("5"), floor.owed(TRANSIT)), (4_150, 0));
    assert_eq!(floor.transfer().status, TransferStatus::Compensated);
    assert!(floor.turn().finished);
    floor.refuses(
        "ResolveParkedTransfer",
        json!({"transferId": "T-1", "belongsTo": "source", "reason": "x"}),
        "not_parked",
    );
}

#[test]
fn a_parked_transfer_goes_on_to_the_receiver_at_its_pinned_rate_and_for_its_fee() {
    let mut floor = parked();
    floor.pass(30 * 86_400);
    floor.does("OpenAccount", json!({"accountId": "6", "customerId": "C-1", "currency": "USD", "product": "current"}));
    resolve(&mut floor, "target", Some("6"));
    assert_eq!((floor.owed(SUSPENSE), floor.owed(TRANSIT), floor.owed(FEES)), (0, 4_000, 150), "the fee is earned");
    floor.run();
    assert_eq!((floor.settled("6"), floor.owed(TRANSIT)), (4_334, 0), "at the rate of a month ago");
    assert_eq!(floor.transfer().status, TransferStatus::Completed);
    assert_eq!((floor.owed(POSITION), floor.owed_in(POSITION, "USD")), (4_000, -4_334));
}

#[test]
fn an_account_that_refuses_parks_the_amount_again_and_a_person_can_send_it_elsewhere() {
    for first in ["source", "target"] {
        let mut floor = parked();
        for round in 1..=2 {
            resolve(&mut floor, first, None);
            floor.run();
            assert_eq!(floor.transfer().status, TransferStatus::ParkedInSuspense, "{first}, round {round}");
            assert_eq!(
                (floor.owed(SUSPENSE), floor.owed(TRANSIT), floor.owed(FEES)),
                (4_150, 0, 0),
                "{first}, {round}"
            );
        }
        resolve(&mut floor, "source", Some("5"));
        floor.run();
        assert_eq!((floor.settled("5"), floor.owed(SUSPENSE), floor.owed(TRANSIT)), (4_150, 0, 0), "after {first}");
    }
}

#[test]
fn a_parking_is_resolved_at_most_once() {
    let mut floor = parked();
    resolve(&mut floor, "source", Some("5"));
    let again = json!({"transferId": "T-1", "belongsTo": "target", "reason": "x"});
    floor.refuses("ResolveParkedTransfer", again, "not_parked");
    let answer = floor.dispatch().expect("the credit was carried out");
    // The process was killed before it could record that, and sends the same command again.
    floor.run();
    assert_eq!(floor.settled("5"), 4_150, "the money arrives once: {answer:?}");
}

#[test]
fn money_that_is_in_flight_for_too_long_is_noted_once_and_nothing_is_guessed() {
    let mut floor = Floor::with_transfer_to("2");
    let deadline: DateTime<Utc> = floor.now + DEADLINE;
    (0..3).for_each(|_| floor.step());
    assert_eq!(floor.turn().timers[0].due_at, deadline + OVERDUE_AFTER);
    floor.pass((DEADLINE + OVERDUE_AFTER).num_seconds());
    floor.fire_timers();
    assert_eq!(floor.transfer().status, TransferStatus::SourceDebited, "the money stays where it is");
    assert_eq!(floor.steps().last(), Some(&"TransferOverdue"), "people can see it");
    assert!(floor.turn().timers.is_empty() && !floor.turn().finished, "and it is noted once");
    floor.does("RecordTransferOverdue", json!({"transferId": "T-1"}));
    assert_eq!(floor.steps().iter().filter(|step| **step == "TransferOverdue").count(), 1, "really once");
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Completed, "the process goes on when it can");
}

#[test]
fn a_hold_outlives_every_deadline_that_the_transfer_gets() {
    let mut floor = large();
    floor.pass(7_200);
    approve(&mut floor);
    floor.step();
    let order = floor.transfer().order.expect("an order");
    let hold = floor.account("1").account().and_then(|a| a.holds.get(&order.hold_id()).cloned()).expect("a hold");
    assert!(hold.expires_at > order.deadline, "{} is after {}", hold.expires_at, order.deadline);
    assert_eq!(order.deadline, floor.now + DEADLINE, "the deadline counts from the approval");
}
