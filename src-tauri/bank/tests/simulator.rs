//! The simulator: reproducible, complete, and made of nothing that could not have happened.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod simulated;

use std::collections::{BTreeMap, BTreeSet};

use bank::simulator::{Simulator, SimulatorConfig};
use bank::transfer::TransferState;
use es_core::{AnyState, EventMetadata, EventStore, ImportedAppend, ManualClock};

fn bytes(appends: &[ImportedAppend]) -> String {
    format!("{appends:?}")
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let first = simulated::appends(7, 3_000);
    assert_eq!(first, simulated::appends(7, 3_000), "ids, times, metadata and payloads are the same");
    assert_eq!(bytes(&first), bytes(&simulated::appends(7, 3_000)));
    let other = simulated::appends(8, 3_000);
    assert_ne!(bytes(&first), bytes(&other), "another seed is another bank");
}

#[test]
fn it_makes_exactly_as_many_events_as_asked() {
    for events in [100, 101, 250, 1_000, 4_321] {
        assert_eq!(simulated::history(3, events).len() as u64, events, "{events} events");
    }
    for events in [0, 1, 30] {
        let made = simulated::history(3, events).len() as u64;
        assert!(made >= events && made <= events + 4, "{made} events for {events}");
    }
}

#[test]
fn time_goes_forward_and_stays_within_the_year() {
    for events in [1_000, 8_000] {
        let history = simulated::history(11, events);
        assert!(history.is_sorted_by_key(|record| record.recorded_at), "times never go back");
        let (first, last) = (history[0].recorded_at, history[history.len() - 1].recorded_at);
        assert_eq!(first.date_naive().to_string(), "2025-01-02", "the bank opens");
        assert!(last.date_naive().to_string().starts_with("2025-"), "{events} events fit the year: {last}");
        assert!((last - first).num_days() >= 45, "{events} events take their time: {last}");
    }
}

#[test]
fn every_event_upcasts_decodes_and_folds() {
    let domain = bank::domain().expect("the domain is sound");
    let mut states: BTreeMap<String, AnyState> = BTreeMap::new();
    let history = simulated::history(7, 5_000);
    for record in &history {
        let aggregate = domain.aggregate(record.stream.category()).expect("an aggregate of the category");
        let state = states.entry(record.stream.to_string()).or_insert_with(|| aggregate.initial());
        for event in simulated::current(&domain, record) {
            let folded = aggregate.evolve(state, &event.event_type, &event.payload);
            assert_eq!(folded, Ok(()), "event {} folds", record.position);
        }
        let metadata: EventMetadata = serde_json::from_str(&record.metadata).expect("metadata is the engine's");
        assert_eq!(metadata.channel, "simulator");
        assert!(domain.command(&metadata.command_type).is_some(), "{} is a command", metadata.command_type);
        assert_eq!(record.correlation_id, Some(metadata.correlation_id));
    }
    for process in &domain.processes {
        for (name, state) in states.iter().filter(|(name, _)| name.starts_with(&format!("{}-", process.category()))) {
            let turn = process.turn(&es_core::StreamName::new(name).expect("a stream name"), state);
            assert_eq!(turn.pending, [], "process {} has nothing left to do for {name}", process.name());
        }
    }
    let transfers = states.iter().filter_map(|(name, state)| Some((name, state.downcast_ref::<TransferState>()?)));
    let process = &domain.processes[0];
    for (name, transfer) in transfers {
        let stream = es_core::StreamName::new(name).expect("a stream name");
        let turn = process.turn(&stream, &AnyState::new(transfer.clone()));
        assert!(turn.finished, "{name} is at an end: {}", transfer.status);
    }
}

#[test]
fn every_kind_of_event_in_a_bank_of_twenty_thousand() {
    let domain = bank::domain().expect("the domain is sound");
    let history = simulated::history(7, 20_000);
    let seen: BTreeSet<_> = history.iter().map(|record| (&*record.event_type, record.schema_version)).collect();
    for old in [("MoneyDeposited", 1), ("CustomerRegistered", 1), ("OnboardingApproved", 1)] {
        assert!(seen.contains(&old), "{old:?} as it was written in the first weeks");
        let last_old =
            history.iter().filter(|r| (&*r.event_type, r.schema_version) == old).map(|r| r.recorded_at).max();
        let first_new = history.iter().filter(|r| *r.event_type == *old.0 && r.schema_version == 2);
        assert!(last_old < first_new.map(|r| r.recorded_at).min(), "{} changed once and for all", old.0);
    }
    let rare = [
        "HoldChanged",
        "CustomerRestricted",
        "CustomerRestrictionLifted",
        "CustomerSuspended",
        "CustomerReinstated",
        "CustomerClosed",
        // Not simulated yet.
        "CustomerDeceased",
        "AccountFreezeRecorded",
        "AccountFreezeRefused",
        "AccountFreezeLifted",
        "AccountFreezeGone",
        "KycReviewDue",
        "CustomerRestrictedForReview",
        "KycReviewSubmitted",
        "KycReviewCompleted",
        "ErasureRequested",
        "ErasureRequestWithdrawn",
        "PersonalDataErased",
        "LinkToCustomerRefused",
        "OverdraftProposed",
        "OverdraftDeclined",
        "PeriodOpened",
        "PeriodChangeProposed",
        "PeriodClosed",
        "PeriodReopened",
        "PeriodChangeDeclined",
        "FeeWaived",
        "LimitsSet",
        "AccountMarkedDormant",
        "AccountReactivated",
        "EntryExpired",
        "InterestRateSet",
        "InterestAccrued",
        "InterestPosted",
        "TransferRefused",
        "TransferApprovalExpired",
        "TransferUnparked",
        "ParkedTransferResolved",
        "TransferOverdue",
        "OrderInformed",
        "RateQuoted",
        "QuoteWithdrawn",
        "ScheduledTransferCreated",
        "StandingOrderCreated",
        "StandingOrderChanged",
        "OrderSuspended",
        "OrderResumed",
        "OrderCancelled",
        "OrderExecutionsMissed",
        "OrderExecutionStarted",
        "OrderTransferRequested",
        "OrderExecuted",
        "OrderExecutionFailed",
        // Only after a kill in the middle of a debit that is being cancelled.
        "SourceReleaseRefused",
    ];
    for known in &domain.event_types {
        let expected = !rare.contains(&known.event_type);
        let found = seen.iter().any(|(event_type, _)| *event_type == known.event_type);
        assert!(found || !expected, "{} happens", known.event_type);
    }
}

#[test]
fn even_a_small_bank_has_seen_everything_that_goes_wrong() {
    for seed in [1, 2, 3, 7] {
        let history = simulated::history(seed, 2_000);
        let seen: BTreeSet<_> = history.iter().map(|record| &*record.event_type).collect();
        for wanted in [
            "TransferCompleted",
            "TransferRejected",
            "TransferFailed",
            "TransferCancelled",
            "TransferCompensated",
            "AccountFrozen",
            "PostingReversed",
            "OnboardingRejected",
            "EntryRejected",
            "EntryReversed",
            "HoldReleased",
            "HoldExpired",
            "FeeCharged",
        ] {
            assert!(seen.contains(wanted), "seed {seed}: {wanted} happens");
        }
    }
}

#[test]
fn a_store_takes_it_as_it_comes() {
    es_testkit::run(async {
        let now = "2026-01-01T00:00:00Z".parse().expect("a time");
        let store = es_core::memory::MemoryEventStore::new(std::sync::Arc::new(ManualClock::new(now)));
        let simulator = Simulator::new(SimulatorConfig { seed: 7, events: 1_500 }).expect("the domain is sound");
        let appends: Vec<_> = simulator.collect();
        for chunk in appends.chunks(200) {
            store.import(chunk.to_vec()).await.expect("an import is accepted");
        }
        use es_core::EventReader;
        assert_eq!(store.head().await.expect("a head").get(), 1_500, "all events are there");
    });
}
