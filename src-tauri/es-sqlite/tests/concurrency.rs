//! Many writers, a reader that follows them, other processes, and a process that is killed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::*;
use es_core::{EventReader, EventStore, ExpectedVersion, Position, ReadAll, RecordedEvent, StreamVersion, event_id_of};
use es_sqlite::{OpenOptions, SqliteEventStore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Names the store that a copy of this test program writes to as another process.
const CHILD_STORE: &str = "ES_SQLITE_TEST_CHILD_STORE";
/// Number of the child, so that children write different events.
const CHILD_NUMBER: &str = "ES_SQLITE_TEST_CHILD_NUMBER";
/// How many writers the child has.
const CHILD_WRITERS: &str = "ES_SQLITE_TEST_CHILD_WRITERS";
/// How many appends each of them makes.
const CHILD_APPENDS: &str = "ES_SQLITE_TEST_CHILD_APPENDS";

/// Follows the log from its beginning until it has seen `count` events.
async fn follow(store: SqliteEventStore, count: usize) -> Vec<RecordedEvent> {
    let (mut seen, mut from) = (Vec::new(), Position::ZERO);
    while seen.len() < count {
        let page = store.read_all(ReadAll::forward(from, 64)).await.expect("a page");
        from = page.next;
        seen.extend(page.events);
        if page.end {
            store.wait_for_events(from, Duration::from_secs(5)).await.expect("a head");
        }
    }
    seen
}

async fn assert_intact(store: &SqliteEventStore) {
    let report = store.verify(CancellationToken::new(), |_| {}).await.expect("verified");
    assert!(report.intact(), "{:?}", report.findings);
}

async fn sixteen_writers_and_a_follower(options: OpenOptions) {
    let place = place();
    let store = SqliteEventStore::open(&place.path, options).expect("the store opens");
    let (writers, each) = (16_u128, 40_u128);
    let follower = tokio::spawn(follow(store.clone(), (writers * each * 2) as usize));
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for number in 0..each {
                    // Half of the streams are fought over.
                    let name = if number % 2 == 0 { format!("shared-{}", number % 4) } else { format!("own-{writer}") };
                    let request = append_to(&name, writer * 1000 + number, 2);
                    acknowledged.extend(store.append(request).await.expect("appended").events);
                }
                acknowledged
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.expect("a writer"));
    }
    let followed = follower.await.expect("the follower");
    let all = read_everything(&store).await;
    assert_dense(&all);
    assert_eq!(all.len(), (writers * each * 2) as usize);
    assert!(followed == all, "the follower saw exactly what a full read sees");
    for written in acknowledged {
        let stored = &all[written.position.get() as usize - 1];
        assert_eq!(
            (stored.event_id, &stored.stream, stored.version),
            (written.event_id, &written.stream, written.version)
        );
    }
    assert_intact(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_follower_of_sixteen_writers_misses_nothing() {
    sixteen_writers_and_a_follower(creating()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_follower_without_wake_ups_misses_nothing() {
    sixteen_writers_and_a_follower(OpenOptions { wake_ups: false, ..creating() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_appends_to_one_version_exactly_one_wins() {
    let place = place();
    let store = open(&place.path);
    for round in 0..10_u128 {
        let tasks: Vec<_> = (0..16_u128)
            .map(|writer| {
                let store = store.clone();
                let mut request = append_to("contested-1", round * 100 + writer, 1);
                request.parts[0].expected = ExpectedVersion::Exact(StreamVersion(round as u64));
                tokio::spawn(async move { store.append(request).await })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.expect("a writer") {
                Ok(_) => won += 1,
                Err(error) => assert_eq!(error.code(), "wrong_expected_version"),
            }
        }
        assert_eq!(won, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appends_that_wait_share_a_commit() {
    let place = place();
    let store = open(&place.path);
    let tasks: Vec<_> = (0..600_u128)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.append(append_to("account-1", number, 1)).await.map(|_| ()) })
        })
        .collect();
    for task in tasks {
        task.await.expect("a writer").expect("appended");
    }
    let counts = store.lane_statistics();
    assert_eq!(counts.requests, 600);
    assert!(counts.commits < 200, "600 requests took {} commits", counts.commits);
    assert_dense(&read_everything(&store).await);
}

#[tokio::test]
async fn waiting_ends_at_its_time_and_at_the_first_event() {
    for wake_ups in [true, false] {
        let place = place();
        let store = SqliteEventStore::open(&place.path, OpenOptions { wake_ups, ..creating() }).expect("opens");
        let head = store.wait_for_events(Position(0), Duration::from_millis(30)).await.expect("a head");
        assert_eq!(head, Position(0), "nothing came");
        let waiting = {
            let store = store.clone();
            tokio::spawn(async move { store.wait_for_events(Position(0), Duration::from_secs(20)).await })
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
        store.append(append_to("account-1", 1, 1)).await.expect("appended");
        let head = tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("in time").expect("no panic");
        assert_eq!(head.expect("a head"), Position(1), "wake-ups: {wake_ups}");
    }
}

/// Streams that the writers of all processes share.
const STREAMS: u128 = 200;
/// Events of each append.
const EVENTS: usize = 2;

/// Where a writer's step goes: no two writers go round the streams in step.
fn target(writer: u128, step: u128) -> String {
    format!("shared-{}", (writer * 37 + step) % STREAMS)
}

/// Identity of a writer's step, told apart from those of all other writers of all processes.
fn command(child: u128, writer: u128, step: u128) -> u128 {
    (child * 1000 + writer) * 10_000_000 + step
}

/// Not a test of its own: what a child process does. Acknowledges each append on its standard output; every tenth is sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn child_process_appends() {
    let Ok(path) = std::env::var(CHILD_STORE) else { return };
    let number = |name: &str| std::env::var(name).expect("set").parse::<u128>().expect("a number");
    let (child, writers, appends) = (number(CHILD_NUMBER), number(CHILD_WRITERS), number(CHILD_APPENDS));
    let store = SqliteEventStore::open(Path::new(&path), creating()).expect("the child opens the store");
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for step in 0..appends {
                    let command = command(child, writer, step);
                    let request = append_to(&target(writer, step), command, EVENTS);
                    let appended = store.append(request.clone()).await.expect("the child appends");
                    if step % 10 == 0 {
                        let again = store.append(request).await.expect("the child appends it again");
                        assert!(again.replayed && again.events == appended.events, "answered as before");
                    }
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "\nack {command} {}", appended.last_position()).expect("told");
                    out.flush().expect("told at once");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a writer of the child");
    }
}

fn start_child(path: &Path, number: u128, writers: u128, appends: u128) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "child_process_appends", "--nocapture", "--test-threads=1"])
        .env(CHILD_STORE, path)
        .env(CHILD_NUMBER, number.to_string())
        .env(CHILD_WRITERS, writers.to_string())
        .env(CHILD_APPENDS, appends.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the child starts")
}

/// Acknowledgements as they come: command and last position.
fn acknowledgements(child: &mut Child) -> impl Iterator<Item = (u128, u64)> + use<> {
    BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok).filter_map(|line| {
        let (command, position) = line.strip_prefix("ack ")?.split_once(' ')?;
        Some((command.parse().ok()?, position.parse().ok()?))
    })
}

/// Every append stands in the log as a whole, its events one after the other in one stream.
fn assert_whole(all: &[RecordedEvent]) {
    let ids: HashMap<Uuid, &RecordedEvent> = all.iter().map(|event| (event.event_id, event)).collect();
    assert_eq!(ids.len(), all.len(), "no event stands in the log twice");
    for event in all {
        let command = event.correlation_id.expect("the test's events carry their command");
        for (index, id) in (0..EVENTS).map(|index| (index, event_id_of(command, index))) {
            let other = ids.get(&id).unwrap_or_else(|| panic!("event {index} of command {command} is missing"));
            assert_eq!(other.stream, event.stream, "one command, one stream");
        }
        if event.event_id == event_id_of(command, 0) {
            let second = ids[&event_id_of(command, 1)];
            assert_eq!((second.position, second.version), (event.position.next(), event.version.next()), "in a row");
        }
    }
}

/// The two things that every engine must prove together: many writers in several processes on one log, and somebody who follows
/// it from the beginning and sees exactly what is there in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_of_32_writers_write_200_streams_of_one_file_and_a_follower_in_a_third_misses_nothing() {
    let place = place();
    let store = open(&place.path);
    let (processes, writers, own) = (2, 32, 100);
    let count = (processes * writers * STREAMS + own) as usize * EVENTS;
    let follower = tokio::spawn(follow(store.clone(), count));
    let mut children: Vec<_> = (1..=processes).map(|n| start_child(&place.path, n, writers, STREAMS)).collect();
    let acks: Vec<_> = children.iter_mut().map(acknowledgements).collect();
    let acks: Vec<_> =
        acks.into_iter().map(|acks| tokio::task::spawn_blocking(move || acks.collect::<Vec<_>>())).collect();
    for step in 0..own {
        let request = append_to(&target(0, step), command(9, 0, step), EVENTS);
        store.append(request).await.expect("this process writes too");
    }
    let mut acknowledged = HashMap::new();
    for acks in acks {
        for (command, position) in acks.await.expect("read") {
            assert_eq!(acknowledged.insert(command, position), None, "command {command} was acknowledged once");
        }
    }
    for child in &mut children {
        assert!(child.wait().expect("ended").success(), "a child failed");
    }
    assert_eq!(acknowledged.len() as u128, processes * writers * STREAMS, "every append was acknowledged");
    let followed = tokio::time::timeout(Duration::from_secs(60), follower).await.expect("in time").expect("followed");
    let all = read_everything(&store).await;
    assert_eq!(all.len(), count, "nothing lost, nothing twice");
    assert_dense(&all);
    assert_whole(&all);
    assert!(followed == all, "the follower saw exactly what a full read sees");
    for (command, position) in acknowledged {
        let last = &all[position as usize - 1];
        assert_eq!(last.event_id, event_id_of(Uuid::from_u128(command), EVENTS - 1), "where it was acknowledged");
    }
    let streams: HashSet<_> = all.iter().map(|event| event.stream.as_str()).collect();
    assert_eq!(streams.len() as u128, STREAMS, "every stream was written to");
    assert_intact(&store).await;
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_it_acknowledged_and_leaves_nothing_half_written() {
    let place = place();
    let mut acknowledged = Vec::new();
    for round in 1..=3 {
        let mut child = start_child(&place.path, round, 4, 1_000_000);
        let mut acks = acknowledgements(&mut child);
        // Killed while it is busy writing; whatever else it still told is read to the end.
        acknowledged.extend(acks.by_ref().take(60 + 37 * round as usize));
        child.kill().expect("killed with SIGKILL");
        acknowledged.extend(acks);
        assert!(!child.wait().expect("ended").success(), "the child was killed");
    }
    let store = open(&place.path);
    let all = read_everything(&store).await;
    assert_dense(&all);
    assert_whole(&all);
    assert!(acknowledged.len() >= 3 * 60);
    for (command, position) in &acknowledged {
        let stored = all.get(*position as usize - 1).expect("an acknowledged event is there");
        assert_eq!(stored.event_id, events(*command, EVENTS)[1].event_id, "at its position");
    }
    assert_intact(&store).await;
    let (command, position) = acknowledged[0];
    let name = all[position as usize - 1].stream.as_str();
    let again = store.append(append_to(name, command, EVENTS)).await.expect("a retry");
    assert!(again.replayed && again.last_position().get() == position, "a retry finds what the dead process wrote");
}
