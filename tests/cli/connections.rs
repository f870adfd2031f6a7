//! Connections from the command line: kept, tried, obeyed; and no password anywhere that it should not be.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Bench, Ended, deposit};

const SECRET: &str = "hunter2-not-to-be-seen";

impl Bench {
    fn connections(&self, arguments: &[&str]) -> Ended {
        self.json(&[&["connections"], arguments].concat())
    }

    /// A connection to the bench's own store.
    fn connected(&self, name: &str, more: &[&str]) {
        let store = self.store.display().to_string();
        self.connections(&[&["add", name, &store], more].concat()).ended_with(0);
    }

    /// Runs on a connection instead of the bench's file.
    fn on(&self, name: &str, arguments: &[&str]) -> Ended {
        self.json(&[arguments, &["--store", name]].concat())
    }
}

#[track_caller]
fn code(ended: &Ended) -> String {
    ended.json()["error"]["code"].as_str().unwrap_or_else(|| panic!("an error, not {}", ended.out)).to_owned()
}

/// No file of the folder holds a text.
#[track_caller]
fn nowhere(bench: &Bench, text: &str) {
    let mut folders = vec![bench.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let bytes = fs::read(entry.path()).expect("readable");
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{} holds the password", entry.path().display());
        }
    }
}

#[test]
fn a_connection_is_added_used_by_name_edited_and_removed() {
    let bench = Bench::accounts();
    bench.connected("My Bank", &["--environment", "test", "--colour", "amber"]);
    let listed = bench.connections(&["list"]).ended_with(0).json();
    let connection = &listed["connections"][0];
    assert_eq!(connection["name"], "My Bank");
    assert_eq!(connection["target"]["kind"], "sqlite");
    assert_eq!((&connection["environment"], &connection["colour"]), (&json!("test"), &json!("amber")));
    let by_name = bench.on("my bank", &["streams", "--category", "account"]).ended_with(0).json();
    let by_path = bench.json(&["streams", "--category", "account"]).ended_with(0).json();
    assert_eq!(by_name, by_path, "both lead to the same store");
    bench.connections(&["edit", "My Bank", "--rename", "Ledger", "--production"]).ended_with(0);
    let shown = bench.connections(&["show", "ledger"]).ended_with(0).json();
    assert_eq!(
        (&shown["production"], &shown["environment"]),
        (&json!(true), &json!("test")),
        "the rest stays: {shown}"
    );
    assert_eq!(code(&bench.connections(&["remove", "Ledger"]).ended_with(2)), "unconfirmed");
    bench.connections(&["remove", "Ledger", "--yes"]).ended_with(0);
    assert_eq!(bench.connections(&["list"]).ended_with(0).json()["connections"], json!([]));
    assert!(bench.store.exists(), "the store stays");
    assert_eq!(code(&bench.connections(&["show", "Ledger"]).ended_with(2)), "no_such_connection");
}

#[test]
fn writing_to_production_has_to_be_confirmed_and_looking_has_not() {
    let bench = Bench::accounts();
    bench.connected("Live", &["--production"]);
    let payload = deposit("A-1", 100);
    let command = ["command", "--type", "Deposit", "--payload", payload.as_str()];
    let before = bench.dump();
    for writing in [
        &command[..],
        &["processes", "drive"],
        &["snapshots", "delete"],
        &["projections", "reset", "accounts", "--yes"],
        &["projections", "rebuild", "accounts"],
        &["retention", "close", "account-A-2", "--expect-version", "2", "--actor", "a", "--reason", "r"],
        &["demo"],
    ] {
        let refused = bench.on("Live", writing).ended_with(2);
        assert_eq!(code(&refused), "production_not_confirmed", "{writing:?}");
        assert!(refused.err.contains("Live"), "it names the connection: {}", refused.err);
    }
    assert_eq!(bench.dump(), before, "nothing was written");
    for looking in [
        &["events"][..],
        &["verify"],
        &["projections", "status"],
        &["retention", "preview"],
        &["command", "--dry-run", "--type", "Deposit", "--payload", &payload],
    ] {
        bench.on("Live", looking).ended_with(0);
    }
    bench.on("Live", &[&command[..], &["--yes-production"]].concat()).ended_with(0);
    assert_eq!(bench.dump().len(), before.len() + 1, "confirmed, and done");
}

#[test]
fn a_read_only_connection_is_looked_at_and_never_written() {
    let bench = Bench::accounts();
    bench.connected("Archive", &["--read-only"]);
    let before = bench.dump();
    let refused = bench.on("Archive", &["command", "--type", "Deposit", "--payload", &deposit("A-1", 1)]).ended_with(5);
    assert_eq!(code(&refused), "read_only");
    assert!(refused.err.contains("Archive") && refused.err.contains("mark"), "it says whose mark: {}", refused.err);
    bench.on("Archive", &["events"]).ended_with(0);
    bench.on("Archive", &["projections", "catch-up"]).ended_with(0);
    assert_eq!(bench.dump(), before, "nothing was written");
}

#[test]
fn no_password_is_told_or_written_anywhere() {
    let bench = Bench::bare();
    let string = format!("postgres://ada:{SECRET}@127.0.0.1:1/ledger");
    let added = bench.connections(&["add", "Live", &string]).ended_with(0);
    // No keyring runs in a test.
    assert_eq!(added.json()["connection"]["password"], "ask-each-time", "{}", added.out);
    assert!(added.json()["notes"].to_string().contains("each time"), "{}", added.out);
    let listed = bench.connections(&["list"]).ended_with(0);
    assert_eq!(listed.json()["keyring"]["available"], false, "{}", listed.out);
    let people = bench.run(&["connections", "list"]).ended_with(0);
    assert!(people.out.contains("asked for each time"), "{}", people.out);
    let needed = bench.on("Live", &["events"]).ended_with(5);
    assert_eq!(code(&needed), "password_needed");
    assert!(needed.err.contains("LEDGERSCOPE_PASSWORD"), "it says how: {}", needed.err);
    let mut told = vec![added, listed, people, needed];
    told.push(bench.json(&["events", "--store", &string]));
    told.push(bench.connections(&["test", &string]));
    told.push(bench.run(&["connections", "test", &string]));
    told.push(bench.connections(&["add", "Other", &format!("postgres://ada:{SECRET}/x@h/d")]).ended_with(2));
    told.push(bench.connections(&["add", &string, &string]).ended_with(2));
    let mut help = bench.program();
    help.env("LEDGERSCOPE_STORE", &string).env("LEDGERSCOPE_PASSWORD", SECRET);
    told.push(Ended::of(help.args(["events", "--help"]).output().expect("the program starts")));
    told.push(Ended::of(help.args(["connections", "--frob"]).output().expect("the program starts")));
    for ended in told {
        assert!(!ended.out.contains(SECRET) && !ended.err.contains(SECRET), "{} {}", ended.out, ended.err);
    }
    nowhere(&bench, SECRET);
}

#[test]
fn the_test_of_a_file_says_which_step_fails_and_ends_as_opening_would() {
    let bench = Bench::accounts();
    let passed = bench.connections(&["test"]).ended_with(0).json();
    let steps = passed["steps"].as_array().expect("steps");
    assert!(steps.len() == 2 && steps.iter().all(|step| step["outcome"] == "passed"), "{passed}");
    assert_eq!(passed["outcome"], "passed");
    let letter = bench.folder().join("letter.txt");
    fs::write(&letter, "Dear Ada, this is no store at all, however long it goes on. ".repeat(10)).expect("written");
    for (path, stage, code) in
        [(bench.folder().join("missing"), "rights", "store_not_found"), (letter, "schema", "not_a_store")]
    {
        let failed = bench.connections(&["test", &path.display().to_string()]).ended_with(5).json();
        let last = failed["steps"].as_array().and_then(|steps| steps.last()).cloned().unwrap_or_default();
        assert_eq!((&last["stage"], &last["outcome"]), (&json!(stage), &json!("failed")), "{failed}");
        assert_eq!(failed["error"]["code"], code, "{failed}");
        assert!(failed["error"]["hint"].as_str().is_some_and(|hint| hint.len() > 10), "what next: {failed}");
    }
}

#[test]
fn what_cannot_be_a_store_is_bad_input() {
    let bench = Bench::bare();
    for (store, expected) in [
        ("mysql://ada@h/d", "bad_connection_string"),
        ("postgres://h/d", "bad_connection_string"),
        ("esdb://h/path", "bad_connection_string"),
    ] {
        assert_eq!(code(&bench.on(store, &["events"]).ended_with(2)), expected, "{store}");
    }
}

#[test]
fn a_damaged_list_is_named_left_alone_and_in_nobodys_way() {
    let bench = Bench::accounts();
    let list = bench.folder().join("connections.json");
    fs::write(&list, "[").expect("written");
    for arguments in [&["list"][..], &["add", "New", "/x"], &["test", "Nobody"]] {
        assert_eq!(code(&bench.connections(arguments).ended_with(5)), "connections_damaged", "{arguments:?}");
    }
    bench.json(&["streams"]).ended_with(0);
    assert_eq!(fs::read_to_string(&list).expect("there"), "[", "it is as it was");
}

#[test]
fn a_file_and_a_connection_of_the_same_name_are_told_apart() {
    let bench = Bench::accounts();
    bench.connected("bank", &[]);
    let mut program = bench.program();
    program.current_dir(bench.folder()).args(["streams", "--json", "--store", "bank"]);
    Ended::of(program.output().expect("the program starts")).ended_with(0);
    fs::copy(&bench.store, bench.folder().join("bank")).expect("copied");
    let both = Ended::of(program.output().expect("the program starts")).ended_with(2);
    assert_eq!(code(&both), "ambiguous_store");
    assert!(both.err.contains("./bank"), "it says how to name the file: {}", both.err);
    let listed: Value = bench.connections(&["list"]).ended_with(0).json();
    assert_eq!(listed["connections"][0]["name"], "bank");
}
