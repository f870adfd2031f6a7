//! Deciding and appending apart: what others write in between is a conflict, in the store as in a rehearsal.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::sync::Arc;

#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::memory::MemoryReadModels;
use es_core::*;
use es_runtime::*;

async fn held(engine: &Engine, envelope: &CommandEnvelope) -> Decided {
    match engine.decide(envelope).await.expect("the store works") {
        Decision::Accepted(decided) => *decided,
        Decision::Rejected { rejection, .. } => panic!("{} must be accepted: {rejection:?}", envelope.command_type),
        Decision::Invalid(error) => panic!("{} must be a command: {error}", envelope.command_type),
    }
}

async fn written(engine: &Engine, decided: Decided) -> Appended {
    match engine.append(decided).await.expect("the store works") {
        Outcome::Executed { appended, .. } => appended,
        other => panic!("must be written, but: {other:?}"),
    }
}

/// An engine on a rehearsal above the world's log.
async fn rehearsing(world: &World) -> (Engine, Arc<Rehearsal>) {
    let below: Arc<dyn EventReader> = world.events.clone();
    let rehearsal = Arc::new(Rehearsal::above(below, world.clock.clone()).await.expect("the store works"));
    let read_models = Arc::new(MemoryReadModels::new());
    let mut parts = EngineParts::new(rehearsal.clone(), read_models, world.domain.clone());
    parts.clock = world.clock.clone();
    (Engine::new(parts), rehearsal)
}

#[tokio::test]
async fn a_decision_writes_nothing_until_it_is_appended() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let decided = held(&engine, &deposit("a", 5)).await;
    assert_eq!((decided.version(), decided.events().len()), (StreamVersion(1), 1), "it knows what it rests on");
    assert_ne!(decided.before_json(), decided.after_json(), "it knows what it leads to");
    assert_eq!(world.events.head().await, Ok(Position(1)), "nothing is written yet");
    assert_eq!(written(&engine, decided).await.events[0].version, StreamVersion(2), "now it is");
}

#[tokio::test]
async fn of_two_decisions_on_one_version_one_wins_and_the_other_is_a_conflict_with_both_versions() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    done(&engine, &deposit("a", 10)).await;
    let (first, second) = (withdraw("a", 4), withdraw("a", 3));
    let (one, other) = (held(&engine, &first).await, held(&engine, &second).await);
    assert_eq!(one.version(), other.version(), "both have seen the same version");
    written(&engine, one).await;
    let outcome = engine.append(other).await.expect("the store works");
    let (expected, actual) = (StreamVersion(2), StreamVersion(3));
    assert_eq!(
        outcome,
        Outcome::Conflict { stream: StreamName::new("wallet-a").expect("a name"), expected, actual, attempts: 1 },
        "the conflict tells what was expected and what is there"
    );
    assert_eq!(world.events.head().await, Ok(Position(3)), "nothing of the loser is written");
    let again = held(&engine, &second).await;
    assert_eq!(again.version(), actual, "on fresh state it is decided anew");
    written(&engine, again).await;
}

#[tokio::test]
async fn a_retry_on_fresh_state_may_be_refused_by_the_rule_that_held_before() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    done(&engine, &deposit("a", 10)).await;
    let (first, second) = (withdraw("a", 8), withdraw("a", 7));
    let (one, _other) = (held(&engine, &first).await, held(&engine, &second).await);
    written(&engine, one).await;
    let Decision::Rejected { version, rejection, .. } = engine.decide(&second).await.expect("the store works") else {
        panic!("there is not enough left")
    };
    assert_eq!((version, rejection.code.as_str()), (StreamVersion(3), "insufficient_funds"));
}

#[tokio::test]
async fn a_decision_that_nothing_is_to_be_done_is_a_conflict_too_once_the_stream_has_moved() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let (idle, late) = (held(&engine, &open("a")).await, held(&engine, &open("a")).await);
    assert!(written(&engine, idle).await.events.is_empty(), "there is nothing to do");
    done(&engine, &deposit("a", 1)).await;
    let outcome = engine.append(late).await.expect("the store works");
    assert!(matches!(outcome, Outcome::Conflict { attempts: 1, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_command_that_was_decided_twice_is_written_once() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    let command = deposit("a", 5);
    let (one, other) = (held(&engine, &command).await, held(&engine, &command).await);
    let first = written(&engine, one).await;
    let outcome = engine.append(other).await.expect("the store works");
    let Outcome::AlreadyDone { appended, .. } = outcome else { panic!("already done, but: {outcome:?}") };
    assert_eq!(appended.events, first.events, "the answer is the first one's");
    assert_eq!(world.events.head().await, Ok(Position(2)));
}

#[tokio::test]
async fn a_rehearsal_leaves_the_log_below_as_it_is_and_does_not_see_what_comes_there_later() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    done(&engine, &deposit("a", 10)).await;
    let (rehearsed, log) = rehearsing(&world).await;
    let (one, other) = (held(&rehearsed, &withdraw("a", 8)).await, held(&rehearsed, &withdraw("a", 7)).await);
    assert_eq!(written(&rehearsed, one).await.events[0].version, StreamVersion(3), "versions go on from the log's");
    let outcome = rehearsed.append(other).await.expect("answered");
    assert!(
        matches!(outcome, Outcome::Conflict { expected: StreamVersion(2), actual: StreamVersion(3), .. }),
        "the conflict is a real one: {outcome:?}"
    );
    assert_eq!(world.events.head().await, Ok(Position(2)), "nothing was written below");
    done(&engine, &deposit("a", 100)).await;
    let page = log.read_stream(whole("a")).await.expect("readable");
    let types: Vec<_> = page.events.iter().map(|event| &*event.event_type).collect();
    assert_eq!(types, ["Opened", "Deposited", "Withdrawn"], "what was written below since is not in it");
    assert_eq!(page.stream.expect("it is there").version, StreamVersion(3));
}

fn whole(wallet: &str) -> ReadStream {
    let stream = StreamName::new(format!("wallet-{wallet}")).expect("a name");
    ReadStream { stream, from: StreamVersion::ZERO, direction: Direction::Forward, limit: 100 }
}

/// The same events, half of them rehearsed, read page by page as from one log.
#[tokio::test]
async fn a_rehearsed_log_reads_like_one_log_in_both_directions_and_pages_of_every_size() {
    let world = World::new();
    let engine = world.engine();
    for wallet in ["a", "b"] {
        done(&engine, &open(wallet)).await;
        done(&engine, &deposit(wallet, 10)).await;
    }
    let (rehearsed, log) = rehearsing(&world).await;
    for wallet in ["b", "a", "b"] {
        let appended = written(&rehearsed, held(&rehearsed, &deposit(wallet, 1)).await).await;
        let id = appended.events[0].event_id;
        assert_eq!(log.event_by_id(id).await.expect("readable").expect("it is there").event_id, id);
    }
    for limit in 1..=8 {
        let forward = all(&log, Direction::Forward, Position::ZERO, limit).await;
        assert_eq!(forward, [1, 2, 3, 4, 5, 6, 7], "oldest first, {limit} at a time");
        let mut backward = all(&log, Direction::Backward, Position::MAX, limit).await;
        backward.reverse();
        assert_eq!(backward, forward, "newest first, {limit} at a time");
        assert_eq!(versions(&log, Direction::Forward, StreamVersion::ZERO, limit).await, [1, 2, 3, 4]);
        assert_eq!(versions(&log, Direction::Backward, StreamVersion::MAX, limit).await, [4, 3, 2, 1]);
    }
    let ids = [Position(6), Position(2), Position(99)];
    let found = log.read_positions(&ids).await.expect("readable");
    assert_eq!(found.iter().map(|event| event.position.get()).collect::<Vec<_>>(), [6, 2], "in the order asked");
    let scanned = log.scan_positions(Position(1), &EventFilter::default()).await.expect("readable");
    assert_eq!((scanned.positions.len(), scanned.end, scanned.head), (6, true, Position(7)));
}

async fn all(log: &Rehearsal, direction: Direction, mut from: Position, limit: usize) -> Vec<u64> {
    let mut positions = Vec::new();
    for _ in 0..50 {
        let page = log.read_all(ReadAll { from, direction, filter: EventFilter::default(), limit }).await;
        let page = page.expect("readable");
        assert!(page.events.len() <= limit, "no more than asked");
        positions.extend(page.events.iter().map(|event| event.position.get()));
        if page.end {
            return positions;
        }
        from = page.next;
    }
    panic!("the pages do not end: {positions:?}")
}

async fn versions(log: &Rehearsal, direction: Direction, mut from: StreamVersion, limit: usize) -> Vec<u64> {
    let mut versions = Vec::new();
    for _ in 0..50 {
        let page = log.read_stream(ReadStream { from, direction, limit, ..whole("b") }).await.expect("readable");
        versions.extend(page.events.iter().map(|event| event.version.get()));
        if page.end {
            return versions;
        }
        from = page.events.last().expect("a page that is not the last has events").version;
    }
    panic!("the pages do not end: {versions:?}")
}
