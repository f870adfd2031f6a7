//! What led to an event, and what it led to.

use serde::Serialize;
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
