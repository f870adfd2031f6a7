//! What two backends say about the same event in the same words: without positions, times and secrets that are their own.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use es_core::memory::MemoryEventStore;
use es_core::{
    AppendRequest, EventReader, EventStore, ExpectedVersion, ImportedAppend, NewEvent, Payload, Position,
    RecordedEvent, StoreError, seal,
};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::copy::{Entry, Walk};

/// Stands for a text that is sealed with a key of the backend's own.
const SEALED: &str = "(sealed)";

/// An event without its position and time.
pub(super) fn event(event: &RecordedEvent) -> Value {
    json!({
        "stream": event.stream,
        "version": event.version.to_string(),
        "eventId": event.event_id,
        "eventType": &*event.event_type,
        "schemaVersion": event.schema_version,
        "payload": payload(&event.payload),
        "metadata": metadata(&event.metadata),
    })
}

/// Byte for byte, unless something in it is sealed.
fn payload(payload: &Payload) -> Value {
    match payload {
        Payload::Json(text) => text_of(text).into(),
        Payload::Binary(bytes) => json!({ "bytes": hex::encode(bytes) }),
    }
}

/// JSON text with sealed texts replaced; others byte for byte.
pub(super) fn text_of(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    if !text.contains("\"sealed\"") || replace_sealed(&mut value) == 0 {
        return text.to_owned();
    }
    value.to_string()
}

/// Replaces every sealed text in a value; how many there were.
fn replace_sealed(value: &mut Value) -> usize {
    match value {
        Value::Object(object) => {
            let own = object.get_mut("sealed").filter(|sealed| sealed.is_string());
            let replaced = own.map(|sealed| *sealed = SEALED.into());
            usize::from(replaced.is_some()) + object.values_mut().map(replace_sealed).sum::<usize>()
        }
        Value::Array(values) => values.iter_mut().map(replace_sealed).sum(),
        _ => 0,
    }
}

/// A command hash that was made with a subject's key tells that there was one, no more.
fn metadata(text: &str) -> Value {
    let Ok(mut keys) = serde_json::from_str::<Map<String, Value>>(text) else { return text.into() };
    match keys.get_mut("commandHash") {
        Some(Value::String(hash)) if seal::is_keyed_hash(hash) => {
            SEALED.clone_into(hash);
            Value::Object(keys).to_string().into()
        }
        _ => text.into(),
    }
}

/// The whole log as every backend should have it: positions 1, 2, 3 …, a second between two events, nothing of a backend's own.
pub(super) async fn log(
    reader: Arc<dyn EventReader>,
    start: DateTime<Utc>,
    cancel: &CancellationToken,
) -> Result<MemoryEventStore, StoreError> {
    let head = reader.head().await?;
    let mut walk = Walk::start(reader, Position::ZERO, head, cancel);
    let log = MemoryEventStore::default();
    let mut recorded_at = start;
    while let Some(entry) = walk.next_of_clients().await? {
        let (Entry::Event(stored) | Entry::Archived(stored)) = entry else { continue };
        recorded_at += TimeDelta::seconds(1);
        let metadata = metadata(&stored.metadata);
        let event = NewEvent {
            event_id: stored.event_id,
            event_type: stored.event_type,
            schema_version: stored.schema_version,
            payload: match stored.payload {
                Payload::Json(text) => Payload::json(text_of(&text)),
                binary => binary,
            },
            metadata: metadata.as_str().unwrap_or_default().into(),
        };
        let expected = ExpectedVersion::Exact(stored.version.previous());
        let request = AppendRequest::to_stream(stored.stream, expected, vec![event]);
        let imported = log.import(vec![ImportedAppend { request, recorded_at }]).await;
        imported.map_err(|error| StoreError::Damaged { path: "the log".to_owned(), reason: error.to_string() })?;
    }
    Ok(log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sealed_is_replaced() {
        let plain = r#"{ "b":1.50,  "a":"sealed" }"#;
        assert_eq!(text_of(plain), plain, "byte for byte");
        let sealed = r#"{"name":{"mask":"A.","sealed":"00ff"},"list":[{"sealed":"11"}],"sealed":7}"#;
        let replaced = r#"{"name":{"mask":"A.","sealed":"(sealed)"},"list":[{"sealed":"(sealed)"}],"sealed":7}"#;
        assert_eq!(text_of(sealed), replaced);
        assert_eq!(text_of("not JSON \"sealed\""), "not JSON \"sealed\"");
        assert_eq!(metadata(r#"{ "commandHash":"00ff" }"#), r#"{ "commandHash":"00ff" }"#);
        assert_eq!(metadata(r#"{"commandHash":"keyed:00","a":1}"#), r#"{"commandHash":"(sealed)","a":1}"#);
    }
}
