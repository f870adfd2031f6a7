//! What led to an event, and what it led to.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::events::EventRow;

/// What led to an event, and what it led to, as far as its correlation tells.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EventCauses {
    /// The event that led to it; nothing if a command from outside did, or if it is not in this store.
    pub cause: Option<EventRow>,
    /// Events that name this one as their cause, oldest first.
    pub effects: Vec<EventRow>,
    /// Other events with the same cause: written for the same command or step, oldest first.
    pub siblings: Vec<EventRow>,
    /// Whether all events of the same correlation were looked at; otherwise there may be more than is listed.
    pub complete: bool,
}

/// What is drawn of the causes of a story.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CausesRequest {
    /// Position of the event that it is about.
    pub position: Option<String>,
    /// Id of the command that it is about, where no event is named.
    pub command_id: Option<String>,
    /// Positions of the first events of stretches that are not folded.
    pub unfolded: Vec<String>,
    /// The moment: later events have not happened; nothing for now.
    pub at: Option<String>,
}

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CauseNodeKind {
    /// A command from outside, or an event that is not in this store.
    Outside,
    /// One event.
    Event,
    /// Events that each led to the next one and to nothing else.
    Folded,
    /// Events that there is no room for, with all that they led to.
    Hidden,
}

/// A command that events were written for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CauseCommand {
    /// Its type.
    pub command_type: String,
    /// Its id.
    pub command_id: String,
    /// Who issued it.
    pub actor: String,
    /// Where it came from.
    pub channel: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
}

/// A node of a drawing of causes.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CauseNode {
    /// What it stands for.
    pub kind: CauseNodeKind,
    /// Index of the node that led to it; nothing at a root. Always less than its own.
    pub parent: Option<u32>,
    /// Its column: how many nodes led to it.
    pub layer: u32,
    /// Its row.
    pub row: u32,
    /// How many events it stands for.
    pub count: u32,
    /// The first of them.
    pub first: Option<EventRow>,
    /// Position of the last of them.
    pub last: Option<String>,
    /// Time from the event that led to it to its first one, in microseconds; nothing where no event did.
    pub latency_micros: Option<String>,
    /// Time from its first event to its last, in microseconds.
    pub span_micros: Option<String>,
    /// The command that its first event was written for, or that it is.
    pub command: Option<CauseCommand>,
    /// Types of its events with their numbers, the most frequent first.
    pub types: Vec<CauseType>,
}

/// How many events of a node have a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CauseType {
    /// The type.
    pub event_type: String,
    /// How many.
    pub count: u32,
}

/// What an event led to, directly or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CauseEffects {
    /// How many events.
    pub events: u32,
    /// How many of them name it as their cause.
    pub direct: u32,
    /// How many causes the farthest of them is away.
    pub steps: u32,
    /// How many streams they are in.
    pub streams: u32,
    /// Time from it to the last of them, in microseconds; nothing where it led to nothing.
    pub span_micros: Option<String>,
    /// Their types with their numbers, the most frequent first.
    pub types: Vec<CauseType>,
    /// How many types there are beside those.
    pub further_types: u32,
}

/// The causes of a story as a drawing; read from above, a tree.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CauseGraph {
    /// The nodes, causes before their effects.
    pub nodes: Vec<CauseNode>,
    /// Number of columns.
    pub layers: u32,
    /// Number of rows.
    pub rows: u32,
    /// Index of the node with the event that it is about.
    pub focus: Option<u32>,
    /// Position of that event.
    pub position: String,
    /// What it led to among the events that were looked at.
    pub effects: CauseEffects,
    /// Correlation id of the story.
    pub correlation_id: Option<String>,
    /// Events of the story that were looked at.
    pub events: String,
    /// Whether these are all; otherwise those nearest to the event.
    pub complete: bool,
    /// Events whose cause stands after them in the log.
    pub out_of_order: u32,
}
