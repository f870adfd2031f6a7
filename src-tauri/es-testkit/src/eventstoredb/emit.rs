//! The system projections: what they would append for an event.

use serde_json::Value;
use tonic::codegen::Bytes;
use uuid::Uuid;

use super::log::{Expected, LINK, Log, METADATA, Position, Proposed, Record, STREAM_DELETED};
use super::metadata::Metadata;

/// The projections that can be simulated, by their names.
pub(super) const SYSTEM_PROJECTIONS: [&str; 4] = ["$streams", "$by_category", "$by_event_type", "$by_correlation_id"];

/// Appends the links that the projections make of all events behind `from`, and tells up to where they are now. They link what
/// they have appended themselves, too: `$streams` lists system streams, among them itself.
pub(super) fn emit_links(log: &mut Log, from: Position, now: u64) -> Position {
    let mut at = log.records().partition_point(|record| record.position <= from);
    let mut linked = from;
    while let Some(record) = log.records().get(at).cloned() {
        at += 1;
        linked = record.position;
        for (stream, target) in links(&record) {
            // A link stream with a tombstone takes no more links.
            let _ = log.append(&stream, Expected::Any, vec![link(&record, target)], now);
        }
    }
    linked
}

/// The streams that get a link because of an event, and what each links to.
fn links(record: &Record) -> Vec<(String, String)> {
    let itself = format!("{}@{}", record.revision, record.stream);
    let is_link = record.event_type == LINK;
    let deleted = deleted_stream(record);
    let about = deleted.unwrap_or(&record.stream);
    let mut links = Vec::new();
    if record.revision == 0 {
        links.push(("$streams".to_owned(), itself.clone()));
    }
    if let Some(category) = category(about) {
        // A link to a link leads to what the first one stands for.
        let target = if is_link { String::from_utf8_lossy(&record.data).into_owned() } else { itself.clone() };
        links.push((format!("$ce-{category}"), target));
    }
    if !is_link {
        let event_type = if deleted.is_some() { "$deleted" } else { &record.event_type };
        links.push((format!("$et-{event_type}"), format!("{}@{about}", record.revision)));
        if let Some(correlation) = correlation_id(record) {
            links.push((format!("$bc-{correlation}"), itself));
        }
    }
    links
}

/// The stream that was deleted by this event: softly by metadata, or for good by a tombstone.
fn deleted_stream(record: &Record) -> Option<&str> {
    match record.stream.strip_prefix("$$") {
        Some(original) => {
            (record.event_type == METADATA && Metadata::parse(&record.data).is_deleted()).then_some(original)
        }
        None => (record.event_type == STREAM_DELETED).then_some(&record.stream),
    }
}

/// What stands before the first separator. System streams have no category.
fn category(stream: &str) -> Option<&str> {
    let (category, _) = stream.split_once('-')?;
    (!category.is_empty() && !stream.starts_with('$')).then_some(category)
}

fn correlation_id(record: &Record) -> Option<String> {
    let metadata: Value = serde_json::from_slice(&record.custom_metadata).ok()?;
    metadata.get("$correlationId")?.as_str().map(str::to_owned)
}

fn link(cause: &Record, target: String) -> Proposed {
    let metadata = serde_json::json!({
        "$v": "1:-1:1:4",
        "$c": cause.position.commit,
        "$p": cause.position.prepare,
        "$causedBy": cause.id.to_string(),
    });
    Proposed {
        id: Uuid::new_v4(),
        event_type: LINK.into(),
        json: false,
        data: Bytes::from(target),
        custom_metadata: Bytes::from(metadata.to_string()),
    }
}
