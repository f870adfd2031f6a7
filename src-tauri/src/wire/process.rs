//! Processes, their instances and timers.

use serde::{Deserialize, Serialize};
use specta::Type;

/// A process at one moment.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProcessRow {
    /// Name.
    pub name: String,
    /// Category of its streams.
    pub category: String,
    /// What it does.
    pub state: ProcessState,
    /// Every instance touched up to here was worked on until nothing was pending.
    pub position: String,
    /// Position of the log's last event.
    pub head: String,
    /// Positions that it has not worked on.
    pub lag_events: String,
    /// Instances being worked on, or waiting to be tried again.
    pub unfinished: u32,
    /// Timers set.
    pub timers: u32,
    /// When the next one is due.
    pub next_timer: Option<String>,
    /// Instances that cannot go on by themselves, longest stuck first.
    pub stuck: Vec<StuckInstance>,
    /// Commands sent since the store was opened.
    pub commands: String,
    /// What a store said last, while it is tried again.
    pub problem: Option<String>,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ProcessState {
    /// Nobody drives it: the store is read-only.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StuckInstance {
    /// The process.
    pub process: String,
    /// The instance.
    pub stream: String,
    /// Why it cannot go on.
    pub reason: String,
    /// Position of the event that cannot be read, if that is why.
    pub event: Option<String>,
    /// When that was found.
    pub since: String,
}

/// Which instances to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum InstanceFilter {
    /// All, finished ones too.
    All,
    /// Those that are not finished, or wait for a person.
    Unfinished,
}

/// Instances by their last change, newest first.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InstancesPage {
    /// Those that the filter lets through.
    pub instances: Vec<InstanceRow>,
    /// Where to look further; nothing if all were looked at.
    pub next: Option<u32>,
    /// Instances in all, before filtering.
    pub total: String,
}

/// An instance of a process.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InstanceRow {
    /// The process.
    pub process: String,
    /// Its stream.
    pub stream: String,
    /// Version of its last event.
    pub version: String,
    /// Type of its last event.
    pub last_event_type: String,
    /// When that was written.
    pub changed_at: String,
    /// How long ago that was.
    pub age_seconds: f64,
    /// Commands that it has planned and not settled.
    pub pending: Vec<String>,
    /// Timers that it wants.
    pub timers: Vec<InstanceTimer>,
    /// Whether nothing will ever happen again without new input.
    pub finished: bool,
    /// Whether it goes on only when a person decides something.
    pub awaits_person: bool,
    /// Why it cannot go on by itself, if so.
    pub stuck: Option<String>,
}

/// A timer that an instance wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InstanceTimer {
    /// Its name.
    pub name: String,
    /// When it is due.
    pub due_at: String,
    /// The command that is sent then.
    pub command_type: String,
}

/// A timer that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TimerRow {
    /// The process.
    pub process: String,
    /// The instance.
    pub stream: String,
    /// Its name within the instance.
    pub name: String,
    /// When it is due.
    pub due_at: String,
}

/// What an operator may decide about an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum OperatorAction {
    /// It is looked at again.
    Retry,
    /// It is given up before anything was moved.
    Cancel,
    /// What was moved goes back.
    Compensate,
    /// What was moved waits where it does no harm.
    Park,
}

/// What could be decided about an instance now.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperatorOffer {
    /// The decision.
    pub action: OperatorAction,
    /// The rule that does not allow it, if so.
    pub refusal: Option<String>,
}

/// What an operator has decided.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperatorDecision {
    /// The instance.
    pub stream: String,
    /// The decision.
    pub action: OperatorAction,
    /// Who decides.
    pub actor: String,
    /// Why; never empty.
    pub reason: String,
}
