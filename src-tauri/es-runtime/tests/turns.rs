//! Turns of processes in one append: the same events as step by step, without the moments in between.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use common::counting::{Asked, CountingStore};
use common::faults::{FaultyStore, How, When};
#[allow(unused_imports, reason = "used by `common`, unless this file is part of a program with other stores")]
use common::memory as stores;
use common::plans::Payouts;
use common::*;
use es_core::*;
use es_runtime::*;
use es_testkit::Dice;
use serde_json::json;
use uuid::Uuid;

async fn drive(engine: &Engine) -> DriveReport {
    engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work")
}

async fn log(world: &World) -> Vec<RecordedEvent> {
    let page = world.events.read_all(ReadAll::forward(Position::ZERO, 4000)).await.expect("readable");
    assert!(page.end, "a small log");
    page.events
}

/// Everything of every event but when it was written, stream by stream.
async fn by_stream(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut streams: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in log(world).await {
        let RecordedEvent { version, event_id, event_type, payload, metadata, .. } = &event;
        let payload = payload.as_json().expect("JSON");
        let told = format!("{version} {event_id} {event_type} {payload} {metadata}");
        streams.entry(event.stream.to_string()).or_default().push(told);
    }
    streams
}

async fn types(world: &World) -> Vec<String> {
    log(world).await.iter().map(|event| format!("{} {}", event.stream, event.event_type)).collect()
}

/// Two wallets, one with 100 on it.
async fn two_wallets(engine: &Engine) {
    for (number, envelope) in [open("a"), open("b"), deposit("a", 100)].into_iter().enumerate() {
        done(engine, &envelope.with_id(Uuid::from_u128(number as u128 + 1))).await;
    }
}

#[tokio::test]
async fn a_command_and_the_whole_turn_that_it_starts_are_one_append() {
    let world = World::new().at_once();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    two_wallets(&engine).await;
    store.asked();
    let outcome = engine.execute(&payment("p", "a", "b", 30, false)).await.expect("an answer");
    assert_eq!(store.asked().appends, 1, "everything in one append");
    let Outcome::Executed { appended, consequences, .. } = &outcome else { panic!("executed, got {outcome:?}") };
    let places = |events: &[WrittenEvent]| events.iter().map(|event| event.position.get()).collect::<Vec<_>>();
    assert_eq!((places(&appended.events), places(consequences)), (vec![4], vec![5, 6, 7, 8]));
    assert_eq!(outcome.position(), Some(Position(8)), "readers wait for all of it");
    assert_eq!(
        types(&world).await[3..],
        [
            "payment-p PaymentRequested",
            "wallet-a Debited",
            "payment-p PaymentNoted",
            "wallet-b Credited",
            "payment-p PaymentNoted"
        ],
        "causes stand before effects"
    );
    let report = drive(&engine).await;
    assert_eq!((report.commands, report.stuck), (0, vec![]), "nothing is left for the dispatcher");
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    engine.wait_until(Position(8), Duration::ZERO).await.expect("read models stand there");
    assert_eq!((world.balance("a").await, world.balance("b").await), (Some(70), Some(30)));
}

#[tokio::test]
async fn a_refusal_and_what_makes_up_for_it_are_part_of_the_turn() {
    let world = World::new().at_once();
    let engine = world.engine();
    two_wallets(&engine).await;
    done(&engine, &payment("p", "a", "nowhere", 20, false)).await;
    done(&engine, &payment("q", "b", "a", 500, false)).await;
    let noted = log(&world).await;
    let noted: Vec<_> = noted.iter().filter(|event| &*event.event_type == "PaymentNoted").collect();
    let noted: Vec<_> = noted.iter().map(|event| event.payload.as_json().expect("JSON")).collect();
    assert_eq!(
        noted,
        [r#"{"to":"debited"}"#, r#"{"to":"returning"}"#, r#"{"to":"returned"}"#, r#"{"to":"refused"}"#],
        "the first comes back, the second is refused"
    );
    assert_eq!(drive(&engine).await.commands, 0, "nothing is left");
}

/// A seeded history: wallets, payments of every kind, plans, releases; each command with an id of its own.
fn history(seed: u64) -> Vec<CommandEnvelope> {
    let mut dice = Dice::new(seed);
    let mut commands = vec![open("a"), open("b"), open("c"), deposit("a", 300)];
    for number in 0..30 {
        let wallets = ["a", "b", "c", "nowhere"];
        let (source, target) = (dice.pick(&wallets[..3]), dice.pick(&wallets));
        let amount = 1 + i64::try_from(dice.below(120)).expect("small");
        commands.push(match dice.below(9) {
            0 => deposit(source, amount),
            1 => withdraw(source, amount),
            2 => payment(&format!("held{number}"), source, target, amount, true),
            3 => command("ReleasePayment", json!({ "payment": format!("held{}", dice.below(number + 1)) })),
            4 => payment(&format!("stubborn{number}"), source, target, amount, false),
            5 => {
                let paid = [source, target, dice.pick(&["nowhere", "a>c", "b>nowhere", "c>a", "nowhere>a"])];
                let payload = json!({ "plan": format!("{number}"), "wallets": paid, "amount": 2, "reminders": [] });
                command("MakePlan", payload)
            }
            _ => payment(&format!("p{number}"), source, target, amount, false),
        });
    }
    let numbered = |(number, command): (usize, CommandEnvelope)| {
        command.with_id(Uuid::from_u128(u128::from(seed) * 1000 + number as u128 + 1))
    };
    commands.into_iter().enumerate().map(numbered).collect()
}

async fn lived(world: &World, history: &[CommandEnvelope]) -> Vec<bool> {
    let engine = world.engine();
    let mut carried_out = Vec::new();
    for command in history {
        carried_out.push(engine.execute(command).await.expect("an answer").position().is_some());
        drive(&engine).await;
    }
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    engine.shutdown().await;
    carried_out
}

#[tokio::test]
async fn random_histories_are_the_same_at_once_and_step_by_step() {
    for seed in 0..12 {
        let history = history(seed);
        let (at_once, step_by_step) = (World::new().at_once(), World::new());
        let answers = lived(&at_once, &history).await;
        assert_eq!(answers, lived(&step_by_step, &history).await, "seed {seed}: the same commands were carried out");
        assert_eq!(by_stream(&at_once).await, by_stream(&step_by_step).await, "seed {seed}: the same events");
        assert_eq!(at_once.rows().await, step_by_step.rows().await, "seed {seed}: the same read models");
        // Every command again: nothing happens.
        let head = at_once.events.head().await;
        let engine = at_once.engine();
        for (command, carried_out) in history.iter().zip(&answers).filter(|(_, carried_out)| **carried_out) {
            let outcome = engine.execute(command).await.expect("an answer");
            assert_eq!(outcome.position().is_some(), *carried_out, "seed {seed}: {outcome:?}");
        }
        assert_eq!(at_once.events.head().await, head, "seed {seed}: retries change nothing");
    }
}

#[tokio::test]
async fn a_step_that_starts_another_process_takes_its_turn_along() {
    let world = World::new().at_once();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    two_wallets(&engine).await;
    store.asked();
    let plan = command("MakePlan", json!({ "plan": "x", "wallets": ["a>b", "b"], "amount": 5, "reminders": [] }));
    done(&engine, &plan).await;
    assert_eq!(store.asked().appends, 1, "everything in one append");
    assert_eq!(
        types(&world).await[3..],
        [
            "plan-x PlanMade",
            "payment-x.0 PaymentRequested",
            "plan-x PayoutNoted",
            "wallet-b Credited",
            "plan-x PayoutNoted",
            "wallet-a Debited",
            "payment-x.0 PaymentNoted",
            "wallet-b Credited",
            "payment-x.0 PaymentNoted"
        ],
        "first come, first served"
    );
    let correlated = log(&world).await[3..].iter().all(|event| event.correlation_id == Some(plan.command_id));
    assert!(correlated, "all of it was led to by the plan");
    assert_eq!(drive(&engine).await.commands, 0, "nothing is left");
}

#[tokio::test]
async fn a_process_that_wants_its_steps_apart_gets_them_apart() {
    let mut world = World::new().at_once();
    let domain = Arc::get_mut(&mut world.domain).expect("no engine yet");
    domain.processes[1] = Arc::new(Payouts { together: false });
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    two_wallets(&engine).await;
    let plan = command("MakePlan", json!({ "plan": "x", "wallets": ["a", "b"], "amount": 1, "reminders": [] }));
    done(&engine, &plan).await;
    assert_eq!(world.events.head().await, Ok(Position(4)), "the plan alone");
    store.asked();
    assert_eq!(drive(&engine).await.commands, 4, "two payouts and their records");
    assert_eq!(store.asked().appends, 4, "each in an append of its own");
}

#[tokio::test]
async fn switched_off_or_on_a_store_that_cannot_the_dispatcher_does_it() {
    for (world, able) in [(World::new(), true), (World::new().at_once(), false)] {
        let store = CountingStore::new(world.events.clone());
        let store = Arc::new(if able { store } else { store.one_stream_at_a_time() });
        let engine = Engine::new(world.parts_over(store.clone()));
        two_wallets(&engine).await;
        let outcome = engine.execute(&payment("p", "a", "b", 30, false)).await.expect("an answer");
        assert_eq!(outcome.position(), Some(Position(4)), "the request alone: {outcome:?}");
        store.asked();
        drive(&engine).await;
        assert_eq!(store.asked().appends, 4, "step by step");
        assert_eq!(world.events.head().await, Ok(Position(8)));
    }
}

#[tokio::test]
async fn the_dispatcher_writes_what_is_left_of_a_turn_in_one_append_too() {
    let world = World::new();
    two_wallets(&world.engine()).await;
    done(&world.engine(), &payment("p", "a", "b", 30, false)).await;
    let expected = {
        let twin = World::new();
        let engine = twin.engine();
        two_wallets(&engine).await;
        done(&engine, &payment("p", "a", "b", 30, false)).await;
        drive(&engine).await;
        types(&twin).await
    };
    let world = world.at_once();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    let report = drive(&engine).await;
    assert_eq!((store.asked().appends, report.commands), (1, 2), "two steps in one append");
    assert_eq!(types(&world).await, expected);
}

#[tokio::test]
async fn a_conflict_in_a_later_step_lets_the_turn_be_planned_anew() {
    let world = World::new().at_once();
    let mut left = 2;
    let store = CountingStore::new(world.events.clone()).with_rival(move |request| {
        // Somebody else pays into the payer's wallet right before the turn is written, twice.
        let rivalled = request.parts.len() > 1 && left > 0;
        left -= i32::from(rivalled);
        rivalled.then(|| {
            let event = foreign("Deposited", 2, r#"{"amount":7}"#);
            AppendRequest::to_stream(stream("wallet-a"), ExpectedVersion::Any, vec![event])
        })
    });
    let store = Arc::new(store);
    let engine = Engine::new(world.parts_over(store.clone()));
    two_wallets(&engine).await;
    store.asked();
    // 107 are only there once the first foreign deposit is seen.
    let outcome = engine.execute(&payment("p", "a", "b", 100, false)).await.expect("an answer");
    assert!(matches!(outcome, Outcome::Executed { .. }), "{outcome:?}");
    assert_eq!(store.asked().appends, 3, "two conflicts, then all of it");
    assert_eq!(world.events.head().await, Ok(Position(3 + 2 + 5)));
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    assert_eq!((world.balance("a").await, world.balance("b").await), (Some(14), Some(100)));
}

#[tokio::test]
async fn endless_conflicts_in_later_steps_leave_the_command_itself_alone() {
    let world = World::new().at_once();
    let store = CountingStore::new(world.events.clone()).with_rival(|request| {
        (request.parts.len() > 1).then(|| {
            let event = foreign("Deposited", 2, r#"{"amount":1}"#);
            AppendRequest::to_stream(stream("wallet-a"), ExpectedVersion::Any, vec![event])
        })
    });
    let store = Arc::new(store);
    let mut parts = world.parts_over(store.clone());
    parts.config.conflict_retries = 0;
    let engine = Engine::new(parts);
    two_wallets(&engine).await;
    store.asked();
    let mut request = payment("p", "a", "b", 30, false);
    request.expected_version = Some(StreamVersion(0));
    let outcome = engine.execute(&request).await.expect("an answer");
    let Outcome::Executed { appended, consequences, .. } = outcome else { panic!("executed, got {outcome:?}") };
    assert_eq!((appended.events.len(), consequences.len()), (1, 0), "the request is written alone");
    assert_eq!(store.asked().appends, 2 + limits::TURN_CONFLICT_RETRIES as usize, "after the turn was tried enough");
    let report = drive(&engine).await;
    assert!(report.stuck.is_empty() && report.problem.is_none(), "{report:?}");
    assert_eq!(types(&world).await.last().map(String::as_str), Some("payment-p PaymentNoted"), "and went on");
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    assert_eq!(world.balance("b").await, Some(30), "the money arrived once");
}

#[tokio::test]
async fn a_stale_cache_never_lets_a_step_be_refused_that_the_store_would_allow() {
    let world = World::new().at_once();
    let (engine, other) = (world.engine(), world.engine());
    two_wallets(&engine).await;
    // A payment does not look at its target before it credits it: from now on the engine knows that there is no c.
    done(&engine, &payment("early", "a", "c", 5, false)).await;
    done(&other, &open("c")).await;
    done(&engine, &payment("p", "a", "c", 5, false)).await;
    let last = log(&world).await.pop().expect("events");
    assert_eq!(last.payload.as_json(), Some(r#"{"to":"completed"}"#), "the wallet was there");
}

#[tokio::test]
async fn a_step_that_was_sent_before_is_recognised_and_not_sent_again() {
    let world = World::new();
    let engine = world.engine();
    two_wallets(&engine).await;
    done(&engine, &payment("p", "a", "b", 30, false)).await;
    // The debit is sent, and the engine dies before it is recorded.
    let faulty = Arc::new(FaultyStore::new(world.events.clone(), 1, When::After, How::Dies));
    let dying = Engine::new(world.parts_over(faulty));
    assert_eq!(dying.drive_processes_once().await.err(), Some(StoreError::Closed), "it dies");
    assert_eq!(types(&world).await.last().map(String::as_str), Some("wallet-a Debited"), "sent, not recorded");
    world.let_leases_expire();
    let world = world.at_once();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    drive(&Engine::new(world.parts_over(store.clone()))).await;
    assert_eq!(store.asked().appends, 2, "the first finds the known id, the second leaves that step out");
    let all = types(&world).await;
    assert_eq!(all.iter().filter(|told| told.ends_with("Debited")).count(), 1, "{all:?}");
    assert_eq!(all.len(), 8, "and it went to its end: {all:?}");
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_done_in_the_same_append() {
    let world = World::new().at_once();
    let engine = world.engine();
    two_wallets(&engine).await;
    let outcome = engine.execute(&payment("stubborn", "a", "b", 5, false)).await.expect("an answer");
    assert_eq!(outcome.position(), Some(Position(4)), "the request alone: {outcome:?}");
    let report = drive(&engine).await;
    assert_eq!(report.stuck.len(), 1, "the dispatcher says why: {report:?}");
}

#[tokio::test]
async fn more_than_fits_one_append_goes_on_in_the_next_one() {
    let world = World::new().at_once();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    let wallets: Vec<String> = (0..limits::PROCESS_STEPS_PER_TURN + 6).map(|number| format!("w{number}")).collect();
    for wallet in &wallets {
        done(&engine, &open(wallet)).await;
    }
    let make = |plan: &str, wallets: &[String]| {
        command("MakePlan", json!({ "plan": plan, "wallets": wallets, "amount": 1, "reminders": [] }))
    };
    let many_streams = make("streams", &wallets[..20]);
    let outcome = engine.execute(&many_streams).await.expect("an answer");
    let Outcome::Executed { consequences, .. } = outcome else { panic!("executed, got {outcome:?}") };
    assert_eq!(consequences.len(), (limits::STREAMS_PER_APPEND - 1) * 2, "as many streams as one append may touch");
    store.asked();
    let report = drive(&engine).await;
    assert_eq!((report.commands, report.stuck), (5, vec![]), "the other five");
    assert_eq!(store.asked().appends, 1, "in one append");
    let same: Vec<String> = wallets.iter().map(|_| "w0".to_owned()).collect();
    let outcome = engine.execute(&make("steps", &same)).await.expect("an answer");
    let Outcome::Executed { consequences, .. } = outcome else { panic!("executed, got {outcome:?}") };
    assert_eq!(consequences.len(), limits::PROCESS_STEPS_PER_TURN * 2, "no turn is longer than it may be");
    let report = drive(&engine).await;
    assert_eq!((report.commands, report.stuck), (6, vec![]), "the rest");
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    assert_eq!(world.balance("w0").await, Some(1 + 70), "each payout once");
}

#[tokio::test]
async fn a_crash_around_the_append_leaves_all_of_the_turn_or_nothing() {
    // A payment that is stuck is looked at again after a restart, when more money may be there: another history.
    let history: Vec<_> = history(3).into_iter().filter(|command| !command.payload.contains("stubborn")).collect();
    let expected = {
        let world = World::new();
        lived(&world, &history).await;
        by_stream(&world).await
    };
    let appends = {
        let world = World::new().at_once();
        let store = Arc::new(CountingStore::new(world.events.clone()));
        let engine = Engine::new(world.parts_over(store.clone()));
        for command in &history {
            engine.execute(command).await.expect("an answer");
            drive(&engine).await;
        }
        store.asked().appends
    };
    for at in 1..=appends {
        for (when, how) in [(When::Before, How::Dies), (When::After, How::Dies), (When::After, How::Fails)] {
            let case = format!("append {at} of {appends}, {when:?}, {how:?}");
            let world = World::new().at_once();
            let faulty = Arc::new(FaultyStore::new(world.events.clone(), at, when, how));
            let mut engine = Engine::new(world.parts_over(faulty.clone()));
            for command in &history {
                let outcome = engine.execute(command).await;
                if matches!(outcome, Err(_) | Ok(Outcome::Unavailable(_))) {
                    assert!(faulty.has_struck(), "{case}: {outcome:?}");
                    // Another process takes over, and the client asks again.
                    world.let_leases_expire();
                    engine = world.engine();
                    engine.execute(command).await.expect("an answer");
                }
                let driven = engine.drive_processes_until_idle(&CancellationToken::new()).await;
                if driven.is_err() || driven.is_ok_and(|report| report.problem.is_some()) {
                    world.let_leases_expire();
                    engine = world.engine();
                    drive(&engine).await;
                }
            }
            assert!(faulty.has_struck(), "{case}: the fault was reached");
            let (found, expected) = (without_times(by_stream(&world).await), without_times(expected.clone()));
            assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{case}");
            for (stream, events) in expected {
                assert_eq!(found[&stream], events, "{case}: {stream}");
            }
        }
    }
}

/// A payment's first event says when it was requested; leases that expired have moved the clock.
fn without_times(streams: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let cut = |told: String| match told.split_once(r#""at":""#) {
        Some((before, after)) => format!("{before}{}", after.split_once('"').map_or("", |(_, rest)| rest)),
        None => told,
    };
    streams.into_iter().map(|(stream, events)| (stream, events.into_iter().map(cut).collect())).collect()
}

#[tokio::test]
async fn an_append_of_unknown_outcome_names_the_steps_that_were_written_with_it() {
    let world = World::new().at_once();
    two_wallets(&world.engine()).await;
    let faulty = FaultyStore::new(world.events.clone(), 1, When::After, How::Fails);
    let engine = Engine::new(world.parts_over(Arc::new(faulty)));
    let outcome = engine.execute(&payment("p", "a", "b", 30, false)).await.expect("an answer");
    let Outcome::Executed { appended, consequences, .. } = &outcome else { panic!("executed, got {outcome:?}") };
    assert_eq!((appended.events.len(), consequences.len()), (1, 4));
    assert_eq!(outcome.position(), Some(Position(8)), "readers wait for all of it");
}

#[tokio::test]
async fn a_retried_command_is_answered_with_its_own_events_after_its_turn_was_written_with_it() {
    let world = World::new().at_once();
    let engine = world.engine();
    two_wallets(&engine).await;
    let request = payment("p", "a", "b", 30, false);
    let original = done(&engine, &request).await;
    for engine in [engine, world.engine()] {
        let outcome = engine.execute(&request).await.expect("an answer");
        let Outcome::AlreadyDone { appended, .. } = outcome else { panic!("already done, got {outcome:?}") };
        assert_eq!(appended.events, original.events, "its own event alone");
    }
    assert_eq!(world.events.head().await, Ok(Position(8)), "nothing was written twice");
}

#[tokio::test]
async fn a_turn_of_hot_wallets_reads_nothing_but_what_might_have_been_done_before() {
    let world = World::new().at_once();
    let store = Arc::new(CountingStore::new(world.events.clone()));
    let engine = Engine::new(world.parts_over(store.clone()));
    two_wallets(&engine).await;
    store.asked();
    done(&engine, &payment("p", "a", "b", 30, false)).await;
    let asked = store.asked();
    // The new payment's own stream, and the payer's wallet, which the request refers to.
    assert_eq!(asked, Asked { appends: 1, stream_reads: 2, id_lookups: 0 }, "both wallets are in memory");
}

#[tokio::test]
async fn many_payments_at_once_conserve_the_money() {
    let world = World::new().at_once();
    let mut parts = world.parts();
    parts.config.process_concurrency = 16;
    let (engine, other) = (Engine::start(parts), world.engine());
    for wallet in ["a", "b", "c"] {
        done(&engine, &open(wallet)).await;
        done(&engine, &deposit(wallet, 1000)).await;
    }
    let wallets = ["a", "b", "c", "nowhere"];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..120 {
        // Two engines on one store, so that locks of one process do not decide.
        let engine = if number % 2 == 0 { engine.clone() } else { other.clone() };
        let (source, target) = (wallets[number % 3], wallets[(number / 3) % 4]);
        let amount = 1 + (number as i64 * 37) % 90;
        let request = payment(&format!("p{number}"), source, target, amount, false);
        tasks.spawn(async move { done(&engine, &request).await.last_position() });
    }
    let mut last = Position::ZERO;
    while let Some(position) = tasks.join_next().await {
        last = last.max(position.expect("no panic"));
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
    let mut ends: BTreeMap<String, String> = BTreeMap::new();
    for event in log(&world).await.iter().filter(|event| event.stream.category() == "payment") {
        ends.insert(event.stream.to_string(), event.payload.as_json().expect("JSON").to_owned());
    }
    assert_eq!(ends.len(), 120);
    for (payment, end) in ends {
        assert!(["completed", "refused", "returned"].iter().any(|known| end.contains(known)), "{payment}: {end}");
    }
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn payments_that_meet_on_one_wallet_mostly_stay_whole() {
    let world = World::new().at_once();
    let engine = world.engine();
    done(&engine, &open("a")).await;
    done(&engine, &open("b")).await;
    done(&engine, &deposit("a", 1_000)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (engine, request) = (engine.clone(), payment(&format!("p{number}"), "a", "b", 1, false));
        tasks.spawn(async move { engine.execute(&request).await });
    }
    let mut whole = 0;
    while let Some(outcome) = tasks.join_next().await {
        match outcome.expect("no panic").expect("an answer") {
            Outcome::Executed { consequences, .. } => whole += usize::from(consequences.len() == 4),
            other => panic!("executed, got {other:?}"),
        }
    }
    assert!(whole >= 50, "{whole} of 100 were written with their whole turn");
    drive(&engine).await;
    engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    assert_eq!((world.balance("a").await, world.balance("b").await), (Some(900), Some(100)), "each once");
}
