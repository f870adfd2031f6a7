//! What the inspector tells. The window and the command line show the same values.

use std::time::Duration;

use chrono::{DateTime, Utc};
use es_core::{Hash, Position, StreamName, StreamVersion};
use uuid::Uuid;

use crate::fold::FoldProblem;
use crate::tree::TreeNode;

/// An event in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSummary {
    /// Place in the log.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Place in the stream.
    pub version: StreamVersion,
    /// Its type, as stored.
    pub event_type: String,
    /// Schema version, as stored.
    pub schema_version: u32,
    /// Its time.
    pub recorded_at: DateTime<Utc>,
    /// Who caused it.
    pub actor: Option<String>,
    /// One sentence for people; nothing if the event does not decode.
    pub sentence: Option<String>,
    /// Why it does not decode, if so.
    pub problem: Option<String>,
    /// Its correlation id.
    pub correlation_id: Option<Uuid>,
}

/// A state at one version, compared with that at another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateView {
    /// The stream.
    pub stream: StreamName,
    /// Version that is shown.
    pub version: StreamVersion,
    /// Version that it is compared with.
    pub compared_with: StreamVersion,
    /// The stream's last version.
    pub last_version: StreamVersion,
    /// The state as JSON text, exact.
    pub state: String,
    /// The state as a tree, with differences marked; what was removed is listed too.
    pub nodes: Vec<TreeNode>,
    /// JSON pointers that differ.
    pub changed_paths: Vec<String>,
    /// The event of the shown version; nothing for version 0.
    pub event: Option<EventSummary>,
    /// Set if the fold failed at or before this version: the state is that before the failing event.
    pub problem: Option<FoldProblem>,
}

/// One step of a stream's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The event.
    pub event: EventSummary,
    /// State before it, as JSON text.
    pub before: String,
    /// State after it; equal to the one before if the fold has failed.
    pub after: String,
    /// JSON pointers that the event changed.
    pub changed_paths: Vec<String>,
    /// How long upcasting, decoding and evolving took.
    pub elapsed: Duration,
    /// Why this event could not be folded, or that an earlier one could not.
    pub error: Option<String>,
}

/// An entry on a stream's time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// Version.
    pub version: StreamVersion,
    /// Position.
    pub position: Position,
    /// Type, as stored.
    pub event_type: String,
    /// Time.
    pub recorded_at: DateTime<Utc>,
}

/// Everything about one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDetail {
    /// The row.
    pub summary: EventSummary,
    /// Its id.
    pub event_id: Uuid,
    /// What led to it.
    pub causation_id: Option<Uuid>,
    /// Position of the event that led to it, if the cause is an event of this store.
    pub causation_position: Option<Position>,
    /// Hash of its content, as stored.
    pub content_hash: Hash,
    /// Hash of the chain, as stored.
    pub chain_hash: Option<Hash>,
    /// Whether the stored bytes still have the stored content hash.
    pub content_intact: bool,
    /// Payload after upcasting, as a tree; the stored payload if it cannot be upcast.
    pub data: Vec<TreeNode>,
    /// Metadata, as a tree.
    pub metadata: Vec<TreeNode>,
    /// Payload exactly as stored; hexadecimal if binary.
    pub raw: String,
    /// Size of the stored payload in bytes.
    pub raw_bytes: u64,
    /// Whether the stored payload is not JSON.
    pub binary: bool,
    /// Stored shape and each upcast step; empty if it cannot be upcast (the summary says why).
    pub upcast: Vec<UpcastStepView>,
    /// State of the stream after this event, compared with that before it; nothing where the category has no aggregate.
    pub state: Option<StateView>,
}

/// One step of upcasting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcastStepView {
    /// What was done; nothing for the stored event.
    pub description: Option<String>,
    /// The events after it.
    pub events: Vec<PrettyEvent>,
    /// Why the event was dropped, if so.
    pub dropped: Option<String>,
}

/// An event with its payload for reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrettyEvent {
    /// Type.
    pub event_type: String,
    /// Schema version.
    pub schema_version: u32,
    /// Pretty-printed JSON; numbers as written. A payload that is not JSON is left as it is.
    pub payload: String,
}
