//! Many writers in two processes on one database, and a reader that started before all of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use common::*;
use es_core::{
    AppendError, AppendRequest, EventReader, EventStore, ExpectedVersion, HostedStore, Position, ReadAll,
    RecordedEvent, StreamVersion,
};
use es_postgres::{PostgresConfig, PostgresEventStore};
use es_testkit::Dice;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What a child is to do: schema and number, one a line.
const CHILD: &str = "LEDGERSCOPE_POSTGRES_TEST_CHILD";
const PROCESSES: u64 = 2;
const WRITERS: u64 = 32;
const STREAMS: u64 = 200;
const APPENDS: u64 = 25;

/// Not a test of its own: what a child does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_writes_and_tells_what_was_acknowledged() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (schema, number) = task.split_once('\n').expect("two lines");
    let number: u64 = number.parse().expect("a number");
    let store = Arc::new(open(&PostgresConfig { schema: schema.to_owned(), ..place() }).await);
    let writers: Vec<_> =
        (0..WRITERS).map(|writer| tokio::spawn(write(Arc::clone(&store), number * WRITERS + writer))).collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    store.close().await;
}

/// Appends to random streams, each time exactly behind what it has read there, and says what was acknowledged.
async fn write(store: Arc<PostgresEventStore>, writer: u64) {
    let mut dice = Dice::new(writer);
    for number in 0..APPENDS {
        let name = stream(&format!("account-{}", dice.below(STREAMS)));
        let command = u128::from(writer) << 64 | u128::from(number);
        let batch = events(command, 1 + dice.below(3) as usize);
        loop {
            let read = es_core::ReadStream {
                stream: name.clone(),
                from: StreamVersion::MAX,
                direction: es_core::Direction::Backward,
                limit: 1,
            };
            let at = store.read_stream(read).await.expect("a page").stream.map_or(StreamVersion::ZERO, |s| s.version);
            let request = AppendRequest::to_stream(name.clone(), ExpectedVersion::Exact(at), batch.clone());
            match store.append(request).await {
                Ok(appended) => {
                    let told: String =
                        appended.events.iter().map(|e| format!("{} {}\n", e.event_id, e.position)).collect();
                    print!("{told}");
                    break;
                }
                Err(AppendError::WrongExpectedVersion { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
}

/// Follows the log from its beginning until it has seen `wanted` to be reached.
async fn tail(store: PostgresEventStore, end: CancellationToken) -> Vec<RecordedEvent> {
    let (mut seen, mut from) = (Vec::new(), Position::ZERO);
    loop {
        let ending = end.is_cancelled();
        let page = store.read_all(ReadAll::forward(from, 100)).await.expect("a page");
        seen.extend(page.events);
        from = page.next;
        if page.end && ending {
            return seen;
        }
        if page.end {
            store.wait_for_events(from, Duration::from_millis(200)).await.expect("a head");
        }
    }
}

async fn run_child(schema: String, number: u64) -> Vec<(Uuid, u64)> {
    let mut child = tokio::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "child_writes_and_tells_what_was_acknowledged", "--nocapture"])
        .env(CHILD, format!("{schema}\n{number}"))
        .env(es_testkit::postgres::SHARED_CLUSTER, es_testkit::postgres::server())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut acknowledged = Vec::new();
    while let Some(line) = lines.next_line().await.expect("a line") {
        if let Some((id, position)) = line.split_once(' ') {
            // What the test program says of itself has other first words.
            let Ok(id) = Uuid::try_parse(id) else { continue };
            acknowledged.push((id, position.parse().expect("a position")));
        }
    }
    assert!(child.wait().await.expect("an end").success(), "child {number} failed");
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_started_first_sees_all_that_two_processes_wrote_once_and_in_order() {
    let config = place();
    let reader = open(&config).await;
    let end = CancellationToken::new();
    let tailing = tokio::spawn(tail(reader.clone(), end.clone()));
    let children: Vec<_> =
        (0..PROCESSES).map(|number| tokio::spawn(run_child(config.schema.clone(), number))).collect();
    let mut acknowledged = BTreeMap::new();
    let mut told = 0;
    for child in children {
        for (id, position) in child.await.expect("no panic") {
            told += 1;
            assert!(acknowledged.insert(position, id).is_none(), "position {position} was given twice");
        }
    }
    end.cancel();
    let tailed = tailing.await.expect("no panic");
    let all = read_everything(&reader).await;
    assert_dense(&all);
    assert!(tailed == all, "the follower saw {} events, the log has {}", tailed.len(), all.len());
    assert_eq!(told, all.len(), "nothing was lost and nothing is there twice");
    assert!(told as u64 >= PROCESSES * WRITERS * APPENDS, "everybody wrote");
    for event in &all {
        assert_eq!(acknowledged.get(&event.position.get()), Some(&event.event_id), "as it was acknowledged");
    }
    let mut ids = HashMap::new();
    for event in &all {
        assert_eq!(ids.insert(event.event_id, event.position), None, "each id stands once");
    }
    let report = reader.verify(CancellationToken::new(), Box::new(|_| {})).await.expect("a report");
    assert!(report.intact(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_one_process_share_commits() {
    let store = Arc::new(open(&place()).await);
    let writers: Vec<_> = (0..64_u128)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in 0..10 {
                    let request = append_to(&format!("account-{writer}"), writer << 64 | number, 1);
                    store.append(request).await.expect("appended");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    let counts = store.lane_statistics();
    assert_eq!(counts.requests, 640);
    assert!(counts.commits < counts.requests / 4, "{counts:?}");
}
