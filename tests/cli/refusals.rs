//! What is refused: the exit code, the words, and that nothing was written.

use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Bench, Ended, deposit};

/// The failure, told with what happened and what to do next, to people and to programs.
#[track_caller]
fn worded(bench: &Bench, arguments: &[&str], exit: i32, code: &str, words: &[&str]) {
    let failed = bench.json(arguments).ended_with(exit);
    let error = &failed.json()["error"];
    assert_eq!(error["code"], code, "{error}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.len() > 10), "says what to do next: {error}");
    let message = error["message"].as_str().expect("a message");
    let people = bench.run(arguments).ended_with(exit);
    assert_eq!(people.out, "", "people are told on standard error");
    for word in words {
        assert!(message.contains(word), "{message:?} names {word}");
        assert!(people.err.contains(word), "{:?} names {word}", people.err);
    }
}

/// A refused command: its JSON outcome, with nothing written.
#[track_caller]
fn refused(bench: &Bench, arguments: (&str, &str, &[&str]), exit: i32, outcome: &str) -> Value {
    let before = bench.dump();
    let ended: Ended = bench.command(arguments.0, arguments.1, arguments.2).ended_with(exit);
    assert_eq!(bench.dump(), before, "nothing was written");
    let json = ended.json();
    assert_eq!(json["outcome"], outcome, "{json}");
    json
}

#[test]
fn rules_refuse_with_their_numbers_and_write_nothing() {
    let bench = Bench::accounts();
    let withdrawal = r#"{"accountId":"A-1","amount":{"minor":"10001","currency":"EUR"}}"#;
    let json = refused(&bench, ("Withdraw", withdrawal, &[]), 3, "rejected");
    assert_eq!(json["code"], "insufficient_funds");
    let message = json["message"].as_str().expect("a message");
    assert!(message.contains("100.01 EUR") && message.contains("100.00 EUR"), "both numbers: {message}");
    assert!(json["details"]["available"].as_str().is_some_and(|text| text.contains("100.00")), "{json}");

    let json = refused(&bench, ("Deposit", &deposit("A-99", 1), &[]), 3, "rejected");
    assert_eq!(json["code"], "account_not_found", "an unknown account");
    assert!(json["message"].as_str().is_some_and(|message| message.contains("A-99")), "{json}");

    let people = bench.run(&["command", "--type", "Withdraw", "--payload", withdrawal]).ended_with(3);
    assert!(people.err.contains("100.01 EUR") && people.err.contains("Nothing was written"), "{}", people.err);
}

#[test]
fn people_are_told_in_german_if_they_ask_for_it_and_programs_read_the_same_json() {
    let bench = Bench::accounts();
    let withdrawal = r#"{"accountId":"A-1","amount":{"minor":"10001","currency":"EUR"}}"#;
    let told = bench.run(&["command", "--type", "Withdraw", "--payload", withdrawal, "--language", "de"]).ended_with(3);
    assert!(told.err.contains("Konto A-1 benötigt 100,01 EUR"), "{}", told.err);
    assert!(told.err.contains("Nichts wurde geschrieben"), "{}", told.err);
    assert!(bench.run(&["events", "--language", "de-AT"]).ended_with(0).out.contains("Einzahlung von 100,00 EUR"));
    let none = ["events", "--stream", "account-A-99", "--json"];
    let german = bench.run(&[&none[..], &["--language", "de"]].concat()).ended_with(2);
    assert_eq!(german.json(), bench.run(&none).ended_with(2).json(), "failures for programs have one language");
    assert!(bench.run(&["events", "--language", "tlh"]).ended_with(2).err.contains("en and de"));
}

#[test]
fn what_is_no_command_is_refused_with_its_place_and_writes_nothing() {
    let bench = Bench::accounts();
    let json = refused(&bench, ("Depositt", "{}", &[]), 2, "invalid");
    assert_eq!(json["code"], "unknown_command");
    let json = refused(&bench, ("Deposit", r#"{"accountId":"A-1","#, &[]), 2, "invalid");
    assert_eq!(json["code"], "malformed_json");
    assert!(json["message"].as_str().is_some_and(|message| message.contains("line 1 column")), "{json}");
    let json = refused(
        &bench,
        ("Deposit", r#"{"accountId":"A-1","amount":{"minor":10,"currency":"EUR"}}"#, &[]),
        2,
        "invalid",
    );
    assert_eq!(json["code"], "bad_shape");
    let paths: Vec<_> = json["violations"].as_array().expect("a list").iter().map(|v| v["path"].clone()).collect();
    assert!(paths.iter().any(|path| path == "/amount/minor"), "the place is named: {json}");
    let people = bench.run(&["command", "--type", "Depositt", "--payload", "{}"]).ended_with(2);
    assert!(people.err.contains("Depositt"), "{}", people.err);
    worded(
        &bench,
        &["command", "--type", "Deposit", "--payload", "@missing.json"],
        2,
        "payload_unreadable",
        &["missing.json"],
    );
}

#[test]
fn an_id_that_was_used_for_something_else_is_a_conflict_and_writes_nothing() {
    let bench = Bench::accounts();
    let id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    bench.command("Deposit", &deposit("A-1", 500), &["--id", id]).ended_with(0);
    let before = bench.dump();
    for other in [deposit("A-2", 500), deposit("A-1", 501)] {
        worded(
            &bench,
            &["command", "--type", "Deposit", "--payload", &other, "--id", id],
            4,
            "command_id_reused",
            &[id, "account-A-1"],
        );
    }
    assert_eq!(bench.dump(), before, "nothing was written");
}

#[test]
fn a_stale_expected_version_is_a_conflict_with_both_numbers_and_writes_nothing() {
    let bench = Bench::accounts();
    let before = bench.dump();
    let payload = deposit("A-1", 500);
    let json = bench.command("Deposit", &payload, &["--expected-version", "1"]).ended_with(4).json();
    let told = (json["outcome"].as_str(), json["expected"].as_str(), json["actual"].as_str());
    assert_eq!(told, (Some("conflict"), Some("1"), Some("3")), "{json}");
    let people = bench.run(&["command", "--type", "Deposit", "--payload", &payload, "--expected-version", "1"]);
    let people = people.ended_with(4);
    assert!(people.err.contains("account-A-1 is at version 3; 1 was expected"), "{}", people.err);
    assert_eq!(bench.dump(), before, "nothing was written");
    bench.command("Deposit", &payload, &["--expected-version", "3"]).ended_with(0);
}

#[test]
fn files_that_are_no_store_are_refused_untouched() {
    let bench = Bench::bare();
    worded(&bench, &["streams"], 5, "store_not_found", &["bank.ledgerscope"]);
    worded(&bench, &["command", "--type", "Deposit", "--payload", "{}"], 5, "store_not_found", &["bank.ledgerscope"]);
    assert!(!bench.store.exists(), "looking creates no store");

    std::fs::write(&bench.store, "Dear diary, this is a letter and no database at all.\n".repeat(40)).expect("written");
    unharmed(&bench, "not_a_store", "not a Ledgerscope store");

    std::fs::remove_file(&bench.store).expect("removed");
    Connection::open(&bench.store).expect("a database").execute_batch("CREATE TABLE note (text)").expect("SQL");
    unharmed(&bench, "not_a_store", "not a Ledgerscope store");
}

#[test]
fn a_newer_schema_is_refused_untouched() {
    let bench = Bench::accounts();
    Connection::open(&bench.store).expect("a database").execute_batch("PRAGMA user_version = 999").expect("SQL");
    unharmed(&bench, "newer_schema", "999");
}

/// Every command is refused for the file's sake, and the file keeps every byte.
#[track_caller]
fn unharmed(bench: &Bench, code: &str, word: &str) {
    let before = std::fs::read(&bench.store).expect("a file");
    let payload = deposit("A-1", 1);
    let all: [&[&str]; 7] = [
        &["streams"],
        &["events"],
        &["state", "--stream", "account-A-1"],
        &["verify"],
        &["projections"],
        &["demo", "--events", "10"],
        &["command", "--type", "Deposit", "--payload", &payload],
    ];
    for arguments in all {
        worded(bench, arguments, 5, code, &[word, "bank.ledgerscope"]);
        assert_eq!(std::fs::read(&bench.store).expect("a file"), before, "{arguments:?} changes no byte");
    }
}

#[test]
fn a_read_only_file_can_be_read_and_not_be_written() {
    let bench = Bench::accounts();
    let mut permissions = std::fs::metadata(&bench.store).expect("a file").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&bench.store, permissions).expect("set");
    let before = (bench.dump(), std::fs::read(&bench.store).expect("a file"));
    let payload = deposit("A-1", 1);
    worded(&bench, &["command", "--type", "Deposit", "--payload", &payload], 5, "read_only", &["cannot be written"]);
    bench.json(&["streams"]).ended_with(0);
    bench.json(&["verify"]).ended_with(0);
    bench.json(&["projections"]).ended_with(0);
    let dry = bench.command("Deposit", &payload, &["--dry-run"]).ended_with(0);
    assert_eq!(dry.json()["outcome"], "wouldExecute", "deciding needs no writing");
    assert_eq!((bench.dump(), std::fs::read(&bench.store).expect("a file")), before, "nothing was written");
}

#[test]
fn what_is_not_there_is_bad_input() {
    let bench = Bench::accounts();
    worded(&bench, &["state", "--stream", "account-nobody"], 2, "unknown_stream", &["account-nobody"]);
    worded(&bench, &["state", "--stream", "account-A-1", "--at", "99"], 2, "no_such_version", &["99", "3"]);
    worded(&bench, &["state", "--stream", "account-A-1", "--at", "soon"], 2, "bad_argument", &["soon"]);
    worded(&bench, &["events", "--from", "yesterday"], 2, "bad_argument", &["yesterday"]);
    worded(&bench, &["events", "--stream", "account-nobody"], 2, "unknown_stream", &["account-nobody"]);
    worded(&bench, &["projections", "rebuild", "nothing"], 2, "unknown_projection", &["nothing"]);
    worded(&bench, &["schema", "Nothing"], 2, "unknown_type", &["Nothing"]);
    bench.run(&["dance"]).ended_with(2);
    let failed = bench.json(&["demo", "--events", "0"]).ended_with(2);
    assert_eq!(failed.json()["error"]["code"], "bad_argument", "also what cannot be parsed is JSON for programs");
}

#[test]
fn help_names_the_exit_codes_and_no_command_without_a_display_the_headless_way() {
    let bench = Bench::bare();
    let help = bench.run(&["--help"]).ended_with(0).out;
    for line in ["2  bad input", "3  rejected", "4  conflict", "5  the store is unavailable", "6  integrity"] {
        assert!(help.contains(line), "{line:?} is in the help: {help}");
    }
    let window = bench.run(&[]);
    assert_ne!(window.code, 0, "there is no display");
    assert!(window.err.contains("ledgerscope"), "the headless commands are named: {}", window.err);
}

#[test]
fn a_store_that_stays_locked_is_unavailable_and_says_so_in_both_forms() {
    let bench = Bench::accounts();
    let dump = bench.dump();
    let other = Connection::open(&bench.store).expect("a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked by another program");
    let json = bench.command("Deposit", &deposit("A-1", 5), &[]).ended_with(5).json();
    assert_eq!((&json["outcome"], &json["code"]), (&"unavailable".into(), &"store_locked".into()), "{json}");
    assert_eq!((&json["retryable"], &json["outcomeUnknown"]), (&true.into(), &false.into()), "{json}");
    let told = bench.run(&["command", "--type", "Deposit", "--payload", &deposit("A-1", 5)]).ended_with(5);
    assert!(told.err.contains("[store_locked]") && told.err.contains("try again"), "{}", told.err);
    other.execute_batch("ROLLBACK").expect("given back");
    assert_eq!(bench.dump(), dump, "nothing was written");
}
