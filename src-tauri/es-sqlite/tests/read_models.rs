//! What only the views file promises: other files are left alone, two programs may share it, nothing is half there.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::memory::MemoryEventStore;
use es_core::{
    AppendRequest, Checkpoint, Column, ColumnKind, EventStore, ExpectedVersion, Position, ProjectionError,
    ReadModelCommit, ReadModelStore, Row, RowQuery, RowSource, SnapshotStore, Table, limits,
};
use es_sqlite::SqliteReadModels;
use es_testkit::{numbered, run, stream, time};
use rusqlite::Connection;

static SUMS: Table = Table {
    name: "sums",
    columns: &[
        Column { name: "account_id", kind: ColumnKind::Text },
        Column { name: "sum", kind: ColumnKind::Int },
        Column { name: "note", kind: ColumnKind::Text },
    ],
    key_columns: 1,
    indexes: &[&["sum"]],
};
static TABLES: &[&Table] = &[&SUMS];
/// The same name with another shape.
static RESHAPED: Table = Table {
    name: "sums",
    columns: &[Column { name: "account_id", kind: ColumnKind::Int }],
    key_columns: 1,
    indexes: &[],
};
static RESHAPED_TABLES: &[&Table] = &[&RESHAPED];

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn open(path: &Path) -> SqliteReadModels {
    SqliteReadModels::open(path).expect("the views open")
}

fn row(account: &str, sum: i64) -> Row {
    vec![account.into(), sum.into(), "note".into()]
}

async fn begin(views: &SqliteReadModels, owner: &str, now: DateTime<Utc>) -> Checkpoint {
    views.prepare("sums", 1, TABLES).await.expect("the tables are prepared");
    views.activate("sums", 1).await.expect("the version is activated");
    views.acquire("sums", 1, owner, now).await.expect("the lease is free")
}

/// Adds one to an account and moves the checkpoint by one.
async fn count(views: &SqliteReadModels, from: &Checkpoint, account: &str) -> Result<Checkpoint, ProjectionError> {
    let account = account.to_owned();
    let work = move |rows: &mut dyn es_core::Rows| {
        let sum = rows.get(&SUMS, &[account.as_str().into()])?.and_then(|row| row[1].as_int()).unwrap_or(0);
        Ok(rows.put(&SUMS, row(&account, sum + 1))?)
    };
    let (from, to) = (from.clone(), from.position.next());
    views
        .commit(ReadModelCommit {
            projection: "sums",
            tables: TABLES,
            from,
            to,
            quarantine: vec![],
            work: Box::new(work),
        })
        .await
}

async fn rows(views: &SqliteReadModels) -> Vec<Row> {
    views.query("sums", RowQuery::all(&SUMS)).await.expect("an answer").rows
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the file is read")
}

#[test]
fn rows_checkpoints_and_leases_survive_reopening() {
    run(async {
        let folder = folder();
        let path = folder.path().join("views");
        let views = open(&path);
        let checkpoint = begin(&views, "one", time(0)).await;
        let checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
        drop(views);
        let views = open(&path);
        assert_eq!(views.checkpoint("sums", 1).await, Ok(Some(checkpoint.clone())), "the checkpoint is there");
        assert_eq!(rows(&views).await, [row("a", 1)], "and its rows");
        assert!(views.acquire("sums", 1, "two", time(1)).await.is_err(), "the lease is still held");
        count(&views, &checkpoint, "a").await.expect("the owner goes on after a restart");
    });
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_alone() {
    let folder = folder();
    let text = folder.path().join("text");
    std::fs::write(&text, "this is a letter, not a database, and long enough to be read as a header".repeat(20))
        .expect("a file");
    let foreign = folder.path().join("foreign");
    Connection::open(&foreign)
        .expect("a database")
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        .expect("a table");
    let marked = folder.path().join("marked");
    Connection::open(&marked)
        .expect("a database")
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE t (x)")
        .expect("a table");
    for path in [text, foreign, marked] {
        let before = bytes(&path);
        let error = SqliteReadModels::open(&path).err().expect("it is refused");
        assert_eq!(error.code(), "not_a_store", "{error}");
        assert_eq!(bytes(&path), before, "{} is as before", path.display());
    }
}

#[test]
fn an_event_store_is_not_taken_for_views() {
    let folder = folder();
    let path = folder.path().join("events");
    let options = es_sqlite::OpenOptions { create: true, ..Default::default() };
    drop(es_sqlite::SqliteEventStore::open(&path, options).expect("a store"));
    let error = SqliteReadModels::open(&path).err().expect("it is refused");
    assert_eq!(error.code(), "not_a_store", "{error}");
}

#[test]
fn views_of_a_newer_program_are_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("views");
    drop(open(&path));
    let connection = Connection::open(&path).expect("a database");
    connection.execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)").expect("a version");
    drop(connection);
    let before = bytes(&path);
    let error = SqliteReadModels::open(&path).err().expect("it is refused");
    assert_eq!(error.code(), "newer_schema", "{error}");
    assert!(error.to_string().contains("99"), "the error names the version: {error}");
    assert_eq!(bytes(&path), before, "the file is as before");
}

#[test]
fn damage_is_a_typed_error() {
    run(async {
        let folder = folder();
        let path = folder.path().join("views");
        let views = open(&path);
        let mut checkpoint = begin(&views, "one", time(0)).await;
        for number in 0..300 {
            checkpoint = count(&views, &checkpoint, &format!("account {number}")).await.expect("a commit");
        }
        drop(views);
        let mut damaged = bytes(&path);
        let _ = std::fs::remove_file(folder.path().join("views-wal"));
        damaged[4096..].fill(0x5a);
        std::fs::write(&path, damaged).expect("a file");
        let outcome = match SqliteReadModels::open(&path) {
            Ok(views) => views.query("sums", RowQuery::all(&SUMS)).await.map(drop),
            Err(error) => Err(error),
        };
        assert_eq!(outcome.expect_err("the pages are gone").code(), "store_damaged");
    });
}

#[test]
fn a_missing_folder_is_a_typed_error() {
    let error = SqliteReadModels::open("/nowhere/at/all/views").err().expect("there is no such folder");
    assert!(matches!(error.code(), "io" | "store_not_found"), "{error}");
}

#[test]
fn a_temporary_store_leaves_nothing_behind() {
    let views = SqliteReadModels::open_temporary().expect("a store");
    let path: PathBuf = views.path().to_owned();
    assert!(path.exists(), "it is a file while it is used");
    let second = views.clone();
    drop(views);
    assert!(path.exists(), "for as long as anybody uses it");
    drop(second);
    assert!(!path.exists() && !path.parent().expect("a folder").exists(), "and gone with its folder afterwards");
}

#[test]
fn two_programs_on_one_file_count_every_event_once() {
    run(async {
        let folder = folder();
        let path = folder.path().join("views");
        let first = open(&path);
        begin(&first, "owner 0", time(0)).await;
        let workers: Vec<_> = (0..4_i64)
            .map(|worker| {
                // Handles of their own: what they share is the file, as two programs would.
                let views = Arc::new(open(&path));
                tokio::spawn(async move {
                    let (mut done, mut fenced) = (0_u64, 0_u64);
                    for round in 0..60 {
                        let hours = (round * 4 + worker) * 10;
                        let now = time(0) + TimeDelta::hours(hours);
                        let Ok(mut checkpoint) = views.acquire("sums", 1, &format!("owner {worker}"), now).await else {
                            continue;
                        };
                        for _ in 0..3 {
                            match count(&views, &checkpoint, "shared").await {
                                Ok(moved) => {
                                    checkpoint = moved;
                                    done += 1;
                                }
                                Err(ProjectionError::Store(error)) => {
                                    assert_eq!(error.code(), "fenced", "only fencing stops a commit: {error}");
                                    fenced += 1;
                                    break;
                                }
                                Err(other) => panic!("{other}"),
                            }
                        }
                    }
                    (done, fenced)
                })
            })
            .collect();
        let mut done = 0;
        for worker in workers {
            done += worker.await.expect("the worker ends").0;
        }
        let checkpoint = first.checkpoint("sums", 1).await.expect("a look-up").expect("a checkpoint");
        assert!(done > 0, "somebody worked");
        assert_eq!(checkpoint.position, Position(done), "the checkpoint moved once per acknowledged commit");
        let sum = i64::try_from(done).expect("small");
        assert_eq!(rows(&first).await, [row("shared", sum)], "and each wrote its row once");
    });
}

#[test]
fn several_programs_create_one_file_at_once() {
    let folder = folder();
    let path = folder.path().join("views");
    let threads: Vec<_> = (0..6)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || SqliteReadModels::open(&path).map(drop))
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().expect("the thread ends"), Ok(()), "everybody finds or makes the file");
    }
}

#[test]
fn a_writer_that_waits_too_long_is_told_so() {
    run(async {
        let folder = folder();
        let path = folder.path().join("views");
        let views = open(&path);
        let checkpoint = begin(&views, "one", time(0)).await;
        let other = Connection::open(&path).expect("a database");
        other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
        let started = std::time::Instant::now();
        assert_eq!(rows(&views).await.len(), 0, "reading needs no lock");
        assert!(started.elapsed() < limits::WRITE_LOCK_TIMEOUT, "and does not wait for one");
        let outcome = count(&views, &checkpoint, "a").await;
        let Err(ProjectionError::Store(error)) = outcome else { panic!("the lock is held: {outcome:?}") };
        assert_eq!((error.code(), error.retryable()), ("store_locked", true), "{error}");
        other.execute_batch("ROLLBACK").expect("the lock is given back");
        count(&views, &checkpoint, "a").await.expect("then it goes on");
    });
}

#[test]
fn a_table_that_was_declared_otherwise_is_refused() {
    run(async {
        let views = SqliteReadModels::open_temporary().expect("a store");
        begin(&views, "one", time(0)).await;
        let error = views.prepare("sums", 1, RESHAPED_TABLES).await.expect_err("version 1 has another shape");
        assert_eq!(error.code(), "read_model_misfit", "{error}");
        let error = views.prepare("others", 1, TABLES).await.expect_err("the table belongs to sums");
        assert_eq!(error.code(), "read_model_misfit", "{error}");
        views.prepare("sums", 2, RESHAPED_TABLES).await.expect("another version may have another shape");
        assert_eq!(rows(&views).await.len(), 0, "version 1 is still queried");
    });
}

#[test]
fn queries_read_one_moment_while_rows_change() {
    run(async {
        let views = Arc::new(SqliteReadModels::open_temporary().expect("a store"));
        let mut checkpoint = begin(&views, "one", time(0)).await;
        let reader = {
            let views = Arc::clone(&views);
            tokio::spawn(async move {
                for _ in 0..200 {
                    let page = views.query("sums", RowQuery::all(&SUMS)).await.expect("an answer");
                    assert_eq!(page.rows.len() as u64, page.total, "rows and total are of one moment");
                    let sums: Vec<_> = page.rows.iter().map(|row| row[1].as_int()).collect();
                    assert!(sums.windows(2).all(|pair| pair[0] == pair[1]), "no commit is half visible: {sums:?}");
                }
            })
        };
        for number in 1..=100 {
            let work = move |rows: &mut dyn es_core::Rows| {
                for account in 0..=number % 10 {
                    rows.put(&SUMS, row(&format!("{account}"), number))?;
                }
                for account in number % 10 + 1..10 {
                    rows.delete(&SUMS, &[format!("{account}").into()])?;
                }
                Ok(())
            };
            let (from, to) = (checkpoint.clone(), checkpoint.position.next());
            let commit = ReadModelCommit {
                projection: "sums",
                tables: TABLES,
                from,
                to,
                quarantine: vec![],
                work: Box::new(work),
            };
            checkpoint = views.commit(commit).await.expect("a commit");
        }
        reader.await.expect("the reader ends");
    });
}

#[test]
fn views_of_the_first_release_are_brought_up_to_date_with_what_they_hold() {
    run(async {
        let folder = folder();
        let path = folder.path().join("views");
        let released = [
            include_str!("../migrations/views/0001_views.sql"),
            include_str!("../migrations/views/0002_origin.sql"),
            "INSERT INTO es_checkpoint (projection, version, position) VALUES ('sums', 1000, 42);
             INSERT INTO es_projection (name, active_version) VALUES ('sums', 1000);
             INSERT INTO es_quarantine VALUES ('sums', 1000, 'account-7', 5, 'old');
             PRAGMA application_id = 0x4C454456; PRAGMA user_version = 2;",
        ];
        let connection = Connection::open(&path).expect("a file");
        released.iter().for_each(|sql| connection.execute_batch(sql).expect("as it was released"));
        drop(connection);
        let views = open(&path);
        let checkpoint = views.checkpoint("sums", 1000).await.expect("a look-up").expect("it is kept");
        assert_eq!(checkpoint.position, Position(42));
        assert_eq!(views.projection("sums").await.expect("a state").active_version, Some(1000));
        let kept = views.quarantined("sums", 1000).await.expect("a list");
        assert_eq!((kept.len(), kept[0].stream.as_str(), &*kept[0].event_type), (1, "account-7", ""), "{kept:?}");
    });
}

#[test]
fn deleting_the_views_costs_a_rebuild_and_nothing_else() {
    run(async {
        let folder = folder();
        let path = folder.path().join("views");
        let views = open(&path);
        let checkpoint = begin(&views, "one", time(0)).await;
        count(&views, &checkpoint, "a").await.expect("a commit");
        drop(views);
        for name in ["views", "views-wal", "views-shm"] {
            let _ = std::fs::remove_file(folder.path().join(name));
        }
        let views = open(&path);
        assert_eq!(views.checkpoint("sums", 1).await, Ok(None), "there is nothing yet");
        assert_eq!(views.delete_snapshots().await, Ok(0), "nor any snapshot");
        let checkpoint = begin(&views, "one", time(0)).await;
        assert_eq!(checkpoint.position, Position::ZERO, "the build starts before the first event");
    });
}

/// A log of `count` events that differ from those of any other log.
async fn log(count: u64) -> MemoryEventStore {
    let log = MemoryEventStore::default();
    grow(&log, count).await;
    log
}

async fn grow(log: &MemoryEventStore, count: u64) {
    for number in 0..count {
        let request = AppendRequest::to_stream(stream("account-1"), ExpectedVersion::Any, vec![numbered(number)]);
        log.append(request).await.expect("an append");
    }
}

async fn work(views: &SqliteReadModels, commits: u64) {
    let mut checkpoint = begin(views, "one", time(0)).await;
    for _ in 0..commits {
        checkpoint = count(views, &checkpoint, "a").await.expect("a commit");
    }
}

#[test]
fn views_of_a_log_stay_with_it_while_it_grows() {
    run(async {
        let views = SqliteReadModels::open_temporary().expect("a store");
        let log = log(5).await;
        assert_eq!(views.bind(&log).await, Ok(false), "empty views belong to any log");
        work(&views, 3).await;
        for _ in 0..3 {
            grow(&log, 4).await;
            assert_eq!(views.bind(&log).await, Ok(false), "the log went on, the views still belong to it");
        }
        assert_eq!(rows(&views).await, [row("a", 3)], "nothing was removed");
    });
}

#[test]
fn views_of_another_log_are_emptied() {
    run(async {
        let views = SqliteReadModels::open_temporary().expect("a store");
        views.bind(&log(5).await).await.expect("a log");
        work(&views, 3).await;
        views.set_paused("sums", true).await.expect("a pause");
        views.set_halted("sums", Some((Position(2), "odd".to_owned()))).await.expect("a halt");
        let other = log(9).await;
        assert_eq!(views.bind(&other).await, Ok(true), "another log took the place of the first");
        assert_eq!(views.checkpoint("sums", 1).await, Ok(None), "the checkpoint is gone");
        let state = views.projection("sums").await.expect("a state");
        assert_eq!((state.active_version, state.halted, state.paused), (None, None, true), "a person's pause stays");
        assert_eq!(views.bind(&other).await, Ok(false), "now they belong to it");
        work(&views, 2).await;
        assert_eq!(rows(&views).await, [row("a", 2)], "and are built from nothing");
    });
}

#[test]
fn views_that_know_more_than_the_log_are_emptied() {
    run(async {
        let views = SqliteReadModels::open_temporary().expect("a store");
        let log = log(2).await;
        views.bind(&log).await.expect("a log");
        work(&views, 3).await;
        assert_eq!(views.bind(&log).await, Ok(true), "the checkpoint stands behind the head: the log was cut");
    });
}

#[test]
fn views_that_were_never_tied_to_a_log_are_emptied_if_they_hold_anything() {
    run(async {
        let views = SqliteReadModels::open_temporary().expect("a store");
        work(&views, 1).await;
        assert_eq!(views.bind(&log(5).await).await, Ok(true), "nobody knows what they were derived from");
    });
}
