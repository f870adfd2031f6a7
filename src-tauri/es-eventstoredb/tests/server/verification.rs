use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use es_core::{FindingKind, HostedStore as _, StreamVersion, VerifyReport};
use es_eventstoredb::{EventStoreDbOptions, EventStoreDbStore};
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::{numbered, run, stream};
use tokio_util::sync::CancellationToken;

use super::{all, open_with, write};

async fn verify(store: &EventStoreDbStore) -> VerifyReport {
    store.verify(CancellationToken::new(), Box::new(|_| {})).await.expect("a report")
}

/// A store with some events and the file of its index.
async fn written() -> (TestServer, EventStoreDbStore, tempfile::TempDir) {
    let (server, folder) = (TestServer::start(Options::default()), tempfile::tempdir().expect("a folder"));
    let options =
        EventStoreDbOptions { index: Some(folder.path().join("index.sqlite")), ..EventStoreDbOptions::default() };
    let store = open_with(&server, options).await;
    for number in 0..30 {
        write(&store, &stream(&format!("account-{}", number % 3)), vec![numbered(number)]).await;
    }
    (server, store, folder)
}

/// Lets the index remember the log otherwise, which looks like a log that was changed since.
fn tamper(folder: &tempfile::TempDir, sql: &str) {
    let index = rusqlite::Connection::open(folder.path().join("index.sqlite")).expect("the index");
    assert!(index.execute(sql, []).expect("a statement") > 0, "{sql} changes something");
}

#[test]
fn a_log_that_is_as_it_was_first_seen_is_intact() {
    run(async {
        let (_server, store, _folder) = written().await;
        let told = Arc::new(AtomicU64::new(0));
        let telling = told.clone();
        let told_of = Box::new(move |progress: es_core::VerifyProgress| telling.store(progress.done, Ordering::SeqCst));
        let report = store.verify(CancellationToken::new(), told_of).await.expect("a report");
        assert!(report.intact(), "{report:?}");
        assert_eq!((report.events, report.streams, told.load(Ordering::SeqCst)), (30, 3, 30));
        assert_eq!(report.head.position, all(&store).await[29].position);
    });
}

#[test]
fn each_change_since_first_sight_is_found_where_it_is() {
    run(async {
        for (sql, kind) in [
            (
                "UPDATE event SET content_hash = zeroblob(32) WHERE position = (SELECT min(position) FROM event)",
                FindingKind::ContentHash,
            ),
            (
                "UPDATE event SET event_id = zeroblob(16) WHERE position = (SELECT min(position) FROM event)",
                FindingKind::EventId,
            ),
            ("UPDATE event SET version = 9 WHERE position = (SELECT min(position) FROM event)", FindingKind::Version),
            ("UPDATE event SET recorded_at = 1 WHERE position = (SELECT min(position) FROM event)", FindingKind::Time),
            ("DELETE FROM event WHERE position = (SELECT min(position) FROM event)", FindingKind::Position),
            (
                "UPDATE event SET position = position + 1 WHERE position = (SELECT min(position) FROM event)",
                FindingKind::Position,
            ),
        ] {
            let (_server, store, folder) = written().await;
            let first = all(&store).await[0].position;
            tamper(&folder, sql);
            let report = verify(&store).await;
            assert!(!report.intact(), "{sql}: {report:?}");
            let finding = &report.findings[0];
            assert_eq!(finding.kind, kind, "{sql}: {finding:?}");
            assert!(finding.position.get() - first.get() <= 1, "{sql}: {finding:?}");
        }
    });
}

#[test]
fn what_a_scavenge_removed_is_no_finding() {
    run(async {
        let (server, store, _folder) = written().await;
        let cut = serde_json::json!({"$tb": 5});
        let changes = cut.as_object().expect("an object");
        store.inspect().change_metadata(&stream("account-1"), StreamVersion::ZERO, changes).await.expect("changed");
        server.scavenge();
        let report = verify(&store).await;
        assert!(report.intact(), "{report:?}");
        assert_eq!(report.events, 25, "five are gone");
        // The same events missing from a stream that hides nothing.
        let none = serde_json::json!({"$tb": null});
        let changes = none.as_object().expect("an object");
        store.inspect().change_metadata(&stream("account-1"), StreamVersion(1), changes).await.expect("changed");
        let report = verify(&store).await;
        assert_eq!(report.total_findings, 5, "{report:?}");
    });
}

#[test]
fn a_cancelled_verification_says_so() {
    run(async {
        let (_server, store, _folder) = written().await;
        let cancel = CancellationToken::new();
        cancel.cancel();
        let report = store.verify(cancel, Box::new(|_| {})).await.expect("a report");
        assert!(report.cancelled && !report.intact());
    });
}
