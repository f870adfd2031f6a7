//! Simulated banks in files that are only read, and what a what-if is compared with: a real engine on a real copy.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bank::simulator::{Simulator, SimulatorConfig};
use chrono::{DateTime, Utc};
use es_core::memory::MemoryReadModels;
use es_core::{
    AppendRequest, Clock, Domain, EventReader, EventStore, ExpectedVersion, ImportedAppend, ManualClock, NewEvent,
    Position, ReadAll, ReadModelStore, RecordedEvent, StreamName,
};
use es_runtime::{CancellationToken, CommandEnvelope, Engine, EngineParts, Outcome};
use es_sqlite::{OpenOptions, SqliteEventStore};
use inspector::what_if::{ClockStep, Scenario, Step};
use inspector::{Inspector, View};
use proptest::prelude::ProptestConfig;

/// How many events the simulated banks have.
pub const EVENTS: u64 = 320;

/// 48 cases, or as many as `LEDGERSCOPE_PROPERTY_CASES` says: each runs a bank on a file of its own.
pub fn cases() -> ProptestConfig {
    let wanted = std::env::var("LEDGERSCOPE_PROPERTY_CASES").ok();
    let cases = wanted.map_or(48, |text| {
        text.parse().unwrap_or_else(|_| panic!("LEDGERSCOPE_PROPERTY_CASES is {text:?}, which is not a number"))
    });
    ProptestConfig { cases, ..ProptestConfig::default() }
}

pub fn domain() -> Arc<Domain> {
    static DOMAIN: OnceLock<Arc<Domain>> = OnceLock::new();
    DOMAIN.get_or_init(|| Arc::new(bank::domain().expect("the domain is sound"))).clone()
}

pub fn waits<T>(work: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    });
    runtime.block_on(work)
}

/// A bank in a file.
pub struct Past {
    pub path: PathBuf,
    pub events: Vec<RecordedEvent>,
    _directory: tempfile::TempDir,
}

/// The bank of a seed, written once.
pub fn past(seed: u64) -> &'static Past {
    static PASTS: OnceLock<std::sync::Mutex<BTreeMap<u64, &'static Past>>> = OnceLock::new();
    let pasts = PASTS.get_or_init(std::sync::Mutex::default);
    let mut pasts = pasts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    pasts.entry(seed).or_insert_with(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("bank.ledger");
        let events = waits(async {
            let store = SqliteEventStore::open(&path, OpenOptions { create: true, ..OpenOptions::default() });
            let store = store.expect("a new store");
            let simulated = Simulator::new(SimulatorConfig { seed, events: EVENTS }).expect("the domain is sound");
            store.import(simulated.collect()).await.expect("a simulated bank is sound");
            let events = all(&store).await;
            store.close();
            events
        });
        Box::leak(Box::new(Past { path, events, _directory: directory }))
    })
}

impl Past {
    /// Opens the file so that it cannot be written.
    pub fn reader(&self) -> Arc<dyn EventReader> {
        let options = OpenOptions { read_only: true, ..OpenOptions::default() };
        Arc::new(SqliteEventStore::open(&self.path, options).expect("the store opens"))
    }

    pub fn inspector(&self) -> Inspector {
        Inspector::new(self.reader(), domain(), View::default())
    }

    /// The bytes of everything that the store consists of.
    pub fn bytes(&self) -> BTreeMap<String, Vec<u8>> {
        let beside = std::fs::read_dir(self.path.parent().expect("a directory")).expect("it can be listed");
        let files = beside.map(|entry| entry.expect("an entry").path());
        files
            .filter(|path| !path.to_string_lossy().ends_with("-shm"))
            .map(|path| (path.display().to_string(), std::fs::read(&path).unwrap_or_default()))
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect()
    }

    /// Streams of a category, in the order of their first events.
    pub fn streams(&self, category: &str) -> Vec<StreamName> {
        let mut streams: Vec<StreamName> = Vec::new();
        for event in &self.events {
            if event.stream.category() == category && !streams.contains(&event.stream) {
                streams.push(event.stream.clone());
            }
        }
        streams
    }
}

pub async fn all(store: &dyn EventReader) -> Vec<RecordedEvent> {
    let (mut from, mut events) = (Position::ZERO, Vec::new());
    loop {
        let page = store.read_all(ReadAll::forward(from, 4096)).await.expect("a page");
        from = page.next;
        events.extend(page.events);
        if page.end {
            return events;
        }
    }
}

/// What a command came to, as far as it can be compared.
pub fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Executed { appended, consequences, .. } => {
            format!("{} and {}", appended.events.len(), consequences.len())
        }
        Outcome::AlreadyDone { .. } => "0 and 0".to_owned(),
        Outcome::Rejected(rejection) => format!("{}: {}", rejection.code, rejection.message),
        other => format!("{other:?}"),
    }
}

/// A real engine on a copy in a file of its own: the same history, the same steps.
pub struct Copy {
    pub store: Arc<SqliteEventStore>,
    read_models: Arc<MemoryReadModels>,
    clock: Arc<ManualClock>,
    engine: Engine,
    pub taken: usize,
    _directory: tempfile::TempDir,
}

impl Copy {
    pub async fn of(history: &[RecordedEvent], now: DateTime<Utc>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(ManualClock::new(now));
        let options = OpenOptions { create: true, clock: clock.clone(), ..OpenOptions::default() };
        let store = SqliteEventStore::open(directory.path().join("copy.ledger"), options).expect("a new store");
        let store = Arc::new(store);
        let append = |event: &RecordedEvent| ImportedAppend {
            request: AppendRequest::to_stream(
                event.stream.clone(),
                ExpectedVersion::Any,
                vec![NewEvent {
                    event_id: event.event_id,
                    event_type: event.event_type.clone(),
                    schema_version: event.schema_version,
                    payload: event.payload.clone(),
                    metadata: event.metadata.clone(),
                }],
            ),
            recorded_at: event.recorded_at,
        };
        store.import(history.iter().map(append).collect()).await.expect("a copy");
        let read_models = Arc::new(MemoryReadModels::new());
        let mut parts = EngineParts::new(store.clone(), read_models.clone(), domain());
        parts.clock = clock.clone();
        let (engine, taken) = (Engine::new(parts), history.len());
        Self { store, read_models, clock, engine, taken, _directory: directory }
    }

    pub async fn does(&self, index: usize, step: &Step) -> String {
        let cancel = CancellationToken::new();
        let drive =
            || async { self.engine.drive_processes_until_idle(&cancel).await.expect("processes work").commands };
        match step {
            Step::Command(command) => {
                let envelope = CommandEnvelope::new(command.command_type.as_str(), command.payload.as_str());
                let envelope = envelope.with_id(Scenario::command_id(index)).by(command.actor.as_str(), "what-if");
                told(&self.engine.execute(&envelope).await.expect("an answer"))
            }
            Step::Clock(step) => {
                let until = match step {
                    ClockStep::To(time) => *time,
                    ClockStep::BySeconds(seconds) => self.clock.now() + chrono::Duration::seconds((*seconds).into()),
                };
                let mut commands = drive().await;
                while let Some(timer) = self.read_models.timers(1).await.expect("timers").pop()
                    && timer.due_at <= until
                {
                    self.clock.set(timer.due_at.max(self.clock.now()));
                    commands += drive().await;
                }
                self.clock.set(until);
                format!("{} commands", commands + drive().await)
            }
            Step::Processes => format!("{} commands", drive().await),
        }
    }

    /// What was written behind the history.
    pub async fn written(&self) -> Vec<RecordedEvent> {
        all(&*self.store).await.split_off(self.taken)
    }
}
