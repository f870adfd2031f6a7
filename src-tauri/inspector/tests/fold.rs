//! Time travel: any version is the fold of its prefix, failures are steps, kept states change nothing.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

mod common;

use std::ops::ControlFlow;
use std::sync::Arc;

use common::{Fixture, ShelfDecider, domain, event, fixture, put};
use es_core::{Aggregate, Domain, Erased, EventReader, NewEvent, Position, StreamName, StreamVersion};
use inspector::{Change, InspectError, Inspector, Overrides, Source, Until, View, fold};
use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

fn inspector(fixture: &Fixture) -> Inspector {
    Inspector::new(fixture.store.clone(), Arc::new(domain()), View { display: None })
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn token() -> CancellationToken {
    CancellationToken::new()
}

/// The state after the first `version` events, folded here and not by the inspector.
fn prefix_state(domain: &Domain, events: &[NewEvent], version: usize) -> String {
    let shelf = Erased::<ShelfDecider>::new();
    let mut state = shelf.initial();
    for event in &events[..version] {
        let payload = event.payload.as_json().expect("json");
        if *event.event_type == *"Put" && event.schema_version == 1 {
            for part in serde_json::from_str::<Vec<serde_json::Value>>(payload).expect("a pair") {
                shelf.evolve(&mut state, "Put", &part.to_string()).expect("sound");
            }
        } else if *event.event_type != *"Dusted" {
            shelf.evolve(&mut state, &event.event_type, payload).expect("sound");
        }
    }
    assert_eq!(domain.name, "shelves");
    shelf.state_json(&state)
}

fn random_event() -> impl Strategy<Value = (u8, u64, u64)> {
    (0_u8..5, 0_u64..6, (1_u64 << 53)..(1 << 54))
}

fn history(choices: &[(u8, u64, u64)]) -> Vec<NewEvent> {
    let one = |(at, (kind, id, weight)): (usize, &(u8, u64, u64))| {
        let number = at as u64 + 1;
        match kind {
            0 | 1 => put(number, *id, *weight),
            2 => event(number, "Taken", 1, &format!("\"b{id}\"")),
            3 => {
                event(number, "Put", 1, &format!(r#"[{{"id":"b{id}","weight":{weight}}},{{"id":"c{id}","weight":1}}]"#))
            }
            _ => event(number, "Dusted", 1, "{}"),
        }
    };
    choices.iter().enumerate().map(one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn as_of_equals_prefix_replay(
        choices in proptest::collection::vec(random_event(), 1..40),
        looks in proptest::collection::vec((0_usize..40, 0_usize..40), 1..12),
    ) {
        let events = history(&choices);
        block_on(async {
            let fixture = fixture(events.clone()).await;
            let (inspector, domain) = (inspector(&fixture), domain());
            for (version, other) in looks {
                let (version, other) = (version % (events.len() + 1), other % (events.len() + 1));
                let compared = Some(StreamVersion(other as u64));
                let view = inspector
                    .state_at(&fixture.stream, StreamVersion(version as u64), compared, &token())
                    .await
                    .expect("a state");
                let (now, before) = (prefix_state(&domain, &events, version), prefix_state(&domain, &events, other));
                prop_assert_eq!(&view.state, &now, "state at {}", version);
                prop_assert_eq!(view.changed_paths, inspector.view().diff(&before, &now).changed_paths);
            }
            let steps = inspector.steps(&fixture.stream, StreamVersion::ZERO, 100, &token()).await.expect("steps");
            prop_assert_eq!(steps.len(), events.len());
            for (at, step) in steps.iter().enumerate() {
                prop_assert_eq!(&step.before, &prefix_state(&domain, &events, at));
                prop_assert_eq!(&step.after, &prefix_state(&domain, &events, at + 1));
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_long_stream_opens_anywhere_and_backwards() {
    let events: Vec<_> = (1..=1500).map(|n| put(n, n % 7, n)).collect();
    let fixture = fixture(events.clone()).await;
    let (inspector, domain) = (inspector(&fixture), domain());
    for version in [1500, 1499, 1498, 700, 701, 256, 255, 257, 1, 0, 1500] {
        let view = inspector.state_at(&fixture.stream, StreamVersion(version), None, &token()).await.expect("a state");
        let expected = prefix_state(&domain, &events, usize::try_from(version).expect("small"));
        assert_eq!(view.state, expected, "version {version}");
        assert_eq!(view.last_version, StreamVersion(1500));
    }
    let steps = inspector.steps(&fixture.stream, StreamVersion(1000), 10, &token()).await.expect("steps");
    assert_eq!((steps[0].event.version, steps[9].event.version), (StreamVersion(1001), StreamVersion(1010)));
}

#[tokio::test]
async fn numbers_beyond_doubles_stay_exact() {
    let fixture = fixture(vec![put(1, 1, 9_007_199_254_740_993)]).await;
    let view = inspector(&fixture).state_at(&fixture.stream, StreamVersion(1), None, &token()).await.expect("a state");
    let weight = view.nodes.iter().find(|node| node.path == "/weight").expect("listed");
    assert_eq!(weight.text.as_deref(), Some("9007199254740993"));
    assert_eq!((weight.change, weight.before.as_deref()), (Change::Changed, Some("0")));
}

#[tokio::test]
async fn a_failed_fold_is_a_step_and_what_was_before_stays() {
    for (broken, reason) in [
        (event(3, "Put", 2, r#"{"id":"x"}"#), "weight"),
        (event(3, "Painted", 1, "{}"), "unknown event type"),
        (event(3, "Put", 9, "{}"), "from the future"),
        (event(3, "Put", 1, r#"[{"id":"y","weight":5},{"id":"z"}]"#), "weight"),
        (event(3, "Exploded", 1, "{}"), "a bug in evolve"),
    ] {
        let events = vec![put(1, 1, 10), put(2, 2, 20), broken, put(4, 4, 40)];
        let fixture = fixture(events.clone()).await;
        let inspector = inspector(&fixture);
        let sound = prefix_state(&domain(), &events, 2);
        for version in [3, 4, 3] {
            let view =
                inspector.state_at(&fixture.stream, StreamVersion(version), None, &token()).await.expect("a state");
            assert_eq!(view.state, sound, "the state before the failing event");
            let problem = view.problem.expect("a problem is told");
            assert_eq!(problem.version, StreamVersion(3));
            assert!(problem.message.contains(reason), "{} names {reason}", problem.message);
        }
        let before = inspector.state_at(&fixture.stream, StreamVersion(2), None, &token()).await.expect("a state");
        assert_eq!(before.problem, None, "versions before the failing one are sound");

        let steps = inspector.steps(&fixture.stream, StreamVersion::ZERO, 10, &token()).await.expect("steps");
        let failed: Vec<_> = steps.iter().map(|step| step.error.is_some()).collect();
        assert_eq!(failed, [false, false, true, true]);
        assert!(steps[3].error.as_deref().is_some_and(|e| e.starts_with("not folded, because version 3")));
        let late = inspector.steps(&fixture.stream, StreamVersion(3), 10, &token()).await.expect("steps");
        assert_eq!(late.len(), 1, "steps after a failure are still those after the version asked for");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let fixture = fixture(vec![put(1, 1, 1)]).await;
    let inspector = inspector(&fixture);
    let at = |name: &str, version| {
        let (inspector, stream) = (&inspector, StreamName::new(name).expect("valid"));
        async move { inspector.state_at(&stream, StreamVersion(version), None, &token()).await.expect_err("refused").code() }
    };
    assert_eq!(at("shelf-2", 1).await, "unknown_stream");
    assert_eq!(at("shelf-1", 2).await, "no_such_version");
    assert_eq!(at("ship-1", 1).await, "no_aggregate");
    let missing = inspector.event_detail(Position(2), &token()).await.expect_err("no event there");
    assert_eq!(missing, InspectError::NoSuchEvent(Position(2)));
}

#[tokio::test]
async fn a_cancelled_fold_ends_and_says_so() {
    let fixture = fixture((1..=600).map(|n| put(n, n, n)).collect()).await;
    let cancelled = token();
    cancelled.cancel();
    let result = inspector(&fixture).state_at(&fixture.stream, StreamVersion(600), None, &cancelled).await;
    assert_eq!(result.expect_err("cancelled").code(), "cancelled");

    let stop = token();
    let mut seen = 0;
    let (source, none) = (Source::Stream(fixture.stream.clone()), Overrides::none());
    let result = fold(&*fixture.store, &domain(), &source, Until::End, &none, &stop, |_| {
        seen += 1;
        if seen == 10 {
            stop.cancel();
        }
        ControlFlow::Continue(())
    })
    .await;
    assert!(result.is_err(), "cancelled in the middle");
    assert!(seen < 600, "and the rest was not folded");
}

#[tokio::test]
async fn a_version_is_found_by_time_and_by_position() {
    let fixture = fixture((1..=9).map(|n| put(n, n, n)).collect()).await;
    let inspector = inspector(&fixture);
    for (millis, version) in [(0, 0), (999, 0), (1000, 1), (4500, 4), (9000, 9), (99_000, 9)] {
        let time = chrono::DateTime::from_timestamp_millis(millis).expect("a time");
        let found = inspector.version_at(&fixture.stream, time).await.expect("a version");
        assert_eq!(found, StreamVersion(version), "at {millis} ms");
    }
    let found = inspector.version_at_position(&fixture.stream, Position(3)).await.expect("a version");
    assert_eq!(found, StreamVersion(3));
    assert_eq!(fixture.store.head().await.expect("a head"), Position(9));
    assert!(es_core::Clock::now(&*fixture.clock).timestamp() == 9);
}

#[tokio::test]
async fn an_event_is_told_from_all_sides() {
    let pair = r#"[{"id":"p","weight":18446744073709551615},{"id":"q","weight":0}]"#;
    let fixture = fixture(vec![put(1, 1, 0), event(2, "Put", 1, pair), event(3, "Dusted", 1, "{ }")]).await;
    let inspector = inspector(&fixture);
    let detail = inspector.event_detail(Position(2), &token()).await.expect("a detail");
    assert_eq!(detail.raw, pair, "the stored bytes");
    assert_eq!(detail.summary.sentence.as_deref(), Some("Put happened · Put happened"));
    assert_eq!(detail.summary.actor.as_deref(), Some("tess"));
    assert_eq!(detail.causation_position, Some(Position(1)), "its cause is the event before it");
    assert!(detail.content_intact && !detail.binary);
    let keys: Vec<_> = detail.data.iter().filter(|n| n.depth == 1).map(|n| n.key.as_str()).collect();
    assert_eq!(keys, ["1 Put v2", "2 Put v2"], "both parts are shown");
    assert!(detail.data.iter().any(|n| n.text.as_deref() == Some("18446744073709551615")), "the exact number");
    assert_eq!(detail.upcast.len(), 2, "stored shape and one step");
    assert_eq!(detail.upcast[1].description.as_deref(), Some("a pair becomes two"));
    let state = detail.state.expect("a state");
    assert_eq!(state.changed_paths, ["/boxes/1", "/boxes/2", "/weight"]);

    let dropped = inspector.event_detail(Position(3), &token()).await.expect("a detail");
    assert_eq!(dropped.summary.sentence.as_deref(), Some("Not used any more: nobody dusts"));
    assert_eq!(dropped.upcast[1].dropped.as_deref(), Some("nobody dusts"));
}

#[tokio::test]
async fn a_preview_shows_the_state_to_come_and_writes_nothing() {
    let fixture = fixture(vec![put(1, 1, 5)]).await;
    let inspector = inspector(&fixture);
    let planned = [es_core::EncodedEvent { event_type: "Taken", schema_version: 1, payload: "\"b1\"".to_owned() }];
    let view = inspector.preview(&fixture.stream, &planned, &token()).await.expect("a preview");
    assert_eq!((view.version, view.compared_with), (StreamVersion(2), StreamVersion(1)));
    assert_eq!(view.changed_paths, ["/boxes/0", "/weight"]);
    assert_eq!(fixture.store.head().await.expect("a head"), Position(1));
    let fresh = StreamName::new("shelf-9").expect("valid");
    let view = inspector.preview(&fresh, &[], &token()).await.expect("an unknown stream has no events yet");
    assert_eq!(view.version, StreamVersion::ZERO);
}
