//! A writer alone is not looked for before each append; whatever somebody else has done in between must be noticed all the same.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use es_core::{AppendError, AppendRequest, EventStore, ExpectedVersion, Position, StreamVersion};
use es_postgres::PostgresEventStore;

fn exactly(name: &str, version: u64, command: u128) -> AppendRequest {
    AppendRequest::to_stream(stream(name), ExpectedVersion::Exact(StreamVersion(version)), events(command, 1))
}

/// Two programs on one store, the first of which has just written and knows where the log ends.
async fn two() -> (PostgresEventStore, PostgresEventStore) {
    let config = place();
    let (one, two) = (open(&config).await, open(&opening(&config)).await);
    one.append(append_to("account-1", 1, 2)).await.expect("appended");
    (one, two)
}

#[tokio::test]
async fn a_stream_that_somebody_else_has_moved_is_not_appended_to_as_it_was() {
    let (one, two) = two().await;
    two.append(exactly("account-1", 2, 2)).await.expect("the other one is faster");
    let refused = one.append(exactly("account-1", 2, 3)).await.expect_err("it stands elsewhere now");
    let AppendError::WrongExpectedVersion { actual, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(actual, StreamVersion(3));
    let appended = one.append(append_to("account-1", 4, 1)).await.expect("whoever expects nothing goes on");
    assert_eq!((appended.events[0].version, appended.last_position()), (StreamVersion(4), Position(4)));
    assert_dense(&read_everything(&one).await);
}

#[tokio::test]
async fn a_version_that_no_stream_has_is_refused_with_the_one_that_it_has() {
    let (one, _) = two().await;
    for (name, expected, actual) in [
        ("account-1", 1, 2),
        ("account-1", 3, 2),
        ("account-1", u64::MAX, 2),
        ("account-2", 1, 0),
        ("account-2", u64::MAX, 0),
    ] {
        one.append(append_to("beside-1", u128::from(expected) << 64 | 7, 1))
            .await
            .expect("it knows where the log ends");
        let refused = one.append(exactly(name, expected, 9)).await.expect_err("refused");
        let AppendError::WrongExpectedVersion { actual: told, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(told, StreamVersion(actual), "{name} is expected at {expected}");
    }
    assert_dense(&read_everything(&one).await);
}

#[tokio::test]
async fn what_was_written_before_is_a_replay_whoever_wrote_it_and_whatever_is_expected() {
    let (one, two) = two().await;
    two.append(append_to("account-2", 5, 1)).await.expect("by the other one");
    let mut after = 100;
    for (name, command, expected) in [
        ("account-1", 1, ExpectedVersion::Any),
        ("account-1", 1, ExpectedVersion::NoStream),
        ("account-1", 1, ExpectedVersion::Exact(StreamVersion(2))),
        ("account-2", 5, ExpectedVersion::NoStream),
        ("account-2", 5, ExpectedVersion::Exact(StreamVersion(1))),
    ] {
        after += 1;
        one.append(append_to("beside-1", after, 1)).await.expect("it knows where the log ends");
        let count = if command == 1 { 2 } else { 1 };
        let again = AppendRequest::to_stream(stream(name), expected, events(command, count));
        assert!(one.append(again).await.expect("known").replayed, "{name} {expected:?}");
        // Known ids in another stream are refused, and nothing is written there.
        one.append(append_to("beside-1", after << 8, 1)).await.expect("it knows where the log ends");
        let elsewhere = AppendRequest::to_stream(stream("other-1"), ExpectedVersion::NoStream, events(command, count));
        one.append(elsewhere).await.expect_err("an id stands in one stream");
    }
    let all = read_everything(&one).await;
    assert_dense(&all);
    assert_eq!(all.len(), 2 + 1 + 10, "each is there once");
}
