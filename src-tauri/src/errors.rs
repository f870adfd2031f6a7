//! The one place where failures of every layer become what a person and a program are told.
//!
//! The internal chain of causes goes to the log and never across.

use bank::language::Seamed;
use es_core::{AppendError, CommandError, StoreError};
use es_runtime::{CopyError, ExecuteError, ImportError, ParityError};
use inspector::scene::SceneError;
use inspector::what_if::{TestError, WhatIfError};
use inspector::{ExpressionError, InspectError};

use crate::wire::AppError;

impl AppError {
    /// A failure from its three parts. A message that is handed over as `format_args!` keeps its values apart from its words,
    /// so that no value is ever taken for words.
    pub fn new(code: impl Into<String>, message: impl std::fmt::Display, hint: impl Into<String>) -> Self {
        Self::told(code.into(), &Seamed::of(&message), str::to_owned, hint.into())
    }

    /// A failure of an engine, whose words are a clause.
    pub fn of(code: impl Into<String>, clause: &dyn std::fmt::Display, hint: impl Into<String>) -> Self {
        Self::told(code.into(), &Seamed::of(clause), sentence, hint.into())
    }

    fn told(code: String, message: &Seamed, finish: fn(&str) -> String, hint: String) -> Self {
        let german = Some(Box::new(crate::language::german_failure(&code, message.said(), finish, &hint)));
        Self { code, message: finish(message.said().text), hint, retryable: false, german }
    }

    /// The same failure, marked as worth trying again.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// Nothing is open.
    #[must_use]
    pub fn no_store() -> Self {
        Self::new("no_store", "No store is open.", "Open a store, or create one.")
    }

    /// An argument that is not what it has to be.
    pub fn bad_argument(what: &str, given: &str, wanted: &str) -> Self {
        let given: String = given.chars().take(80).collect();
        Self::new("bad_argument", format_args!("{what} {given:?} is not {wanted}."), "Correct it and try again.")
    }

    /// It was given up before it had an answer.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new("cancelled", "It was stopped before it was done.", "Start it again if you still need it.").retryable()
    }

    /// Something that is not there.
    pub fn not_found(what: &str, name: &str, hint: &str) -> Self {
        Self::new("not_found", format_args!("There is no {what} {name}."), hint)
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for AppError {}

/// First letter upper, full stop at the end: the engine's errors are clauses, people read sentences.
pub(crate) fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let Some(first) = letters.next() else { return String::new() };
    // A clause that begins with a stream's or an event type's name keeps it as it is.
    let first_word = clause.split_whitespace().next().unwrap_or_default();
    let is_plain_word = first_word.chars().all(|letter| letter.is_ascii_lowercase());
    let begin = if is_plain_word { first.to_uppercase().collect::<String>() } else { first.to_string() };
    let end = if clause.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{begin}{}{end}", letters.as_str())
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(code = error.code(), ?error, "store error");
        // What the system said may hold anything; the person gets the operation, the log has the rest.
        let retryable = error.retryable();
        Self { retryable, ..Self::of(error.code(), &error, error.hint()) }
    }
}

impl From<AppendError> for AppError {
    fn from(error: AppendError) -> Self {
        let (hint, retryable) = match &error {
            AppendError::Store(store) => return store.clone().into(),
            AppendError::WrongExpectedVersion { .. } => {
                ("Reload the stream, look at what is new, and decide again.", true)
            }
            AppendError::IdempotencyMismatch { .. } => {
                ("This id was used for something else. Issue the command again with a new id.", false)
            }
            AppendError::DuplicateIdInRequest { .. } => ("Give each event its own id.", false),
            AppendError::StreamClosed { .. } => ("Nothing can be added to a closed stream; use another one.", false),
            AppendError::Invalid(_) => ("Correct the request; nothing was written.", false),
        };
        tracing::warn!(code = error.code(), ?error, "append refused");
        Self { retryable, ..Self::of(error.code(), &error, hint) }
    }
}

impl From<CommandError> for AppError {
    fn from(error: CommandError) -> Self {
        let hint = match &error {
            CommandError::UnknownCommand { .. } => "Choose one of the listed commands.",
            CommandError::MalformedJson { .. } => "Correct the JSON at the place that is named; nothing was written.",
            CommandError::BadShape { .. } => "Correct the fields that are named; nothing was written.",
        };
        // Places only: what was typed there may be somebody's name.
        let places = match &error {
            CommandError::BadShape { violations, .. } => violations.iter().map(|v| v.path.as_str()).collect(),
            CommandError::UnknownCommand { .. } | CommandError::MalformedJson { .. } => Vec::new(),
        };
        tracing::info!(code = error.code(), ?places, "command not understood");
        Self::of(error.code(), &error, hint)
    }
}

impl From<ExpressionError> for AppError {
    fn from(error: ExpressionError) -> Self {
        let hint = "Correct it at that place. The language is CEL; the names are event, payload, metadata and state.";
        Self::of("bad_expression", &format_args!("the expression is wrong at {error}"), hint)
    }
}

impl From<InspectError> for AppError {
    fn from(error: InspectError) -> Self {
        if let InspectError::Store(store) = error {
            return store.into();
        }
        tracing::info!(code = error.code(), ?error, "cannot be inspected");
        let retryable = error.retryable();
        Self { retryable, ..Self::of(error.code(), &error, error.hint()) }
    }
}

impl From<WhatIfError> for AppError {
    fn from(error: WhatIfError) -> Self {
        if let WhatIfError::Inspect(error) = error {
            return error.into();
        }
        tracing::info!(code = error.code(), %error, "no what-if");
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<SceneError> for AppError {
    fn from(error: SceneError) -> Self {
        if let SceneError::Store(error) = error {
            return error.into();
        }
        tracing::info!(code = error.code(), %error, "no scene");
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<TestError> for AppError {
    fn from(error: TestError) -> Self {
        if let TestError::WhatIf(error) = error {
            return error.into();
        }
        tracing::info!(code = error.code(), %error, "no test of a what-if");
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<ExecuteError> for AppError {
    fn from(error: ExecuteError) -> Self {
        if let Some(store) = error.store_error() {
            return store.clone().into();
        }
        tracing::warn!(code = error.code(), ?error, "command not answered");
        let retryable = error.retryable();
        Self { retryable, ..Self::of(error.code(), &error, error.hint()) }
    }
}

impl From<CopyError> for AppError {
    fn from(error: CopyError) -> Self {
        tracing::warn!(code = error.code(), %error, "copy ended");
        let retryable = error.retryable();
        Self { retryable, ..Self::of(error.code(), &error, error.hint()) }
    }
}

impl From<ImportError> for AppError {
    fn from(error: ImportError) -> Self {
        tracing::warn!(code = error.code(), %error, "import ended");
        match &error {
            ImportError::Copy(copy) => Self::of(error.code(), copy, error.hint()),
            other => Self::of(other.code(), other, error.hint()),
        }
    }
}

impl From<ParityError> for AppError {
    fn from(error: ParityError) -> Self {
        tracing::info!(code = error.code(), %error, "no parity run");
        Self::of(error.code(), &error, error.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use es_core::{ExpectedVersion, StreamName, StreamVersion};

    #[test]
    fn clauses_become_sentences_and_names_stay_as_they_are() {
        assert_eq!(sentence("there is no store at x"), "There is no store at x.");
        assert_eq!(sentence("account-7 is closed"), "account-7 is closed.");
        assert_eq!(sentence("Done!"), "Done!");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn a_conflict_says_what_was_expected_and_what_was_there() {
        let stream = StreamName::new("account-7").expect("valid");
        let expected = ExpectedVersion::Exact(StreamVersion(4));
        let error = AppError::from(AppendError::WrongExpectedVersion { stream, expected, actual: StreamVersion(5) });
        assert_eq!((error.code.as_str(), error.retryable), ("wrong_expected_version", true));
        assert_eq!(error.message, "Stream account-7 is at version 5, but version 4 was expected.");
    }

    #[test]
    fn a_store_error_keeps_its_code_and_hint_through_every_layer() {
        let store = StoreError::NewerSchema { path: "x".to_owned(), found: 9, supported: 1 };
        let direct = AppError::from(store.clone());
        assert_eq!(direct.code, "newer_schema");
        for through in [AppError::from(AppendError::Store(store.clone())), AppError::from(InspectError::Store(store))] {
            assert_eq!((through.code, through.hint), (direct.code.clone(), direct.hint.clone()));
        }
    }
}
