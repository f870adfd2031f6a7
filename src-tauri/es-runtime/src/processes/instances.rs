//! Single instances of processes, for people: what they wait for, and looking at one again that is stuck.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::{Position, StoreError, StreamInfo, StreamName, StreamOrder, StreamQuery, StreamVersion, Timer, limits};

use super::{Dispatcher, StuckInstance};
use crate::engine::Inner;
use crate::load::LoadError;
use crate::outcome::ExecuteError;

/// Which instances to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InstanceFilter {
    /// All, finished ones too.
    #[default]
    All,
    /// Those that are not finished: something is pending, a timer is set, or they wait for an input; and those that wait for
    /// a person.
    Unfinished,
    /// Those that cannot go on by themselves, as far as this engine has looked at them.
    Stuck,
}

/// Which part of the list: instances by their last change, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstancePaging {
    /// Instances to leave out before the first one that is looked at.
    pub offset: u64,
    /// Most instances to look at; cut to [`limits::INSTANCES_PER_PAGE`], since the state of each is loaded.
    pub limit: usize,
}

/// A command that an instance has planned and not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCommand {
    /// Its id; its events' metadata names it once it was carried out.
    pub command_id: uuid::Uuid,
    /// Its name.
    pub command_type: String,
}

/// A timer that an instance wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingTimer {
    /// Its name within the instance.
    pub name: String,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// Name of the command that is sent then.
    pub command_type: String,
}

/// An instance of a process at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInstance {
    /// The process.
    pub process: &'static str,
    /// The instance.
    pub stream: StreamName,
    /// Version of its last event.
    pub version: StreamVersion,
    /// Type of its last event.
    pub last_event_type: Box<str>,
    /// When that was written.
    pub changed_at: DateTime<Utc>,
    /// How long ago that was; zero if the clock says that it has not happened yet.
    pub age: TimeDelta,
    /// What it has planned and not settled, in the order of sending.
    pub pending: Vec<PendingCommand>,
    /// Timers that it wants.
    pub timers: Vec<PendingTimer>,
    /// Whether nothing will ever happen again without new input.
    pub finished: bool,
    /// Whether it goes on only when a person decides something.
    pub awaits_person: bool,
    /// Why it cannot go on by itself, if so.
    pub stuck: Option<String>,
}

/// A part of a process's instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstancePage {
    /// Those that the filter lets through, newest change first.
    pub instances: Vec<ProcessInstance>,
    /// Offset of the next part; nothing if this was the last one.
    pub next: Option<u64>,
    /// Instances in all, before filtering.
    pub total: u64,
}

/// Why a process could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProcessError {
    /// There is no such process.
    #[error("there is no process {name}")]
    UnknownProcess {
        /// The name.
        name: String,
    },
    /// No process has this stream.
    #[error("{stream} is no instance of a process")]
    NoInstance {
        /// The stream.
        stream: StreamName,
    },
    /// Another window or program drives the process.
    #[error("another window or program drives process {process}")]
    HeldElsewhere {
        /// The process.
        process: &'static str,
    },
    /// A decision needs a reason that others can read.
    #[error("a reason has 1 to {most} characters; this one has {characters}")]
    BadReason {
        /// Characters given, without white space at its ends.
        characters: usize,
        /// Most characters.
        most: usize,
    },
    /// The step that a decision was to take the place of was carried out before.
    #[error("the {command_type} that this was to take the place of was carried out before, at position {position}")]
    CarriedOut {
        /// The step's command.
        command_type: String,
        /// Where its event stands.
        position: Position,
    },
    /// The instance could not be loaded, or the decision not be answered.
    #[error(transparent)]
    Undecided(Box<ExecuteError>),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ExecuteError> for ProcessError {
    fn from(error: ExecuteError) -> Self {
        match error.store_error() {
            Some(store) => Self::Store(store.clone()),
            None => Self::Undecided(Box::new(error)),
        }
    }
}

impl ProcessError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownProcess { .. } => "unknown_process",
            Self::NoInstance { .. } => "no_process_instance",
            Self::HeldElsewhere { .. } => "held_elsewhere",
            Self::BadReason { .. } => "bad_reason",
            Self::CarriedOut { .. } => "step_carried_out",
            Self::Undecided(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownProcess { .. } => "Choose one of the listed processes.",
            Self::NoInstance { .. } => "Choose one of the listed instances.",
            Self::HeldElsewhere { .. } => "Ask there, or close it and try again.",
            Self::BadReason { .. } => "Say in a sentence why; it is kept with the decision.",
            Self::CarriedOut { .. } => "Retry the instance: it records that, and goes on from there.",
            Self::Undecided(error) => error.hint(),
            Self::Store(error) => error.hint(),
        }
    }
}

pub(crate) async fn instances(
    inner: &Inner,
    process: &str,
    filter: InstanceFilter,
    paging: InstancePaging,
) -> Result<InstancePage, ProcessError> {
    let dispatcher = inner.dispatchers.iter().find(|dispatcher| dispatcher.process.name() == process);
    let dispatcher = dispatcher.ok_or_else(|| ProcessError::UnknownProcess { name: process.to_owned() })?;
    let limit = paging.limit.clamp(1, limits::INSTANCES_PER_PAGE);
    let query = StreamQuery {
        category: Some(dispatcher.process.category().to_owned()),
        contains: None,
        system: false,
        order: StreamOrder::LastChange,
        offset: paging.offset,
        limit,
    };
    let page = inner.events.streams(&query).await?;
    let examined = page.streams.len() as u64;
    let mut instances = Vec::new();
    for info in page.streams {
        let instance = look_at(inner, dispatcher, info).await?;
        if filter.lets_through(&instance) {
            instances.push(instance);
        }
    }
    let next = paging.offset + examined;
    Ok(InstancePage { instances, next: (examined > 0 && next < page.total).then_some(next), total: page.total })
}

impl InstanceFilter {
    fn lets_through(self, instance: &ProcessInstance) -> bool {
        match self {
            Self::All => true,
            Self::Unfinished => !instance.finished || instance.awaits_person,
            Self::Stuck => instance.stuck.is_some(),
        }
    }
}

async fn look_at(inner: &Inner, dispatcher: &Dispatcher, info: StreamInfo) -> Result<ProcessInstance, StoreError> {
    let process = &dispatcher.process;
    let mut instance = ProcessInstance {
        process: process.name(),
        version: info.version,
        last_event_type: info.last_event_type,
        changed_at: info.last_recorded_at,
        age: (inner.clock.now() - info.last_recorded_at).max(TimeDelta::zero()),
        pending: Vec::new(),
        timers: Vec::new(),
        finished: false,
        awaits_person: false,
        stuck: dispatcher.stuck_reason(&info.stream),
        stream: info.stream,
    };
    let Some(aggregate) = inner.domain.aggregate(process.category()) else {
        instance.stuck = Some(format!("the domain has no aggregate of category {}", process.category()));
        return Ok(instance);
    };
    // Not through the cache: a list should not drive out what commands need.
    match inner.loader().load(&**aggregate, &instance.stream).await {
        Ok(loaded) => {
            let turn = process.turn(&instance.stream, &loaded.state);
            instance.finished = turn.finished;
            instance.awaits_person = process.awaits_person(&loaded.state);
            let pending = |draft: es_core::CommandDraft| PendingCommand {
                command_id: draft.command_id,
                command_type: draft.command_type,
            };
            instance.pending = turn.pending.into_iter().map(pending).collect();
            let timer = |timer: es_core::TimerDraft| PendingTimer {
                name: timer.name.into_owned(),
                due_at: timer.due_at,
                command_type: timer.command.command_type,
            };
            instance.timers = turn.timers.into_iter().map(timer).collect();
        }
        Err(LoadError::Store(error)) => return Err(error),
        Err(error) => instance.stuck = Some(error.to_string()),
    }
    Ok(instance)
}

/// Lets every process of the stream's category look at it again, also if it was stuck.
pub(crate) async fn retry_stuck(inner: &Arc<Inner>, stream: &StreamName) -> Result<(), ProcessError> {
    let of_category = |dispatcher: &&Arc<Dispatcher>| dispatcher.process.category() == stream.category();
    let exists = inner.events.read_stream(es_core::ReadStream {
        stream: stream.clone(),
        from: StreamVersion::MAX,
        direction: es_core::Direction::Backward,
        limit: 1,
    });
    let mut dispatchers = inner.dispatchers.iter().filter(of_category).peekable();
    if dispatchers.peek().is_none() || exists.await?.stream.is_none() {
        return Err(ProcessError::NoInstance { stream: stream.clone() });
    }
    for dispatcher in dispatchers {
        dispatcher.retry(inner, stream).await?;
    }
    Ok(())
}

impl Dispatcher {
    pub(super) fn stuck_reason(&self, stream: &StreamName) -> Option<String> {
        self.seen.lock().stuck.get(stream).map(|StuckInstance { reason, .. }| reason.clone())
    }

    /// Puts an instance in the line of those to work on.
    async fn retry(&self, inner: &Arc<Inner>, stream: &StreamName) -> Result<(), ProcessError> {
        let mut lane = self.lane.lock().await;
        if !self.hold(inner, &mut lane).await? {
            return Err(ProcessError::HeldElsewhere { process: self.process.name() });
        }
        if let Some(held) = &mut lane.held {
            self.seen.lock().stuck.remove(stream);
            held.unfinished.insert(stream.clone());
        }
        self.nudge.notify_one();
        Ok(())
    }
}

/// Timers of all processes, or of one, earliest first.
pub(crate) async fn timers(inner: &Inner, process: Option<&str>, limit: usize) -> Result<Vec<Timer>, ProcessError> {
    match process {
        None => Ok(inner.read_models.timers(limit).await?),
        Some(name) if inner.domain.processes.iter().any(|process| process.name() == name) => {
            Ok(inner.read_models.due_timers_of(name, DateTime::<Utc>::MAX_UTC, limit).await?)
        }
        Some(name) => Err(ProcessError::UnknownProcess { name: name.to_owned() }),
    }
}
