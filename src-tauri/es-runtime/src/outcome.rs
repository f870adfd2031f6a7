//! How commands end: answers, and the faults that keep a command from being answered.

use es_core::{
    AppendError, Appended, CommandError, Position, Rejection, SealError, StoreError, StreamName, StreamVersion,
    WrittenEvent,
};
use uuid::Uuid;

use crate::load::LoadError;

/// How a command ended. Everything here is an answer, not a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its events are stored; none if there was nothing left to do.
    Executed {
        /// The stream that it was decided on.
        stream: StreamName,
        /// Where its events stand.
        appended: Appended,
        /// Steps of processes that were written in the same append because of it, in the log's order.
        consequences: Vec<WrittenEvent>,
    },
    /// It had been carried out before.
    AlreadyDone {
        /// The stream that it was decided on.
        stream: StreamName,
        /// Where its original events stand.
        appended: Appended,
    },
    /// A rule refused it; nothing was written.
    Rejected(Rejection),
    /// Other writers kept winning; nothing was written.
    Conflict {
        /// The stream.
        stream: StreamName,
        /// What was expected at last.
        expected: StreamVersion,
        /// What was there.
        actual: StreamVersion,
        /// How often it was tried.
        attempts: u32,
    },
    /// The store cannot answer at present; nothing is known to be wrong with the command.
    Unavailable(Unavailable),
    /// It is not a command of this domain; nothing was written.
    Invalid(CommandError),
}

/// Why a store could not answer a command, and what that means for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// What the store said: locked, out of time, full, closed, or failed by the system.
    pub error: StoreError,
    /// Whether the command may have been carried out all the same. Sending it again under its id is safe and tells.
    pub outcome_unknown: bool,
}

impl Unavailable {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.error.code()
    }

    /// One sentence for people.
    #[must_use]
    pub fn message(&self) -> String {
        self.error.to_string()
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.error.hint()
    }

    /// Whether trying the same again can succeed without anybody doing something.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.error.retryable()
    }
}

impl Outcome {
    /// The position to wait for in read models, if the command is carried out: everything that was written with it stands
    /// up to there. Of one that had been carried out before, only its own events are known.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Executed { appended, consequences, .. } => {
                let last = consequences.iter().map(|event| event.position).max();
                Some(last.unwrap_or(Position::ZERO).max(appended.last_position()))
            }
            Self::AlreadyDone { appended, .. } => Some(appended.last_position()),
            _ => None,
        }
    }
}

/// Why a command could not be answered: a fault of the program or of stored data. A store that merely cannot answer is
/// [`Outcome::Unavailable`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError {
    /// A state could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The append was refused for another reason than a conflict, or the store failed in it.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The command id was used before for something else.
    #[error(
        "command id {command_id} was already used for another {stored_type} on stream {stored_stream} (position {position})"
    )]
    CommandIdReused {
        /// The id.
        command_id: Uuid,
        /// What it was used for; `an event of another program` if that is not known.
        stored_type: String,
        /// The stream of the stored event.
        stored_stream: StreamName,
        /// Its position.
        position: Position,
    },
    /// A decided event's personal data cannot be sealed. Nothing was written.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A decision made an event that its own aggregate cannot read. Nothing was written.
    #[error("{command_type} decided on an event that stream {stream} could not read back: {reason}")]
    UnreadableDecision {
        /// The command.
        command_type: String,
        /// The stream.
        stream: StreamName,
        /// What is wrong with the event.
        reason: String,
    },
}

impl From<StoreError> for ExecuteError {
    fn from(error: StoreError) -> Self {
        Self::Load(LoadError::Store(error))
    }
}

impl ExecuteError {
    /// The store's error, if the store failed.
    #[must_use]
    pub fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Load(LoadError::Store(error)) | Self::Append(AppendError::Store(error)) => Some(error),
            _ => None,
        }
    }

    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Load(LoadError::Store(error)) => error.code(),
            Self::Load(LoadError::Undecodable { .. }) => "undecodable_event",
            Self::Append(error) => error.code(),
            Self::CommandIdReused { .. } => "command_id_reused",
            Self::Seal(_) => "cannot_seal",
            Self::UnreadableDecision { .. } => "unreadable_decision",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Load(LoadError::Store(error)) | Self::Append(AppendError::Store(error)) => error.hint(),
            Self::Load(LoadError::Undecodable { .. }) => {
                "Open the event in the inspector; a newer version of the program may know its type."
            }
            Self::Append(AppendError::StreamClosed { .. }) => "The stream takes no further events.",
            Self::Append(_) => "Nothing was written. Check the command's size and content.",
            Self::CommandIdReused { .. } => "Use a new id for a new command. Nothing was written.",
            Self::Seal(_) | Self::UnreadableDecision { .. } => {
                "This is a fault in the program; report it with the log."
            }
        }
    }

    /// Whether trying the same again can succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.store_error().is_some_and(StoreError::retryable)
    }

    /// The answer that this is if the store merely cannot answer, or the fault itself.
    pub(crate) fn or_unavailable(self) -> Result<Outcome, Self> {
        match self.store_error() {
            Some(error) if error.unavailable() => {
                let outcome_unknown = matches!(self, Self::Append(_)) && error.outcome_unknown();
                Ok(Outcome::Unavailable(Unavailable { error: error.clone(), outcome_unknown }))
            }
            _ => Err(self),
        }
    }
}
