use std::sync::Arc;

use es_core::{AppendError, AppendRequest, Appended, ExpectedVersion, NewEvent, Payload, StreamAppend};
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

pub async fn a_replay_is_recognised_though_the_expectation_is_stale(fixture: &Fixture) {
    for (index, expected) in [ExpectedVersion::NoStream, ExpectedVersion::Exact(0.into())].into_iter().enumerate() {
        let request = AppendRequest::to_stream(stream(&format!("account-{index}")), expected, events(2));
        let first = fixture.store.append(request.clone()).await.expect("an append");
        let again = fixture.store.append(request).await.expect("the expectation is stale, but it is a replay");
        assert_eq!((again.replayed, again.events), (true, first.events), "{expected}");
    }
    fixture.assert_length(4, "replays write nothing").await;
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
    fixture.assert_length(2, "a mismatch writes nothing").await;
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
    fixture.assert_length(0, "nothing was written").await;
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
