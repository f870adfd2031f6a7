//! The system projections: what they would append for an event.

use std::sync::Arc;

use serde_json::Value;
use tonic::codegen::Bytes;
use uuid::Uuid;

use super::log::{Expected, LINK, Log, Position, Proposed, Record};

/// The projections that can be simulated, by their names.
pub(super) const SYSTEM_PROJECTIONS: [&str; 4] = ["$streams", "$by_category", "$by_event_type", "$by_correlation_id"];

/// Appends the links that the projections make of all events behind `from`, and tells up to where they are now.
pub(super) fn emit_links(log: &mut Log, from: Position, now: u64) -> Position {
    let mut at = log.records().partition_point(|record| record.position <= from);
    let mut linked = from;
    while let Some(record) = log.records().get(at).cloned() {
        at += 1;
        linked = record.position;
        for stream in link_streams(&record) {
            // A link stream with a tombstone takes no more links.
            let _ = log.append(&stream, Expected::Any, vec![link_to(&record)], now);
        }
    }
    linked
}

/// The streams that get a link to an event. Events of system streams, among them links, get none.
fn link_streams(record: &Record) -> Vec<String> {
    let mut streams = Vec::new();
    if record.stream.starts_with('$') || record.event_type.starts_with('$') {
        return streams;
    }
    if record.revision == 0 {
        streams.push("$streams".to_owned());
    }
    if let Some((category, _)) = record.stream.split_once('-') {
        streams.push(format!("$ce-{category}"));
    }
    streams.push(format!("$et-{}", record.event_type));
    if let Some(correlation) = correlation_id(record) {
        streams.push(format!("$bc-{correlation}"));
    }
    streams
}

fn correlation_id(record: &Record) -> Option<String> {
    let metadata: Value = serde_json::from_slice(&record.custom_metadata).ok()?;
    metadata.get("$correlationId")?.as_str().map(str::to_owned)
}

fn link_to(record: &Arc<Record>) -> Proposed {
    let metadata = serde_json::json!({
        "$v": "1:-1:1:4",
        "$c": record.position.commit,
        "$p": record.position.prepare,
        "$o": record.stream.as_ref(),
        "$causedBy": record.id.to_string(),
    });
    Proposed {
        id: Uuid::new_v4(),
        event_type: LINK.into(),
        json: false,
        data: Bytes::from(format!("{}@{}", record.revision, record.stream)),
        custom_metadata: Bytes::from(metadata.to_string()),
    }
}
