//! The append lane: the one task of this process that writes events, joining waiting requests into one commit.
//!
//! See docs/adr/0021 for how a batch takes two round trips, and what happens beside other processes; docs/adr/0038 for how a
//! request that comes alone takes one.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use es_core::plan::{Examined, TimedRequest};
use es_core::{AppendError, AppendRequest, Appended, ImportedAppend, Position, RetainError, StoreError, limits};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::{mpsc, oneshot, watch};

use crate::assumed::Left;
use crate::batch::{Together, lock, snapshot, write};
use crate::config::{PostgresConfig, Purpose};
use crate::connections::{ANSWER_GRACE, connect, end, roll_back, within};
use crate::error::{Fault, Place};
use crate::retention::{Change, Changed};

/// What the lane is asked for.
pub(crate) enum Job {
    /// Append, together with others that wait.
    Append(Waiting),
    /// Append with original times, alone in a commit, all or nothing.
    Import {
        /// What to append, with what was found out about each.
        appends: Vec<(ImportedAppend, Option<Examined>)>,
        /// How long it may take to find a server that has gone.
        deadline: Instant,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Vec<Appended>, AppendError>>,
    },
    /// Change what is kept, and record it, alone in a commit.
    Change {
        /// What to change.
        change: Change,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<Appended, RetainError>>,
    },
}

/// An append that waits for its commit.
pub(crate) struct Waiting {
    /// What to append.
    pub request: AppendRequest,
    /// What the caller has found out about it, off the lane.
    pub examined: Option<Examined>,
    /// How long it may take to find a server that has gone.
    pub deadline: Instant,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Appended, AppendError>>,
}

impl Waiting {
    fn timed(&self) -> TimedRequest<'_> {
        TimedRequest { request: &self.request, recorded_at: None, examined: self.examined.as_ref() }
    }
}

/// What the lane has done so far.
#[derive(Debug, Default)]
pub(crate) struct LaneCounts {
    pub requests: AtomicU64,
    pub commits: AtomicU64,
}

/// The lane's state.
pub(crate) struct Lane {
    config: PostgresConfig,
    options: PgConnectOptions,
    place: Place,
    /// Where new heads are told to other processes.
    channel: String,
    /// Tells followers of this process about new heads; nothing if wake-ups are off.
    wake: Option<watch::Sender<Position>>,
    counts: Arc<LaneCounts>,
    /// The only connection of this process that writes events; nothing before the first batch and after it broke.
    connection: Option<PgConnection>,
    /// Whether others write, too: then the lock is taken first.
    contended: bool,
    /// Where the last commit left the log.
    head: Position,
    /// The same with all that the next plan needs, while the connection stands that has written it.
    left: Option<Left>,
    /// Why the server could not be reached the last time, and when that was given up.
    failure: Option<(StoreError, Instant)>,
}

/// What came of a batch.
struct Written {
    /// One outcome per request.
    outcomes: Vec<Result<Appended, AppendError>>,
    /// The log's head after the batch.
    head: Position,
    /// Whether anything was written.
    moved: bool,
}

/// Why an attempt failed.
struct Failed {
    error: StoreError,
    /// Whether another attempt may go better: the connection broke, or none could be made.
    passing: bool,
}

/// First and longest pause between two attempts.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Longest time for saying goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

impl Lane {
    pub fn new(
        config: &PostgresConfig,
        channel: String,
        wake: Option<watch::Sender<Position>>,
        counts: Arc<LaneCounts>,
    ) -> Self {
        Self {
            options: config.options(Purpose::Lane),
            place: Place::of(config),
            config: config.clone(),
            channel,
            wake,
            counts,
            connection: None,
            contended: false,
            head: Position::ZERO,
            left: None,
            failure: None,
        }
    }

    /// Serves the queue until every sender is gone.
    pub async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut held = None;
        let mut crowd = Crowd::default();
        loop {
            let next = match held.take() {
                Some(job) => Some(job),
                None => queue.recv().await,
            };
            let Some(job) = next else { break };
            match job {
                Job::Import { appends, deadline, reply } => {
                    let _ = reply.send(self.import(&appends, deadline).await);
                }
                Job::Change { change, reply } => {
                    let _ = reply.send(self.change(&change).await);
                }
                Job::Append(waiting) => {
                    if let Some(error) = self.given_up(waiting.deadline) {
                        let _ = waiting.reply.send(Err(error.into()));
                        continue;
                    }
                    crowd.gather(&queue).await;
                    let (batch, next) = collect(waiting, &mut queue);
                    held = next;
                    let (requests, started) = (batch.len(), Instant::now());
                    self.append(batch).await;
                    crowd.note(requests, started.elapsed());
                }
            }
        }
        if let Some(connection) = self.connection.take() {
            // Whoever does not take the goodbye has gone already.
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, sqlx::Connection::close(connection)).await;
        }
    }

    /// The error of a server that was looked for until after a request's own time was over.
    fn given_up(&self, deadline: Instant) -> Option<StoreError> {
        self.failure.as_ref().filter(|(_, until)| *until >= deadline).map(|(error, _)| error.clone())
    }

    /// Writes a batch and answers everyone.
    async fn append(&mut self, batch: Vec<Waiting>) {
        let written = self.append_together(&batch).await;
        self.count(batch.len());
        match written {
            Ok(outcomes) => {
                for (waiting, outcome) in batch.into_iter().zip(outcomes) {
                    // The caller may have gone; what was written stays written.
                    let _ = waiting.reply.send(outcome);
                }
            }
            Err(Failed { error: StoreError::Io { .. } | StoreError::Damaged { .. }, passing: false })
                if batch.len() > 1 =>
            {
                // Something in it is not taken by the server, which may have rules of its own. Each alone, so that nobody loses
                // for another.
                for waiting in batch {
                    let written = self.append_together(std::slice::from_ref(&waiting)).await;
                    let outcome = written
                        .map_err(|failed| failed.error.into())
                        .and_then(|mut outcomes| outcomes.pop().unwrap_or(Err(AppendError::Store(StoreError::Closed))));
                    let _ = waiting.reply.send(outcome);
                }
            }
            Err(Failed { error, .. }) => {
                for waiting in batch {
                    let _ = waiting.reply.send(Err(error.clone().into()));
                }
            }
        }
    }

    async fn append_together(&mut self, batch: &[Waiting]) -> Result<Vec<Result<Appended, AppendError>>, Failed> {
        let deadline = batch.iter().map(|waiting| waiting.deadline).min().unwrap_or_else(Instant::now);
        let requests: Vec<_> = batch.iter().map(Waiting::timed).collect();
        self.write(&requests, Together::Each, deadline).await
    }

    async fn import(
        &mut self,
        appends: &[(ImportedAppend, Option<Examined>)],
        deadline: Instant,
    ) -> Result<Vec<Appended>, AppendError> {
        let requests: Vec<_> = appends
            .iter()
            .map(|(append, examined)| TimedRequest {
                request: &append.request,
                recorded_at: Some(append.recorded_at),
                examined: examined.as_ref(),
            })
            .collect();
        self.count(1);
        let written = self.write(&requests, Together::AllOrNothing, deadline).await;
        written.map_err(|failed| failed.error)?.into_iter().collect()
    }

    /// Writes requests in one commit. A server that has gone is looked for until the deadline; what became of a commit whose
    /// answer never came shows when the same events are there.
    async fn write(
        &mut self,
        requests: &[TimedRequest<'_>],
        together: Together,
        deadline: Instant,
    ) -> Result<Vec<Result<Appended, AppendError>>, Failed> {
        let mut doubt = vec![false; requests.len()];
        let mut pause = SHORTEST_PAUSE;
        loop {
            let Failed { error, passing } = match self.attempt(requests, together, &mut doubt).await {
                Ok(written) => {
                    self.failure = None;
                    return Ok(self.announced(written, &doubt));
                }
                Err(failed) => failed,
            };
            let in_doubt = doubt.contains(&true);
            // Whoever still holds the lock may be our own former session, which the server has not given up yet.
            let passing = passing || (in_doubt && matches!(error, StoreError::Locked { .. }));
            if !passing || Instant::now() + pause >= deadline {
                let error = if in_doubt { self.in_doubt(error) } else { error };
                tracing::warn!(store = %self.place.location, requests = requests.len(), %error, "append failed");
                self.failure = passing.then(|| (error.clone(), Instant::now()));
                return Err(Failed { error, passing });
            }
            tracing::info!(store = %self.place.location, %error, "the server is looked for again");
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// The error of a commit whose outcome nobody knows.
    fn in_doubt(&self, last: StoreError) -> StoreError {
        match last {
            StoreError::ConnectionLost { .. } | StoreError::Timeout { .. } => last,
            other => StoreError::ConnectionLost {
                server: self.place.server.clone(),
                operation: "committing events".to_owned(),
                reason: format!("its answer never came; afterwards {other}"),
            },
        }
    }

    /// Tries once. `doubt` gets the requests that may have been written though no answer came.
    async fn attempt(
        &mut self,
        requests: &[TimedRequest<'_>],
        together: Together,
        doubt: &mut [bool],
    ) -> Result<Written, Failed> {
        let started = Instant::now();
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                // Whatever answers now may have lost, or kept, what was not acknowledged.
                self.left = None;
                connect(&self.config, &self.options)
                    .await
                    .map_err(|error| Failed { passing: error.retryable(), error })?
            }
        };
        let limit = self.config.lane_limit() + ANSWER_GRACE;
        let mut sent = Vec::new();
        let done = within(limit, self.carry_out(&mut connection, requests, together, &mut sent)).await;
        let broken = done.as_ref().err().is_some_and(|fault| !fault.leaves_connection_sound());
        if broken {
            doubt.iter_mut().zip(sent).for_each(|(doubt, sent)| *doubt |= sent);
        } else {
            self.connection = Some(connection);
        }
        done.map_err(|fault| Failed {
            error: fault.into_store_error(&self.place, "appending", started.elapsed()),
            passing: broken,
        })
    }

    /// Reads, plans and writes. Alone, a batch is planned on what one look shows, and written only if the log still ends there:
    /// two round trips; a single request often needs no look. If somebody else was faster, the write lock is taken first.
    async fn carry_out(
        &mut self,
        connection: &mut PgConnection,
        requests: &[TimedRequest<'_>],
        together: Together,
        sent: &mut Vec<bool>,
    ) -> Result<Written, Fault> {
        if !self.contended {
            if together == Together::Each
                && let [request] = requests
                && let Some(written) = self.write_unseen(connection, request, sent).await?
            {
                return Ok(written);
            }
            sent.clear();
            if let Some(written) = self.read_and_write(connection, requests, together, sent).await? {
                return Ok(written);
            }
            sent.clear();
            self.contended = true;
        }
        let done = match lock(connection).await {
            Ok(()) => self.read_and_write(connection, requests, together, sent).await,
            Err(fault) => Err(fault),
        };
        let ended = end(connection, done).await;
        if ended.is_err() {
            self.left = None;
        }
        ended?.ok_or_else(|| Fault::Damaged("the log's head moved while it was locked".to_owned()))
    }

    /// Writes a request without a look, where the log is as this lane has left it. Nothing if that cannot be told, or is not so.
    async fn write_unseen(
        &mut self,
        connection: &mut PgConnection,
        request: &TimedRequest<'_>,
        sent: &mut Vec<bool>,
    ) -> Result<Option<Written>, Fault> {
        let Some(streams) = self.left.as_ref().and_then(|left| left.assumed(request)) else { return Ok(None) };
        // Remembered again only if it proves right.
        let Some(mut left) = self.left.take() else { return Ok(None) };
        let planned_on = left.head.position;
        let Some(plan) = left.plan(std::slice::from_ref(request), &streams, self.config.clock.now()) else {
            return Ok(None);
        };
        sent.push(true);
        if !write(connection, planned_on, &plan, Some(&streams), &self.channel).await? {
            return Ok(None);
        }
        left.note(&plan);
        self.head = plan.head.position;
        self.left = Some(left);
        Ok(Some(Written { outcomes: plan.outcomes, head: plan.head.position, moved: true }))
    }

    /// Nothing if the log's head has moved in between.
    async fn read_and_write(
        &mut self,
        connection: &mut PgConnection,
        requests: &[TimedRequest<'_>],
        together: Together,
        sent: &mut Vec<bool>,
    ) -> Result<Option<Written>, Fault> {
        let snapshot = snapshot(connection, requests).await?;
        let planned_on = snapshot.head.position;
        let left = self.left.take().filter(|left| left.head.position == planned_on);
        let mut left = left.unwrap_or_else(|| Left::at(snapshot.head));
        // Alone as long as the log ends where this lane has left it.
        self.contended &= planned_on != self.head;
        let plan = snapshot.plan(requests, self.config.clock.now(), together);
        self.head = planned_on;
        if plan.rows.is_empty() {
            self.left = Some(left);
            return Ok(Some(Written { outcomes: plan.outcomes, head: planned_on, moved: false }));
        }
        sent.extend(plan.outcomes.iter().map(|outcome| outcome.as_ref().is_ok_and(|appended| !appended.replayed)));
        if !write(connection, planned_on, &plan, None, &self.channel).await? {
            return Ok(None);
        }
        self.head = plan.head.position;
        left.note(&plan);
        self.left = Some(left);
        Ok(Some(Written { outcomes: plan.outcomes, head: plan.head.position, moved: true }))
    }

    /// Changes what is kept. Tried once: whoever wants it plans anew if it fails, and the same change again changes nothing.
    async fn change(&mut self, change: &Change) -> Result<Appended, RetainError> {
        let started = Instant::now();
        let limit = self.config.lane_limit() + ANSWER_GRACE;
        let mut connection = self.working_connection().await?;
        let done = within(limit, self.change_with(&mut connection, change)).await;
        if done.as_ref().err().is_none_or(Fault::leaves_connection_sound) {
            self.connection = Some(connection);
        }
        let (appended, head) = done.unwrap_or_else(|fault| {
            let error = fault.into_store_error(&self.place, change.operation(), started.elapsed());
            tracing::warn!(store = %self.place.location, %error, "{} failed", change.operation());
            Err(error.into())
        })?;
        change.committed();
        if let Some(wake) = &self.wake {
            raise(wake, head);
        }
        Ok(appended)
    }

    async fn change_with(&mut self, connection: &mut PgConnection, change: &Change) -> Result<Changed, Fault> {
        let done = match lock(connection).await {
            Ok(()) => change.carry_out(connection, self.config.clock.now(), &self.channel).await,
            Err(fault) => Err(fault),
        };
        match done {
            Ok(Err(refused)) => {
                roll_back(connection).await?;
                Ok(Err(refused))
            }
            done => end(connection, done).await,
        }
    }

    /// The lane's connection, if it still works, or a new one.
    async fn working_connection(&mut self) -> Result<PgConnection, StoreError> {
        if let Some(mut connection) = self.connection.take() {
            let answered = tokio::time::timeout(ANSWER_GRACE, sqlx::Connection::ping(&mut connection)).await;
            if matches!(answered, Ok(Ok(()))) {
                return Ok(connection);
            }
        }
        connect(&self.config, &self.options).await
    }

    /// Tells the new head and gives the outcomes. What this very batch has written in an attempt whose answer never came is no
    /// replay.
    fn announced(&self, mut written: Written, doubt: &[bool]) -> Vec<Result<Appended, AppendError>> {
        if let Some(wake) = self.wake.as_ref().filter(|_| written.moved || doubt.contains(&true)) {
            raise(wake, written.head);
        }
        for (outcome, doubt) in written.outcomes.iter_mut().zip(doubt) {
            if let (Ok(appended), true) = (outcome, *doubt) {
                appended.replayed = false;
            }
        }
        written.outcomes
    }

    fn count(&self, requests: usize) {
        use std::sync::atomic::Ordering::Relaxed;
        self.counts.requests.fetch_add(requests as u64, Relaxed);
        self.counts.commits.fetch_add(1, Relaxed);
    }
}

/// Longest wait for those who were answered just now and are about to ask again.
const LONGEST_GATHERING: Duration = Duration::from_millis(1);

/// Joins writers that go round together. After a commit all its requests are answered at once, and the first to ask again
/// would get a commit of its own while the others just miss it. A commit costs milliseconds and their return microseconds, so
/// it is worth waiting a small part of a commit until about as many are there again. A single writer never waits.
#[derive(Debug, Default)]
struct Crowd {
    requests: usize,
    commit: Duration,
}

impl Crowd {
    fn note(&mut self, requests: usize, commit: Duration) {
        (self.requests, self.commit) = (requests, commit);
    }

    /// Waits until as many requests wait as the last commit had (one of them is already taken from the queue). Timers are too
    /// coarse for that; giving the thread to whoever is ready is what lets them come.
    async fn gather(&self, queue: &mpsc::Receiver<Job>) {
        let started = Instant::now();
        let patience = LONGEST_GATHERING.min(self.commit / 4);
        while queue.len() + 1 < self.requests && started.elapsed() < patience {
            tokio::task::yield_now().await;
        }
    }
}

/// Tells a new head, never an older one.
pub(crate) fn raise(wake: &watch::Sender<Position>, head: Position) {
    wake.send_if_modified(|known| {
        let higher = head > *known;
        if higher {
            *known = head;
        }
        higher
    });
}

/// Takes what already waits, up to the limits. A job that does not fit (or is none of this kind) is handed back for the next
/// round.
fn collect(first: Waiting, queue: &mut mpsc::Receiver<Job>) -> (Vec<Waiting>, Option<Job>) {
    let mut events = first.request.event_count();
    let mut bytes = first.request.byte_count();
    let mut batch = vec![first];
    while batch.len() < limits::LANE_BATCH_REQUESTS {
        match queue.try_recv() {
            Ok(Job::Append(waiting)) => {
                events += waiting.request.event_count();
                bytes += waiting.request.byte_count();
                if events > limits::LANE_BATCH_EVENTS || bytes > limits::LANE_BATCH_BYTES {
                    return (batch, Some(Job::Append(waiting)));
                }
                batch.push(waiting);
            }
            Ok(other) => return (batch, Some(other)),
            Err(_) => break,
        }
    }
    (batch, None)
}
