//! The stage: scenes, the one that is played, and how far it is.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AppError, Detail, EventRow, StoreStatus};

/// A text for people, in each language that it is there in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SceneWords {
    /// In English.
    pub en: Option<String>,
    /// In German.
    pub de: Option<String>,
}

/// All scenes.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SceneList {
    /// Those that come with the program, then one's own by title.
    pub scenes: Vec<SceneRow>,
    /// Files of one's own that are no scenes.
    pub problems: Vec<SceneProblem>,
}

/// A scene in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SceneRow {
    /// Its id.
    pub id: String,
    /// Whether it comes with the program: it cannot be changed.
    pub shipped: bool,
    /// What it is called.
    pub title: SceneWords,
    /// What it shows.
    pub description: SceneWords,
    /// How many steps it has.
    pub steps: u32,
    /// How many of them are commands.
    pub commands: u32,
    /// Simulated events that it begins with.
    pub simulated: String,
    /// Its steps' titles, in order.
    pub outline: Vec<SceneWords>,
}

/// A file of one's own that is no scene.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SceneProblem {
    /// Its id.
    pub id: String,
    /// Why.
    pub error: AppError,
}

/// The scene on the stage.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StageView {
    /// The scene's id; nothing while it is kept nowhere.
    pub scene_id: Option<String>,
    /// What it is called.
    pub title: SceneWords,
    /// Whether it comes with the program: recording makes a copy.
    pub shipped: bool,
    /// Its steps.
    pub steps: Vec<StageStep>,
    /// How many of them are done.
    pub done: u32,
    /// What its clock shows.
    pub clock: String,
    /// The log's last position at its checkpoint.
    pub checkpoint: String,
    /// Whether commands and places are being added to it.
    pub recording: bool,
    /// Whether something of it would be lost if it were left now.
    pub unsaved: bool,
    /// The store that one goes back to.
    pub off_stage: Option<String>,
}

/// A step of the scene on the stage.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StageStep {
    /// What it does, in one sentence.
    pub title: SceneWords,
    /// What the presenter says.
    pub notes: SceneWords,
    /// How long it stays on the screen when the scene plays by itself, in seconds, if that is said.
    pub pause_seconds: Option<u32>,
    /// What it does.
    pub does: StageStepKind,
    /// What came of it, if it is done.
    pub report: Option<StageReport>,
}

/// What a step does.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum StageStepKind {
    /// Nothing: it is there for its notes.
    Note,
    /// Shows a place.
    #[serde(rename_all = "camelCase")]
    Show {
        /// Its address.
        address: String,
    },
    /// Time passes.
    #[serde(rename_all = "camelCase")]
    Clock {
        /// By so many seconds, if that is said.
        by_seconds: Option<u32>,
        /// Until this moment, if that is said.
        to: Option<String>,
    },
    /// A command is sent.
    #[serde(rename_all = "camelCase")]
    Command {
        /// Its name.
        command_type: String,
        /// Its payload, laid out.
        payload: String,
        /// Who asks.
        actor: String,
        /// Why.
        reason: Option<String>,
    },
}

/// What came of a step.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StageReport {
    /// What the scene's clock showed then.
    pub clock: String,
    /// All events that it has led to, those of processes included; the first of them if there are very many.
    pub events: Vec<EventRow>,
    /// How many there are.
    pub event_count: String,
    /// How it ended.
    pub outcome: StageOutcome,
    /// Whether the scene's promise was kept, if it makes one.
    pub kept: Option<bool>,
}

/// How a step ended.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum StageOutcome {
    /// There was nothing to be done.
    Nothing,
    /// Time has passed.
    #[serde(rename_all = "camelCase")]
    Passed {
        /// Commands that processes have sent.
        commands: String,
        /// Timers that were due.
        timers: String,
        /// Instances that cannot go on by themselves: stream and reason.
        stuck: Vec<Detail>,
    },
    /// The command was carried out.
    #[serde(rename_all = "camelCase")]
    Executed {
        /// The stream that it was decided on.
        stream: String,
        /// Instances that cannot go on by themselves: stream and reason.
        stuck: Vec<Detail>,
    },
    /// A rule refused it.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// Stable code.
        code: String,
        /// One sentence with the numbers.
        message: String,
        /// The numbers by name.
        details: Vec<Detail>,
    },
    /// It could not be done.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Stable code.
        code: String,
        /// What is wrong.
        message: String,
    },
}

/// A store was put in the place of the one that is open: that of a scene, or the one that was left for it.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StageEntered {
    /// The store that is open now.
    pub store: StoreStatus,
    /// The scene on the stage.
    pub stage: StageView,
}

/// What is changed of a step.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StageStepChange {
    /// What it does, in one sentence.
    pub title: SceneWords,
    /// What the presenter says.
    pub notes: SceneWords,
    /// How long it stays on the screen when the scene plays by itself, in seconds.
    pub pause_seconds: Option<u32>,
}
