//! The transfer process on every path, and on random ones with kills, freezes, closings and people who change their minds.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod cases;
mod floor;

use bank::transfer::TransferStatus;
use cases::cases;
use es_core::{Intervention, Settlement};
use floor::{Floor, eur};
use proptest::prelude::*;
use serde_json::json;

const TRANSIT: &str = "gl:transfers-in-transit";

#[test]
fn a_transfer_runs_from_request_to_credit() {
    let mut floor = Floor::with_transfer_to("2");
    floor.run();
    let steps = ["TransferValidated", "SourceReserved", "SourceDebited", "TransferCompleted"];
    assert_eq!(floor.steps(), steps, "the happy path");
    assert_eq!((floor.settled("1"), floor.settled("2")), (6_000, 4_000), "the money has moved");
    assert_eq!((floor.owed(TRANSIT), floor.held("1")), (0, 0), "nothing is left in transit or held");
    assert!(floor.turn().finished, "nothing will happen any more");
    assert!(floor.turn().timers.is_empty(), "and no timer is left");
}

#[test]
fn accounts_that_cannot_take_part_are_refused_before_anything_is_held() {
    for (target, code) in [("9", "account_not_found"), ("3", "quote_needed")] {
        let mut floor = Floor::with_transfer_to(target);
        floor.run();
        assert_eq!(floor.steps(), ["TransferRejected"], "to account {target}");
        assert_eq!(floor.transfer().problem.expect("a reason").code, code);
        assert_eq!(floor.held("1"), 0, "nothing is held");
        assert!(floor.turn().finished, "it is at an end");
    }
    let mut floor = Floor::with_transfer_to("2");
    floor.does("CloseAccount", json!({"accountId": "2", "reason": "moved away"}));
    floor.run();
    assert_eq!(floor.transfer().problem.expect("a reason").code, "account_closed");
}

#[test]
fn a_transfer_over_more_than_there_is_is_rejected_with_the_numbers() {
    let mut floor = Floor::new();
    floor.request("2", 10_001);
    floor.run();
    assert_eq!(floor.steps(), ["TransferValidated", "TransferRejected"]);
    let problem = floor.transfer().problem.expect("a reason");
    assert_eq!(problem.code, "insufficient_funds");
    assert!(problem.message.contains("100.01 EUR"), "the sentence has the numbers: {}", problem.message);
    assert!(floor.turn().finished, "it is at an end");
}

#[test]
fn a_source_that_is_frozen_after_the_hold_fails_the_transfer_and_is_released() {
    let mut floor = Floor::with_transfer_to("2");
    floor.step();
    floor.step();
    floor.does("FreezeAccount", json!({"accountId": "1", "caseId": "CASE-1", "reason": "fraud"}));
    floor.run();
    let steps = ["TransferValidated", "SourceReserved", "TransferFailed", "SourceReleased"];
    assert_eq!(floor.steps(), steps);
    assert_eq!(floor.transfer().problem.expect("a reason").code, "account_frozen");
    assert_eq!((floor.held("1"), floor.settled("1")), (0, 10_000), "everything is back as it was");
}

#[test]
fn a_frozen_target_still_receives() {
    let mut floor = Floor::with_transfer_to("2");
    floor.does("FreezeAccount", json!({"accountId": "2", "caseId": "CASE-1", "reason": "court order"}));
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Completed, "a freeze refuses debits, not credits");
}

#[test]
fn a_target_that_closes_in_flight_gets_the_money_sent_back() {
    let mut floor = Floor::with_transfer_to("2");
    (0..3).for_each(|_| floor.step());
    assert_eq!((floor.owed(TRANSIT), floor.in_flight()), (4_000, 4_000), "the money is in transit");
    floor.does("CloseAccount", json!({"accountId": "2", "reason": "moved away"}));
    floor.run();
    let compensated =
        ["TransferValidated", "SourceReserved", "SourceDebited", "CompensationStarted", "TransferCompensated"];
    assert_eq!(floor.steps(), compensated);
    assert_eq!((floor.settled("1"), floor.owed(TRANSIT)), (10_000, 0), "the money is back");
    assert_eq!(floor.transfer().problem.expect("a reason").code, "account_closed");
}

#[test]
fn money_that_neither_account_takes_is_parked_in_suspense() {
    let mut floor = Floor::new();
    floor.request("2", 10_000);
    (0..3).for_each(|_| floor.step());
    floor.does("CloseAccount", json!({"accountId": "2", "reason": "moved away"}));
    floor.does("CloseAccount", json!({"accountId": "1", "reason": "moved away"}));
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::ParkedInSuspense);
    assert_eq!((floor.owed(TRANSIT), floor.owed("gl:suspense")), (0, 10_000), "it waits in suspense");
    assert!(floor.turn().finished, "only a person can go on from here");
}

#[test]
fn a_transfer_that_is_late_times_out_and_leaves_nothing_held() {
    for steps in 0..3 {
        let mut floor = Floor::with_transfer_to("2");
        (0..steps).for_each(|_| floor.step());
        let timers = floor.turn().timers;
        assert_eq!(timers.len(), 1, "after {steps} steps the deadline is set");
        assert_eq!((&*timers[0].name, timers[0].due_at), ("deadline", floor.now + bank::transfer::DEADLINE));
        floor.pass(59);
        floor.fire_timers();
        assert_ne!(floor.transfer().status, TransferStatus::Failed, "not before the deadline");
        floor.pass(1);
        floor.fire_timers();
        assert_eq!(floor.transfer().status, TransferStatus::Failed, "after {steps} steps");
        floor.run();
        assert_eq!((floor.held("1"), floor.settled("1"), floor.owed(TRANSIT)), (0, 10_000, 0), "after {steps} steps");
        assert!(floor.turn().finished && floor.turn().timers.is_empty(), "after {steps} steps");
    }
}

#[test]
fn past_the_debit_there_is_no_deadline_and_no_way_to_cancel() {
    let mut floor = Floor::with_transfer_to("2");
    (0..3).for_each(|_| floor.step());
    let names: Vec<_> = floor.turn().timers.into_iter().map(|timer| timer.name).collect();
    assert_eq!(names, ["overdue"], "from here it only goes forward or back; the timer makes a note");
    floor.refuses("CancelTransfer", json!({"transferId": "T-1", "reason": "oops"}), "not_cancellable");
}

#[test]
fn a_cancelled_transfer_leaves_nothing_held() {
    for steps in 0..3 {
        let mut floor = Floor::with_transfer_to("2");
        (0..steps).for_each(|_| floor.step());
        floor.does("CancelTransfer", json!({"transferId": "T-1", "reason": "wrong amount"}));
        floor.run();
        assert_eq!(floor.transfer().status, TransferStatus::Cancelled, "after {steps} steps");
        assert_eq!((floor.held("1"), floor.settled("1")), (0, 10_000), "after {steps} steps");
        assert!(floor.turn().finished, "after {steps} steps");
    }
}

#[test]
fn a_cancellation_while_the_debit_is_under_way_brings_the_money_back() {
    for recorded in [true, false] {
        let mut floor = Floor::with_transfer_to("2");
        floor.step();
        floor.step();
        let answer = floor.dispatch().expect("the debit was carried out");
        assert_eq!(answer.1, Settlement::Done);
        floor.does("CancelTransfer", json!({"transferId": "T-1", "reason": "wrong amount"}));
        if recorded {
            floor.settle(&answer.0, &answer.1);
        }
        // Otherwise the process was killed before it could record the debit, and has to find out.
        floor.run();
        assert_eq!(floor.transfer().status, TransferStatus::Compensated, "recorded: {recorded}");
        assert_eq!((floor.settled("1"), floor.owed(TRANSIT)), (10_000, 0), "recorded: {recorded}");
    }
}

#[test]
fn a_step_that_is_sent_again_changes_nothing() {
    let mut floor = Floor::with_transfer_to("2");
    while let Some(draft) = floor.turn().pending.first().cloned() {
        floor.step();
        let events = floor.log.len();
        assert_eq!(floor.send(&draft, "process:transfer"), Ok(0), "{} is done already", draft.command_type);
        assert_eq!(floor.log.len(), events, "nothing was written");
    }
    assert_eq!(floor.transfer().status, TransferStatus::Completed);
}

#[test]
fn the_same_step_always_has_the_same_id_and_other_steps_have_others() {
    let floor = Floor::with_transfer_to("2");
    assert_eq!(floor.turn(), floor.turn(), "a turn is a function of the state");
    let mut ids = std::collections::BTreeSet::new();
    let mut floor = floor;
    while let Some(draft) = floor.turn().pending.first().cloned() {
        assert!(ids.insert(draft.command_id), "{} has an id of its own", draft.command_type);
        floor.step();
    }
    assert_eq!(ids.len(), 4, "validate, reserve, debit, credit");
}

/// What may happen between two steps.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Step,
    KilledBeforeRecording,
    Cancel,
    CancelBeforeRecording,
    Pass(i64),
    TimersBeforeRecording,
    FreezeSource,
    UnfreezeSource,
    EmptyAndCloseSource,
    CloseTarget,
    ExpireHold,
    Intervene(Intervention),
    InterveneBeforeRecording(Intervention),
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        6 => Just(Trouble::Step),
        4 => Just(Trouble::KilledBeforeRecording),
        3 => Just(Trouble::Cancel),
        1 => Just(Trouble::CancelBeforeRecording),
        2 => (1..2000_i64).prop_map(Trouble::Pass),
        1 => Just(Trouble::TimersBeforeRecording),
        1 => Just(Trouble::FreezeSource),
        1 => Just(Trouble::UnfreezeSource),
        3 => Just(Trouble::EmptyAndCloseSource),
        3 => Just(Trouble::CloseTarget),
        1 => Just(Trouble::ExpireHold),
        2 => prop::sample::select(Intervention::ALL.to_vec()).prop_map(Trouble::Intervene),
        2 => prop::sample::select(Intervention::ALL.to_vec()).prop_map(Trouble::InterveneBeforeRecording),
    ]
}

fn happen(floor: &mut Floor, trouble: Trouble) {
    // People and other processes may be refused; only the transfer process may not.
    let mut people = |command_type: &str, payload| drop(floor.command(command_type, &payload, "somebody"));
    let cancel = || json!({"transferId": "T-1", "reason": "changed my mind"});
    match trouble {
        Trouble::Step => floor.step(),
        Trouble::KilledBeforeRecording => drop(floor.dispatch()),
        Trouble::Cancel => people("CancelTransfer", cancel()),
        Trouble::CancelBeforeRecording => {
            let answer = floor.dispatch();
            drop(floor.command("CancelTransfer", &cancel(), "somebody"));
            answer.into_iter().for_each(|(planned, how)| floor.settle(&planned, &how));
        }
        Trouble::Pass(seconds) => {
            floor.pass(seconds);
            floor.fire_timers();
        }
        Trouble::TimersBeforeRecording => {
            let answer = floor.dispatch();
            floor.pass(70);
            floor.fire_timers();
            answer.into_iter().for_each(|(planned, how)| floor.settle(&planned, &how));
        }
        Trouble::FreezeSource => people("FreezeAccount", json!({"accountId": "1", "caseId": "C", "reason": "x"})),
        Trouble::UnfreezeSource => people("UnfreezeAccount", json!({"accountId": "1", "caseId": "C"})),
        Trouble::EmptyAndCloseSource => {
            let rest = floor.account("1").open().map_or(0, |account| account.available.minor());
            if rest > 0 {
                drop(floor.command("Withdraw", &json!({"accountId": "1", "amount": eur(rest)}), "somebody"));
            }
            drop(floor.command("CloseAccount", &json!({"accountId": "1", "reason": "x"}), "somebody"));
        }
        Trouble::CloseTarget => people("CloseAccount", json!({"accountId": "2", "reason": "x"})),
        Trouble::Intervene(intervention) => drop(floor.intervene(intervention)),
        Trouble::InterveneBeforeRecording(intervention) => {
            let answer = floor.dispatch();
            drop(floor.intervene(intervention));
            answer.into_iter().for_each(|(planned, how)| floor.settle(&planned, &how));
        }
        Trouble::ExpireHold => people("ExpireHold", json!({"accountId": "1", "holdId": "T-1"})),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn transfer_reaches_a_terminal_state(minor in 1_i64..12_000, troubles in prop::collection::vec(trouble(), 0..14)) {
        let mut floor = Floor::new();
        floor.request("2", minor);
        for trouble in &troubles {
            happen(&mut floor, *trouble);
            prop_assert_eq!(floor.owed(TRANSIT), floor.in_flight(), "transit is explained after {:?}", trouble);
            let flying = floor.in_flight();
            prop_assert!(flying == 0 || flying == minor, "the whole amount flies or nothing: {}", flying);
        }
        floor.run();
        prop_assert!(floor.turn().finished, "at an end: {:?}", floor.transfer());
        prop_assert!(floor.turn().timers.is_empty(), "no timer is left");
        prop_assert_eq!(floor.owed(TRANSIT), 0, "nothing is left in transit");
        prop_assert_eq!(floor.held("1"), 0, "nothing is left held");
        let whole = floor.owed("account:1") + floor.owed("account:2") + floor.owed("gl:suspense") + floor.owed("gl:vault-cash");
        prop_assert_eq!(whole, 0, "no money is made or lost");
        let arrived = floor.owed("account:2");
        let completed = floor.transfer().status == TransferStatus::Completed;
        prop_assert_eq!(arrived, if completed { minor } else { 0 }, "it arrives if and only if it completes");
        prop_assert_eq!(floor.owed("gl:suspense") != 0, floor.transfer().status == TransferStatus::ParkedInSuspense);
    }
}
