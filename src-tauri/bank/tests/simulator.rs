//! The simulator: reproducible, complete, and made of nothing that could not have happened.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod simulated;

use std::collections::{BTreeMap, BTreeSet};

use bank::simulator::{Simulator, SimulatorConfig};
use bank::transfer::TransferState;
use bank::upcasters::older::{accepted, older_forms};
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
        let known = domain.command(&metadata.command_type).is_some() || metadata.command_type == "PrintStatement";
        assert!(known, "{} is a command, or was one", metadata.command_type);
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
    for upcaster in domain.upcasters.upcasters() {
        let old = (upcaster.event_type, upcaster.schema_version);
        assert!(seen.contains(&old), "{old:?} as it was written in the first weeks");
    }
    let times = |wanted: (&str, u32)| -> Vec<_> {
        let own = history.iter().filter(|record| (&*record.event_type, record.schema_version) == wanted);
        own.map(|record| record.recorded_at).collect()
    };
    let changes = [
        (("MoneyDeposited", 1), ("MoneyDeposited", 2)),
        (("CustomerRegistered", 1), ("CustomerRegistered", 2)),
        (("OnboardingApproved", 1), ("OnboardingApproved", 2)),
        (("OnboardingRejected", 1), ("OnboardingRejected", 2)),
        (("FundsReserved", 1), ("FundsReserved", 2)),
        (("FundsReserved", 2), ("FundsReserved", 3)),
        (("TransferAccepted", 1), ("TransferRequested", 1)),
        (("AccountBlocked", 1), ("AccountFrozen", 1)),
        (("TransferRequested", 1), ("TransferRequested", 2)),
        (("TransferValidated", 1), ("TransferValidated", 2)),
        (("TransferDebited", 1), ("TransferDebited", 2)),
        (("TransferCredited", 1), ("TransferCredited", 2)),
        (("TransferDebitReturned", 1), ("TransferDebitReturned", 2)),
        (("TransferParked", 1), ("TransferParked", 2)),
    ];
    for (old, new) in changes {
        assert!(times(old).last() < times(new).first(), "{old:?} changed once and for all to {new:?}");
    }
    let rare = [
        // Their time comes a year and more after this history.
        "KycReviewDue",
        "CustomerRestrictedForReview",
        "PersonalDataErased",
        // The keys of sealed data came later than this history.
        "PersonalDataRevealed",
        // Only when two processes or people meet in the same moment.
        "AccountFreezeRefused",
        "AccountFreezeGone",
        "LinkToCustomerRefused",
        // Only when the processes stand still.
        "TransferOverdue",
        "OrderExecutionsMissed",
        // Only after a kill in the middle of a debit that is being cancelled.
        "SourceReleaseRefused",
    ];
    for absent in rare {
        assert!(domain.event_types.iter().any(|known| known.event_type == absent), "{absent} is an event");
        assert!(seen.iter().all(|(event_type, _)| *event_type != absent), "{absent} happens after all: not rare");
    }
    for known in &domain.event_types {
        let expected = !rare.contains(&known.event_type);
        let found = seen.iter().any(|(event_type, _)| *event_type == known.event_type);
        assert!(found || !expected, "{} happens", known.event_type);
    }
}

#[test]
fn personal_data_are_written_as_they_were_before_there_were_keys() {
    let personal = ["CustomerRegistered", "IdentificationSubmitted", "ContactDetailsChanged"];
    let history = simulated::history(7, 5_000);
    for record in history.iter().filter(|record| personal.contains(&&*record.event_type)) {
        let payload = record.payload.as_json().expect("JSON");
        assert!(!payload.contains("\"mask\""), "event {} has no mask yet: {payload}", record.position);
    }
}

#[test]
fn even_a_small_bank_has_seen_everything_that_goes_wrong() {
    let domain = bank::domain().expect("the domain is sound");
    for seed in [1, 2, 3, 7] {
        let history = simulated::history(seed, 2_000);
        for old in domain.upcasters.upcasters() {
            let old = (old.event_type, old.schema_version);
            let written = |record: &es_core::RecordedEvent| (&*record.event_type, record.schema_version) == old;
            assert!(history.iter().any(written), "seed {seed}: {old:?} is there");
        }
        let seen: BTreeSet<_> = history.iter().map(|record| &*record.event_type).collect();
        for wanted in [
            "CustomerSuspended",
            "CustomerReinstated",
            "AccountFreezeRecorded",
            "AccountFreezeLifted",
            "KycReviewSubmitted",
            "KycReviewCompleted",
            "OverdraftProposed",
            "OverdraftDeclined",
            "PeriodOpened",
            "PeriodClosed",
            "PeriodReopened",
            "PeriodChangeDeclined",
            "EntryExpired",
            "TransferApproved",
            "TransferRefused",
            "TransferApprovalExpired",
            "TransferParked",
            "TransferUnparked",
            "ParkedTransferResolved",
            "RateQuoted",
            "QuoteWithdrawn",
            "ScheduledTransferCreated",
            "StandingOrderCreated",
            "StandingOrderChanged",
            "OrderSuspended",
            "OrderResumed",
            "OrderExecuted",
            "OrderExecutionFailed",
            "OrderInformed",
            "InterestRateSet",
            "InterestAccrued",
            "InterestPosted",
            "LimitsSet",
            "FeeWaived",
            "AccountMarkedDormant",
            "AccountReactivated",
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

/// What the software of the first weeks did not know is not told of them.
#[test]
fn second_persons_rates_and_orders_come_with_the_transfers_of_today() {
    for seed in [1, 7] {
        let history = simulated::history(seed, 2_000);
        let later = |record: &&es_core::RecordedEvent| {
            matches!(record.stream.category(), "order" | "quote") || record.event_type.contains("Approval")
        };
        let last_old =
            history.iter().rfind(|record| (&*record.event_type, record.schema_version) == ("TransferRequested", 1));
        let last_old = last_old.expect("old transfers").position;
        let first = history.iter().find(later).expect("orders, quotes or approvals");
        assert!(first.position > last_old, "seed {seed}: {} at {}", first.event_type, first.position);
    }
}

#[test]
fn a_limit_refuses_and_nothing_is_written_of_it() {
    for seed in [1, 2, 3, 7] {
        let mut simulator = Simulator::new(SimulatorConfig { seed, events: 2_000 }).expect("the domain is sound");
        let written: Vec<_> = simulator.by_ref().flat_map(|append| append.request.parts).collect();
        let events: Vec<_> = written.iter().flat_map(|part| &part.events).collect();
        let mentions = |text: &str| {
            events.iter().filter(|event| event.payload.as_json().is_some_and(|json| json.contains(text))).count() as u64
        };
        // Each refusal came either from a transfer's step, and is then the reason of its rejection, or left no trace.
        let refused = simulator.refusals().get("limit_exceeded").copied().unwrap_or_default();
        let told = mentions(r#""code":"limit_exceeded""#);
        assert!(told >= 1, "seed {seed}: a transfer beyond a limit is rejected");
        assert!(refused > told, "seed {seed}: a cash machine refuses too, {refused} refusals, {told} rejections");
        assert_eq!(mentions("Cash machine 17"), 0, "seed {seed}: and nothing is written of it");
    }
}

/// Reading loses nothing: what an old event reads as, written in its old form, is what is stored, byte for byte.
#[test]
fn what_old_events_read_as_goes_back_to_the_stored_bytes() {
    let domain = bank::domain().expect("the domain is sound");
    let mut dropped = 0;
    for record in simulated::history(7, 20_000) {
        if domain.upcasters.current_version(&record.event_type) == Some(record.schema_version) {
            continue;
        }
        let parts = simulated::current(&domain, &record);
        let forms = match &parts[..] {
            [] => {
                dropped += 1;
                continue;
            }
            [only] => older_forms(&only.event_type, &only.payload, record.recorded_at),
            [requested, validated] => {
                let requested = serde_json::from_str(&requested.payload).expect("a request");
                let validated = serde_json::from_str(&validated.payload).expect("a check");
                accepted(&requested, &validated, record.recorded_at).into_iter().collect()
            }
            more => panic!("event {} has {} parts", record.position, more.len()),
        };
        let stored = forms
            .iter()
            .find(|form| (form.event_type, form.schema_version) == (&*record.event_type, record.schema_version));
        assert_eq!(stored.map(|form| form.payload.as_str()), record.payload.as_json(), "event {}", record.position);
    }
    assert!(dropped > 0, "printed statements are dropped");
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
