//! How a process fares, for people.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use es_core::{Position, StoreError, StreamName};

use super::{CHECKPOINT_VERSION, Dispatcher, stored_timers};
use crate::engine::Inner;

/// State of a process's dispatcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcessState {
    /// Nobody drives it in this engine.
    #[default]
    Idle,
    /// Waits for events and timers.
    Waiting,
    /// Sends commands.
    Working,
    /// Another window or program drives it.
    HeldElsewhere,
    /// A store failed; it is tried again.
    Retrying,
}

/// An instance that cannot go on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StuckInstance {
    /// The process.
    pub process: &'static str,
    /// The instance.
    pub stream: StreamName,
    /// Why it cannot go on.
    pub reason: String,
    /// Position of the event that cannot be read, if that is why.
    pub event: Option<Position>,
    /// When that was found.
    pub since: DateTime<Utc>,
}

/// A process at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessStatus {
    /// Name.
    pub name: &'static str,
    /// Category of its streams.
    pub category: &'static str,
    /// What it does.
    pub state: ProcessState,
    /// Every instance touched up to here was worked on until nothing was pending.
    pub position: Position,
    /// Position of the log's last event.
    pub head: Position,
    /// Instances being worked on, or waiting to be tried again.
    pub unfinished: usize,
    /// Timers set, counted up to as many as are kept in memory.
    pub timers: usize,
    /// When the next one is due.
    pub next_timer: Option<DateTime<Utc>>,
    /// Instances that cannot go on by themselves.
    pub stuck: Vec<StuckInstance>,
    /// Commands that its dispatcher has sent since the engine began; steps that were written with the command that they follow
    /// from are not among them.
    pub commands: u64,
    /// What a store said last, while it is tried again.
    pub problem: Option<String>,
}

#[derive(Default)]
pub(super) struct Seen {
    pub(super) state: ProcessState,
    pub(super) unfinished: usize,
    pub(super) commands: u64,
    pub(super) problem: Option<String>,
    pub(super) stuck: BTreeMap<StreamName, StuckInstance>,
}

pub(crate) async fn status_of(inner: &Inner, dispatcher: &Dispatcher) -> Result<ProcessStatus, StoreError> {
    let name = dispatcher.process.name();
    let stored = inner.read_models.checkpoint(dispatcher.checkpoint_name, CHECKPOINT_VERSION).await?;
    let timers = stored_timers(inner, name).await?;
    let head = inner.events.head().await?;
    let seen = dispatcher.seen.lock();
    Ok(ProcessStatus {
        name,
        category: dispatcher.process.category(),
        state: seen.state,
        position: stored.map_or(Position::ZERO, |checkpoint| checkpoint.position),
        head,
        unfinished: seen.unfinished,
        timers: timers.len(),
        next_timer: timers.first().map(|timer| timer.due_at),
        stuck: seen.stuck.values().cloned().collect(),
        commands: seen.commands,
        problem: seen.problem.clone(),
    })
}
