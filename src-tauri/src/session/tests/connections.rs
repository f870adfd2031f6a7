//! Connections as the window sees them: switching, marks, passwords, the test.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;

use super::{Bench, done, euros, head, request, small_bank};
use crate::connections::memory::MemorySecrets;
use crate::wire::{
    AppError, ConnectionColour, ConnectionDraft, ConnectionMarks, ConnectionPassword, ConnectionTarget,
    ConnectionTestOutcome, ConnectionTestStep, FileFields, OperatorAction, OperatorDecision, PasswordEntry, Typed,
    TypedPasswords,
};

pub(super) fn marks() -> ConnectionMarks {
    ConnectionMarks { environment: String::new(), colour: ConnectionColour::None, production: false, read_only: false }
}

pub(super) fn draft(name: &str, target: ConnectionTarget, marks: ConnectionMarks) -> ConnectionDraft {
    ConnectionDraft { id: None, name: name.to_owned(), target, marks, password: PasswordEntry::Leave }
}

impl Bench {
    fn target(&self, text: &str) -> ConnectionTarget {
        self.bench.parse_connection(text).expect("understood").target
    }

    pub(super) fn file_target(&self, name: &str) -> ConnectionTarget {
        ConnectionTarget::Sqlite(FileFields { path: self.file(name).display().to_string() })
    }

    pub(super) async fn save(&self, draft: ConnectionDraft) -> String {
        self.bench.save_connection(draft).await.expect("saved").id
    }

    pub(super) async fn open(&self, id: &str) {
        self.bench.open_connection(id, TypedPasswords::default(), false).await.expect("opened");
    }

    /// A connection to a small bank in a file of its own.
    pub(super) async fn bank(&self, name: &str, marks: ConnectionMarks) -> String {
        let chosen = crate::connections::Chosen::file(self.file(name));
        self.bench.open_chosen(chosen, true).await.expect("created");
        small_bank(&self.bench.session().expect("open")).await;
        self.save(draft(name, self.file_target(name), marks)).await
    }

    async fn test_steps(&self, draft: ConnectionDraft) -> (Result<bool, AppError>, Vec<ConnectionTestStep>) {
        let seen = Arc::<Mutex<Vec<ConnectionTestStep>>>::default();
        let told = Arc::clone(&seen);
        let task = self.task().0;
        let passed = self.bench.test_connection(draft, task, Box::new(move |step| told.lock().push(step))).await;
        let steps = seen.lock().clone();
        (passed, steps)
    }
}

pub(super) fn code(refused: Result<impl Sized, AppError>) -> String {
    refused.err().map(|error| error.code).unwrap_or_default()
}

#[tokio::test]
async fn switching_the_connection_switches_the_store_and_the_next_start_opens_it_again() {
    let bench = Bench::new();
    let marked = ConnectionMarks { environment: "test".to_owned(), colour: ConnectionColour::Amber, ..marks() };
    let (one, other) = (bench.bank("one", marks()).await, bench.bank("other", marked).await);
    bench.open(&one).await;
    done(&bench.bench.session().expect("open"), "Deposit", json!({ "accountId": "1001", "amount": euros(1) })).await;
    let (first, second) = (head(&bench.bench.session().expect("open")).await, {
        bench.open(&other).await;
        head(&bench.bench.session().expect("open")).await
    });
    assert_eq!(first, second + 1, "each connection leads to its own store");
    let status = bench.bench.app_info().await.expect("answered").store.expect("open");
    assert_eq!(status.connection.map(|open| open.name).as_deref(), Some("other"));
    assert_eq!((status.marks.environment.as_str(), status.marks.colour), ("test", ConnectionColour::Amber));
    let list = bench.bench.connections().await.expect("answered");
    let open: Vec<_> = list.connections.iter().map(|row| (row.name.as_str(), row.open)).collect();
    assert_eq!(open, [("one", false), ("other", true)]);
    bench.bench.close().await;
    bench.bench.open_at_start(None, Path::new("")).await;
    let status = bench.bench.app_info().await.expect("answered").store.expect("open again");
    assert_eq!(status.connection.map(|open| open.id), Some(other), "the next start opens it again");
}

#[tokio::test]
async fn a_read_only_connection_is_never_written_and_says_why() {
    let bench = Bench::new();
    let id = bench.bank("archive", ConnectionMarks { read_only: true, ..marks() }).await;
    bench.open(&id).await;
    let session = bench.bench.session().expect("open");
    let status = session.status().await.expect("answered");
    let reason = status.read_only_reason.expect("it says why");
    assert!(status.read_only && reason.contains("archive") && reason.contains("read-only"), "{reason}");
    let before = head(&session).await;
    let deposit = request("Deposit", json!({ "accountId": "1001", "amount": euros(1) }));
    let error = session.execute(deposit).await.expect_err("refused");
    assert!(error.code == "read_only" && error.hint.contains("mark"), "it says what to do: {error:?}");
    let error = bench.bench.create_demo(7, 1000, bench.task().0).await.expect_err("refused");
    assert!(error.code == "read_only" && error.message.contains("archive"), "{error}");
    assert_eq!(head(&session).await, before, "nothing was written");
}

#[tokio::test]
async fn each_write_to_production_is_confirmed_with_the_connections_name() {
    let bench = Bench::new();
    let id = bench.bank("Live", ConnectionMarks { production: true, ..marks() }).await;
    bench.open(&id).await;
    let writing = |command: &str| bench.bench.writing(command).map(drop);
    assert_eq!(code(writing("execute")), "production_not_confirmed", "nothing was typed");
    assert_eq!(code(bench.bench.confirm_production("execute", "live")), "production_not_confirmed", "another name");
    assert_eq!(code(writing("execute")), "production_not_confirmed", "a wrong name opens nothing");
    bench.bench.confirm_production("execute", "Live").expect("the name");
    assert_eq!(code(writing("deleteSnapshots")), "production_not_confirmed", "it was typed for something else");
    bench.bench.confirm_production("execute", "Live").expect("the name");
    writing("execute").expect("confirmed");
    assert_eq!(code(writing("execute")), "production_not_confirmed", "one confirmation is for one write");
    bench.bench.session().expect("looking is free");
    // Elsewhere nothing has to be typed.
    bench.bench.open(None).await.expect("the default store");
    writing("execute").expect("no production");
}

#[tokio::test]
async fn an_operators_decision_on_production_is_confirmed_with_the_connections_name_each_time() {
    let bench = Bench::new();
    let id = bench.bank("Live", ConnectionMarks { production: true, ..marks() }).await;
    bench.open(&id).await;
    let session = bench.bench.session().expect("open");
    let transfer = json!({
        "transferId": "T-1", "source": "1001", "target": "1002", "amount": euros(50), "reference": "Rent",
    });
    done(&session, "RequestTransfer", transfer).await;
    let begun = std::time::Instant::now();
    let is_over = async || {
        let transfer = session.timeline("transfer-T-1", "0", 50).await.expect("answered");
        transfer.iter().any(|entry| entry.event_type == "TransferCompleted")
    };
    while !is_over().await {
        assert!(begun.elapsed() < super::Duration::from_secs(20), "the confirmed transfer completes");
        tokio::time::sleep(super::Duration::from_millis(20)).await;
    }
    // As the window's command does it: asked first, and nothing happens without an answer.
    let decide = async || {
        let decision = OperatorDecision {
            stream: "transfer-T-1".to_owned(),
            action: OperatorAction::Retry,
            actor: "olga".to_owned(),
            reason: "to see".to_owned(),
        };
        bench.bench.writing("decideInstance")?.decide_instance(decision).await
    };
    let before = head(&session).await;
    assert_eq!(code(decide().await), "production_not_confirmed");
    assert_eq!(code(bench.bench.confirm_production("decideInstance", "live")), "production_not_confirmed");
    assert_eq!(code(decide().await), "production_not_confirmed", "another name opens nothing");
    bench.bench.confirm_production("retryStuck", "Live").expect("the name");
    assert_eq!(code(decide().await), "production_not_confirmed", "it was typed for something else");
    assert_eq!(head(&session).await, before, "nothing was written until then");
    bench.bench.confirm_production("decideInstance", "Live").expect("the name");
    decide().await.expect("confirmed");
    let after = head(&session).await;
    assert_eq!(after, before + 1, "the decision is an event");
    assert_eq!(code(decide().await), "production_not_confirmed", "each decision is confirmed by itself");
    assert_eq!(head(&session).await, after);
}

#[tokio::test]
async fn on_production_no_process_acts_by_itself_and_what_was_confirmed_is_carried_on() {
    let bench = Bench::new();
    let id = bench.bank("Live", ConnectionMarks { production: true, ..marks() }).await;
    bench.open(&id).await;
    let session = bench.bench.session().expect("open");
    let transfer = json!({
        "transferId": "T-1", "source": "1001", "target": "1002", "amount": euros(50), "reference": "Rent",
    });
    done(&session, "RequestTransfer", transfer).await;
    let begun = std::time::Instant::now();
    loop {
        let transfers = session.timeline("transfer-T-1", "0", 50).await.expect("answered");
        if transfers.iter().any(|entry| entry.event_type == "TransferCompleted") {
            break;
        }
        assert!(begun.elapsed() < super::Duration::from_secs(20), "the confirmed transfer completes");
        tokio::time::sleep(super::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn what_is_changed_of_the_open_connection_holds_at_once() {
    let bench = Bench::new();
    let id = bench.bank("Bank", marks()).await;
    bench.open(&id).await;
    assert!(!bench.bench.session().expect("open").status().await.expect("answered").read_only);
    let marked = ConnectionMarks { read_only: true, ..marks() };
    let changed = ConnectionDraft { id: Some(id), ..draft("Bank", bench.file_target("Bank"), marked) };
    bench.save(changed.clone()).await;
    let status = bench.bench.session().expect("open").status().await.expect("answered");
    assert!(status.read_only, "it may not be written from now on");
    let moved = ConnectionDraft { target: bench.file_target("missing"), ..changed };
    bench.save(moved).await;
    assert_eq!(code(bench.bench.session()), "store_not_found", "the former store is not shown under its name");
}

#[tokio::test]
async fn the_test_tells_each_step_and_the_first_that_fails() {
    let bench = Bench::new();
    bench.bank("there", marks()).await;
    let (passed, steps) = bench.test_steps(draft("x", bench.file_target("there"), marks())).await;
    assert!(passed.expect("answered"), "{steps:?}");
    assert!(steps.len() == 2 && steps.iter().all(|step| step.outcome == ConnectionTestOutcome::Passed), "{steps:?}");
    std::fs::write(
        bench.file("letter"),
        "Dear Ada, this is no store, whatever it is called and however long.".repeat(9),
    )
    .expect("written");
    for (name, failing, words) in [("missing", "Rights", "there is no store"), ("letter", "Schema", "not")] {
        let (passed, steps) = bench.test_steps(draft("x", bench.file_target(name), marks())).await;
        assert!(!passed.expect("answered"), "{name}");
        let last = steps.last().expect("a step");
        assert_eq!((last.title.as_str(), last.outcome), (failing, ConnectionTestOutcome::Failed), "{name}");
        assert!(last.message.to_lowercase().contains(words) && last.hint.is_some(), "{name}: {last:?}");
    }
}

#[tokio::test]
async fn without_a_keyring_the_window_asks_for_the_password_and_says_why() {
    let bench = Bench::on(MemorySecrets::missing());
    let target = bench.target("postgres://ada@localhost:1/ledger");
    let typed = TypedPasswords { login: Some(Typed("hunter2".to_owned())), side: None };
    let with_password =
        ConnectionDraft { password: PasswordEntry::Keep(typed.clone()), ..draft("Live", target, marks()) };
    let saved = bench.bench.save_connection(with_password).await.expect("saved");
    assert!(saved.notes.iter().any(|note| note.contains("each time")), "{:?}", saved.notes);
    let list = bench.bench.connections().await.expect("answered");
    assert_eq!(list.connections[0].password, ConnectionPassword::AskEachTime);
    assert!(list.no_keyring.is_some_and(|reason| reason.contains("keyring")), "the window says why");
    let error = bench.bench.open_connection(&saved.id, TypedPasswords::default(), false).await.expect_err("refused");
    assert_eq!(error.code, "password_needed");
    let error = bench.bench.open_connection(&saved.id, typed, false).await.expect_err("nothing listens there");
    assert_ne!(error.code, "password_needed", "it was typed: {error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_damaged_list_is_told_and_does_not_keep_stores_from_being_opened() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.file("data")).expect("a folder");
    std::fs::write(bench.file("data").join("connections.json"), "{ \"form\": 1,").expect("written");
    let list = bench.bench.connections().await.expect("answered");
    assert_eq!(list.problem.map(|problem| problem.code).as_deref(), Some("connections_damaged"));
    bench.bench.open_at_start(None, Path::new("")).await;
    bench.bench.session().expect("the default store is open");
}
