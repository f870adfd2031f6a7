//! What a process is not woken by changes neither what it wants sent nor what it waits for.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod simulated;

use std::collections::{BTreeMap, BTreeSet};

use es_core::{AnyState, Domain, RecordedEvent};

/// Folds streams of a category and tells of each event that a process is not woken by and that changed its turn all the same.
fn unnoticed(domain: &Domain, history: &[RecordedEvent]) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    let mut states: BTreeMap<String, AnyState> = BTreeMap::new();
    for record in history {
        let category = record.stream.category();
        let processes: Vec<_> = domain.processes.iter().filter(|process| process.category() == category).collect();
        let aggregate = domain.aggregate(category).expect("an aggregate of the category");
        let state = states.entry(record.stream.to_string()).or_insert_with(|| aggregate.initial());
        let asleep = |process: &&&std::sync::Arc<dyn es_core::Process>| {
            !process.wakes_on().is_empty() && !process.wakes_on().contains(&&*record.event_type)
        };
        let before: Vec<_> =
            processes.iter().filter(asleep).map(|process| (*process, process.turn(&record.stream, state))).collect();
        for event in simulated::current(domain, record) {
            aggregate.evolve(state, &event.event_type, &event.payload).expect("an event folds");
        }
        for (process, before) in before {
            if process.turn(&record.stream, state) != before {
                found.insert((process.name(), record.event_type.to_string()));
            }
        }
    }
    found
}

#[test]
fn no_process_sleeps_through_what_changes_its_turn() {
    let domain = bank::domain().expect("the domain is sound");
    for (seed, events) in [(7, 6_000), (3, 2_000)] {
        let history = simulated::history(seed, events);
        assert_eq!(unnoticed(&domain, &history), BTreeSet::new(), "seed {seed}");
    }
}

/// A process may have lost its checkpoint and find only the last period of an account: that wakes it.
#[test]
fn a_period_wakes_every_process_of_accounts() {
    let domain = bank::domain().expect("the domain is sound");
    for process in domain.processes.iter().filter(|process| process.category() == "account") {
        let wakes_on = process.wakes_on();
        let woken = wakes_on.is_empty() || wakes_on.contains(&"PeriodOpened");
        assert!(woken, "{} wakes on PeriodOpened", process.name());
    }
}

/// Names that are only stored any more stand beside those that they are read as.
#[test]
fn what_wakes_a_process_by_its_present_name_wakes_it_by_its_former_one() {
    let domain = bank::domain().expect("the domain is sound");
    let mut renamed = 0;
    for process in domain.processes.iter().filter(|process| !process.wakes_on().is_empty()) {
        for upcaster in domain.upcasters.upcasters() {
            let present = upcaster.targets.iter().any(|(target, _)| process.wakes_on().contains(target));
            let (name, former) = (process.name(), upcaster.event_type);
            assert!(!present || process.wakes_on().contains(&former), "{name} wakes on {former} too");
            renamed += usize::from(present && upcaster.targets.iter().all(|(target, _)| *target != former));
        }
    }
    assert!(renamed > 0, "some type has another name today");
}
