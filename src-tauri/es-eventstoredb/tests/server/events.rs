use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::hash::expected_content_hash;
use es_core::{
    Direction, EventFilter, EventReader as _, ExpectedVersion, ManualClock, Payload, Position, ReadAll, ReadStream,
    StreamVersion,
};
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::{Dice, metadata, numbered, run, stream, time};
use eventstore::EventData;
use uuid::Uuid;

use super::{all, another_program, append, open, read, shared, write, write_as_another};

#[test]
fn events_of_other_programs_are_read_as_they_are() {
    run(async {
        let server = TestServer::start(Options::default());
        let another = another_program(&server);
        let json =
            |text: &str| EventData::json("Foreign", &serde_json::from_str::<serde_json::Value>(text).expect("JSON"));
        let correlation = Uuid::new_v4();
        let ids = format!(r#"{{"$correlationId":"{correlation}","schemaVersion":7}}"#);
        let events = vec![
            json("{\"a\":1}").expect("JSON"),
            EventData::binary("Foreign", vec![0xff, 0, 1].into()).metadata(vec![0xfe].into()),
            json("[1]").expect("JSON").metadata(b"not json".to_vec().into()),
            json("null").expect("JSON").metadata(ids.clone().into_bytes().into()),
        ];
        write_as_another(&another, "foreign-1", events).await;
        write_as_another(&another, " odd\tname ", vec![json("1").expect("JSON")]).await;
        let store = open(&server).await;
        let events = all(&store).await;
        assert_eq!(events.len(), 5, "none is left out");
        assert_eq!((&events[0].payload, &*events[0].metadata), (&Payload::json("{\"a\":1}"), ""), "without metadata");
        assert_eq!(events[0].schema_version, 1, "nobody says another version");
        assert_eq!(events[1].payload, Payload::Binary([0xff, 0, 1].into()));
        assert_eq!(&*events[1].metadata, "{\"$binaryMetadata\":\"fe\"}", "bytes that are no text are shown as such");
        assert_eq!(&*events[2].metadata, "not json");
        assert_eq!((events[3].schema_version, events[3].correlation_id), (7, Some(correlation)), "known keys are read");
        assert_eq!(&*events[3].metadata, ids);
        assert_eq!(events[4].stream.as_str(), "%20odd%09name%20", "a name that is none here is shown as one");
        for event in &events {
            assert_eq!(event.content_hash, expected_content_hash(event), "of what is shown, at {}", event.position);
        }
        assert_eq!(store.event_by_id(events[3].event_id).await.expect("a look-up"), Some(events[3].clone()));
    });
}

#[test]
fn json_that_is_none_is_shown_as_bytes() {
    run(async {
        struct Raw;
        impl serde::Serialize for Raw {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct as _;
                const RAW: &str = "$serde_json::private::RawValue";
                let mut raw = serializer.serialize_struct(RAW, 1)?;
                raw.serialize_field(RAW, "{broken")?;
                raw.end()
            }
        }
        let server = TestServer::start(Options::default());
        let event = EventData::json("Foreign", &Raw).expect("written");
        write_as_another(&another_program(&server), "foreign-1", vec![event]).await;
        let store = open(&server).await;
        assert_eq!(all(&store).await[0].payload, Payload::Binary(b"{broken".as_slice().into()));
    });
}

#[test]
fn times_are_exact_to_the_microsecond() {
    run(async {
        let at = time(5) + TimeDelta::microseconds(123_456);
        let clock = Arc::new(ManualClock::new(at));
        let server = TestServer::start(Options { clock, ..Options::default() });
        let store = open(&server).await;
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        assert_eq!(all(&store).await[0].recorded_at, at, "not cut to seconds");
        assert_eq!(store.position_at(at).await.expect("a position"), all(&store).await[0].position);
        let before = store.position_at(at - TimeDelta::microseconds(1)).await;
        assert_eq!(before.expect("a position"), Position::ZERO);
    });
}

#[test]
fn a_clock_that_goes_back_leaves_every_moment_a_prefix_of_the_log() {
    run(async {
        let clock = Arc::new(ManualClock::new(time(0)));
        let server = TestServer::start(Options { clock: clock.clone(), ..Options::default() });
        let store = open(&server).await;
        for seconds in [10, 20, 5, 15, 30, 25] {
            clock.set(time(seconds));
            write(&store, &stream("account-1"), vec![numbered(1)]).await;
        }
        let log = all(&store).await;
        let at = async |seconds: i64| store.position_at(time(seconds)).await.expect("a position");
        assert_eq!(at(9).await, Position::ZERO);
        assert_eq!(at(10).await, log[0].position);
        assert_eq!(at(19).await, log[0].position, "the third event is older than that, but comes after the second");
        assert_eq!(at(20).await, log[3].position, "up to there nothing is younger");
        assert_eq!(at(30).await, log[5].position);
        let filter =
            EventFilter { recorded_from: Some(time(15)), recorded_until: Some(time(26)), ..EventFilter::default() };
        let read = ReadAll::forward(Position::ZERO, 100).filtered(filter.clone());
        let found = store.read_all(read).await.expect("a page").events;
        let expected: Vec<_> = log.iter().filter(|event| filter.matches(event)).cloned().collect();
        assert_eq!((found.len(), found), (3, expected), "a filter looks at each event's own time");
    });
}

#[test]
fn reads_begin_anywhere_even_where_no_record_does() {
    run(async {
        for separate_commits in [false, true] {
            let server = TestServer::start(Options { separate_commits, ..Options::default() });
            let store = open(&server).await;
            let mut dice = Dice::new(3);
            for number in 0..12 {
                let target = stream(&format!("account-{}", number % 3));
                write(&store, &target, (0..=dice.below(3)).map(numbered).collect()).await;
            }
            let log = all(&store).await;
            let last = log[log.len() - 1].position.get();
            for _ in 0..120 {
                let from = Position(dice.below(last + 500));
                let forward = store.read_all(ReadAll::forward(from, 4)).await.expect("a page");
                let expected: Vec<_> = log.iter().filter(|event| event.position > from).take(4).cloned().collect();
                assert_eq!(forward.events, expected, "forward from {from}");
                let backward = store.read_all(ReadAll::backward(from, 4)).await.expect("a page");
                let expected: Vec<_> =
                    log.iter().rev().filter(|event| event.position < from).take(4).cloned().collect();
                assert_eq!(backward.events, expected, "backward from {from}");
                let scanned = store.scan_positions(from, &EventFilter::default()).await.expect("a scan");
                let expected: Vec<_> =
                    log.iter().map(|event| event.position).filter(|position| *position > from).collect();
                assert_eq!(scanned.positions, expected, "scan from {from}");
            }
        }
    });
}

#[test]
fn the_servers_own_projection_finds_what_belongs_together() {
    run(async {
        let server = TestServer::start(Options { system_projections: true, ..Options::default() });
        let store = open(&server).await;
        let correlation = Uuid::new_v4();
        for schema_version in [1, 4] {
            let mut event = numbered(1);
            event.schema_version = schema_version;
            event.metadata = metadata(correlation, Uuid::new_v4());
            write(&store, &stream("account-1"), vec![event]).await;
        }
        let (from, direction) = (StreamVersion::ZERO, Direction::Forward);
        let links = stream(&format!("$bc-{correlation}"));
        let found = store.read_stream(ReadStream { stream: links, from, direction, limit: 10 }).await.expect("links");
        assert_eq!(found.events.len(), 2, "also where the schema version stands beside the correlation");
    });
}

#[test]
fn another_program_that_writes_in_between_costs_nobody_an_event() {
    run(async {
        let server = TestServer::start(Options::default());
        let (one, other) = (shared(open(&server).await), shared(open(&server).await));
        let follower = tokio::spawn({
            let store = shared(open(&server).await);
            async move {
                let (mut seen, mut checkpoint) = (Vec::new(), Position::ZERO);
                while seen.len() < 80 {
                    let page = store.read_all(ReadAll::forward(checkpoint, 7)).await.expect("a page");
                    assert!(page.next >= checkpoint, "a checkpoint never moves back");
                    checkpoint = page.next;
                    seen.extend(page.events);
                    if page.end {
                        let wait = std::time::Duration::from_millis(50);
                        store.wait_for_events(checkpoint, wait).await.expect("a head");
                    }
                }
                seen
            }
        });
        let mut writers = Vec::new();
        for (writer, store) in [&one, &other].into_iter().cycle().take(4).enumerate() {
            let store = Arc::clone(store);
            writers.push(tokio::spawn(async move {
                for number in 0..20 {
                    let event = numbered(writer as u64 * 100 + number);
                    append(&store, &stream("hot-1"), ExpectedVersion::Any, vec![event]).await.expect("an append");
                }
            }));
        }
        for writer in writers {
            writer.await.expect("the writer ends");
        }
        let page = read(&one, &stream("hot-1")).await;
        assert_eq!(
            super::versions(&page),
            (1..=80).collect::<Vec<_>>(),
            "versions are dense, nothing is lost or doubled"
        );
        let seen = follower.await.expect("the follower ends");
        assert_eq!(seen, all(&one).await, "who follows sees the whole log");
        let stale = append(&other, &stream("hot-1"), ExpectedVersion::Exact(3.into()), vec![numbered(1)]).await;
        assert_eq!(stale.expect_err("stale").code(), "wrong_expected_version");
    });
}

#[test]
fn of_two_programs_that_expect_the_same_version_one_wins() {
    run(async {
        let server = TestServer::start(Options::default());
        let stores = [shared(open(&server).await), shared(open(&server).await)];
        // Slow enough that both have looked at the stream before either has written.
        server.set_delay(std::time::Duration::from_millis(10));
        for round in 0..10 {
            let appends = stores.clone().map(|store| {
                tokio::spawn(async move {
                    append(&store, &stream("hot-1"), ExpectedVersion::Exact(round.into()), vec![numbered(round)]).await
                })
            });
            let mut won = 0;
            for outcome in appends {
                match outcome.await.expect("it ends") {
                    Ok(_) => won += 1,
                    Err(error) => {
                        let conflict = es_core::AppendError::WrongExpectedVersion {
                            stream: stream("hot-1"),
                            expected: ExpectedVersion::Exact(round.into()),
                            actual: StreamVersion(round + 1),
                        };
                        assert_eq!(error, conflict, "round {round}: the loser is told");
                    }
                }
            }
            assert_eq!(won, 1, "round {round}: exactly one");
        }
    });
}

#[test]
fn a_time_is_never_invented() {
    run(async {
        let before: DateTime<Utc> = Utc::now() - TimeDelta::seconds(1);
        let server = TestServer::start(Options::default());
        let store = open(&server).await;
        write(&store, &stream("account-1"), vec![numbered(1)]).await;
        let found = all(&store).await[0].recorded_at;
        assert!(found > before && found <= Utc::now(), "the server's own: {found}");
    });
}
