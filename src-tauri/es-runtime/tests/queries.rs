//! Reading: where read models are, waiting for them, and handles that cannot write.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::*;
use es_runtime::*;

#[tokio::test]
async fn readers_see_where_read_models_are_and_what_is_in_them() {
    let world = World::new();
    let engine = world.engine();
    let queries = engine.queries().clone();
    assert_eq!(queries.position().await, Ok(Position::ZERO), "nothing is built");
    assert_eq!(queries.seen_by("balances").await, Ok(None));
    done(&engine, &open("a")).await;
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("built");
    done(&engine, &deposit("a", 5)).await;
    let seen = queries.seen_by("balances").await.expect("readable").expect("built");
    assert_eq!((seen.tables.code, seen.position), (1, Position(1)));
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    assert_eq!(queries.position().await, Ok(Position(2)));
    assert_eq!(queries.events().head().await, Ok(Position(2)), "the log itself");
    let rows = queries.rows().query("balances", RowQuery::all(&BALANCES)).await.expect("built").rows;
    assert_eq!(rows, [vec![Cell::from("a"), Cell::from(5), Cell::from(2)]]);
}

#[tokio::test]
async fn waiting_ends_when_read_models_get_there_and_otherwise_says_who_is_behind() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let queries = engine.queries().clone();
    let begun = Instant::now();
    let error = queries.wait_until(Position(1), Duration::from_millis(30)).await.expect_err("nobody follows");
    assert!(begun.elapsed() >= Duration::from_millis(30), "the whole time was waited");
    assert!(error.to_string().contains("position 1 was not reached") && error.to_string().contains("balances is at 0"));
    let waiting = tokio::spawn(async move { queries.wait_until(Position(1), Duration::from_secs(30)).await });
    engine.start_background();
    waiting.await.expect("no panic").expect("it is there in time");
    engine.queries().wait_until(Position(1), Duration::ZERO).await.expect("and now at once");
    engine.shutdown().await;
}
