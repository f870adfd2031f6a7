//! How a command line ends: an exit code that programs rely on, and words for people.

use std::process::ExitCode;

use es_core::{AppendError, CommandError, StoreError};
use es_runtime::RevealError;
use inspector::what_if::{ScenarioError, TestError, WhatIfError};
use inspector::{ExpressionError, InspectError};
use serde::Serialize;

use crate::wire::AppError;

/// The documented ways to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    BadInput,
    Rejected,
    Conflict,
    Unavailable,
    Integrity,
    Stopped,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::BadInput => 2,
            Exit::Rejected => 3,
            Exit::Conflict => 4,
            Exit::Unavailable => 5,
            Exit::Integrity => 6,
            Exit::Stopped => 130,
        })
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something to tell.
    Told { exit: Exit, error: AppError },
    /// Nobody reads standard output any more; not worth a word.
    PipeClosed,
}

/// The JSON form of a failure: in English, as programs know it.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    error: ErrorJson<'a>,
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    code: &'a str,
    message: &'a str,
    hint: &'a str,
    retryable: bool,
}

impl<'a> Told<'a> {
    pub(super) fn of(error: &'a AppError) -> Self {
        let AppError { code, message, hint, retryable, .. } = error;
        Self { error: ErrorJson { code, message, hint, retryable: *retryable } }
    }
}

impl Failure {
    pub(super) fn new(exit: Exit, error: AppError) -> Self {
        Self::Told { exit, error }
    }

    /// The store cannot do it.
    pub(super) fn unavailable(error: AppError) -> Self {
        Self::new(Exit::Unavailable, error)
    }

    pub(super) fn bad_input(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::BadInput, AppError::new(code, message.into(), hint))
    }

    /// Where the program wanted to write and could not.
    pub(super) fn output(error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::PipeClosed;
        }
        let message = format!("Standard output cannot be written: {error}.");
        Self::new(Exit::Unavailable, AppError::new("io", message, "Check where the output goes."))
    }
}

/// How a command ends whose store has failed.
pub(super) fn exit_of(error: &StoreError) -> Exit {
    match error {
        StoreError::Damaged { .. } => Exit::Integrity,
        StoreError::Cancelled => Exit::Stopped,
        StoreError::Unsupported { .. } => Exit::BadInput,
        _ => Exit::Unavailable,
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(exit_of(&error), error.into())
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        let exit = match &error {
            AppendError::Store(store) => exit_of(store),
            AppendError::Invalid(_) | AppendError::DuplicateIdInRequest { .. } => Exit::BadInput,
            AppendError::StreamClosed { .. } => Exit::Rejected,
            AppendError::WrongExpectedVersion { .. } | AppendError::IdempotencyMismatch { .. } => Exit::Conflict,
        };
        Self::new(exit, error.into())
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        Self::new(Exit::BadInput, error.into())
    }
}

impl From<RevealError> for Failure {
    fn from(error: RevealError) -> Self {
        let (exit, code, hint) = match error {
            RevealError::Store(store) => return store.into(),
            RevealError::NotAllowed { .. } => {
                (Exit::Rejected, "not_allowed", "Issue RevealPersonalData as the person who is to see the data.")
            }
            RevealError::Upcast(_) => {
                (Exit::BadInput, "undecodable_event", "A newer version of the program may know the event.")
            }
            RevealError::Seal(_) => {
                (Exit::Unavailable, "not_opened", "The data are as they were written; verify the store.")
            }
        };
        Self::new(exit, AppError::of(code, &error, hint))
    }
}

impl From<ExpressionError> for Failure {
    fn from(error: ExpressionError) -> Self {
        Self::new(Exit::BadInput, error.into())
    }
}

impl From<InspectError> for Failure {
    fn from(error: InspectError) -> Self {
        if let InspectError::Store(store) = error {
            return store.into();
        }
        let message = crate::errors::sentence(&error.to_string());
        Self::bad_input(error.code(), message, error.hint())
    }
}

impl From<WhatIfError> for Failure {
    fn from(error: WhatIfError) -> Self {
        match error {
            WhatIfError::Inspect(error) => error.into(),
            other => Self::new(Exit::BadInput, other.into()),
        }
    }
}

impl From<TestError> for Failure {
    fn from(error: TestError) -> Self {
        match error {
            TestError::WhatIf(error) => error.into(),
            other => Self::new(Exit::BadInput, other.into()),
        }
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        WhatIfError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_end_with_the_documented_codes() {
        let exit = |failure: Failure| match failure {
            Failure::Told { exit, .. } => exit,
            Failure::PipeClosed => Exit::Done,
        };
        assert_eq!(exit(StoreError::Closed.into()), Exit::Unavailable);
        assert_eq!(exit(StoreError::Cancelled.into()), Exit::Stopped);
        let damaged = StoreError::Damaged { path: "p".to_owned(), reason: "r".to_owned() };
        assert_eq!(exit(damaged.into()), Exit::Integrity);
        let wrong = AppendError::WrongExpectedVersion {
            stream: es_core::StreamName::new("a-1").expect("valid"),
            expected: es_core::ExpectedVersion::NoStream,
            actual: es_core::StreamVersion(3),
        };
        assert_eq!(exit(wrong.into()), Exit::Conflict);
        assert_eq!(exit(CommandError::UnknownCommand { command_type: "X".to_owned() }.into()), Exit::BadInput);
        assert_eq!(exit(InspectError::NoSuchEvent(es_core::Position(9)).into()), Exit::BadInput);
    }
}
