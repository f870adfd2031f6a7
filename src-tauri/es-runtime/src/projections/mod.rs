//! Read models that follow the log: one follower per projection, each step in one transaction.

mod apply;
mod background;
mod compare;
mod decisions;
mod doctor;
mod fill;
mod fold;
mod page;
mod rebuild;
mod replay;
mod status;
mod trace;
mod upkeep;
mod version;

use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{Checkpoint, FailurePolicy, Position, Projection, ProjectionTables, StoreError, limits};
use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, Notify};

pub use compare::{RowDifference, TableChecksum, TablesComparison};
pub use decisions::SkippedEvent;
pub use doctor::{DoctorError, DoctorReport, RowFault};
pub use fold::fold_at;
pub use rebuild::{RebuildError, RebuildOptions, RebuildOutcome, RebuildReport};
pub use replay::Replay;
pub use status::{ProjectionState, ProjectionStatus};
pub use trace::{PartingEvent, PartingKind};
pub use upkeep::{ReleasedStream, RolledBack, UpkeepError};
pub use version::TablesVersion;

pub(crate) use background::{catch_up, run};
pub(crate) use decisions::{CATEGORY as DECISIONS_CATEGORY, skip, skipped};
pub(crate) use doctor::examine;
pub(crate) use fold::default_workers;
pub(crate) use rebuild::{BuildReason, build};
pub(crate) use status::{Seen, status_of};
pub(crate) use upkeep::{quarantined, release, reset, roll_back};

use crate::batch::{Batch, Exceptions, Poison, follow};
use crate::engine::Inner;
use crate::lease::Lease;
use crate::retention::first_versions;

/// How long a follower trusts what it knows of pause, halt and active version before it looks again: another program may
/// have changed them.
const TABLES_TRUSTED: Duration = Duration::from_secs(1);

/// Keeps one projection.
pub(crate) struct Follower {
    pub(crate) projection: Arc<dyn Projection>,
    /// Whoever holds this moves the projection: the background task for one step, a rebuild for the hand-over.
    pub(crate) lane: AsyncMutex<Lane>,
    /// Held while new tables are built.
    pub(crate) building: AsyncMutex<()>,
    pub(crate) nudge: Notify,
    pub(crate) seen: Mutex<Seen>,
}

/// What the follower holds between two steps.
#[derive(Default)]
pub(crate) struct Lane {
    lease: Option<Lease>,
    tables: Option<(Instant, ProjectionTables)>,
    /// Events that the leased version leaves out, once they are needed.
    exceptions: Option<Exceptions>,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Moved; there may be more.
    Moved,
    /// Nothing more to read after this position.
    AtEnd(Position),
    /// A person has paused it.
    Paused,
    /// An event cannot be applied.
    Halted,
    /// Another owner keeps it.
    HeldElsewhere,
    /// There are no tables of this code yet.
    NeedsBuild(BuildReason),
}

impl Follower {
    pub(crate) fn new(projection: Arc<dyn Projection>) -> Self {
        Self {
            projection,
            lane: AsyncMutex::default(),
            building: AsyncMutex::default(),
            nudge: Notify::new(),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.projection.name()
    }

    /// One batch, at most up to `until`.
    pub(crate) async fn step(
        &self,
        inner: &Inner,
        lane: &mut Lane,
        until: Option<Position>,
    ) -> Result<Step, StoreError> {
        let tables = self.tables(inner, lane).await?;
        if tables.paused || tables.halted.is_some() {
            lane.let_go(inner).await;
            let step = if tables.halted.is_some() { Step::Halted } else { Step::Paused };
            self.seen.lock().halted(tables.halted);
            return Ok(step);
        }
        let version = match tables.active_version {
            None => return Ok(Step::NeedsBuild(BuildReason::First)),
            Some(active) if TablesVersion::of(active).code != self.projection.version() => {
                return Ok(Step::NeedsBuild(BuildReason::NewCode));
            }
            Some(active) => active,
        };
        if !lane.hold(inner, self.name(), version).await? {
            return Ok(Step::HeldElsewhere);
        }
        if lane.exceptions.is_none() {
            lane.exceptions = Some(inner.exceptions_of(self, version).await?);
        }
        let Lane { lease: Some(lease), exceptions: Some(exceptions), .. } = lane else {
            return Ok(Step::HeldElsewhere);
        };
        match self.advance(inner, &mut lease.checkpoint, exceptions, until).await {
            Ok(Advanced { poison: Some(poison), .. }) => self.halt(inner, lane, poison).await,
            Ok(Advanced { end: true, .. }) => Ok(Step::AtEnd(lease.checkpoint.position)),
            Ok(_) => Ok(Step::Moved),
            Err(StoreError::Fenced { .. }) => {
                lane.forget();
                Ok(Step::HeldElsewhere)
            }
            // The tables may have been replaced and dropped under us by another program: look again.
            Err(error) => {
                lane.forget();
                Err(error)
            }
        }
    }

    /// Reads one page and commits it, for the live tables.
    async fn advance(
        &self,
        inner: &Inner,
        checkpoint: &mut Checkpoint,
        exceptions: &mut Exceptions,
        until: Option<Position>,
    ) -> Result<Advanced, StoreError> {
        let after = checkpoint.position;
        let advanced = self.advance_unseen(inner, checkpoint, exceptions, until).await?;
        if checkpoint.position > after {
            self.seen.lock().moved(after, checkpoint.position);
            inner.tell();
        }
        Ok(advanced)
    }

    /// Reads one page and commits it. Moves the checkpoint past what does not match. Status and waiting readers are not told.
    async fn advance_unseen(
        &self,
        inner: &Inner,
        checkpoint: &mut Checkpoint,
        exceptions: &mut Exceptions,
        until: Option<Position>,
    ) -> Result<Advanced, StoreError> {
        let after = checkpoint.position;
        if until.is_some_and(|until| until <= after) {
            return Ok(Advanced { events: 0, poison: None, end: true });
        }
        let limit = limits::PROJECTION_BATCH_EVENTS;
        let page = follow(&*inner.events, after, until, &self.projection.filter(), limit).await?;
        let end = page.end;
        let batch = Arc::new(Batch::decode(&inner.domain.upcasters, exceptions, page.events));
        let applied = apply::commit(inner, &self.projection, checkpoint, exceptions, &batch, page.next).await?;
        Ok(Advanced { events: applied.events, poison: applied.poison, end })
    }

    async fn halt(&self, inner: &Inner, lane: &mut Lane, poison: Poison) -> Result<Step, StoreError> {
        let skipped = decisions::skipped_positions(&*inner.events, self.name()).await?;
        if skipped.contains(&poison.position) {
            // Decided elsewhere since this follower has looked.
            lane.look_anew();
            return Ok(Step::Moved);
        }
        self.record_halt(inner, poison).await?;
        lane.let_go(inner).await;
        lane.look_anew();
        Ok(Step::Halted)
    }

    /// Records that an event cannot be applied, why, and what can be done about it.
    pub(crate) async fn record_halt(&self, inner: &Inner, poison: Poison) -> Result<(), StoreError> {
        let what_to_do = match self.projection.failure_policy() {
            FailurePolicy::Halt => "mend what it is about and retry, or skip the event for a reason",
            FailurePolicy::QuarantineStream => {
                "too many streams are set aside already; mend what they are about and rebuild"
            }
        };
        let Poison { position, reason, .. } = poison;
        self.record_problem(inner, position, format!("{reason} ({what_to_do})")).await
    }

    /// Records why the projection does not go on. The position is that of the event at fault, zero if it is none.
    async fn record_problem(&self, inner: &Inner, position: Position, reason: String) -> Result<(), StoreError> {
        tracing::error!(projection = self.name(), %position, reason, "projection halted");
        inner.read_models.set_halted(self.name(), Some((position, reason.clone()))).await?;
        self.seen.lock().halted(Some((position, reason)));
        inner.tell();
        Ok(())
    }

    /// Pause, halt and versions, looked at anew when it is time.
    async fn tables(&self, inner: &Inner, lane: &mut Lane) -> Result<ProjectionTables, StoreError> {
        if let Some((read, tables)) = &lane.tables
            && read.elapsed() < TABLES_TRUSTED
        {
            return Ok(tables.clone());
        }
        let tables = inner.read_models.projection(self.name()).await?;
        lane.tables = Some((Instant::now(), tables.clone()));
        Ok(tables)
    }

    /// Changes what is stored of the projection, then lets its follower see it at once.
    pub(crate) async fn change(
        &self,
        inner: &Inner,
        change: impl Future<Output = Result<(), StoreError>> + Send,
    ) -> Result<(), StoreError> {
        change.await?;
        self.lane.lock().await.look_anew();
        self.nudge.notify_one();
        inner.tell();
        Ok(())
    }
}

/// What [`Follower::advance`] did.
pub(crate) struct Advanced {
    pub(crate) events: u64,
    pub(crate) poison: Option<Poison>,
    pub(crate) end: bool,
}

impl Inner {
    /// Events that a version of a projection leaves out.
    pub(crate) async fn exceptions_of(&self, follower: &Follower, version: u32) -> Result<Exceptions, StoreError> {
        let skipped = decisions::skipped_positions(&*self.events, follower.name()).await?;
        let first_versions = first_versions(&*self.events).await?;
        Ok(Exceptions::new(skipped, first_versions, self.read_models.quarantined(follower.name(), version).await?))
    }
}

impl Lane {
    /// Takes or keeps the lease on a version. False if another owner has it.
    async fn hold(&mut self, inner: &Inner, name: &str, version: u32) -> Result<bool, StoreError> {
        if self.lease.as_ref().is_some_and(|lease| lease.checkpoint.version != version) {
            self.let_go(inner).await;
        }
        if let Some(lease) = &mut self.lease {
            if lease.keep(inner).await? {
                return Ok(true);
            }
            self.lease = None;
        }
        self.exceptions = None;
        self.lease = Lease::take(inner, name, version).await?;
        Ok(self.lease.is_some())
    }

    fn checkpoint(&self) -> Option<&Checkpoint> {
        self.lease.as_ref().map(|lease| &lease.checkpoint)
    }

    /// Gives the lease back.
    pub(crate) async fn let_go(&mut self, inner: &Inner) {
        self.exceptions = None;
        if let Some(lease) = self.lease.take() {
            lease.release(inner).await;
        }
    }

    /// Goes on with tables that were just built, under the lease they were built with.
    async fn hand_over(&mut self, inner: &Inner, lease: Lease) {
        self.let_go(inner).await;
        self.lease = Some(lease);
        self.tables = None;
    }

    /// Reads again what persons and other programs may have changed.
    fn look_anew(&mut self) {
        self.tables = None;
        self.exceptions = None;
    }

    fn forget(&mut self) {
        self.lease = None;
        self.look_anew();
    }
}
