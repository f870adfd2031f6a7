//! What persons do to read models: skip events, look after streams that were set aside, roll back, reset.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::*;
use es_runtime::*;

const SOON: Duration = Duration::from_secs(5);

fn never() -> CancellationToken {
    CancellationToken::new()
}

async fn catch_up(engine: &Engine) -> Vec<Behind> {
    engine.catch_up(None, &NoProgress, &never()).await.expect("the stores work")
}

async fn status(engine: &Engine) -> ProjectionStatus {
    engine.projections().await.expect("readable").remove(0)
}

/// An event that nobody knows.
async fn append_unknown(world: &World, wallet: &str) -> Position {
    let mystery = vec![foreign("Mystery", 1, "{}")];
    let request = AppendRequest::to_stream(stream(&format!("wallet-{wallet}")), ExpectedVersion::Any, mystery);
    world.events.append(request).await.expect("foreign programs may write").last_position()
}

/// The rows of a full replay that knows nothing of the tables.
async fn replayed(world: &World) -> (Vec<Row>, Vec<Row>) {
    let head = world.events.head().await.expect("readable");
    let rows = fold_at(&*world.events, &world.domain, "balances", head, &NoProgress, &never()).await.expect("folded");
    (rows.rows_of(&BALANCES).cloned().collect(), rows.rows_of(&MOVEMENTS).cloned().collect())
}

/// A projection that sets streams aside.
fn lenient(order: ReplayOrder) -> World {
    World::new().with_projection(Balances { policy: FailurePolicy::QuarantineStream, order, ..Balances::new(1) })
}

/// Wallets `a` and `b` in the tables, then a poison for `a` at position 5 between deposits for both.
async fn halted_world() -> (World, Engine, Position) {
    let world = World::new();
    let engine = world.engine();
    for command in [open("a"), open("b"), deposit("a", 1), deposit("b", 2)] {
        done(&engine, &command).await;
    }
    assert_eq!(catch_up(&engine).await, []);
    let poison = append_unknown(&world, "a").await;
    for command in [deposit("b", 20), deposit("b", 30)] {
        done(&engine, &command).await;
    }
    assert_eq!(catch_up(&engine).await.len(), 1, "it halts");
    (world, engine, poison)
}

#[tokio::test]
async fn an_event_that_does_not_decode_halts_and_says_which_why_and_what_to_do() {
    let (_world, engine, poison) = halted_world().await;
    let status = status(&engine).await;
    assert_eq!((status.state, status.halted_at), (ProjectionState::Halted, Some(poison)), "{status:?}");
    let problem = status.problem.expect("it says why");
    for part in ["Mystery v1, event 3 of wallet-a", "unknown event type", "retry", "skip"] {
        assert!(problem.contains(part), "{part:?} is not in {problem:?}");
    }
}

#[tokio::test]
async fn a_projection_that_panics_is_halted_at_the_event() {
    let world = World::new();
    world.projection.strict.store(true, Ordering::SeqCst);
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let first_build = done(&engine, &deposit("a", PANIC)).await.last_position();
    assert_eq!(catch_up(&engine).await.len(), 1, "it halts in the first build");
    let halted = status(&engine).await;
    assert_eq!((halted.halted_at, halted.position), (Some(first_build), Position(1)), "{halted:?}");
    assert!(halted.problem.is_some_and(|problem| problem.contains("that other number")), "the panic is told");
    engine.skip("balances", first_build, "ada", "a test").await.expect("skipped");
    let live = done(&engine, &deposit("a", PANIC)).await.last_position();
    assert_eq!(catch_up(&engine).await.len(), 1, "it halts in a live step");
    assert_eq!(status(&engine).await.halted_at, Some(live));
}

#[tokio::test]
async fn a_skip_is_recorded_with_who_when_and_why() {
    let (world, engine, poison) = halted_world().await;
    let before = world.events.head().await.expect("readable");
    let skip = engine.skip("balances", poison, "ada", " written by a test program ").await.expect("skipped");
    assert_eq!((skip.position, &*skip.actor, &*skip.reason), (poison, "ada", "written by a test program"));
    assert_eq!((skip.stream.as_str(), &*skip.event_type), ("wallet-a", "Mystery"));
    assert!(skip.problem.contains("unknown event type"), "{skip:?}");
    assert_eq!((skip.decided_at, skip.decision), (world.clock.now(), before.next()));
    assert_eq!(engine.skipped("balances").await, Ok(vec![skip.clone()]), "anyone can list it");
    assert_eq!(catch_up(&engine).await, [], "it goes on");
    assert_eq!((world.balance("a").await, world.balance("b").await), (Some(1), Some(52)));
    let again = engine.skip("balances", poison, "bob", "again").await.expect("asked twice");
    assert_eq!(again, skip, "the first decision stands");
    assert_eq!(world.events.head().await, Ok(before.next()), "and nothing was written");
    let mut query =
        StreamQuery { category: None, contains: None, system: false, order: StreamOrder::Name, offset: 0, limit: 100 };
    let listed = world.events.streams(&query).await.expect("a list").streams;
    assert_eq!(listed.len(), 2, "the engine's own streams are not listed unless asked for: {listed:?}");
    query.system = true;
    let listed = world.events.streams(&query).await.expect("a list").streams;
    assert!(listed.iter().any(|info| info.stream.as_str() == "$projection-balances"), "{listed:?}");
}

#[tokio::test]
async fn a_skip_outlives_the_views_and_every_replay_honours_it() {
    let (mut world, engine, poison) = halted_world().await;
    engine.skip("balances", poison, "ada", "a test").await.expect("skipped");
    assert_eq!(catch_up(&engine).await, []);
    let rows = world.rows().await;
    assert_eq!(replayed(&world).await, rows, "a fold honours it");
    let report = engine.rebuild("balances", &NoProgress, &never()).await.expect("rebuilt");
    assert!(report.is_swapped() && report.compared.is_some_and(|compared| compared.differing_rows == 0), "a rebuild");
    let report = engine.doctor("balances", &NoProgress, &never()).await.expect("examined");
    assert!(report.is_clean(), "the doctor: {report:?}");
    engine.shutdown().await;
    world.forget_everything_derived();
    let engine = world.engine();
    assert_eq!(catch_up(&engine).await, [], "a first build");
    assert_eq!(world.rows().await, rows);
    assert_eq!(engine.skipped("balances").await.expect("a list").len(), 1, "and it is still listed");
}

#[tokio::test]
async fn a_follower_in_another_engine_sees_a_skip() {
    let (world, engine, poison) = halted_world().await;
    engine.shutdown().await;
    let follower = Engine::start(world.parts());
    tokio::time::sleep(Duration::from_millis(20)).await;
    engine.skip("balances", poison, "ada", "a test").await.expect("skipped");
    let head = world.events.head().await.expect("readable");
    let start = std::time::Instant::now();
    while follower.wait_until(head, SOON).await.is_err() {
        assert!(start.elapsed() < SOON, "it goes on by itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    follower.shutdown().await;
}

#[tokio::test]
async fn only_the_event_that_a_projection_is_halted_at_is_skipped_and_for_a_reason() {
    let (world, engine, poison) = halted_world().await;
    let head = world.events.head().await.expect("readable");
    for position in [Position::ZERO, Position(1), poison.next(), Position(99)] {
        let error = engine.skip("balances", position, "ada", "why not").await.expect_err("not the one");
        assert!(matches!(error, UpkeepError::NotHaltedAt { halted_at: Some(at), .. } if at == poison), "{error}");
    }
    let long = "ü".repeat(limits::REASON_CHARACTERS + 1);
    for reason in ["", "  ", &long] {
        let error = engine.skip("balances", poison, "ada", reason).await.expect_err("no reason");
        assert!(matches!(error, UpkeepError::BadReason { .. }), "{error}");
    }
    assert!(engine.skip("nobody", poison, "ada", "why").await.is_err(), "unknown");
    assert_eq!(world.events.head().await, Ok(head), "nothing was written");
    assert_eq!(status(&engine).await.halted_at, Some(poison), "it is halted as before");
    engine.skip("balances", poison, "ada", "why").await.expect("skipped");
    assert_eq!(catch_up(&engine).await, []);
    let error = engine.skip("balances", Position(1), "ada", "why").await.expect_err("not halted");
    assert!(matches!(error, UpkeepError::NotHaltedAt { halted_at: None, .. }), "{error}");
}

#[tokio::test]
async fn a_stream_is_set_aside_from_the_failing_event_on_and_others_go_on() {
    let world = lenient(ReplayOrder::PerStream);
    let engine = world.engine();
    for command in [open("a"), open("b"), deposit("a", 1)] {
        done(&engine, &command).await;
    }
    assert_eq!(catch_up(&engine).await, []);
    world.projection.strict.store(true, Ordering::SeqCst);
    let poison = done(&engine, &deposit("a", POISON)).await.last_position();
    for command in [deposit("a", 5), deposit("b", 7)] {
        done(&engine, &command).await;
    }
    assert_eq!(catch_up(&engine).await, [], "it does not halt");
    assert_eq!((world.balance("a").await, world.balance("b").await), (Some(1), Some(7)), "a stays, b goes on");
    let set_aside = engine.quarantined("balances").await.expect("a list");
    let [entry] = &set_aside[..] else { panic!("one stream: {set_aside:?}") };
    assert_eq!((entry.stream.as_str(), entry.position, &*entry.event_type), ("wallet-a", poison, "Deposited"));
    assert!(entry.reason.contains("that number again"), "{entry:?}");
    assert_eq!(status(&engine).await.quarantined, set_aside, "the status shows it");
    // Another engine, later events: still aside.
    engine.shutdown().await;
    let engine = world.engine();
    done(&engine, &deposit("a", 9)).await;
    assert_eq!(catch_up(&engine).await, []);
    assert_eq!(world.balance("a").await, Some(1), "later events of the stream are not applied");
    let report = engine.doctor("balances", &NoProgress, &never()).await.expect("examined");
    assert!(report.is_clean() && report.quarantined == 1, "what is set aside is no fault of the rows: {report:?}");
    world.projection.strict.store(false, Ordering::SeqCst);
    let report = engine.doctor("balances", &NoProgress, &never()).await.expect("examined");
    assert!(report.is_clean(), "also when it could be applied now: {report:?}");
}

#[tokio::test]
async fn a_released_stream_is_caught_up_alone_and_equals_a_full_replay() {
    let world = lenient(ReplayOrder::PerStream);
    world.projection.strict.store(true, Ordering::SeqCst);
    let engine = world.engine();
    for command in [open("a"), deposit("a", 1), deposit("a", POISON), open("b"), deposit("b", 2), deposit("a", 3)] {
        done(&engine, &command).await;
    }
    for _ in 0..limits::PROJECTION_BATCH_EVENTS {
        let deposits = vec![foreign("Deposited", 2, r#"{"amount":1}"#); 1];
        let request = AppendRequest::to_stream(stream("wallet-a"), ExpectedVersion::Any, deposits);
        world.events.append(request).await.expect("appended");
    }
    assert_eq!(catch_up(&engine).await, []);
    let unknown = engine.release("balances", &stream("wallet-b")).await.expect_err("it is not aside");
    assert!(matches!(unknown, UpkeepError::NotQuarantined { .. }), "{unknown}");
    let error = engine.release("balances", &stream("wallet-a")).await.expect_err("it still fails");
    assert!(matches!(&error, UpkeepError::StillFails { poison, .. } if poison.position == Position(3)), "{error}");
    assert_eq!(world.balance("a").await, Some(1), "nothing has changed");
    world.projection.strict.store(false, Ordering::SeqCst);
    let released = engine.release("balances", &stream("wallet-a")).await.expect("released");
    assert_eq!(released.events, limits::PROJECTION_BATCH_EVENTS as u64 + 2, "the failed one and all after it");
    assert_eq!(engine.quarantined("balances").await, Ok(vec![]));
    assert_eq!(world.rows().await.0, replayed(&world).await.0, "as if it had never been aside");
    done(&engine, &deposit("a", 4)).await;
    assert_eq!(catch_up(&engine).await, []);
    let report = engine.doctor("balances", &NoProgress, &never()).await.expect("examined");
    assert!(report.is_clean() && report.quarantined == 0, "it takes part again: {report:?}");
}

#[tokio::test]
async fn a_release_that_fails_half_way_has_applied_what_comes_before() {
    let world = lenient(ReplayOrder::PerStream);
    world.projection.strict.store(true, Ordering::SeqCst);
    let engine = world.engine();
    for command in [open("a"), deposit("a", POISON), deposit("a", 1)] {
        done(&engine, &command).await;
    }
    let second = append_unknown(&world, "a").await;
    done(&engine, &open("b")).await;
    assert_eq!(catch_up(&engine).await, []);
    world.projection.strict.store(false, Ordering::SeqCst);
    let error = engine.release("balances", &stream("wallet-a")).await.expect_err("another event fails");
    assert!(matches!(&error, UpkeepError::StillFails { poison, .. } if poison.position == second), "{error}");
    assert_eq!(world.balance("a").await, Some(POISON + 1));
    let set_aside = engine.quarantined("balances").await.expect("a list");
    assert_eq!((set_aside.len(), set_aside[0].position), (1, second), "it is aside from the next one on");
    let report = engine.doctor("balances", &NoProgress, &never()).await.expect("examined");
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn where_rows_may_depend_on_several_streams_a_rebuild_releases() {
    let world = lenient(ReplayOrder::Global);
    world.projection.strict.store(true, Ordering::SeqCst);
    let engine = world.engine();
    for command in [open("a"), deposit("a", POISON), open("b"), deposit("b", 2)] {
        done(&engine, &command).await;
    }
    assert_eq!(catch_up(&engine).await, []);
    assert_eq!(engine.quarantined("balances").await.expect("a list").len(), 1, "a first build sets aside, too");
    world.projection.strict.store(false, Ordering::SeqCst);
    let error = engine.release("balances", &stream("wallet-a")).await.expect_err("not alone");
    assert!(matches!(error, UpkeepError::NeedsRebuild { .. }), "{error}");
    let options = RebuildOptions { accept_differences: true, ..RebuildOptions::default() };
    let report = engine.rebuild_with("balances", options, &NoProgress, &never()).await.expect("rebuilt");
    assert!(report.is_swapped(), "{report:?}");
    assert_eq!((engine.quarantined("balances").await, world.balance("a").await), (Ok(vec![]), Some(POISON)));
}

#[tokio::test]
async fn with_too_many_streams_aside_it_is_not_the_streams_that_are_at_fault() {
    let world = lenient(ReplayOrder::PerStream);
    for number in 0..=limits::QUARANTINED_STREAMS {
        append_unknown(&world, &number.to_string()).await;
    }
    let engine = world.engine();
    let behind = catch_up(&engine).await;
    assert_eq!((behind.len(), behind[0].state), (1, ProjectionState::Halted));
    let status = status(&engine).await;
    assert_eq!(status.quarantined.len(), limits::QUARANTINED_STREAMS);
    assert_eq!(status.halted_at, Some(Position(limits::QUARANTINED_STREAMS as u64 + 1)), "the one too many");
    assert!(status.problem.is_some_and(|problem| problem.contains("too many streams")), "it says so");
}

#[tokio::test]
async fn a_rollback_shows_the_former_tables_which_then_catch_up() {
    let world = World::new();
    let engine = world.engine();
    for command in [open("a"), deposit("a", 1)] {
        done(&engine, &command).await;
    }
    assert_eq!(catch_up(&engine).await, []);
    let error = engine.rollback("balances").await.expect_err("nothing to go back to");
    assert!(matches!(error, UpkeepError::NoFormerTables { .. }), "{error}");
    engine.rebuild("balances", &NoProgress, &never()).await.expect("rebuilt");
    done(&engine, &deposit("a", 10)).await;
    assert_eq!(catch_up(&engine).await, []);
    let back = engine.rollback("balances").await.expect("rolled back");
    assert_eq!((back.from.build, back.to.build, back.position), (1, 0, Position(2)), "{back:?}");
    assert_eq!(world.balance("a").await, Some(1), "as the former tables stand");
    assert_eq!(catch_up(&engine).await, [], "from their own checkpoint");
    assert_eq!(world.balance("a").await, Some(11));
    let forth = engine.rollback("balances").await.expect("the way back is open");
    assert_eq!((forth.to.build, world.balance("a").await), (1, Some(11)));
    assert!(engine.rollback("nobody").await.is_err(), "unknown");
}

#[tokio::test]
async fn tables_of_other_code_are_not_gone_back_to() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    assert_eq!(catch_up(&engine).await, []);
    engine.shutdown().await;
    let newer = world.with_code_version(2);
    let engine = newer.engine();
    assert_eq!(catch_up(&engine).await, []);
    let error = engine.rollback("balances").await.expect_err("this code cannot go on with them");
    assert!(matches!(error, UpkeepError::OtherCode { code: 2, .. }), "{error}");
    assert_eq!(status(&engine).await.active, Some(TablesVersion::first(2)));
}

#[tokio::test]
async fn a_rollback_clears_the_halt_of_the_tables_it_leaves() {
    let (world, engine, poison) = halted_world().await;
    world.read_models.set_halted("balances", None).await.expect("cleared");
    engine.skip("balances", poison, "ada", "no").await.expect_err("it is not halted any more");
    assert_eq!(catch_up(&engine).await.len(), 1, "it halts again");
    engine.skip("balances", poison, "ada", "yes").await.expect("skipped");
    assert_eq!(catch_up(&engine).await, []);
    engine.rebuild("balances", &NoProgress, &never()).await.expect("rebuilt");
    let second = append_unknown(&world, "b").await;
    assert_eq!(catch_up(&engine).await.len(), 1, "halted at the second");
    engine.rollback("balances").await.expect("rolled back");
    assert_eq!(status(&engine).await.halted_at, None, "what halted the others is not known of these");
    assert_eq!(catch_up(&engine).await.len(), 1);
    assert_eq!(status(&engine).await.halted_at, Some(second), "until they come to it; the skipped one they passed");
}

#[tokio::test]
async fn a_reset_builds_from_nothing() {
    let world = World::new();
    let engine = Engine::start(world.parts());
    done(&engine, &open("a")).await;
    let appended = done(&engine, &deposit("a", 7)).await;
    engine.wait_until(appended.last_position(), SOON).await.expect("followed");
    engine.rebuild("balances", &NoProgress, &never()).await.expect("rebuilt");
    let report = engine.reset("balances", &NoProgress, &never()).await.expect("reset");
    assert!(report.is_swapped() && report.from.is_none() && report.compared.is_none(), "as a first build: {report:?}");
    assert!(report.to.build > 1, "under a number that nobody may still believe in: {report:?}");
    let tables = world.read_models.projection("balances").await.expect("readable");
    assert_eq!((tables.active_version, tables.previous_version), (Some(report.to.number()), None), "nothing is kept");
    let appended = done(&engine, &deposit("a", 1)).await;
    engine.wait_until(appended.last_position(), SOON).await.expect("the follower goes on");
    assert_eq!(world.balance("a").await, Some(8));
    assert!(engine.reset("nobody", &NoProgress, &never()).await.is_err(), "unknown");
    engine.shutdown().await;
}

#[tokio::test]
async fn what_another_program_keeps_is_not_reset() {
    let world = World::new();
    let first = Engine::start(world.parts());
    let appended = done(&first, &open("a")).await;
    first.wait_until(appended.last_position(), SOON).await.expect("followed");
    let error = world.engine().reset("balances", &NoProgress, &never()).await.expect_err("it is kept");
    assert!(matches!(error, UpkeepError::Rebuild(RebuildError::HeldElsewhere { .. })), "{error}");
    assert_eq!(world.balance("a").await, Some(0), "it is as before");
    first.shutdown().await;
}
