//! Notebooks: pinned, checked against the same store, a tampered one and another one, exported and read back.

use serde_json::Value;

use crate::support::{Bench, Place, deposit};

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("a path that is text")
}

/// A bank with a notebook that has an event, a state and a difference.
fn pinned() -> Bench {
    let bench = Bench::accounts();
    let last = bench.dump().len().to_string();
    bench.json(&["notebook", "pin", "Case 7", "--event", &last, "--note", "who\npaid?"]).ended_with(0);
    bench.json(&["notebook", "pin", "Case 7", "--stream", "account-A-1"]).ended_with(0);
    bench.json(&["notebook", "pin", "Case 7", "--stream", "account-A-1", "--from", "1", "--at", "2"]).ended_with(0);
    bench
}

fn standings(report: &Value) -> Vec<&str> {
    let pins = report["pins"].as_array().expect("a list");
    pins.iter().map(|pin| pin["standing"].as_str().expect("a word")).collect()
}

#[test]
fn pins_match_while_the_log_grows_and_the_store_is_not_touched() {
    let bench = pinned();
    let before = bench.dump();
    let report = bench.json(&["notebook", "check", "Case 7"]).ended_with(0).json();
    assert_eq!(standings(&report), ["matches"; 3], "{report}");
    assert_eq!(bench.dump(), before, "a notebook is nothing of the store");
    bench.command("Deposit", &deposit("A-1", 5), &[]).ended_with(0);
    let report = bench.json(&["notebook", "check", "Case 7"]).ended_with(0).json();
    assert_eq!(standings(&report), ["matches"; 3], "versions that were pinned do not change: {report}");
    let listed = bench.json(&["notebook", "list"]).ended_with(0).json();
    assert_eq!((&listed["notebooks"][0]["title"], &listed["notebooks"][0]["pins"]), (&"Case 7".into(), &"3".into()));
}

#[test]
fn one_changed_byte_is_said_with_both_hashes_and_ends_with_6() {
    let bench = pinned();
    bench.flipped("payload", bench.dump().len(), Place::Last);
    let report = bench.json(&["notebook", "check", "Case 7"]).ended_with(6).json();
    assert_eq!(report["pins"][0]["standing"], "differs");
    let difference = &report["pins"][0]["differences"][0];
    assert_eq!(difference["what"], "content hash");
    assert_ne!(difference["pinned"], difference["found"], "{report}");
    let told = bench.run(&["notebook", "check", "Case 7"]).ended_with(6);
    assert!(told.out.contains("BROKEN") && told.out.contains("Verify the store"), "{}", told.out);
}

#[test]
fn a_changed_byte_before_the_pinned_event_is_found_where_the_chain_was_written_anew() {
    let bench = pinned();
    bench.flipped("chain_hash", bench.dump().len(), Place::First);
    let report = bench.json(&["notebook", "check", "Case 7"]).ended_with(6).json();
    let what: Vec<_> =
        report["pins"][0]["differences"].as_array().expect("a list").iter().map(|one| &one["what"]).collect();
    assert!(what.iter().any(|what| *what == "chain hash"), "{report}");
    assert_eq!(standings(&report), ["differs"; 3], "what a state was folded from is another log now: {report}");
}

#[test]
fn a_removed_event_and_a_shorter_log_are_told_apart() {
    let bench = pinned();
    let last = bench.dump().len();
    bench.tampered(&format!("DELETE FROM es_event WHERE position = {last}"), []);
    let report = bench.json(&["notebook", "check", "Case 7"]).ended_with(6).json();
    assert!(["removed", "beyond_head"].contains(&standings(&report)[0]), "{report}");
}

#[test]
fn another_store_is_told_and_a_copy_of_the_same_log_is_checked() {
    let bench = pinned();
    let copy = bench.folder().join("copy.ledgerscope");
    std::fs::copy(&bench.store, &copy).expect("copied");
    let report = bench.json(&["notebook", "check", "Case 7", "--store", text(&copy)]).ended_with(0).json();
    assert_eq!(standings(&report), ["matches"; 3], "the same log at another place: {report}");
    let other = Bench::demo(300);
    let report = bench.json(&["notebook", "check", "Case 7", "--store", text(&other.store)]).ended_with(2).json();
    assert_eq!(standings(&report), ["other_store"; 3], "{report}");
}

#[test]
fn a_report_is_one_file_that_reads_back_and_is_in_the_journal() {
    let bench = pinned();
    let report = bench.folder().join("case.html");
    let told = bench.json(&["notebook", "export", "Case 7", "--into", text(&report), "--language", "de"]);
    let told = told.ended_with(0).json();
    let page = std::fs::read_to_string(&report).expect("written");
    assert!(page.contains("default-src 'none'") && page.contains("<html lang=\"de\">"), "self-contained, and German");
    assert!(page.contains("who\npaid?") && page.contains("100.00 EUR"), "note and exact amounts");
    for outside in ["<script", "<link", "<img", "src=", "url(", "@import", "http://", "https://"] {
        assert!(!page.contains(outside), "{outside} would need something else");
    }
    let journal = std::fs::read_to_string(bench.folder().join("journal.ndjson")).expect("a journal");
    let line: Value = serde_json::from_str(journal.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&line["what"], &line["sha256"]), (&"notebook".into(), &told["sha256"]));
    let checked = bench.json(&["notebook", "check", text(&report)]).ended_with(0).json();
    assert_eq!(standings(&checked), ["matches"; 3], "the report is checked by itself");
    bench.json(&["notebook", "export", "Case 7", "--into", text(&report)]).ended_with(2);
    std::fs::write(&report, page.replacen("\"head\":\"", "\"head\":\"1", 1)).expect("written");
    let refused = bench.json(&["notebook", "check", text(&report)]).ended_with(6).json();
    assert_eq!(refused["error"]["code"], "report_altered");
}

#[test]
fn what_cannot_be_pinned_or_found_is_bad_input() {
    let bench = pinned();
    let no_event = bench.json(&["notebook", "pin", "Case 7", "--event", "99999"]).ended_with(2).json();
    assert_eq!(no_event["error"]["code"], "no_such_event");
    let none = bench.json(&["notebook", "check", "Case 8"]).ended_with(2).json();
    assert_eq!(none["error"]["code"], "not_found");
    bench.json(&["notebook", "pin", "", "--event", "1"]).ended_with(2);
}
