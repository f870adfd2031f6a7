//! What-if: without differences it is what happened, with them it is what a real engine does on a copy, and the store has the
//! same bytes afterwards.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

mod past;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use es_core::{Payload, Position, RecordedEvent, StreamName};
use es_testkit::Dice;
use inspector::what_if::{
    ClockStep, CommandStep, Edit, EventRef, Fork, Insertion, JsonText, LaneStep, Provenance, Scenario, Step,
    StepOutcome, StepReport, TakenBecause, TestOptions, Through, WhatIf, WhatIfError,
};
use inspector::{Inspector, Pace};
use past::{Copy, EVENTS, Past, cases, past, waits};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

type Time = DateTime<Utc>;

async fn run(inspector: &Inspector, scenario: &Scenario) -> Result<WhatIf, WhatIfError> {
    let cancel = CancellationToken::new();
    inspector.what_if(scenario, Pace::quiet(&cancel)).await
}

fn some_accounts(past: &Past, dice: &mut Dice) -> Vec<StreamName> {
    let accounts = past.streams("account");
    let mut streams = vec![dice.pick(&accounts), dice.pick(&accounts), dice.pick(&past.streams("transfer"))];
    streams.dedup();
    streams.truncate(1 + dice.below(3) as usize);
    streams
}

/// A scenario without differences.
fn forked(past: &Past, dice: &mut Dice) -> Scenario {
    let fork = Fork::Position(Position(dice.below(EVENTS)));
    let mut scenario = Scenario::new("random", fork, some_accounts(past, dice));
    scenario.correlated = dice.below(2) == 0;
    scenario
}

fn fork_of(scenario: &Scenario) -> Position {
    match scenario.fork {
        Fork::Position(position) => position,
        Fork::Stream { .. } => unreachable!("these scenarios fork at a position"),
    }
}

/// As the window lays it out, which is not how files do.
fn json_text(value: &Value) -> JsonText {
    JsonText::new(inspector::pretty(&value.to_string()).expect("JSON")).expect("JSON")
}

fn money(dice: &mut Dice) -> Value {
    json!({"minor": (1 + dice.below(200_000)).to_string(), "currency": "EUR"})
}

fn command(command_type: &str, payload: &Value) -> Step {
    Step::Command(CommandStep {
        command_type: command_type.to_owned(),
        payload: json_text(payload),
        actor: "teller:what-if".to_owned(),
        reason: None,
        business_date: None,
    })
}

fn some_command(past: &Past, number: usize, dice: &mut Dice) -> Step {
    let accounts = past.streams("account");
    let account = dice.pick(&accounts).id().to_owned();
    match dice.below(6) {
        0 => command("Deposit", &json!({"accountId": account, "amount": money(dice)})),
        1 => command("Withdraw", &json!({"accountId": account, "amount": money(dice)})),
        2 => command("FreezeAccount", &json!({"accountId": account, "caseId": "CASE-W", "reason": "a court asks"})),
        3 => command(
            "PlaceHold",
            &json!({"accountId": account, "holdId": format!("W-{number}"), "amount": money(dice), "purpose": "card", "expiresAt": "2060-01-01T00:00:00Z"}),
        ),
        _ => {
            let target = dice.pick(&accounts).id().to_owned();
            let transfer = format!("W-{number}");
            command(
                "RequestTransfer",
                &json!({"transferId": transfer, "source": account, "target": target, "amount": money(dice), "reference": "what if"}),
            )
        }
    }
}

/// A time between two, or some time after the one.
fn some_time(earliest: Time, latest: Option<Time>, dice: &mut Dice) -> Time {
    let room = latest.map_or(Duration::days(40), |latest| latest - earliest);
    earliest + Duration::microseconds(dice.below(1 + room.num_microseconds().expect("not so long") as u64) as i64)
}

/// Between which times what stands at a place may be recorded: not before what is kept in front of it, and not after what is kept
/// behind it and has a time of its own.
fn room_at(list: &[(RecordedEvent, bool)], at: usize, behind: usize, begins: Time) -> (Time, Option<Time>) {
    let in_front = list[..at].last().map_or(begins, |(event, _)| event.recorded_at);
    (in_front, list[behind..].iter().find(|(_, timed)| *timed).map(|(event, _)| event.recorded_at))
}

/// Differences to events after the fork.
fn some_edits(tail: &[RecordedEvent], begins: Time, dice: &mut Dice) -> Vec<Edit> {
    let mut edits = Vec::new();
    let (mut touched, mut anchors) = (Vec::new(), Vec::new());
    for _ in 0..dice.below(5) {
        let (event, anchor) = (dice.pick(tail), dice.pick(tail));
        let taken = touched.contains(&event.position) || anchors.contains(&anchor.position);
        if taken || anchor.position == event.position {
            continue;
        }
        touched.push(event.position);
        let by_id = dice.below(2) == 0;
        let named = if by_id { EventRef::Id(event.event_id) } else { EventRef::Position(event.position) };
        let after = Some(EventRef::Position(anchor.position));
        edits.push(match dice.below(4) {
            0 => Edit::Skip { event: named },
            1 => {
                let alike: Vec<_> = tail.iter().filter(|other| other.event_type == event.event_type).collect();
                let list = arranged(tail, &edits, begins);
                let at = list.iter().position(|(other, _)| other.event_id == event.event_id).expect("it is there");
                let (earliest, latest) = room_at(&list, at, at + 1, begins);
                // One of both, or both.
                let what = dice.below(3);
                let payload = (what < 2).then(|| payload_of(dice.pick(&alike)));
                let recorded_at = (what > 0).then(|| some_time(earliest, latest, dice));
                Edit::Replace { event: named, payload, recorded_at }
            }
            2 => {
                anchors.push(anchor.position);
                let list = arranged(tail, &edits, begins);
                // Behind something that is left out, there is no place to speak of.
                let at = list.iter().position(|(other, _)| other.event_id == anchor.event_id);
                let room = at.map(|at| room_at(&list, at + 1, at + 1, begins)).filter(|_| dice.below(2) == 0);
                let inserted = Insertion {
                    stream: event.stream.clone(),
                    event_type: event.event_type.to_string(),
                    schema_version: event.schema_version,
                    payload: payload_of(&event),
                    metadata: None,
                    recorded_at: room.map(|(earliest, latest)| some_time(earliest, latest, dice)),
                };
                Edit::Insert { after, inserted }
            }
            _ => {
                anchors.push(anchor.position);
                Edit::Move { event: named, after }
            }
        });
    }
    edits
}

/// As the window lays it out.
fn payload_of(event: &RecordedEvent) -> JsonText {
    let text = event.payload.as_json().expect("JSON");
    JsonText::new(inspector::pretty(text).expect("JSON")).expect("JSON")
}

/// The edits done one by one on a plain list: what has no time of its own has that of what is in front of it.
fn edited(tail: &[RecordedEvent], edits: &[Edit], begins: Time) -> Vec<RecordedEvent> {
    arranged(tail, edits, begins).into_iter().map(|(event, _)| event).collect()
}

/// The same, and whether each has a time of its own.
fn arranged(tail: &[RecordedEvent], edits: &[Edit], begins: Time) -> Vec<(RecordedEvent, bool)> {
    let mut list: Vec<(RecordedEvent, bool)> = tail.iter().map(|event| (event.clone(), true)).collect();
    let mut skipped = Vec::new();
    let place = |list: &[(RecordedEvent, bool)], wanted: &EventRef| {
        let is = |event: &RecordedEvent| match wanted {
            EventRef::Position(position) => event.position == *position,
            EventRef::Id(id) => event.event_id == *id,
        };
        list.iter().position(|(event, _)| is(event)).expect("it is there")
    };
    for (number, edit) in edits.iter().enumerate() {
        match edit {
            Edit::Skip { event } => skipped.push(list[place(&list, event)].0.event_id),
            Edit::Replace { event, payload, recorded_at } => {
                let at = place(&list, event);
                if let Some(payload) = payload {
                    list[at].0.payload = Payload::json(payload.as_str());
                }
                if let Some(time) = recorded_at {
                    (list[at].0.recorded_at, list[at].1) = (*time, true);
                }
            }
            Edit::Insert { after, inserted } => {
                let at = place(&list, after.as_ref().expect("an anchor"));
                let event = RecordedEvent {
                    event_id: Scenario::inserted_id(number),
                    position: Position::ZERO,
                    stream: inserted.stream.clone(),
                    event_type: inserted.event_type.as_str().into(),
                    schema_version: inserted.schema_version,
                    payload: Payload::json(inserted.payload.as_str()),
                    metadata: "{}".into(),
                    recorded_at: inserted.recorded_at.unwrap_or(begins),
                    ..list[at].0.clone()
                };
                list.insert(at + 1, (event, inserted.recorded_at.is_some()));
            }
            Edit::Move { event, after } => {
                let (event, _) = list.remove(place(&list, event));
                let at = place(&list, after.as_ref().expect("an anchor"));
                list.insert(at + 1, (event, false));
            }
        }
    }
    list.retain(|(event, _)| !skipped.contains(&event.event_id));
    let mut before = begins;
    for (event, timed) in &mut list {
        if !*timed {
            event.recorded_at = before;
        }
        before = event.recorded_at;
    }
    list
}

/// What is compared of an event: ids of what was inserted are anybody's choice.
type Essence = (String, Option<String>, Time);

/// The events of a lane but for those that are left out.
fn of_steps<'a>(steps: impl IntoIterator<Item = &'a LaneStep>) -> Vec<Essence> {
    let kept = steps.into_iter().filter(|step| step.provenance != Provenance::Skipped);
    let told = |step: &LaneStep| {
        let event = &step.event;
        (format!("{} {}", event.stream, event.event_type), step.payload.clone(), event.recorded_at)
    };
    kept.map(told).collect()
}

fn of_events<'a>(events: impl IntoIterator<Item = &'a RecordedEvent>) -> Vec<Essence> {
    let told = |event: &RecordedEvent| {
        let what = format!("{} {}", event.stream, event.event_type);
        (what, event.payload.as_json().map(str::to_owned), event.recorded_at)
    };
    events.into_iter().map(told).collect()
}

fn of_report(report: &StepReport) -> String {
    match &report.outcome {
        StepOutcome::Executed { events, consequences, .. } => format!("{events} and {consequences}"),
        StepOutcome::Rejected(rejection) => format!("{}: {}", rejection.code, rejection.message),
        StepOutcome::Ran(ran) => format!("{} commands", ran.commands),
        other => format!("{other:?}"),
    }
}

/// The states of streams at their ends, by the engine's own fold.
async fn ends(inspector: &Inspector, streams: &[StreamName]) -> BTreeMap<StreamName, String> {
    let cancel = CancellationToken::new();
    let mut ends = BTreeMap::new();
    for stream in streams {
        let Ok(last) = inspector.timeline(stream, es_core::StreamVersion::ZERO, 4096).await else { continue };
        let version = last.last().expect("an event").version;
        ends.insert(stream.clone(), inspector.state_text(stream, version, &cancel).await.expect("a state"));
    }
    ends
}

/// The last states of the what-if's lane, of the streams that have changed there.
fn ends_of_lane(what_if: &WhatIf) -> BTreeMap<StreamName, String> {
    let steps = what_if.what_if.steps.iter();
    steps.filter_map(|step| Some((step.event.stream.clone(), step.after.as_deref()?.to_owned()))).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn without_differences_a_what_if_is_what_happened(bank in 0..6_u64, seed in any::<u64>()) {
        let (past, mut dice) = (past(bank), Dice::new(seed));
        let mut scenario = forked(past, &mut dice);
        let fork = fork_of(&scenario);
        scenario.through = match dice.below(2) {
            0 => Through::Head,
            _ => Through::Position(Position(fork.get() + dice.below(EVENTS - fork.get()))),
        };
        let bytes = past.bytes();
        let answer = waits(run(&past.inspector(), &scenario));
        prop_assert!(bytes == past.bytes(), "the store has the same bytes");
        let what_if = match answer {
            Ok(what_if) => what_if,
            // Streams that begin after the part of the log that is looked at.
            Err(WhatIfError::Inspect(error)) if error.code() == "unknown_stream" => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        prop_assert_eq!(&what_if.original, &what_if.what_if, "both lanes are equal, states included");
        prop_assert!(what_if.rows.iter().all(|row| row.original == row.what_if), "and every event stands beside itself");
        prop_assert!(what_if.ends.iter().all(|end| end.changed_paths.is_empty() && end.what_if_version == end.original_version));
        let streams: Vec<_> = what_if.streams.iter().map(|(stream, _)| stream).collect();
        let recorded = past.events.iter().filter(|event| {
            streams.contains(&&event.stream) && event.position > fork && event.position <= what_if.end
        });
        prop_assert_eq!(of_steps(&what_if.what_if.steps), of_events(recorded), "and are what was recorded");
    }

    #[test]
    fn with_edits_and_commands_it_is_what_an_engine_does_on_a_copy_of_everything(bank in 0..6_u64, seed in any::<u64>()) {
        let (past, mut dice) = (past(bank), Dice::new(seed));
        let mut scenario = forked(past, &mut dice);
        // Everything that the edits are about takes part, and nothing else but what the commands need.
        scenario.correlated = false;
        scenario.streams = past.streams("account").into_iter().chain(past.streams("transfer")).collect();
        scenario.streams.retain(|stream| past.events.iter().any(|event| event.stream == *stream));
        scenario.streams.truncate(inspector::limits::WHAT_IF_STREAMS);
        let fork = fork_of(&scenario);
        scenario.through = Through::Head;
        let taken = |event: &&RecordedEvent| scenario.streams.contains(&event.stream);
        let tail: Vec<RecordedEvent> = past.events.iter().filter(|event| event.position > fork).filter(taken).cloned().collect();
        prop_assume!(!tail.is_empty());
        // Not before the log at the fork, so that a copy of everything can have the edited events, too.
        let begins = past.events.iter().rev().find(|event| event.position <= fork).unwrap_or(&tail[0]);
        scenario.edits = some_edits(&tail, begins.recorded_at, &mut dice);
        let last = past.events.last().expect("events").recorded_at;
        // Behind everything that edits may have put at the end.
        scenario.clock = Some(last + Duration::days(300) + Duration::seconds(1 + dice.below(100_000) as i64));
        scenario.steps = (0..dice.below(6) as usize).map(|number| some_command(past, number, &mut dice)).collect();

        let bytes = past.bytes();
        let what_if = waits(run(&past.inspector(), &scenario)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(bytes == past.bytes(), "the store has the same bytes");

        let takes_part = |event: &RecordedEvent| what_if.streams.iter().any(|(stream, _)| *stream == event.stream);
        let (before, after): (Vec<_>, Vec<_>) = past.events.iter().cloned().partition(|event| event.position <= fork);
        let (after, others): (Vec<_>, Vec<_>) = after.into_iter().partition(takes_part);
        let begins = before.iter().rev().find(|event| takes_part(event)).or(after.first()).expect("an event").recorded_at;
        let edited = edited(&after, &scenario.edits, begins);
        // Events of streams that do not take part stand somewhere among them, by their times.
        let mut history: Vec<RecordedEvent> = others.into_iter().chain(edited.iter().cloned()).collect();
        history.sort_by_key(|event| event.recorded_at);
        let history: Vec<RecordedEvent> = before.into_iter().chain(history).collect();
        let (copy, answers) = waits(async {
            let copy = Copy::of(&history, scenario.clock.expect("a clock")).await;
            let mut answers = Vec::new();
            for (index, step) in scenario.steps.iter().enumerate() {
                answers.push(copy.does(index, step).await);
            }
            (copy, answers)
        });
        prop_assert_eq!(what_if.steps.iter().map(of_report).collect::<Vec<_>>(), answers, "every command has the same answer");
        let written = waits(copy.written());
        let is_of_steps = |step: &&LaneStep| matches!(step.provenance, Provenance::FromStep(_));
        let facts = what_if.what_if.steps.iter().filter(|step| !is_of_steps(step));
        prop_assert_eq!(of_steps(facts), of_events(&edited), "the edits are done");
        let led_to = what_if.what_if.steps.iter().filter(is_of_steps);
        prop_assert_eq!(of_steps(led_to), of_events(&written), "the commands have led to the same events");

        // Where the clock was to begin is where it has begun, and each event is within the bounds that are told of it.
        prop_assert_eq!(Some(what_if.begins_at), scenario.clock);
        prop_assert!(what_if.begins_at_earliest <= what_if.begins_at);
        for (step, bounds) in what_if.what_if.steps.iter().zip(&what_if.times.events) {
            prop_assert_eq!(bounds.own.is_some(), step.provenance != Provenance::Skipped, "what is not left out has bounds");
            let within = bounds.own.is_none_or(|bounds| {
                let time = step.event.recorded_at;
                time >= bounds.earliest && bounds.latest.is_none_or(|latest| time <= latest)
            });
            prop_assert!(within, "{:?} is not within {:?}", step.event.recorded_at, bounds);
        }

        let sound: Vec<StreamName> = ends_of_lane(&what_if).into_keys().collect();
        let store: std::sync::Arc<dyn es_core::EventReader> = copy.store.clone();
        let on_copy = Inspector::new(store, past::domain(), inspector::View::default());
        let expected = waits(ends(&on_copy, &sound));
        for (stream, state) in ends_of_lane(&what_if) {
            prop_assert_eq!(Some(&state), expected.get(&stream), "{} ends in the same state", stream);
        }
        copy.store.close();
    }

    #[test]
    fn processes_and_timers_run_as_they_would_on_a_copy(bank in 0..6_u64, seed in any::<u64>()) {
        let (past, mut dice) = (past(bank), Dice::new(seed));
        let mut scenario = forked(past, &mut dice);
        scenario.through = Through::Fork;
        scenario.steps = (0..2 + dice.below(5) as usize)
            .map(|number| match dice.below(3) {
                0 => Step::Clock(ClockStep::BySeconds(dice.below(90 * 86_400) as u32)),
                1 => Step::Processes,
                _ => some_command(past, number, &mut dice),
            })
            .collect();
        // The clock begins where the log stands at the fork, or at some time after that, months later at most.
        let fork = fork_of(&scenario);
        let log_time = past.events.iter().rev().find(|event| event.position <= fork).map(|event| event.recorded_at);
        scenario.clock = log_time.filter(|_| dice.below(2) == 0).map(|time| some_time(time, None, &mut dice));
        let bytes = past.bytes();
        let answer = waits(run(&past.inspector(), &scenario));
        prop_assert!(bytes == past.bytes(), "the store has the same bytes");
        let what_if = match answer {
            Ok(what_if) => what_if,
            Err(WhatIfError::Inspect(error)) if error.code() == "unknown_stream" => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        if let Some(expected) = scenario.clock.or(log_time) {
            prop_assert_eq!(what_if.begins_at, expected, "the clock begins where it is told to, or at the log's time");
        }
        let streams: Vec<_> = what_if.streams.iter().map(|(stream, _)| stream).collect();
        let before = past.events.iter().filter(|event| event.position <= what_if.fork && streams.contains(&&event.stream));
        let history: Vec<RecordedEvent> = before.cloned().collect();
        let (answers, written) = waits(async {
            let copy = Copy::of(&history, what_if.begins_at).await;
            let mut answers = Vec::new();
            for (index, step) in scenario.steps.iter().enumerate() {
                answers.push(copy.does(index, step).await);
            }
            let written = copy.written().await;
            copy.store.close();
            (answers, written)
        });
        prop_assert_eq!(what_if.steps.iter().map(of_report).collect::<Vec<_>>(), answers, "every step has the same answer");
        let mut expected = of_events(&written);
        let mut told = of_steps(&what_if.what_if.steps);
        // Instances of processes may be worked on in any order; what each does is the same.
        expected.sort();
        told.sort();
        prop_assert_eq!(told, expected, "and has led to the same events");
    }
}

#[test]
fn an_edited_event_that_no_longer_decodes_is_a_failed_step_and_no_crash() {
    let past = past(1);
    let opened = past.events.iter().find(|event| &*event.event_type == "AccountOpened").expect("an account");
    let before = Position(opened.position.get() - 1);
    let mut scenario = Scenario::new("broken", Fork::Position(before), vec![opened.stream.clone()]);
    scenario.through = Through::Head;
    let payload = Some(json_text(&json!({"accountId": 7})));
    scenario.edits = vec![Edit::Replace { event: EventRef::Id(opened.event_id), payload, recorded_at: None }];
    let deposit = json!({"accountId": opened.stream.id(), "amount": {"minor": "100", "currency": "EUR"}});
    scenario.steps = vec![command("Deposit", &deposit), Step::Processes];
    let what_if = waits(run(&past.inspector(), &scenario)).expect("it runs");
    let first = &what_if.what_if.steps[0];
    assert_eq!(first.provenance, Provenance::Replaced);
    assert!(
        first.error.as_ref().is_some_and(|error| error.contains("AccountOpened does not decode")),
        "the reason is told: {:?}",
        first.error
    );
    assert_eq!(first.before, first.after, "the state stays as it was");
    let second =
        what_if.what_if.steps.iter().find(|step| step.event.stream == opened.stream && step.event_id != first.event_id);
    let error = second.and_then(|step| step.error.as_deref()).expect("later events are not folded");
    assert!(error.contains("not folded, because"), "{error}");
    let StepOutcome::Failed { code, .. } = &what_if.steps[0].outcome else { panic!("{:?}", what_if.steps[0]) };
    assert_eq!(code, "undecodable_event");
}

/// A transfer between two accounts, the first of which has an event that does not decode, inserted at the end of the log.
fn half_done(past: &Past) -> (Scenario, StreamName, StreamName) {
    let accounts = past.streams("account");
    let of = |account: &StreamName| past.events.iter().filter(|event| event.stream == *account).count();
    let source = accounts.iter().max_by_key(|account| of(account)).expect("accounts").clone();
    let target = accounts.iter().find(|account| **account != source).expect("another").clone();
    let last = past.events.iter().rfind(|event| event.stream == source).expect("an event");
    let fork = Fork::Position(Position(last.position.get() - 1));
    let mut scenario = Scenario::new("half done", fork, vec![source.clone()]);
    scenario.through = Through::Head;
    let inserted = Insertion {
        stream: source.clone(),
        event_type: "AccountFrozen".into(),
        schema_version: 2,
        payload: json_text(&json!({"accountId": source.id()})),
        metadata: None,
        recorded_at: None,
    };
    scenario.edits = vec![Edit::Insert { after: Some(EventRef::Id(last.event_id)), inserted }];
    let amount = json!({"minor": "100", "currency": "EUR"});
    let transfer =
        json!({"transferId": "W-1", "source": source.id(), "target": target.id(), "amount": amount, "reference": ""});
    scenario.steps = vec![command("RequestTransfer", &transfer)];
    (scenario, source, StreamName::new("transfer-W-1").expect("a name"))
}

#[test]
fn a_process_that_a_command_leaves_stuck_is_named_under_it_with_the_reason_and_so_is_what_cannot_be_folded() {
    let past = past(1);
    let (mut scenario, source, transfer) = half_done(past);
    let what_if = waits(run(&past.inspector(), &scenario)).expect("it runs");
    let StepOutcome::Executed { events, consequences, stuck, .. } = &what_if.steps[0].outcome else {
        panic!("{:?}", what_if.steps[0])
    };
    assert_eq!(stuck.iter().map(|(stream, _)| stream).collect::<Vec<_>>(), [&transfer], "the transfer stands still");
    let why = &stuck[0].1;
    assert!(why.contains(source.as_str()) && why.contains("AccountFrozen"), "why it does: {why}");
    assert!(!why.contains("position"), "nobody can go to a place in the fork's own log: {why}");
    assert_eq!(what_if.steps[0].events, events + consequences, "nothing is done that was not asked for");
    let end = what_if.ends.iter().find(|end| end.stream == source).expect("the account takes part");
    assert!(end.is_told(), "an account that cannot be folded is no account that ends in the same state");
    let problem = end.problem().expect("it cannot be folded").to_string();
    assert!(!problem.contains("position 0"), "an inserted event has no position: {problem}");

    scenario.edits.clear();
    let sound = waits(run(&past.inspector(), &scenario)).expect("it runs");
    assert_eq!(sound.steps[0].outcome.stuck(), [], "what goes on, or waits, is not stuck");
}

#[test]
fn a_test_of_a_step_that_leaves_a_process_stuck_says_what_it_cannot_promise() {
    let past = past(1);
    let (scenario, _, transfer) = half_done(past);
    for anonymous in [false, true] {
        let cancel = CancellationToken::new();
        let options = TestOptions { name: None, anonymous };
        let made = waits(past.inspector().what_if_test(&scenario, &options, Pace::quiet(&cancel))).expect("a test");
        let told = made.notes.iter().any(|note| note.contains("is stuck") && note.contains("cannot promise"));
        assert!(told, "{:?}", made.notes);
        assert_eq!(
            made.notes.concat().contains(transfer.id()),
            !anonymous,
            "notes name nobody either: {:?}",
            made.notes
        );
    }
}

#[test]
fn a_transfer_over_the_limit_is_refused_and_a_higher_limit_lets_it_through() {
    let past = past(2);
    let accounts: Vec<StreamName> = past
        .events
        .iter()
        .filter(|event| &*event.event_type == "AccountOpened")
        .filter(|event| {
            event.payload.as_json().is_some_and(|text| text.contains("\"EUR\"") && text.contains("\"current\""))
        })
        .map(|event| event.stream.clone())
        .collect();
    let (source, target) = (&accounts[0], &accounts[1]);
    let head = Position(EVENTS);
    let mut scenario = Scenario::new("more", Fork::Position(head), vec![source.clone()]);
    let request = json!({
        "transferId": "W-1", "source": source.id(), "target": target.id(),
        "amount": {"minor": "4000000", "currency": "EUR"}, "reference": "a car",
    });
    scenario.steps = vec![command("RequestTransfer", &request), Step::Processes];
    let refused = waits(run(&past.inspector(), &scenario)).expect("it runs");
    let types = |what_if: &WhatIf| -> Vec<String> {
        what_if.what_if.steps.iter().map(|step| step.event.event_type.clone()).collect()
    };
    assert!(types(&refused).contains(&"TransferRejected".to_owned()), "{:?}", types(&refused));
    let why = refused.streams.iter().find(|(stream, _)| stream == target).map(|(_, why)| *why);
    assert_eq!(why, Some(TakenBecause::Needed), "the target was found to be needed");

    let overdraft = json!({"accountId": source.id(), "overdraftLimit": {"minor": "4900000", "currency": "EUR"}});
    scenario.steps.insert(0, command("SetOverdraft", &overdraft));
    let allowed = waits(run(&past.inspector(), &scenario)).expect("it runs");
    assert!(matches!(allowed.steps[0].outcome, StepOutcome::Executed { events: 1, .. }), "{:?}", allowed.steps[0]);
    assert!(types(&allowed).contains(&"TransferCompleted".to_owned()), "{:?} {:?}", types(&allowed), allowed.steps);
}

#[test]
fn a_clock_that_begins_before_the_history_is_refused_with_both_times() {
    let past = past(1);
    let last = past.events.last().expect("events");
    let mut scenario = Scenario::new("early", Fork::Position(Position(EVENTS)), vec![last.stream.clone()]);
    scenario.clock = Some(last.recorded_at - Duration::microseconds(1));
    let error = waits(run(&past.inspector(), &scenario)).expect_err("it is refused");
    assert_eq!(error, WhatIfError::ClockBeforeHistory { clock: scenario.clock.expect("set"), last: last.recorded_at });
    scenario.clock = Some(last.recorded_at);
    let what_if = waits(run(&past.inspector(), &scenario)).expect("it begins at once");
    assert_eq!((what_if.begins_at, what_if.begins_at_earliest), (last.recorded_at, last.recorded_at));
}

#[test]
fn what_is_too_much_for_memory_is_refused_with_the_numbers_and_what_to_do() {
    let error = WhatIfError::TooManyEvents {
        events: 60_000,
        streams: 3,
        longest: StreamName::new("account-1").expect("a name"),
        of_longest: 58_000,
        most: inspector::limits::WHAT_IF_EVENTS,
    };
    assert!(error.to_string().contains("account-1, has 58000"), "{error}");
    assert!(error.hint().contains("Name fewer streams"), "{}", error.hint());
}

#[test]
fn a_scenario_survives_its_file_letter_for_letter() {
    let (past, mut dice) = (past(3), Dice::new(11));
    for _ in 0..50 {
        let mut scenario = forked(past, &mut dice);
        scenario.edits = some_edits(&past.events, past.events[0].recorded_at, &mut dice);
        scenario.steps = (0..3).map(|number| some_command(past, number, &mut dice)).collect();
        scenario.steps.push(Step::Processes);
        scenario.steps.push(Step::Clock(ClockStep::BySeconds(60)));
        let text = scenario.to_text();
        let read = Scenario::parse(&text).expect("it reads back");
        assert_eq!(read.to_text(), text, "the same bytes");
        assert_eq!(read, scenario);
    }
    let exact = r#"{"format":"ledgerscope-what-if","version":1,"title":"t","streams":["a-1"],"fork":{"position":"1"},"through":"fork","steps":[{"command":{"commandType":"X","payload":{"n":12345678901234567890.10},"actor":"a"}}]}"#;
    let older = Scenario::parse(exact).expect("it reads");
    assert_eq!(older.clock, None, "a file without a clock begins where the log stands");
    let text = older.to_text();
    assert!(text.contains("12345678901234567890.10"), "numbers stay as they are written: {text}");
}

#[test]
fn what_is_no_scenario_is_refused_with_the_place() {
    let code = |text: &str| Scenario::parse(text).expect_err("it is refused");
    assert_eq!(code("{").code(), "not_a_scenario");
    assert_eq!(code(r#"{"format":"else"}"#).code(), "not_a_scenario");
    assert_eq!(code(r#"{"format":"ledgerscope-what-if","version":2}"#).code(), "newer_scenario");
    let misfit = code(
        r#"{"format":"ledgerscope-what-if","version":1,"title":"t","streams":["a-1"],"fork":{"position":1},"through":"fork"}"#,
    );
    assert_eq!(misfit.code(), "scenario_misfit");
    assert!(misfit.to_string().contains("line 1 column"), "{misfit}");
    let unknown = code(
        r#"{"format":"ledgerscope-what-if","version":1,"title":"t","streams":["a-1"],"fork":{"position":"1"},"through":"fork","spets":[]}"#,
    );
    assert!(unknown.to_string().contains("spets"), "{unknown}");
}
