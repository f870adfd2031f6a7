//! What is kept, what is not, and who may write at once.

use super::*;

struct Kept {
    history: CommandHistory,
    folder: tempfile::TempDir,
}

fn kept() -> Kept {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = DataFolder::at(folder.path().to_owned()).expect("created");
    Kept { history: CommandHistory::new(&data), folder }
}

fn sent(number: usize, payload: &str) -> Sent {
    Sent {
        store: "a store".to_owned(),
        at: format!("2031-05-04T12:00:00.{number:06}Z"),
        command_id: Uuid::new_v4().to_string(),
        command_type: if number.is_multiple_of(2) { "Deposit" } else { "Withdraw" }.to_owned(),
        actor: "Ada".to_owned(),
        origin: CommandOrigin::Window,
        reason: None,
        expected_version: None,
        payload: Some(payload.to_owned()),
        withheld: Vec::new(),
    }
}

fn ended(outcome: CommandOutcome) -> Ended {
    Ended {
        outcome,
        stream: Some("account-1".to_owned()),
        events: None,
        position: None,
        code: None,
        message: None,
        details: vec![("requested".to_owned(), "5.00 EUR".to_owned())],
    }
}

fn all(history: &CommandHistory, store: &str) -> CommandHistoryPage {
    history.page(store, &CommandHistoryQuery { limit: 200, ..CommandHistoryQuery::default() }).expect("readable")
}

#[test]
fn what_was_sent_is_known_also_if_its_answer_never_came() {
    let Kept { history, folder } = kept();
    let attempt = Uuid::new_v4();
    history.sent("a", attempt, sent(1, "{}")).expect("written");
    assert_eq!(all(&history, "a").entries[0].outcome, CommandOutcome::Unknown, "no answer is recorded");
    let data = DataFolder::at(folder.path().to_owned()).expect("there");
    let restarted = CommandHistory::new(&data);
    restarted.ended("a", attempt, ended(CommandOutcome::Rejected)).expect("written");
    let page = all(&restarted, "a");
    assert_eq!((page.total, page.entries[0].outcome), (1, CommandOutcome::Rejected), "one attempt, with its answer");
    assert_eq!(page.entries[0].details[0].value, "5.00 EUR", "with its numbers");
    assert!(all(&restarted, "another").entries.is_empty(), "another store has another history");
}

#[test]
fn it_is_filtered_by_outcome_and_text_and_paged_newest_first() {
    let Kept { history, .. } = kept();
    for number in 0..10 {
        let attempt = Uuid::new_v4();
        history.sent("a", attempt, sent(number, &format!("{{\"amount\":\"{number}77\"}}"))).expect("written");
        let outcome = if number < 4 { CommandOutcome::Executed } else { CommandOutcome::Conflict };
        history.ended("a", attempt, ended(outcome)).expect("written");
    }
    let ask = |text: &str, outcomes: &[CommandOutcome], offset| {
        let text = Some(text.to_owned()).filter(|text| !text.is_empty());
        let query = CommandHistoryQuery { text, outcomes: outcomes.to_vec(), offset, limit: 2 };
        let page = history.page("a", &query).expect("readable");
        (page.total, page.entries.iter().map(|entry| entry.sent_at[20..26].to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(ask("", &[], 0), (10, vec!["000009".to_owned(), "000008".to_owned()]), "newest first");
    assert_eq!(ask("", &[], 9), (10, vec!["000000".to_owned()]), "the last page has what is left");
    assert_eq!(ask("", &[CommandOutcome::Executed], 0).0, 4, "by outcome");
    assert_eq!(ask("wITHdraw", &[], 0).0, 5, "by type, in either case");
    assert_eq!(ask("\"377\"", &[], 0), (1, vec!["000003".to_owned()]), "by what is in the payload");
    assert_eq!(ask("account-1", &[CommandOutcome::Conflict], 0).0, 6, "by stream and outcome together");
}

#[test]
fn a_full_file_keeps_the_newest_and_a_damaged_line_costs_nothing_else() {
    let Kept { history, .. } = kept();
    let long = format!("\"{}\"", "x".repeat(PAYLOAD_BYTES - 2));
    let number = 2 * usize::try_from(FULL_BYTES).expect("small") / PAYLOAD_BYTES;
    for number in 0..number {
        history.sent("a", Uuid::new_v4(), sent(number, &long)).expect("written");
    }
    let path = history.path("a");
    assert!(std::fs::metadata(&path).expect("there").len() <= FULL_BYTES, "the file stays within its bound");
    let newest = all(&history, "a");
    assert_eq!(newest.entries[0].sent_at, sent(number - 1, "").at, "the newest one is there");
    let mut file = OpenOptions::new().append(true).open(&path).expect("there");
    file.write_all(b"{\"attempt\": half a line\n").expect("written");
    history.sent("a", Uuid::new_v4(), sent(number, "{}")).expect("written");
    let after = all(&history, "a");
    assert_eq!(after.total, newest.total + 1, "only the damaged line is lost");
    let too_long = "x".repeat(PAYLOAD_BYTES + 1);
    history.sent("a", Uuid::new_v4(), sent(number + 1, &too_long)).expect("written");
    assert_eq!(all(&history, "a").entries[0].payload, None, "a payload beyond the bound is left out");
}

#[test]
fn a_line_that_was_cut_off_takes_none_of_those_behind_it_with_it() {
    let Kept { history, .. } = kept();
    history.sent("a", Uuid::new_v4(), sent(1, "{}")).expect("written");
    let mut file = OpenOptions::new().append(true).open(history.path("a")).expect("there");
    file.write_all(b"{\"attempt\":\"0198").expect("written");
    let attempt = Uuid::new_v4();
    history.sent("a", attempt, sent(2, "{}")).expect("written");
    history.ended("a", attempt, ended(CommandOutcome::Executed)).expect("written");
    let page = all(&history, "a");
    assert_eq!((page.total, page.entries[0].outcome), (2, CommandOutcome::Executed), "the next line stands by itself");
}

#[test]
fn a_file_of_a_former_version_is_of_the_window() {
    let Kept { history, .. } = kept();
    history.sent("a", Uuid::new_v4(), sent(1, "{}")).expect("written");
    let path = history.path("a");
    let text = std::fs::read_to_string(&path).expect("there");
    assert!(text.contains("\"origin\":\"window\""), "{text}");
    std::fs::write(&path, text.replace("\"origin\":\"window\",", "")).expect("written");
    assert_eq!(all(&history, "a").entries[0].origin, CommandOrigin::Window);
}

#[test]
fn what_was_seen_is_forgotten_and_what_came_since_stays() {
    let Kept { history, .. } = kept();
    let attempts: Vec<Uuid> = (0..5).map(|_| Uuid::now_v7()).collect();
    for (number, attempt) in attempts.iter().enumerate() {
        history.sent("a", *attempt, sent(number, "{}")).expect("written");
        history.ended("a", *attempt, ended(CommandOutcome::Rejected)).expect("written");
    }
    history.sent("b", attempts[0], sent(9, "{}")).expect("written");
    assert_eq!(history.clear("a", attempts[2]).expect("cleared"), 3);
    let left = all(&history, "a");
    assert_eq!(left.total, 2, "the newer ones stay");
    assert_eq!(left.entries[0].outcome, CommandOutcome::Rejected, "with what came of them");
    let text = std::fs::read_to_string(history.path("a")).expect("there");
    assert!(!text.contains(&attempts[1].to_string()), "nothing of the others is left in the file");
    let again = history.clear("a", attempts[2]).expect_err("it is gone");
    assert_eq!((again.code.as_str(), all(&history, "a").total), ("not_found", 2), "nothing is forgotten unseen");
    assert_eq!(history.clear("a", attempts[4]).expect("cleared"), 2);
    history.ended("a", attempts[4], ended(CommandOutcome::Executed)).expect("written");
    assert_eq!(all(&history, "a").total, 0, "an answer that comes late brings nothing back");
    assert_eq!(all(&history, "b").total, 1, "another store has another history");
}

#[test]
fn many_may_write_and_shorten_at_once() {
    const WRITERS: usize = 6;
    const EACH: usize = 60;
    let Kept { history, folder } = kept();
    // Nearly full, so that several of them write the file anew.
    let long = format!("\"{}\"", "x".repeat(PAYLOAD_BYTES - 2));
    for number in 0..usize::try_from(FULL_BYTES).expect("small") / PAYLOAD_BYTES - 10 {
        history.sent("a", Uuid::now_v7(), sent(number, &long)).expect("written");
    }
    let written: Vec<Vec<Uuid>> = std::thread::scope(|scope| {
        let writers = (0..WRITERS).map(|_| {
            let path = folder.path().to_owned();
            scope.spawn(move || {
                // Each has its own, as another program has.
                let history = CommandHistory::new(&DataFolder::at(path).expect("there"));
                let attempts: Vec<Uuid> = (0..EACH).map(|_| Uuid::new_v4()).collect();
                for (number, attempt) in attempts.iter().enumerate() {
                    history.sent("a", *attempt, sent(number, "{}")).expect("written");
                    all(&history, "a");
                    history.ended("a", *attempt, ended(CommandOutcome::Executed)).expect("written");
                }
                attempts
            })
        });
        let writers: Vec<_> = writers.collect();
        writers.into_iter().map(|writer| writer.join().expect("it ends")).collect()
    });
    let text = std::fs::read_to_string(history.path("a")).expect("there");
    assert!(text.lines().all(|line| serde_json::from_str::<Line>(line).is_ok()), "every line is whole");
    let found = attempts(&history.path("a")).expect("readable");
    for attempt in written.iter().flatten() {
        let kept: Vec<_> = found.iter().filter(|kept| kept.id == *attempt).collect();
        assert_eq!(kept.len(), 1, "each is there once");
        assert_eq!(kept[0].outcome(), CommandOutcome::Executed, "with its answer");
    }
}

#[test]
fn who_holds_the_file_too_long_is_not_waited_for() {
    let Kept { history, .. } = kept();
    history.sent("a", Uuid::new_v4(), sent(1, "{}")).expect("written");
    let lock = OpenOptions::new().write(true).open(history.path("a").with_extension("lock")).expect("there");
    lock.lock().expect("nobody has it");
    let error = history.sent("a", Uuid::new_v4(), sent(2, "{}")).expect_err("it is held");
    assert!(error.message.contains("another program has held it for 3 s"), "{}", error.message);
    drop(lock);
    history.sent("a", Uuid::new_v4(), sent(3, "{}")).expect("written");
    assert_eq!(all(&history, "a").total, 2);
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let Kept { history, .. } = kept();
    history.sent("a", Uuid::new_v4(), sent(1, "{}")).expect("written");
    let mode = std::fs::metadata(history.path("a")).expect("there").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
