//! Backends answer the same to the bank's scenario, and where one does not, the report says so.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]
#![allow(clippy::unimplemented, reason = "what a copy never asks")]
#![allow(dead_code, reason = "the tests of copies share these stores")]

#[path = "copy/hindered.rs"]
mod hindered;
#[path = "copy/stores.rs"]
mod stores;

/// The scenario that the program runs.
#[path = "../../src/parity/scenario.rs"]
mod bank_scenario;

use std::sync::Arc;
use std::time::Duration;

use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::*;
use es_eventstoredb::{EventStoreDbConfig, EventStoreDbOptions, EventStoreDbStore};
use es_postgres::{PostgresEventStore, PostgresReadModels};
use es_runtime::*;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use es_testkit::eventstoredb::{Options, TestServer};
use es_testkit::{numbered, stream};
use hindered::Hindered;
use stores::ForeignStore;

/// Fewer than the program makes: they are all of one kind.
const TRANSFERS: u64 = 4;

fn domain() -> Arc<Domain> {
    Arc::new(bank::domain().expect("a sound domain"))
}

fn backend(name: &str, events: Arc<dyn EventStore>, read_models: Arc<dyn ReadModelStore>) -> ParityBackend {
    ParityBackend { name: name.to_owned(), events, read_models, snapshots: None }
}

fn memory() -> ParityBackend {
    backend("memory", Arc::new(MemoryEventStore::default()), Arc::new(MemoryReadModels::new()))
}

async fn run(scenario: &ParityScenario, backends: &[ParityBackend]) -> ParityReport {
    let cancel = CancellationToken::new();
    run_parity(scenario, backends, &domain(), &NoProgress, &cancel).await.expect("empty stores")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_backend_answers_the_same_to_the_banks_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = OpenOptions { create: true, ..OpenOptions::default() };
    let file = SqliteEventStore::open(folder.path().join("events"), options).expect("opens");
    let views = SqliteReadModels::open(folder.path().join("views")).expect("opens");
    let foreign = ForeignStore {
        beside: Some(Arc::new(MemorySubjectKeys::new([3; 32]))),
        ..ForeignStore::new(Arc::new(SystemClock))
    };
    let schema = stores::schema();
    let tables = PostgresEventStore::open(schema.clone()).await.expect("opens");
    let table_views = PostgresReadModels::open(schema).await.expect("opens");
    let server = TestServer::start(Options::default());
    let config = EventStoreDbConfig::parse(&server.connection_string()).expect("a connection string");
    let beside: Arc<dyn SubjectKeys> = Arc::new(MemorySubjectKeys::new([4; 32]));
    let options = EventStoreDbOptions { subject_keys: Some(beside), ..EventStoreDbOptions::default() };
    let streams = EventStoreDbStore::open(config, options).await.expect("opens");
    let backends = [
        memory(),
        backend("file", Arc::new(file), Arc::new(views)),
        backend("postgres", Arc::new(tables), Arc::new(table_views)),
        backend("eventstoredb", Arc::new(streams), Arc::new(MemoryReadModels::new())),
        backend("foreign", Arc::new(foreign), Arc::new(MemoryReadModels::new())),
    ];
    let scenario = bank_scenario::scenario(&domain(), TRANSFERS);
    let report = run(&scenario, &backends).await;
    for step in report.steps.iter().filter(|step| step.verdict == ParityVerdict::Different) {
        println!("{}: {:?}", step.label, step.first_difference());
    }
    assert!(report.agrees() && !report.cancelled, "{} steps differ", report.count(ParityVerdict::Different));
    let not_offered: Vec<_> = report.steps.iter().filter(|step| step.verdict == ParityVerdict::NotOffered).collect();
    let labels: Vec<_> = not_offered.iter().map(|step| step.label.as_str()).collect();
    assert_eq!(
        labels,
        ["bytes", "two streams, one of them stale"],
        "what a store says it cannot do is not a difference"
    );
    assert_eq!(report.steps.len(), scenario.steps.len());
    covers_what_it_should(&report);
    for timings in report.timings() {
        let commands = timings.actions.iter().find(|action| action.kind == "command").expect("commands");
        assert!(commands.count > 30 && commands.median <= commands.p99, "{timings:?}");
        assert!(commands.p99 > Duration::ZERO && timings.total > commands.p99, "{timings:?}");
    }
}

/// Guards the scenario: a run in which everything were refused would agree, too.
fn covers_what_it_should(report: &ParityReport) {
    let answers: Vec<String> = report.steps.iter().map(|step| step.answers[0].to_string()).collect();
    let count = |text: &str| answers.iter().filter(|answer| answer.contains(text)).count();
    for (text, least) in [
        ("\"executed\"", 20),
        ("\"already_done\"", 2),
        ("\"rejected\"", 5),
        ("\"conflict\"", 2),
        ("\"invalid\"", 1),
        ("command_id_reused", 1),
        ("wrong_expected_version", 4),
        ("idempotency_mismatch", 4),
        ("duplicate_event_id", 1),
        ("invalid_append", 2),
        ("\"replayed\":true", 2),
        ("\"swapped\"", 5),
        ("\"differing\":\"0\"", 10),
    ] {
        assert!(count(text) >= least, "{} answers have {text}, not {least}", count(text));
    }
    assert_eq!(
        count("\"outcome\":\"invalid\""),
        2,
        "only what is meant to be: no such command, and nothing to withdraw"
    );
    let unclean = report.steps.iter().filter(|step| ["doctor", "rebuild", "drive", "catch up"].contains(&step.kind));
    for step in unclean {
        let answer = &step.answers[0];
        let clean = answer.get("error").is_none()
            && answer.get("differing").is_none_or(|differing| differing.is_null() || differing == "0")
            && answer.get("stuck").is_none_or(|stuck| *stuck == serde_json::json!([]))
            && answer.get("behind").is_none_or(|behind| *behind == serde_json::json!([]));
        assert!(clean, "{}: {answer}", step.label);
    }
    let log = report.steps.last().expect("steps");
    let text = log.answers[0].to_string();
    for kind in ["TransferCompleted", "TransferRejected", "AccountFrozen", "CustomerRegistered", "(sealed)"] {
        assert!(text.contains(kind), "{kind} is in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_answers_otherwise_is_named_with_both_values() {
    let step = |label: &str, action| ParityStep { label: label.to_owned(), action };
    let append = |number, expected| {
        let mut event = numbered(number);
        event.event_id = uuid::Uuid::from_u128(number.into());
        ParityAction::Append(AppendRequest::to_stream(stream("a-1"), expected, vec![event]))
    };
    let scenario = ParityScenario {
        name: "short".to_owned(),
        start: es_testkit::time(0),
        steps: vec![
            step("it begins", append(1, ExpectedVersion::NoStream)),
            step("it goes on", append(2, ExpectedVersion::Exact(StreamVersion(1)))),
            step("the log", ParityAction::Log),
        ],
    };
    let timeout = || Some(StoreError::Timeout { operation: "appending".to_owned(), waited_ms: 1 });
    let slow = Hindered::new(Arc::new(MemoryEventStore::default())).before(2, timeout);
    let backends = [memory(), backend("slow", Arc::new(slow), Arc::new(MemoryReadModels::new()))];
    let report = run(&scenario, &backends).await;
    let verdicts: Vec<_> = report.steps.iter().map(|step| step.verdict).collect();
    assert_eq!(verdicts, [ParityVerdict::Same, ParityVerdict::Different, ParityVerdict::Different]);
    let found = report.steps[1].first_difference().expect("a difference");
    assert_eq!((found.0, found.1.as_str()), (1, "/replayed"), "{found:?}");
    assert!(!report.agrees());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_with_events_is_refused_before_anything_is_written() {
    let (empty, full) = (memory(), memory());
    let request = AppendRequest::to_stream(stream("a-1"), ExpectedVersion::Any, vec![numbered(1)]);
    full.events.append(request).await.expect("appended");
    let backends = [empty, full];
    let scenario = bank_scenario::scenario(&domain(), TRANSFERS);
    let refused = run_parity(&scenario, &backends, &domain(), &NoProgress, &CancellationToken::new()).await;
    let expected = ParityError::NotEmpty { backend: "memory".to_owned(), first: Position(1) };
    assert_eq!(refused, Err(expected));
    assert_eq!(backends[0].events.head().await, Ok(Position::ZERO), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_says_so() {
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let told = move |progress: &Progress| {
        if progress.done > 0 {
            stop.cancel();
        }
    };
    let scenario = bank_scenario::scenario(&domain(), TRANSFERS);
    let report = run_parity(&scenario, &[memory()], &domain(), &told, &cancel).await.expect("empty");
    assert!(report.cancelled && report.steps.len() < scenario.steps.len());
}
