//! Snapshots: taken by policy, checked by an audit, and deleted without anything changing but latency.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::counting::CountingStore;
#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::*;
use es_runtime::*;
use es_testkit::Dice;
use sha2::{Digest, Sha256};

/// Every look at it finds that this much time has passed since the last one.
struct Steps(AtomicU64, u64);

impl Stopwatch for Steps {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.fetch_add(self.1, Ordering::SeqCst))
    }
}

fn parts(world: &World, owner: &str, policy: SnapshotPolicy) -> EngineParts {
    let mut parts = world.parts();
    parts.owner = owner.to_owned();
    parts.snapshots = Some(world.read_models.clone());
    parts.config.snapshots = policy;
    parts
}

fn every(events: u64) -> SnapshotPolicy {
    SnapshotPolicy::EveryEvents(NonZeroU64::new(events).expect("not zero"))
}

async fn versions(world: &World) -> Vec<(String, u64)> {
    let kept = world.read_models.snapshots(100).await.expect("readable");
    kept.into_iter().map(|snapshot| (snapshot.stream.to_string(), snapshot.version.get())).collect()
}

/// A wallet with so many events, written by an engine without snapshots.
async fn wallet(world: &World, name: &str, events: u64) {
    let engine = world.engine();
    done(&engine, &open(name)).await;
    for _ in 1..events {
        done(&engine, &deposit(name, 1)).await;
    }
}

/// One rejected command on a fresh engine: a load and nothing else.
async fn load(world: &World, name: &str, parts: EngineParts) -> Vec<(String, u64)> {
    let engine = Engine::new(parts);
    let outcome = engine.execute(&withdraw(name, 1_000_000)).await.expect("an answer");
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    engine.shutdown().await;
    versions(world).await
}

fn kept(name: &str, version: u64) -> Vec<(String, u64)> {
    vec![(format!("wallet-{name}"), version)]
}

#[tokio::test]
async fn a_load_that_replays_more_than_allowed_leaves_a_snapshot_for_the_next_one() {
    let world = World::new();
    wallet(&world, "a", 10).await;
    assert_eq!(load(&world, "a", parts(&world, "never", SnapshotPolicy::Never)).await, [], "never");
    assert_eq!(load(&world, "a", parts(&world, "ten", SnapshotPolicy::LoadReplayed(10))).await, [], "ten, not more");
    let policy = SnapshotPolicy::LoadReplayed(9);
    assert_eq!(load(&world, "a", parts(&world, "nine", policy)).await, kept("a", 10), "ten are more than nine");
    wallet(&world, "a", 8).await;
    let longer = load(&world, "a", parts(&world, "nine again", policy)).await;
    assert_eq!(longer, kept("a", 10), "only what comes after the snapshot was replayed");
}

#[tokio::test]
async fn a_load_that_takes_longer_than_allowed_leaves_a_snapshot() {
    let world = World::new();
    wallet(&world, "a", 3).await;
    for (millis, allowed, expected) in [(20, 20, vec![]), (21, 20, kept("a", 3))] {
        let policy = SnapshotPolicy::LoadTook(Duration::from_millis(allowed));
        let mut parts = parts(&world, &millis.to_string(), policy);
        parts.stopwatch = Arc::new(Steps(AtomicU64::new(0), millis));
        assert_eq!(load(&world, "a", parts).await, expected, "a load of {millis} ms where {allowed} are allowed");
    }
}

#[tokio::test]
async fn a_hot_command_takes_no_snapshot_on_load_policies_and_counts_events_on_the_other() {
    let world = World::new();
    for (name, policy, expected) in
        [("replayed", SnapshotPolicy::LoadReplayed(0), vec![]), ("every", every(5), kept("every", 10))]
    {
        world.read_models.delete_snapshots().await.expect("deleted");
        let engine = Engine::new(parts(&world, name, policy));
        done(&engine, &open(name)).await;
        for _ in 0..11 {
            done(&engine, &deposit(name, 1)).await;
        }
        engine.shutdown().await;
        assert_eq!(versions(&world).await, expected, "{name}");
    }
}

/// A seeded history on four wallets, and what every command came to. Deletes or forges nothing by itself.
async fn lived(world: &World, parts: EngineParts, seed: u64, delete_at: Option<u64>) -> Vec<String> {
    let mut engine = Engine::new(parts.clone());
    let mut dice = Dice::new(seed);
    let mut answers = Vec::new();
    for number in 0..150_u64 {
        if delete_at.is_some_and(|every| number % every == 0) {
            engine.delete_snapshots(None).await.expect("deleted");
        }
        if dice.below(10) == 0 {
            // A restart: the cache is gone.
            engine.shutdown().await;
            engine = Engine::new(parts.clone());
        }
        let (wallet, amount) = (dice.pick(&["a", "b", "c", "d"]), 1 + i64::try_from(dice.below(50)).expect("small"));
        let command = match dice.below(6) {
            0 => open(wallet),
            1 | 2 => withdraw(wallet, amount),
            3 => command("Fill", serde_json::json!({ "wallet": wallet })),
            _ => deposit(wallet, amount),
        };
        let id = uuid::Uuid::from_u128(u128::from(seed * 1000 + number + 1));
        let outcome = engine.execute(&command.with_id(id)).await.expect("an answer");
        answers.push(format!("{outcome:?}"));
    }
    engine.shutdown().await;
    let log = world.events.read_all(ReadAll::forward(Position::ZERO, 4000)).await.expect("readable");
    answers
        .extend(log.events.iter().map(|event| format!("{} {:?} {:?}", event.event_id, event.payload, event.version)));
    answers
}

#[tokio::test]
async fn snapshots_equal_a_replay_and_deleting_them_changes_nothing() {
    for seed in 0..4 {
        let plain = World::new();
        let expected = lived(&plain, parts(&plain, "plain", SnapshotPolicy::Never), seed, None).await;
        for (what, policy, delete_at) in [
            ("every third", every(3), None),
            ("deleted now and then", every(2), Some(7)),
            ("after every load", SnapshotPolicy::LoadReplayed(0), None),
        ] {
            let world = World::new();
            let parts = parts(&world, what, policy);
            let found = lived(&world, parts.clone(), seed, delete_at).await;
            assert_eq!(found, expected, "seed {seed}, {what}: the same answers and the same events");
            let engine = Engine::new(parts);
            let audit = engine.verify_snapshots(None, &NoProgress, &CancellationToken::new()).await.expect("audited");
            assert!(audit.kept > 0 || delete_at.is_some(), "seed {seed}, {what}: there are snapshots");
            assert_eq!((audit.checked, audit.of_other_code), (audit.kept, 0), "seed {seed}, {what}: all were compared");
            assert_eq!(audit.differing, [], "seed {seed}, {what}");
        }
    }
}

#[tokio::test]
async fn an_audit_names_the_snapshots_that_are_not_what_a_replay_comes_to() {
    let world = World::new();
    for name in ["a", "b", "c", "d", "e"] {
        wallet(&world, name, 4).await;
        load(&world, name, parts(&world, name, SnapshotPolicy::LoadReplayed(0))).await;
    }
    let all = world.read_models.snapshots(10).await.expect("readable");
    let forged = |at: usize, change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = all[at].clone();
        change(&mut snapshot);
        snapshot
    };
    let rewrite = |snapshot: &mut Snapshot| {
        snapshot.state = snapshot.state.replace(r#""balance":3"#, r#""balance":4"#).into();
    };
    let rehash = |snapshot: &mut Snapshot| {
        rewrite(snapshot);
        snapshot.state_hash = Hash(Sha256::digest(snapshot.state.as_bytes()).into());
    };
    for snapshot in [
        forged(0, &rewrite),
        forged(1, &rehash),
        forged(2, &|snapshot| snapshot.version = StreamVersion(9)),
        forged(3, &|snapshot| snapshot.fingerprint = "of other code".to_owned()),
    ] {
        world.read_models.save_snapshot(snapshot).await.expect("saved");
    }
    let engine = Engine::new(parts(&world, "auditor", SnapshotPolicy::Never));
    let audit = engine.verify_snapshots(None, &NoProgress, &CancellationToken::new()).await.expect("audited");
    assert_eq!((audit.kept, audit.checked, audit.of_other_code), (6, 5, 1), "{audit:?}");
    let told: Vec<_> = audit.differing.iter().map(|found| (found.stream.as_str(), &found.fault)).collect();
    assert!(matches!(told[0], ("wallet-a", SnapshotFault::Damaged)), "{told:?}");
    assert!(matches!(told[1], ("wallet-b", SnapshotFault::Differs { .. })), "{told:?}");
    assert!(matches!(told[2], ("wallet-c", SnapshotFault::AheadOfStream { last: StreamVersion(4) })), "{told:?}");
    assert_eq!(told.len(), 3, "the others are as they should be");
    let sample = engine.verify_snapshots(Some(2), &NoProgress, &CancellationToken::new()).await.expect("audited");
    assert_eq!(sample.checked + sample.of_other_code, 2, "a sample of two");
    assert_eq!(sample.differing, audit.differing[..1], "spread evenly: the first and the fourth of six");
    let more = engine.verify_snapshots(Some(99), &NoProgress, &CancellationToken::new()).await.expect("audited");
    assert_eq!(more, audit, "a sample of more than there are is all of them");
    let cancel = CancellationToken::new();
    cancel.cancel();
    let cancelled = engine.verify_snapshots(None, &NoProgress, &cancel).await.expect("a report");
    assert!(cancelled.cancelled && cancelled.checked == 0, "{cancelled:?}");
    // Repaired by deleting: one stream's, then all.
    assert_eq!(engine.delete_snapshots(Some(&stream("wallet-a"))).await, Ok(1));
    assert_eq!(engine.delete_snapshots(None).await, Ok(5));
    let audit = engine.verify_snapshots(None, &NoProgress, &CancellationToken::new()).await.expect("audited");
    assert_eq!(audit, SnapshotAudit::default(), "nothing is kept");
}

#[tokio::test]
async fn an_unreadable_stream_is_a_finding_of_the_audit() {
    let world = World::new();
    wallet(&world, "a", 2).await;
    load(&world, "a", parts(&world, "loads", SnapshotPolicy::LoadReplayed(0))).await;
    let mut ahead = world.read_models.snapshots(1).await.expect("readable").remove(0);
    let future =
        AppendRequest::to_stream(stream("wallet-a"), ExpectedVersion::Any, vec![foreign("Deposited", 9, "{}")]);
    world.events.append(future).await.expect("foreign programs may write");
    ahead.version = StreamVersion(3);
    world.read_models.save_snapshot(ahead).await.expect("saved");
    let engine = Engine::new(parts(&world, "auditor", SnapshotPolicy::Never));
    let audit = engine.verify_snapshots(None, &NoProgress, &CancellationToken::new()).await.expect("audited");
    assert!(matches!(audit.differing[0].fault, SnapshotFault::Unreadable(_)), "{audit:?}");
}

#[tokio::test]
async fn a_snapshot_saves_the_reading_of_what_it_holds() {
    let world = World::new();
    wallet(&world, "a", 30).await;
    load(&world, "a", parts(&world, "loads", SnapshotPolicy::LoadReplayed(0))).await;
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let mut parts = world.parts_over(store.clone());
    parts.snapshots = Some(world.read_models.clone());
    let engine = Engine::new(parts);
    done(&engine, &withdraw("a", 29)).await;
    let asked = store.asked();
    assert_eq!((asked.stream_reads, asked.appends), (1, 1), "one look at what came after it");
}
