//! Replays: verified before they are used, resumed after they were stopped, folded side by side.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::*;
use es_runtime::*;
use es_testkit::Dice;

const KEEP: RebuildOptions = RebuildOptions { accept_differences: false, resume: true, keep: true };
const ACCEPT: RebuildOptions = RebuildOptions { accept_differences: true, resume: false, keep: false };

fn never() -> CancellationToken {
    CancellationToken::new()
}

/// A random log over some wallets, with old and new shapes.
async fn random_log(world: &World, dice: &mut Dice, events: u64, wallets: u64) {
    let mut written = 0;
    while written < events {
        let count = 1 + dice.below(40);
        let name = stream(&format!("wallet-{}", dice.below(wallets)));
        let batch = (0..count).map(|_| match dice.below(5) {
            0 => foreign("Withdrawn", 1, &format!(r#"{{"amount":{}}}"#, dice.below(50))),
            1 => foreign("Deposited", 1, &format!(r#"{{"sum":{}}}"#, dice.below(50))),
            2 => foreign("Credited", 1, &format!(r#"{{"payment":"p","amount":{}}}"#, dice.below(50))),
            _ => foreign("Deposited", 2, &format!(r#"{{"amount":{}}}"#, dice.below(50))),
        });
        let request = AppendRequest::to_stream(name, ExpectedVersion::Any, batch.collect());
        world.events.append(request).await.expect("appended");
        written += count;
    }
}

fn engine_with(world: &World, workers: usize, segment: u64) -> Engine {
    let mut parts = world.parts();
    parts.config.replay_workers = NonZeroUsize::new(workers).expect("not zero");
    parts.config.rebuild_segment_events = segment;
    Engine::new(parts)
}

async fn catch_up(engine: &Engine) -> Vec<Behind> {
    engine.catch_up(None, &NoProgress, &never()).await.expect("the stores work")
}

/// All rows of the active tables.
async fn all_rows(world: &World) -> Vec<Vec<Row>> {
    let active = world.read_models.projection("balances").await.expect("readable").active_version.expect("built");
    let mut tables = Vec::new();
    for table in world.domain.projections[0].tables() {
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let after = rows.last().map(|row| row[..table.key_columns].to_vec());
            let page = world.read_models.scan(table, active, after, 5000).await.expect("readable");
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
        tables.push(rows);
    }
    tables
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_folded_side_by_side_give_what_the_order_of_the_log_gives() {
    for seed in 0..6 {
        let mut dice = Dice::new(seed);
        let world = World::new();
        let wallets = 1 + dice.below(30);
        random_log(&world, &mut dice, 3000, wallets).await;
        let sequential = world.with_projection(Balances { order: ReplayOrder::Global, ..Balances::new(1) });
        assert_eq!(catch_up(&engine_with(&sequential, 4, 10_000)).await, []);
        let expected = all_rows(&world).await;
        world.let_leases_expire();
        for (workers, segment) in [(1, 700), (2, 100), (3, 10_000), (8, 900)] {
            let engine = engine_with(&world, workers, segment);
            let report = engine.rebuild("balances", &NoProgress, &never()).await.expect("rebuilt");
            let case = format!("seed {seed}, {workers} workers, segments of {segment}");
            assert!(report.is_swapped(), "{case}: {report:?}");
            assert_eq!(all_rows(&world).await, expected, "{case}");
            assert!(engine.doctor("balances", &NoProgress, &never()).await.expect("examined").is_clean(), "{case}");
            engine.shutdown().await;
        }
        let head = world.events.head().await.expect("readable");
        let at = Position(dice.below(head.get()));
        let fold = async |world: &World| {
            let rows = fold_at(&*world.events, &world.domain, "balances", at, &NoProgress, &never()).await;
            let rows = rows.expect("folded");
            (
                rows.rows_of(&BALANCES).cloned().collect::<Vec<_>>(),
                rows.rows_of(&MOVEMENTS).cloned().collect::<Vec<_>>(),
            )
        };
        assert_eq!(fold(&world).await, fold(&sequential).await, "seed {seed}, as of {at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_banks_read_models_declare_their_order_truthfully() {
    let domain = Arc::new(bank::domain().expect("a sound domain"));
    let clock = Arc::new(ManualClock::new(chrono::DateTime::from_timestamp(4_000_000_000, 0).expect("valid")));
    let events = Arc::new(MemoryEventStore::new(clock.clone()));
    let config = bank::simulator::SimulatorConfig { seed: 11, events: 6000 };
    let history = bank::simulator::Simulator::new(config).expect("a sound domain");
    events.import(history.collect()).await.expect("imported");
    let views = Arc::new(MemoryReadModels::new());
    let engine = |workers: usize| {
        let mut parts = EngineParts::new(events.clone(), views.clone(), domain.clone());
        parts.config.replay_workers = NonZeroUsize::new(workers).expect("not zero");
        Engine::new(parts)
    };
    let alone = engine(1);
    assert_eq!(catch_up(&alone).await, []);
    alone.shutdown().await;
    let side_by_side = engine(5);
    let mut per_stream = 0;
    for projection in &domain.projections {
        per_stream += u32::from(projection.order() == ReplayOrder::PerStream);
        let report = side_by_side.rebuild(projection.name(), &NoProgress, &never()).await.expect("rebuilt");
        assert!(report.is_swapped() && report.compared.is_some(), "{report:?}");
    }
    assert!(per_stream >= 3, "statements, transfers and customers depend on one stream each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_set_aside_side_by_side_are_those_of_the_order_of_the_log() {
    let mut dice = Dice::new(7);
    let world = World::new();
    random_log(&world, &mut dice, 2000, 20).await;
    for wallet in [3, 9] {
        let mystery = vec![foreign("Mystery", 1, "{}"), foreign("Deposited", 2, r#"{"amount":1000}"#)];
        let name = stream(&format!("wallet-{wallet}"));
        let request = AppendRequest::to_stream(name, ExpectedVersion::Any, mystery);
        world.events.append(request).await.expect("appended");
        random_log(&world, &mut dice, 1000, 20).await;
    }
    let lenient = |order| Balances { policy: FailurePolicy::QuarantineStream, order, ..Balances::new(1) };
    let sequential = world.with_projection(lenient(ReplayOrder::Global));
    let engine = engine_with(&sequential, 1, 500);
    assert_eq!(catch_up(&engine).await, []);
    let expected = (all_rows(&world).await, engine.quarantined("balances").await.expect("a list"));
    assert_eq!(expected.1.len(), 2, "both are aside");
    engine.shutdown().await;
    let parallel = world.with_projection(lenient(ReplayOrder::PerStream));
    let engine = engine_with(&parallel, 4, 500);
    let report = engine.rebuild("balances", &NoProgress, &never()).await.expect("rebuilt");
    assert!(report.is_swapped(), "{report:?}");
    let found = (all_rows(&world).await, engine.quarantined("balances").await.expect("a list"));
    assert_eq!(found, expected);
    assert!(engine.doctor("balances", &NoProgress, &never()).await.expect("examined").is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_two_streams_write_shows_that_the_declared_order_is_wrong() {
    let world = World::new();
    random_log(&world, &mut Dice::new(1), 500, 20).await;
    world.projection.sums_up.store(true, Ordering::SeqCst);
    for segment in [50, 10_000] {
        let engine = engine_with(&world, 4, segment);
        let error = engine.rebuild("balances", &NoProgress, &never()).await.expect_err("the row of all");
        let RebuildError::SharedRow { table: "balances", key, .. } = &error else { panic!("{error}") };
        assert_eq!(key, &[Cell::from("all")], "{error}");
        let tables = world.read_models.projection("balances").await.expect("readable");
        assert_eq!(tables, ProjectionTables::default(), "nothing is left behind");
    }
    let head = world.events.head().await.expect("readable");
    let truthful = Balances { order: ReplayOrder::Global, ..Balances::new(1) };
    truthful.sums_up.store(true, Ordering::SeqCst);
    let truthful = world.with_projection(truthful);
    let folded = fold_at(&*world.events, &truthful.domain, "balances", head, &NoProgress, &never()).await;
    assert!(folded.is_ok(), "with the order of the log there is nothing to complain of");
}

#[tokio::test]
async fn tables_whose_invariants_do_not_hold_are_not_used_unless_that_is_accepted() {
    let world = World::new();
    random_log(&world, &mut Dice::new(1), 200, 5).await;
    let engine = world.engine();
    assert_eq!(catch_up(&engine).await, []);
    let before = world.rows().await;
    let newer = world.with_code_version(2);
    newer.projection.lossy.store(true, Ordering::SeqCst);
    engine.shutdown().await;
    let engine = newer.engine();
    let report = engine.rebuild("balances", &NoProgress, &never()).await.expect("an answer");
    let outcome = RebuildOutcome::Refused { differing_rows: 0, violations: 1, kept: false };
    assert_eq!(report.outcome, outcome, "other code makes other rows, but not just any: {report:?}");
    let violation = &report.violations.listed[0];
    assert_eq!((violation.invariant, &violation.row), ("balances add up to the movements", &None), "{violation:?}");
    assert!(violation.breach.message.contains("movements 0"), "with the numbers: {violation:?}");
    assert_eq!(world.rows().await, before, "the live ones stay");
    // By itself the engine does not take them either, and says so.
    let behind = catch_up(&engine).await;
    assert_eq!((behind.len(), behind[0].state), (1, ProjectionState::Halted));
    let status = engine.projections().await.expect("readable").remove(0);
    assert_eq!((status.halted_at, status.active), (None, Some(TablesVersion::first(1))), "no event is at fault");
    let problem = status.problem.expect("it says why");
    assert!(problem.contains("balances add up to the movements") && problem.contains("accept"), "{problem}");
    let error = engine.skip("balances", Position::ZERO, "ada", "why").await.expect_err("there is nothing to skip");
    assert!(matches!(error, UpkeepError::NotHaltedAt { halted_at: None, .. }), "{error}");
    let report = engine.rebuild_with("balances", ACCEPT, &NoProgress, &never()).await.expect("rebuilt");
    assert!(report.is_swapped() && report.violations.total == 1, "accepted, and still told: {report:?}");
    assert_eq!(catch_up(&engine).await, [], "it goes on");
    let report = engine.doctor("balances", &NoProgress, &never()).await.expect("examined");
    assert!(!report.is_clean() && report.differing_rows == 0 && report.violations.total == 1, "the doctor: {report:?}");
}

#[tokio::test]
async fn a_first_build_whose_invariants_do_not_hold_waits_for_a_decision() {
    let world = World::new();
    random_log(&world, &mut Dice::new(1), 50, 5).await;
    world.projection.lossy.store(true, Ordering::SeqCst);
    let engine = world.engine();
    assert_eq!(catch_up(&engine).await.len(), 1, "it halts");
    let status = engine.projections().await.expect("readable").remove(0);
    assert_eq!((status.state, status.active), (ProjectionState::Halted, None));
    let report = engine.rebuild_with("balances", ACCEPT, &NoProgress, &never()).await.expect("rebuilt");
    assert!(report.is_swapped(), "{report:?}");
    assert_eq!(catch_up(&engine).await, [], "the halt is over");
}

#[tokio::test]
async fn paused_tables_are_compared_where_they_stand_and_stay_there() {
    let world = World::new();
    random_log(&world, &mut Dice::new(1), 100, 5).await;
    let engine = world.engine();
    assert_eq!(catch_up(&engine).await, []);
    let stands = world.events.head().await.expect("readable");
    let rows = all_rows(&world).await;
    engine.pause("balances").await.expect("paused");
    random_log(&world, &mut Dice::new(2), 100, 5).await;
    let report = engine.rebuild("balances", &NoProgress, &never()).await.expect("rebuilt");
    assert!(report.is_swapped() && report.position == stands, "{report:?}");
    assert_eq!(report.compared.map(|compared| compared.differing_rows), Some(0), "compared where they stand");
    assert_eq!(all_rows(&world).await, rows, "a paused read model does not move, not even so");
    engine.resume("balances").await.expect("resumed");
    assert_eq!(catch_up(&engine).await, []);
}

/// Cancels in a phase, once so much is done in it.
fn cancel_in(phase: &'static str, at: u64) -> (CancellationToken, impl Fn(&Progress) + Send + Sync) {
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let sink = move |progress: &Progress| {
        if progress.phase == phase && progress.done >= at {
            stop.cancel();
        }
    };
    (cancel, sink)
}

#[tokio::test]
async fn a_cancelled_rebuild_that_was_kept_is_resumed_and_equals_a_fresh_one() {
    for (phase, at) in [("folding", 1001), ("writing", 0), ("catching up", 0), ("comparing", 0)] {
        let world = World::new();
        random_log(&world, &mut Dice::new(3), 6000, 40).await;
        let engine = engine_with(&world, 2, 1000);
        assert_eq!(catch_up(&engine).await, []);
        let expected = all_rows(&world).await;
        let (cancel, sink) = cancel_in(phase, at);
        let report = engine.rebuild_with("balances", KEEP, &sink, &cancel).await.expect("an answer");
        assert_eq!(report.outcome, RebuildOutcome::Cancelled { kept: true }, "{phase}: {report:?}");
        let tables = world.read_models.projection("balances").await.expect("readable");
        assert_eq!(tables.active_version, Some(1000), "{phase}: the live one is untouched");
        assert_eq!(tables.building_version, Some(report.to.number()), "{phase}: it is kept");
        assert_eq!(all_rows(&world).await, expected, "{phase}");
        let resumed = engine.rebuild_with("balances", KEEP, &NoProgress, &never()).await.expect("resumed");
        assert_eq!((resumed.to, resumed.resumed_at), (report.to, Some(report.position)), "{phase}: goes on there");
        assert!(resumed.is_swapped(), "{phase}: {resumed:?}");
        assert!(resumed.events < 6000, "{phase}: not from the beginning: {resumed:?}");
        assert_eq!(resumed.compared.map(|compared| compared.differing_rows), Some(0), "{phase}");
        assert_eq!(all_rows(&world).await, expected, "{phase}: as a fresh one");
        assert!(engine.doctor("balances", &NoProgress, &never()).await.expect("examined").is_clean(), "{phase}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_died_is_resumed_where_it_was_stored_last() {
    let world = World::new();
    random_log(&world, &mut Dice::new(4), 8000, 40).await;
    let engine = engine_with(&world, 2, 500);
    assert_eq!(catch_up(&engine).await, []);
    let expected = all_rows(&world).await;
    let mut resumed_in_the_middle = 0;
    for deaths in 0..12 {
        let dying = engine_with(&world, 2, 500);
        let rebuild = tokio::spawn(async move { dying.rebuild_with("balances", KEEP, &NoProgress, &never()).await });
        tokio::time::sleep(Duration::from_millis(20 + 15 * deaths)).await;
        rebuild.abort();
        let _ = rebuild.await;
        world.let_leases_expire();
        let engine = engine_with(&world, 2, 500);
        let report = engine.rebuild_with("balances", KEEP, &NoProgress, &never()).await.expect("rebuilt");
        assert!(report.is_swapped(), "{report:?}");
        assert_eq!(report.compared.map(|compared| compared.differing_rows), Some(0), "after death {deaths}");
        resumed_in_the_middle += u32::from(report.resumed_at.is_some());
        assert_eq!(all_rows(&world).await, expected, "after death {deaths}");
        engine.shutdown().await;
    }
    assert!(resumed_in_the_middle > 0, "at least one was stored before it died");
}

#[tokio::test]
async fn without_being_told_to_resume_a_rebuild_begins_anew() {
    let world = World::new();
    random_log(&world, &mut Dice::new(3), 3000, 40).await;
    let engine = engine_with(&world, 2, 500);
    assert_eq!(catch_up(&engine).await, []);
    let (cancel, sink) = cancel_in("writing", 0);
    let kept = engine.rebuild_with("balances", KEEP, &sink, &cancel).await.expect("an answer");
    assert_eq!(kept.outcome, RebuildOutcome::Cancelled { kept: true });
    let report = engine.rebuild("balances", &NoProgress, &never()).await.expect("rebuilt");
    assert!(report.is_swapped() && report.resumed_at.is_none() && report.to > kept.to, "{report:?}");
    assert_eq!(report.events, world.events.head().await.expect("readable").get(), "all of them");
    let left = world.read_models.checkpoint("balances", kept.to.number()).await;
    assert_eq!(left, Ok(None), "what was kept is cleared away");
}

#[tokio::test]
async fn half_built_tables_of_two_positions_are_not_resumed() {
    let world = World::new();
    random_log(&world, &mut Dice::new(3), 500, 10).await;
    let engine = world.engine();
    assert_eq!(catch_up(&engine).await, []);
    // As a flush leaves them that died between two of its commits: rows, and a checkpoint at zero.
    let tables = world.domain.projections[0].tables();
    world.read_models.prepare("balances", 1001, tables).await.expect("prepared");
    world.read_models.set_building("balances", Some(1001)).await.expect("marked");
    let from = world.read_models.acquire("balances", 1001, "the dead", world.clock.now()).await.expect("free");
    let commit = ReadModelCommit {
        projection: "balances",
        tables,
        to: from.position,
        from,
        quarantine: vec![],
        work: Box::new(|rows| Ok(rows.put(&BALANCES, vec!["half".into(), 1.into(), 1.into()])?)),
    };
    world.read_models.commit(commit).await.expect("half built");
    world.let_leases_expire();
    let report = engine.rebuild_with("balances", KEEP, &NoProgress, &never()).await.expect("rebuilt");
    assert!(report.is_swapped() && report.resumed_at.is_none(), "{report:?}");
    assert_eq!(world.balance("half").await, None);
}

#[tokio::test]
async fn a_refused_rebuild_that_was_kept_is_accepted_without_folding_again() {
    let world = World::new();
    random_log(&world, &mut Dice::new(3), 500, 10).await;
    let engine = world.engine();
    assert_eq!(catch_up(&engine).await, []);
    // The live ones were filled by code that lost the movements.
    world.projection.lossy.store(true, Ordering::SeqCst);
    random_log(&world, &mut Dice::new(4), 20, 10).await;
    assert_eq!(catch_up(&engine).await, []);
    world.projection.lossy.store(false, Ordering::SeqCst);
    let refused = engine.rebuild_with("balances", KEEP, &NoProgress, &never()).await.expect("an answer");
    assert!(matches!(refused.outcome, RebuildOutcome::Refused { kept: true, violations: 0, .. }), "{refused:?}");
    let options = RebuildOptions { accept_differences: true, ..KEEP };
    let report = engine.rebuild_with("balances", options, &NoProgress, &never()).await.expect("accepted");
    assert!(report.is_swapped() && report.events == 0 && report.resumed_at == Some(refused.position), "{report:?}");
    assert!(engine.doctor("balances", &NoProgress, &never()).await.expect("examined").is_clean());
}
