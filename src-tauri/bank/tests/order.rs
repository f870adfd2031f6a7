//! Scheduled and standing orders: their rules, their days, and the transfers that come of them.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod floor;

use std::collections::BTreeSet;

use bank::order::{MAX_CATCH_UP, OrderRejection, OrderState, OrderStatus, transfer_of};
use bank::transfer::TransferStatus;
use es_core::{Rejection, StreamName};
use floor::{Floor, eur, merged, stream};
use serde_json::{Value, json};

/// A rule's code, what its sentence must say, and how it is broken.
type Case = (&'static str, &'static [&'static str], fn() -> Rejection);

fn scheduled(more: Value) -> Value {
    let payload = json!({
        "orderId": "SO-1", "source": "1", "target": "2", "amount": eur(1_000), "reference": "savings",
        "dueOn": "2031-05-12",
    });
    merged(payload, more)
}

fn standing(more: Value) -> Value {
    let payload = json!({
        "orderId": "SO-1", "source": "1", "target": "2", "amount": eur(1_000), "reference": "rent",
        "firstOn": "2031-05-12", "interval": "weekly",
    });
    merged(payload, more)
}

fn changed(more: Value) -> Value {
    let payload = json!({"orderId": "SO-1", "target": "5", "amount": eur(2_000), "reference": "more rent"});
    merged(payload, more)
}

fn reasoned() -> Value {
    json!({"orderId": "SO-1", "reason": "as agreed"})
}

fn with(command_type: &str, payload: Value) -> Floor {
    let mut floor = Floor::with_more_accounts();
    floor.does(command_type, payload);
    floor
}

fn refused(floor: &mut Floor, command_type: &str, payload: Value) -> Rejection {
    let events = floor.log.len();
    let rejection = floor.command(command_type, &payload, "maker").expect_err("a rule refuses");
    assert_eq!(floor.log.len(), events, "{command_type}: a refused command writes nothing");
    rejection
}

fn create(more: Value) -> Rejection {
    refused(&mut Floor::with_more_accounts(), "CreateStandingOrder", standing(more))
}

fn change(more: Value) -> Rejection {
    refused(&mut with("CreateStandingOrder", standing(json!({}))), "ChangeStandingOrder", changed(more))
}

const RULES: &[Case] = &[
    ("order_exists", &["SO-1", "active"], || {
        refused(&mut with("CreateStandingOrder", standing(json!({}))), "CreateScheduledTransfer", scheduled(json!({})))
    }),
    ("order_not_found", &["SO-1"], || refused(&mut Floor::with_more_accounts(), "CancelOrder", reasoned())),
    ("same_account", &["account", "1"], || create(json!({"target": "1"}))),
    ("account_unusable", &["Account 3", "currency_mismatch", "USD"], || create(json!({"target": "3"}))),
    ("tariff_unsound", &["tariff_bounds", "3.00 EUR"], || {
        create(json!({"tariff": {"minimum": eur(300), "maximum": eur(200)}}))
    }),
    ("date_in_the_past", &["2031-05-05", "2031-05-04"], || create(json!({"firstOn": "2031-05-04"}))),
    ("too_far_ahead", &["2131-05-05"], || create(json!({"firstOn": "2131-05-05"}))),
    ("two_ends", &["3 days", "2031-06-30"], || create(json!({"count": 3, "lastOn": "2031-06-30"}))),
    ("no_date_left", &["2031-05-12", "2031-05-11"], || create(json!({"lastOn": "2031-05-11"}))),
    ("not_a_standing_order", &["SO-1"], || {
        let mut floor = with("CreateScheduledTransfer", scheduled(json!({})));
        refused(&mut floor, "ChangeStandingOrder", changed(json!({})))
    }),
    ("other_currency", &["EUR", "USD"], || change(json!({"amount": {"minor": "1", "currency": "USD"}}))),
    ("order_over", &["cancelled"], || {
        let mut floor = with("CreateStandingOrder", standing(json!({})));
        floor.does("CancelOrder", reasoned());
        refused(&mut floor, "SuspendOrder", reasoned())
    }),
    ("already_suspended", &["SO-1"], || {
        let mut floor = with("CreateStandingOrder", standing(json!({})));
        floor.does("SuspendOrder", reasoned());
        refused(&mut floor, "SuspendOrder", reasoned())
    }),
    ("not_suspended", &["SO-1"], || {
        refused(&mut with("CreateStandingOrder", standing(json!({}))), "ResumeOrder", reasoned())
    }),
    ("not_due", &["2031-05-12 05:00:00", "2031-05-05 09:00:00"], || {
        let start = json!({"orderId": "SO-1", "dueOn": "2031-05-12"});
        refused(&mut with("CreateStandingOrder", standing(json!({}))), "StartOrderExecution", start)
    }),
];

#[test]
fn every_rule_of_orders_refuses_with_its_numbers() {
    for (code, parts, broken) in RULES {
        let rejection = broken();
        assert_eq!(rejection.code, *code, "{}", rejection.message);
        for part in *parts {
            assert!(rejection.message.contains(part), "{code} tells {part}: {}", rejection.message);
        }
    }
    let tried: BTreeSet<&str> = RULES.iter().map(|(code, ..)| *code).collect();
    let known: BTreeSet<&str> = OrderRejection::CODES.iter().copied().collect();
    assert_eq!(tried, known, "every rule has a case that breaks it");
}

#[test]
fn the_same_rules_hold_for_every_command_that_they_fit() {
    let code = |command_type: &str, payload| refused(&mut Floor::with_more_accounts(), command_type, payload).code;
    let schedule = |more| code("CreateScheduledTransfer", scheduled(more));
    assert_eq!(schedule(json!({"target": "1"})), "same_account");
    assert_eq!(schedule(json!({"source": "9"})), "account_unusable");
    assert_eq!(schedule(json!({"dueOn": "2031-05-04"})), "date_in_the_past");
    assert_eq!(schedule(json!({"tariff": {"flat": {"minor": "1", "currency": "USD"}}})), "tariff_unsound");
    assert_eq!(change(json!({"target": "1"})).code, "same_account");
    assert_eq!(change(json!({"target": "9"})).code, "account_unusable");
    assert_eq!(change(json!({"lastOn": "2031-05-11"})).code, "no_date_left");
    assert_eq!(change(json!({"lastOn": "2031-05-31", "count": 2})).code, "two_ends");
    for command in ["ChangeStandingOrder", "SuspendOrder", "ResumeOrder", "CancelOrder"] {
        let payload = if command == "ChangeStandingOrder" { changed(json!({})) } else { reasoned() };
        assert_eq!(code(command, payload.clone()), "order_not_found", "{command}");
        let mut over = with("CreateStandingOrder", standing(json!({})));
        over.does("CancelOrder", reasoned());
        assert_eq!(refused(&mut over, command, payload).code, "order_over", "{command}");
    }
}

fn order() -> StreamName {
    stream("order-SO-1")
}

fn state(floor: &Floor) -> OrderState {
    floor.state(&order())
}

/// Types of the order's own events after its creation.
fn events(floor: &Floor) -> Vec<&'static str> {
    let own = floor.log.iter().filter(|(stream, _)| stream.category() == "order");
    own.map(|(_, event)| event.event_type).skip(1).collect()
}

/// Days whose executions have begun, as planned.
fn days(floor: &Floor) -> Vec<String> {
    let own = floor.log.iter().filter(|(_, event)| event.event_type == "OrderExecutionStarted");
    let day =
        |payload: &str| serde_json::from_str::<Value>(payload).expect("JSON")["dueOn"].as_str().map(str::to_owned);
    own.filter_map(|(_, event)| day(&event.payload)).collect()
}

fn until(floor: &mut Floor, time: &str) {
    floor.now = time.parse().expect("a time");
    floor.run_all();
}

const EXECUTED: [&str; 3] = ["OrderExecutionStarted", "OrderTransferRequested", "OrderExecuted"];

#[test]
fn a_scheduled_transfer_is_requested_in_the_morning_of_its_day() {
    let mut floor = with("CreateScheduledTransfer", scheduled(json!({"tariff": {"flat": eur(25)}})));
    let timers = floor.turn_at(&order()).timers;
    assert_eq!((&*timers[0].name, timers[0].due_at.to_rfc3339().as_str()), ("due", "2031-05-12T05:00:00+00:00"));
    until(&mut floor, "2031-05-12T04:59:59Z");
    assert_eq!(events(&floor), [] as [&str; 0], "not before");
    until(&mut floor, "2031-05-12T05:00:00Z");
    assert_eq!(events(&floor), EXECUTED, "begun, requested, and told how it ended");
    assert_eq!((floor.settled("1"), floor.settled("2")), (8_975, 1_000), "with its fee");
    assert_eq!(state(&floor).status, OrderStatus::Finished, "it has no other day");
    assert!(floor.turn_at(&order()).finished);
}

#[test]
fn a_day_that_is_no_business_day_is_moved_by_the_convention() {
    for (convention, due) in [("following", "2031-05-12"), ("preceding", "2031-05-09"), ("unadjusted", "2031-05-10")] {
        let payload = scheduled(json!({"dueOn": "2031-05-10", "convention": convention}));
        let floor = with("CreateScheduledTransfer", payload);
        let due_at = floor.turn_at(&order()).timers[0].due_at;
        assert_eq!(due_at.date_naive().to_string(), due, "a Saturday, {convention}");
    }
}

#[test]
fn a_standing_order_is_executed_on_each_of_its_days() {
    let mut floor = with("CreateStandingOrder", standing(json!({"count": 3})));
    for day in ["2031-05-12", "2031-05-19", "2031-05-26"] {
        until(&mut floor, &format!("{day}T06:00:00Z"));
    }
    assert_eq!(events(&floor), [EXECUTED, EXECUTED, EXECUTED].concat());
    assert_eq!(days(&floor), ["2031-05-12", "2031-05-19", "2031-05-26"]);
    assert_eq!(floor.settled("2"), 3_000);
    let state = state(&floor);
    let order = state.order.expect("an order");
    assert_eq!((state.status, order.executed, order.open.len()), (OrderStatus::Finished, 3, 0));
}

#[test]
fn an_execution_that_fails_is_recorded_with_its_reason_and_the_next_day_comes_all_the_same() {
    let mut floor = with("CreateStandingOrder", standing(json!({"amount": eur(10_001), "count": 2})));
    until(&mut floor, "2031-05-12T06:00:00Z");
    let failed = ["OrderExecutionStarted", "OrderTransferRequested", "OrderExecutionFailed"];
    assert_eq!(events(&floor), failed);
    let outcome = state(&floor).order.and_then(|order| order.last_outcome).expect("an outcome");
    assert_eq!(outcome.failure.expect("a failure").0, "insufficient_funds");
    floor.does("Deposit", json!({"accountId": "1", "amount": eur(1)}));
    until(&mut floor, "2031-05-19T06:00:00Z");
    assert_eq!(events(&floor), [failed, EXECUTED].concat());
}

#[test]
fn a_request_that_is_refused_fails_the_execution_at_once() {
    let mut floor = with("CreateScheduledTransfer", scheduled(json!({})));
    let id = transfer_of(&"SO-1".parse().expect("an id"), "2031-05-12".parse().expect("a day"));
    // Somebody has taken the id, which does not happen by chance.
    floor.does(
        "RequestTransfer",
        json!({"transferId": id.as_str(), "source": "1", "target": "5", "amount": eur(1), "reference": ""}),
    );
    until(&mut floor, "2031-05-12T06:00:00Z");
    assert_eq!(events(&floor), ["OrderExecutionStarted", "OrderExecutionFailed"]);
    let outcome = state(&floor).order.and_then(|order| order.last_outcome).expect("an outcome");
    assert_eq!(outcome.failure.expect("a failure").0, "transfer_exists");
}

#[test]
fn an_execution_above_the_threshold_waits_for_a_second_person() {
    let mut floor = Floor::with_more_accounts();
    floor.does("Deposit", json!({"accountId": "1", "amount": eur(10_000_000)}));
    floor.does("CreateScheduledTransfer", scheduled(json!({"amount": eur(6_000_000)})));
    until(&mut floor, "2031-05-12T06:00:00Z");
    assert_eq!(events(&floor), &EXECUTED[..2], "the order is not told before the transfer has ended");
    let transfer = transfer_of(&"SO-1".parse().expect("an id"), "2031-05-12".parse().expect("a day"));
    let waiting: bank::transfer::TransferState = floor.state(&transfer.stream());
    assert_eq!(waiting.status, TransferStatus::AwaitingApproval);
    let content_hash = waiting.approval.expect("an approval is needed").content_hash;
    let payload = json!({"transferId": transfer.as_str(), "contentHash": content_hash});
    floor.command("ApproveTransfer", &payload, "maker").expect("the process has asked, so anybody may approve");
    floor.run_all();
    assert_eq!(events(&floor), EXECUTED);
}

#[test]
fn days_that_nobody_noticed_are_made_up_for_in_order_and_each_once() {
    let mut floor = with("CreateStandingOrder", standing(json!({})));
    until(&mut floor, "2031-06-04T12:00:00Z");
    // 9 June would be the next; Whit Monday is a business day of TARGET.
    assert_eq!(days(&floor), ["2031-05-12", "2031-05-19", "2031-05-26", "2031-06-02"]);
    assert_eq!(floor.settled("2"), 4_000);
    let written = floor.log.len();
    floor.run_all();
    assert_eq!(floor.log.len(), written, "and only once");
}

#[test]
fn a_long_absence_is_made_up_for_within_a_bound_and_the_rest_is_recorded_as_missed() {
    let mut floor = with("CreateStandingOrder", standing(json!({"amount": eur(1)})));
    until(&mut floor, "2032-05-10T12:00:00Z");
    assert_eq!(events(&floor)[0], "OrderExecutionsMissed");
    assert_eq!(events(&floor).iter().filter(|event| **event == "OrderExecutionsMissed").count(), 1, "said once");
    let order = state(&floor).order.expect("an order");
    assert_eq!((order.executed, order.left_out), (MAX_CATCH_UP, 53 - MAX_CATCH_UP), "53 weeks have passed");
    assert_eq!(days(&floor).last().map(String::as_str), Some("2032-05-10"), "the latest are made up for");
}

#[test]
fn days_while_the_order_rests_are_left_out() {
    let mut floor = with("CreateStandingOrder", standing(json!({"count": 4})));
    floor.does("SuspendOrder", reasoned());
    assert!(floor.turn_at(&order()).timers.is_empty(), "nothing is planned while it rests");
    until(&mut floor, "2031-05-20T12:00:00Z");
    floor.does("ResumeOrder", reasoned());
    assert_eq!(state(&floor).order.map(|order| order.left_out), Some(2), "12 and 19 May");
    until(&mut floor, "2031-06-30T12:00:00Z");
    assert_eq!(days(&floor), ["2031-05-26", "2031-06-02"], "the count is of days, not of executions");
    assert_eq!(state(&floor).status, OrderStatus::Finished);
}

#[test]
fn an_order_whose_last_day_passes_while_it_rests_is_finished_when_it_is_resumed() {
    let mut floor = with("CreateStandingOrder", standing(json!({"count": 1})));
    floor.does("SuspendOrder", reasoned());
    floor.pass(30 * 86_400);
    floor.does("ResumeOrder", reasoned());
    assert_eq!(state(&floor).status, OrderStatus::Finished);
}

#[test]
fn a_change_counts_from_the_next_execution_and_not_for_one_that_has_begun() {
    let mut floor = with("CreateStandingOrder", standing(json!({})));
    floor.now = "2031-05-12T06:00:00Z".parse().expect("a time");
    floor.fire_timers_at(&order());
    let planned = floor.turn_at(&order()).pending;
    floor.does("ChangeStandingOrder", changed(json!({})));
    assert_eq!(floor.turn_at(&order()).pending, planned, "a request that may have been sent is sent as it was");
    floor.run_all();
    assert_eq!((floor.settled("2"), floor.settled("5")), (1_000, 0));
    until(&mut floor, "2031-05-19T06:00:00Z");
    assert_eq!((floor.settled("2"), floor.settled("5")), (1_000, 2_000), "to another account, and more");
}

#[test]
fn a_change_can_end_the_order() {
    let mut floor = with("CreateStandingOrder", standing(json!({})));
    floor.does("ChangeStandingOrder", changed(json!({"lastOn": "2031-05-18"})));
    until(&mut floor, "2031-07-01T06:00:00Z");
    assert_eq!(days(&floor), ["2031-05-12"]);
    assert_eq!(state(&floor).status, OrderStatus::Finished);
}

#[test]
fn a_cancelled_order_finishes_what_has_begun() {
    let mut floor = with("CreateStandingOrder", standing(json!({})));
    floor.now = "2031-05-12T06:00:00Z".parse().expect("a time");
    floor.fire_timers_at(&order());
    floor.does("CancelOrder", reasoned());
    until(&mut floor, "2031-07-01T06:00:00Z");
    assert_eq!((days(&floor).len(), floor.settled("2")), (1, 1_000));
    assert!(floor.turn_at(&order()).finished, "and nothing else comes");
}

#[test]
fn a_killed_process_asks_for_the_same_transfer_again() {
    let mut floor = with("CreateStandingOrder", standing(json!({})));
    floor.now = "2031-05-12T06:00:00Z".parse().expect("a time");
    floor.fire_timers_at(&order());
    let first = floor.dispatch_at(&order()).expect("the transfer was requested");
    // Killed before it could record that.
    let second = floor.dispatch_at(&order()).expect("and is asked for again");
    assert_eq!(first, second, "the same command");
    floor.run_all();
    assert_eq!(floor.settled("2"), 1_000, "the money moves once");
}

#[test]
fn an_outcome_that_arrives_before_the_request_is_recorded_is_the_end_of_it() {
    let mut floor = with("CreateStandingOrder", standing(json!({})));
    floor.now = "2031-05-12T06:00:00Z".parse().expect("a time");
    floor.fire_timers_at(&order());
    let (planned, how) = floor.dispatch_at(&order()).expect("the transfer was requested");
    let transfer = transfer_of(&"SO-1".parse().expect("an id"), "2031-05-12".parse().expect("a day")).stream();
    (0..20).for_each(|_| floor.step_at(&transfer));
    assert_eq!(events(&floor), ["OrderExecutionStarted", "OrderExecuted"], "the transfer process was faster");
    floor.settle_at(&order(), &planned, &how);
    assert_eq!(events(&floor), ["OrderExecutionStarted", "OrderExecuted"], "nothing is left to record");
    assert!(floor.turn_at(&order()).pending.is_empty());
}

#[test]
fn a_transfer_that_claims_to_be_an_execution_changes_nothing_about_the_order() {
    let mut floor = with("CreateStandingOrder", standing(json!({})));
    for order_id in ["SO-1", "SO-9"] {
        let more =
            json!({"transferId": format!("T-{order_id}"), "order": {"orderId": order_id, "dueOn": "2031-05-12"}});
        floor.request_with("2", 100, more).expect("requested");
    }
    floor.run_all();
    assert_eq!(events(&floor), [] as [&str; 0], "the order knows its own transfers");
    for stream in ["transfer-T-SO-1", "transfer-T-SO-9"] {
        assert!(floor.turn_at(&floor::stream(stream)).finished, "{stream} does not wait for an answer for ever");
    }
}

#[test]
fn the_transfer_of_a_day_is_always_the_same_and_of_another_day_another() {
    let of = |order: &str, day: &str| transfer_of(&order.parse().expect("an id"), day.parse().expect("a day"));
    assert_eq!(of("SO-1", "2031-05-12"), of("SO-1", "2031-05-12"));
    assert_ne!(of("SO-1", "2031-05-12"), of("SO-1", "2031-05-19"));
    assert_ne!(of("SO-1", "2031-05-12"), of("SO-2", "2031-05-12"));
    assert_eq!(of("SO-1", "2031-05-12").as_str().len(), 32, "however long the order's id is");
}
