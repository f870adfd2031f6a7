//! Examining stored read models against a fresh replay.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::projection::RowsWork;
use es_core::*;
use es_runtime::*;

/// Wallets `a` (positions 1, 3, 5, 7: opened, +10, +20, +30) and `b` (2, 4, 6, 8: opened, +1, +1, -1), in the tables.
async fn kept_world() -> (World, Engine) {
    let world = World::new();
    let engine = world.engine();
    let commands =
        [open("a"), open("b"), deposit("a", 10), deposit("b", 1), deposit("a", 20), deposit("b", 1), deposit("a", 30)];
    for command in &commands {
        done(&engine, command).await;
    }
    done(&engine, &withdraw("b", 1)).await;
    catch_up(&engine).await;
    (world, engine)
}

async fn catch_up(engine: &Engine) {
    let behind = engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("the stores work");
    assert_eq!(behind, [], "nothing holds it up");
}

/// Changes stored rows behind the engine's back.
async fn spoil(world: &World, work: RowsWork) {
    world.let_leases_expire();
    let now = world.clock.now();
    let stored = world.read_models.acquire("balances", 1000, "vandal", now).await.expect("free");
    let (tables, to) = (world.domain.projections[0].tables(), stored.position);
    let commit = ReadModelCommit { projection: "balances", tables, from: stored.clone(), to, quarantine: vec![], work };
    world.read_models.commit(commit).await.expect("spoilt");
    world.read_models.release(&stored, "vandal").await.expect("released");
}

async fn examine(engine: &Engine) -> DoctorReport {
    engine.doctor("balances", &NoProgress, &CancellationToken::new()).await.expect("examined")
}

fn balance_row(wallet: &str, balance: i64, events: i64) -> Row {
    vec![wallet.into(), balance.into(), events.into()]
}

fn parting(position: u64, wallet: &str, event_type: &str, kind: PartingKind) -> Option<PartingEvent> {
    let stream = stream(&format!("wallet-{wallet}"));
    Some(PartingEvent { position: Position(position), stream, event_type: event_type.into(), kind })
}

#[tokio::test]
async fn rows_that_equal_a_replay_are_clean() {
    let (_world, engine) = kept_world().await;
    let report = examine(&engine).await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.position, report.events, report.rows_checked), (Position(8), 8, 10), "{report:?}");
    assert_eq!((report.tables, report.faults.len()), (TablesVersion { code: 1, build: 0 }, 0));
    // What was appended after the checkpoint is not the tables' fault.
    done(&engine, &deposit("a", 5)).await;
    let report = examine(&engine).await;
    assert!(report.is_clean() && report.position == Position(8), "{report:?}");
}

#[tokio::test]
async fn a_stored_row_that_missed_events_is_traced_to_the_first_of_them() {
    let (world, engine) = kept_world().await;
    // As it stood after position 3: the deposits at 5 and 7 are missing.
    spoil(&world, Box::new(|rows| Ok(rows.put(&BALANCES, balance_row("a", 10, 2))?))).await;
    let report = examine(&engine).await;
    let fault = RowFault {
        table: "balances",
        key: vec!["a".into()],
        stored: Some(balance_row("a", 10, 2)),
        expected: Some(balance_row("a", 60, 4)),
        parting: parting(5, "a", "Deposited", PartingKind::Missed),
    };
    assert_eq!((report.differing_rows, report.rows_checked, report.faults), (1, 10, vec![fault]));
}

#[tokio::test]
async fn a_stored_row_that_no_event_made_is_traced_to_its_last_write() {
    let (world, engine) = kept_world().await;
    spoil(&world, Box::new(|rows| Ok(rows.put(&BALANCES, balance_row("b", 999, 4))?))).await;
    let report = examine(&engine).await;
    assert_eq!(report.differing_rows, 1, "{report:?}");
    let fault = &report.faults[0];
    assert_eq!(fault.expected, Some(balance_row("b", 1, 4)), "{fault:?}");
    assert_eq!(fault.parting, parting(8, "b", "Withdrawn", PartingKind::LastWrite));
}

#[tokio::test]
async fn a_missing_row_is_traced_to_the_event_that_made_it() {
    let (world, engine) = kept_world().await;
    spoil(&world, Box::new(|rows| Ok(rows.delete(&BALANCES, &["a".into()])?))).await;
    spoil(&world, Box::new(|rows| Ok(rows.delete(&MOVEMENTS, &[7.into()])?))).await;
    let report = examine(&engine).await;
    assert_eq!((report.differing_rows, report.rows_checked), (2, 10), "missing rows count as checked: {report:?}");
    let [balance, movement] = &report.faults[..] else { panic!("two faults: {report:?}") };
    assert_eq!(
        (balance.table, &balance.stored, &balance.expected),
        ("balances", &None, &Some(balance_row("a", 60, 4)))
    );
    assert_eq!(balance.parting, parting(1, "a", "Opened", PartingKind::Missed), "the first that has no effect");
    assert_eq!((movement.table, &movement.key), ("movements", &vec![7.into()]));
    assert_eq!(movement.parting, parting(7, "a", "Deposited", PartingKind::Missed));
}

#[tokio::test]
async fn an_extra_row_is_found_and_no_event_is_blamed_for_it() {
    let (world, engine) = kept_world().await;
    spoil(&world, Box::new(|rows| Ok(rows.put(&BALANCES, balance_row("ghost", 1, 1))?))).await;
    let report = examine(&engine).await;
    let fault = RowFault {
        table: "balances",
        key: vec!["ghost".into()],
        stored: Some(balance_row("ghost", 1, 1)),
        expected: None,
        parting: None,
    };
    assert_eq!((report.differing_rows, report.rows_checked, report.faults), (1, 11, vec![fault]));
    // Rebuilding is what cures it.
    let options = RebuildOptions { accept_differences: true, ..RebuildOptions::default() };
    engine.rebuild_with("balances", options, &NoProgress, &CancellationToken::new()).await.expect("rebuilt");
    assert!(examine(&engine).await.is_clean(), "the new tables are clean");
}

#[tokio::test]
async fn more_differing_rows_than_the_limit_are_counted_and_not_listed() {
    let (world, engine) = kept_world().await;
    let ghosts = limits::DOCTOR_ROWS + 5;
    let put_ghosts = move |rows: &mut dyn Rows| {
        (0..ghosts).try_for_each(|n| Ok(rows.put(&BALANCES, balance_row(&format!("ghost{n:04}"), 1, 1))?))
    };
    spoil(&world, Box::new(put_ghosts)).await;
    let report = examine(&engine).await;
    assert_eq!((report.differing_rows, report.faults.len()), (ghosts as u64, limits::DOCTOR_ROWS));
}

#[tokio::test]
async fn a_cancelled_examination_says_so_and_is_not_clean() {
    let (_world, engine) = kept_world().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let report = engine.doctor("balances", &NoProgress, &cancel).await.expect("an answer");
    assert!(report.cancelled && !report.is_clean(), "{report:?}");
    assert_eq!((report.differing_rows, report.rows_checked), (0, 0), "nothing was compared: {report:?}");
    // In the middle of the replay.
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let ended = AtomicBool::new(false);
    let sink = |progress: &Progress| {
        if progress.phase == "replaying" {
            stop.cancel();
        }
        ended.fetch_or(progress.finished, Ordering::SeqCst);
    };
    let report = engine.doctor("balances", &sink, &cancel).await.expect("an answer");
    assert!(report.cancelled && !report.is_clean(), "{report:?}");
    assert!(ended.load(Ordering::SeqCst), "progress ends even so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_examination_while_writers_go_on_finds_nothing() {
    let world = World::new();
    let engine = Engine::start(world.parts());
    let stop = Arc::new(AtomicBool::new(false));
    let opened = done(&engine, &open("a")).await;
    engine.wait_until(opened.last_position(), Duration::from_secs(5)).await.expect("built");
    let writer = tokio::spawn({
        let (engine, stop) = (engine.clone(), stop.clone());
        async move {
            while !stop.load(Ordering::SeqCst) {
                done(&engine, &deposit("a", 1)).await;
                tokio::task::yield_now().await;
            }
        }
    });
    for round in 0..20 {
        let report = examine(&engine).await;
        assert!(report.is_clean(), "round {round}: {report:?}");
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.expect("no panic");
    engine.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_examined_is_said_and_why() {
    let (world, engine) = kept_world().await;
    let never = CancellationToken::new();
    let unknown = engine.doctor("nobody", &NoProgress, &never).await.expect_err("unknown");
    assert!(unknown.to_string().contains("no projection named nobody"), "{unknown}");
    let newer = world.with_code_version(2).engine();
    let other = newer.doctor("balances", &NoProgress, &never).await.expect_err("filled by version 1");
    assert!(matches!(other, DoctorError::OtherCode { code: 2, .. }), "{other}");
    let unbuilt = World::new().engine().doctor("balances", &NoProgress, &never).await.expect_err("no tables");
    assert!(matches!(unbuilt, DoctorError::NotBuilt { .. }), "{unbuilt}");
    let mut parts = world.parts();
    parts.config.rebuild_rows_in_memory = 3;
    let many = Engine::new(parts).doctor("balances", &NoProgress, &never).await.expect_err("ten rows");
    assert!(matches!(many, DoctorError::TooManyRows { most: 3, .. }), "{many}");
    world.projection.strict.store(true, Ordering::SeqCst);
    done(&engine, &deposit("a", POISON)).await;
    let report = examine(&engine).await;
    assert!(report.is_clean(), "an event after the checkpoint is not applied: {report:?}");
}
