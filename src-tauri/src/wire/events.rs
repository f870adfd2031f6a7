//! One event, in a grid and in detail.

use serde::Serialize;
use specta::Type;

use super::state::{JsonNode, StateView};

/// An event in a grid.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventRow {
    /// Place in the log.
    pub position: String,
    /// Its stream.
    pub stream: String,
    /// Place in the stream.
    pub version: String,
    /// Its type.
    pub event_type: String,
    /// Schema version as stored.
    pub schema_version: u32,
    /// Its time.
    pub recorded_at: String,
    /// Who caused it.
    pub actor: Option<String>,
    /// One sentence for people; nothing if the event does not decode.
    pub sentence: Option<String>,
    /// Why it does not decode, if so.
    pub problem: Option<String>,
    /// Its correlation id.
    pub correlation_id: Option<String>,
}

/// Everything about one event.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventDetail {
    /// The row.
    pub row: EventRow,
    /// Its id.
    pub event_id: String,
    /// What led to it.
    pub causation_id: Option<String>,
    /// Position of the event that led to it, if the cause is an event of this store.
    pub causation_position: Option<String>,
    /// Hash of its content, hexadecimal.
    pub content_hash: String,
    /// Hash of the chain, hexadecimal.
    pub chain_hash: Option<String>,
    /// Payload after upcasting, as a tree.
    pub data: Vec<JsonNode>,
    /// Metadata, as a tree.
    pub metadata: Vec<JsonNode>,
    /// Payload exactly as stored; hexadecimal if binary.
    pub raw: String,
    /// Whether the stored payload is not JSON.
    pub binary: bool,
    /// Size of the stored payload in bytes.
    pub raw_bytes: String,
    /// Stored shape and each upcast step.
    pub upcast: Vec<UpcastStepView>,
    /// State of the stream after this event and what changed; nothing where the category has no aggregate.
    pub state: Option<StateView>,
}

/// One step of upcasting.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UpcastStepView {
    /// What was done; nothing for the stored event.
    pub description: Option<String>,
    /// Type, version and pretty payload after it.
    pub events: Vec<UpcastEventView>,
    /// Why the event was dropped, if so.
    pub dropped: Option<String>,
}

/// An event within an upcast step.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UpcastEventView {
    /// Type.
    pub event_type: String,
    /// Schema version.
    pub schema_version: u32,
    /// Pretty-printed JSON; numbers as written.
    pub payload: String,
}
