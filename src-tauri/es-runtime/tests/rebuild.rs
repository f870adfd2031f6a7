//! Rebuilding read models beside the live ones.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::Utc;
#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::*;
use es_runtime::*;

const SOON: Duration = Duration::from_secs(5);

/// Writes straight to the store, past the engine, so that thousands of events take no time.
async fn write(world: &World, wallet: &str, deposits: usize) {
    let name = stream(&format!("wallet-{wallet}"));
    for chunk in (0..deposits).collect::<Vec<_>>().chunks(1000) {
        let events = chunk.iter().map(|_| foreign("Deposited", 2, r#"{"amount":1}"#)).collect();
        let request = AppendRequest::to_stream(name.clone(), ExpectedVersion::Any, events);
        world.events.append(request).await.expect("appended");
    }
}

async fn catch_up(engine: &Engine) {
    let behind = engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("the stores work");
    assert_eq!(behind, [], "nothing holds it up");
}

async fn folded(world: &World) -> (Vec<Row>, Vec<Row>) {
    let head = world.events.head().await.expect("readable");
    let never = CancellationToken::new();
    let rows = fold_at(&*world.events, &world.domain, "balances", head, &NoProgress, &never).await.expect("folded");
    let limit = es_core::limits::QUERY_ROWS;
    (rows.rows_of(&BALANCES).cloned().collect(), rows.rows_of(&MOVEMENTS).take(limit).cloned().collect())
}

#[tokio::test]
async fn a_rebuild_equals_the_live_tables_and_says_so() {
    let world = World::new();
    for number in 0..10 {
        write(&world, &format!("w{number}"), 700).await;
    }
    let engine = world.engine();
    catch_up(&engine).await;
    let before = world.rows().await;
    let report = engine.rebuild("balances", &NoProgress, &CancellationToken::new()).await.expect("rebuilt");
    assert_eq!(report.from, Some(TablesVersion { code: 1, build: 0 }));
    assert_eq!(report.to, TablesVersion { code: 1, build: 1 });
    assert_eq!((report.events, report.rows, report.position), (7000, 7010, Position(7000)), "{report:?}");
    let compared = report.compared.expect("both stood at the same position");
    assert_eq!((compared.rows_before, compared.rows_after, compared.differing_rows), (7010, 7010, 0));
    assert_eq!(world.rows().await, before, "nothing changed for readers");
    let tables = world.read_models.projection("balances").await.expect("readable");
    assert_eq!((tables.active_version, tables.previous_version), (Some(1001), Some(1000)), "the old one is kept");
    assert_eq!(tables.building_version, None);
    // And again: the build before the last one goes.
    let report = engine.rebuild("balances", &NoProgress, &CancellationToken::new()).await.expect("rebuilt");
    assert_eq!(report.to, TablesVersion { code: 1, build: 2 });
    assert_eq!(world.read_models.checkpoint("balances", 1000).await, Ok(None), "two versions are enough");
}

#[tokio::test]
async fn a_rebuild_finds_rows_that_the_live_tables_have_wrong() {
    let world = World::new();
    write(&world, "a", 3).await;
    write(&world, "b", 2).await;
    let engine = world.engine();
    catch_up(&engine).await;
    engine.shutdown().await;
    let stored = world.read_models.acquire("balances", 1000, "vandal", Utc::now()).await.expect("free");
    let spoil = ReadModelCommit {
        projection: "balances",
        tables: world.domain.projections[0].tables(),
        from: stored.clone(),
        to: stored.position,
        quarantine: vec![],
        work: Box::new(|rows| {
            rows.put(&BALANCES, vec!["a".into(), 999.into(), 3.into()])?;
            rows.put(&BALANCES, vec!["ghost".into(), 1.into(), 1.into()])?;
            rows.delete(&MOVEMENTS, &[2.into()])?;
            Ok(())
        }),
    };
    world.read_models.commit(spoil).await.expect("spoilt");
    world.read_models.release(&stored, "vandal").await.expect("released");
    let (engine, never) = (world.engine(), CancellationToken::new());
    let before = world.rows().await;
    let report = engine.rebuild("balances", &NoProgress, &never).await.expect("an answer");
    let outcome = RebuildOutcome::Refused { differing_rows: 3, violations: 0, kept: false };
    assert_eq!(report.outcome, outcome, "nobody has said that the live ones may be wrong");
    assert_eq!(world.rows().await, before, "the live ones stay");
    let tables = world.read_models.projection("balances").await.expect("readable");
    assert_eq!((tables.active_version, tables.building_version), (Some(1000), None), "and nothing is left behind");
    let compared = report.compared.expect("compared");
    assert_eq!(compared.differing_rows, 3, "{compared:?}");
    let checksums =
        |tables: &[TableChecksum]| tables.iter().map(|table| (table.rows, table.checksum)).collect::<Vec<_>>();
    assert_ne!(checksums(&compared.before), checksums(&report.tables), "the checksums tell them apart, too");
    let changed = RowDifference {
        table: "balances",
        before: Some(vec!["a".into(), 999.into(), 3.into()]),
        after: Some(vec!["a".into(), 3.into(), 3.into()]),
    };
    assert!(compared.sample.contains(&changed), "each with both rows: {compared:?}");
    let options = RebuildOptions { accept_differences: true, ..RebuildOptions::default() };
    let report = engine.rebuild_with("balances", options, &NoProgress, &never).await.expect("rebuilt");
    assert!(report.is_swapped() && report.compared.is_some_and(|compared| compared.differing_rows == 3));
    assert_eq!(world.balance("a").await, Some(3), "now it is right");
    assert_eq!(world.balance("ghost").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_while_writers_go_on_equals_a_full_replay() {
    let world = World::new();
    write(&world, "a", 3000).await;
    let engine = Engine::start(world.parts());
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..4 {
        let (engine, stop) = (engine.clone(), stop.clone());
        writers.spawn(async move {
            let wallet = format!("w{number}");
            done(&engine, &open(&wallet)).await;
            while !stop.load(Ordering::SeqCst) {
                done(&engine, &deposit(&wallet, 1)).await;
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        });
    }
    engine.wait_until(Position(3000), SOON).await.expect("the first build");
    for round in 1..=3 {
        let report = engine.rebuild("balances", &NoProgress, &CancellationToken::new()).await.expect("rebuilt");
        assert!(report.is_swapped() && report.position >= Position(3000), "{report:?}");
        let compared = report.compared.expect("the live runner is held while both are compared");
        assert_eq!(compared.differing_rows, 0, "round {round}: {compared:?}");
    }
    stop.store(true, Ordering::SeqCst);
    while let Some(writer) = writers.join_next().await {
        writer.expect("no panic");
    }
    let head = world.events.head().await.expect("readable");
    engine.wait_until(head, SOON).await.expect("the live runner goes on with the new tables");
    assert_eq!(world.rows().await, folded(&world).await, "the live tables equal a full replay");
    let status = engine.projections().await.expect("readable").remove(0);
    assert_eq!(status.active, Some(TablesVersion { code: 1, build: 3 }), "three rebuilds later");
    engine.shutdown().await;
}

#[tokio::test]
async fn a_cancelled_rebuild_leaves_the_live_tables_untouched() {
    let world = World::new();
    write(&world, "a", 20_000).await;
    let engine = Engine::start(world.parts());
    engine.wait_until(Position(20_000), SOON).await.expect("built");
    let before = world.rows().await;
    let phases = ["counting", "folding", "writing", "catching up", "comparing"];
    for phase in phases {
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let sink = move |progress: &Progress| {
            if progress.phase == phase {
                stop.cancel();
            }
        };
        let report = engine.rebuild("balances", &sink, &cancel).await.expect("an answer");
        assert!(report.is_cancelled(), "cancelled while {phase}: {report:?}");
        let tables = world.read_models.projection("balances").await.expect("readable");
        assert_eq!(tables.active_version.map(TablesVersion::of), report.from, "cancelled while {phase}");
        assert_eq!(tables.building_version, None, "cancelled while {phase}");
        let half_built = world.read_models.checkpoint("balances", report.to.number()).await;
        assert_eq!(half_built, Ok(None), "cancelled while {phase}: the half-built one is gone");
        assert_eq!(world.rows().await, before, "cancelled while {phase}");
    }
    let cancel = CancellationToken::new();
    cancel.cancel();
    let report = engine.rebuild("balances", &NoProgress, &cancel).await.expect("an answer");
    assert!(report.is_cancelled(), "cancelled before it began");
    let appended = done(&engine, &open("z")).await;
    engine.wait_until(appended.last_position(), SOON).await.expect("the live tables go on");
    engine.shutdown().await;
}

#[tokio::test]
async fn what_a_crash_left_half_built_is_cleared_by_the_next_rebuild() {
    let world = World::new();
    write(&world, "a", 10).await;
    let engine = world.engine();
    catch_up(&engine).await;
    world.read_models.prepare("balances", 1001, world.domain.projections[0].tables()).await.expect("prepared");
    world.read_models.set_building("balances", Some(1001)).await.expect("marked");
    let stored = world.read_models.acquire("balances", 1001, "the dead", world.clock.now()).await.expect("free");
    let spoil = ReadModelCommit {
        projection: "balances",
        tables: world.domain.projections[0].tables(),
        from: stored.clone(),
        to: stored.position,
        quarantine: vec![],
        work: Box::new(|rows| Ok(rows.put(&BALANCES, vec!["half".into(), 1.into(), 1.into()])?)),
    };
    world.read_models.commit(spoil).await.expect("half built");
    let never = CancellationToken::new();
    let error = engine.rebuild("balances", &NoProgress, &never).await.expect_err("its builder may still live");
    assert!(matches!(error, RebuildError::HeldElsewhere { .. }), "{error}");
    world.let_leases_expire();
    let report = engine.rebuild("balances", &NoProgress, &never).await.expect("rebuilt");
    assert_eq!(report.compared.expect("compared").differing_rows, 0, "nothing of the half-built one is in it");
    assert_eq!(world.balance("half").await, None);
}

#[tokio::test]
async fn a_rebuild_over_a_poison_event_fails_and_leaves_the_live_tables() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    done(&engine, &deposit("a", POISON)).await;
    catch_up(&engine).await;
    world.projection.strict.store(true, Ordering::SeqCst);
    let never = CancellationToken::new();
    let error = engine.rebuild("balances", &NoProgress, &never).await.expect_err("it cannot be applied now");
    assert!(error.to_string().contains("position 2: Deposited v2, event 2 of wallet-a"), "{error}");
    assert_eq!(world.balance("a").await, Some(POISON), "readers notice nothing");
    let tables = world.read_models.projection("balances").await.expect("readable");
    assert_eq!((tables.active_version, tables.building_version), (Some(1000), None));
}

#[tokio::test]
async fn more_rows_than_memory_should_hold_go_on_in_the_stored_tables() {
    let world = World::new();
    for number in 0..9 {
        write(&world, &format!("w{number}"), 1000).await;
    }
    let mut parts = world.parts();
    parts.config.rebuild_rows_in_memory = 1000;
    let engine = Engine::new(parts);
    catch_up(&engine).await;
    let report = engine.rebuild("balances", &NoProgress, &CancellationToken::new()).await.expect("rebuilt");
    assert_eq!((report.events, report.rows), (9000, 9009), "{report:?}");
    assert_eq!(world.rows().await, folded(&world).await);
}

#[tokio::test]
async fn progress_counts_up_to_the_total_and_ends_once() {
    let world = World::new();
    write(&world, "a", 30_000).await;
    let engine = world.engine();
    let finished = AtomicUsize::new(0);
    let sink = |progress: &Progress| {
        assert!(progress.total.is_none_or(|total| progress.done <= total), "{progress:?}");
        finished.fetch_add(usize::from(progress.finished), Ordering::SeqCst);
    };
    engine.rebuild("balances", &sink, &CancellationToken::new()).await.expect("built");
    assert_eq!(finished.load(Ordering::SeqCst), 1, "one end");
}

#[tokio::test]
async fn one_rebuild_at_a_time() {
    let world = World::new();
    write(&world, "a", 20_000).await;
    let engine = world.engine();
    catch_up(&engine).await;
    let never = CancellationToken::new();
    let (first, second) =
        tokio::join!(engine.rebuild("balances", &NoProgress, &never), engine.rebuild("balances", &NoProgress, &never),);
    assert!(first.is_ok() ^ second.is_ok(), "one wins: {first:?} {second:?}");
    let lost = first.err().or(second.err()).expect("one lost");
    assert!(matches!(lost, RebuildError::AlreadyRunning { .. }), "{lost}");
    let nobody = engine.rebuild("nobody", &NoProgress, &never).await.expect_err("unknown");
    assert!(nobody.to_string().contains("no projection named nobody"), "{nobody}");
}
