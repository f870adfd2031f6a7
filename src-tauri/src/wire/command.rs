//! Commands: what there is, what they would do, what came of them.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::events::{EventRow, UpcastEventView};
use super::projection::ProjectionState;
use super::state::StateView;

/// A command that can be issued.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CommandInfo {
    /// Name.
    pub command_type: String,
    /// Category of the aggregate.
    pub category: String,
    /// Title.
    pub title: String,
    /// One or two sentences.
    pub description: String,
    /// JSON Schema 2020-12 as text.
    pub schema: String,
    /// An example payload as text.
    pub example: String,
}

/// A command to dry-run or execute.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CommandRequest {
    /// Name.
    pub command_type: String,
    /// Payload as JSON text.
    pub payload: String,
    /// Identity, made by the UI once per form filling, so that a double click does no harm.
    pub command_id: String,
    /// Who issues it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// Version that the stream must have; nothing if any will do.
    pub expected_version: Option<String>,
}

/// How a command ended.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum CommandResult {
    /// Its events are stored.
    #[serde(rename_all = "camelCase")]
    Executed {
        /// The stream.
        stream: String,
        /// The events; none if there was nothing to do.
        events: Vec<EventRow>,
        /// Position to wait for in read models.
        position: String,
        /// The rule by which what it asked for was refused at once all the same; nothing if none did.
        refused: Option<RefusedLater>,
    },
    /// It had been carried out before; the original events.
    #[serde(rename_all = "camelCase")]
    AlreadyDone {
        /// The stream.
        stream: String,
        /// The original events.
        events: Vec<EventRow>,
        /// Position to wait for in read models.
        position: String,
    },
    /// A rule refused it; nothing was written.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// Stable code.
        code: String,
        /// One sentence with the numbers.
        message: String,
        /// The numbers by name.
        details: Vec<Detail>,
    },
    /// Others kept winning; nothing was written.
    #[serde(rename_all = "camelCase")]
    Conflict {
        /// The stream.
        stream: String,
        /// What was expected at last.
        expected: String,
        /// What was there.
        actual: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The store cannot answer at present; nothing is known to be wrong with the command.
    #[serde(rename_all = "camelCase")]
    Unavailable {
        /// Stable code.
        code: String,
        /// One sentence.
        message: String,
        /// What to do next.
        hint: String,
        /// Whether it may have been carried out all the same; sending it again with the same id is safe and tells.
        outcome_unknown: bool,
        /// Whether the same can succeed without anybody doing something.
        retryable: bool,
    },
    /// It does not fit its schema; nothing was written.
    #[serde(rename_all = "camelCase")]
    Invalid {
        /// `unknown_command`, `malformed_json` or `bad_shape`.
        code: String,
        /// One sentence.
        message: String,
        /// Each place that does not fit.
        violations: Vec<Violation>,
    },
}

/// A rule that refuses what a command asks for, after the command itself was accepted.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RefusedLater {
    /// Stable code.
    pub code: String,
    /// One sentence with the numbers.
    pub message: String,
    /// Whether something had been held for it before.
    pub begun: bool,
}

impl From<bank::transfer::RefusedLater> for RefusedLater {
    fn from(bank::transfer::RefusedLater { code, message, begun }: bank::transfer::RefusedLater) -> Self {
        Self { code, message: crate::errors::sentence(&message), begun }
    }
}

/// A named value.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// Name.
    pub name: String,
    /// Value, exact.
    pub value: String,
}

/// A place where a payload does not fit its schema.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// JSON pointer.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// What a command would do.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum DryRun {
    /// These events would be written.
    #[serde(rename_all = "camelCase")]
    Accepted {
        /// The stream.
        stream: String,
        /// Its present version.
        version: String,
        /// The events: type, version, pretty payload.
        events: Vec<UpcastEventView>,
        /// State after them and after what follows in the stream, compared with now.
        state: Box<StateView>,
        /// What processes would make of them at once, in the log's order; nothing if that was not rehearsed.
        follows: Option<Vec<EventRow>>,
        /// The rule by which what it asks for would be refused at once all the same; nothing if none would.
        refused: Option<RefusedLater>,
    },
    /// The stream has another version than the one that the command names.
    #[serde(rename_all = "camelCase")]
    Conflict {
        /// The stream.
        stream: String,
        /// What is expected.
        expected: String,
        /// What is there; 0 if there is no such stream.
        actual: String,
    },
    /// A rule would refuse it.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// Stable code.
        code: String,
        /// One sentence with the numbers.
        message: String,
        /// The numbers by name.
        details: Vec<Detail>,
    },
    /// It does not fit its schema.
    #[serde(rename_all = "camelCase")]
    Invalid {
        /// `unknown_command`, `malformed_json` or `bad_shape`.
        code: String,
        /// One sentence.
        message: String,
        /// Each place that does not fit.
        violations: Vec<Violation>,
    },
}

/// How far the read models are on their way to a position.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReadModelsReach {
    /// For how many seconds the program waits for them at most.
    pub limit_seconds: u32,
    /// Every read model.
    pub models: Vec<ReadModelReach>,
}

/// How far one read model is.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReadModelReach {
    /// Its name.
    pub name: String,
    /// Everything up to here is in it; nothing before it is built.
    pub position: Option<String>,
    /// Whether it has seen the position that was asked for.
    pub reached: bool,
    /// What it does, if it has not.
    pub state: Option<ProjectionState>,
}
