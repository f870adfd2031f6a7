//! Appending and reading, seen through the public interface.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use es_core::{
    AppendError, AppendRequest, Direction, EventReader, EventStore, ExpectedVersion, ImportedAppend, InvalidAppend,
    Position, ReadAll, ReadStream, StreamVersion,
};
use es_sqlite::{OpenOptions, SqliteEventStore};

#[tokio::test]
async fn what_was_appended_is_read_back_byte_for_byte_also_after_reopening() {
    let place = place();
    let clock = clock_at(5);
    let options = OpenOptions { create: true, clock: clock.clone(), ..OpenOptions::default() };
    let store = SqliteEventStore::open(&place.path, options).expect("created");
    let appended = store.append(append_to("account-1", 1, 3)).await.expect("appended");
    assert_eq!(appended.events.iter().map(|e| e.position.get()).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(!appended.replayed);
    let before = read_everything(&store).await;
    store.close();
    let store = open(&place.path);
    let after = read_everything(&store).await;
    assert_eq!(before, after, "reopening changes nothing");
    for (recorded, new) in after.iter().zip(events(1, 3)) {
        assert_eq!(recorded.payload, new.payload);
        assert_eq!(recorded.metadata, new.metadata);
        assert_eq!(recorded.event_id, new.event_id);
        assert_eq!(recorded.recorded_at, at(5));
        assert_eq!(recorded.content_hash, es_core::hash::expected_content_hash(recorded));
    }
    assert_dense(&after);
}

#[tokio::test]
async fn a_stale_append_says_what_stands_there_and_writes_nothing() {
    let place = place();
    let store = open(&place.path);
    store.append(append_to("account-1", 1, 2)).await.expect("appended");
    let stale = AppendRequest::to_stream(stream("account-1"), ExpectedVersion::Exact(StreamVersion(1)), events(2, 1));
    let error = store.append(stale).await.expect_err("stale");
    let expected = ExpectedVersion::Exact(StreamVersion(1));
    let (name, actual) = (stream("account-1"), StreamVersion(2));
    assert_eq!(error, AppendError::WrongExpectedVersion { stream: name, expected, actual });
    assert_eq!(store.head().await.expect("a head"), Position(2));
}

#[tokio::test]
async fn a_replay_after_reopening_returns_the_first_positions_and_other_content_is_refused() {
    let place = place();
    let store = open(&place.path);
    let first = store.append(append_to("account-1", 1, 3)).await.expect("appended");
    store.append(append_to("account-2", 2, 1)).await.expect("appended");
    store.close();
    let store = open(&place.path);
    let again = store.append(append_to("account-1", 1, 3)).await.expect("a replay");
    assert!(again.replayed, "nothing was written");
    assert_eq!(again.events, first.events);
    let mut other = append_to("account-1", 1, 3);
    other.parts[0].events[1].metadata = "{}".into();
    let error = store.append(other).await.expect_err("same ids, other content");
    assert_eq!(error.code(), "idempotency_mismatch");
    assert_eq!(store.head().await.expect("a head"), Position(4));
}

#[tokio::test]
async fn an_import_keeps_its_times_and_is_all_or_nothing() {
    let place = place();
    let store = open(&place.path);
    let import = |name: &str, command: u128, micros: i64| ImportedAppend {
        request: append_to(name, command, 2),
        recorded_at: at(micros),
    };
    let done = store.import(vec![import("a-1", 1, 10), import("a-2", 2, 10), import("a-1", 3, 20)]).await.expect("ok");
    assert_eq!(done.len(), 3);
    assert_eq!(store.position_at(at(9)).await.expect("ok"), Position(0));
    assert_eq!(store.position_at(at(10)).await.expect("ok"), Position(4));
    assert_eq!(store.position_at(at(25)).await.expect("ok"), Position(6));
    let error = store.import(vec![import("a-3", 4, 30), import("a-3", 5, 15)]).await.expect_err("back in time");
    assert!(matches!(error, AppendError::Invalid(InvalidAppend::TimeGoesBack { .. })), "{error}");
    assert_eq!(store.head().await.expect("a head"), Position(6), "the first of the two is not there either");
    assert_dense(&read_everything(&store).await);
}

#[tokio::test]
async fn a_stream_is_read_in_pages_both_ways() {
    let place = place();
    let store = open(&place.path);
    for command in 1..=5 {
        store.append(append_to("account-1", command, 3)).await.expect("appended");
        store.append(append_to("account-2", 100 + command, 1)).await.expect("appended");
    }
    let read = |from, direction, limit| ReadStream { stream: stream("account-1"), from, direction, limit };
    let page = store.read_stream(read(StreamVersion(0), Direction::Forward, 10)).await.expect("a page");
    assert_eq!(page.events.iter().map(|e| e.version.get()).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    assert!(!page.end);
    let info = page.stream.expect("there is such a stream");
    assert_eq!((info.version, info.last_position), (StreamVersion(15), Position(19)));
    let page = store.read_stream(read(StreamVersion(10), Direction::Forward, 10)).await.expect("a page");
    assert!(page.end && page.events.len() == 5);
    let page = store.read_stream(read(StreamVersion::MAX, Direction::Backward, 10)).await.expect("a page");
    assert_eq!(page.events.iter().map(|e| e.version.get()).collect::<Vec<_>>(), (6..=15).rev().collect::<Vec<_>>());
    assert!(!page.end);
    let page = store.read_stream(read(StreamVersion(6), Direction::Backward, 10)).await.expect("a page");
    assert!(page.end && page.events.len() == 5);
    let nothing = ReadStream { stream: stream("account-9"), ..read(StreamVersion(0), Direction::Forward, 10) };
    let page = store.read_stream(nothing).await.expect("a page");
    assert!(page.end && page.stream.is_none() && page.events.is_empty());
}

#[tokio::test]
async fn positions_and_ids_find_their_events() {
    let place = place();
    let store = open(&place.path);
    store.append(append_to("account-1", 1, 9)).await.expect("appended");
    let asked: Vec<_> = [4, 5, 6, 2, 2, 99, 9, 0, u64::MAX].map(Position).to_vec();
    let found = store.read_positions(&asked).await.expect("events");
    assert_eq!(found.iter().map(|e| e.position.get()).collect::<Vec<_>>(), [4, 5, 6, 2, 2, 9]);
    assert_eq!(store.event_by_id(found[0].event_id).await.expect("ok").as_ref(), Some(&found[0]));
    assert_eq!(store.event_by_id(uuid::Uuid::nil()).await.expect("ok"), None);
}

#[tokio::test]
async fn after_closing_everything_says_so() {
    let place = place();
    let store = open(&place.path);
    store.append(append_to("account-1", 1, 1)).await.expect("appended");
    let other = store.clone();
    store.close();
    store.close();
    assert_eq!(other.head().await.expect_err("closed").code(), "store_closed");
    assert_eq!(other.append(append_to("account-1", 2, 1)).await.expect_err("closed").code(), "store_closed");
    assert_eq!(other.read_all(ReadAll::forward(Position(0), 1)).await.expect_err("closed").code(), "store_closed");
    let names: Vec<_> =
        std::fs::read_dir(place.folder.path()).expect("a folder").map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["events.ledger"], "a closed store is one file");
}
