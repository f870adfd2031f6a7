//! Process managers: one dispatcher per process follows the streams of its category and sends what is pending.
//!
//! Nothing depends on what is in memory here. The checkpoint moves only past instances that were worked on until nothing was
//! pending, timers are stored before it moves, and every command has an id of its step: whatever a crash interrupts is
//! done again, and doing it again changes nothing.

mod background;
mod instance;
mod instances;
mod operators;
mod status;
mod timers;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::{
    EventFilter, Position, Process, StoreError, StreamName, StreamOrder, StreamQuery, StreamVersion, Table, Timer,
    limits,
};
use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::task::JoinSet;

pub use background::DriveReport;
pub(crate) use background::{drive_once, drive_until_idle, run};
pub(crate) use instance::step_envelope;
pub use instances::{
    InstanceFilter, InstancePage, InstancePaging, PendingCommand, PendingTimer, ProcessError, ProcessInstance,
};
pub(crate) use instances::{instances, retry_stuck, timers};
pub use operators::{Offer, Operator};
pub(crate) use operators::{intervene, offers, retry};
pub(crate) use status::status_of;
pub use status::{ProcessState, ProcessStatus, StuckInstance};

use crate::batch::follow;
use crate::engine::Inner;
use crate::lease::Lease;
use instance::{Driven, End, Instance, Obstacle};
use status::Seen;
use timers::{TimerChanges, Timers};

/// Processes own no tables, so their checkpoint has one version for ever.
const CHECKPOINT_VERSION: u32 = 1;
const NO_TABLES: &[&Table] = &[];
/// Most timers of a process kept in memory, the earliest ones. Of an instance beyond them, a timer that it no longer wants is
/// not cleared before it is due; its command is decided on the state of that moment, like every other.
const TIMERS_KEPT: usize = 65_536;
/// Timers sent in one step.
const TIMERS_PER_STEP: usize = 256;
/// Events looked at in one step: fewer than a projection's, since each may cost several commits.
const EVENTS_PER_STEP: usize = 256;
/// Instances remembered as worked on; forgetting one costs a look at it.
const EXAMINED_KEPT: usize = 16_384;
/// The checkpoint is moved past this many events of no interest at once.
const SKIP_EVENTS: u64 = 1000;

/// Drives one process.
pub(crate) struct Dispatcher {
    pub(crate) process: Arc<dyn Process>,
    checkpoint_name: &'static str,
    /// Whoever holds this drives the process.
    pub(crate) lane: AsyncMutex<Lane>,
    nudge: Notify,
    seen: Mutex<Seen>,
}

/// What the dispatcher holds between two steps. Dropped with the lease.
#[derive(Default)]
pub(crate) struct Lane {
    held: Option<Held>,
}

struct Held {
    lease: Lease,
    /// Events up to here were read; the checkpoint follows when nothing is unfinished.
    read_to: Position,
    /// Whether an event of the process was read since the checkpoint moved.
    touched: bool,
    /// Instances to work on before the checkpoint may move.
    unfinished: Unfinished,
    /// Version up to which instances were worked on.
    examined: HashMap<StreamName, StreamVersion>,
    timers: Timers,
}

/// Instances to work on, first come first served: who asked first shall be paid first.
#[derive(Default)]
struct Unfinished {
    order: Vec<StreamName>,
    members: HashSet<StreamName>,
}

impl Unfinished {
    fn insert(&mut self, stream: StreamName) {
        if self.members.insert(stream.clone()) {
            self.order.push(stream);
        }
    }

    fn remove_all(&mut self, done: &HashSet<StreamName>) {
        self.order.retain(|stream| !done.contains(stream));
        self.members.retain(|stream| !done.contains(stream));
    }

    fn len(&self) -> usize {
        self.order.len()
    }

    fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Did something; there may be more.
    Moved,
    /// Nothing to do until events come after this position or a timer is due.
    AtEnd(Position),
    /// Another owner drives it.
    HeldElsewhere,
    /// Some instances are to be tried again later.
    Later(String),
}

/// The timers of a process that are kept in memory, earliest first.
async fn stored_timers(inner: &Inner, process: &str) -> Result<Vec<Timer>, StoreError> {
    inner.read_models.due_timers_of(process, DateTime::<Utc>::MAX_UTC, TIMERS_KEPT).await
}

/// Names must be known for ever to the read-model store's interface; there are as many as processes in the program.
fn checkpoint_name(process: &'static str) -> &'static str {
    static NAMES: Mutex<BTreeMap<&'static str, &'static str>> = Mutex::new(BTreeMap::new());
    NAMES.lock().entry(process).or_insert_with(|| Box::leak(format!("process_{process}").into_boxed_str()))
}

impl Dispatcher {
    pub(crate) fn new(process: Arc<dyn Process>) -> Self {
        Self {
            checkpoint_name: checkpoint_name(process.name()),
            process,
            lane: AsyncMutex::default(),
            nudge: Notify::new(),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn stuck(&self) -> Vec<StuckInstance> {
        self.seen.lock().stuck.values().cloned().collect()
    }

    pub(crate) async fn retry_stuck(&self) {
        let mut lane = self.lane.lock().await;
        if let Some(held) = &mut lane.held {
            let stuck = std::mem::take(&mut self.seen.lock().stuck);
            stuck.into_keys().for_each(|stream| held.unfinished.insert(stream));
        }
        self.nudge.notify_one();
    }

    /// Sends due timers, reads a page of events if nothing is unfinished, and works on what was touched.
    pub(crate) async fn step(&self, inner: &Arc<Inner>, lane: &mut Lane) -> Result<Step, StoreError> {
        let result = self.step_held(inner, lane).await;
        if matches!(result, Err(_) | Ok(Step::HeldElsewhere)) {
            // Begin anew from what is stored.
            lane.held = None;
        }
        match result {
            Err(StoreError::Fenced { .. }) => Ok(Step::HeldElsewhere),
            other => other,
        }
    }

    async fn step_held(&self, inner: &Arc<Inner>, lane: &mut Lane) -> Result<Step, StoreError> {
        if !self.hold(inner, lane).await? {
            return Ok(Step::HeldElsewhere);
        }
        let Some(held) = &mut lane.held else { return Ok(Step::HeldElsewhere) };
        let mut problem = self.send_due_timers(inner, held).await?;
        let mut end = false;
        if held.unfinished.is_empty() {
            end = self.read_on(inner, held).await?;
        }
        let worked = !held.unfinished.is_empty();
        problem = self.work(inner, held).await?.or(problem);
        self.seen.lock().unfinished = held.unfinished.len();
        if let Some(problem) = problem {
            return Ok(Step::Later(problem));
        }
        let skipped = held.read_to.get() - held.lease.checkpoint.position.get();
        if held.touched || skipped >= SKIP_EVENTS {
            held.lease.checkpoint = inner.read_models.move_checkpoint(&held.lease.checkpoint, held.read_to).await?;
            held.touched = false;
        }
        Ok(if end && !worked { Step::AtEnd(held.read_to) } else { Step::Moved })
    }

    /// Takes or keeps the lease. A newly taken one begins with what is stored: unfinished instances and timers.
    async fn hold(&self, inner: &Inner, lane: &mut Lane) -> Result<bool, StoreError> {
        if let Some(held) = &mut lane.held {
            return held.lease.keep(inner).await;
        }
        inner.read_models.prepare(self.checkpoint_name, CHECKPOINT_VERSION, NO_TABLES).await?;
        let Some(lease) = Lease::take(inner, self.checkpoint_name, CHECKPOINT_VERSION).await? else { return Ok(false) };
        let timers = Timers::of(stored_timers(inner, self.process.name()).await?);
        let mut unfinished = Unfinished::default();
        timers.streams().filter_map(|name| StreamName::new(name).ok()).for_each(|stream| unfinished.insert(stream));
        let recent = StreamQuery {
            category: Some(self.process.category().to_owned()),
            contains: None,
            system: false,
            order: StreamOrder::LastChange,
            offset: 0,
            limit: inner.config.reexamined_instances.min(limits::PAGE_EVENTS),
        };
        let recent = inner.events.streams(&recent).await?.streams;
        recent.into_iter().rev().for_each(|info| unfinished.insert(info.stream));
        lane.held = Some(Held {
            read_to: lease.checkpoint.position,
            lease,
            touched: false,
            unfinished,
            examined: HashMap::new(),
            timers,
        });
        Ok(true)
    }

    /// Reads a page of the process's category. Returns whether that was all there is.
    async fn read_on(&self, inner: &Inner, held: &mut Held) -> Result<bool, StoreError> {
        let filter = EventFilter {
            categories: vec![self.process.category().to_owned()],
            event_types: self.process.wakes_on().iter().map(|event_type| (*event_type).to_owned()).collect(),
            ..EventFilter::default()
        };
        let page = follow(&*inner.events, held.read_to, None, &filter, EVENTS_PER_STEP).await?;
        held.touched |= !page.events.is_empty();
        for event in page.events {
            if held.examined.get(&event.stream).is_none_or(|examined| *examined < event.version) {
                held.unfinished.insert(event.stream);
            }
        }
        held.read_to = page.next;
        Ok(page.end)
    }

    /// Sends the commands of due timers. Clearing a timer is the last step: a crash before it sends the same command again.
    async fn send_due_timers(&self, inner: &Arc<Inner>, held: &mut Held) -> Result<Option<String>, StoreError> {
        let process = self.process.name();
        let due = inner.read_models.due_timers_of(process, inner.clock.now(), TIMERS_PER_STEP).await?;
        let mut problem = None;
        for timer in due {
            let Ok(stream) = StreamName::new(&timer.stream) else {
                inner.read_models.change_timers(Vec::new(), vec![timer.timer_id]).await?;
                continue;
            };
            let mut instance = Instance::new(inner.clone(), self.process.clone(), stream.clone());
            let fired = instance.fire(&timer).await;
            self.seen.lock().commands += instance.commands;
            let unchanged = match fired {
                Ok(unchanged) => unchanged,
                Err(End::Later(reason)) => {
                    problem = Some(reason);
                    continue;
                }
                Err(End::Stuck(Obstacle { reason, .. })) => Some(reason),
                Err(End::Idle) => None,
            };
            if let Some(reason) = &unchanged {
                tracing::warn!(timer = timer.timer_id, reason, "a timer changed nothing");
            }
            inner.read_models.change_timers(Vec::new(), vec![timer.timer_id.clone()]).await?;
            held.timers.fired(&timer, unchanged);
            held.unfinished.insert(stream);
        }
        Ok(problem)
    }

    /// Works on all unfinished instances, several at a time, then stores their timers. Returns why some have to wait.
    async fn work(&self, inner: &Arc<Inner>, held: &mut Held) -> Result<Option<String>, StoreError> {
        if !held.unfinished.is_empty() {
            self.seen.lock().state = ProcessState::Working;
        }
        let mut waiting = held.unfinished.order.clone().into_iter();
        let mut done = HashSet::new();
        let mut running = JoinSet::new();
        let (mut problem, mut changes) = (None, TimerChanges::default());
        loop {
            while running.len() < inner.config.process_concurrency.max(1)
                && let Some(stream) = waiting.next()
            {
                running.spawn(Instance::new(inner.clone(), self.process.clone(), stream).drive());
            }
            let Some(driven) = running.join_next().await else { break };
            let driven = driven.map_err(|error| StoreError::Io {
                operation: format!("driving process {}", self.process.name()),
                reason: error.to_string(),
            })?;
            let stream = driven.stream.clone();
            match self.note(inner, held, &mut changes, driven) {
                Some(reason) => problem = Some(reason),
                None => drop(done.insert(stream)),
            }
            if !held.lease.keep(inner).await? {
                return Err(StoreError::Fenced { what: self.checkpoint_name.to_owned(), found: 0, ours: 0 });
            }
        }
        held.unfinished.remove_all(&done);
        if !changes.is_empty() {
            inner.read_models.change_timers(changes.set, changes.clear).await?;
        }
        Ok(problem)
    }

    /// Takes note of how an instance ended. Returns the reason if it has to be tried again.
    fn note(&self, inner: &Inner, held: &mut Held, changes: &mut TimerChanges, driven: Driven) -> Option<String> {
        let Driven { stream, end, version, timers, commands } = driven;
        let mut end = end;
        if let Some(wanted) = &timers {
            if end == End::Idle
                && let Some(reason) = held.timers.waits_in_vain(self.process.name(), &stream, wanted)
            {
                end = End::stuck(reason);
            }
            held.timers.want(self.process.name(), &stream, wanted, changes);
        }
        let mut seen = self.seen.lock();
        seen.commands += commands;
        if let End::Later(reason) = end {
            return Some(reason);
        }
        if held.examined.len() >= EXAMINED_KEPT {
            held.examined.clear();
        }
        held.examined.insert(stream.clone(), version);
        match end {
            End::Stuck(Obstacle { reason, event }) => {
                tracing::error!(process = self.process.name(), %stream, reason, "process instance is stuck");
                let (process, since) = (self.process.name(), inner.clock.now());
                seen.stuck.insert(stream.clone(), StuckInstance { process, stream, reason, event, since });
            }
            _ => drop(seen.stuck.remove(&stream)),
        }
        None
    }
}

impl Lane {
    /// Gives the lease back.
    pub(crate) async fn let_go(&mut self, inner: &Inner) {
        if let Some(mut held) = self.held.take() {
            // So that the next owner need not read again what was of no interest.
            if held.unfinished.is_empty()
                && held.read_to > held.lease.checkpoint.position
                && let Ok(moved) = inner.read_models.move_checkpoint(&held.lease.checkpoint, held.read_to).await
            {
                held.lease.checkpoint = moved;
            }
            held.lease.release(inner).await;
        }
    }
}
