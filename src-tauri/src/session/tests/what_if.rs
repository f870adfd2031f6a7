//! What-ifs as the window sees them: two lanes with exact texts, files that read back, tests; and the log as it was.

use super::*;
use crate::session::what_if::{from_wire, to_wire};
use crate::wire::{
    WhatIfEdit, WhatIfEventRef, WhatIfFork, WhatIfOutcome, WhatIfProvenance, WhatIfScenario, WhatIfStep, WhatIfThrough,
};

const STREAM: &str = "account-1001";

/// A fork of the first account behind a version, with what followed it.
fn forked(version: &str) -> WhatIfScenario {
    WhatIfScenario {
        title: "What if".to_owned(),
        streams: vec![STREAM.to_owned()],
        correlated: false,
        fork: WhatIfFork::Stream { name: STREAM.to_owned(), version: version.to_owned() },
        through: WhatIfThrough::Head,
        clock: None,
        edits: Vec::new(),
        steps: Vec::new(),
    }
}

fn withdrawal(minor: u32) -> WhatIfStep {
    WhatIfStep::Command {
        command_type: "Withdraw".to_owned(),
        payload: json!({ "accountId": "1001", "amount": euros(minor) }).to_string(),
        actor: "ada".to_owned(),
        reason: None,
        business_date: None,
    }
}

#[tokio::test]
async fn an_event_is_left_out_and_a_command_is_refused_with_its_numbers_and_nothing_is_written() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let before = head(&session).await;
    let mut scenario = forked("2");
    let same = session.what_if(scenario.clone(), bench.task().0).await.expect("it runs");
    assert!(same.rows.iter().all(|row| row.same), "nothing is different yet");
    let deposit = same.original.steps.last().expect("a deposit");
    assert_eq!(deposit.row.event_type, "MoneyDeposited");
    let settled = deposit.changes.iter().find(|node| node.path == "/settled").expect("a change");
    assert_eq!((settled.before.as_deref(), settled.display.as_deref()), (Some("0.00 EUR"), Some("100.00 EUR")));

    scenario.edits = vec![WhatIfEdit::Skip { event: WhatIfEventRef::Id { id: deposit.event_id.clone() } }];
    scenario.steps = vec![withdrawal(1), WhatIfStep::ClockBy { seconds: 60 }, WhatIfStep::Processes];
    let (task, seen) = bench.task();
    let answer = session.what_if(scenario, task).await.expect("it runs");
    assert!(seen.lock().last().is_some_and(|progress| progress.finished), "the task ends");
    let skipped = answer.what_if.steps.last().expect("it is told");
    assert_eq!((skipped.provenance, skipped.edit), (WhatIfProvenance::Skipped, Some(0)));
    let WhatIfOutcome::Rejected { code, details, .. } = &answer.steps[0].outcome else { panic!("{:?}", answer.steps) };
    assert_eq!(code, "insufficient_funds");
    let available = details.iter().find(|detail| detail.name == "available").map(|detail| detail.value.as_str());
    assert_eq!(available, Some("0.00 EUR"));
    let end = answer.ends.iter().find(|end| end.stream == STREAM).expect("it ends");
    assert!(end.changed_paths.contains(&"/settled/minor".to_owned()), "{:?}", end.changed_paths);
    assert_eq!(head(&session).await, before, "the log is as it was");
}

#[tokio::test]
async fn a_scenario_crosses_to_the_window_and_back_and_bad_texts_are_named() {
    let mut scenario = forked("2");
    scenario.clock = Some("2031-01-01T00:00:00.000000Z".to_owned());
    scenario.edits = vec![
        WhatIfEdit::Move { event: WhatIfEventRef::Position { position: "9".to_owned() }, after: None },
        WhatIfEdit::Insert {
            after: Some(WhatIfEventRef::Position { position: "9".to_owned() }),
            stream: STREAM.to_owned(),
            event_type: "X".to_owned(),
            schema_version: 2,
            payload: "{\n  \"n\": 12345678901234567890.10\n}".to_owned(),
            metadata: None,
            recorded_at: None,
        },
    ];
    scenario.steps = vec![withdrawal(1), WhatIfStep::ClockTo { time: "2031-01-02T00:00:00.000000Z".to_owned() }];
    let read = from_wire(scenario.clone()).expect("sound");
    let WhatIfEdit::Insert { payload, .. } = &to_wire(&read).edits[1] else { panic!("an insertion") };
    assert!(payload.contains("12345678901234567890.10"), "numbers stay as they are written: {payload}");
    assert_eq!(from_wire(to_wire(&read)).map(|again| to_wire(&again)).expect("sound"), to_wire(&read));

    let refused = |change: &dyn Fn(&mut WhatIfScenario)| {
        let mut bad = scenario.clone();
        change(&mut bad);
        from_wire(bad).expect_err("it is refused")
    };
    let not_json = refused(&|bad| {
        bad.steps = vec![WhatIfStep::Command {
            command_type: "Withdraw".to_owned(),
            payload: "{".to_owned(),
            actor: "ada".to_owned(),
            reason: None,
            business_date: None,
        }];
    });
    assert_eq!(not_json.code, "malformed_json");
    assert_eq!(refused(&|bad| bad.clock = Some("now".to_owned())).code, "bad_argument");
    assert_eq!(refused(&|bad| bad.fork = WhatIfFork::Position { position: "-1".to_owned() }).code, "bad_argument");
}

#[tokio::test]
async fn a_test_is_made_of_it_and_one_without_a_step_is_refused() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let mut scenario = forked("2");
    let error = session.what_if_test(scenario.clone(), None, false, bench.task().0).await.expect_err("no test");
    assert_eq!(error.code, "nothing_to_test");
    scenario.steps = vec![withdrawal(20_000)];
    let made = session.what_if_test(scenario.clone(), None, false, bench.task().0).await.expect("a test");
    assert!(made.source.contains("then_refused(\"insufficient_funds\""), "{}", made.source);
    let nobodys = session.what_if_test(scenario, None, true, bench.task().0).await.expect("a test");
    assert!(!nobodys.source.contains("1001"), "{}", nobodys.source);
}

#[tokio::test]
async fn a_scenario_is_saved_under_the_name_that_was_typed_and_replaces_nothing() {
    let (bench, _session) = Bench::with_store().await;
    let typed = bench.file("kept").display().to_string();
    let told = bench.bench.save_what_if(forked("2"), Some(typed.clone())).await.expect("saved").expect("a path");
    assert_eq!(told, format!("{typed}.whatif.json"), "what it is can be seen from its name");
    let opened = bench.bench.open_what_if(Some(told.clone())).await.expect("opened").expect("a file");
    assert_eq!(opened.scenario, forked("2"));
    let again = bench.bench.save_what_if(forked("3"), Some(typed)).await.expect_err("it is there");
    assert_eq!(again.code, "file_exists");
    let kept = bench.bench.open_what_if(Some(told)).await.expect("opened").expect("a file");
    assert_eq!(kept.scenario, forked("2"), "and is as it was");
}

#[tokio::test]
async fn a_dialog_that_is_dismissed_saves_and_opens_nothing() {
    let (bench, _session) = Bench::with_store().await;
    assert_eq!(bench.bench.save_what_if(forked("2"), None).await.expect("answered"), None);
    assert!(bench.bench.open_what_if(None).await.expect("answered").is_none());
    let folder = bench.file("kept.whatif.json");
    let text = from_wire(forked("2")).expect("sound").to_text();
    let outgoing = crate::workbench::what_if::Outgoing { what: "whatIf", events: 0, text: text.clone() };
    let journal = crate::journal::Journal::new(&DataFolder::at(bench.file("data")).expect("there"));
    outgoing.write("store".to_owned(), &folder, &journal).expect("written");
    assert_eq!(fs::read_to_string(&folder).expect("there"), text);
    assert!(fs::read_to_string(journal.path()).expect("a journal").contains("\"what\":\"whatIf\""));
}

#[tokio::test]
async fn an_example_of_an_event_is_of_its_newest_version_and_for_the_stream_that_it_goes_into() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let example =
        async |event_type: &str, stream: &str| session.event_example(event_type, stream).await.expect("answered");
    let payload = |example: &crate::wire::EventExample| {
        serde_json::from_str::<serde_json::Value>(&example.payload).expect("JSON")
    };

    let there = example("MoneyDeposited", STREAM).await.expect("it is known");
    assert_eq!(there.schema_version, 2, "the newest version");
    assert_eq!(payload(&there)["accountId"], "1001");
    let elsewhere = example("MoneyDeposited", "account-7777").await.expect("it is known");
    assert_eq!(payload(&elsewhere)["accountId"], "7777", "it is about the stream that it goes into");
    assert!(!elsewhere.payload.contains("1001"), "and about no other: {}", elsewhere.payload);

    // Of what was never recorded, the schema says what there has to be, and the domain can read that.
    let never = example("AccountFrozen", STREAM).await.expect("it is known");
    assert_eq!(payload(&never)["accountId"], "1001");
    let known = session.domain.event_types.iter().find(|known| known.event_type == "AccountFrozen").expect("known");
    assert_eq!(never.schema_version, known.schema_version);
    assert!(example("Nonsense", STREAM).await.is_none(), "of what nobody knows there is no example");
    assert!(session.event_example("AccountFrozen", "").await.is_err(), "an empty name is no stream");
}
