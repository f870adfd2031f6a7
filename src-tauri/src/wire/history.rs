//! Questions about the history of streams: blame, one field, watch, bisect, lanes.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::events::EventRow;
use super::state::JsonKind;

/// Which names a condition may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ExpressionAbout {
    /// `event`, `payload`, `metadata`, `state`: a filter.
    Events,
    /// The fields of a stream's state, too: a watch or a bisection.
    State,
}

/// What is known of a text that may be an expression.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExpressionCheck {
    /// What is wrong; nothing if it is sound.
    pub problem: Option<ExpressionProblem>,
    /// Whether its evaluation needs the state, so that every stream is folded.
    pub needs_state: bool,
}

/// Why a text is no expression.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExpressionProblem {
    /// What is wrong, for people.
    pub message: String,
    /// Line, from 1.
    pub line: u32,
    /// Character of that line (Unicode, not UTF-16), from 1.
    pub column: u32,
}

/// Which event last set each value of a state.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Blame {
    /// The stream.
    pub stream: String,
    /// Version of the state.
    pub version: String,
    /// The stream's last version.
    pub last_version: String,
    /// Events before this version are gone; a value blamed on it may be older. 0 or 1 if none are.
    pub begins_at: String,
    /// Every value of the state, depth first, as in its tree.
    pub paths: Vec<PathBlame>,
    /// Values that are left out, because there are too many.
    pub left_out: u32,
    /// The events that are blamed, by version; the paths name their versions.
    pub events: Vec<EventRow>,
    /// Set if the fold failed at or before this version: the blame is that of the state before the failing event.
    pub problem: Option<String>,
}

/// Which event last set one value.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PathBlame {
    /// JSON pointer.
    pub path: String,
    /// Version of the event that last changed it (of a container: anything in it). 0: no event did, it is what the state begins
    /// with.
    pub version: String,
}

/// Every change of one field up to a version.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldHistory {
    /// The stream.
    pub stream: String,
    /// The version at which the path was meant.
    pub version: String,
    /// The JSON pointer asked for.
    pub path: String,
    /// What was followed: elements of arrays by their identity where they have one, as in `/holds[holdId=7]/amount`.
    pub followed: String,
    /// The latest changes, oldest first.
    pub changes: Vec<FieldChange>,
    /// Earlier ones that are left out.
    pub left_out: String,
    /// Set if the fold failed at or before this version.
    pub problem: Option<String>,
}

/// One change of a field.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The event.
    pub event: EventRow,
    /// Value before it; nothing if the field was not there.
    pub before: Option<FieldValue>,
    /// Value after it; nothing if the field went.
    pub after: Option<FieldValue>,
}

/// A value of a field.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldValue {
    /// What it is.
    pub kind: JsonKind,
    /// Exact text: of a string without quotes, of a container its JSON (a long one is cut short).
    pub text: String,
    /// What it means to people, where that helps: `100.50 EUR`.
    pub display: Option<String>,
}

/// An expression over every version of a stream.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Watched {
    /// The stream.
    pub stream: String,
    /// The last version that was looked at.
    pub until: String,
    /// Values along the versions: all of them where there are few, else of each stretch the first, last, lowest and highest
    /// one, so that no extreme is lost.
    pub points: Vec<WatchPoint>,
    /// Whether values were left out between those.
    pub thinned: bool,
    /// The lowest value of all, if they are numbers, amounts or yes and no.
    pub lowest: Option<WatchPoint>,
    /// The highest value of all.
    pub highest: Option<WatchPoint>,
    /// Stretches of versions on which a condition holds.
    pub hits: Vec<WatchRun>,
    /// Further stretches.
    pub hits_left_out: String,
    /// How the evaluations went.
    pub tally: WatchTally,
    /// Set if the fold failed: nothing was evaluated from there on.
    pub problem: Option<String>,
}

/// Kind of what an expression comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ValueKind {
    Null,
    Boolean,
    Number,
    Text,
    Time,
    Duration,
    Money,
    Json,
}

/// What an expression came to at one version.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WatchPoint {
    /// The version.
    pub version: String,
    /// Its event's place in the log.
    pub position: String,
    /// Its event's time.
    pub recorded_at: String,
    /// What it is.
    pub kind: ValueKind,
    /// Exact text.
    pub value: String,
    /// What it means to people, where that helps: `100.50 EUR`.
    pub display: Option<String>,
    /// What a chart draws, as an exact decimal: the number, the minor units of an amount, 1 and 0 for yes and no.
    pub number: Option<String>,
}

/// A stretch of versions on which a condition holds.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WatchRun {
    /// Its first version.
    pub from: WatchPoint,
    /// Its last version.
    pub until: String,
}

/// How evaluations went.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WatchTally {
    /// Versions that were evaluated.
    pub evaluated: String,
    /// Those on which a condition holds.
    pub matched: String,
    /// Those on which the expression came to nothing.
    pub not_evaluable: String,
    /// The first of them, and why.
    pub first_not_evaluable: Option<NotEvaluable>,
}

/// An event on which an expression came to nothing.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NotEvaluable {
    /// Its place in the log.
    pub position: String,
    /// Why, for people.
    pub message: String,
}

/// How the first version on which a condition holds is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum BisectSearch {
    /// Every version in turn: right for any condition.
    EveryVersion,
    /// By halving: right only if the condition, once it holds, goes on to hold.
    Halving,
}

/// The first version on which a condition holds.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Bisected {
    /// The stream.
    pub stream: String,
    /// How it was searched.
    pub search: BisectSearch,
    /// The event of that version; nothing if the condition holds on none of the versions that were evaluated.
    pub first: Option<EventRow>,
    /// The last version that was looked at, or would have been.
    pub until: String,
    /// How the evaluations went.
    pub tally: WatchTally,
    /// Set if the fold failed: nothing was evaluated from there on.
    pub problem: Option<String>,
}

/// How events of different lanes follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum LaneOrder {
    /// As they were recorded.
    Recorded,
    /// By the day from which they count, where they have one of their own, else by the day (UTC) they were recorded on.
    ValueDate,
}

/// A place in the column of time.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LanePlace {
    /// The day (`2026-03-01`), where days make the order.
    pub day: Option<String>,
    /// The place in the log.
    pub position: String,
}

/// Which lanes, and which part of them.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LanesRequest {
    /// The streams, one a lane.
    pub streams: Vec<String>,
    /// How events of different lanes follow each other.
    pub order: LaneOrder,
    /// Where the page before ended; nothing for the first one.
    pub after: Option<LanePlace>,
    /// The lanes as they were at this position; nothing for now.
    pub at: Option<String>,
    /// Most events.
    pub limit: u32,
}

/// Several streams side by side.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LanePage {
    /// The lanes, in the order asked for.
    pub lanes: Vec<Lane>,
    /// The events of this page, in the order asked for.
    pub entries: Vec<LaneEntry>,
    /// Where to go on; nothing at the end.
    pub next: Option<LanePlace>,
}

/// One of the streams.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Lane {
    /// Its name.
    pub stream: String,
    /// Its last version.
    pub version: String,
    /// Events before this version are gone; 0 or 1 if none are.
    pub begins_at: String,
}

/// An event in its lane.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LaneEntry {
    /// Index of its lane.
    pub lane: u32,
    /// The event.
    pub event: EventRow,
    /// The day from which it counts (`2026-03-01`), if it has one of its own.
    pub value_date: Option<String>,
}
