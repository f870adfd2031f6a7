//! Two actors on one version.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::command::{CommandRequest, CommandResult, DryRun};
use super::events::EventRow;
use super::state::StateView;

/// Two commands that are to be decided on the same version of the same stream.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TheatreRequest {
    /// The first actor's command.
    pub first: CommandRequest,
    /// The second actor's.
    pub second: CommandRequest,
    /// Whether it is played in memory, above a log that stays as it is, or on the store itself.
    pub rehearsal: bool,
}

/// A stage: both have decided, and nothing is written.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TheatreStage {
    /// Its id.
    pub id: String,
    /// The stream that both are about.
    pub stream: String,
    /// The version that both have seen.
    pub version: String,
    /// Whether it is played in memory.
    pub rehearsal: bool,
    /// What the first one has decided.
    pub first: DryRun,
    /// What the second one has decided.
    pub second: DryRun,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum TheatreActor {
    /// The first one.
    First,
    /// The second one.
    Second,
}

/// What an actor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum TheatreMove {
    /// Appends what was decided.
    Append,
    /// Looks at the fresh state, decides again, and appends that.
    Retry,
}

/// What came of a move.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TheatreTurn {
    /// What was decided on fresh state, if it was decided again.
    pub decision: Option<DryRun>,
    /// How it ended.
    pub result: CommandResult,
    /// Of a conflict: what others have written in between.
    pub between: Option<TheatreBetween>,
}

/// What lies between the version that an actor has seen and the present one.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TheatreBetween {
    /// The first events, oldest first.
    pub events: Vec<EventRow>,
    /// Number of all of them.
    pub count: String,
    /// The present state, compared with the one that the actor has seen.
    pub state: StateView,
}
