//! A store copied into another file: equal, planned, gone on with, compared, refused.

use std::path::{Path, PathBuf};

use crate::support::Bench;

fn target(bench: &Bench) -> PathBuf {
    bench.folder().join("copy.ledgerscope")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_copy_is_the_same_store_and_running_it_again_changes_nothing() {
    let bench = Bench::demo(300);
    let copy = target(&bench);
    let plan = bench.json(&["copy", "--to", text(&copy), "--plan"]).ended_with(0).json();
    assert_eq!((&plan["outcome"], &plan["copied"], &plan["already"]), (&"planned".into(), &"0".into(), &"0".into()));
    assert!(!copy.exists(), "a plan writes nothing, not even an empty file");
    let report = bench.json(&["copy", "--to", text(&copy)]).ended_with(0).json();
    assert_eq!((&report["outcome"], &report["events"]), (&"copied".into(), &plan["events"]));
    assert_eq!(report["copied"], report["events"]);
    assert_eq!(report["comparison"]["identical"], true, "{report}");
    assert_eq!(report["notes"], serde_json::json!([]), "nothing is lost between two files");
    let chain = |path: &Path| bench.json(&["verify", "--store", text(path)]).ended_with(0).json()["chainHash"].clone();
    assert_eq!(chain(&copy), chain(&bench.store), "down to the chain's hash");
    let again = bench.json(&["copy", "--from", text(&bench.store), "--to", text(&copy)]).ended_with(0).json();
    assert_eq!((&again["copied"], &again["already"]), (&"0".into(), &report["events"]));
    let told = bench.run(&["copy", "--to", text(&copy)]).ended_with(0);
    assert!(told.out.contains("Copied 0 events") && told.out.contains("the same, too"), "{}", told.out);
}

#[test]
fn what_differs_is_named_and_never_copied_over() {
    let bench = Bench::demo(300);
    let mut other = bench.copy();
    other.tampered("UPDATE es_event SET payload = '{}' WHERE position = 42", []);
    let report = bench.json(&["copy", "--to", text(&other.store), "--verify-only"]).ended_with(6).json();
    let differences = report["comparison"]["differences"].as_array().expect("a list");
    let found: Vec<_> = differences.iter().map(|found| (&found["kind"], &found["sourcePosition"])).collect();
    assert_eq!(found, [(&"payload".into(), &"42".into())]);
    let told = bench.run(&["copy", "--to", text(&other.store), "--verify-only"]).ended_with(6);
    assert!(told.out.contains("NOT EQUAL: 1 differences") && told.out.contains("source 42"), "{}", told.out);
    let before = other.dump();
    let refused = bench.json(&["copy", "--to", text(&other.store)]).ended_with(4).json();
    assert_eq!(refused["error"]["code"], "copy_conflict");
    assert!(refused["error"]["message"].as_str().is_some_and(|text| text.contains("at position 42")), "{refused}");
    assert_eq!(other.dump(), before, "nothing was written");
    other = Bench::accounts();
    bench.json(&["copy", "--to", text(&other.store)]).ended_with(4);
}

#[test]
fn what_cannot_be_is_refused_with_the_documented_codes() {
    let bench = Bench::demo(300);
    let same = bench.json(&["copy", "--to", text(&bench.store)]).ended_with(2).json();
    assert_eq!(same["error"]["code"], "same_store");
    let missing = bench.folder().join("none");
    bench.json(&["copy", "--from", text(&missing), "--to", text(&target(&bench))]).ended_with(5);
    assert!(!target(&bench).exists(), "no target is made for a source that is not there");
    bench.json(&["copy", "--to", text(&missing), "--verify-only"]).ended_with(5);
    bench.json(&["copy", "--to", text(&missing), "--verify-only", "--plan"]).ended_with(2);
    let no_store = bench.folder().join("letter.txt");
    std::fs::write(&no_store, "Dear Ada, this is a letter, longer than the first page of a database would need to be.")
        .expect("written");
    bench.json(&["copy", "--to", text(&no_store)]).ended_with(5);
}

#[test]
fn personal_data_are_readable_in_the_copy_only_if_its_keys_were_asked_for() {
    let bench = Bench::accounts();
    let copy = target(&bench);
    let report = bench.json(&["copy", "--to", text(&copy)]).ended_with(0).json();
    let kinds: Vec<_> = report["notes"].as_array().expect("a list").iter().map(|note| &note["kind"]).collect();
    assert_eq!(kinds, ["sealed_without_key"], "{report}");
    assert_eq!(report["keys"], serde_json::Value::Null);
    let told = bench.run(&["copy", "--to", text(&copy), "--verify-only"]).ended_with(0);
    assert!(told.out.contains("sealed personal data whose keys are not copied"), "{}", told.out);
    let report = bench.json(&["copy", "--to", text(&copy), "--with-keys"]).ended_with(0).json();
    assert_eq!((&report["keys"]["copied"], &report["notes"]), (&"1".into(), &serde_json::json!([])), "{report}");
}
