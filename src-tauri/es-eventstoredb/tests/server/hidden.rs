use std::sync::Arc;

use es_core::{AppendError, EventReader as _, ExpectedVersion, ManualClock, StreamOrder, StreamQuery, StreamVersion};
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::{numbered, run, stream};
use serde_json::json;

use super::{all, another_program, append, open, read, set_metadata, versions, write};

#[test]
fn a_truncated_stream_begins_later_and_the_log_shows_all_until_a_scavenge() {
    run(async {
        let server = TestServer::start(Options::default());
        let (store, another) = (open(&server).await, another_program(&server));
        let (by_revision, by_count) = (stream("account-1"), stream("account-2"));
        for number in 0..5 {
            write(&store, &by_revision, vec![numbered(number)]).await;
            write(&store, &by_count, vec![numbered(number)]).await;
        }
        set_metadata(&another, "account-1", json!({"$tb": 2})).await;
        set_metadata(&another, "account-2", json!({"$maxCount": 2})).await;
        let page = read(&store, &by_revision).await;
        assert_eq!((versions(&page), page.begins_at()), (vec![3, 4, 5], Some(StreamVersion(3))));
        let page = read(&store, &by_count).await;
        assert_eq!((versions(&page), page.begins_at()), (vec![4, 5], Some(StreamVersion(4))));
        let log = all(&store).await;
        assert_eq!(log.len(), 10, "the log still has them, and none of the metadata");
        let hidden = log.iter().find(|event| event.stream == by_revision).expect("the first one").clone();
        assert_eq!(store.event_by_id(hidden.event_id).await.expect("a look-up"), Some(hidden.clone()));
        let listed = StreamQuery {
            category: None,
            contains: None,
            system: true,
            order: StreamOrder::Name,
            offset: 0,
            limit: 10,
        };
        let found = store.streams(&listed).await.expect("a list").streams;
        let begin: Vec<_> = found.iter().map(|info| (info.version.get(), info.truncated_before.get())).collect();
        assert_eq!(begin, [(5, 3), (5, 4)], "lists say it too; metadata streams are not listed");
        server.scavenge();
        assert_eq!(all(&store).await.len(), 5, "then they are gone from the log");
        assert_eq!(store.read_positions(&[hidden.position]).await.expect("a read"), [], "nothing is there any more");
        assert_eq!(store.event_by_id(hidden.event_id).await.expect("a look-up"), None);
        let written = append(&store, &by_revision, ExpectedVersion::Exact(5.into()), vec![numbered(9)]).await;
        assert_eq!(written.expect("an append").events[0].version, StreamVersion(6), "versions go on");
    });
}

#[test]
fn old_events_are_hidden_when_their_time_has_come() {
    run(async {
        // The index reckons by the clock of this machine, the server by its own: both are set to the same time here.
        let clock = Arc::new(ManualClock::new(chrono::Utc::now() - chrono::TimeDelta::seconds(1000)));
        let server = TestServer::start(Options { clock: clock.clone(), ..Options::default() });
        let (store, another) = (open(&server).await, another_program(&server));
        write(&store, &stream("account-1"), vec![numbered(1), numbered(2)]).await;
        clock.set(chrono::Utc::now());
        write(&store, &stream("account-1"), vec![numbered(3)]).await;
        set_metadata(&another, "account-1", json!({"$maxAge": 500})).await;
        let page = read(&store, &stream("account-1")).await;
        assert_eq!((versions(&page), page.begins_at()), (vec![3], Some(StreamVersion(3))), "ages are seconds");
    });
}

#[test]
fn a_softly_deleted_stream_reads_as_hidden_and_goes_on() {
    run(async {
        let server = TestServer::start(Options::default());
        let store = open(&server).await;
        let target = stream("account-1");
        let first = vec![numbered(1), numbered(2)];
        write(&store, &target, first.clone()).await;
        store.inspect().delete_softly(&target, ExpectedVersion::Exact(2.into())).await.expect("deleted");
        let page = read(&store, &target).await;
        let info = page.stream.clone().expect("it had events");
        assert_eq!((page.events.len(), info.version, info.truncated_before), (0, 2.into(), 3.into()), "all are hidden");
        assert_eq!(info.closed_at, None, "it may go on");
        // What it takes for granted of its stream is checked against what it was, not what is shown.
        let again = append(&store, &target, ExpectedVersion::NoStream, vec![numbered(3)]).await;
        let conflict = AppendError::WrongExpectedVersion {
            stream: target.clone(),
            expected: ExpectedVersion::NoStream,
            actual: StreamVersion(2),
        };
        assert_eq!(again, Err(conflict), "it had events before, though the server alone would take this");
        let replay = append(&store, &target, ExpectedVersion::NoStream, first).await.expect("known events");
        assert!(replay.replayed, "what was appended before is recognised");
        let written = append(&store, &target, ExpectedVersion::Exists, vec![numbered(4)]).await.expect("it goes on");
        assert_eq!(written.events[0].version, StreamVersion(3));
        let page = read(&store, &target).await;
        assert_eq!((versions(&page), page.begins_at()), (vec![3], Some(StreamVersion(3))));
    });
}

#[test]
fn a_metadata_stream_alone_makes_no_stream() {
    run(async {
        let server = TestServer::start(Options::default());
        let (store, another) = (open(&server).await, another_program(&server));
        set_metadata(&another, "account-1", json!({"$maxCount": 5})).await;
        let outcome = append(&store, &stream("account-1"), ExpectedVersion::Exists, vec![numbered(1)]).await;
        assert_eq!(outcome.expect_err("no event").code(), "wrong_expected_version", "the server alone would take this");
        assert_eq!(read(&store, &stream("account-1")).await.stream, None);
        let outcome = append(&store, &stream("account-1"), ExpectedVersion::NoStream, vec![numbered(1)]).await;
        assert_eq!(outcome.expect("there is none").events[0].version, StreamVersion(1));
    });
}

#[test]
fn a_tombstoned_stream_is_closed_for_good() {
    run(async {
        let server = TestServer::start(Options::default());
        let store = open(&server).await;
        let target = stream("account-1");
        let known = vec![numbered(1), numbered(2)];
        write(&store, &target, known.clone()).await;
        store.inspect().tombstone(&target, ExpectedVersion::Any).await.expect("tombstoned");
        let page = read(&store, &target).await;
        let info = page.stream.expect("it had events");
        assert!(page.events.is_empty() && info.closed_at.is_some(), "nothing is read any more: {info:?}");
        assert_eq!((info.version, &*info.last_event_type), (2.into(), "$streamDeleted"));
        for expected in [ExpectedVersion::Any, ExpectedVersion::Exists, ExpectedVersion::Exact(2.into())] {
            let outcome = append(&store, &target, expected, vec![numbered(3)]).await;
            assert_eq!(outcome, Err(AppendError::StreamClosed { stream: target.clone() }), "{expected}");
        }
        let replay = append(&store, &target, ExpectedVersion::Any, known).await.expect("known events");
        assert!(replay.replayed, "what was appended before is still recognised");
        let log = all(&store).await;
        assert_eq!(log.len(), 3, "the log has the tombstone");
        assert_eq!(log[2].version, StreamVersion::MAX, "behind everything");
        let counted = store.categories().await.expect("categories");
        assert_eq!((counted[0].streams, counted[0].events), (1, 3));
    });
}

#[test]
fn a_tombstone_of_another_program_is_met_by_the_append_that_comes_too_late() {
    run(async {
        let server = TestServer::start(Options::default());
        let (store, other) = (open(&server).await, open(&server).await);
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        other.inspect().tombstone(&stream("account-1"), ExpectedVersion::Any).await.expect("tombstoned");
        let outcome = append(&store, &stream("account-1"), ExpectedVersion::Any, vec![numbered(2)]).await;
        assert_eq!(outcome.expect_err("too late").code(), "stream_closed");
    });
}
