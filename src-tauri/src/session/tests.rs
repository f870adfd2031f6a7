//! The session as the window sees it: every failure typed, worded and without effect; every success real.

mod causes;
mod clock;
mod connections;
mod desk;
mod grid;
mod history;
mod language;
mod links;
mod lists;
mod notebook;
mod servers;
mod stage;
mod upkeep;
mod what_if;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::Session;
use crate::connections::memory::MemorySecrets;
use crate::settings::DataFolder;
use crate::tasks::Task;
use crate::wire::{CommandRequest, CommandResult, DryRun, Progress, ProjectionState, RebuildOptions, RebuildOutcome};
use crate::workbench::{Notice, Workbench};

/// A workbench on a data folder of its own.
struct Bench {
    bench: Workbench,
    folder: TempDir,
    notices: Arc<Mutex<Vec<Notice>>>,
}

impl Bench {
    fn new() -> Self {
        Self::on(MemorySecrets::default())
    }

    fn on(secrets: MemorySecrets) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataFolder::at(folder.path().join("data")).expect("created");
        let notices = Arc::<Mutex<Vec<Notice>>>::default();
        let told = Arc::clone(&notices);
        let tell = Arc::new(move |notice| told.lock().push(notice));
        let bench = Workbench::new(data, Arc::new(secrets), tell, Box::new(|_, answer| drop(answer.send(None))));
        Self { bench, folder, notices }
    }

    async fn with_store() -> (Self, Arc<Session>) {
        let bench = Self::new();
        bench.bench.open(None).await.expect("the default store is created");
        let session = bench.bench.session().expect("it is open");
        (bench, session)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A task with what it tells.
    fn task(&self) -> (Task, Arc<Mutex<Vec<Progress>>>) {
        let seen = Arc::<Mutex<Vec<Progress>>>::default();
        let told = Arc::clone(&seen);
        let receiver = Box::new(move |progress| told.lock().push(progress));
        (self.bench.tasks().begin(Uuid::new_v4().to_string(), receiver), seen)
    }
}

fn request(command_type: &str, payload: impl ToString) -> CommandRequest {
    CommandRequest {
        command_type: command_type.to_owned(),
        payload: payload.to_string(),
        command_id: Uuid::new_v4().to_string(),
        actor: "ada".to_owned(),
        reason: None,
        expected_version: None,
    }
}

fn euros(minor: u32) -> serde_json::Value {
    json!({ "minor": minor.to_string(), "currency": "EUR" })
}

async fn done(session: &Session, command_type: &str, payload: serde_json::Value) -> String {
    match session.execute(request(command_type, &payload)).await.expect("answered") {
        CommandResult::Executed { position, .. } => position,
        other => panic!("{command_type} {payload} must be carried out, but: {other:?}"),
    }
}

/// An active customer with two open accounts, the first with 100 euros.
async fn small_bank(session: &Session) {
    let customer = "C1";
    let examples = session.commands();
    let example = |name: &str| {
        let command = examples.iter().find(|command| command.command_type == name);
        let text = &command.unwrap_or_else(|| panic!("{name} is a command for people")).example;
        serde_json::from_str::<serde_json::Value>(text).expect("an example is JSON")
    };
    for name in ["RegisterCustomer", "SubmitIdentification", "RecordScreening", "AssessRisk", "ApproveOnboarding"] {
        let mut payload = example(name);
        payload["customerId"] = json!(customer);
        // Four eyes: the one who approves is another than the one who submitted.
        let mut request = request(name, payload);
        request.actor = if name == "ApproveOnboarding" { "grace" } else { "ada" }.to_owned();
        let result = session.execute(request).await.expect("answered");
        assert!(matches!(result, CommandResult::Executed { .. }), "{name}: {result:?}");
    }
    for account in ["1001", "1002"] {
        let mut payload = example("OpenAccount");
        payload["accountId"] = json!(account);
        payload["customerId"] = json!(customer);
        payload["currency"] = json!("EUR");
        if let Some(fields) = payload.as_object_mut() {
            fields.remove("overdraftLimit");
        }
        done(session, "OpenAccount", payload).await;
        named_in_its_owners_record(session, account).await;
    }
    done(session, "Deposit", json!({ "accountId": "1001", "amount": euros(10_000) })).await;
}

/// A process names each new account in its owner's record; what a test counts must not depend on when.
async fn named_in_its_owners_record(session: &Session, account: &str) {
    let (stream, begun) = (format!("account-{account}"), Instant::now());
    while session.timeline(&stream, "0", 10).await.expect("answered").len() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{stream} must be named in its owner's record");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn head(session: &Session) -> u64 {
    session.status().await.expect("answered").head.parse().expect("a number")
}

#[tokio::test]
async fn without_a_store_every_question_is_answered_with_what_to_do() {
    let bench = Bench::new();
    let error = bench.bench.session().err().expect("nothing is open");
    assert_eq!((error.code.as_str(), error.retryable), ("no_store", false));
    assert!(!error.hint.is_empty(), "it says what to do");
    let info = bench.bench.app_info().await.expect("answered");
    assert!(info.store.is_none() && info.open_error.is_none(), "nothing was tried yet");
}

#[tokio::test]
async fn the_first_start_creates_an_empty_writable_store_in_the_data_folder() {
    let (bench, session) = Bench::with_store().await;
    let status = session.status().await.expect("answered");
    assert_eq!((status.head.as_str(), status.read_only, status.last_recorded_at), ("0", false, None));
    assert!(bench.file("data/bank.ledgerscope").exists(), "the file is there");
    assert!(bench.file("data/bank.ledgerscope.views").exists(), "the read models are beside it");
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_in_words_and_left_as_it_is() {
    let bench = Bench::new();
    let file = bench.file("notes.txt");
    fs::write(&file, "just some notes, long enough to be looked at as a database header".repeat(4)).expect("written");
    let before = fs::read(&file).expect("read");
    let error = bench.bench.open(Some(file.clone())).await.expect_err("must be refused");
    assert_eq!(error.code, "not_a_store");
    assert!(error.message.contains("notes.txt"), "it names the file: {}", error.message);
    assert_eq!(fs::read(&file).expect("read"), before, "the file is unchanged");
    let beside: Vec<_> = fs::read_dir(bench.folder.path()).expect("listed").flatten().map(|e| e.file_name()).collect();
    assert!(
        !beside.iter().any(|name| name.to_string_lossy().starts_with("notes.txt.")),
        "nothing is beside: {beside:?}"
    );
    let info = bench.bench.app_info().await.expect("answered");
    assert_eq!(info.open_error.map(|error| error.code), Some("not_a_store".to_owned()), "the window can show why");
}

#[tokio::test]
async fn a_missing_file_is_not_created_by_mistake() {
    let bench = Bench::new();
    let error = bench.bench.open(Some(bench.file("nowhere"))).await.expect_err("must be refused");
    assert_eq!(error.code, "store_not_found");
    assert!(!bench.file("nowhere").exists(), "nothing is created");
}

#[tokio::test]
async fn a_store_of_a_newer_program_is_refused_with_both_versions() {
    let bench = Bench::new();
    let file = closed_store(&bench).await;
    let mut bytes = fs::read(&file).expect("read");
    // The schema version is SQLite's user version, four bytes at offset 60 of the file.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&file, &bytes).expect("written");
    let error = bench.bench.open(Some(file.clone())).await.expect_err("must be refused");
    assert_eq!(error.code, "newer_schema");
    assert!(error.message.contains("99"), "it says what was found: {}", error.message);
    assert_eq!(fs::read(&file).expect("read"), bytes, "the file is unchanged");
}

#[tokio::test]
async fn a_write_protected_store_can_be_looked_at_and_refuses_commands() {
    let bench = Bench::new();
    let file = closed_store(&bench).await;
    let mut permissions = fs::metadata(&file).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).expect("set");
    let status = bench.bench.open(Some(file.clone())).await.expect("opens for reading");
    assert!(status.read_only, "the window knows");
    let session = bench.bench.session().expect("open");
    let before = head(&session).await;
    assert!(before > 0, "there is something to see");
    let payload = json!({ "accountId": "1001", "amount": euros(1) });
    let error = session.execute(request("Deposit", payload)).await.expect_err("must be refused");
    assert_eq!(error.code, "read_only");
    assert_eq!(head(&session).await, before, "nothing is written");
    assert!(session.wait_until(&before.to_string()).await.expect("answered"), "read models are built nevertheless");
    assert_eq!(session.accounts(None, 0, 10, None).await.expect("answered").total, "2");
}

/// A store with a small bank in it, closed.
async fn closed_store(bench: &Bench) -> PathBuf {
    bench.bench.open(None).await.expect("created");
    let session = bench.bench.session().expect("open");
    small_bank(&session).await;
    bench.bench.close().await;
    let file = bench.file("copy.ledgerscope");
    fs::copy(bench.file("data/bank.ledgerscope"), &file).expect("copied");
    file
}

#[tokio::test]
async fn commands_that_cannot_be_decided_say_what_is_wrong_and_write_nothing() {
    let (_bench, session) = Bench::with_store().await;
    let cases = [
        ("NoSuchCommand", "{}".to_owned(), "unknown_command"),
        ("Deposit", "{\"accountId\": ".to_owned(), "malformed_json"),
        (
            "Deposit",
            json!({ "accountId": "1001", "amount": { "minor": "1.5", "currency": "EUR" } }).to_string(),
            "bad_shape",
        ),
        ("Deposit", json!({ "accountId": "1001" }).to_string(), "bad_shape"),
    ];
    for (command_type, payload, wanted) in cases {
        match session.execute(request(command_type, &payload)).await.expect("answered") {
            CommandResult::Invalid { code, message, violations } => {
                assert_eq!(code, wanted, "{command_type} {payload}");
                assert!(!message.is_empty(), "it is worded");
                assert_eq!(violations.is_empty(), wanted != "bad_shape", "each place is named: {violations:?}");
            }
            other => panic!("{command_type} {payload} is invalid, but: {other:?}"),
        }
        let dry = session.dry_run(request(command_type, &payload)).await.expect("answered");
        assert!(matches!(&dry, DryRun::Invalid { code, .. } if code == wanted), "the dry run says the same: {dry:?}");
    }
    assert_eq!(head(&session).await, 0, "nothing is written");
}

#[tokio::test]
async fn rules_refuse_with_their_numbers_and_write_nothing() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let before = head(&session).await;
    let unknown = request("Deposit", json!({ "accountId": "9999", "amount": euros(1) }));
    match session.execute(unknown).await.expect("answered") {
        CommandResult::Rejected { code, message, .. } => {
            assert_eq!(code, "account_not_found");
            assert!(message.contains("9999"), "it names the account: {message}");
        }
        other => panic!("an unknown account cannot take a deposit: {other:?}"),
    }
    let too_much = json!({ "accountId": "1001", "amount": euros(10_001) });
    match session.execute(request("Withdraw", &too_much)).await.expect("answered") {
        CommandResult::Rejected { code, message, details } => {
            assert_eq!(code, "insufficient_funds");
            assert!(message.contains("100.00"), "it says what there is: {message}");
            assert!(!details.is_empty(), "the numbers are also there by name");
        }
        other => panic!("a cent more than there is cannot be paid out: {other:?}"),
    }
    let dry = session.dry_run(request("Withdraw", too_much)).await.expect("answered");
    assert!(matches!(&dry, DryRun::Rejected { code, .. } if code == "insufficient_funds"), "{dry:?}");
    assert_eq!(head(&session).await, before, "nothing is written");
}

#[tokio::test]
async fn the_same_command_id_is_carried_out_once_and_never_for_something_else() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let deposit = request("Deposit", json!({ "accountId": "1001", "amount": euros(500) }));
    let first = session.execute(deposit.clone()).await.expect("answered");
    let CommandResult::Executed { position, .. } = first else { panic!("{first:?}") };
    let after = head(&session).await;
    match session.execute(deposit.clone()).await.expect("answered") {
        CommandResult::AlreadyDone { position: again, .. } => assert_eq!(again, position, "the original answer"),
        other => panic!("a double click does no harm: {other:?}"),
    }
    let withdraw = CommandRequest { command_type: "Withdraw".to_owned(), ..deposit.clone() };
    let more = json!({ "accountId": "1001", "amount": euros(501) }).to_string();
    for other in [withdraw, CommandRequest { payload: more, ..deposit }] {
        let error = session.execute(other).await.expect_err("an id cannot mean two things");
        assert_eq!(error.code, "command_id_reused", "{error:?}");
        assert!(!error.retryable, "trying again cannot help");
    }
    assert_eq!(head(&session).await, after, "nothing more is written");
}

#[tokio::test]
async fn a_stale_expected_version_is_a_conflict_with_both_numbers_and_writes_nothing() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let before = head(&session).await;
    let deposit = request("Deposit", json!({ "accountId": "1001", "amount": euros(500) }));
    let stale = CommandRequest { expected_version: Some("0".to_owned()), ..deposit.clone() };
    match session.execute(stale).await.expect("answered") {
        CommandResult::Conflict { stream, expected, actual, .. } => {
            assert_eq!((stream.as_str(), expected.as_str()), ("account-1001", "0"));
            assert_ne!(actual, "0", "where the stream really stands");
        }
        other => panic!("a stale expectation: {other:?}"),
    }
    assert_eq!(head(&session).await, before, "nothing is written");
    let odd = CommandRequest { expected_version: Some("latest".to_owned()), ..deposit };
    assert_eq!(session.execute(odd).await.expect_err("no number").code, "bad_argument");
}

#[tokio::test]
async fn a_bad_identity_is_refused_before_anything_happens() {
    let (_bench, session) = Bench::with_store().await;
    let good = request("Deposit", json!({ "accountId": "1", "amount": euros(1) }));
    let bad_id = CommandRequest { command_id: "7".to_owned(), ..good.clone() };
    assert_eq!(session.execute(bad_id).await.expect_err("refused").code, "bad_argument");
    for actor in ["", "  ", "process:transfer", &"x".repeat(101), "a\nb"] {
        let bad_actor = CommandRequest { actor: actor.to_owned(), ..good.clone() };
        assert_eq!(session.execute(bad_actor).await.expect_err("refused").code, "bad_argument", "{actor:?}");
    }
}

#[tokio::test]
async fn a_transfer_runs_through_three_streams_and_the_books_balance() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let transfer =
        json!({ "transferId": "T1", "source": "1001", "target": "1002", "amount": euros(2_550), "reference": "rent" });
    done(&session, "RequestTransfer", transfer).await;
    let begun = Instant::now();
    let row = loop {
        let page = session.transfers(None, Some("1001"), 0, 10, None).await.expect("answered");
        if let Some(row) = page.transfers.into_iter().find(|row| row.finished) {
            break row;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the transfer must finish");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((row.status.as_str(), row.amount.text.as_str()), ("completed", "25.50"));
    let end = head(&session).await;
    assert!(session.wait_until(&end.to_string()).await.expect("answered"), "read models catch up");
    let accounts = session.accounts(Some("1002"), 0, 10, None).await.expect("answered");
    assert_eq!(accounts.accounts[0].balance.minor, "2550", "the money has arrived");
    let statement = session.statement("1001", 0, 10, None).await.expect("answered");
    assert_eq!((statement.closing.text.as_str(), statement.entries.len()), ("74.50", 2));
    let balance = session.trial_balance(None).await.expect("answered");
    assert!(balance.balanced && balance.transit_explained, "{balance:?}");
    for stream in ["account-1001", "account-1002", "transfer-T1"] {
        assert!(!session.timeline(stream, "0", 100).await.expect("answered").is_empty(), "{stream} has events");
    }
    let projections = session.projections().await.expect("answered");
    assert!(projections.iter().all(|status| status.lag_events == "0"), "{projections:?}");
    let (task, seen) = bench.task();
    let report = session.rebuild_projection("accounts", RebuildOptions::default(), task).await.expect("rebuilt");
    assert_eq!(report.outcome, RebuildOutcome::Swapped, "a rebuild that changes nothing is used");
    assert_eq!(report.differing_rows.as_deref(), Some("0"), "a rebuild changes nothing");
    assert!(seen.lock().last().is_some_and(|progress| progress.finished), "its progress ends");
    let (task, _) = bench.task();
    let verified = session.verify(task).await.expect("verified");
    assert!(verified.intact && verified.events == end.to_string(), "{verified:?}");
}

#[tokio::test]
async fn a_state_can_be_seen_at_every_version_and_time() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let now = session.state_at("account-1001", "3", None).await.expect("answered");
    assert_eq!((now.version.as_str(), now.compared_with.as_str()), ("3", "2"));
    assert!(!now.changed_paths.is_empty(), "the deposit changed something");
    assert!(now.nodes.iter().any(|node| node.display.as_deref() == Some("100.00 EUR")), "amounts are told to people");
    let from_nothing = session.state_at("account-1001", "0", Some("3")).await.expect("answered");
    assert_eq!((from_nothing.version.as_str(), from_nothing.event.is_none()), ("0", true));
    for (stream, version, code) in
        [("account-1001", "4", "no_such_version"), ("account-none", "1", "unknown_stream"), ("", "1", "bad_argument")]
    {
        let error = session.state_at(stream, version, None).await.expect_err("refused");
        assert_eq!(error.code, code, "{stream:?} {version}");
    }
    let last = session.event_detail("1").await.expect("answered");
    assert_eq!(session.version_at(&last.row.stream, &last.row.recorded_at).await.expect("answered"), "1");
    assert_eq!(session.event_detail("999999").await.expect_err("refused").code, "no_such_event");
}

#[tokio::test]
async fn a_paused_read_model_stays_behind_and_goes_on_when_told() {
    let (_bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    assert!(session.wait_until(&head(&session).await.to_string()).await.expect("answered"));
    session.pause_projection("accounts").await.expect("paused");
    let position = done(&session, "Deposit", json!({ "accountId": "1001", "amount": euros(1) })).await;
    assert!(!session.wait_until(&position).await.expect("answered"), "a paused read model does not get there");
    let status = session.projections().await.expect("answered");
    let paused = status.iter().find(|status| status.name == "accounts").expect("listed");
    assert_eq!((paused.state, paused.lag_events.as_str()), (ProjectionState::Paused, "1"));
    session.resume_projection("accounts").await.expect("resumed");
    assert!(session.wait_until(&position).await.expect("answered"), "it goes on");
    assert_eq!(session.pause_projection("nothing").await.expect_err("refused").code, "unknown_projection");
}

#[tokio::test]
async fn the_window_hears_of_appends_at_most_twenty_times_a_second() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let begun = Instant::now();
    for _ in 0..100 {
        done(&session, "Deposit", json!({ "accountId": "1001", "amount": euros(1) })).await;
    }
    let end = head(&session).await.to_string();
    let told = || bench.notices.lock().iter().filter_map(moved).collect::<Vec<_>>();
    while told().last() != Some(&end) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the window must hear of the last event");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let most = begun.elapsed().as_millis() / 50 + 2;
    assert!(told().len() as u128 <= most + 8, "{} messages are too many, at most {most} fit", told().len());
}

fn moved(notice: &Notice) -> Option<String> {
    if let Notice::HeadMoved(moved) = notice { Some(moved.head.clone()) } else { None }
}

#[tokio::test]
async fn switching_stores_closes_the_former_and_remembers_the_new() {
    let bench = Bench::new();
    let file = closed_store(&bench).await;
    bench.bench.open(None).await.expect("open");
    let former = bench.bench.session().expect("open");
    let status = bench.bench.open(Some(file.clone())).await.expect("switched");
    assert_eq!(Path::new(&status.location), file);
    assert_eq!(former.status().await.expect_err("closed").code, "store_closed", "the former one is closed");
    let changed = bench.notices.lock().iter().filter(|notice| matches!(notice, Notice::StoreChanged(_))).count();
    assert_eq!(changed, 3, "the window hears of every change");
    let bad = bench.file("bad");
    fs::write(&bad, [7; 4096]).expect("written");
    assert!(bench.bench.open(Some(bad)).await.is_err(), "refused");
    assert!(bench.bench.session().expect("open").status().await.is_ok(), "a failed switch leaves the open store open");
    bench.bench.close().await;
    bench.bench.open_at_start(None, Path::new("")).await;
    assert_eq!(
        bench.bench.session().expect("open").chosen().target.path(),
        Some(file.as_path()),
        "the next start opens it again"
    );
}

#[tokio::test]
async fn the_demo_bank_takes_the_place_of_the_empty_store_whole() {
    let bench = Bench::new();
    bench.bench.open(None).await.expect("created");
    let (task, seen) = bench.task();
    let status = bench.bench.create_demo(7, 500, task).await.expect("filled");
    assert_eq!((status.head.as_str(), status.read_only), ("500", false));
    assert!(seen.lock().last().is_some_and(|progress| progress.finished), "its progress ends");
    assert!(!bench.file("data/bank.ledgerscope.new").exists(), "nothing unfinished is left");
    let session = bench.bench.session().expect("open");
    assert!(session.wait_until("500").await.expect("answered"), "read models follow");
    assert!(session.trial_balance(None).await.expect("answered").balanced, "the books balance");
    let (task, _) = bench.task();
    assert!(session.verify(task).await.expect("verified").intact, "every hash is right");
    let (task, _) = bench.task();
    let error = bench.bench.create_demo(8, 500, task).await.expect_err("a filled store is not filled again");
    assert_eq!(error.code, "store_not_empty");
    let (task, _) = bench.task();
    assert_eq!(bench.bench.create_demo(8, 5, task).await.expect_err("too small").code, "bad_argument");
}

#[tokio::test]
async fn a_demo_bank_that_is_stopped_leaves_the_store_empty() {
    let bench = Bench::new();
    bench.bench.open(None).await.expect("created");
    let (task, seen) = bench.task();
    task.token().cancel();
    let error = bench.bench.create_demo(7, 50_000, task).await.expect_err("stopped");
    assert_eq!(error.code, "cancelled");
    assert!(seen.lock().last().is_some_and(|progress| progress.finished), "the window is told that it has ended");
    let session = bench.bench.session().expect("still open");
    assert_eq!(head(&session).await, 0, "nothing was written");
    let left: Vec<_> = fs::read_dir(bench.file("data")).expect("listed").flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".new")), "nothing is left over: {left:?}");
}

#[tokio::test]
async fn a_demo_bank_needs_a_store_that_can_be_written() {
    let bench = Bench::new();
    let (task, _) = bench.task();
    assert_eq!(bench.bench.create_demo(7, 500, task).await.expect_err("nothing is open").code, "no_store");
}
