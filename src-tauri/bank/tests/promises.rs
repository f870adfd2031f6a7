//! The promises of the design have tests of exactly these names.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

use std::path::Path;

const PROMISES: [&str; 10] = [
    "ledger_is_balanced_at_every_position",
    "money_is_conserved_under_crash",
    "available_never_below_limit",
    "transfer_reaches_a_terminal_state",
    "no_hold_resolved_twice",
    "retry_changes_nothing",
    "rebuild_equals_live",
    "snapshot_equals_replay",
    "upcast_of_old_equals_new",
    "as_of_equals_prefix_replay",
];

/// Whether a source file has a test of this name: the attribute, perhaps other attributes, and the function.
fn has_test(source: &str, name: &str) -> bool {
    let wanted = format!("fn {name}(");
    let mut marked = false;
    source.lines().map(str::trim).any(|line| {
        let found = marked && line.strip_prefix("async ").unwrap_or(line).starts_with(&wanted);
        marked = matches!(line, "#[test]" | "#[tokio::test]") || (marked && line.starts_with("#["));
        found
    })
}

#[test]
fn every_promise_has_a_test_of_its_name_in_the_bank() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = std::fs::read_dir(folder).expect("the tests").map(|file| file.expect("a file").path());
    let sources: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| std::fs::read_to_string(path).expect("a source file"))
        .collect();
    let missing: Vec<_> = PROMISES.iter().filter(|name| !sources.iter().any(|source| has_test(source, name))).collect();
    assert!(missing.is_empty(), "promises without a test: {missing:?}");
}

#[test]
fn only_a_marked_function_counts_as_a_test() {
    assert!(has_test("    #[test]\n    fn keeps_its_word(x in any()) {", "keeps_its_word"));
    assert!(has_test("#[test]\n#[cfg(unix)]\nfn keeps_its_word() {", "keeps_its_word"));
    assert!(!has_test("fn keeps_its_word() {", "keeps_its_word"), "not a test");
    assert!(!has_test("#[test]\nfn keeps_its_word_often() {", "keeps_its_word"), "another name");
    assert!(!has_test("// #[test]\n// fn keeps_its_word() {", "keeps_its_word"), "a comment");
}
