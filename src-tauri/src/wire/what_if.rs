//! What-ifs: a scenario as the window edits it, and what comes of it.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::events::EventRow;
use super::state::JsonNode;

/// A what-if: where it forks, what is different, what is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfScenario {
    /// What it is about, for people.
    pub title: String,
    /// The streams that it is about.
    pub streams: Vec<String>,
    /// Whether streams with events of the same correlation take part, too.
    pub correlated: bool,
    /// Where it forks.
    pub fork: WhatIfFork,
    /// Up to where recorded events after the fork are facts of the what-if too, but for the edits.
    pub through: WhatIfThrough,
    /// The time at which the steps begin; nothing: that of the log there.
    pub clock: Option<String>,
    /// What is different about the recorded events after the fork, in the order in which it is done.
    pub edits: Vec<WhatIfEdit>,
    /// What is done then.
    pub steps: Vec<WhatIfStep>,
}

/// Where a what-if forks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum WhatIfFork {
    /// After this place in the log.
    Position {
        /// The place.
        position: String,
    },
    /// After this version of a stream; 0 is before its first event.
    Stream {
        /// The stream.
        name: String,
        /// The version.
        version: String,
    },
}

/// Up to where recorded events are taken along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum WhatIfThrough {
    /// None of them.
    Fork,
    /// All that there are when it runs.
    Head,
    /// Those up to this place in the log.
    Position {
        /// The place.
        position: String,
    },
}

/// An event that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum WhatIfEventRef {
    /// By its place in the log.
    Position {
        /// The place.
        position: String,
    },
    /// By its id.
    Id {
        /// The id.
        id: String,
    },
}

/// A difference to what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum WhatIfEdit {
    /// It has not happened.
    Skip {
        /// The event.
        event: WhatIfEventRef,
    },
    /// It has happened with another content or at another time.
    Replace {
        /// The event.
        event: WhatIfEventRef,
        /// Another payload, as JSON text.
        payload: Option<String>,
        /// Another time.
        recorded_at: Option<String>,
    },
    /// Something else has happened.
    Insert {
        /// Behind which event; nothing: right after the fork.
        after: Option<WhatIfEventRef>,
        /// Its stream.
        stream: String,
        /// Its type.
        event_type: String,
        /// Version of its payload's schema.
        schema_version: u32,
        /// Its payload, as JSON text.
        payload: String,
        /// Its metadata, as JSON text.
        metadata: Option<String>,
        /// Its time; nothing: that of the event in front of it.
        recorded_at: Option<String>,
    },
    /// It has happened at another place.
    Move {
        /// The event.
        event: WhatIfEventRef,
        /// Behind which event; nothing: right after the fork.
        after: Option<WhatIfEventRef>,
    },
}

/// Something that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum WhatIfStep {
    /// A command is sent.
    Command {
        /// Its name.
        command_type: String,
        /// Its payload, as JSON text.
        payload: String,
        /// Who asks.
        actor: String,
        /// Why.
        reason: Option<String>,
        /// The business day, if it is not the clock's.
        business_date: Option<String>,
    },
    /// Time passes until this moment.
    ClockTo {
        /// The moment.
        time: String,
    },
    /// Time passes.
    ClockBy {
        /// How many seconds.
        seconds: u32,
    },
    /// Processes work until nothing is left to do at this time.
    Processes,
}

/// A scenario and the file that it is kept in.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfFile {
    /// The file.
    pub path: String,
    /// The scenario.
    pub scenario: WhatIfScenario,
}

/// What a what-if has come to.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WhatIf {
    /// Up to here both lanes are the same.
    pub fork: String,
    /// Up to here recorded events are taken along.
    pub through: String,
    /// Up to here the lane of what happened reaches.
    pub end: String,
    /// Time at which the steps begin.
    pub begins_at: String,
    /// Time before which they cannot begin.
    pub begins_at_earliest: String,
    /// When something may have been recorded that is inserted right after the fork.
    pub times_after_fork: WhatIfTimes,
    /// The streams that take part.
    pub streams: Vec<WhatIfStream>,
    /// Whether there are more correlations around the fork than were looked at.
    pub correlations_left_out: bool,
    /// What happened after the fork.
    pub original: WhatIfLane,
    /// What would have happened.
    pub what_if: WhatIfLane,
    /// Both side by side.
    pub rows: Vec<WhatIfRow>,
    /// What came of each step.
    pub steps: Vec<WhatIfStepReport>,
    /// How the streams end.
    pub ends: Vec<WhatIfEnd>,
}

/// A stream that takes part.
#[derive(Debug, Clone, Serialize, Type)]
pub struct WhatIfStream {
    /// The stream.
    pub stream: String,
    /// Why.
    pub because: WhatIfBecause,
}

/// Why a stream takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum WhatIfBecause {
    /// The scenario names it.
    Named,
    /// It has events of the same correlation as a named one.
    Correlated,
    /// A step or an edit needs it.
    Needed,
}

/// One of the two lanes.
#[derive(Debug, Clone, Serialize, Type)]
pub struct WhatIfLane {
    /// Its events after the fork; the first of many.
    pub steps: Vec<WhatIfLaneStep>,
    /// How many there are.
    pub total: String,
}

/// An event of a lane.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfLaneStep {
    /// The event. Of one that nobody has recorded, the position is 0.
    pub row: EventRow,
    /// Its id.
    pub event_id: String,
    /// Its payload as JSON text, to be read and edited; nothing if it is not JSON.
    pub payload: Option<String>,
    /// How it has come into the lane.
    pub provenance: WhatIfProvenance,
    /// Index of the step that has led to it.
    pub step: Option<u32>,
    /// Index of the last edit that has changed it.
    pub edit: Option<u32>,
    /// What it changed of the state of its stream; the first of many.
    pub changes: Vec<JsonNode>,
    /// How many values it changed.
    pub changed: u32,
    /// Why it could not be folded, or that an earlier one could not.
    pub error: Option<String>,
    /// When it may have been recorded; nothing where that cannot be changed.
    pub times: Option<WhatIfTimes>,
    /// When something may have been recorded that is inserted behind it; nothing where nothing can be.
    pub times_behind: Option<WhatIfTimes>,
}

/// When something may have been recorded, with what is around it.
#[derive(Debug, Clone, Serialize, Type)]
pub struct WhatIfTimes {
    /// At the earliest.
    pub earliest: String,
    /// At the latest; nothing: as late as one likes.
    pub latest: Option<String>,
}

/// How an event has come into a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum WhatIfProvenance {
    /// As it was recorded.
    Recorded,
    /// With another content or time.
    Replaced,
    /// At another place.
    Moved,
    /// It is left out.
    Skipped,
    /// Nobody has recorded it.
    Inserted,
    /// A step has led to it.
    FromStep,
}

/// Events of the two lanes that stand side by side.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfRow {
    /// Index of what happened.
    pub original: Option<u32>,
    /// Index of what would have happened.
    pub what_if: Option<u32>,
    /// Whether both are the same event, with the same content and the same state behind it.
    pub same: bool,
}

/// What came of one step.
#[derive(Debug, Clone, Serialize, Type)]
pub struct WhatIfStepReport {
    /// What time it was afterwards.
    pub clock: String,
    /// How many events it has led to, those of processes included.
    pub events: u32,
    /// How it ended.
    pub outcome: WhatIfOutcome,
}

/// How a step ended.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum WhatIfOutcome {
    /// The command was carried out.
    Executed {
        /// The stream that it was decided on.
        stream: String,
        /// Events that it has led to by itself; 0 if there was nothing left to do.
        events: u32,
        /// Events that processes have added at once.
        consequences: u32,
        /// The rule that refuses after all what was asked for, if an event that it has led to records one.
        refused: Option<super::RefusedLater>,
        /// Instances that it has touched and that cannot go on, with the reason.
        stuck: Vec<super::Detail>,
    },
    /// A rule refused the command.
    Rejected {
        /// Stable code.
        code: String,
        /// One sentence.
        message: String,
        /// The numbers.
        details: Vec<super::Detail>,
    },
    /// It is no command of this domain, or has another shape.
    Invalid {
        /// Stable code.
        code: String,
        /// What is wrong, with the place.
        message: String,
    },
    /// Processes have worked, and time may have passed.
    Ran {
        /// Commands that they have sent.
        commands: String,
        /// Timers that were due.
        timers: String,
        /// Instances that cannot go on, with the reason.
        stuck: Vec<super::Detail>,
    },
    /// It could not be done.
    Failed {
        /// Stable code.
        code: String,
        /// What is wrong.
        message: String,
    },
}

/// How a stream ends on both lanes.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfEnd {
    /// The stream.
    pub stream: String,
    /// Its last version; 0 if it has no event.
    pub original_version: String,
    /// Its last version in the what-if.
    pub what_if_version: String,
    /// The state in the what-if, with what differs from what happened marked; empty if nothing does.
    pub nodes: Vec<JsonNode>,
    /// JSON pointers that differ.
    pub changed_paths: Vec<String>,
    /// Why one of the two is not folded to its end.
    pub problem: Option<String>,
}

/// An event that could stand in a stream.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventExample {
    /// The newest version of its payload's schema.
    pub schema_version: u32,
    /// A payload, as text to be edited.
    pub payload: String,
}

/// A test that was made of a what-if.
#[derive(Debug, Clone, Serialize, Type)]
pub struct WhatIfTest {
    /// Its name, as a Rust function and a file without its ending.
    pub name: String,
    /// The text of its file.
    pub source: String,
    /// What a person should know about it.
    pub notes: Vec<String>,
}
