//! Why a what-if could not be run, as values.

use chrono::{DateTime, Utc};
use es_core::{Position, StoreError, StreamName};

use super::scenario::{EventRef, ScenarioError};
use crate::fold::InspectError;

/// Why a what-if could not be run. What comes of its steps is never one of these: a command that is refused or fails is a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    /// The store could not answer, or what the scenario names is not there.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The scenario itself cannot be run.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// An edit does not fit what was recorded.
    #[error("edit {number} cannot be done: {problem}")]
    Edit {
        /// Which one, from 1.
        number: usize,
        /// What is wrong.
        problem: EditProblem,
    },
    /// More events than memory should hold.
    #[error(
        "this what-if needs {events} events of {streams} streams in memory, {most} are allowed; the longest, {longest}, has {of_longest}"
    )]
    TooManyEvents {
        /// How many it needs at least.
        events: u64,
        /// Of how many streams.
        streams: usize,
        /// Which one is the longest.
        longest: StreamName,
        /// How many events that one has.
        of_longest: u64,
        /// How many may be.
        most: u64,
    },
    /// What its steps lead to does not come to an end.
    #[error("the steps have led to more than {most} events and would go on")]
    Runaway {
        /// How many events may come of the steps.
        most: u64,
    },
    /// Every run has needed further streams.
    #[error("after {rounds} runs the steps still need further streams, at last {stream}")]
    NeedsMore {
        /// How often it was tried.
        rounds: usize,
        /// One of the streams.
        stream: StreamName,
    },
    /// Its time begins before what it begins with.
    #[error("its clock begins at {clock}, but the last event before its steps was recorded at {last}")]
    ClockBeforeHistory {
        /// Where its clock begins.
        clock: DateTime<Utc>,
        /// The time of the last event.
        last: DateTime<Utc>,
    },
    /// The recorded events that it takes along end before its fork.
    #[error("it takes recorded events along up to position {through}, which is before its fork at {fork}")]
    ThroughBeforeFork {
        /// Up to where.
        through: Position,
        /// The fork.
        fork: Position,
    },
    /// The copy in memory did not take the history, which a sound store never causes.
    #[error("the history could not be taken into memory: {reason}")]
    NotTaken {
        /// What the memory store said.
        reason: String,
    },
}

/// Why an edit cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditProblem {
    /// The event is not among those that follow the fork.
    #[error("{event} is not among the events of this what-if after its fork at position {fork}")]
    NotThere {
        /// The event.
        event: EventRef,
        /// Where it forks.
        fork: Position,
    },
    /// An earlier edit has left the event out.
    #[error("{event} is left out by an earlier edit")]
    LeftOut {
        /// The event.
        event: EventRef,
    },
    /// An event would be recorded before the one in front of it.
    #[error("the event would be recorded at {recorded_at}, before the one in front of it at {before}")]
    TimeGoesBack {
        /// Its time.
        recorded_at: DateTime<Utc>,
        /// The time in front of it.
        before: DateTime<Utc>,
    },
    /// The payload is not JSON or too long, or the type is no name.
    #[error("the event cannot be stored: {reason}")]
    NotStorable {
        /// What is wrong.
        reason: String,
    },
}

impl WhatIfError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Inspect(error) => error.code(),
            Self::Scenario(error) => error.code(),
            Self::Edit { problem: EditProblem::NotThere { .. }, .. } => "edit_of_unknown_event",
            Self::Edit { problem: EditProblem::LeftOut { .. }, .. } => "edit_of_skipped_event",
            Self::Edit { problem: EditProblem::TimeGoesBack { .. }, .. } => "edit_goes_back_in_time",
            Self::Edit { problem: EditProblem::NotStorable { .. }, .. } => "edit_not_storable",
            Self::TooManyEvents { .. } => "what_if_too_large",
            Self::Runaway { .. } => "what_if_runaway",
            Self::NeedsMore { .. } => "what_if_needs_more",
            Self::ClockBeforeHistory { .. } => "clock_before_history",
            Self::ThroughBeforeFork { .. } => "through_before_fork",
            Self::NotTaken { .. } => "history_not_taken",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Inspect(error) => error.hint(),
            Self::Scenario(error) => error.hint(),
            Self::Edit { problem: EditProblem::NotThere { .. }, .. } => {
                "Only what follows the fork can be changed: fork earlier, take more of what was recorded along, or name its stream."
            }
            Self::Edit { problem: EditProblem::LeftOut { .. }, .. } => "Take the event back in first.",
            Self::Edit { problem: EditProblem::TimeGoesBack { .. }, .. } => {
                "Choose a later time, or move the event in front of the ones that were recorded later."
            }
            Self::Edit { problem: EditProblem::NotStorable { .. }, .. } => "Correct what is named.",
            Self::TooManyEvents { .. } => {
                "Name fewer streams, leave out correlated ones, or take less along of what was recorded after the fork."
            }
            Self::Runaway { .. } => "Let less time pass at once, and look at what the processes do.",
            Self::NeedsMore { .. } => "Name the streams that the commands need.",
            Self::ClockBeforeHistory { .. } => "Let the clock begin later, or take less of what was recorded along.",
            Self::ThroughBeforeFork { .. } => "Fork earlier, or take none of what was recorded along.",
            Self::NotTaken { .. } => "Verify the store; report this if it is sound.",
        }
    }

    /// Whether trying the same again can succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Inspect(error) if error.retryable())
    }
}

impl From<StoreError> for WhatIfError {
    fn from(error: StoreError) -> Self {
        Self::Inspect(error.into())
    }
}
