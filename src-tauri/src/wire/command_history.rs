//! Commands that were issued here, with what came of them.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::command::Detail;

/// Which commands of the history are listed.
#[derive(Debug, Clone, Default, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CommandHistoryQuery {
    /// Type, actor, stream, reason or payload contains this text, in either case.
    pub text: Option<String>,
    /// Any of these outcomes; all, if there is none.
    pub outcomes: Vec<CommandOutcome>,
    /// Rows to leave out before the first.
    pub offset: u32,
    /// Most rows.
    pub limit: u32,
}

/// A part of the history, newest first.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CommandHistoryPage {
    /// Rows.
    pub entries: Vec<CommandHistoryEntry>,
    /// How many match in all.
    pub total: u32,
    /// How many are kept for a store at most; older ones are forgotten.
    pub kept_at_most: u32,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CommandOutcome {
    /// Its events are stored.
    Executed,
    /// It had been carried out before.
    AlreadyDone,
    /// A rule refused it.
    Rejected,
    /// Others had written first.
    Conflict,
    /// The store could not answer.
    Unavailable,
    /// It did not fit its schema.
    Invalid,
    /// Something else went wrong.
    Failed,
    /// The program ended before it had an answer; sending it again with the same id tells.
    Unknown,
}

/// Where a command was issued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CommandOrigin {
    /// In the window.
    #[default]
    Window,
    /// On the command line.
    CommandLine,
}

/// A command that was issued here.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CommandHistoryEntry {
    /// Which attempt it was: the same command may have been sent more than once.
    pub attempt: String,
    /// Its id.
    pub command_id: String,
    /// Its name.
    pub command_type: String,
    /// When it was sent.
    pub sent_at: String,
    /// Who issued it.
    pub actor: String,
    /// Where.
    pub origin: CommandOrigin,
    /// Why.
    pub reason: Option<String>,
    /// Version that the stream had to have.
    pub expected_version: Option<String>,
    /// Payload as JSON text without personal data; nothing if it was too long to keep, or not JSON.
    pub payload: Option<String>,
    /// Fields that were left out of it because they are personal.
    pub withheld: Vec<String>,
    /// How it ended.
    pub outcome: CommandOutcome,
    /// The stream, if it is known.
    pub stream: Option<String>,
    /// Number of events that it wrote.
    pub events: Option<u32>,
    /// Position to find them at.
    pub position: Option<String>,
    /// Code of a refusal or a failure; of a command that was executed, that of the rule which refused what it asked for.
    pub code: Option<String>,
    /// What was said, in one sentence.
    pub message: Option<String>,
    /// The numbers of a refusal, or the versions of a conflict.
    pub details: Vec<Detail>,
}
