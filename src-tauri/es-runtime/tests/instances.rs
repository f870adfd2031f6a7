//! Instances of processes: several processes on one category, several timers of one instance, and what people see and do.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::sync::Arc;

use chrono::TimeDelta;
use common::counting::CountingStore;
#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::*;
use es_core::*;
use es_runtime::*;
use serde_json::json;

async fn drive(engine: &Engine) -> DriveReport {
    engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work")
}

fn plan(world: &World, id: &str, wallets: &[&str], reminders_in: &[i64]) -> CommandEnvelope {
    let reminders: Vec<_> =
        reminders_in.iter().map(|seconds| world.clock.now() + TimeDelta::seconds(*seconds)).collect();
    command("MakePlan", json!({ "plan": id, "wallets": wallets, "amount": 5, "reminders": reminders }))
}

async fn types_of(world: &World, name: &str) -> Vec<String> {
    let read = ReadStream {
        stream: stream(name),
        from: StreamVersion::ZERO,
        direction: Direction::Forward,
        limit: limits::PAGE_EVENTS,
    };
    let page = world.events.read_stream(read).await.expect("readable");
    page.events.iter().map(|event| event.event_type.to_string()).collect()
}

async fn timer_ids(world: &World) -> Vec<String> {
    let timers = world.read_models.timers(100).await.expect("readable");
    timers.into_iter().map(|timer| timer.timer_id).collect()
}

#[tokio::test]
async fn two_processes_share_a_category_with_their_own_checkpoints_and_timers() {
    for world in [World::new(), World::new().at_once()] {
        let engine = world.engine();
        done(&engine, &open("a")).await;
        done(&engine, &plan(&world, "x", &["a", "nowhere", "a"], &[60, 30])).await;
        done(&engine, &plan(&world, "y", &[], &[45])).await;
        drive(&engine).await;
        let paid = ["PlanMade", "PayoutNoted", "PayoutNoted", "PayoutNoted"];
        assert_eq!(types_of(&world, "plan-x").await, paid, "one process has paid out");
        let reminders = ["reminders/plan-x/reminder-1", "reminders/plan-y/reminder-0", "reminders/plan-x/reminder-0"];
        assert_eq!(timer_ids(&world).await, reminders, "the other one waits, twice in one instance");
        let head = world.events.head().await.expect("readable");
        engine.shutdown().await;
        for name in ["process_payouts", "process_reminders"] {
            let checkpoint = world.read_models.checkpoint(name, 1).await.expect("readable").expect("prepared");
            assert_eq!((checkpoint.position, checkpoint.owner_epoch), (head, 1), "{name} has seen everything");
        }
        let engine = world.engine();
        let status = engine.processes().await.expect("readable");
        let timers: Vec<_> = status.iter().map(|status| (status.name, status.timers)).collect();
        assert_eq!(timers, [("payment", 0), ("payouts", 0), ("reminders", 3)]);
        for (seconds, left, noted) in [(29, 3, 0), (1, 2, 1), (15, 1, 1), (14, 1, 1), (1, 0, 2)] {
            world.clock.advance(TimeDelta::seconds(seconds));
            let report = drive(&engine).await;
            assert!(report.stuck.is_empty(), "{report:?}");
            assert_eq!(timer_ids(&world).await.len(), left, "{seconds} seconds later");
            let types = types_of(&world, "plan-x").await;
            assert_eq!(types.iter().filter(|event_type| *event_type == "Reminded").count(), noted);
        }
        assert_eq!(types_of(&world, "plan-x").await.len(), 6, "nobody has paid out again because of a reminder");
        engine.shutdown().await;
    }
}

#[tokio::test]
async fn a_process_is_woken_by_its_own_events_only() {
    let world = World::new();
    let engine = world.engine();
    done(&engine, &plan(&world, "x", &[], &[10])).await;
    drive(&engine).await;
    let store = Arc::new(CountingStore::new(world.events.clone()));
    engine.shutdown().await;
    let mut parts = world.parts_over(store.clone());
    parts.config.reexamined_instances = 0;
    let engine = Engine::new(parts);
    drive(&engine).await;
    store.asked();
    // An event that neither process wakes on, as another program would write it.
    let noise = AppendRequest::to_stream(stream("plan-z"), ExpectedVersion::Any, vec![foreign("Noise", 1, "{}")]);
    world.events.append(noise).await.expect("foreign programs may write");
    let report = drive(&engine).await;
    assert_eq!((report.stuck, report.commands), (vec![], 0), "nobody looks at an event of no interest");
    assert_eq!(store.asked().stream_reads, 0, "not even at its stream");
}

#[tokio::test]
async fn due_timers_are_sent_however_many_another_process_has() {
    let world = World::new();
    let engine = world.engine();
    for envelope in [open("a"), open("b"), deposit("a", 100), payment("p", "a", "b", 30, true)] {
        done(&engine, &envelope).await;
    }
    drive(&engine).await;
    let others = (0..600).map(|number| Timer {
        timer_id: format!("gone/plan-x/{number}"),
        process: "gone".to_owned(),
        stream: "plan-x".to_owned(),
        due_at: world.clock.now(),
        command: CommandDraft {
            command_id: uuid::Uuid::from_u128(number),
            command_type: "Remind".to_owned(),
            payload: "{}".to_owned(),
        },
    });
    world.read_models.change_timers(others.collect(), vec![]).await.expect("timers of code that is gone");
    world.clock.advance(HELD_FOR);
    drive(&engine).await;
    assert_eq!(types_of(&world, "payment-p").await.last().map(String::as_str), Some("PaymentNoted"), "it went on");
    assert_eq!(engine.timers(Some("payment"), 10).await, Ok(vec![]));
    assert_eq!(engine.timers(None, 1000).await.map(|all| all.len()), Ok(600), "the others are not touched");
}

const ALL: InstancePaging = InstancePaging { offset: 0, limit: 100 };

/// A payment that is done, one that is held, one that is stuck, and one that cannot be read.
async fn payments(world: &World) -> Engine {
    let engine = world.engine();
    for envelope in [open("a"), open("b"), deposit("a", 100)] {
        done(&engine, &envelope).await;
    }
    for (id, held) in [("done", false), ("held", true), ("stubborn", false)] {
        done(&engine, &payment(id, "a", "b", 5, held)).await;
    }
    let bad = AppendRequest::to_stream(stream("payment-bad"), ExpectedVersion::Any, vec![foreign("Mystery", 1, "{}")]);
    world.events.append(bad).await.expect("foreign programs may write");
    engine
}

#[tokio::test]
async fn instances_are_listed_with_what_they_wait_for() {
    let world = World::new();
    let engine = payments(&world).await;
    let before = engine.instances("payment", InstanceFilter::All, ALL).await.expect("listed");
    let pending: Vec<_> = before.instances.iter().map(|found| (found.stream.id(), found.pending.len())).collect();
    assert_eq!(
        pending,
        [("bad", 0), ("stubborn", 1), ("held", 0), ("done", 1)],
        "newest change first, nothing sent yet"
    );
    drive(&engine).await;
    world.clock.advance(TimeDelta::seconds(20));
    let page = engine.instances("payment", InstanceFilter::All, ALL).await.expect("listed");
    assert_eq!((page.total, page.next, page.instances.len()), (4, None, 4));
    let find = |id: &str| page.instances.iter().find(|found| found.stream.id() == id).expect("listed");
    let finished = find("done");
    assert!(finished.finished && finished.pending.is_empty() && finished.stuck.is_none(), "{finished:?}");
    assert_eq!((finished.version, finished.age), (StreamVersion(3), TimeDelta::seconds(20)));
    let held = find("held");
    assert_eq!(
        held.timers.iter().map(|t| (t.name.as_str(), t.command_type.as_str())).collect::<Vec<_>>(),
        [("release", "ReleasePayment")]
    );
    assert_eq!(held.timers[0].due_at, world.clock.now() + HELD_FOR - TimeDelta::seconds(20));
    let stubborn = find("stubborn");
    assert_eq!(stubborn.pending[0].command_type, "DebitFor");
    assert!(stubborn.stuck.as_ref().is_some_and(|why| why.contains("does not want to know")), "{stubborn:?}");
    assert!(find("bad").stuck.as_ref().is_some_and(|why| why.contains("payment-bad")), "{:?}", find("bad"));
    for (filter, expected) in
        [(InstanceFilter::Stuck, &["stubborn", "bad"][..]), (InstanceFilter::Unfinished, &["stubborn", "held", "bad"])]
    {
        let page = engine.instances("payment", filter, ALL).await.expect("listed");
        let mut ids: Vec<_> = page.instances.iter().map(|found| found.stream.id()).collect();
        ids.sort_by_key(|id| expected.iter().position(|wanted| wanted == id));
        assert_eq!(ids, expected, "{filter:?}");
    }
    let (mut offset, mut seen) = (Some(0), Vec::new());
    while let Some(at) = offset {
        let paging = InstancePaging { offset: at, limit: 1 };
        let page = engine.instances("payment", InstanceFilter::All, paging).await.expect("listed");
        seen.extend(page.instances.into_iter().map(|found| found.stream));
        offset = page.next;
    }
    assert_eq!(seen, page.instances.iter().map(|found| found.stream.clone()).collect::<Vec<_>>(), "page by page");
    let error = engine.instances("nonsense", InstanceFilter::All, ALL).await.expect_err("no such process");
    assert_eq!(error.code(), "unknown_process");
    assert_eq!(engine.timers(Some("nonsense"), 1).await.expect_err("no such process").code(), "unknown_process");
}

#[tokio::test]
async fn looking_again_at_one_stuck_instance_leaves_the_others_and_writes_nothing() {
    let world = World::new();
    let engine = payments(&world).await;
    done(&engine, &payment("stubborn2", "a", "b", 5, false)).await;
    assert_eq!(drive(&engine).await.stuck.len(), 3);
    let head = world.events.head().await;
    engine.retry_stuck(&stream("payment-stubborn")).await.expect("looked at again");
    assert_eq!(engine.stuck().len(), 2, "it is not known to be stuck any more");
    let report = drive(&engine).await;
    assert_eq!((report.commands, report.stuck.len()), (2, 3), "it sent its step and its record again, and is stuck");
    assert_eq!(world.events.head().await, head, "its step was recognised; nothing was written");
    for (name, code) in [("payment-nowhere", "no_process_instance"), ("wallet-a", "no_process_instance")] {
        assert_eq!(engine.retry_stuck(&stream(name)).await.expect_err(name).code(), code, "{name}");
    }
    let other = world.engine();
    let error = other.retry_stuck(&stream("payment-stubborn")).await.expect_err("another engine drives it");
    assert_eq!(error, ProcessError::HeldElsewhere { process: "payment" });
}

#[tokio::test]
async fn a_persons_decision_on_a_stuck_instance_is_an_event_with_its_reason() {
    let world = World::new();
    let engine = payments(&world).await;
    drive(&engine).await;
    let mut decision = command("WriteOffPayment", json!({ "payment": "stubborn" })).by("officer", "desktop");
    decision.reason = Some("the bank bears it".to_owned());
    let written = done(&engine, &decision).await;
    let event = world.events.read_positions(&[written.last_position()]).await.expect("readable").remove(0);
    let metadata: EventMetadata = serde_json::from_str(&event.metadata).expect("the engine's metadata");
    assert_eq!(event.stream, stream("payment-stubborn"), "in the instance's own stream");
    assert_eq!((metadata.actor.as_str(), metadata.reason.as_deref()), ("officer", Some("the bank bears it")));
    drive(&engine).await;
    let page = engine.instances("payment", InstanceFilter::All, ALL).await.expect("listed");
    let found = page.instances.iter().find(|found| found.stream.id() == "stubborn").expect("listed");
    assert!(found.finished && found.stuck.is_none(), "it is at its end: {found:?}");
}

fn by(reason: &str) -> Operator {
    Operator { actor: "olga".to_owned(), channel: "desktop".to_owned(), reason: reason.to_owned() }
}

#[tokio::test]
async fn looking_again_for_a_reason_is_an_event_of_its_own_and_nothing_else() {
    let world = World::new();
    let engine = payments(&world).await;
    drive(&engine).await;
    let stuck = stream("payment-stubborn");
    let before = types_of(&world, "payment-stubborn").await;
    let written = engine.retry_instance(&stuck, &by("the cause is gone")).await.expect("recorded");
    assert_eq!(types_of(&world, "payment-stubborn").await, before, "the instance itself has not changed");
    let event = world.events.read_positions(&[written.last_position()]).await.expect("readable").remove(0);
    assert_eq!((event.stream.as_str(), &*event.event_type), ("$process-payment", "InstanceRetried"));
    let metadata: EventMetadata = serde_json::from_str(&event.metadata).expect("the engine's metadata");
    assert_eq!((metadata.actor.as_str(), metadata.reason.as_deref()), ("olga", Some("the cause is gone")));
    let payload = event.payload.as_json().expect("JSON");
    assert!(payload.contains("does not want to know"), "why it was stuck is kept: {payload}");
    let head = world.events.head().await;
    for (name, reason, code) in [
        ("payment-stubborn", "  ", "bad_reason"),
        ("payment-nowhere", "x", "no_process_instance"),
        ("wallet-a", "x", "no_process_instance"),
    ] {
        let error = engine.retry_instance(&stream(name), &by(reason)).await.expect_err("refused");
        assert_eq!(error.code(), code, "{name}");
    }
    assert_eq!(world.events.head().await, head, "nothing was recorded for a decision that was refused");
    assert_eq!(drive(&engine).await.stuck.len(), 2, "it was looked at, and is stuck again");
}

#[tokio::test]
async fn a_process_that_knows_no_intervention_refuses_each_with_that() {
    let world = World::new();
    let engine = payments(&world).await;
    let offers = engine.offers(&stream("payment-held")).await.expect("looked at");
    let refusals: Vec<_> = offers.into_iter().filter_map(|offer| offer.refusal).map(|refusal| refusal.code).collect();
    assert_eq!(refusals, ["no_such_intervention"; 3]);
    let head = world.events.head().await;
    let outcome = engine.intervene(&stream("payment-held"), Intervention::Park, &by("x")).await.expect("an answer");
    assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    assert_eq!(world.events.head().await, head);
}
