//! Personal data of the bank's customers: sealed in every file, shown to whom a recorded event allows it, unreadable once erased.

#![allow(clippy::expect_used, reason = "a panic is a failed test")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::memory::MemoryReadModels;
use es_core::*;
use es_runtime::*;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use es_testkit::ManualClock;
use serde_json::{Value, json};
use uuid::Uuid;

/// Everything personal that the tests hand in.
const SECRETS: [&str; 7] =
    ["Clementine", "Farnsworth", "1977-03-14", "clem@example.org", "X5550123", "555 0177", "12 Elm Row"];

struct Bench {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    store: SqliteEventStore,
    engine: Engine,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::new("2031-05-04T09:00:00Z".parse().expect("a time")));
        let options = OpenOptions { create: true, clock: clock.clone(), ..OpenOptions::default() };
        let store = SqliteEventStore::open(folder.path().join("bank"), options).expect("opens");
        let engine = engine(Arc::new(store.clone()), folder.path(), clock.clone());
        Self { folder, clock, store, engine }
    }

    async fn send(&self, envelope: &CommandEnvelope) -> Position {
        match self.engine.execute(envelope).await.expect("the store works") {
            Outcome::Executed { appended, .. } => appended.last_position(),
            other => panic!("{} is carried out, not {other:?}", envelope.command_type),
        }
    }

    async fn does(&self, command_type: &str, payload: Value) -> Position {
        self.send(&command(command_type, &payload)).await
    }

    /// A prospect of whom the bank knows everything.
    async fn registered(&self) {
        self.send(&registration()).await;
        let document = json!({
            "customerId": "C-1", "document": "passport", "documentNumber": "X5550123", "validUntil": "2040-01-01"
        });
        self.does("SubmitIdentification", document).await;
        let contact = json!({"customerId": "C-1", "phone": "555 0177", "address": "12 Elm Row"});
        self.does("ChangeContactDetails", contact).await;
    }

    async fn drive(&self) {
        let driven = self.engine.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work");
        assert!(driven.stuck.is_empty(), "{driven:?}");
    }

    async fn log(&self) -> Vec<RecordedEvent> {
        let stream = customer();
        let read = ReadStream { stream, from: StreamVersion::ZERO, direction: Direction::Forward, limit: 100 };
        self.store.read_stream(read).await.expect("readable").events
    }

    async fn verify(&self) -> VerifyReport {
        self.store.verify(CancellationToken::new(), |_| {}).await.expect("verified")
    }

    /// Whether these bytes are anywhere in what lies on the disk. Another process reads it: closing a file gives up all locks
    /// that this process has on it, and SQLite would take itself for the last user.
    fn on_disk(&self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref();
        self.folder.path().read_dir().expect("listed").flatten().any(|file| {
            let bytes = Command::new("cat").arg(file.path()).output().expect("read").stdout;
            bytes.windows(text.len()).any(|window| window == text)
        })
    }
}

fn engine(events: Arc<dyn EventStore>, folder: &Path, clock: Arc<ManualClock>) -> Engine {
    let views = SqliteReadModels::open(folder.join("bank.views")).expect("opens");
    let domain = Arc::new(bank::domain().expect("sound"));
    let mut parts = EngineParts::new(events, Arc::new(views.clone()), domain);
    parts.clock = clock;
    parts.snapshots = Some(Arc::new(views));
    parts.config.snapshots = SnapshotPolicy::EveryEvents(std::num::NonZeroU64::MIN);
    Engine::new(parts)
}

fn command(command_type: &str, payload: &Value) -> CommandEnvelope {
    CommandEnvelope::new(command_type, payload.to_string()).by("grace", "test")
}

fn registration() -> CommandEnvelope {
    let payload = json!({
        "customerId": "C-1", "givenName": "Clementine", "familyName": "Farnsworth", "birthDate": "1977-03-14",
        "email": "clem@example.org"
    });
    command("RegisterCustomer", &payload).with_id(Uuid::from_u128(77))
}

fn customer() -> StreamName {
    StreamName::new("customer-C-1").expect("a name")
}

fn reveal(fields: &[&str]) -> (&'static str, Value) {
    ("RevealPersonalData", json!({"customerId": "C-1", "fields": fields, "reason": "complaint"}))
}

const ALL: [&str; 7] = ["givenName", "familyName", "birthDate", "email", "phone", "address", "documentNumber"];

#[tokio::test]
async fn nothing_personal_lies_open_in_any_file() {
    let bench = Bench::new();
    bench.registered().await;
    bench.drive().await;
    let behind = bench.engine.catch_up(None, &NoProgress, &CancellationToken::new()).await.expect("caught up");
    assert_eq!(behind, [], "the read models are filled");
    bench.engine.shutdown().await;
    assert!(bench.on_disk("C. F."), "lists have the initials");
    for secret in SECRETS {
        assert!(!bench.on_disk(secret), "{secret} is in no file");
    }
    let first = &bench.log().await[0];
    assert!(first.metadata.contains("\"commandHash\":\"keyed:"), "nobody can try names out: {}", first.metadata);
    let read = bench.engine.domain().upcasters.upcast(first).expect("upcasts");
    let told =
        (bench.engine.domain().sentence)(&ProjectedEvent { recorded: first, current: &read[0] }, Language::English);
    assert_eq!(told, "Customer C-1 registered: C. F.", "sentences have the initials");
}

#[tokio::test]
async fn a_repeated_command_is_recognised_by_its_sealed_content() {
    let bench = Bench::new();
    bench.send(&registration()).await;
    let again = bench.engine.execute(&registration()).await.expect("answered");
    assert!(matches!(again, Outcome::AlreadyDone { .. }), "{again:?}");
    let mut other = registration();
    other.payload = other.payload.replace("1977", "1978");
    let error = bench.engine.execute(&other).await.expect_err("an id means one content");
    assert_eq!(error.code(), "command_id_reused");
    assert!(!error.to_string().contains("197"), "the error tells nothing personal: {error}");
}

#[tokio::test]
async fn what_is_sealed_is_revealed_to_whom_an_event_names_and_in_what_it_names() {
    let bench = Bench::new();
    bench.registered().await;
    bench.does("ChangeContactDetails", json!({"customerId": "C-1", "phone": "555 0199"})).await;
    let (command_type, payload) = reveal(&["givenName", "phone"]);
    let position = bench.does(command_type, payload).await;
    let seen = bench.engine.reveal(position, "grace").await.expect("revealed");
    let seen: Vec<_> = seen.iter().map(|(field, clear)| (field.as_str(), clear.as_str())).collect();
    assert_eq!(seen, [("givenName", "Clementine"), ("phone", "555 0199")], "the newest of each, and no more");
    let other = bench.engine.reveal(position, "ada").await;
    assert!(matches!(other, Err(RevealError::NotAllowed { .. })), "it was recorded for somebody else: {other:?}");
    for position in [Position(1), Position(999)] {
        let other = bench.engine.reveal(position, "grace").await;
        assert!(matches!(other, Err(RevealError::NotAllowed { .. })), "nothing there allows it: {other:?}");
    }
    let (command_type, payload) = reveal(&ALL);
    let position = bench.does(command_type, payload).await;
    let seen = bench.engine.reveal(position, "grace").await.expect("revealed");
    assert_eq!(seen.len(), ALL.len(), "all of it opens: {:?}", seen.keys());
}

/// A prospect who was refused, asked for the erasure, and whose retention is over.
async fn ready_for_erasure(bench: &Bench) -> Position {
    bench.registered().await;
    let (command_type, payload) = reveal(&ALL);
    let revealed = bench.does(command_type, payload).await;
    bench.does("RejectOnboarding", json!({"customerId": "C-1", "reason": "no proof"})).await;
    bench.does("RequestErasure", json!({"customerId": "C-1", "reason": "letter"})).await;
    bench.drive().await;
    let due: DateTime<Utc> = "2036-05-05T00:00:00Z".parse().expect("a time");
    bench.clock.advance(due - bench.clock.now());
    revealed
}

#[tokio::test]
async fn erased_data_cannot_be_read_by_anybody_and_the_log_still_verifies() {
    let bench = Bench::new();
    let revealed = ready_for_erasure(&bench).await;
    let key = bench.store.subject_keys().expect("keys").get(&customer()).await.expect("read").expect("a key");
    assert!(bench.on_disk(key.bytes()), "until now a file has the key");
    let before = bench.log().await;
    bench.drive().await;
    let after = bench.log().await;
    assert_eq!(&*after.last().expect("events").event_type, "PersonalDataErased");
    assert_eq!(after[..before.len()], before[..], "no stored byte has changed");
    assert_eq!(bench.store.subject_keys().expect("keys").get(&customer()).await, Ok(None), "the key is destroyed");
    let seen = bench.engine.reveal(revealed, "grace").await.expect("answered");
    assert_eq!(seen.len(), 0, "nothing opens any more");
    assert!(bench.verify().await.intact(), "the hashes cover what is sealed");
    bench.engine.shutdown().await;
    assert!(!bench.on_disk(key.bytes()), "no file has the key any more");
    let again = bench.engine.execute(&registration()).await.expect("answered");
    assert!(matches!(again, Outcome::AlreadyDone { .. }), "without the key a receipt is taken at its word: {again:?}");
}

/// A store whose keys cannot be destroyed for now: a program that dies between recording and destroying.
struct Stubborn {
    inner: SqliteEventStore,
    refuse: Arc<AtomicBool>,
}

struct StubbornKeys {
    inner: Arc<dyn SubjectKeys>,
    refuse: Arc<AtomicBool>,
}

#[async_trait]
impl SubjectKeys for StubbornKeys {
    async fn get(&self, subject: &StreamName) -> Result<Option<SubjectKey>, StoreError> {
        self.inner.get(subject).await
    }
    async fn get_or_create(&self, subject: &StreamName) -> Result<SubjectKey, StoreError> {
        self.inner.get_or_create(subject).await
    }
    async fn destroy(&self, subject: &StreamName) -> Result<bool, StoreError> {
        if self.refuse.load(Ordering::SeqCst) {
            return Err(StoreError::Closed);
        }
        self.inner.destroy(subject).await
    }
}

/// A store without a place for keys.
struct Keyless(SqliteEventStore);

macro_rules! delegate_reading {
    ($store:ty, $field:tt) => {
        #[async_trait]
        impl EventReader for $store {
            fn capabilities(&self) -> Capabilities {
                self.$field.capabilities()
            }
            async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
                self.$field.read_all(read).await
            }
            async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
                self.$field.scan_positions(after, filter).await
            }
            async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
                self.$field.read_positions(positions).await
            }
            async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
                self.$field.read_stream(read).await
            }
            async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
                self.$field.event_by_id(event_id).await
            }
            async fn head(&self) -> Result<Position, StoreError> {
                self.$field.head().await
            }
            async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
                self.$field.position_at(time).await
            }
            async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
                self.$field.streams(query).await
            }
            async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
                self.$field.categories().await
            }
            async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
                self.$field.wait_for_events(position, at_most).await
            }
        }
    };
}

delegate_reading!(Stubborn, inner);
delegate_reading!(Keyless, 0);

#[async_trait]
impl EventStore for Stubborn {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        self.inner.append(request).await
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.inner.import(appends).await
    }
    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        let (inner, refuse) = (self.inner.subject_keys()?, self.refuse.clone());
        Some(Arc::new(StubbornKeys { inner, refuse }))
    }
}

#[async_trait]
impl EventStore for Keyless {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        self.0.append(request).await
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.0.import(appends).await
    }
}

#[tokio::test]
async fn a_key_that_was_not_destroyed_when_it_should_have_been_is_destroyed_later() {
    let bench = Bench::new();
    ready_for_erasure(&bench).await;
    bench.engine.shutdown().await;
    let refuse = Arc::new(AtomicBool::new(true));
    let stubborn = Stubborn { inner: bench.store.clone(), refuse: refuse.clone() };
    let dying = engine(Arc::new(stubborn), bench.folder.path(), bench.clock.clone());
    let erase = command("ErasePersonalData", &json!({"customerId": "C-1"}));
    let erased = dying.execute(&erase).await.expect("answered");
    assert!(matches!(erased, Outcome::Executed { .. }), "the erasure is a fact: {erased:?}");
    let keys = bench.store.subject_keys().expect("keys");
    assert!(keys.get(&customer()).await.expect("read").is_some(), "the key is still there");
    dying.shutdown().await;
    let fresh = engine(Arc::new(bench.store.clone()), bench.folder.path(), bench.clock.clone());
    fresh.drive_processes_until_idle(&CancellationToken::new()).await.expect("the stores work");
    assert_eq!(keys.get(&customer()).await, Ok(None), "the next one finishes it");
}

#[tokio::test]
async fn a_store_without_a_place_for_keys_takes_no_personal_data() {
    let bench = Bench::new();
    let domain = Arc::new(bank::domain().expect("sound"));
    let parts = EngineParts::new(Arc::new(Keyless(bench.store.clone())), Arc::new(MemoryReadModels::new()), domain);
    let error = Engine::new(parts).execute(&registration()).await.expect_err("refused");
    assert_eq!(error.code(), "unsupported", "{error}");
    assert_eq!(bench.store.head().await, Ok(Position::ZERO), "nothing is written");
}

#[tokio::test]
async fn clear_events_of_older_versions_stay_readable_and_are_revealed_alike() {
    let bench = Bench::new();
    let payload = r#"{"customerId":"C-1","givenName":"Clementine","familyName":"Farnsworth","birthDate":"1977-03-14"}"#;
    let old = NewEvent {
        event_id: Uuid::from_u128(1),
        event_type: "CustomerRegistered".into(),
        schema_version: 2,
        payload: Payload::json(payload),
        metadata: "{}".into(),
    };
    bench
        .store
        .append(AppendRequest::to_stream(customer(), ExpectedVersion::NoStream, vec![old]))
        .await
        .expect("there");
    bench.does("ChangeContactDetails", json!({"customerId": "C-1", "phone": "555 0177"})).await;
    let (command_type, payload) = reveal(&["familyName", "phone", "address"]);
    let position = bench.does(command_type, payload).await;
    let seen = bench.engine.reveal(position, "grace").await.expect("revealed");
    let seen: Vec<_> = seen.values().map(String::as_str).collect();
    assert_eq!(seen, ["Farnsworth", "555 0177"], "the old as it is, the new one opened, what is unknown left out");
}
