//! Places at which a process dies, and the stores and processes that pass them. The engine knows nothing of all this: every
//! place is reached by wrapping what the engine is given.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::retention::GoOn;
use es_core::*;
use es_sqlite::{SqliteEventStore, SqliteReadModels};
use es_testkit::fault::FaultPoint;
use parking_lot::Mutex;
use uuid::Uuid;

use super::bench::Turns;

/// Events in a batch of a scavenge: few, so that there are many batches to die in.
const SCAVENGED_AT_ONCE: usize = 2;

/// Where a process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// Events are decided, nothing is written.
    BeforeAppend,
    /// Events are written, nobody was told.
    AfterAppend,
    /// A process has recorded what it is about to do, and has not done it.
    BetweenRecordAndDispatch,
    /// A process has done it, and has not recorded how it ended.
    BetweenDispatchAndSettle,
    /// Rows are written, their transaction is not committed.
    BeforeProjectionCommit,
    /// Rows and checkpoint are committed, nobody was told.
    AfterProjectionCommit,
    /// New tables stand empty beside the live ones.
    BeforeFlush,
    /// Rows of the new tables are written, their transaction is not committed.
    InFlush,
    /// The new tables are full.
    AfterFlush,
    /// The new tables are full and compared.
    BeforeSwap,
    /// The new tables are live, and the build is not cleared away.
    AfterSwap,
    /// Timers are to be stored or cleared.
    BeforeTimers,
    /// Timers are stored or cleared, the checkpoint stands before that.
    AfterTimers,
    /// Instances are worked on, the process's checkpoint stands before them.
    BeforeCheckpoint,
    /// The process's checkpoint has moved.
    AfterCheckpoint,
    /// Events are copied to the archive, which is not synced yet.
    BeforeArchiveSync,
    /// The archive is synced; the events stand in both places.
    AfterArchiveSync,
    /// Inside the store's transaction: the events are removed.
    InRemoval,
    /// The removal is durable, nobody was told.
    AfterRemoval,
}

impl Point {
    pub const ALL: [Self; 19] = [
        Self::BeforeAppend,
        Self::AfterAppend,
        Self::BetweenRecordAndDispatch,
        Self::BetweenDispatchAndSettle,
        Self::BeforeProjectionCommit,
        Self::AfterProjectionCommit,
        Self::BeforeFlush,
        Self::InFlush,
        Self::AfterFlush,
        Self::BeforeSwap,
        Self::AfterSwap,
        Self::BeforeTimers,
        Self::AfterTimers,
        Self::BeforeCheckpoint,
        Self::AfterCheckpoint,
        Self::BeforeArchiveSync,
        Self::AfterArchiveSync,
        Self::InRemoval,
        Self::AfterRemoval,
    ];

    /// A passing at which to die is chosen from the first so many: about as many as one run makes. Followers in the
    /// background commit after nearly every event.
    pub fn passings(self, background: bool) -> u64 {
        match self {
            Self::BeforeAppend | Self::AfterAppend => 150,
            Self::BetweenRecordAndDispatch | Self::BetweenDispatchAndSettle => 40,
            Self::BeforeProjectionCommit | Self::AfterProjectionCommit if background => 200,
            Self::BeforeProjectionCommit | Self::AfterProjectionCommit => 20,
            Self::BeforeFlush | Self::InFlush | Self::AfterFlush | Self::BeforeSwap | Self::AfterSwap => 5,
            Self::BeforeTimers | Self::AfterTimers => 8,
            Self::BeforeCheckpoint | Self::AfterCheckpoint => 12,
            Self::BeforeArchiveSync | Self::AfterArchiveSync | Self::InRemoval | Self::AfterRemoval => 8,
        }
    }

    /// Whether it is passed while the past of accounts is archived; then there is little left to rebuild read models from.
    pub fn is_of_scavenge(self) -> bool {
        matches!(self, Self::BeforeArchiveSync | Self::AfterArchiveSync | Self::InRemoval | Self::AfterRemoval)
    }

    fn of_stage(stage: ScavengeStage) -> Option<Self> {
        match stage {
            ScavengeStage::Copied => Some(Self::BeforeArchiveSync),
            ScavengeStage::Archived => Some(Self::AfterArchiveSync),
            ScavengeStage::Stubbed => None,
            ScavengeStage::Removed => Some(Self::InRemoval),
            ScavengeStage::Committed => Some(Self::AfterRemoval),
        }
    }

    /// How turns are written while it is passed. Between a turn's steps there is no moment where it is one append.
    pub fn turns(self) -> &'static [Turns] {
        match self {
            Self::BeforeAppend | Self::AfterAppend => &[Turns::StepByStep, Turns::AtOnce],
            _ => &[Turns::StepByStep],
        }
    }

    /// Whether passings count while the bank is founded: only appends are of interest that early.
    pub fn counts_from_the_start(self) -> bool {
        matches!(self, Self::BeforeAppend | Self::AfterAppend)
    }

    pub fn name(self) -> String {
        format!("{self:?}")
    }

    pub fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|point| point.name() == name);
        found.unwrap_or_else(|| panic!("there is no fault point {name}"))
    }
}

/// Ends the process at a chosen passing of one point, and leaves a note that says so.
#[derive(Default)]
pub struct Switch {
    fate: Option<Fate>,
}

struct Fate {
    point: Point,
    passing: u32,
    fault: FaultPoint,
    note: PathBuf,
}

impl Switch {
    /// Will die at the n-th passing of a point, counted from when it is armed; the note goes to a file.
    pub fn new(point: Point, passing: u32, note: PathBuf) -> Self {
        Self { fate: Some(Fate { point, passing, fault: FaultPoint::new(), note }) }
    }

    pub fn arm(&self) {
        if let Some(fate) = &self.fate {
            fate.fault.arm(fate.passing);
        }
    }

    pub fn point(&self) -> Option<Point> {
        self.fate.as_ref().map(|fate| fate.point)
    }

    pub fn pass(&self, point: Point) {
        let Some(fate) = self.fate.as_ref().filter(|fate| fate.point == point) else { return };
        if fate.fault.fails_now() {
            std::fs::write(&fate.note, point.name()).expect("the note can be written");
            std::process::abort();
        }
    }
}

/// An append that keeps failing without being written: type of its first event, and its stream.
pub type Obstacle = (&'static str, String);

/// The event store, with obstacles in the way of certain appends.
pub struct DoomedStore {
    pub inner: SqliteEventStore,
    pub switch: Arc<Switch>,
    pub obstacles: Mutex<HashSet<Obstacle>>,
}

impl DoomedStore {
    fn is_blocked(&self, request: &AppendRequest) -> bool {
        let obstacles = self.obstacles.lock();
        let mut parts = request.parts.iter().filter_map(|part| Some((part, part.events.first()?)));
        parts.any(|(part, event)| {
            let mut blocked = obstacles.iter();
            blocked.any(|(event_type, stream)| **event_type == *event.event_type && *stream == part.stream.as_str())
        })
    }
}

#[async_trait]
impl EventReader for DoomedStore {
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
impl RetentionStore for DoomedStore {
    async fn retain(&self, change: RetentionChange) -> Result<Appended, RetainError> {
        self.inner.retain(change).await
    }
    async fn outline(&self, stream: &StreamName, after: StreamVersion) -> Result<Vec<EventOutline>, StoreError> {
        self.inner.outline(stream, after).await
    }
    async fn scavenge(&self, mut request: ScavengeRequest) -> Result<ScavengedBatch, RetainError> {
        let switch = self.switch.clone();
        request.limits.events = SCAVENGED_AT_ONCE;
        request.observer =
            Some(Arc::new(move |stage| Point::of_stage(stage).into_iter().for_each(|point| switch.pass(point))));
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
impl EventStore for DoomedStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        if self.is_blocked(&request) {
            let (operation, reason) = ("appending".to_owned(), "an obstacle is in the way".to_owned());
            return Err(StoreError::Io { operation, reason }.into());
        }
        self.switch.pass(Point::BeforeAppend);
        let appended = self.inner.append(request).await?;
        self.switch.pass(Point::AfterAppend);
        Ok(appended)
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.inner.import(appends).await
    }
    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        self.inner.subject_keys()
    }
}

/// The read models.
pub struct DoomedViews {
    pub inner: SqliteReadModels,
    pub switch: Arc<Switch>,
    /// Versions being built, so that a flush can be told from a step of the live tables.
    pub building: Mutex<HashMap<String, u32>>,
}

#[async_trait]
impl RowSource for DoomedViews {
    async fn query(&self, projection: &'static str, query: RowQuery) -> Result<RowPage, StoreError> {
        self.inner.query(projection, query).await
    }
}

#[async_trait]
impl ReadModelStore for DoomedViews {
    async fn prepare(
        &self,
        projection: &'static str,
        version: u32,
        tables: &'static [&'static Table],
    ) -> Result<(), StoreError> {
        self.inner.prepare(projection, version, tables).await
    }
    async fn acquire(
        &self,
        name: &str,
        version: u32,
        owner: &str,
        now: DateTime<Utc>,
    ) -> Result<Checkpoint, StoreError> {
        self.inner.acquire(name, version, owner, now).await
    }
    async fn release(&self, checkpoint: &Checkpoint, owner: &str) -> Result<(), StoreError> {
        self.inner.release(checkpoint, owner).await
    }
    async fn checkpoint(&self, name: &str, version: u32) -> Result<Option<Checkpoint>, StoreError> {
        self.inner.checkpoint(name, version).await
    }
    async fn commit(&self, mut commit: ReadModelCommit) -> Result<Checkpoint, ProjectionError> {
        let built = self.building.lock().get(commit.projection) == Some(&commit.from.version);
        let (within, after) = if built {
            self.switch.pass(Point::BeforeFlush);
            (Point::InFlush, Point::AfterFlush)
        } else {
            (Point::BeforeProjectionCommit, Point::AfterProjectionCommit)
        };
        let (work, switch) = (commit.work, self.switch.clone());
        commit.work = Box::new(move |rows| {
            work(rows)?;
            switch.pass(within);
            Ok(())
        });
        let moved = self.inner.commit(commit).await?;
        self.switch.pass(after);
        Ok(moved)
    }
    async fn move_checkpoint(&self, from: &Checkpoint, to: Position) -> Result<Checkpoint, StoreError> {
        self.switch.pass(Point::BeforeCheckpoint);
        let moved = self.inner.move_checkpoint(from, to).await?;
        self.switch.pass(Point::AfterCheckpoint);
        Ok(moved)
    }
    async fn projection(&self, name: &str) -> Result<ProjectionTables, StoreError> {
        self.inner.projection(name).await
    }
    async fn set_building(&self, name: &str, version: Option<u32>) -> Result<(), StoreError> {
        match version {
            Some(version) => drop(self.building.lock().insert(name.to_owned(), version)),
            None => drop(self.building.lock().remove(name)),
        }
        self.inner.set_building(name, version).await
    }
    async fn activate(&self, name: &str, version: u32) -> Result<(), StoreError> {
        self.switch.pass(Point::BeforeSwap);
        self.inner.activate(name, version).await?;
        self.building.lock().remove(name);
        self.switch.pass(Point::AfterSwap);
        Ok(())
    }
    async fn discard(&self, name: &str, version: u32, tables: &'static [&'static Table]) -> Result<(), StoreError> {
        self.inner.discard(name, version, tables).await
    }
    async fn quarantined(&self, name: &str, version: u32) -> Result<Vec<QuarantinedStream>, StoreError> {
        self.inner.quarantined(name, version).await
    }
    async fn reset(&self, name: &str) -> Result<(), StoreError> {
        self.building.lock().remove(name);
        self.inner.reset(name).await
    }
    async fn set_halted(&self, name: &str, halted: Option<(Position, String)>) -> Result<(), StoreError> {
        self.inner.set_halted(name, halted).await
    }
    async fn set_paused(&self, name: &str, paused: bool) -> Result<(), StoreError> {
        self.inner.set_paused(name, paused).await
    }
    async fn scan(
        &self,
        table: &'static Table,
        version: u32,
        after: Option<Vec<Cell>>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.inner.scan(table, version, after, limit).await
    }
    async fn change_timers(&self, set: Vec<Timer>, clear: Vec<String>) -> Result<(), StoreError> {
        self.switch.pass(Point::BeforeTimers);
        self.inner.change_timers(set, clear).await?;
        self.switch.pass(Point::AfterTimers);
        Ok(())
    }
    async fn due_timers(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError> {
        self.inner.due_timers(now, limit).await
    }
    async fn due_timers_of(&self, process: &str, now: DateTime<Utc>, limit: usize) -> Result<Vec<Timer>, StoreError> {
        self.inner.due_timers_of(process, now, limit).await
    }
    async fn timers(&self, limit: usize) -> Result<Vec<Timer>, StoreError> {
        self.inner.timers(limit).await
    }
}

/// A process: it is asked for its turn after it has recorded a step and before that is sent, and for a settlement after it was
/// sent and before that is recorded.
pub struct DoomedProcess {
    pub inner: Arc<dyn Process>,
    pub switch: Arc<Switch>,
}

impl Process for DoomedProcess {
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    fn category(&self) -> &'static str {
        self.inner.category()
    }
    fn wakes_on(&self) -> &'static [&'static str] {
        self.inner.wakes_on()
    }
    fn steps_together(&self) -> bool {
        self.inner.steps_together()
    }
    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let turn = self.inner.turn(stream, state);
        if !turn.pending.is_empty() {
            self.switch.pass(Point::BetweenRecordAndDispatch);
        }
        turn
    }
    fn settle(&self, stream: &StreamName, state: &AnyState, planned: &CommandDraft, how: &Settlement) -> CommandDraft {
        self.switch.pass(Point::BetweenDispatchAndSettle);
        self.inner.settle(stream, state, planned, how)
    }
}
