//! Files that are not stores, stores that cannot be written, and how each says so.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use common::*;
use es_core::{EventReader, EventStore, Position, StoreError};
use es_sqlite::{OpenOptions, SqliteEventStore};
use rusqlite::Connection;

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let files = entries.filter(|entry| entry.file_type().expect("a type").is_file());
    files.map(|file| (file.file_name().into_string().expect("a name"), fs::read(file.path()).expect("bytes"))).collect()
}

/// Opening in every way gives this error and changes nothing in the folder.
fn refused(place: &Place, code: &str) -> StoreError {
    let before = contents(place.folder.path());
    let mut last = None;
    for (create, read_only) in [(true, false), (false, false), (false, true)] {
        let options = OpenOptions { create, read_only, ..OpenOptions::default() };
        let error = SqliteEventStore::open(&place.path, options).expect_err("refused");
        assert_eq!(error.code(), code, "create: {create}, read only: {read_only}: {error}");
        assert!(contents(place.folder.path()) == before, "nothing in the folder changes ({code})");
        last = Some(error);
    }
    last.expect("tried")
}

/// A store with three events, closed.
fn stored() -> Place {
    let place = place();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = open(&place.path);
    runtime.block_on(store.append(append_to("account-1", 1, 3))).expect("appended");
    place
}

#[test]
fn a_file_that_is_not_a_database_is_refused_and_left_alone() {
    for bytes in [&b"Dear diary"[..], &[0; 5000], b"SQLite format 3\0", &[b'x'; 100]] {
        let place = place();
        fs::write(&place.path, bytes).expect("written");
        let error = refused(&place, "not_a_store");
        assert!(error.to_string().contains("not an SQLite database"), "{error}");
    }
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    for wal in [false, true] {
        let place = place();
        let other = Connection::open(&place.path).expect("created");
        if wal {
            other.pragma_update(None, "journal_mode", "WAL").expect("set");
        }
        other
            .execute_batch("CREATE TABLE es_event (position INTEGER PRIMARY KEY); INSERT INTO es_event VALUES (1);")
            .expect("filled");
        let error = refused(&place, "not_a_store");
        assert!(error.to_string().contains("another program"), "{error}");
        drop(other);
        refused(&place, "not_a_store");
    }
}

#[test]
fn a_store_of_a_newer_program_is_refused_and_left_alone() {
    let place = stored();
    Connection::open(&place.path).expect("opened").pragma_update(None, "user_version", 99).expect("set");
    let error = refused(&place, "newer_schema");
    assert!(matches!(error, StoreError::NewerSchema { found: 99, supported: 3, .. }), "{error}");
}

#[test]
fn a_newer_version_that_stands_only_in_the_write_ahead_log_is_seen() {
    let place = stored();
    let newer = Connection::open(&place.path).expect("opened");
    newer.pragma_update(None, "wal_autocheckpoint", 0).expect("set");
    newer.pragma_update(None, "user_version", 99).expect("set");
    let before = fs::read(&place.path).expect("bytes");
    let error = SqliteEventStore::open(&place.path, creating()).expect_err("refused");
    assert_eq!(error.code(), "newer_schema", "{error}");
    assert!(fs::read(&place.path).expect("bytes") == before, "the file is unchanged");
}

#[test]
fn a_file_with_our_mark_and_other_tables_is_damaged() {
    let place = place();
    let other = Connection::open(&place.path).expect("created");
    other
        .execute_batch(
            "CREATE TABLE es_event (position INTEGER); PRAGMA application_id = 1279607879; PRAGMA user_version = 1;",
        )
        .expect("filled");
    drop(other);
    refused(&place, "store_damaged");
}

#[test]
fn a_store_whose_first_pages_are_destroyed_is_damaged() {
    let place = stored();
    let mut bytes = fs::read(&place.path).expect("bytes");
    bytes[100..4096].fill(0xA5);
    fs::write(&place.path, bytes).expect("written");
    refused(&place, "store_damaged");
}

#[test]
fn a_missing_file_is_created_only_if_asked_for() {
    let place = place();
    let missing = SqliteEventStore::open(&place.path, OpenOptions::default()).expect_err("refused");
    assert_eq!(missing.code(), "store_not_found");
    let read_only = OpenOptions { read_only: true, ..creating() };
    assert_eq!(SqliteEventStore::open(&place.path, read_only).expect_err("refused").code(), "store_not_found");
    assert!(!place.path.exists(), "nothing was created");
    fs::write(&place.path, b"").expect("written");
    let empty = SqliteEventStore::open(&place.path, OpenOptions::default()).expect_err("refused");
    assert_eq!(empty.code(), "not_a_store");
    drop(open(&place.path));
    drop(SqliteEventStore::open(&place.path, OpenOptions::default()).expect("now it is there"));
    let nowhere = place.folder.path().join("no/such/folder/x.ledger");
    assert!(SqliteEventStore::open(nowhere, creating()).is_err(), "folders are not created");
}

#[test]
fn a_folder_is_not_a_store() {
    let place = place();
    assert_eq!(SqliteEventStore::open(place.folder.path(), creating()).expect_err("refused").code(), "not_a_store");
}

async fn readable_but_not_writable(store: &SqliteEventStore, reason: &str) {
    assert!(store.read_only_reason().is_some_and(|told| told.contains(reason)), "{:?}", store.read_only_reason());
    assert_eq!(read_everything(store).await.len(), 3, "it can be read");
    let error = store.append(append_to("account-1", 2, 1)).await.expect_err("refused");
    assert_eq!(error.code(), "read_only", "{error}");
    let error = store.import(Vec::new()).await.expect_err("refused");
    assert_eq!(error.code(), "read_only", "{error}");
    assert_eq!(store.head().await.expect("a head"), Position(3), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_opened_for_reading_refuses_to_write() {
    let place = tokio::task::spawn_blocking(stored).await.expect("stored");
    let before = fs::read(&place.path).expect("bytes");
    let options = OpenOptions { read_only: true, ..OpenOptions::default() };
    let store = SqliteEventStore::open(&place.path, options).expect("opens");
    readable_but_not_writable(&store, "for reading only").await;
    drop(store);
    assert!(fs::read(&place.path).expect("bytes") == before, "not one byte changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_protected_file_can_be_read() {
    let place = tokio::task::spawn_blocking(stored).await.expect("stored");
    let before = fs::read(&place.path).expect("bytes");
    let mut permissions = fs::metadata(&place.path).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&place.path, permissions).expect("set");
    let store = SqliteEventStore::open(&place.path, creating()).expect("opens for reading");
    readable_but_not_writable(&store, "write-protected").await;
    drop(store);
    assert!(fs::read(&place.path).expect("bytes") == before, "not one byte changed");
}

#[tokio::test]
async fn a_reader_in_another_process_sees_what_is_appended_meanwhile() {
    let place = place();
    let writer = open(&place.path);
    let reader =
        SqliteEventStore::open(&place.path, OpenOptions { read_only: true, ..OpenOptions::default() }).expect("opens");
    for command in 1..=3 {
        writer.append(append_to("account-1", command, 2)).await.expect("appended");
        let head =
            reader.wait_for_events(Position(command as u64 * 2 - 2), Duration::from_secs(5)).await.expect("a head");
        assert_eq!(head, Position(command as u64 * 2));
    }
}

#[tokio::test]
async fn a_foreign_write_lock_is_waited_for_and_then_told() {
    let place = place();
    open(&place.path).close();
    let foreign = Connection::open(&place.path).expect("opened");
    foreign.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let options = OpenOptions { lock_timeout: Duration::from_millis(120), ..creating() };
    let store = SqliteEventStore::open(&place.path, options).expect("a locked store opens");
    assert_eq!(store.head().await.expect("and can be read"), Position(0));
    let error = store.append(append_to("account-1", 1, 1)).await.expect_err("locked");
    let es_core::AppendError::Store(StoreError::Locked { waited_ms, .. }) = error else { panic!("{error}") };
    assert!((100..5000).contains(&waited_ms), "waited {waited_ms} ms");
    foreign.execute_batch("ROLLBACK").expect("released");
    store.append(append_to("account-1", 1, 1)).await.expect("the same again succeeds");
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing_that_was_acknowledged() {
    let place = place();
    let options = OpenOptions { max_bytes: Some(256 * 1024), ..creating() };
    let store = SqliteEventStore::open(&place.path, options).expect("opens");
    let mut acknowledged = 0;
    let error = loop {
        match store.append(append_to("account-1", acknowledged + 1, 20)).await {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 1000, "the file never fills");
    };
    assert_eq!(error.code(), "disk_full", "{error}");
    store.close();
    let store = open(&place.path);
    let all = read_everything(&store).await;
    assert_eq!(all.len() as u128, acknowledged * 20, "all that was acknowledged and nothing else");
    assert_dense(&all);
    store.append(append_to("account-1", acknowledged + 1, 20)).await.expect("with room again, it goes on");
}

#[test]
fn several_processes_may_create_one_store_at_once() {
    let place = place();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let path = place.path.clone();
            std::thread::spawn(move || SqliteEventStore::open(path, creating()).map(drop))
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic").expect("created or opened");
    }
}
