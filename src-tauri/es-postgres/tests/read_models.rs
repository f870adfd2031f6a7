//! What only views in PostgreSQL promise: several programs may share them, queries cannot write, what a commit remembers of rows
//! is never older than what is stored.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

#[path = "read_models/binding.rs"]
mod binding;
#[path = "read_models/crash.rs"]
mod crash;
#[path = "read_models/database.rs"]
mod database;
#[path = "read_models/sharing.rs"]
mod sharing;
#[path = "read_models/tables.rs"]
mod tables;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use es_core::{
    Cell, Checkpoint, Column, ColumnKind, Position, ProjectionError, QuarantineChange, QuarantinedStream,
    ReadModelCommit, ReadModelStore, Row, RowQuery, RowSource, Rows, SnapshotStore, StoreError, Table,
};
use es_postgres::{PostgresConfig, PostgresReadModels};
use es_testkit::{run, stream, time};

const TEXT: ColumnKind = ColumnKind::Text;
const INT: ColumnKind = ColumnKind::Int;

static SUMS: Table = Table {
    name: "sums",
    columns: &[
        Column { name: "account_id", kind: TEXT },
        Column { name: "sum", kind: INT },
        Column { name: "note", kind: TEXT },
    ],
    key_columns: 1,
    indexes: &[&["sum"], &["note"]],
};
static TABLES: &[&Table] = &[&SUMS];

fn row(account: &str, sum: i64) -> Row {
    vec![account.into(), sum.into(), "note".into()]
}

async fn begin(views: &PostgresReadModels, owner: &str, now: DateTime<Utc>) -> Checkpoint {
    views.prepare("sums", 1, TABLES).await.expect("the tables are prepared");
    views.activate("sums", 1).await.expect("the version is activated");
    views.acquire("sums", 1, owner, now).await.expect("the lease is free")
}

fn commit_of(
    from: &Checkpoint,
    work: impl FnOnce(&mut dyn Rows) -> Result<(), ProjectionError> + Send + 'static,
) -> ReadModelCommit {
    let (from, to) = (from.clone(), from.position.next());
    ReadModelCommit { projection: "sums", tables: TABLES, from, to, quarantine: vec![], work: Box::new(work) }
}

/// Adds one to an account and moves the checkpoint by one.
async fn count(views: &PostgresReadModels, from: &Checkpoint, account: &str) -> Result<Checkpoint, ProjectionError> {
    let account = account.to_owned();
    let work = move |rows: &mut dyn Rows| {
        let sum = rows.get(&SUMS, &[account.as_str().into()])?.and_then(|row| row[1].as_int()).unwrap_or(0);
        Ok(rows.put(&SUMS, row(&account, sum + 1))?)
    };
    views.commit(commit_of(from, work)).await
}

async fn rows(views: &PostgresReadModels) -> Vec<Row> {
    views.query("sums", RowQuery::all(&SUMS)).await.expect("an answer").rows
}

fn store_error<T: std::fmt::Debug>(outcome: Result<T, ProjectionError>) -> StoreError {
    match outcome {
        Err(ProjectionError::Store(error)) => error,
        other => panic!("an error of the store is expected, not {other:?}"),
    }
}

#[test]
fn rows_checkpoints_and_leases_survive_reopening() {
    run(async {
        let config = database::config().await;
        let views = database::views(&config).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        let checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
        views.close().await;
        assert_eq!(views.checkpoint("sums", 1).await, Err(StoreError::Closed), "a closed store says so");
        let views = database::views(&config).await;
        assert_eq!(views.checkpoint("sums", 1).await, Ok(Some(checkpoint.clone())), "the checkpoint is there");
        assert_eq!(rows(&views).await, [row("a", 1)], "and its rows");
        assert!(views.acquire("sums", 1, "two", time(1)).await.is_err(), "the lease is still held");
        count(&views, &checkpoint, "a").await.expect("the owner goes on after a restart");
        assert_eq!(rows(&views).await, [row("a", 2)], "with the rows that are stored");
    });
}

#[test]
fn views_are_created_only_if_that_is_asked_for() {
    run(async {
        let asked = database::config().await;
        let not_asked = PostgresConfig { create: false, ..asked.clone() };
        let read_only = PostgresConfig { read_only: true, ..asked.clone() };
        for config in [&not_asked, &read_only] {
            let error = PostgresReadModels::open(config.clone()).await.err().expect("there is nothing");
            assert_eq!(error.code(), "missing_schema", "{error}");
            assert!(error.to_string().contains(&asked.schema), "the error names the schema: {error}");
        }
        let views = database::views(&asked).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        database::views(&not_asked).await;
        let reader = database::views(&read_only).await;
        assert_eq!(rows(&reader).await.len(), 0, "what is there is opened and read");
        let error = store_error(count(&reader, &checkpoint, "a").await);
        assert_eq!(error.code(), "read_only", "but not written: {error}");
    });
}

#[test]
fn views_of_a_newer_program_are_refused_and_left_alone() {
    run(async {
        let config = database::config().await;
        database::views(&config).await;
        let mut other = database::session(&config).await;
        database::execute(&mut other, "INSERT INTO es_schema_version (part, version) VALUES ('views', 99)").await;
        let error = PostgresReadModels::open(config).await.err().expect("it is refused");
        assert_eq!(error.code(), "newer_schema", "{error}");
        assert!(error.to_string().contains("99"), "the error names the version: {error}");
    });
}

#[test]
fn damage_is_a_typed_error() {
    run(async {
        let config = database::config().await;
        let views = database::views(&config).await;
        begin(&views, "one", time(0)).await;
        let mut other = database::session(&config).await;
        let spoil = "INSERT INTO es_snapshot VALUES ('account-1', 'f', 1, '{}', 'short', now());
                     INSERT INTO es_quarantine VALUES ('sums', 1, '', 1, 'type', 'reason');
                     INSERT INTO sums__v1 VALUES (E'\\x01', 1, 'half a mark')";
        database::execute(&mut other, spoil).await;
        let snapshot = views.load_snapshot(&stream("account-1"), "f").await.map(drop);
        let quarantine = views.quarantined("sums", 1).await.map(drop);
        let page = views.query("sums", RowQuery::all(&SUMS)).await.map(drop);
        for outcome in [snapshot, quarantine, page] {
            assert_eq!(outcome.expect_err("nothing is made up").code(), "store_damaged");
        }
    });
}

#[test]
fn dropping_the_views_costs_a_rebuild_and_nothing_else() {
    run(async {
        let config = database::config().await;
        let views = database::views(&config).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        count(&views, &checkpoint, "a").await.expect("a commit");
        let mut other = database::session(&config).await;
        database::execute(&mut other, &format!("DROP SCHEMA {} CASCADE", config.quoted_schema())).await;
        let error = views.checkpoint("sums", 1).await.expect_err("everything is gone");
        assert_eq!(error.code(), "missing_schema", "{error}");
        let views = database::views(&config).await;
        assert_eq!(views.checkpoint("sums", 1).await, Ok(None), "there is nothing yet");
        let checkpoint = begin(&views, "one", time(0)).await;
        assert_eq!(checkpoint.position, Position::ZERO, "the build starts before the first event");
    });
}

#[test]
fn reasons_and_rows_may_hold_any_character() {
    run(async {
        let config = database::config().await;
        let views = database::views(&config).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        let odd = "zero \0 one \u{1} two \u{2} three \u{3} 😀";
        let aside = QuarantinedStream {
            stream: stream("account-1"),
            position: Position(1),
            event_type: odd.to_owned(),
            reason: odd.to_owned(),
        };
        let mut commit =
            commit_of(&checkpoint, move |rows| Ok(rows.put(&SUMS, vec![odd.into(), 1.into(), odd.into()])?));
        commit.quarantine = vec![QuarantineChange::SetAside(aside.clone())];
        views.commit(commit).await.expect("a commit");
        views.set_halted("sums", Some((Position(1), odd.to_owned()))).await.expect("a halt");
        assert_eq!(views.quarantined("sums", 1).await, Ok(vec![aside]));
        assert_eq!(views.projection("sums").await.expect("a state").halted, Some((Position(1), odd.to_owned())));
        let found = rows(&views).await;
        assert_eq!(found, [vec![Cell::from(odd), 1.into(), odd.into()]], "as it was");
        // Another store reads what is stored, not what the first one remembers.
        let (from, views) =
            (views.checkpoint("sums", 1).await.expect("read").expect("there"), database::views(&config).await);
        let (tell, told) = std::sync::mpsc::channel();
        let work = move |rows: &mut dyn Rows| {
            rows.read(&SUMS, &[odd.into()], &mut |row| drop(tell.send(row.clone())))?;
            Ok(())
        };
        views.commit(commit_of(&from, work)).await.expect("a commit");
        let seen = told.recv().expect("the row was shown");
        assert_eq!(Some(seen), found.into_iter().next(), "found by its key");
    });
}

#[test]
fn a_writer_that_waits_too_long_is_told_so() {
    run(async {
        let config = PostgresConfig { lock_timeout: Duration::from_millis(300), ..database::config().await };
        let views = database::views(&config).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        let mut other = database::session(&config).await;
        database::execute(&mut other, "BEGIN; SELECT FROM es_checkpoint FOR UPDATE").await;
        let started = Instant::now();
        assert_eq!(rows(&views).await.len(), 0, "reading needs no lock");
        assert!(started.elapsed() < config.lock_timeout, "and does not wait for one");
        let error = store_error(count(&views, &checkpoint, "a").await);
        assert_eq!((error.code(), error.retryable()), ("store_locked", true), "{error}");
        let error = views.acquire("sums", 1, "one", time(1)).await.expect_err("the lease cannot be renewed");
        assert_eq!(error.code(), "store_locked", "{error}");
        database::execute(&mut other, "ROLLBACK").await;
        count(&views, &checkpoint, "a").await.expect("then it goes on");
    });
}

#[test]
fn queries_read_one_moment_while_rows_change() {
    run(async {
        let config = database::config().await;
        let views = database::views(&config).await;
        let mut checkpoint = begin(&views, "one", time(0)).await;
        let reader = {
            let views = views.clone();
            tokio::spawn(async move {
                for _ in 0..100 {
                    // Ten rows at most, so that a page of nine has to ask for the total.
                    let page = views.query("sums", RowQuery::all(&SUMS).page(0, 9)).await.expect("an answer");
                    let sums: Vec<_> = page.rows.iter().map(|row| row[1].as_int()).collect();
                    assert!(sums.windows(2).all(|pair| pair[0] == pair[1]), "no commit is half visible: {sums:?}");
                    let number = sums.first().copied().flatten().unwrap_or(0);
                    let there = if number == 0 { 0 } else { number % 10 + 1 };
                    assert_eq!(page.total, there.unsigned_abs(), "rows and total are of one moment");
                }
            })
        };
        for number in 1..=60 {
            let work = move |rows: &mut dyn Rows| {
                for account in 0..=number % 10 {
                    rows.put(&SUMS, row(&format!("{account}"), number))?;
                }
                for account in number % 10 + 1..10 {
                    rows.delete(&SUMS, &[format!("{account}").into()])?;
                }
                Ok(())
            };
            checkpoint = views.commit(commit_of(&checkpoint, work)).await.expect("a commit");
        }
        reader.await.expect("the reader ends");
    });
}

#[test]
fn a_query_is_answered_though_its_version_is_dropped_meanwhile() {
    run(async {
        let config = database::config().await;
        let views = database::views(&config).await;
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let views = views.clone();
                tokio::spawn(async move {
                    for _ in 0..200 {
                        if let Err(error) = views.query("sums", RowQuery::all(&SUMS)).await {
                            assert_eq!(error.code(), "unsupported", "there is a version, or there is none: {error}");
                        }
                    }
                })
            })
            .collect();
        while !readers.iter().all(tokio::task::JoinHandle::is_finished) {
            views.prepare("sums", 1, TABLES).await.expect("prepared");
            views.activate("sums", 1).await.expect("activated");
            views.reset("sums").await.expect("dropped");
        }
        for reader in readers {
            reader.await.expect("the reader ends");
        }
    });
}
