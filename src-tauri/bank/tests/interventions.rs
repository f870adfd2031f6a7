//! What an operator decides about a transfer that does not go on: given its state, what may be decided, and what comes of it.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod floor;

use bank::processes::next_step;
use bank::transfer::{TransferStatus, step_in_flight};
use es_core::Intervention::{self, Cancel, Compensate, Park};
use es_core::step_command_id;
use floor::{Floor, stream};
use serde_json::json;

const TRANSIT: &str = "gl:transfers-in-transit";
const SUSPENSE: &str = "gl:suspense";

/// A transfer of 40.00 EUR from account 1 to account 2 that has debited its source and not credited anybody.
fn debited() -> Floor {
    let mut floor = Floor::with_transfer_to("2");
    while floor.transfer().status.is_before_the_debit() {
        floor.step();
    }
    assert_eq!(floor.transfer().status, TransferStatus::SourceDebited, "the money is in transit");
    floor
}

fn code(floor: &mut Floor, intervention: Intervention) -> String {
    floor.intervene(intervention).expect_err("a rule refuses").code
}

#[test]
fn before_the_debit_it_can_be_cancelled_and_nothing_else() {
    let mut floor = Floor::with_transfer_to("2");
    floor.step();
    assert_eq!(code(&mut floor, Compensate), "not_compensable");
    assert_eq!(code(&mut floor, Park), "not_parkable");
    assert_eq!(floor.intervene(Cancel), Ok(1));
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Cancelled);
    assert_eq!((floor.settled("1"), floor.held("1")), (10_000, 0), "nothing has moved");
}

#[test]
fn a_compensated_transfer_brings_the_money_back_and_credits_nobody() {
    let mut floor = debited();
    assert_eq!(code(&mut floor, Cancel), "not_cancellable");
    assert_eq!(floor.intervene(Compensate), Ok(1));
    assert_eq!(floor.owed(TRANSIT), 4_000, "it is still in transit, on its way back");
    floor.run();
    let transfer = floor.transfer();
    assert_eq!(transfer.status, TransferStatus::Compensated);
    assert_eq!(transfer.problem.expect("it did not complete").message, "somebody has decided");
    assert_eq!((floor.settled("1"), floor.settled("2"), floor.owed(TRANSIT)), (10_000, 0, 0));
    for intervention in Intervention::ALL {
        assert!(floor.intervene(intervention).is_err(), "at its end nothing is left to decide: {intervention:?}");
    }
}

#[test]
fn a_parked_transfer_waits_in_suspense_and_can_be_compensated_from_there() {
    let mut floor = debited();
    assert_eq!(floor.intervene(Park), Ok(1));
    assert_eq!((floor.owed(TRANSIT), floor.owed(SUSPENSE)), (0, 4_000));
    assert_eq!(floor.transfer().status, TransferStatus::ParkedInSuspense);
    assert!(floor.turn().pending.is_empty(), "it waits for a person");
    assert_eq!(code(&mut floor, Park), "not_parkable");
    assert_eq!(floor.intervene(Compensate), Ok(1));
    floor.run();
    assert_eq!(floor.transfer().status, TransferStatus::Compensated);
    assert_eq!((floor.settled("1"), floor.owed(SUSPENSE), floor.owed(TRANSIT)), (10_000, 0, 0));
}

#[test]
fn a_fee_is_parked_and_comes_back_with_the_amount() {
    for intervention in [Park, Compensate] {
        let mut floor = Floor::new();
        floor.request_with("2", 4_000, json!({"tariff": {"flat": floor::eur(150)}})).expect("requested");
        while floor.transfer().status.is_before_the_debit() {
            floor.step();
        }
        assert_eq!(floor.settled("1"), 5_850, "amount and fee are debited");
        assert_eq!(floor.intervene(intervention), Ok(1));
        assert_eq!(floor.owed(SUSPENSE), if intervention == Park { 4_150 } else { 0 });
        if intervention == Park {
            floor.intervene(Compensate).expect("sent back");
        }
        floor.run();
        assert_eq!((floor.settled("1"), floor.owed("gl:fee-income")), (10_000, 0), "{intervention:?}: as it was");
    }
}

#[test]
fn what_goes_back_or_is_sent_on_can_be_parked_too() {
    let mut floor = debited();
    floor.intervene(Compensate).expect("decided");
    assert_eq!(floor.intervene(Park), Ok(1), "on its way back");
    assert_eq!((floor.owed(TRANSIT), floor.owed(SUSPENSE)), (0, 4_000));
    floor.does("ResolveParkedTransfer", json!({"transferId": "T-1", "belongsTo": "target", "reason": "called"}));
    assert_eq!(code(&mut floor, Compensate), "not_compensable", "a person has just sent it to the target");
    assert_eq!(floor.intervene(Park), Ok(1), "on its way out of suspense");
    assert_eq!((floor.owed(TRANSIT), floor.owed(SUSPENSE)), (0, 4_000));
    floor.intervene(Compensate).expect("decided");
    floor.run();
    assert_eq!((floor.settled("1"), floor.settled("2"), floor.owed(SUSPENSE)), (10_000, 0, 0));
}

#[test]
fn a_step_that_was_carried_out_without_a_record_cannot_be_replaced() {
    for intervention in [Compensate, Park] {
        let mut floor = debited();
        let _credited_and_killed = floor.dispatch();
        assert_eq!(floor.settled("2"), 4_000, "the target has the money");
        assert_eq!(code(&mut floor, intervention), "carried_out");
        floor.run();
        assert_eq!(floor.transfer().status, TransferStatus::Completed, "the record is made up for");
        assert_eq!((floor.settled("1"), floor.settled("2")), (6_000, 4_000));
    }
}

#[test]
fn a_decision_has_the_id_of_the_step_that_is_planned() {
    let mut floor = debited();
    for decide in [Compensate, Park] {
        let state = floor.transfer();
        let planned = next_step(&state).expect("a step is planned");
        let name = step_in_flight(&state).expect("money is in flight");
        assert_eq!(planned.step().name_in(&state), name);
        let pending = floor.turn().pending[0].command_id;
        assert_eq!(pending, step_command_id(&stream("transfer-T-1"), &name));
        floor.intervene(decide).expect("decided");
    }
    floor.does("ResolveParkedTransfer", json!({"transferId": "T-1", "belongsTo": "target", "reason": "called"}));
    let state = floor.transfer();
    let name = step_in_flight(&state).expect("money is in flight");
    assert_eq!(next_step(&state).expect("planned").step().name_in(&state), name);
}

#[test]
fn a_transfer_that_does_not_exist_can_only_be_refused() {
    let mut floor = Floor::new();
    for intervention in Intervention::ALL {
        assert_eq!(code(&mut floor, intervention), "transfer_not_found");
    }
}
