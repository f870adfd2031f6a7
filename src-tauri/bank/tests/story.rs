//! The story of a transfer: its steps on their lanes, where it stood and where the money was after each.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod cases;
mod floor;

use bank::ids::TransferId;
use bank::posting::GlAccount;
use bank::story::{Candidate, Lane, Mark, Story, story};
use bank::transfer::TransferStatus;
use cases::cases;
use es_core::Intervention;
use floor::Floor;
use proptest::prelude::*;
use serde_json::json;

fn told(floor: &Floor) -> Story {
    let records = floor.records();
    let upcasters = &floor.domain.upcasters;
    let candidate = |recorded| Candidate { recorded, current: upcasters.upcast(recorded).expect("it decodes") };
    let candidates: Vec<_> = records.iter().map(candidate).collect();
    story(&TransferId::new("T-1").expect("an id"), &candidates).expect("there is such a transfer")
}

fn minor(story: &Story, account: GlAccount) -> Vec<i128> {
    let of = |step: &bank::story::StoryStep| {
        let balances = step.balances.iter().filter(|balance| balance.account == account);
        balances.map(|balance| balance.minor).sum()
    };
    story.steps.iter().map(of).collect()
}

#[test]
fn a_transfer_is_told_lane_by_lane_with_the_money_in_flight() {
    let mut floor = Floor::with_transfer_to("2");
    floor.run();
    let story = told(&floor);
    use Lane::{Process, Source, Target};
    let lanes: Vec<_> = story.steps.iter().map(|step| step.lane).collect();
    assert_eq!(lanes, [Process, Process, Source, Process, Source, Process, Target, Process]);
    assert_eq!(minor(&story, GlAccount::TransfersInTransit), [0, 0, 0, 0, 4_000, 4_000, 0, 0]);
    assert_eq!(story.steps[4].after.status, TransferStatus::SourceReserved, "the debit is not recorded yet");
    assert_eq!(story.transfer.status, TransferStatus::Completed);
    assert_eq!(story.steps.last().map(|step| step.mark), Some(Mark::Completed));
    let replies: Vec<_> = story.steps.iter().map(|step| step.from).collect();
    assert_eq!(replies[3], Some(2), "the record follows from the account's answer");
    assert!(story.steps.iter().enumerate().all(|(at, step)| step.from.is_none_or(|from| from < at)));
}

#[test]
fn failure_compensation_and_suspense_are_marked() {
    let mut floor = Floor::with_transfer_to("2");
    while floor.transfer().status.is_before_the_debit() {
        floor.step();
    }
    floor.intervene(Intervention::Park).expect("decided");
    floor.pass(3_600);
    floor.intervene(Intervention::Compensate).expect("decided");
    floor.run();
    let parked = told(&floor);
    let marks: Vec<_> = parked.steps.iter().map(|step| step.mark).filter(|mark| *mark != Mark::Plain).collect();
    assert_eq!(marks, [Mark::Parked, Mark::Completed]);
    assert_eq!(minor(&parked, GlAccount::Suspense).iter().max(), Some(&4_000));
    assert!(parked.steps.last().is_some_and(|step| step.balances.is_empty()), "nothing is left anywhere");

    let mut floor = Floor::with_transfer_to("2");
    while floor.transfer().status.is_before_the_debit() {
        floor.step();
    }
    floor.does("CloseAccount", json!({"accountId": "2", "reason": "moved away"}));
    floor.run();
    let marks: Vec<_> = told(&floor).steps.iter().map(|step| step.mark).filter(|mark| *mark != Mark::Plain).collect();
    assert_eq!(marks, [Mark::Compensation; 3], "started, returned, recorded");

    let mut floor = Floor::new();
    floor.request("2", 20_000);
    floor.run();
    assert_eq!(told(&floor).steps.last().map(|step| step.mark), Some(Mark::Failure), "there is not so much money");
}

#[test]
fn between_currencies_the_position_is_told_too() {
    let mut floor = Floor::with_exchange();
    floor.run();
    let last = told(&floor).steps.pop().expect("a step");
    assert!(last.balances.iter().all(|balance| balance.account == GlAccount::FxPosition), "{:?}", last.balances);
    assert_eq!(last.balances.len(), 2, "the bank has taken one currency and given the other");
}

#[test]
fn an_unknown_transfer_has_no_story() {
    let floor = Floor::new();
    let records = floor.records();
    let candidate =
        |recorded| Candidate { recorded, current: floor.domain.upcasters.upcast(recorded).expect("decodes") };
    let candidates: Vec<_> = records.iter().map(candidate).collect();
    assert_eq!(story(&TransferId::new("T-1").expect("an id"), &candidates), None);
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_money_in_flight_is_what_left_and_has_not_arrived(
        minor in 1_i64..12_000, acts in prop::collection::vec(0_u8..6, 0..14),
    ) {
        let mut floor = Floor::new();
        floor.request("2", minor);
        for act in acts {
            match act {
                0 => drop(floor.intervene(Intervention::Park)),
                1 => drop(floor.intervene(Intervention::Compensate)),
                2 => drop(floor.dispatch()),
                _ => floor.step(),
            }
            let story = told(&floor);
            let last = story.steps.last().expect("a step");
            let sum = |account| last.balances.iter().filter(|b| b.account == account).map(|b| b.minor).sum::<i128>();
            prop_assert_eq!(sum(GlAccount::TransfersInTransit), i128::from(floor.owed("gl:transfers-in-transit")));
            prop_assert_eq!(sum(GlAccount::Suspense), i128::from(floor.owed("gl:suspense")));
            prop_assert_eq!(last.after.status, floor.transfer().status);
        }
    }
}
