//! Streams, events, states and read models, as text and as JSON.

use serde_json::Value;

use crate::support::{Bench, deposit};

#[test]
fn streams_are_listed_searched_and_counted() {
    let bench = Bench::accounts();
    let json = bench.json(&["streams"]).ended_with(0).json();
    assert_eq!(json["total"], "3");
    let names: Vec<_> = json["streams"].as_array().expect("a list").iter().map(|s| s["stream"].clone()).collect();
    assert_eq!(names, ["account-A-1", "account-A-2", "customer-C-1"], "by name");
    let json = bench.json(&["streams", "--category", "account", "--contains", "a-2"]).ended_with(0).json();
    assert_eq!((json["total"].as_str(), json["streams"][0]["version"].as_str()), (Some("1"), Some("2")));
    let text = bench.run(&["streams", "--order", "last-change"]).ended_with(0).out;
    let first = text.lines().nth(1).expect("a row");
    assert!(first.starts_with("account-A-1") && first.contains("MoneyDeposited"), "{text}");
    let page = bench.run(&["streams", "--limit", "1"]).ended_with(0).out;
    assert!(page.contains("1 of 3 streams"), "{page}");
}

#[test]
fn events_are_filtered_and_paged_in_both_directions() {
    let bench = Bench::demo(1000);
    let total = bench.dump().len();
    let all = bench.json(&["events", "--limit", "0"]).ended_with(0).lines();
    assert_eq!(all.len(), total, "0 means all");
    let position =
        |event: &Value| event["position"].as_str().and_then(|p| p.parse::<usize>().ok()).expect("a position");
    assert!(all.iter().enumerate().all(|(at, event)| position(event) == at + 1), "in order");
    let backward = bench.json(&["events", "--limit", "0", "--backward"]).ended_with(0).lines();
    assert!(backward.iter().rev().eq(all.iter()), "the same, the other way");
    let page = bench.json(&["events", "--after", "10", "--limit", "5"]).ended_with(0).lines();
    assert_eq!(page.iter().map(position).collect::<Vec<_>>(), [11, 12, 13, 14, 15]);
    let page = bench.json(&["events", "--after", "10", "--limit", "3", "--backward"]).ended_with(0).lines();
    assert_eq!(page.iter().map(position).collect::<Vec<_>>(), [9, 8, 7]);

    let matching = |arguments: &[&str], fits: &dyn Fn(&Value) -> bool| {
        let found = bench.json(&[&["events", "--limit", "0"], arguments].concat()).ended_with(0).lines();
        let expected: Vec<_> = all.iter().filter(|event| fits(event)).cloned().collect();
        assert!(!expected.is_empty(), "{arguments:?} matches something");
        assert!(found == expected, "{arguments:?}: {} found, {} expected", found.len(), expected.len());
    };
    let stream = all[500]["stream"].as_str().expect("a stream").to_owned();
    let time = all[500]["recordedAt"].as_str().expect("a time").to_owned();
    matching(&["--stream", &stream], &|e| e["stream"] == *stream);
    matching(&["--stream-prefix", "account-"], &|e| e["stream"].as_str().is_some_and(|s| s.starts_with("account-")));
    matching(&["--category", "account", "--category", "customer"], &|e| {
        e["stream"].as_str().is_some_and(|s| s.starts_with("account-") || s.starts_with("customer-"))
    });
    matching(&["--type", "AccountOpened"], &|e| e["eventType"] == "AccountOpened");
    matching(&["--from", &time], &|e| e["recordedAt"].as_str() >= Some(&time));
    matching(&["--until", &time], &|e| e["recordedAt"].as_str() < Some(&time));
    let correlation = all[500]["correlationId"].as_str().expect("an id").to_owned();
    matching(&["--correlation", &correlation], &|e| e["correlationId"] == *correlation);
    assert_eq!(bench.run(&["events", "--contains", "no such text"]).ended_with(0).out, "No event matches.\n");
}

#[test]
fn events_are_told_exactly() {
    let bench = Bench::accounts();
    let text = bench.run(&["events", "--stream", "account-A-1"]).ended_with(0).out;
    assert!(text.lines().count() == 4 && text.contains("AccountOpened") && text.contains("100.00 EUR"), "{text}");
    let events = bench.json(&["events", "--stream", "account-A-1"]).ended_with(0).lines();
    assert_eq!(events[2]["payload"]["amount"]["minor"], "10000");
    let database = bench.sql();
    let stored: String = database
        .query_row("SELECT payload FROM es_event WHERE position = 12", [], |row| row.get(0))
        .expect("a payload");
    let line = bench.json(&["events", "--after", "11", "--limit", "1"]).ended_with(0).out;
    assert!(line.contains(&format!("\"payload\":{stored}")), "the stored text, byte for byte: {stored} in {line}");
}

#[test]
fn states_are_shown_as_of_version_time_and_position() {
    let bench = Bench::accounts();
    bench.command("Deposit", &deposit("A-1", 2345), &[]).ended_with(0);
    let state = |at: &str| bench.json(&["state", "--stream", "account-A-1", "--at", at]).ended_with(0).json();
    let settled = |at: &str| state(at)["state"]["settled"]["minor"].as_str().map(str::to_owned);
    assert_eq!(settled("4").as_deref(), Some("12345"));
    assert_eq!(settled("3").as_deref(), Some("10000"), "before the last deposit");
    assert_eq!(settled("@12").as_deref(), Some("10000"), "as of a position of the log");
    assert_eq!(settled("2001-01-01").as_deref(), None, "before it was opened");
    let events = bench.json(&["events", "--stream", "account-A-1"]).ended_with(0).lines();
    assert_eq!(settled(events[2]["recordedAt"].as_str().expect("a time")).as_deref(), Some("10000"));

    let changed = state("4");
    let change = |path: &str| {
        let changes = changed["changes"].as_array().expect("a list");
        changes.iter().find(|change| change["path"] == path).cloned().expect("a change")
    };
    let settled = change("/settled/minor");
    assert_eq!((&settled["before"], &settled["after"]), (&"10000".into(), &"12345".into()));
    let far = bench.json(&["state", "--stream", "account-A-1", "--diff", "1"]).ended_with(0).json();
    assert_eq!((&far["comparedWith"], &far["version"]), (&"1".into(), &"4".into()));

    let text = bench.run(&["state", "--stream", "account-A-1"]).ended_with(0).out;
    assert!(text.contains("version 4 of 4"), "{text}");
    assert!(text.contains("~ settled: 123.45 EUR  (was 100.00 EUR)"), "{text}");
    let text = bench.run(&["state", "--stream", "account-A-1", "--changes"]).ended_with(0).out;
    assert!(text.contains("~ settled: 123.45 EUR  (was 100.00 EUR)") && !text.contains("customerId"), "{text}");
}

#[test]
fn read_models_are_shown_caught_up_and_rebuilt() {
    let bench = Bench::demo(1000);
    let head = bench.dump().len().to_string();
    let status = bench.json(&["projections", "catch-up"]).ended_with(0).json();
    for projection in status["projections"].as_array().expect("a list") {
        assert_eq!(
            (&projection["position"], &projection["lagEvents"]),
            (&head.clone().into(), &"0".into()),
            "{projection}"
        );
    }
    let name = status["projections"][0]["name"].as_str().expect("a name");
    let report = bench.json(&["projections", "rebuild", name]).ended_with(0).json();
    assert_eq!(report["position"], head);
    assert_eq!(report["differingRows"], "0", "a rebuild gives what was there");
    let text = bench.run(&["projections"]).ended_with(0).out;
    assert!(text.contains(name), "{text}");
}

#[test]
fn the_doctor_finds_a_changed_row_and_names_the_event() {
    let bench = Bench::accounts();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    let clean = bench.json(&["projections", "doctor", "accounts"]).ended_with(0).json();
    assert_eq!((clean["clean"].as_bool(), clean["differingRows"].as_str()), (Some(true), Some("0")));

    let views = rusqlite::Connection::open(bench.folder().join("bank.ledgerscope.views")).expect("the views");
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'accounts\\_\\_v%' ESCAPE '\\'";
    let table: String = views.query_row(tables, [], |row| row.get(0)).expect("the table of accounts");
    let spoilt = views.execute(&format!("UPDATE {table} SET balance = balance + 1 WHERE account_id = 'A-1'"), []);
    assert_eq!(spoilt.expect("a changed row"), 1);
    drop(views);

    let found = bench.json(&["projections", "doctor", "accounts"]).ended_with(6).json();
    let fault = &found["faults"][0];
    assert_eq!(fault["event"]["eventType"], "MoneyDeposited", "{found}");
    assert_eq!(fault["event"]["stream"], "account-A-1");
    let text = bench.run(&["projections", "doctor", "accounts"]).ended_with(6).out;
    assert!(text.contains("balance is 10001, not 10000"), "{text}");
    bench.run(&["projections", "rebuild", "accounts", "--accept-differences"]).ended_with(0);
    bench.run(&["projections", "doctor", "accounts"]).ended_with(0);
}

#[test]
fn a_paused_read_model_stays_where_it_is_until_it_is_resumed() {
    let bench = Bench::accounts();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    bench.run(&["projections", "pause", "customers"]).ended_with(0);
    let state = |status: &Value| {
        let all = status["projections"].as_array().expect("a list");
        all.iter().find(|one| one["name"] == "customers").expect("customers")["state"].clone()
    };
    assert_eq!(state(&bench.json(&["projections"]).ended_with(0).json()), "paused", "also for the next program");
    bench.run(&["projections", "resume", "customers"]).ended_with(0);
    assert_ne!(state(&bench.json(&["projections"]).ended_with(0).json()), "paused");
    bench.run(&["projections", "pause", "nobody"]).ended_with(2);
}

#[test]
fn schemas_are_listed_and_their_examples_parse() {
    let bench = Bench::bare();
    let json = bench.json(&["schema"]).ended_with(0).json();
    let commands = json["commands"].as_array().expect("a list");
    assert!(commands.iter().any(|command| command["commandType"] == "RequestTransfer"), "transfers can be asked for");
    let one = bench.json(&["schema", "Deposit"]).ended_with(0).json();
    assert_eq!(one["commands"].as_array().map(Vec::len), Some(1));
    assert!(one["commands"][0]["schema"]["properties"]["amount"].is_object(), "{one}");
    assert!(bench.run(&["schema"]).ended_with(0).out.contains("RequestTransfer"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let bench = Bench::demo(1000);
    let mut program = bench.program();
    program.args(["events", "--json", "--limit", "0"]).stdout(std::process::Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "like `ledgerscope events | head`");
}
