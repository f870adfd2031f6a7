//! The command desk: every command from its form alone, its history, and two actors on one version.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::wire::{
    CommandHistoryPage, CommandHistoryQuery, CommandOutcome, TheatreActor, TheatreMove, TheatreRequest, TheatreStage,
};

fn of(bench: &Bench, outcomes: &[CommandOutcome]) -> impl Future<Output = CommandHistoryPage> {
    let query = CommandHistoryQuery { outcomes: outcomes.to_vec(), limit: 200, ..CommandHistoryQuery::default() };
    let asked = bench.bench.command_history(query);
    async move { asked.await.expect("readable") }
}

#[tokio::test]
async fn a_payload_is_checked_while_it_is_typed_with_the_place_of_each_fault() {
    let (bench, session) = Bench::with_store().await;
    let payload =
        json!({ "accountId": "1001", "amount": { "minor": "-1", "currency": "EUR" }, "valueDate": "yesterday" });
    let faults = session.check_command("Deposit", &payload.to_string());
    let places: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(places, ["/amount/minor", "/valueDate"], "{faults:?}");
    assert_eq!(faults[0].message, "the amount must be from 0.01 EUR to 10,000,000,000,000.00 EUR", "as people say it");
    let long = json!({
        "transferId": "T-1", "source": "1", "target": "2",
        "amount": { "minor": "9223372036854775807", "currency": "JPY" }, "reference": "ä".repeat(9_999) + "z",
    });
    let faults = session.check_command("RequestTransfer", &long.to_string());
    let said: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
    let reference = said.iter().find(|said| said.contains("10000 characters")).expect("its length is told");
    assert!(reference.contains("…") && reference.ends_with("z\" has 10000 characters; at most 140 fit"), "{reference}");
    assert!(reference.chars().count() < 120, "and it is not repeated in full: {reference}");
    assert!(said.contains(&"the amount must be from 1 JPY to 1,000,000,000,000,000 JPY"), "{said:?}");
    assert!(
        session.check_command("Deposit", &json!({ "accountId": "1001", "amount": euros(5) }).to_string()).is_empty()
    );
    let faults = session.check_command("Deposit", "{");
    assert_eq!((faults.len(), faults[0].path.as_str()), (1, ""), "what is no JSON has no places: {faults:?}");
    assert_eq!(head(&session).await, 0, "checking writes nothing");
    assert_eq!(of(&bench, &[]).await.total, 0, "and is no part of the history");
}

#[tokio::test]
async fn the_history_keeps_every_outcome_with_its_numbers_and_survives_a_restart() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let withdraw = |minor: u32| request("Withdraw", json!({ "accountId": "1001", "amount": euros(minor) }));
    let executed = withdraw(100);
    for sent in [executed.clone(), executed.clone(), withdraw(99_999_999)] {
        bench.bench.execute(&session, sent).await.expect("answered");
    }
    let late = CommandRequest { expected_version: Some("1".to_owned()), ..withdraw(1) };
    bench.bench.execute(&session, late).await.expect("answered");
    let reused = CommandRequest { command_id: executed.command_id.clone(), ..withdraw(2) };
    bench.bench.execute(&session, reused).await.expect_err("an id means one content");

    bench.bench.close().await;
    let data = DataFolder::at(bench.folder.path().join("data")).expect("there");
    let nobody = Arc::new(|_| ());
    let again =
        Workbench::new(data, Arc::new(MemorySecrets::default()), nobody, Box::new(|_, answer| drop(answer.send(None))));
    again.open(None).await.expect("opened again");
    let query = CommandHistoryQuery { limit: 50, ..CommandHistoryQuery::default() };
    let page = again.command_history(query).await.expect("readable");
    let outcomes: Vec<_> = page.entries.iter().map(|entry| entry.outcome).collect();
    let told = [
        CommandOutcome::Failed,
        CommandOutcome::Conflict,
        CommandOutcome::Rejected,
        CommandOutcome::AlreadyDone,
        CommandOutcome::Executed,
    ];
    assert_eq!(outcomes, told, "newest first, refusals and conflicts among them");
    let [failed, conflict, rejected, _, first] = &page.entries[..] else { panic!("five") };
    assert_eq!(failed.code.as_deref(), Some("command_id_reused"));
    assert!(conflict.details.iter().any(|detail| detail.name == "expected" && detail.value == "1"), "{conflict:?}");
    assert_eq!(rejected.code.as_deref(), Some("insufficient_funds"));
    assert!(rejected.details.iter().any(|detail| detail.value == "999,999.99 EUR" || detail.value == "999999.99 EUR"));
    assert_eq!((first.events, first.stream.as_deref()), (Some(1), Some("account-1001")));
    assert_eq!(first.payload.as_deref(), Some(executed.payload.as_str()), "the payload is as it was typed");
    again.close().await;
}

#[tokio::test]
async fn personal_data_stand_neither_in_the_history_nor_in_any_other_plain_file() {
    let (bench, session) = Bench::with_store().await;
    let secrets = ["Wilhelmina", "Achtzehnhundert", "2999-12-31", "wilhelmina@example.org"];
    let payload = json!({
        "customerId": "C77", "givenName": secrets[0], "familyName": secrets[1], "birthDate": secrets[2], "email": secrets[3],
    });
    let refused = bench.bench.execute(&session, request("RegisterCustomer", &payload)).await.expect("answered");
    let CommandResult::Rejected { message, .. } = refused else {
        panic!("a birth date to come is refused: {refused:?}")
    };
    assert!(message.contains(secrets[2]), "the person who typed it is told: {message}");
    let page = of(&bench, &[]).await;
    let [entry] = &page.entries[..] else { panic!("one entry: {page:?}") };
    assert_eq!(entry.withheld, ["givenName", "familyName", "birthDate", "email"], "what was left out is named");
    assert_eq!(entry.payload.as_deref(), Some(r#"{"customerId":"C77"}"#), "the rest is there for doing the same again");
    assert!(entry.message.as_deref().is_some_and(|message| message.contains('…')), "{entry:?}");
    let mut folders = vec![bench.folder.path().join("data").join("commands")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            let bytes = fs::read(&path).expect("readable");
            files += 1;
            for secret in secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} stands in {}", path.display());
            }
        }
    }
    assert!(files > 0, "there is a file to look at");
}

#[tokio::test]
async fn each_read_model_is_followed_to_a_position() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let end = head(&session).await.to_string();
    assert!(session.wait_until(&end).await.expect("answered"), "they catch up");
    let reach = session.read_models_reach(&end).await.expect("answered");
    assert_eq!(reach.limit_seconds, 10, "the time that is waited is told");
    assert!(reach.models.len() > 3 && reach.models.iter().all(|model| model.reached), "{reach:?}");
    session.pause_projection("accounts").await.expect("paused");
    let later = done(&session, "Deposit", json!({ "accountId": "1001", "amount": euros(1) })).await;
    let begun = Instant::now();
    let late = loop {
        let reach = session.read_models_reach(&later).await.expect("answered");
        let late: Vec<_> = reach.models.into_iter().filter(|model| !model.reached).collect();
        if late.len() == 1 {
            break late;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the others catch up: {late:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(late[0].name, "accounts", "only that one is late");
    assert_eq!(late[0].state, Some(ProjectionState::Paused), "and why");
}

#[tokio::test]
async fn a_dry_run_tells_what_processes_make_of_a_command_and_why_a_transfer_would_be_refused() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let before = head(&session).await;
    let transfer = |minor: u32| {
        let payload = json!({
            "transferId": "T-9", "source": "1001", "target": "1002", "amount": euros(minor), "reference": "Rent",
        });
        request("RequestTransfer", payload)
    };
    let follows = async |minor: u32| match session.dry_run(transfer(minor)).await.expect("answered") {
        DryRun::Accepted { follows: Some(follows), .. } => follows,
        other => panic!("accepted, with what follows: {other:?}"),
    };
    let types = |rows: &[crate::wire::EventRow]| rows.iter().map(|row| row.event_type.clone()).collect::<Vec<_>>();
    let made = follows(5_000).await;
    assert!(types(&made).contains(&"TransferCompleted".to_owned()), "{:?}", types(&made));
    let refused = follows(99_999).await;
    assert!(types(&refused).contains(&"TransferRejected".to_owned()), "{:?}", types(&refused));
    let said: Vec<_> = refused.iter().filter_map(|row| row.sentence.clone()).collect();
    assert!(said.iter().any(|said| said.contains("100.00") && said.contains("999.99")), "with the numbers: {said:?}");
    assert_eq!(head(&session).await, before, "nothing is written");
}

#[tokio::test]
async fn a_transfer_that_a_rule_refuses_after_its_command_was_accepted_is_told_as_refused() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let transfer = |id: &str, minor: u32| {
        let payload = json!({
            "transferId": id, "source": "1001", "target": "1002", "amount": euros(minor), "reference": "Rent",
        });
        request("RequestTransfer", payload)
    };
    let numbers = |said: &str| said.contains("100.00") && said.contains("999.99") && said.ends_with('.');
    let dry = session.dry_run(transfer("T-9", 99_999)).await.expect("answered");
    let DryRun::Accepted { refused: Some(refused), state, .. } = dry else { panic!("accepted and refused: {dry:?}") };
    assert!(numbers(&refused.message) && !refused.begun, "by the rule, with its numbers: {refused:?}");
    let status = state.nodes.iter().find(|node| node.key == "status").expect("a transfer has a status");
    assert!(format!("{status:?}").contains("rejected"), "the state is the one after what follows: {status:?}");
    assert_eq!((state.compared_with.as_str(), state.last_version.as_str()), ("0", "0"));
    let made = session.dry_run(transfer("T-9", 5_000)).await.expect("answered");
    assert!(matches!(made, DryRun::Accepted { refused: None, .. }), "one that is made is not: {made:?}");
    let done = bench.bench.execute(&session, transfer("T-9", 99_999)).await.expect("answered");
    let CommandResult::Executed { refused: Some(told), events, .. } = done else { panic!("carried out: {done:?}") };
    assert_eq!((told.message, events.len()), (refused.message, 1), "execution tells the same");
    let page = of(&bench, &[]).await;
    let entry = &page.entries[0];
    assert!(entry.outcome == CommandOutcome::Executed && entry.code == Some(told.code), "{entry:?}");
    assert!(entry.message.as_deref().is_some_and(numbers), "and so does the history: {entry:?}");
}

#[tokio::test]
async fn a_dry_run_tells_the_conflict_that_executing_would_end_in() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    for (account, expected, there) in [("1001", "1", None), ("1001", "7000", None), ("7777", "3", Some("0"))] {
        let payload = json!({ "accountId": account, "amount": euros(1) });
        let sent =
            CommandRequest { expected_version: Some(expected.to_owned()), ..request("Withdraw", payload.to_string()) };
        let dry = session.dry_run(sent.clone()).await.expect("answered");
        let CommandResult::Conflict { actual, .. } = session.execute(sent).await.expect("answered") else {
            panic!("{account} at {expected} conflicts")
        };
        let DryRun::Conflict { stream, expected: told, actual: seen } = dry else { panic!("a conflict: {dry:?}") };
        assert_eq!((stream, told.as_str(), &seen), (format!("account-{account}"), expected, &actual));
        assert!(there.is_none_or(|there| there == seen), "a stream that does not exist is at 0: {seen}");
    }
}

#[tokio::test]
async fn a_reason_is_as_long_as_any_other_and_counted_in_characters() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let most = es_core::limits::REASON_CHARACTERS;
    let because = |reason: String| CommandRequest {
        reason: Some(reason),
        ..request("Deposit", json!({ "accountId": "1001", "amount": euros(1) }))
    };
    let longest = session.execute(because("ä".repeat(most))).await.expect("letters are counted, not bytes");
    assert!(matches!(longest, CommandResult::Executed { .. }), "{longest:?}");
    for answer in [
        session.execute(because("x".repeat(most + 1))).await.map(drop),
        session.dry_run(because("x".repeat(most + 1))).await.map(drop),
    ] {
        let error = answer.expect_err("it is too long");
        assert_eq!(error.code, "bad_reason");
        assert!(error.message.contains("2000") && error.message.contains("2001"), "{}", error.message);
    }
}

fn two_withdrawals(first: u32, second: u32, rehearsal: bool) -> TheatreRequest {
    let withdraw = |minor: u32| request("Withdraw", json!({ "accountId": "1001", "amount": euros(minor) }));
    TheatreRequest { first: withdraw(first), second: withdraw(second), rehearsal }
}

async fn opened(session: &Session, request: TheatreRequest) -> TheatreStage {
    let stage = session.theatre_open(request).await.expect("both decide");
    for decision in [&stage.first, &stage.second] {
        let DryRun::Accepted { version, .. } = decision else { panic!("both are accepted: {decision:?}") };
        assert_eq!(*version, stage.version, "both have seen the same version");
    }
    stage
}

#[tokio::test]
async fn in_a_rehearsal_one_wins_the_other_conflicts_and_is_refused_on_fresh_state_and_nothing_is_written() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let before = head(&session).await;
    let stage = opened(&session, two_withdrawals(8_000, 7_000, true)).await;
    let play = |actor, what| session.theatre_rehearse(&stage.id, actor, what);
    let won = play(TheatreActor::First, TheatreMove::Append).await.expect("answered");
    assert!(matches!(won.result, CommandResult::Executed { .. }), "{won:?}");
    let lost = play(TheatreActor::Second, TheatreMove::Append).await.expect("answered");
    let CommandResult::Conflict { expected, actual, .. } = &lost.result else { panic!("a conflict: {lost:?}") };
    let next = (stage.version.parse::<u64>().expect("a number") + 1).to_string();
    assert_eq!((expected, actual), (&stage.version, &next), "with both versions");
    let between = lost.between.expect("what changed in between");
    assert_eq!(between.count, "1");
    assert_eq!(between.events[0].event_type, "MoneyWithdrawn");
    assert!(
        between.state.changed_paths.iter().any(|path| path.contains("settled")),
        "{:?}",
        between.state.changed_paths
    );
    let again = play(TheatreActor::Second, TheatreMove::Append).await.expect_err("there is nothing left to append");
    assert_eq!(again.code, "nothing_decided");
    let retried = play(TheatreActor::Second, TheatreMove::Retry).await.expect("answered");
    let CommandResult::Rejected { code, details, .. } = &retried.result else { panic!("refused: {retried:?}") };
    assert_eq!(code, "insufficient_funds");
    assert!(details.iter().any(|detail| detail.value.starts_with("20.00")), "with the fresh numbers: {details:?}");
    let wrong = session.theatre_write(&stage.id, TheatreActor::First, TheatreMove::Retry).await;
    assert_eq!(wrong.expect_err("a rehearsal is not written").code, "other_stage");
    assert_eq!(head(&session).await, before, "nothing was written to the store");
    assert_eq!(of(&bench, &[]).await.total, 0, "a rehearsal is no part of the history");
    session.theatre_close(&stage.id).await;
    let gone = session.theatre_rehearse(&stage.id, TheatreActor::First, TheatreMove::Retry).await;
    assert_eq!(gone.expect_err("it is closed").code, "not_found");
}

#[tokio::test]
async fn on_the_store_the_loser_is_carried_out_on_fresh_state_and_the_conflict_is_in_the_history() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let before = head(&session).await;
    let stage = opened(&session, two_withdrawals(1_000, 2_000, false)).await;
    assert_eq!(head(&session).await, before, "deciding writes nothing");
    let play = |actor, what| bench.bench.theatre_write(&session, &stage.id, actor, what);
    play(TheatreActor::Second, TheatreMove::Append).await.expect("answered");
    let lost = play(TheatreActor::First, TheatreMove::Append).await.expect("answered");
    assert!(matches!(lost.result, CommandResult::Conflict { .. }), "{lost:?}");
    let retried = play(TheatreActor::First, TheatreMove::Retry).await.expect("answered");
    assert!(matches!(retried.decision, Some(DryRun::Accepted { .. })), "it is decided anew: {retried:?}");
    assert!(matches!(retried.result, CommandResult::Executed { .. }), "{retried:?}");
    assert_eq!(head(&session).await, before + 2, "both are in the log");
    let outcomes: Vec<_> = of(&bench, &[]).await.entries.iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes, [CommandOutcome::Executed, CommandOutcome::Conflict, CommandOutcome::Executed]);
}

#[tokio::test]
async fn two_who_cannot_meet_are_told_so() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let mut apart = two_withdrawals(1, 1, true);
    apart.second.payload = json!({ "accountId": "1002", "amount": euros(1) }).to_string();
    let refused = session.theatre_open(apart).await.expect_err("two streams");
    assert_eq!(refused.code, "different_streams");
    assert!(refused.message.contains("account-1001") && refused.message.contains("account-1002"), "{refused}");
    let mut twin = two_withdrawals(1, 1, true);
    twin.second.command_id.clone_from(&twin.first.command_id);
    assert_eq!(session.theatre_open(twin).await.expect_err("one id").code, "bad_argument");
    let mut none = two_withdrawals(1, 1, true);
    none.first.payload = "{}".to_owned();
    assert_eq!(session.theatre_open(none).await.expect_err("no command").code, "bad_shape");
}

#[tokio::test]
async fn a_read_only_store_takes_a_rehearsal_and_no_play() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let path = session.chosen().target.path().expect("a file").to_owned();
    bench.bench.close().await;
    let mut permissions = fs::metadata(&path).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).expect("changed");
    bench.bench.open(Some(path)).await.expect("it can be read");
    let session = bench.bench.session().expect("open");
    let refused = session.theatre_open(two_withdrawals(1, 1, false)).await.expect_err("it cannot be written");
    assert_eq!(refused.code, "read_only");
    let stage = opened(&session, two_withdrawals(1, 1, true)).await;
    let turn = session.theatre_rehearse(&stage.id, TheatreActor::First, TheatreMove::Append).await.expect("answered");
    assert!(matches!(turn.result, CommandResult::Executed { .. }), "{turn:?}");
}

/// Every payload that a command's schema gives as an example, and the command's own.
fn examples(command: &crate::wire::CommandInfo) -> Vec<serde_json::Value> {
    let schema: serde_json::Value = serde_json::from_str(&command.schema).expect("a schema is JSON");
    let own: serde_json::Value = serde_json::from_str(&command.example).expect("an example is JSON");
    let mut examples = schema["examples"].as_array().cloned().unwrap_or_default();
    assert!(!examples.is_empty(), "{}: a schema has examples", command.command_type);
    if !examples.contains(&own) {
        examples.push(own);
    }
    examples
}

/// The bank that the examples tell of: their customer, their accounts, and some money.
async fn bank_of_the_examples(session: &Session) {
    let issue = async |name: &str, payload: serde_json::Value, actor: &str| {
        let sent = CommandRequest { actor: actor.to_owned(), ..request(name, &payload) };
        let result = session.execute(sent).await.expect("answered");
        assert!(matches!(result, CommandResult::Executed { .. }), "{name} {payload}: {result:?}");
    };
    for command in session.commands() {
        let steps = ["RegisterCustomer", "SubmitIdentification", "RecordScreening", "AssessRisk"];
        if steps.contains(&command.command_type.as_str()) {
            issue(&command.command_type, serde_json::from_str(&command.example).expect("JSON"), "ada").await;
        }
    }
    issue("ApproveOnboarding", json!({ "customerId": "C-1001" }), "grace").await;
    for account in ["100234", "100235", "100245", "100300", "200117"] {
        let payload = json!({ "accountId": account, "customerId": "C-1001", "currency": "EUR", "product": "current" });
        issue("OpenAccount", payload, "ada").await;
        named_in_its_owners_record(session, account).await;
        issue("Deposit", json!({ "accountId": account, "amount": euros(100_000) }), "ada").await;
    }
}

#[tokio::test]
async fn every_command_for_people_is_accepted_or_refused_by_a_rule_and_never_by_its_shape() {
    let (bench, session) = Bench::with_store().await;
    bank_of_the_examples(&session).await;
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for command in session.commands() {
        for example in examples(&command) {
            let (name, payload) = (command.command_type.clone(), example.to_string());
            let faults = session.check_command(&name, &payload);
            assert!(faults.is_empty(), "{name} {payload}: {faults:?}");
            match bench.bench.execute(&session, request(&name, &payload)).await.expect("answered") {
                CommandResult::Executed { .. } => accepted.push(name),
                CommandResult::Rejected { code, message, .. } => {
                    assert!(!code.is_empty() && message.ends_with('.'), "{name}: a rule says why: {message}");
                    refused.push(format!("{name} {code}"));
                }
                other => panic!("{name} {payload}: {other:?}"),
            }
        }
    }
    accepted.dedup();
    refused.dedup();
    assert!(accepted.len() >= 25, "the examples fit together: {accepted:?}; refused: {refused:?}");
}

/// A command that two actors issue at once, or two about the same stream.
async fn meet(session: &Session, pair: [(&str, &str); 2]) -> TheatreStage {
    let [first, second] = pair.map(|(name, payload)| request(name, payload));
    let told = format!("{pair:?}");
    session.theatre_open(TheatreRequest { first, second, rehearsal: true }).await.unwrap_or_else(|error| {
        panic!("{told} meet on one version: {error}");
    })
}

/// Plays what both have decided, one after the other, in memory: whoever is late conflicts with the numbers and decides again. What
/// it came to, in a word.
async fn played(session: &Session, stage: &TheatreStage) -> &'static str {
    let play = async |actor, what| {
        let turn = session.theatre_rehearse(&stage.id, actor, what).await;
        turn.unwrap_or_else(|error| panic!("{}: {actor:?} {what:?}: {error}", stage.stream))
    };
    let seen: u64 = stage.version.parse().expect("a number");
    let (DryRun::Accepted { events, .. }, DryRun::Accepted { .. }) = (&stage.first, &stage.second) else {
        for (actor, decision) in [(TheatreActor::First, &stage.first), (TheatreActor::Second, &stage.second)] {
            if let DryRun::Rejected { code, .. } = decision {
                let again = play(actor, TheatreMove::Retry).await;
                let same = matches!(&again.result, CommandResult::Rejected { code: now, .. } if now == code);
                assert!(same, "{}: nothing has changed, so the same rule refuses: {again:?}", stage.stream);
            }
        }
        return "refused";
    };
    let won = play(TheatreActor::First, TheatreMove::Append).await;
    let CommandResult::Executed { stream, events: written, .. } = &won.result else { panic!("{won:?}") };
    assert_eq!((stream, written.len()), (&stage.stream, events.len()), "what was decided is what is written");
    let lost = play(TheatreActor::Second, TheatreMove::Append).await;
    if events.is_empty() {
        assert!(
            matches!(lost.result, CommandResult::Executed { .. }),
            "{}: nothing is in the way: {lost:?}",
            stage.stream
        );
        return "idle";
    }
    // Also if there was nothing to do: that was said of a version that is not the present one any more.
    let CommandResult::Conflict { stream, expected, actual, .. } = &lost.result else { panic!("{lost:?}") };
    let now = (seen + events.len() as u64).to_string();
    assert_eq!((stream, expected, actual), (&stage.stream, &stage.version, &now), "with both versions");
    let between = lost.between.as_ref().expect("what changed in between");
    let types: Vec<_> = between.events.iter().map(|event| event.event_type.as_str()).collect();
    let decided: Vec<_> = events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!((types, &between.count), (decided, &events.len().to_string()), "the winner's events, and no others");
    assert_eq!((&between.state.compared_with, &between.state.version), (&stage.version, &now));
    let retried = play(TheatreActor::Second, TheatreMove::Retry).await;
    match retried.result {
        CommandResult::Executed { .. } => "both",
        CommandResult::Rejected { .. } => "one",
        other => panic!("{}: decided on fresh state: {other:?}", stage.stream),
    }
}

/// Who has met over what, and how it ended.
#[derive(Default)]
struct Meetings {
    /// By category.
    ended: BTreeMap<String, BTreeSet<&'static str>>,
    /// Commands that were accepted before they met.
    accepted: BTreeSet<String>,
    refused: BTreeSet<String>,
}

impl Meetings {
    async fn take(&mut self, session: &Session, category: &str, pair: [(&str, &str); 2]) -> String {
        let stage = meet(session, pair).await;
        let stream = es_core::StreamName::new(&stage.stream).expect("a stream");
        assert_eq!(stream.category(), category, "{pair:?} are decided on a stream of their own kind");
        for ((name, _), decision) in pair.iter().zip([&stage.first, &stage.second]) {
            match decision {
                DryRun::Rejected { code, .. } => drop(self.refused.insert(format!("{name}: {code}"))),
                _ => drop(self.accepted.insert((*name).to_owned())),
            }
        }
        let how = played(session, &stage).await;
        self.ended.entry(category.to_owned()).or_default().insert(how);
        stage.stream
    }
}

#[tokio::test]
async fn two_actors_meet_on_any_stream_with_any_command_of_the_bank() {
    let (bench, session) = Bench::with_store().await;
    bank_of_the_examples(&session).await;
    let walked = session.commands().into_iter().flat_map(|command| {
        let payloads: Vec<String> = examples(&command).iter().map(ToString::to_string).collect();
        payloads.into_iter().map(move |payload| (command.category.clone(), command.command_type.clone(), payload))
    });
    // Quotes hold for hours, so those of the examples are over or far off.
    let rate = json!({ "numerator": "10834", "denominator": "10000" });
    let until = (chrono::Utc::now() + chrono::Duration::hours(2)).to_rfc3339();
    let quote = json!({
        "quoteId": "Q-4001", "sourceCurrency": "EUR", "targetCurrency": "USD", "rate": rate, "provenance": "Treasury",
        "validUntil": until,
    });
    let quote = ("quote".to_owned(), "QuoteRate".to_owned(), quote.to_string());
    let walked: Vec<(String, String, String)> = std::iter::once(quote).chain(walked).collect();
    let mut met = Meetings::default();
    for (category, name, payload) in &walked {
        met.take(&session, category, [(name, payload), (name, payload)]).await;
    }
    // Once more while the bank goes on, each also with the last one that was about the same stream.
    let mut last: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (category, name, payload) in &walked {
        let stream = met.take(&session, category, [(name, payload), (name, payload)]).await;
        if let Some(former) = last.insert(stream, (name, payload)) {
            met.take(&session, category, [former, (name, payload)]).await;
        }
        bench.bench.execute(&session, request(name, payload)).await.expect("answered");
    }
    let categories: Vec<_> = met.ended.keys().map(String::as_str).collect();
    assert_eq!(categories, ["account", "customer", "ledger", "order", "quote", "transaction", "transfer"]);
    let Meetings { ended, accepted, refused } = met;
    for (category, how) in &ended {
        assert!(how.contains("one") || how.contains("both"), "two have met over a {category}: {how:?}; {refused:?}");
    }
    assert!(accepted.len() >= 36, "many are accepted before they meet: {}: {accepted:?}; {refused:?}", accepted.len());
}
