//! Processes: whatever happens, the same ledger in the end.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use common::faults::{FaultyStore, How, When};
#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::*;
use es_runtime::*;

async fn drive(engine: &Engine) -> DriveReport {
    engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work")
}

/// What a stream's payment has come to, from its last event.
async fn phase(world: &World, payment: &str) -> String {
    let read = ReadStream {
        stream: stream(&format!("payment-{payment}")),
        from: StreamVersion::MAX,
        direction: Direction::Backward,
        limit: 1,
    };
    let page = world.events.read_stream(read).await.expect("readable");
    let event = page.events.first().expect("the payment exists");
    let noted: serde_json::Value = serde_json::from_str(event.payload.as_json().expect("JSON")).expect("JSON");
    noted.get("to").and_then(|to| to.as_str()).map_or_else(|| event.event_type.to_string(), str::to_owned)
}

/// Everything that matters of the final ledger: which events stand in which stream. Payments that do not know of each other
/// may reach a wallet in another order, so a wallet's versions are left out.
async fn ledger(world: &World) -> Vec<String> {
    let page = world.events.read_all(ReadAll::forward(Position::ZERO, 1000)).await.expect("readable");
    let told = |event: &RecordedEvent| {
        let payload = event.payload.as_json().unwrap_or("");
        let version = if event.stream.category() == "wallet" { 0 } else { event.version.get() };
        format!("{}@{version} {} {payload} {}", event.stream, event.event_type, event.event_id)
    };
    let mut told: Vec<String> = page.events.iter().map(told).collect();
    told.sort();
    told
}

/// Three payments: one completes, one is refused, one comes back because its target does not exist.
async fn three_payments(world: &World) {
    let engine = world.engine();
    let id = |number: u128| uuid::Uuid::from_u128(number);
    for (number, envelope) in [
        open("a"),
        open("b"),
        deposit("a", 100),
        payment("p1", "a", "b", 30, false),
        payment("p2", "b", "a", 500, false),
        payment("p3", "a", "nowhere", 20, false),
    ]
    .into_iter()
    .enumerate()
    {
        done(&engine, &envelope.with_id(id(number as u128 + 1))).await;
    }
}

#[tokio::test]
async fn a_process_goes_all_its_ways() {
    let world = World::new();
    three_payments(&world).await;
    let engine = world.engine();
    let report = drive(&engine).await;
    assert!(report.moved && report.stuck.is_empty() && report.problem.is_none(), "{report:?}");
    assert_eq!(phase(&world, "p1").await, "completed");
    assert_eq!(phase(&world, "p2").await, "refused", "a rejection is an input");
    assert_eq!(phase(&world, "p3").await, "returned", "and leads to compensation");
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    assert_eq!((world.balance("a").await, world.balance("b").await), (Some(70), Some(30)));
    let before = ledger(&world).await;
    let again = drive(&engine).await;
    assert_eq!((again.moved, again.commands), (false, 0), "nothing is left to do");
    assert_eq!(drive(&world.with_code_version(1).engine()).await.commands, 0, "the lease is still held");
    engine.shutdown().await;
    assert_eq!(drive(&world.engine()).await.commands, 0, "and a new engine finds nothing unfinished");
    assert_eq!(ledger(&world).await, before);
}

#[tokio::test]
async fn commands_of_a_process_say_where_they_come_from() {
    let world = World::new();
    three_payments(&world).await;
    drive(&world.engine()).await;
    let filter = EventFilter { stream: Some(stream("wallet-b")), ..EventFilter::default() };
    let page = world.events.read_all(ReadAll::forward(Position::ZERO, 10).filtered(filter)).await.expect("readable");
    let credited = page.events.last().expect("b was credited");
    let metadata: EventMetadata = serde_json::from_str(&credited.metadata).expect("the engine's metadata");
    assert_eq!((metadata.actor.as_str(), metadata.channel.as_str()), ("process:payment", "process"));
    assert_eq!(metadata.correlation_id, uuid::Uuid::from_u128(4), "that of the payment's first event");
    let cause = world.events.event_by_id(metadata.causation_id).await.expect("readable").expect("an event");
    assert_eq!(cause.stream, stream("payment-p1"), "caused by the payment's latest event");
    assert_eq!(cause.version, StreamVersion(2), "which says that the source was debited");
}

/// The ledger of an undisturbed run, and how many appends it took.
async fn undisturbed() -> (Vec<String>, usize) {
    let world = World::new();
    three_payments(&world).await;
    let before = world.events.head().await.expect("readable").get();
    drive(&world.engine()).await;
    let after = world.events.head().await.expect("readable").get();
    (ledger(&world).await, usize::try_from(after - before).expect("small"))
}

#[tokio::test]
async fn a_crash_at_every_step_leads_to_the_same_ledger() {
    let (expected, appends) = undisturbed().await;
    assert_eq!(appends, 10, "four steps, one step and five steps");
    for at in 1..=appends {
        for when in [When::Before, When::After] {
            for how in [How::Dies, How::Fails] {
                for background in [false, true] {
                    let case = format!("append {at}, {when:?}, {how:?}, background {background}");
                    let world = World::new();
                    three_payments(&world).await;
                    let faulty = Arc::new(FaultyStore::new(world.events.clone(), at, when, how));
                    let engine = Engine::new(world.parts_over(faulty.clone()));
                    run_into_fault(&engine, &faulty, background).await;
                    assert!(faulty.has_struck(), "{case}: the fault was reached");
                    world.let_leases_expire();
                    let survivor = world.engine();
                    let report = drive(&survivor).await;
                    assert!(report.stuck.is_empty(), "{case}: {report:?}");
                    assert_eq!(ledger(&world).await, expected, "{case}");
                }
            }
        }
    }
}

/// Lets an engine work until its store fails, then drops it without a farewell.
async fn run_into_fault(engine: &Engine, faulty: &FaultyStore, background: bool) {
    if background {
        engine.start_background();
        for _ in 0..2000 {
            if faulty.has_struck() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        engine.shutdown().await;
    } else {
        while let Ok(report) = engine.drive_processes_once().await {
            if report.problem.is_some() || !report.moved {
                break;
            }
        }
    }
}

#[tokio::test]
async fn deleting_everything_derived_changes_nothing() {
    let (expected, _) = undisturbed().await;
    let mut world = World::new();
    three_payments(&world).await;
    let engine = world.engine();
    engine.drive_processes_once().await.expect("a part of the work");
    drop(engine);
    world.forget_everything_derived();
    drive(&world.engine()).await;
    assert_eq!(ledger(&world).await, expected);
}

#[tokio::test]
async fn many_payments_at_once_conserve_the_money() {
    let world = World::new();
    let mut parts = world.parts();
    parts.config.process_concurrency = 16;
    let engine = Engine::start(parts);
    for wallet in ["a", "b", "c"] {
        done(&engine, &open(wallet)).await;
        done(&engine, &deposit(wallet, 1000)).await;
    }
    let wallets = ["a", "b", "c", "nowhere"];
    let mut last = Position::ZERO;
    for number in 0..120 {
        let (source, target) = (wallets[number % 3], wallets[(number / 3) % 4]);
        let amount = 1 + (number as i64 * 37) % 90;
        last = done(&engine, &payment(&format!("p{number}"), source, target, amount, false)).await.last_position();
    }
    for _ in 0..1000 {
        let status = engine.processes().await.expect("readable").remove(0);
        if status.position >= last && status.unfinished == 0 && status.state == ProcessState::Waiting {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let head = world.events.head().await.expect("readable");
    engine.wait_until(head, Duration::from_secs(5)).await.expect("followed");
    let mut sum = 0;
    for wallet in ["a", "b", "c"] {
        sum += world.balance(wallet).await.expect("there");
    }
    assert_eq!(sum, 3000, "no money was made or lost");
    for number in 0..120 {
        let end = phase(&world, &format!("p{number}")).await;
        assert!(["completed", "refused", "returned"].contains(&end.as_str()), "p{number} ended as {end}");
    }
    engine.shutdown().await;
}

async fn held_payment(world: &World) {
    let engine = world.engine();
    for envelope in [open("a"), open("b"), deposit("a", 100), payment("p", "a", "b", 30, true)] {
        done(&engine, &envelope).await;
    }
}

#[tokio::test]
async fn a_timer_sends_its_command_when_it_is_due_and_not_before() {
    let world = World::new();
    held_payment(&world).await;
    let engine = world.engine();
    drive(&engine).await;
    assert_eq!(phase(&world, "p").await, "PaymentRequested", "it is held");
    let status = engine.processes().await.expect("readable").remove(0);
    assert_eq!((status.timers, status.next_timer), (1, Some(world.clock.now() + HELD_FOR)));
    world.clock.advance(HELD_FOR - TimeDelta::milliseconds(1));
    drive(&engine).await;
    assert_eq!(phase(&world, "p").await, "PaymentRequested", "a moment too early");
    world.clock.advance(TimeDelta::milliseconds(1));
    let report = drive(&engine).await;
    assert_eq!(phase(&world, "p").await, "completed");
    assert_eq!(report.commands, 5, "what the timer sent is counted, and the steps after it");
    assert_eq!(world.read_models.timers(10).await, Ok(vec![]), "the timer is gone");
}

#[tokio::test]
async fn timers_go_on_after_a_restart() {
    for background in [false, true] {
        let world = World::new();
        held_payment(&world).await;
        drive(&world.engine()).await;
        world.clock.advance(HELD_FOR);
        let engine = world.engine();
        if background {
            engine.start_background();
            for _ in 0..1000 {
                if phase(&world, "p").await == "completed" {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            engine.shutdown().await;
        } else {
            drive(&engine).await;
        }
        assert_eq!(phase(&world, "p").await, "completed", "background {background}");
        assert_eq!(world.read_models.timers(10).await, Ok(vec![]));
    }
}

#[tokio::test]
async fn a_timer_is_set_again_from_the_stream_if_it_was_lost() {
    let world = World::new();
    held_payment(&world).await;
    let engine = world.engine();
    drive(&engine).await;
    engine.shutdown().await;
    let lost = world.read_models.timers(10).await.expect("readable").remove(0);
    world.read_models.change_timers(vec![], vec![lost.timer_id.clone()]).await.expect("lost");
    drive(&world.engine()).await;
    assert_eq!(world.read_models.timers(10).await, Ok(vec![lost]), "the same timer as before");
}

#[tokio::test]
async fn a_timer_that_comes_too_late_is_cleared() {
    let world = World::new();
    held_payment(&world).await;
    let engine = world.engine();
    drive(&engine).await;
    done(&engine, &command("ReleasePayment", serde_json::json!({ "payment": "p" }))).await;
    drive(&engine).await;
    assert_eq!(phase(&world, "p").await, "completed", "released by hand");
    assert_eq!(world.read_models.timers(10).await, Ok(vec![]), "no timer is left");
    world.clock.advance(HELD_FOR * 2);
    assert_eq!(drive(&engine).await.commands, 0);
}

#[tokio::test]
async fn a_refusal_by_the_own_stream_makes_the_instance_stuck_and_holds_up_nobody_else() {
    let world = World::new();
    let engine = world.engine();
    for envelope in [open("a"), open("b"), deposit("a", 100)] {
        done(&engine, &envelope).await;
    }
    done(&engine, &payment("stubborn", "a", "b", 1, false)).await;
    done(&engine, &payment("p", "a", "b", 2, false)).await;
    let report = drive(&engine).await;
    assert_eq!(phase(&world, "p").await, "completed", "the other one went through");
    assert_eq!(report.stuck.len(), 1, "{report:?}");
    assert_eq!(report.stuck[0].stream, stream("payment-stubborn"));
    assert!(report.stuck[0].reason.contains("refused NotePayment: it does not want to know"), "{report:?}");
    assert_eq!(report.stuck[0].event, None, "no event is at fault");
    let head = world.events.head().await;
    let again = drive(&engine).await;
    assert_eq!((again.commands, again.moved), (0, false), "it is not tried in a hot loop");
    engine.shutdown().await;
    let restarted = world.engine();
    assert_eq!(drive(&restarted).await.stuck.len(), 1, "after a restart it is looked at again, and still stuck");
    assert_eq!(world.events.head().await, head, "the debit was recognised as done, not done twice");
    restarted.retry_all_stuck().await;
    assert_eq!(drive(&restarted).await.stuck.len(), 1, "asking again changes nothing either");
    assert_eq!(world.events.head().await, head);
}

#[tokio::test]
async fn an_unreadable_instance_is_stuck_and_named() {
    let world = World::new();
    held_payment(&world).await;
    let request =
        AppendRequest::to_stream(stream("payment-bad"), ExpectedVersion::NoStream, vec![foreign("Mystery", 1, "{}")]);
    world.events.append(request).await.expect("foreign programs may write");
    let report = drive(&world.engine()).await;
    assert_eq!(report.stuck.len(), 1, "{report:?}");
    assert!(report.stuck[0].reason.contains("event 1 of stream payment-bad (position 5)"), "{report:?}");
    assert_eq!(report.stuck[0].event, Some(Position(5)), "the event that cannot be read");
}
