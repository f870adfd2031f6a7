//! Projections that follow the log, halt, pause, change hands.

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

async fn head(world: &World) -> Position {
    world.events.head().await.expect("readable")
}

/// Three wallets with `deposits` deposits of 1 each.
async fn fill(world: &World, deposits: i64) {
    let engine = world.engine();
    for wallet in ["a", "b", "c"] {
        done(&engine, &open(wallet)).await;
        for _ in 0..deposits {
            done(&engine, &deposit(wallet, 1)).await;
        }
    }
}

async fn caught_up(world: &World) -> Vec<Behind> {
    let engine = world.engine();
    let behind = engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("the stores work");
    engine.shutdown().await;
    behind
}

#[tokio::test]
async fn a_reader_can_wait_for_its_own_write() {
    let world = World::new();
    let engine = Engine::start(world.parts());
    done(&engine, &open("a")).await;
    for amount in 1..=20 {
        let appended = done(&engine, &deposit("a", amount)).await;
        engine.wait_until(appended.last_position(), SOON).await.expect("the projection follows");
        assert_eq!(world.balance("a").await, Some(amount * (amount + 1) / 2), "after deposit {amount}");
    }
    let status = engine.projections().await.expect("readable").remove(0);
    assert_eq!((status.position, status.lag_events, status.lag), (Position(21), 0, Duration::ZERO), "{status:?}");
    assert_eq!(status.active, Some(TablesVersion::first(1)), "the first build is active");
    assert_eq!(status.rows, 22, "one balance, 21 movements");
    engine.shutdown().await;
}

#[tokio::test]
async fn followers_work_without_wake_ups() {
    let world = World::without_wake_ups();
    let engine = Engine::start(world.parts());
    done(&engine, &open("a")).await;
    let appended = done(&engine, &deposit("a", 3)).await;
    engine.wait_until(appended.last_position(), SOON).await.expect("polling is enough");
    assert_eq!(world.balance("a").await, Some(3));
    engine.shutdown().await;
}

#[tokio::test]
async fn waiting_in_vain_says_which_projection_is_where() {
    let world = World::new();
    fill(&world, 1).await;
    let engine = world.engine();
    let error = engine.wait_until(Position(6), Duration::from_millis(20)).await.expect_err("nobody follows");
    let text = error.to_string();
    assert!(text.contains("balances is at 0 (Idle)"), "{text}");
    assert_eq!(caught_up(&world).await, []);
    engine.pause("balances").await.expect("paused");
    let start = std::time::Instant::now();
    let error = engine.wait_until(Position(7), SOON).await.expect_err("a paused projection does not move");
    assert!(error.to_string().contains("balances is at 6 (Paused)"), "{error}");
    assert!(start.elapsed() < SOON, "it is told at once");
}

#[tokio::test]
async fn every_event_counts_exactly_once_however_often_the_engine_restarts() {
    let world = World::new();
    fill(&world, 1).await;
    for round in 0..30 {
        let engine = Engine::start(world.parts());
        for wallet in ["a", "b", "c"] {
            done(&engine, &deposit(wallet, 1)).await;
        }
        if round % 3 == 0 {
            tokio::time::sleep(Duration::from_millis(round / 3)).await;
        }
        if round % 2 == 0 {
            engine.shutdown().await;
        } else {
            // Dies without giving its leases back.
            drop(engine);
            world.let_leases_expire();
        }
    }
    let engine = world.engine();
    world.let_leases_expire();
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    for wallet in ["a", "b", "c"] {
        assert_eq!(world.balance(wallet).await, Some(31), "wallet {wallet}");
    }
    let full = engine_fold(&world, head(&world).await).await;
    assert_eq!(world.rows().await, full, "the stored rows equal a full replay");
}

/// The rows by a fold of the whole log.
async fn engine_fold(world: &World, position: Position) -> (Vec<Row>, Vec<Row>) {
    let never = CancellationToken::new();
    let rows = fold_at(&*world.events, &world.domain, "balances", position, &NoProgress, &never).await.expect("folded");
    (rows.rows_of(&BALANCES).cloned().collect(), rows.rows_of(&MOVEMENTS).cloned().collect())
}

#[tokio::test]
async fn the_commit_of_a_fenced_owner_changes_nothing() {
    let world = World::new();
    fill(&world, 1).await;
    let (old, new) = (world.engine(), world.engine());
    let never = CancellationToken::new();
    old.catch_up(None, &NoProgress, &never).await.expect("caught up");
    world.let_leases_expire();
    done(&old, &deposit("a", 5)).await;
    new.catch_up(None, &NoProgress, &never).await.expect("taken over");
    let rows = world.rows().await;
    done(&old, &deposit("a", 5)).await;
    // The old owner still believes in its lease. Its commit is refused, and it waits for the new owner.
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let waiting = old.clone();
    let task = tokio::spawn(async move { waiting.catch_up(None, &NoProgress, &stop).await });
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(world.rows().await, rows, "the fenced owner wrote nothing");
    new.catch_up(None, &NoProgress, &never).await.expect("the new owner goes on");
    assert_eq!(task.await.expect("no panic").expect("the old owner sees the work done"), []);
    assert_eq!(world.balance("a").await, Some(11), "each deposit once");
}

#[tokio::test]
async fn a_second_engine_waits_and_takes_over_when_the_first_stops() {
    let world = World::new();
    let first = Engine::start(world.parts());
    let appended = done(&first, &open("a")).await;
    first.wait_until(appended.last_position(), SOON).await.expect("followed");
    let second = Engine::start(world.parts());
    tokio::time::sleep(Duration::from_millis(30)).await;
    let status = second.projections().await.expect("readable").remove(0);
    assert_eq!(status.state, ProjectionState::HeldElsewhere, "the first one has it");
    assert_eq!(status.lag_events, 0, "the second one's window shows it up to date all the same");
    first.shutdown().await;
    let appended = done(&second, &deposit("a", 2)).await;
    second.wait_until(appended.last_position(), SOON).await.expect("the second took over");
    assert_eq!(world.balance("a").await, Some(2));
    second.shutdown().await;
}

#[tokio::test]
async fn a_poison_event_halts_the_projection_right_before_it_and_is_named() {
    let world = World::new();
    world.projection.strict.store(true, Ordering::SeqCst);
    let engine = Engine::start(world.parts());
    done(&engine, &open("a")).await;
    let before = done(&engine, &deposit("a", 1)).await;
    engine.wait_until(before.last_position(), SOON).await.expect("all is well");
    let good = done(&engine, &deposit("a", 2)).await;
    let poison = done(&engine, &deposit("a", POISON)).await;
    let after = done(&engine, &deposit("a", 4)).await;
    let error = engine.wait_until(after.last_position(), SOON).await.expect_err("it halts");
    assert!(error.to_string().contains("(Halted)"), "{error}");
    let status = engine.projections().await.expect("readable").remove(0);
    assert_eq!(status.state, ProjectionState::Halted);
    assert_eq!(status.halted_at, Some(poison.last_position()), "it says which event");
    let problem = status.problem.expect("it says why");
    assert!(problem.contains("Deposited v2, event 4 of wallet-a: that number again"), "{problem}");
    assert_eq!(status.position, good.last_position(), "everything before it is in");
    assert_eq!(world.balance("a").await, Some(3), "and nothing of it or after it");
    // The fault is mended, and a person lets it try again.
    world.projection.strict.store(false, Ordering::SeqCst);
    engine.retry("balances").await.expect("asked");
    engine.wait_until(after.last_position(), SOON).await.expect("it goes on");
    assert_eq!(world.balance("a").await, Some(7 + POISON));
    engine.shutdown().await;
}

#[tokio::test]
async fn a_first_build_over_a_poison_event_ends_before_it() {
    let world = World::new();
    world.projection.strict.store(true, Ordering::SeqCst);
    let engine = world.engine();
    done(&engine, &open("a")).await;
    done(&engine, &deposit("a", 5)).await;
    let unknown =
        AppendRequest::to_stream(stream("wallet-x"), ExpectedVersion::NoStream, vec![foreign("Mystery", 1, "{}")]);
    world.events.append(unknown).await.expect("foreign programs may write");
    done(&engine, &deposit("a", 6)).await;
    let behind = caught_up(&world).await;
    assert_eq!(behind.len(), 1, "it cannot get to the end");
    assert_eq!((behind[0].position, behind[0].state), (Position(2), ProjectionState::Halted));
    assert_eq!(world.balance("a").await, Some(5), "what comes before is there to be read");
    let status = world.engine().projections().await.expect("readable").remove(0);
    assert!(status.problem.is_some_and(|p| p.contains("unknown event type Mystery v1")), "it says why");
}

#[tokio::test]
async fn a_paused_projection_stays_where_it_is_also_after_a_restart() {
    let world = World::new();
    fill(&world, 1).await;
    assert_eq!(caught_up(&world).await, []);
    let engine = Engine::start(world.parts());
    engine.pause("balances").await.expect("paused");
    engine.shutdown().await;
    let engine = Engine::start(world.parts());
    let appended = done(&engine, &deposit("a", 9)).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    let status = engine.projections().await.expect("readable").remove(0);
    assert_eq!((status.state, status.lag_events), (ProjectionState::Paused, 1));
    engine.resume("balances").await.expect("resumed");
    engine.wait_until(appended.last_position(), SOON).await.expect("it goes on");
    engine.shutdown().await;
    assert!(matches!(engine.pause("nobody").await, Err(RebuildError::UnknownProjection { .. })));
}

#[tokio::test]
async fn new_code_is_built_beside_the_old_tables_and_swapped_in() {
    let world = World::new();
    fill(&world, 4).await;
    assert_eq!(caught_up(&world).await, []);
    let newer = world.with_code_version(2);
    let engine = Engine::start(newer.parts());
    engine.wait_until(head(&world).await, SOON).await.expect("the old tables are there already");
    for _ in 0..200 {
        if engine.projections().await.expect("readable")[0].active == Some(TablesVersion::first(2)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let status = engine.projections().await.expect("readable").remove(0);
    assert_eq!(status.active, Some(TablesVersion::first(2)), "{status:?}");
    assert_eq!(status.previous, Some(TablesVersion::first(1)), "kept for rollback");
    let appended = done(&engine, &deposit("a", 1)).await;
    engine.wait_until(appended.last_position(), SOON).await.expect("the new tables follow");
    assert_eq!(world.balance("a").await, Some(5));
    engine.shutdown().await;
}

#[tokio::test]
async fn events_of_no_interest_move_the_checkpoint_too() {
    let world = World::new();
    let engine = Engine::start(world.parts());
    done(&engine, &open("a")).await;
    let appended = done(&engine, &payment("p", "a", "b", 1, true)).await;
    engine.wait_until(appended.last_position(), SOON).await.expect("past what does not match");
    engine.shutdown().await;
}

#[tokio::test]
async fn a_fold_at_a_position_shows_the_rows_of_that_moment() {
    let world = World::new();
    fill(&world, 3).await;
    let (balances, movements) = engine_fold(&world, Position(4)).await;
    assert_eq!(balances, [vec!["a".into(), 3.into(), 4.into()]], "a alone, with three deposits");
    assert_eq!(movements.len(), 4);
}
