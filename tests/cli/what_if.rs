//! What-ifs: created, carried out, told to people and programs, made into tests; the store stays as it is.

use serde_json::{Value, json};

use crate::support::Bench;

/// A scenario on the bench's accounts, in a file.
fn scenario(bench: &Bench, name: &str, more: Value) -> String {
    let mut scenario = json!({
        "format": "ledgerscope-what-if", "version": 1, "title": "A transfer with a higher limit",
        "streams": ["account-A-1"], "fork": {"stream": {"name": "account-A-1", "version": "3"}}, "through": "head",
    });
    let (Value::Object(all), Value::Object(more)) = (&mut scenario, more) else { panic!("objects") };
    all.extend(more);
    let file = bench.folder().join(name);
    std::fs::write(&file, scenario.to_string()).expect("the file is written");
    file.display().to_string()
}

fn command(command_type: &str, payload: Value, actor: &str) -> Value {
    json!({"command": {"commandType": command_type, "payload": payload, "actor": actor}})
}

fn transfer(minor: &str) -> Value {
    let amount = json!({"minor": minor, "currency": "EUR"});
    let payload =
        json!({"transferId": "T-1", "source": "A-1", "target": "A-2", "amount": amount, "reference": "a car"});
    command("RequestTransfer", payload, "maker")
}

fn withdrawal(minor: &str) -> Value {
    command("Withdraw", json!({"accountId": "A-1", "amount": {"minor": minor, "currency": "EUR"}}), "maker")
}

fn higher_limit() -> Value {
    let limit = json!({"minor": "400000", "currency": "EUR"});
    command("SetOverdraft", json!({"accountId": "A-1", "overdraftLimit": limit}), "checker")
}

#[test]
fn a_refused_command_is_told_with_its_rule_and_numbers_and_a_higher_limit_lets_it_through() {
    let bench = Bench::accounts();
    let before = std::fs::read(&bench.store).expect("the store");
    let refused = scenario(&bench, "refused.whatif.json", json!({"steps": [withdrawal("20000"), transfer("20000")]}));
    let told = bench.json(&["what-if", "--scenario", &refused]).ended_with(0).json();
    assert_eq!(told["steps"][0]["outcome"], "rejected");
    assert_eq!(told["steps"][0]["code"], "insufficient_funds");
    assert_eq!(told["steps"][0]["details"]["available"], "100.00 EUR");
    let text = bench.run(&["what-if", "--scenario", &refused]).ended_with(0).out;
    assert!(text.contains("REFUSED [insufficient_funds]") && text.contains("available: 100.00 EUR"), "{text}");
    let later = &told["steps"][1];
    assert_eq!(
        (&later["outcome"], &later["refused"]["code"]),
        (&json!("executed"), &json!("insufficient_funds")),
        "{later}"
    );
    assert!(
        text.contains("THE TRANSFER IS REJECTED [insufficient_funds]"),
        "accepted, and refused all the same: {text}"
    );
    assert!(text.contains("WHAT HAPPENED") && text.contains("WHAT WOULD HAVE HAPPENED"), "{text}");

    let steps = json!({"steps": [higher_limit(), transfer("20000")]});
    let allowed = scenario(&bench, "allowed.whatif.json", steps);
    let told = bench.json(&["what-if", "--scenario", &allowed]).ended_with(0).json();
    let events = told["whatIf"]["events"].as_array().expect("a list");
    assert!(events.iter().any(|event| event["eventType"] == "TransferCompleted"), "{told}");
    assert!(told["steps"].as_array().expect("a list").iter().all(|step| step["refused"].is_null()), "{told}");
    let differing: Vec<_> = told["differences"].as_array().expect("a list").iter().map(|end| &end["stream"]).collect();
    assert!(differing.contains(&&json!("account-A-2")), "the target was found to be needed: {told}");
    assert_eq!(std::fs::read(&bench.store).expect("the store"), before, "the store has the same bytes");
}

#[test]
fn events_are_left_out_and_shown_beside_what_happened() {
    let bench = Bench::accounts();
    let fork = json!({"stream": {"name": "account-A-1", "version": "2"}});
    let found = bench.json(&["events", "--stream", "account-A-1"]).ended_with(0).lines();
    let deposit = found.iter().find(|event| event["eventType"] == "MoneyDeposited").expect("a deposit");
    let edits = json!([{"skip": {"event": {"position": deposit["position"]}}}]);
    let file = scenario(&bench, "skip.whatif.json", json!({"fork": fork, "edits": edits, "steps": [withdrawal("1")]}));
    let told = bench.json(&["what-if", "--scenario", &file]).ended_with(0).json();
    assert_eq!(told["whatIf"]["events"][0]["provenance"], "skipped");
    assert_eq!(told["steps"][0]["code"], "insufficient_funds", "there is nothing on it: {told}");
    let text = bench.run(&["what-if", "--scenario", &file]).ended_with(0).out;
    assert!(text.contains("(left out: account-A-1 MoneyDeposited)"), "{text}");
    assert!(text.contains("~ settled: 0.00 EUR  (was 100.00 EUR)"), "{text}");
}

#[test]
fn a_scenario_is_created_and_not_replaced_unasked() {
    let bench = Bench::accounts();
    let file = bench.folder().join("new.whatif.json").display().to_string();
    let new = ["what-if", "--new", &file, "--stream", "account-A-1", "--at", "2", "--along", "head"];
    bench.run(&new).ended_with(0);
    let told = bench.json(&["what-if", "--scenario", &file]).ended_with(0).json();
    assert_eq!(told["original"]["total"], told["whatIf"]["total"]);
    assert_eq!(told["differences"], json!([]), "nothing is different yet");
    let again = bench.json(&new).ended_with(2).json();
    assert_eq!(again["error"]["code"], "file_exists");
    bench.run(&[&new[..], &["--replace"]].concat()).ended_with(0);
}

#[test]
fn the_clock_begins_where_it_is_told_to_in_the_file_or_on_the_line() {
    let bench = Bench::accounts();
    let file = bench.folder().join("late.whatif.json").display().to_string();
    let new = ["what-if", "--new", &file, "--stream", "account-A-1"];
    bench.run(&[&new[..], &["--clock", "2093-05-01T08:30:00Z"]].concat()).ended_with(0);
    let text = std::fs::read_to_string(&file).expect("the file");
    assert!(text.contains("\"clock\": \"2093-05-01T08:30:00Z\""), "it is kept in the file: {text}");
    let clock = |more: &[&str]| {
        let told = bench.json(&[&["what-if", "--scenario", &file], more].concat()).ended_with(0).json();
        told["clock"].as_str().expect("a time").to_owned()
    };
    assert_eq!(clock(&[]), "2093-05-01T08:30:00.000000Z");
    assert_eq!(clock(&["--clock", "2094-01-01"]), "2094-01-01T00:00:00.000000Z", "what is said on the line goes first");
    let early = bench.json(&["what-if", "--scenario", &file, "--clock", "1999-01-01"]).ended_with(2).json();
    assert_eq!(early["error"]["code"], "clock_before_history");
    let none = bench.json(&["what-if", "--scenario", &file, "--clock", "soon"]).ended_with(2).json();
    assert_eq!(none["error"]["code"], "bad_argument");
}

#[test]
fn an_event_may_have_been_recorded_at_another_time() {
    let bench = Bench::accounts();
    let events = bench.json(&["events", "--stream", "account-A-1"]).ended_with(0).lines();
    let last = events.last().expect("an event");
    let time = last["recordedAt"].as_str().expect("a time");
    let fork = json!({"stream": {"name": "account-A-1", "version": "1"}});
    let at = |time: &str| {
        let edits = json!([{"replace": {"event": {"id": last["eventId"]}, "recordedAt": time}}]);
        scenario(&bench, "time.whatif.json", json!({"fork": fork, "edits": edits}))
    };
    let later = time.replacen("20", "21", 1);
    let told = bench.json(&["what-if", "--scenario", &at(&later)]).ended_with(0).json();
    let moved = told["whatIf"]["events"].as_array().and_then(|events| events.last()).expect("it is there");
    assert_eq!((&moved["provenance"], &moved["recordedAt"]), (&json!("replaced"), &json!(later)));
    assert_eq!(moved["payload"], last["payload"], "nothing else of it is different");
    assert_eq!(told["clock"], json!(later), "the steps begin no earlier");
    let refused = bench.json(&["what-if", "--scenario", &at("1999-01-01T00:00:00Z")]).ended_with(2).json();
    assert_eq!(refused["error"]["code"], "edit_goes_back_in_time");
}

#[test]
fn a_test_is_made_of_it_with_other_names_if_wanted_and_stands_in_the_journal() {
    let bench = Bench::accounts();
    let steps = json!({"steps": [higher_limit(), transfer("20000")]});
    let allowed = scenario(&bench, "allowed.whatif.json", steps);
    let file = bench.folder().join("made.rs").display().to_string();
    let told = bench.json(&["what-if", "--scenario", &allowed, "--test", &file]).ended_with(0).json();
    assert_eq!(told["test"], "a_transfer_with_a_higher_limit");
    let source = std::fs::read_to_string(&file).expect("the test");
    assert!(source.contains("fn a_transfer_with_a_higher_limit()") && source.contains("\"account-A-1\""), "{source}");
    let journal = std::fs::read_to_string(bench.folder().join("journal.ndjson")).expect("the journal");
    assert!(journal.lines().last().is_some_and(|line| line.contains("\"what\":\"test\"")), "{journal}");

    let nobody = bench.folder().join("nobody.rs").display().to_string();
    bench.run(&["what-if", "--scenario", &allowed, "--test", &nobody, "--anonymous"]).ended_with(0);
    let source = std::fs::read_to_string(&nobody).expect("the test");
    for secret in ["A-1\"", "A-2\"", "a car", "checker", "C-1\""] {
        assert!(!source.contains(secret), "{secret} is told:\n{source}");
    }
}

#[test]
fn what_cannot_be_run_ends_as_bad_input_with_what_to_do() {
    let bench = Bench::accounts();
    let code = |file: &str| bench.json(&["what-if", "--scenario", file]).ended_with(2).json()["error"]["code"].clone();
    let missing = bench.folder().join("missing").display().to_string();
    assert_eq!(code(&missing), "scenario_unreadable");
    assert_eq!(code(&scenario(&bench, "a.whatif.json", json!({"version": 9}))), "newer_scenario");
    assert_eq!(code(&scenario(&bench, "b.whatif.json", json!({"edit": []}))), "scenario_misfit");
    assert_eq!(code(&scenario(&bench, "c.whatif.json", json!({"streams": ["account-X"]}))), "unknown_stream");
    let early = json!({"edits": [{"skip": {"event": {"position": "1"}}}]});
    assert_eq!(code(&scenario(&bench, "d.whatif.json", early)), "edit_of_unknown_event");
    assert_eq!(bench.json(&["what-if"]).ended_with(2).json()["error"]["code"], "bad_argument");
}

#[test]
fn a_process_that_got_stuck_is_told_to_people_and_programs_and_by_the_exit_code() {
    let bench = Bench::accounts();
    let frozen = json!({"insert": {"inserted": {
        "stream": "account-A-1", "eventType": "AccountFrozen", "schemaVersion": 2, "payload": {"accountId": "A-1"},
    }}});
    let file = scenario(&bench, "stuck.whatif.json", json!({"edits": [frozen], "steps": [transfer("100")]}));
    let told = bench.json(&["what-if", "--scenario", &file]).ended_with(3).json();
    let why = told["steps"][0]["stuck"]["transfer-T-1"].as_str().unwrap_or_default();
    assert!(why.contains("account-A-1"), "{told}");
    let account = told["differences"].as_array().expect("a list").iter().find(|end| end["stream"] == "account-A-1");
    let problem = account.and_then(|end| end["problem"].as_str()).unwrap_or_default();
    assert!(problem.contains("cannot be folded") && !problem.contains("position"), "{told}");
    let text = bench.run(&["what-if", "--scenario", &file]).ended_with(3).out;
    assert!(text.contains("STUCK transfer-T-1") && text.contains("NOT FOLDED FURTHER"), "{text}");
    let test = bench.folder().join("stuck.rs").display().to_string();
    let made = bench.json(&["what-if", "--scenario", &file, "--test", &test]).ended_with(0).json();
    assert!(made["notes"][0].as_str().is_some_and(|note| note.contains("cannot promise")), "{made}");
}
