//! A bank on files that may have been left by a process that died, and the journal of what was asked of it.

use std::fs::{File, OpenOptions as FileOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use es_core::retention::record::{Authorship, RetentionRule};
use es_core::*;
use es_runtime::*;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use es_testkit::ManualClock;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::faults::{DoomedProcess, DoomedStore, DoomedViews, Switch};

/// Where everything of one case stands.
pub struct Place(pub PathBuf);

impl Place {
    pub fn file(&self) -> PathBuf {
        self.0.join("bank.events")
    }
    pub fn views(&self) -> PathBuf {
        self.0.join("bank.events.views")
    }
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }
    pub fn note(&self, round: u32) -> PathBuf {
        self.0.join(format!("died-{round}"))
    }
    pub fn complaint(&self, round: u32) -> PathBuf {
        self.0.join(format!("stderr-{round}"))
    }
}

/// How turns of the transfer process are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turns {
    StepByStep,
    AtOnce,
}

impl Turns {
    pub fn named(name: &str) -> Self {
        let found = [Self::StepByStep, Self::AtOnce].into_iter().find(|turns| format!("{turns:?}") == name);
        found.unwrap_or_else(|| panic!("turns are not written {name}"))
    }
}

/// A bank at work.
pub struct Bench {
    pub engine: Engine,
    pub events: Arc<DoomedStore>,
    pub views: Arc<DoomedViews>,
    pub domain: Arc<Domain>,
    pub clock: Arc<ManualClock>,
    pub switch: Arc<Switch>,
    /// How tables are rebuilt: with odd seeds in small segments and commits, going on with what the dead have left.
    pub rebuild: RebuildOptions,
    pub turns: Turns,
    /// Whether views that may be another log's are made anew; those of a log that was empty when it was opened first are.
    pub binds: bool,
}

impl Bench {
    /// Opens the files. Every round begins a day after the one before, when all leases and deadlines of that are over.
    pub async fn open(place: &Place, seed: u64, round: u32, turns: Turns, switch: Switch) -> Self {
        let switch = Arc::new(switch);
        let start = DateTime::from_timestamp(1_800_000_000, 0).expect("valid") + TimeDelta::days(i64::from(round));
        let clock = Arc::new(ManualClock::new(start));
        let options = OpenOptions { create: true, clock: clock.clone(), ..OpenOptions::default() };
        let store = SqliteEventStore::open(place.file(), options).expect("the store opens");
        let views = SqliteReadModels::open(place.views()).expect("the views open");
        let binds = seed % 3 == 2;
        if binds {
            // As the program does: views whose log may be another one are emptied.
            views.bind(&store).await.expect("bound");
        }
        let snapshots = Arc::new(views.clone());
        let events = Arc::new(DoomedStore { inner: store, switch: switch.clone(), obstacles: Mutex::default() });
        let views = Arc::new(DoomedViews { inner: views, switch: switch.clone(), building: Mutex::default() });
        let mut domain = bank::domain().expect("a sound domain");
        let doom = |inner| Arc::new(DoomedProcess { inner, switch: switch.clone() }) as Arc<dyn Process>;
        domain.processes = domain.processes.into_iter().map(doom).collect();
        let domain = Arc::new(domain);
        let mut parts = EngineParts::new(events.clone(), views.clone(), domain.clone());
        parts.clock = clock.clone();
        parts.snapshots = Some(snapshots);
        parts.config.snapshots = SnapshotPolicy::EveryEvents(std::num::NonZeroU64::new(5).expect("not zero"));
        parts.config.atomic_turns = turns == Turns::AtOnce;
        parts.config.process_concurrency = if seed % 4 < 2 { 1 } else { 16 };
        if seed.is_multiple_of(3) {
            // Nothing but the checkpoint and the timers then tells what was left unfinished.
            parts.config.reexamined_instances = 0;
        }
        parts.config.poll_interval = Duration::from_millis(5);
        parts.config.first_pause = Duration::from_millis(1);
        parts.config.longest_pause = Duration::from_millis(4);
        let mut rebuild = RebuildOptions::default();
        if seed % 2 == 1 {
            parts.config.rebuild_segment_events = 40;
            parts.config.rebuild_flush_rows = 7;
            rebuild.resume = true;
        }
        Self { engine: Engine::new(parts), events, views, domain, clock, switch, turns, rebuild, binds }
    }

    /// All events of a stream.
    pub async fn stream(&self, stream: &StreamName) -> Vec<RecordedEvent> {
        let mut events = Vec::new();
        loop {
            let from = StreamVersion(events.len() as u64);
            let read = ReadStream { stream: stream.clone(), from, direction: Direction::Forward, limit: 1000 };
            let page = self.events.read_stream(read).await.expect("readable");
            events.extend(page.events);
            if page.end {
                return events;
            }
        }
    }

    /// The state of a stream, folded from its first event.
    pub async fn state(&self, stream: &StreamName) -> AnyState {
        let aggregate = self.domain.aggregate(stream.category()).expect("an aggregate");
        let mut state = aggregate.initial();
        for event in self.stream(stream).await {
            for part in self.domain.upcasters.upcast(&event).expect("upcasts") {
                aggregate.evolve(&mut state, &part.event_type, &part.payload).expect("decodes");
            }
        }
        state
    }

    /// The whole log, with what was moved to the archive: each event once, in one of the two places.
    pub async fn log(&self) -> Vec<RecordedEvent> {
        let (mut events, mut from) = (self.archived().await, Position::ZERO);
        loop {
            let page = self.events.read_all(ReadAll::forward(from, 1000)).await.expect("readable");
            from = page.next;
            events.extend(page.events);
            if page.end {
                events.sort_by_key(|event| event.position);
                return events;
            }
        }
    }

    async fn archived(&self) -> Vec<RecordedEvent> {
        let (mut archived, mut after) = (Vec::new(), Position::ZERO);
        loop {
            let stubs = self.events.stubs(after, 1000).await.expect("readable").stubs;
            let positions: Vec<Position> = stubs.iter().map(|stub| stub.position).collect();
            let Some(last) = positions.last() else { return archived };
            after = *last;
            let events = self.events.read_archived(&positions).await.expect("readable");
            assert!(stubs.iter().cloned().map(Some).eq(events.iter().map(EventStub::of)), "each stub has its event");
            archived.extend(events);
        }
    }

    /// Hides what an account's last period carries, as far as the guard permits, and moves all that is hidden to the archive.
    pub async fn archive(&self, account: Option<&str>) {
        let retention = self.engine.retention().expect("offered");
        let by = Authorship {
            change_id: Uuid::new_v4(),
            actor: "auditor".to_owned(),
            channel: "test".to_owned(),
            reason: "the books are closed".to_owned(),
        };
        let never = CancellationToken::new();
        if let Some(account) = account {
            let stream = Some(StreamName::of("account", account).expect("a name"));
            let rule = Some(RetentionRule { max_count: Some(1), ..RetentionRule::default() });
            let wanted = Wanted { selection: Selection { stream, category: None }, rule, expect_events: None };
            settled(retention.truncate(&wanted, &by, &NoProgress, &never).await.map(drop));
        }
        settled(retention.scavenge(&Wanted::default(), &by, &NoProgress, &never).await.map(drop));
    }
}

/// What is in use may not go yet: a transfer on its way, a read model in the background that has not seen it.
fn settled(answer: Result<(), RetentionError>) {
    match answer {
        Ok(()) | Err(RetentionError::Refused { .. }) => {}
        Err(error) => panic!("retention works: {error}"),
    }
}

/// A command as it stands in the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub id: Uuid,
    pub command_type: String,
    pub payload: String,
    pub actor: String,
}

impl Order {
    pub fn envelope(&self) -> CommandEnvelope {
        let command = CommandEnvelope::new(&self.command_type, &self.payload);
        command.with_id(self.id).by(&self.actor, "test")
    }
}

/// An event that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub event_id: Uuid,
    pub stream: String,
    pub version: u64,
    pub position: u64,
}

pub fn written(appended: &Appended) -> Vec<Written> {
    let of = |event: &WrittenEvent| Written {
        event_id: event.event_id,
        stream: event.stream.as_str().to_owned(),
        version: event.version.get(),
        position: event.position.get(),
    };
    appended.events.iter().map(of).collect()
}

#[derive(Serialize, Deserialize)]
enum Line {
    Sent(Order),
    /// Carried out: a promise from now on.
    Acknowledged(Uuid, Vec<Written>),
    /// Refused: nothing was promised.
    Refused(Uuid),
}

/// What clients know: each line is on the disk before the client goes on.
pub struct Journal(File);

impl Journal {
    pub fn open(path: &Path) -> Self {
        Self(FileOptions::new().create(true).append(true).open(path).expect("the journal opens"))
    }

    pub fn sent(&mut self, order: &Order) {
        self.write(&Line::Sent(order.clone()));
    }

    pub fn answered(&mut self, id: Uuid, outcome: &Outcome) {
        match outcome {
            Outcome::Executed { appended, .. } | Outcome::AlreadyDone { appended, .. } => {
                self.write(&Line::Acknowledged(id, written(appended)));
            }
            Outcome::Rejected(_) => self.write(&Line::Refused(id)),
            other => panic!("neither conflicts nor malformed commands are part of this: {other:?}"),
        }
    }

    fn write(&mut self, line: &Line) {
        let text = serde_json::to_string(line).expect("plain data") + "\n";
        self.0.write_all(text.as_bytes()).and_then(|()| self.0.sync_data()).expect("the journal can be written");
    }
}

/// A command with what its client knows of it.
#[derive(Debug)]
pub struct Asked {
    pub order: Order,
    pub acknowledged: Option<Vec<Written>>,
    pub refused: bool,
}

/// Reads a journal; a line that its writer could not finish is no line.
pub fn asked(path: &Path) -> Vec<Asked> {
    let text = std::fs::read_to_string(path).expect("a journal");
    let mut all: Vec<Asked> = Vec::new();
    for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        let of = |id: Uuid| all.iter().position(|asked| asked.order.id == id).expect("sent before answered");
        match line {
            Line::Sent(order) => {
                if all.iter().all(|asked| asked.order.id != order.id) {
                    all.push(Asked { order, acknowledged: None, refused: false });
                }
            }
            Line::Acknowledged(id, events) => {
                let index = of(id);
                let former = all[index].acknowledged.replace(events.clone());
                assert!(former.is_none_or(|former| former == events), "{id} was answered in two ways");
            }
            Line::Refused(id) => {
                let index = of(id);
                all[index].refused = true;
            }
        }
    }
    all
}
