//! The engine: one value that executes commands, keeps read models and drives processes over any store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use es_core::{
    Appended, Clock, Domain, EventStore, Intervention, Position, QuarantinedStream, ReadModelStore, SnapshotStore,
    StoreError, StreamName, SystemClock, Timer,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::cache::{AggregateCache, StreamLocks};
use crate::commands::CommandEnvelope;
use crate::config::EngineConfig;
use crate::decide::{Decided, Decision, DryRun, decide_now, dry_run};
use crate::execute;
use crate::outcome::{ExecuteError, Outcome};
use crate::processes::{
    self, Dispatcher, DriveReport, InstanceFilter, InstancePage, InstancePaging, Offer, Operator, ProcessError,
    ProcessStatus,
};
use crate::progress::ProgressSink;
use crate::projections::{
    self, BuildReason, DoctorError, DoctorReport, Follower, ProjectionStatus, RebuildError, RebuildOptions,
    RebuildReport, ReleasedStream, RolledBack, SkippedEvent, UpkeepError, status_of,
};
use crate::queries::{self, Queries};
pub use crate::queries::{Behind, WaitError};
use crate::retention::Retention;
use crate::sealing::{self, RevealError, Seals};
use crate::snapshots::{self, SnapshotAudit};
use crate::stopwatch::{Stopwatch, SystemStopwatch};

/// What an engine is made of.
#[derive(Clone)]
pub struct EngineParts {
    /// Where events are.
    pub events: Arc<dyn EventStore>,
    /// Where read models, checkpoints and timers are.
    pub read_models: Arc<dyn ReadModelStore>,
    /// Where snapshots are, if they are kept.
    pub snapshots: Option<Arc<dyn SnapshotStore>>,
    /// What it is all about.
    pub domain: Arc<Domain>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What measures how long loads take.
    pub stopwatch: Arc<dyn Stopwatch>,
    /// Name under which leases are held: another one in every process and every engine.
    pub owner: String,
    /// How to work.
    pub config: EngineConfig,
}

impl EngineParts {
    /// Parts with the machine's clock, no snapshots, an owner name of its own and default settings.
    #[must_use]
    pub fn new(events: Arc<dyn EventStore>, read_models: Arc<dyn ReadModelStore>, domain: Arc<Domain>) -> Self {
        Self {
            events,
            read_models,
            snapshots: None,
            domain,
            clock: Arc::new(SystemClock),
            stopwatch: Arc::new(SystemStopwatch::start()),
            owner: format!("{}-{}", std::process::id(), Uuid::new_v4().simple()),
            config: EngineConfig::default(),
        }
    }
}

/// Executes commands, keeps read models, drives processes. Cloning is cheap; all clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) events: Arc<dyn EventStore>,
    pub(crate) read_models: Arc<dyn ReadModelStore>,
    pub(crate) snapshots: Option<Arc<dyn SnapshotStore>>,
    pub(crate) domain: Arc<Domain>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stopwatch: Arc<dyn Stopwatch>,
    pub(crate) owner: String,
    pub(crate) config: EngineConfig,
    pub(crate) cache: AggregateCache,
    pub(crate) stream_locks: StreamLocks,
    pub(crate) seals: Seals,
    pub(crate) followers: Vec<Arc<Follower>>,
    pub(crate) dispatchers: Vec<Arc<Dispatcher>>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) queries: Queries,
    changes: watch::Sender<u64>,
    started: AtomicBool,
}

impl Engine {
    /// An engine without background tasks: commands, dry runs, [`Engine::catch_up`], [`Engine::rebuild`] and
    /// [`Engine::drive_processes_until_idle`] work; nothing happens by itself. Call [`Engine::shutdown`] at the end, so that
    /// its leases need not expire.
    #[must_use]
    pub fn new(parts: EngineParts) -> Self {
        let followers = parts.domain.projections.iter().map(|projection| Arc::new(Follower::new(projection.clone())));
        let followers: Vec<_> = followers.collect();
        let dispatchers = parts.domain.processes.iter().map(|process| Arc::new(Dispatcher::new(process.clone())));
        let changes = watch::Sender::new(0);
        let inner = Inner {
            queries: Queries::new(
                parts.events.clone(),
                parts.read_models.clone(),
                &followers,
                changes.subscribe(),
                parts.config.poll_interval,
            ),
            followers,
            dispatchers: dispatchers.collect(),
            cache: AggregateCache::new(parts.config.cached_aggregates),
            stream_locks: StreamLocks::new(),
            seals: Seals::of(&parts.domain, &*parts.events),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            changes,
            started: AtomicBool::new(false),
            events: parts.events,
            read_models: parts.read_models,
            snapshots: parts.snapshots,
            domain: parts.domain,
            clock: parts.clock,
            stopwatch: parts.stopwatch,
            owner: parts.owner,
            config: parts.config,
        };
        Self { inner: Arc::new(inner) }
    }

    /// An engine whose projections and processes work in the background of the current tokio runtime until
    /// [`Engine::shutdown`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start(parts: EngineParts) -> Self {
        let engine = Self::new(parts);
        engine.start_background();
        engine
    }

    /// Starts the background tasks, once.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start_background(&self) {
        if self.inner.started.swap(true, Ordering::SeqCst) {
            return;
        }
        for follower in &self.inner.followers {
            self.inner.tasks.spawn(projections::run(self.inner.clone(), follower.clone()));
        }
        if self.inner.config.run_processes {
            let inner = self.inner.clone();
            self.inner.tasks.spawn(async move {
                if let Err(error) = sealing::destroy_erased(&inner).await {
                    tracing::warn!(%error, "keys of erased personal data were not looked for; that is done at the next start");
                }
            });
            for dispatcher in &self.inner.dispatchers {
                self.inner.tasks.spawn(processes::run(self.inner.clone(), dispatcher.clone()));
            }
        }
    }

    /// Stops the background tasks, waits for them and for snapshots being saved, and gives all leases back.
    pub async fn shutdown(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        for follower in &self.inner.followers {
            follower.lane.lock().await.let_go(&self.inner).await;
        }
        for dispatcher in &self.inner.dispatchers {
            dispatcher.lane.lock().await.let_go(&self.inner).await;
        }
        self.inner.tell();
    }

    /// Carries a command out: state, decision, append, retried on conflicts with fresh state. Where the store can append to
    /// several streams at once, the steps of processes that follow go into the same append.
    ///
    /// # Errors
    /// A history cannot be read, stored data is damaged, or the command id was used for another command. Rejections,
    /// conflicts, malformed commands and a store that cannot answer are [`Outcome`]s.
    pub async fn execute(&self, command: &CommandEnvelope) -> Result<Outcome, ExecuteError> {
        execute::execute(&self.inner, command).await
    }

    /// Opens personal data for the person for whom the event at a position recorded that they see them: each field that it
    /// names, with its newest value. Fields without a value and erased ones are left out.
    ///
    /// # Errors
    /// Nothing there allows it, a field does not open, or the store fails.
    pub async fn reveal(&self, position: Position, actor: &str) -> Result<BTreeMap<String, String>, RevealError> {
        sealing::reveal(&self.inner, position, actor).await
    }

    /// What a command would do now; see [`dry_run`].
    ///
    /// # Errors
    /// The store fails, or a history that the decision needs cannot be read.
    pub async fn dry_run(&self, command: &CommandEnvelope) -> Result<DryRun, ExecuteError> {
        dry_run(&*self.inner.events, &self.inner.domain, command, self.inner.clock.now()).await
    }

    /// Decides a command on present state and holds the decision, so that others may write before it is appended. Writes
    /// nothing. A version that the command may name is not looked at: what is held is appended at the version that it was decided
    /// on, and [`Decision::conflict`] tells whether that is the one.
    ///
    /// # Errors
    /// The store fails, or a history that the decision needs cannot be read.
    pub async fn decide(&self, command: &CommandEnvelope) -> Result<Decision, ExecuteError> {
        decide_now(&*self.inner.events, &self.inner.domain, command, self.inner.clock.now()).await
    }

    /// Writes a held decision, once and without looking at fresh state: if its stream has moved on, that is
    /// [`Outcome::Conflict`], and deciding again is the caller's matter. [`Engine::execute`] does both by itself.
    ///
    /// # Errors
    /// As for [`Engine::execute`].
    pub async fn append(&self, decided: Decided) -> Result<Outcome, ExecuteError> {
        execute::append(&self.inner, decided).await
    }

    /// Waits until every projection has seen everything up to `position`: read your own writes.
    ///
    /// # Errors
    /// [`WaitError::Behind`] when the time is over, or at once if a projection is paused or halted before the position.
    pub async fn wait_until(&self, position: Position, at_most: Duration) -> Result<(), WaitError> {
        self.inner.queries.wait_until(position, at_most).await
    }

    /// The reading half: events, read models and waiting for them. By its types it cannot write.
    #[must_use]
    pub fn queries(&self) -> &Queries {
        &self.inner.queries
    }

    /// The domain.
    #[must_use]
    pub fn domain(&self) -> &Arc<Domain> {
        &self.inner.domain
    }

    /// The event store.
    #[must_use]
    pub fn events(&self) -> &Arc<dyn EventStore> {
        &self.inner.events
    }

    /// Changes whenever a projection or process moves or changes its state. For live views; look at the states anew then.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// How many aggregates are kept in memory now.
    #[must_use]
    pub fn cached_aggregates(&self) -> usize {
        self.inner.cache.len()
    }

    /// How every projection fares.
    ///
    /// # Errors
    /// A store fails.
    pub async fn projections(&self) -> Result<Vec<ProjectionStatus>, StoreError> {
        let mut all = Vec::with_capacity(self.inner.followers.len());
        for follower in &self.inner.followers {
            all.push(status_of(&self.inner, follower).await?);
        }
        Ok(all)
    }

    /// Brings every projection up to `until` (or the present head) in the caller's task, building tables where there are none.
    /// Returns those that could not get there.
    ///
    /// # Errors
    /// A store fails, or it was cancelled (`StoreError::Cancelled`).
    pub async fn catch_up(
        &self,
        until: Option<Position>,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<Vec<Behind>, RebuildError> {
        let until = match until {
            Some(until) => until,
            None => self.inner.events.head().await?,
        };
        projections::catch_up(&self.inner, until, progress, cancel).await
    }

    /// [`Engine::rebuild_with`] default options.
    ///
    /// # Errors
    /// As there.
    pub async fn rebuild(
        &self,
        projection: &str,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<RebuildReport, RebuildError> {
        self.rebuild_with(projection, RebuildOptions::default(), progress, cancel).await
    }

    /// Builds a projection's tables anew beside the live ones, verifies them, and switches. Writers and readers go on meanwhile.
    /// If it is cancelled, or if rows differ from live ones of the same code or an invariant does not hold and that was not
    /// accepted beforehand, the live tables are as before; see [`RebuildReport::outcome`].
    ///
    /// # Errors
    /// Unknown name, already being rebuilt, an event that cannot be applied, or a store fails; the live tables are as before.
    pub async fn rebuild_with(
        &self,
        projection: &str,
        options: RebuildOptions,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<RebuildReport, RebuildError> {
        let follower = self.inner.follower(projection)?;
        let active = self.inner.read_models.projection(follower.name()).await?.active_version;
        let reason = if active.is_none() { BuildReason::First } else { BuildReason::Asked };
        projections::build(&self.inner, follower, (reason, options), progress, cancel).await
    }

    /// Throws a projection's tables away, also those kept for rollback, and builds them from the first event. Until that is done
    /// there is nothing to query. Confirmation is the caller's matter.
    ///
    /// # Errors
    /// Unknown name, being rebuilt, kept by another program, an event that cannot be applied, or a store fails.
    pub async fn reset(
        &self,
        projection: &str,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<RebuildReport, UpkeepError> {
        projections::reset(&self.inner, self.inner.follower(projection)?, progress, cancel).await
    }

    /// Makes the tables that the last switch has kept the live ones again; they catch up from where they stand. Those that were
    /// live are kept, so a second rollback undoes the first.
    ///
    /// # Errors
    /// Unknown name, being rebuilt, nothing to go back to, former tables of other code, or a store fails.
    pub async fn rollback(&self, projection: &str) -> Result<RolledBack, UpkeepError> {
        projections::roll_back(&self.inner, self.inner.follower(projection)?).await
    }

    /// Records that a projection leaves out the event that it is halted at, and lets it go on. The decision is an event of the log,
    /// so that it outlives the tables: every later build and examination leaves the event out too.
    ///
    /// # Errors
    /// Unknown name, not halted at that event, no reason, a store that cannot be written, or one that fails.
    pub async fn skip(
        &self,
        projection: &str,
        position: Position,
        actor: &str,
        reason: &str,
    ) -> Result<SkippedEvent, UpkeepError> {
        projections::skip(&self.inner, self.inner.follower(projection)?, position, actor, reason).await
    }

    /// The events that a projection leaves out: who decided it, when and why.
    ///
    /// # Errors
    /// Unknown name, or the store fails.
    pub async fn skipped(&self, projection: &str) -> Result<Vec<SkippedEvent>, UpkeepError> {
        let follower = self.inner.follower(projection)?;
        Ok(projections::skipped(&*self.inner.events, follower.name()).await?.0)
    }

    /// The streams that a projection's live tables have set aside.
    ///
    /// # Errors
    /// Unknown name, or the store fails.
    pub async fn quarantined(&self, projection: &str) -> Result<Vec<QuarantinedStream>, UpkeepError> {
        Ok(projections::quarantined(&self.inner, self.inner.follower(projection)?).await?)
    }

    /// Applies the events of a stream that was set aside, and lets it take part again. Projections whose rows may depend on
    /// several streams need a rebuild for that.
    ///
    /// # Errors
    /// Unknown name, a stream that is not set aside, an order that needs a rebuild, an event that still cannot be applied, kept by
    /// another program, or a store fails.
    pub async fn release(&self, projection: &str, stream: &StreamName) -> Result<ReleasedStream, UpkeepError> {
        projections::release(&self.inner, self.inner.follower(projection)?, stream).await
    }

    /// Compares a projection's stored rows with a fresh replay in memory to the same position, and traces the differing ones to
    /// the events where they part from it. Changes nothing; [`Engine::rebuild`] repairs. The projection stands still while its
    /// rows are read, if this process keeps it; writers and readers go on.
    ///
    /// # Errors
    /// Unknown name, tables of other code or none, more rows than memory should hold, another process that keeps moving the
    /// projection, an event that cannot be applied, or a store fails. Being cancelled is a report, not an error.
    pub async fn doctor(
        &self,
        projection: &str,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<DoctorReport, DoctorError> {
        projections::examine(&self.inner, self.inner.follower(projection)?, progress, cancel).await
    }

    /// Stops a projection until [`Engine::resume`]; also after a restart.
    ///
    /// # Errors
    /// Unknown name, or the store fails.
    pub async fn pause(&self, projection: &str) -> Result<(), RebuildError> {
        let follower = self.inner.follower(projection)?;
        let change = self.inner.read_models.set_paused(follower.name(), true);
        Ok(follower.change(&self.inner, change).await?)
    }

    /// Lets a paused projection go on.
    ///
    /// # Errors
    /// Unknown name, or the store fails.
    pub async fn resume(&self, projection: &str) -> Result<(), RebuildError> {
        let follower = self.inner.follower(projection)?;
        let change = self.inner.read_models.set_paused(follower.name(), false);
        Ok(follower.change(&self.inner, change).await?)
    }

    /// Lets a halted projection try the event again that it could not apply.
    ///
    /// # Errors
    /// Unknown name, or the store fails.
    pub async fn retry(&self, projection: &str) -> Result<(), RebuildError> {
        let follower = self.inner.follower(projection)?;
        let change = self.inner.read_models.set_halted(follower.name(), None);
        Ok(follower.change(&self.inner, change).await?)
    }

    /// Compares kept snapshots with replays from the first event: all of them, or a sample of at most so many, spread evenly.
    /// Changes nothing; [`Engine::delete_snapshots`] repairs. Without a snapshot store there is nothing to find.
    ///
    /// # Errors
    /// A store fails. Being cancelled is part of the report, and so are streams that cannot be read.
    pub async fn verify_snapshots(
        &self,
        sample: Option<u64>,
        progress: &dyn ProgressSink,
        cancel: &CancellationToken,
    ) -> Result<SnapshotAudit, StoreError> {
        snapshots::audit(&self.inner, sample, progress, cancel).await
    }

    /// Deletes the snapshots of a stream, or all, and says how many. The next loads take longer; nothing else changes.
    ///
    /// # Errors
    /// The store fails.
    pub async fn delete_snapshots(&self, stream: Option<&StreamName>) -> Result<u64, StoreError> {
        match (&self.inner.snapshots, stream) {
            (None, _) => Ok(0),
            (Some(snapshots), Some(stream)) => snapshots.delete_snapshots_of(stream).await,
            (Some(snapshots), None) => snapshots.delete_snapshots().await,
        }
    }

    /// How every process fares, with the instances that are stuck.
    ///
    /// # Errors
    /// A store fails.
    pub async fn processes(&self) -> Result<Vec<ProcessStatus>, StoreError> {
        let mut all = Vec::with_capacity(self.inner.dispatchers.len());
        for dispatcher in &self.inner.dispatchers {
            all.push(processes::status_of(&self.inner, dispatcher).await?);
        }
        Ok(all)
    }

    /// A process's instances, newest change first, with what each waits for. A filter is applied to one page at a time, so a
    /// page may be empty and still have a next one.
    ///
    /// # Errors
    /// Unknown name, or a store fails. An instance that cannot be read is listed as stuck.
    pub async fn instances(
        &self,
        process: &str,
        filter: InstanceFilter,
        paging: InstancePaging,
    ) -> Result<InstancePage, ProcessError> {
        processes::instances(&self.inner, process, filter, paging).await
    }

    /// Timers that are set, of one process or all, earliest first.
    ///
    /// # Errors
    /// Unknown name, or the store fails.
    pub async fn timers(&self, process: Option<&str>, limit: usize) -> Result<Vec<Timer>, ProcessError> {
        processes::timers(&self.inner, process, limit).await
    }

    /// Lets processes look at one instance again, stuck or not. That decides nothing and writes nothing: an instance that is
    /// to go another way needs a command to its own stream, [executed](Engine::execute) by somebody and with a reason like
    /// every other, so that the stream tells who wanted it and why.
    ///
    /// # Errors
    /// It is no instance of a process, another window or program drives its process, or a store fails.
    pub async fn retry_stuck(&self, stream: &StreamName) -> Result<(), ProcessError> {
        processes::retry_stuck(&self.inner, stream).await
    }

    /// Lets processes look at one instance again, and records who wanted that and why.
    ///
    /// # Errors
    /// As [`Engine::retry_stuck`]; there is no reason, or it is too long.
    pub async fn retry_instance(&self, stream: &StreamName, by: &Operator) -> Result<Appended, ProcessError> {
        processes::retry(&self.inner, stream, by).await
    }

    /// What an operator could decide about an instance now, and the rules that do not allow the rest.
    ///
    /// # Errors
    /// It is no instance of a process, it cannot be read, or the store fails.
    pub async fn offers(&self, stream: &StreamName) -> Result<Vec<Offer>, ProcessError> {
        processes::offers(&self.inner, stream).await
    }

    /// Carries out what an operator has decided about an instance: a command to its own stream, which tells who wanted it and
    /// why. It has the id of the planned step that it takes the place of, so that not both can happen.
    ///
    /// # Errors
    /// It is no instance of a process, there is no reason, the step was carried out before, or a store fails. A rule that
    /// refuses is an outcome.
    pub async fn intervene(
        &self,
        stream: &StreamName,
        intervention: Intervention,
        by: &Operator,
    ) -> Result<Outcome, ProcessError> {
        processes::intervene(&self.inner, stream, intervention, by).await
    }

    /// Lets processes look at all stuck instances again.
    pub async fn retry_all_stuck(&self) {
        for dispatcher in &self.inner.dispatchers {
            dispatcher.retry_stuck().await;
        }
    }

    /// One round over all processes in the caller's task: due timers, then one page of events each.
    ///
    /// # Errors
    /// A store fails. What was begun goes on from where it stands.
    pub async fn drive_processes_once(&self) -> Result<DriveReport, StoreError> {
        processes::drive_once(&self.inner).await
    }

    /// Drives all processes in the caller's task until none has anything left to do (but wait for timers that are not due).
    /// Also finishes what a crash interrupted of the erasure of personal data.
    ///
    /// # Errors
    /// A store keeps failing, or it was cancelled. What was begun goes on from where it stands.
    pub async fn drive_processes_until_idle(&self, cancel: &CancellationToken) -> Result<DriveReport, StoreError> {
        sealing::destroy_erased(&self.inner).await?;
        processes::drive_until_idle(&self.inner, cancel).await
    }

    /// What may be hidden, archived or must stay: rules, legal holds, previews, truncation and scavenge.
    ///
    /// # Errors
    /// The store does not offer it.
    pub fn retention(&self) -> Result<Retention<'_>, StoreError> {
        Retention::of(&self.inner)
    }

    /// The stuck instances of all processes with their reasons.
    #[must_use]
    pub fn stuck(&self) -> BTreeMap<StreamName, String> {
        let all = self.inner.dispatchers.iter().flat_map(|dispatcher| dispatcher.stuck());
        all.map(|stuck| (stuck.stream, stuck.reason)).collect()
    }
}

impl Inner {
    /// Wakes up those who wait for a change.
    pub(crate) fn tell(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Whether steps of processes are written in one append with what they follow from.
    pub(crate) fn turns_at_once(&self) -> bool {
        self.config.atomic_turns && self.events.capabilities().multi_stream_append
    }

    fn follower(&self, name: &str) -> Result<&Arc<Follower>, RebuildError> {
        let found = self.followers.iter().find(|follower| follower.name() == name);
        found.ok_or_else(|| RebuildError::UnknownProjection { name: name.to_owned() })
    }

    /// Position of a projection's active tables.
    pub(crate) async fn position_of(&self, follower: &Follower) -> Result<Position, StoreError> {
        queries::position_of(&*self.read_models, follower).await
    }
}
