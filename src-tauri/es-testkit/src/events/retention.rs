use es_core::retention::record::{Authorship, RetentionEvent, RetentionLedger, Scope};
use es_core::retention::{STREAM, stream as record_stream};
use es_core::{
    AppendError, Direction, ExpectedVersion, NewEvent, ReadStream, RetainError, RetentionChange, RetentionStore,
    StreamCut, StreamName, StreamVersion,
};
use uuid::Uuid;

use super::Fixture;
use super::append::EXPECTATIONS;
use crate::generate::{numbered, stream, time};

/// Somebody with a reason.
pub(super) fn by(change_id: u128) -> Authorship {
    Authorship {
        change_id: Uuid::from_u128(change_id),
        actor: "auditor".to_owned(),
        channel: "test".to_owned(),
        reason: "the period is over".to_owned(),
    }
}

pub(super) fn cut(name: &StreamName, before: u64) -> StreamCut {
    StreamCut { stream: name.clone(), before: StreamVersion(before) }
}

impl Fixture {
    /// Version of the store's record.
    pub(super) async fn decided_on(&self) -> StreamVersion {
        StreamVersion(self.read_stream(&record_stream()).await.len() as u64)
    }

    /// A change that truncates, decided on the present record.
    pub(super) async fn truncation(&self, cuts: Vec<StreamCut>) -> RetentionChange {
        let truncated = |cut: &StreamCut| RetentionEvent::StreamTruncated {
            stream: cut.stream.clone(),
            before: cut.before,
            events: 1,
            bytes: 1,
        };
        RetentionChange {
            record: cuts.iter().map(truncated).collect(),
            truncate: cuts,
            close: Vec::new(),
            by: Authorship { change_id: Uuid::new_v4(), ..by(0) },
            decided_on: self.decided_on().await,
        }
    }

    pub(super) async fn truncate(&self, name: &StreamName, before: u64) {
        let change = self.truncation(vec![cut(name, before)]).await;
        self.retention().retain(change).await.expect("truncated");
    }

    pub(super) async fn closing(&self, name: &StreamName) -> RetentionChange {
        RetentionChange {
            truncate: Vec::new(),
            close: vec![name.clone()],
            record: vec![RetentionEvent::StreamClosed { stream: name.clone() }],
            by: Authorship { change_id: Uuid::new_v4(), ..by(0) },
            decided_on: self.decided_on().await,
        }
    }

    pub(super) fn retention(&self) -> &dyn RetentionStore {
        self.store.retention().expect("declared")
    }
}

async fn five_events(fixture: &Fixture) -> StreamName {
    let name = stream("account-1");
    for number in 1..=5 {
        fixture.write(&name, vec![numbered(number)]).await;
        fixture.write(&stream("other-1"), vec![numbered(number)]).await;
    }
    name
}

pub async fn a_store_that_retains_keeps_positions_dense_and_the_chain_whole(fixture: &Fixture) {
    assert!(fixture.store.retention().is_some(), "declared, so offered");
    let capabilities = fixture.store.capabilities();
    assert!(capabilities.dense_positions && capabilities.hash_chain, "stubs need both");
}

pub async fn a_truncated_stream_begins_later_and_says_so(fixture: &Fixture) {
    let name = five_events(fixture).await;
    fixture.truncate(&name, 3).await;
    let read = |from: StreamVersion, direction, limit| ReadStream { stream: name.clone(), from, direction, limit };
    let versions = |page: &es_core::StreamPage| page.events.iter().map(|e| e.version.get()).collect::<Vec<_>>();
    let read = |from, direction, limit| fixture.store.read_stream(read(from, direction, limit));
    for (from, expected) in [(0, vec![3, 4, 5]), (1, vec![3, 4, 5]), (2, vec![3, 4, 5]), (3, vec![4, 5]), (5, vec![])] {
        let page = read(StreamVersion(from), Direction::Forward, 10).await.expect("a page");
        assert_eq!((versions(&page), page.end), (expected, true), "forward from {from}");
        assert_eq!(page.begins_at(), Some(StreamVersion(3)), "the page says where the stream begins");
    }
    for (from, expected) in [(u64::MAX >> 1, vec![5, 4, 3]), (4, vec![3]), (3, vec![]), (1, vec![])] {
        let page = read(StreamVersion(from), Direction::Backward, 10).await.expect("a page");
        assert_eq!((versions(&page), page.end), (expected, true), "backward from {from}");
    }
    let page = read(StreamVersion::ZERO, Direction::Forward, 2).await.expect("a page");
    assert_eq!((versions(&page), page.end), (vec![3, 4], false), "pages are cut as ever");
    let whole = fixture.store.read_stream(ReadStream {
        stream: stream("other-1"),
        from: StreamVersion::ZERO,
        direction: Direction::Forward,
        limit: 10,
    });
    assert_eq!(whole.await.expect("a page").begins_at(), None, "another stream is whole");
}

pub async fn everything_else_goes_on_with_a_truncated_stream(fixture: &Fixture) {
    let name = five_events(fixture).await;
    let before = fixture.all().await;
    fixture.truncate(&name, 5).await;
    let after = fixture.all().await;
    assert_eq!(after[..before.len()], before, "the log shows truncated events until they are scavenged");
    let hidden = &before[0];
    let found = fixture.store.event_by_id(hidden.event_id).await.expect("looked up");
    assert_eq!(found.as_ref(), Some(hidden), "a truncated event is found by its id");
    let wrong = fixture.append(&name, ExpectedVersion::Exact(StreamVersion(1)), vec![numbered(9)]).await;
    assert!(matches!(wrong, Err(AppendError::WrongExpectedVersion { .. })), "versions go on: {wrong:?}");
    let none = fixture.append(&name, ExpectedVersion::NoStream, vec![numbered(9)]).await;
    assert!(matches!(none, Err(AppendError::WrongExpectedVersion { .. })), "the stream exists: {none:?}");
    let appended = fixture.append(&name, ExpectedVersion::Exact(StreamVersion(5)), vec![numbered(6)]).await;
    assert_eq!(appended.expect("appended").events[0].version, StreamVersion(6), "the version after the last one");
}

pub async fn a_change_is_recorded_with_who_when_and_why(fixture: &Fixture) {
    let name = five_events(fixture).await;
    if let Some(clock) = &fixture.clock {
        clock.set(time(1000));
    }
    let mut change = fixture.truncation(vec![cut(&name, 3)]).await;
    let scope = Scope::Category("account".to_owned());
    change.record.push(RetentionEvent::LegalHoldPlaced { hold: "case 7".to_owned(), scope });
    let appended = fixture.retention().retain(change.clone()).await.expect("changed");
    let stored = fixture.read_stream(&record_stream()).await;
    assert_eq!(stored.len(), 2, "{STREAM} has an event for each part of the change");
    assert_eq!(appended.events.iter().map(|e| e.position).collect::<Vec<_>>(), super::positions(&stored));
    let mut ledger = RetentionLedger::default();
    for (event, recorded) in stored.iter().zip(&change.record) {
        assert_eq!(RetentionEvent::decode(event).as_ref(), Ok(recorded));
        for said in [r#""actor":"auditor""#, r#""reason":"the period is over""#] {
            assert!(event.metadata.contains(said), "{said} in {}", event.metadata);
        }
        if fixture.clock.is_some() {
            assert_eq!(event.recorded_at, time(1000), "and when");
        }
        ledger.take(event).expect("legible");
    }
    let holds: Vec<_> = ledger.holds_on(&name).map(|hold| (hold.actor.as_str(), hold.reason.as_str())).collect();
    assert_eq!(holds, [("auditor", "the period is over")], "what was recorded is in force");
    let listed = fixture.store.categories().await.expect("categories");
    assert!(listed.iter().any(|count| count.category == STREAM), "it is a stream like any other");
}

pub async fn a_cut_is_forward_only_and_keeps_the_last_event(fixture: &Fixture) {
    let name = five_events(fixture).await;
    fixture.truncate(&name, 4).await;
    fixture.truncate(&name, 2).await;
    assert_eq!(fixture.read_stream(&name).await.len(), 2, "what is hidden stays hidden");
    let head = fixture.store.head().await.expect("a head");
    let too_far = fixture.truncation(vec![cut(&stream("other-1"), 2), cut(&name, 6)]).await;
    let refused = fixture.retention().retain(too_far).await.expect_err("the last event stays");
    assert!(matches!(&refused, RetainError::BeyondEnd { version: StreamVersion(5), .. }), "{refused:?}");
    assert_eq!(fixture.read_stream(&stream("other-1")).await.len(), 5, "a change is done as a whole or not at all");
    assert_eq!(fixture.store.head().await, Ok(head), "and nothing was recorded");
}

pub async fn streams_of_the_store_itself_and_missing_ones_are_refused(fixture: &Fixture) {
    let name = five_events(fixture).await;
    fixture.truncate(&name, 2).await;
    fixture.truncate(&name, 3).await;
    let own = fixture.truncation(vec![cut(&record_stream(), 2)]).await;
    let refused = fixture.retention().retain(own).await.expect_err("the record stays whole");
    assert_eq!(refused.code(), "system_stream");
    let missing = fixture.closing(&stream("missing-1")).await;
    assert_eq!(fixture.retention().retain(missing).await.expect_err("missing").code(), "no_such_stream");
    assert_eq!(fixture.decided_on().await, StreamVersion(2), "nothing more was recorded");
}

pub async fn a_change_decided_on_an_older_record_changes_nothing(fixture: &Fixture) {
    let name = five_events(fixture).await;
    let late = fixture.truncation(vec![cut(&name, 4)]).await;
    let hold = RetentionChange {
        truncate: Vec::new(),
        record: vec![RetentionEvent::LegalHoldPlaced { hold: "case".to_owned(), scope: Scope::Stream(name.clone()) }],
        by: by(77),
        ..late.clone()
    };
    fixture.retention().retain(hold).await.expect("placed");
    let refused = fixture.retention().retain(late).await.expect_err("a hold was placed meanwhile");
    assert!(refused.is_conflict(), "{refused:?}");
    assert_eq!(fixture.read_stream(&name).await.len(), 5, "nothing was hidden");
}

pub async fn the_same_change_again_changes_nothing(fixture: &Fixture) {
    let name = five_events(fixture).await;
    let change = fixture.truncation(vec![cut(&name, 3)]).await;
    let first = fixture.retention().retain(change.clone()).await.expect("truncated");
    let again = fixture.retention().retain(change).await.expect("recognised");
    assert!(!first.replayed && again.replayed, "the second time it is known");
    assert_eq!(first.events, again.events, "and answered alike");
    assert_eq!(fixture.decided_on().await, StreamVersion(1), "it is recorded once");
}

pub async fn a_closed_stream_takes_no_further_events(fixture: &Fixture) {
    let name = five_events(fixture).await;
    let last = vec![numbered(6)];
    fixture.write(&name, last.clone()).await;
    fixture.retention().retain(fixture.closing(&name).await).await.expect("closed");
    let refused = fixture.append(&name, ExpectedVersion::Any, vec![numbered(7)]).await;
    assert_eq!(refused, Err(AppendError::StreamClosed { stream: name.clone() }));
    let again = fixture.append(&name, ExpectedVersion::Any, last).await.expect("a retry is recognised");
    assert!(again.replayed, "what was written before is answered as before");
    let read = ReadStream { stream: name, from: StreamVersion::MAX, direction: Direction::Backward, limit: 1 };
    let page = fixture.store.read_stream(read).await.expect("a page");
    assert!(page.stream.expect("a stream").closed_at.is_some(), "the stream says that it is closed");
    fixture.write(&stream("other-1"), vec![numbered(9)]).await;
}

/// Appends one event to streams that were made as `make` does, each expecting something else.
pub(super) async fn assert_expectations(fixture: &Fixture, make: impl AsyncFn(&StreamName)) {
    for (index, (expected, _, fulfilled)) in EXPECTATIONS.into_iter().enumerate() {
        let name = stream(&format!("expected-{index}"));
        fixture.write(&name, vec![numbered(1)]).await;
        fixture.write(&name, vec![numbered(2)]).await;
        make(&name).await;
        let outcome = fixture.append(&name, expected, vec![numbered(3)]).await;
        let (stream, actual) = (name.clone(), StreamVersion(2));
        if fulfilled {
            assert_eq!(outcome.expect("it is met").events[0].version, StreamVersion(3), "{expected}");
        } else {
            let conflict = AppendError::WrongExpectedVersion { stream, expected, actual };
            assert_eq!(outcome, Err(conflict), "{expected} of two events, the first of them out of sight");
        }
    }
}

pub async fn each_expectation_of_a_truncated_stream_is_about_its_last_event(fixture: &Fixture) {
    assert_expectations(fixture, async |name| fixture.truncate(name, 2).await).await;
}

pub async fn each_expectation_of_a_closed_stream_is_refused(fixture: &Fixture) {
    for (index, (expected, _, fulfilled)) in EXPECTATIONS.into_iter().enumerate() {
        let name = stream(&format!("closed-{index}"));
        fixture.write(&name, vec![numbered(1), numbered(2)]).await;
        fixture.retention().retain(fixture.closing(&name).await).await.expect("closed");
        let outcome = fixture.append(&name, expected, vec![numbered(3)]).await.expect_err("closed");
        let wrong = AppendError::WrongExpectedVersion { stream: name.clone(), expected, actual: StreamVersion(2) };
        let closed = AppendError::StreamClosed { stream: name.clone() };
        assert_eq!(outcome, if fulfilled { closed } else { wrong }, "{expected}: the reason that applies first");
        assert_eq!(fixture.read_stream(&name).await.len(), 2, "nothing was written");
    }
    let missing = fixture.append(&stream("closed-9"), ExpectedVersion::NoStream, vec![numbered(1)]).await;
    assert!(missing.is_ok(), "others are open: {missing:?}");
}

pub async fn a_retried_append_of_truncated_events_is_recognised(fixture: &Fixture) {
    let name = stream("account-1");
    let known = vec![numbered(1), numbered(2)];
    let first = fixture.write(&name, known.clone()).await;
    fixture.write(&name, vec![numbered(3)]).await;
    fixture.truncate(&name, 3).await;
    for expected in [ExpectedVersion::Any, ExpectedVersion::NoStream, ExpectedVersion::Exact(StreamVersion(3))] {
        let again = fixture.append(&name, expected, known.clone()).await.expect("recognised");
        assert_eq!((again.replayed, &again.events), (true, &first.events), "{expected}: answered as at first");
        let changed = NewEvent { metadata: r#"{"changed":true}"#.into(), ..known[1].clone() };
        let refused = fixture.append(&name, expected, vec![known[0].clone(), changed]).await;
        assert!(matches!(refused, Err(AppendError::IdempotencyMismatch { .. })), "{expected}: {refused:?}");
    }
    assert_eq!(fixture.read_stream(&name).await.len(), 1, "nothing was written");
}

pub async fn an_outline_tells_all_stored_events(fixture: &Fixture) {
    let name = five_events(fixture).await;
    let stored = fixture.read_stream(&name).await;
    fixture.truncate(&name, 4).await;
    let outline = fixture.retention().outline(&name, StreamVersion(1)).await.expect("an outline");
    assert_eq!(outline.len(), 4, "truncated events are stored, and it begins behind the version asked for");
    for (outline, event) in outline.iter().zip(&stored[1..]) {
        assert_eq!((outline.version, outline.position), (event.version, event.position));
        assert_eq!((&outline.event_type, outline.recorded_at), (&event.event_type, event.recorded_at));
        let bytes = event.payload.as_bytes().len() + event.metadata.len();
        assert_eq!(outline.bytes, bytes as u64, "payload and metadata");
    }
    let missing = fixture.retention().outline(&stream("missing-1"), StreamVersion::ZERO).await;
    assert_eq!(missing, Ok(Vec::new()));
}
