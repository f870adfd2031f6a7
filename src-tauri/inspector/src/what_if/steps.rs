//! What comes of the steps of a what-if.

use chrono::{DateTime, Utc};
use es_core::{Rejection, StreamName};
use es_runtime::Outcome;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// The command was carried out.
    Executed {
        /// The stream that it was decided on.
        stream: StreamName,
        /// How many events it has led to by itself; none if there was nothing left to do.
        events: usize,
        /// How many events processes have added in the same append.
        consequences: usize,
        /// Instances that it has touched and that cannot go on by themselves, with the reason.
        stuck: Vec<(StreamName, String)>,
    },
    /// A rule refused the command; nothing came of it.
    Rejected(Rejection),
    /// It is no command of this domain, or has another shape.
    Invalid {
        /// Stable code.
        code: String,
        /// What is wrong, with the place.
        message: String,
    },
    /// Processes have worked, and time may have passed.
    Ran(Ran),
    /// It could not be done: a history that no longer decodes, a stream that is closed, a clock that would go back.
    Failed {
        /// Stable code.
        code: String,
        /// What is wrong.
        message: String,
    },
}

/// What processes have done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ran {
    /// Commands that they have sent.
    pub commands: u64,
    /// Timers that were due.
    pub timers: u64,
    /// Instances that cannot go on by themselves, with the reason.
    pub stuck: Vec<(StreamName, String)>,
    /// Why some would have to be tried again, if so.
    pub problem: Option<String>,
}

/// What came of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// What time it was afterwards.
    pub clock: DateTime<Utc>,
    /// How it ended.
    pub outcome: StepOutcome,
    /// How many events it has led to, those of processes included.
    pub events: usize,
}

impl StepOutcome {
    /// Instances of processes that cannot go on by themselves after it, with the reason.
    #[must_use]
    pub fn stuck(&self) -> &[(StreamName, String)] {
        match self {
            Self::Executed { stuck, .. } | Self::Ran(Ran { stuck, .. }) => stuck,
            Self::Rejected(_) | Self::Invalid { .. } | Self::Failed { .. } => &[],
        }
    }
}

impl Ran {
    /// Takes a later run in. Who is stuck is known from the last one.
    pub(super) fn add(&mut self, later: Self) {
        self.commands += later.commands;
        self.timers += later.timers;
        (self.stuck, self.problem) = (later.stuck, later.problem);
    }
}

impl From<Ran> for StepOutcome {
    fn from(ran: Ran) -> Self {
        Self::Ran(ran)
    }
}

impl From<Outcome> for StepOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Executed { stream, appended, consequences } => {
                let (events, consequences) = (appended.events.len(), consequences.len());
                Self::Executed { stream, events, consequences, stuck: Vec::new() }
            }
            // An edit may have put an event with the command's own id there: then there is nothing left to do.
            Outcome::AlreadyDone { stream, .. } => {
                Self::Executed { stream, events: 0, consequences: 0, stuck: Vec::new() }
            }
            Outcome::Rejected(rejection) => Self::Rejected(rejection),
            Outcome::Invalid(error) => Self::Invalid { code: error.code().to_owned(), message: error.to_string() },
            Outcome::Conflict { stream, .. } => Self::Failed {
                code: "conflict".to_owned(),
                message: format!("The stream {stream} was changed at the same time."),
            },
            Outcome::Unavailable(unavailable) => {
                Self::Failed { code: unavailable.code().to_owned(), message: unavailable.message() }
            }
        }
    }
}
