//! A command is carried out once, however often it is sent, and a hot one asks the store for nothing but the append.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::num::NonZeroU64;
use std::sync::Arc;

use common::counting::{Asked, CountingStore};
#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::*;
use es_runtime::*;
use serde_json::json;

fn asked(appends: usize, stream_reads: usize, id_lookups: usize) -> Asked {
    Asked { appends, stream_reads, id_lookups }
}

#[tokio::test]
async fn a_hot_command_is_one_append_and_no_read() {
    let world = World::new();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    done(&engine, &open("a")).await;
    assert_eq!(store.asked(), asked(1, 1, 0), "a cold command loads its stream once");
    for _ in 0..10 {
        done(&engine, &deposit("a", 1)).await;
    }
    assert_eq!(store.asked(), asked(10, 0, 0), "a hot one is the append alone");
    let fresh = Engine::new(EngineParts { owner: "fresh".to_owned(), ..world.parts_over(store.clone()) });
    done(&fresh, &deposit("a", 1)).await;
    assert_eq!(store.asked(), asked(1, 1, 0), "another engine has to load it");
}

#[tokio::test]
async fn an_answer_that_appends_nothing_is_given_on_fresh_state_after_looking_for_the_receipt() {
    let world = World::new();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    done(&engine, &open("a")).await;
    store.asked();
    let outcome = engine.execute(&withdraw("a", 5)).await.expect("an answer");
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    assert_eq!(store.asked(), asked(0, 1, 1), "a rejection");
    done(&engine, &open("a")).await;
    assert_eq!(store.asked(), asked(0, 1, 1), "nothing left to do");
}

#[tokio::test]
async fn a_conflict_is_decided_anew_after_looking_for_the_receipt() {
    let world = World::new();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    done(&engine, &open("a")).await;
    done(&world.engine(), &deposit("a", 1)).await;
    store.asked();
    done(&engine, &deposit("a", 2)).await;
    assert_eq!(store.asked(), asked(2, 1, 1), "the stale append, then look, refresh and append");
}

/// Engines that know the wallet from the cache, from a snapshot, from nothing, or have just lost it from a small cache.
async fn engines(world: &World) -> Vec<(&'static str, Engine)> {
    let mut parts = world.parts();
    parts.snapshots = Some(world.read_models.clone());
    parts.config.snapshots = SnapshotPolicy::EveryEvents(NonZeroU64::new(2).expect("not zero"));
    let named = |owner: &str| EngineParts { owner: owner.to_owned(), ..parts.clone() };
    let mut small = named("small");
    small.config.cached_aggregates = 1;
    let mut engines = vec![("hot", Engine::new(named("hot"))), ("small", Engine::new(small))];
    for (_, engine) in &engines {
        done(engine, &deposit("a", 1)).await;
    }
    done(&engines[1].1, &open("other")).await;
    assert_eq!(engines[1].1.cached_aggregates(), 1, "the wallet is evicted");
    engines[0].1.shutdown().await;
    assert_ne!(world.read_models.count_snapshots().await, Ok(0), "there are snapshots");
    engines.push(("snapshot", Engine::new(named("snapshot"))));
    engines.push(("cold", Engine::new(EngineParts { owner: "cold".to_owned(), ..world.parts() })));
    engines
}

#[tokio::test]
async fn a_retried_command_returns_the_original_positions_whatever_the_engine_knows() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    // Decided anew: the first would append one event instead of two, the second other ones, the third would be refused.
    let commands = [
        command("Fill", json!({ "wallet": "a" })),
        command("DepositTwice", json!({ "wallet": "a", "amount": 3 })),
        withdraw("a", 16),
    ];
    let mut originals = Vec::new();
    for command in &commands {
        originals.push(done(&engine, command).await.events);
    }
    assert_eq!(originals[0].len(), 2, "the wallet was empty");
    for (what, engine) in engines(&world).await {
        let head = world.events.head().await;
        for (command, original) in commands.iter().zip(&originals) {
            let outcome = engine.execute(command).await.expect("an answer");
            let Outcome::AlreadyDone { appended, .. } = outcome else {
                panic!("{what}: already done, got {outcome:?}")
            };
            assert_eq!(&appended.events, original, "{what}: {} gives the original events", command.command_type);
        }
        assert_eq!(world.events.head().await, head, "{what}: nothing was written");
        done(&engine, &deposit("a", 1)).await;
    }
}

#[tokio::test]
async fn a_reused_id_is_refused_whatever_the_engine_knows() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let first = deposit("a", 5);
    done(&engine, &first).await;
    for (what, engine) in engines(&world).await {
        let head = world.events.head().await;
        for other in [deposit("a", 6), withdraw("a", 1), withdraw("a", 1000), open("b")] {
            let (command_type, payload) = (other.command_type.clone(), other.payload.clone());
            let error = engine.execute(&other.with_id(first.command_id)).await.expect_err("an id means one command");
            assert_eq!(error.code(), "command_id_reused", "{what}: {command_type} {payload}: {error}");
        }
        assert_eq!(world.events.head().await, head, "{what}: nothing was written");
    }
}

#[tokio::test]
async fn a_command_keeps_its_answer_when_its_stream_cannot_be_read_any_more() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let first = deposit("a", 5);
    let original = done(&engine, &first).await.events;
    let future =
        AppendRequest::to_stream(stream("wallet-a"), ExpectedVersion::Any, vec![foreign("Deposited", 9, "{}")]);
    world.events.append(future).await.expect("foreign programs may write");
    let outcome = world.engine().execute(&first).await.expect("an answer");
    let Outcome::AlreadyDone { appended, .. } = outcome else { panic!("already done, got {outcome:?}") };
    assert_eq!(appended.events, original);
    let error = world.engine().execute(&deposit("a", 1)).await.expect_err("nothing new is decided on it");
    assert_eq!(error.code(), "undecodable_event");
}
