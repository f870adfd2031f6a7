//! A store that is killed at every stage of truncation and scavenge, and goes on as if nothing had happened.
//!
//! As in `kill.rs`, this test program starts itself as a child that aborts at a chosen passing of a chosen place; then a
//! second child goes on and dies there again; then a fresh engine finishes, and all that was promised is checked: no event is
//! in neither place, none differs, both files verify, aggregates and read models are as before, retries are recognised.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

mod common;
#[path = "common/sqlite.rs"]
mod stores;
#[path = "tally/mod.rs"]
mod tally;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use common::*;
use es_core::retention::GoOn;
use es_core::retention::record::{Authorship, RetentionRule};
use es_core::*;
use es_runtime::*;
use es_sqlite::{OpenOptions, SqliteEventStore, SqliteReadModels};
use es_testkit::Dice;
use es_testkit::fault::FaultPoint;
use tally::{TOTAL, TOTALS, caught_up, count, two_periods};
use uuid::Uuid;

/// What a child is to do: folder, place and passing, one a line.
const CHILD: &str = "LEDGERSCOPE_KILL_SCAVENGE_CHILD";
/// How often it dies before it may go on.
const DEATHS: u32 = 2;
/// Kills at each place, at passings that are drawn.
const KILLS: u64 = 3;
/// Tallies with two periods each.
const TALLIES: [&str; 4] = ["a", "b", "c", "d"];
/// Events of the first periods.
const HIDDEN: u64 = 12;
/// Events a batch: few, so that there are many batches to die in.
const BATCH_EVENTS: usize = 2;

/// Where it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    BeforeTruncation,
    AfterTruncation,
    Stage(ScavengeStage),
}

const PLACES: [Place; 7] = [
    Place::BeforeTruncation,
    Place::AfterTruncation,
    Place::Stage(ScavengeStage::Copied),
    Place::Stage(ScavengeStage::Archived),
    Place::Stage(ScavengeStage::Stubbed),
    Place::Stage(ScavengeStage::Removed),
    Place::Stage(ScavengeStage::Committed),
];

impl Place {
    fn name(self) -> String {
        format!("{self:?}")
    }

    /// A passing is drawn from so many; the second death finds only what the first one left.
    fn passings(self, round: u32) -> u64 {
        match self {
            Self::BeforeTruncation | Self::AfterTruncation => 1,
            // A death before the commit leaves the batch to be done again; one after it does not.
            Self::Stage(_) if round == 1 => 3,
            Self::Stage(_) => 2,
        }
    }
}

/// The store, with an end at one place.
struct Doomed {
    inner: SqliteEventStore,
    place: Option<Place>,
    fault: Arc<FaultPoint>,
    note: PathBuf,
}

impl Doomed {
    fn passed(&self, place: Place) {
        pass(self.place, place, &self.fault, &self.note);
    }
}

fn pass(fate: Option<Place>, place: Place, fault: &FaultPoint, note: &Path) {
    if fate == Some(place) && fault.fails_now() {
        std::fs::write(note, place.name()).expect("the note can be written");
        std::process::abort();
    }
}

#[async_trait]
impl RetentionStore for Doomed {
    async fn retain(&self, change: RetentionChange) -> Result<Appended, RetainError> {
        self.passed(Place::BeforeTruncation);
        let appended = self.inner.retain(change).await?;
        self.passed(Place::AfterTruncation);
        Ok(appended)
    }
    async fn outline(&self, stream: &StreamName, after: StreamVersion) -> Result<Vec<EventOutline>, StoreError> {
        self.inner.outline(stream, after).await
    }
    async fn scavenge(&self, mut request: ScavengeRequest) -> Result<ScavengedBatch, RetainError> {
        request.limits.events = BATCH_EVENTS;
        let (fate, fault, note) = (self.place, self.fault.clone(), self.note.clone());
        request.observer = Some(Arc::new(move |stage| pass(fate, Place::Stage(stage), &fault, &note)));
        self.inner.scavenge(request).await
    }
    async fn stubs(&self, after: Position, limit: usize) -> Result<StubPage, StoreError> {
        self.inner.stubs(after, limit).await
    }
    async fn read_stubs(&self, positions: &[Position]) -> Result<Vec<EventStub>, StoreError> {
        self.inner.read_stubs(positions).await
    }
    async fn stub_by_id(&self, event_id: Uuid) -> Result<Option<EventStub>, StoreError> {
        self.inner.stub_by_id(event_id).await
    }
    async fn read_archived(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.read_archived(positions).await
    }
    async fn verify_archive(&self, go_on: GoOn) -> Result<VerifyReport, StoreError> {
        self.inner.verify_archive(go_on).await
    }
    async fn storage(&self) -> Result<StorageFigures, StoreError> {
        self.inner.storage().await
    }
}

#[async_trait]
impl EventReader for Doomed {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        self.inner.read_all(read).await
    }
    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        self.inner.scan_positions(after, filter).await
    }
    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.read_positions(positions).await
    }
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        self.inner.read_stream(read).await
    }
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        self.inner.event_by_id(event_id).await
    }
    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.head().await
    }
    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.inner.position_at(time).await
    }
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        self.inner.streams(query).await
    }
    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.inner.categories().await
    }
    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.inner.wait_for_events(position, at_most).await
    }
    fn retention(&self) -> Option<&dyn RetentionStore> {
        Some(self)
    }
}

#[async_trait]
impl EventStore for Doomed {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        self.inner.append(request).await
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.inner.import(appends).await
    }
}

/// An engine on the files of a folder.
struct Bench {
    engine: Engine,
    store: SqliteEventStore,
    views: SqliteReadModels,
}

fn open(folder: &Path, place: Option<(Place, u32)>) -> Bench {
    // Every opening is a day later, when the leases of the one before are over.
    let mut openings =
        std::fs::OpenOptions::new().create(true).append(true).open(folder.join("openings")).expect("a file");
    openings.write_all(b"one\n").expect("written");
    let days = std::fs::read_to_string(folder.join("openings")).expect("readable").lines().count();
    let start = DateTime::from_timestamp(1_800_000_000, 0).expect("valid");
    let clock = Arc::new(ManualClock::new(start + TimeDelta::days(i64::try_from(days).expect("few"))));
    let options = OpenOptions { create: true, clock: clock.clone(), ..OpenOptions::default() };
    let store = SqliteEventStore::open(folder.join("events"), options).expect("the store opens");
    let views = SqliteReadModels::open(folder.join("events.views")).expect("the views open");
    let fault = FaultPoint::new();
    let note = folder.join("died");
    if let Some((_, passing)) = place {
        fault.arm(passing);
    }
    let place = place.map(|(place, _)| place);
    let doomed = Doomed { inner: store.clone(), place, fault: Arc::new(fault), note };
    let mut parts = EngineParts::new(Arc::new(doomed), Arc::new(views.clone()), tally::world().domain);
    parts.clock = clock;
    parts.snapshots = Some(Arc::new(views.clone()));
    Bench { engine: Engine::new(parts), store, views }
}

fn by() -> Authorship {
    let (actor, channel, reason) = ("auditor".to_owned(), "test".to_owned(), "the period is over".to_owned());
    Authorship { change_id: Uuid::new_v4(), actor, channel, reason }
}

/// Hides and moves the first periods, or what is left of them.
async fn go_through(engine: &Engine) {
    let selection = Selection { stream: None, category: Some("tally".to_owned()) };
    let rule = Some(RetentionRule { max_count: Some(4), ..RetentionRule::default() });
    let wanted = Wanted { selection, rule, expect_events: None };
    let (retention, cancel) = (engine.retention().expect("offered"), CancellationToken::new());
    caught_up(engine).await;
    retention.truncate(&wanted, &by(), &NoProgress, &cancel).await.expect("truncated");
    caught_up(engine).await;
    retention.scavenge(&Wanted::default(), &by(), &NoProgress, &cancel).await.expect("moved");
}

/// Not a test of its own: what a child does until it dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_scavenges_until_it_dies() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let task: Vec<&str> = task.lines().collect();
    let [folder, place, passing] = task[..] else { panic!("three lines, not {task:?}") };
    let place = PLACES.into_iter().find(|known| known.name() == place).expect("a place");
    let bench = open(Path::new(folder), Some((place, passing.parse().expect("a number"))));
    go_through(&bench.engine).await;
}

fn die(folder: &Path, place: Place, passing: u64) {
    let complaint = std::fs::File::create(folder.join("stderr")).expect("a file");
    let _ = std::fs::remove_file(folder.join("died"));
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "child_scavenges_until_it_dies", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{}\n{}\n{passing}", folder.display(), place.name()))
        .stdout(Stdio::null())
        .stderr(complaint)
        .status()
        .expect("the child runs");
    let note = std::fs::read_to_string(folder.join("died")).unwrap_or_default();
    let complaint = std::fs::read_to_string(folder.join("stderr")).unwrap_or_default();
    assert_eq!(
        note,
        place.name(),
        "passing {passing}: the child ended with {status} and never died there:\n{complaint}"
    );
}

async fn log(store: &SqliteEventStore) -> BTreeMap<Position, RecordedEvent> {
    let (mut events, mut from) = (BTreeMap::new(), Position::ZERO);
    loop {
        let page = store.read_all(ReadAll::forward(from, 1000)).await.expect("readable");
        from = page.next;
        events.extend(page.events.into_iter().map(|event| (event.position, event)));
        if page.end {
            return events;
        }
    }
}

/// Every event of the log as it was is in the store, or in the archive with its stub in the store, and is the same.
async fn nothing_is_lost(store: &SqliteEventStore, before: &BTreeMap<Position, RecordedEvent>, case: &str) -> u64 {
    let stored = log(store).await;
    let mut moved = 0;
    for (position, event) in before {
        let stub = store.read_stubs(&[*position]).await.expect("readable").pop();
        match (stored.get(position), stub) {
            (Some(found), None) => assert_eq!(found, event, "{case}: in the store"),
            (None, Some(stub)) => {
                assert_eq!(Some(stub), EventStub::of(event), "{case}: its stub");
                let archived = store.read_archived(&[*position]).await.expect("readable");
                assert_eq!(archived.first(), Some(event), "{case}: in the archive");
                moved += 1;
            }
            other => panic!("{case}: position {position} is in neither place, or in both: {other:?}"),
        }
    }
    let verified = store.verify(CancellationToken::new(), |_| {}).await.expect("verified");
    assert!(verified.intact(), "{case}: {:?}", verified.findings);
    assert_eq!(verified.stubs, moved, "{case}");
    let archive = store.verify_archive(Box::new(|_| true)).await.expect("verified");
    assert!(archive.intact(), "{case}: {:?}", archive.findings);
    moved
}

async fn totals(bench: &Bench) -> Vec<Row> {
    bench.views.query("totals", RowQuery::all(&TOTALS)).await.expect("built").rows
}

async fn kill_twice_and_go_on(place: Place, seed: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut dice = Dice::new(seed * 100 + place.name().len() as u64);
    let retried = count("a", 1000);
    let (before, first, expected) = {
        let bench = open(folder, None);
        for tally in TALLIES {
            two_periods(&bench.engine, tally).await;
        }
        caught_up(&bench.engine).await;
        let expected = totals(&bench).await;
        let zeroth = bench.store.read_all(ReadAll::forward(Position::ZERO, 1)).await.expect("readable").events;
        bench.engine.shutdown().await;
        (log(&bench.store).await, zeroth, expected)
    };
    let mut case = format!("seed {seed}, {place:?}");
    for round in 1..=DEATHS {
        let passing = 1 + dice.below(place.passings(round));
        case = format!("{case}, passing {passing}");
        if round == 2 && place == Place::AfterTruncation {
            // The truncation is done; there is no second one to die in.
            break;
        }
        die(folder, place, passing);
        let bench = open(folder, None);
        nothing_is_lost(&bench.store, &before, &format!("{case}, right after death {round}")).await;
        bench.engine.shutdown().await;
    }
    let bench = open(folder, None);
    go_through(&bench.engine).await;
    let moved = nothing_is_lost(&bench.store, &before, &format!("{case}, at the end")).await;
    assert_eq!(moved, HIDDEN, "{case}: the scavenge was taken up and finished");
    assert_eq!(totals(&bench).await, expected, "{case}: the read model is as before");
    let rebuilt = bench.engine.rebuild("totals", &NoProgress, &CancellationToken::new()).await.expect("rebuilt");
    assert_eq!(
        rebuilt.compared.expect("at the same position").differing_rows,
        0,
        "{case}: and built anew it is the same"
    );
    let again = AppendRequest::to_stream(
        first[0].stream.clone(),
        ExpectedVersion::Any,
        vec![NewEvent {
            event_id: first[0].event_id,
            event_type: first[0].event_type.clone(),
            schema_version: first[0].schema_version,
            payload: first[0].payload.clone(),
            metadata: first[0].metadata.clone(),
        }],
    );
    assert!(bench.store.append(again).await.expect("known").replayed, "{case}: a retried append is recognised");
    done(&bench.engine, &retried).await;
    caught_up(&bench.engine).await;
    let counted = totals(&bench).await[0][1].as_int();
    assert_eq!(counted, Some(TOTAL + 1000), "{case}: the tally goes on from its whole state");
    bench.engine.shutdown().await;
}

async fn kill_at(places: &[Place]) {
    for place in places {
        for seed in 0..KILLS {
            kill_twice_and_go_on(*place, seed).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_a_truncation_leaves_effect_and_record_together() {
    kill_at(&PLACES[..2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_around_the_archives_sync_leaves_the_events_where_they_were() {
    kill_at(&PLACES[2..4]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_inside_the_removal_leaves_the_events_where_they_were() {
    kill_at(&PLACES[4..6]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_after_a_batch_leaves_the_others_to_the_next_run() {
    kill_at(&PLACES[6..]).await;
}
