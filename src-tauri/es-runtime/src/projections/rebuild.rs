//! Blue/green builds: new tables beside the live ones, filled, verified, and switched to in one transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::memory::SharedKey;
use es_core::{Cell, Position, StoreError, Violations};
use tokio::sync::MutexGuard;
use tokio_util::sync::CancellationToken;

use super::compare::{TableChecksum, TablesComparison, Verification, verify};
use super::{Follower, Lane, ProjectionState, Step, TablesVersion, decisions};
use crate::batch::{Exceptions, Poison};
use crate::engine::Inner;
use crate::lease::Lease;
use crate::progress::{Meter, ProgressSink};

/// Why tables are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuildReason {
    /// There are none.
    First,
    /// The live ones were filled by another version of the code.
    NewCode,
    /// A person asked.
    Asked,
}

/// What a rebuild is allowed to do. By default it refuses tables that do not pass verification, begins anew, and leaves nothing
/// behind that was not switched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RebuildOptions {
    /// Switch even if rows differ from the live ones or an invariant does not hold: for tables that are known to be wrong.
    pub accept_differences: bool,
    /// Go on with what a rebuild left that was cancelled or killed, if it is usable; else begin anew.
    pub resume: bool,
    /// Keep what was stored of it if it is cancelled or refused, to go on with later. What was only folded in memory when it was
    /// cancelled is lost: at most [`crate::EngineConfig::rebuild_segment_events`].
    pub keep: bool,
}

/// What became of the new tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebuildOutcome {
    /// They are live.
    Swapped,
    /// It was cancelled; the former tables are live as before.
    Cancelled {
        /// Whether what was built can be gone on with.
        kept: bool,
    },
    /// They did not pass verification; the former tables are live as before. The report has the details.
    Refused {
        /// Rows that differ from the live ones.
        differing_rows: u64,
        /// Invariants that do not hold, each violation counted.
        violations: u64,
        /// Whether what was built can be gone on with.
        kept: bool,
    },
}

/// How a rebuild ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RebuildReport {
    /// The projection.
    pub projection: &'static str,
    /// What became of the new tables.
    pub outcome: RebuildOutcome,
    /// The tables that were live before, if any.
    pub from: Option<TablesVersion>,
    /// The tables that were built.
    pub to: TablesVersion,
    /// Where it went on from, if it resumed another one.
    pub resumed_at: Option<Position>,
    /// Events applied.
    pub events: u64,
    /// Rows in the new tables.
    pub rows: u64,
    /// Position of the new tables.
    pub position: Position,
    /// Rows and checksum of each new table, once they were verified.
    pub tables: Vec<TableChecksum>,
    /// Invariants that do not hold of the new tables.
    pub violations: Violations,
    /// The former tables against the new ones at the same position; nothing if there were none, they were filled by other
    /// code, or they did not stand at that position.
    pub compared: Option<TablesComparison>,
    /// How long it took.
    pub elapsed: Duration,
}

impl RebuildReport {
    /// Whether the new tables are live.
    #[must_use]
    pub fn is_swapped(&self) -> bool {
        self.outcome == RebuildOutcome::Swapped
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.outcome, RebuildOutcome::Cancelled { .. })
    }
}

/// Why tables could not be built. The live ones are as before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RebuildError {
    /// Nobody knows the projection.
    #[error("there is no projection named {name}")]
    UnknownProjection {
        /// The name.
        name: String,
    },
    /// This process builds it already.
    #[error("{name} is being rebuilt already")]
    AlreadyRunning {
        /// The projection.
        name: String,
    },
    /// Another process builds it.
    #[error("{name} is being rebuilt by another window or program")]
    HeldElsewhere {
        /// The projection.
        name: String,
    },
    /// An event cannot be applied.
    #[error("{name} cannot apply the event at position {}: {}", poison.position, poison.reason)]
    Poison {
        /// The projection.
        name: String,
        /// The event.
        poison: Poison,
    },
    /// Two streams write the same row of a projection that declares that none do.
    #[error(
        "{name} declares that no row depends on two streams, but two write the row {key:?} of {table}; correct its order"
    )]
    SharedRow {
        /// The projection.
        name: String,
        /// Name of the table.
        table: &'static str,
        /// Key of the row.
        key: Vec<Cell>,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RebuildError {
    pub(super) fn shared_row(name: &str, SharedKey { table, key }: SharedKey) -> Self {
        Self::SharedRow { name: name.to_owned(), table, key }
    }
}

/// How long a rebuild waits for one that is about to end.
const ALREADY_RUNNING_PATIENCE: Duration = Duration::from_millis(20);

/// Tables under construction.
pub(super) struct Construction<'a> {
    pub(super) inner: &'a Arc<Inner>,
    pub(super) follower: &'a Follower,
    pub(super) cancel: &'a CancellationToken,
    pub(super) options: RebuildOptions,
    pub(super) version: TablesVersion,
    pub(super) lease: Lease,
    pub(super) exceptions: Exceptions,
    /// Events applied.
    pub(super) events: u64,
}

/// Makes sure that nobody else in this process builds the projection's tables.
pub(super) async fn only_builder(follower: &Follower) -> Result<MutexGuard<'_, ()>, RebuildError> {
    // A first build that has just switched may need a moment to end.
    let only = tokio::time::timeout(ALREADY_RUNNING_PATIENCE, follower.building.lock()).await;
    only.map_err(|_| RebuildError::AlreadyRunning { name: follower.name().to_owned() })
}

pub(crate) async fn build(
    inner: &Arc<Inner>,
    follower: &Follower,
    asked: (BuildReason, RebuildOptions),
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<RebuildReport, RebuildError> {
    let only = only_builder(follower).await?;
    build_anew(inner, follower, &only, asked, Vec::new(), progress, cancel).await
}

/// Builds tables under a number that is not `used`.
pub(super) async fn build_anew(
    inner: &Arc<Inner>,
    follower: &Follower,
    _only: &MutexGuard<'_, ()>,
    asked: (BuildReason, RebuildOptions),
    used: Vec<u32>,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<RebuildReport, RebuildError> {
    let shown_before = std::mem::replace(&mut follower.seen.lock().state, ProjectionState::Rebuilding);
    inner.tell();
    let mut meter = Meter::new(progress);
    let result = build_alone(inner, follower, asked, used, &mut meter, cancel).await;
    follower.seen.lock().state = shown_before;
    follower.nudge.notify_one();
    inner.tell();
    meter.finish();
    result
}

async fn build_alone(
    inner: &Arc<Inner>,
    follower: &Follower,
    (reason, options): (BuildReason, RebuildOptions),
    used: Vec<u32>,
    meter: &mut Meter<'_>,
    cancel: &CancellationToken,
) -> Result<RebuildReport, RebuildError> {
    let start = Instant::now();
    let mut construction = Construction::claim(inner, follower, (reason, options), used, cancel).await?;
    let from = inner.read_models.projection(follower.name()).await?.active_version;
    let stands = construction.lease.checkpoint.position;
    let report = RebuildReport {
        projection: follower.name(),
        outcome: RebuildOutcome::Cancelled { kept: false },
        from: from.map(TablesVersion::of),
        to: construction.version,
        resumed_at: Some(stands).filter(|stands| *stands > Position::ZERO),
        events: 0,
        rows: 0,
        position: Position::ZERO,
        tables: Vec::new(),
        violations: Violations::default(),
        compared: None,
        elapsed: Duration::ZERO,
    };
    let mut result = match construction.fill_and_switch(report.clone(), reason, meter).await {
        Err(RebuildError::Store(StoreError::Cancelled)) => {
            let position = construction.lease.checkpoint.position;
            Ok(RebuildReport { events: construction.events, position, ..report })
        }
        ended => ended,
    };
    if let Ok(report) = &mut result {
        report.elapsed = start.elapsed();
        let kept = match &mut report.outcome {
            RebuildOutcome::Swapped => return result,
            RebuildOutcome::Cancelled { kept } | RebuildOutcome::Refused { kept, .. } => kept,
        };
        if options.keep && construction.lease.checkpoint.position > Position::ZERO {
            *kept = true;
            construction.lease.release(inner).await;
            return result;
        }
    }
    construction.discard().await;
    if let (Err(RebuildError::Poison { poison, .. }), BuildReason::NewCode) = (&result, reason) {
        follower.record_halt(inner, poison.clone()).await?;
    }
    result
}

impl<'a> Construction<'a> {
    /// Chooses a number, takes its lease and makes its tables. What a crash left half-built is gone on with or cleared away.
    async fn claim(
        inner: &'a Arc<Inner>,
        follower: &'a Follower,
        (reason, options): (BuildReason, RebuildOptions),
        mut used: Vec<u32>,
        cancel: &'a CancellationToken,
    ) -> Result<Self, RebuildError> {
        let (store, projection) = (&inner.read_models, &follower.projection);
        let name = projection.name();
        let held = || RebuildError::HeldElsewhere { name: name.to_owned() };
        let tables = store.projection(name).await?;
        if reason == BuildReason::First && tables.active_version.is_some() {
            return Err(held());
        }
        if let Some(half_built) = tables.building_version {
            let lease = Lease::take(inner, name, half_built).await?.ok_or_else(held)?;
            let version = TablesVersion::of(half_built);
            if options.resume && version.code == projection.version() && lease.is_usable(inner, follower).await? {
                let exceptions = inner.exceptions_of(follower, half_built).await?;
                return Ok(Self { inner, follower, cancel, options, version, lease, exceptions, events: 0 });
            }
            store.discard(name, half_built, projection.tables()).await?;
            store.set_building(name, None).await?;
        }
        // Not the number of the half-built ones either: whoever was building them may still believe in it.
        used.extend([tables.active_version, tables.previous_version, tables.building_version].into_iter().flatten());
        let version = TablesVersion::next(projection.version(), &used);
        let lease = Lease::take(inner, name, version.number()).await?.ok_or_else(held)?;
        store.prepare(name, version.number(), projection.tables()).await?;
        store.set_building(name, Some(version.number())).await?;
        let exceptions = inner.exceptions_of(follower, version.number()).await?;
        Ok(Self { inner, follower, cancel, options, version, lease, exceptions, events: 0 })
    }

    async fn fill_and_switch(
        &mut self,
        mut report: RebuildReport,
        reason: BuildReason,
        meter: &mut Meter<'_>,
    ) -> Result<RebuildReport, RebuildError> {
        let same_code = report.from.filter(|from| from.code == self.version.code);
        let paused_at = self.paused_at(same_code).await?;
        let mut poison = self.fill(paused_at, meter).await?;
        match &poison {
            None => poison = self.catch_up(paused_at, meter).await?,
            // Better a first build that ends before the bad event, and says so, than none at all.
            Some(found) if reason == BuildReason::First => {
                let before = found.position.previous();
                self.fill(Some(before), meter).await?;
                self.catch_up(Some(before), meter).await?;
            }
            Some(_) => {}
        }
        if let Some(poison) = poison.take_if(|_| reason != BuildReason::First) {
            return Err(RebuildError::Poison { name: self.follower.name().to_owned(), poison });
        }
        // From here on the live tables stand still, if they are kept in this process.
        let mut lane = self.follower.lane.lock().await;
        self.verify_into(&mut report, &mut lane, same_code, meter).await?;
        self.check_cancelled()?;
        let differing_rows = report.compared.as_ref().map_or(0, |compared| compared.differing_rows);
        let violations = report.violations.total;
        if (differing_rows > 0 || violations > 0) && !self.options.accept_differences {
            report.outcome = RebuildOutcome::Refused { differing_rows, violations, kept: false };
            self.tell_refusal(&report, reason).await?;
            lane.look_anew();
            return Ok(report);
        }
        meter.phase("switching", 0, None);
        self.keep_lease().await?;
        self.inner.read_models.activate(self.follower.name(), self.version.number()).await?;
        if let Some(poison) = poison {
            self.follower.record_halt(self.inner, poison).await?;
        } else if reason == BuildReason::First {
            // With no former version there was no switch that could have cleared what an earlier attempt has recorded.
            self.inner.read_models.set_halted(self.follower.name(), None).await?;
        }
        if self.inner.read_models.projection(self.follower.name()).await?.building_version.is_some() {
            self.inner.read_models.set_building(self.follower.name(), None).await?;
        }
        report.outcome = RebuildOutcome::Swapped;
        lane.hand_over(self.inner, self.lease.clone()).await;
        self.follower.seen.lock().position = report.position;
        Ok(report)
    }

    /// Where the live tables stand while a person has paused them: new ones are compared, and go on, from there.
    async fn paused_at(&self, live: Option<TablesVersion>) -> Result<Option<Position>, StoreError> {
        let tables = self.inner.read_models.projection(self.follower.name()).await?;
        match live.filter(|_| tables.paused) {
            Some(live) => {
                Ok(Some(self.former_position(live).await?).filter(|at| *at >= self.lease.checkpoint.position))
            }
            None => Ok(None),
        }
    }

    async fn verify_into(
        &mut self,
        report: &mut RebuildReport,
        lane: &mut Lane,
        same_code: Option<TablesVersion>,
        meter: &mut Meter<'_>,
    ) -> Result<(), RebuildError> {
        let Verification { tables, violations, compared } = self.verify(lane, same_code, meter).await?;
        report.rows = tables.iter().map(|table| table.rows).sum();
        (report.tables, report.violations, report.compared) = (tables, violations, compared);
        report.events = self.events;
        report.position = self.lease.checkpoint.position;
        Ok(())
    }

    /// Tables that nobody asked for and that cannot be used leave the projection halted until a person has decided.
    async fn tell_refusal(&self, report: &RebuildReport, reason: BuildReason) -> Result<(), StoreError> {
        let first = report.violations.listed.first();
        let example = first.map(|violation| format!("{}: {}", violation.invariant, violation.breach.message));
        let (to, violations, example) = (report.to, report.violations.total, example.unwrap_or_default());
        tracing::error!(projection = report.projection, %to, violations, example, "new tables did not pass verification");
        if reason == BuildReason::Asked {
            return Ok(());
        }
        let problem = format!(
            "the new tables {to} did not pass verification and are not used; {violations} invariants do not hold, the first: \
             {example} (mend the projection and raise its version, or rebuild it and accept the differences)"
        );
        self.follower.record_problem(self.inner, Position::ZERO, problem).await
    }

    /// Applies what was appended meanwhile, straight to the new tables.
    async fn catch_up(
        &mut self,
        until: Option<Position>,
        meter: &mut Meter<'_>,
    ) -> Result<Option<Poison>, RebuildError> {
        let head = match until {
            Some(until) => until,
            None => self.inner.events.head().await?,
        };
        meter.phase("catching up", self.lease.checkpoint.position.get(), Some(head.get()));
        loop {
            self.check_cancelled()?;
            self.keep_lease().await?;
            let (checkpoint, exceptions) = (&mut self.lease.checkpoint, &mut self.exceptions);
            let advanced = self.follower.advance_unseen(self.inner, checkpoint, exceptions, until).await?;
            self.events += advanced.events;
            let at = self.lease.checkpoint.position.get();
            // Writers go on, so the end may move.
            meter.tell(at, Some(head.get().max(at)));
            if advanced.poison.is_some() || advanced.end {
                return Ok(advanced.poison);
            }
        }
    }

    /// Verifies the new tables; with tables of the same code, both are brought to the same position and compared row by row, if
    /// they can be brought there.
    async fn verify(
        &mut self,
        lane: &mut Lane,
        from: Option<TablesVersion>,
        meter: &mut Meter<'_>,
    ) -> Result<Verification, RebuildError> {
        let mut comparable = None;
        if let Some(from) = from {
            self.bring_former_up(lane, self.lease.checkpoint.position).await?;
            let former = self.former_position(from).await?;
            if former > self.lease.checkpoint.position
                && let Some(poison) = self.catch_up(Some(former), meter).await?
            {
                return Err(RebuildError::Poison { name: self.follower.name().to_owned(), poison });
            }
            comparable = Some(from).filter(|_| former == self.lease.checkpoint.position);
        }
        meter.phase("comparing", 0, None);
        let mut verification = verify(self, comparable, meter).await?;
        if let Some(from) = comparable
            && self.former_position(from).await? != self.lease.checkpoint.position
        {
            // Another process keeps the former tables and has moved them while they were read.
            verification.compared = None;
        }
        Ok(verification)
    }

    /// Lets the former tables reach a position, if this process may move them; waits a moment for another owner otherwise.
    async fn bring_former_up(&mut self, lane: &mut Lane, position: Position) -> Result<(), RebuildError> {
        let patience = Instant::now() + Duration::from_secs(2);
        loop {
            self.check_cancelled()?;
            self.keep_lease().await?;
            match self.follower.step(self.inner, lane, Some(position)).await? {
                Step::Moved => {}
                Step::HeldElsewhere if Instant::now() < patience => {
                    tokio::time::sleep(self.inner.config.first_pause).await;
                }
                _ => return Ok(()),
            }
        }
    }

    async fn former_position(&self, version: TablesVersion) -> Result<Position, StoreError> {
        let stored = self.inner.read_models.checkpoint(self.follower.name(), version.number()).await?;
        Ok(stored.map_or(Position::ZERO, |checkpoint| checkpoint.position))
    }

    pub(super) fn check_cancelled(&self) -> Result<(), StoreError> {
        if self.cancel.is_cancelled() { Err(StoreError::Cancelled) } else { Ok(()) }
    }

    pub(super) async fn keep_lease(&mut self) -> Result<(), RebuildError> {
        if self.lease.keep(self.inner).await? {
            return Ok(());
        }
        Err(RebuildError::HeldElsewhere { name: self.follower.name().to_owned() })
    }

    /// Takes the half-built tables away again.
    async fn discard(self) {
        let name = self.follower.name();
        let tables = self.follower.projection.tables();
        let discarded = self.inner.read_models.discard(name, self.version.number(), tables).await;
        let cleared = self.inner.read_models.set_building(name, None).await;
        if let Err(error) = discarded.and(cleared) {
            tracing::warn!(name, version = %self.version, %error, "half-built tables stay until the next rebuild");
        }
    }
}

impl Lease {
    /// Whether half-built tables can be gone on with: they stand at one position, and nothing was decided since about an event
    /// that is in them.
    async fn is_usable(&self, inner: &Inner, follower: &Follower) -> Result<bool, StoreError> {
        let stands = self.checkpoint.position;
        let (skipped, _) = decisions::skipped(&*inner.events, follower.name()).await?;
        let overtaken = skipped.iter().any(|skip| skip.position <= stands && skip.decision > stands);
        Ok(stands > Position::ZERO && stands <= inner.events.head().await? && !overtaken)
    }
}
