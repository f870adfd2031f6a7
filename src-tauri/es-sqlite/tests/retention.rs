//! Stubs, the archive and the guards of the file: what plain SQL cannot do, what verification finds, what migration keeps.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::*;
use es_core::retention::record::{Authorship, RetentionEvent};
use es_core::retention::{BatchLimits, stream as record_stream};
use es_core::{
    Direction, EventReader, EventStore, FindingKind, ReadStream, RetainError, RetentionChange, RetentionStore,
    ScavengeRequest, ScavengeStage, ScavengedBatch, StreamCut, StreamVersion, VerifyReport,
};
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn by() -> Authorship {
    Authorship {
        change_id: Uuid::new_v4(),
        actor: "auditor".to_owned(),
        channel: "test".to_owned(),
        reason: "the period is over".to_owned(),
    }
}

async fn decided_on(store: &SqliteEventStore) -> StreamVersion {
    let (from, direction) = (StreamVersion::MAX, Direction::Backward);
    let read = ReadStream { stream: record_stream(), from, direction, limit: 1 };
    let page = store.read_stream(read).await.expect("a page");
    page.stream.map_or(StreamVersion::ZERO, |info| info.version)
}

async fn truncate(store: &SqliteEventStore, name: &str, before: u64) {
    let cut = StreamCut { stream: stream(name), before: StreamVersion(before) };
    let (stream, before) = (cut.stream.clone(), cut.before);
    let change = RetentionChange {
        truncate: vec![cut],
        close: Vec::new(),
        record: vec![RetentionEvent::StreamTruncated { stream, before, events: 1, bytes: 1 }],
        by: by(),
        decided_on: decided_on(store).await,
    };
    store.retain(change).await.expect("truncated");
}

async fn scavenge(store: &SqliteEventStore, name: &str) -> Result<ScavengedBatch, RetainError> {
    store.scavenge(request(store, name).await).await
}

async fn request(store: &SqliteEventStore, name: &str) -> ScavengeRequest {
    ScavengeRequest {
        cuts: vec![StreamCut { stream: stream(name), before: StreamVersion::MAX }],
        limits: BatchLimits::default(),
        by: by(),
        decided_on: decided_on(store).await,
        observer: None,
    }
}

async fn verified(store: &SqliteEventStore) -> VerifyReport {
    store.verify(CancellationToken::new(), |_| {}).await.expect("verified")
}

async fn archive_verified(store: &SqliteEventStore) -> VerifyReport {
    store.verify_archive(Box::new(|_| true)).await.expect("verified")
}

fn archive_of(store: &Path) -> PathBuf {
    PathBuf::from(format!("{}.archive", store.display()))
}

/// Two streams of six events, taking turns; `account-1` is truncated before its fifth.
async fn truncated(path: &Path) -> SqliteEventStore {
    let store = open(path);
    for command in 0..12 {
        let name = if command % 2 == 0 { "account-1" } else { "account-2" };
        store.append(append_to(name, command, 1)).await.expect("appended");
    }
    truncate(&store, "account-1", 5).await;
    store
}

/// The same, scavenged: positions 1, 3, 5 and 7 are stubs.
async fn scavenged(path: &Path) -> SqliteEventStore {
    let store = truncated(path).await;
    assert_eq!(scavenge(&store, "account-1").await.expect("scavenged").events, 4);
    store
}

const DROP_STUB_TRIGGERS: &str = "DROP TRIGGER es_stub_refuses_update; DROP TRIGGER es_stub_refuses_delete;";

#[tokio::test]
async fn a_scavenged_store_is_intact_and_says_how_much_is_archived() {
    let place = place();
    let store = scavenged(&place.path).await;
    let report = verified(&store).await;
    assert!(report.intact(), "{:?}", report.findings);
    assert_eq!((report.events, report.stubs, report.streams), (14, 4, 3), "stubs count, and so does the record");
    store.close();
    let options = OpenOptions { read_only: true, ..OpenOptions::default() };
    let looking = SqliteEventStore::open(&place.path, options).expect("opens for looking");
    assert!(verified(&looking).await.intact(), "also when it is opened for looking");
    assert!(archive_verified(&looking).await.intact(), "and so is the archive");
    let refused = scavenge(&looking, "account-1").await.expect_err("nothing is written");
    assert_eq!(refused.code(), "read_only");
}

#[tokio::test]
async fn plain_sql_cannot_remove_an_event_without_the_whole_ceremony() {
    let place = place();
    truncated(&place.path).await.close();
    let raw = Connection::open(&place.path).expect("plain SQL");
    let refused = |sql: &str, why: &str| {
        let error = raw.execute_batch(&format!("BEGIN; {sql}; COMMIT")).expect_err(why);
        raw.execute_batch("ROLLBACK").expect("rolled back");
        assert!(error.to_string().contains("es_event is append-only"), "{why}: {error}");
    };
    let guard = "INSERT INTO es_scavenge VALUES (1)";
    let stub = |position: u64| {
        format!(
            "INSERT INTO es_stub SELECT position, stream_name, stream_version, event_id, recorded_at, content_hash, \
             chain_hash FROM es_event WHERE position = {position}"
        )
    };
    refused("DELETE FROM es_event WHERE position = 1", "outside a scavenge");
    refused(&format!("{guard}; DELETE FROM es_event WHERE position = 1"), "without a stub");
    refused(&format!("{guard}; {}; DELETE FROM es_event WHERE position = 2", stub(2)), "an event that is read");
    refused(&format!("{guard}; {}; DELETE FROM es_event", stub(1)), "more than has stubs");
    refused(&format!("{guard}; UPDATE es_event SET payload = '{{}}' WHERE position = 1"), "an event never changes");
    let foreign = |sql: &str, why: &str| {
        let error = raw.execute_batch(&format!("BEGIN; {sql}; COMMIT")).expect_err(why);
        raw.execute_batch("ROLLBACK").expect("rolled back");
        assert!(error.to_string().contains("es_stub"), "{why}: {error}");
    };
    foreign(&stub(1), "a stub outside a scavenge");
    let invented = "INSERT INTO es_stub VALUES (99, 'account-1', 99, zeroblob(16), 0, zeroblob(32), zeroblob(32))";
    foreign(&format!("{guard}; {invented}"), "a stub of no event");
    foreign(&format!("{guard}; {}; UPDATE es_stub SET recorded_at = 0", stub(1)), "a stub never changes");
    foreign(&format!("{guard}; {}; DELETE FROM es_stub", stub(1)), "a stub is never removed");
    let whole = format!("BEGIN; {guard}; {}; DELETE FROM es_event WHERE position = 1; ROLLBACK", stub(1));
    raw.execute_batch(&whole).expect("with guard, stub and truncation it is possible");
}

#[tokio::test]
async fn a_tampered_stub_is_named() {
    for change in [
        "UPDATE es_stub SET stream_version = 9 WHERE position = 5",
        "UPDATE es_stub SET stream_name = 'account-2' WHERE position = 5",
        "UPDATE es_stub SET event_id = randomblob(16) WHERE position = 5",
        "UPDATE es_stub SET recorded_at = recorded_at + 1 WHERE position = 5",
        "UPDATE es_stub SET content_hash = randomblob(32) WHERE position = 5",
        "UPDATE es_stub SET chain_hash = randomblob(32) WHERE position = 5",
        "UPDATE es_stub SET event_id = zeroblob(3) WHERE position = 5",
    ] {
        let place = place();
        scavenged(&place.path).await.close();
        let raw = Connection::open(&place.path).expect("plain SQL");
        raw.execute_batch(&format!("{DROP_STUB_TRIGGERS} {change}")).expect("changed");
        drop(raw);
        let report = verified(&open(&place.path)).await;
        let named = report.findings.iter().any(|finding| finding.position.get() == 5);
        assert!(named && !report.intact(), "{change}: {:?}", report.findings);
    }
}

#[tokio::test]
async fn a_removed_stub_and_one_beside_its_event_are_found() {
    let (removed, doubled, opened, lifted) = (
        "DELETE FROM es_stub WHERE position = 5".to_owned(),
        "DROP TRIGGER es_stub_needs_its_event; INSERT INTO es_stub SELECT position, stream_name, stream_version, event_id, \
         recorded_at, content_hash, chain_hash FROM es_event WHERE position = 2"
            .to_owned(),
        "INSERT INTO es_scavenge VALUES (1)".to_owned(),
        "UPDATE es_stream SET truncated_before = 2 WHERE stream_name = 'account-1'".to_owned(),
    );
    for (change, kind) in [
        (removed, FindingKind::Position),
        (doubled, FindingKind::EventId),
        (opened, FindingKind::Stub),
        (lifted, FindingKind::Stub),
    ] {
        let place = place();
        scavenged(&place.path).await.close();
        let raw = Connection::open(&place.path).expect("plain SQL");
        raw.execute_batch(&format!("{DROP_STUB_TRIGGERS} {change}")).expect("changed");
        drop(raw);
        let report = verified(&open(&place.path)).await;
        let found = report.findings.iter().any(|finding| finding.kind == kind);
        assert!(found, "{change}: {kind:?} in {:?}", report.findings);
    }
}

#[tokio::test]
async fn a_changed_or_missing_archived_event_is_named_and_never_handed_out() {
    let drop = "DROP TRIGGER es_event_refuses_update; DROP TRIGGER es_event_refuses_delete;";
    for (change, legible) in [
        ("UPDATE es_event SET payload = '{\"amount\":1}' WHERE position = 5", true),
        ("UPDATE es_event SET metadata = '{}' WHERE position = 5", true),
        ("UPDATE es_event SET recorded_at = recorded_at + 1 WHERE position = 5", true),
        ("UPDATE es_event SET stream_name = 'account-3' WHERE position = 5", true),
        ("UPDATE es_event SET chain_hash = zeroblob(32) WHERE position = 5", true),
        ("UPDATE es_event SET event_id = zeroblob(2) WHERE position = 5", true),
        ("DELETE FROM es_event WHERE position = 5", false),
    ] {
        let place = place();
        let store = scavenged(&place.path).await;
        let stub = store.read_stubs(&[es_core::Position(5)]).await.expect("read").remove(0);
        let raw = Connection::open(archive_of(&place.path)).expect("plain SQL");
        raw.execute_batch(&format!("{drop} {change}")).expect("changed");
        let report = archive_verified(&store).await;
        let places: Vec<_> = report.findings.iter().map(|finding| finding.position.get()).collect();
        assert!(places.contains(&5), "{change}: {:?}", report.findings);
        assert!(verified(&store).await.intact(), "the store itself is as it was");
        match store.event_by_id(stub.event_id).await {
            Err(error) => assert!(legible && error.code() == "store_damaged", "{change}: {error}"),
            Ok(found) => assert!(!legible && found.is_none(), "{change}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn a_missing_archive_is_a_finding_and_the_store_goes_on_without_it() {
    let place = place();
    let store = scavenged(&place.path).await;
    let id = store.read_stubs(&[es_core::Position(1)]).await.expect("read").remove(0).event_id;
    std::fs::remove_file(archive_of(&place.path)).expect("moved to a vault");
    let report = archive_verified(&store).await;
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert!(report.findings[0].message.contains("no archive"), "{:?}", report.findings);
    assert_eq!(store.event_by_id(id).await, Ok(None), "a lookup finds nothing");
    assert!(store.stub_by_id(id).await.expect("looked up").is_some(), "its stub stays");
    let again = store.append(append_to("account-1", 0, 1)).await.expect("recognised");
    assert!(again.replayed, "and vouches for retries");
    assert!(verified(&store).await.intact());
}

#[tokio::test]
async fn an_archive_of_another_store_or_program_is_left_alone() {
    let (other, mine) = (place(), place());
    {
        let store = open(&other.path);
        store.append(append_to("account-9", 100, 3)).await.expect("appended");
        truncate(&store, "account-9", 3).await;
        scavenge(&store, "account-9").await.expect("scavenged");
    }
    let store = truncated(&mine.path).await;
    std::fs::copy(archive_of(&other.path), archive_of(&mine.path)).expect("copied");
    let refused = scavenge(&store, "account-1").await.expect_err("refused");
    assert_eq!(refused.code(), "not_a_store", "{refused}");
    assert!(archive_verified(&store).await.total_findings > 0, "its events are not this store's");
    std::fs::write(archive_of(&mine.path), b"Dear diary").expect("written");
    let refused = scavenge(&store, "account-1").await.expect_err("refused");
    assert_eq!(refused.code(), "not_a_store", "{refused}");
    assert_eq!(std::fs::read(archive_of(&mine.path)).expect("bytes"), b"Dear diary", "somebody's file is as it was");
    assert_eq!(verified(&store).await.stubs, 0, "nothing was removed");
}

#[tokio::test]
async fn an_event_that_is_not_as_it_was_written_is_not_archived() {
    let place = place();
    truncated(&place.path).await.close();
    let raw = Connection::open(&place.path).expect("plain SQL");
    raw.execute_batch("DROP TRIGGER es_event_refuses_update; UPDATE es_event SET payload = '{}' WHERE position = 3")
        .expect("changed");
    drop(raw);
    let store = open(&place.path);
    let refused = scavenge(&store, "account-1").await.expect_err("refused");
    assert_eq!(refused.code(), "store_damaged", "{refused}");
    assert!(refused.to_string().contains("position 3"), "{refused}");
    let report = verified(&store).await;
    assert_eq!((report.stubs, report.total_findings), (0, 1), "the evidence stays: {:?}", report.findings);
}

#[tokio::test]
async fn what_an_interrupted_run_left_in_the_archive_is_taken_up() {
    let place = place();
    let store = truncated(&place.path).await;
    // Another window changes what is kept at the worst moment: the events are archived, and may not be removed any more.
    let handle = open(&place.path);
    let mut late = request(&store, "account-1").await;
    late.observer = Some(Arc::new(move |stage| {
        if stage == ScavengeStage::Archived {
            let meddle = async { truncate(&handle, "account-2", 2).await };
            tokio::runtime::Runtime::new().expect("a runtime").block_on(meddle);
        }
    }));
    assert!(store.scavenge(late).await.expect_err("refused").is_conflict());
    assert_eq!(verified(&store).await.stubs, 0, "nothing was removed");
    assert!(archive_verified(&store).await.intact(), "copies of events that are still in the store are no fault");
    assert_eq!(scavenge(&store, "account-1").await.expect("scavenged").events, 4, "the same events again");
    assert!(archive_verified(&store).await.intact() && verified(&store).await.intact());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_and_followers_go_on_while_events_are_scavenged() {
    let place = place();
    let store = open(&place.path);
    for command in 0..40 {
        store.append(append_to("account-1", command, 50)).await.expect("appended");
    }
    truncate(&store, "account-1", 2000).await;
    let done = Arc::new(AtomicBool::new(false));
    let (writer, ended) = (open(&place.path), done.clone());
    let writing = tokio::spawn(async move {
        let mut command = 1000;
        while !ended.load(Ordering::SeqCst) {
            writer.append(append_to("account-2", command, 3)).await.expect("appended");
            command += 1;
        }
        command - 1000
    });
    let mut moved = 0;
    loop {
        let asked = request(&store, "account-1").await;
        let limits = BatchLimits { events: 100, ..asked.limits };
        let batch = store.scavenge(ScavengeRequest { limits, ..asked }).await.expect("scavenged");
        moved += batch.events;
        let first = store.read_stream(ReadStream {
            stream: stream("account-1"),
            from: StreamVersion::ZERO,
            direction: Direction::Forward,
            limit: 10,
        });
        assert_eq!(first.await.expect("a page").events[0].version, StreamVersion(2000), "the stream reads as before");
        if !batch.more {
            break;
        }
    }
    done.store(true, Ordering::SeqCst);
    let appends = writing.await.expect("no append failed");
    assert_eq!(moved, 1999);
    let report = verified(&store).await;
    assert!(report.intact(), "{:?}", report.findings);
    assert_eq!(report.stubs, 1999);
    assert!(archive_verified(&store).await.intact());
    let others = read_everything(&store).await.iter().filter(|event| event.stream == stream("account-2")).count();
    assert_eq!(others as u128, appends * 3, "every append is there");
    let figures = store.storage().await.expect("figures");
    assert!(figures.free_bytes > 0, "what was removed is free for the next events: {figures:?}");
}

#[tokio::test]
async fn a_store_of_the_first_version_is_brought_forward_with_all_its_events() {
    let (new, old) = (place(), place());
    let store = open(&new.path);
    for command in 0..10 {
        store.append(append_to("account-1", command, 2)).await.expect("appended");
    }
    let log = read_everything(&store).await;
    store.close();
    let raw = Connection::open(&old.path).expect("created");
    raw.execute_batch(include_str!("../migrations/0001_events.sql")).expect("the first schema, as it was released");
    raw.execute("ATTACH ?1 AS new", [new.path.to_str()]).expect("attached");
    raw.execute_batch(
        "PRAGMA application_id = 1279607879; PRAGMA user_version = 1; \
         INSERT INTO es_event SELECT * FROM new.es_event; INSERT INTO es_stream SELECT * FROM new.es_stream; \
         DELETE FROM es_log_head; INSERT INTO es_log_head SELECT * FROM new.es_log_head;",
    )
    .expect("filled");
    drop(raw);
    let looking = OpenOptions { read_only: true, ..OpenOptions::default() };
    let refused = SqliteEventStore::open(&old.path, looking).expect_err("looking does not migrate");
    assert_eq!(refused.code(), "read_only");
    let store = open(&old.path);
    assert_eq!(read_everything(&store).await, log, "every event is as it was");
    assert!(verified(&store).await.intact());
    truncate(&store, "account-1", 11).await;
    assert_eq!(scavenge(&store, "account-1").await.expect("scavenged").events, 10, "and it can do what is new");
    assert!(verified(&store).await.intact() && archive_verified(&store).await.intact());
    let raw = Connection::open(&old.path).expect("opened");
    let error = raw.execute("DELETE FROM es_event", []).expect_err("refused");
    assert!(error.to_string().contains("only a scavenge"), "the former trigger was replaced: {error}");
}

#[tokio::test]
async fn views_still_belong_to_their_log_when_the_event_they_remember_was_scavenged() {
    let place = place();
    let store = open(&place.path);
    store.append(append_to("account-1", 1, 3)).await.expect("appended");
    let views = SqliteReadModels::open_temporary().expect("views");
    assert_eq!(views.bind(&store).await, Ok(false), "tied to the log at its third event");
    store.append(append_to("account-1", 2, 3)).await.expect("appended");
    truncate(&store, "account-1", 6).await;
    scavenge(&store, "account-1").await.expect("scavenged");
    assert_eq!(views.bind(&store).await, Ok(false), "the stub tells that it is the same log");
}
