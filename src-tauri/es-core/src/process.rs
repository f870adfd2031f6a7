//! Process managers: long-running flows that record first and act second.
//!
//! A process is an aggregate with its own stream; its events are its memory. What it still has to do is a pure function of
//! its state: [`Process::turn`] names the commands that are planned and not settled. Because every planned command has an
//! id derived from the process and the step, sending it again after a crash changes nothing, and its outcome is recorded by a
//! further command to the process's own stream. See docs/adr/0002.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::decider::{AnyState, Rejection};
use crate::name::StreamName;

/// A command that a process wants sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandDraft {
    /// Derived from the process's stream and the step: the same step always has the same id.
    pub command_id: Uuid,
    /// Name of the command.
    pub command_type: String,
    /// Its payload as JSON text.
    pub payload: String,
}

/// The id of a process's step.
#[must_use]
pub fn step_command_id(stream: &StreamName, step: &str) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ledgerscope:process-step");
    Uuid::new_v5(&namespace, format!("{stream}\n{step}").as_bytes())
}

/// A timer that a process wants set while it is in its present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerDraft {
    /// Name, unique within the process instance; with an id in it where an instance has several alike.
    pub name: Cow<'static, str>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// Command to send then; decided on the state of that moment.
    pub command: CommandDraft,
}

/// Where a process instance stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Planned commands that are not settled, in the order to send them. They are sent one at a time, and the turn is taken
    /// anew after each.
    pub pending: Vec<CommandDraft>,
    /// Timers that should be set now; any other timer of this instance is cleared.
    pub timers: Vec<TimerDraft>,
    /// Whether nothing will ever happen again without new input.
    pub finished: bool,
}

/// How a planned command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It was carried out, now or by an earlier attempt.
    Done,
    /// A rule refused it. An input for the process, not an error.
    Rejected(Rejection),
}

/// What an operator may decide about an instance that does not go on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intervention {
    /// It is given up before anything was moved.
    Cancel,
    /// What was moved goes back.
    Compensate,
    /// What was moved waits where it does no harm, for a person.
    Park,
}

impl Intervention {
    /// All of them, the mildest first.
    pub const ALL: [Self; 3] = [Self::Cancel, Self::Compensate, Self::Park];

    /// Lower-case name, as in commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Compensate => "compensate",
            Self::Park => "park",
        }
    }
}

/// A process manager. Pure: reads a state, names what to do.
pub trait Process: Send + Sync {
    /// Name, for example `transfer`.
    fn name(&self) -> &'static str;
    /// Category of the process's own streams; there is an aggregate of that category in the domain. Several processes may
    /// share one, each with its own checkpoint and timers; then the names of their steps must differ.
    fn category(&self) -> &'static str;
    /// Event types, as stored (historical names too), after which an instance is looked at. Empty: after every event of the
    /// category. What is left out here must change neither the turn nor the timers.
    fn wakes_on(&self) -> &'static [&'static str] {
        &[]
    }
    /// Whether its steps may be written in one atomic append with what they follow from, where the store can do that: the same
    /// events, without a moment in between at which a crash would leave the rest to a restart. No: every step is stored
    /// before the next one is decided.
    fn steps_together(&self) -> bool {
        true
    }
    /// What is to be done in this state.
    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn;
    /// Whether the instance goes on only when a person decides something, finished or not.
    fn awaits_person(&self, state: &AnyState) -> bool {
        let _ = state;
        false
    }
    /// The command to the process's own stream that records how a planned command ended.
    fn settle(&self, stream: &StreamName, state: &AnyState, planned: &CommandDraft, how: &Settlement) -> CommandDraft;
    /// The command to the process's own stream by which an operator intervenes in this state. A decision that must exclude a
    /// planned command has that command's id: whichever of the two is appended first keeps the other one out.
    ///
    /// # Errors
    /// The rule that does not allow it in this state.
    fn intervene(
        &self,
        stream: &StreamName,
        state: &AnyState,
        intervention: Intervention,
        reason: &str,
    ) -> Result<CommandDraft, Rejection> {
        let _ = (state, reason);
        let (name, intervention) = (self.name(), intervention.as_str());
        Err(Rejection {
            code: "no_such_intervention".to_owned(),
            message: format!("The process {name} knows no way to {intervention} {stream}."),
            details: BTreeMap::new(),
        })
    }
}
