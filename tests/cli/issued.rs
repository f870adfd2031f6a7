//! What is issued on the command line is in the history that the window shows.

use std::process::Stdio;

use ledgerscope_app::command_history::CommandHistory;
use ledgerscope_app::settings::DataFolder;
use ledgerscope_app::wire::{CommandHistoryEntry, CommandHistoryQuery, CommandOrigin, CommandOutcome};

use crate::support::{Bench, Ended, deposit};

/// What the window would show of a store, newest first.
fn history(bench: &Bench, folder: &std::path::Path) -> Vec<CommandHistoryEntry> {
    let history = CommandHistory::new(&DataFolder::at(folder.to_owned()).expect("a folder"));
    let store = bench.store.canonicalize().expect("it is there").display().to_string();
    let query = CommandHistoryQuery { limit: 200, ..CommandHistoryQuery::default() };
    history.page(&store, &query).expect("readable").entries
}

#[test]
fn what_was_issued_is_kept_with_its_outcome_and_without_what_is_personal() {
    let bench = Bench::accounts();
    let withdraw = deposit("A-1", 99_999);
    bench.command("Withdraw", &withdraw, &["--actor", "night", "--reason", "a test"]).ended_with(3);
    bench.command("Deposit", "{}", &[]).ended_with(2);
    bench.command("Deposit", &deposit("A-1", 1), &["--expected-version", "1"]).ended_with(4);
    let before = history(&bench, bench.folder());
    bench.command("Deposit", &deposit("A-1", 1), &["--dry-run"]).ended_with(0);
    let kept = history(&bench, bench.folder());
    assert_eq!(kept.len(), before.len(), "what is tried only is not issued");
    assert!(kept.iter().all(|entry| entry.origin == CommandOrigin::CommandLine), "all of it is marked");
    let outcomes: Vec<_> = kept.iter().take(4).map(|entry| entry.outcome).collect();
    let expected =
        [CommandOutcome::Conflict, CommandOutcome::Invalid, CommandOutcome::Rejected, CommandOutcome::Executed];
    assert_eq!(outcomes, expected);
    let refused = &kept[2];
    assert_eq!((refused.actor.as_str(), refused.reason.as_deref()), ("night", Some("a test")));
    assert_eq!(refused.code.as_deref(), Some("insufficient_funds"));
    assert!(refused.details.iter().any(|detail| detail.name == "available" && detail.value == "100.00 EUR"));
    assert_eq!(refused.payload.as_deref(), Some(withdraw.as_str()), "as it was typed");
    assert!(kept[1].details.iter().any(|detail| detail.name == "field"), "where it does not fit: {:?}", kept[1]);
    assert_eq!(kept[0].stream.as_deref(), Some("account-A-1"));
    let done = &kept[3];
    assert_eq!((done.command_type.as_str(), done.events), ("Deposit", Some(1)));
    assert!(done.position.is_some(), "its event can be gone to");
    let registered = kept.last().expect("the first one");
    assert_eq!(registered.command_type, "RegisterCustomer");
    assert!(registered.withheld.contains(&"familyName".to_owned()), "{:?}", registered.withheld);
    for file in std::fs::read_dir(bench.folder().join("commands")).expect("a folder") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
        assert!(!text.contains("Byron") && !text.contains("1985-12-10"), "nothing personal: {text}");
    }
}

#[test]
fn another_data_folder_has_another_history() {
    let bench = Bench::accounts();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let before = history(&bench, bench.folder()).len();
    let mut program = bench.program();
    program.env("LEDGERSCOPE_DATA_DIR", elsewhere.path());
    program.args(["command", "--type", "Deposit", "--payload", &deposit("A-1", 7)]);
    Ended::of(program.output().expect("it starts")).ended_with(0);
    assert_eq!(history(&bench, elsewhere.path()).len(), 1, "it is where the folder was said to be");
    assert_eq!(history(&bench, bench.folder()).len(), before, "and nowhere else");
}

#[test]
fn a_command_is_carried_out_also_if_its_history_cannot_be_written() {
    let bench = Bench::accounts();
    let folder = bench.folder().join("commands");
    std::fs::remove_dir_all(&folder).expect("it was there");
    std::fs::write(&folder, "no folder").expect("written");
    let done = bench.command("Deposit", &deposit("A-1", 5), &[]).ended_with(0);
    assert_eq!(done.json()["outcome"], "executed", "nothing else is on standard output");
    assert!(done.err.contains("note: The history of commands does not have this one."), "{}", done.err);
    assert_eq!(done.err.lines().count(), 1, "it is said once: {}", done.err);
    let state = bench.json(&["state", "--stream", "account-A-1"]).ended_with(0).json();
    assert_eq!(state["state"]["settled"]["minor"], "10005");
    // No folder for data at all: a store that is named directly is worked on all the same.
    let mut program = bench.program();
    program.env("LEDGERSCOPE_DATA_DIR", folder.join("below-a-file"));
    program.args(["command", "--type", "Deposit", "--payload", &deposit("A-1", 6), "--json"]);
    let done = Ended::of(program.output().expect("it starts")).ended_with(0);
    assert_eq!(done.json()["outcome"], "executed", "{}", done.err);
}

#[test]
fn programs_that_issue_at_once_lose_nothing_of_the_history() {
    const PROGRAMS: u64 = 8;
    let bench = Bench::accounts();
    let before = history(&bench, bench.folder()).len();
    let start = |number: u64| {
        let mut program = bench.program();
        program.args(["command", "--type", "Deposit", "--payload", &deposit("A-1", 1000 + number), "--json"]);
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    };
    let running: Vec<_> = (0..PROGRAMS).map(start).collect();
    for program in running {
        let ended = Ended::of(program.wait_with_output().expect("it ends"));
        assert!([0, 4].contains(&ended.code), "done, or others kept winning: {}", ended.err);
        assert!(!ended.err.contains("note:"), "each could be kept: {}", ended.err);
    }
    let kept = history(&bench, bench.folder());
    assert_eq!(kept.len(), before + PROGRAMS as usize, "each is there once");
    for number in 0..PROGRAMS {
        let payload = deposit("A-1", 1000 + number);
        let found = kept.iter().find(|entry| entry.payload.as_deref() == Some(&payload)).expect("it is kept");
        let ended = [CommandOutcome::Executed, CommandOutcome::Conflict].contains(&found.outcome);
        assert!(ended, "with its answer: {found:?}");
    }
}
