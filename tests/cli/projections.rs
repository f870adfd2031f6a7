//! Upkeep of read models: rebuilds that refuse, rollback, reset, skips, quarantine.

use es_core::{AppendRequest, EventStore, ExpectedVersion, NewEvent, Payload, StreamName};
use es_sqlite::{OpenOptions, SqliteEventStore};
use serde_json::Value;

use crate::support::{Bench, deposit};

/// Appends an event that no read model can apply, as another program would. Returns its position.
fn append_unknown(bench: &Bench, stream: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = SqliteEventStore::open(&bench.store, OpenOptions::default()).expect("opens");
        let event = NewEvent {
            event_id: uuid::Uuid::new_v4(),
            event_type: "Mystery".into(),
            schema_version: 1,
            payload: Payload::json("{}"),
            metadata: "{}".into(),
        };
        let stream = StreamName::new(stream).expect("a name");
        let request = AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![event]);
        let position = store.append(request).await.expect("appended").last_position();
        store.close();
        position.to_string()
    })
}

/// Changes a stored row of the read model of accounts.
fn spoil(bench: &Bench, change: &str) {
    let views = rusqlite::Connection::open(bench.folder().join("bank.ledgerscope.views")).expect("the views");
    let active = "SELECT 'accounts__v' || active_version FROM es_projection WHERE name = 'accounts'";
    let table: String = views.query_row(active, [], |row| row.get(0)).expect("the table of accounts");
    let changed = views.execute(&format!("UPDATE {table} SET {change} WHERE account_id = 'A-1'"), []);
    assert_eq!(changed.expect("a changed row"), 1);
}

fn forget_views(bench: &Bench) {
    for name in ["bank.ledgerscope.views", "bank.ledgerscope.views-wal", "bank.ledgerscope.views-shm"] {
        let _ = std::fs::remove_file(bench.folder().join(name));
    }
}

fn one(status: &Value, name: &str) -> Value {
    let all = status["projections"].as_array().expect("a list");
    all.iter().find(|one| one["name"] == name).expect("it is listed").clone()
}

#[test]
fn a_rebuild_that_differs_is_refused_with_the_rows_until_that_is_accepted() {
    let bench = Bench::accounts();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    spoil(&bench, "balance = 10001, available = 10001");
    let report = bench.json(&["projections", "rebuild", "accounts"]).ended_with(6).json();
    assert_eq!((&report["outcome"], &report["differingRows"]), (&"refused".into(), &"1".into()), "{report}");
    let difference = &report["differences"][0];
    assert_eq!((&difference["before"]["balance"], &difference["after"]["balance"]), (&"10001".into(), &"10000".into()));
    assert_ne!(report["tables"][0]["checksum"], report["formerTables"][0]["checksum"], "{report}");
    let status = one(&bench.json(&["projections"]).ended_with(0).json(), "accounts");
    assert_eq!(status["tables"], report["from"], "what was in use still is");
    let text = bench.run(&["projections", "rebuild", "accounts"]).ended_with(6).out;
    assert!(
        text.contains("balance=10000") && text.contains("NOT used") && text.contains("--accept-differences"),
        "{text}"
    );
    let resumed = bench.json(&["projections", "rebuild", "accounts", "--accept-differences", "--resume"]).ended_with(0);
    let resumed = resumed.json();
    assert_eq!((&resumed["outcome"], &resumed["events"]), (&"swapped".into(), &"0".into()), "nothing is folded twice");
    bench.run(&["projections", "doctor", "accounts"]).ended_with(0);
}

#[test]
fn an_invariant_that_does_not_hold_is_told_by_the_doctor() {
    let bench = Bench::accounts();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    spoil(&bench, "available = 7");
    let report = bench.json(&["projections", "doctor", "accounts"]).ended_with(6).json();
    assert_eq!(report["violations"], "1", "{report}");
    assert_eq!(report["violated"][0]["invariant"], "available is balance less holds plus overdraft");
    let text = bench.run(&["projections", "doctor", "accounts"]).ended_with(6).out;
    assert!(text.contains("available is 7, but balance is 10000"), "{text}");
}

#[test]
fn a_rollback_goes_back_to_what_the_last_swap_kept() {
    let bench = Bench::accounts();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    let refused = bench.json(&["projections", "rollback", "accounts"]).ended_with(3).json();
    assert_eq!(refused["error"]["code"], "no_former_tables", "{refused}");
    let rebuilt = bench.json(&["projections", "rebuild", "accounts"]).ended_with(0).json();
    let back = bench.json(&["projections", "rollback", "accounts"]).ended_with(0).json();
    assert_eq!((&back["from"], &back["to"]), (&rebuilt["to"], &rebuilt["from"]), "{back}");
    let status = one(&bench.json(&["projections"]).ended_with(0).json(), "accounts");
    assert_eq!((&status["tables"], &status["previous"]), (&rebuilt["from"], &rebuilt["to"]));
    let text = bench.run(&["projections", "rollback", "accounts"]).ended_with(0).out;
    assert!(text.contains("uses the tables v1.1 again"), "{text}");
}

#[test]
fn a_reset_is_confirmed_and_builds_from_nothing() {
    let bench = Bench::accounts();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    spoil(&bench, "balance = 1");
    let asked = bench.json(&["projections", "reset", "accounts"]).ended_with(2).json();
    assert_eq!(asked["error"]["code"], "unconfirmed", "{asked}");
    let report = bench.json(&["projections", "reset", "accounts", "--yes"]).ended_with(0).json();
    assert_eq!((&report["outcome"], &report["from"]), (&"swapped".into(), &Value::Null), "{report}");
    bench.run(&["projections", "doctor", "accounts"]).ended_with(0);
}

#[test]
fn a_skip_is_recorded_listed_and_outlives_the_views() {
    let bench = Bench::accounts();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    let position = append_unknown(&bench, "account-A-2");
    bench.command("Deposit", &deposit("A-1", 5), &[]).ended_with(0);
    let caught_up = bench.json(&["projections", "catch-up"]).ended_with(0).json();
    let halted = one(&caught_up, "accounts");
    assert_eq!((&halted["state"], &halted["haltedAt"]), (&"halted".into(), &position.clone().into()), "{halted}");
    let problem = halted["problem"].as_str().expect("it says why");
    assert!(problem.contains("Mystery") && problem.contains("account-A-2") && problem.contains("skip"), "{problem}");

    let before = bench.dump().len();
    let skip = |position: &str, reason: &str| {
        bench.json(&["projections", "skip", "accounts", "--position", position, "--reason", reason, "--actor", "ada"])
    };
    let wrong = skip("1", "no").ended_with(3).json();
    assert_eq!(wrong["error"]["code"], "not_halted", "{wrong}");
    assert_eq!(skip(&position, " ").ended_with(2).json()["error"]["code"], "bad_argument");
    bench.run(&["projections", "retry", "accounts"]).ended_with(0);
    assert_eq!(one(&bench.json(&["projections", "catch-up"]).ended_with(0).json(), "accounts")["state"], "halted");
    assert_eq!(bench.dump().len(), before, "nothing was written so far");
    let skipped = skip(&position, "written by a test").ended_with(0).json();
    assert_eq!((&skipped["position"], &skipped["actor"]), (&position.clone().into(), &"ada".into()), "{skipped}");
    assert_eq!(bench.dump().len(), before + 1, "the decision is an event");

    let head = bench.dump().len().to_string();
    let caught_up = bench.json(&["projections", "catch-up"]).ended_with(0).json();
    assert_eq!(one(&caught_up, "accounts")["position"], head, "it goes on");
    forget_views(&bench);
    let caught_up = bench.json(&["projections", "catch-up"]).ended_with(0).json();
    assert_eq!(one(&caught_up, "accounts")["position"], head, "also from nothing");
    bench.run(&["projections", "doctor", "accounts"]).ended_with(0);
    let skips = bench.json(&["projections", "skips", "accounts"]).ended_with(0).json();
    assert_eq!(skips["skips"][0]["reason"], "written by a test", "{skips}");
    let text = bench.run(&["projections", "skips", "accounts"]).ended_with(0).out;
    assert!(text.contains("ada") && text.contains("Mystery"), "{text}");

    let streams = |more: &[&str]| bench.json(&[&["streams"], more].concat()).ended_with(0).out;
    assert!(!streams(&[]).contains("$projection"), "the engine's own streams are hidden");
    assert!(streams(&["--system"]).contains("$projection-accounts"), "unless they are asked for");
    bench.run(&["verify"]).ended_with(0);
    let events = bench.json(&["events", "--stream", "$projection-accounts"]).ended_with(0).lines();
    assert_eq!(events[0]["eventType"], "EventSkipped", "and can be read like any other: {events:?}");
    let text = bench.run(&["events", "--limit", "0"]).ended_with(0).out;
    assert!(text.contains("EventSkipped"), "{text}");
}

#[test]
fn nothing_is_skipped_in_a_file_that_cannot_be_written() {
    let bench = Bench::accounts();
    let position = append_unknown(&bench, "account-A-2");
    let mut permissions = std::fs::metadata(&bench.store).expect("a file").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&bench.store, permissions).expect("set");
    let before = bench.dump();
    let refused =
        bench.json(&["projections", "skip", "accounts", "--position", &position, "--reason", "why"]).ended_with(5);
    assert_eq!(refused.json()["error"]["code"], "read_only");
    assert_eq!(bench.dump(), before, "nothing was written");
}

#[test]
fn a_quarantine_is_listed_and_only_what_is_in_it_is_released() {
    let bench = Bench::accounts();
    bench.run(&["projections", "catch-up"]).ended_with(0);
    let listed = bench.json(&["projections", "quarantine", "statement"]).ended_with(0).json();
    assert_eq!(listed["streams"].as_array().map(Vec::len), Some(0), "{listed}");
    let text = bench.run(&["projections", "quarantine", "statement"]).ended_with(0).out;
    assert!(text.contains("no stream"), "{text}");
    let refused = bench.json(&["projections", "quarantine", "statement", "release", "account-A-1"]).ended_with(3);
    assert_eq!(refused.json()["error"]["code"], "not_quarantined");
    bench.run(&["projections", "quarantine", "nobody"]).ended_with(2);
    bench.run(&["projections", "skips", "nobody"]).ended_with(2);
}

#[test]
fn rows_are_told_as_of_a_position_or_a_time_and_the_stored_ones_are_not_asked() {
    let bench = Bench::accounts();
    forget_views(&bench);
    let now = bench.json(&["projections", "rows", "accounts"]).ended_with(0).json();
    assert_eq!(now["table"], "accounts");
    let row =
        |told: &Value| told["rows"].as_array().expect("rows").iter().find(|row| row["account_id"] == "A-1").cloned();
    assert_eq!(row(&now).expect("A-1 is there")["balance"], "10000", "{now}");
    let head: u64 = now["position"].as_str().and_then(|text| text.parse().ok()).expect("a position");
    assert!(head > 2, "{now}");
    let nothing = bench.json(&["projections", "rows", "accounts", "--at", "@0"]).ended_with(0).json();
    assert_eq!((&nothing["total"], &nothing["recordedAt"]), (&"0".into(), &Value::Null), "{nothing}");
    let before: Vec<_> = (1..=head)
        .map(|at| bench.json(&["projections", "rows", "accounts", "--at", &format!("@{at}")]).ended_with(0).json())
        .collect();
    assert!(before.iter().any(|then| row(then).is_some_and(|row| row["balance"] == "0")), "it began empty");
    assert_eq!(before.last().expect("the head")["rows"], now["rows"], "at the head it is what it is now");
    let time = now["recordedAt"].as_str().expect("a time");
    let by_time = bench.json(&["projections", "rows", "accounts", "--at", time]).ended_with(0).json();
    assert_eq!(by_time["rows"], now["rows"], "the time of the last event is its moment");
    let early = bench.json(&["projections", "rows", "accounts", "--at", "1999-01-01"]).ended_with(0).json();
    assert_eq!(early["total"], "0");
    bench.run(&["projections", "rows", "accounts", "--at", "noon"]).ended_with(2);
    bench.run(&["projections", "rows", "nobody"]).ended_with(2);
    bench.run(&["projections", "rows", "accounts", "--table", "nothing"]).ended_with(2);
}

#[test]
fn rows_of_a_halted_read_model_are_those_before_the_event_that_halts_it() {
    let bench = Bench::accounts();
    let bad = append_unknown(&bench, "account-A-1");
    let told = bench.json(&["projections", "rows", "accounts"]).ended_with(0).json();
    assert_eq!(told["haltedAt"], bad.as_str(), "{told}");
    assert!(!told["rows"].as_array().expect("rows").is_empty(), "{told}");
}
