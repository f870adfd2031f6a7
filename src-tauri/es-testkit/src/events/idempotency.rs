use std::sync::Arc;

use es_core::{AppendError, AppendRequest, Appended, ExpectedVersion, NewEvent, Payload, StreamAppend, StreamVersion};
use uuid::Uuid;

use super::Fixture;
use crate::generate::{numbered, stream};

fn events(count: u64) -> Vec<NewEvent> {
    (1..=count).map(numbered).collect()
}

fn assert_mismatch(outcome: &Result<Appended, AppendError>, original: &Appended, why: &str) {
    match outcome {
        Err(AppendError::IdempotencyMismatch { event_id, stream, position }) => {
            let named = original.events.iter().find(|event| event.event_id == *event_id);
            let named = named.unwrap_or_else(|| panic!("{why}: the error names a stored event, not {event_id}"));
            assert_eq!((&named.stream, named.position), (stream, *position), "{why}: the error tells where it stands");
        }
        other => panic!("{why}: a mismatch was expected, not {other:?}"),
    }
}

pub async fn the_same_append_again_changes_nothing(fixture: &Fixture) {
    let target = stream("account-1");
    let request = AppendRequest::to_stream(target.clone(), ExpectedVersion::Any, events(3));
    let first = fixture.store.append(request.clone()).await.expect("an append");
    assert!(!first.replayed, "the first time is no replay");
    fixture.write(&target, events(1)).await;
    for _ in 0..2 {
        let again = fixture.store.append(request.clone()).await.expect("a replay");
        assert!(again.replayed, "the replay says so");
        assert_eq!(again.events, first.events, "a replay answers the original places");
    }
    fixture.assert_length(4, "a replay writes nothing").await;
}

/// Each kind of expectation of a stream whose events 3 and 4 are sent again when it has five: met, stale and never met.
const EXPECTATIONS: [ExpectedVersion; 8] = [
    ExpectedVersion::Any,
    ExpectedVersion::NoStream,
    ExpectedVersion::Exists,
    ExpectedVersion::Exact(StreamVersion(0)),
    ExpectedVersion::Exact(StreamVersion(2)),
    ExpectedVersion::Exact(StreamVersion(4)),
    ExpectedVersion::Exact(StreamVersion(5)),
    ExpectedVersion::Exact(StreamVersion::MAX),
];

pub async fn a_replay_is_recognised_whatever_it_expects(fixture: &Fixture) {
    let target = stream("account-1");
    fixture.write(&target, events(2)).await;
    let (known, expected) = (events(2), ExpectedVersion::Exact(StreamVersion(2)));
    let first = fixture.append(&target, expected, known.clone()).await.expect("an append");
    fixture.write(&target, events(1)).await;
    for expected in EXPECTATIONS {
        let again = fixture.append(&target, expected, known.clone()).await;
        let again = again.unwrap_or_else(|error| panic!("{expected}: what was written is answered, not {error}"));
        assert_eq!((again.replayed, &again.events), (true, &first.events), "{expected}");
        let again =
            fixture.append(&target, expected, vec![known[1].clone()]).await.expect("a part of it is known, too");
        assert_eq!((again.replayed, again.events), (true, vec![first.events[1].clone()]), "{expected}: one of the two");
    }
    fixture.assert_length(5, "replays write nothing").await;
}

pub async fn other_content_under_a_known_id_is_refused_whatever_is_expected(fixture: &Fixture) {
    let target = stream("account-1");
    fixture.write(&target, events(2)).await;
    let known = events(2);
    let original = fixture.write(&target, known.clone()).await;
    fixture.write(&target, events(1)).await;
    for expected in EXPECTATIONS {
        let changed = vec![known[0].clone(), NewEvent { payload: Payload::json("7"), ..known[1].clone() }];
        assert_mismatch(&fixture.append(&target, expected, changed).await, &original, &format!("changed, {expected}"));
        let more = vec![known[0].clone(), known[1].clone(), numbered(9)];
        assert_mismatch(&fixture.append(&target, expected, more).await, &original, &format!("more, {expected}"));
    }
    fixture.assert_length(5, "a mismatch writes nothing").await;
}

pub async fn a_replay_is_recognised_behind_many_later_events(fixture: &Fixture) {
    let target = stream("account-1");
    let request = AppendRequest::to_stream(target.clone(), ExpectedVersion::Any, events(3));
    let first = fixture.store.append(request.clone()).await.expect("an append");
    for _ in 0..6 {
        fixture.write(&target, events(100)).await;
    }
    let again = fixture.store.append(request).await.expect("a replay");
    assert_eq!((again.replayed, again.events), (true, first.events), "six hundred events later");
    fixture.assert_length(603, "and nothing was written").await;
}

pub async fn a_partly_known_append_is_refused(fixture: &Fixture) {
    let target = stream("account-1");
    let known = events(2);
    let original = fixture.write(&target, known.clone()).await;
    let new = || numbered(9);
    for (why, request) in [
        ("known, then new", vec![known[0].clone(), known[1].clone(), new()]),
        ("new, then known", vec![new(), known[0].clone(), known[1].clone()]),
        ("new between known", vec![known[0].clone(), new(), known[1].clone()]),
        ("one known, one new", vec![known[1].clone(), new()]),
        ("known, new, in turns", vec![known[0].clone(), new(), known[1].clone(), new()]),
    ] {
        let outcome = fixture.append(&target, ExpectedVersion::Any, request).await;
        assert_mismatch(&outcome, &original, why);
    }
    fixture.assert_length(2, "a partly known append writes nothing").await;
}

pub async fn the_same_id_with_other_content_is_refused(fixture: &Fixture) {
    let target = stream("account-1");
    let known = numbered(1);
    let original = fixture.write(&target, vec![known.clone()]).await;
    type Change = fn(&mut NewEvent);
    let changed: [(&str, Change); 5] = [
        ("another payload", |event| event.payload = Payload::json(r#"{"number":2}"#)),
        ("the same payload in another format", |event| event.payload = Payload::json(r#"{ "number": 1 }"#)),
        ("another type", |event| event.event_type = "Counted".into()),
        ("another schema version", |event| event.schema_version = 2),
        ("other metadata", |event| event.metadata = r#"{"actor":"someone else"}"#.into()),
    ];
    for (why, change) in changed {
        let mut event = known.clone();
        change(&mut event);
        let outcome = fixture.append(&target, ExpectedVersion::Any, vec![event]).await;
        assert_mismatch(&outcome, &original, why);
    }
    fixture.assert_length(1, "a mismatch writes nothing").await;
    let stored = &fixture.all().await[0];
    assert_eq!(stored.payload, known.payload, "the stored event is unchanged");
}

pub async fn the_same_events_in_another_order_are_refused(fixture: &Fixture) {
    let target = stream("account-1");
    let known = events(2);
    let original = fixture.write(&target, known.clone()).await;
    let reversed: Vec<_> = known.iter().rev().cloned().collect();
    let outcome = fixture.append(&target, ExpectedVersion::Any, reversed).await;
    assert_mismatch(&outcome, &original, "another order");
    let between = fixture.write(&target, vec![numbered(7)]).await;
    let later = numbered(8);
    let last = fixture.write(&target, vec![later.clone()]).await;
    let parts = [original, between, last].into_iter().flat_map(|appended| appended.events).collect();
    let stored = Appended { events: parts, replayed: false };
    for (why, request) in [
        ("one left out between them", vec![known[1].clone(), later.clone()]),
        ("the last one first", vec![later, known[0].clone()]),
    ] {
        let outcome = fixture.append(&target, ExpectedVersion::Any, request).await;
        assert_mismatch(&outcome, &stored, why);
    }
    fixture.assert_length(4, "a mismatch writes nothing").await;
}

pub async fn the_same_events_in_another_stream_are_refused(fixture: &Fixture) {
    let known = events(2);
    let original = fixture.write(&stream("account-1"), known.clone()).await;
    for expected in [ExpectedVersion::Any, ExpectedVersion::NoStream, ExpectedVersion::Exists] {
        let outcome = fixture.append(&stream("account-2"), expected, known.clone()).await;
        assert_mismatch(&outcome, &original, "another stream");
    }
    fixture.assert_length(2, "a mismatch writes nothing").await;
    assert!(fixture.read_stream(&stream("account-2")).await.is_empty(), "the other stream was not created");
}

pub async fn an_id_twice_in_one_request_is_refused(fixture: &Fixture) {
    let event = numbered(1);
    let event_id = event.event_id;
    for second in [event.clone(), NewEvent { event_id, ..numbered(2) }] {
        let request = vec![event.clone(), numbered(5), second];
        let outcome = fixture.append(&stream("account-1"), ExpectedVersion::Any, request).await;
        assert_eq!(outcome, Err(AppendError::DuplicateIdInRequest { event_id }), "one id, one event");
    }
    let part = |events| StreamAppend { stream: stream("account-1"), expected: ExpectedVersion::Any, events };
    let parts = vec![part(vec![event.clone()]), part(vec![numbered(5), event.clone()])];
    let outcome = fixture.store.append(AppendRequest { parts }).await;
    assert_eq!(outcome, Err(AppendError::DuplicateIdInRequest { event_id }), "nor in two parts of a request");
    fixture.assert_length(0, "nothing was written").await;
    fixture.write(&stream("account-1"), vec![event.clone()]).await;
    let outcome = fixture.append(&stream("account-1"), ExpectedVersion::Any, vec![event.clone(), event]).await;
    assert_eq!(outcome, Err(AppendError::DuplicateIdInRequest { event_id }), "nor one that is stored already");
    fixture.assert_length(1, "nothing more was written").await;
}

pub async fn one_request_sent_many_times_at_once_is_written_once(fixture: &Fixture) {
    for round in 0..5 {
        let expected = ExpectedVersion::NoStream;
        let request = AppendRequest::to_stream(stream(&format!("account-{round}")), expected, events(2));
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let (store, request) = (Arc::clone(&fixture.store), request.clone());
                tokio::spawn(async move { store.append(request).await })
            })
            .collect();
        let mut written = Vec::new();
        for task in tasks {
            written.push(task.await.expect("the append ends").expect("every copy of the request is answered"));
        }
        assert_eq!(written.iter().filter(|appended| !appended.replayed).count(), 1, "one copy was written");
        assert!(written.iter().all(|appended| appended.events == written[0].events), "all copies get one answer");
    }
    fixture.assert_length(10, "each request was written once").await;
}

pub async fn one_id_with_different_contents_at_once_is_written_once(fixture: &Fixture) {
    // Where ids are known in their own stream only, they are fought for there.
    let streams = if fixture.store.capabilities().lookup_by_event_id { 3 } else { 1 };
    let event_id = Uuid::new_v4();
    let tasks: Vec<_> = (0..12)
        .map(|number| {
            let store = Arc::clone(&fixture.store);
            let event = NewEvent { event_id, ..numbered(number) };
            let target = stream(&format!("account-{}", number % streams));
            let request = AppendRequest::to_stream(target, ExpectedVersion::Any, vec![event]);
            tokio::spawn(async move { store.append(request).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.expect("the append ends") {
            Ok(appended) => won += u32::from(!appended.replayed),
            Err(AppendError::IdempotencyMismatch { event_id: named, .. }) => assert_eq!(named, event_id),
            Err(other) => panic!("a mismatch was expected, not {other}"),
        }
    }
    assert_eq!(won, 1, "one content wins");
    fixture.assert_length(1, "an id is stored once").await;
}

pub async fn an_append_to_several_streams_is_replayed(fixture: &Fixture) {
    let part =
        |name: &str| StreamAppend { stream: stream(name), expected: ExpectedVersion::NoStream, events: events(2) };
    let request = AppendRequest { parts: vec![part("left-1"), part("right-1")] };
    let first = fixture.store.append(request.clone()).await.expect("an append");
    let again = fixture.store.append(request.clone()).await.expect("a replay");
    assert_eq!((again.replayed, &again.events), (true, &first.events), "a replay answers the original places");
    let half = AppendRequest { parts: vec![request.parts[0].clone(), part("third-1")] };
    let outcome = fixture.store.append(half).await;
    assert_mismatch(&outcome, &first, "one part known, one new");
    fixture.assert_length(4, "nothing was written twice").await;
}
