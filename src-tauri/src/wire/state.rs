//! States of aggregates and JSON as a tree.

use serde::Serialize;
use specta::Type;

use super::events::EventRow;

/// A line of a JSON tree, depth first. Numbers keep their exact text.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct JsonNode {
    /// JSON pointer.
    pub path: String,
    /// Key or index within the parent; empty for the root.
    pub key: String,
    /// Depth from 0.
    pub depth: u32,
    /// What it is.
    pub kind: JsonKind,
    /// Exact text of a scalar (strings without quotes); nothing for containers.
    pub text: Option<String>,
    /// Number of children of a container.
    pub children: u32,
    /// How it differs from the compared state.
    pub change: Change,
    /// The compared state's text, where it was changed or removed.
    pub before: Option<String>,
    /// What it means to people, where that helps: `100.50 EUR` beside minor units.
    pub display: Option<String>,
}

/// Kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "JSON's own six kinds")]
pub enum JsonKind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// How a value differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Change {
    Same,
    Added,
    Removed,
    Changed,
    /// A container with a change inside.
    Within,
}

/// State of an aggregate at one version, compared with another.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StateView {
    /// The stream.
    pub stream: String,
    /// Version that is shown.
    pub version: String,
    /// Version that it is compared with.
    pub compared_with: String,
    /// The stream's last version.
    pub last_version: String,
    /// The state, with changes marked; removed values are listed too.
    pub nodes: Vec<JsonNode>,
    /// JSON pointers that differ.
    pub changed_paths: Vec<String>,
    /// The event of the shown version; nothing for version 0.
    pub event: Option<EventRow>,
    /// Set if the fold failed at or before this version: the state is that before the failing event.
    pub problem: Option<String>,
}

/// An entry on a stream's time line.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// Version.
    pub version: String,
    /// Event type.
    pub event_type: String,
    /// Time.
    pub recorded_at: String,
}
