//! Given, when, then: facts in a store in memory, commands and time through the real engine, and what has to come of them.

#![allow(dead_code, reason = "every test uses a part of it")]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::seal::personal_fields;
use es_core::{
    AppendRequest, Clock, Domain, EventReader, EventStore, ExpectedVersion, ImportedAppend, ManualClock, NewEvent,
    Payload, Position, ReadAll, ReadModelStore, StreamName,
};
use es_runtime::{CancellationToken, CommandEnvelope, Engine, EngineConfig, EngineParts, Outcome, SnapshotPolicy};
use serde_json::Value;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// An event that has happened, or that has to.
#[derive(Clone)]
pub struct Event {
    stream: &'static str,
    event_type: &'static str,
    schema_version: u32,
    payload: &'static str,
    recorded_at: Option<&'static str>,
}

/// An event of a stream: its type, the version of its schema and its payload.
pub fn event(stream: &'static str, event_type: &'static str, schema_version: u32, payload: &'static str) -> Event {
    Event { stream, event_type, schema_version, payload, recorded_at: None }
}

impl Event {
    /// When it was recorded.
    pub fn at(mut self, time: &'static str) -> Self {
        self.recorded_at = Some(time);
        self
    }
}

/// A command that is sent.
pub struct Command(CommandEnvelope);

/// A command with its payload.
pub fn command(command_type: &str, payload: &str) -> Command {
    Command(CommandEnvelope::new(command_type, payload))
}

impl Command {
    /// Who asks.
    pub fn by(self, actor: &str) -> Self {
        Self(self.0.by(actor, "what-if"))
    }

    /// The business day, if it is not the clock's.
    pub fn on(mut self, day: &str) -> Self {
        self.0.business_date = Some(day.parse::<NaiveDate>().expect("a day"));
        self
    }

    /// Why.
    pub fn because(mut self, reason: &str) -> Self {
        self.0.reason = Some(reason.to_owned());
        self
    }
}

/// What has happened.
pub struct Given(Vec<Event>);

/// Begins with what has happened, in the order of the log.
pub fn given(events: &[Event]) -> Given {
    Given(events.to_vec())
}

/// How the last step ended.
enum Ended {
    Done,
    Refused(es_core::Rejection),
    Failed(String),
}

/// A bank in memory with a clock of its own.
pub struct Bank {
    runtime: Runtime,
    store: Arc<MemoryEventStore>,
    read_models: Arc<MemoryReadModels>,
    clock: Arc<ManualClock>,
    engine: Engine,
    steps: usize,
    head: Position,
    ended: Option<Ended>,
}

fn domain() -> Arc<Domain> {
    static DOMAIN: OnceLock<Arc<Domain>> = OnceLock::new();
    DOMAIN.get_or_init(|| Arc::new(bank::domain().expect("the domain is sound"))).clone()
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// Ids follow from places, so that what is derived from them is the same at every run.
fn id_of(what: &str, number: usize) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ledgerscope:what-if");
    Uuid::new_v5(&namespace, format!("{what}\n{number}").as_bytes())
}

impl Given {
    /// The time at which the first step is done.
    pub fn on_the_clock(self, now: &str) -> Bank {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let clock = Arc::new(ManualClock::new(time(now)));
        let (store, read_models) = (Arc::new(MemoryEventStore::new(clock.clone())), Arc::new(MemoryReadModels::new()));
        let happened = self.0.iter().enumerate().map(|(number, event)| {
            let new = NewEvent {
                event_id: id_of("given", number),
                event_type: event.event_type.into(),
                schema_version: event.schema_version,
                payload: Payload::json(event.payload),
                metadata: "{}".into(),
            };
            let stream = StreamName::new(event.stream).expect("a stream name");
            let request = AppendRequest::to_stream(stream, ExpectedVersion::Any, vec![new]);
            ImportedAppend { request, recorded_at: time(event.recorded_at.expect("what has happened has a time")) }
        });
        runtime.block_on(store.import(happened.collect())).expect("what has happened can be stored");
        let mut parts = EngineParts::new(store.clone(), read_models.clone(), domain());
        parts.clock = clock.clone();
        parts.config = EngineConfig {
            snapshots: SnapshotPolicy::Never,
            process_concurrency: 1,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(1),
            ..EngineConfig::default()
        };
        let (engine, head) = (Engine::new(parts), Position(self.0.len() as u64));
        Bank { runtime, store, read_models, clock, engine, steps: 0, head, ended: None }
    }
}

impl Bank {
    /// A command is sent.
    #[track_caller]
    pub fn when(mut self, command: Command) -> Self {
        let envelope = command.0.with_id(id_of("command", self.begun()));
        self.ended = Some(match self.runtime.block_on(self.engine.execute(&envelope)) {
            Ok(Outcome::Executed { .. } | Outcome::AlreadyDone { .. }) => Ended::Done,
            Ok(Outcome::Rejected(rejection)) => Ended::Refused(rejection),
            Ok(Outcome::Invalid(error)) => Ended::Failed(error.code().to_owned()),
            Ok(other) => Ended::Failed(format!("{other:?}")),
            Err(error) => Ended::Failed(error.code().to_owned()),
        });
        self
    }

    /// Time passes up to a moment: processes work, and each timer fires when it is due.
    #[track_caller]
    pub fn when_the_clock_is(mut self, text: &str) -> Self {
        self.begun();
        let until = time(text);
        self.drive();
        while let Some(timer) = self.runtime.block_on(self.read_models.timers(1)).expect("timers").pop()
            && timer.due_at <= until
        {
            self.clock.set(timer.due_at.max(self.clock.now()));
            self.drive();
        }
        self.clock.set(until);
        self.drive();
        self.ended = Some(Ended::Done);
        self
    }

    /// Processes work until nothing is left to do at this time.
    #[track_caller]
    pub fn when_processes_run(mut self) -> Self {
        self.begun();
        self.drive();
        self.ended = Some(Ended::Done);
        self
    }

    /// These events have come of it, those of processes included, and no others. Sealed texts are not compared: every bank draws
    /// its own keys.
    #[track_caller]
    pub fn then(mut self, expected: &[Event]) -> Self {
        match self.ended.take() {
            Some(Ended::Done) => {}
            Some(Ended::Refused(rejection)) => panic!("it was refused: {} ({})", rejection.message, rejection.code),
            Some(Ended::Failed(code)) => panic!("it failed: {code}"),
            None => panic!("nothing was done"),
        }
        let happened = self.happened();
        let told = |(stream, event_type, version, payload): &(String, String, u32, Value)| {
            format!("{stream}: {event_type} v{version} {payload:#}")
        };
        let expected: Vec<_> = expected.iter().map(Event::essence).collect();
        assert_eq!(
            happened.iter().map(told).collect::<Vec<_>>().join("\n"),
            expected.iter().map(told).collect::<Vec<_>>().join("\n"),
            "what has come of it"
        );
        self
    }

    /// This rule has refused it, with these numbers, and nothing has come of it.
    #[track_caller]
    pub fn then_refused(mut self, code: &str, details: &[(&str, &str)]) -> Self {
        let Some(Ended::Refused(rejection)) = self.ended.take() else { panic!("it was not refused") };
        assert_eq!(rejection.code, code, "refused for another reason: {}", rejection.message);
        let expected: BTreeMap<_, _> =
            details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(rejection.details, expected, "the numbers of the rule");
        assert!(self.happened().is_empty(), "a refused command changes nothing");
        self
    }

    /// It could not be done, with this code, and nothing has come of it.
    #[track_caller]
    pub fn then_failed(mut self, code: &str) -> Self {
        let Some(Ended::Failed(found)) = self.ended.take() else { panic!("it did not fail") };
        assert_eq!(found, code, "it failed for another reason");
        assert!(self.happened().is_empty(), "what fails changes nothing");
        self
    }

    /// Nothing more has to be checked.
    #[track_caller]
    pub fn ends(self) {
        assert!(self.ended.is_none(), "the last step was not checked");
        assert!(self.steps > 0, "something was done");
    }

    fn begun(&mut self) -> usize {
        assert!(self.ended.is_none(), "the step before was not checked");
        self.steps += 1;
        self.steps - 1
    }

    fn drive(&self) {
        let cancel = CancellationToken::new();
        self.runtime.block_on(self.engine.drive_processes_until_idle(&cancel)).expect("processes work");
    }

    /// What has been written since this was last asked.
    fn happened(&mut self) -> Vec<(String, String, u32, Value)> {
        let page = self.runtime.block_on(self.store.read_all(ReadAll::forward(self.head, 4096))).expect("a page");
        assert!(page.end, "a step leads to fewer events than a page holds");
        self.head = page.head;
        let event = |event: es_core::RecordedEvent| {
            let payload = event.payload.as_json().expect("JSON");
            let payload = without_sealed(&event.event_type, payload);
            (event.stream.to_string(), event.event_type.to_string(), event.schema_version, payload)
        };
        page.events.into_iter().map(event).collect()
    }
}

impl Event {
    fn essence(&self) -> (String, String, u32, Value) {
        let payload = without_sealed(self.event_type, self.payload);
        (self.stream.to_owned(), self.event_type.to_owned(), self.schema_version, payload)
    }
}

fn without_sealed(event_type: &str, payload: &str) -> Value {
    let mut payload: Value = serde_json::from_str(payload).expect("JSON");
    let domain = domain();
    let kind = domain.event_types.iter().find(|kind| kind.event_type == event_type);
    for field in kind.iter().flat_map(|kind| personal_fields(&kind.schema)) {
        if let Some(value) = payload.get_mut(&field).and_then(Value::as_object_mut) {
            value.remove("sealed");
        }
    }
    payload
}
