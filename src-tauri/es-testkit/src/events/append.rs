use std::collections::BTreeSet;
use std::sync::Arc;

use es_core::{
    AppendError, AppendRequest, ExpectedVersion, InvalidAppend, Position, ReadAll, StreamAppend, StreamVersion,
};

use super::{Fixture, positions};
use crate::generate::{new_event, numbered, stream};

/// Each kind of expectation, whether a missing stream fulfils it, and whether one with two events does. Written out, so that no rule
/// of the engine judges itself.
pub(super) const EXPECTATIONS: [(ExpectedVersion, bool, bool); 9] = [
    (ExpectedVersion::Any, true, true),
    (ExpectedVersion::NoStream, true, false),
    (ExpectedVersion::Exists, false, true),
    (ExpectedVersion::Exact(StreamVersion(0)), true, false),
    (ExpectedVersion::Exact(StreamVersion(1)), false, false),
    (ExpectedVersion::Exact(StreamVersion(2)), false, true),
    (ExpectedVersion::Exact(StreamVersion(3)), false, false),
    (ExpectedVersion::Exact(StreamVersion::MAX), false, false),
    (ExpectedVersion::Exact(StreamVersion(u64::MAX)), false, false),
];

pub async fn each_expectation_is_checked_on_a_missing_stream(fixture: &Fixture) {
    for (index, (expected, fulfilled, _)) in EXPECTATIONS.into_iter().enumerate() {
        let missing = stream(&format!("missing-{index}"));
        let outcome = fixture.append(&missing, expected, vec![numbered(1)]).await;
        if fulfilled {
            let written = outcome.expect("the expectation holds");
            assert_eq!(written.events[0].version, StreamVersion(1), "the first event of a stream has version 1");
        } else {
            let actual = StreamVersion::ZERO;
            let conflict = AppendError::WrongExpectedVersion { stream: missing.clone(), expected, actual };
            assert_eq!(outcome, Err(conflict), "{expected} of a missing stream");
            assert!(fixture.read_stream(&missing).await.is_empty(), "a conflict writes nothing");
        }
    }
}

pub async fn each_expectation_is_checked_on_an_existing_stream(fixture: &Fixture) {
    for (index, (expected, _, fulfilled)) in EXPECTATIONS.into_iter().enumerate() {
        let existing = stream(&format!("existing-{index}"));
        fixture.write(&existing, vec![numbered(1), numbered(2)]).await;
        let outcome = fixture.append(&existing, expected, vec![numbered(3)]).await;
        if fulfilled {
            assert_eq!(outcome.expect("the expectation holds").events[0].version, StreamVersion(3), "{expected}");
        } else {
            let actual = StreamVersion(2);
            let conflict = AppendError::WrongExpectedVersion { stream: existing.clone(), expected, actual };
            assert_eq!(outcome, Err(conflict), "{expected} of a stream with two events");
            assert_eq!(fixture.read_stream(&existing).await.len(), 2, "a conflict writes nothing");
        }
    }
}

pub async fn versions_and_positions_are_in_the_order_of_the_request(fixture: &Fixture) {
    let ours = stream("account-1");
    fixture.write(&ours, vec![numbered(0)]).await;
    fixture.write(&stream("account-2"), vec![numbered(0)]).await;
    let events: Vec<_> = (1..=5).map(numbered).collect();
    let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
    let appended = fixture.write(&ours, events).await;
    assert!(!appended.replayed, "these events are new");
    let found: Vec<_> = appended.events.iter().map(|event| event.event_id).collect();
    assert_eq!(found, ids, "the answer has the request's order");
    let versions: Vec<_> = appended.events.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, [2, 3, 4, 5, 6], "versions go on without a gap");
    assert!(appended.events.windows(2).all(|pair| pair[0].position < pair[1].position), "positions ascend");
    let read = fixture.read_stream(&ours).await;
    let stored: Vec<_> = read[1..].iter().map(|event| (event.event_id, event.version, event.position)).collect();
    let answered: Vec<_> = appended.events.iter().map(|e| (e.event_id, e.version, e.position)).collect();
    assert_eq!(stored, answered, "the answer tells what is stored");
}

pub async fn a_refused_append_leaves_no_gap_between_positions(fixture: &Fixture) {
    for number in 0..10 {
        fixture.write(&stream(&format!("dense-{}", number % 3)), vec![numbered(number), numbered(number)]).await;
        // A refused append must not use up positions.
        let refused = fixture.append(&stream("dense-0"), ExpectedVersion::NoStream, vec![numbered(9)]).await;
        assert!(refused.is_err(), "the stream exists");
    }
    let found = positions(&fixture.all().await);
    assert_eq!(found, (1..=20).map(Position).collect::<Vec<_>>(), "positions are 1, 2, 3 …");
}

pub async fn no_event_stands_at_position_zero_and_the_head_is_the_last_one(fixture: &Fixture) {
    let head = async || fixture.store.head().await.expect("a head");
    fixture.assert_head(head().await, Position::ZERO, "an empty log's head");
    let first = fixture.write(&stream("account-1"), vec![numbered(1)]).await.last_position();
    assert!(first > Position::ZERO, "position 0 is before the first event");
    assert!(first < Position::MAX, "the last position is behind every event");
    fixture.assert_head(head().await, first, "the head");
    let second = fixture.write(&stream("account-2"), vec![numbered(2), numbered(3)]).await;
    assert!(first < second.events[0].position, "a later append stands later");
    fixture.assert_head(head().await, second.last_position(), "the head");
    let read = fixture.store.read_positions(&[Position::ZERO, first, Position::MAX]).await.expect("a read");
    assert_eq!(positions(&read), [first], "there is nothing at the two ends");
}

pub async fn a_stale_append_loses_alone(fixture: &Fixture) {
    let contested = stream("contested-1");
    fixture.write(&contested, vec![numbered(1)]).await;
    let stale = ExpectedVersion::NoStream;
    let mut tasks = Vec::new();
    for number in 0..40_u64 {
        let store = Arc::clone(&fixture.store);
        let (target, expected) = if number % 4 == 0 {
            (contested.clone(), stale)
        } else {
            (stream(&format!("neighbour-{number}")), ExpectedVersion::NoStream)
        };
        let request = AppendRequest::to_stream(target, expected, vec![numbered(number)]);
        tasks.push((number, tokio::spawn(async move { store.append(request).await })));
    }
    for (number, task) in tasks {
        let outcome = task.await.expect("the append ends");
        assert_eq!(outcome.is_err(), number % 4 == 0, "append {number}: {outcome:?}");
    }
    fixture.assert_length(31, "thirty neighbours and the first event").await;
}

pub async fn of_concurrent_creators_exactly_one_wins(fixture: &Fixture) {
    for round in 0..5 {
        let wanted = stream(&format!("wanted-{round}"));
        let tasks: Vec<_> = (0..16)
            .map(|number| {
                let store = Arc::clone(&fixture.store);
                let expected =
                    if number % 2 == 0 { ExpectedVersion::NoStream } else { ExpectedVersion::Exact(0.into()) };
                let request = AppendRequest::to_stream(wanted.clone(), expected, vec![numbered(number)]);
                tokio::spawn(async move { store.append(request).await })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.expect("the append ends") {
                Ok(_) => won += 1,
                Err(AppendError::WrongExpectedVersion { actual, .. }) => {
                    assert_eq!(actual, 1.into(), "the winner's version")
                }
                Err(other) => panic!("a loser is told the conflict, not {other}"),
            }
        }
        assert_eq!(won, 1, "exactly one creator wins");
        assert_eq!(fixture.read_stream(&wanted).await.len(), 1, "the stream has the winner's event only");
    }
}

pub async fn a_refused_append_writes_nothing(fixture: &Fixture) {
    let target = stream("account-1");
    let bad = new_event("Numbered", "{not json");
    let outcome = fixture.append(&target, ExpectedVersion::Any, vec![numbered(1), bad, numbered(2)]).await;
    assert!(matches!(outcome, Err(AppendError::Invalid(InvalidAppend::NotJson { .. }))), "{outcome:?}");
    fixture.assert_length(0, "an append with one bad event writes none").await;
    fixture.assert_head(fixture.store.head().await.expect("a head"), Position::ZERO, "the head did not move");
    let next = fixture.write(&target, vec![numbered(3)]).await;
    assert_eq!(next.events[0].version, StreamVersion(1), "no version was used up");
}

pub async fn an_append_to_several_streams_is_all_or_nothing(fixture: &Fixture) {
    let part = |name: &str, expected, count: u64| StreamAppend {
        stream: stream(name),
        expected,
        events: (0..count).map(numbered).collect(),
    };
    fixture.write(&stream("left-1"), vec![numbered(0)]).await;
    let parts =
        vec![part("left-1", ExpectedVersion::Exact(1.into()), 2), part("right-1", ExpectedVersion::NoStream, 3)];
    let appended = fixture.store.append(AppendRequest { parts }).await.expect("both expectations hold");
    assert_eq!(appended.events.len(), 5, "one answer per event");
    fixture.assert_length(6, "all parts were written").await;

    let parts =
        vec![part("left-1", ExpectedVersion::Exact(3.into()), 2), part("right-1", ExpectedVersion::NoStream, 3)];
    let outcome = fixture.store.append(AppendRequest { parts }).await;
    let conflict = AppendError::WrongExpectedVersion {
        stream: stream("right-1"),
        expected: ExpectedVersion::NoStream,
        actual: 3.into(),
    };
    assert_eq!(outcome, Err(conflict), "the second part's expectation fails");
    fixture.assert_length(6, "one failed part keeps all from being written").await;
}

pub async fn later_parts_expect_streams_as_earlier_parts_leave_them(fixture: &Fixture) {
    let exact = |version| ExpectedVersion::Exact(StreamVersion(version));
    let part = |expected, count: u64| StreamAppend {
        stream: stream("left-1"),
        expected,
        events: (0..count).map(numbered).collect(),
    };
    fixture.write(&stream("left-1"), vec![numbered(0)]).await;
    for (later, actual) in [(exact(1), 3), (exact(4), 3), (ExpectedVersion::NoStream, 3)] {
        let outcome = fixture.store.append(AppendRequest { parts: vec![part(exact(1), 2), part(later, 1)] }).await;
        let (stream, actual) = (stream("left-1"), StreamVersion(actual));
        let conflict = AppendError::WrongExpectedVersion { stream, expected: later, actual };
        assert_eq!(outcome, Err(conflict), "the stream has moved within the request");
    }
    let stale = AppendRequest { parts: vec![part(exact(0), 1), part(exact(1), 1)] };
    let conflict =
        AppendError::WrongExpectedVersion { stream: stream("left-1"), expected: exact(0), actual: StreamVersion(1) };
    assert_eq!(fixture.store.append(stale).await, Err(conflict), "an earlier part is checked first");
    fixture.assert_length(1, "no part was written").await;
    let parts = vec![part(exact(1), 2), part(exact(3), 1), part(ExpectedVersion::Exists, 1)];
    let request = AppendRequest { parts };
    let appended = fixture.store.append(request.clone()).await.expect("every expectation holds in its turn");
    assert!(appended.events.windows(2).all(|two| two[0].position < two[1].position), "the log has the parts' order");
    let versions: Vec<_> = appended.events.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, [2, 3, 4, 5], "versions go on from part to part");
    let again = fixture.store.append(request).await.expect("a replay");
    assert_eq!((again.replayed, again.events), (true, appended.events), "such a request is recognised too");
    fixture.assert_length(5, "and written once").await;
    let created = AppendRequest {
        parts: vec![
            StreamAppend { stream: stream("new-1"), ..part(ExpectedVersion::NoStream, 1) },
            StreamAppend { stream: stream("new-1"), ..part(ExpectedVersion::Exists, 1) },
        ],
    };
    let created = fixture.store.append(created).await.expect("the first part creates what the second expects");
    assert_eq!(created.events[1].version, StreamVersion(2), "in one request");
}

pub async fn streams_may_take_turns_in_one_append(fixture: &Fixture) {
    let exact = |version| ExpectedVersion::Exact(StreamVersion(version));
    let part = |name: &str, expected, count: u64| StreamAppend {
        stream: stream(name),
        expected,
        events: (0..count).map(numbered).collect(),
    };
    let (left, right) = ("left-1", "right-1");
    fixture.write(&stream(left), vec![numbered(0)]).await;
    let stale = vec![part(left, exact(1), 1), part(right, exact(0), 1), part(left, exact(1), 1)];
    let outcome = fixture.store.append(AppendRequest { parts: stale }).await;
    let conflict =
        AppendError::WrongExpectedVersion { stream: stream(left), expected: exact(1), actual: StreamVersion(2) };
    assert_eq!(outcome, Err(conflict), "the stream has moved within the request");
    fixture.assert_length(1, "the first parts were not written either").await;
    let parts = vec![part(left, exact(1), 1), part(right, exact(0), 1), part(left, exact(2), 2)];
    let request = AppendRequest { parts };
    let appended = fixture.store.append(request.clone()).await.expect("every expectation holds in its turn");
    assert!(appended.events.windows(2).all(|two| two[0].position < two[1].position), "the log has the parts' order");
    let versions: Vec<_> = appended.events.iter().map(|event| (event.stream.as_str(), event.version.get())).collect();
    assert_eq!(versions, [(left, 2), (right, 1), (left, 3), (left, 4)]);
    let again = fixture.store.append(request).await.expect("a replay");
    assert_eq!((again.replayed, again.events), (true, appended.events), "such a request is recognised too");
    fixture.assert_length(5, "and written once").await;
}

pub async fn what_was_acknowledged_is_read_at_once(fixture: &Fixture) {
    let mut seen = BTreeSet::new();
    for number in 0..30 {
        let target = stream(&format!("account-{}", number % 4));
        let appended = fixture.write(&target, vec![numbered(number)]).await;
        let (position, event_id) = (appended.last_position(), appended.events[0].event_id);
        assert!(seen.insert(position), "position {position} is used once");
        assert!(fixture.store.head().await.expect("a head") >= position, "the head covers what was acknowledged");
        let found = fixture.store.read_positions(&[position]).await.expect("a read");
        assert_eq!(found.len(), 1, "the event at {position} can be read");
        assert_eq!((found[0].version, found[0].event_id), (appended.events[0].version, event_id), "and is that one");
        let last = fixture.page(ReadAll::backward(Position::MAX, 1)).await.events;
        assert_eq!(last, found, "the log ends with it");
        assert_eq!(fixture.read_stream(&target).await.last(), found.last(), "and so does its stream");
    }
}

pub async fn an_append_is_never_partly_visible(fixture: &Fixture) {
    const EVENTS: usize = 7;
    const APPENDS: usize = 40;
    let target = stream("account-1");
    let (store, name) = (Arc::clone(&fixture.store), target.clone());
    let writing = tokio::spawn(async move {
        for _ in 0..APPENDS {
            let events = (0..EVENTS as u64).map(numbered).collect();
            let request = AppendRequest::to_stream(name.clone(), ExpectedVersion::Any, events);
            store.append(request).await.expect("an append");
        }
    });
    let (mut partial, mut looks) = (Vec::new(), 0);
    loop {
        let done = writing.is_finished();
        let (log, own) = (fixture.all().await.len(), fixture.read_stream(&target).await.len());
        partial.extend([log, own].into_iter().filter(|seen| seen % EVENTS != 0));
        assert!(own >= log, "what the log shows, its stream shows, too");
        looks += 1;
        if done {
            assert_eq!((log, own), (EVENTS * APPENDS, EVENTS * APPENDS), "all of them in the end");
            break;
        }
    }
    writing.await.expect("the writer ends");
    assert_eq!(partial, Vec::<usize>::new(), "of {looks} looks these saw a part of an append");
}
