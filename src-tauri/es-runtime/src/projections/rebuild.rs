//! Blue/green builds: new tables beside the live ones, filled, compared, and switched to in one transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::{Checkpoint, EventFilter, Position, ProjectionError, ReadModelCommit, Row, StoreError, Table};
use tokio_util::sync::CancellationToken;

use super::compare::{TablesComparison, compare};
use super::fold::{Folded, fold};
use super::{Follower, Lane, ProjectionState, Step, TablesVersion};
use crate::batch::Poison;
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

/// How a rebuild ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RebuildReport {
    /// The projection.
    pub projection: &'static str,
    /// The tables that were live before, if any.
    pub from: Option<TablesVersion>,
    /// The tables that were built.
    pub to: TablesVersion,
    /// Events applied.
    pub events: u64,
    /// Rows in the new tables at the switch.
    pub rows: u64,
    /// Position of the new tables at the switch.
    pub position: Position,
    /// The former tables against the new ones at the same position; nothing if there were none, they were filled by other
    /// code, or they did not stand at that position.
    pub compared: Option<TablesComparison>,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it was cancelled; then the former tables are live as before and the half-built ones are gone.
    pub cancelled: bool,
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
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Rows written in one commit of the flush: large enough to be fast, small enough to keep the writer's lock short.
const FLUSH_ROWS: usize = 5000;

/// How long a rebuild waits for one that is about to end.
const ALREADY_RUNNING_PATIENCE: Duration = Duration::from_millis(20);

/// Tables under construction.
pub(super) struct Construction<'a> {
    pub(super) inner: &'a Arc<Inner>,
    pub(super) follower: &'a Follower,
    pub(super) cancel: &'a CancellationToken,
    version: TablesVersion,
    lease: Lease,
    events: u64,
}

pub(crate) async fn build(
    inner: &Arc<Inner>,
    follower: &Follower,
    reason: BuildReason,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<RebuildReport, RebuildError> {
    let already = || RebuildError::AlreadyRunning { name: follower.name().to_owned() };
    // A first build that has just switched may need a moment to end.
    let _only =
        tokio::time::timeout(ALREADY_RUNNING_PATIENCE, follower.building.lock()).await.map_err(|_| already())?;
    let shown_before = std::mem::replace(&mut follower.seen.lock().state, ProjectionState::Rebuilding);
    inner.tell();
    let mut meter = Meter::new(progress);
    let result = build_alone(inner, follower, reason, &mut meter, cancel).await;
    follower.seen.lock().state = shown_before;
    follower.nudge.notify_one();
    inner.tell();
    meter.finish();
    result
}

async fn build_alone(
    inner: &Arc<Inner>,
    follower: &Follower,
    reason: BuildReason,
    meter: &mut Meter<'_>,
    cancel: &CancellationToken,
) -> Result<RebuildReport, RebuildError> {
    let start = Instant::now();
    let mut construction = Construction::claim(inner, follower, reason, cancel).await?;
    let from = inner.read_models.projection(follower.name()).await?.active_version;
    let report = RebuildReport {
        projection: follower.name(),
        from: from.map(TablesVersion::of),
        to: construction.version,
        events: 0,
        rows: 0,
        position: Position::ZERO,
        compared: None,
        elapsed: Duration::ZERO,
        cancelled: false,
    };
    let result = match construction.fill_and_switch(report.clone(), reason, meter).await {
        Ok(report) => return Ok(RebuildReport { elapsed: start.elapsed(), ..report }),
        Err(RebuildError::Store(StoreError::Cancelled)) => {
            Ok(RebuildReport { cancelled: true, elapsed: start.elapsed(), events: construction.events, ..report })
        }
        Err(error) => Err(error),
    };
    construction.discard().await;
    if let (Err(RebuildError::Poison { poison, .. }), BuildReason::NewCode) = (&result, reason) {
        follower.record_halt(inner, poison.clone()).await?;
    }
    result
}

impl<'a> Construction<'a> {
    /// Chooses a number, takes its lease and makes its tables. What a crash left half-built is cleared away first.
    async fn claim(
        inner: &'a Arc<Inner>,
        follower: &'a Follower,
        reason: BuildReason,
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
            Lease::take(inner, name, half_built).await?.ok_or_else(held)?;
            store.discard(name, half_built, projection.tables()).await?;
            store.set_building(name, None).await?;
        }
        let used: Vec<u32> = [tables.active_version, tables.previous_version].into_iter().flatten().collect();
        let version = TablesVersion::next(projection.version(), &used);
        let lease = Lease::take(inner, name, version.number()).await?.ok_or_else(held)?;
        store.prepare(name, version.number(), projection.tables()).await?;
        store.set_building(name, Some(version.number())).await?;
        Ok(Self { inner, follower, cancel, version, lease, events: 0 })
    }

    async fn fill_and_switch(
        &mut self,
        mut report: RebuildReport,
        reason: BuildReason,
        meter: &mut Meter<'_>,
    ) -> Result<RebuildReport, RebuildError> {
        let mut poison = self.fill(None, meter).await?;
        match &poison {
            None => poison = self.catch_up(None, meter).await?,
            // Better a first build that ends before the bad event, and says so, than none at all.
            Some(found) if reason == BuildReason::First => {
                let before = found.position.previous();
                self.fill(Some(before), meter).await?;
            }
            Some(_) => {}
        }
        match poison {
            None => {}
            Some(poison) if reason == BuildReason::First => self.follower.record_halt(self.inner, poison).await?,
            Some(poison) => {
                return Err(RebuildError::Poison { name: self.follower.name().to_owned(), poison });
            }
        }
        // From here on the live tables stand still, if they are kept in this process.
        let mut lane = self.follower.lane.lock().await;
        if let Some(from) = report.from.filter(|from| from.code == self.version.code) {
            report.compared = self.verify(&mut lane, from, meter).await?;
        }
        self.check_cancelled()?;
        meter.phase("switching", 0, None);
        self.keep_lease().await?;
        self.inner.read_models.activate(self.follower.name(), self.version.number()).await?;
        if reason != BuildReason::First {
            // Whatever halted the former tables does not hold for these: they have passed it.
            self.inner.read_models.set_halted(self.follower.name(), None).await?;
        }
        if self.inner.read_models.projection(self.follower.name()).await?.building_version.is_some() {
            self.inner.read_models.set_building(self.follower.name(), None).await?;
        }
        report.events = self.events;
        report.position = self.lease.checkpoint.position;
        report.rows = match &report.compared {
            Some(compared) => compared.rows_after,
            None => self.count_rows().await?,
        };
        lane.hand_over(self.inner, self.lease.clone()).await;
        self.follower.seen.lock().position = report.position;
        Ok(report)
    }

    /// Folds the log in memory and flushes the rows. Returns the event that could not be applied, if one could not.
    async fn fill(&mut self, until: Option<Position>, meter: &mut Meter<'_>) -> Result<Option<Poison>, RebuildError> {
        let head = self.inner.events.head().await?;
        let until = until.unwrap_or(head);
        meter.phase("counting", 0, Some(until.get()));
        let total = self.count(until, meter).await?;
        meter.phase("folding", 0, Some(total));
        let folded = fold(self, until, meter, total).await?;
        self.events = folded.events;
        if folded.poison.is_some() {
            return Ok(folded.poison);
        }
        self.flush(folded, meter).await?;
        Ok(None)
    }

    /// Events that match, up to a position; a few more where writers go on. For progress only.
    async fn count(&self, until: Position, meter: &mut Meter<'_>) -> Result<u64, RebuildError> {
        let filter = self.follower.projection.filter();
        let reader = &self.inner.events;
        if filter == EventFilter::default() && reader.capabilities().dense_positions {
            return Ok(until.get());
        }
        if filter == (EventFilter { categories: filter.categories.clone(), ..EventFilter::default() }) {
            // The store keeps the length of every stream: no need to read the log twice.
            let counts = reader.categories().await?;
            let matching = counts.iter().filter(|count| filter.categories.contains(&count.category));
            return Ok(matching.map(|count| count.events).sum::<u64>().min(until.get()));
        }
        let (mut after, mut count) = (Position::ZERO, 0);
        loop {
            self.check_cancelled()?;
            let page = reader.scan_positions(after, &filter).await?;
            count += page.positions.iter().filter(|position| **position <= until).count() as u64;
            meter.tell(page.next.get().min(until.get()), Some(until.get()));
            if page.end || page.next >= until || page.next <= after {
                return Ok(count);
            }
            after = page.next;
        }
    }

    /// Writes folded rows in bounded commits. The checkpoint moves with the last one only: until then the tables are
    /// recognisably half-built.
    async fn flush(&mut self, folded: Folded, meter: &mut Meter<'_>) -> Result<(), RebuildError> {
        let total = folded.rows.len() as u64;
        meter.phase("writing", 0, Some(total));
        let mut rows = folded.rows.into_rows().peekable();
        let mut done = 0;
        loop {
            self.check_cancelled()?;
            self.keep_lease().await?;
            let chunk: Vec<(&'static Table, Row)> = rows.by_ref().take(FLUSH_ROWS).collect();
            done += chunk.len() as u64;
            let last = rows.peek().is_none();
            let to = if last { folded.position } else { self.lease.checkpoint.position };
            self.lease.checkpoint = self.put_rows(chunk, to).await?;
            meter.tell(done, Some(total));
            if last {
                return Ok(());
            }
        }
    }

    async fn put_rows(&self, chunk: Vec<(&'static Table, Row)>, to: Position) -> Result<Checkpoint, RebuildError> {
        let commit = ReadModelCommit {
            projection: self.follower.name(),
            tables: self.follower.projection.tables(),
            from: self.lease.checkpoint.clone(),
            to,
            work: Box::new(move |rows| {
                chunk.into_iter().try_for_each(|(table, row)| rows.put(table, row).map_err(ProjectionError::Store))
            }),
        };
        self.inner.read_models.commit(commit).await.map_err(|error| match error {
            ProjectionError::Store(error) => error.into(),
            other => {
                RebuildError::Store(StoreError::Io { operation: "writing rows".into(), reason: other.to_string() })
            }
        })
    }

    /// Applies what was appended meanwhile, straight to the new tables.
    async fn catch_up(
        &mut self,
        until: Option<Position>,
        meter: &mut Meter<'_>,
    ) -> Result<Option<Poison>, RebuildError> {
        meter.phase("catching up", 0, None);
        loop {
            self.check_cancelled()?;
            self.keep_lease().await?;
            let advanced = self.follower.advance_unseen(self.inner, &mut self.lease.checkpoint, until).await?;
            self.events += advanced.events;
            meter.tell(self.lease.checkpoint.position.get(), None);
            if advanced.poison.is_some() || advanced.end {
                return Ok(advanced.poison);
            }
        }
    }

    /// Brings both tables to the same position and compares them row by row. Nothing if they cannot be brought there.
    async fn verify(
        &mut self,
        lane: &mut Lane,
        from: TablesVersion,
        meter: &mut Meter<'_>,
    ) -> Result<Option<TablesComparison>, RebuildError> {
        let name = self.follower.name();
        self.bring_former_up(lane, self.lease.checkpoint.position).await?;
        let former = self.former_position(from).await?;
        if former > self.lease.checkpoint.position
            && let Some(poison) = self.catch_up(Some(former), meter).await?
        {
            return Err(RebuildError::Poison { name: name.to_owned(), poison });
        }
        let position = self.lease.checkpoint.position;
        if former != position {
            return Ok(None);
        }
        meter.phase("comparing", 0, None);
        let compared = compare(self, from, self.version, meter).await?;
        // Another process may keep the former tables and have moved them while they were read.
        Ok((self.former_position(from).await? == position).then_some(compared))
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

    async fn count_rows(&self) -> Result<u64, StoreError> {
        let mut rows = 0;
        for table in self.follower.projection.tables() {
            let query = es_core::RowQuery::all(table).page(0, 1);
            rows += self.inner.read_models.query(self.follower.name(), query).await?.total;
        }
        Ok(rows)
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
