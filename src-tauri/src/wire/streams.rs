//! Lists of streams.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What a list of streams is asked.
#[derive(Debug, Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StreamsRequest {
    /// Only this category.
    pub category: Option<String>,
    /// Name contains this.
    pub search: Option<String>,
    /// `name`, `lastChange` or `length`.
    pub order: StreamOrder,
    /// First row.
    pub offset: u32,
    /// Rows, at most 500.
    pub limit: u32,
    /// Position of the moment that is asked about; nothing for now.
    pub at: Option<String>,
}

/// How streams are ordered.
#[derive(Debug, Clone, Copy, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum StreamOrder {
    /// By name.
    Name,
    /// Newest change first.
    LastChange,
    /// Longest first.
    Length,
}

/// A page of streams.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StreamsPage {
    /// The rows.
    pub streams: Vec<StreamRow>,
    /// How many match in all.
    pub total: String,
}

/// A stream in a list.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StreamRow {
    /// Its name.
    pub stream: String,
    /// Its category.
    pub category: String,
    /// Version of its last event.
    pub version: String,
    /// Position of its last event.
    pub last_position: String,
    /// Time of its last event.
    pub last_recorded_at: String,
    /// Type of its last event.
    pub last_event_type: String,
}

/// A category with its size.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CategoryRow {
    /// The category.
    pub category: String,
    /// Streams in it.
    pub streams: String,
    /// Events in them.
    pub events: String,
}
