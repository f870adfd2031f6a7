//! The fork: a store in memory that has what was taken of the past, and the real engine on it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use es_core::memory::{MemoryEventStore, MemoryReadModels};
use es_core::{
    AllPage, AppendError, AppendRequest, Appended, Capabilities, CategoryCount, Direction, Domain, EventFilter,
    EventReader, EventStore, ExpectedVersion, ImportedAppend, ManualClock, NewEvent, Position, PositionPage, ReadAll,
    ReadModelStore, ReadStream, RecordedEvent, StoreError, StreamListPage, StreamName, StreamPage, StreamQuery,
    StreamVersion, SubjectKeys,
};
use es_runtime::{CommandEnvelope, Engine, EngineConfig, EngineParts, SnapshotPolicy};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::arrange::Arranged;
use super::error::{EditProblem, WhatIfError};
use super::past::Standing;
use super::scenario::{ClockStep, CommandStep, Scenario, Step};
use super::steps::{Ran, StepOutcome};
use crate::fold::Folded;
use crate::limits;

/// A store in memory that remembers which streams were asked for and are not in it.
pub(super) struct ForkStore {
    memory: MemoryEventStore,
    /// Streams that take no further events.
    closed: HashSet<StreamName>,
    asked: Mutex<BTreeSet<StreamName>>,
    /// Events that may still be appended.
    room: AtomicU64,
}

impl ForkStore {
    /// A store that has these events, with their ids and times.
    async fn with(
        events: &[RecordedEvent],
        closed: HashSet<StreamName>,
        clock: &Arc<ManualClock>,
    ) -> Result<Arc<Self>, WhatIfError> {
        let store = Self {
            memory: MemoryEventStore::new(clock.clone()),
            closed,
            asked: Mutex::default(),
            room: AtomicU64::new(limits::WHAT_IF_STEP_EVENTS),
        };
        let not_taken = |error: AppendError| WhatIfError::NotTaken { reason: error.to_string() };
        for page in events.chunks(es_core::limits::PAGE_EVENTS) {
            store.import(page.iter().map(imported).collect()).await.map_err(not_taken)?;
        }
        Ok(Arc::new(store))
    }

    /// Streams that were read since this was last asked, whether or not they are here.
    fn take_asked(&self) -> BTreeSet<StreamName> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_full(&self) -> bool {
        self.room.load(Ordering::SeqCst) == 0
    }
}

#[async_trait]
impl EventReader for ForkStore {
    fn capabilities(&self) -> Capabilities {
        self.memory.capabilities()
    }
    async fn read_all(&self, read: ReadAll) -> Result<AllPage, StoreError> {
        self.memory.read_all(read).await
    }
    async fn scan_positions(&self, after: Position, filter: &EventFilter) -> Result<PositionPage, StoreError> {
        self.memory.scan_positions(after, filter).await
    }
    async fn read_positions(&self, positions: &[Position]) -> Result<Vec<RecordedEvent>, StoreError> {
        self.memory.read_positions(positions).await
    }
    async fn read_stream(&self, read: ReadStream) -> Result<StreamPage, StoreError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(read.stream.clone());
        self.memory.read_stream(read).await
    }
    async fn event_by_id(&self, event_id: Uuid) -> Result<Option<RecordedEvent>, StoreError> {
        self.memory.event_by_id(event_id).await
    }
    async fn head(&self) -> Result<Position, StoreError> {
        self.memory.head().await
    }
    async fn position_at(&self, time: DateTime<Utc>) -> Result<Position, StoreError> {
        self.memory.position_at(time).await
    }
    async fn streams(&self, query: &StreamQuery) -> Result<StreamListPage, StoreError> {
        self.memory.streams(query).await
    }
    async fn categories(&self) -> Result<Vec<CategoryCount>, StoreError> {
        self.memory.categories().await
    }
    async fn wait_for_events(&self, position: Position, at_most: Duration) -> Result<Position, StoreError> {
        self.memory.wait_for_events(position, at_most).await
    }
}

#[async_trait]
impl EventStore for ForkStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        if let Some(part) = request.parts.iter().find(|part| self.closed.contains(&part.stream)) {
            return Err(AppendError::StreamClosed { stream: part.stream.clone() });
        }
        let wanted = request.event_count() as u64;
        let taken = self.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |room| room.checked_sub(wanted));
        if taken.is_err() {
            self.room.store(0, Ordering::SeqCst);
            // An error that processes do not try again.
            return Err(StoreError::Unsupported { what: "more events of one what-if" }.into());
        }
        self.memory.append(request).await
    }
    async fn import(&self, appends: Vec<ImportedAppend>) -> Result<Vec<Appended>, AppendError> {
        self.memory.import(appends).await
    }
    fn subject_keys(&self) -> Option<Arc<dyn SubjectKeys>> {
        self.memory.subject_keys()
    }
}

/// The engine on a store in memory, with a clock of its own.
pub(super) struct Forked {
    store: Arc<ForkStore>,
    read_models: Arc<MemoryReadModels>,
    clock: Arc<ManualClock>,
    engine: Engine,
}

impl Forked {
    /// Takes in what was before the fork and what follows it by the edits. The clock stands at `now`.
    pub(super) async fn new(
        domain: Arc<Domain>,
        before: &[RecordedEvent],
        after: &[Arranged],
        standings: &BTreeMap<StreamName, Standing>,
        now: DateTime<Utc>,
    ) -> Result<Self, WhatIfError> {
        let clock = Arc::new(ManualClock::new(now));
        let closed = standings.values().filter(|standing| standing.closed_at.is_some());
        let closed = closed.map(|standing| standing.stream.clone()).collect();
        let store = ForkStore::with(before, closed, &clock).await?;
        for arranged in after.iter().filter(|arranged| arranged.is_kept()) {
            let done = store.import(vec![imported(&arranged.event)]).await;
            done.map_err(|error| not_storable(arranged, error))?;
        }
        Ok(Self::over(domain, store, clock))
    }

    /// The engine on a store.
    fn over(domain: Arc<Domain>, store: Arc<ForkStore>, clock: Arc<ManualClock>) -> Self {
        let read_models = Arc::new(MemoryReadModels::new());
        let mut parts = EngineParts::new(store.clone(), read_models.clone(), domain);
        parts.clock = clock.clone();
        parts.config = EngineConfig {
            snapshots: SnapshotPolicy::Never,
            // One after the other, so that the same scenario gives the same log.
            process_concurrency: 1,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(1),
            ..EngineConfig::default()
        };
        Self { store, read_models, clock, engine: Engine::new(parts) }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        es_core::Clock::now(&*self.clock)
    }

    /// Streams that the engine has read since this was last asked.
    pub(super) fn take_asked(&self) -> BTreeSet<StreamName> {
        self.store.take_asked()
    }

    /// The events after a place in the fork's own log.
    pub(super) async fn events_after(&self, position: Position) -> Result<Vec<RecordedEvent>, StoreError> {
        let (mut from, mut events) = (position, Vec::new());
        loop {
            let page = self.store.memory.read_all(ReadAll::forward(from, es_core::limits::PAGE_EVENTS)).await?;
            from = page.next;
            events.extend(page.events);
            if page.end {
                return Ok(events);
            }
        }
    }

    pub(super) async fn head(&self) -> Result<Position, StoreError> {
        self.store.memory.head().await
    }

    /// Does a step. What comes of it is an outcome, also if it fails.
    pub(super) async fn step(
        &self,
        index: usize,
        step: &Step,
        cancel: &CancellationToken,
    ) -> Result<StepOutcome, WhatIfError> {
        let outcome = match step {
            Step::Command(command) => {
                let head = self.head().await?;
                let mut outcome = self.send(index, command).await;
                if let StepOutcome::Executed { stuck, .. } = &mut outcome {
                    *stuck = self.stuck_since(head, cancel).await?;
                }
                outcome
            }
            Step::Clock(ClockStep::To(time)) => self.pass(*time, cancel).await?,
            Step::Clock(ClockStep::BySeconds(seconds)) => {
                self.pass(self.now() + chrono::Duration::seconds(i64::from(*seconds)), cancel).await?
            }
            Step::Processes => self.drive(cancel).await?.into(),
        };
        if self.store.is_full() {
            return Err(WhatIfError::Runaway { most: limits::WHAT_IF_STEP_EVENTS });
        }
        Ok(outcome)
    }

    async fn send(&self, index: usize, command: &CommandStep) -> StepOutcome {
        let payload = command.payload.as_str();
        let mut envelope = CommandEnvelope::new(command.command_type.as_str(), payload)
            .with_id(Scenario::command_id(index))
            .by(command.actor.as_str(), "what-if");
        envelope.reason.clone_from(&command.reason);
        envelope.business_date = command.business_date;
        match self.engine.execute(&envelope).await {
            Ok(outcome) => outcome.into(),
            Err(error) => {
                StepOutcome::Failed { code: error.code().to_owned(), message: without_position(&error.to_string()) }
            }
        }
    }

    /// Instances that have events since a place in the fork's log, have something to do, and cannot do it, each with the reason.
    async fn stuck_since(
        &self,
        head: Position,
        cancel: &CancellationToken,
    ) -> Result<Vec<(StreamName, String)>, WhatIfError> {
        let touched: BTreeSet<StreamName> =
            self.events_after(head).await?.into_iter().map(|event| event.stream).collect();
        let mut waiting = Vec::new();
        for stream in touched {
            if self.has_something_to_do(&stream).await? {
                waiting.push(stream);
            }
        }
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        // Processes run at steps of their own. Why these would not go on is tried on a copy, of which nothing comes.
        let ran = self.copy().await?.drive(cancel).await?;
        let why = |stream: &StreamName| ran.stuck.iter().find(|(stuck, _)| stuck == stream).map(|(_, why)| why);
        let stuck =
            waiting.into_iter().filter_map(|stream| Some((why(&stream).or(ran.problem.as_ref())?.clone(), stream)));
        Ok(stuck.map(|(why, stream)| (stream, why)).collect())
    }

    /// Whether a process has planned something in the present state of a stream, or cannot know that.
    async fn has_something_to_do(&self, stream: &StreamName) -> Result<bool, StoreError> {
        let domain = self.engine.domain();
        let processes: Vec<_> =
            domain.processes.iter().filter(|process| process.category() == stream.category()).collect();
        let (false, Some(aggregate)) = (processes.is_empty(), domain.aggregate(stream.category())) else {
            return Ok(false);
        };
        let (mut folded, mut from) = (Folded::start(&**aggregate), StreamVersion::ZERO);
        loop {
            let limit = es_core::limits::PAGE_EVENTS;
            let read = ReadStream { stream: stream.clone(), from, direction: Direction::Forward, limit };
            let page = self.store.memory.read_stream(read).await?;
            page.events.iter().for_each(|event| folded.take(domain, &**aggregate, event));
            match page.events.last() {
                Some(last) if !page.end => from = last.version.next(),
                _ => break,
            }
        }
        let plans = processes.iter().any(|process| !process.turn(stream, &folded.state).pending.is_empty());
        Ok(plans || folded.problem.is_some())
    }

    /// The same log and time, on which something can be tried.
    async fn copy(&self) -> Result<Self, WhatIfError> {
        let clock = Arc::new(ManualClock::new(self.now()));
        let events = self.events_after(Position::ZERO).await?;
        let store = ForkStore::with(&events, self.store.closed.clone(), &clock).await?;
        Ok(Self::over(self.engine.domain().clone(), store, clock))
    }

    /// Lets time pass up to a moment: each timer fires at the time that it is due, as it would have.
    async fn pass(&self, until: DateTime<Utc>, cancel: &CancellationToken) -> Result<StepOutcome, WhatIfError> {
        if until < self.now() {
            let message = format!("The clock stands at {} and does not go back to {until}.", self.now());
            return Ok(StepOutcome::Failed { code: "clock_goes_back".to_owned(), message });
        }
        let mut ran = self.drive(cancel).await?;
        while ran.problem.is_none()
            && let Some((due, timers)) = self.next_due().await?.filter(|(due, _)| *due <= until)
        {
            if self.store.is_full() || ran.timers >= limits::WHAT_IF_STEP_EVENTS {
                return Err(WhatIfError::Runaway { most: limits::WHAT_IF_STEP_EVENTS });
            }
            self.clock.set(due.max(self.now()));
            ran.timers += timers;
            ran.add(self.drive(cancel).await?);
        }
        self.clock.set(until);
        ran.add(self.drive(cancel).await?);
        Ok(ran.into())
    }

    /// When the next timers are due, and how many are due then.
    async fn next_due(&self) -> Result<Option<(DateTime<Utc>, u64)>, StoreError> {
        let timers = self.read_models.timers(usize::MAX).await?;
        let Some(due) = timers.first().map(|timer| timer.due_at) else { return Ok(None) };
        Ok(Some((due, timers.iter().filter(|timer| timer.due_at == due).count() as u64)))
    }

    async fn drive(&self, cancel: &CancellationToken) -> Result<Ran, StoreError> {
        let report = self.engine.drive_processes_until_idle(cancel).await?;
        let stuck = report.stuck.into_iter().map(|stuck| (stuck.stream, without_position(&stuck.reason))).collect();
        Ok(Ran { commands: report.commands, timers: 0, stuck, problem: report.problem })
    }
}

/// What the engine says of an event, without its place in the fork's log: nobody can go there.
fn without_position(reason: &str) -> String {
    let Some((before, rest)) = reason.split_once(" (position ") else { return reason.to_owned() };
    match rest.split_once(')') {
        Some((number, after)) if number.bytes().all(|digit| digit.is_ascii_digit()) => format!("{before}{after}"),
        _ => reason.to_owned(),
    }
}

fn imported(event: &RecordedEvent) -> ImportedAppend {
    let new = NewEvent {
        event_id: event.event_id,
        event_type: event.event_type.clone(),
        schema_version: event.schema_version,
        payload: event.payload.clone(),
        metadata: event.metadata.clone(),
    };
    let request = AppendRequest::to_stream(event.stream.clone(), ExpectedVersion::Any, vec![new]);
    ImportedAppend { request, recorded_at: event.recorded_at }
}

/// What an edit has made cannot be stored: that is the edit's fault and not the history's.
fn not_storable(arranged: &Arranged, error: AppendError) -> WhatIfError {
    let reason = error.to_string();
    match arranged.edit {
        Some(number) => WhatIfError::Edit { number, problem: EditProblem::NotStorable { reason } },
        None => WhatIfError::NotTaken { reason },
    }
}
